//! Raised limits: calls that switch off the only thing that tells of listeners that pile up.
//!
//! ```text
//! raised(C, o) :- C = o.setMaxListeners(0 | Infinity), o collects listeners (an obligation on it is not met)
//! raised(C, o) :- the same, o = process, and C's function adds no listeners to it that go away again
//! ```

use super::count::Emitter;
use super::obligation::{Fault, Obligation};
use super::sites::{EventKey, Registration, Sites};
use super::{At, CallAt, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// A call that takes the limit away.
pub struct Raised {
    /// Nothing is registered; the form in which rules are asked.
    call: Registration,
    /// A registration that piles up behind it, with what is known of it.
    behind: Option<(CallAt, Confidence, Region, Region)>,
}

impl Raised {
    /// As an obligation: to leave the limit alone.
    pub fn obligation(&self, program: &Program) -> Obligation<'_> {
        let origin = self.call.receivers.first();
        let shown = origin.map_or_else(|| "every emitter".to_owned(), |o| program.show(o));
        let emitter = origin.map_or(Emitter::Longer, |o| program.emitter_kind(o));
        let (confidence, region, lifetime) = match self.behind {
            Some((_, confidence, region, lifetime)) => (confidence, region, lifetime),
            None => (Confidence::Medium, Region::Program, Region::Program),
        };
        let steps =
            self.behind.map(|(c, ..)| program.step_call(c, "listeners pile up here, and nothing would tell of it")).into_iter().collect();
        Obligation {
            registration: &self.call,
            fault: Fault::LimitRaised(self.behind.map(|(c, ..)| c)),
            confidence,
            region,
            lifetime,
            emitter,
            emitter_type: origin.and_then(|o| program.type_name(o)),
            shown,
            steps,
        }
    }
}

impl Program<'_> {
    /// Every call that takes the limit away where it is needed.
    pub fn raised(&self, sites: &Sites, obligations: &[Obligation]) -> Vec<Raised> {
        let mut calls = self.calls_under(&["setMaxListeners"]);
        // By itself it can only be what `events` gives out.
        let asks = |file: &FileFacts| file.facts.requests.iter().any(|module| matches!(module.as_str(), "events" | "node:events"));
        let asking = (0..).zip(&self.files).filter(|(_, facts)| asks(facts));
        calls.extend(asking.flat_map(|(file, facts)| (0..facts.facts.calls.len() as u32).map(move |id| At::new(file, CallId(id)))));
        calls.sort_unstable();
        calls.dedup();
        calls.into_iter().filter_map(|c| self.raise(sites, c, obligations)).collect()
    }

    fn raise(&self, sites: &Sites, c: CallAt, obligations: &[Obligation]) -> Option<Raised> {
        if self.files[c.file as usize].declaration {
            return None;
        }
        let call = self.call(c);
        let callee = c.with(call.callee);
        let named = match self.value(callee) {
            Value::Member(_, Key::Name(name)) => name == "setMaxListeners",
            Value::Binding(_) | Value::Global(_) => self.origins(callee).iter().any(|o| self.is_events(o, true)),
            _ => false,
        };
        if !named || !call.args.first().is_some_and(|&limit| self.is_off(c.with(limit))) {
            return None;
        }
        let of = self.receiver(c).map(|(object, _)| self.origins(object));
        let receivers: Vec<Origin> = match &of {
            // `emitter.setMaxListeners(0)`.
            Some(origins) if !origins.iter().any(|o| self.is_events(o, false)) => origins.to_vec(),
            // `events.setMaxListeners(0, target)`.
            _ => call.args.iter().skip(1).flat_map(|&target| self.origins(c.with(target)).to_vec()).collect(),
        };
        let everywhere = receivers.is_empty();
        let process = receivers
            .iter()
            .any(|o| o.path.is_empty() && matches!(o.root, Root::Global(name) | Root::Module(name) if &*self.text(name) == "process"));
        let piles =
            |o: &&Obligation| !matches!(o.fault, Fault::Pins | Fault::Shares) && self.same_object(&o.registration.receivers, &receivers);
        let behind = obligations.iter().filter(piles).max_by_key(|o| o.confidence);
        if behind.is_none() && !everywhere && (!process || self.adds_beside(sites, c, &receivers)) {
            return None;
        }
        let call = Registration {
            call: c,
            inner: c,
            receivers,
            event: EventKey::Value(Vec::new()),
            handlers: Vec::new(),
            once: false,
            target: false,
            implicit: false,
            options: None,
            through: Vec::new(),
            told: Vec::new(),
            released: Default::default(),
        };
        Some(Raised { call, behind: behind.map(|o| (o.registration.call, o.confidence, o.region, o.lifetime)) })
    }

    /// The activation adds listeners of its own there, and (no obligation being left) takes them away again: many at a time need room.
    fn adds_beside(&self, sites: &Sites, c: CallAt, receivers: &[Origin]) -> bool {
        let f = self.function_of(c);
        !self.fun(f).at_load && sites.registrations_in(f).any(|r| self.same_object(&r.receivers, receivers))
    }

    /// The module `events` or its class; or the function `setMaxListeners` of it.
    fn is_events(&self, origin: &Origin, function: bool) -> bool {
        let Root::Module(module) = origin.root else { return false };
        let names: Vec<_> = origin
            .path
            .iter()
            .map(|key| if let PathKey::Name(name) = key { self.text(*name).to_string() } else { String::new() })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !matches!(*name, "EventEmitter" | "default")).collect();
        &*self.text(module) == "events" && names == if function { &["setMaxListeners"][..] } else { &[] }
    }

    /// `0` or `Infinity`: no limit.
    fn is_off(&self, limit: At<ValueId>) -> bool {
        match self.value(limit) {
            Value::Global(name) => name == "Infinity",
            Value::Member(object, Key::Name(name)) => name == "POSITIVE_INFINITY" && self.is_global(limit.with(*object), "Number"),
            Value::Number(text) => text == "0",
            _ => self.origins(limit).iter().all(|o| {
                o.path.is_empty()
                    && matches!(o.root, Root::Const(text) | Root::Global(text) if matches!(&*self.text(text), "0" | "Infinity"))
            }),
        }
    }
}

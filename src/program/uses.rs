//! Uses: what is done with an object tells what it is, where nothing else does.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::layers::{BARE, GROUND};
use super::types::Type;
use super::{At, Origin, Program, Root, sites};
use crate::facts::*;
use crate::models::{Kind, TypeIx};

/// Members read of an object and events listened to.
#[derive(Debug, Default)]
pub struct Uses {
    pub members: Vec<Rc<str>>,
    pub events: Vec<Rc<str>>,
}

/// How many different members make a record of what is read.
const RECORD: usize = 2;

impl Program<'_> {
    /// What is done with an untyped value: one event or member that nothing else has.
    pub(super) fn evidence(&self, file: u32, origin: &Origin) -> Option<Type> {
        // The ground tells what the evidence is.
        if matches!(self.level(), GROUND | BARE) {
            return None;
        }
        let uses = self.uses(file);
        let uses = uses.get(origin)?;
        if uses.events.iter().any(|e| &**e == "socket") && !self.is_server(origin) {
            return self.used_type("http.ClientRequest");
        }
        // An element of `signals` is a signal.
        let name = self.show(origin).rsplit('.').next().unwrap_or("").to_lowercase();
        let name = name.strip_suffix("s[…]").unwrap_or(&name);
        let aborts = uses.events.iter().any(|e| &**e == "abort");
        if name.ends_with("signal")
            && (aborts || uses.members.iter().any(|m| matches!(&**m, "aborted" | "reason" | "throwIfAborted" | "addEventListener")))
        {
            return self.used_type("AbortSignal");
        }
        if aborts
            && uses.members.iter().any(|m| matches!(&**m, "aborted" | "reason" | "throwIfAborted"))
            && uses.members.iter().any(|m| &**m == "addEventListener")
        {
            return self.used_type("AbortSignal");
        }
        // Nothing but an end is heard, and by an EventTarget's own methods.
        let of_signal =
            |m: &Rc<str>| matches!(&**m, "aborted" | "reason" | "throwIfAborted" | "onabort" | "addEventListener" | "removeEventListener");
        if aborts && uses.events.iter().all(|e| &**e == "abort") && uses.members.iter().all(of_signal) {
            return self.used_type("AbortSignal");
        }
        let mut found: Option<TypeIx> = None;
        // What is listened to by `on` is no plain EventTarget.
        let emits = uses.members.iter().any(|m| matches!(&**m, "on" | "once" | "prependListener" | "removeListener"));
        for member in &uses.members {
            for ix in self.view.types_by_evidence(member).filter(|&ix| !emits || self.models.kind(ix) != Kind::Target) {
                match found {
                    Some(known) if known != ix => return None,
                    _ => found = Some(ix),
                }
            }
        }
        found.map(Type::Model)
    }

    /// What is done with each object of a file.
    pub fn uses(&self, file: u32) -> Rc<FxHashMap<Origin, Uses>> {
        if let Some(known) = self.uses.borrow().get(&file) {
            return known.clone();
        }
        let uses = Rc::new(self.on(GROUND, || self.find_uses(file)));
        self.uses.borrow_mut().insert(file, uses.clone());
        uses
    }

    /// A parameter of which members are read that no function has, and which is never called: something that is told.
    pub(super) fn is_read_as_record(&self, o: &Origin) -> bool {
        let Root::Param(f, _) = o.root else { return false };
        let uses = self.uses(f.file);
        let Some(uses) = uses.get(o).filter(|_| o.path.is_empty()) else { return false };
        let mut data: Vec<&str> = uses.members.iter().map(|member| &**member).filter(|name| !is_of_functions(name)).collect();
        data.sort_unstable();
        data.dedup();
        let called = || self.calls_within(f).into_iter().any(|c| self.origins(c.with(self.call(c).callee)).contains(o));
        let run = |name: &Rc<str>| matches!(&**name, "call" | "apply" | "bind" | "handleEvent");
        data.len() >= RECORD && !uses.members.iter().any(run) && !called()
    }

    fn find_uses(&self, file: u32) -> FxHashMap<Origin, Uses> {
        let mut uses: FxHashMap<Origin, Uses> = FxHashMap::default();
        let facts = self.facts(file);
        for value in &facts.values {
            if let Value::Member(object, Key::Name(key)) = value {
                for origin in self.origins(At::new(file, *object)).iter() {
                    if !matches!(origin.root, Root::Unknown(_) | Root::Nothing | Root::Const(_)) {
                        uses.entry(origin.clone()).or_default().members.push(key.as_str().into());
                    }
                }
            }
        }
        for index in 0..facts.calls.len() as u32 {
            let c = At::new(file, CallId(index));
            if let Some((object, Key::Name(name))) = self.receiver(c)
                && sites::is_registration_name(name)
                && let Some(&event) = self.call(c).args.first()
                && let Value::String(event) = self.value(c.with(event))
            {
                for origin in self.origins(object).iter() {
                    uses.entry(origin.clone()).or_default().events.push(event.as_str().into());
                }
            }
        }
        uses
    }
}

/// Members that functions have, or that those who handle listeners put on them.
fn is_of_functions(name: &str) -> bool {
    matches!(name, "name" | "length" | "prototype" | "toString" | "listener" | "fn" | "guid") || name.starts_with('_')
}

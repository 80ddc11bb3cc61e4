//! What others gave: parts out of a bag, what a constructor was handed, where an event came from.

use super::count::{Count, Emitter, Many};
use super::sites::{Registration, Sites};
use super::starters::Times;
use super::{At, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// How many calls up it is followed who holds the parts of a bag.
const MAKERS: u32 = 3;

impl Program<'_> {
    /// An emitter out of a bag of components, taken by a constructor.
    pub(super) fn shared_by_bag(&self, f: Fun, origin: &Origin, g: Fun) -> Option<Count> {
        let owner = self.owner_of_this(g)?;
        if self.is_never_made(owner) {
            return None;
        }
        // What the program itself makes for one call of its users holds what they gave for that call.
        if !self.callers(g).is_empty() && !self.is_public_owner(owner) && !self.held_by_makers(g, origin, MAKERS) {
            return None;
        }
        if !self.is_constructor(g, owner) || origin.path.is_empty() || !self.within(f, g) || !self.is_bag(origin) {
            return None;
        }
        let message = format!(
            "`{}` comes out of a bag that the maker of {} holds: it outlives the instance",
            self.show(origin),
            self.owner_name(owner)
        );
        let mut count = self.many(Region::Instance, Confidence::Low, origin, vec![self.step_function(g, message)]);
        if let Count::Many(many) = &mut count {
            many.bag = true;
            many.held = self.held_by_makers(g, origin, MAKERS);
        }
        Some(count)
    }

    /// Some call hands over what an object holds, rather than what its own caller gave. (A part that its constructor makes is one for
    /// each whole, and goes with it.)
    fn held_by_makers(&self, g: Fun, origin: &Origin, depth: u32) -> bool {
        depth > 0
            && self.callers(g).iter().filter(|&&c| !self.within(self.function_of(c), g)).any(|&c| {
                self.from_callee(c, g, origin).iter().any(|moved| match moved.root {
                    Root::This(h) => !moved.path.is_empty() && !self.is_instance_scope(h) && !self.runs_at_start(h),
                    Root::Param(h, _) if h != g => self.held_by_makers(h, moved, depth - 1),
                    _ => false,
                })
            })
    }

    /// The method runs while its object is made: `this.part = this.make()` in the constructor.
    fn runs_at_start(&self, h: Fun) -> bool {
        let member = self.member_around(h);
        self.owner_of_this(member).is_some_and(|owner| self.is_class(owner) && self.at_start(member, owner))
    }

    /// The parameter is a bag of parts: named so, taken apart in place, or of a type that is named so.
    pub(super) fn is_bag(&self, origin: &Origin) -> bool {
        let Root::Param(h, i) = origin.root else { return false };
        // (One that is not written down, as compilers leave those that have a default: `options = {}`.)
        let Some(param) = self.fun(h).params.get(i as usize) else { return true };
        const BAGS: &[&str] = &[
            "option",
            "opt",
            "setting",
            "config",
            "component",
            "dep",
            "service",
            "context",
            "ctx",
            "init",
            "prop",
            "param",
            "arg",
            "module",
            "env",
        ];
        let bag = |name: &str| {
            let name = name.trim_start_matches('_').to_ascii_lowercase();
            BAGS.iter().any(|b| name.starts_with(b) || name.ends_with(b) || name.ends_with(&format!("{b}s")))
        };
        param.name.is_empty() || bag(&param.name) || param.of.as_ref().is_some_and(|of| of.names.iter().any(|n| bag(n)))
    }

    /// The element that a repeating event came from, or one around it: it was there before, and serves the next events too.
    pub(super) fn count_target(&self, origin: &Origin, g: Fun, i: u32) -> Option<Count> {
        let named = |key: &PathKey, names: &[&str]| matches!(key, PathKey::Name(name) if names.contains(&&*self.text(*name)));
        let (first, around) = origin.path.split_first()?;
        if i != 0
            || !named(first, &["target", "currentTarget", "srcElement"])
            || !around.iter().all(|key| named(key, &["parentElement", "parentNode"]))
        {
            return None;
        }
        self.passed(g).iter().filter(|p| p.shift == 0).find_map(|p| {
            let site = super::sites::registration(self, p.call).filter(|site| site.target)?;
            let (Some(event), Times::Many(region)) = self.listener_times(&site) else { return None };
            if site.handler != Some(self.call(p.call).args[p.arg]) {
                return None;
            }
            let message =
                format!("`{}` is where `{event}` came from: it is there before and after, and the event comes again", self.show(origin));
            Some(self.many(region, Confidence::Medium, origin, vec![self.step_call(p.call, message)]))
        })
    }

    /// Each run makes an object whose constructor adds the listener on its behalf, to what the object was given and does not end.
    pub(super) fn is_of_new_object(&self, sites: &Sites, registration: &Registration, many: &Many) -> bool {
        let f = self.function_of(registration.call);
        many.region == Region::Instance
            && self.owner_around(f).is_some_and(|owner| {
                self.is_class(owner)
                    && self.at_start(f.with(self.fun(f).this), owner)
                    && self.holds_object(registration)
                    && !self.tells_of_end(registration)
                    && !self.ends_with(sites, registration, owner)
            })
    }

    /// What a constructor was given, counted at the places that make the object.
    pub(super) fn count_injected(&self, o: &Origin, h: Fun, owner: Owner, depth: u32) -> Option<Count> {
        for &maker in self.callers(h) {
            if self.is_guarded_edge(maker, false) || self.makes_ancestor(maker, owner) {
                continue;
            }
            for moved in self.from_callee(maker, h, o) {
                if matches!(moved.root, Root::Nothing | Root::Unknown(_)) {
                    continue;
                }
                if let Count::Many(mut many) = self.count_at(maker, &moved, depth.saturating_sub(1)) {
                    many.steps.push(self.step_call(maker, "handed to a new object here"));
                    if many.region == Region::Call {
                        many.region = Region::Instance;
                    }
                    return Some(Count::Many(many));
                }
            }
        }
        None
    }

    /// `new Base(socket)`: an object that has nothing of what the classes below add to it.
    fn makes_ancestor(&self, maker: super::CallAt, owner: Owner) -> bool {
        let made = || self.classes_of(maker.with(self.call(maker).callee));
        let above = |o: &Origin| {
            super::owners::owner_of_constructor(o).is_some_and(|class| class != owner && self.ancestors(owner).contains(&class))
        };
        self.call(maker).kind == CallKind::New && !made().is_empty() && made().iter().all(above)
    }

    /// The emitter is the `this` of a method of a literal that some call runs for another object: `tool.start.call(host)`.
    pub(super) fn is_of_borrowed(&self, registration: &Registration) -> bool {
        let for_other = |c: super::CallAt| {
            matches!(self.receiver(c), Some((_, Key::Name(name))) if matches!(name.as_str(), "call" | "apply"))
                && self.call(c).args.first().is_some_and(|&arg| !matches!(self.value(c.with(arg)), Value::This(_)))
        };
        let borrowed = |g: Fun| {
            matches!(self.owner_of_this(g), Some(Owner::Literal(_)))
                && self.callers(g).iter().all(|&c| for_other(c))
                && (!self.callers(g).is_empty() || self.is_name_borrowed(PathKey::Name(self.sym(&self.fun(g).name)), true))
        };
        !registration.receivers.is_empty()
            && registration
                .receivers
                .iter()
                .all(|o| matches!(o.root, Root::This(g) if o.path.is_empty() && borrowed(self.member_around(g))))
    }

    /// What takes the place of what is not given, and is there as long as the program: `this.input = options.input || process.stdin`. (Where
    /// the program's own makers give something, that is what counts.)
    pub(super) fn lasting_default<'s>(&self, sources: &'s [(At<AssignId>, Vec<Origin>)]) -> Option<&'s Origin> {
        let [(_, origins)] = sources else { return None };
        let default = origins.iter().find(|o| matches!(o.root, Root::Global(_)))?;
        let given = |o: &Origin| match o.root {
            Root::Param(h, _) => {
                let mut makers = self.callers(h).iter().filter(|&&maker| self.function_of(maker) != h);
                // (What they were given themselves they may not have been given.)
                let passed_on = |o: &Origin| o.is_nothing() || matches!(o.root, Root::Param(..));
                makers.any(|&maker| !self.from_callee(maker, h, o).iter().all(passed_on))
            }
            // (`options` may be `{}`.)
            _ => o.path.is_empty() && !o.is_nothing(),
        };
        let others = || origins.iter().filter(|&o| o != default);
        let is_param = |o: &Origin| matches!(o.root, Root::Param(..));
        let by_users = others().any(|o| is_param(o) && !given(o)) && !others().any(|o| !is_param(o) && given(o));
        (by_users && self.emitter_kind(default) == Emitter::Process).then_some(default)
    }
}

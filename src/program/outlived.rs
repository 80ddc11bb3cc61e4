//! What an object was given and outlives it, where the object's own end leaves its listeners.
//!
//! ```text
//! outlived(R) :- R at the start of an object, on a part of what its maker gave, R's listener holds the object,
//!                the class has an end, and nothing of the class ends the part, hears of its end or hands it on
//! ```

use super::count::{Count, Emitter, Many};
use super::sites::{EventKey, Registration, Sites};
use super::stages::{is_set_up, is_teardown};
use super::types::Type;
use super::{Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

impl Program<'_> {
    /// The object ends, or stops to be started again, before the emitter does, and leaves the listener behind.
    pub(super) fn left_at_end(&self, sites: &Sites, registration: &Registration, emitter: Emitter) -> Option<Many> {
        let c = registration.call;
        let f = self.function_of(c);
        let owner = self.owner_around(f).filter(|&o| self.is_class(o))?;
        // What is given back takes the listener away, for whom it may concern.
        let given_back = self.call(registration.inner).result == Use::Used && !registration.target;
        if registration.once || registration.implicit || given_back || self.tells_of_end(registration) {
            return None;
        }
        let first = registration.receivers.first()?;
        if !self.makers(owner).is_empty() && !self.is_public_owner(owner)
            || self.is_part_of_given(owner)
            || !(self.is_call_shaped(registration) || self.has_context(registration))
        {
            return None;
        }
        let given = || registration.receivers.iter().all(|o| self.is_part_given(o, owner));
        let kept = || registration.receivers.iter().all(|o| self.is_kept(o, owner, emitter));
        let (region, end, why) = if self.is_at_start(f, owner) && given() {
            (Region::Instance, self.end_of(owner)?, format!("was given to {}: it is older, and others have it too", self.owner_name(owner)))
        } else {
            let stop = self.counterpart(f, owner)?;
            kept().then_some((Region::Call, stop, format!("is there before and after `{}`", self.function_name(f))))?
        };
        if self.ends_with(sites, registration, owner) {
            return None;
        }
        let steps = vec![
            self.step_function(f, format!("`{}` {why}", self.show(first))),
            self.step_function(end, format!("`{}` ends that, and leaves the listener", self.function_name(end))),
        ];
        match self.many(region, Confidence::Medium, first, steps) {
            Count::Many(many) => Some(*many),
            _ => None,
        }
    }

    /// The event is an end, or what hears it ends the object.
    pub(super) fn tells_of_end(&self, registration: &Registration) -> bool {
        let last = |o: &Origin| match o.path.last() {
            Some(PathKey::Name(name)) => is_teardown(&self.text(*name)),
            _ => false,
        };
        let event = match &registration.event {
            EventKey::Name(name) => is_teardown(name),
            EventKey::Value(origins) => origins.iter().any(last),
        };
        event || registration.handlers.iter().any(last)
    }

    /// Who makes such an object keeps it in what it hands over (`game.sound = new Sound(game)`): it is a part, and goes with the whole.
    fn is_part_of_given(&self, owner: Owner) -> bool {
        self.makers(owner).iter().any(|&maker| {
            let call = self.call(maker);
            let Some(Place::Member(whole, _)) = self.assigned(maker.with(call.value)).map(|a| &self.assign(a).to) else { return false };
            let wholes = self.origins(maker.with(*whole));
            let given = call.args.iter().flat_map(|&a| self.origins(maker.with(a)).to_vec());
            given.into_iter().any(|o| wholes.contains(&o))
        })
    }

    /// `on(event, listener, this)`: the emitter holds the object that its listener is called on.
    fn has_context(&self, registration: &Registration) -> bool {
        let c = registration.inner;
        self.call(c).args.get(2).is_some_and(|&context| matches!(self.value(c.with(context)), Value::This(_)))
    }

    /// The method that undoes what `f` does, by their names: `stop` after `start`, `disableKeys` after `enableKeys`.
    fn counterpart(&self, f: Fun, owner: Owner) -> Option<Fun> {
        if self.fun(f).this != f.id || self.is_constructor(f, owner) {
            return None;
        }
        let pairs = [
            ("start", "stop"),
            ("enable", "disable"),
            ("attach", "detach"),
            ("activate", "deactivate"),
            ("mount", "unmount"),
            ("bind", "unbind"),
            ("watch", "unwatch"),
            ("subscribe", "unsubscribe"),
        ];
        let bare = |name: &str| name.trim_start_matches(['_', '#']).to_owned();
        let name = bare(&self.fun(f).name);
        let (rest, undo) = pairs.iter().find_map(|(does, undoes)| Some((name.strip_prefix(does)?, undoes)))?;
        let wanted = format!("{undo}{rest}");
        self.family(owner)
            .iter()
            .flat_map(|&o| self.members(o))
            .map(|&(_, m)| m)
            .find(|&m| bare(&self.fun(m).name) == wanted && !self.block(m.with(self.fun(m).body)).items.is_empty())
    }

    /// The method by which a user of the class ends an object: it does something.
    fn end_of(&self, owner: Owner) -> Option<Fun> {
        self.family(owner).iter().flat_map(|&o| self.members(o)).map(|&(_, m)| m).find(|&m| {
            let name = self.fun(m).name.trim_start_matches(['_', '#']);
            let name = name.strip_prefix("pre").unwrap_or(name);
            let ends = ["close", "destroy", "dispose", "stop", "terminate", "shutdown", "disconnect", "teardown", "unmount"];
            ends.iter().any(|end| name.eq_ignore_ascii_case(end)) && !self.block(m.with(self.fun(m).body)).items.is_empty()
        })
    }

    /// A constructor, or what sets an object up.
    fn is_at_start(&self, f: Fun, owner: Owner) -> bool {
        let this = f.with(self.fun(f).this);
        this == f && (self.is_constructor(f, owner) || is_set_up(&self.fun(f).name))
    }

    /// A part of what the maker of an object gave it: `options.server`, `view.dom`, or a field that holds one.
    fn is_part_given(&self, origin: &Origin, owner: Owner) -> bool {
        let lasting = |o: &Origin| match self.type_of(o) {
            Some(Type::Model(ix)) => {
                !matches!(self.models.lifetime(ix), Some(Region::Request | Region::Call)) && self.emitter_kind(o) == Emitter::Longer
            }
            _ => true,
        };
        let given = |o: &Origin| {
            !o.path.is_empty()
                && !o.path.contains(&PathKey::Element)
                && lasting(o)
                && matches!(o.root, Root::Param(g, _) if self.owner_of_this(g).is_some_and(|w| self.related(w, owner) && self.is_constructor(g, w)))
        };
        if given(origin) {
            return true;
        }
        if !matches!(origin.root, Root::This(_)) || origin.path.is_empty() || !lasting(origin) {
            return false;
        }
        let sources: Vec<Origin> =
            self.field_sources(origin).into_iter().flat_map(|(_, origins)| origins).filter(|o| !o.is_nothing()).collect();
        sources.iter().any(given) && sources.iter().all(|o| given(o) || matches!(o.root, Root::Call(_) | Root::Unknown(_)))
    }
}

//! Releases: the calls that take listeners away, before anything is resolved.

use std::rc::Rc;

use super::sites::{computed_name, is_release_name};
use super::types::Type;
use super::{At, CallAt, Origin, Program};
use crate::facts::*;
use crate::models::{Kind, Release, Releases};

/// A call that takes listeners away, before anything is resolved.
#[derive(Debug, Clone)]
pub struct ReleaseSite {
    /// None: the global object (`removeEventListener(event, listener)`).
    pub receiver: Option<At<ValueId>>,
    /// None: every event.
    pub event: Option<ReleasedEvent>,
    /// None: every listener of the event.
    pub listener: Option<ValueId>,
}

/// How a release names its event.
#[derive(Debug, Clone)]
pub enum ReleasedEvent {
    Given(ValueId),
    /// The method fixes it (`query.removeListener(f)`).
    Fixed(Rc<str>),
}

/// The release that a call is by itself.
pub fn release(program: &Program, c: CallAt) -> Option<ReleaseSite> {
    let call = program.call(c);
    let given = |event: &ValueId| Some(ReleasedEvent::Given(*event));
    let (object, key) = match program.value(c.with(call.callee)) {
        Value::Member(object, key) => (object, key),
        Value::Global(name) if name == "removeEventListener" => {
            let [event, handler, ..] = &call.args[..] else { return None };
            return Some(ReleaseSite { receiver: None, event: given(event), listener: Some(*handler) });
        }
        // `unsubscribe(name, f)` of a library, by itself.
        Value::Binding(_)
            if program.called_as(c).and_then(|name| program.models.named(name)).is_some_and(|named| !named.releases.is_empty()) =>
        {
            return modelled_release(program, c, Some(c.with(call.callee)));
        }
        _ => return None,
    };
    let mut receiver = c.with(*object);
    let mut args: &[ValueId] = &call.args;
    let mut name: Rc<str> = match key {
        Key::Name(name) => name.as_str().into(),
        Key::Computed(value) => computed_name(program, c.with(*value), is_release_name)?,
    };
    // `emitter.off.call(emitter, event, listener)`, `const remove = emitter.off || emitter.unbind; remove.call(emitter, event, listener)`.
    if &*name == "call"
        && let Some(inner) = kept_method(program, receiver, is_release_name)
        && let [emitter, given @ ..] = args
    {
        name = inner;
        receiver = c.with(*emitter);
        args = given;
    }
    // `emitter.off.bind(emitter, event, listener)`: what releases, to be called later.
    if &*name == "bind"
        && let Value::Member(_, Key::Name(inner)) = program.value(receiver)
        && is_release_name(inner)
        && let [emitter, given @ ..] = args
        && given.len() >= 2
        && call.result != Use::Dropped
    {
        name = inner.as_str().into();
        receiver = c.with(*emitter);
        args = given;
    }
    if &*name == "clear" && args.is_empty() {
        return holder_of_listeners(program, receiver).map(|holder| ReleaseSite { receiver: Some(holder), event: None, listener: None });
    }
    if !is_release_name(&name) && program.models.named(&name).is_none_or(|named| named.releases.is_empty()) {
        return None;
    }
    let on = Some(receiver);
    let site = match (&*name, args) {
        // A library's `off(target, event, listener)`.
        ("off" | "removeListener", [target, event, rest @ ..]) if is_emitter_value(program, c.with(*target)) => {
            ReleaseSite { receiver: Some(c.with(*target)), event: given(event), listener: rest.first().copied() }
        }
        ("removeAllListeners", args) => ReleaseSite { receiver: on, event: args.first().and_then(given), listener: None },
        // `$(document).off('click', '.item', f)`: for parts of the page only.
        ("off" | "unbind", [event, selector, rest @ ..])
            if matches!(program.value(c.with(*selector)), Value::String(_)) && program.is_wrapped(receiver) =>
        {
            ReleaseSite { receiver: on, event: given(event), listener: rest.first().copied() }
        }
        // (`un` and `unbind` are what emitters outside of Node call it, beside their `on`.)
        ("off" | "un" | "unbind" | "removeListener" | "removeEventListener", [event, handler, ..]) => {
            ReleaseSite { receiver: on, event: given(event), listener: Some(*handler) }
        }
        ("removeEventListener", [event]) if is_given_none(program, c) => ReleaseSite { receiver: on, event: given(event), listener: None },
        // Wherever the listener hears: `emitter.off(listener)`.
        ("off", [listener])
            if is_function(program, c.with(*listener)) && !is_released_by_model(program, c) && finds_by_listener(program, receiver) =>
        {
            ReleaseSite { receiver: on, event: None, listener: Some(*listener) }
        }
        ("off", args) if !is_released_by_model(program, c) => {
            ReleaseSite { receiver: on, event: args.first().and_then(given), listener: None }
        }
        // Few of the calls of such a name are one: whom they run is asked of these only.
        _ => modelled_release(program, c, on)?,
    };
    (!is_other_method(program, c, receiver) && !program.lacks(receiver, &name)).then_some(site)
}

/// The method that the value is, by itself or through the variable that keeps it, where it is one of those that are wanted.
pub(super) fn kept_method(program: &Program, v: At<ValueId>, wanted: fn(&str) -> bool) -> Option<Rc<str>> {
    let method = |v: At<ValueId>| match program.value(v) {
        Value::Member(_, Key::Name(name)) if wanted(name) => Some(Rc::from(name.as_str())),
        _ => None,
    };
    let Value::Binding(_) = program.value(v) else { return method(v) };
    let kept = program.same_as(v)?;
    match program.value(kept) {
        Value::Choice(_, parts) => parts.iter().find_map(|&part| method(kept.with(part))),
        _ => method(kept),
    }
}

/// `target.removeEventListener(event)`: an EventTarget takes nothing away then (DOM Standard, 2.7: both arguments are required), nor do
/// those that are made after it.
pub(super) fn is_given_none(program: &Program, c: CallAt) -> bool {
    let [event] = program.call(c).args[..] else { return false };
    let is_name = |o: &Origin| {
        matches!(o.root, super::Root::Const(_)) || !o.path.is_empty() && matches!(o.root, super::Root::Global(_) | super::Root::Module(_))
    };
    program.called_as(c) == Some("removeEventListener")
        && program.functions_called(c).is_empty()
        && program.origins(c.with(event)).iter().all(is_name)
}

/// An object that has listeners, so no name of an event.
fn is_emitter_value(program: &Program, v: At<ValueId>) -> bool {
    let emitter = |o: &Origin| matches!(program.type_of(o), Some(Type::Model(ix)) if program.models.kind(ix) != Kind::Other);
    matches!(program.value(v), Value::This(_)) || program.origins(v).iter().all(emitter)
}

/// A function of the program, so no name of an event either.
fn is_function(program: &Program, v: At<ValueId>) -> bool {
    let origins = program.origins(v);
    !origins.is_empty() && origins.iter().all(|o| o.path.is_empty() && matches!(o.root, super::Root::Function(_)))
}

/// An emitter of the program's own, which may look for a listener without its event's name. (A library's does not.)
fn finds_by_listener(program: &Program, receiver: At<ValueId>) -> bool {
    let origins = program.origins(receiver);
    !origins.is_empty()
        && origins.iter().all(|o| match program.type_of(o) {
            Some(Type::Owner(owner)) => {
                program.owner_model(owner).is_none() || !program.methods(owner, super::PathKey::Name(program.sym("off"))).is_empty()
            }
            _ => false,
        })
}

/// The object of the program whose listeners the collection holds: its own `on` puts them there, under their events.
fn holder_of_listeners(program: &Program, collection: At<ValueId>) -> Option<At<ValueId>> {
    let Value::Member(holder, field @ Key::Name(_)) = program.value(collection) else { return None };
    let holder = collection.with(*holder);
    let field = program.path_key(collection.file, field);
    let [Origin { root: super::Root::This(g), path }] = &program.origins(holder)[..] else { return None };
    let owner = program.owner_of_this(*g).filter(|&owner| path.is_empty() && program.owner_model(owner).is_none())?;
    let keeps = |c: super::CallAt| {
        program.receiver(c).is_some_and(|(object, key)| {
            matches!(key, Key::Name(name) if matches!(name.as_str(), "set" | "get"))
                && matches!(program.value(object), Value::Member(of, key) if matches!(program.value(object.with(*of)), Value::This(_))
                    && program.path_key(object.file, key) == field)
        })
    };
    let adds = |name: &str| {
        let methods = program.methods(owner, super::PathKey::Name(program.sym(name)));
        // (By a method that both of them call.)
        let within = |m| program.calls_within(m);
        methods.iter().flat_map(|&m| within(m)).any(|c| keeps(c) || program.functions_called(c).iter().flat_map(|&h| within(h)).any(keeps))
    };
    ["on", "once", "addListener", "addEventListener"].into_iter().any(adds).then_some(holder)
}

/// `this.off(...)` that runs a method of the program's own, on an object that is no emitter: what that method does is what counts.
fn is_other_method(program: &Program, c: CallAt, receiver: At<ValueId>) -> bool {
    !program.functions_called(c).is_empty()
        && program.origins(receiver).iter().all(|o| match program.type_of(o) {
            Some(Type::Owner(owner)) => {
                let has = |name: &str| !program.methods(owner, super::PathKey::Name(program.sym(name))).is_empty();
                program.owner_model(owner).is_none()
                    && !["on", "addListener", "addEventListener", "emit", "dispatchEvent"].iter().any(|n| has(n))
            }
            _ => false,
        })
}

fn is_released_by_model(program: &Program, c: CallAt) -> bool {
    program.method_model(c).is_some_and(|model| model.releases.is_some() && model.release_event.is_some())
}

/// A release that a model tells of: `query.removeListener(f)`, `channel.unsubscribe(name, f)`.
fn modelled_release(program: &Program, c: CallAt, receiver: Option<At<ValueId>>) -> Option<ReleaseSite> {
    let release = match program.method_model(c) {
        Some(model) => Release::of(model)?,
        None => of_unknown(program, c, receiver?)?,
    };
    let args = &program.call(c).args;
    let fixed = release.event.as_deref().map(|event| ReleasedEvent::Fixed(event.into()));
    let event = || fixed.clone().or_else(|| args.first().map(|&event| ReleasedEvent::Given(event)));
    match release.what {
        Releases::All => Some(ReleaseSite { receiver, event: event(), listener: None }),
        Releases::Listener => Some(ReleaseSite { receiver, event: event(), listener: args.get(release.listener()).copied() }),
    }
}

/// The same of an object that was kept in a list of such (`for (const { channel, listener } of kept) channel.unsubscribe(listener)`): of its
/// type nothing is known, but what methods of that name do is.
fn of_unknown(program: &Program, c: CallAt, receiver: At<ValueId>) -> Option<Release> {
    let Some((_, Key::Name(name))) = program.receiver(c) else { return None };
    let named = program.models.named(name)?;
    let of_list = |o: &Origin| !o.path.is_empty() && program.type_of(o).is_none();
    let has_listener = |release: &&Release| release.what == Releases::Listener && program.call(c).args.len() == release.listener() + 1;
    let origins = program.origins(receiver);
    (!origins.is_empty() && origins.iter().all(of_list)).then(|| named.releases.iter().find(has_listener).cloned())?
}

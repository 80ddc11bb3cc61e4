//! Sites: the calls that add listeners and the calls that take them away, those behind helpers of the program too.

use std::cell::OnceCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::releases::{ReleasedEvent, release};
use super::told::Told;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::models::{Kind, Registers};

/// A call that adds a listener, before anything is resolved.
#[derive(Debug, Clone)]
pub struct Site {
    pub call: CallAt,
    /// None: the global object (`addEventListener(event, listener)`).
    pub receiver: Option<At<ValueId>>,
    pub event: Option<Rc<str>>,
    pub event_value: Option<ValueId>,
    pub handler: Option<ValueId>,
    pub once: bool,
    /// `addEventListener`: the same function is added once only.
    pub target: bool,
    pub options: Option<ValueId>,
    /// By a method that registers on the side (`socket.setTimeout(ms, f)`).
    pub implicit: bool,
}

impl Site {
    /// The objects that the listener may be added to.
    pub fn receivers(&self, program: &Program) -> Rc<[Origin]> {
        let put = self.receiver.map(|receiver| program.last_put(self.call, receiver));
        of_library(program, self.call, self.receiver, origins_of(program, self.call, put))
    }
}

/// What a function of a library adds and removes by itself (`subscribe(name, f)`), it does so at the library.
fn of_library(program: &Program, c: CallAt, receiver: Option<At<ValueId>>, origins: Rc<[Origin]>) -> Rc<[Origin]> {
    match receiver.is_some_and(|v| v.id == program.call(c).callee) {
        true => origins.iter().map(|o| Origin::root(o.root)).collect(),
        false => origins,
    }
}

/// Without what cannot be an emitter: a text, or what an object that stands in for settings does not have (`options = {}`), where there is
/// something else.
fn held_receivers(program: &Program, receivers: &[Origin]) -> Vec<Origin> {
    let lacking =
        |o: &Origin| matches!((o.root, o.path.first()), (Root::Literal(literal), Some(key)) if program.has_no_member(literal, *key));
    let mut held: Vec<Origin> = receivers.iter().filter(|o| !matches!(o.root, Root::Const(_))).cloned().collect();
    if held.len() > 1 && !held.iter().all(lacking) {
        held.retain(|o| !lacking(o));
    }
    held
}

fn origins_of(program: &Program, c: CallAt, receiver: Option<At<ValueId>>) -> Rc<[Origin]> {
    match receiver {
        Some(receiver) => program.origins(program.last_given(c, receiver)),
        None => Rc::from([Origin::root(Root::Global(program.sym("window")))]),
    }
}

/// A call that adds a listener, resolved.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The call to report: the registration, or the call of a helper that was given the listener.
    pub call: CallAt,
    /// The call that adds the listener.
    pub inner: CallAt,
    pub receivers: Vec<Origin>,
    pub event: EventKey,
    pub handlers: Vec<Origin>,
    pub once: bool,
    pub target: bool,
    pub implicit: bool,
    /// The options object of `addEventListener`.
    pub options: Option<At<ValueId>>,
    /// Helpers between, outermost first.
    pub through: Vec<Fun>,
    /// What has to be told to the functions around for the line to add.
    pub told: Vec<Told>,
    /// Whether it is released, once that was asked.
    pub(super) released: OnceCell<bool>,
}

/// A call that takes listeners away, resolved.
#[derive(Debug, Clone)]
pub struct Release {
    pub call: CallAt,
    pub inner: CallAt,
    pub receivers: Vec<Origin>,
    /// None: every event.
    pub event: Option<EventKey>,
    /// None: every listener of the event.
    pub handlers: Option<Vec<Origin>>,
    /// The third argument of `removeEventListener`.
    pub options: Option<At<ValueId>>,
    /// What has to be told to the functions around for the line to remove.
    pub told: Vec<Told>,
    /// What is known of it already.
    pub(super) answers: super::mismatches::Answers,
}

/// An event's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKey {
    Name(Rc<str>),
    /// One of these origins: a symbol, a variable, a constant of a library.
    Value(Vec<Origin>),
}

impl EventKey {
    pub fn name(&self) -> Option<&str> {
        match self {
            EventKey::Name(name) => Some(name),
            EventKey::Value(_) => None,
        }
    }

    /// It is left out: `e.removeAllListeners(name)` in a function that is told no name.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, EventKey::Value(origins) if !origins.is_empty() && origins.iter().all(Origin::is_nothing))
    }
}

pub fn is_registration_name(name: &str) -> bool {
    matches!(name, "on" | "addListener" | "prependListener" | "once" | "prependOnceListener" | "addEventListener")
}

pub fn is_release_name(name: &str) -> bool {
    matches!(name, "off" | "un" | "unbind" | "removeListener" | "removeEventListener" | "removeAllListeners")
}

/// Gives back its receiver.
pub fn is_chaining(name: &str) -> bool {
    (is_registration_name(name) && name != "addEventListener")
        || matches!(name, "off" | "removeListener" | "removeAllListeners" | "setMaxListeners")
}

/// The registration that a call is by itself.
pub fn registration(program: &Program, c: CallAt) -> Option<Site> {
    let call = program.call(c);
    if call.kind != CallKind::Call {
        return None;
    }
    let (object, key) = match program.value(c.with(call.callee)) {
        Value::Member(object, key) => (object, key),
        Value::Global(name) if name == "addEventListener" => {
            let [event, handler, rest @ ..] = &call.args[..] else { return None };
            return plausible(program, c, *event, *handler).then(|| added(program, c, None, name, *event, *handler, rest.first().copied()));
        }
        _ => return modelled(program, c, None),
    };
    let mut receiver = c.with(*object);
    let mut args: &[ValueId] = &call.args;
    let mut name: Rc<str> = match key {
        Key::Name(name) => name.as_str().into(),
        Key::Computed(value) => computed_name(program, c.with(*value), is_registration_name)?,
    };
    // `on.call(emitter, event, listener)`, `const add = node.addEventListener || node.attachEvent; add.call(node, event, listener)`.
    if &*name == "call"
        && args.len() >= 3
        && let Some(inner) = super::releases::kept_method(program, receiver, is_registration_name)
    {
        name = inner;
        receiver = c.with(args[0]);
        args = &args[1..];
    }
    // `on.apply(emitter, [event, listener])`.
    if &*name == "apply"
        && let Value::Member(_, Key::Name(inner)) = program.value(receiver)
        && is_registration_name(inner)
        && let [emitter, list, ..] = args
        && let Value::Array(elements) = program.value(c.with(*list))
    {
        name = inner.as_str().into();
        receiver = c.with(*emitter);
        args = elements;
    }
    if is_registration_name(&name) {
        // `query.addListener(f)`, `runtime.onMessage.addListener(f)`: the method fixes the event.
        let [event, handler, rest @ ..] = args else { return modelled(program, c, Some(receiver)) };
        // `dom.addEventListener(element, event, listener)`: a function that is told the emitter.
        let given_emitter = matches!(rest, [third, ..] if matches!(program.value(c.with(*third)), Value::Function(_)));
        if given_emitter && !matches!(program.value(c.with(*handler)), Value::Function(_)) {
            // (Such as a model tells of, or `$(document).on('click', '.item', f)`.)
            return modelled(program, c, Some(receiver));
        }
        if !plausible(program, c, *event, *handler) {
            return modelled(program, c, Some(receiver));
        }
        if is_other(program, receiver) || is_static_helper(program, c, receiver) {
            return None;
        }
        let options = rest
            .first()
            .copied()
            .filter(|&o| super::options::are_taken(program, receiver, &name, matches!(key, Key::Computed(_)), c.with(o)));
        return Some(added(program, c, Some(receiver), &name, *event, *handler, options));
    }
    modelled(program, c, Some(receiver))
}

/// `name(event, handler, options)`, one of the methods that emitters have by themselves.
fn added(
    program: &Program,
    c: CallAt,
    receiver: Option<At<ValueId>>,
    name: &str,
    event: ValueId,
    handler: ValueId,
    options: Option<ValueId>,
) -> Site {
    Site {
        call: c,
        receiver,
        event: program.constant(c.with(event)),
        event_value: Some(event),
        handler: Some(handler),
        once: matches!(name, "once" | "prependOnceListener") || options.is_some_and(|o| super::options::flag(program, c.with(o), "once")),
        target: name == "addEventListener",
        options,
        implicit: false,
    }
}

/// A registration that a model tells of: `socket.setTimeout(ms, f)`, `addAbortListener(signal, f)`, `finished(stream, f)`.
fn modelled(program: &Program, c: CallAt, receiver: Option<At<ValueId>>) -> Option<Site> {
    let args = &program.call(c).args;
    // Most calls are told apart by their name and arguments.
    if let Some((_, Key::Name(name))) = program.receiver(c)
        && !program.models.named(name)?.registers.iter().any(|registers| is_given(program, c, registers))
    {
        return None;
    }
    let registers = match program.method_model(c) {
        Some(model) => &model.registers,
        // A stream of a class that no pack tells of does as streams do.
        None => &until_end_of_unknown(program, c, receiver?)?.registers,
    };
    for registers in registers {
        if !is_given(program, c, registers) {
            continue;
        }
        let listener = registers.listener.and_then(|listener| listener_of(args, listener));
        // The library's own listener is there for the receiver.
        let handler = listener.or_else(|| receiver.filter(|_| registers.until_end).map(|receiver| receiver.id));
        let on = match registers.on_arg {
            Some(arg) => c.with(*args.get(arg)?),
            // What a function of a library registers, it registers on the library.
            None => receiver.unwrap_or(c.with(program.call(c).callee)),
        };
        let event_value = registers.event_arg.and_then(|i| args.get(i).copied());
        return Some(Site {
            call: c,
            receiver: Some(on),
            event: registers.event.as_deref().map(Rc::from).or_else(|| event_value.and_then(|v| program.constant(c.with(v)))),
            event_value,
            handler,
            once: registers.once,
            target: false,
            options: None,
            implicit: true,
        });
    }
    None
}

/// What methods of that name do in the packs, where the receiver is new and of no known class, and the argument is a stream of the process.
fn until_end_of_unknown<'p>(program: &'p Program, c: CallAt, receiver: At<ValueId>) -> Option<&'p crate::models::Named> {
    let Some((_, Key::Name(name))) = program.receiver(c) else { return None };
    let named = program.models.named(name)?;
    let is_new = |o: &Origin| {
        matches!(o.root, Root::Call(made) if o.path.is_empty() && program.call(made).kind == CallKind::New) && program.type_of(o).is_none()
    };
    let is_lasting = |v: ValueId| program.origins(c.with(v)).iter().any(|o| program.emitter_kind(o) == super::count::Emitter::Process);
    let target = named.registers.iter().find(|registers| registers.until_end)?.on_arg?;
    (program.origins(receiver).iter().all(is_new) && program.call(c).args.get(target).is_some_and(|&v| is_lasting(v))).then_some(named)
}

/// The argument that is the listener (-1: the last).
fn listener_of(args: &[ValueId], listener: i32) -> Option<ValueId> {
    let index = if listener < 0 { args.len().checked_sub(1)? } else { listener as usize };
    args.get(index).copied()
}

/// The call has the listener and the event that such a registration wants, and the library does not take it away by itself.
fn is_given(program: &Program, c: CallAt, registers: &Registers) -> bool {
    let args = &program.call(c).args;
    if registers.self_releasing || registers.on_member.is_some() {
        return false;
    }
    if registers.event_arg.is_some_and(|event| args.get(event).is_none_or(|&event| !may_be_event(program, c.with(event)))) {
        return false;
    }
    if registers.until_end && !program.receiver(c).is_some_and(|(receiver, _)| program.is_endless(receiver)) {
        return false;
    }
    let Some(listener) = registers.listener else { return true };
    // (`handler.bind(this)` is told apart from a socket's `bind(port, listener)` so.)
    let is_listener = |v: At<ValueId>| is_function_like(program, v) && !matches!(program.value(v), Value::This(_));
    listener_of(args, listener).is_some_and(|handler| is_listener(c.with(handler)))
}

/// So many callers of a function are asked which method it is told.
const METHODS: usize = 8;

/// The name that `e[method](...)` calls, of those wanted, if every value of `method` registers or releases.
pub(super) fn computed_name(program: &Program, key: At<ValueId>, wanted: fn(&str) -> bool) -> Option<Rc<str>> {
    let mut found: Option<Rc<str>> = None;
    let names: Vec<Origin> = match &program.origins(key)[..] {
        // `e[method](...)`, where the callers tell the method.
        [o @ Origin { root: Root::Param(f, _), path }] if path.is_empty() => {
            let told = program.callers(*f).iter().take(METHODS).flat_map(|&c| program.from_callee(c, *f, o));
            told.filter(|o| !matches!(o.root, Root::Param(..))).collect()
        }
        origins => origins.to_vec(),
    };
    for origin in &names {
        let (Root::Const(sym), true) = (origin.root, origin.path.is_empty()) else { return None };
        let name = program.text(sym);
        if !is_registration_name(&name) && !is_release_name(&name) {
            return None;
        }
        // `once` or `on`: what stays counts.
        if wanted(&name) && (found.is_none() || &*name == "on") {
            found = Some(name);
        }
    }
    found
}

/// What a release names. (Where nothing but `null` is known of a member, it was put there in a way that is not seen.)
fn released_listeners(program: &Program, listener: At<ValueId>) -> Vec<Origin> {
    let origins = program.origins(listener);
    match program.value(listener) {
        Value::Member(..) if origins.iter().all(Origin::is_nothing) => vec![Origin::root(Root::Unknown(listener))],
        _ => origins.to_vec(),
    }
}

/// The arguments may be an event and a listener.
fn plausible(program: &Program, c: CallAt, event: ValueId, handler: ValueId) -> bool {
    may_be_event(program, c.with(event)) && is_function_like(program, c.with(handler)) && !is_told_thing(program, c.with(handler))
}

/// It is written as what may be an event's name.
fn may_be_event(program: &Program, v: At<ValueId>) -> bool {
    !matches!(
        program.value(v),
        Value::Function(_)
            | Value::Object(..)
            | Value::Array(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Undefined
            | Value::Class(_)
            | Value::This(_)
            | Value::Regex
    )
}

/// A record that the program makes, or reads as one, which nobody can call: `bus.on('hi', peer)` tells it.
fn is_told_thing(program: &Program, v: At<ValueId>) -> bool {
    let origins = program.origins(v);
    let record = |o: &Origin| match (o.root, o.path.is_empty()) {
        (Root::Literal(literal), true) => match program.value(literal) {
            Value::Object(props, _) => !props.iter().any(|(key, _)| key.is("handleEvent")),
            _ => false,
        },
        _ => false,
    };
    !origins.is_empty() && origins.iter().all(|o| record(o) || program.is_read_as_record(o))
}

fn is_function_like(program: &Program, v: At<ValueId>) -> bool {
    match program.value(v) {
        Value::String(_)
        | Value::Number(_)
        | Value::Bool(_)
        | Value::Array(_)
        | Value::Null
        | Value::Undefined
        | Value::Text(_)
        | Value::Regex => false,
        Value::Object(props, _) => props.iter().any(|(k, _)| k.is("handleEvent")),
        _ => true,
    }
}

/// `helper.addEventListener(emitter, event, listener)`: a function of the program, not an emitter's method.
fn is_static_helper(program: &Program, c: CallAt, receiver: At<ValueId>) -> bool {
    if program.functions_called(c).is_empty() {
        return false;
    }
    program.origins(receiver).iter().all(|o| match o.root {
        Root::Class(_) | Root::File(_) | Root::Function(_) => o.path.is_empty(),
        // An object with an `on` of its own, and nothing else of an emitter (a router).
        _ => match program.type_of(o) {
            Some(Type::Owner(owner)) => {
                let has = |name: &str| !program.methods(owner, super::PathKey::Name(program.sym(name))).is_empty();
                program.owner_model(owner).is_none()
                    && !["emit", "off", "removeListener", "removeEventListener", "dispatchEvent", "removeAllListeners"]
                        .iter()
                        .any(|n| has(n))
            }
            _ => false,
        },
    })
}

/// Known to be no emitter.
fn is_other(program: &Program, receiver: At<ValueId>) -> bool {
    let origins = program.origins(receiver);
    let other = |o: &Origin| match program.type_of(o) {
        Some(Type::Model(ix)) if program.models.kind(ix) == Kind::Other => Some(program.models.name(ix)),
        _ => None,
    };
    // (`list = Array.isArray(list) ? list : [list]`: a variable that was a list before tells nothing of what is in it.)
    let listed = origins.iter().any(|o| other(o).is_none());
    origins.iter().filter_map(other).any(|name| name != "Array" || !listed)
}

/// All sites of the program.
pub struct Sites {
    pub registrations: Vec<Registration>,
    pub releases: Vec<Release>,
    /// Helpers that register the listener they are given, with what they give back.
    pub helpers: FxHashMap<Fun, Vec<usize>>,
    /// Calls of an adapter's own `on`, which adds to a part of it: the registration is that part's.
    adapted: FxHashSet<CallAt>,
    /// Tables of modules, by the calls that make them, and where functions of the users take out what they name; once that was asked.
    pub(super) forgotten: OnceCell<FxHashMap<CallAt, Vec<CallAt>>>,
    pub(super) observables: super::observables::Observables,
    pub(super) reach: super::reach::Reach,
}

impl Sites {
    pub fn collect(program: &Program) -> Sites {
        let mut registrations = Vec::new();
        let mut releases = Vec::new();
        for c in program.all_calls() {
            if let Some(site) = registration(program, c) {
                let event = event_key(program, &site);
                registrations.push(Registration {
                    call: c,
                    inner: c,
                    receivers: held_receivers(program, &site.receivers(program)),
                    event,
                    handlers: site.handler.map(|h| program.origins(c.with(h)).to_vec()).unwrap_or_default(),
                    once: site.once,
                    target: site.target,
                    implicit: site.implicit,
                    options: site.options.map(|o| c.with(o)),
                    through: Vec::new(),
                    told: program.told_to(c, is_registration_name),
                    released: OnceCell::new(),
                });
                // `e[add ? 'on' : 'off'](...)` is both.
                if !matches!(program.receiver(c), Some((_, Key::Computed(_)))) {
                    continue;
                }
            }
            if let Some(site) = release(program, c) {
                releases.push(Release {
                    answers: Default::default(),
                    call: c,
                    inner: c,
                    receivers: of_library(program, c, site.receiver, origins_of(program, c, site.receiver)).to_vec(),
                    event: site.event.map(|event| match event {
                        ReleasedEvent::Given(value) => key_of(program, c.with(value)),
                        ReleasedEvent::Fixed(name) => EventKey::Name(name),
                    }),
                    handlers: match site.listener {
                        Some(listener) => Some(released_listeners(program, c.with(listener))),
                        None => super::releases::is_given_none(program, c).then(|| vec![Origin::root(Root::Nothing)]),
                    },
                    options: program.call(c).args.get(2).map(|&o| c.with(o)),
                    told: program.told_to(c, is_release_name),
                });
            }
        }
        let (observables, observed, unobserved) = super::observables::collect(program);
        registrations.extend(observed);
        releases.extend(unobserved);
        let mut sites = Sites {
            registrations,
            releases,
            helpers: FxHashMap::default(),
            adapted: FxHashSet::default(),
            forgotten: OnceCell::new(),
            observables,
            reach: super::reach::Reach::default(),
        };
        let direct = sites.registrations.len();
        sites.lift_registrations(program);
        sites.adapted = sites.adapted(program, direct);
        sites.lift_releases(program);
        sites.reach = super::reach::Reach::of(program, &sites.registrations, &sites.releases);
        sites
    }

    /// Of the first registrations, which are calls of members that are called so, those that the program's own members answer.
    fn adapted(&self, program: &Program, direct: usize) -> FxHashSet<CallAt> {
        let on: FxHashMap<CallAt, &Registration> = self.registrations[..direct].iter().map(|r| (r.call, r)).collect();
        let of_part = |lifted: &&Registration| {
            let part = |whole: &Origin| {
                let mut parts = lifted.receivers.iter();
                parts.all(|o| o.root == whole.root && o.path.len() > whole.path.len() && o.path.starts_with(&whole.path))
            };
            !lifted.receivers.is_empty()
                && on.get(&lifted.call).is_some_and(|r| !r.receivers.is_empty() && r.receivers.iter().all(part))
                && program.functions_called(lifted.call).len() == 1
        };
        self.registrations[direct..].iter().filter(of_part).map(|lifted| lifted.call).collect()
    }

    /// The registration at `index` is the inside of a helper whose calls are registrations of their own, or a call of an adapter.
    pub fn is_lifted(&self, program: &Program, index: usize) -> bool {
        let registration = &self.registrations[index];
        if registration.call == registration.inner && self.adapted.contains(&registration.call) {
            return true;
        }
        let f = program.function_of(self.registrations[index].call);
        program.chain(f).iter().any(|g| self.helpers.get(g).is_some_and(|inside| inside.contains(&index)))
    }
}

fn event_key(program: &Program, site: &Site) -> EventKey {
    match (&site.event, site.event_value) {
        (Some(name), _) => EventKey::Name(name.clone()),
        (None, Some(value)) => key_of(program, site.call.with(value)),
        (None, None) => EventKey::Value(Vec::new()),
    }
}

fn key_of(program: &Program, v: At<ValueId>) -> EventKey {
    match program.constant(v) {
        Some(name) => EventKey::Name(name),
        None => {
            let given = |o: &Origin| match (o.root, o.path.is_empty()) {
                (Root::Param(g, i), true) => program.iterated_param(g, i),
                _ => None,
            };
            let origins = program.origins(v);
            from_origins(program, origins.iter().flat_map(|o| given(o).unwrap_or_else(|| vec![o.clone()])).collect())
        }
    }
}

pub(super) fn from_origins(program: &Program, origins: Vec<Origin>) -> EventKey {
    match &origins[..] {
        [Origin { root: Root::Const(sym), path }] if path.is_empty() => EventKey::Name(program.text(*sym)),
        _ => EventKey::Value(origins),
    }
}

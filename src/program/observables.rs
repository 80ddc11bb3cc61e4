//! Observables: functions of the program that put a function they are given into a list, whose members another function calls.
//!
//! ```text
//! adds(F, i, X)   :- F puts its parameter i, or a record of it, into X; X of F's object, of the module, or of the activation around F
//! tells(G, X)     :- G calls what comes out of X, and takes nothing out of it
//! removes(H, i, X) :- H takes its parameter i out of X
//! registers(C)    :- runs(C, F), adds(F, i, X), tells(G, X)
//! releases(C)     :- runs(C, H), removes(H, i, X)
//! ```
//!
//! What decides is what is done with the list: a queue is emptied by what runs it, and clean-ups run at the end only.

use rustc_hash::{FxHashMap, FxHashSet};

use super::sites::{EventKey, Registration, Release};
use super::stages::is_teardown;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root, Sym, sites};
use crate::facts::*;

/// Calls of one function that are asked for.
const CALLERS: usize = 200;

/// How many copies of a list are looked through: `[...list].slice().forEach(...)`.
const COPIES: u32 = 4;

/// A list by where it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum List {
    Field(Owner, Sym),
    Made(Root),
}

impl List {
    /// The list as an event of its own: what is added to it is told together.
    fn origin(self) -> Origin {
        match self {
            List::Made(root) => Origin::root(root),
            List::Field(owner, name) => {
                let root = match owner {
                    Owner::Class(class) => Root::Class(class),
                    Owner::Proto(f) | Owner::Function(f) => Root::Function(f),
                    Owner::Literal(v) => Root::Literal(v),
                };
                Origin { root, path: vec![PathKey::Name(name)] }
            }
        }
    }
}

/// A function that puts what it is given into a list, or takes it out.
#[derive(Debug, Clone)]
struct Hand {
    f: Fun,
    /// The parameter; none: all that is there.
    param: Option<u32>,
    /// The call that does it, or one of the same function.
    at: CallAt,
    list: List,
    /// The member of the record in which the parameter is put.
    record: Option<Sym>,
    /// A set has each function once.
    once_each: bool,
}

/// What the program's own observables are.
#[derive(Default)]
pub(super) struct Observables {
    adders: FxHashMap<CallAt, Fun>,
}

impl Observables {
    /// The call inside, by which a function of the program adds a listener that it is given.
    pub(super) fn adds(&self, inner: CallAt) -> bool {
        self.adders.contains_key(&inner)
    }
}

/// The registrations and releases that the calls of observables are.
pub(super) fn collect(program: &Program) -> (Observables, Vec<Registration>, Vec<Release>) {
    let mut observables = Observables::default();
    let (mut registrations, mut releases) = (Vec::new(), Vec::new());
    for file in 0..program.files.len() as u32 {
        if program.files[file as usize].declaration {
            continue;
        }
        let mut adders: Vec<Hand> = program.putting(file).filter_map(|c| program.put_by(c)).collect();
        if adders.is_empty() {
            continue;
        }
        program.keep_told(file, &mut adders);
        let removers = program.removers(file, &adders);
        adders.retain(|adder| program.is_taken_back(adder, &removers));
        for adder in &adders {
            let before = registrations.len();
            registrations.extend(program.added_through(adder));
            if registrations.len() > before {
                observables.adders.insert(adder.at, adder.f);
            }
        }
        adders.retain(|adder| observables.adds(adder.at));
        for remover in removers.iter().filter(|remover| adders.iter().any(|adder| program.is_same_list(adder.list, remover.list))) {
            releases.extend(program.removed_through(remover));
        }
    }
    (observables, registrations, releases)
}

impl Program<'_> {
    /// The call puts a parameter of the function around it into a list that is older than the call.
    fn put_by(&self, c: CallAt) -> Option<Hand> {
        let (receiver, key) = self.receiver(c)?;
        let Key::Name(name) = key else { return None };
        let call = self.call(c);
        let value = match (name.as_str(), &call.args[..]) {
            ("push" | "unshift" | "add", [value]) => *value,
            // Under a key of its own.
            ("set", [key, value]) => {
                let own = |o: &Origin| !matches!(o.root, Root::Param(..) | Root::Const(_) | Root::This(_));
                if !self.origins(c.with(*key)).iter().all(own) {
                    return None;
                }
                *value
            }
            _ => return None,
        };
        let around = self.chain(self.function_of(c));
        let given = |v: ValueId| match &self.origins(c.with(v))[..] {
            [Origin { root: Root::Param(f, i), path }] if path.is_empty() && around.contains(f) => Some((*f, *i)),
            _ => None,
        };
        let (f, param, record) = match given(value) {
            Some((f, i)) => (f, i, None),
            None => self.record_at(c.with(value))?.iter().find_map(|(key, v)| match key {
                Key::Name(name) => given(*v).map(|(f, i)| (f, i, Some(self.sym(name)))),
                Key::Computed(_) => None,
            })?,
        };
        if self.fun(f).at_load || !self.functions_called(c).is_empty() || self.gives_promise(f) {
            return None;
        }
        let list = self.lists_of(receiver, COPIES).into_iter().find(|list| self.is_older(*list, f))?;
        Some(Hand { f, param: Some(param), at: c, list, record, once_each: name == "add" })
    }

    /// Who calls it waits for what the function that is given brings.
    fn gives_promise(&self, f: Fun) -> bool {
        let promise = |o: &Origin| matches!(o.root, Root::Call(c) if self.callee_name(c).as_deref() == Some("Promise"));
        self.fun(f).is_async || self.fun(f).returns.iter().any(|&r| self.origins(f.with(r)).iter().any(promise))
    }

    /// The members of an object literal, written there or held by a variable.
    fn record_at(&self, v: At<ValueId>) -> Option<&[(Key, ValueId)]> {
        let literal = match self.value(v) {
            Value::Object(..) => v,
            Value::Binding(_) => match &self.origins(v)[..] {
                [Origin { root: Root::Literal(literal), path }] if path.is_empty() && literal.file == v.file => *literal,
                _ => return None,
            },
            _ => return None,
        };
        match self.value(literal) {
            Value::Object(props, _) => Some(props),
            _ => None,
        }
    }

    /// The lists that a value is, is an element of, or is a copy of.
    fn lists_of(&self, v: At<ValueId>, copies: u32) -> Vec<List> {
        let mut out: Vec<List> = Vec::new();
        for o in self.origins(v).iter() {
            self.lists_of_origin(o, copies, &mut out);
        }
        out
    }

    fn lists_of_origin(&self, o: &Origin, copies: u32, out: &mut Vec<List>) {
        let found = match (o.root, o.path.first()) {
            (Root::This(f), Some(PathKey::Name(name))) => self.owner_of_this(f).map(|owner| List::Field(owner, *name)),
            (Root::Literal(v), _) => {
                if let (Value::Array(elements), true) = (self.value(v), copies > 0) {
                    for &element in elements {
                        if let Value::Spread(of) = self.value(v.with(element)) {
                            out.extend(self.lists_of(v.with(*of), copies - 1));
                        }
                    }
                }
                Some(List::Made(o.root))
            }
            (Root::Call(c), _) => {
                if copies > 0 && self.functions_called(c).is_empty() {
                    if let Some((receiver, _)) = self.receiver(c) {
                        out.extend(self.lists_of(receiver, copies - 1));
                    }
                    if matches!(self.called_as(c), Some("from" | "values" | "entries" | "keys")) {
                        out.extend(self.call(c).args.iter().take(1).flat_map(|&a| self.lists_of(c.with(a), copies - 1)));
                    }
                }
                Some(List::Made(o.root))
            }
            // What a list hands to its callback.
            (Root::Param(h, _), _) if copies > 0 => {
                for passed in self.passed(h) {
                    if self.functions_called(passed.call).is_empty()
                        && let Some((receiver, _)) = self.receiver(passed.call)
                    {
                        out.extend(self.lists_of(receiver, copies - 1));
                    }
                }
                None
            }
            _ => None,
        };
        out.extend(found.filter(|list| !out.contains(list)));
    }

    /// The list is there before a call of the function, and after it.
    fn is_older(&self, list: List, f: Fun) -> bool {
        match list {
            List::Field(..) => true,
            List::Made(Root::Call(c)) => !self.within(self.function_of(c), f) && self.functions_called(c).is_empty(),
            List::Made(Root::Literal(v)) => self.literal_function(v).is_some_and(|made| !self.within(made, f)),
            List::Made(_) => false,
        }
    }

    fn is_same_list(&self, a: List, b: List) -> bool {
        match (a, b) {
            (List::Field(x, name), List::Field(y, other)) => name == other && self.related(x, y),
            _ => a == b,
        }
    }

    /// Leaves those whose list some function calls the members of.
    fn keep_told(&self, file: u32, adders: &mut Vec<Hand>) {
        let mut told = vec![false; adders.len()];
        let mut queue = vec![false; adders.len()];
        for d in (0..self.facts(file).calls.len() as u32).map(|id| At::new(file, CallId(id))) {
            if self.call(d).kind != CallKind::Call {
                continue;
            }
            for list in self.drained(d) {
                for (index, adder) in adders.iter().enumerate() {
                    queue[index] |= self.is_same_list(list, adder.list);
                }
            }
            let mut callee = d.with(self.call(d).callee);
            if let Value::Member(object, Key::Name(name)) = self.value(callee)
                && matches!(name.as_str(), "call" | "apply")
            {
                callee = d.with(*object);
            }
            if matches!(self.value(callee), Value::Global(_) | Value::Function(_) | Value::Super | Value::Import(..)) {
                continue;
            }
            for o in self.origins(callee).iter() {
                let member = match o.path.last() {
                    None | Some(PathKey::Element) => None,
                    Some(PathKey::Name(name)) => Some(*name),
                    Some(PathKey::Symbol(_)) => None,
                };
                if !adders.iter().any(|adder| adder.record == member) {
                    continue;
                }
                let bare = matches!((o.root, o.path.len()), (Root::This(_), 0 | 1) | (Root::Literal(_) | Root::Global(_), 0));
                if bare {
                    continue;
                }
                let mut lists = Vec::new();
                self.lists_of_origin(o, COPIES, &mut lists);
                for (index, adder) in adders.iter().enumerate() {
                    let from = adder.record == member && lists.iter().any(|&list| self.is_same_list(list, adder.list));
                    let teller = self.function_of(d);
                    if !from || self.within(teller, adder.f) {
                        continue;
                    }
                    let around = self.around_teller(teller, adder.list);
                    let ends = around.iter().any(|&g| is_teardown(&self.fun(g).name));
                    told[index] |= !ends;
                    queue[index] |= around.iter().any(|&g| self.takes_out(g, adder.list));
                }
            }
        }
        let mut kept = told.into_iter().zip(queue).map(|(told, queue)| told && !queue);
        adders.retain(|_| kept.next() == Some(true));
    }

    /// The lists that the call empties into another one, which is gone through then: `run(jobs.splice(0))`.
    fn drained(&self, c: CallAt) -> Vec<List> {
        let call = self.call(c);
        let Some((list, Key::Name(name))) = self.receiver(c) else { return Vec::new() };
        let whole = || match call.args[..] {
            [from] | [from, _] => matches!(self.value(c.with(from)), Value::Number(from) if from == "0"),
            _ => false,
        };
        let one = || call.args.get(1).is_some_and(|&count| matches!(self.value(c.with(count)), Value::Number(count) if count == "1"));
        match name == "splice" && call.result != Use::Dropped && whole() && !one() {
            true => self.lists_of(list, 0),
            false => Vec::new(),
        }
    }

    /// The function and those around it, up to the one that users call: what is around that has the list, and all that is done with it.
    fn around_teller(&self, teller: Fun, list: List) -> Vec<Fun> {
        let mut out = Vec::new();
        for g in self.chain(teller) {
            if self.fun(g).at_load || !self.is_older(list, g) {
                break;
            }
            out.push(g);
            if self.owner_of_function(g).is_some() {
                break;
            }
        }
        out
    }

    /// The function takes something out of the list, or puts another in its place.
    fn takes_out(&self, g: Fun, list: List) -> bool {
        let calls = self.calls_within(g).into_iter().any(|c| {
            self.receiver(c).is_some_and(|(receiver, key)| {
                matches!(key, Key::Name(name) if matches!(name.as_str(), "shift" | "pop" | "splice" | "clear" | "delete"))
                    && self.lists_of(receiver, 0).iter().any(|&other| self.is_same_list(other, list))
            })
        });
        calls || self.facts(g.file).assigns.iter().any(|a| self.within(g.with(a.function), g) && self.is_put_in_place(g.file, a, list))
    }

    /// The assignment empties the list, or puts another value in its place.
    fn is_put_in_place(&self, file: u32, a: &Assign, list: List) -> bool {
        match (&a.to, list) {
            (Place::Member(object, Key::Name(name)), List::Field(owner, field)) => {
                let holder = |o: &Origin| matches!(o.root, Root::This(f) if self.owner_of_this(f).is_some_and(|w| self.related(w, owner)));
                let of_this =
                    |v: ValueId, key: Sym| key == field && self.origins(At::new(file, v)).iter().any(|o| o.path.is_empty() && holder(o));
                of_this(*object, self.sym(name)) && !a.only_if_empty
                    || name == "length" && self.lists_of(At::new(file, *object), 0).iter().any(|&other| self.is_same_list(other, list))
            }
            (Place::Member(object, Key::Name(name)), List::Made(_)) => {
                name == "length" && self.lists_of(At::new(file, *object), 0).contains(&list)
            }
            (Place::Binding(b), List::Made(root)) => {
                let defs = &self.facts(file).bindings[b.index()].defs;
                defs.len() > 1
                    && defs.iter().any(|d| {
                        let from = At::new(file, self.facts(file).assigns[d.index()].from);
                        self.origins(from).iter().any(|o| o.path.is_empty() && o.root == root)
                    })
            }
            _ => false,
        }
    }

    /// Whoever adds can take away again, one by one: by another function, or by what the adder gives back. (To what has no such way
    /// listeners are added for good, as hooks and handlers of options are.)
    fn is_taken_back(&self, adder: &Hand, removers: &[Hand]) -> bool {
        let one = |remover: &Hand| remover.param.is_some() && self.is_same_list(remover.list, adder.list);
        removers.iter().any(one) || self.gives_back_taking(adder)
    }

    /// What the adder gives back takes out of the list.
    fn gives_back_taking(&self, adder: &Hand) -> bool {
        let takes = |g: Fun| g != adder.f && self.within(g, adder.f) && self.takes_out(g, adder.list);
        self.fun(adder.f).returns.iter().any(|&r| {
            self.origins(adder.f.with(r)).iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Function(g), true) => takes(g),
                (Root::Literal(v), true) => match self.value(v) {
                    Value::Object(props, _) => props.iter().any(|(_, p)| self.functions_of(v.with(*p)).iter().any(|&(g, _)| takes(g))),
                    _ => false,
                },
                (Root::Call(c), true) => self.call(c).args.iter().any(|&a| self.functions_of(c.with(a)).iter().any(|&(g, _)| takes(g))),
                _ => false,
            })
        })
    }

    /// Functions of the file that take out of these lists what they are given.
    fn removers(&self, file: u32, adders: &[Hand]) -> Vec<Hand> {
        let mut out: Vec<Hand> = Vec::new();
        for c in (0..self.facts(file).calls.len() as u32).map(|id| At::new(file, CallId(id))) {
            let Some((receiver, Key::Name(name))) = self.receiver(c) else { continue };
            if !matches!(name.as_str(), "delete" | "splice" | "filter" | "indexOf" | "findIndex" | "clear" | "remove" | "pull") {
                continue;
            }
            let lists = self.lists_of(receiver, COPIES);
            let Some(adder) = adders.iter().find(|adder| lists.iter().any(|&list| self.is_same_list(list, adder.list))) else { continue };
            // What the adder itself asks for (`includes`), or gives back, is its own.
            let at = self.function_of(c);
            let Some(f) = self.chain(at).into_iter().find(|&g| !self.fun(g).at_load && self.is_called_or_public(g)) else { continue };
            if f == adder.f {
                continue;
            }
            let param = (0..self.fun(f).params.len() as u32).find(|&i| self.speaks_for(c, f, i));
            out.push(Hand { f, param, at: c, ..adder.clone() });
        }
        // `list.splice(list.indexOf(f), 1)`: what is found is what is taken out.
        let named: FxHashSet<Fun> = out.iter().filter(|hand| hand.param.is_some()).map(|hand| hand.f).collect();
        out.retain(|hand| hand.param.is_some() || !named.contains(&hand.f));
        out
    }

    fn is_called_or_public(&self, f: Fun) -> bool {
        !self.callers(f).is_empty() || self.owner_of_function(f).is_some()
    }

    /// The call is given the parameter of the function, or a function that mentions it.
    fn speaks_for(&self, c: CallAt, f: Fun, param: u32) -> bool {
        let is = |o: &Origin| o.path.is_empty() && o.root == Root::Param(f, param);
        self.call(c).args.iter().any(|&a| {
            self.origins(c.with(a)).iter().any(is)
                || match self.value(c.with(a)) {
                    Value::Function(h) => {
                        let h = c.with(*h);
                        self.fun(h).captures.iter().any(|&b| self.fun(f).params.get(param as usize).is_some_and(|p| p.binding == Some(b)))
                    }
                    _ => false,
                }
        })
    }

    /// Whose listeners are in the list, for a caller.
    fn observed(&self, c: CallAt, hand: &Hand) -> Vec<Origin> {
        match hand.list {
            List::Field(..) => self
                .origins(hand.at.with(self.receiver(hand.at).map_or(self.call(hand.at).callee, |(object, _)| object.id)))
                .iter()
                .find_map(|o| match o.root {
                    Root::This(f) if self.within(hand.f, f) || f == hand.f => Some(Origin::root(Root::This(f))),
                    _ => None,
                })
                .map_or_else(Vec::new, |this| self.from_callee(c, hand.f, &this)),
            // Of the module.
            List::Made(root) => {
                let made = match root {
                    Root::Call(made) => Some(self.function_of(made)),
                    Root::Literal(v) => self.literal_function(v),
                    _ => None,
                };
                let inside = self.receiver(hand.at).map(|(list, _)| list);
                if made.is_some_and(|made| self.fun(made).at_load) {
                    return inside.and_then(|list| self.of_module(list)).into_iter().collect();
                }
                // Of the object whose maker has it.
                let Some((object, _)) = self.receiver(c) else { return Vec::new() };
                self.of_module(object).map_or_else(|| self.origins(object).to_vec(), |o| vec![o])
            }
        }
    }

    /// A variable of a module, as a part of it.
    fn of_module(&self, v: At<ValueId>) -> Option<Origin> {
        let Value::Binding(b) = self.value(v) else { return None };
        let binding = self.binding(v.with(*b));
        let of_file = self.fun(v.with(binding.function)).at_load && binding.kind != BindingKind::Param;
        of_file.then(|| Origin { root: Root::File(v.file), path: vec![PathKey::Name(self.sym(&binding.name))] })
    }

    fn calls_of<'p>(&'p self, hand: &'p Hand) -> impl Iterator<Item = CallAt> + 'p {
        let callers = self.callers(hand.f);
        let some = if callers.len() > CALLERS { &[][..] } else { callers };
        some.iter().copied().filter(|&c| self.call(c).kind == CallKind::Call && !self.within(self.function_of(c), hand.f))
    }

    /// Which event the listener waits for: the parameter before it.
    fn observed_event(&self, c: CallAt, hand: &Hand) -> EventKey {
        match hand.param {
            Some(1) => match self.call(c).args.first().map(|&a| c.with(a)) {
                Some(v) => self.constant(v).map_or_else(|| EventKey::Value(self.origins(v).to_vec()), EventKey::Name),
                None => EventKey::Value(Vec::new()),
            },
            _ => EventKey::Value(vec![hand.list.origin()]),
        }
    }

    fn added_through(&self, adder: &Hand) -> Vec<Registration> {
        let Some(param) = adder.param else { return Vec::new() };
        let mut out = Vec::new();
        for c in self.calls_of(adder) {
            if sites::registration(self, c).is_some() {
                continue;
            }
            let handlers = self.from_callee(c, adder.f, &Origin::root(Root::Param(adder.f, param)));
            let receivers = self.observed(c, adder);
            if handlers.is_empty() || !handlers.iter().all(|o| self.is_listener(o)) || receivers.is_empty() {
                continue;
            }
            out.push(Registration {
                call: c,
                inner: adder.at,
                receivers,
                event: self.observed_event(c, adder),
                handlers,
                once: false,
                target: adder.once_each,
                implicit: false,
                options: None,
                through: vec![adder.f],
                told: Vec::new(),
                released: Default::default(),
            });
        }
        out
    }

    /// Surely a function, or what the caller's caller gives for one.
    fn is_listener(&self, o: &Origin) -> bool {
        let mut functions = Vec::new();
        self.functions_of_origin(o, &mut functions, 3);
        !functions.is_empty()
            || matches!(o.root, Root::Call(c) if o.path.is_empty() && self.bind_target(c).is_some())
            || matches!(o.root, Root::Param(..) if o.path.is_empty())
            || matches!(o.root, Root::This(_)) && self.is_method(o)
    }

    fn removed_through(&self, remover: &Hand) -> Vec<Release> {
        let mut out = Vec::new();
        for c in self.calls_of(remover) {
            if super::releases::release(self, c).is_some() {
                continue;
            }
            let handlers = remover.param.map(|param| self.from_callee(c, remover.f, &Origin::root(Root::Param(remover.f, param))));
            let event = handlers.as_ref().map(|_| self.observed_event(c, remover));
            out.push(Release {
                answers: Default::default(),
                call: c,
                inner: remover.at,
                receivers: self.observed(c, remover),
                event,
                handlers,
                options: None,
                told: Vec::new(),
            });
        }
        out
    }

    /// What an observable gives back takes the listener away: is it used? None where it gives nothing that could.
    pub(super) fn observable_disposer(&self, registration: &Registration) -> Option<bool> {
        let used = self.is_result_used(registration.call);
        let closes = registration.through.iter().any(|&f| {
            self.fun(f).returns.iter().any(|&r| {
                self.origins(f.with(r)).iter().any(|o| {
                    let made = match o.root {
                        Root::Call(c) => self.call(c).kind == CallKind::New,
                        root => matches!(root, Root::Function(_) | Root::Literal(_)),
                    };
                    made && o.path.is_empty()
                })
            })
        });
        let other = |o: &Origin| !matches!(o.root, Root::This(_) | Root::Nothing | Root::Const(_));
        let gives = registration.through.iter().any(|&f| self.fun(f).returns.iter().any(|&r| self.origins(f.with(r)).iter().any(other)));
        if closes { Some(used) } else { (gives && used).then_some(true) }
    }
}

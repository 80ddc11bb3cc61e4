//! Firing: does the event of a one-time listener surely come, and does anybody run what releases?

use super::count::Emitter;
use super::sites::{Registration, Release};
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::models::Fires;

/// So many letters of a name that is put together tell what it is for.
const TELLING: usize = 3;

/// How many methods that give out an object are followed to a public function.
const GIVERS: u32 = 3;

/// How many calls above one the test that lets it run once is looked for.
const GUARDED: u32 = 2;

impl Program<'_> {
    /// The release stands in the registration's own listener.
    pub(super) fn in_own_handler(&self, registration: &Registration, release: &Release) -> bool {
        let f = self.function_of(release.call);
        let functions = self.functions_of_origins(&registration.handlers, 3);
        // What its owner calls too is a release of the owner's that the event may bring about.
        if functions.iter().any(|&(h, _)| self.within(f, h) && self.is_owners_end(h)) {
            return false;
        }
        functions.iter().any(|&(h, _)| {
            self.within(f, h) && h != self.function_of(registration.call) && !self.within(self.function_of(registration.call), h)
        }) && functions.iter().all(|&(h, _)| {
            self.callers(h)
                .iter()
                .all(|&c| self.function_of(c) == self.function_of(registration.call) && self.is_beside(c, registration.call))
                && self.passed(h).iter().filter(|p| p.call != release.call && super::releases::release(self, p.call).is_none()).count() <= 1
                && self.optioned(h).is_empty()
        })
    }

    /// A method, named as an end, that users of the object call: it is public, or called by name on what is not known.
    fn is_owners_end(&self, h: Fun) -> bool {
        let name = &self.fun(h).name;
        super::stages::is_teardown(name)
            && !name.starts_with(['_', '#'])
            && self.owner_of_function(h).is_some()
            && (self.is_public_function(h) || self.is_called_by_name(PathKey::Name(self.sym(name))))
    }

    /// A listener that goes away when its event fires: does the event surely fire?
    pub fn presumed_to_fire(&self, registration: &Registration, emitter: Emitter) -> bool {
        let Some(event) = registration.event.name() else {
            return !registration.receivers.iter().any(|o| match self.model_type(o) {
                Some(super::types::Type::Model(ix)) => emitter == Emitter::Process && self.models.is_mostly_rare(ix),
                _ => false,
            });
        };
        let mut fires = None;
        for o in &registration.receivers {
            if let Some(super::types::Type::Model(ix)) = self.model_type(o)
                && let Some(model) = self.models.event(ix, event)
            {
                fires = Some(model.fires);
            }
        }
        let fires = fires.or(match event {
            "error" | "abort" | "aborted" | "timeout" | "SIGINT" | "SIGTERM" | "SIGHUP" => Some(Fires::Rarely),
            "close" | "end" | "exit" | "finish" => Some(Fires::OnceLast),
            "connect" | "secureConnect" | "lookup" => Some(Fires::OnceEarly),
            _ => None,
        });
        match (emitter, fires) {
            (Emitter::Signal, _) => event != "abort",
            // What comes between two uses of a connection is known; anything else waits for its end.
            (Emitter::Pooled, Some(Fires::Many)) => true,
            (Emitter::Pooled, _) => false,
            (Emitter::Process, Some(Fires::OnceLast | Fires::Rarely)) => false,
            (Emitter::Longer, Some(Fires::Rarely)) => false,
            (Emitter::Longer, Some(Fires::OnceLast)) => {
                let f = self.function_of(registration.call);
                matches!(event, "finish" | "end")
                    || self.brings_next_round(registration)
                    // `server.close(); server.once('close', done)`.
                    || self.ends_object(f, &registration.receivers, 0)
            }
            (Emitter::Longer, None) => !self.is_own_and_silent(registration, event),
            _ => true,
        }
    }

    /// The object hears its own end, and begins anew then: the event has come before the line runs again (`once('close', reconnect)`).
    fn brings_next_round(&self, registration: &Registration) -> bool {
        let own = |o: &Origin| matches!(o.root, Root::This(_)) && o.path.is_empty();
        let f = self.outermost(self.function_of(registration.call));
        registration.receivers.iter().all(own)
            && self.functions_of_origins(&registration.handlers, 3).iter().any(|&(h, _)| h != f && self.leads(h, f, super::guards::CALLS))
    }

    /// Run by the garbage collector, at a time that nobody knows: no release.
    pub(super) fn is_finalizer(&self, f: Fun) -> bool {
        self.passed(f)
            .iter()
            .any(|p| self.call(p.call).kind == CallKind::New && self.callee_name(p.call).as_deref() == Some("FinalizationRegistry"))
    }

    /// The program makes the emitter itself, and nowhere emits that event.
    pub(super) fn is_own_and_silent(&self, registration: &Registration, event: &str) -> bool {
        let own = registration.receivers.iter().all(|o| {
            matches!(o.root, Root::Call(c) if o.path.is_empty() && self.call(c).kind == CallKind::New)
                && match self.type_of(o) {
                    Some(super::types::Type::Model(ix)) => matches!(self.models.name(ix), "EventEmitter" | "EventTarget"),
                    Some(super::types::Type::Owner(owner)) => {
                        self.owner_model(owner).is_some_and(|ix| self.models.name(ix) == "EventEmitter")
                    }
                    None => false,
                }
        });
        own && !self.emitted().is_none_or(|names| names.contains(event))
    }

    /// Somebody runs the function.
    pub fn is_reachable(&self, f: Fun, depth: u32) -> bool {
        if depth == 0 || self.fun(f).at_load {
            return true;
        }
        // A name that is meant for a framework which does not know it.
        if self.callers(f).is_empty()
            && let Some(owner) = self.owner_of_function(f)
            && self.is_misspelt_hook(owner, &self.fun(f).name)
        {
            return self.is_called_by_name(PathKey::Name(self.sym(&self.fun(f).name)));
        }
        if !self.callers(f).is_empty()
            || !self.passed(f).is_empty()
            || !self.optioned(f).is_empty()
            || self.is_public_function(f)
            || !self.returned_by(f).is_empty()
        {
            return true;
        }
        let function = self.fun(f);
        if matches!(function.kind, FunctionKind::Constructor | FunctionKind::Initializer | FunctionKind::Getter | FunctionKind::Setter) {
            return true;
        }
        match self.owner_of_function(f) {
            None => true,
            Some(owner) => {
                // A member of a class: called by name on something that is not known, by a framework, or by nobody.
                let key = PathKey::Name(self.sym(&function.name));
                // (What a symbol names the language calls, or who has the symbol: `[Symbol.dispose]`.)
                function.name.is_empty()
                    || self.is_called_by_name(key)
                    || self.is_called_by_built_name(&function.name)
                    || self.is_got_by_users(owner, GIVERS)
                    || self.owner_model(owner).is_some()
                    || self.parents(owner).iter().any(|p| super::owners::owner_of_constructor(p).is_none())
                    || matches!(owner, super::Owner::Literal(_) | super::Owner::Function(_))
                    || function.name.starts_with('_')
                    || !function.decorators.is_empty()
                    || self.is_stored(f)
                    || self.is_made_by_factory(owner)
            }
        }
    }

    /// Some call puts the name together: `this[`clean${feature}`]()`.
    fn is_called_by_built_name(&self, name: &str) -> bool {
        self.built_calls(name).next().is_some()
    }

    /// The object itself calls the method by a name that it puts together, and lets that happen once.
    pub(super) fn is_run_once_by_built_name(&self, f: Fun, owner: Owner) -> bool {
        let own = |c: &CallAt| self.owner_around(self.function_of(*c)).is_some_and(|o| self.related(o, owner));
        let mut calls = self.built_calls(&self.fun(f).name).filter(own).peekable();
        calls.peek().is_some() && calls.all(|c| self.is_guarded_edge(c, false))
    }

    /// Users cannot call the method, and whoever in the program calls one of its name on an object that is not known lets that happen once.
    pub(super) fn is_run_once_by_name(&self, f: Fun) -> bool {
        let key = PathKey::Name(self.sym(&self.fun(f).name));
        let unknown = |c: &CallAt| {
            matches!(self.receiver(*c), Some((_, Key::Name(name))) if *name == self.fun(f).name) && self.functions_called(*c).is_empty()
        };
        let mut calls = self.candidates().called_under(key).filter(unknown).peekable();
        !self.is_public_function(f) && calls.peek().is_some() && calls.all(|c| self.is_guarded_way(c, GUARDED))
    }

    /// The call, or each that leads to it, stands under a test that lets it run once.
    fn is_guarded_way(&self, c: CallAt, depth: u32) -> bool {
        let callers = self.callers(self.function_of(c));
        self.is_guarded_edge(c, false) || depth > 0 && !callers.is_empty() && callers.iter().all(|&by| self.is_guarded_way(by, depth - 1))
    }

    /// Calls of members whose names are put together, where this name may come out.
    pub(super) fn built_calls<'s>(&'s self, name: &'s str) -> impl Iterator<Item = CallAt> + 's {
        let built = self.built_names.get_or_init(|| {
            let parts = self.built_name_calls().filter_map(|c| {
                let (_, Key::Computed(key)) = self.receiver(c)? else { return None };
                let Value::Text(parts) = self.value(c.with(*key)) else { return None };
                let text = |part: Option<&ValueId>| match part.map(|&v| self.value(c.with(v))) {
                    Some(Value::String(text)) => text.clone(),
                    _ => String::new(),
                };
                Some((text(parts.first()), text(parts.last()), c))
            });
            parts.filter(|(begin, end, _)| begin.len() + end.len() >= TELLING).collect()
        });
        let fits = move |begin: &str, end: &str| name.len() > begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end);
        built.iter().filter(move |(begin, end, _)| fits(begin, end)).map(|&(_, _, c)| c)
    }

    /// Users of the package get objects of the class: a public function gives one back, or a method of an object that they get.
    fn is_got_by_users(&self, owner: super::Owner, depth: u32) -> bool {
        depth > 0
            && self.makers(owner).iter().any(|&made| {
                let f = self.function_of(made);
                let by_method = || self.owner_of_function(f).is_some_and(|giver| giver != owner && self.is_got_by_users(giver, depth - 1));
                // (A page's script may give its factory out by a variable of the page: `var make = (function () { ...; return f })()`.)
                let by_script = || self.returned_by(f).iter().any(|&g| self.fun(g).at_load);
                self.call(made).result == Use::Returned
                    && (self.is_public_function(f) || self.outward().contains(&Root::Function(f)) || by_script() || by_method())
            })
    }

    /// What files give out that no other file asks for.
    fn outward(&self) -> &rustc_hash::FxHashSet<Root> {
        self.outward.get_or_init(|| self.given_to_others())
    }

    /// A function gives the class back (`module.exports = factory()`), or a file that no other asks for gives it out: others make its
    /// objects.
    fn is_made_by_factory(&self, owner: super::Owner) -> bool {
        let (file, class) = match owner {
            super::Owner::Class(class) => (class.file, Root::Class(class)),
            super::Owner::Proto(constructor) => (constructor.file, Root::Function(constructor)),
            _ => return false,
        };
        let functions = &self.facts(file).functions;
        self.outward().contains(&class)
            || functions
                .iter()
                .flat_map(|f| &f.returns)
                .any(|&r| self.origins(At::new(file, r)).iter().any(|o| o.path.is_empty() && o.root == class))
    }

    /// The function is taken as a value (`const f = this.close`).
    pub(super) fn is_stored(&self, f: Fun) -> bool {
        self.stores(f.file, &self.fun(f).name)
    }
}

//! Retains: what a listener keeps alive, exactly as V8 does it, and where that is a defect of its own.
//!
//! ```text
//! keeps(L, x)     :- x in a context on L's chain, whoever mentions it        (facts: contexts)
//! keeps(L, v)     :- L = f.bind(this, v)
//! keeps(L, x)     :- an async function waits for L, x a variable of it       (all its variables are kept)
//! gone(x, R)      :- x = null behind R
//! pins(R, x)      :- L of R keeps x, x large, emitter of R outlives the region of x, R runs once for it, nothing ends it
//! ```

use rustc_hash::FxHashSet;

use super::count::Emitter;
use super::discharge::Discharge;
use super::guards::Guard;
use super::obligation::{Fault, Obligation};
use super::sites::{Registration, Sites};
use super::sizes::Weight;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Position, Region, Size};
use crate::models::Kind;

/// So much is told of one listener, the nearest contexts first.
const TOLD: usize = 64;

/// Something that a listener keeps alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeps {
    pub name: String,
    /// Where it is declared.
    pub file: u32,
    pub position: Position,
    pub variable: Option<At<BindingId>>,
    /// The other function that put it into the shared context, where the listener itself does not mention it.
    pub through: Option<Fun>,
    pub weight: Weight,
}

/// Whether something else keeps a value as long, or lets it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    No,
    Perhaps,
    Yes,
}

impl Program<'_> {
    /// What each listener of a registration keeps alive: the heaviest first.
    pub fn retained(&self, registration: &Registration) -> Vec<Keeps> {
        let mut out = Vec::new();
        if registration.handlers.is_empty() {
            self.waiting(registration.call, &mut out);
        }
        for handler in &registration.handlers {
            self.retained_by(registration, handler, &mut out);
        }
        let mut seen = FxHashSet::default();
        out.retain(|k| seen.insert((k.file, k.position, k.name.clone())));
        out.retain(|k| k.variable.is_none_or(|b| self.let_go(b, registration.call) != Sure::Yes));
        out.truncate(TOLD);
        for keeps in &mut out {
            if let Some(b) = keeps.variable {
                keeps.weight = self.weigh_variable(b);
            }
        }
        out.sort_by(|a, b| (b.weight.size, a.file, a.position, &a.name).cmp(&(a.weight.size, b.file, b.position, &b.name)));
        out
    }

    fn retained_by(&self, registration: &Registration, handler: &Origin, out: &mut Vec<Keeps>) {
        let mut functions = Vec::new();
        self.functions_of_origin(handler, &mut functions, 4);
        match (handler.root, handler.path.is_empty()) {
            (Root::Call(c), true) if self.bind_target(c).is_some() => {
                for &arg in &self.call(c).args {
                    self.bound(c, c.with(arg), out);
                }
            }
            // `{ handleEvent }`: the object stays, and with it what its method keeps.
            (Root::Literal(v), true) => {
                if let Some(Type::Owner(owner)) = self.type_of(handler) {
                    let methods = self.methods(owner, PathKey::Name(self.sym("handleEvent")));
                    functions.extend(methods.into_iter().map(|f| (f, 0)));
                }
                out.push(Keeps {
                    name: "handleEvent".to_owned(),
                    file: v.file,
                    position: self.call_position(registration.call).paren,
                    variable: None,
                    through: None,
                    weight: self.weigh(handler),
                });
            }
            // A promise's `resolve`: whoever waits for the promise waits for the event.
            (Root::Param(f, _), true) => self.waiting_for(f, out),
            _ => {}
        }
        for (f, _) in functions {
            self.retained_by_function(f, out);
            for &b in &self.fun(f).captures {
                let holder = f.with(self.binding(f.with(b)).function);
                if self.binding(f.with(b)).kind == BindingKind::Param {
                    self.waiting_for(holder, out);
                }
            }
        }
    }

    /// What stands in the contexts of a function's chain.
    fn retained_by_function(&self, f: Fun, out: &mut Vec<Keeps>) {
        for Retained { kept, through } in self.facts(f.file).retained(f.id).into_iter().take(TOLD) {
            let through = through.map(|g| f.with(g));
            match kept {
                Kept::Binding(b) => out.push(self.variable_kept(f.with(b), through)),
                Kept::This(g) => out.push(Keeps {
                    name: "this".to_owned(),
                    file: f.file,
                    position: self.function_range(f.with(g)).start,
                    variable: None,
                    through,
                    weight: self.weigh(&Origin::root(Root::This(f.with(g)))),
                }),
                Kept::Arguments(g) => out.push(Keeps {
                    name: "arguments".to_owned(),
                    file: f.file,
                    position: self.function_range(f.with(g)).start,
                    variable: None,
                    through,
                    weight: Weight::UNKNOWN,
                }),
                Kept::Home(_) => {}
            }
        }
    }

    fn variable_kept(&self, b: At<BindingId>, through: Option<Fun>) -> Keeps {
        Keeps {
            name: self.binding(b).name.clone(),
            file: b.file,
            position: self.files[b.file as usize].positions.bindings[b.id.index()].start,
            variable: Some(b),
            through,
            weight: Weight::UNKNOWN,
        }
    }

    /// An argument of `bind`, `this` included.
    fn bound(&self, c: CallAt, v: At<ValueId>, out: &mut Vec<Keeps>) {
        let (name, position) = match self.value(v) {
            Value::Null | Value::Undefined => return,
            Value::Binding(b) => {
                let b = v.with(*b);
                let position = self.files[b.file as usize].positions.bindings[b.id.index()].start;
                (self.binding(b).name.clone(), position)
            }
            Value::This(f) => ("this".to_owned(), self.function_range(v.with(*f)).start),
            _ => (self.origins(v).first().map(|o| self.show(o)).unwrap_or_default(), self.call_position(c).paren),
        };
        // The value is bound, not the variable: setting that to null frees nothing.
        let weight = match self.value(v) {
            Value::Binding(b) => self.weigh_variable(v.with(*b)),
            _ => self.origins(v).iter().map(|o| self.weigh(o)).reduce(Weight::or).unwrap_or(Weight::UNKNOWN),
        };
        out.push(Keeps { name, file: c.file, position, variable: None, through: None, weight });
    }

    /// `await once(emitter, event)`: a suspended function keeps all that it has, used again or not.
    fn waiting(&self, c: CallAt, out: &mut Vec<Keeps>) {
        let f = self.function_of(c);
        let value = self.call(c).value;
        let awaited = |item: &Item| matches!(item, Item::Await(v) if *v == value || self.mentions_call(c.with(*v), value, 3));
        let facts = self.facts(c.file);
        if !self.fun(f).is_async || !facts.blocks.iter().any(|block| block.function == f.id && block.items.iter().any(awaited)) {
            return;
        }
        let before = self.call_position(c).whole.start;
        for (index, binding) in facts.bindings.iter().enumerate() {
            let b = c.with(BindingId(index as u32));
            let position = self.files[c.file as usize].positions.bindings[index].start;
            if binding.function == f.id && position < before && !matches!(binding.kind, BindingKind::Import | BindingKind::Function) {
                out.push(self.variable_kept(b, None));
            }
        }
        self.retained_by_function(f, out);
    }

    /// `Promise.race([once(...), ...])`.
    fn mentions_call(&self, v: At<ValueId>, wanted: ValueId, depth: u32) -> bool {
        if v.id == wanted || depth == 0 {
            return v.id == wanted;
        }
        match self.value(v) {
            Value::Call(c) => self.call(v.with(*c)).args.iter().any(|&a| self.mentions_call(v.with(a), wanted, depth - 1)),
            Value::Array(parts) | Value::Choice(_, parts) => parts.iter().any(|&p| self.mentions_call(v.with(p), wanted, depth - 1)),
            _ => false,
        }
    }

    /// `f` is the executor of a promise that a suspended function waits for.
    fn waiting_for(&self, f: Fun, out: &mut Vec<Keeps>) {
        for passed in self.passed(f) {
            if self.call(passed.call).kind == CallKind::New && self.callee_name(passed.call).as_deref() == Some("Promise") {
                self.waiting(passed.call, out);
            }
        }
    }

    /// The variable is set to `null` behind the registration.
    fn let_go(&self, b: At<BindingId>, c: CallAt) -> Sure {
        if b.file != c.file {
            return Sure::No;
        }
        let after = self.call_position(c).whole.start;
        let mut sure = Sure::No;
        for &def in &self.binding(b).defs {
            let assign = self.assign(b.with(def));
            let start = self.files[b.file as usize].positions.assigns[def.index()].start;
            let empties = matches!(self.value(b.with(assign.from)), Value::Null | Value::Undefined);
            if !empties || start <= after {
                continue;
            }
            // In the same function, behind the registration on its own way.
            let straight = self.chain(self.function_of(c)).into_iter().any(|f| f.id == assign.function)
                && (assign.function != self.call(c).function || self.block_within(c.with(self.call(c).block), b.with(assign.block)));
            sure = sure.max(if straight { Sure::Yes } else { Sure::Perhaps });
        }
        sure
    }

    /// Registrations whose listeners do not pile up, but pin something large for as long as the emitter lives; where no other rule
    /// speaks.
    pub fn pinning<'s>(&self, sites: &'s Sites, spoken: &[Obligation]) -> Vec<Obligation<'s>> {
        let spoken: FxHashSet<CallAt> = spoken.iter().flat_map(|o| [o.registration.call, o.registration.inner]).collect();
        let candidates = sites.registrations.iter().enumerate().filter(|(i, r)| {
            !self.files[r.call.file as usize].declaration
                && !spoken.contains(&r.call)
                && !spoken.contains(&r.inner)
                && !sites.is_lifted(self, *i)
        });
        candidates.filter_map(|(_, registration)| self.pins(sites, registration)).map(|pins| self.of_bundled(pins)).collect()
    }

    fn pins<'s>(&self, sites: &'s Sites, registration: &'s Registration) -> Option<Obligation<'s>> {
        if registration.handlers.is_empty() || matches!(registration.event.name(), Some("newListener" | "removeListener")) {
            return None;
        }
        let f = self.function_of(registration.call);
        if self.fun(f).at_load {
            return None;
        }
        let (origin, emitter, lifetime) = self.outliving(registration)?;
        // Cheap questions first: few listeners keep anything large.
        let mut kept = self.retained(registration);
        kept.retain(|k| k.weight.is_large() && self.is_burden(registration, k));
        let heaviest = kept.iter().min_by_key(|k| (k.through.is_some(), !k.weight.sure, std::cmp::Reverse(k.weight.size)))?;
        match self.discharge(sites, registration, emitter, false) {
            Discharge::Nothing | Discharge::RolledBack(_) => {}
            Discharge::Released if self.is_replaced(sites, registration) => {}
            _ => return None,
        }
        if registration.once && self.presumed_to_fire(registration, emitter) {
            return None;
        }
        if self.guard(registration.call, &registration.receivers, true) == Some(Guard::State)
            || registration.once && self.is_under_state(registration.call, &registration.receivers)
        {
            return None;
        }
        let held = kept.iter().map(|k| self.held_anyway(registration, k)).min().unwrap_or(Sure::No);
        let confidence = match (held, heaviest.weight.sure) {
            (Sure::Yes, _) => return None,
            (Sure::Perhaps, _) | (_, false) => Confidence::Low,
            (Sure::No, true) => Confidence::Medium,
        };
        let fault = if heaviest.through.is_some() { Fault::Shares } else { Fault::Pins };
        let step = self.step_call(registration.call, format!("`{}` lives as long as the {}", self.show(origin), lifetime.word()));
        Some(Obligation {
            registration,
            fault,
            confidence,
            region: lifetime,
            lifetime,
            emitter,
            emitter_type: self.type_name(origin),
            shown: self.show(origin),
            steps: vec![step],
        })
    }

    /// What the rules speak of: large things of the registration that are not let go, heaviest of those that it mentions first.
    pub fn burdens(&self, registration: &Registration) -> Vec<Keeps> {
        let mut kept = self.retained(registration);
        kept.retain(|k| k.weight.is_large() && self.is_burden(registration, k));
        kept.sort_by_key(|k| (k.through.is_some(), !k.weight.sure, std::cmp::Reverse(k.weight.size)));
        kept
    }

    fn is_burden(&self, registration: &Registration, keeps: &Keeps) -> bool {
        match keeps.variable {
            // What stands in the file's outermost function lives as long as the module does.
            Some(b) => {
                !self.fun(b.with(self.binding(b).function)).at_load && self.let_go(b, registration.call) == Sure::No
                    // The emitter itself is there anyway.
                    && !self.binding(b).defs.iter().any(|&d| self.same_object(&self.origins(b.with(self.assign(b.with(d)).from)), &registration.receivers))
            }
            None => keeps.name != "this",
        }
    }

    /// The emitter, if it is known to outlive the code that adds the listener.
    fn outliving<'r>(&self, registration: &'r Registration) -> Option<(&'r Origin, Emitter, Region)> {
        let mut found: Option<(&Origin, Emitter, Region)> = None;
        for origin in registration.receivers.iter().filter(|o| !o.is_nothing()) {
            let kind = self.emitter_kind(origin);
            let lifetime = match kind {
                Emitter::Process => Region::Program,
                Emitter::Pooled => Region::Connection,
                Emitter::Signal => return None,
                Emitter::Longer => {
                    let emits = match self.model_type(origin) {
                        Some(Type::Model(ix)) => self.models.kind(ix) != Kind::Other,
                        _ => false,
                    };
                    match origin.root {
                        Root::Call(c) if origin.path.is_empty() && self.fun(self.function_of(c)).at_load => Region::Program,
                        Root::Global(_) | Root::Module(_) | Root::File(_) if emits => Region::Program,
                        _ => return None,
                    }
                }
            };
            if found.is_none_or(|(_, _, known)| lifetime > known) {
                found = Some((origin, kind, lifetime));
            }
        }
        found
    }

    /// What takes the listener away is only the next registration: remove before add.
    fn is_replaced(&self, sites: &Sites, registration: &Registration) -> bool {
        let c = registration.call;
        let start = self.call_position(c).whole.start;
        let mut releases = sites.releases.iter().filter(|release| {
            self.same_object(&release.receivers, &registration.receivers)
                && release.event.as_ref().is_none_or(|event| *event == registration.event)
                && release.handlers.as_ref().is_none_or(|h| self.same_object(h, &registration.handlers))
        });
        let before = |r: CallAt| self.function_of(r) == self.function_of(c) && self.call_position(r).whole.start < start;
        let mut any = false;
        releases.all(|release| {
            any = true;
            before(release.call)
        }) && any
            && registration.options.is_none()
    }

    /// Something else keeps the value as long: then this listener is not to blame.
    fn held_anyway(&self, registration: &Registration, keeps: &Keeps) -> Sure {
        let Some(b) = keeps.variable else { return Sure::No };
        let facts = self.facts(b.file);
        let mut held = Sure::No;
        let own: Vec<Origin> = self
            .binding(b)
            .defs
            .iter()
            .flat_map(|&d| self.origins(b.with(self.assign(b.with(d)).from)).to_vec())
            .filter(|o| matches!(o.root, Root::Call(_) | Root::Literal(_)) && o.path.is_empty())
            .collect();
        for assign in &facts.assigns {
            let outer = match &assign.to {
                Place::Binding(to) => self.fun(b.with(self.binding(b.with(*to)).function)).at_load,
                Place::Global(_) => true,
                Place::Member(object, _) => {
                    let kept = |o: &Origin| matches!(o.root, Root::File(_) | Root::This(_) | Root::Global(_) | Root::Module(_));
                    self.origins(b.with(*object)).iter().any(kept)
                }
            };
            if outer && self.origins(b.with(assign.from)).iter().any(|o| own.contains(o)) {
                return Sure::Yes;
            }
        }
        let mut listeners = Vec::new();
        registration.handlers.iter().for_each(|h| self.functions_of_origin(h, &mut listeners, 4));
        for (index, function) in facts.functions.iter().enumerate() {
            let g = b.with(FunctionId(index as u32));
            if !function.captures.contains(&b.id) || listeners.iter().any(|&(l, _)| self.within(g, l) || self.within(l, g)) {
                continue;
            }
            held = held.max(self.outlives_its_call(g));
        }
        held
    }

    /// A function that stays where it was put: a listener, a route, what its maker gives back.
    fn outlives_its_call(&self, g: Fun) -> Sure {
        if !self.returned_by(g).is_empty() {
            return Sure::Yes;
        }
        let mut sure = Sure::No;
        for starter in self.starters(g).iter() {
            use super::starters::{Started, Times};
            let stays = match (&starter.how, starter.times) {
                (Started::Listener(_) | Started::Heard(_) | Started::Interval | Started::Entry, Times::Many(_)) => Sure::Yes,
                (Started::Listener(_) | Started::Heard(_) | Started::Entry | Started::Unknown | Started::Patch | Started::Public, _) => {
                    Sure::Perhaps
                }
                _ => Sure::No,
            };
            // What stands under a test need not have run.
            let straight =
                starter.by.is_none_or(|c| matches!(self.block(c.with(self.call(c).block)).kind, BlockKind::Body | BlockKind::Try));
            sure = sure.max(if straight { stays } else { Sure::No });
        }
        for assign in &self.facts(g.file).assigns {
            if matches!(assign.to, Place::Member(..) | Place::Global(_))
                && matches!(self.value(g.with(assign.from)), Value::Function(f) if *f == g.id)
            {
                sure = sure.max(Sure::Perhaps);
            }
        }
        sure
    }
}

/// The words for findings.
impl Keeps {
    /// «`content` (a file's content)».
    pub fn shown(&self) -> String {
        match &self.weight.what {
            Some(what) if self.weight.size >= Size::Large => format!("`{}` ({what})", self.name),
            _ => format!("`{}`", self.name),
        }
    }
}

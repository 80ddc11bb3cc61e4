//! Public: what the package's users can call, and of what they can make objects.

use rustc_hash::FxHashSet;

use super::layers::FIRST;
use super::resolve::REEXPORTS;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root, Sym};
use crate::facts::*;

/// What the package's users can call.
#[derive(Default)]
pub(super) struct Public {
    functions: FxHashSet<Fun>,
    /// Whose members they can call.
    owners: FxHashSet<Owner>,
    /// Of which they can make objects.
    classes: FxHashSet<Owner>,
    /// Those of them that users have by name.
    given: FxHashSet<Owner>,
    /// Functions that they can call only where they load any file of a folder, or look into the program's own name space: those that the
    /// program calls itself are its own.
    loose: FxHashSet<Fun>,
    /// Of these, what only a pattern of `exports` lets users load.
    by_pattern: FxHashSet<Fun>,
    /// The same of classes and objects.
    loose_owners: FxHashSet<Owner>,
    /// Some of it hangs on a global object that the program makes for its own parts (`window.app = {}; app.Part = class {...}`).
    of_own_space: bool,
    /// What hangs there is left out.
    without_own_space: bool,
}

impl Public {
    /// Exports of the package's entry files, and what these return.
    fn of(program: &Program) -> Public {
        let files = 0..program.files.len() as u32;
        let mut entries: Vec<u32> = files.clone().filter(|&f| program.is_public(f)).collect();
        if entries.is_empty() {
            entries.extend(files);
        }
        let mut public = Public::default();
        public.publish(program, &entries);
        let mut named: Vec<u32> = entries.iter().copied().filter(|&f| !program.is_loose(f)).collect();
        if named.is_empty() {
            named.clone_from(&entries);
        }
        if named.len() < entries.len() || public.of_own_space {
            let mut meant = Public { without_own_space: true, ..Public::default() };
            meant.publish(program, &named);
            public.loose = public.functions.difference(&meant.functions).copied().collect();
            if !public.of_own_space {
                public.by_pattern.clone_from(&public.loose);
            }
            let owners = public.owners.union(&public.classes);
            public.loose_owners = owners.filter(|owner| !meant.owners.contains(owner) && !meant.classes.contains(owner)).copied().collect();
        }
        public.publish_unasked(program);
        public
    }

    /// Classes that a file gives out which no other file of the package asks for, and which is none of its entries: whoever makes objects
    /// of them loads that file (the source beside what is built from it, the client's part beside the server's).
    fn publish_unasked(&mut self, program: &Program) {
        let given = program.given_to_others();
        let class = |root: &Root| match *root {
            Root::Class(class) => Some(Owner::Class(class)),
            Root::Function(f) => Some(Owner::Proto(f)).filter(|&owner| program.is_class(owner)),
            _ => None,
        };
        let file = |owner: &Owner| &program.files[owner.file() as usize];
        let mut classes: Vec<Owner> = given.iter().filter_map(class).filter(|owner| !file(owner).test).collect();
        classes.retain(|&owner| !self.classes.contains(&owner) && !program.hands_on(owner));
        classes.sort();
        let before = self.functions.clone();
        for class in classes {
            self.loose_owners.extend(program.family(class).iter().filter(|owner| !self.classes.contains(owner)));
            self.given.insert(class);
            self.classes.extend(program.family(class).iter());
            self.publish_owner(program, class, &mut Vec::new());
        }
        self.loose.extend(self.functions.difference(&before));
    }

    fn publish(&mut self, program: &Program, entries: &[u32]) {
        let mut files: Vec<(u32, Option<String>)> = entries.iter().map(|&f| (f, None)).collect();
        let mut seen = FxHashSet::default();
        let mut origins: Vec<Origin> = Vec::new();
        while let Some((file, only)) = files.pop() {
            if !seen.insert((file, only.clone())) {
                continue;
            }
            files.extend(program.passed_on(file));
            for (name, value) in program.exported_values(file) {
                if only.as_ref().is_none_or(|o| *o == name || name == "=") {
                    origins.extend(program.origins(value).iter().cloned());
                }
            }
        }
        let spaces = &program.spaces().names;
        for &file in entries {
            origins.extend(self.put_on_others(program, file, spaces));
        }
        origins.extend(Public::registered(program));
        let mut seen = FxHashSet::default();
        while let Some(origin) = origins.pop() {
            if !origin.path.is_empty() || !seen.insert(origin.clone()) {
                continue;
            }
            // `Base.extend({...})` and `new Class({...})` are classes.
            if let Root::Call(c) = origin.root {
                for body in program.call(c).args.iter().map(|&a| Owner::Literal(c.with(a))).filter(|&body| program.is_class(body)) {
                    self.given.insert(body);
                    self.classes.extend(program.family(body).iter());
                    self.publish_owner(program, body, &mut origins);
                }
            }
            match origin.root {
                Root::Function(f) => {
                    self.functions.insert(f);
                    self.given.insert(Owner::Proto(f));
                    self.classes.extend(program.family(Owner::Proto(f)).iter());
                    self.publish_owner(program, Owner::Proto(f), &mut origins);
                    self.publish_owner(program, Owner::Function(f), &mut origins);
                    // `exported.Part = Part`.
                    for &value in program.values_on_function(f) {
                        origins.extend(program.origins(value).iter().cloned());
                    }
                    let returns = program.fun(f).returns.clone();
                    for value in returns.iter().take(8) {
                        origins.extend(program.origins(f.with(*value)).iter().cloned());
                    }
                }
                Root::Class(class) => {
                    self.given.insert(Owner::Class(class));
                    self.classes.extend(program.family(Owner::Class(class)).iter());
                    self.publish_owner(program, Owner::Class(class), &mut origins);
                }
                Root::Literal(literal) => {
                    self.publish_owner(program, Owner::Literal(literal), &mut origins);
                    if let Value::Object(props, spreads) = program.value(literal) {
                        for value in props.iter().map(|(_, v)| v).chain(spreads) {
                            origins.extend(program.origins(literal.with(*value)).iter().cloned());
                        }
                    }
                }
                Root::File(file) => {
                    for (_, value) in program.exported_values(file) {
                        origins.extend(program.origins(value).iter().cloned());
                    }
                    // What the file passes on is among its members.
                    for (target, name) in program.passed_on(file) {
                        match name {
                            None => origins.push(Origin::root(Root::File(target))),
                            Some(name) => origins.extend(program.export(target, &name, REEXPORTS).iter().flat_map(|e| program.exported(e))),
                        }
                    }
                }
                // One object is no class for others.
                Root::Call(c) if program.call(c).kind == CallKind::New => {
                    for class in program.origins(c.with(program.call(c).callee)).iter().filter_map(super::owners::owner_of_constructor) {
                        self.publish_owner(program, class, &mut origins);
                    }
                }
                // `(function (root, factory) { module.exports = factory() })(this, function () {...})` gives out what the factory does.
                Root::Call(c) => {
                    let callee = c.with(program.call(c).callee);
                    let callee = match program.value(callee) {
                        Value::Member(object, Key::Name(name)) if matches!(name.as_str(), "call" | "apply") => c.with(*object),
                        _ => callee,
                    };
                    for factory in program.origins(callee).iter().flat_map(|o| Public::given(program, o)) {
                        if let (Root::Function(f), true) = (factory.root, factory.path.is_empty()) {
                            for &value in program.fun(f).returns.iter().take(8) {
                                origins.extend(program.origins(f.with(value)).iter().cloned());
                            }
                        }
                    }
                }
                Root::Param(..) => origins.extend(Public::given(program, &origin)),
                _ => {}
            }
        }
    }

    /// Classes that the program hands to what makes objects of them by a name: `customElements.define('x-part', Part)`,
    /// `RED.nodes.registerType('part', Part)`, `Foundation.plugin(Part, 'Part')`.
    fn registered(program: &Program) -> Vec<Origin> {
        let registers =
            |c: &CallAt| !program.files[c.file as usize].test && program.call(*c).kind == CallKind::Call && program.call(*c).args.len() > 1;
        let mut out = Vec::new();
        for c in program.defining_calls().filter(registers) {
            let args = &program.call(c).args;
            let named = args.iter().take(2).any(|&arg| program.constant(c.with(arg)).is_some());
            if !named || !program.functions_called(c).is_empty() {
                continue;
            }
            for &arg in args {
                let is_constructor = |f: Fun| {
                    let function = program.fun(f);
                    function.kind == FunctionKind::Plain && function.uses_this && function.name.starts_with(char::is_uppercase)
                };
                let class = |o: &&Origin| {
                    o.path.is_empty() && matches!(o.root, Root::Class(_)) || matches!(o.root, Root::Function(f) if is_constructor(f))
                };
                out.extend(program.origins(c.with(arg)).iter().filter(class).cloned());
            }
        }
        out
    }

    /// What a file makes a member of what it has from elsewhere, where everybody finds it: `window.Widget = Widget`, `$.fn.widget = ...`,
    /// `name.space.Widget = class {...}`.
    fn put_on_others(&mut self, program: &Program, file: u32, spaces: &FxHashSet<Sym>) -> Vec<Origin> {
        let facts = program.facts(file);
        let mut out = Vec::new();
        let step = |key: &PathKey, name: &str| matches!(key, PathKey::Name(n) if &*program.text(*n) == name);
        for assign in &facts.assigns {
            let from = At::new(file, assign.from);
            let may_be = match program.value(from) {
                Value::Class(_) => true,
                // One object is no class for others.
                Value::Call(c) => program.call(from.with(*c)).kind != CallKind::New,
                value => value.may_be_function(),
            };
            if !may_be {
                continue;
            }
            let on_space = |o: &Origin| matches!(o.root, Root::Global(name) if spaces.contains(&name));
            if let Place::Member(object, _) = &assign.to
                && !spaces.is_empty()
                && program.origins(At::new(file, *object)).iter().any(on_space)
            {
                self.of_own_space = true;
                if self.without_own_space {
                    continue;
                }
            }
            let of_others = match &assign.to {
                Place::Global(name) => name != "module" && name != "exports",
                Place::Member(object, _) => program.origins(At::new(file, *object)).iter().any(|o| match o.root {
                    _ if o.path.iter().any(|key| step(key, "prototype")) => false,
                    Root::Global(name) => !matches!(&*program.text(name), "module" | "exports"),
                    Root::Module(_) => !o.path.is_empty(),
                    // jQuery's plug-ins, in a wrapper that is given jQuery.
                    Root::Param(..) => o.path.len() == 1 && step(&o.path[0], "fn"),
                    _ => false,
                }),
                Place::Binding(_) => false,
            };
            if of_others {
                out.extend(program.origins(from).iter().cloned());
            }
        }
        out
    }

    /// What the calls of a function of one file give for its parameter.
    fn given(program: &Program, origin: &Origin) -> Vec<Origin> {
        let (Root::Param(f, _), true) = (origin.root, origin.path.is_empty()) else { return Vec::new() };
        let callers = program.callers(f);
        // Written and called in one place.
        let here = callers.iter().filter(|c| matches!(program.value(c.with(program.call(**c).callee)), Value::Function(_)));
        here.flat_map(|&c| program.from_callee(c, f, origin)).collect()
    }

    fn publish_owner(&mut self, program: &Program, owner: Owner, origins: &mut Vec<Origin>) {
        for &owner in program.family(owner).iter() {
            if !self.owners.insert(owner) {
                continue;
            }
            let private = |f: Fun| match owner {
                Owner::Class(class) => program.class(class).members.iter().any(|m| m.function == Some(f.id) && m.private),
                _ => false,
            };
            for &(key, f) in program.members(owner) {
                let hidden = match key {
                    PathKey::Name(name) => program.text(name).starts_with('#') || private(f),
                    _ => true,
                };
                if !hidden {
                    self.functions.insert(f);
                    if matches!(owner, Owner::Function(_) | Owner::Literal(_)) {
                        origins.push(Origin::root(Root::Function(f)));
                    }
                }
            }
            if let Owner::Class(class) = owner {
                for member in &program.class(class).members {
                    if let (true, Some(f), false) = (member.is_static, member.function, member.private) {
                        self.functions.insert(class.with(f));
                    }
                }
            }
        }
    }
}

impl Program<'_> {
    /// The class makes an object of itself: `Part.connect = () => new Part()`, `if (!(this instanceof Part)) return new Part()`.
    fn is_made_by_itself(&self, owner: Owner, maker: CallAt) -> bool {
        self.chain(self.function_of(maker)).into_iter().any(|f| match (owner, self.owner_of_function(f)) {
            (Owner::Proto(class), Some(Owner::Proto(g) | Owner::Function(g))) => g == class || f == class,
            (Owner::Proto(class), _) => f == class,
            (Owner::Class(class), around) => around == Some(owner) || self.fun(f).class == Some(class.id) && f.file == class.file,
            _ => false,
        })
    }

    /// The class's own file hands it to somebody who makes its objects.
    fn hands_on(&self, owner: Owner) -> bool {
        let file = owner.file();
        let is = |v: ValueId| {
            self.origins(At::new(file, v)).iter().any(|o| o.path.is_empty() && super::owners::owner_of_constructor(o) == Some(owner))
        };
        let may_be = |v: &ValueId| matches!(self.facts(file).values[v.index()], Value::Binding(_) | Value::Class(_) | Value::Function(_));
        self.facts(file)
            .calls
            .iter()
            .filter(|call| call.kind == CallKind::New)
            .any(|call| call.args.iter().filter(|v| may_be(v)).any(|&v| is(v)))
    }

    fn public(&self) -> &Public {
        self.calls.public.get_or_init(|| self.on(FIRST, || Public::of(self)))
    }

    /// Only a pattern of `exports` (`"./lib/*"`) lets users load the file that gives the function out.
    pub(super) fn is_public_by_pattern(&self, f: Fun) -> bool {
        self.public().by_pattern.contains(&f)
    }

    /// The package's users can call it. (What they could load with any other file, and the package itself calls, is its own.)
    pub fn is_public_function(&self, f: Fun) -> bool {
        let public = self.public();
        public.functions.contains(&f) && (!public.loose.contains(&f) || self.callers(f).is_empty())
    }

    /// Nobody has the class or function by name but who loads its file, which no file of the program does.
    pub(super) fn is_given_to_nobody(&self, f: Fun) -> bool {
        let public = self.public();
        public.loose.contains(&f) && self.owner_of_function(f).is_none_or(|owner| public.loose_owners.contains(&owner))
    }

    /// What its class names as its own is called by the class: `_start()`.
    pub(super) fn is_own_method(&self, f: Fun) -> bool {
        self.fun(f).name.starts_with('_') && self.owner_of_function(f).is_some()
    }

    /// The package's users have the class itself, or one that extends it.
    pub(super) fn is_public_class(&self, owner: Owner) -> bool {
        let loose = |one: &Owner| self.public().loose_owners.contains(one) && !self.makers(*one).is_empty();
        self.descendants(owner).iter().any(|one| self.public().given.contains(one) && !loose(one))
    }

    /// The package's users have neither the class, or one that extends it, nor an object of it.
    fn is_kept_inside(&self, owner: Owner) -> bool {
        let public = self.public();
        let reached = |owner: &Owner| public.owners.contains(owner) || public.classes.contains(owner);
        !self.descendants(owner).iter().any(reached)
    }

    /// The function belongs to such a class: who is to call it stands in the program.
    pub(super) fn is_of_inside(&self, f: Fun) -> bool {
        // (What a class extends that is not known may call it.)
        let whole = |owner: Owner| self.parents(owner).iter().all(|parent| super::owners::owner_of_constructor(parent).is_some());
        self.owner_of_function(f)
            .is_some_and(|owner| self.is_class(owner) && whole(owner) && self.fun(f).decorators.is_empty() && self.is_kept_inside(owner))
    }

    /// Nobody makes an object of the class: it came with others (in the bundle of a package, of which a part is used).
    pub(super) fn is_never_made(&self, owner: Owner) -> bool {
        self.is_kept_inside(owner) && self.descendants(owner).iter().all(|&one| self.makers(one).is_empty())
    }

    /// The package's users can have any number of such objects: they make them, or have functions make them.
    pub fn is_public_owner(&self, owner: Owner) -> bool {
        let by_others = || self.makers(owner).iter().any(|&maker| !self.is_made_by_itself(owner, maker));
        if self.public().loose_owners.contains(&owner) && by_others() {
            return false;
        }
        let again = |maker: CallAt| !self.fun(self.function_of(maker)).at_load && !self.is_guarded_edge(maker, true);
        let made_by_call = || self.makers(owner).iter().any(|&maker| again(maker));
        self.public().classes.contains(&owner) || self.public().owners.contains(&owner) && made_by_call()
    }
}

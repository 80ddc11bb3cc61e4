//! Owners: classes, constructor functions and objects with members; whose member a function is.
//!
//! ```text
//! member(C, k, F)  :- class C { k() F }                    member(G, k, F) :- G.prototype.k = F
//! member(L, k, F)  :- L = { k: F } or L.k = F              this(F) = O     :- member(O, k, F)
//! parent(O, P)     :- class O extends P, inherits(O, P), O.prototype = Object.create(P.prototype)
//! this(G) = G      :- new G in the program; G has a class's name and writes fields of `this`
//! ```

use std::cell::OnceCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::layers::BARE;
use super::{At, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::models::Lifecycle;

/// What has members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    Class(At<ClassId>),
    /// A constructor function and its prototype.
    Proto(Fun),
    /// An object literal.
    Literal(At<ValueId>),
    /// A function that has members of its own.
    Function(Fun),
}

impl Owner {
    /// The file that it is written in.
    pub fn file(self) -> u32 {
        match self {
            Owner::Class(class) => class.file,
            Owner::Proto(f) | Owner::Function(f) => f.file,
            Owner::Literal(literal) => literal.file,
        }
    }
}

#[derive(Default)]
pub struct Owners {
    of_function: FxHashMap<Fun, Owner>,
    members: FxHashMap<Owner, Vec<(PathKey, Fun)>>,
    /// The same by key.
    pub(super) keyed: FxHashMap<(Owner, PathKey), Vec<Fun>>,
    pub(super) parents: FxHashMap<Owner, Vec<Origin>>,
    pub(super) children: FxHashMap<Owner, Vec<Owner>>,
    /// Member functions by name, for calls on objects that are not known.
    by_name: FxHashMap<PathKey, Vec<(Owner, Fun)>>,
    /// Functions that make objects, without a member of their prototype.
    makers: FxHashSet<Fun>,
    /// Literals that a class maker of a library makes a class of.
    bodies: FxHashSet<At<ValueId>>,
    /// Functions put in place of a member of something that is not the program's own: `pool.connect = function () {...}`.
    pub patches: FxHashMap<Fun, At<AssignId>>,
    /// What the bare layer knows.
    nobody: OnceCell<Box<Owners>>,
}

impl Owners {
    pub fn collect(program: &Program) -> Owners {
        let mut owners = Owners::default();
        let grouping: Vec<&Lifecycle> = program.view.lifecycles().filter(|lifecycle| !lifecycle.members_in.is_empty()).collect();
        for file in 0..program.files.len() as u32 {
            owners.classes(program, file);
        }
        for file in 0..program.files.len() as u32 {
            owners.literals(program, file, &grouping);
            for body in program.indices(file).class_bodies.iter().map(|&body| At::new(file, body)) {
                owners.named(program, Owner::Literal(body), body);
                owners.bodies.insert(body);
            }
            owners.prototypes(program, file);
            owners.helpers(program, file);
        }
        for file in 0..program.files.len() as u32 {
            owners.own_methods(program, file);
        }
        for file in 0..program.files.len() as u32 {
            owners.makers(program, file);
        }
        for file in 0..program.files.len() as u32 {
            owners.private_methods(program, file);
            owners.stored(program, file);
        }
        let mut pairs: Vec<(Owner, Owner)> = Vec::new();
        for (owner, parents) in &owners.parents {
            for parent in parents {
                if let Some(parent) = owner_of_constructor(parent) {
                    pairs.push((parent, *owner));
                }
            }
        }
        pairs.sort();
        for (parent, child) in pairs {
            owners.children.entry(parent).or_default().push(child);
        }
        let mut members: Vec<_> = owners.members.iter().collect();
        members.sort();
        for (owner, members) in members {
            for (key, function) in members {
                owners.by_name.entry(*key).or_default().push((*owner, *function));
                owners.keyed.entry((*owner, *key)).or_default().push(*function);
            }
        }
        owners
    }

    fn add(&mut self, owner: Owner, key: PathKey, function: Fun) {
        self.of_function.entry(function).or_insert(owner);
        let members = self.members.entry(owner).or_default();
        if !members.contains(&(key, function)) {
            members.push((key, function));
        }
    }

    fn classes(&mut self, program: &Program, file: u32) {
        for (index, class) in program.facts(file).classes.iter().enumerate() {
            let owner = Owner::Class(At::new(file, ClassId(index as u32)));
            for member in &class.members {
                if let Some(function) = member.function {
                    let key = program.path_key(file, &member.key);
                    if member.is_static {
                        self.of_function.entry(At::new(file, function)).or_insert(owner);
                    } else {
                        self.add(owner, key, At::new(file, function));
                    }
                }
            }
            if let Some(extends) = class.extends {
                let mut parents = program.origins(At::new(file, extends)).to_vec();
                // A mixin (`Mixin(Base)`): what it is given is a parent too.
                if let Value::Call(call) = program.value(At::new(file, extends)) {
                    for &arg in &program.facts(file).calls[call.index()].args {
                        parents.extend(program.origins(At::new(file, arg)).iter().cloned());
                    }
                }
                self.parents.insert(owner, parents);
            }
        }
        for (index, function) in program.facts(file).functions.iter().enumerate() {
            if let (Some(class), FunctionKind::Initializer | FunctionKind::Constructor) = (function.class, function.kind) {
                self.of_function.insert(At::new(file, FunctionId(index as u32)), Owner::Class(At::new(file, class)));
            }
        }
    }

    fn literals(&mut self, program: &Program, file: u32, grouping: &[&Lifecycle]) {
        for literal in program.indices(file).objects.iter().map(|&literal| At::new(file, literal)) {
            if let Value::Object(props, _) = program.value(literal) {
                for (key, value) in props {
                    if let Value::Function(f) = program.value(literal.with(*value)) {
                        let key = program.path_key(file, key);
                        self.add(Owner::Literal(literal), key, literal.with(*f));
                    }
                }
                self.grouped(program, literal, props, grouping);
            }
        }
    }

    /// `methods: { f() {} }` of a component's options: members of the component.
    fn grouped(&mut self, program: &Program, literal: At<ValueId>, props: &[(Key, ValueId)], grouping: &[&Lifecycle]) {
        let named = |name: &str| matches!(props.iter().find(|(k, _)| k.is(name)), Some((_, v)) if matches!(program.value(literal.with(*v)), Value::Object(..) | Value::Function(_)));
        for lifecycle in grouping {
            if !lifecycle.by_shape(named) {
                continue;
            }
            for (key, value) in props {
                let Key::Name(group) = key else { continue };
                if let (true, Value::Object(inner, _)) =
                    (lifecycle.members_in.contains(group) || lifecycle.watched_in.contains(group), program.value(literal.with(*value)))
                {
                    for (key, value) in inner {
                        if let Value::Function(f) = program.value(literal.with(*value)) {
                            let key = program.path_key(literal.file, key);
                            self.move_to(Owner::Literal(literal), key, literal.with(*f));
                        }
                    }
                }
            }
        }
    }

    /// The owner that a `X.prototype` origin stands for.
    pub(super) fn prototype_of(&self, program: &Program, origin: &Origin) -> Option<Owner> {
        match origin.path.last() {
            Some(PathKey::Name(name)) if &*program.text(*name) == "prototype" => self.constructor(&origin.prefix()?),
            _ => None,
        }
    }

    /// The class that an origin is, itself or as a member of an object in which a file keeps what is its own: `internals.Server = function
    /// () {}`.
    pub(super) fn constructor(&self, origin: &Origin) -> Option<Owner> {
        owner_of_constructor(origin).or_else(|| {
            let (Root::Literal(literal), [key]) = (origin.root, &origin.path[..]) else { return None };
            let members = self.members.get(&Owner::Literal(literal))?;
            members.iter().find(|(other, _)| other == key).map(|&(_, function)| Owner::Proto(function))
        })
    }

    fn prototypes(&mut self, program: &Program, file: u32) {
        for put in program.member_puts(file) {
            let assign = program.assign(put);
            let Place::Member(object, key) = &assign.to else { continue };
            let object = At::new(file, *object);
            // A field of `this` is no prototype, and nobody else's member.
            if matches!(program.value(object), Value::This(f) if program.this_given(object.with(*f)).is_none()) {
                continue;
            }
            let from = At::new(file, assign.from);
            let is_prototype = key.is("prototype");
            // Only functions are told of, and most of what is assigned is none: whose members these are is asked last.
            let functions = if program.value(from).may_be_function() { program.origins(from) } else { Rc::from([]) };
            let functions: Vec<Fun> = functions.iter().filter_map(whole_function).collect();
            if !is_prototype && functions.is_empty() {
                continue;
            }
            let step = program.path_key(file, key);
            for target in program.origins(object).iter() {
                if is_prototype && let Some(owner) = self.constructor(target) {
                    self.whole_prototype(program, owner, from);
                    continue;
                }
                if is_prototype && target.path.is_empty() {
                    continue;
                }
                if let Root::File(_) = target.root {
                    continue;
                }
                for &function in &functions {
                    if let Some(owner) = self.prototype_of(program, target) {
                        self.move_to(owner, step, function);
                    } else if target.path.is_empty() {
                        match target.root {
                            Root::Literal(literal) => self.add(Owner::Literal(literal), step, function),
                            Root::Function(of) => self.add(Owner::Function(of), step, function),
                            _ => {}
                        }
                    }
                    if !matches!(target.root, Root::This(_) | Root::File(_) | Root::Literal(_) | Root::Function(_) | Root::Class(_)) {
                        self.patches.entry(function).or_insert(put);
                    }
                }
            }
        }
    }

    /// A literal that becomes a prototype gives its members to the constructor.
    pub(super) fn move_to(&mut self, owner: Owner, key: PathKey, function: Fun) {
        self.of_function.insert(function, owner);
        self.add(owner, key, function);
    }

    /// `{ open: open }`: members of a class that are functions with a name of their own.
    fn named(&mut self, program: &Program, owner: Owner, literal: At<ValueId>) {
        let Value::Object(props, _) = program.value(literal) else { return };
        for (key, value) in props {
            let value = literal.with(*value);
            if matches!(program.value(value), Value::Binding(_)) {
                let step = program.path_key(literal.file, key);
                for function in program.origins(value).iter().filter_map(whole_function) {
                    self.add(owner, step, function);
                }
            }
        }
    }

    /// `X.prototype = {...}` or `= Object.create(Y.prototype, ...)` or `= new Y()`.
    pub(super) fn whole_prototype(&mut self, program: &Program, owner: Owner, from: At<ValueId>) {
        match program.value(from) {
            Value::Object(props, _) => {
                for (key, value) in props.clone() {
                    if let Value::Function(f) = program.value(from.with(value)) {
                        let step = program.path_key(from.file, &key);
                        self.move_to(owner, step, from.with(*f));
                    }
                }
                self.named(program, owner, from);
            }
            Value::Call(c) => {
                let call = program.call(from.with(*c));
                let parent = match (&call.kind, program.callee_name(from.with(*c)).as_deref(), call.args.first()) {
                    (CallKind::New, _, _) => program.origins(from.with(call.callee)).to_vec(),
                    (_, Some("create"), Some(&first)) => program.origins(from.with(first)).iter().filter_map(Origin::prefix).collect(),
                    _ => return,
                };
                self.parents.entry(owner).or_default().extend(parent);
                if call.kind == CallKind::Call
                    && let Some(&second) = call.args.get(1)
                    && let Value::Object(props, _) = program.value(from.with(second)).clone()
                {
                    self.descriptors(program, owner, from.with(*c), &props);
                }
            }
            _ => {}
        }
    }

    /// `this.handle = function () {...}`, `this.handle = function () {...}.bind(this)`: members too.
    fn stored(&mut self, program: &Program, file: u32) {
        for assign in program.member_puts(file).map(|put| program.assign(put)) {
            let Place::Member(object, key) = &assign.to else { continue };
            let from = At::new(file, assign.from);
            let function = match program.value(from) {
                Value::Call(c) => program.bind_target(from.with(*c)).map_or(from, |(target, _)| target),
                _ => from,
            };
            let Value::Function(f) = program.value(function) else { continue };
            for target in program.origins(from.with(*object)).iter().filter(|target| target.path.is_empty()) {
                if let Some(owner) = self.of_target(program, target) {
                    self.add(owner, program.path_key(file, key), from.with(*f));
                }
            }
        }
    }

    /// Private methods as compilers write them: plain functions that variables hold, each used as a member of `this` in the class or in one
    /// that is known for one.
    fn private_methods(&mut self, program: &Program, file: u32) {
        let uses = |assign: &&Assign| match (&assign.to, program.value(At::new(file, assign.from))) {
            (Place::Member(_, Key::Name(name)), Value::Binding(_)) => name.starts_with('#'),
            _ => false,
        };
        let uses: Vec<&Assign> = program.member_puts(file).map(|put| program.assign(put)).filter(uses).collect();
        let mut known = usize::MAX;
        while known != self.of_function.len() {
            known = self.of_function.len();
            for assign in &uses {
                let Place::Member(object, key) = &assign.to else { continue };
                let functions = program.origins(At::new(file, assign.from));
                let mut owners = program
                    .origins(At::new(file, *object))
                    .iter()
                    .filter(|target| target.path.is_empty())
                    .filter_map(|target| self.of_target(program, target))
                    .collect::<Vec<_>>();
                owners.dedup();
                let ([owner], Some(function)) = (&owners[..], functions.iter().find_map(whole_function)) else { continue };
                self.add(*owner, program.path_key(file, key), function);
            }
        }
    }

    /// Whose members lie on the path of an origin. To be asked of the bare layer.
    pub(super) fn of_target(&self, program: &Program, target: &Origin) -> Option<Owner> {
        match target.root {
            Root::This(f) => self.of_this(program, f),
            Root::Literal(literal) => Some(Owner::Literal(literal)),
            Root::Function(f) => Some(Owner::Function(f)),
            Root::Call(c) if program.call(c).kind == CallKind::New => {
                program.origins(c.with(program.call(c).callee)).iter().find_map(owner_of_constructor)
            }
            _ => None,
        }
    }

    /// `function Store() { this.get = function () {...} }`: what gives `this` methods makes objects.
    fn own_methods(&mut self, program: &Program, file: u32) {
        for assign in program.member_puts(file).map(|put| program.assign(put)) {
            let Place::Member(object, key) = &assign.to else { continue };
            let Value::Function(method) = program.value(At::new(file, assign.from)) else { continue };
            for target in program.origins(At::new(file, *object)).iter() {
                let Root::This(f) = target.root else { continue };
                let named = program.fun(f).kind == FunctionKind::Plain && !program.fun(f).name.is_empty();
                if target.path.is_empty() && named && program.this_given(f).is_none() && self.of_this(program, f).is_none() {
                    self.add(Owner::Proto(f), program.path_key(file, key), At::new(file, *method));
                }
            }
        }
    }

    /// Functions that make objects which have nothing but fields: the program says `new` to them, or they are named as classes are.
    fn makers(&mut self, program: &Program, file: u32) {
        for &c in &program.indices(file).news {
            let made = program.origins(At::new(file, program.call(At::new(file, c)).callee));
            self.makers.extend(made.iter().filter_map(whole_function).filter(|&f| program.fun(f).kind == FunctionKind::Plain));
        }
        for assign in program.member_puts(file).map(|put| program.assign(put)) {
            let Place::Member(object, _) = &assign.to else { continue };
            let &Value::This(f) = program.value(At::new(file, *object)) else { continue };
            let f = At::new(file, f);
            let function = program.fun(f);
            let named = function.kind == FunctionKind::Plain && function.name.starts_with(char::is_uppercase);
            if named && program.this_given(f).is_none() && !self.of_function.contains_key(&f) {
                self.makers.insert(f);
            }
        }
    }

    fn of_this(&self, program: &Program, f: Fun) -> Option<Owner> {
        let constructor = || {
            let own = Owner::Proto(f);
            let made = self.members.contains_key(&own) || self.parents.contains_key(&own) || self.makers.contains(&f);
            (program.fun(f).kind == FunctionKind::Plain && made).then_some(own)
        };
        match self.of_function.get(&f) {
            // `exports.Stage = Stage`, `Server.prototype.Stage = Stage`: a class that an object gives out.
            Some(&owner @ (Owner::Literal(_) | Owner::Function(_) | Owner::Proto(_))) => constructor().or(Some(owner)),
            Some(&owner) => Some(owner),
            None => constructor(),
        }
    }
}

/// The function that an origin is.
fn whole_function(origin: &Origin) -> Option<Fun> {
    match origin.root {
        Root::Function(f) if origin.path.is_empty() => Some(f),
        _ => None,
    }
}

/// The owner that a class or constructor function is.
pub fn owner_of_constructor(origin: &Origin) -> Option<Owner> {
    match (origin.root, origin.path.is_empty()) {
        (Root::Class(class), true) => Some(Owner::Class(class)),
        (Root::Function(f), true) => Some(Owner::Proto(f)),
        _ => None,
    }
}

/// The functions whose `this` the place that writes them decides, and what that is.
pub fn this_given(program: &Program) -> FxHashMap<Fun, At<ValueId>> {
    let given = (0..).zip(&program.files).flat_map(|(file, facts)| facts.indices().this_given.iter().map(move |given| (file, given)));
    given.map(|(file, &(f, this))| (At::new(file, f), At::new(file, this))).collect()
}

impl Program<'_> {
    /// What is known of owners on the layer that is asked.
    pub(super) fn owners(&self) -> &Owners {
        if self.level() == BARE { self.owners.nobody.get_or_init(Box::default) } else { &self.owners }
    }

    /// The value that is `this` in a function, where the place that writes it says so.
    pub fn this_given(&self, f: Fun) -> Option<At<ValueId>> {
        self.this_given.get(&f).copied()
    }

    /// Whose `this` a function (not an arrow) has.
    pub fn owner_of_this(&self, f: Fun) -> Option<Owner> {
        if let Some(given) = self.this_given(f)
            && let Value::This(outer) = self.value(given)
            && *outer != f.id
        {
            return self.owner_of_this(f.with(*outer));
        }
        self.owners().of_this(self, f)
    }

    /// Whose member a function is.
    pub fn owner_of_function(&self, f: Fun) -> Option<Owner> {
        self.owners().of_function.get(&f).copied()
    }

    /// The class around a place: whose `this` is seen there, or would be if the functions between were arrows. (Before there were any, they
    /// used `var self = this`, and compilers write them so.)
    pub fn owner_around(&self, f: Fun) -> Option<Owner> {
        self.owner_of_this(self.member_around(f))
    }

    /// The function whose `this` a place works with, in the same sense.
    pub fn member_around(&self, f: Fun) -> Fun {
        let own = f.with(self.fun(f).this);
        let mut this = own;
        while self.owner_of_this(this).is_none() {
            match self.parent(this) {
                Some(around) if self.fun(this).kind == FunctionKind::Plain => this = around.with(self.fun(around).this),
                _ => return own,
            }
        }
        this
    }

    pub fn owner_name(&self, owner: Owner) -> String {
        match owner {
            Owner::Class(class) => self.class(class).name.clone(),
            Owner::Proto(f) | Owner::Function(f) => self.fun(f).name.clone(),
            Owner::Literal(_) => "the object".into(),
        }
    }

    /// Members of an owner itself.
    pub fn members(&self, owner: Owner) -> &[(PathKey, Fun)] {
        self.owners().members.get(&owner).map_or(&[], Vec::as_slice)
    }

    pub fn parents(&self, owner: Owner) -> &[Origin] {
        self.owners().parents.get(&owner).map_or(&[], Vec::as_slice)
    }

    /// Member functions of any owner under this key.
    pub fn members_named(&self, key: PathKey) -> &[(Owner, Fun)] {
        self.owners().by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The assignment that puts this function in place of a foreign object's member.
    pub fn patch(&self, f: Fun) -> Option<At<AssignId>> {
        self.owners().patches.get(&f).copied()
    }

    /// The owner has instances: a class, a constructor function, or a literal that a library makes a class of.
    pub fn is_class(&self, owner: Owner) -> bool {
        match owner {
            Owner::Class(_) | Owner::Proto(_) => true,
            Owner::Literal(literal) => self.owners().bodies.contains(&literal),
            Owner::Function(_) => false,
        }
    }

    /// The constructor function, field initializer and constructor of an owner.
    pub fn is_constructor(&self, f: Fun, owner: Owner) -> bool {
        match owner {
            Owner::Proto(g) => f == g,
            Owner::Literal(body) if self.owners().bodies.contains(&body) => {
                let makes =
                    |key: PathKey| matches!(key, PathKey::Name(name) if crate::facts::bodies::CONSTRUCTORS.contains(&&*self.text(name)));
                self.members(owner).iter().any(|&(key, g)| g == f && makes(key))
            }
            _ => matches!(self.fun(f).kind, FunctionKind::Constructor | FunctionKind::Initializer),
        }
    }

    /// Every member function of every owner, in no order.
    pub(super) fn all_members(&self) -> impl Iterator<Item = (PathKey, Fun)> + '_ {
        self.owners().members.values().flatten().copied()
    }
}

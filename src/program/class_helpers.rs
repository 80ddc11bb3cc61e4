//! Class helpers: functions of compilers and libraries that give a class its members or its parent.
//!
//! ```text
//! parent(O, P)    :- inherits(O, P), __extends(O, P)
//! member(O, k, F) :- _createClass(O, [{ key: k, value: F }]), Object.assign(O.prototype, { k: F })
//! ```

use super::owners::{Owners, owner_of_constructor};
use super::{At, CallAt, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;

/// Packages that are `Object.assign`.
const COPIERS: [&str; 5] = ["object-assign", "xtend/mutable", "extend", "lodash.assign", "util-extend"];

/// The call copies members into its first argument: `Object.assign`, a down-level helper, one of the `copiers` that its file asks for.
fn is_assign(program: &Program, c: CallAt, name: &str, copiers: bool) -> bool {
    // Of a package's members none but `default` is the package itself.
    let may_be_package = || !matches!(program.receiver(c), Some((_, Key::Name(name))) if name != "default");
    let is_copier = |o: &Origin| matches!(o.root, Root::Module(module) if COPIERS.contains(&&*program.text(module)));
    matches!(name, "assign" | "extend" | "mixin" | "_extends")
        || copiers && may_be_package() && program.origins(c.with(program.call(c).callee)).iter().any(is_copier)
}

impl Owners {
    /// `util.inherits(X, Y)`, `__extends(X, Y)`, `_createClass(X, [...])`, `Object.assign(X.prototype, {...})`, `Object.setPrototypeOf`.
    pub(super) fn helpers(&mut self, program: &Program, file: u32) {
        let copiers = program.facts(file).requests.iter().any(|module| COPIERS.contains(&module.as_str()));
        for index in 0..program.facts(file).calls.len() as u32 {
            let c = At::new(file, CallId(index));
            let call = program.call(c);
            let Some(name) = program.called_as(c).map(unnumbered) else { continue };
            match (name, &call.args[..]) {
                ("inherits" | "__extends" | "_inherits" | "_inheritsLoose" | "inheritsLoose", [child, parent, ..]) => {
                    let parents = program.origins(c.with(*parent)).to_vec();
                    for child in program.origins(c.with(*child)).iter() {
                        if let Some(owner) = self.constructor(child) {
                            self.parents.entry(owner).or_default().extend(parents.iter().cloned());
                        }
                    }
                }
                ("_createClass" | "createClass" | "_create_class", [class, members, ..]) => {
                    for class in program.origins(c.with(*class)).to_vec() {
                        let Some(owner) = owner_of_constructor(&class) else { continue };
                        match program.value(c.with(*members)).clone() {
                            Value::Array(elements) => {
                                for element in elements {
                                    self.described_member(program, owner, c.with(element));
                                }
                            }
                            // Babel before 6: `{ name: { value: function () {} } }`.
                            Value::Object(props, _) => self.descriptors(program, owner, c, &props),
                            _ => {}
                        }
                    }
                }
                (name, [target, sources @ ..]) if is_assign(program, c, name, copiers) => {
                    for target in program.origins(c.with(*target)).to_vec() {
                        if let Some(owner) = self.prototype_of(program, &target) {
                            for source in sources {
                                for origin in program.origins(c.with(*source)).to_vec() {
                                    if let (Root::File(from), true) = (origin.root, origin.path.is_empty()) {
                                        self.exported_members(program, owner, from);
                                    }
                                }
                                self.whole_prototype(program, owner, c.with(*source));
                                for origin in program.origins(c.with(*source)).iter() {
                                    if let Some(parent) = origin.prefix() {
                                        self.parents.entry(owner).or_default().push(parent);
                                    }
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// `Object.assign(X.prototype, require('./more'))`.
    fn exported_members(&mut self, program: &Program, owner: Owner, file: u32) {
        for (name, value) in program.exported_values(file) {
            if let [Origin { root: Root::Function(f), path }] = &*program.origins(value)
                && path.is_empty()
            {
                self.move_to(owner, PathKey::Name(program.sym(&name)), *f);
            }
        }
    }

    /// `{ name: { value: function () {} } }`.
    pub(super) fn descriptors(&mut self, program: &Program, owner: Owner, at: CallAt, props: &[(Key, ValueId)]) {
        for (key, value) in props {
            let Value::Object(inner, _) = program.value(at.with(*value)) else { continue };
            for (k, v) in inner {
                if let (Key::Name(k), Value::Function(f)) = (k, program.value(at.with(*v)))
                    && k == "value"
                {
                    let step = program.path_key(at.file, key);
                    self.move_to(owner, step, at.with(*f));
                }
            }
        }
    }

    /// `{ key: 'name', value: function () {} }`.
    fn described_member(&mut self, program: &Program, owner: Owner, element: At<ValueId>) {
        let Value::Object(props, _) = program.value(element) else { return };
        let mut key = None;
        let mut function = None;
        for (k, value) in props {
            let Key::Name(k) = k else { continue };
            match (k.as_str(), program.value(element.with(*value))) {
                ("key", Value::String(name)) => key = Some(PathKey::Name(program.sym(name))),
                ("key", _) => key = Some(program.path_key(element.file, &Key::Computed(*value))),
                ("value" | "get", Value::Function(f)) => function = Some(element.with(*f)),
                _ => {}
            }
        }
        if let (Some(key), Some(function)) = (key, function) {
            self.move_to(owner, key, function);
        }
    }
}

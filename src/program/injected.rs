//! Injection: what a framework hands to a constructor, as its compiler writes it down, or gives for a class that it is asked for.
//!
//! ```text
//! type(param(C, i), T) :- C.ctorParameters = () => [..., { type: T }, ...]     T the i-th  (Angular before 9, in published packages)
//! type(inject(T), T)   :- inject of @angular/core
//! ```
//! (Sources: «Angular Package Format», <https://angular.dev/api/core/inject>.)

use super::owners::owner_of_constructor;
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// The type of a constructor's parameter, where the class says what it has injected.
    pub(super) fn injected_param(&self, f: Fun, i: usize) -> Option<Type> {
        let class = self.owner_of_this(f).filter(|&owner| self.is_class(owner) && self.is_constructor(f, owner))?;
        self.puts_under(PathKey::Name(self.sym("ctorParameters"))).iter().filter(|put| put.file == f.file).find_map(|&put| {
            let assign = self.assign(put);
            let Place::Member(object, _) = &assign.to else { return None };
            if !self.origins(put.with(*object)).iter().any(|o| owner_of_constructor(o) == Some(class)) {
                return None;
            }
            let (gives, _) = *self.functions_of(put.with(assign.from)).first()?;
            let list = gives.with(*self.fun(gives).returns.first()?);
            let Value::Array(params) = self.value(list) else { return None };
            let Value::Object(props, _) = self.value(list.with(*params.get(i)?)) else { return None };
            let (_, of) = props.iter().find(|(key, _)| key.is("type"))?;
            self.instance_of(&self.origins(list.with(*of)))
        })
    }

    /// The type of what `inject(Service)` gives.
    pub(super) fn injected_by(&self, c: CallAt) -> Option<Type> {
        let asked = c.with(*self.call(c).args.first()?);
        let injects = |o: &Origin| match (o.root, &o.path[..]) {
            (Root::Module(module), [PathKey::Name(name)]) => {
                &*self.text(module) == "@angular/core" && matches!(&*self.text(*name), "inject" | "ɵɵinject" | "ɵɵdirectiveInject")
            }
            _ => false,
        };
        let named = self.called_as(c).is_some_and(|name| name.ends_with("nject"));
        (named && self.origins(c.with(self.call(c).callee)).iter().any(injects)).then(|| self.instance_of(&self.origins(asked)))?
    }

    /// An injector makes the one object of the class, and hands it others of its own: all of them go together. (`Canvas.$inject =
    /// ['eventBus']`: <https://github.com/nikku/didi>.)
    pub(super) fn is_of_injector(&self, owner: Owner) -> bool {
        let put = |&put: &At<AssignId>| match &self.assign(put).to {
            Place::Member(object, _) => self.origins(put.with(*object)).iter().any(|o| owner_of_constructor(o) == Some(owner)),
            _ => false,
        };
        let written = |class: At<ClassId>| self.class(class).members.iter().any(|member| member.is_static && member.key.is("$inject"));
        self.puts_under(PathKey::Name(self.sym("$inject"))).iter().filter(|at| at.file == owner.file()).any(put)
            || matches!(owner, Owner::Class(class) if written(class))
    }

    fn instance_of(&self, classes: &[Origin]) -> Option<Type> {
        classes.iter().find_map(|class| owner_of_constructor(class).map(Type::Owner).or_else(|| self.constructed(class).map(Type::Model)))
    }
}

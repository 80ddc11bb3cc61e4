//! Frameworks: functions that nobody in the program calls, and that a library runs by contract: callbacks and members of options
//! that a model tells of, decorated methods, life-cycle methods.

use super::calls::Optioned;
use super::runs::Runs;
use super::starters::{Started, Starter, Times};
use super::{At, CallAt, Fun, Owner, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};
use crate::models::{self, Lifecycle, Method, TypeIx};

/// So many letters make a hook's name unmistakable within another.
const HOOK: usize = 9;

/// What a framework does with a member of an object of its own kind.
pub(super) enum Contract {
    /// It runs once in the life of the program: the object is one for all.
    Once,
    Many(Runs),
}

impl Contract {
    /// None: once.
    pub(super) fn runs(self) -> Option<Runs> {
        match self {
            Contract::Once => None,
            Contract::Many(runs) => Some(runs),
        }
    }
}

/// How a model's word for «how often» starts a function.
pub(super) fn started(runs: models::Runs) -> (Started, Times) {
    let entry = |region| (Started::Entry, Times::Many(region));
    match runs {
        models::Runs::Now => (Started::Called, Times::One),
        models::Runs::Once => (Started::Callback, Times::One),
        models::Runs::Each => (Started::Each, Times::Many(Region::Iteration)),
        models::Runs::Many | models::Runs::Event => entry(Region::Event),
        models::Runs::Server => entry(Region::Server),
        models::Runs::Connection => entry(Region::Connection),
        models::Runs::Request => entry(Region::Request),
        models::Runs::Message => entry(Region::Message),
        models::Runs::Tick => (Started::Interval, Times::Many(Region::Tick)),
        models::Runs::Render => entry(Region::Render),
        models::Runs::Mount => entry(Region::Mount),
    }
}

/// The region that a model's word means, where it repeats.
fn region(runs: models::Runs) -> Option<Region> {
    match started(runs).1 {
        Times::Many(region) => Some(region),
        Times::One => None,
    }
}

impl Program<'_> {
    /// The callback that a model tells of for a member of an object handed to a call.
    pub(super) fn option_callback(&self, optioned: &Optioned) -> Option<&models::Callback> {
        let model = self.method_model(optioned.call)?;
        model.callbacks.iter().find(|callback| {
            callback.arg == optioned.arg as i32
                && self.condition_holds(optioned.call, callback)
                && callback.member.as_ref().is_some_and(|names| names.iter().any(|name| self.leads_to(name, &optioned.path)))
        })
    }

    /// The condition of a callback (`addHook('onRequest', f)`), where it has one.
    pub(super) fn condition_holds(&self, c: CallAt, callback: &models::Callback) -> bool {
        callback.when.as_ref().is_none_or(|when| {
            let given = self.call(c).args.get(when.arg).and_then(|&v| self.constant(c.with(v)));
            given.is_some_and(|given| when.is.iter().any(|name| *name == *given))
        })
    }

    /// The function is an entry point that gets a thing of its run there (`net.createServer((socket) => {...})`).
    pub(super) fn enters_with(&self, passed: super::calls::Passed, param: u32) -> bool {
        let last = passed.arg + 1 == self.call(passed.call).args.len();
        self.method_model(passed.call).is_some_and(|model| {
            model.callbacks.iter().any(|callback| {
                matches!(callback.runs, models::Runs::Connection | models::Runs::Request | models::Runs::Message)
                    && (callback.arg == passed.arg as i32 || callback.arg == -1 && last)
                    && callback.member.is_none()
                    && callback.params.len() + passed.shift > param as usize
                    && param as usize >= passed.shift
            })
        })
    }

    /// A dotted member path (`resolvers.*.*`) leads to this one; elements of an array are looked through.
    fn leads_to(&self, dotted: &str, path: &[PathKey]) -> bool {
        let keys: Vec<&PathKey> = path.iter().filter(|key| **key != PathKey::Element).collect();
        let names: Vec<&str> = dotted.split('.').collect();
        names.len() == keys.len()
            && names.iter().zip(keys).all(|(name, key)| {
                *name == "*"
                    || match key {
                        PathKey::Name(sym) => &*self.text(*sym) == *name,
                        _ => false,
                    }
            })
    }

    /// How a framework comes to run a decorated method.
    pub(super) fn decorated(&self, f: Fun) -> Option<Starter> {
        self.fun(f).decorators.iter().find_map(|name| {
            let runs = self.decorator(f.file, name)?.runs?;
            let (how, times) = started(runs);
            Some(Starter { how, by: None, within: self.parent(f), times })
        })
    }

    /// What a project's own models say of who calls this exported function.
    pub(super) fn own_entry(&self, f: Fun) -> Option<&models::Entry> {
        if !self.models.has_own() {
            return None;
        }
        let entries = self.models.own_entries(&self.files[f.file as usize].path);
        if entries.is_empty() {
            return None;
        }
        let names = self.exported_as(f);
        entries.into_iter().find(|entry| entry.exports.iter().any(|export| names.contains(export)))
    }

    /// The names under which its file exports a function.
    fn exported_as(&self, f: Fun) -> Vec<String> {
        let is_it = |value: At<ValueId>| self.origins(value).iter().any(|o| o.root == Root::Function(f) && o.path.is_empty());
        let mut names = Vec::new();
        for (name, value) in self.exported_values(f.file) {
            if is_it(value) {
                names.push(if name == "=" { "default".to_owned() } else { name });
            } else if name == "="
                && let Value::Object(members, _) = self.value(value)
            {
                let members = members.iter().filter(|&&(_, member)| is_it(value.with(member)));
                names.extend(members.filter_map(|(key, _)| match key {
                    Key::Name(name) => Some(name.clone()),
                    Key::Computed(_) => None,
                }));
            }
        }
        names
    }

    /// How a framework comes to run a function that a project's own models call an entry point.
    pub(super) fn entered(&self, f: Fun) -> Option<Starter> {
        let (how, times) = started(self.own_entry(f)?.runs);
        Some(Starter { how, by: None, within: self.parent(f), times })
    }

    /// The model of a decorator, where the file has it from one of the modules that export it.
    fn decorator(&self, file: u32, name: &str) -> Option<&models::Decorator> {
        self.view.decorators().find(|model| {
            model.name.iter().any(|n| n == name)
                && self.facts(file).bindings.iter().any(|binding| {
                    binding.name == name
                        && binding.kind == BindingKind::Import
                        && binding.defs.iter().any(|&def| {
                            let from = self.assign(At::new(file, def)).from;
                            matches!(self.value(At::new(file, from)), Value::Import(module, _) if model.modules.contains(module))
                        })
                })
        })
    }

    /// A class whose decorator says how long its objects live.
    pub(super) fn decorated_lifetime(&self, owner: Owner) -> Option<Region> {
        let Owner::Class(class) = owner else { return None };
        self.class(class).decorators.iter().find_map(|name| self.decorator(class.file, name)?.lifetime)
    }

    /// A framework calls the member, by its name.
    pub(super) fn runs_as_lifecycle(&self, f: Fun) -> Option<Contract> {
        let owner = self.owner_of_function(f)?;
        let name = &self.fun(f).name;
        for lifecycle in self.view.lifecycles() {
            let paired = lifecycle.pairs.iter().any(|(set_up, _)| set_up == name);
            let once = lifecycle.once.contains(name) || paired;
            if !once && !lifecycle.many.contains(name) || !self.follows(owner, lifecycle) {
                continue;
            }
            let lifetime = lifecycle.lifetime;
            let region = if paired {
                Region::Mount
            } else if once {
                match lifetime.unwrap_or(Region::Instance) {
                    Region::Program => return Some(Contract::Once),
                    Region::Instance => return None,
                    lifetime => lifetime,
                }
            } else {
                lifecycle.runs.and_then(region).unwrap_or(Region::Event)
            };
            // What runs again and again on one object is known by who calls the object's methods.
            if !once && !matches!(region, Region::Mount | Region::Render) && lifetime != Some(Region::Program) {
                return None;
            }
            let step = self.step_function(f, format!("`{name}` runs at each {}", region.word()));
            return Some(Contract::Many(Runs {
                region,
                confidence: Confidence::Medium,
                steps: vec![step],
                operation: false,
                cycle: false,
            }));
        }
        None
    }

    /// The name holds that of a hook that ends a life, and is none that the framework calls: `UNSAFE_componentWillUnmount`,
    /// `componentwillunmount`.
    pub(super) fn is_misspelt_hook(&self, owner: Owner, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        self.view.lifecycles().any(|lifecycle| {
            let ends = || lifecycle.teardown.iter().chain(lifecycle.pairs.iter().map(|(_, down)| down));
            let hooks = || ends().chain(&lifecycle.once).chain(&lifecycle.many);
            ends().any(|hook| hook.len() >= HOOK && lower.contains(&hook.to_ascii_lowercase()))
                && !hooks().any(|hook| hook == name)
                && self.follows(owner, lifecycle)
        })
    }

    /// The framework calls the function again and again in the life of one object: a hook, or a watcher of one of its values.
    pub(super) fn runs_again_in_life(&self, f: Fun) -> bool {
        let Some(owner) = self.owner_of_function(f) else { return false };
        let name = &self.fun(f).name;
        self.view
            .lifecycles()
            .any(|lifecycle| (lifecycle.many.contains(name) || self.is_watcher(f, owner, lifecycle)) && self.follows(owner, lifecycle))
    }

    /// A watcher runs again and again in each component's life.
    pub(super) fn runs_as_watcher(&self, f: Fun) -> Option<Runs> {
        let owner = self.owner_of_function(f)?;
        let watches = |lifecycle: &Lifecycle| self.is_watcher(f, owner, lifecycle) && self.follows(owner, lifecycle);
        self.view.lifecycles().any(watches).then(|| Runs {
            region: Region::Mount,
            confidence: Confidence::Medium,
            steps: vec![self.step_function(f, format!("`{}` runs in each component, whenever the value changes", self.fun(f).name))],
            operation: false,
            cycle: false,
        })
    }

    fn is_watcher(&self, f: Fun, owner: Owner, lifecycle: &Lifecycle) -> bool {
        let Owner::Literal(literal) = owner else { return false };
        let Value::Object(props, _) = self.value(literal) else { return false };
        props.iter().any(|(key, value)| {
            matches!(key, Key::Name(group) if lifecycle.watched_in.contains(group))
                && matches!(self.value(literal.with(*value)), Value::Object(inner, _) if inner.iter().any(|(_, w)| *self.value(literal.with(*w)) == Value::Function(f.id)))
        })
    }

    /// The owner's objects are such that the framework calls these methods of them.
    pub(super) fn follows(&self, owner: Owner, lifecycle: &Lifecycle) -> bool {
        let base = || {
            !lifecycle.bases.is_empty()
                && self
                    .owner_model(owner)
                    .is_some_and(|ix| lifecycle.bases.iter().filter_map(|b| self.models.type_named(b)).any(|b| self.models.is_a(ix, b)))
        };
        let implements = || match owner {
            Owner::Class(class) => self.class(class).implements.iter().any(|name| lifecycle.implements.contains(name)),
            _ => false,
        };
        let by_name = || {
            lifecycle.by_name
                && lifecycle
                    .teardown
                    .iter()
                    .chain(lifecycle.pairs.iter().map(|(_, down)| down))
                    .any(|t| !self.methods(owner, PathKey::Name(self.sym(t))).is_empty())
        };
        let by_shape = || match owner {
            Owner::Literal(literal) => match self.value(literal) {
                Value::Object(props, _) => {
                    let method = |name: &str| !self.methods(owner, PathKey::Name(self.sym(name))).is_empty();
                    lifecycle.by_shape(|name| props.iter().any(|(k, _)| k.is(name)) || method(name))
                }
                _ => false,
            },
            _ => false,
        };
        base() || implements() || by_name() || by_shape() || self.is_options_of(owner, lifecycle)
    }

    /// The type of what a framework makes from such an object literal.
    pub(super) fn made_from_options(&self, owner: Owner) -> Option<TypeIx> {
        let Owner::Literal(_) = owner else { return None };
        // (Where it names bases, they tell.)
        let told = |lifecycle: &&Lifecycle| lifecycle.of.is_some() && lifecycle.bases.is_empty();
        let made = self.view.lifecycles().filter(told).find(|lifecycle| self.follows(owner, lifecycle))?;
        self.models.type_named(made.of.as_deref()?).filter(|&ix| self.view.sees_type(ix))
    }

    /// The literal is handed to a function that takes such options (`defineComponent({...})`).
    fn is_options_of(&self, owner: Owner, lifecycle: &Lifecycle) -> bool {
        let Owner::Literal(_) = owner else { return false };
        if lifecycle.options_of.is_empty() {
            return false;
        }
        self.members(owner).iter().flat_map(|&(_, f)| self.optioned(f)).filter(|optioned| optioned.path.len() == 1).any(|optioned| {
            let c = optioned.call;
            self.origins(c.with(self.call(c).callee)).iter().any(|o| match o.root {
                // What a file's own function is given, which runs at once: `(function (L) { L.Control.extend({...}) })(window.L)`.
                Root::Param(f, _) if self.callers(f).len() == 1 && self.fun(f).name.is_empty() => {
                    let by = self.callers(f)[0];
                    self.fun(self.function_of(by)).at_load
                        && self.from_callee(by, f, o).iter().any(|o| self.is_named_among(o, &lifecycle.options_of))
                }
                _ => self.is_named_among(o, &lifecycle.options_of),
            })
        })
    }

    /// The object is one of those that are written `module#member` or `Global#member`.
    fn is_named_among(&self, o: &super::Origin, names: &[String]) -> bool {
        let (Root::Module(whole) | Root::Global(whole)) = o.root else { return false };
        let mut keys: Vec<_> = o
            .path
            .iter()
            .filter_map(|key| match key {
                PathKey::Name(sym) => Some(self.text(*sym)),
                _ => None,
            })
            .collect();
        let mut whole = self.text(whole);
        if matches!(&*whole, "window" | "globalThis") && matches!(o.root, Root::Global(_)) && keys.len() > 1 {
            whole = keys.remove(0);
        }
        // (What `require` gives of a module with one export is that export.)
        if keys.first().is_some_and(|key| &**key == "default") {
            keys.remove(0);
        }
        let member = keys.join(".");
        let named = |name: &String| {
            name.split_once('#').is_some_and(|(module, path)| {
                module == &*whole
                    && (path == member || path == "default" && member.is_empty() || path.strip_prefix("default.") == Some(&*member))
            })
        };
        names.iter().any(named)
    }

    /// What `new` of a modelled type does besides making the object.
    pub(super) fn construct_model(&self, c: CallAt) -> Option<&Method> {
        self.origins(c.with(self.call(c).callee)).iter().find_map(|o| self.models.construct(self.constructed(o)?))
    }
}

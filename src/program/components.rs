//! Components: what is made once for a component, and what runs once for it.
//!
//! ```text
//! once(F, o)  :- F runs at the mount that an activation begins, o made in that activation             onMounted(F)
//! once(F, o)  :- F an effect of a component, o made once for the component, F's dependencies stay     useEffect(F, [])
//! stays(d, o) :- d constant, or what a hook made once, or o itself, or what o is made anew for
//! own(o)      :- o what a hook keeps (a ref, a state), and all that is put there is made for it, or nobody puts anything there
//! ```

use super::count::{Count, Emitter};
use super::runs::Runs;
use super::starters::Starter;
use super::{At, CallAt, Fun, Origin, PathKey, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Range, Region};
use crate::models::{self, Callback, Lifecycle};

/// How an object goes with the component that an activation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Own {
    /// That is not known: it may be older than the component.
    #[default]
    Unknown,
    /// The activation made it.
    Activation,
    /// A hook made it, by this call, for all activations of the component.
    Mount(CallAt),
    /// The activation was given it.
    Given,
}

impl Program<'_> {
    /// How what the call made in an activation goes with the component.
    pub(super) fn own_of(&self, made: CallAt, origin: &Origin) -> Own {
        if self.is_of_mount(origin) {
            return Own::Given;
        }
        if self.is_kept_for_mount(made) {
            return if self.holds_own(made, &origin.path) { Own::Mount(made) } else { Own::Unknown };
        }
        if origin.path.is_empty() && self.is_surely_fresh(made) { Own::Activation } else { Own::Unknown }
    }

    /// The model of the call says that it gives one object in the life of the component.
    fn is_kept_for_mount(&self, made: CallAt) -> bool {
        self.call(made).kind == CallKind::Call && self.method_model(made).is_some_and(|model| model.origin == models::Origin::Own)
    }

    /// The function is the script of a component's file: it runs once for each component, where it has something run at the mount.
    pub(super) fn is_script_of_component(&self, f: Fun) -> bool {
        self.fun(f).at_load && is_component(&self.files[f.file as usize].path)
    }

    /// The line stands in the script of a component's file itself, so that each mount has it run; what it adds to was there before.
    pub(super) fn count_of_mounts(&self, c: CallAt, origin: &Origin) -> Option<Count> {
        let is_mounted = |c: CallAt| self.is_in_mounted(self.function_of(c), self.call_position(c).name);
        let older = || match origin.root {
            Root::Call(made) => {
                origin.path.is_empty() && self.fun(self.function_of(made)).at_load && !(made.file == c.file && is_mounted(made))
            }
            _ => self.emitter_kind(origin) == Emitter::Process,
        };
        let runs = self.runs_at_mount(c).filter(|_| older())?;
        let mut steps = vec![self.step_call(c, format!("`{}` lives as long as the program", self.show(origin)))];
        steps.extend(runs.steps);
        Some(self.many(runs.region, runs.confidence, origin, steps))
    }

    /// The call stands in the script of a component's file itself: it runs at each mount, and what it calls.
    pub(super) fn runs_at_mount(&self, c: CallAt) -> Option<Runs> {
        let mounted = self.is_in_mounted(self.function_of(c), self.call_position(c).name) && !self.is_first_component(c.file);
        mounted.then(|| Runs {
            region: Region::Mount,
            confidence: Confidence::Medium,
            steps: vec![self.step_call(c, "the script of the component runs at each mount")],
            operation: false,
            cycle: false,
        })
    }

    /// The function is written in the script of a component's file itself: each mount makes another one.
    pub(super) fn is_made_at_mount(&self, o: &Origin) -> bool {
        matches!(o.root, Root::Function(h) if o.path.is_empty()
            && self.parent(h).is_some_and(|parent| self.is_in_mounted(parent, self.files[h.file as usize].positions.functions[h.id.index()])))
    }

    /// The place is in no function of its file, but in the script that runs at each mount.
    fn is_in_mounted(&self, f: Fun, place: Range) -> bool {
        let mounted = self.files[f.file as usize].positions.mounted;
        self.fun(f).at_load && mounted.is_some_and(|script| script.start <= place.start && place.start <= script.end)
    }

    /// The component that a page is made of, by the name that it has in all templates of the frameworks: `App.vue`, `+layout.svelte`.
    fn is_first_component(&self, file: u32) -> bool {
        let stem = self.files[file as usize].path.file_stem().unwrap_or_default();
        matches!(stem.to_ascii_lowercase().as_str(), "app" | "main" | "index" | "root" | "+layout")
    }

    /// `export let name = ''` of a Svelte component: whoever uses the component gives another value
    /// (<https://svelte.dev/docs/svelte/legacy-export-let>).
    pub(super) fn is_given_by_parents(&self, b: At<BindingId>) -> bool {
        let binding = self.binding(b);
        let exported = |export: &Export| matches!(export, Export::Local(name, _) if *name == binding.name);
        binding.kind == BindingKind::Let
            && self.fun(b.with(binding.function)).at_load
            && self.files[b.file as usize].path.extension() == Some("svelte")
            && self.facts(b.file).exports.iter().any(exported)
    }

    /// The call makes an object, and not one for the program: `new`, or by what a model tells.
    fn is_surely_fresh(&self, made: CallAt) -> bool {
        let f = self.function_of(made);
        if self.fun(f).at_load && !self.is_script_of_component(f) {
            return false;
        }
        self.call(made).kind == CallKind::New
            || self.method_model(made).is_some_and(|model| model.origin == models::Origin::Fresh) && self.not_fresh(made).is_none()
    }

    /// The literal is not one for the program.
    fn is_made_in_component(&self, literal: At<ValueId>) -> bool {
        self.literal_function(literal).is_some_and(|f| !self.fun(f).at_load || self.is_script_of_component(f))
    }

    /// Whatever is put where the hook keeps it was made for that, or it is what the component draws.
    fn holds_own(&self, made: CallAt, path: &[PathKey]) -> bool {
        let own = |v: At<ValueId>| {
            self.origins(v).iter().all(|o| match o.root {
                Root::Nothing | Root::Const(_) => true,
                Root::Literal(literal) => o.path.is_empty() && self.is_made_in_component(literal),
                Root::Call(by) => o.path.is_empty() && (self.is_surely_fresh(by) || self.is_ended_by_maker(by, made, path)),
                _ => matches!(self.value(v), Value::Bool(_)),
            })
        };
        let given = |v: At<ValueId>| {
            let functions = self.functions_of(v);
            if functions.is_empty() { own(v) } else { functions.iter().all(|&(f, _)| self.fun(f).returns.iter().all(|&r| own(f.with(r)))) }
        };
        let at_first = self.call(made).args.first().is_none_or(|&v| given(made.with(v)));
        at_first && path.first().is_none_or(|&key| self.put_in(made, key).into_iter().all(given))
    }

    /// The function that the call stands in ends, by itself or in its clean-up, what the hook keeps: it made that for the component.
    fn is_ended_by_maker(&self, by: CallAt, kept: CallAt, path: &[PathKey]) -> bool {
        let kept = Origin { root: Root::Call(kept), path: path.to_vec() };
        let maker = self.function_of(by);
        !self.fun(maker).at_load
            && self.functions_called(by).is_empty()
            && self.calls_within(maker).into_iter().any(|c| {
                self.receiver(c).is_some_and(|(object, key)| {
                    matches!(key, Key::Name(name) if super::stages::is_teardown(name)) && self.origins(object).contains(&kept)
                })
            })
    }

    /// The assignment puts something under the path of an object.
    pub(super) fn is_put_under(&self, put: At<AssignId>, origin: &Origin) -> bool {
        let assign = self.assign(put);
        let Place::Member(object, key) = &assign.to else { return false };
        let holder = |o: &Origin| o.root == origin.root && o.path.len() + 1 == origin.path.len() && origin.path.starts_with(&o.path);
        !assign.delete && origin.path.last() == Some(&self.path_key(put.file, key)) && self.origins(put.with(*object)).iter().any(holder)
    }

    /// What the file puts into what a hook keeps: `ref.current = x`, `setState(x)`.
    fn put_in(&self, made: CallAt, key: PathKey) -> Vec<At<ValueId>> {
        let facts = self.facts(made.file);
        let kept = Origin::root(Root::Call(made)).join(key);
        let puts = (0..facts.assigns.len() as u32).map(|id| made.with(AssignId(id))).filter(|&put| self.is_put_under(put, &kept));
        let mut put: Vec<At<ValueId>> = puts.map(|put| put.with(self.assign(put).from)).collect();
        let setter = Origin::root(Root::Call(made)).join(PathKey::Name(self.sym("1")));
        let set = (0..facts.calls.len() as u32).map(|id| made.with(CallId(id))).filter_map(|c| {
            let call = self.call(c);
            let sets = matches!(self.value(c.with(call.callee)), Value::Binding(_)) && self.origins(c.with(call.callee)).contains(&setter);
            call.args.first().filter(|_| sets).map(|&v| c.with(v))
        });
        put.extend(set);
        put
    }

    /// The function that is started at a mount meets what is made so once.
    pub(super) fn meets_once(&self, starter: &Starter, own: Own) -> bool {
        let Some(by) = starter.by else { return false };
        let Some(model) = self.mount_callback(by) else { return false };
        let dependencies = || self.call(by).args.get(model.deps_arg?).map(|&v| by.with(v));
        match own {
            Own::Unknown => false,
            Own::Activation => true,
            Own::Mount(_) | Own::Given if model.deps_arg.is_none() => true,
            Own::Given => dependencies().is_some_and(|list| self.listed(list).is_some_and(|listed| listed.is_empty())),
            Own::Mount(made) => {
                dependencies().and_then(|list| self.listed(list)).is_some_and(|listed| listed.iter().all(|&v| self.stays_with(v, made)))
            }
        }
    }

    /// A composable is given it, runs the function once for each component, and whoever calls it made that for the component.
    pub(super) fn is_given_own(&self, f: Fun, g: Fun, origin: &Origin) -> bool {
        let callers = self.callers(g);
        let made = |caller: CallAt| {
            let moved = self.from_callee(caller, g, origin);
            !moved.is_empty() && moved.iter().all(|o| matches!(o.root, Root::Call(by) if self.own_of(by, o) != Own::Unknown))
        };
        !callers.is_empty()
            && !self.is_public_function(g)
            && self.runs_since(f, Some(g), None, Own::Given).is_none()
            && callers.iter().all(|&caller| made(caller))
    }

    /// What the model says of the function that the call runs at a mount.
    fn mount_callback(&self, by: CallAt) -> Option<&Callback> {
        self.method_model(by)?.callbacks.iter().find(|callback| callback.runs == models::Runs::Mount)
    }

    /// The elements of an array that is written there.
    fn listed(&self, list: At<ValueId>) -> Option<Vec<At<ValueId>>> {
        match &*self.origins(list) {
            [Origin { root: Root::Literal(literal), path }] if path.is_empty() => match self.value(*literal) {
                Value::Array(elements) => Some(elements.iter().map(|&v| literal.with(v)).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A dependency is the same as long as what the hook made is.
    fn stays_with(&self, dependency: At<ValueId>, made: CallAt) -> bool {
        let model = self.method_model(made);
        let anew = model.and_then(|m| m.callbacks.iter().find_map(|callback| callback.deps_arg));
        let made_for = anew.and_then(|arg| self.call(made).args.get(arg)).and_then(|&v| self.listed(made.with(v))).unwrap_or_default();
        let setter = PathKey::Name(self.sym("1"));
        self.origins(dependency).iter().all(|o| match o.root {
            Root::Call(by) if by == made => true,
            Root::Call(by) if self.is_kept_for_mount(by) => {
                let callbacks = self.method_model(by).map_or(&[][..], |m| &m.callbacks);
                o.path.first() == Some(&setter) || o.path.is_empty() && callbacks.is_empty()
            }
            Root::Const(_) | Root::Nothing | Root::Module(_) | Root::File(_) | Root::Class(_) => true,
            Root::Function(f) => self.parent(f).is_none_or(|p| self.fun(p).at_load),
            _ => made_for.iter().any(|&v| self.origins(v).contains(o)),
        })
    }

    /// The object lives as long as a component, by what models tell.
    pub(super) fn is_of_mount(&self, origin: &Origin) -> bool {
        (0..=origin.path.len()).any(|length| {
            let whole = Origin { root: origin.root, path: origin.path[..length].to_vec() };
            length > 0 && self.type_lifetime(&whole) == Some(Region::Mount)
        })
    }

    /// The framework calls the method once in the life of its object.
    pub(super) fn is_once_in_life(&self, f: Fun) -> bool {
        let Some(owner) = self.owner_of_function(f) else { return false };
        let once = |lifecycle: &Lifecycle| lifecycle.once.contains(&self.fun(f).name) && self.follows(owner, lifecycle);
        self.view.lifecycles().any(once)
    }

    /// The object is a field of another, which has made all that the field ever holds.
    pub(super) fn is_made_by_object(&self, o: &Origin) -> bool {
        matches!(o.root, Root::This(_)) && !o.path.is_empty() && self.holds_made(&self.field_sources(o))
    }

    /// All that the field holds was made for it.
    pub(super) fn holds_made(&self, sources: &[(At<AssignId>, Vec<Origin>)]) -> bool {
        let made = |o: &Origin| match o.root {
            Root::Call(by) if self.is_kept_for_mount(by) => self.holds_own(by, &o.path),
            Root::Call(by) => o.path.is_empty() && self.is_surely_fresh(by),
            Root::Literal(literal) => self.is_made_in_component(literal),
            _ => false,
        };
        sources.iter().any(|(_, origins)| !origins.is_empty()) && sources.iter().all(|(_, origins)| origins.iter().all(made))
    }
}

//! What a closure keeps alive: V8's context allocation, as measured on Node 12 to 26.
//!
//! A closure holds the chain of contexts around the place where it was made. A variable is in its scope's context if any
//! closure text below mentions it, run or not, the closure in question or another (`syntax::names` decides that, slot by
//! slot); all others die with the call. So a closure retains what stands in the contexts of its chain, whatever it uses itself.
//! The module's own scope is left out: it lives as long as the program.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use swc_common::BytePos;

use super::model::*;
use crate::findings::Position;
use crate::findings::lines::Lines;
use crate::syntax::names::{FunctionName, Names, Scope, ScopeId, ScopeKind};

/// The closures of a file and what each keeps, as `unlisten debug captures` prints them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Captures {
    /// In the order of the text.
    pub closures: Vec<ClosureCaptures>,
}

/// One function and what it keeps alive as a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClosureCaptures {
    /// Where its text begins; for methods the key.
    #[serde(flatten)]
    pub position: Position,
    /// In the order of the text.
    pub retains: Vec<RetainedName>,
    /// Its id in `Names::functions`.
    #[serde(skip)]
    pub function: FunctionId,
}

/// A variable, parameter, `this`, `arguments` or `super` that a closure keeps alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetainedName {
    pub name: String,
    /// Where it is declared; for `this` and `arguments` where their function begins, for `super` where the literal does.
    #[serde(flatten)]
    pub position: Position,
    /// Where the other closure begins through which it is kept; none if the closure mentions it itself, and for what is kept
    /// without any closure's doing.
    #[serde(skip)]
    pub through: Option<Position>,
    #[serde(skip)]
    pub binding: Option<BindingId>,
}

/// Something a closure keeps, and the other function that is to blame, if the closure does not mention it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    pub kept: Kept,
    pub through: Option<FunctionId>,
}

/// What has to be known of a function to tell what it keeps.
struct Closure<'a> {
    context: Option<ContextId>,
    parent: Option<FunctionId>,
    this: FunctionId,
    uses_this: bool,
    uses_super: bool,
    captures: &'a [BindingId],
}

impl ModuleFacts {
    /// Everything that a function keeps alive, inner contexts first.
    pub fn retained(&self, function: FunctionId) -> Vec<Retained> {
        self.contexts.retained(function, |function| {
            let Function { context, parent, this, uses_this, uses_super, ref captures, .. } = self.functions[function.index()];
            Closure { context, parent, this, uses_this, uses_super, captures }
        })
    }
}

impl Contexts {
    /// Everything that a function keeps alive, inner contexts first. `closure` tells of functions.
    fn retained<'a>(&self, function: FunctionId, closure: impl Fn(FunctionId) -> Closure<'a>) -> Vec<Retained> {
        let listener = closure(function);
        let mut retained = Vec::new();
        let mut seen = FxHashSet::default();
        let mut walk = |from: Option<ContextId>, retained: &mut Vec<Retained>| {
            let around = |&context: &ContextId| self.all[context.index()].parent;
            for context in std::iter::successors(from, around) {
                for &ContextSlot { kept, by } in self.all[context.index()].slots.iter().filter(|slot| seen.insert(slot.kept)) {
                    let mentioned = match kept {
                        Kept::Binding(binding) => listener.captures.binary_search(&binding).is_ok(),
                        Kept::This(this) => listener.this == this && listener.uses_this,
                        Kept::Arguments(_) => false,
                        Kept::Home(_) => listener.uses_super,
                    };
                    // A function written inside the listener is the listener's own text.
                    let inside =
                        |by: FunctionId| std::iter::successors(Some(by), |&inner| closure(inner).parent).any(|around| around == function);
                    let through = by.filter(|&by| !mentioned && !inside(by));
                    retained.push(Retained { kept, through });
                }
            }
        };
        walk(listener.context, &mut retained);
        // A function that a sloppy block hands to its surroundings brings the block's context along.
        let mut index = 0;
        while let Some(&Retained { kept, .. }) = retained.get(index).filter(|_| !self.hoisted.is_empty()) {
            for &(_, brought) in self.hoisted.iter().filter(|(binding, _)| kept == Kept::Binding(*binding)) {
                walk(Some(brought), &mut retained);
            }
            index += 1;
        }
        retained
    }
}

/// The contexts of a file and, by scope, the innermost one that a closure made there reaches; in the ids of `names`.
fn contexts(names: &Names) -> (Contexts, Vec<Option<ContextId>>) {
    let mut contexts = Contexts::default();
    let mut of_scope: Vec<Option<ContextId>> = Vec::with_capacity(names.scopes.len());
    let mut slots = Vec::new();
    for (index, scope) in names.scopes.iter().enumerate() {
        // Scopes are opened from the outside inwards, so the one around is known.
        let parent = scope.parent.and_then(|parent| of_scope[parent.index()]);
        slots_of(names, ScopeId(index as u32), scope, &mut slots);
        of_scope.push(if slots.is_empty() {
            parent
        } else {
            contexts.all.push(Context { parent, slots: slots.as_slice().into() });
            slots.clear();
            Some(ContextId(contexts.all.len() as u32 - 1))
        });
    }
    let context = |function: FunctionId| of_scope[names.functions[function.index()].scope.index()];
    contexts.hoisted = names.hoisted.iter().filter_map(|&(binding, function)| Some((binding, context(function)?))).collect();
    (contexts, of_scope)
}

/// What one scope puts into its context.
fn slots_of(names: &Names, id: ScopeId, scope: &Scope, slots: &mut Vec<ContextSlot>) {
    if scope.kind == ScopeKind::Module {
        return;
    }
    let mut keep = |kept, by| slots.push(ContextSlot { kept, by });
    for slot in names.scope_slots(id).filter(|slot| slot.context) {
        let Some(binding) = slot.binding else { continue };
        keep(Kept::Binding(binding), slot.captured.map(|mention| mention.function).or(scope.eval));
    }
    match scope.kind {
        ScopeKind::Function => {
            let function = &names.functions[scope.function.index()];
            if function.kind == FunctionKind::Arrow {
                return;
            }
            // Direct `eval` may mean either.
            if function.this_captured.is_some() || scope.eval.is_some() {
                keep(Kept::This(scope.function), function.this_captured.map(|mention| mention.function).or(scope.eval));
            }
            if function.kind != FunctionKind::Initializer && (function.arguments_captured.is_some() || scope.eval.is_some()) {
                let by = function.arguments_captured.map(|mention| mention.function).or(scope.eval);
                keep(Kept::Arguments(scope.function), by);
                // The object holds what the parameters were given.
                let params = names.scope_slots(id).filter(|slot| slot.kind == BindingKind::Param && !slot.context);
                params.filter_map(|slot| slot.binding).for_each(|binding| keep(Kept::Binding(binding), by));
            }
        }
        ScopeKind::Object => {
            if let Some(home) = scope.home {
                keep(Kept::Home(scope.at.0), Some(home.function));
            }
        }
        ScopeKind::With => {
            scope.object.iter().for_each(|&binding| keep(Kept::Binding(binding), None));
            if scope.object_this {
                keep(Kept::This(names.functions[scope.function.index()].this), None);
            }
        }
        _ => {}
    }
}

/// Notes the contexts in the facts. `function_of` tells the facts' function of one of `names`.
pub(super) fn contexts_of(facts: &mut ModuleFacts, names: &Names, function_of: &FxHashMap<FunctionId, FunctionId>) {
    let (mut contexts, of_scope) = contexts(names);
    // What stands for a class's static fields is no function of the facts: the one around it speaks.
    let known = |function: FunctionId| {
        let around = std::iter::successors(Some(function), |function| names.functions[function.index()].parent);
        around.into_iter().find_map(|function| function_of.get(&function)).copied().unwrap_or(FunctionId(0))
    };
    for slot in contexts.all.iter_mut().flat_map(|context| &mut context.slots) {
        slot.by = slot.by.map(known);
        match &mut slot.kept {
            Kept::This(function) | Kept::Arguments(function) => *function = known(*function),
            Kept::Binding(_) | Kept::Home(_) => {}
        }
    }
    for (named, function) in function_of {
        facts.functions[function.index()].context = of_scope[names.functions[named.index()].scope.index()];
    }
    facts.contexts = contexts;
}

/// What each function of a file keeps alive.
pub fn captures(names: &Names, text: &str) -> Captures {
    let lines = Lines::new(text);
    // Spans count bytes from one.
    let position = |at: BytePos| lines.position(at.0 as usize - 1);
    let start = |function: FunctionId| position(names.functions[function.index()].start);
    let (contexts, of_scope) = contexts(names);
    let closure = |function: FunctionId| {
        let FunctionName { parent, scope, this, uses_this, uses_super, ref captures, .. } = names.functions[function.index()];
        Closure { context: of_scope[scope.index()], parent, this, uses_this, uses_super, captures }
    };
    let name = |Retained { kept, through }: Retained| {
        let (name, at) = match kept {
            Kept::Binding(binding) => {
                let name = &names.bindings[binding.index()];
                (name.name.0.as_str(), name.span.lo)
            }
            Kept::This(function) => ("this", names.functions[function.index()].start),
            Kept::Arguments(function) => ("arguments", names.functions[function.index()].start),
            Kept::Home(at) => ("super", BytePos(at)),
        };
        let binding = if let Kept::Binding(binding) = kept { Some(binding) } else { None };
        RetainedName { name: name.to_owned(), position: position(at), through: through.map(start), binding }
    };
    let told = |(index, function): (usize, &FunctionName)| {
        let id = FunctionId(index as u32);
        let mut retains: Vec<_> = contexts.retained(id, closure).into_iter().map(name).collect();
        retains.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
        ClosureCaptures { position: position(function.start), retains, function: id }
    };
    let is_closure = |function: &FunctionName| function.body && !matches!(function.kind, FunctionKind::Module | FunctionKind::Initializer);
    let mut closures: Vec<_> = names.functions.iter().enumerate().filter(|(_, function)| is_closure(function)).map(told).collect();
    closures.sort_by_key(|closure| closure.position);
    Captures { closures }
}

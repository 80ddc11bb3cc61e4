//! What a closure keeps alive: V8's context allocation, as measured on Node 12 to 26.
//!
//! A closure holds the chain of contexts around the place where it was made. A variable is in its scope's context if any
//! closure text below mentions it, run or not, the closure in question or another (`syntax::names` decides that, slot by
//! slot); all others die with the call. So a closure retains what stands in the contexts of its chain, whatever it uses itself.
//! The module's own scope is left out: it lives as long as the program.

use serde::Serialize;

use crate::facts::{BindingId, BindingKind, FunctionId, FunctionKind};
use crate::findings::Position;
use crate::syntax::lines::Lines;
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

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    Binding(BindingId),
    /// `this` of that function.
    This(FunctionId),
    /// `arguments` of that function.
    Arguments(FunctionId),
    /// The object literal around that scope's methods, one of which mentions `super`.
    Home(ScopeId),
}

/// Something a closure keeps, and the other function that is to blame, if the closure does not mention it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    pub kept: Kept,
    pub through: Option<FunctionId>,
}

/// Everything that a function keeps alive, by `Names` ids.
pub fn retained(names: &Names, function: FunctionId) -> Vec<Retained> {
    let mut chain = Chain { names, listener: function, retained: Vec::new() };
    chain.walk(names.functions[function.index()].scope);
    // A function that a sloppy block hands to its surroundings brings the block's context along.
    let mut index = 0;
    while let Some(&Retained { kept, .. }) = chain.retained.get(index).filter(|_| !names.hoisted.is_empty()) {
        for (_, brought) in names.hoisted.iter().filter(|(binding, _)| kept == Kept::Binding(*binding)) {
            chain.walk(names.functions[brought.index()].scope);
        }
        index += 1;
    }
    chain.retained
}

/// What each function of a file keeps alive.
pub fn captures(names: &Names, text: &str) -> Captures {
    let lines = Lines::new(text);
    // Spans count bytes from one.
    let position = |at: swc_common::BytePos| lines.position(at.0 as usize - 1);
    let start = |function: FunctionId| position(names.functions[function.index()].start);
    let name = |Retained { kept, through }: Retained| {
        let (name, at) = match kept {
            Kept::Binding(binding) => {
                let name = &names.bindings[binding.index()];
                (name.name.0.as_str(), name.span.lo)
            }
            Kept::This(function) => ("this", names.functions[function.index()].start),
            Kept::Arguments(function) => ("arguments", names.functions[function.index()].start),
            Kept::Home(scope) => ("super", names.scopes[scope.index()].at),
        };
        let binding = if let Kept::Binding(binding) = kept { Some(binding) } else { None };
        RetainedName { name: name.to_owned(), position: position(at), through: through.map(start), binding }
    };
    let closure = |(index, function): (usize, &FunctionName)| {
        let id = FunctionId(index as u32);
        let mut retains: Vec<_> = retained(names, id).into_iter().map(name).collect();
        retains.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
        ClosureCaptures { position: position(function.start), retains, function: id }
    };
    let is_closure = |function: &FunctionName| function.body && !matches!(function.kind, FunctionKind::Module | FunctionKind::Initializer);
    let mut closures: Vec<_> = names.functions.iter().enumerate().filter(|(_, function)| is_closure(function)).map(closure).collect();
    closures.sort_by_key(|closure| closure.position);
    Captures { closures }
}

/// The walk outwards from one closure.
struct Chain<'n> {
    names: &'n Names,
    listener: FunctionId,
    retained: Vec<Retained>,
}

impl Chain<'_> {
    fn walk(&mut self, from: ScopeId) {
        let inner = self.names.chain(from).take_while(|(_, scope)| scope.kind != ScopeKind::Module);
        inner.for_each(|(id, scope)| self.scope(id, scope));
    }

    fn scope(&mut self, id: ScopeId, scope: &Scope) {
        let listener = &self.names.functions[self.listener.index()];
        for slot in self.names.scope_slots(id).filter(|slot| slot.context) {
            let Some(binding) = slot.binding else { continue };
            let mentioned = listener.captures.binary_search(&binding).is_ok();
            let other = slot.captured.map(|mention| mention.function).or(scope.eval);
            self.keep(Kept::Binding(binding), mentioned, other);
        }
        match scope.kind {
            ScopeKind::Function => self.implicit(id, scope),
            ScopeKind::Object => {
                if let Some(home) = scope.home {
                    self.keep(Kept::Home(id), listener.uses_super, Some(home.function));
                }
            }
            ScopeKind::With => {
                for &binding in &scope.object {
                    self.keep(Kept::Binding(binding), true, None);
                }
                if scope.object_this {
                    self.keep(Kept::This(self.names.functions[scope.function.index()].this), true, None);
                }
            }
            _ => {}
        }
    }

    /// `this` and `arguments` of a function on the chain. Direct `eval` may mean either.
    fn implicit(&mut self, id: ScopeId, scope: &Scope) {
        let listener = &self.names.functions[self.listener.index()];
        let function = &self.names.functions[scope.function.index()];
        if function.kind == FunctionKind::Arrow {
            return;
        }
        let mine = listener.this == scope.function;
        if function.this_captured.is_some() || scope.eval.is_some() {
            let other = function.this_captured.map(|mention| mention.function).or(scope.eval);
            self.keep(Kept::This(scope.function), mine && listener.uses_this, other);
        }
        if function.kind != FunctionKind::Initializer && (function.arguments_captured.is_some() || scope.eval.is_some()) {
            let other = function.arguments_captured.map(|mention| mention.function).or(scope.eval);
            self.keep(Kept::Arguments(scope.function), false, other);
            // The object holds what the parameters were given.
            for slot in self.names.scope_slots(id).filter(|slot| slot.kind == BindingKind::Param) {
                if let Some(binding) = slot.binding {
                    self.keep(Kept::Binding(binding), false, other);
                }
            }
        }
    }

    /// Notes it once. `other` is the function to blame, unless it is the listener itself or written inside it.
    fn keep(&mut self, kept: Kept, mentioned: bool, other: Option<FunctionId>) {
        if self.retained.iter().any(|retained| retained.kept == kept) {
            return;
        }
        let inside = |function: FunctionId| {
            let parent = |inner: &FunctionId| self.names.functions[inner.index()].parent;
            std::iter::successors(Some(function), parent).any(|function| function == self.listener)
        };
        let through = other.filter(|&function| !mentioned && !inside(function));
        self.retained.push(Retained { kept, through });
    }
}

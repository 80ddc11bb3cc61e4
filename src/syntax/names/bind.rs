//! The state of the walk: open scopes, what is declared in them, and the references that still wait for their scope to close.

use rustc_hash::FxHashMap;
use swc_atoms::Atom;
use swc_common::{BytePos, Span, SyntaxContext};
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

use super::{FunctionName, Mention, NONE, Name, Names, Reference, References, Scope, ScopeId, ScopeKind, Slot, SlotId};
use crate::facts::{BindingId, BindingKind, FunctionId, FunctionKind};

mod functions;
mod walk;

/// The symbol of `arguments`: interned first.
const ARGUMENTS: u32 = 0;

pub(super) fn bind(program: &ast::Program) -> Names {
    let (strict, span) = match program {
        ast::Program::Module(module) => (true, module.span),
        ast::Program::Script(script) => (has_use_strict(&script.body), script.span),
    };
    let mut binder = Binder { strict, ..Binder::default() };
    binder.reserve((span.hi.0 - span.lo.0) as usize);
    binder.symbol(&Atom::from("arguments"));
    let module = binder.new_function(span, span.lo, FunctionKind::Module, true);
    binder.open(ScopeKind::Module);
    binder.functions[module.index()].scope = binder.scope();
    program.visit_children_with(&mut binder);
    binder.close();
    binder.finish()
}

fn has_use_strict(body: &[ast::Stmt]) -> bool {
    let directives = body.iter().take_while(|item| matches!(item, ast::Stmt::Expr(item) if item.expr.is_lit()));
    directives.into_iter().any(ast::Stmt::is_use_strict)
}

#[derive(Default)]
struct Binder {
    bindings: Vec<Name>,
    functions: Vec<FunctionName>,
    scopes: Vec<Scope>,
    slots: Vec<Slot>,
    references: Vec<Reference>,
    function_at: FxHashMap<u32, FunctionId>,
    initializer_at: FxHashMap<(u32, bool), FunctionId>,
    symbols: FxHashMap<Atom, u32>,
    /// By symbol: its slot in the scope that is being closed.
    current: Vec<Option<SlotId>>,
    /// What each scope declares, by symbol.
    declared: FxHashMap<(ScopeId, u32), SlotId>,
    open: Vec<Open>,
    /// References of all open scopes; each open scope owns those from its `pending` on.
    pending: Vec<Pending>,
    /// How many of them mean `arguments`.
    pending_arguments: usize,
    /// Functions in blocks that may become visible in the whole function.
    hoists: Vec<Hoist>,
    /// Those that did.
    hoisted: Vec<(BindingId, FunctionId)>,
    /// By binding: the one it turned out to be the same as.
    same: Vec<(BindingId, BindingId)>,
    /// Names that the object of a `with` is made of.
    objects: Vec<(ScopeId, BytePos)>,
    /// Static private methods of the classes around, and whether the class mentions them.
    static_private: Vec<(Atom, bool)>,
    strict: bool,
    /// Declarations are inside `declare`.
    ambient: bool,
}

struct Open {
    scope: ScopeId,
    /// The function that runs here.
    function: FunctionId,
    /// The scope that `var` declares in.
    vars: ScopeId,
    pending: usize,
    hoists: usize,
}

struct Pending {
    symbol: u32,
    reference: u32,
    function: FunctionId,
    /// Looked up at run time (inside a `with`), so it has to be in a context.
    dynamic: bool,
    /// A `var` that says no more than that there is such a variable.
    declares: bool,
}

struct Hoist {
    symbol: u32,
    binding: BindingId,
    function: FunctionId,
    origin: ScopeId,
}

impl Binder {
    /// Room for what a text of this many bytes usually holds: growing costs more than the walk.
    fn reserve(&mut self, bytes: usize) {
        self.references.reserve(bytes / 24);
        self.pending.reserve(bytes / 48);
        self.symbols.reserve(bytes / 160);
        self.current.reserve(bytes / 160);
        self.declared.reserve(bytes / 128);
        self.bindings.reserve(bytes / 128);
        self.slots.reserve(bytes / 128);
        self.scopes.reserve(bytes / 128);
        self.functions.reserve(bytes / 256);
    }

    fn scope(&self) -> ScopeId {
        self.open.last().map_or(ScopeId(0), |open| open.scope)
    }

    fn function(&self) -> FunctionId {
        self.open.last().map_or(FunctionId(0), |open| open.function)
    }

    fn symbol(&mut self, name: &Atom) -> u32 {
        if let Some(&symbol) = self.symbols.get(name) {
            return symbol;
        }
        let symbol = self.current.len() as u32;
        self.current.push(None);
        self.symbols.insert(name.clone(), symbol);
        symbol
    }

    /// A function that is written here; its scopes are opened by the caller.
    fn new_function(&mut self, span: Span, start: BytePos, kind: FunctionKind, body: bool) -> FunctionId {
        let id = FunctionId(self.functions.len() as u32);
        let parent = self.open.last().map(|open| open.function);
        let this = match (kind, parent) {
            (FunctionKind::Arrow, Some(parent)) => self.functions[parent.index()].this,
            _ => id,
        };
        if !matches!(kind, FunctionKind::Module | FunctionKind::Initializer) {
            self.function_at.insert(span.lo.0, id);
        }
        self.functions.push(FunctionName {
            parent,
            span,
            start,
            kind,
            scope: self.scope(),
            this,
            body,
            strict: self.strict,
            simple: true,
            uses_this: false,
            uses_super: false,
            uses_arguments: false,
            this_captured: None,
            arguments_captured: None,
            captures: Vec::new(),
        });
        id
    }

    fn new_scope(&mut self, kind: ScopeKind, function: FunctionId) -> ScopeId {
        let parent = self.open.last().map(|open| open.scope);
        self.scopes.push(Scope {
            parent,
            function,
            kind,
            first: None,
            last: None,
            eval: None,
            home: None,
            at: BytePos(0),
            object: Vec::new(),
            object_this: false,
        });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Opens a scope of the function that runs here.
    fn open(&mut self, kind: ScopeKind) -> ScopeId {
        self.open_in(kind, self.function())
    }

    fn open_in(&mut self, kind: ScopeKind, function: FunctionId) -> ScopeId {
        let scope = self.new_scope(kind, function);
        self.reopen(scope);
        scope
    }

    /// Opens a scope that was made before.
    fn reopen(&mut self, scope: ScopeId) {
        let Scope { kind, function, .. } = self.scopes[scope.index()];
        let vars = match kind {
            ScopeKind::Module | ScopeKind::Function | ScopeKind::Body | ScopeKind::Namespace => scope,
            _ => self.open.last().map_or(scope, |open| open.vars),
        };
        self.open.push(Open { scope, function, vars, pending: self.pending.len(), hoists: self.hoists.len() });
    }

    /// Closes the innermost scope: references to what it declares are resolved, the others wait for the next.
    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.settle_hoists(&open);
        let Scope { parent, kind, first, eval, .. } = self.scopes[open.scope.index()];
        let owns_arguments = kind == ScopeKind::Function && self.functions[open.function.index()].kind != FunctionKind::Arrow;
        if first.is_some() || (owns_arguments && self.pending_arguments > 0) {
            self.resolve(&open, first, owns_arguments);
        }
        if kind == ScopeKind::With {
            self.pending[open.pending..].iter_mut().for_each(|reference| reference.dynamic = true);
        }
        if let (Some(eval), Some(parent)) = (eval, parent) {
            self.scopes[parent.index()].eval.get_or_insert(eval);
        }
    }

    fn resolve(&mut self, open: &Open, first: Option<SlotId>, owns_arguments: bool) {
        let mut next = first;
        while let Some(slot) = next {
            let Slot { symbol, next: following, .. } = self.slots[slot.index()];
            self.current[symbol as usize] = Some(slot);
            next = following;
        }
        let mut kept = open.pending;
        for index in open.pending..self.pending.len() {
            let Pending { symbol, .. } = self.pending[index];
            if let Some(slot) = self.current[symbol as usize] {
                self.meet(index, slot);
            } else if symbol == ARGUMENTS && owns_arguments {
                self.meet_arguments(index, open.function);
            } else {
                self.pending.swap(kept, index);
                kept += 1;
                continue;
            }
            self.pending_arguments -= usize::from(symbol == ARGUMENTS);
        }
        self.pending.truncate(kept);
        let mut next = first;
        while let Some(slot) = next {
            let Slot { symbol, next: following, .. } = self.slots[slot.index()];
            self.current[symbol as usize] = None;
            next = following;
        }
    }

    /// A reference has found its slot.
    fn meet(&mut self, pending: usize, slot: SlotId) {
        let Pending { reference, function, dynamic, .. } = self.pending[pending];
        let Slot { binding, scope, .. } = self.slots[slot.index()];
        let Some(binding) = binding else { return };
        self.references[reference as usize].binding = binding.0;
        if self.slots[slot.index()].symbol == ARGUMENTS {
            self.meet_declared_arguments(pending, slot);
        }
        self.slots[slot.index()].context |= dynamic;
        let owner = self.scopes[scope.index()].function;
        if function == owner {
            return;
        }
        let slot = &mut self.slots[slot.index()];
        slot.context = true;
        slot.captured.get_or_insert(Mention { function, at: BytePos(self.references[reference as usize].at) });
        let mut inner = function;
        while inner != owner {
            let FunctionName { captures, parent, .. } = &mut self.functions[inner.index()];
            if captures.last() != Some(&binding) {
                captures.push(binding);
            }
            let Some(outer) = *parent else { break };
            inner = outer;
        }
    }

    fn meet_arguments(&mut self, pending: usize, owner: FunctionId) {
        let Pending { reference, function, .. } = self.pending[pending];
        let at = BytePos(self.references[reference as usize].at);
        let owner = &mut self.functions[owner.index()];
        owner.uses_arguments = true;
        if function != owner.this {
            owner.arguments_captured.get_or_insert(Mention { function, at });
        }
    }

    /// `var arguments` and `function arguments` do not keep V8 from making the object, and letting the parameters share it.
    fn meet_declared_arguments(&mut self, pending: usize, slot: SlotId) {
        let Slot { scope, kind, .. } = self.slots[slot.index()];
        if self.pending[pending].declares {
            return;
        }
        let Scope { function, kind: scope, .. } = self.scopes[scope.index()];
        let arrow = self.functions[function.index()].kind == FunctionKind::Arrow;
        if scope == ScopeKind::Function && !arrow && matches!(kind, BindingKind::Var | BindingKind::Function) {
            self.meet_arguments(pending, function);
        }
    }

    /// Sloppy functions in blocks: as the block closes, those that an outer `let` hides from the function fall away; as the
    /// function closes, the others become its variables.
    fn settle_hoists(&mut self, open: &Open) {
        if self.hoists.len() == open.hoists {
            return;
        }
        let is_function = open.vars == open.scope;
        let mut candidates = self.hoists.split_off(open.hoists);
        if !is_function {
            candidates.retain(|hoist| hoist.origin == open.scope || !self.declares_hard(open.scope, hoist.symbol));
            self.hoists.extend(candidates);
            return;
        }
        for hoist in candidates {
            let parameter = self.scopes[open.scope.index()].parent.filter(|_| self.scopes[open.scope.index()].kind == ScopeKind::Body);
            if parameter.is_some_and(|scope| self.declared.contains_key(&(scope, hoist.symbol))) {
                continue;
            }
            match self.declared.get(&(open.scope, hoist.symbol)).map(|slot| &self.slots[slot.index()]) {
                None => {
                    self.add_slot(hoist.symbol, BindingKind::Function, open.scope, Some(hoist.binding));
                }
                Some(Slot { kind: BindingKind::Var | BindingKind::Function, binding: Some(binding), .. }) => {
                    self.same.push((hoist.binding, *binding));
                }
                Some(_) => continue,
            }
            self.hoisted.push((hoist.binding, hoist.function));
        }
    }

    /// The scope declares the name in a way that `var` may not repeat.
    fn declares_hard(&self, scope: ScopeId, symbol: u32) -> bool {
        self.scopes[scope.index()].kind != ScopeKind::Catch && self.declared.contains_key(&(scope, symbol))
    }

    fn add_slot(&mut self, symbol: u32, kind: BindingKind, scope: ScopeId, binding: Option<BindingId>) -> SlotId {
        let id = SlotId(self.slots.len() as u32);
        let context = kind == BindingKind::Catch;
        self.slots.push(Slot { binding, scope, kind, symbol, next: None, context, captured: None });
        let scope_ = &mut self.scopes[scope.index()];
        match scope_.last.replace(id) {
            Some(last) => self.slots[last.index()].next = Some(id),
            None => scope_.first = Some(id),
        }
        self.declared.insert((scope, symbol), id);
        id
    }

    /// The copies that each iteration of a `for (let ...;;)` has.
    fn copy_slots(&mut self, from: ScopeId, to: ScopeId) {
        let mut next = self.scopes[from.index()].first;
        while let Some(slot) = next {
            let Slot { symbol, kind, binding, next: following, .. } = self.slots[slot.index()];
            self.add_slot(symbol, kind, to, binding);
            next = following;
        }
    }

    /// Declares an identifier in a scope; a name that stands there already is the same variable.
    fn declare(&mut self, identifier: &ast::Ident, kind: BindingKind, scope: ScopeId) -> BindingId {
        let symbol = self.symbol(&identifier.sym);
        let known = self.declared.get(&(scope, symbol)).and_then(|slot| self.slots[slot.index()].binding);
        let binding = known.unwrap_or_else(|| {
            let binding = self.parameter_behind(symbol, kind, scope).unwrap_or_else(|| self.new_binding(identifier, kind, scope));
            self.add_slot(symbol, kind, scope, Some(binding));
            binding
        });
        // `var e` in `catch (e)` or in a `with` assigns what is nearest, which only the closing of scopes finds.
        if kind == BindingKind::Var && scope != self.scope() {
            self.reference(identifier);
            if let Some(pending) = self.pending.last_mut() {
                pending.declares = true;
            }
        } else {
            self.references.push(Reference { at: identifier.span.lo.0, binding: binding.0 });
        }
        binding
    }

    /// `function f(p = 1) { var p }`: another slot that begins with the parameter's value.
    fn parameter_behind(&self, symbol: u32, kind: BindingKind, scope: ScopeId) -> Option<BindingId> {
        let Scope { kind: ScopeKind::Body, parent: Some(parent), .. } = self.scopes[scope.index()] else { return None };
        let slot = self.declared.get(&(parent, symbol)).filter(|_| kind == BindingKind::Var)?;
        self.slots[slot.index()].binding
    }

    fn new_binding(&mut self, identifier: &ast::Ident, kind: BindingKind, scope: ScopeId) -> BindingId {
        let binding = BindingId(self.bindings.len() as u32);
        self.bindings.push(Name {
            name: (identifier.sym.clone(), SyntaxContext::empty()),
            function: self.scopes[scope.index()].function,
            scope,
            kind,
            span: identifier.span.with_hi(identifier.span.lo + BytePos(identifier.sym.len() as u32)),
            ambient: self.ambient,
        });
        binding
    }

    /// An identifier that is read or written here.
    fn reference(&mut self, identifier: &ast::Ident) {
        let symbol = self.symbol(&identifier.sym);
        self.pending_arguments += usize::from(symbol == ARGUMENTS);
        let reference = self.references.len() as u32;
        self.references.push(Reference { at: identifier.span.lo.0, binding: NONE });
        self.pending.push(Pending { symbol, reference, function: self.function(), dynamic: false, declares: false });
    }

    /// `this` or `super` is mentioned here.
    fn this(&mut self, at: BytePos, is_super: bool) {
        let function = self.function();
        let mut inner = function;
        let owner = self.functions[function.index()].this;
        loop {
            let current = &mut self.functions[inner.index()];
            current.uses_this = true;
            current.uses_super |= is_super;
            match current.parent {
                Some(outer) if inner != owner => inner = outer,
                _ => break,
            }
        }
        if function != owner {
            self.functions[owner.index()].this_captured.get_or_insert(Mention { function, at });
        }
    }

    fn finish(mut self) -> Names {
        self.join_same();
        for function in &mut self.functions {
            function.captures.sort_unstable();
            function.captures.dedup();
        }
        let references = References::new(std::mem::take(&mut self.references));
        for (scope, at) in std::mem::take(&mut self.objects) {
            self.scopes[scope.index()].object.extend(references.get(at.0));
        }
        self.force_contexts();
        let Binder { bindings, functions, scopes, slots, hoisted, function_at, initializer_at, .. } = self;
        Names { bindings, functions, scopes, slots, hoisted, references, function_at, initializer_at }
    }

    /// Drops the bindings that turned out to be another one, and closes the gaps they leave.
    fn join_same(&mut self) {
        if self.same.is_empty() {
            return;
        }
        let mut target: Vec<u32> = (0..self.bindings.len() as u32).collect();
        // A hoisted function joins a variable of its function, which may itself join nothing: one step is enough.
        self.same.iter().for_each(|(from, to)| target[from.index()] = to.0);
        let mut dense = Vec::with_capacity(target.len());
        let mut count = 0;
        for (index, &to) in target.iter().enumerate() {
            dense.push(count);
            count += u32::from(to == index as u32);
        }
        let new = |binding: BindingId| BindingId(dense[target[binding.index()] as usize]);
        let mut index = 0;
        self.bindings.retain(|_| {
            index += 1;
            target[index - 1] == index as u32 - 1
        });
        self.slots.iter_mut().for_each(|slot| slot.binding = slot.binding.map(new));
        self.hoisted.iter_mut().for_each(|(binding, _)| *binding = new(*binding));
        self.functions.iter_mut().flat_map(|function| &mut function.captures).for_each(|binding| *binding = new(*binding));
        for reference in self.references.iter_mut().filter(|reference| reference.binding != NONE) {
            reference.binding = new(BindingId(reference.binding)).0;
        }
    }

    /// What lives in a context without being mentioned by a closure.
    fn force_contexts(&mut self) {
        for slot in &mut self.slots {
            let scope = &self.scopes[slot.scope.index()];
            let function = &self.functions[scope.function.index()];
            let evaluated = scope.eval.is_some();
            // A sloppy `arguments` object shares its elements with the parameters.
            let mapped = slot.kind == BindingKind::Param && function.simple && !function.strict && function.uses_arguments;
            slot.context |= evaluated || mapped;
        }
    }
}

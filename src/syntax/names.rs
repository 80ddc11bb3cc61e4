//! Binds names: which variable each identifier means, which scope holds it, and which function mentions it.
//!
//! One walk over the tree (`bind.rs`) declares names, keeps the references of every open scope on a stack, and resolves them
//! when the scope closes: by then everything that is hoisted into it is known. A scope is what V8 gives a context of its own.
//!
//! Two levels stand apart. A *binding* is a variable as a programmer means it. A *slot* is its place in one scope; most
//! bindings have one. A class declaration has two (the outer variable, the name inside the class body), so have `let` in the
//! head of a `for (;;)` (the first value, the copy of each iteration), a function in a sloppy block (the block's, the
//! function's) and a parameter redeclared by `var` behind default parameters. What a closure keeps alive is decided by slots.

mod bind;

use rustc_hash::FxHashMap;
use swc_common::{BytePos, Span};
use swc_ecma_ast as ast;

use crate::facts::{BindingId, BindingKind, FunctionId, FunctionKind};

/// Into [`Names::scopes`]; 0 is the module's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// Into [`Names::slots`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u32);

impl ScopeId {
    /// The index into its vector.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl SlotId {
    /// The index into its vector.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The names of one file.
pub struct Names {
    pub bindings: Vec<Name>,
    /// Functions in the order of the text; 0 is the module body.
    pub functions: Vec<FunctionName>,
    pub scopes: Vec<Scope>,
    pub slots: Vec<Slot>,
    /// Functions of sloppy blocks that their whole function sees: with one of these goes the block's context.
    pub hoisted: Vec<(BindingId, FunctionId)>,
    references: References,
    /// Start of a function's span to its id.
    function_at: FxHashMap<u32, FunctionId>,
    /// Start of a class's span, and whether the static one is meant, to the function that stands for its initializers.
    initializer_at: FxHashMap<(u32, bool), FunctionId>,
}

/// A variable.
#[derive(Debug)]
pub struct Name {
    pub name: ast::Id,
    pub function: FunctionId,
    /// Where it is visible; for a function in a sloppy block the block.
    pub scope: ScopeId,
    pub kind: BindingKind,
    /// The identifier that declares it first.
    pub span: Span,
    /// Declared with TypeScript's `declare`: the variable is somebody else's, often a global.
    pub ambient: bool,
}

/// A function, method, arrow, class initializer, or the module body.
#[derive(Debug)]
pub struct FunctionName {
    pub parent: Option<FunctionId>,
    /// `Function::span`, `ArrowExpr::span`, `Constructor::span`; the class's for an initializer. For methods this begins at
    /// `static`, `async` or `get`.
    pub span: Span,
    /// Where its text begins for a reader: `async` counts, for methods the key.
    pub start: BytePos,
    pub kind: FunctionKind,
    /// The scope it is written in.
    pub scope: ScopeId,
    /// The function whose `this` it sees: itself, except for arrows.
    pub this: FunctionId,
    /// Has a body: not an overload, an abstract method or a `declare`.
    pub body: bool,
    pub strict: bool,
    /// Its parameters are plain identifiers.
    pub simple: bool,
    /// Mentions `this` or `super`, itself or through arrows in it.
    pub uses_this: bool,
    /// Mentions `super`, itself or through arrows in it.
    pub uses_super: bool,
    /// Mentions `arguments`, itself or through arrows in it (never set for arrows).
    pub uses_arguments: bool,
    /// The first arrow in it that mentions its `this` or `super`.
    pub this_captured: Option<Mention>,
    /// The first arrow in it that mentions its `arguments`.
    pub arguments_captured: Option<Mention>,
    /// Bindings of enclosing functions that it, or a function in it, mentions; sorted, each once.
    pub captures: Vec<BindingId>,
}

/// A place where a name is mentioned, and the function that does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    pub function: FunctionId,
    pub at: BytePos,
}

/// Names that are declared together, and have one context at run time.
#[derive(Debug)]
pub struct Scope {
    /// The context that a closure made here reaches next.
    pub parent: Option<ScopeId>,
    pub function: FunctionId,
    pub kind: ScopeKind,
    first: Option<SlotId>,
    last: Option<SlotId>,
    /// The function that calls `eval` directly, here or in a scope inside.
    pub eval: Option<FunctionId>,
    /// Of an object literal's methods: the function that mentions `super`.
    pub home: Option<Mention>,
    /// Of a literal or a `with`: where it begins.
    pub at: BytePos,
    /// Of a `with`: the variables that its object is made of.
    pub object: Vec<BindingId>,
    /// Of a `with`: its object is `this`, or holds it.
    pub object_this: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    Module,
    /// Parameters; with them the body's names, if the parameters are plain.
    Function,
    /// The body of a function whose parameters are not plain, or a static block.
    Body,
    /// The own name of a function expression.
    SelfName,
    /// A block or a `switch`.
    Block,
    /// The head of `for (let ...;;)`: the first values.
    Loop,
    /// One turn of a loop that declares names in its head.
    Iteration,
    /// What `for (let ... of here)` goes through. Its closures do not see the turns.
    Iterated,
    Catch,
    Class,
    /// Around the methods of an object literal, for `super`.
    Object,
    With,
    Enum,
    Namespace,
}

/// A binding's place in a scope.
#[derive(Debug)]
pub struct Slot {
    /// None for a member of an enum, which hides outer names only.
    pub binding: Option<BindingId>,
    pub scope: ScopeId,
    pub kind: BindingKind,
    symbol: u32,
    next: Option<SlotId>,
    /// Lives in a context rather than on the stack: every closure made below its scope keeps it.
    pub context: bool,
    /// The first function within the binding's function that mentions it.
    pub captured: Option<Mention>,
}

impl Names {
    /// Binds the names of a file.
    pub fn bind(program: &ast::Program) -> Names {
        bind::bind(program)
    }

    /// The variable that this identifier means; none for a global, and for `arguments`.
    pub fn binding(&self, identifier: &ast::Ident) -> Option<BindingId> {
        self.binding_at(identifier.span.lo)
    }

    /// The variable that the identifier at this position means.
    pub fn binding_at(&self, at: BytePos) -> Option<BindingId> {
        self.references.get(at.0)
    }

    /// The variable that a JSX element's name means; none for `<div>`. For `<a.b>` it is that of `a`.
    pub fn binding_jsx(&self, name: &ast::JSXElementName) -> Option<BindingId> {
        match name {
            ast::JSXElementName::Ident(identifier) => self.binding(identifier),
            ast::JSXElementName::JSXMemberExpr(member) => {
                let mut object = &member.obj;
                while let ast::JSXObject::JSXMemberExpr(inner) = object {
                    object = &inner.obj;
                }
                object.as_ident().and_then(|identifier| self.binding(identifier))
            }
            ast::JSXElementName::JSXNamespacedName(_) => None,
        }
    }

    /// The function whose span starts here: `FnDecl::function`, `FnExpr::function`, `ArrowExpr`, `Constructor`, and the
    /// `function` of `ClassMethod`, `PrivateMethod`, `MethodProp`, `GetterProp` and `SetterProp`. Never the module body or an
    /// initializer, which may start at the same place.
    pub fn function(&self, span: Span) -> Option<FunctionId> {
        self.function_at.get(&span.lo.0).copied()
    }

    /// The function that runs a class's instance fields, or its static fields and static blocks; none if it has none with a
    /// value. `class` is `Class::span`.
    pub fn initializer(&self, class: Span, is_static: bool) -> Option<FunctionId> {
        self.initializer_at.get(&(class.lo.0, is_static)).copied()
    }

    /// A variable of the module's own scope.
    pub fn top_level(&self, name: &str) -> Option<BindingId> {
        let mut bindings = self.scope_slots(ScopeId(0)).filter_map(|slot| slot.binding);
        bindings.find(|binding| self.bindings[binding.index()].name.0 == name)
    }

    /// The slots of a scope in the order of their declarations.
    pub fn scope_slots(&self, scope: ScopeId) -> impl Iterator<Item = &Slot> {
        std::iter::successors(self.scopes[scope.index()].first, |slot| self.slots[slot.index()].next).map(|slot| &self.slots[slot.index()])
    }

    /// A scope and those around it, inner ones first: the contexts that a closure made there reaches.
    pub fn chain(&self, scope: ScopeId) -> impl Iterator<Item = (ScopeId, &Scope)> {
        std::iter::successors(Some(scope), |scope| self.scopes[scope.index()].parent).map(|scope| (scope, &self.scopes[scope.index()]))
    }
}

/// Identifiers by position: sorted, with the first index for every 64 bytes of text, so that a look-up scans a few entries.
#[derive(Default)]
struct References {
    entries: Vec<Reference>,
    buckets: Vec<u32>,
}

/// An identifier and the binding it means ([`NONE`] until known).
#[derive(Clone, Copy)]
struct Reference {
    at: u32,
    binding: u32,
}

const NONE: u32 = u32::MAX;

impl References {
    fn new(mut entries: Vec<Reference>) -> References {
        entries.retain(|entry| entry.binding != NONE);
        // The walk follows the text but for a few heads (a class's decorators), so this is seldom needed.
        if !entries.is_sorted_by_key(|entry| entry.at) {
            entries.sort_by_key(|entry| entry.at);
        }
        let mut buckets = Vec::with_capacity(entries.last().map_or(0, |entry| entry.at as usize / 64 + 1));
        for (index, entry) in entries.iter().enumerate() {
            while buckets.len() <= (entry.at / 64) as usize {
                buckets.push(index as u32);
            }
        }
        References { entries, buckets }
    }

    fn get(&self, at: u32) -> Option<BindingId> {
        let start = *self.buckets.get((at / 64) as usize)? as usize;
        let entry = self.entries[start..].iter().find(|entry| entry.at >= at)?;
        (entry.at == at).then_some(BindingId(entry.binding))
    }
}

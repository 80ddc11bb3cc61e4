//! Binds names: which variable each identifier means, which scope holds it, and which function mentions it.

use rustc_hash::FxHashMap;
use swc_common::Span;
use swc_ecma_ast as ast;

use crate::facts::{BindingId, BindingKind, FunctionId};

/// The names of one file.
pub struct Names {
    pub bindings: Vec<Name>,
    /// Functions in the order of the text; 0 is the module body.
    pub functions: Vec<FunctionName>,
    /// Identifier (byte position of its start) to binding; declarations too.
    references: FxHashMap<u32, BindingId>,
    /// Start of a function's span to its id.
    function_at: FxHashMap<u32, FunctionId>,
}

pub struct Name {
    pub name: swc_ecma_ast::Id,
    pub function: FunctionId,
    pub kind: BindingKind,
    pub span: Span,
}

pub struct FunctionName {
    pub captures: Vec<BindingId>,
    pub parent: Option<FunctionId>,
    pub span: Span,
}

impl Names {
    pub fn bind(_program: &ast::Program) -> Names {
        Names { bindings: Vec::new(), functions: Vec::new(), references: FxHashMap::default(), function_at: FxHashMap::default() }
    }

    /// The variable that this identifier means; none for a global.
    pub fn binding(&self, identifier: &ast::Ident) -> Option<BindingId> {
        self.references.get(&identifier.span.lo.0).copied()
    }

    /// The function whose span starts here.
    pub fn function(&self, span: Span) -> Option<FunctionId> {
        self.function_at.get(&span.lo.0).copied()
    }
}
impl Names { pub fn initializer(&self, _class: Span, _is_static: bool) -> Option<FunctionId> { None } }

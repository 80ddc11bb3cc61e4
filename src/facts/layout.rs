//! Layout: where the statements, arguments and bodies of a text stand, for whoever changes it.
//!
//! Made on demand for the few files that get an edit, not kept with the facts. All places are byte offsets.

mod walk;

use std::ops::Range;

use swc_common::Spanned;
use swc_ecma_ast as ast;
use swc_ecma_visit::VisitWith;

use crate::syntax::Parsed;
use walk::{Walk, bytes};

/// From a byte offset up to another.
pub type Bytes = Range<usize>;

/// Indices are into the vectors of [`Layout`].
pub type StatementIx = usize;
pub type BlockIx = usize;
pub type FunctionIx = usize;
pub type ClassIx = usize;
pub type ObjectIx = usize;

/// One file. Function 0 and block 0 are the module's.
#[derive(Debug, Default)]
pub struct Layout {
    pub calls: Vec<CallLayout>,
    pub statements: Vec<Statement>,
    pub blocks: Vec<Block>,
    pub functions: Vec<FunctionLayout>,
    pub classes: Vec<ClassLayout>,
    pub objects: Vec<ObjectLayout>,
    /// Template literals: their lines are content.
    pub templates: Vec<Bytes>,
}

/// A call, not a `new`.
#[derive(Debug)]
pub struct CallLayout {
    pub whole: Bytes,
    /// What a member is called on: `a.b` of `a.b.on(...)`.
    pub receiver: Option<Bytes>,
    /// `on`, where it is written as a name.
    pub method: Option<Bytes>,
    /// `a?.on(...)`, `a.on?.(...)`.
    pub optional: bool,
    pub args: Vec<Argument>,
    /// The innermost statement around.
    pub statement: StatementIx,
    pub function: FunctionIx,
    /// Between the callee and the first argument: its `(` is there.
    opening: Bytes,
}

#[derive(Debug)]
pub struct Argument {
    pub span: Bytes,
    pub spread: bool,
    /// An arrow or a function expression.
    pub function: Option<FunctionIx>,
}

#[derive(Debug)]
pub struct Statement {
    pub span: Bytes,
    /// The block it stands in, and how many come before it there; none for `if (x) f();` and for what follows a `case`.
    pub place: Option<(BlockIx, usize)>,
    pub function: FunctionIx,
    pub kind: StatementKind,
}

#[derive(Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// The expression without its semicolon.
    Expression(Bytes),
    /// With what it returns.
    Return(Option<Bytes>),
    /// `const`, `let`, `class` (and `function`, which a block keeps to itself in strict code): the names that are gone outside of
    /// the block.
    Declares(Vec<String>),
    /// What stands between the braces of its `finally`, if it has one.
    Try(Option<Bytes>),
    If(If),
    Switch,
    /// `{ ... }`.
    Block,
    Other,
}

/// What an `if` asks, and what it does then and else.
#[derive(Debug, PartialEq, Eq)]
pub struct If {
    pub test: Bytes,
    pub then: Bytes,
    pub otherwise: Option<Bytes>,
}

#[derive(Debug)]
pub struct Block {
    /// Between the braces.
    pub inside: Bytes,
    pub statements: Vec<StatementIx>,
    pub function: FunctionIx,
}

#[derive(Debug, Default)]
pub struct FunctionLayout {
    pub span: Bytes,
    pub parent: Option<FunctionIx>,
    /// Its block; none for an arrow that is one expression.
    pub body: Option<BlockIx>,
    /// The expression that an arrow is.
    pub expression: Option<Bytes>,
    pub arrow: bool,
    pub is_async: bool,
    pub is_generator: bool,
    /// Some parameter has no written type.
    pub untyped: bool,
    /// A method, accessor, constructor or field initializer of this class.
    pub class: Option<ClassIx>,
    /// A method of this object literal.
    pub object: Option<ObjectIx>,
    pub name: String,
    /// Everything that is declared in it, at whatever depth: parameters too, but not what functions in it declare.
    pub names: Vec<String>,
}

/// An object literal.
#[derive(Debug)]
pub struct ObjectLayout {
    /// The literal that it is a property of, and under which name.
    pub within: Option<(ObjectIx, String)>,
}

#[derive(Debug)]
pub struct ClassLayout {
    /// Between the braces.
    pub inside: Bytes,
    pub derived: bool,
    pub constructor: Option<FunctionIx>,
    /// The statement `super(...)` of the constructor, if it stands on its own.
    pub super_call: Option<StatementIx>,
    /// Methods of instances, by name.
    pub methods: Vec<String>,
    /// Fields of instances, and whether each is an arrow.
    pub fields: Vec<(String, bool)>,
}

impl Layout {
    /// The layout of a parsed file.
    pub fn of(text: &str, parsed: &Parsed) -> Layout {
        let mut walk = Walk::default();
        walk.layout.functions.push(FunctionLayout { span: 0..text.len(), body: Some(0), ..FunctionLayout::default() });
        walk.layout.blocks.push(Block { inside: 0..text.len(), statements: Vec::new(), function: 0 });
        match &parsed.program {
            ast::Program::Module(module) => {
                for item in &module.body {
                    match item {
                        ast::ModuleItem::Stmt(statement) => walk.statement_of(0, statement),
                        ast::ModuleItem::ModuleDecl(declaration) => {
                            walk.push(bytes(declaration.span()), Some(0), StatementKind::Other, |walk| declaration.visit_with(walk));
                        }
                    }
                }
            }
            ast::Program::Script(script) => script.body.iter().for_each(|statement| walk.statement_of(0, statement)),
        }
        walk.layout
    }

    /// The call whose `(` stands at this offset.
    pub fn call_at(&self, paren: usize) -> Option<&CallLayout> {
        self.calls.iter().find(|call| call.opening.contains(&paren))
    }

    /// The call makes up its statement.
    pub fn is_alone(&self, call: &CallLayout) -> bool {
        let statement = &self.statements[call.statement];
        statement.function == call.function && statement.kind == StatementKind::Expression(call.whole.clone())
    }

    /// The call is a part of its statement itself, not of a function in it.
    pub fn is_direct(&self, call: &CallLayout) -> bool {
        self.statements[call.statement].function == call.function
    }

    /// The innermost statement around a statement, in whatever function.
    pub fn around(&self, statement: &Statement) -> Option<&Statement> {
        let holds = |outer: &&Statement| {
            outer.span.start <= statement.span.start && statement.span.end <= outer.span.end && outer.span != statement.span
        };
        self.statements.iter().filter(holds).min_by_key(|outer| outer.span.len())
    }

    /// A function and those around it, innermost first.
    pub fn chain(&self, function: FunctionIx) -> impl Iterator<Item = FunctionIx> + '_ {
        std::iter::successors(Some(function), |&inner| self.functions[inner].parent)
    }

    /// The class whose instance is `this` here.
    pub fn class_of_this(&self, function: FunctionIx) -> Option<ClassIx> {
        let owner = self.chain(function).find(|&f| !self.functions[f].arrow || self.functions[f].class.is_some())?;
        self.functions[owner].class
    }
}

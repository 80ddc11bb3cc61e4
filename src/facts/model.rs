//! The facts of one file: owned, serialisable, comparable. Nothing is decided by the names of libraries here.
//!
//! All ids are dense indices into the vectors of [`ModuleFacts`]. Positions stand beside, in [`Positions`], so that an edit
//! which only moves lines leaves the facts equal.

use serde::{Deserialize, Serialize};

use super::bundled::Bundled;
use crate::findings::{Position, Range};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
        impl $name {
            /// The index into its vector.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// Into `functions`; 0 is the module body.
    FunctionId,
    /// Into `bindings`.
    BindingId,
    /// Into `values`.
    ValueId,
    /// Into `calls`.
    CallId,
    /// Into `assigns`.
    AssignId,
    /// Into `blocks`.
    BlockId,
    /// Into `classes`.
    ClassId,
    /// Into `contexts`.
    ContextId,
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFacts {
    pub functions: Vec<Function>,
    pub bindings: Vec<Binding>,
    pub values: Vec<Value>,
    pub calls: Vec<Call>,
    pub assigns: Vec<Assign>,
    pub blocks: Vec<Block>,
    pub classes: Vec<Class>,
    pub exports: Vec<Export>,
    /// Specifiers of modules that this file names, in the order of the text, each once.
    pub requests: Vec<String>,
    /// Interfaces and type aliases that have members.
    pub types: Vec<TypeDecl>,
    /// What closures keep alive, scope by scope.
    pub contexts: Contexts,
    /// The file uses `import`/`export`.
    pub esm: bool,
    /// Calls of other packages' code.
    pub bundled: Vec<Bundled>,
}

/// A function, a method, an arrow, an initializer, or the module body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its own name, or that of the variable or property it is first put into.
    pub name: String,
    /// The function around it.
    pub parent: Option<FunctionId>,
    pub kind: FunctionKind,
    pub is_async: bool,
    pub is_generator: bool,
    /// Runs once, while its module loads: the module's body, and functions that wrap it ([`super::wrappers`]).
    pub at_load: bool,
    /// What such a function is given for its parameters, where that stands somewhere else than at its own call.
    pub handed: Vec<ValueId>,
    /// The function whose `this` it sees: itself, except for arrows.
    pub this: FunctionId,
    /// The class it is a member of.
    pub class: Option<ClassId>,
    pub params: Vec<Param>,
    pub body: BlockId,
    /// Values of `return`, and of an arrow's expression.
    pub returns: Vec<ValueId>,
    /// Bindings of enclosing functions that it, or a function in it, mentions.
    pub captures: Vec<BindingId>,
    /// The innermost context that it holds: what it keeps alive is there and around.
    pub context: Option<ContextId>,
    /// Mentions `this` or `super`, itself or through arrows in it.
    pub uses_this: bool,
    /// Mentions `super`, itself or through arrows in it.
    pub uses_super: bool,
    pub return_type: Option<TypeRef>,
    /// Decorators by name (`MessagePattern`).
    pub decorators: Vec<String>,
    /// The block it is written in (of its parent).
    pub at: Option<BlockId>,
    /// How many items of that block come before it.
    pub order: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionKind {
    Module,
    Plain,
    Arrow,
    Method,
    Constructor,
    Getter,
    Setter,
    /// Field initializers and static blocks of a class.
    Initializer,
}

/// V8's contexts: the variables that outlive their call because some closure mentions them. The module's own is left out: it
/// lives as long as the program. See [`super::captures`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contexts {
    pub all: Vec<Context>,
    /// Functions that a sloppy block hands to its surroundings: with one of these goes the block's context.
    pub hoisted: Vec<(BindingId, ContextId)>,
}

/// What the closures made below one scope keep alive, whatever each mentions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The next one outwards.
    pub parent: Option<ContextId>,
    pub slots: Vec<ContextSlot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextSlot {
    pub kept: Kept,
    /// The first function that mentions it, or whose `eval` could; none for what is kept without any function's doing.
    pub by: Option<FunctionId>,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kept {
    Binding(BindingId),
    /// `this` of that function.
    This(FunctionId),
    /// `arguments` of that function.
    Arguments(FunctionId),
    /// The object literal around the methods of a context, one of which mentions `super`; the offset of its text tells it apart.
    Home(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// The whole parameter's variable; absent for a pattern (its parts are assigned from `Value::Param`).
    pub binding: Option<BindingId>,
    pub name: String,
    pub of: Option<TypeRef>,
    pub rest: bool,
    pub default: Option<ValueId>,
}

/// A type as written, by the names in it: `Promise<AbortSignal | undefined>` is `Promise` with one argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeRef {
    /// Alternatives (a union); `null`, `undefined` and `void` are left out. `net.Socket` keeps its dots.
    pub names: Vec<String>,
    pub args: Vec<TypeRef>,
    /// An object type written in place: its members.
    pub members: Vec<(String, TypeRef)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDecl {
    pub name: String,
    pub extends: Vec<String>,
    pub members: Vec<(String, TypeRef)>,
    pub alias: Option<TypeRef>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub name: String,
    pub function: FunctionId,
    pub kind: BindingKind,
    /// Every value it is given, in the order of the text.
    pub defs: Vec<AssignId>,
    pub of: Option<TypeRef>,
    /// Declared inside a loop's body: one per iteration (`let`, `const`, `class`).
    pub block: Option<BlockId>,
    /// Declared without a value: `let x;`.
    pub empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BindingKind {
    Var,
    Let,
    Const,
    /// `using x`, `await using x`: what it holds is disposed of when the block ends, whatever way that is.
    Using,
    Param,
    Function,
    Class,
    Import,
    Catch,
}

/// A property's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A constant name; `#private` names keep their `#`.
    Name(String),
    /// Whatever this value is: a symbol's variable, a loop variable, a template.
    Computed(ValueId),
}

impl Key {
    /// It is this constant name.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Key::Name(own) if own == name)
    }
}

/// An expression's value. Assignments have the value assigned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(String),
    String(String),
    /// A template or a `+` of strings; constant parts only where the value is constant.
    Text(Vec<ValueId>),
    Regex,
    Binding(BindingId),
    /// A name that nothing in the file declares.
    Global(String),
    /// `this` of that function (never an arrow).
    This(FunctionId),
    /// Parameter `i` as the caller gave it.
    Param(FunctionId, u32),
    /// `arguments` of that function.
    Arguments(FunctionId),
    Member(ValueId, Key),
    Super,
    Function(FunctionId),
    Class(ClassId),
    /// The result of a call or `new`.
    Call(CallId),
    Object(Vec<(Key, ValueId)>, Vec<ValueId>),
    Array(Vec<ValueId>),
    Spread(ValueId),
    /// One of these: `c ? x : y`, `x || y`, `x ?? y`, `x && y` (the last two parts of `&&` in order: test, value).
    Choice(ChoiceKind, Vec<ValueId>),
    Await(ValueId),
    Yield(Option<ValueId>),
    Unary(String, ValueId),
    Binary(String, ValueId, ValueId),
    /// An element of what is iterated (`for (x of xs)`), or a name of its keys (`for (k in o)`).
    Element(ValueId),
    KeyOf(ValueId),
    /// What was thrown.
    Caught,
    /// `import(...)`, `import.meta` and what has no meaning for the analysis.
    Opaque,
    /// The exported thing `name` of a module (`*` the namespace, `default` the default export).
    Import(String, String),
}

impl Value {
    /// By how it is written, the value may be a function. (A class is told apart: it is called by `new` only.)
    pub fn may_be_function(&self) -> bool {
        !matches!(
            self,
            Value::String(_)
                | Value::Number(_)
                | Value::Bool(_)
                | Value::Null
                | Value::Undefined
                | Value::Text(_)
                | Value::Regex
                | Value::Object(..)
                | Value::Array(_)
                | Value::Class(_)
                | Value::Unary(..)
                | Value::Binary(..)
                | Value::Arguments(_)
                | Value::Super
                | Value::Yield(_)
                | Value::KeyOf(_)
                | Value::Caught
                | Value::Opaque
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChoiceKind {
    /// With its test.
    Conditional(ValueId),
    Or,
    And,
    Nullish,
}

/// A call, a `new`, a tagged template, a decorator's use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub function: FunctionId,
    pub block: BlockId,
    pub callee: ValueId,
    pub args: Vec<ValueId>,
    pub kind: CallKind,
    /// `e?.on(...)`, `e.on?.(...)`.
    pub optional: bool,
    /// What becomes of the result.
    pub result: Use,
    /// The call's value.
    pub value: ValueId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallKind {
    Call,
    New,
    /// `super(...)`.
    Super,
    Import,
}

/// What becomes of an expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Use {
    /// An expression statement, `void f()`, or the like: nobody can have it.
    Dropped,
    /// It flows somewhere.
    Used,
    /// It is the receiver of a further member (`.on().on()`).
    Receiver,
    /// It is what the function returns.
    Returned,
}

/// An assignment or an initialisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assign {
    pub function: FunctionId,
    pub block: BlockId,
    pub to: Place,
    pub from: ValueId,
    /// `||=`, `??=`: only where nothing was there.
    pub only_if_empty: bool,
    /// `delete o.k` (from is undefined).
    pub delete: bool,
    /// `+=` and the like.
    pub compound: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    Binding(BindingId),
    Global(String),
    Member(ValueId, Key),
}

/// A stretch of control flow: its items run in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub function: FunctionId,
    pub parent: Option<BlockId>,
    pub kind: BlockKind,
    pub items: Vec<Item>,
    /// Index of this block's item in its parent.
    pub index: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockKind {
    Body,
    /// Runs where the test is true (`if`, `? :`, `&&`, `?.`), or a `case` that was met.
    Then(ValueId),
    /// Runs where it is false or nullish (`else`, `||`, `??`).
    Else(ValueId),
    /// With what it goes through, or the test of a `for (;;)`.
    Loop(LoopKind, Option<ValueId>),
    Try,
    Catch,
    Finally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoopKind {
    /// `while`, `do`, `for (;;)`.
    While,
    Of,
    In,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    Call(CallId),
    Assign(AssignId),
    /// `if`, `?:`, `&&`, `switch` case: test, then, else.
    Branch(ValueId, BlockId, Option<BlockId>),
    Loop(BlockId),
    Try(BlockId, Option<BlockId>, Option<BlockId>),
    Exit(Exit),
    Await(ValueId),
    Yield,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    Return(Option<ValueId>),
    Throw(ValueId),
    Break,
    Continue,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    pub name: String,
    pub binding: Option<BindingId>,
    pub extends: Option<ValueId>,
    pub implements: Vec<String>,
    pub members: Vec<Member>,
    pub function: FunctionId,
    pub decorators: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub key: Key,
    pub is_static: bool,
    /// A method, getter, setter or constructor.
    pub function: Option<FunctionId>,
    /// A field's initial value.
    pub value: Option<ValueId>,
    pub of: Option<TypeRef>,
    /// `private`, `protected` or `#`.
    pub private: bool,
}

/// Something other modules can import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// `export { value as name }`, `module.exports.name = value` is found by the linker among the assignments.
    Local(String, ValueId),
    /// `export { from as name } from 'module'`; `*` as the namespace.
    From { name: String, module: String, from: String },
    /// `export * from 'module'`.
    All(String),
}

/// Where things stand; the same ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Positions {
    pub calls: Vec<CallPosition>,
    pub functions: Vec<Range>,
    pub bindings: Vec<Range>,
    pub assigns: Vec<Range>,
    pub classes: Vec<Range>,
    /// The script of a component's file that runs at each mount (Svelte's instance script, Vue's `<script setup>`).
    pub mounted: Option<Range>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPosition {
    /// The property name, or as V8 frames place the call.
    pub name: Range,
    /// Its `(`.
    pub paren: Position,
    /// The whole expression.
    pub whole: Range,
}

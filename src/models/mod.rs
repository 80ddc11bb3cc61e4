//! What someone who knows a library could check against its manual: `rules/models/*.toml`, typed.
//!
//! A pack describes one library. It tells the library to its users and is never applied to that library's own source.
//! Type names are the manual's words (`net.Socket`), unique over all packs; a type name ending in `[]` is an array of it,
//! `Promise<T>` resolves to it.

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::findings::Region;

/// One file of `rules/models`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The package whose API this is, as it is installed (`ws`); `node` for Node's core, `dom` for browsers.
    pub library: String,
    /// Address of the manual; entries without a `source` of their own stand there.
    pub source: String,
    /// Emitters and other objects by type name.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeModel>,
    /// What `require(name)` or `import ... from 'name'` gives, by module name (without `node:`).
    #[serde(default, rename = "module")]
    pub modules: Vec<ModuleModel>,
    /// Global variables (`process`, `document`): name to member.
    #[serde(default)]
    pub globals: BTreeMap<String, Member>,
    /// Parameter lists that tell a function's role: `(req, res, next)`.
    #[serde(default, rename = "shape")]
    pub shapes: Vec<Shape>,
}

/// One type of object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeModel {
    pub name: String,
    /// Types whose events and members this one has too.
    #[serde(default)]
    pub extends: Vec<String>,
    /// `emitter` (EventEmitter), `target` (EventTarget: the same listener is added once), `other` (has no `.on` of its own;
    /// a look-alike whose `.on` registers nothing is `other` too).
    pub kind: Kind,
    /// How long an object of this type lives when its making is not seen. Absent: as long as what holds it.
    pub lifetime: Option<Region>,
    /// Handed out again after use: a keep-alive socket, a pool's connection. Listeners of one use meet the next.
    #[serde(default)]
    pub pooled: bool,
    #[serde(default, rename = "event")]
    pub events: Vec<EventModel>,
    /// Properties: name to what is there.
    #[serde(default)]
    pub properties: BTreeMap<String, Member>,
    #[serde(default)]
    pub methods: BTreeMap<String, Method>,
    /// Properties that tell the state: `if (socket.connecting)` bounds what is registered under it.
    #[serde(default)]
    pub state_guards: Vec<String>,
    /// Members that no other modelled type has: seeing one on an untyped value is evidence for this type.
    #[serde(default)]
    pub evidence: Vec<String>,
    pub source: Option<String>,
    /// Code that a test analyses: the type must be recognised.
    pub example: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Emitter,
    Target,
    Other,
}

/// When an event fires in one life of its emitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fires {
    /// Once, soon after the object is made (`connect`); not again on an object that lives on.
    OnceEarly,
    /// Once, at the end of the life (`close`, `end`).
    OnceLast,
    /// Again and again (`data`, `request`).
    Many,
    /// Perhaps never (`abort`, `error`, `SIGINT`).
    Rarely,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventModel {
    /// The event's name, or several that behave alike.
    pub name: Names,
    pub fires: Fires,
    /// Types of the listener's parameters; `""` where none is known.
    #[serde(default)]
    pub params: Vec<String>,
    /// How often the listener runs, as a region (`request` for a server's `request`). Default: `event`.
    pub runs: Option<Region>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    Many(Vec<String>),
}

impl Names {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Names::One(one) => std::slice::from_ref(one).iter(),
            Names::Many(many) => many.iter(),
        }
        .map(String::as_str)
    }
}

/// What stands under a property or a global's name.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Member {
    /// A type's name.
    Type(String),
    Full(MemberModel),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberModel {
    /// A type's name.
    #[serde(rename = "type")]
    pub of: String,
    /// The object lives this long, whatever its type says.
    pub lifetime: Option<Region>,
}

/// A function or method.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Type of the result.
    pub returns: Option<String>,
    /// Where the result comes from. Default: a fresh object.
    #[serde(default)]
    pub origin: Origin,
    /// Functions handed in, and how often they run.
    #[serde(default)]
    pub callbacks: Vec<Callback>,
    /// The call adds a listener.
    #[serde(default)]
    pub registers: Vec<Registers>,
    /// The call takes listeners away: all of one event (argument 0 names it), one listener, or every one.
    pub releases: Option<Releases>,
    /// The result takes the listener away when it is called, or when this member of it is (`dispose`, `unsubscribe`).
    pub disposer: Option<String>,
    /// The object ends with this call (`destroy`, `close`): its listeners go with it.
    #[serde(default)]
    pub ends: bool,
    /// The object goes back to its pool.
    #[serde(default)]
    pub hands_back: bool,
    /// Which argument is handed back (`pool.release(conn)`), where it is not the object itself.
    pub hands_back_arg: Option<usize>,
    pub source: Option<String>,
    pub example: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    #[default]
    Fresh,
    /// Out of a pool: seen before, and again after.
    Pooled,
    /// One object for all callers.
    Shared,
    /// The receiver itself (chaining).
    Receiver,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Which argument: 0-based, or -1 for the last function among them; -2 for each function among them.
    pub arg: i32,
    /// `once`: at most once a call, `now`: once, before the call returns, `many`: any number of times, or a region's name,
    /// when the function is an entry point (`request`, `connection`, `message`, `tick`, `render`, `mount`).
    pub runs: Runs,
    #[serde(default)]
    pub params: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    Now,
    Once,
    /// Before the call returns, once for each element (`forEach`).
    Each,
    Many,
    Server,
    Connection,
    Request,
    Message,
    Event,
    Tick,
    Render,
    Mount,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    /// The event, where the method fixes it (`setTimeout` adds `timeout`); else argument `event_arg` names it.
    pub event: Option<String>,
    pub event_arg: Option<usize>,
    /// Which argument is the listener (-1: the last); absent: the listener is the library's own (`pipe`).
    pub listener: Option<i32>,
    /// On which object: absent for the receiver, else the argument that is the emitter (`stream.finished(s)`).
    pub on_arg: Option<usize>,
    #[serde(default)]
    pub once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Releases {
    /// `(event, listener)`.
    Listener,
    /// `(event)`, or every event without one.
    All,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleModel {
    /// As it is required, without `node:`.
    pub name: String,
    /// The type of the module object itself or of its default export, where it is an object with a type.
    #[serde(rename = "type")]
    pub of: Option<String>,
    /// The module called as a function (`express()`).
    pub call: Option<Method>,
    /// Named exports that are functions.
    #[serde(default)]
    pub functions: BTreeMap<String, Method>,
    /// Named exports that are classes: name to type. `default` is the module itself, made with `new`.
    #[serde(default)]
    pub classes: BTreeMap<String, String>,
    /// Named exports that are objects.
    #[serde(default)]
    pub objects: BTreeMap<String, Member>,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// Evidence: a function with these parameter names (in this order, from the first) is called with these types.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub params: Vec<String>,
    /// How many parameters the function has at least and at most.
    pub types: Vec<String>,
    pub runs: Region,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// All packs, indexed.
#[derive(Debug, Default)]
pub struct Models {
    pub packs: Vec<Pack>,
}

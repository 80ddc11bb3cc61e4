//! The form of a pack: `rules/models/*.toml` as serde types. What a pack must not say is refused in [`super::check`].

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::findings::Region;

/// One file of `rules/models`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The package whose API this is, as it is installed (`ws`); `node` for Node's core, `dom` for browsers.
    pub library: String,
    /// Further packages of the same project, whose source the pack is not applied to either; `@scope/*` is every package of a scope.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Address of the manual; entries without a `source` of their own stand there. A project's own pack needs none.
    #[serde(default)]
    pub source: String,
    /// Of a project's own pack: the folder that `files` are below.
    #[serde(skip)]
    pub own: Option<Utf8PathBuf>,
    /// Emitters and other objects by type name.
    #[serde(default, rename = "type")]
    pub types: Vec<TypeModel>,
    /// What `require(name)` or `import ... from 'name'` gives, by module name (without `node:`).
    #[serde(default, rename = "module")]
    pub modules: Vec<ModuleModel>,
    /// Global variables (`process`, `document`): name to member.
    #[serde(default)]
    pub globals: BTreeMap<String, Member>,
    /// Global functions (`setTimeout`, `fetch`).
    #[serde(default)]
    pub global_functions: BTreeMap<String, Method>,
    /// Global classes, and names of types that are known without an import (`AbortSignal`, `NodeJS.ReadableStream`): name to type.
    #[serde(default)]
    pub global_classes: BTreeMap<String, String>,
    /// Parameter lists that tell a function's role: `(req, res, next)`.
    #[serde(default, rename = "shape")]
    pub shapes: Vec<Shape>,
    /// Functions that other packages make of one of these, and name after it.
    #[serde(default, rename = "hook")]
    pub hooks: Vec<Hook>,
    /// Functions that give an object of the page in a wrapper of the library's.
    #[serde(default, rename = "wrapper")]
    pub wrappers: Vec<Wrapper>,
    /// Decorators that make a method an entry point or tell how long the objects of a class live.
    #[serde(default, rename = "decorator")]
    pub decorators: Vec<Decorator>,
    /// Methods that a framework calls, and when in the life of the object.
    #[serde(default, rename = "lifecycle")]
    pub lifecycles: Vec<Lifecycle>,
    /// Files whose exports a framework calls, found by their place (`pages/api/**`).
    #[serde(default, rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One type of object.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeModel {
    pub name: String,
    /// The word for messages, where two types of the models are one for the reader (a keep-alive `net.Socket`).
    pub shown: Option<String>,
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
    /// Methods of the class itself (`AbortSignal.any`).
    #[serde(default)]
    pub statics: BTreeMap<String, Method>,
    /// What `new` does besides making the object: callbacks taken, listeners added to arguments.
    pub construct: Option<Method>,
    /// Properties that tell the state: `if (socket.connecting)` bounds what is registered under it.
    #[serde(default)]
    pub state_guards: Vec<String>,
    /// What an object of this type keeps in memory, in words for messages, where that is much (`a file's content`).
    pub holds: Option<String>,
    /// It holds more, the more comes in: it has no size of its own.
    #[serde(default)]
    pub grows: bool,
    /// Members that hardly any other object has: seeing one on an untyped value is evidence for this type.
    /// For a look-alike (kind `other`) it is evidence that its `.on` registers nothing.
    #[serde(default)]
    pub evidence: Vec<String>,
    pub source: Option<String>,
    /// Code that a test analyses: its variable `it` must be recognised as this type.
    pub example: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Emitter,
    Target,
    Other,
}

/// When an event fires in one life of its emitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventModel {
    /// The event's name, or several that behave alike; `*` is every event that is not named (a connection's messages by name).
    pub name: Names,
    pub fires: Fires,
    /// Types of the listener's parameters; `""` where none is known.
    #[serde(default)]
    pub params: Vec<String>,
    /// How often the listener runs, as a region (`request` for a server's `request`). Default: `event`.
    pub runs: Option<Region>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Member {
    /// A type's name.
    Type(String),
    Full(MemberModel),
}

impl Member {
    /// The type's name.
    pub fn of(&self) -> &str {
        match self {
            Member::Type(of) => of,
            Member::Full(full) => &full.of,
        }
    }

    /// Its own lifetime, whatever the type says.
    pub fn lifetime(&self) -> Option<Region> {
        match self {
            Member::Type(_) => None,
            Member::Full(full) => full.lifetime,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberModel {
    /// A type's name.
    #[serde(rename = "type")]
    pub of: String,
    /// The object lives this long, whatever its type says.
    pub lifetime: Option<Region>,
}

/// A function or method.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Type of the result.
    pub returns: Option<String>,
    /// Where the result comes from. Default: a fresh object.
    #[serde(default)]
    pub origin: Origin,
    /// The result is this argument (`source.pipe(target)`).
    pub returns_arg: Option<usize>,
    /// Types of its parameters, for a method that programs override or replace (`Agent.prototype.addRequest`).
    #[serde(default)]
    pub params: Vec<String>,
    /// How often the library calls such a method on one object.
    pub runs: Option<Runs>,
    /// Functions handed in, and how often they run.
    #[serde(default)]
    pub callbacks: Vec<Callback>,
    /// The call adds a listener.
    #[serde(default)]
    pub registers: Vec<Registers>,
    /// The call takes listeners away: all of one event (argument 0 names it), one listener, or every one.
    pub releases: Option<Releases>,
    /// The event that it releases, where the method fixes it (`unsubscribe(f)`).
    pub release_event: Option<String>,
    /// Which argument is the listener released. Default: 1, or 0 with `release_event`.
    pub release_arg: Option<usize>,
    /// The call takes away the listener whose registration gave this argument as its result (`unsubscribe(id)`).
    pub release_token: Option<usize>,
    /// The result takes the listener away when this member of it is called (`dispose`, `unsubscribe`); `""`: when it is called itself.
    pub disposer: Option<String>,
    /// The disposer is also put into the array that is this argument.
    pub disposer_into: Option<usize>,
    /// The object ends with this call (`destroy`, `close`): its listeners go with it.
    #[serde(default)]
    pub ends: bool,
    /// The object goes back to its pool.
    #[serde(default)]
    pub hands_back: bool,
    /// Which argument is handed back (`pool.release(conn)`), where it is not the object itself.
    pub hands_back_arg: Option<usize>,
    /// Which argument ends (`pool.destroy(resource)`), where it is not the object itself.
    pub ends_arg: Option<usize>,
    pub source: Option<String>,
    pub example: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    #[default]
    Fresh,
    /// Out of a pool: seen before, and again after.
    Pooled,
    /// One object for all callers.
    Shared,
    /// A new object at each call, that its maker keeps as long as it has listeners.
    Kept,
    /// The receiver itself (chaining).
    Receiver,
    /// What is around the receiver, and was there before (`element.closest('form')`).
    Around,
    /// One for each component: the same in all that the component's life calls (`useRef()`).
    Own,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Which argument: 0-based, or -1 for the last function among them; -2 for each function among them.
    pub arg: i32,
    /// The function is this member of the argument (`route({ handler })`), or of each element where the argument is an array. A dotted
    /// path goes deeper, and `*` in it is every member (`resolvers.*.*`).
    pub member: Option<Names>,
    /// Only where another argument is one of these strings (`addHook('onRequest', f)`).
    pub when: Option<When>,
    /// A function that declares this many parameters gets an error before the others (Express knows its error handlers so).
    pub error_first_at: Option<usize>,
    /// `once`: at most once a call, `now`: once, before the call returns, `many`: any number of times, or a region's name,
    /// when the function is an entry point (`request`, `connection`, `message`, `tick`, `render`, `mount`).
    pub runs: Runs,
    #[serde(default)]
    pub params: Vec<String>,
    /// What the function returns is called when that which it set up ends (an effect's clean-up, an observable's teardown),
    /// always before the function runs again for the same owner.
    #[serde(default)]
    pub returns_teardown: bool,
    /// The argument that lists the dependencies of an effect: `[]` runs it once per mount, a longer list again when one changes, none
    /// with every render.
    pub deps_arg: Option<usize>,
    /// The function runs at the end of the region that the call stands in (`onUnmounted(f)`): a release in it counts.
    #[serde(default)]
    pub at_end: bool,
}

/// A condition on a call: argument `arg` is one of these strings.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    pub arg: usize,
    pub is: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    /// The event, where the method fixes it (`setTimeout` adds `timeout`); else argument `event_arg` names it.
    pub event: Option<String>,
    pub event_arg: Option<usize>,
    /// Which argument is the listener (-1: the last); absent: the listener is the library's own (`pipe`).
    pub listener: Option<i32>,
    /// On which object: absent for the receiver, else the argument that is the emitter (`stream.finished(s)`).
    pub on_arg: Option<usize>,
    /// The emitter is this member of that argument (`createInterface({ input })`).
    pub on_member: Option<String>,
    #[serde(default)]
    pub once: bool,
    /// The library takes the listener away itself when the work that the call began is over.
    #[serde(default)]
    pub self_releasing: bool,
    /// The library takes the listener away when the receiver ends (`source.pipe(target)`): what never ends leaves it.
    #[serde(default)]
    pub until_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Releases {
    /// `(event, listener)`.
    Listener,
    /// `(event)`, or every event without one.
    All,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModuleModel {
    /// As it is required, without `node:`.
    pub name: String,
    /// In a project's own pack: files of the project whose exports this tells of, in place of what their source says. Globs over the path
    /// below the configuration's folder, as those of `entry`; `name` is then any name.
    #[serde(default)]
    pub files: Vec<String>,
    /// Other names under which the same module is installed.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The type of the module object itself or of its default export, where it is an object with a type.
    #[serde(rename = "type")]
    pub of: Option<String>,
    /// The module called as a function (`express()`).
    pub call: Option<Method>,
    /// Named exports that are functions. What they register without `on_arg` is on the module's own object (`type`).
    #[serde(default)]
    pub functions: BTreeMap<String, Method>,
    /// Named exports that are classes, interfaces or type aliases: name to type. `default` is the module itself, made with `new`.
    #[serde(default)]
    pub classes: BTreeMap<String, String>,
    /// Named exports that are objects.
    #[serde(default)]
    pub objects: BTreeMap<String, Member>,
    pub source: Option<String>,
    pub example: Option<String>,
}

impl ModuleModel {
    /// A function that the module exports. `default` is the module itself, as it is for those who import it so.
    pub fn function(&self, name: &str) -> Option<&Method> {
        self.functions.get(name).or_else(|| self.call.as_ref().filter(|_| name == "default"))
    }
}

/// Evidence: a function with these parameter names (in this order, from the first) is called with these types.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub params: Vec<String>,
    /// The parameters' types, in the same order; `""` where none is known.
    pub types: Vec<String>,
    pub runs: Region,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// A function of any module that no pack tells of, which does what one of the library's does: its name begins and ends so, and it is given
/// the same function and list (`useIsomorphicLayoutEffect(f, [])`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    pub begins: String,
    pub ends: String,
    /// The function that it is like, as `module#name`; one with a `deps_arg`, which has to be a list here.
    pub like: String,
    pub source: Option<String>,
    pub example: Option<String>,
}

impl Hook {
    /// The name begins and ends as the hook's do, with nothing of it in both.
    pub fn is_named(&self, name: &str) -> bool {
        name.len() >= self.begins.len() + self.ends.len() && name.starts_with(&self.begins) && name.ends_with(&self.ends)
    }
}

/// A function that puts what stands ready in every page into a wrapper, which lives as long and is one for all who ask: `$(document)`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wrapper {
    /// The names that it goes by, whichever module it is from; none that the program gives to a function of its own.
    pub names: Vec<String>,
    /// The type of the wrapper.
    #[serde(rename = "type")]
    pub of: String,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// A decorator (`@Get()`), as frameworks with dependency injection use them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decorator {
    /// As it is exported.
    pub name: Names,
    /// The modules that export it; a decorator of this name from elsewhere means nothing.
    pub modules: Vec<String>,
    /// On a method: how often the framework calls it.
    pub runs: Option<Runs>,
    /// On a method: types of its parameters.
    #[serde(default)]
    pub params: Vec<String>,
    /// On a class: how long its objects live.
    pub lifetime: Option<Region>,
    /// On a method: it is called at the object's end.
    #[serde(default)]
    pub teardown: bool,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// When a framework calls the methods of an object that the user's code defines.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Classes that extend one of these types.
    #[serde(default)]
    pub bases: Vec<String>,
    /// Classes that implement one of these interfaces (names as written).
    #[serde(default)]
    pub implements: Vec<String>,
    /// Object literals handed to one of these functions or constructors, `module#name` (`vue#defineComponent`) or `Global#name`
    /// (`AFRAME#registerComponent`).
    #[serde(default)]
    pub options_of: Vec<String>,
    /// The default export of files with one of these endings is such an object literal (`.vue`).
    #[serde(default)]
    pub files: Vec<String>,
    /// Members whose members are the object's own: `this` of a function in `methods: {...}` is the object around. An object literal that
    /// has one of them beside a life-cycle method is meant, wherever it goes.
    #[serde(default)]
    pub members_in: Vec<String>,
    /// An object literal that has a member of each of these lists is meant, wherever it goes.
    #[serde(default)]
    pub shape: Vec<Vec<String>>,
    /// Members whose members are the object's own too, each called again and again in its life, when the value of that name changes.
    #[serde(default)]
    pub watched_in: Vec<String>,
    /// The type of an object that is made from such an object literal: what `this` is in its functions.
    pub of: Option<String>,
    /// The teardown names are unmistakable: a class or object literal that has one is meant, whatever it extends.
    #[serde(default)]
    pub by_name: bool,
    /// How long such an object lives. Default: `instance`.
    pub lifetime: Option<Region>,
    /// Called once in the object's life.
    #[serde(default)]
    pub once: Vec<String>,
    /// Called again and again, and nothing is undone in between.
    #[serde(default)]
    pub many: Vec<String>,
    /// How often those of `many` are called, where a region says it.
    pub runs: Option<Runs>,
    /// Called at the end of the object's life.
    #[serde(default)]
    pub teardown: Vec<String>,
    /// `[set-up, teardown]`: may run again and again, but in turns (`connectedCallback`, `disconnectedCallback`).
    #[serde(default)]
    pub pairs: Vec<(String, String)>,
    pub source: Option<String>,
    pub example: Option<String>,
}

/// Files whose exports a framework calls.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Globs over the path below the package's root (in a project's own pack: the configuration's folder); `**` is any number of folders, `*` a part of one name, `{a,b}` either.
    pub files: Vec<String>,
    /// Names of the exports that are called (`default`, `GET`).
    pub exports: Vec<String>,
    /// The package has to depend on one of these; empty: no matter.
    #[serde(default)]
    pub depends: Vec<String>,
    pub runs: Runs,
    /// Types of the parameters.
    #[serde(default)]
    pub params: Vec<String>,
    pub source: Option<String>,
    pub example: Option<String>,
}

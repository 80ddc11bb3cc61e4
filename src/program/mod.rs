//! All facts linked: the questions that rules ask. The words are those of the calculus: values, runs, count, discharge.
//!
//! | part | question |
//! | --- | --- |
//! | `resolve` | which file does a specifier mean, what does a module export |
//! | `values`, `members`, `promises`, `down_level`, `spaces` | where does a value come from |
//! | `owners`, `class_helpers`, `families`, `fields` | whose member is a function, what extends what, which values does a field get |
//! | `types`, `written`, `uses` | what is an object, what is written of it, what does its use tell |
//! | `layers` | in which order are values, types and calls told |
//! | `calls`, `candidates`, `heads`, `public`, `starters` | what does a call run, what can users call, who starts a function and how often |
//! | `sites`, `releases`, `options`, `told`, `forwarders`, `endless` | which calls add listeners, which take them away, with what options, by what they are told, which pass one on, for what never ends |
//! | `lifts` | which helpers add or remove what they are given, at their calls |
//! | `observables`, `operators` | which functions of the program add and remove listeners by what they do with a list; what goes on as long as a subject |
//! | `guards`, `flags`, `marks`, `memberships`, `readiness` | which tests let a line run once, or before a state comes |
//! | `emissions` | how often does the program itself make an event happen |
//! | `runs`, `frameworks`, `components`, `loops`, `stages`, `patches` | how often does a function run, and within what |
//! | `count`, `instance`, `writes`, `bound`, `captured`, `gathering`, `foreign`, `signals`, `pools`, `markup`, `kept` | how often does a line run for one object |
//! | `reopened` | what is set up again because its end empties what it fills |
//! | `single` | what is done once in a program, though its function is there for all |
//! | `listwalk` | which functions that lead back to themselves go through a list, or down a tree |
//! | `cycles` | what is started again, what an element of a collection serves |
//! | `matching`, `mismatches`, `reach`, `paths`, `firing`, `alternatives`, `disposers`, `keepers` | does a release meet its registration, on every way, ever |
//! | `injected` | of what class is what a framework hands over |
//! | `latest` | which value has a variable at a call |
//! | `texts` | which names that are put together are one |
//! | `readings` | what becomes of a value within its file |
//! | `picked` | which lines of a function a call's constants leave out |
//! | `points` | where is a release run that stands in a closure |
//! | `openings` | what is told once, before the work begins |
//! | `rounds` | which ways lead back to a line, and past what |
//! | `queues` | which emitters let go of the listeners that they tell |
//! | `replaced` | what is put in the place of what still listens |
//! | `confined` | which listeners only the lines that add and remove them have |
//! | `misnamed` | which releases call a method that there is not |
//! | `lost` | which releases nothing runs, which clean-ups nobody gets |
//! | `siblings` | what was forgotten beside what is released |
//! | `outlived`, `ownership` | what does an object's end leave on what it was given, what is ended as one's own |
//! | `discharge` | what ends the obligation |
//! | `retains` | what does a listener keep alive |
//! | `sizes` | what is that, and how big |
//! | `raised` | which calls hide listeners that pile up |
//! | `remedies`, `settling` | what would have to change |
//! | `confidence` | how sure is it that the line is meant to run again |
//! | `obligation` | all of it, for the rules |

pub mod alternatives;
mod asked;
mod bound;
pub mod calls;
mod candidates;
mod captured;
mod class_helpers;
mod components;
mod confidence;
mod confined;
pub mod count;
mod cycles;
pub mod discharge;
pub mod disposers;
mod down_level;
mod emissions;
mod endless;
mod families;
mod fields;
pub mod firing;
mod flags;
pub mod foreign;
pub mod forwarders;
pub mod frameworks;
mod gathering;
pub mod guards;
mod heads;
mod indices;
mod injected;
pub mod instance;
pub mod keepers;
mod kept;
mod latest;
mod layers;
mod lifts;
pub mod listwalk;
mod loops;
mod lost;
mod made;
mod marks;
mod markup;
pub mod matching;
mod members;
mod memberships;
mod mismatches;
mod misnamed;
pub mod obligation;
mod observables;
mod openings;
mod operators;
mod options;
mod outlived;
pub mod owners;
mod ownership;
pub mod patches;
pub mod paths;
mod picked;
mod points;
pub mod pools;
mod promises;
mod public;
mod queues;
pub mod raised;
pub mod reach;
mod readiness;
mod readings;
pub mod releases;
pub mod remedies;
mod reopened;
mod replaced;
pub mod resolve;
pub mod retains;
mod rounds;
pub mod runs;
mod settling;
mod siblings;
pub mod signals;
mod single;
pub mod sites;
pub mod sizes;
mod spaces;
pub mod stages;
pub mod starters;
mod texts;
pub mod told;
pub mod types;
mod uses;
pub mod values;
mod walk;
mod writes;
mod written;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::*;
use crate::findings::{Range, Step};
use crate::models::{Models, View};

pub use owners::Owner;
pub use values::{Origin, PathKey, Root};

/// Finds the file that a specifier means.
pub trait Resolve: Sync {
    /// The absolute path of the source file that `specifier` means in `from`; none for core and absent modules.
    fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf>;
    /// The package around `file` shows it to its users (`exports`, `main`, `bin`, ...); none where there is no `package.json` above it (then
    /// everything exported is public).
    fn is_entry(&self, file: &Utf8Path) -> Option<bool>;
    /// The package lets its users load `file` as it does any file of that folder, and names other files for them.
    fn is_loose_entry(&self, file: &Utf8Path) -> bool;
    /// The package around `file` has commands (`bin`), and nothing that others could import.
    fn is_of_command(&self, file: &Utf8Path) -> bool;
    /// The name of the package around `file`.
    fn package(&self, file: &Utf8Path) -> Option<String>;
}

/// A thing of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At<T> {
    pub file: u32,
    pub id: T,
}

impl<T> At<T> {
    pub fn new(file: u32, id: T) -> At<T> {
        At { file, id }
    }

    /// Another thing of the same file.
    pub fn with<U>(self, id: U) -> At<U> {
        At { file: self.file, id }
    }
}

/// A function of the program.
pub type Fun = At<FunctionId>;
/// A call of the program.
pub type CallAt = At<CallId>;

/// A name, interned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sym(pub u32);

#[derive(Default)]
struct Interner {
    names: Vec<Rc<str>>,
    ids: FxHashMap<Rc<str>, Sym>,
}

/// Every file's facts, linked.
pub struct Program<'a> {
    pub files: Vec<Arc<FileFacts>>,
    pub models: &'a Models,
    /// What is known to this program's own source.
    pub view: View<'a>,
    /// The package has commands, and nothing that others could import: nobody but a command runs anything of it.
    of_command: bool,
    symbols: RefCell<Interner>,
    modules: resolve::Modules,
    layers: layers::Layers,
    owners: owners::Owners,
    fields: fields::Fields,
    this_given: FxHashMap<Fun, At<ValueId>>,
    calls: calls::CallGraph,
    weights: sizes::Weights,
    uses: RefCell<FxHashMap<u32, Rc<FxHashMap<Origin, uses::Uses>>>>,
    called_by_name: RefCell<FxHashMap<PathKey, bool>>,
    borrowed: std::cell::OnceCell<FxHashMap<PathKey, bool>>,
    misnamed: std::cell::OnceCell<Vec<CallAt>>,
    /// It writes markup into the page.
    markup: std::cell::OnceCell<bool>,
    /// How names begin and end that calls put together: `this[`on${event}`]()`.
    built_names: std::cell::OnceCell<Vec<(String, String, CallAt)>>,
    spaces: std::cell::OnceCell<spaces::Spaces>,
    emitted: std::cell::OnceCell<Option<FxHashSet<String>>>,
    outward: std::cell::OnceCell<FxHashSet<Root>>,
    hands_out_signals: std::cell::OnceCell<bool>,
    emissions: std::cell::OnceCell<FxHashMap<Rc<str>, Vec<CallAt>>>,
    emitted_again: RefCell<FxHashMap<emissions::Event, bool>>,
    /// Events of which it is being asked just now what makes them happen.
    emitting: RefCell<Vec<emissions::Asked>>,
    families: RefCell<FxHashMap<Owner, Rc<[Owner]>>>,
    starters: RefCell<FxHashMap<Fun, Rc<[starters::Starter]>>>,
    runs: RefCell<FxHashMap<runs::Goal, walk::Walk<Option<runs::Runs>>>>,
    /// Classes whose objects let go of what they tell.
    queues: RefCell<FxHashMap<Owner, bool>>,
    /// Members by name: does any file write one?
    written: RefCell<FxHashMap<Sym, bool>>,
    given_out: RefCell<FxHashMap<u32, Rc<FxHashSet<At<ValueId>>>>>,
    /// By function and what it is told: whether it adds nothing then.
    idle: RefCell<FxHashMap<(Fun, picked::Told), bool>>,
    /// By file: under which keys subjects are told something, or handed on.
    notified: RefCell<FxHashMap<u32, Rc<FxHashSet<PathKey>>>>,
    asked: RefCell<asked::Asked>,
    /// Registrations whose count met a limit; told as a problem.
    pub limited: Cell<u32>,
}

impl<'a> Program<'a> {
    /// Links the files. The order of `files` decides ids, so it must not depend on threads.
    pub fn link(files: Vec<Arc<FileFacts>>, resolve: &dyn Resolve, models: &'a Models) -> Program<'a> {
        let package = files.first().and_then(|f| resolve.package(&f.path));
        let of_command = files.first().is_some_and(|f| resolve.is_of_command(&f.path));
        let view = models.without(package.as_deref());
        let modules = resolve::Modules::link(&files, resolve);
        let calls = calls::CallGraph::of(files.len());
        let mut program = Program {
            files,
            models,
            view,
            symbols: RefCell::default(),
            modules,
            of_command,
            layers: layers::Layers::asking(layers::BARE),
            owners: owners::Owners::default(),
            fields: fields::Fields::default(),
            this_given: FxHashMap::default(),
            calls,
            weights: sizes::Weights::default(),
            uses: RefCell::default(),
            called_by_name: RefCell::default(),
            borrowed: std::cell::OnceCell::new(),
            misnamed: std::cell::OnceCell::new(),
            markup: std::cell::OnceCell::new(),
            built_names: std::cell::OnceCell::new(),
            spaces: std::cell::OnceCell::new(),
            emitted: std::cell::OnceCell::new(),
            hands_out_signals: std::cell::OnceCell::new(),
            outward: std::cell::OnceCell::new(),
            emissions: std::cell::OnceCell::new(),
            emitted_again: RefCell::default(),
            emitting: RefCell::default(),
            families: RefCell::default(),
            starters: RefCell::default(),
            queues: RefCell::default(),
            runs: RefCell::default(),
            written: RefCell::default(),
            given_out: RefCell::default(),
            idle: RefCell::default(),
            notified: RefCell::default(),
            asked: RefCell::default(),
            limited: Cell::new(0),
        };
        program.this_given = owners::this_given(&program);
        program.owners = owners::Owners::collect(&program);
        program.layers.ask(layers::FULL);
        program
    }

    /// Names of all events that the program emits; none when some emitted name is not constant.
    pub(super) fn emitted(&self) -> Option<&FxHashSet<String>> {
        self.emitted
            .get_or_init(|| {
                let mut out = FxHashSet::default();
                for c in self.calls_under(&["emit", "emitAsync", "dispatchEvent", "apply", "call"]) {
                    let Some((_, Key::Name(name))) = self.receiver(c) else { continue };
                    if matches!(name.as_str(), "apply" | "call")
                        && !matches!(self.receiver(c), Some((object, _)) if matches!(self.value(object), Value::Member(_, Key::Name(n)) if n == "emit"))
                    {
                        continue;
                    }
                    match self.call(c).args.first().map(|&a| self.value(c.with(a))) {
                        Some(Value::String(event)) if name == "emit" => {
                            out.insert(event.clone());
                        }
                        _ => return None,
                    }
                }
                Some(out)
            })
            .as_ref()
    }

    /// Some call names this member on an object that is not known.
    pub(super) fn is_called_by_name(&self, key: PathKey) -> bool {
        if let Some(&known) = self.called_by_name.borrow().get(&key) {
            return known;
        }
        let found = self.candidates().called_under(key).any(|c| {
            matches!(self.receiver(c), Some((_, Key::Name(name))) if PathKey::Name(self.sym(name)) == key)
                && self.functions_called(c).is_empty()
        }) || self.is_name_borrowed(key, false);
        self.called_by_name.borrow_mut().insert(key, found);
        found
    }

    /// Some call runs a member of this name for an object that it is told; `other`: which is not the one that it is written for.
    pub(super) fn is_name_borrowed(&self, key: PathKey, other: bool) -> bool {
        self.borrowed.get_or_init(|| self.names_borrowed()).get(&key).is_some_and(|&known| known || !other)
    }

    /// Names of methods that are called for an object that is told: `parent.end.call(this)`, and whether for another than `this`.
    fn names_borrowed(&self) -> FxHashMap<PathKey, bool> {
        let by = ["call", "apply"].map(|name| PathKey::Name(self.sym(name)));
        let mut out = FxHashMap::default();
        for c in by.into_iter().flat_map(|key| self.candidates().called_under(key)) {
            let Some((method, _)) = self.receiver(c) else { continue };
            if let Value::Member(_, Key::Name(name)) = self.value(method)
                && self.functions_called(c).is_empty()
            {
                let own = self.call(c).args.first().is_none_or(|&arg| matches!(self.value(c.with(arg)), Value::This(_)));
                *out.entry(PathKey::Name(self.sym(name))).or_insert(false) |= !own;
            }
        }
        out
    }

    pub fn sym(&self, name: &str) -> Sym {
        let mut symbols = self.symbols.borrow_mut();
        if let Some(&sym) = symbols.ids.get(name) {
            return sym;
        }
        let text: Rc<str> = name.into();
        let sym = Sym(symbols.names.len() as u32);
        symbols.names.push(text.clone());
        symbols.ids.insert(text, sym);
        sym
    }

    pub fn text(&self, sym: Sym) -> Rc<str> {
        self.symbols.borrow().names[sym.0 as usize].clone()
    }

    pub fn facts(&self, file: u32) -> &ModuleFacts {
        &self.files[file as usize].facts
    }

    pub fn fun(&self, f: Fun) -> &Function {
        &self.facts(f.file).functions[f.id.index()]
    }

    pub fn call(&self, c: CallAt) -> &Call {
        &self.facts(c.file).calls[c.id.index()]
    }

    pub fn assign(&self, a: At<AssignId>) -> &Assign {
        &self.facts(a.file).assigns[a.id.index()]
    }

    pub fn value(&self, v: At<ValueId>) -> &Value {
        &self.facts(v.file).values[v.id.index()]
    }

    pub fn block(&self, b: At<BlockId>) -> &Block {
        &self.facts(b.file).blocks[b.id.index()]
    }

    pub fn binding(&self, b: At<BindingId>) -> &Binding {
        &self.facts(b.file).bindings[b.id.index()]
    }

    pub fn class(&self, c: At<ClassId>) -> &Class {
        &self.facts(c.file).classes[c.id.index()]
    }

    pub fn call_position(&self, c: CallAt) -> CallPosition {
        self.files[c.file as usize].positions.calls[c.id.index()]
    }

    pub fn function_range(&self, f: Fun) -> Range {
        self.files[f.file as usize].positions.functions[f.id.index()]
    }

    /// The function a call stands in.
    pub fn function_of(&self, c: CallAt) -> Fun {
        c.with(self.call(c).function)
    }

    /// The function around a function.
    pub fn parent(&self, f: Fun) -> Option<Fun> {
        self.fun(f).parent.map(|p| f.with(p))
    }

    /// `f` and the functions around it, innermost first.
    pub fn chain(&self, f: Fun) -> Vec<Fun> {
        let mut out = vec![f];
        let mut at = f;
        while let Some(parent) = self.parent(at) {
            out.push(parent);
            at = parent;
        }
        out
    }

    /// The outermost function around a place that may run again: what is outside of it is the module.
    pub fn outermost(&self, f: Fun) -> Fun {
        self.chain(f).into_iter().rev().find(|&g| !self.fun(g).at_load).unwrap_or(f)
    }

    /// `inner` is `outer` or written in it.
    pub fn within(&self, inner: Fun, outer: Fun) -> bool {
        if inner.file != outer.file {
            return false;
        }
        let mut at = Some(inner);
        while let Some(f) = at {
            if f == outer {
                return true;
            }
            at = self.parent(f);
        }
        false
    }

    /// Every call of the program, in the order of files and text.
    pub fn all_calls(&self) -> impl Iterator<Item = CallAt> + '_ {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(file, facts)| (0..facts.facts.calls.len() as u32).map(move |id| At::new(file as u32, CallId(id))))
    }

    pub fn all_functions(&self) -> impl Iterator<Item = Fun> + '_ {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(file, facts)| (0..facts.facts.functions.len() as u32).map(move |id| At::new(file as u32, FunctionId(id))))
    }

    /// A function's name for people: `Queue.connect`, `handler`, or where it stands.
    pub fn function_name(&self, f: Fun) -> String {
        let function = self.fun(f);
        let owner = function.class.map(|c| self.class(f.with(c)).name.clone()).filter(|n| !n.is_empty());
        match (function.kind, owner) {
            (FunctionKind::Module, _) => "the module".to_owned(),
            (FunctionKind::Constructor, Some(owner)) => format!("new {owner}"),
            (FunctionKind::Initializer, Some(owner)) => format!("the fields of {owner}"),
            (_, Some(owner)) if !function.name.is_empty() => format!("{owner}.{}", function.name),
            _ if !function.name.is_empty() => match self.owner_of_function(f) {
                Some(Owner::Proto(constructor)) if constructor != f && !self.fun(constructor).name.is_empty() => {
                    format!("{}.{}", self.fun(constructor).name, function.name)
                }
                _ => function.name.clone(),
            },
            _ => format!("the function at line {}", self.function_range(f).start.line),
        }
    }

    /// The name chain of the functions around a place.
    pub fn scope_name(&self, f: Fun) -> String {
        let mut names: Vec<String> = self
            .chain(f)
            .into_iter()
            .filter(|&f| !self.fun(f).at_load && !self.fun(f).name.is_empty())
            .map(|f| self.fun(f).name.clone())
            .collect();
        names.reverse();
        names.join(".")
    }

    pub fn step_at(&self, file: u32, range: Range, message: impl Into<String>) -> Step {
        Step { message: message.into(), path: self.files[file as usize].path.clone(), range }
    }

    pub fn step_call(&self, c: CallAt, message: impl Into<String>) -> Step {
        self.step_at(c.file, self.call_position(c).name, message)
    }

    /// A step where a variable is declared.
    pub fn step_variable(&self, b: At<BindingId>, message: impl Into<String>) -> Step {
        self.step_at(b.file, self.files[b.file as usize].positions.bindings[b.id.index()], message)
    }

    pub fn step_function(&self, f: Fun, message: impl Into<String>) -> Step {
        let range = self.function_range(f);
        self.step_at(f.file, Range { start: range.start, end: range.start }, message)
    }

    /// The constant text of a value, through variables.
    pub fn constant(&self, v: At<ValueId>) -> Option<Rc<str>> {
        match self.value(v) {
            Value::String(text) => Some(text.as_str().into()),
            _ => {
                let origins = self.origins(v);
                match &*origins {
                    [Origin { root: Root::Const(sym), path }] if path.is_empty() => Some(self.text(*sym)),
                    // `'keyup' + SPACE`.
                    [Origin { root: Root::Unknown(_), .. }] => self.joined(&origins),
                    _ => None,
                }
            }
        }
    }
}

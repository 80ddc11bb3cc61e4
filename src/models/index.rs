//! All packs, indexed: the questions that the analysis asks of what is known.

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use super::entry::matches;
use super::{
    Decorator, Entry, EventModel, Fires, Hook, Kind, Lifecycle, Member, Method, ModuleModel, Origin, Pack, PackError, Registers, Releases,
    Shape, TypeModel, check,
};
use crate::findings::Region;

impl ModuleModel {
    /// The model says what this export is.
    pub fn tells_of(&self, export: &str) -> bool {
        let named = self.functions.contains_key(export) || self.classes.contains_key(export) || self.objects.contains_key(export);
        named || export == "default" && (self.call.is_some() || self.of.is_some())
    }
}

/// A type of some pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeIx(pub u32);

/// A pack, as the library it tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryIx(pub u32);

/// A type as a pack writes it: `net.Socket`, `net.Socket[]`, `Promise<net.Socket>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeUse {
    One(TypeIx),
    Array(Box<TypeUse>),
    Promise(Box<TypeUse>),
}

/// All packs, indexed.
#[derive(Debug, Default)]
pub struct Models {
    pub packs: Vec<Pack>,
    types: Vec<TypeEntry>,
    type_by_name: FxHashMap<String, TypeIx>,
    /// Name without `node:` to pack and position in it.
    modules: FxHashMap<String, (usize, usize)>,
    /// Name to pack.
    globals: FxHashMap<String, usize>,
    evidence: FxHashMap<String, Vec<TypeIx>>,
    ambient: FxHashSet<TypeIx>,
    /// Methods and functions of any type or module, by name.
    named: FxHashMap<String, Named>,
    /// Types of what functions of these names wrap objects of the page into.
    wrappers: FxHashMap<String, TypeIx>,
    /// Packs that have hooks.
    hooks: Vec<usize>,
}

/// What the methods and functions of one name may do, whosever they are: most calls can be told apart by their name.
#[derive(Debug, Default)]
pub struct Named {
    /// How they add listeners.
    pub registers: Vec<Registers>,
    /// How they take listeners away.
    pub releases: Vec<Release>,
    /// One of them gives back its receiver or an argument.
    pub gives_back: bool,
    /// One of them gives back something of a type.
    pub returns: bool,
}

/// How a method or function takes listeners away.
#[derive(Debug, Clone)]
pub struct Release {
    pub what: Releases,
    /// The event that it fixes; none: an argument names it, where it has one.
    pub event: Option<String>,
    /// The argument that is the listener, where it is another than the next one.
    arg: Option<usize>,
}

impl Release {
    /// What the model of a method says of it.
    pub fn of(method: &Method) -> Option<Release> {
        Some(Release { what: method.releases?, event: method.release_event.clone(), arg: method.release_arg })
    }

    /// Which argument is the listener.
    pub fn listener(&self) -> usize {
        self.arg.unwrap_or(if self.event.is_some() { 0 } else { 1 })
    }
}

/// Where a type stands, and what was worked out of it.
#[derive(Debug)]
struct TypeEntry {
    pack: usize,
    at: usize,
    /// Itself, then what it extends, nearest first, each once.
    line: Vec<TypeIx>,
    /// Its own events, by name.
    events: FxHashMap<String, usize>,
}

impl Models {
    /// Checks and indexes packs. All of their faults come back at once, in the order of the packs.
    pub fn new(packs: Vec<Pack>) -> Result<Models, Vec<PackError>> {
        let errors = check::check(&packs);
        if errors.is_empty() { Ok(Models::index(packs)) } else { Err(errors) }
    }

    /// These packs and further ones of a project.
    pub fn with(&self, further: &[Pack]) -> Result<Models, Vec<PackError>> {
        Models::new(self.packs.iter().chain(further).cloned().collect())
    }

    /// Indexes packs that were checked: names are unique, types are known, `extends` has no cycle.
    fn index(packs: Vec<Pack>) -> Models {
        let mut models = Models::default();
        for (p, pack) in packs.iter().enumerate() {
            for (at, model) in pack.types.iter().enumerate() {
                let ix = TypeIx(models.types.len() as u32);
                models.type_by_name.insert(model.name.clone(), ix);
                let events = model.events.iter().enumerate();
                let events = events.flat_map(|(e, event)| event.name.iter().map(move |name| (name.to_owned(), e))).collect();
                models.types.push(TypeEntry { pack: p, at, line: Vec::new(), events });
                for member in &model.evidence {
                    models.evidence.entry(member.clone()).or_default().push(ix);
                }
            }
            for (at, module) in pack.modules.iter().enumerate() {
                for name in std::iter::once(&module.name).chain(&module.aliases) {
                    models.modules.insert(name.clone(), (p, at));
                }
            }
            let names = pack.globals.keys().chain(pack.global_functions.keys()).chain(pack.global_classes.keys());
            models.globals.extend(names.map(|name| (name.clone(), p)));
        }
        for wrapper in packs.iter().flat_map(|pack| &pack.wrappers) {
            let of = models.type_by_name.get(&wrapper.of).copied();
            models.wrappers.extend(wrapper.names.iter().filter_map(|name| Some((name.clone(), of?))));
        }
        models.hooks = (0..packs.len()).filter(|&p| !packs[p].hooks.is_empty()).collect();
        models.packs = packs;
        for ix in 0..models.types.len() {
            let mut line = Vec::new();
            models.ancestors(TypeIx(ix as u32), &mut line);
            models.types[ix].line = line;
        }
        models.ambient = models.standing();
        models.named = models.names();
        models
    }

    /// Types of what stands ready in every program: globals and the objects of modules, and their lasting parts (`process.stdout`).
    fn standing(&self) -> FxHashSet<TypeIx> {
        let lasting = |member: &Member| member.lifetime() == Some(Region::Program);
        let mut members: Vec<&Member> = Vec::new();
        let mut out = FxHashSet::default();
        for pack in &self.packs {
            members.extend(pack.globals.values());
            for module in &pack.modules {
                members.extend(module.objects.values());
                out.extend(module.of.as_deref().and_then(|of| self.type_named(of)));
            }
        }
        while let Some(member) = members.pop() {
            if let Some(ix) = self.type_named(member.of())
                && out.insert(ix)
            {
                members.extend(self.model(ix).properties.values().filter(|member| lasting(member)));
            }
        }
        out.retain(|&ix| self.lifetime(ix) == Some(Region::Program));
        out
    }

    fn names(&self) -> FxHashMap<String, Named> {
        let mut names: FxHashMap<String, Named> = FxHashMap::default();
        for pack in &self.packs {
            let types = pack.types.iter().flat_map(|model| model.methods.iter().chain(&model.statics));
            let modules = pack.modules.iter().flat_map(|module| &module.functions);
            let methods = types.chain(modules).map(|(name, method)| (name.as_str(), method));
            // A module that is called is called by `default` where a compiler made a member of it.
            let called = pack.modules.iter().filter_map(|module| Some(("default", module.call.as_ref()?)));
            for (name, method) in methods.chain(called) {
                let named = names.entry(name.to_owned()).or_default();
                named.registers.extend(method.registers.iter().cloned());
                named.releases.extend(Release::of(method));
                named.gives_back |= method.origin == Origin::Receiver || method.returns_arg.is_some();
                named.returns |= method.returns.is_some();
            }
        }
        names
    }

    /// The type that a function of this name wraps an object of the page into.
    pub fn wrapper(&self, name: &str) -> Option<TypeIx> {
        self.wrappers.get(name).copied()
    }

    /// Some function wraps objects of the page into this type.
    pub fn is_wrapper(&self, ix: TypeIx) -> bool {
        self.wrappers.values().any(|&of| of == ix)
    }

    /// What a function of this name may do, of whatever module.
    pub fn hook(&self, name: &str) -> Option<&Hook> {
        self.hooks.iter().flat_map(|&p| &self.packs[p].hooks).find(|hook| hook.is_named(name))
    }

    /// What methods and functions of that name may do; none where no type or module has any.
    pub fn named(&self, name: &str) -> Option<&Named> {
        self.named.get(name)
    }

    /// There is one object of this type, or a few, and they live as long as the program (`process`, `document`).
    pub fn is_ambient(&self, ix: TypeIx) -> bool {
        self.ambient.contains(&ix)
    }

    /// A type and all it extends, depth first.
    fn ancestors(&self, ix: TypeIx, line: &mut Vec<TypeIx>) {
        if line.contains(&ix) {
            return;
        }
        line.push(ix);
        for parent in &self.model(ix).extends {
            self.ancestors(self.type_by_name[parent], line);
        }
    }

    fn entry(&self, ix: TypeIx) -> &TypeEntry {
        &self.types[ix.0 as usize]
    }

    /// The first answer of a type or of what it extends, nearest first.
    fn inherited<'a, T>(&'a self, ix: TypeIx, ask: impl Fn(&'a TypeModel) -> Option<T>) -> Option<T> {
        self.entry(ix).line.iter().find_map(|&ancestor| ask(self.model(ancestor)))
    }

    /// Every type, in the order of the packs.
    pub fn types(&self) -> impl Iterator<Item = TypeIx> {
        (0..self.types.len() as u32).map(TypeIx)
    }

    /// What the pack says of the type itself.
    pub fn model(&self, ix: TypeIx) -> &TypeModel {
        let entry = self.entry(ix);
        &self.packs[entry.pack].types[entry.at]
    }

    /// The type's name in packs.
    pub fn name(&self, ix: TypeIx) -> &str {
        &self.model(ix).name
    }

    /// The type's name in messages.
    pub fn shown(&self, ix: TypeIx) -> &str {
        let model = self.model(ix);
        model.shown.as_deref().unwrap_or(&model.name)
    }

    /// The type of exactly this name.
    pub fn type_named(&self, name: &str) -> Option<TypeIx> {
        self.type_by_name.get(name).copied()
    }

    /// A type as packs write it; none for `""` and unknown names.
    pub fn type_use(&self, written: &str) -> Option<TypeUse> {
        if let Some(element) = written.strip_suffix("[]") {
            return Some(TypeUse::Array(Box::new(self.type_use(element)?)));
        }
        if let Some(resolved) = written.strip_prefix("Promise<").and_then(|rest| rest.strip_suffix('>')) {
            return Some(TypeUse::Promise(Box::new(self.type_use(resolved)?)));
        }
        self.type_named(written).map(TypeUse::One)
    }

    /// What is known of an event: by its name, else what the type says of all its other events (`*`).
    pub fn event(&self, ix: TypeIx, name: &str) -> Option<&EventModel> {
        let named = |name: &str| {
            self.entry(ix).line.iter().find_map(|&ancestor| {
                let at = *self.entry(ancestor).events.get(name)?;
                Some(&self.model(ancestor).events[at])
            })
        };
        named(name).or_else(|| named("*"))
    }

    /// What is told of every event of the type, where nothing is told of one apart from the others.
    pub fn any_event(&self, ix: TypeIx) -> Option<&EventModel> {
        match &self.model(ix).events[..] {
            [event] if event.name.iter().eq(["*"]) => Some(event),
            _ => None,
        }
    }

    /// Most events of the type come rarely, or at its end: what is known only as one of them is presumed to.
    pub fn is_mostly_rare(&self, ix: TypeIx) -> bool {
        let (mut rare, mut other) = (0, 0);
        for event in self.entry(ix).line.iter().flat_map(|&ancestor| &self.model(ancestor).events) {
            let names = event.name.iter().count();
            match event.fires {
                Fires::Rarely | Fires::OnceLast => rare += names,
                _ => other += names,
            }
        }
        rare > other
    }

    pub fn property(&self, ix: TypeIx, name: &str) -> Option<&Member> {
        self.inherited(ix, |model| model.properties.get(name))
    }

    pub fn method(&self, ix: TypeIx, name: &str) -> Option<&Method> {
        self.inherited(ix, |model| model.methods.get(name))
    }

    /// A method of the class itself (`AbortSignal.any`).
    pub fn static_method(&self, ix: TypeIx, name: &str) -> Option<&Method> {
        self.inherited(ix, |model| model.statics.get(name))
    }

    /// What `new` does besides making the object.
    pub fn construct(&self, ix: TypeIx) -> Option<&Method> {
        self.inherited(ix, |model| model.construct.as_ref())
    }

    /// The type is `other` or extends it.
    pub fn is_a(&self, ix: TypeIx, other: TypeIx) -> bool {
        self.entry(ix).line.contains(&other)
    }

    pub fn kind(&self, ix: TypeIx) -> Kind {
        self.model(ix).kind
    }

    /// Its own lifetime, or that of what it extends.
    pub fn lifetime(&self, ix: TypeIx) -> Option<Region> {
        self.inherited(ix, |model| model.lifetime)
    }

    /// It or what it extends is handed out again after use.
    pub fn pooled(&self, ix: TypeIx) -> bool {
        self.inherited(ix, |model| model.pooled.then_some(())).is_some()
    }

    /// What such an object keeps in memory, where that is much, and whether it grows with the input.
    pub fn holds(&self, ix: TypeIx) -> Option<(&str, bool)> {
        self.inherited(ix, |model| model.holds.as_deref().map(|holds| (holds, model.grows)))
    }

    /// The property tells the state of such an object.
    pub fn state_guard(&self, ix: TypeIx, property: &str) -> bool {
        self.inherited(ix, |model| model.state_guards.iter().find(|guard| *guard == property)).is_some()
    }

    /// Types for which this member on an untyped value is evidence.
    pub fn types_by_evidence(&self, member: &str) -> &[TypeIx] {
        self.evidence.get(member).map_or(&[], Vec::as_slice)
    }

    /// The module of this name, with or without `node:`.
    pub fn module(&self, name: &str) -> Option<&ModuleModel> {
        self.module_entry(name).map(|(pack, at)| &self.packs[pack].modules[at])
    }

    fn module_entry(&self, name: &str) -> Option<(usize, usize)> {
        self.modules.get(name.strip_prefix("node:").unwrap_or(name)).copied()
    }

    /// A global variable.
    pub fn global(&self, name: &str) -> Option<&Member> {
        self.packs[*self.globals.get(name)?].globals.get(name)
    }

    /// A global function.
    pub fn global_function(&self, name: &str) -> Option<&Method> {
        self.packs[*self.globals.get(name)?].global_functions.get(name)
    }

    /// The type of a global class or of a type name that needs no import.
    pub fn global_class(&self, name: &str) -> Option<TypeIx> {
        self.type_named(self.packs[*self.globals.get(name)?].global_classes.get(name)?)
    }

    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.packs.iter().flat_map(|pack| &pack.shapes)
    }

    pub fn decorators(&self) -> impl Iterator<Item = &Decorator> {
        self.packs.iter().flat_map(|pack| &pack.decorators)
    }

    pub fn lifecycles(&self) -> impl Iterator<Item = &Lifecycle> {
        self.packs.iter().flat_map(|pack| &pack.lifecycles)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.packs.iter().flat_map(|pack| &pack.entries)
    }

    /// The project has packs of its own.
    pub fn has_own(&self) -> bool {
        self.packs.iter().any(|pack| pack.own.is_some())
    }

    /// All that the project's own packs say, as one text: equal texts make equal models.
    pub fn own_text(&self) -> String {
        self.packs.iter().filter(|pack| pack.own.is_some()).map(|pack| format!("{pack:?}")).collect()
    }

    /// What a project's own pack tells of the exports of a file (absolute).
    pub fn module_of_file(&self, file: &Utf8Path) -> Option<&ModuleModel> {
        self.packs.iter().find_map(|pack| {
            let below = file.strip_prefix(pack.own.as_ref()?).ok()?.as_str().replace('\\', "/");
            pack.modules.iter().find(|module| module.files.iter().any(|glob| matches(glob, &below)))
        })
    }

    /// What a project's own packs say of who calls the exports of a file (absolute).
    pub fn own_entries(&self, file: &Utf8Path) -> Vec<&Entry> {
        let own = self.packs.iter().filter_map(|pack| Some((pack, file.strip_prefix(pack.own.as_ref()?).ok()?)));
        own.flat_map(|(pack, below)| {
            let below = below.as_str().replace('\\', "/");
            pack.entries.iter().filter(move |entry| entry.is_at(&below))
        })
        .collect()
    }

    /// Names of methods that take listeners away, end their emitter, or hand it back. `end` is left out: `res.end(...)` stands all over
    /// a server, and tells nothing.
    pub fn releasing_names(&self) -> FxHashSet<&str> {
        let types = self.packs.iter().flat_map(|pack| &pack.types).flat_map(|model| &model.methods);
        let modules = self.packs.iter().flat_map(|pack| &pack.modules).flat_map(|module| &module.functions);
        let mut names = FxHashSet::default();
        for (name, method) in types.chain(modules) {
            names.extend(method.disposer.as_deref().filter(|disposer| !disposer.is_empty()));
            let gives_back = method.hands_back || method.hands_back_arg.is_some();
            let ends = method.ends || method.ends_arg.is_some();
            if method.releases.is_some() || method.release_token.is_some() || gives_back || ends {
                names.insert(name.as_str());
            }
        }
        names.remove("end");
        names
    }

    pub fn library_of(&self, ix: TypeIx) -> LibraryIx {
        LibraryIx(self.entry(ix).pack as u32)
    }

    pub fn library_of_module(&self, name: &str) -> Option<LibraryIx> {
        self.module_entry(name).map(|(pack, _)| LibraryIx(pack as u32))
    }

    pub fn pack(&self, library: LibraryIx) -> &Pack {
        &self.packs[library.0 as usize]
    }

    /// What is known to the source of `package`: all but what the packs say of that package itself.
    pub fn without(&self, package: Option<&str>) -> View<'_> {
        let own =
            self.packs.iter().enumerate().filter(|(_, pack)| pack.own.is_none() && package.is_some_and(|package| pack.is_of(package)));
        View { models: self, own: own.map(|(p, _)| p).collect() }
    }
}

/// The models as the source of one package sees them: the packs that tell of this package are left out wherever a type, module or
/// shape is *found*. A type once found is asked through [`Models`].
#[derive(Debug, Clone)]
pub struct View<'a> {
    pub models: &'a Models,
    /// Packs left out; hardly ever more than one.
    own: Vec<usize>,
}

impl<'a> View<'a> {
    fn sees(&self, pack: usize) -> bool {
        !self.own.contains(&pack)
    }

    pub fn sees_type(&self, ix: TypeIx) -> bool {
        self.sees(self.models.entry(ix).pack)
    }

    pub fn type_named(&self, name: &str) -> Option<TypeIx> {
        self.models.type_named(name).filter(|&ix| self.sees_type(ix))
    }

    pub fn module(&self, name: &str) -> Option<&'a ModuleModel> {
        let (pack, at) = self.models.module_entry(name)?;
        self.sees(pack).then(|| &self.models.packs[pack].modules[at])
    }

    /// What a function of this name does, of a module that no pack tells of.
    pub fn hook(&self, name: &str) -> Option<&'a Method> {
        let (module, like) = self.models.hook(name)?.like.split_once('#')?;
        self.module(module)?.function(like)
    }

    pub fn types_by_evidence(&self, member: &str) -> impl Iterator<Item = TypeIx> {
        self.models.types_by_evidence(member).iter().copied().filter(|&ix| self.sees_type(ix))
    }

    fn packs(&self) -> impl Iterator<Item = &'a Pack> {
        self.models.packs.iter().enumerate().filter(|(p, _)| self.sees(*p)).map(|(_, pack)| pack)
    }

    pub fn shapes(&self) -> impl Iterator<Item = &'a Shape> {
        self.packs().flat_map(|pack| &pack.shapes)
    }

    pub fn decorators(&self) -> impl Iterator<Item = &'a Decorator> {
        self.packs().flat_map(|pack| &pack.decorators)
    }

    pub fn lifecycles(&self) -> impl Iterator<Item = &'a Lifecycle> {
        self.packs().flat_map(|pack| &pack.lifecycles)
    }

    pub fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.packs().flat_map(|pack| &pack.entries)
    }
}

//! From a path in a log to a file on disk: of the project, or of a dependency of it. Nothing else is ever read.

use std::cell::RefCell;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use crate::findings::Problem;
use crate::source::sourcemap::{Map, Where, locate, reference};

/// A larger file is not read for its text.
const LARGEST: u64 = 64 << 20;
/// Texts that are kept.
const MOST_TEXTS: usize = 256;
/// Folders above a root in which a hoisted `node_modules` is looked for.
const ABOVE: usize = 6;

/// `--map FROM=TO`: what lay at FROM on the machine that logged lies at TO here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathMapping {
    pub from: String,
    /// Absolute.
    pub to: Utf8PathBuf,
}

impl PathMapping {
    /// Reads the option's value; `working` is the folder that a relative TO is meant against.
    pub fn parse(text: &str, working: &Utf8Path) -> Result<PathMapping, String> {
        match text.rsplit_once('=') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok(PathMapping { from: clean(from), to: lexical(&working.join(to)) }),
            _ => Err(format!("--map wants FROM=TO, not {text:?}")),
        }
    }
}

/// The project's files, for finding what a log names.
pub struct Places {
    roots: Vec<Root>,
    mappings: Vec<PathMapping>,
    by_name: FxHashMap<String, Vec<Utf8PathBuf>>,
    texts: RefCell<FxHashMap<Utf8PathBuf, Option<Rc<str>>>>,
    maps: RefCell<FxHashMap<Utf8PathBuf, Option<Rc<Map>>>>,
    found: RefCell<FxHashMap<String, Option<Found>>>,
    problems: RefCell<Vec<Problem>>,
}

struct Root {
    path: Utf8PathBuf,
    /// With links resolved.
    real: Utf8PathBuf,
    /// The folder's name, and the package's.
    names: Vec<String>,
    /// Folders above that hold `node_modules`, links resolved.
    hoisted: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

/// A file that a log's path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: Utf8PathBuf,
    /// Only its name speaks for it: to be believed where the line looks like a registration.
    pub weak: bool,
}

impl Places {
    /// `roots` are the project's folders (absolute); `files` its sources, as far as they are known.
    pub fn new(roots: &[Utf8PathBuf], files: &[Utf8PathBuf], mappings: Vec<PathMapping>) -> Places {
        let mut all: Vec<Root> = Vec::new();
        for path in roots.iter().chain(mappings.iter().map(|mapping| &mapping.to)) {
            let path = if path.is_file() { path.parent().unwrap_or(path).to_owned() } else { path.clone() };
            if all.iter().any(|root| root.path == path) {
                continue;
            }
            let Ok(real) = path.canonicalize_utf8() else { continue };
            let mut names: Vec<String> = real.file_name().map(str::to_owned).into_iter().collect();
            names.extend(package_name(&path));
            let hoisted = real.ancestors().skip(1).take(ABOVE).filter_map(|above| {
                let folder = above.join("node_modules");
                let inside = folder.canonicalize_utf8().ok()?;
                // A link to elsewhere is not followed.
                inside.starts_with(above).then(|| (above.to_owned(), inside))
            });
            let hoisted = hoisted.collect();
            all.push(Root { path, real, names, hoisted });
        }
        let mut by_name: FxHashMap<String, Vec<Utf8PathBuf>> = FxHashMap::default();
        for file in files {
            if let Some(name) = file.file_name() {
                by_name.entry(name.to_owned()).or_default().push(file.clone());
            }
        }
        Places {
            roots: all,
            mappings,
            by_name,
            texts: RefCell::default(),
            maps: RefCell::default(),
            found: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    /// What could not be read on the way: broken and missing source maps.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.borrow().clone();
        problems.sort();
        problems.dedup();
        problems
    }

    /// A path as a person reads it: below its root.
    pub fn shown<'a>(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        self.roots.iter().find_map(|root| path.strip_prefix(&root.path).ok()).unwrap_or(path)
    }

    /// The file that a path of a log means.
    pub fn find(&self, told: &str) -> Option<Found> {
        if told.len() > 4_096 || told.contains('\0') {
            return None;
        }
        if let Some(known) = self.found.borrow().get(told) {
            return known.clone();
        }
        let found = self.search(told);
        let mut known = self.found.borrow_mut();
        if known.len() > 65_536 {
            known.clear();
        }
        known.insert(told.to_owned(), found.clone());
        found
    }

    fn search(&self, told: &str) -> Option<Found> {
        let path = clean(told);
        for mapping in &self.mappings {
            if let Some(rest) = path.strip_prefix(&mapping.from)
                && (rest.is_empty() || rest.starts_with('/') || mapping.from.ends_with('/'))
            {
                let here = lexical(&mapping.to.join(rest.trim_start_matches('/')));
                if self.may_read(&here) {
                    return Some(Found { path: here, weak: false });
                }
            }
        }
        let absolute = lexical(Utf8Path::new(&path));
        if absolute.is_absolute() && self.may_read(&absolute) {
            return Some(Found { path: absolute, weak: false });
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return None;
        }
        self.by_suffix(&parts).or_else(|| self.by_index(&parts))
    }

    /// The longest end of the path that is a file below a root.
    fn by_suffix(&self, parts: &[&str]) -> Option<Found> {
        let last_modules = parts.iter().rposition(|part| *part == "node_modules");
        let mut best: Option<(usize, Found)> = None;
        for root in &self.roots {
            // The analysed package may itself have been a dependency where the log was written.
            let package = last_modules.map(|at| package_end(parts, at));
            for start in 0..parts.len() {
                let inside = match (last_modules, package) {
                    (Some(modules), _) if start <= modules => true,
                    (Some(modules), Some(end)) => start == end && root.names.contains(&parts[modules + 1..end].join("/")),
                    _ => true,
                };
                if !inside {
                    continue;
                }
                let rest = parts[start..].join("/");
                let here = root.path.join(&rest);
                let named = start > 0 && root.names.iter().any(|name| name == parts[start - 1]);
                let strength = (parts.len() - start) * 2 + usize::from(named);
                if best.as_ref().is_some_and(|(known, _)| *known >= strength) {
                    break;
                }
                if self.may_read(&here) {
                    let weak = parts.len() - start == 1 && !named && start > 0;
                    best = Some((strength, Found { path: here, weak }));
                    break;
                }
            }
            if let Some(modules) = last_modules
                && best.is_none()
            {
                let rest = parts[modules + 1..].join("/");
                let hoisted = root.hoisted.iter().map(|(above, _)| above.join("node_modules").join(&rest)).find(|here| self.may_read(here));
                best = hoisted.map(|path| (0, Found { path, weak: false }));
            }
        }
        best.map(|(_, found)| found)
    }

    /// A known source whose path ends as the told one does, where one ends so best.
    fn by_index(&self, parts: &[&str]) -> Option<Found> {
        let (name, folders) = parts.split_last()?;
        if parts.contains(&"node_modules") {
            return None;
        }
        let files = self.by_name.get(*name)?;
        let shared = |file: &Utf8PathBuf| {
            let there: Vec<&str> = file.parent().map(|folder| folder.as_str().split('/').collect()).unwrap_or_default();
            there.iter().rev().zip(folders.iter().rev()).take_while(|(one, other)| one == other).count()
        };
        let most = files.iter().map(shared).max()?;
        let mut best = files.iter().filter(|file| shared(file) == most);
        let (first, second) = (best.next()?, best.next());
        if second.is_some() || !self.may_read(first) {
            return None;
        }
        Some(Found { path: first.clone(), weak: most == 0 })
    }

    /// Whether a path is a file of the project or of a dependency, links resolved.
    pub fn may_read(&self, path: &Utf8Path) -> bool {
        if !path.is_file() {
            return false;
        }
        let Ok(real) = path.canonicalize_utf8() else { return false };
        self.roots.iter().any(|root| real.starts_with(&root.real) || root.hoisted.iter().any(|(_, inside)| real.starts_with(inside)))
    }

    /// The text of a file of the project or of a dependency.
    pub fn text(&self, path: &Utf8Path) -> Option<Rc<str>> {
        if let Some(known) = self.texts.borrow().get(path) {
            return known.clone();
        }
        let fits = self.may_read(path) && std::fs::metadata(path).is_ok_and(|meta| meta.len() <= LARGEST);
        let text = fits.then(|| std::fs::read(path).ok()).flatten().map(|bytes| Rc::from(String::from_utf8_lossy(&bytes).as_ref()));
        let mut texts = self.texts.borrow_mut();
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert(path.to_owned(), text.clone());
        text
    }

    /// A generated file's source map. A broken, missing or foreign one is a problem, told once.
    pub fn map(&self, path: &Utf8Path) -> Option<Rc<Map>> {
        if let Some(known) = self.maps.borrow().get(path) {
            return known.clone();
        }
        let map = match self.load_map(path) {
            Ok(map) => map.map(Rc::new),
            Err(message) => {
                self.problems.borrow_mut().push(Problem { path: path.to_owned(), message });
                None
            }
        };
        let mut maps = self.maps.borrow_mut();
        if maps.len() >= MOST_TEXTS {
            maps.clear();
        }
        maps.insert(path.to_owned(), map.clone());
        map
    }

    fn load_map(&self, path: &Utf8Path) -> Result<Option<Map>, String> {
        let Some(text) = self.text(path) else { return Ok(None) };
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        let Some(told) = reference(&text) else {
            // esbuild's `--sourcemap=external` and webpack's `hidden-source-map` write the map and no comment.
            let beside = Utf8PathBuf::from(format!("{path}.map"));
            return if self.may_read(&beside) { self.map_file(&beside).map(Some) } else { Ok(None) };
        };
        match locate(told)? {
            Where::Here(bytes) => Map::decode(&bytes, folder).map(Some),
            Where::Elsewhere(_) => Err("the source map is an address on the network; it is not fetched".to_owned()),
            Where::File(name) => {
                let file = lexical(&folder.join(name.replace('\\', "/")));
                if !file.is_file() {
                    return Err(format!("its source map is missing: {}", file.file_name().unwrap_or("?")));
                }
                if !self.may_read(&file) {
                    return Err("its source map lies outside the project; it is not read".to_owned());
                }
                self.map_file(&file).map(Some)
            }
        }
    }

    fn map_file(&self, file: &Utf8Path) -> Result<Map, String> {
        let fits = std::fs::metadata(file).is_ok_and(|meta| meta.len() <= crate::source::sourcemap::LARGEST as u64);
        if !fits {
            return Err("its source map is too large".to_owned());
        }
        let bytes = std::fs::read(file).map_err(|error| format!("its source map cannot be read: {error}"))?;
        Map::decode(&bytes, file.parent().unwrap_or(Utf8Path::new("/")))
    }
}

/// Where in the parts the package's name behind `node_modules` ends.
fn package_end(parts: &[&str], modules: usize) -> usize {
    let scoped = parts.get(modules + 1).is_some_and(|name| name.starts_with('@'));
    (modules + if scoped { 3 } else { 2 }).min(parts.len())
}

fn package_name(folder: &Utf8Path) -> Option<String> {
    let file = folder.join("package.json");
    if std::fs::metadata(&file).ok()?.len() > 1 << 20 {
        return None;
    }
    let value: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
    Some(value.get("name")?.as_str()?.to_owned())
}

/// A log's path with `/`, without a URL's scheme and query, a drive, a bundler's marks.
fn clean(told: &str) -> String {
    let mut path = told.replace('\\', "/");
    if let Some((scheme, rest)) = path.split_once("://")
        && !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))
    {
        // `webpack://name/./src/a.ts?05c0`, `webpack-internal:///./src/a.ts`, `turbopack:///[project]/a.ts`.
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let rest = rest.split_once('/').map_or(rest, |(_, rest)| rest);
        let rest = rest.trim_start_matches("(rsc)/").trim_start_matches("(ssr)/").trim_start_matches("[project]/");
        path = super::frame::percent_decode(rest).trim_start_matches("./").to_owned();
        // Webpack names what lies above its folder `webpack:///../src/a.ts`.
        while let Some(rest) = path.strip_prefix("../") {
            path = rest.to_owned();
        }
    }
    let bytes = path.as_bytes();
    if bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/' {
        path = path[2..].to_owned();
    }
    path
}

/// A path with `.` and `..` resolved by its text alone.
pub fn lexical(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            camino::Utf8Component::CurDir => {}
            camino::Utf8Component::ParentDir => {
                out.pop();
            }
            other => out.push(other.as_str()),
        }
    }
    out
}

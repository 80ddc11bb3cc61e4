//! What a `package.json` says of its package: its name, and which files its users can load.

use std::fs;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use serde_json::Value;

/// The files of a program, by path and by what their paths begin with.
#[derive(Debug, Default)]
pub struct Files {
    /// In the order of their texts.
    paths: Vec<Utf8PathBuf>,
    there: FxHashSet<String>,
}

impl Files {
    pub fn new(mut paths: Vec<Utf8PathBuf>) -> Files {
        paths.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        let there = paths.iter().map(|path| path.as_str().to_owned()).collect();
        Files { paths, there }
    }

    pub fn contains(&self, path: &Utf8Path) -> bool {
        self.there.contains(path.as_str())
    }

    /// Those whose text begins with `before`.
    fn under(&self, before: &str) -> impl Iterator<Item = &Utf8PathBuf> {
        let start = self.paths.partition_point(|path| path.as_str() < before);
        self.paths[start..].iter().take_while(move |path| path.as_str().starts_with(before))
    }
}

/// A package on disk.
#[derive(Debug)]
pub struct Package {
    /// Where its `package.json` stands.
    pub folder: Utf8PathBuf,
    pub name: Option<String>,
    /// Where its users enter: specifiers relative to the folder, `*` standing for any text.
    targets: Vec<String>,
    /// What the package has run (`bin`): nobody imports it.
    scripts: Vec<String>,
    /// The user may load any file (`exports` is absent), so that `main` has its default.
    open: bool,
    /// It does not say what its main file is: that is the index.
    unnamed: bool,
}

impl Package {
    /// Reads `folder/package.json`; none where there is none that is an object, or where it only tells Node how to read the files
    /// of a folder (`{"type": "commonjs"}` in a build folder), and the package is the one around.
    pub fn read(folder: &Utf8Path) -> Option<Package> {
        let text = fs::read_to_string(folder.join("package.json")).ok()?;
        let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let json = json.as_object()?;
        if json.contains_key("type") && !PACKAGE.iter().any(|field| json.contains_key(*field)) {
            return None;
        }
        let mut targets = Vec::new();
        for field in ["main", "module", "browser", "exports", "types", "typings", "jsnext:main", "react-native", "source"] {
            match json.get(field) {
                // What stands in place of what, where there is no Node; most of it is not for users.
                Some(Value::Object(instead)) if matches!(field, "browser" | "react-native") => {
                    let main = json.get("main").and_then(Value::as_str).unwrap_or("index.js");
                    let same = |path: &str| strip_extension(&path.replacen("./", "", 1)) == strip_extension(&main.replacen("./", "", 1));
                    instead.iter().filter(|(path, _)| same(path)).for_each(|(_, value)| collect(value, &mut targets));
                }
                Some(value) => collect(value, &mut targets),
                None => {}
            }
        }
        let mut scripts = Vec::new();
        if let Some(value) = json.get("bin") {
            collect(value, &mut scripts);
        }
        let name = json.get("name").and_then(Value::as_str).map(str::to_owned);
        let open = json.get("exports").is_none_or(Value::is_null);
        let unnamed = open && !["main", "module"].iter().any(|field| json.contains_key(*field));
        Some(Package { folder: folder.to_owned(), name, targets, scripts, open, unnamed })
    }

    /// It has `bin`.
    pub fn has_commands(&self) -> bool {
        !self.scripts.is_empty()
    }

    /// The files that only a pattern of `exports` (`"./dist/*"`) lets users load, where others have a name there: any file of a folder,
    /// meant for users or not.
    pub fn loose_entries(&self, files: &Files) -> FxHashSet<Utf8PathBuf> {
        let (patterns, named): (Vec<_>, Vec<_>) = self.targets.iter().cloned().partition(|target| target.contains('*'));
        if patterns.is_empty() || named.is_empty() {
            return FxHashSet::default();
        }
        let of = |targets| {
            Package { folder: self.folder.clone(), name: self.name.clone(), targets, scripts: Vec::new(), open: false, unnamed: false }
                .entries(files)
        };
        let named = of(named);
        if named.is_empty() { named } else { of(patterns).difference(&named).cloned().collect() }
    }

    /// The files that users of the package enter by, among `files`. A built entry brings the source that it was built from where that can
    /// be told.
    pub fn entries(&self, files: &Files) -> FxHashSet<Utf8PathBuf> {
        let mut entries = FxHashSet::default();
        for target in &self.targets {
            let candidates = candidates(target);
            // The target itself, and the first place that has its source.
            for several in [&candidates[..1], &candidates[1..]] {
                let found = several.iter().map(|candidate| self.files_of(candidate, files)).find(|found| !found.is_empty());
                entries.extend(found.unwrap_or_default());
            }
        }
        if !entries.iter().any(|entry| entry.strip_prefix(&self.folder).is_ok_and(|inside| SOURCES.iter().any(|s| inside.starts_with(s)))) {
            entries.extend(self.source(files));
        }
        if self.unnamed || self.open && entries.is_empty() {
            entries.extend(self.file("index", files));
        }
        entries
    }

    /// The source of entries that are built under another name: `src/x.js` of `dist/x.umd.min.js`, of a package `x-js`, or the index.
    fn source(&self, files: &Files) -> Option<Utf8PathBuf> {
        let stem = |target: &String| {
            let name = target.rsplit('/').next().unwrap_or(target);
            name.split('.').next().unwrap_or(name).to_owned()
        };
        let name = self.name.as_deref().map(|name| name.rsplit('/').next().unwrap_or(name));
        let short = name.and_then(|name| name.strip_suffix("js")).map(|name| name.trim_end_matches(['-', '.', '_']));
        let mut stems: Vec<String> =
            self.targets.iter().chain(&self.scripts).filter(|t| !t.contains('*')).map(stem).filter(|stem| !stem.is_empty()).collect();
        stems.extend([name, short, Some("index"), Some("main")].into_iter().flatten().map(str::to_owned));
        SOURCES
            .iter()
            .flat_map(|folder| stems.iter().map(move |stem| format!("{folder}/{stem}")))
            .find_map(|source| self.file(&source, files))
    }

    /// What the package's name alone means.
    pub fn main(&self, files: &Files) -> Option<Utf8PathBuf> {
        let targets = self.targets.iter().chain(&self.scripts).filter(|target| !target.contains('*')).flat_map(|target| candidates(target));
        targets.chain(["index".to_owned(), "src/index".to_owned()]).find_map(|candidate| self.file(&candidate, files))
    }

    /// What `name/inside` means, as far as the names of files tell.
    pub fn subpath(&self, inside: &str, files: &Files) -> Option<Utf8PathBuf> {
        let built = BUILT.iter().map(|folder| format!("{folder}/{inside}"));
        candidates(inside).into_iter().chain([format!("src/{inside}")]).chain(built).find_map(|candidate| self.file(&candidate, files))
    }

    /// The file that `target` means: itself, with an extension in place of or behind its own, or the index of a folder.
    fn file(&self, target: &str, files: &Files) -> Option<Utf8PathBuf> {
        let path = normalize(&self.folder.join(target));
        let mut spellings = vec![path.clone()];
        let bare = Utf8PathBuf::from(strip_extension(path.as_str()));
        for base in [&path, &bare, &path.join("index")] {
            spellings.extend(super::EXTENSIONS.iter().map(|extension| Utf8PathBuf::from(format!("{base}.{extension}"))));
        }
        spellings.into_iter().find(|spelling| files.contains(spelling))
    }

    /// The files that a target means, `*` in it standing for any text.
    fn files_of(&self, target: &str, files: &Files) -> Vec<Utf8PathBuf> {
        let Some((before, after)) = target.split_once('*') else { return self.file(target, files).into_iter().collect() };
        // A letter in the star's place keeps the slash before it.
        let before = normalize(&self.folder.join(format!("{before}x")));
        let before = before.as_str().strip_suffix('x').unwrap_or_default();
        let after = strip_extension(after);
        let matches = |file: &&Utf8PathBuf| {
            let star = &file.as_str()[before.len()..];
            !star.contains("node_modules/") && strip_extension(star).ends_with(after)
        };
        files.under(before).filter(matches).cloned().collect()
    }
}

/// Every string in a field: the conditions of `exports`, the names of `bin`. Only relative files are targets; `null` and `false` are not.
fn collect(value: &Value, targets: &mut Vec<String>) {
    match value {
        Value::String(target) if !target.ends_with(".json") && !target.ends_with(".css") => targets.push(target.clone()),
        Value::Array(several) => several.iter().for_each(|value| collect(value, targets)),
        Value::Object(map) => map.values().for_each(|value| collect(value, targets)),
        _ => {}
    }
}

/// Fields of which a package's own `package.json` has at least one. (`name` is not among them: some builds repeat it.)
const PACKAGE: [&str; 8] = ["version", "main", "module", "exports", "bin", "dependencies", "devDependencies", "scripts"];

/// Folders that build steps write to.
const BUILT: [&str; 16] = [
    "dist",
    "lib",
    "build",
    "out",
    "output",
    "esm",
    "cjs",
    "es",
    "es6",
    "commonjs",
    "umd",
    "dist-cjs",
    "dist-es",
    "distribution",
    "types",
    "node",
];

/// Folders of sources, beside what is built from them.
const SOURCES: [&str; 2] = ["src", "source"];

/// A target and the sources that it may have been built from: `dist/esm/index.mjs` from `src/index.ts` or `src/esm/index.ts`.
fn candidates(target: &str) -> Vec<String> {
    let target = target.trim_start_matches("./").to_owned();
    let mut parts: Vec<&str> = target.split('/').collect();
    let mut candidates = vec![target.clone()];
    while parts.len() > 1 && BUILT.contains(&parts[0]) {
        parts.remove(0);
        candidates.extend(["src", "source", "lib"].map(|source| format!("{source}/{}", parts.join("/"))));
        candidates.push(parts.join("/"));
    }
    candidates
}

/// Without `.js`, `.d.ts` and the like.
fn strip_extension(path: &str) -> &str {
    let path = path.strip_suffix(".map").unwrap_or(path);
    match path.rsplit_once('.') {
        Some((stem, extension)) if super::EXTENSIONS.contains(&extension) => stem.strip_suffix(".d").unwrap_or(stem),
        _ => path,
    }
}

/// Without `.` and `..`, by the text alone.
pub(super) fn normalize(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(json: &str, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::write(root.join("package.json"), json).expect("written");
        let files = Files::new(files.iter().map(|file| root.join(file)).collect());
        let entries = Package::read(root).expect("a package").entries(&files);
        let mut entries: Vec<_> = entries.iter().map(|entry| entry.strip_prefix(root).expect("inside").to_string()).collect();
        entries.sort();
        entries
    }

    #[test]
    fn a_folder_that_only_names_its_module_system_is_no_package() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::write(root.join("package.json"), r#"{"name":"a","type":"commonjs","sideEffects":false}"#).expect("written");
        assert!(Package::read(root).is_none());
    }

    #[test]
    fn entries_of_a_package() {
        assert_eq!(entries("{}", &["index.js", "lib/a.js"]), ["index.js"]);
        assert_eq!(entries(r#"{"main":"lib"}"#, &["index.js", "lib/index.js"]), ["lib/index.js"]);
        assert_eq!(entries(r#"{"main":"./lib/a"}"#, &["index.js", "lib/a.js"]), ["lib/a.js"]);
        assert_eq!(entries(r#"{"main":"dist/index.js","bin":{"x":"bin/x.js"}}"#, &["bin/x.js", "src/index.ts"]), ["src/index.ts"]);
        assert_eq!(
            entries(r#"{"name":"tip-js","main":"dist/tip.umd.min.js"}"#, &["dist/tip.umd.min.js", "src/a.js", "src/tip.js"]),
            ["dist/tip.umd.min.js", "src/tip.js"]
        );
        assert_eq!(entries(r#"{"name":"tip-js","main":"index.js"}"#, &["index.js", "src/a.js", "src/tip.js"]), ["index.js", "src/tip.js"]);
        // `browser` as a table says what stands in place of what; where no main file is named, it is the index.
        assert_eq!(entries(r#"{"browser":{"ws":"./lib/ws.js"}}"#, &["index.js", "lib/ws.js"]), ["index.js"]);
        assert_eq!(
            entries(
                r#"{"main":"lib/a","browser":{"./lib/a.js":"./lib/b.js","./lib/c.js":"./lib/d.js"}}"#,
                &["lib/a.js", "lib/b.js", "lib/d.js"]
            ),
            ["lib/a.js", "lib/b.js"]
        );
        assert_eq!(entries(r#"{"types":"types/a.d.ts"}"#, &["index.js", "types/a.d.ts"]), ["index.js", "types/a.d.ts"]);
        // A dash sorts before a slash in a text and after it among paths.
        assert_eq!(entries(r#"{"exports":{"./*":"./f/*.js"}}"#, &["f-g/a.js", "f/a.js", "f/b/c.js", "g.js"]), ["f/a.js", "f/b/c.js"]);
        assert_eq!(
            entries(
                r#"{"exports":{".":{"import":"./dist/esm/index.mjs","types":"./dist/index.d.ts"},"./f/*":"./dist/f/*.js","./no":null}}"#,
                &["dist/esm/index.mjs", "src/index.ts", "src/f/a.ts", "src/g.ts", "index.js"]
            ),
            ["dist/esm/index.mjs", "src/f/a.ts", "src/index.ts"]
        );
    }
}

//! From a specifier to the file it means, as Node, bundlers and TypeScript find it.

use std::sync::{Arc, Mutex, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use oxc_resolver::{ResolveOptions, ResolverGeneric, TsconfigDiscovery};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Overlay;
use super::overlay::OverlaidDisk;
use super::package::{Files, Package};

type Finder = ResolverGeneric<OverlaidDisk>;

/// Finds files on disk. What it has read once it keeps.
pub struct Resolver {
    /// For what TypeScript files import: their `./x.js` means `./x.ts` where that exists.
    typescript: Finder,
    /// For what JavaScript files import.
    javascript: Finder,
    /// The same without `tsconfig.json`, for where that is broken.
    plain: Finder,
    files: Files,
    /// The program's packages by name: a workspace is linked though nothing is installed.
    workspaces: FxHashMap<String, Package>,
    /// The package around each folder that was asked about.
    around: Mutex<FxHashMap<String, Option<Arc<Entered>>>>,
}

/// A package and the files that its users enter by.
struct Entered {
    package: Package,
    entries: OnceLock<FxHashSet<Utf8PathBuf>>,
    /// Those among them that a pattern alone lets in.
    loose: OnceLock<FxHashSet<Utf8PathBuf>>,
}

const TYPESCRIPT_FIRST: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
const JAVASCRIPT_FIRST: [&str; 8] = [".js", ".cjs", ".mjs", ".jsx", ".ts", ".tsx", ".mts", ".cts"];

impl Resolver {
    /// For a program of these files, with `overlay` on the disk.
    pub fn new(files: Vec<Utf8PathBuf>, overlay: &Overlay) -> Resolver {
        let typescript = Finder::new_with_file_system(OverlaidDisk::new(overlay.clone()), options(&TYPESCRIPT_FIRST));
        let javascript = typescript.clone_with_options(options(&JAVASCRIPT_FIRST));
        let plain = typescript.clone_with_options(ResolveOptions { tsconfig: None, ..options(&JAVASCRIPT_FIRST) });
        let folders: FxHashSet<&Utf8Path> = files.iter().flat_map(|file| file.ancestors().skip(1)).collect();
        let mut folders: Vec<_> = folders.into_iter().collect();
        folders.sort();
        let mut workspaces = FxHashMap::default();
        for package in folders.into_iter().filter_map(Package::read) {
            if let Some(name) = package.name.clone() {
                workspaces.entry(name).or_insert(package);
            }
        }
        Resolver { typescript, javascript, plain, files: Files::new(files), workspaces, around: Mutex::default() }
    }

    /// The nearest package above `file`, as Node looks for it.
    fn package_around(&self, file: &Utf8Path) -> Option<Arc<Entered>> {
        self.package_of(file.parent()?)
    }

    fn package_of(&self, folder: &Utf8Path) -> Option<Arc<Entered>> {
        if folder.file_name() == Some("node_modules") {
            return None;
        }
        if let Some(known) = self.around.lock().ok()?.get(folder.as_str()) {
            return known.clone();
        }
        let found = match Package::read(folder) {
            Some(package) => Some(Arc::new(Entered { package, entries: OnceLock::new(), loose: OnceLock::new() })),
            None => self.package_of(folder.parent()?),
        };
        // Another thread may have found the same: there is one of each.
        self.around.lock().ok()?.entry(folder.to_string()).or_insert(found).clone()
    }

    /// The file of a package of this program that `specifier` means: `name` its main entry, `name/x` the file `x` or what it was built
    /// from.
    fn in_workspace(&self, specifier: &str) -> Option<Utf8PathBuf> {
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
        let package = self.workspaces.get(&specifier[..end])?;
        match specifier[end..].strip_prefix('/') {
            Some(inside) => package.subpath(inside, &self.files),
            None => package.main(&self.files),
        }
    }

    /// The file that `specifier` means in `from`; none for what is not on disk or part of Node.
    pub fn resolve(&self, from: &Utf8Path, specifier: &str) -> Option<Utf8PathBuf> {
        // `./x.css?inline`, `./worker.js?worker`: bundlers' queries.
        let specifier = specifier.split('?').next().unwrap_or(specifier);
        if specifier.is_empty() || specifier.starts_with("node:") || specifier.contains("://") {
            return None;
        }
        let first = if matches!(from.extension(), Some("ts" | "tsx" | "mts" | "cts")) { &self.typescript } else { &self.javascript };
        let found = first.resolve_file(from, specifier).or_else(|error| {
            use oxc_resolver::ResolveError::{Builtin, NotFound};
            match error {
                Builtin { .. } | NotFound(_) => Err(error),
                // A `tsconfig.json` that is broken, or extends what is not installed.
                _ => self.plain.resolve(from.parent().unwrap_or(from), specifier),
            }
        });
        let found = match found {
            Ok(found) => Utf8PathBuf::from_path_buf(found.into_path_buf()).ok(),
            Err(oxc_resolver::ResolveError::Builtin { .. }) => return None,
            Err(_) => None,
        };
        // What is built may be absent, or ignored: then the source that it is built from.
        match found {
            Some(found) if self.files.contains(&found) => Some(found),
            found => self.in_workspace(specifier).or(found.filter(|path| path.extension().is_some_and(|e| super::EXTENSIONS.contains(&e)))),
        }
    }

    /// Users of the package around `file` enter by it; none where it is in no package.
    pub fn is_entry(&self, file: &Utf8Path) -> Option<bool> {
        let around = self.package_around(file)?;
        Some(around.entries.get_or_init(|| around.package.entries(&self.files)).contains(file))
    }

    /// Users of the package around `file` can enter by it as by any file of its folder.
    pub fn is_loose_entry(&self, file: &Utf8Path) -> bool {
        self.package_around(file)
            .is_some_and(|around| around.loose.get_or_init(|| around.package.loose_entries(&self.files)).contains(file))
    }

    /// The package around `file` has commands, and nothing that others could import.
    pub fn is_of_command(&self, file: &Utf8Path) -> bool {
        self.package_around(file).is_some_and(|around| {
            around.package.has_commands() && around.entries.get_or_init(|| around.package.entries(&self.files)).is_empty()
        })
    }

    /// The folder of the package around `file`.
    pub fn home(&self, file: &Utf8Path) -> Option<Utf8PathBuf> {
        Some(self.package_around(file)?.package.folder.clone())
    }

    /// The name of the package around `file`.
    pub fn package(&self, file: &Utf8Path) -> Option<String> {
        self.package_around(file)?.package.name.clone()
    }
}

fn options(extensions: &[&str]) -> ResolveOptions {
    let alias = |from: &str, to: &[&str]| {
        let mut to: Vec<String> = to.iter().map(|&extension| extension.to_owned()).collect();
        // TypeScript writes the name that the built file will have; JavaScript means what it says, where it is there.
        if extensions[0] == ".js" {
            to.rotate_right(1);
        }
        (from.to_owned(), to)
    };
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        extensions: extensions.iter().map(|&extension| extension.to_owned()).collect(),
        extension_alias: vec![
            alias(".js", &[".ts", ".tsx", ".js"]),
            alias(".jsx", &[".tsx", ".jsx"]),
            alias(".mjs", &[".mts", ".mjs"]),
            alias(".cjs", &[".cts", ".cjs"]),
        ],
        condition_names: ["node", "import", "require", "module", "default"].map(str::to_owned).to_vec(),
        main_fields: ["main", "module"].map(str::to_owned).to_vec(),
        builtin_modules: true,
        node_path: false,
        ..ResolveOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn resolves_what_projects_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8").canonicalize_utf8().expect("there");
        let files = [
            ("package.json", r##"{"name":"root","workspaces":["packages/*"],"imports":{"#in":"./src/inner.ts"}}"##),
            ("tsconfig.json", r#"{"compilerOptions":{"baseUrl":".","paths":{"@/*":["src/*"]}}} // comment"#),
            ("src/a.ts", ""),
            ("src/b.ts", ""),
            ("src/c/index.js", ""),
            ("src/inner.ts", ""),
            ("packages/p/package.json", r#"{"name":"@s/p","main":"dist/index.js","exports":{".":"./dist/index.js","./x":"./dist/x.js"}}"#),
            ("packages/p/src/index.ts", ""),
            ("packages/p/src/x.ts", ""),
            ("packages/broken/tsconfig.json", r#"{"extends":"./nowhere.json"}"#),
            ("packages/broken/a.ts", ""),
            ("packages/broken/b.ts", ""),
            ("node_modules/dep/index.js", ""),
            ("node_modules/dep/package.json", r#"{"name":"dep"}"#),
        ];
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let mut code: Vec<_> = files.iter().map(|(name, _)| root.join(name)).filter(|path| path.extension() != Some("json")).collect();
        code.sort();
        let resolver = Resolver::new(code, &Overlay::default());
        let from = |from: &str, specifier: &str| {
            resolver.resolve(&root.join(from), specifier).map(|path| path.strip_prefix(&root).expect("inside").to_string())
        };
        assert_eq!(from("src/a.ts", "./b").as_deref(), Some("src/b.ts"));
        assert_eq!(from("src/a.ts", "./b.js").as_deref(), Some("src/b.ts"));
        assert_eq!(from("src/c/index.js", "../b.js").as_deref(), Some("src/b.ts"));
        assert_eq!(from("src/a.ts", "./c").as_deref(), Some("src/c/index.js"));
        assert_eq!(from("src/a.ts", "@/inner").as_deref(), Some("src/inner.ts"));
        assert_eq!(from("src/a.ts", "#in").as_deref(), Some("src/inner.ts"));
        assert_eq!(from("src/a.ts", "@s/p").as_deref(), Some("packages/p/src/index.ts"));
        assert_eq!(from("src/a.ts", "@s/p/x").as_deref(), Some("packages/p/src/x.ts"));
        assert_eq!(from("packages/broken/a.ts", "./b").as_deref(), Some("packages/broken/b.ts"));
        assert_eq!(from("src/a.ts", "dep").as_deref(), Some("node_modules/dep/index.js"));
        for nothing in ["fs", "node:fs", "absent", "./absent", "http", "https://x.y/z.js", "./a.ts/", ""] {
            assert_eq!(from("src/a.ts", nothing), None, "{nothing}");
        }
        assert_eq!(resolver.package(&root.join("packages/p/src/x.ts")).as_deref(), Some("@s/p"));
        for (file, entry) in [("packages/p/src/index.ts", true), ("packages/p/src/x.ts", true)] {
            assert_eq!(resolver.is_entry(&root.join(file)), Some(entry), "{file}");
        }
    }
}

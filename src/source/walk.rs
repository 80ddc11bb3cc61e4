//! Which files make up the program, and which of them are reported on.

use std::cmp::Ordering;
use std::fs;
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{DirEntry, WalkBuilder};
use rustc_hash::FxHashSet;

use super::file::describe;
use super::{EXTENSIONS, Overlay, is_declaration, real_path};
use crate::findings::Problem;

/// A file of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Absolute, without symbolic links.
    pub path: Utf8PathBuf,
    /// Findings in it are told.
    pub reported: bool,
    /// Somebody named this very file.
    pub named: bool,
    /// A test by its name or folder.
    pub test: bool,
    /// Types only.
    pub declaration: bool,
}

/// What the paths of a command line mean.
#[derive(Debug, Default)]
pub struct Selection {
    /// In the order of their paths, each once.
    pub files: Vec<SourceFile>,
    /// Folders and files met on the way that cannot be read.
    pub problems: Vec<Problem>,
    /// A named path that cannot be used, each with its reason.
    pub unusable: Vec<(Utf8PathBuf, String)>,
}

/// Finds the files of the program around `paths`.
///
/// A folder is a program, all of it reported. A file limits the report to itself; its program is the nearest folder above that has a
/// `package.json`, else the repository's root, else the file's folder: whoever passes file names (a pre-commit hook) gets the same
/// findings as for the whole.
///
/// A file that only the overlay has is like one on disk, and one that the overlay takes away is not there.
pub fn select(paths: &[Utf8PathBuf], excluded: &dyn Fn(&Utf8Path) -> bool, overlay: &Overlay) -> Selection {
    let mut selection = Selection::default();
    let mut roots: Vec<Utf8PathBuf> = Vec::new();
    let mut folders: Vec<Utf8PathBuf> = Vec::new();
    let mut named: FxHashSet<Utf8PathBuf> = FxHashSet::default();
    for path in paths {
        let laid_over = real_path(path);
        match overlay.get(&laid_over) {
            Some(Some(_)) => {
                roots.push(program_of(&laid_over));
                named.insert(laid_over);
                continue;
            }
            Some(None) => {
                selection.unusable.push((path.clone(), describe(&io::ErrorKind::NotFound.into())));
                continue;
            }
            None => {}
        }
        let found = path.canonicalize_utf8().and_then(|real| Ok((fs::metadata(&real)?.is_dir(), real)));
        match found {
            Err(error) => selection.unusable.push((path.clone(), describe(&error))),
            Ok((true, real)) => match fs::read_dir(&real) {
                Err(error) => selection.unusable.push((path.clone(), describe(&error))),
                Ok(_) => {
                    roots.push(real.clone());
                    folders.push(real);
                }
            },
            Ok((false, real)) => match fs::File::open(&real) {
                Err(error) => selection.unusable.push((path.clone(), describe(&error))),
                Ok(_) => {
                    roots.push(program_of(&real));
                    named.insert(real);
                }
            },
        }
    }
    roots.sort();
    roots.dedup();
    // A root within another is walked with it.
    let outer: Vec<&Utf8PathBuf> =
        roots.iter().filter(|root| !roots.iter().any(|other| other != *root && root.starts_with(other))).collect();
    let mut seen: FxHashSet<Utf8PathBuf> = FxHashSet::default();
    for root in &outer {
        walk(root, excluded, &mut selection, &mut seen);
    }
    for path in overlay.present() {
        let Some(root) = outer.iter().find(|root| path.starts_with(root)) else { continue };
        if is_new(path, root) && !excluded(path) && seen.insert(path.clone()) {
            selection.files.push(source_file(path, root));
        }
    }
    // What a walk skips (ignored, in node_modules, without an extension) is analysed when it is named, and so is a folder.
    for folder in &folders {
        if !selection.files.iter().any(|file| file.path.starts_with(folder)) {
            walk(folder, excluded, &mut selection, &mut seen);
        }
    }
    for path in &named {
        if seen.insert(path.clone()) {
            selection.files.push(source_file(path, path.parent().unwrap_or(path)));
        }
    }
    selection.files.retain(|file| !overlay.is_absent(&file.path));
    for file in &mut selection.files {
        file.named = named.contains(&file.path);
        file.reported = !file.declaration && (file.named || folders.iter().any(|folder| file.path.starts_with(folder)));
    }
    selection.files.sort_by(|a, b| by_folders(&a.path, &b.path));
    selection.problems.sort();
    selection
}

impl Selection {
    /// Takes in a file that a log names, with the package it belongs to; only the file itself is reported.
    pub fn add(&mut self, file: &Utf8Path, excluded: &dyn Fn(&Utf8Path) -> bool) {
        let Ok(real) = file.canonicalize_utf8() else { return };
        if !is_code(&real) || self.files.binary_search_by(|known| by_folders(&known.path, &real)).is_ok() {
            return;
        }
        let mut seen: FxHashSet<Utf8PathBuf> = self.files.iter().map(|known| known.path.clone()).collect();
        let root = program_of(&real);
        walk(&root, excluded, self, &mut seen);
        if seen.insert(real.clone()) {
            self.files.push(source_file(&real, &root));
        }
        for added in self.files.iter_mut().filter(|added| added.path == real) {
            added.named = true;
            added.reported = !added.declaration;
        }
        self.files.sort_by(|a, b| by_folders(&a.path, &b.path));
    }
}

/// The order of absolute paths, without taking each apart: what is in a folder comes before what its name begins.
fn by_folders(a: &Utf8Path, b: &Utf8Path) -> Ordering {
    let rank = |byte| if byte == b'/' { 0 } else { byte };
    a.as_str().bytes().map(rank).cmp(b.as_str().bytes().map(rank))
}

/// The folder whose files are linked when only `file` is named.
pub fn program_of(file: &Utf8Path) -> Utf8PathBuf {
    let above = |mark: &str| file.ancestors().skip(1).find(|folder| folder.join(mark).exists());
    above("package.json").or_else(|| above(".git")).or(file.parent()).unwrap_or(file).to_owned()
}

fn walk(root: &Utf8Path, excluded: &dyn Fn(&Utf8Path) -> bool, selection: &mut Selection, seen: &mut FxHashSet<Utf8PathBuf>) {
    let before = selection.files.len();
    walk_once(root, true, excluded, selection, seen);
    // A folder that git ignores as a whole was meant, or it would not have been named.
    if selection.files.len() == before {
        walk_once(root, false, excluded, selection, seen);
    }
}

fn walk_once(
    root: &Utf8Path,
    git: bool,
    excluded: &dyn Fn(&Utf8Path) -> bool,
    selection: &mut Selection,
    seen: &mut FxHashSet<Utf8PathBuf>,
) {
    // Symbolic links are not followed: what they point to is in the program anyway, or belongs to another one, or is a loop.
    let walker = WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(git)
        .git_exclude(git)
        .git_global(git)
        .parents(git)
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped_folder(entry))
        .build();
    for entry in walker {
        match entry {
            Ok(entry) => {
                let Some(path) = Utf8Path::from_path(entry.path()) else {
                    let message = format!("the name is not UTF-8: {}", entry.path().display());
                    selection.problems.push(Problem { path: root.to_owned(), message });
                    continue;
                };
                if entry.file_type().is_some_and(|kind| kind.is_file()) && is_code(path) && !excluded(path) && seen.insert(path.to_owned())
                {
                    selection.files.push(source_file(path, root));
                }
            }
            Err(error) => {
                let message = error.io_error().map_or_else(|| error.to_string(), describe);
                selection.problems.push(Problem { path: path_of(&error).unwrap_or_else(|| root.to_owned()), message });
            }
        }
    }
}

/// The path that an error of the walk speaks of.
fn path_of(error: &ignore::Error) -> Option<Utf8PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Utf8PathBuf::from_path_buf(path.clone()).ok(),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn is_skipped_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir()) && entry.file_name().to_str().is_some_and(|name| SKIPPED.contains(&name))
}

/// Folders that hold no code of the program.
const SKIPPED: [&str; 7] = ["node_modules", ".git", ".hg", ".svn", ".jj", ".sl", "CVS"];

/// Code that a walk of `root` would meet if it were on disk. What is there and was not met is left out for a reason.
fn is_new(path: &Utf8Path, root: &Utf8Path) -> bool {
    let folders = path.strip_prefix(root).ok().and_then(Utf8Path::parent);
    let skipped = folders.is_some_and(|folders| folders.components().any(|part| SKIPPED.contains(&part.as_str())));
    path.extension().is_some_and(|extension| EXTENSIONS.contains(&extension)) && !skipped && !path.exists()
}

/// Code by its extension, or a script without one that Node runs.
fn is_code(path: &Utf8Path) -> bool {
    match path.extension() {
        Some(extension) => EXTENSIONS.contains(&extension),
        None => !path.file_name().unwrap_or_default().starts_with('.') && is_node_script(path),
    }
}

/// `#!/usr/bin/env node` and the like.
fn is_node_script(path: &Utf8Path) -> bool {
    let mut head = [0; 64];
    let Ok(length) = fs::File::open(path).and_then(|mut file| file.read(&mut head)) else { return false };
    let line = head[..length].split(|&b| b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    line.starts_with("#!") && ["node", "deno", "bun"].iter().any(|runtime| line.contains(runtime))
}

fn source_file(path: &Utf8Path, root: &Utf8Path) -> SourceFile {
    let inside = path.strip_prefix(root).unwrap_or(path);
    SourceFile { path: path.to_owned(), reported: false, named: false, test: is_test(inside), declaration: is_declaration(path) }
}

/// A test by its name or folder within the program: what Node's own runner looks for, and what Jest, Mocha, Vitest, Cypress and Playwright
/// look for by default.
fn is_test(path: &Utf8Path) -> bool {
    const FOLDERS: [&str; 9] = ["test", "tests", "__tests__", "__mocks__", "__test__", "spec", "specs", "e2e", "cypress"];
    if path.parent().is_some_and(|folder| folder.components().any(|part| FOLDERS.contains(&part.as_str()))) {
        return true;
    }
    let name = path.file_name().unwrap_or_default();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let marked = [".test.", ".spec.", ".e2e.", ".cy.", ".bench."].iter().any(|mark| name.contains(mark));
    marked || stem == "test" || stem.ends_with("-test") || stem.ends_with("_test") || stem.ends_with("-spec") || stem.ends_with("_spec")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("a UTF-8 path").canonicalize_utf8().expect("it exists");
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "").expect("written");
        }
        (folder, root)
    }

    fn names(selection: &Selection, root: &Utf8Path, keep: impl Fn(&SourceFile) -> bool) -> Vec<String> {
        selection.files.iter().filter(|f| keep(f)).map(|f| f.path.strip_prefix(root).expect("inside").to_string()).collect()
    }

    #[test]
    fn a_folder_is_walked_without_what_is_not_its_own() {
        let (_keep, root) = project(&[
            "a.js",
            ".hidden/b.ts",
            "node_modules/x/index.js",
            ".git/hooks/c.js",
            "readme.md",
            "built/d.js",
            "types.d.ts",
            "test/e.js",
            "f.test.ts",
        ]);
        fs::write(root.join(".gitignore"), "built/\n").expect("written");
        let selection = select(std::slice::from_ref(&root), &|_| false, &Overlay::default());
        assert_eq!(names(&selection, &root, |_| true), [".hidden/b.ts", "a.js", "f.test.ts", "test/e.js", "types.d.ts"]);
        assert_eq!(names(&selection, &root, |f| f.test), ["f.test.ts", "test/e.js"]);
        assert_eq!(names(&selection, &root, |f| !f.reported), ["types.d.ts"]);
        // Named, they are read.
        for named in ["node_modules/x", "built", "node_modules/x/index.js", "built/d.js"] {
            let selection = select(&[root.join(named)], &|_| false, &Overlay::default());
            assert_eq!(selection.files.iter().filter(|f| f.reported).count(), 1, "{named}");
        }
    }

    #[test]
    fn a_file_limits_the_report_but_not_the_program() {
        let (_keep, root) = project(&["package.json", "lib/a.js", "lib/b.js", "other/c.js"]);
        let selection = select(&[root.join("lib/a.js")], &|_| false, &Overlay::default());
        assert_eq!(names(&selection, &root, |_| true), ["lib/a.js", "lib/b.js", "other/c.js"]);
        assert_eq!(names(&selection, &root, |f| f.reported), ["lib/a.js"]);
    }

    #[test]
    fn what_cannot_be_used_is_named_and_the_rest_is_read() {
        let (_keep, root) = project(&["a.js"]);
        let selection = select(&[root.join("nope"), root.join("a.js")], &|_| false, &Overlay::default());
        assert_eq!(selection.unusable, [(root.join("nope"), "there is no such file or folder".to_owned())]);
        assert_eq!(names(&selection, &root, |f| f.reported), ["a.js"]);
    }

    #[test]
    fn the_overlay_adds_files_and_takes_them_away() {
        let (_keep, root) = project(&[".git/HEAD", "package.json", "a.js", "gone.js", "built/c.js"]);
        fs::write(root.join(".gitignore"), "built/\n").expect("written");
        let mut overlay = Overlay::default();
        for new in ["lib/new.js", "node_modules/x/new.js", "new.md", "built/c.js", "excluded/new.js"] {
            overlay.set(root.join(new), Some(b"f();".as_slice().into()));
        }
        overlay.set(root.join("gone.js"), None);
        let excluded = |path: &Utf8Path| path.starts_with(root.join("excluded"));
        let selection = select(std::slice::from_ref(&root), &excluded, &overlay);
        assert_eq!(names(&selection, &root, |f| f.reported), ["a.js", "lib/new.js"]);
        // Named, it is read wherever it stands.
        let selection = select(&[root.join("lib/new.js"), root.join("built/c.js"), root.join("gone.js")], &excluded, &overlay);
        assert_eq!(names(&selection, &root, |f| f.reported), ["built/c.js", "lib/new.js"]);
        assert_eq!(names(&selection, &root, |_| true), ["a.js", "built/c.js", "lib/new.js"]);
        assert_eq!(selection.unusable, [(root.join("gone.js"), "there is no such file or folder".to_owned())]);
    }

    #[test]
    fn tests_are_told_by_name_and_folder() {
        for test in ["test/a.js", "a.test.ts", "src/__tests__/b.js", "x-test.mjs", "test.js", "packages/p/spec/c.js"] {
            assert!(is_test(Utf8Path::new(test)), "{test}");
        }
        for other in ["src/latest.js", "lib/contest.ts", "testing/a.js", "lib/test-runner.js", "inspect.js"] {
            assert!(!is_test(Utf8Path::new(other)), "{other}");
        }
    }
}

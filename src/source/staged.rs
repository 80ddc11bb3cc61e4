//! What git has staged, as an overlay on the work tree: the index's content of every file that differs from it, and that of the commit
//! which the index is to follow.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use super::{EXTENSIONS, Overlay};

/// What a commit would bring.
#[derive(Debug, Default)]
pub struct Staged {
    /// The program as it is staged.
    pub index: Overlay,
    /// The program as it was last committed; everything is absent where there is no commit yet.
    pub head: Overlay,
    /// Files that the commit changes, adds or takes away; absolute, in order.
    pub touched: Vec<Utf8PathBuf>,
}

/// The content of a file in one of git's trees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Content {
    /// As in the work tree.
    Disk,
    Absent,
    /// By the name of its object.
    Object(String),
}

/// One file in which index, commit and work tree differ.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Relative to the repository.
    path: String,
    index: Content,
    head: Content,
}

/// Asks git about the repository around the working directory. The error is a sentence that says what to do.
pub fn staged() -> Result<Staged, String> {
    // Both at once: a hook is waited for.
    let root = std::thread::spawn(|| git(&["rev-parse", "--show-toplevel"], Vec::new()));
    // Without locks: the user's own git may run meanwhile.
    let status =
        ["--no-optional-locks", "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all"];
    let status = git(&status, Vec::new());
    let root = root.join().map_err(|_| "git cannot be run".to_owned())??;
    let root = Utf8PathBuf::from(String::from_utf8_lossy(&root).trim_end_matches(['\n', '\r']));
    let root = root.canonicalize_utf8().unwrap_or(root);
    let entries = entries(&String::from_utf8_lossy(&status?))?;

    let mut objects: Vec<&str> = entries
        .iter()
        .flat_map(|entry| [&entry.index, &entry.head])
        .filter_map(|content| if let Content::Object(name) = content { Some(name.as_str()) } else { None })
        .collect();
    objects.sort_unstable();
    objects.dedup();
    let contents = contents(&objects)?;
    let mut staged = Staged::default();
    for entry in &entries {
        let path = root.join(&entry.path);
        for (overlay, content) in [(&mut staged.index, &entry.index), (&mut staged.head, &entry.head)] {
            match content {
                Content::Disk => {}
                Content::Absent => overlay.set(path.clone(), None),
                Content::Object(name) => {
                    let content = contents.get(name.as_str()).ok_or_else(|| format!("git has no object {name} ({})", entry.path))?;
                    overlay.set(path.clone(), Some(content.clone()));
                }
            }
        }
        if entry.index != entry.head {
            staged.touched.push(path);
        }
    }
    staged.touched.sort();
    Ok(staged)
}

/// What `git status --porcelain=v2 -z` says (git-status(1), «Porcelain Format Version 2»): paths are relative to the repository.
fn entries(status: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for record in status.split('\0').filter(|record| !record.is_empty()) {
        let (kind, rest) = record.split_once(' ').unwrap_or((record, ""));
        let entry = match kind {
            "1" => changed(rest),
            // An untracked file is in neither.
            "?" => Some(Entry { path: rest.to_owned(), index: Content::Absent, head: Content::Absent }),
            "u" => {
                let path = rest.splitn(10, ' ').last().unwrap_or_default();
                return Err(format!("`{path}` has a merge conflict: resolve it and `git add` it first"));
            }
            _ => None,
        };
        // Taken out of the index and left on disk, a file is told twice: as gone, and as untracked.
        let told = |entry: &Entry| kind == "?" && entries.iter().any(|known: &Entry| known.path == entry.path);
        entries.extend(entry.filter(|entry| is_of_use(&entry.path) && !told(entry)));
    }
    Ok(entries)
}

/// `XY sub mH mI mW hH hI path`: modes and objects of commit, index and work tree.
fn changed(record: &str) -> Option<Entry> {
    let [states, _, head_mode, index_mode, work_mode, head, index, path] = record.splitn(8, ' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let file = |mode: &str| mode.starts_with("100");
    // Links and submodules are not followed.
    if ![head_mode, index_mode, work_mode].into_iter().any(file) {
        return None;
    }
    let object = |mode: &str, name: &str| match file(mode) && !name.bytes().all(|b| b == b'0') {
        true => Content::Object(name.to_owned()),
        false => Content::Absent,
    };
    let (mut index, head) = (object(index_mode, index), object(head_mode, head));
    let same = index == head;
    if states.as_bytes().get(1) == Some(&b'.') && index != Content::Absent {
        index = Content::Disk;
    }
    Some(Entry { path: path.to_owned(), head: if same { index.clone() } else { head }, index })
}

/// Code, a script without an extension, or what says how modules are found.
fn is_of_use(path: &str) -> bool {
    Utf8Path::new(path).extension().is_none_or(|extension| extension == "json" || EXTENSIONS.contains(&extension))
}

/// The content of objects, by name.
fn contents<'n>(objects: &[&'n str]) -> Result<FxHashMap<&'n str, Arc<[u8]>>, String> {
    let mut contents = FxHashMap::default();
    if objects.is_empty() {
        return Ok(contents);
    }
    let names: String = objects.iter().map(|name| format!("{name}\n")).collect();
    let out = git(&["cat-file", "--batch"], names.into_bytes())?;
    // For each: `<name> blob <size>`, a line feed, the content, a line feed.
    let mut at = 0;
    for &name in objects {
        let head = memchr::memchr(b'\n', &out[at..]).map(|end| &out[at..at + end]).unwrap_or_default();
        let text = String::from_utf8_lossy(head);
        let size = text.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let start = at + head.len() + 1;
        let Some(content) = size.and_then(|size| out.get(start..start + size)) else {
            return Err(format!("git does not give the object {name}: {text}"));
        };
        contents.insert(name, Arc::from(content));
        at = start + content.len() + 1;
    }
    Ok(contents)
}

/// Runs git in the working directory: hooks set variables that are relative to it.
fn git(arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut command = Command::new("git");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("git cannot be run: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("git cannot be written to")?;
    // It answers while it reads.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let mut out = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut out).map_err(|error| format!("git cannot be read: {error}"))?;
    }
    let done = child.wait_with_output().map_err(|error| format!("git cannot be read: {error}"))?;
    let _ = writer.join();
    if done.status.success() {
        return Ok(out);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(match said.trim() {
        said if said.contains("not a git repository") => {
            "this folder is in no git repository: run it in the repository, or leave the option out".to_owned()
        }
        said if said.contains("must be run in a work tree") => "this repository has no work tree".to_owned(),
        said => format!("`git {}` failed: {}", arguments[0], said.lines().next().unwrap_or_default().trim_start_matches("fatal: ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_says() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let none = "0".repeat(40);
        let status = [
            format!("1 M. N... 100644 100644 100644 {one} {two} staged.js"),
            format!("1 .M N... 100644 100644 100644 {one} {one} edited.js"),
            format!("1 MM N... 100644 100644 100644 {one} {two} both with a space.js"),
            format!("1 A. N... 000000 100644 100644 {none} {two} new.js"),
            format!("1 D. N... 100644 000000 000000 {one} {none} gone.js"),
            format!("1 .D N... 100644 100644 000000 {one} {one} lost.js"),
            format!("1 .A N... 000000 000000 100644 {none} {none} intended.js"),
            format!("1 M. SC.. 160000 160000 160000 {one} {two} module"),
            "? untracked.ts".to_owned(),
            "? gone.js".to_owned(),
            format!("1 M. N... 100644 100644 100644 {one} {two} picture.png"),
        ]
        .join("\0");
        let content = |content: &Content| match content {
            Content::Disk => "disk",
            Content::Absent => "absent",
            Content::Object(name) if *name == one => "1",
            Content::Object(_) => "2",
        };
        let read: Vec<String> = entries(&status)
            .expect("no conflict")
            .iter()
            .map(|entry| format!("{}: {} after {}", entry.path, content(&entry.index), content(&entry.head)))
            .collect();
        assert_eq!(
            read,
            [
                "staged.js: disk after 1",
                "edited.js: 1 after 1",
                "both with a space.js: 2 after 1",
                "new.js: disk after absent",
                "gone.js: absent after 1",
                "lost.js: 1 after 1",
                "intended.js: absent after absent",
                "untracked.ts: absent after absent",
            ]
        );
        let conflict = format!("u UU N... 100644 100644 100644 100644 {one} {one} {two} a.js");
        assert!(entries(&conflict).unwrap_err().contains("`a.js` has a merge conflict"), "{:?}", entries(&conflict));
    }
}

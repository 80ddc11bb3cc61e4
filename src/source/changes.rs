//! What changed since a revision, as git tells it.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::describe;
use crate::findings::changes::{Changed, Changes};

/// What differs between the work tree around `folder` and the point where its branch left `revision`; files that git does not know yet and
/// does not ignore are new. The error is one sentence that says what to do.
pub fn changes_since(revision: &str, folder: &Utf8Path) -> Result<Changes, String> {
    let root = git(folder, &["rev-parse", "--show-toplevel"]).map_err(|failed| match failed {
        Failed::Start(reason) => reason,
        Failed::Git(_) => format!("{folder} is in no git repository, so nothing is known of its changes"),
    })?;
    let root = Utf8PathBuf::from(root.trim_end_matches(['\r', '\n']));
    let root = root.canonicalize_utf8().unwrap_or(root);
    let commit = format!("{revision}^{{commit}}");
    let known = !revision.starts_with('-') && git(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).is_ok();
    if !known {
        return Err(format!(
            "there is no commit `{revision}` here; in a shallow clone it has to be fetched first (`git fetch origin {revision}`, or `fetch-depth: 0` in GitHub's checkout)"
        ));
    }
    // Where histories have nothing in common, or a shallow clone does not show it, the revision itself is what we have.
    let base = git(&root, &["merge-base", revision, "HEAD"]).ok();
    let base = base.as_deref().map_or(revision, str::trim_end);
    let told = |failed: Failed| match failed {
        Failed::Start(reason) | Failed::Git(reason) => reason,
    };
    const DIFF: [&str; 14] = [
        "-c",
        "core.quotePath=false",
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-relative",
        "--ignore-submodules",
        "--unified=0",
        "--find-renames",
        "--diff-filter=d",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--end-of-options",
    ];
    let diff = git(&root, &[&DIFF[..], &[base, "--"]].concat()).map_err(told)?;
    let mut changes = parse(&diff, &root);
    let untracked = git(&root, &["ls-files", "--others", "--exclude-standard", "-z"]).map_err(told)?;
    for name in untracked.split('\0').filter(|name| !name.is_empty()) {
        changes.files.insert(root.join(name), Changed { all: true, ..Changed::default() });
    }
    Ok(changes)
}

enum Failed {
    /// git did not run.
    Start(String),
    /// What git said.
    Git(String),
}

/// What git prints. Bytes that are no UTF-8 stand in texts that are not ours to judge.
fn git(folder: &Utf8Path, args: &[&str]) -> Result<String, Failed> {
    let output = Command::new("git").args(args).current_dir(folder).env("LC_ALL", "C").output().map_err(|error| {
        Failed::Start(match error.kind() {
            std::io::ErrorKind::NotFound if folder.is_dir() => {
                "git is needed to know what changed, and there is none on the PATH".to_owned()
            }
            _ => format!("git cannot be run in {folder}: {}", describe(&error)),
        })
    })?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Failed::Git(format!("git {}: {}", args[0], said.trim().lines().next().unwrap_or("failed"))))
        }
    }
}

/// Reads a diff without context.
fn parse(diff: &str, root: &Utf8Path) -> Changes {
    let mut changes = Changes::default();
    let mut file: Option<Utf8PathBuf> = None;
    // Lines of the present hunk that are still to come; what stands in them may look like a head.
    let (mut old, mut new) = (0u32, 0u32);
    for line in diff.lines() {
        if old > 0 && line.starts_with('-') {
            old -= 1;
            if let Some(changed) = file.as_ref().and_then(|file| changes.files.get_mut(file)) {
                let words = line.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$'));
                changed.removed.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            }
        } else if new > 0 && line.starts_with('+') {
            new -= 1;
        } else if line.starts_with("diff --git ") {
            (file, old, new) = (None, 0, 0);
        } else if let Some(name) = line.strip_prefix("+++ ") {
            file = new_name(name).map(|name| root.join(name));
            if let Some(file) = &file {
                changes.files.entry(file.clone()).or_default();
            }
        } else if let Some(hunk) = line.strip_prefix("@@ -") {
            let mut parts = hunk.split(' ');
            let (_, removed) = span(parts.next().unwrap_or_default());
            let (first, added) = span(parts.next().unwrap_or_default().trim_start_matches('+'));
            (old, new) = (removed, added);
            if added > 0
                && let Some(changed) = file.as_ref().and_then(|file| changes.files.get_mut(file))
            {
                changed.lines.push((first, first + added - 1));
            }
        }
    }
    changes
}

/// `12,3` or `12`: the first line and how many.
fn span(text: &str) -> (u32, u32) {
    let (first, count) = text.split_once(',').unwrap_or((text, "1"));
    (first.parse().unwrap_or_default(), count.parse().unwrap_or_default())
}

/// The name behind `+++ `: none for a file that went. git quotes a name with odd characters, and puts a tab behind one with spaces.
fn new_name(written: &str) -> Option<String> {
    let written = written.strip_suffix('\t').unwrap_or(written);
    let name = match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => written.to_owned(),
    };
    name.strip_prefix("b/").map(str::to_owned)
}

/// Takes C's escapes back.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(first @ b'0'..=b'3') => {
                let digits = [first, rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                bytes.push(digits.iter().fold(0, |value: u8, digit| (value << 3) | (digit - b'0') & 7));
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_read_line_by_line() {
        let diff = "diff --git a/a.js b/a.js
index 1..2 100644
--- a/a.js
+++ b/a.js
@@ -1,2 +1,3 @@ function f() {
--- a/old.removeListener(x)
-two
+one
++++ b/not-a-file.js
+three
@@ -9,0 +11 @@
+eleven
@@ -20,2 +21,0 @@
-  bus.off('x', $f);
-}
diff --git a/gone.js b/gone.js
--- a/gone.js
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/b c.js b/b c.js
--- a/b c.js\t
+++ b/b c.js\t
@@ -1 +1 @@
-x
\\ No newline at end of file
+y
\\ No newline at end of file
diff --git \"a/q\\\"\\303\\251.js\" \"b/q\\\"\\303\\251.js\"
--- /dev/null
+++ \"b/q\\\"\\303\\251.js\"
@@ -0,0 +1,2 @@
+x
+y
";
        let changes = parse(diff, Utf8Path::new("/r"));
        let of = |name: &str| changes.files.get(Utf8Path::new(name)).expect("named");
        assert_eq!(of("/r/a.js").lines, [(1, 3), (11, 11)]);
        assert!(["removeListener", "off", "$f"].iter().all(|word| of("/r/a.js").removed.contains(*word)));
        assert_eq!(of("/r/b c.js").lines, [(1, 1)]);
        assert_eq!(of("/r/q\"\u{e9}.js").lines, [(1, 2)]);
        assert_eq!(changes.files.len(), 3);
    }
}

//! Which findings a change concerns.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Finding;

/// What a change brings, by file (absolute). A file that is not named is unchanged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub files: FxHashMap<Utf8PathBuf, Changed>,
}

/// How one file differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// It is new: every line is.
    pub all: bool,
    /// First and last of each run of new lines; 1-based, in order.
    pub lines: Vec<(u32, u32)>,
    /// Words of the lines that went.
    pub removed: FxHashSet<String>,
}

impl Changed {
    /// A line from `first` to `last` is new.
    fn holds(&self, first: u32, last: u32) -> bool {
        self.all || self.lines.iter().any(|&(from, to)| from <= last && first <= to)
    }
}

impl Changes {
    /// The change concerns this finding: it stands on a new line, a step of its trace does, or a line went from its file (or a step's) that
    /// took listeners away. `releases` tells a word that does.
    pub fn concern(&self, finding: &Finding, releases: &dyn Fn(&str) -> bool) -> bool {
        let first = finding.whole.start.line.min(finding.range.start.line);
        let here = self.files.get(&finding.path).is_some_and(|changed| {
            changed.holds(first, finding.range.end.line.max(finding.call.line)) || changed.removed.iter().any(|word| releases(word))
        });
        // A step may stand on a whole function; its first line is what it speaks of.
        here || finding.trace.iter().any(|step| {
            let changed = self.files.get(&step.path);
            changed.is_some_and(|changed| {
                changed.holds(step.range.start.line, step.range.start.line) || changed.removed.iter().any(|word| releases(word))
            })
        })
    }

    /// A line from `first` to `last` of this file is new.
    pub fn hold(&self, path: &Utf8Path, first: u32, last: u32) -> bool {
        self.files.get(path).is_some_and(|changed| changed.holds(first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn changes(path: &str, changed: Changed) -> Changes {
        Changes { files: FxHashMap::from_iter([(path.into(), changed)]) }
    }

    fn lines(lines: &[(u32, u32)]) -> Changed {
        Changed { lines: lines.to_vec(), ..Changed::default() }
    }

    #[test]
    fn on_a_line_through_a_step_or_by_a_release_that_went() {
        let release = |word: &str| word == "removeListener";
        let concerned = |changes: &Changes| changes.concern(&sample("/p/a.js", 20), &release);
        assert!(concerned(&changes("/p/a.js", lines(&[(2, 3), (18, 20)]))));
        // The sample's steps stand on the line above and on the first one.
        assert!(concerned(&changes("/p/a.js", lines(&[(1, 1)]))));
        assert!(!concerned(&changes("/p/a.js", lines(&[(2, 18), (21, 30)]))));
        assert!(!concerned(&changes("/p/b.js", lines(&[(20, 20)]))));
        assert!(concerned(&changes("/p/a.js", Changed { all: true, ..Changed::default() })));
        let removed = |word: &str| Changed { removed: FxHashSet::from_iter([word.to_owned()]), ..Changed::default() };
        assert!(concerned(&changes("/p/a.js", removed("removeListener"))));
        assert!(!concerned(&changes("/p/a.js", removed("addListener"))));
    }
}

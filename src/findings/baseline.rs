//! What is known already: findings that a baseline lists are quiet, others are new, and what is no longer found is told.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use super::Finding;

/// A finding as a baseline keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub rule: String,
    pub message: String,
    pub fingerprint: String,
}

impl Known {
    /// How a baseline keeps this finding.
    pub fn of(finding: &Finding) -> Known {
        Known {
            path: finding.path.clone(),
            rule: finding.rule.to_owned(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// What this run knows of a file that a baseline names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Its findings are reported, if it has any.
    Reported,
    /// It is there and was not looked at, or not reported on.
    Unseen,
    /// There is no such file: it was renamed or removed.
    Missing,
}

/// Findings held against a baseline.
#[derive(Debug, Default)]
pub struct Parted {
    pub new: Vec<Finding>,
    pub known: Vec<Finding>,
    /// What is no longer found, in the order of paths.
    pub gone: Vec<Known>,
    /// What this run can say nothing of, in the order of paths.
    pub unseen: Vec<Known>,
}

/// Holds findings against a baseline. Both keep their order.
///
/// Equal findings (of the same text in the same function of several files) are matched one for one: first those in the file that the
/// baseline names, then those whose code went elsewhere.
pub fn part(findings: Vec<Finding>, baseline: &[Known], seen: &dyn Fn(&Utf8Path) -> Seen) -> Parted {
    let mut parted = Parted::default();
    // By fingerprint: what nobody has claimed yet.
    let mut open: FxHashMap<&str, Vec<&Known>> = FxHashMap::default();
    for known in baseline {
        open.entry(without_ordinal(&known.fingerprint)).or_default().push(known);
    }
    let mut claim = |finding: &Finding, may: &dyn Fn(&Known) -> bool| {
        let Some(open) = open.get_mut(without_ordinal(&finding.fingerprint)) else { return false };
        let at = open.iter().position(|known| may(known));
        at.map(|at| open.remove(at)).is_some()
    };
    let elsewhere = |known: &Known| seen(&known.path) != Seen::Unseen;
    let mut is_known: Vec<bool> = findings.iter().map(|finding| claim(finding, &|known| known.path == finding.path)).collect();
    // A folder is renamed more often than a file.
    let same_name = |finding: &Finding, known: &Known| known.path.file_name() == finding.path.file_name();
    for (finding, is_known) in findings.iter().zip(&mut is_known) {
        *is_known = *is_known || claim(finding, &|known| same_name(finding, known) && elsewhere(known));
    }
    for (finding, is_known) in findings.into_iter().zip(is_known) {
        if is_known || claim(&finding, &elsewhere) {
            parted.known.push(finding);
        } else {
            parted.new.push(finding);
        }
    }
    for known in open.into_values().flatten() {
        match seen(&known.path) {
            Seen::Unseen => parted.unseen.push(known.clone()),
            Seen::Reported | Seen::Missing => parted.gone.push(known.clone()),
        }
    }
    parted.gone.sort();
    parted.unseen.sort();
    parted
}

/// Ordinals tell equal findings of one run apart; another run may count otherwise.
fn without_ordinal(fingerprint: &str) -> &str {
    fingerprint.split_once('-').map_or(fingerprint, |(print, _)| print)
}

#[cfg(test)]
mod tests {
    use super::super::{collect, sample};
    use super::*;

    fn at(path: &str, line: u32) -> Finding {
        sample(path, line)
    }

    fn baseline(findings: Vec<Finding>) -> Vec<Known> {
        collect(findings).iter().map(Known::of).collect()
    }

    fn paths(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.path.as_str()).collect()
    }

    /// a.js and b.js are reported on, c.js is there, others are not.
    fn seen(path: &Utf8Path) -> Seen {
        match path.as_str() {
            "/p/a.js" | "/p/b.js" | "/p/0.js" => Seen::Reported,
            "/p/c.js" => Seen::Unseen,
            _ => Seen::Missing,
        }
    }

    fn parted(now: Vec<Finding>, then: Vec<Finding>) -> Parted {
        part(collect(now), &baseline(then), &seen)
    }

    #[test]
    fn moved_lines_and_renamed_files_are_known() {
        let parted = parted(vec![at("/p/a.js", 9), at("/p/b.js", 5)], vec![at("/p/a.js", 3), at("/p/old.js", 5)]);
        assert_eq!((paths(&parted.known), parted.new.len(), parted.gone.len()), (vec!["/p/a.js", "/p/b.js"], 0, 0));
    }

    #[test]
    fn of_equal_ones_the_one_in_a_new_file_is_new() {
        // Its path comes first, so that it takes the ordinals of the others.
        let parted = parted(vec![at("/p/0.js", 1), at("/p/a.js", 3), at("/p/b.js", 5)], vec![at("/p/a.js", 3), at("/p/b.js", 5)]);
        assert_eq!((paths(&parted.new), paths(&parted.known)), (vec!["/p/0.js"], vec!["/p/a.js", "/p/b.js"]));
    }

    #[test]
    fn of_two_that_may_have_moved_the_one_of_the_same_name_did() {
        let parted = parted(vec![at("/p/a.js", 1), at("/q/old.js", 3)], vec![at("/p/old.js", 3)]);
        assert_eq!((paths(&parted.new), paths(&parted.known)), (vec!["/p/a.js"], vec!["/q/old.js"]));
    }

    #[test]
    fn what_was_not_looked_at_is_neither_gone_nor_claimed() {
        let parted = parted(vec![at("/p/a.js", 3)], vec![at("/p/c.js", 3)]);
        assert_eq!((paths(&parted.new), parted.gone.len(), parted.unseen.len()), (vec!["/p/a.js"], 0, 1));
    }

    #[test]
    fn what_is_no_longer_found_is_gone() {
        let parted = parted(vec![], vec![at("/p/a.js", 3), at("/p/a.js", 4), at("/p/old.js", 5)]);
        let gone: Vec<_> = parted.gone.iter().map(|known| known.path.as_str()).collect();
        assert_eq!(gone, ["/p/a.js", "/p/a.js", "/p/old.js"]);
    }
}

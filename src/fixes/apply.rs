//! Applying fixes to texts: which ones go together, and what comes out.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;

use crate::findings::lines::Lines;
use crate::findings::{Applicability, Edit, Finding};
use crate::syntax;

/// One file before and after.
#[derive(Debug)]
pub struct Changed {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub before: String,
    pub after: String,
    /// How many fixes went in.
    pub fixes: usize,
}

/// Applies the fixes that are at least so applicable, in the order of the findings. A fix goes in whole or not at all: not if it touches what
/// another one changes (it has its turn when the changed text is analysed), nor if the file would not parse.
pub fn apply(findings: &[Finding], at_least: Applicability, text: &dyn Fn(&Utf8Path) -> Option<String>) -> Vec<Changed> {
    let mut files: IndexMap<Utf8PathBuf, (String, Vec<Edit>, usize)> = IndexMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.applicability >= at_least) {
        let Some(path) = fix.edits.first().map(|edit| &edit.path).filter(|path| fix.edits.iter().all(|edit| edit.path == **path)) else {
            continue;
        };
        if !files.contains_key(path) {
            let Some(text) = text(path) else { continue };
            files.insert(path.clone(), (text, Vec::new(), 0));
        }
        let (text, edits, count) = &mut files[path];
        let mut all = edits.clone();
        all.extend(fix.edits.iter().cloned());
        let changed = edited(text, &all.iter().collect::<Vec<_>>());
        if changed.is_some_and(|changed| syntax::parse(path, &changed).is_ok()) {
            *edits = all;
            *count += 1;
        }
    }
    let files = files.into_iter().filter(|(_, (_, edits, _))| !edits.is_empty());
    let files = files.filter_map(|(path, (before, edits, fixes))| {
        let after = edited(&before, &edits.iter().collect::<Vec<_>>())?;
        Some(Changed { path, before, after, fixes })
    });
    files.collect()
}

/// The text with all edits done; none if two of them touch the same text. What is inserted at one place keeps its order.
pub(super) fn edited(text: &str, edits: &[&Edit]) -> Option<String> {
    edited_part(text, &(0..text.len()), edits)
}

/// A part of the text, which has all edits in it, with these done.
pub(super) fn edited_part(text: &str, part: &Range<usize>, edits: &[&Edit]) -> Option<String> {
    let lines = Lines::new(text);
    let mut places: Vec<(Range<usize>, &str)> =
        edits.iter().map(|edit| (lines.offset(edit.range.start)..lines.offset(edit.range.end), edit.text.as_str())).collect();
    places.sort_by_key(|(place, _)| (place.start, place.end));
    let mut out = String::with_capacity(part.len());
    let mut done = part.start;
    let mut block_at = None;
    for (place, new) in places {
        // A block of its own (a constructor) is inserted at one place once; single lines stand below each other.
        if block_at == Some(place.clone()) {
            return None;
        }
        block_at = (place.is_empty() && new.trim_end().contains('\n')).then(|| place.clone());
        out.push_str(text.get(done..place.start)?);
        out.push_str(new);
        done = place.end;
    }
    out.push_str(text.get(done..part.end)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Fix, Position, Range, sample};

    fn edit(line: u32, from: u32, to: u32, text: &str) -> Edit {
        let at = |column| Position { line, column };
        Edit { path: "/p/a.js".into(), range: Range { start: at(from), end: at(to) }, text: text.to_owned() }
    }

    fn finding(applicability: Applicability, edits: Vec<Edit>) -> Finding {
        Finding { fix: Some(Fix { message: "mend it".to_owned(), applicability, edits }), ..sample("/p/a.js", 1) }
    }

    fn applied(findings: &[Finding]) -> Vec<Changed> {
        apply(findings, Applicability::Safe, &|_| Some("let é = f(1);\ng(2);\n".to_owned()))
    }

    #[test]
    fn edits_count_utf16_units_and_go_in_together() {
        let made = applied(&[finding(Applicability::Safe, vec![edit(1, 5, 6, "x"), edit(2, 3, 4, "x")])]);
        assert_eq!(made[0].after, "let x = f(1);\ng(x);\n");
        assert_eq!(made[0].fixes, 1);
    }

    #[test]
    fn only_what_is_safe_is_applied() {
        assert!(applied(&[finding(Applicability::Unsafe, vec![edit(1, 5, 6, "x")])]).is_empty());
    }

    #[test]
    fn of_two_that_touch_each_other_the_first_goes_in() {
        let made = applied(&[
            finding(Applicability::Safe, vec![edit(1, 9, 13, "h()")]),
            finding(Applicability::Safe, vec![edit(1, 11, 12, "3"), edit(2, 3, 4, "3")]),
            finding(Applicability::Safe, vec![edit(2, 1, 1, "await ")]),
        ]);
        assert_eq!(made[0].after, "let é = h();\nawait g(2);\n");
        assert_eq!(made[0].fixes, 2);
    }

    #[test]
    fn what_would_not_parse_stays_out() {
        let made =
            applied(&[finding(Applicability::Safe, vec![edit(1, 9, 9, "((")]), finding(Applicability::Safe, vec![edit(2, 3, 4, "4")])]);
        assert_eq!(made[0].after, "let é = f(1);\ng(4);\n");
    }
}

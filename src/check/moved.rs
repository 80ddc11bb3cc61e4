//! Positions after an edit: of a file whose facts are the same, and of one that cannot be parsed for the moment.

use camino::Utf8Path;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{CallPosition, Covers, FileFacts, Positions, Suppression};
use crate::findings::{CallPlace, Finding, Position, Range, Remedy, Retained, Step};

/// Where the things of one file stood, and where they stand now.
pub struct Moves {
    ranges: FxHashMap<Range, Option<Range>>,
    starts: FxHashMap<Position, Option<Position>>,
    ends: FxHashMap<Position, Option<Position>>,
    /// Lines on which a function began that begins on another one now: functions without a name are told by their lines.
    lines: FxHashSet<u32>,
}

impl Moves {
    /// From positions of equal facts. None where they are not of equal facts.
    pub fn between(before: &Positions, now: &Positions) -> Option<Moves> {
        let begins = before.functions.iter().zip(&now.functions);
        let lines = begins.filter(|(before, now)| before.start.line != now.start.line).map(|(before, _)| before.start.line).collect();
        let (before, now) = (ranges(before), ranges(now));
        if before.len() != now.len() {
            return None;
        }
        let mut moves = Moves { ranges: FxHashMap::default(), starts: FxHashMap::default(), ends: FxHashMap::default(), lines };
        for (before, now) in before.into_iter().zip(now) {
            put(&mut moves.ranges, before, now);
            put(&mut moves.starts, before.start, now.start);
            put(&mut moves.ends, before.end, now.end);
        }
        Some(moves)
    }

    /// The text names a line where a function began that has gone elsewhere.
    fn concern(&self, text: &str) -> bool {
        let number = |rest: &str| rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse::<u32>();
        text.split("at line ").skip(1).any(|rest| number(rest).map_or(true, |line| self.lines.contains(&line)))
    }

    fn range(&self, range: Range) -> Option<Range> {
        if let Some(Some(now)) = self.ranges.get(&range) {
            return Some(*now);
        }
        let start = self.start(range.start)?;
        if range.start == range.end {
            return Some(Range { start, end: start });
        }
        Some(Range { start, end: self.ends.get(&range.end).copied().flatten()? })
    }

    fn start(&self, position: Position) -> Option<Position> {
        self.starts.get(&position).copied().flatten()
    }
}

/// Two things that stood at one place and do so no more leave none.
fn put<P: Copy + Eq + std::hash::Hash>(map: &mut FxHashMap<P, Option<P>>, before: P, now: P) {
    map.entry(before).and_modify(|known| *known = known.filter(|known| *known == now)).or_insert(Some(now));
}

/// All ranges, in an order that equal facts share.
fn ranges(positions: &Positions) -> Vec<Range> {
    let Positions { calls, functions, bindings, assigns, classes, mounted: _ } = positions;
    let mut ranges = Vec::with_capacity(3 * calls.len() + functions.len() + bindings.len() + assigns.len() + classes.len());
    for &CallPosition { name, paren, whole } in calls {
        ranges.extend([name, Range { start: paren, end: paren }, whole]);
    }
    for list in [functions, bindings, assigns, classes] {
        ranges.extend(list);
    }
    ranges
}

/// The finding where it is now. None where that cannot be told, and where its words may name a line that is another one now.
pub fn finding(finding: &Finding, moves: &FxHashMap<&Utf8Path, Moves>) -> Option<Finding> {
    let own = moves.get(finding.path.as_path());
    if own.is_none() && !finding.trace.iter().any(|step| moves.contains_key(step.path.as_path())) {
        return Some(finding.clone());
    }
    let texts = [&finding.message, &finding.help].into_iter().chain(finding.trace.iter().map(|step| &step.message));
    if texts.into_iter().any(|text| text.contains("at line ") && moves.values().any(|moves| moves.concern(text))) {
        return None;
    }
    let mut finding = finding.clone();
    // Named one by one, so that a new field with a place is not forgotten.
    let Finding {
        rule: _,
        severity: _,
        confidence: _,
        path: _,
        range,
        whole,
        call,
        message: _,
        help: _,
        event: _,
        emitter_type: _,
        lifetime: _,
        runs: _,
        retains,
        trace,
        fingerprint: _,
        verdict: _,
        evidence: _,
        remedies,
        // Formed anew of what the texts are by then.
        fix: _,
        text: _,
        scope: _,
    } = &mut finding;
    if let Some(own) = own {
        *range = own.range(*range)?;
        *whole = own.range(*whole)?;
        *call = own.start(*call)?;
        for Retained { name: _, position, size: _, what: _, through } in retains {
            *position = own.start(*position)?;
            if let Some(through) = through {
                *through = own.start(*through)?;
            }
        }
    }
    for CallPlace { path, paren } in remedies.iter_mut().flat_map(Remedy::places_mut) {
        if let Some(moves) = moves.get(path.as_path()) {
            *paren = moves.start(*paren)?;
        }
    }
    for Step { message: _, path, range } in trace {
        if let Some(moves) = moves.get(path.as_path()) {
            *range = moves.range(*range)?;
        }
    }
    Some(finding)
}

/// Facts of a text that was `before` and is `now`, which cannot be parsed: lines before and behind the change are where they are now, what
/// stood between is at its beginning.
pub fn shifted(facts: &FileFacts, before: &[u8], now: &[u8]) -> FileFacts {
    let before: Vec<&[u8]> = before.split(|&b| b == b'\n').collect();
    let now: Vec<&[u8]> = now.split(|&b| b == b'\n').collect();
    let same = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let rest = before.len().min(now.len()) - same;
    let behind = before.iter().rev().zip(now.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let line = |line: u32| -> Option<u32> {
        match line as usize {
            line if line <= same => Some(line as u32),
            line if line > before.len() - behind => Some((line + now.len() - before.len()) as u32),
            _ => None,
        }
    };
    let position = |position: Position| match line(position.line) {
        Some(line) => Position { line, column: position.column },
        // On a line that is being written the column is kept: it is the same line most of the time.
        None => Position { line: (position.line as usize).min(now.len() - behind).max(1) as u32, column: position.column },
    };
    let range = |range: &Range| Range { start: position(range.start), end: position(range.end) };
    let list = |list: &[Range]| list.iter().map(range).collect();
    let Positions { calls, functions, bindings, assigns, classes, mounted } = &facts.positions;
    let call = |call: &CallPosition| CallPosition { name: range(&call.name), paren: position(call.paren), whole: range(&call.whole) };
    let positions = Positions {
        calls: calls.iter().map(call).collect(),
        functions: list(functions),
        bindings: list(bindings),
        assigns: list(assigns),
        classes: list(classes),
        mounted: mounted.as_ref().map(range),
    };
    let at = |line| position(Position { line, column: 1 }).line;
    let suppression = |suppression: &Suppression| Suppression {
        range: range(&suppression.range),
        covers: match suppression.covers {
            Covers::Lines(first, last) => Covers::Lines(at(first), at(last)),
            Covers::Next(line) => Covers::Next(at(line)),
            ref other => other.clone(),
        },
        ..suppression.clone()
    };
    FileFacts { positions, suppressions: facts.suppressions.iter().map(suppression).collect(), ..facts.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts, syntax};

    fn extracted(text: &str) -> FileFacts {
        let path = Utf8Path::new("/p/a.js");
        let parsed = syntax::parse_source(path, text).expect("it parses");
        facts::extract(path, text, &parsed)
    }

    #[test]
    fn equal_facts_tell_where_things_have_gone() {
        let before = extracted("f(a);\ng(() => h());\n");
        let now = extracted("// a comment\nf( a );\n\n  g(\n () => h());\n");
        assert_eq!(before.facts, now.facts);
        let moves = Moves::between(&before.positions, &now.positions).expect("equal facts");
        for (before, now) in before.positions.calls.iter().zip(&now.positions.calls) {
            assert_eq!(moves.range(before.name), Some(now.name));
            assert_eq!(moves.range(before.whole), Some(now.whole));
            assert_eq!(moves.start(before.paren), Some(now.paren));
        }
        assert_eq!(moves.start(Position { line: 9, column: 9 }), None);
        assert!(moves.concern("in the function at line 2, and") && moves.concern("at line 1, at line 2"));
        assert!(!moves.concern("the function at line 1") && !moves.concern("the function at line 22") && !moves.concern("no line"));
        assert!(Moves::between(&before.positions, &extracted("f(a);\n").positions).is_none());
    }

    #[test]
    fn a_text_that_is_being_typed_keeps_what_stands_around_the_change() {
        let before = "a();\nb();\nc();\n// unlisten-ignore-next-line x -- y\nd();\n";
        let now = "a();\nb(;\nif (\nc();\n// unlisten-ignore-next-line x -- y\nd();\n";
        let shifted = shifted(&extracted(before), before.as_bytes(), now.as_bytes());
        let lines: Vec<_> = shifted.positions.calls.iter().map(|call| call.name.start.line).collect();
        assert_eq!(lines, [1, 2, 4, 6]);
        assert_eq!(shifted.suppressions[0].covers, Covers::Next(6));
        assert_eq!(shifted.suppressions[0].range.start.line, 5);
    }
}

//! Texts that are put together: whether two of them are one.
//!
//! ```text
//! same(a, b)      :- parts(a) = parts(b)              'done:' + id, `done:${id}`
//! different(a, b) :- the same, but for a constant part   DONE + id, FAILED + id
//! different(a, n) :- the name n does not begin or end as a does   'done:' + id, 'error'
//! ```

use std::rc::Rc;

use super::matching::Match;
use super::{At, Origin, Program, Root};
use crate::facts::*;

/// How deep texts within texts are looked through.
const DEPTH: u32 = 8;

/// A piece of a text.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    /// What is not known, by where it comes from.
    Open(Vec<Origin>),
}

impl Program<'_> {
    /// Whether two names are one, as far as what they are put together of tells.
    pub(super) fn compare_texts(&self, a: &[Origin], b: &[Origin]) -> Match {
        let (Some(a), Some(b)) = (self.parts_of_text(a), self.parts_of_text(b)) else { return Match::Unknown };
        if a.len() != b.len() {
            return Match::Unknown;
        }
        let mut out = Match::Same;
        for pair in a.iter().zip(&b) {
            match pair {
                (Part::Text(one), Part::Text(other)) if one == other => {}
                (Part::Text(_), Part::Text(_)) => out = Match::Different,
                (Part::Open(one), Part::Open(other)) if self.same_object(one, other) => {}
                _ => return Match::Unknown,
            }
        }
        out
    }

    /// Whether a name can be one that is put together: it begins and ends as that does.
    pub(super) fn may_be_text(&self, put_together: &[Origin], name: &str) -> bool {
        let Some(parts) = self.parts_of_text(put_together) else { return true };
        let (mut rest, mut at_start) = (name, true);
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Open(_) => at_start = false,
                Part::Text(text) if at_start => match rest.strip_prefix(text.as_str()) {
                    Some(after) => rest = after,
                    None => return false,
                },
                Part::Text(text) if at + 1 == parts.len() => return rest.ends_with(text.as_str()),
                Part::Text(text) => match rest.split_once(text.as_str()) {
                    Some((_, after)) => rest = after,
                    None => return false,
                },
            }
        }
        !at_start || rest.is_empty()
    }

    /// The text that comes of constants only.
    pub(super) fn joined(&self, origins: &[Origin]) -> Option<Rc<str>> {
        match &self.parts_of_text(origins)?[..] {
            // (Numbers are added.)
            [Part::Text(text)] if text.parse::<f64>().is_err() => Some(text.as_str().into()),
            _ => None,
        }
    }

    /// What a text is put together of; none where it is not.
    fn parts_of_text(&self, origins: &[Origin]) -> Option<Vec<Part>> {
        let [Origin { root: Root::Unknown(v), path }] = origins else { return None };
        let mut out = Vec::new();
        let whole = path.is_empty() && matches!(self.value(*v), Value::Text(_) | Value::Binary(..));
        (whole && self.put_together(*v, DEPTH, &mut out)).then_some(out)
    }

    fn put_together(&self, v: At<ValueId>, depth: u32, out: &mut Vec<Part>) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let mut all = |parts: &[ValueId]| parts.iter().all(|&part| self.put_together(v.with(part), depth, out));
        match self.value(v) {
            Value::Text(parts) => return all(parts),
            Value::Binary(op, one, other) if op == "+" => return all(&[*one, *other]),
            Value::Binary(..) => return false,
            _ => {}
        }
        if let Some(text) = self.constant(v) {
            match out.last_mut() {
                Some(Part::Text(before)) => before.push_str(&text),
                _ => out.push(Part::Text(text.to_string())),
            }
            return true;
        }
        match &self.origins(v)[..] {
            [Origin { root: Root::Unknown(made), path }] if path.is_empty() && *made != v => self.put_together(*made, depth, out),
            origins => {
                out.push(Part::Open(origins.to_vec()));
                true
            }
        }
    }
}

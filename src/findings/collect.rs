//! Findings in their order, each once, each with a name that stays.

use rustc_hash::FxHashMap;

use super::Finding;

/// Puts findings in order, takes out doubles and gives each its fingerprint.
pub fn collect(mut findings: Vec<Finding>) -> Vec<Finding> {
    // The surest first among equals: it is the one that stays.
    findings.sort_by(|a, b| {
        (&a.path, a.range, a.call, a.rule, b.confidence, &a.message).cmp(&(&b.path, b.range, b.call, b.rule, a.confidence, &b.message))
    });
    findings.dedup_by(|later, earlier| {
        (&later.path, later.range, later.call, later.rule) == (&earlier.path, earlier.range, earlier.call, earlier.rule)
    });
    let mut prints = Ordinals::default();
    for finding in &mut findings {
        finding.fingerprint = prints.unique(fingerprint(finding));
    }
    findings
}

/// Gives equal fingerprints an ordinal, in the order in which they come.
#[derive(Default)]
pub(super) struct Ordinals {
    seen: FxHashMap<String, u32>,
}

impl Ordinals {
    pub fn unique(&mut self, fingerprint: String) -> String {
        let ordinal = self.seen.entry(fingerprint.clone()).or_default();
        *ordinal += 1;
        if *ordinal == 1 { fingerprint } else { format!("{fingerprint}-{ordinal}") }
    }
}

/// What a finding is known by. No line, no folder and no file's name goes in, so that code that is moved keeps its name; the function
/// around the registration and its text do.
fn fingerprint(finding: &Finding) -> String {
    let text: String = finding.text.split_whitespace().collect();
    hash([finding.rule, &finding.scope, finding.event.as_deref().unwrap_or_default(), &text])
}

/// Sixteen hexadecimal digits.
pub(super) fn hash<const N: usize>(parts: [&str; N]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_fingerprint_outlives_moved_lines_and_renamed_files() {
        let here = sample("/p/lib/a.js", 10);
        let mut there = sample("/q/src/b.ts", 99);
        there.text = format!(" {} ", there.text.replace(", ", ",\n"));
        assert_eq!(collect(vec![here.clone()])[0].fingerprint, collect(vec![there])[0].fingerprint);
        let mut other = here.clone();
        other.scope = "another".to_owned();
        assert_ne!(collect(vec![here])[0].fingerprint, collect(vec![other])[0].fingerprint);
    }

    #[test]
    fn equal_ones_get_an_ordinal_and_doubles_go() {
        let findings = collect(vec![sample("/p/a.js", 9), sample("/p/a.js", 3), sample("/p/a.js", 9)]);
        let lines: Vec<_> = findings.iter().map(|f| f.range.start.line).collect();
        assert_eq!(lines, [3, 9]);
        assert_eq!(findings[1].fingerprint, format!("{}-2", findings[0].fingerprint));
    }
}

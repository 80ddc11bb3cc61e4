//! «Did you mean»: the right word nearest to a wrong one.

/// The nearest of `words`; none where nothing is near.
pub fn nearest<'a>(wrong: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A part of the right word, or a word around it, is near too: `reason` for `require-reason`.
    let within = |word: &str| wrong.len() > 3 && (word.contains(wrong) || wrong.contains(word));
    let likeness = |word: &str| strsim::jaro_winkler(word, wrong).max(if within(word) { 0.7 } else { 0.0 });
    words.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|word| likeness(word) > 0.6)
}

/// `; did you mean ...?`, or nothing.
pub fn did_you_mean<'a>(wrong: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, words).map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_named() {
        assert_eq!(did_you_mean("listener-per-cal", ["listener-per-call", "listener-in-loop"]), "; did you mean `listener-per-call`?");
        assert_eq!(did_you_mean("reason", ["require-reason", "strict"]), "; did you mean `require-reason`?");
        assert_eq!(did_you_mean("zzz", ["listener-per-call"]), "");
    }
}

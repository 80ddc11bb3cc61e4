//! «Did you mean»: the right word nearest to a wrong one, in what people write.

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

/// An error of serde in our words: an unknown key with the nearest right one, in place of all of them.
pub fn unknown_key(message: &str) -> String {
    let message = message.trim_end();
    let Some(rest) = message.strip_prefix("unknown field `") else { return message.to_owned() };
    // unknown field `a`, expected one of `b`, `c`
    let mut quoted = rest.split('`').step_by(2);
    let wrong = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.filter(|word| !word.is_empty()).collect();
    match nearest(wrong, known.iter().copied()) {
        Some(near) => format!("there is no key `{wrong}`; did you mean `{near}`?"),
        None => format!("there is no key `{wrong}`; there are {}", known.join(", ")),
    }
}

/// Reads TOML; an error is one sentence with its place.
pub fn toml_with_place<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let reason = unknown_key(error.message());
        match error.span() {
            Some(span) => {
                let before = &text[..span.start.min(text.len())];
                let line = before.rfind('\n').map_or(0, |newline| newline + 1);
                format!("{}:{}: {reason}", before.matches('\n').count() + 1, before[line..].encode_utf16().count() + 1)
            }
            None => reason,
        }
    })
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

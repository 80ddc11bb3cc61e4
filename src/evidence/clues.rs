//! What a log tells beside warnings: command lines, versions, code that ran, how stacks are mixed.

use std::sync::LazyLock;

use super::observation::Frame;
use super::telling::Clues;

/// Words without which a line holds no clue.
static ANY_WORD: LazyLock<aho_corasick::AhoCorasick> = LazyLock::new(|| {
    let words = ["node ", "pm2", "--no-warnings", "NO_WARNINGS", "--disable-warning", "Node.js v", "nodejsVersion", "processId"];
    aho_corasick::AhoCorasick::new(words).expect("words of this file")
});

/// How many tops of stacks the frames hold: a function of the runtime that adds a listener stands in each once.
pub fn stacks(frames: &[Frame]) -> usize {
    let count = |name: &str| frames.iter().filter(|f| f.internal && f.function.as_deref().is_some_and(|f| f.ends_with(name))).count();
    count("_addListener").max(count(".addListener"))
}

/// A shipper's mark, after which other streams' lines are marked too.
pub fn is_prefixed(prefix: &str) -> bool {
    prefix.ends_with(['|', ':', ']', '>', '"']) || prefix.contains(" | ")
}

/// Keeps a bounded number of frames that show what ran.
pub fn remember(ran: &mut Vec<Frame>, frames: Vec<Frame>) {
    for frame in frames.into_iter().filter(|frame| !frame.internal) {
        if ran.len() >= 4_096 || ran.contains(&frame) {
            continue;
        }
        ran.push(frame);
    }
}

/// Command lines, versions, switched-off warnings.
pub fn read(clues: &mut Clues, line: &str, pid: &mut Option<u32>) {
    if line.len() > 4_096 || !ANY_WORD.is_match(line) {
        return;
    }
    if line.contains("--no-warnings")
        || line.contains("NODE_NO_WARNINGS=1")
        || line.contains("--disable-warning=MaxListenersExceededWarning")
    {
        clues.silenced = true;
    }
    let runs = line.contains("node ") || line.contains("pm2");
    for word in line.split([' ', '"', '\'', '`', '=', '(']).filter(|_| runs) {
        let name = word.trim_end_matches([',', ')', ';']);
        let is_program =
            [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| name.ends_with(end)) && (line.contains("node ") || line.contains("pm2"));
        if is_program && name.len() < 200 && clues.programs.len() < 64 && !clues.programs.iter().any(|known| known == name) {
            clues.programs.push(name.to_owned());
        }
    }
    for mark in ["Node.js v", "\"nodejsVersion\": \"v"] {
        if let Some(at) = line.find(mark) {
            let mut numbers = line[at + mark.len()..].split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().ok());
            if let (Some(Some(major)), Some(Some(minor)), Some(Some(patch))) = (numbers.next(), numbers.next(), numbers.next()) {
                clues.node = Some([major, minor, patch]);
            }
        }
    }
    if let Some(at) = line.find("\"processId\": ") {
        *pid = line[at + 13..].trim_end_matches([',', ' ']).parse().ok().or(*pid);
    }
}

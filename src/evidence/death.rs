//! The ends of processes: out of memory, exits, kills.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::pattern;

/// Words without which no line is read for an end.
const WORDS: &[&str] = &[
    " died",
    "exited",
    "exit status",
    "Exit status",
    "exit code",
    "Exit Code",
    "exitCode",
    "Killed",
    "SIGKILL",
    "SIGABRT",
    "SIGSEGV",
    "OOMKilled",
    "errno 137",
    "errno 134",
    "oom-kill",
    "killed by",
    "status 137",
    "status 134",
    "Quota exceeded",
    "Memory quota",
    "Aborted",
];

/// Words without which no line tells the end of memory.
static MEMORY_WORD: LazyLock<aho_corasick::AhoCorasick> = LazyLock::new(|| {
    let words = ["FATAL ERROR: ", "buffer allocation failed", "Failed to allocate memory", "OUT_OF_MEMORY", "out of memory: "];
    aho_corasick::AhoCorasick::new(words).expect("words of this file")
});

static ANY_WORD: LazyLock<aho_corasick::AhoCorasick> = LazyLock::new(|| aho_corasick::AhoCorasick::new(WORDS).expect("words of this file"));

/// cluster's own words are the program's (`worker 12 died (code=null signal=SIGKILL ..)`, the manual's `worker 12 died (SIGKILL). restarting...`).
static WORKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:worker|child|process|pid)\b\D{0,24}(\d{1,8})\b.{0,40}?\b(?:died|exit(?:ed|s)?|was killed|killed|terminated)\b(.*)")
});
static CODE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)\b(?:exit[ _-]?code|code|status)"?(?:\s+was|\s+of)?\s*[:=]?\s*[\[("]?(\d{1,3}|null|undefined)\b"#));
static SIGNAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(SIG(?:KILL|ABRT|TERM|SEGV|INT|BUS|ILL|FPE|HUP|QUIT|TRAP|PIPE|USR[12]))\b"));
/// `bash: line 1:  2054 Killed                  node kill.js`.
static SHELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:.*: line \d+:|\S*:? ?\[?\d*\]?[+-]?)\s*(\d{2,8}) (Killed|Aborted)\b"));
/// `Main process exited, code=killed, status=9/KILL`.
static SYSTEMD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[Pp]rocess exited, code=(killed|dumped|exited), status=(\d+)/(\w+)"));
/// The kernel's: `Out of memory: Killed process 1234 (node)`, `Memory cgroup out of memory: Kill process 1234`.
static KERNEL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)out of memory: kill(?:ed)? process (\d+)"));
/// compose, foreman, pm2, heroku, docker, npm.
static EXITED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:exited with (?:code|status) \[?(\d+)\]?(?: via signal \[(\w+)\])?|[Ee]xit status (\d{1,3})\b|\berrno (\d{1,3})\b|Exit Code:\s+(\d{1,3})|exit code (\d{1,3})\b)",
    )
});

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct End {
    pub pid: Option<u32>,
    pub code: Option<i64>,
    pub signal: Option<String>,
}

/// Reads the end of a process.
pub fn read(line: &str) -> Option<End> {
    if line.len() > 2_000 || !ANY_WORD.is_match(line) {
        return None;
    }
    let signal = || SIGNAL.captures(line).map(|found| found[1].to_owned());
    let killed = |pid: Option<u32>| Some(End { pid, code: None, signal: Some("SIGKILL".to_owned()) });
    if let Some(found) = SYSTEMD.captures(line) {
        let status: i64 = found[2].parse().ok()?;
        let by_signal = &found[1] != "exited";
        return Some(End { pid: None, code: (!by_signal).then_some(status), signal: by_signal.then(|| format!("SIG{}", &found[3])) });
    }
    if let Some(found) = KERNEL.captures(line) {
        return killed(found[1].parse().ok());
    }
    if let Some(found) = SHELL.captures(line) {
        let name = if &found[2] == "Killed" { "SIGKILL" } else { "SIGABRT" };
        return Some(End { pid: found[1].parse().ok(), code: None, signal: Some(name.to_owned()) });
    }
    if matches!(line.trim(), "Killed" | "OOMKilled") || line.contains("Reason:       OOMKilled") || line.contains("\"OOMKilled\":true") {
        return killed(None);
    }
    if line.trim().starts_with("Aborted (core dumped)") {
        return Some(End { pid: None, code: None, signal: Some("SIGABRT".to_owned()) });
    }
    if let Some(found) = EXITED.captures(line) {
        let code = (1..=6).filter(|group| *group != 2).find_map(|group| found.get(group)?.as_str().parse().ok());
        return Some(End { pid: None, code, signal: found.get(2).map(|name| name.as_str().to_owned()) });
    }
    if let Some(found) = WORKER.captures(line) {
        let rest = &found[2];
        let code = CODE.captures(rest).and_then(|code| code[1].parse().ok());
        let signal = SIGNAL.captures(rest).map(|name| name[1].to_owned());
        let code = code.or_else(|| {
            // `worker 12 died (137)`.
            let inside = rest.trim_start().strip_prefix('(')?;
            inside.split([')', ',']).next()?.trim().parse().ok()
        });
        // «worker 12 exited» without a cause is an end too; a sentence about exits is not.
        return (code.is_some() || signal.is_some() || rest.trim().is_empty() || line.contains(" died")).then(|| End {
            pid: found[1].parse().ok(),
            code,
            signal,
        });
    }
    let signal = signal()?;
    let ended = ["killed", "Killed", "terminated", "exited", "died", "Stopping process with"].iter().any(|word| line.contains(word));
    ended.then_some(End { pid: None, code: None, signal: Some(signal) })
}

/// The message of a line that tells the end of memory: V8's `FATAL ERROR: ..`, a RangeError of an ArrayBuffer, a worker's.
pub fn out_of_memory(line: &str) -> Option<(usize, &str)> {
    if !MEMORY_WORD.is_match(line) {
        return None;
    }
    if let Some(at) = line.find("FATAL ERROR: ")
        && ["out of memory", "Allocation failed", "heap limit", "OOM"].iter().any(|word| line[at..].contains(word))
    {
        return Some((at, line[at..].trim_end()));
    }
    for words in [
        "RangeError: Array buffer allocation failed",
        "RangeError: Failed to allocate memory",
        "RangeError [ERR_MEMORY_ALLOCATION_FAILED]: Failed to allocate memory",
        "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit",
        "Fatal JavaScript out of memory: ",
        "Fatal process out of memory: ",
    ] {
        if let Some(at) = line.find(words) {
            let message = &line[at..];
            // Frames may be glued to it.
            let end = super::frame::first_glued(message).unwrap_or(message.len());
            return Some((at, message[..end].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '"' | '}'))));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> (Option<u32>, Option<i64>, Option<String>) {
        let end = read(line).unwrap_or_else(|| panic!("no end: {line}"));
        (end.pid, end.code, end.signal)
    }

    #[test]
    fn ends() {
        let kill = || Some("SIGKILL".to_owned());
        assert_eq!(told("worker 22229 died (code=137 signal=null exitedAfterDisconnect=false)"), (Some(22229), Some(137), None));
        assert_eq!(told("worker 22 died (code=null signal=SIGKILL exitedAfterDisconnect=false)"), (Some(22), None, kill()));
        assert_eq!(told("worker 22 died (SIGKILL). restarting..."), (Some(22), None, kill()));
        assert_eq!(told("worker 22 died"), (Some(22), None, None));
        assert_eq!(told("bash: line 1:  2054 Killed                  node kill.js"), (Some(2054), None, kill()));
        assert_eq!(told("x PM2 log: App [worker:0] exited with code [0] via signal [SIGKILL]"), (None, Some(0), kill()));
        assert_eq!(told("systemd[1]: s.service: Main process exited, code=dumped, status=6/ABRT"), (None, None, Some("SIGABRT".into())));
        assert_eq!(told("web-1 exited with code 137"), (None, Some(137), None));
        assert_eq!(told("kernel: Out of memory: Killed process 77 (node) total-vm:1"), (Some(77), None, kill()));
        assert_eq!(read("GET /exited 200"), None);
        assert_eq!(read("the user said he died of laughter"), None);
    }
}

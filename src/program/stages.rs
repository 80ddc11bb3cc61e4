//! Stages of an object's life, by the names that methods of it have.

/// Names of methods that end an object, or that a framework calls once in its life (Node's stream manual, «Implementing»).
pub fn is_teardown(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    const ENDS: &[&str] = &[
        "close",
        "destroy",
        "dispose",
        "end",
        "stop",
        "terminate",
        "shutdown",
        "disconnect",
        "teardown",
        "cleanup",
        "kill",
        "quit",
        "abort",
        "final",
        "flush",
        "construct",
        "unmount",
        "uninstall",
        "finish",
        "exit",
    ];
    ENDS.iter().any(|end| name == *end || (name.starts_with(end) && end.len() > 4))
        || matches!(name.as_str(), "disconnectedcallback" | "componentwillunmount" | "ngondestroy" | "onmoduledestroy")
}

/// Names of methods that end an object for good: nobody uses it after that.
pub fn is_last_end(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']).to_ascii_lowercase();
    ["destroy", "dispose", "terminate", "teardown", "kill", "final", "exit", "ondestroy", "unload"].iter().any(|end| name.starts_with(end))
}

/// Names of methods that set an object up: many objects, once each.
pub fn is_set_up(name: &str) -> bool {
    let name = name.trim_start_matches(['_', '#']);
    if name == "main" || name.ends_with("Main") {
        return true;
    }
    let name = name.to_ascii_lowercase();
    const STARTS: &[&str] = &[
        "init",
        "setup",
        "start",
        "open",
        "listen",
        "attach",
        "install",
        "configure",
        "register",
        "mount",
        "bind",
        "connect",
        "launch",
        "boot",
        "prepare",
        "hook",
        "patch",
        "wrap",
        "enable",
        "wire",
    ];
    // (Of an element that is made once for a page, or many times: that the name does not tell.)
    matches!(name.as_str(), "componentdidload" | "componentwillload")
        || STARTS.iter().any(|start| name.starts_with(start))
        || name.ends_with("init")
        || name.ends_with("listeners")
        || name.ends_with("handlers")
}

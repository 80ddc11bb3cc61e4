//! Findings: what the rules say, put in order.

pub mod baseline;
pub mod changes;
mod collect;
mod finding;
mod fix;
pub mod lines;
pub mod suppress;

pub use collect::collect;
pub use finding::*;
pub use fix::*;

/// A finding for tests: a listener on a pooled socket, once per request.
#[cfg(test)]
pub(crate) fn sample(path: &str, line: u32) -> Finding {
    let place = |line, column, length| Range { start: Position { line, column }, end: Position { line, column: column + length } };
    let step =
        |message: &str, line, column, length| Step { message: message.to_owned(), path: path.into(), range: place(line, column, length) };
    Finding {
        rule: "listener-per-request",
        severity: Severity::Warning,
        confidence: Confidence::High,
        path: path.into(),
        range: place(line, 10, 2),
        call: Position { line, column: 12 },
        whole: place(line, 3, 26),
        message: "every request adds a `close` listener to a socket that outlives it".to_owned(),
        help: "take the listener off when the response has ended".to_owned(),
        event: Some("close".to_owned()),
        emitter_type: Some("net.Socket".to_owned()),
        lifetime: Region::Connection,
        runs: Region::Request,
        retains: vec![Retained {
            name: "body".to_owned(),
            position: Position { line: line - 1, column: 9 },
            size: Size::Unbounded,
            what: Some("a request body".to_owned()),
            through: None,
        }],
        trace: vec![step("the socket comes out of the keep-alive pool", line - 1, 9, 4), step("this runs for every request", 1, 1, 5)],
        fingerprint: String::new(),
        verdict: None,
        evidence: Vec::new(),
        remedies: Vec::new(),
        fix: Some(Fix {
            message: "remove `done` when `res` is closed".to_owned(),
            applicability: Applicability::Unsafe,
            edits: vec![Edit {
                path: path.into(),
                range: place(line, 29, 0),
                text: "\n    res.once('close', () => sock.removeListener('close', done));".to_owned(),
            }],
        }),
        text: "socket.on('close', done)".to_owned(),
        scope: "handle".to_owned(),
    }
}

//! The language server: `unlisten lsp`, over standard input and output. The only part that knows the protocol.
//!
//! | part | what it does |
//! | --- | --- |
//! | `transport` | bytes to messages, whatever the bytes are |
//! | `server` | answers each message; holds what is open, what was found and what was told |
//! | `documents` | open files, edit by edit |
//! | `workspace` | which programs the editor's folders are; their analysis, on a thread of its own |
//! | `places` | paths and positions in the protocol's spelling |
//! | `diagnostics`, `hover`, `actions` | a finding in the protocol's words |
//!
//! The server never waits for the analysis: it takes messages while one runs, and what a newer edit makes outdated is given up. A question
//! about findings waits for the analysis of the text that it was asked about.

mod actions;
mod diagnostics;
mod documents;
mod hover;
mod places;
mod server;
mod transport;
mod workspace;

use std::io;
use std::sync::mpsc;

/// Serves one client until it says `exit` or is gone. True if it took its leave as the protocol asks.
pub fn run() -> bool {
    let (events, received) = mpsc::channel();
    let reader = events.clone();
    std::thread::spawn(move || transport::listen(io::BufReader::new(io::stdin()), &reader));
    server::Server::new(transport::Client::new(io::stdout()), events).serve(&received)
}

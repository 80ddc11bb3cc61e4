//! Messages over a pair of byte streams. Whatever comes in, the next message after it is found.

use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::Sender;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::server::Event;

/// A message above is skipped. The longest that an editor has reason to send is a file's text, and longer files are not analysed.
const LONGEST: u64 = 256 << 20;
/// A header line is shorter than this.
const LONGEST_LINE: u64 = 4096;

/// What stands in a stream of messages.
#[derive(Debug)]
pub enum Incoming {
    Message(Message),
    /// Something else, with the reason.
    Malformed(String),
    /// Nobody is there any more.
    End,
}

/// Passes on what comes in, up to the end.
pub fn listen(mut input: impl BufRead, events: &Sender<Event>) {
    loop {
        let incoming = read(&mut input).unwrap_or(Incoming::End);
        let end = matches!(incoming, Incoming::End);
        if events.send(Event::Incoming(incoming)).is_err() || end {
            return;
        }
    }
}

fn read(input: &mut impl BufRead) -> io::Result<Incoming> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(Incoming::End);
        }
        let line = line.trim_ascii();
        if line.is_empty() {
            // An empty line ends a header. Before one it means nothing.
            if length.is_some() {
                break;
            }
            continue;
        }
        // What is no header is passed over: the next one is looked for.
        if let Some((name, value)) = String::from_utf8_lossy(line).split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            match value.trim().parse::<u64>() {
                Ok(number) => length = Some(number),
                Err(_) => return Ok(Incoming::Malformed(format!("not a length: {:?}", value.trim()))),
            }
        }
    }
    let length = length.unwrap_or_default();
    let mut body = input.by_ref().take(length);
    if length > LONGEST {
        io::copy(&mut body, &mut io::sink())?;
        return Ok(Incoming::Malformed(format!("a message of {length} bytes is too long")));
    }
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(Incoming::End);
    }
    Ok(serde_json::from_slice(&bytes).map_or_else(|error| Incoming::Malformed(error.to_string()), Incoming::Message))
}

/// Whoever is served.
pub struct Client {
    output: Box<dyn Write + Send>,
    /// Nothing can be told any more.
    pub gone: bool,
    asked: i32,
}

impl Client {
    pub fn new(output: impl Write + Send + 'static) -> Client {
        Client { output: Box::new(output), gone: false, asked: 0 }
    }

    fn send(&mut self, message: &Message) {
        self.gone |= message.write(&mut self.output).is_err();
    }

    pub fn notify(&mut self, method: &str, params: impl Serialize) {
        self.send(&Message::Notification(Notification::new(method.to_owned(), params)));
    }

    /// Asks for something whose answer does not matter.
    pub fn request(&mut self, method: &str, params: impl Serialize) {
        self.asked += 1;
        self.send(&Message::Request(Request::new(RequestId::from(self.asked), method.to_owned(), params)));
    }

    pub fn answer(&mut self, id: RequestId, result: impl Serialize) {
        self.send(&Message::Response(Response::new_ok(id, result)));
    }

    pub fn refuse(&mut self, id: RequestId, code: ErrorCode, reason: &str) {
        self.send(&Message::Response(Response::new_err(id, code as i32, reason.to_owned())));
    }

    /// What came in was no message: its id is not known, and the protocol has null for that.
    pub fn refuse_unread(&mut self, reason: &str) {
        let error = json!({ "code": ErrorCode::ParseError as i32, "message": reason });
        let text = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": error }).to_string();
        let written = write!(self.output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| self.output.flush());
        self.gone |= written.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8]) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            match read(&mut input).expect("memory can be read") {
                Incoming::Message(Message::Notification(message)) => told.push(message.method),
                Incoming::Message(_) => told.push("other".to_owned()),
                Incoming::Malformed(_) => told.push("malformed".to_owned()),
                Incoming::End => return told,
            }
        }
    }

    #[test]
    fn the_next_message_is_found_behind_anything() {
        let message = |text: &[u8]| [format!("Content-Length: {}\r\n\r\n", text.len()).as_bytes(), text].concat();
        let good = message(br#"{"jsonrpc":"2.0","method":"x"}"#);
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let wrong: [&[u8]; 9] = [
            b"",
            &message(b"not json"),
            &message(b"\xff\xfe{}"),
            &message(b""),
            &message(&deep),
            &message(b"[1]"),
            b"Content-Length: many\r\n\r\n",
            b"Content-Length: 99999999999999999999999\r\n\r\n",
            b"\xffgarbage\r\n\n\nContent-Type: x\n",
        ];
        for wrong in wrong {
            let told = all(&[&good, wrong, &good].concat());
            assert!(told.len() <= 3 && told.first().is_some_and(|m| m == "x") && told.last().is_some_and(|m| m == "x"), "{told:?}");
            assert!(told.len() >= 2, "{:?}: {told:?}", String::from_utf8_lossy(wrong));
        }
        // Cut off, and longer than there is memory for.
        assert_eq!(all(&good[..good.len() - 1]), Vec::<String>::new());
        assert_eq!(all(b"Content-Length: 9000000000000\r\n\r\n{}"), ["malformed"]);
        assert_eq!(all(&[&b"content-length:30\n\n"[..], br#"{"jsonrpc":"2.0","method":"y"}"#].concat()), ["y"]);
    }
}

//! One client, from `initialize` to `exit`: each message is answered from what is known, without waiting for the analysis.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexSet;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use lsp_types::{CodeActionParams, Diagnostic, HoverParams, InitializeParams, PublishDiagnosticsParams, Uri};
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::documents::Documents;
use super::transport::{Client, Incoming};
use super::workspace::{Answer, Job, Worker};
use super::{actions, diagnostics, hover, places};
use crate::check::on_large_stack;
use crate::findings::Finding;
use crate::fixes;
use crate::report;
use crate::rules::RULES;
use crate::source::real_path;

/// Something that the server has to deal with.
pub enum Event {
    Incoming(Incoming),
    Answer(Answer),
}

/// After the last change of a text: one edit may come as several messages. A later key makes an analysis that is under way outdated.
const PAUSE: Duration = Duration::from_millis(10);
/// After the last word of files that changed on disk: they come in crowds.
const SETTLED: Duration = Duration::from_millis(100);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum State {
    New,
    Serving,
    /// `shutdown` was said; only `exit` may follow.
    Leaving,
}

pub struct Server {
    client: Client,
    worker: Worker,
    state: State,
    folders: IndexSet<Utf8PathBuf>,
    documents: Documents,
    /// The number of the newest job, and when the next one is due.
    asked: u64,
    due: Option<Instant>,
    look: bool,
    /// What was found last.
    answer: Answer,
    /// What the client shows, by file.
    published: FxHashMap<Utf8PathBuf, (Uri, Vec<Diagnostic>)>,
    /// Sentences that were told already.
    complained: Vec<String>,
    /// Questions about findings of a text that is still being analysed.
    waiting: Vec<Request>,
    can_watch: bool,
    can_show: bool,
}

impl Server {
    pub fn new(client: Client, events: Sender<Event>) -> Server {
        Server {
            client,
            worker: Worker::start(events),
            state: State::New,
            folders: IndexSet::default(),
            documents: Documents::default(),
            asked: 0,
            due: None,
            look: true,
            answer: Answer::default(),
            published: FxHashMap::default(),
            complained: Vec::new(),
            waiting: Vec::new(),
            can_watch: false,
            can_show: false,
        }
    }

    /// Until the client leaves or is gone. True if it said `shutdown` before `exit`.
    pub fn serve(mut self, events: &Receiver<Event>) -> bool {
        while !self.client.gone {
            let event = match self.due {
                Some(due) => events.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Err(RecvTimeoutError::Timeout) => self.ask(),
                Err(RecvTimeoutError::Disconnected) | Ok(Event::Incoming(Incoming::End)) => return false,
                Ok(Event::Incoming(Incoming::Malformed(reason))) => self.client.refuse_unread(&reason),
                Ok(Event::Incoming(Incoming::Message(Message::Notification(message)))) if message.method == "exit" => {
                    return self.state == State::Leaving;
                }
                Ok(Event::Incoming(Incoming::Message(message))) => self.take(message),
                Ok(Event::Answer(answer)) => self.tell(answer),
            }
        }
        false
    }

    /// One message. What goes wrong in it is its own.
    fn take(&mut self, message: Message) {
        let id = match &message {
            Message::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let taken = catch_unwind(AssertUnwindSafe(|| match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) => self.notification(notification),
            // To what was asked of the client: nothing depends on it.
            Message::Response(_) => {}
        }));
        if let (Err(_), Some(id)) = (taken, id) {
            self.client.refuse(id, ErrorCode::InternalError, "an internal error");
        }
    }

    fn request(&mut self, request: Request) {
        match (&self.state, request.method.as_str()) {
            (State::New, "initialize") => self.initialize(request),
            (State::New, _) => self.client.refuse(request.id, ErrorCode::ServerNotInitialized, "`initialize` comes first"),
            (State::Leaving, _) => self.client.refuse(request.id, ErrorCode::InvalidRequest, "after `shutdown` only `exit` may come"),
            (_, "initialize") => self.client.refuse(request.id, ErrorCode::InvalidRequest, "`initialize` came already"),
            (_, "shutdown") => {
                self.state = State::Leaving;
                self.due = None;
                for waiting in std::mem::take(&mut self.waiting) {
                    self.client.refuse(waiting.id, ErrorCode::RequestCanceled, "the server is leaving");
                }
                self.client.answer(request.id, Value::Null);
            }
            (_, "textDocument/hover" | "textDocument/codeAction") if self.is_behind() => self.waiting.push(request),
            (_, "textDocument/hover" | "textDocument/codeAction") => self.about_findings(request),
            (_, "workspace/executeCommand") => self.execute(request),
            (_, other) => {
                let reason = format!("`{other}` is not known");
                self.client.refuse(request.id, ErrorCode::MethodNotFound, &reason);
            }
        }
    }

    fn notification(&mut self, notification: Notification) {
        if self.state != State::Serving {
            return;
        }
        let Notification { method, params } = notification;
        match method.as_str() {
            "initialized" => self.watch(),
            "textDocument/didOpen" => {
                if let Some(params) = self.read::<lsp_types::DidOpenTextDocumentParams>(&method, params) {
                    self.documents.open(params.text_document);
                    self.soon(Duration::ZERO, true);
                }
            }
            "textDocument/didChange" => {
                if let Some(params) = self.read::<lsp_types::DidChangeTextDocumentParams>(&method, params) {
                    self.documents.change(&params.text_document.uri, params.text_document.version, params.content_changes);
                    self.soon(PAUSE, false);
                }
            }
            "textDocument/didSave" => self.soon(Duration::ZERO, true),
            "textDocument/didClose" => {
                if let Some(params) = self.read::<lsp_types::DidCloseTextDocumentParams>(&method, params) {
                    self.documents.close(&params.text_document.uri);
                    self.soon(Duration::ZERO, true);
                }
            }
            "workspace/didChangeWatchedFiles" | "workspace/didChangeConfiguration" => self.soon(SETTLED, true),
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(params) = self.read::<lsp_types::DidChangeWorkspaceFoldersParams>(&method, params) {
                    for gone in params.event.removed.iter().filter_map(|folder| path_of(&folder.uri)) {
                        self.folders.shift_remove(&gone);
                    }
                    self.folders.extend(params.event.added.iter().filter_map(|folder| path_of(&folder.uri)));
                    self.soon(Duration::ZERO, true);
                }
            }
            "$/cancelRequest" => {
                let id: Option<RequestId> = serde_json::from_value(params["id"].clone()).ok();
                if let Some(at) = id.and_then(|id| self.waiting.iter().position(|waiting| waiting.id == id)) {
                    let cancelled = self.waiting.remove(at);
                    self.client.refuse(cancelled.id, ErrorCode::RequestCanceled, "cancelled");
                }
            }
            // The protocol allows to pass over what is not known.
            _ => {}
        }
    }

    /// Reads what a message says; where it says something else, that is logged.
    fn read<T: DeserializeOwned>(&mut self, method: &str, params: Value) -> Option<T> {
        let read = serde_json::from_value(params);
        read.map_err(|error| self.log(&format!("{method}: {error}"))).ok()
    }

    fn log(&mut self, message: &str) {
        self.client.notify("window/logMessage", json!({ "type": lsp_types::MessageType::WARNING, "message": message }));
    }

    fn initialize(&mut self, request: Request) {
        let params: InitializeParams = match serde_json::from_value(request.params) {
            Ok(params) => params,
            Err(error) => return self.client.refuse(request.id, ErrorCode::InvalidParams, &error.to_string()),
        };
        let folders = params.workspace_folders.unwrap_or_default();
        self.folders = folders.iter().filter_map(|folder| path_of(&folder.uri)).collect();
        // What clients said before there could be several folders.
        #[expect(deprecated)]
        let (root, path) = (params.root_uri, params.root_path);
        if folders.is_empty() {
            let root = root.as_ref().and_then(path_of);
            self.folders.extend(root.or_else(|| path.filter(|path| !path.is_empty()).map(|path| real_path(Utf8Path::new(&path)))));
        }
        let workspace = params.capabilities.workspace.unwrap_or_default();
        self.can_watch = workspace.did_change_watched_files.and_then(|can| can.dynamic_registration).unwrap_or_default();
        self.can_show = params.capabilities.window.and_then(|window| window.show_document).is_some_and(|can| can.support);
        self.state = State::Serving;
        let capabilities = json!({
            "positionEncoding": "utf-16",
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "hoverProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix"] },
            "executeCommandProvider": { "commands": [actions::OPEN_RULE] },
            "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
        });
        let info = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
        self.client.answer(request.id, json!({ "capabilities": capabilities, "serverInfo": info }));
        self.soon(Duration::ZERO, true);
    }

    /// Asks to be told of files that change on disk.
    fn watch(&mut self) {
        if !self.can_watch {
            return;
        }
        // TOML: the configuration, and model packs, whatever they are called.
        let globs = [
            "**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
            "**/{package,tsconfig,jsconfig}.json",
            "**/unlisten*.json",
            "**/*.toml",
            "**/.gitignore",
        ];
        let watchers: Vec<Value> = globs.iter().map(|glob| json!({ "globPattern": glob })).collect();
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        self.client.request("client/registerCapability", json!({ "registrations": [registration] }));
    }

    /// The next analysis is due. `look`: the disk may have changed.
    fn soon(&mut self, pause: Duration, look: bool) {
        self.look |= look;
        let due = Instant::now() + pause;
        // A later change puts it off; what was due before a text changed is not due earlier for that.
        self.due = Some(due);
    }

    fn ask(&mut self) {
        self.due = None;
        self.asked += 1;
        self.worker.ask(Job {
            number: self.asked,
            overlay: self.documents.overlay().clone(),
            folders: self.folders.iter().cloned().collect(),
            open: self.documents.paths().cloned().collect(),
            look: std::mem::take(&mut self.look),
        });
    }

    /// What is known is not of the texts that are open now.
    fn is_behind(&self) -> bool {
        self.due.is_some() || self.answer.number != self.asked
    }

    /// Tells what was found, where it is of the newest texts: what is not will be found again.
    fn tell(&mut self, answer: Answer) {
        if answer.number != self.asked || self.state != State::Serving {
            return;
        }
        self.answer = answer;
        if self.due.is_some() {
            return;
        }
        for complaint in self.answer.complaints.clone() {
            if !self.complained.contains(&complaint) {
                self.client.notify(
                    "window/showMessage",
                    json!({ "type": lsp_types::MessageType::ERROR, "message": format!("unlisten: {complaint}") }),
                );
            }
        }
        for note in self.answer.notes.clone() {
            if !self.complained.contains(&note) {
                self.log(&note);
            }
        }
        self.complained = [&self.answer.complaints[..], &self.answer.notes[..]].concat();
        self.publish();
        for request in std::mem::take(&mut self.waiting) {
            self.take(Message::Request(request));
        }
    }

    /// Tells what differs from what the client shows.
    fn publish(&mut self) {
        let mut paths: Vec<Utf8PathBuf> = self.published.keys().chain(self.answer.files.keys()).cloned().collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let now: Vec<Diagnostic> = self.answer.files.get(&path).map_or_else(Vec::new, |told| {
                let findings = told.findings.iter().map(diagnostics::of_finding);
                let faults = told.faults.iter().map(diagnostics::of_fault);
                findings.chain(faults).chain(told.problems.iter().map(diagnostics::of_problem)).collect()
            });
            let document = self.documents.get(&path);
            let Some(uri) = document.map(|document| document.uri.clone()).or_else(|| places::uri_of(&path)) else { continue };
            let version = document.map(|document| document.version);
            let shown = self.published.remove(&path);
            match shown {
                Some((before, _)) if before.as_str() != uri.as_str() => self.send(before, Vec::new(), None),
                Some((_, before)) if before == now => {
                    self.published.insert(path, (uri, now));
                    continue;
                }
                _ => {}
            }
            self.send(uri.clone(), now.clone(), version);
            if !now.is_empty() {
                self.published.insert(path, (uri, now));
            }
        }
    }

    fn send(&mut self, uri: Uri, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        self.client.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version });
    }

    fn findings(&self, path: &Utf8Path) -> &[Finding] {
        self.answer.files.get(path).map_or(&[], |told| &told.findings)
    }

    fn about_findings(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            "textDocument/hover" => serde_json::from_value(params).map(|params| json!(self.hover(&params))),
            _ => serde_json::from_value(params).map(|params| json!(self.actions(&params))),
        };
        match answer {
            Ok(answer) => self.client.answer(id, answer),
            Err(error) => self.client.refuse(id, ErrorCode::InvalidParams, &error.to_string()),
        }
    }

    fn hover(&self, params: &HoverParams) -> Option<lsp_types::Hover> {
        let asked = &params.text_document_position_params;
        let path = path_of(&asked.text_document.uri)?;
        let here: Vec<&Finding> = self.findings(&path).iter().filter(|finding| holds(finding, asked.position, asked.position)).collect();
        let root = self.folders.iter().filter(|folder| path.starts_with(folder)).max_by_key(|folder| folder.as_str().len());
        hover::hover(&here, root.map_or(Utf8Path::new("/"), Utf8PathBuf::as_path))
    }

    fn actions(&self, params: &CodeActionParams) -> Vec<lsp_types::CodeActionOrCommand> {
        let wanted = params.context.only.as_ref();
        if wanted.is_some_and(|kinds| !kinds.iter().any(|kind| kind.as_str().is_empty() || kind.as_str() == "quickfix")) {
            return Vec::new();
        }
        let Some(path) = path_of(&params.text_document.uri) else { return Vec::new() };
        let Some(document) = self.documents.get(&path) else { return Vec::new() };
        let here = self.findings(&path).iter().filter(|finding| holds(finding, params.range.start, params.range.end));
        let mut here: Vec<Finding> = here.cloned().collect();
        // Of these few alone, and only now that somebody asks.
        let text = |asked: &Utf8Path| (*asked == *path).then(|| document.text.clone());
        // A fix that fails is none.
        let _ = on_large_stack(|| fixes::suggest(&mut here, &text));
        here.iter().flat_map(|finding| actions::actions(finding, &document.uri, &document.text)).collect()
    }

    fn execute(&mut self, request: Request) {
        let command = request.params["command"].as_str().unwrap_or_default();
        let rule = request.params["arguments"][0].as_str().unwrap_or_default();
        if command != actions::OPEN_RULE {
            let reason = format!("there is no command `{command}`");
            return self.client.refuse(request.id, ErrorCode::InvalidParams, &reason);
        }
        let Some(rule) = RULES.iter().find(|known| known.id == rule) else {
            let reason = format!("there is no rule `{rule}`");
            return self.client.refuse(request.id, ErrorCode::InvalidParams, &reason);
        };
        let uri = self.can_show.then(|| report::page(rule.id, rule.page).ok()).flatten().and_then(|path| places::uri_of(&path));
        match uri {
            Some(uri) => self.client.request("window/showDocument", json!({ "uri": uri, "takeFocus": true })),
            None => {
                let message = format!("{}: {}. More: unlisten explain {}", rule.id, rule.summary, rule.id);
                self.client.notify("window/showMessage", json!({ "type": lsp_types::MessageType::INFO, "message": message }));
            }
        }
        // For clients that show it themselves.
        self.client.answer(request.id, rule.page);
    }
}

fn path_of(uri: &Uri) -> Option<Utf8PathBuf> {
    places::path_of(uri.as_str()).map(|path| real_path(&path))
}

/// The finding's name, or a place on its line, lies between.
fn holds(finding: &Finding, start: lsp_types::Position, end: lsp_types::Position) -> bool {
    let range = places::range(finding.range);
    if start == end && start.line == range.start.line {
        // On the very word, where several findings share a line; else anywhere in the call.
        let whole = places::range(finding.whole);
        return (whole.start..=whole.end).contains(&start) || (range.start..=range.end).contains(&start);
    }
    start <= range.end && range.start <= end
}

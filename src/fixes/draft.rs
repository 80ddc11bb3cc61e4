//! A fix in the making: the text, its layout, and the edits so far.

use camino::Utf8Path;
use rustc_hash::FxHashSet;

use crate::facts::layout::{Bytes, CallLayout, FunctionIx, Layout, Statement};
use crate::findings::lines::Lines;
use crate::findings::{CallPlace, Edit};

/// How a file is written, asked of the whole of it once.
pub struct Manner<'t> {
    /// One level of indentation.
    level: &'static str,
    newline: &'static str,
    /// `;` where statements end so.
    semicolon: &'static str,
    /// Every word in it: names, and those in comments and strings.
    words: FxHashSet<&'t str>,
}

impl<'t> Manner<'t> {
    pub fn of(text: &'t str) -> Manner<'t> {
        let indented = text.lines().find(|line| line.starts_with([' ', '\t']) && !line.trim_start().starts_with('*'));
        let ends = |end: char| text.lines().filter(|line| line.trim_end().ends_with(end)).count();
        Manner {
            level: match indented {
                Some(line) if line.starts_with('\t') => "\t",
                Some(line) if line.starts_with("    ") => "    ",
                _ => "  ",
            },
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            semicolon: if ends(';') * 4 >= ends(')') { ";" } else { "" },
            words: text.split(|c| !is_in_word(c)).collect(),
        }
    }
}

/// What a maker of fixes works on.
pub struct Draft<'t> {
    pub path: &'t Utf8Path,
    pub text: &'t str,
    pub layout: &'t Layout,
    manner: &'t Manner<'t>,
    lines: &'t Lines<&'t str>,
    edits: Vec<(Bytes, String)>,
}

impl<'t> Draft<'t> {
    pub fn new(path: &'t Utf8Path, layout: &'t Layout, manner: &'t Manner<'t>, lines: &'t Lines<&'t str>) -> Draft<'t> {
        Draft { path, text: lines.text(), layout, manner, lines, edits: Vec::new() }
    }

    /// The call at a place, if it is in this file.
    pub fn call(&self, place: &CallPlace) -> Option<&'t CallLayout> {
        (place.path == self.path).then(|| self.layout.call_at(self.lines.offset(place.paren)))?
    }

    pub fn at(&self, span: &Bytes) -> &'t str {
        &self.text[span.clone()]
    }

    pub fn statement(&self, call: &CallLayout) -> &'t Statement {
        &self.layout.statements[call.statement]
    }

    pub fn replace(&mut self, span: Bytes, text: impl Into<String>) {
        self.edits.push((span, text.into()));
    }

    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Inserts a line before the statement at this offset.
    pub fn insert_line_before(&mut self, at: usize, line: &str) {
        self.insert_lines_before(at, &[line]);
    }

    pub fn insert_lines_before(&mut self, at: usize, lines: &[impl AsRef<str>]) {
        let (newline, indent) = (self.newline(), self.indent(at));
        let text = lines.iter().map(|line| format!("{}{newline}{indent}", line.as_ref())).collect::<String>();
        self.insert(at, text);
    }

    /// Inserts a line behind the statement that ends at this offset, and begins at another.
    pub fn insert_line_after(&mut self, start: usize, end: usize, line: &str) {
        self.insert_lines_after(start, end, &[line]);
    }

    pub fn insert_lines_after(&mut self, start: usize, end: usize, lines: &[impl AsRef<str>]) {
        let (newline, indent) = (self.newline(), self.indent(start));
        let text = lines.iter().map(|line| format!("{newline}{indent}{}", line.as_ref())).collect::<String>();
        self.insert(end, text);
    }

    /// The edits in the order of the text; none if they overlap, or if there are none.
    pub fn edits(mut self) -> Option<Vec<Edit>> {
        self.edits.sort_by_key(|(span, _)| (span.start, span.end));
        let apart = self.edits.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start && pair[0].0 != pair[1].0);
        (apart && !self.edits.is_empty()).then(|| {
            let edit =
                |(span, text): (Bytes, String)| Edit { path: self.path.to_owned(), range: self.lines.range(span.start, span.end), text };
            self.edits.into_iter().map(edit).collect()
        })
    }

    /// A part of the text with the edits so far, which are taken back, for a place whose line is indented like this.
    pub fn taken(&mut self, part: &Bytes, to: &str) -> String {
        let (mut inside, outside): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.edits).into_iter().partition(|(span, _)| part.start <= span.start && span.end <= part.end);
        self.edits = outside;
        inside.sort_by_key(|(span, _)| (span.start, span.end));
        let from = self.indent(part.start).to_owned();
        let (mut out, mut done) = (String::new(), part.start);
        for (span, text) in inside {
            out += &self.shifted(&(done..span.start.max(done)), &from, to);
            out += &self.indented(&text, &from, to);
            done = span.end.max(done);
        }
        out + &self.shifted(&(done..part.end), &from, to)
    }

    /// A part of the text, for a place whose line is indented like this.
    pub fn moved(&self, part: &Bytes, to: &str) -> String {
        self.shifted(part, self.indent(part.start), to)
    }

    /// A part of the text whose lines, behind the first one, are indented anew. Lines of a template are its content.
    pub fn shifted(&self, part: &Bytes, from: &str, to: &str) -> String {
        let mut out = String::with_capacity(part.len());
        let mut at = part.start;
        for line in self.at(part).split_inclusive('\n') {
            let content = self.layout.templates.iter().any(|template| template.start < at && at < template.end);
            match line.strip_prefix(from).filter(|line| at > part.start && !content && !line.trim().is_empty()) {
                Some(rest) => {
                    out += to;
                    out += rest;
                }
                None => out += line,
            }
            at += line.len();
        }
        out
    }

    /// The same of lines that are no part of the text.
    pub fn indented(&self, text: &str, from: &str, to: &str) -> String {
        let line = self.newline();
        if from == to { text.to_owned() } else { text.replace(&format!("{line}{from}"), &format!("{line}{to}")) }
    }

    /// Writes a name for an argument. Where that was the last, and of several lines, the `)` follows.
    pub fn name_argument(&mut self, call: &CallLayout, index: usize, name: &str) {
        let span = call.args[index].span.clone();
        let behind = span.end..call.whole.end.saturating_sub(1);
        let opening = call.args[0].span.start..span.start;
        let hangs = index + 1 == call.args.len()
            && self.at(&span).contains('\n')
            && !self.at(&opening).contains('\n')
            && !self.begins_line(call.args[0].span.start)
            && self.text.get(behind.clone()).is_some_and(|behind| behind.trim().is_empty());
        self.replace(if hangs { span.start..behind.end } else { span }, name);
    }

    /// `{ lines }`, below a line that is so indented.
    pub fn block<'l>(&self, indent: &str, lines: impl Iterator<Item = &'l String>) -> String {
        let (level, newline) = (self.level(), self.newline());
        let lines: String = lines.map(|line| format!("{newline}{indent}{level}{line}")).collect();
        format!("{{{lines}{newline}{indent}}}")
    }

    /// How the line at this offset is indented.
    pub fn indent(&self, at: usize) -> &'t str {
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &self.text[start..at];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Nothing but space stands before this offset in its line.
    pub fn begins_line(&self, at: usize) -> bool {
        self.text[..at].trim_end_matches([' ', '\t']).ends_with('\n')
    }

    /// One level of indentation, as this file does it.
    pub fn level(&self) -> &'static str {
        self.manner.level
    }

    pub fn newline(&self) -> &'static str {
        self.manner.newline
    }

    /// Statements of this file end in semicolons.
    pub fn semicolon(&self) -> &'static str {
        self.manner.semicolon
    }

    pub fn is_typescript(&self) -> bool {
        matches!(self.path.extension(), Some("ts" | "tsx" | "mts" | "cts"))
    }

    /// The word stands somewhere in this part of the text: as a name, or in a comment or a string.
    pub fn mentions(&self, part: Bytes, word: &str) -> bool {
        mentions(&self.text[part], word)
    }

    /// These very characters stand in this part of the text.
    pub fn mentions_text(&self, part: &Bytes, text: &str) -> bool {
        self.at(part).contains(text)
    }

    /// A name for the listener of a call that nothing in the file has: `onClose`.
    pub fn listener_name(&self, call: &CallLayout, listener: usize) -> Option<String> {
        self.listener_name_beside(call, listener, &[])
    }

    /// The same, and none of these.
    pub fn listener_name_beside(&self, call: &CallLayout, listener: usize, taken: &[&str]) -> Option<String> {
        let mut name = String::from("on");
        for part in call.args.iter().take(listener).map(|arg| self.at(&arg.span)).find_map(words).unwrap_or_default() {
            name.extend(part.chars().take(1).map(|c| c.to_ascii_uppercase()));
            name.push_str(&part[1..]);
        }
        if name == "on" {
            name = "listener".to_owned();
        }
        let second = if name == "listener" { "handler".to_owned() } else { format!("{name}Listener") };
        let names = [name.clone(), second].into_iter().chain((2..10).map(|n| format!("{name}{n}")));
        names.into_iter().find(|name| !taken.contains(&&**name) && !self.manner.words.contains(&**name))
    }

    /// What a call is made on, through others that give it back: `a` of `a.on(...).on(...)`.
    pub fn chain(&self, call: &CallLayout) -> Option<Bytes> {
        let receiver = call.receiver.clone()?;
        match self.layout.calls.iter().find(|inner| inner.whole == receiver) {
            Some(inner) if self.gives_back(inner) => self.chain(inner),
            _ => Some(receiver),
        }
    }

    /// The call makes up its statement, by itself or with others that give back what they are made on.
    pub fn is_alone_in_chain(&self, call: &CallLayout) -> bool {
        let mut at = call;
        while !self.layout.is_alone(at) {
            let outer = self.layout.calls.iter().find(|outer| outer.receiver.as_ref() == Some(&at.whole) && self.gives_back(outer));
            match outer {
                Some(outer) if self.gives_back(at) => at = outer,
                _ => return false,
            }
        }
        true
    }

    fn gives_back(&self, call: &CallLayout) -> bool {
        let chained = ["on", "once", "addListener", "prependListener", "prependOnceListener", "off", "removeListener"];
        call.method.clone().is_some_and(|method| chained.contains(&self.at(&method)))
    }

    /// What is written between a receiver and its method, for another call on it.
    pub fn receiver(&self, call: &CallLayout) -> Option<String> {
        let (receiver, method) = (self.chain(call)?, call.method.clone()?);
        let between = self.text[receiver.end..method.start].trim_start();
        let dot = if between.starts_with("?.") { "?." } else { "." };
        let text = self.at(&receiver);
        // Asked twice, a call may give two objects.
        let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '#' | '?'));
        plain.then(|| format!("{text}{dot}"))
    }

    /// The call that takes away what a call adds: `socket.removeListener('close', onClose)`.
    pub fn release(&self, call: &CallLayout, listener: &str) -> Option<String> {
        let target = self.at(&call.method.clone()?) == "addEventListener";
        let method = if target { "removeEventListener" } else { "removeListener" };
        self.release_by(call, &self.receiver(call)?, method, listener)
    }

    /// The same on this receiver (with its dot), by this method.
    pub fn release_by(&self, call: &CallLayout, receiver: &str, method: &str, listener: &str) -> Option<String> {
        let (event, rest) = match &call.args[..] {
            [event, _, rest @ ..] => (event, rest),
            _ => return None,
        };
        let target = self.at(&call.method.clone()?) == "addEventListener";
        let options = match rest {
            [options] if target && is_capture(self.at(&options.span)) => format!(", {}", self.at(&options.span)),
            _ => String::new(),
        };
        let event = self.at(&event.span);
        constant(event).map(|_| ()).or_else(|| is_path(event).then_some(()))?;
        Some(format!("{receiver}{method}({event}, {listener}{options})"))
    }

    /// The block of a function, if it has one.
    pub fn body(&self, function: FunctionIx) -> Option<&'t crate::facts::layout::Block> {
        self.layout.functions[function].body.map(|block| &self.layout.blocks[block])
    }
}

/// The words of an event's name: of a constant, or of the last name of `EVENTS.HALF_CLOSE`.
fn words(event: &str) -> Option<Vec<String>> {
    let text = match constant(event) {
        Some(text) => text.to_owned(),
        None if is_path(event) => event.rsplit(['.', '#']).next().map(|name| match name.contains(|c: char| c.is_lowercase()) {
            true => name.to_owned(),
            false => name.to_lowercase(),
        })?,
        None => return None,
    };
    let words: Vec<String> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// `'close'` without its quotes.
pub fn constant(text: &str) -> Option<&str> {
    let inner = ['\'', '"', '`'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))?;
    (!inner.contains(['\'', '"', '`', '$', '\\', '\n'])).then_some(inner)
}

/// `a.b.c`, `this.#x`.
pub fn is_path(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(|part| is_name(part.strip_prefix('#').unwrap_or(part)))
}

pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_in_word) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// The options make `removeEventListener` ask for the capture flag.
fn is_capture(options: &str) -> bool {
    options == "true" || options.starts_with('{') && options.contains("capture")
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn mentions(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_in_word) && !after.is_some_and(is_in_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        assert!(mentions("a = onClose(1)", "onClose"));
        assert!(!mentions("a = onClosed(1), $onClose, _onClose", "onClose"));
        assert!(mentions("été", "été"));
    }

    #[test]
    fn paths_and_constants() {
        assert!(is_path("this.#a.b") && is_path("EVENTS.CLOSE") && !is_path("a()") && !is_path("a..b") && !is_path("1a"));
        assert_eq!(constant("'close'"), Some("close"));
        assert_eq!(constant("`a${b}`"), None);
    }
}

//! The scan itself: a lexer that knows just enough of JavaScript to tell brackets in code from those in text.

use memchr::{memchr, memchr3, memmem};

use super::{ANGLES, BRACKET, BRANCH, DOUBLINGS, Dialect, FLOW_PARENS, Refusal, WEIGHT, is_word};

/// What one stretch between brackets has pending.
#[derive(Clone, Copy, Default)]
struct Pending {
    /// Operators since the expression began.
    operators: u32,
    /// `else`, `if (...)`, `for (...)` and the like without braces.
    branches: u32,
    /// `<` that no `>` closed.
    angles: u32,
    /// `<` where a value is expected: type assertions.
    assertions: u32,
    /// `a ?` of a conditional expression.
    questions: u32,
    /// `) :` within one, which may be an arrow function's return type.
    return_types: u32,
    /// `=>` after such a one.
    doublings: u32,
}

/// An open bracket, with what was pending before it.
struct Level {
    open: u8,
    pending: Pending,
    /// The `(` of `if (`, `while (`, `for (`, `with (`: what follows its `)` is a statement.
    head: bool,
    /// A `{` that is no object.
    block: bool,
    /// A `(` that is not a call's.
    group: bool,
    /// The `(` of `<T>(`.
    assertion: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, an opening bracket, the beginning: a value is expected.
    Operator,
    /// A value ended.
    Value,
    /// `if`, `while`, `for`, `with`.
    Head,
    /// `)` or `}` after which a statement begins.
    Statement,
}

pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    levels: Vec<Level>,
    now: Pending,
    /// The sums over `levels`.
    below: Pending,
    groups: u32,
    assertion_parens: u32,
    before: Before,
    /// The last significant byte.
    last: u8,
    /// `;` or `}` came last: a new statement begins unless `else` follows.
    ended: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8], dialect: Dialect) -> Self {
        Scan {
            bytes,
            at: 0,
            dialect,
            levels: Vec::new(),
            now: Pending::default(),
            below: Pending::default(),
            groups: 0,
            assertion_parens: 0,
            before: Before::Operator,
            last: b';',
            ended: false,
        }
    }

    /// Reads to the end, or to the first limit that is passed.
    pub(super) fn run(mut self) -> Option<Refusal> {
        while let Some(&b) = self.bytes.get(self.at) {
            let start = self.at;
            self.at += 1;
            match b {
                _ if is_word(b) => {
                    if self.word(start) {
                        continue;
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'"' | b'\'' => {
                    self.value_begins();
                    self.string(b);
                    self.value_ended();
                }
                b'`' => {
                    if self.before == Before::Value {
                        self.now.operators += 1;
                    }
                    self.template();
                }
                b'(' | b'[' | b'{' => self.open(b),
                b')' | b']' | b'}' => self.close(b),
                b';' => self.end_statement(),
                b',' => {
                    // Type arguments are tried across commas.
                    self.now = Pending { branches: self.now.branches, angles: self.now.angles, ..Pending::default() };
                    self.operator(b);
                }
                b'/' => {
                    if self.slash() {
                        continue;
                    }
                }
                b'<' => self.angle(),
                b'+' | b'-' if self.bytes.get(self.at) == Some(&b) => {
                    // `i++`: a value stays one.
                    self.at += 1;
                    self.now.operators += 1;
                    self.last = b;
                }
                b'=' if self.bytes.get(self.at) == Some(&b'>') => {
                    self.at += 1;
                    self.now.operators += 1;
                    if self.now.return_types > 0 {
                        self.now.doublings += 1;
                    }
                    // Not `>`: an arrow closes no angle. Not a value: a body or an expression follows.
                    self.operator(b'=');
                    self.ended = false;
                    self.last = b'a';
                }
                b'>' => {
                    self.now.operators += 1;
                    if self.bytes.get(self.at) != Some(&b'=') {
                        self.now.angles = self.now.angles.saturating_sub(1);
                    }
                    self.operator(b);
                }
                b'?' => {
                    self.now.operators += 1;
                    match self.bytes.get(self.at) {
                        Some(b'.' | b'?') => self.at += 1,
                        Some(b':') => {}
                        _ => self.now.questions += 1,
                    }
                    self.operator(b);
                }
                b':' => {
                    self.now.operators += 1;
                    if self.last == b')' && self.now.questions > 0 {
                        self.now.return_types += 1;
                    }
                    self.operator(b);
                }
                b'=' | b'&' | b'|' | b'*' => {
                    while self
                        .bytes
                        .get(self.at)
                        .is_some_and(|&next| next == b || (next == b'=' && self.bytes.get(self.at + 1) != Some(&b'>')))
                    {
                        self.at += 1;
                    }
                    self.now.operators += 1;
                    self.operator(b);
                }
                b'.' | b'+' | b'-' | b'!' | b'~' | b'%' | b'^' | b'@' => {
                    self.now.operators += 1;
                    // TypeScript's `a!`: a value stays one.
                    if !(b == b'!' && self.before == Before::Value && self.bytes.get(self.at) != Some(&b'=')) {
                        self.operator(b);
                    }
                }
                _ => continue,
            }
            if let Some(reason) = self.too_much() {
                return Some(Refusal { offset: start, reason });
            }
        }
        None
    }

    fn too_much(&self) -> Option<&'static str> {
        let weight = self.below.operators
            + self.now.operators
            + BRANCH * (self.below.branches + self.now.branches)
            + BRACKET * self.levels.len() as u32;
        if weight > WEIGHT {
            return Some(if BRACKET * self.levels.len() as u32 > WEIGHT / 2 {
                "brackets are nested too deep to be analysed (V8 refuses such code too)"
            } else if BRANCH * (self.below.branches + self.now.branches) > WEIGHT / 2 {
                "a chain of more than 12,000 branches is too long to be analysed"
            } else {
                "an expression of more than 24,000 operators is too long to be analysed"
            });
        }
        if self.dialect == Dialect::JavaScript {
            return None;
        }
        if self.below.doublings + self.now.doublings > DOUBLINGS {
            return Some("arrow functions with return types, or what looks like them, are nested too deep in conditional expressions");
        }
        if self.below.angles + self.now.angles > ANGLES {
            return Some("an expression with more than 250 `<` is too long to be analysed: each may begin type arguments");
        }
        if self.dialect == Dialect::TypeScript
            && (self.below.assertions + self.now.assertions > ANGLES || self.assertion_parens > DOUBLINGS)
        {
            return Some("type assertions are nested too deep to be analysed");
        }
        (self.dialect == Dialect::Flow && self.groups > FLOW_PARENS).then_some("parentheses are nested too deep for Flow's grammar")
    }

    fn operator(&mut self, b: u8) {
        self.before = Before::Operator;
        self.last = b;
        self.ended = false;
    }

    fn value_ended(&mut self) {
        self.before = Before::Value;
        self.last = b'a';
        self.ended = false;
    }

    /// A word, a number or a string begins. Two values in a row are no expression: what was pending is over.
    fn value_begins(&mut self) {
        if matches!(self.before, Before::Value | Before::Statement) {
            let branches = if self.ended { 0 } else { self.now.branches };
            self.now = Pending { branches, ..Pending::default() };
        }
    }

    fn end_statement(&mut self) {
        self.now = Pending { branches: self.now.branches, ..Pending::default() };
        self.before = Before::Statement;
        self.last = b';';
        self.ended = true;
    }

    /// True where nothing was added that has a limit.
    fn word(&mut self, start: usize) -> bool {
        while self.bytes.get(self.at).copied().is_some_and(is_word) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        // A property's name is no keyword.
        let kind = if self.last == b'.' || !word[0].is_ascii_lowercase() { Word::Value } else { word_kind(word) };
        match kind {
            Word::Value => {
                self.value_begins();
                self.value_ended();
            }
            Word::Infix => {
                self.now.operators += 1;
                self.operator(b'k');
            }
            Word::Prefix => {
                self.value_begins();
                self.now.operators += 1;
                self.operator(b'k');
            }
            Word::Start => {
                self.value_begins();
                self.now = Pending { branches: self.now.branches, ..Pending::default() };
                self.operator(b'k');
            }
            Word::Else => {
                // Never `value_begins`: it ends no chain.
                self.now.branches += 1;
                self.operator(b'e');
            }
            Word::Head => {
                let after_else = self.last == b'e' && self.before == Before::Operator;
                // After a value it begins a statement on a new line: the chain before it is over.
                self.ended |= self.before == Before::Value;
                self.value_begins();
                if !after_else {
                    self.now.branches += 1;
                }
                self.before = Before::Head;
                self.last = b'a';
                self.ended = false;
            }
        }
        matches!(kind, Word::Value)
    }

    fn open(&mut self, b: u8) {
        let value = self.before == Before::Value;
        if value && b != b'{' {
            self.now.operators += 1;
        }
        let level = Level {
            open: b,
            pending: self.now,
            head: self.before == Before::Head,
            block: b == b'{' && (value || self.before == Before::Statement || matches!(self.last, b'{' | b'a' | b'e')),
            group: b == b'(' && self.before == Before::Operator,
            assertion: b == b'(' && self.last == b'>' && self.now.assertions > 0,
        };
        self.push(level);
        self.operator(b);
    }

    fn push(&mut self, level: Level) {
        self.groups += u32::from(level.group);
        self.assertion_parens += u32::from(level.assertion);
        self.levels.push(level);
        add(&mut self.below, self.now);
        self.now = Pending::default();
    }

    fn close(&mut self, b: u8) {
        // A `}` without its `{`, as in the text of JSX: nothing to close.
        let Some(level) = self.levels.pop() else {
            self.end_statement();
            return;
        };
        self.groups -= u32::from(level.group);
        self.assertion_parens -= u32::from(level.assertion);
        self.now = level.pending;
        subtract(&mut self.below, level.pending);
        if level.open == b'`' && b == b'}' {
            self.template();
            return;
        }
        let statement = level.head || level.block;
        self.before = if statement { Before::Statement } else { Before::Value };
        self.last = b;
        self.ended = b == b'}';
    }

    /// From behind the opening quote to behind the closing one. A string that does not end on its line was none (JSX text: `don't`).
    fn string(&mut self, quote: u8) {
        let mut at = self.at;
        while let Some(found) = memchr3(quote, b'\\', b'\n', &self.bytes[at..]) {
            at += found + 1;
            match self.bytes[at - 1] {
                b'\\' => {
                    at += if self.bytes[at..].starts_with(b"\r\n") { 2 } else { 1 };
                    if at >= self.bytes.len() {
                        return;
                    }
                }
                b'\n' => return,
                _ => {
                    self.at = at;
                    return;
                }
            }
        }
    }

    /// A template's text, up to its end or to the next `${`.
    fn template(&mut self) {
        while let Some(found) = memchr3(b'`', b'\\', b'$', &self.bytes[self.at.min(self.bytes.len())..]) {
            self.at += found + 1;
            match self.bytes[self.at - 1] {
                b'`' => {
                    self.value_ended();
                    return;
                }
                b'\\' => self.at += 1,
                _ if self.bytes.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    self.push(Level { open: b'`', pending: self.now, head: false, block: false, group: false, assertion: false });
                    self.operator(b'{');
                    return;
                }
                _ => {}
            }
        }
        self.at = self.bytes.len();
    }

    /// A comment (true: nothing else to do), a regular expression, or a division.
    fn slash(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        match rest.first() {
            Some(b'/') => {
                self.at += memchr(b'\n', rest).unwrap_or(rest.len());
                return true;
            }
            Some(b'*') => {
                self.at += memmem::find(&rest[1..], b"*/").map_or(rest.len(), |end| end + 3);
                return true;
            }
            Some(b'>') => {
                // `/>` closes a tag.
                self.at += 1;
                self.now.operators = self.now.operators.saturating_sub(1);
                self.now.angles = self.now.angles.saturating_sub(1);
                self.value_ended();
                return false;
            }
            _ => {}
        }
        if self.before != Before::Value
            && let Some(end) = regex_end(rest)
        {
            self.value_begins();
            self.at += end;
            self.value_ended();
            return false;
        }
        self.now.operators += 1;
        self.operator(b'/');
        false
    }

    fn angle(&mut self) {
        if self.bytes.get(self.at) == Some(&b'/') {
            // `</name>` ends an element: what its `<` and `>` added goes.
            let mut end = self.at + 1;
            while self.bytes.get(end).is_some_and(|&b| is_word(b) || matches!(b, b'.' | b'-' | b':' | b' ')) {
                end += 1;
            }
            if self.bytes.get(end) == Some(&b'>') {
                self.at = end + 1;
                self.now.operators = self.now.operators.saturating_sub(2);
                self.value_ended();
                return;
            }
        }
        self.now.operators += 1;
        if self.bytes.get(self.at) == Some(&b'<') {
            self.at += 1;
        } else if self.before == Before::Value {
            self.now.angles += 1;
        } else {
            self.now.angles += u32::from(self.dialect != Dialect::TypeScript);
            self.now.assertions += 1;
        }
        self.operator(b'<');
    }
}

/// The length of a regular expression behind its first `/`, with its flags left to be a word. It ends on its line.
fn regex_end(rest: &[u8]) -> Option<usize> {
    let mut class = false;
    let mut at = 0;
    while let Some(&b) = rest.get(at) {
        at += 1;
        match b {
            b'\\' => at += 1,
            b'\n' => return None,
            b'[' => class = true,
            b']' => class = false,
            b'/' if !class => {
                while rest.get(at).is_some_and(u8::is_ascii_lowercase) {
                    at += 1;
                }
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

#[derive(Clone, Copy)]
enum Word {
    Value,
    /// Between two values.
    Infix,
    /// Before a value.
    Prefix,
    /// Begins a statement or a clause.
    Start,
    Head,
    Else,
}

fn word_kind(word: &[u8]) -> Word {
    match word {
        b"in" | b"of" | b"as" | b"is" | b"instanceof" | b"extends" | b"satisfies" => Word::Infix,
        b"new" | b"void" | b"await" | b"yield" | b"typeof" | b"delete" | b"keyof" | b"infer" => Word::Prefix,
        b"var" | b"case" | b"const" | b"throw" | b"return" | b"import" | b"export" | b"default" => Word::Start,
        b"else" => Word::Else,
        b"if" | b"for" | b"while" | b"with" => Word::Head,
        b"do" => Word::Else,
        _ => Word::Value,
    }
}

fn add(sum: &mut Pending, more: Pending) {
    sum.operators += more.operators;
    sum.branches += more.branches;
    sum.angles += more.angles;
    sum.assertions += more.assertions;
    sum.doublings += more.doublings;
}

fn subtract(sum: &mut Pending, less: Pending) {
    sum.operators -= less.operators;
    sum.branches -= less.branches;
    sum.angles -= less.angles;
    sum.assertions -= less.assertions;
    sum.doublings -= less.doublings;
}

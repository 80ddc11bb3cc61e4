//! What would overflow the parser's stack or keep it busy for minutes, found by reading bytes before it starts.
//!
//! Measured with swc 47 on a stack of 256 MB (release build; the reader of facts and the drop of the tree recurse as deep):
//!
//! - 20,000 levels of any bracket, class, function, arrow or template pass in 0.04-0.4 s; 64,000 classes, functions or arrows in calls
//!   overflow it. V8 itself gives up after 1,634 parentheses, 2,003 square brackets, 2,835 blocks or 862 classes.
//! - Else-if chains and chains of labels are quadratic: 10,000 branches 0.2 s, 20,000 0.8 s, 64,000 8-10 s.
//! - In TypeScript and Flow each `a<` may begin type arguments, so they are tried to the end: 200 pending ones 0.02-0.05 s, 500 0.1-0.5 s,
//!   2,000 2-5 s. `<T><T>x` likewise: 500 0.02 s, 5,000 3.7 s.
//! - There `a?(b):c=>` doubles the time with every level (12: 6 ms, 16: 0.1 s, 20: 1.6 s), and so does `<T>(<T>(x))`
//!   (16: 0.08 s, 20: 1.2 s).
//! - Flow's grouping parentheses in types take four times as long with every level (8: 0.02 s, 10: 0.3 s, 12: 4 s).
//!
//! The scan knows strings, templates, comments and regular expressions, but it is no parser: where it cannot tell it errs by a few
//! levels, and the limits are far from what people or minifiers write.

mod scan;

use memchr::memchr_iter;
use scan::Scan;

/// Which grammar the parser will use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    JavaScript,
    Flow,
    TypeScript,
    Tsx,
}

/// A reason to refuse a text, and the byte where the limit was passed.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub offset: usize,
    pub reason: &'static str,
}

/// All levels together: a bracket weighs [`BRACKET`], a branch [`BRANCH`], an operator 1. So 3,000 brackets, 12,000 else-ifs or 24,000
/// operators of one expression; 11 KB of stack for each operator.
const WEIGHT: u32 = 24_000;
const BRACKET: u32 = 8;
const BRANCH: u32 = 2;
/// Pending `<` where each may begin type arguments, and type assertions in a row.
const ANGLES: u32 = 250;
/// Constructs that double the time.
const DOUBLINGS: u32 = 8;
/// Parentheses within each other that are not a call's, in Flow.
const FLOW_PARENS: u32 = 10;
/// A text of this length cannot hide more levels from [`looks_flat`] than the stack carries: it takes two bytes a level, the bracket and a
/// false closing one in a string.
const SHORT: usize = 64 * 1024;

/// The stack of every thread that parses, reads or drops a tree: what the limits below are made for. Only what is used becomes memory.
pub const STACK: usize = 256 << 20;

/// Why this text must not reach the parser.
pub fn refusal(text: &str, dialect: Dialect) -> Option<Refusal> {
    let bytes = text.as_bytes();
    let harmless = bytes.len() <= SHORT && looks_flat(bytes);
    let harmless = harmless
        && match dialect {
            Dialect::JavaScript => true,
            Dialect::TypeScript | Dialect::Tsx => !looks_ambiguous(bytes),
            Dialect::Flow => false,
        };
    if harmless { None } else { Scan::new(bytes, dialect).run() }
}

/// Whether a bound for the weight, at a fraction of the scan's cost, stays below the limit. It reads brackets in strings as brackets.
fn looks_flat(bytes: &[u8]) -> bool {
    if bytes.len() as u32 <= WEIGHT / BRACKET {
        return true;
    }
    // Each operator and each call is one mark that is no letter. Short runs of eight-bit sums, so that the compiler uses vectors.
    let (mut marks, mut opening) = (0u32, 0u32);
    for chunk in bytes.chunks(128) {
        let (mut m, mut o) = (0u8, 0u8);
        for &b in chunk {
            m += u8::from(b.wrapping_sub(0x21) < 15)
                + u8::from(b.wrapping_sub(0x3a) < 7)
                + u8::from(b.wrapping_sub(0x5b) < 6)
                + u8::from(b > 0x7a);
            o += u8::from(b == b'(') + u8::from(b == b'[') + u8::from(b == b'{');
        }
        marks += u32::from(m);
        opening += u32::from(o);
    }
    if marks + BRACKET * opening <= WEIGHT {
        return true;
    }
    let (mut depth, mut deepest) = (0i32, 0i32);
    for &b in bytes {
        // Clamped, as a string may hold a closing bracket only.
        depth = (depth + i32::from(DEPTH[b as usize])).max(0);
        deepest = deepest.max(depth);
    }
    marks + BRACKET * deepest as u32 <= WEIGHT
}

const DEPTH: [i8; 256] = {
    let mut table = [0; 256];
    table[b'(' as usize] = 1;
    table[b'[' as usize] = 1;
    table[b'{' as usize] = 1;
    table[b')' as usize] = -1;
    table[b']' as usize] = -1;
    table[b'}' as usize] = -1;
    table
};

/// Whether a text has enough of what TypeScript's grammar tries twice to be worth a scan.
fn looks_ambiguous(bytes: &[u8]) -> bool {
    let next = |at: usize| bytes[at + 1..].iter().copied().find(|b| !b.is_ascii_whitespace());
    let previous = |at: usize| bytes[..at].iter().rev().copied().find(|b| !b.is_ascii_whitespace());
    let conditional = memchr_iter(b'?', bytes).filter(|&at| matches!(next(at), Some(b'(' | b'a' | b'<' | b'/'))).count();
    let mut angles = 0u32;
    let mut assertions = 0u32;
    for at in memchr_iter(b'<', bytes) {
        angles += 1;
        assertions += u32::from(!previous(at).is_some_and(|b| is_word(b) || matches!(b, b')' | b']')));
    }
    conditional as u32 > DOUBLINGS || assertions > DOUBLINGS || angles > ANGLES
}

fn is_word(b: u8) -> bool {
    WORD[b as usize]
}

const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\') || byte >= 0x80;
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, dialect: Dialect) -> bool {
        refusal(text, dialect).is_some()
    }

    #[test]
    fn ordinary_code_passes() {
        let module = r#"
            const a = b ? (c) : d => e; // it's a comment with a ` and a (
            /* { { { */ const re = x / 2 / 3, r = /[`'"(/]\//g.test(y);
            if (a) /'/.exec(b); else if (c) { d() } else e
            label: for (const x of `a ${b ? `c ${{ d: 1 }.d}` : "}"} (`) { i++ / 2; }
            const t = <div onClick={() => 1}>don't <b/> </div>;
        "#
        .repeat(3_000);
        for dialect in [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx, Dialect::Flow] {
            assert_eq!(refusal(&module, dialect), None, "{dialect:?}");
        }
    }

    #[test]
    fn long_flat_code_passes() {
        let flat = [
            "if (a) { b() } else if (c) d\n",
            "test('x', () => { a.b(1) })\n",
            "x = [a<b, 1<<2, {c: d(e), f: g}];",
            "case 1: case 2:",
            "f(a, b), ",
            "{a: 'b', c: [1, 2]},",
        ];
        for piece in flat {
            assert_eq!(refusal(&piece.repeat(50_000), Dialect::TypeScript), None, "{piece}");
        }
        assert_eq!(refusal(&format!("x = {}1", "a+".repeat(20_000)), Dialect::TypeScript), None);
    }

    #[test]
    fn what_overflows_or_hangs_is_refused() {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("class A{m(){", "}}"), ("`${", "}`"), ("f(')', a =>", ")"), ("(", "")] {
            let text = format!("{}{}", open.repeat(20_000), close.repeat(20_000));
            assert!(refused(&text, Dialect::JavaScript), "{open}");
        }
        for piece in ["if(a){}else ", "if(a)b;else ", "a.b(1)\n.", "typeof ", "!", "a=>", "a?b:", "for(;;)", "l:", "a**", "new "] {
            assert!(refused(&piece.repeat(64_000), Dialect::JavaScript), "{piece}");
        }
        for piece in ["a<", "a<b,", "a<[", "<T>", "a?(b):c=>", "a ? (b) : c => {", "a?async(b):c=>", "<T>("] {
            assert!(refused(&piece.repeat(4_000), Dialect::TypeScript), "{piece}");
        }
        for piece in ["a?(b):c=>", "a ? /* c */ (b) : c => {", "<T>("] {
            assert!(refused(&piece.repeat(30), Dialect::TypeScript), "{piece}");
        }
        for piece in ["a?(b):(c)=>", "x: (", "a<(", "A extends ("] {
            assert!(refused(&piece.repeat(30), Dialect::Flow), "{piece}");
        }
    }
}

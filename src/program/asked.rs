//! Answers to «how often does this call run for this object?», so that the ways up the call graph, which meet again and again, are gone
//! once.

use rustc_hash::FxHashMap;

use super::count::Count;
use super::{CallAt, Origin};

/// How many steps one registration's count may take; what is not known by then is told as a limit.
const STEPS: u32 = 4000;

type Question = (CallAt, Origin);

#[derive(Default)]
pub(super) struct Asked {
    /// Each answer with the levels that it had left; all of them where no limit cut it short.
    known: FxHashMap<Question, (u32, Count)>,
    /// The questions on the way down to here, and how far down each is.
    way: FxHashMap<Question, usize>,
    /// The question farthest up that something below came back to.
    back_to: usize,
    /// A limit was met below.
    cut: bool,
    /// A limit was met for this registration.
    pub(super) limited: bool,
    steps: u32,
}

/// A question that is being answered.
pub(super) struct Open {
    question: Question,
    depth: u32,
    at: usize,
    back_to: usize,
    cut: bool,
}

/// What to do with a question.
pub(super) enum Next {
    Known(Count),
    Open(Open),
}

impl Asked {
    /// A registration is counted.
    pub(super) fn begin(&mut self) {
        self.back_to = usize::MAX;
        self.cut = false;
        self.limited = false;
        self.steps = 0;
    }

    pub(super) fn open(&mut self, c: CallAt, origin: &Origin, depth: u32) -> Next {
        let question = (c, origin.clone());
        if let Some((levels, count)) = self.known.get(&question)
            && *levels >= depth
        {
            self.cut |= *levels != u32::MAX;
            return Next::Known(count.clone());
        }
        // Coming back to a question tells nothing new of it.
        if let Some(&at) = self.way.get(&question) {
            self.back_to = self.back_to.min(at);
            return Next::Known(Count::Unknown);
        }
        self.steps += 1;
        if depth == 0 || self.steps > STEPS {
            self.cut = true;
            self.limited = true;
            return Next::Known(Count::Unknown);
        }
        let at = self.way.len();
        self.way.insert(question.clone(), at);
        let open = Open { question, depth, at, back_to: self.back_to, cut: self.cut };
        self.back_to = usize::MAX;
        self.cut = false;
        Next::Open(open)
    }

    pub(super) fn close(&mut self, open: Open, count: Count) -> Count {
        self.way.remove(&open.question);
        // What rests on a question farther up that is not answered yet is no answer by itself.
        if self.back_to >= open.at {
            let levels = if self.cut { open.depth } else { u32::MAX };
            self.known.insert(open.question, (levels, count.clone()));
            self.back_to = usize::MAX;
        }
        self.back_to = self.back_to.min(open.back_to);
        self.cut |= open.cut;
        count
    }
}

//! Layers: the same questions, asked again where more is known.
//!
//! Who is called tells what a parameter is, and what a parameter is tells who is called. Layers cut this circle:
//!
//! | layer | what is known |
//! | --- | --- |
//! | `BARE` | no owners: what tells who they are |
//! | `GROUND` | owners, written types, models; no function's callers, and nothing is told by how it is used |
//! | `FIRST` | whom a call runs by the ground, and what is told by use |
//! | `FULL` | whom a call runs by the first |
//!
//! A layer asks only those below it, each from the start, so that no answer rests on a question that is still open there. Everything is
//! asked on demand.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Held;
use super::types::Type;
use super::{At, Fun, Origin, Program};
use crate::facts::ValueId;

/// Nothing is known of calls.
pub(super) const GROUND: usize = 0;
/// The callers of the ground are known.
pub(super) const FIRST: usize = 1;
/// What rules ask.
pub(super) const FULL: usize = 2;
/// Owners are not known either. It stands beside the others: none of them is below it, and only owners and fields are told by it.
pub(super) const BARE: usize = 3;

/// Answers about the things of each file, side by side: as many as there are are asked for sooner or later, and a place is found faster
/// than a key. Those of a file are laid out once it is asked about.
pub(super) struct ByFile<T>(RefCell<Vec<Vec<Option<T>>>>);

impl<T> Default for ByFile<T> {
    fn default() -> Self {
        ByFile(RefCell::default())
    }
}

impl<T: Clone> ByFile<T> {
    /// What is known of the thing at this place of the file.
    pub fn get(&self, file: u32, at: usize) -> Option<T> {
        self.0.borrow().get(file as usize)?.get(at)?.clone()
    }

    /// Keeps it; `of`: how many such things the file has.
    pub fn keep(&self, file: u32, at: usize, of: usize, answer: T) {
        let mut files = self.0.borrow_mut();
        if files.len() <= file as usize {
            files.resize(file as usize + 1, Vec::new());
        }
        let answers = &mut files[file as usize];
        if answers.is_empty() {
            answers.resize(of, None);
        }
        answers[at] = Some(answer);
    }
}

/// What one layer has answered, and what it is answering.
#[derive(Default)]
pub(super) struct Layer {
    /// By value.
    pub values: ByFile<Rc<[Origin]>>,
    pub resolving: RefCell<FxHashSet<At<ValueId>>>,
    pub types: RefCell<FxHashMap<Origin, Option<Type>>>,
    pub typing: RefCell<FxHashSet<Origin>>,
    /// Functions that an access path holds, as they were found at a depth.
    pub held: RefCell<FxHashMap<(Origin, u32), Held>>,
    /// What calls run.
    pub targets: ByFile<Rc<[Fun]>>,
    /// Type questions cut short by a cycle or a limit.
    pub cuts: Cell<u32>,
    /// How deep values are looked through just now.
    pub depth: Cell<u32>,
}

impl Layer {
    /// No question is open.
    pub fn is_idle(&self) -> bool {
        self.resolving.borrow().is_empty() && self.typing.borrow().is_empty()
    }
}

/// All of them, and the one that is asked just now.
#[derive(Default)]
pub(super) struct Layers {
    layers: [Layer; 4],
    at: Cell<usize>,
}

impl Layers {
    pub fn asking(at: usize) -> Layers {
        Layers { at: Cell::new(at), ..Layers::default() }
    }

    /// Another layer is asked from now on.
    pub fn ask(&self, at: usize) {
        self.at.set(at);
    }
}

impl Program<'_> {
    pub(super) fn layer(&self) -> &Layer {
        &self.layers.layers[self.level()]
    }

    pub(super) fn level(&self) -> usize {
        self.layers.at.get()
    }

    /// The layer that tells this one whom a call runs; none where nothing is known of calls.
    pub(super) fn level_below(&self) -> Option<usize> {
        match self.level() {
            FIRST => Some(GROUND),
            FULL => Some(FIRST),
            _ => None,
        }
    }

    /// Asks a layer.
    pub(super) fn on<T>(&self, level: usize, ask: impl FnOnce() -> T) -> T {
        let from = self.layers.at.replace(level);
        let answer = ask();
        self.layers.at.set(from);
        answer
    }

    /// How deep values are looked through just now.
    pub(super) fn depth(&self) -> &Cell<u32> {
        &self.layer().depth
    }
}

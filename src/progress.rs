//! How far an analysis is, for whoever waits for it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What the analysis is at. In the order of the street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Finding,
    Reading,
    Asking,
}

const STAGES: [Stage; 3] = [Stage::Finding, Stage::Reading, Stage::Asking];

/// Set by the analysis, read by another thread. Nothing depends on it: each number is right, though not all at one moment.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicUsize,
    done: AtomicUsize,
    total: AtomicUsize,
}

/// Where nobody waits.
pub static UNSEEN: Progress = Progress::new();

impl Progress {
    pub const fn new() -> Progress {
        Progress { stage: AtomicUsize::new(0), done: AtomicUsize::new(0), total: AtomicUsize::new(0) }
    }

    /// A stage begins, with so many steps to come: 0 if nobody knows.
    pub fn begin(&self, stage: Stage, total: usize) {
        self.done.store(0, Relaxed);
        self.total.store(total, Relaxed);
        self.stage.store(stage as usize, Relaxed);
    }

    /// One step of the stage is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Relaxed);
    }

    /// The stage, how many of its steps are done, and how many there are (0: unknown).
    pub fn now(&self) -> (Stage, usize, usize) {
        (STAGES[self.stage.load(Relaxed)], self.done.load(Relaxed), self.total.load(Relaxed))
    }
}

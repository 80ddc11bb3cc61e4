//! Fixes: what a finding offers to change in the text.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::{Position, Range};

/// A change that mends a finding, as text edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, as an order: «give both calls the same function».
    pub message: String,
    pub applicability: Applicability,
    /// In the order of files and text; no two overlap. They belong together.
    pub edits: Vec<Edit>,
}

/// Whether a fix may be applied unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Applicability {
    /// A person has to look: it rests on what the author meant, or ends the listener where somebody may still want it.
    Unsafe,
    /// Does what the code was written to do. `check --fix` applies it.
    Safe,
}

/// A range of one file and what stands there afterwards. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub range: Range,
    pub text: String,
}

/// A call, told by the place of its `(`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallPlace {
    /// Absolute.
    pub path: Utf8PathBuf,
    pub paren: Position,
}

/// What a rule would have changed, in terms of calls: the facts of a fix. `fixes` forms the text of it, where the code is written
/// so that it can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remedy {
    /// Registration and release name two functions that were meant as one: these arguments of theirs.
    SameFunction { registration: (CallPlace, u32), release: (CallPlace, u32) },
    /// The release has to repeat the third argument (`true`, `{ capture: true }`), or be without one.
    SamePhase { registration: CallPlace, release: CallPlace },
    /// The release has to name the registration's event.
    SameEvent { registration: CallPlace, release: CallPlace },
    /// The listener waits for a connection to be made: add it only while that is under way.
    WhileConnecting { registration: CallPlace },
    /// The listener takes the signal of a controller that the end aborts: the controller as it is written there.
    WithSignal { registration: CallPlace, controller: String },
    /// The release has to be met on every way out of its function.
    Finally { registration: CallPlace, release: CallPlace },
    /// Name the listener and remove it: in the clean-up that an effect gives back.
    /// (What its function gives back is a clean-up, if it is an effect; else a component's method or hook may have a counterpart.)
    EffectCleanup { registration: CallPlace, listener: u32, effect: bool },
    /// What the call gives back is the effect's clean-up.
    EffectResult { registration: CallPlace },
    /// Add the listener before what runs again: it serves every run, and each may do without one of its own.
    AddOnce { registration: CallPlace },
    /// Name the listener and remove it where the one beside it is removed.
    RemoveBeside(Forgotten),
    /// Name the listener and remove it when the work of the function is done, or when the response of this name is closed.
    RemoveAtEnd { registration: CallPlace, listener: u32, response: Option<String> },
    /// Name the listeners and remove them wherever the promise is settled that they wait for.
    RemoveWhenSettled { waiting: Vec<Waiting>, settlings: Vec<Settling> },
    /// Call what the call gives back when the work of the function is done, or when the response of this name is closed.
    CallAtEnd { registration: CallPlace, response: Option<String> },
}

/// A registration whose listener stays where the one of another is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    pub registration: CallPlace,
    pub listener: u32,
    /// Where the listener beside it is taken away.
    pub releases: Vec<CallPlace>,
    /// Both are on one emitter.
    pub same_emitter: bool,
    /// There an object comes to its end.
    pub at_end: bool,
}

/// A registration of a promise's executor whose listener settles the promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub registration: CallPlace,
    pub listener: u32,
    /// Once the promise is settled the listener has no effect, nor is it missed.
    pub idle: bool,
}

/// A place where a promise is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling {
    /// Calls `resolve` or `reject`.
    pub call: CallPlace,
    /// Or hands it on as this argument.
    pub argument: Option<u32>,
    /// It is the `reject`.
    pub rejects: bool,
    /// The listener (of those that wait) that has gone by then, for it has removed itself.
    pub spared: Option<u32>,
    /// It may run before the listeners are added.
    pub early: bool,
}

impl Remedy {
    /// The calls that it speaks of.
    pub fn places_mut(&mut self) -> Vec<&mut CallPlace> {
        match self {
            Remedy::SameFunction { registration, release } => vec![&mut registration.0, &mut release.0],
            Remedy::SamePhase { registration, release }
            | Remedy::SameEvent { registration, release }
            | Remedy::Finally { registration, release } => vec![registration, release],
            Remedy::WhileConnecting { registration }
            | Remedy::WithSignal { registration, .. }
            | Remedy::AddOnce { registration }
            | Remedy::EffectCleanup { registration, .. }
            | Remedy::EffectResult { registration }
            | Remedy::RemoveAtEnd { registration, .. }
            | Remedy::CallAtEnd { registration, .. } => vec![registration],
            Remedy::RemoveBeside(forgotten) => std::iter::once(&mut forgotten.registration).chain(&mut forgotten.releases).collect(),
            Remedy::RemoveWhenSettled { waiting, settlings } => {
                let waiting = waiting.iter_mut().map(|waiting| &mut waiting.registration);
                waiting.chain(settlings.iter_mut().map(|settling| &mut settling.call)).collect()
            }
        }
    }
}

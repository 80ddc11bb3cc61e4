//! Parts of the program linked, and asked what the rules say; those that were not asked before.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use rayon::prelude::*;

use super::{Asked, clock, guarded};
use crate::facts::FileFacts;
use crate::findings::Finding;
use crate::program::{Program, Resolve};
use crate::progress::Stage;
use crate::rules;
use crate::timings::Timings;

/// What the rules say of a part.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub findings: Vec<Finding>,
    /// How many registrations were given up at a limit.
    pub given_up: u32,
    /// Why nothing is said: the analysis failed. What is said of other parts stands.
    pub failed: Option<String>,
}

/// Links and asks each part, several at a time; in their order. Unfinished where nobody waits for it any more.
pub fn ask(parts: &[Vec<Arc<FileFacts>>], resolve: &dyn Resolve, asked: &Asked, timings: &mut Timings) -> Vec<Said> {
    if parts.is_empty() {
        return Vec::new();
    }
    let Asked { progress, models, outdated, .. } = asked;
    let started = Instant::now();
    let (linking, asking) = (AtomicU64::new(0), AtomicU64::new(0));
    // How far one part is, nobody knows.
    progress.begin(Stage::Asking, if parts.len() > 1 { parts.len() } else { 0 });
    let said = |part: &Vec<Arc<FileFacts>>| {
        if outdated() {
            return Said::default();
        }
        let said = guarded(|| {
            let started = Instant::now();
            let program = Program::link(part.clone(), resolve, models);
            clock(&linking, started);
            let started = Instant::now();
            let (findings, given_up) = if outdated() { (Vec::new(), 0) } else { rules::run(&program, outdated) };
            clock(&asking, started);
            if asked.last {
                std::mem::forget(program);
            }
            Said { findings, given_up, failed: None }
        });
        progress.step();
        said.unwrap_or_else(|panic| Said { failed: Some(panic), ..Said::default() })
    };
    let said: Vec<Said> = parts.par_iter().map(said).collect();
    timings.add("programs", started, parts.len(), 0);
    timings.part("link", &linking);
    timings.part("rules", &asking);
    said
}

//! What findings have in common: how an obligation becomes a finding.

use super::Rule;
use crate::findings::{Confidence, Finding, Severity, Step};
use crate::program::Program;
use crate::program::count::Emitter;
use crate::program::obligation::Obligation;

/// A rule's words for one obligation.
pub struct Words {
    pub message: String,
    /// Steps behind those that the count gives.
    pub steps: Vec<Step>,
    pub help: String,
}

/// `a `connect` listener`.
pub fn listener(obligation: &Obligation) -> String {
    match obligation.registration.event.name() {
        Some(event) => format!("`{event}` listener"),
        None => "listener".to_owned(),
    }
}

/// The emitter in words: «`socket` (net.Socket)».
pub fn emitter(obligation: &Obligation) -> String {
    match &obligation.emitter_type {
        Some(of) if *of != obligation.shown => format!("`{}` ({of})", obligation.shown),
        _ => format!("`{}`", obligation.shown),
    }
}

/// What it does to a running system.
pub fn severity(obligation: &Obligation) -> Severity {
    match (obligation.confidence, obligation.emitter) {
        (Confidence::High, _) | (_, Emitter::Pooled | Emitter::Process | Emitter::Signal) => Severity::Error,
        (Confidence::Low, _) => Severity::Note,
        _ => Severity::Warning,
    }
}

pub fn finding(program: &Program, rule: &Rule, obligation: &Obligation, words: Words) -> Finding {
    let registration = obligation.registration;
    let position = program.call_position(registration.call);
    let mut trace = obligation.steps.clone();
    trace.extend(words.steps);
    if registration.call != registration.inner {
        trace.push(program.step_call(registration.inner, "the listener is added here"));
    }
    trace.dedup();
    let name = program.callee_name(registration.call).unwrap_or_default();
    let event = registration.event.name().map(str::to_owned);
    Finding {
        rule: rule.id,
        severity: severity(obligation),
        confidence: obligation.confidence,
        path: program.files[registration.call.file as usize].path.clone(),
        range: position.name,
        call: position.paren,
        message: words.message,
        help: words.help,
        text: format!("{}.{name}({})", obligation.shown, event.as_deref().unwrap_or("")),
        event,
        emitter_type: obligation.emitter_type.clone(),
        lifetime: obligation.lifetime,
        runs: obligation.region,
        retains: Vec::new(),
        trace,
        fingerprint: String::new(),
        verdict: None,
        evidence: Vec::new(),
        scope: program.scope_name(program.function_of(registration.call)),
    }
}

/// What to do, for a listener that nothing takes away.
pub fn release_help(obligation: &Obligation) -> String {
    let remove = if obligation.registration.target { "removeEventListener" } else { "removeListener" };
    match obligation.emitter {
        Emitter::Signal => format!(
            "keep the listener in a variable and call `{}.{remove}` with it when the work ends (in `finally`, so that success counts too); `{{ once: true }}` does not help, because `abort` normally never fires",
            obligation.shown
        ),
        Emitter::Pooled => format!(
            "add the listener only while the socket is still connecting, or name it and call `{}.{remove}` when the request ends",
            obligation.shown
        ),
        Emitter::Process => {
            format!("add it once, at module level, or name the listener and call `{}.{remove}` when its owner is closed", obligation.shown)
        }
        Emitter::Longer => {
            format!(
                "name the listener and call `{}.{remove}` with the same function on every way out, or register once where the emitter is made",
                obligation.shown
            )
        }
    }
}

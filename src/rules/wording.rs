//! What findings have in common: how an obligation becomes a finding.

use super::Rule;
use crate::findings::{Confidence, Finding, Region, Retained, Severity, Step};
use crate::program::Program;
use crate::program::count::Emitter;
use crate::program::obligation::{Fault, Obligation};
use crate::program::sites::Sites;

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
    match obligation.fault {
        Fault::Pins | Fault::Shares if obligation.lifetime == Region::Program => return Severity::Warning,
        Fault::LimitRaised(Some(_)) => return Severity::Warning,
        Fault::Pins | Fault::Shares | Fault::LimitRaised(None) => return Severity::Note,
        _ => {}
    }
    match (obligation.confidence, obligation.emitter) {
        (Confidence::High, _) | (_, Emitter::Pooled | Emitter::Process | Emitter::Signal) => Severity::Error,
        (Confidence::Low, _) => Severity::Note,
        _ => Severity::Warning,
    }
}

pub fn finding(program: &Program, sites: &Sites, rule: &Rule, obligation: &Obligation, words: Words) -> Finding {
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
        whole: position.whole,
        message: words.message,
        help: words.help,
        text: format!("{}.{name}({})", obligation.shown, event.as_deref().unwrap_or("")),
        event,
        emitter_type: obligation.emitter_type.clone(),
        lifetime: obligation.lifetime,
        runs: obligation.region,
        retains: retains(program, obligation),
        trace,
        fingerprint: String::new(),
        verdict: None,
        evidence: Vec::new(),
        remedies: program.remedies(sites, obligation),
        fix: None,
        scope: program.scope_name(program.function_of(registration.call)),
    }
}

/// What each listener keeps alive.
fn retains(program: &Program, obligation: &Obligation) -> Vec<Retained> {
    let registration = obligation.registration;
    let retained = program.retained(registration).into_iter().map(|keeps| Retained {
        // Positions are of the finding's file; what another file declares is told at the call.
        position: if keeps.file == registration.call.file { keeps.position } else { program.call_position(registration.call).paren },
        through: keeps.through.filter(|f| f.file == registration.call.file).map(|f| program.function_range(f).start),
        name: keeps.name,
        size: keeps.weight.size,
        what: keeps.weight.what,
    });
    retained.collect()
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

//! What is done once in a program, though its function is there for all: waiting for the signal that ends it, and setting it up.

use super::sites::Registration;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

/// How many functions may stand between a command's file and the line.
const COMMAND: u32 = 4;

/// A command's functions are called from so few places.
const FEW: usize = 4;

impl Program<'_> {
    /// The listener settles the promise that its call waits for, and the event is a signal that asks the process to end: `await new
    /// Promise((resolve) => process.on('SIGTERM', resolve))`. Until it comes there is no second call, and after it no process.
    pub(super) fn waits_for_signal(&self, registration: &Registration) -> bool {
        let f = self.function_of(registration.call);
        let signal = |name: &str| matches!(name, "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGBREAK");
        let settles = |o: &Origin| {
            self.is_settler(o)
                || matches!((o.root, o.path.is_empty()), (Root::Function(h), true) if self.calls_within(h).into_iter().any(|c| {
                    self.origins(c.with(self.call(c).callee)).iter().any(|o| self.is_settler(o))
                }))
        };
        registration.event.name().is_some_and(signal)
            && self.is_executor_of_promise(f)
            && registration.receivers.iter().all(|o| self.type_name(o).as_deref() == Some("process"))
            && !registration.handlers.is_empty()
            && registration.handlers.iter().all(settles)
    }

    /// The line stands in the one function that its module exports, which is told settings at most, gives nothing back, and has nothing
    /// that the listener could be for: who uses the module calls it once, at the start.
    pub(super) fn is_set_up_of_program(&self, registration: &Registration) -> bool {
        let f = self.outermost(self.function_of(registration.call));
        let function = self.fun(f);
        let settings = |i: usize| self.is_bag(&Origin::root(Root::Param(f, i as u32)));
        matches!(function.kind, FunctionKind::Plain | FunctionKind::Arrow)
            && !function.at_load
            && self.owner_of_this(f).is_none_or(|o| !self.is_class(o))
            && (0..function.params.len()).all(settings)
            && function.returns.iter().all(|&v| matches!(self.value(f.with(v)), Value::Undefined | Value::Null))
            && self.is_whole_of_module(f)
            && self.callers(f).is_empty()
    }

    /// The function around sees to the processes of a cluster (`cluster.fork()`, `cluster.on('exit', ...)`): the program's first process
    /// runs it, once.
    pub(super) fn is_of_first_process(&self, registration: &Registration) -> bool {
        let of_cluster = |o: &Origin| matches!(o.root, Root::Module(module) if self.text(module).trim_start_matches("node:") == "cluster");
        let sees_to = |c: CallAt| self.receiver(c).is_some_and(|(object, _)| self.origins(object).iter().any(of_cluster));
        let f = self.outermost(self.function_of(registration.call));
        // (What gives an object to who calls it makes one for each.)
        let made = |o: &Origin| match o.root {
            Root::Call(made) => o.path.is_empty() && self.call(made).kind == CallKind::New,
            Root::Literal(_) | Root::This(_) => o.path.is_empty(),
            _ => false,
        };
        let gives = |&v: &ValueId| self.origins(f.with(v)).iter().any(made);
        !self.fun(f).returns.iter().any(gives) && self.calls_within(f).into_iter().any(sees_to)
    }

    /// The package's own command has the function run when it is loaded (`#!/usr/bin/env node ... require('.').main()`): it is what the
    /// command is, and the process with it, where it gives nothing back that could end it. Whether users call it too, nothing tells. So
    /// does what stands in a command's own file, and what a command finds among its files to load.
    pub(super) fn is_run_for_command(&self, registration: &Registration) -> bool {
        let f = self.outermost(self.function_of(registration.call));
        let has_commands = || self.files.iter().any(|file| file.command && !file.test);
        self.files[f.file as usize].command
            || self.of_command
            || self.is_given_to_nobody(f) && has_commands()
            || !self.fun(f).at_load && self.is_run_by_command(f, COMMAND)
    }

    fn is_run_by_command(&self, f: Fun, depth: u32) -> bool {
        let starts = |c: CallAt| {
            let by = self.outermost(self.function_of(c));
            if self.fun(by).at_load {
                self.is_whole_of_command(f) && (self.files[c.file as usize].command || self.is_for_main(c))
            } else {
                depth > 0 && self.is_run_by_command(by, depth - 1)
            }
        };
        let callers = self.callers(f);
        // (What users call `main` is the whole of a command, wherever it stands.)
        callers.is_empty() && self.fun(f).name == "main"
            || !callers.is_empty() && callers.len() <= FEW && callers.iter().all(|&c| starts(c))
    }

    /// It gives nothing back by which it could be ended.
    fn is_whole_of_command(&self, f: Fun) -> bool {
        let function = self.fun(f);
        let nothing = |&v: &ValueId| matches!(self.value(f.with(v)), Value::Undefined | Value::Null | Value::Number(_));
        function.kind != FunctionKind::Constructor
            && self.owner_of_this(f).is_none_or(|o| !self.is_class(o))
            && function.returns.iter().all(nothing)
    }

    /// `if (require.main === module) main()`.
    fn is_for_main(&self, c: CallAt) -> bool {
        let is_main = |v: ValueId| matches!(self.value(c.with(v)), Value::Member(_, Key::Name(name)) if name == "main");
        self.tests_before(c.with(self.call(c).block), self.order_of(c)).into_iter().any(|(test, outcome)| {
            outcome
                && match self.value(test) {
                    Value::Binary(op, a, b) => op.starts_with("==") && (is_main(*a) || is_main(*b)),
                    Value::Member(_, Key::Name(name)) => name == "main",
                    _ => false,
                }
        })
    }

    /// `module.exports = f`, `export default f`.
    fn is_whole_of_module(&self, f: Fun) -> bool {
        let is = |v: At<ValueId>| self.functions_of(v).iter().any(|&(g, _)| g == f);
        let facts = self.facts(f.file);
        let exported = |export: &Export| matches!(export, Export::Local(name, v) if name == "default" && is(f.with(*v)));
        let put = |a: &Assign| match &a.to {
            Place::Member(object, Key::Name(key)) => {
                key == "exports" && matches!(self.value(f.with(*object)), Value::Global(name) if name == "module") && is(f.with(a.from))
            }
            _ => false,
        };
        facts.exports.iter().any(exported) || facts.assigns.iter().any(put)
    }
}

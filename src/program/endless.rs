//! Endless: objects that one activation makes, and that nothing ever brings to their end.
//!
//! ```text
//! endless(o) :- o made by `new` in a function, nothing ends it, feeds it from what may end, or gets hold of it to do so
//! endless(i) :- i an emitter's events, a loop goes over them, nothing leaves the loop or may fail in it, no option ends i
//! ```

use super::owners::owner_of_constructor;
use super::sites::Registration;
use super::stages::is_teardown;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;

impl Program<'_> {
    /// The value is an object that its function makes and that never ends.
    pub(super) fn is_endless(&self, v: At<ValueId>) -> bool {
        let origins = self.origins(v);
        let [Origin { root: Root::Call(made), path }] = &origins[..] else { return false };
        let g = self.function_of(*made);
        path.is_empty()
            && self.call(*made).kind == CallKind::New
            && !self.fun(g).at_load
            // A class of the program may end its objects itself.
            && !self.origins(made.with(self.call(*made).callee)).iter().any(|o| owner_of_constructor(o).is_some())
            && !self.ends_by_itself(*made)
            && !self.is_let_go(*made, g)
            && !self.calls_within(g).into_iter().any(|c| c != *made && self.brings_to_end(c, *made))
    }

    /// `for await (const [x] of on(emitter, event)) ...` with no way out: the next event is waited for, whoever has gone meanwhile.
    pub(super) fn is_iterated_for_ever(&self, registration: &Registration) -> bool {
        let c = registration.call;
        let events = registration.implicit
            && registration.handlers.is_empty()
            && self.call(c).args.len() == 2
            && self.method_model(c).is_some_and(|model| model.disposer.as_deref() == Some("return"));
        if !events {
            return false;
        }
        let facts = self.facts(c.file);
        let own = self.call(c).value;
        let is_over = |v: ValueId| {
            v == own
                || matches!(&facts.values[v.index()], Value::Binding(b) if matches!(facts.bindings[b.index()].defs[..], [def] if facts.assigns[def.index()].from == own))
        };
        let loops: Vec<BlockId> = (0..)
            .map(BlockId)
            .zip(&facts.blocks)
            .filter(|(_, block)| matches!(block.kind, BlockKind::Loop(LoopKind::Of, Some(over)) if is_over(over)))
            .map(|(id, _)| id)
            .collect();
        let [body] = loops[..] else { return false };
        let within = |id: BlockId| {
            std::iter::successors(Some(id), |id| facts.blocks[id.index()].parent).any(|id| id == body)
                && facts.blocks[id.index()].function == facts.blocks[body.index()].function
        };
        let leaves =
            |item: &Item| matches!(item, Item::Await(_) | Item::Yield | Item::Exit(Exit::Return(_) | Exit::Throw(_) | Exit::Break));
        !(0..).map(BlockId).zip(&facts.blocks).any(|(id, block)| block.items.iter().any(leaves) && within(id))
    }

    fn is_it(&self, v: At<ValueId>, made: CallAt) -> bool {
        self.origins(v).iter().any(|o| o.root == Root::Call(made) && o.path.is_empty())
    }

    /// What it is told to read from says when there is no more, or is not known.
    fn ends_by_itself(&self, made: CallAt) -> bool {
        self.call(made).args.iter().any(|&options| match self.value(made.with(options)) {
            Value::Object(props, spreads) => {
                let reads = |(key, value): &(Key, ValueId)| {
                    key.is("read")
                        && match self.value(made.with(*value)) {
                            Value::Function(read) => !self.calls_within(made.with(*read)).is_empty(),
                            _ => true,
                        }
                };
                !spreads.is_empty() || props.iter().any(reads)
            }
            _ => true,
        })
    }

    /// It is returned or stored: others have it.
    fn is_let_go(&self, made: CallAt, g: Fun) -> bool {
        let facts = self.facts(made.file);
        let inside = |f: FunctionId| self.within(made.with(f), g);
        let returned = (0..).zip(&facts.functions).any(|(id, function)| {
            !function.returns.is_empty() && inside(FunctionId(id)) && function.returns.iter().any(|&v| self.is_it(made.with(v), made))
        });
        returned
            || facts.assigns.iter().any(|assign| {
                inside(assign.function)
                    && match assign.to {
                        Place::Binding(b) => {
                            facts.functions[facts.bindings[b.index()].function.index()].at_load
                                || !inside(facts.bindings[b.index()].function)
                        }
                        _ => true,
                    }
                    && self.is_it(made.with(assign.from), made)
            })
    }

    /// The call ends it, or gets it and may.
    fn brings_to_end(&self, c: CallAt, made: CallAt) -> bool {
        let call = self.call(c);
        if let Some((object, key)) = self.receiver(c)
            && self.is_it(object, made)
        {
            let Key::Name(name) = key else { return true };
            // A last chunk of nothing is the end.
            let may_be_nothing = || {
                !call.args.first().is_some_and(|&chunk| {
                    matches!(self.value(c.with(chunk)), Value::String(_) | Value::Text(_) | Value::Call(_) | Value::Object(..))
                })
            };
            return is_teardown(name) || matches!(name.as_str(), "emit" | "unpipe") || name == "push" && may_be_nothing();
        }
        let takes = |v: At<ValueId>| match self.value(v) {
            Value::Object(props, _) => props.iter().any(|&(_, inner)| self.is_it(v.with(inner), made)),
            Value::Array(elements) => elements.iter().any(|&inner| self.is_it(v.with(inner), made)),
            _ => self.is_it(v, made),
        };
        let taken = call.args.iter().any(|&arg| takes(c.with(arg)));
        // What is piped into it, or runs over it, ends it as well; so may whatever is not known.
        taken
            && self
                .method_model(c)
                .is_none_or(|model| model.returns_arg.is_some() || model.returns.is_none() || !model.callbacks.is_empty())
    }
}

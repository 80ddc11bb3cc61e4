//! Pools: objects that are handed out again, by a model, by what is given back, by the words that pools use.

use super::count::{Count, Emitter};
use super::sites::{self, Registration};
use super::types::Type;
use super::{At, CallAt, Fun, Origin, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region};

/// Put a node into the page.
const INSERTS: &[&str] =
    &["append", "appendChild", "prepend", "before", "after", "insertBefore", "replaceChild", "replaceWith", "replaceChildren"];

impl Program<'_> {
    /// A call whose result is older than the call: from a pool, a getter, a cache.
    pub(super) fn not_fresh(&self, made: CallAt) -> Option<(String, Emitter)> {
        let call = self.call(made);
        if call.kind != CallKind::Call {
            return None;
        }
        if let Some(model) = self.method_model(made) {
            return match model.origin {
                crate::models::Origin::Pooled if self.is_taken_for_good(made) => None,
                crate::models::Origin::Pooled => {
                    Some(("comes out of a pool: it was used before and is used again".into(), Emitter::Pooled))
                }
                crate::models::Origin::Shared if self.is_of_written(made) => None,
                crate::models::Origin::Shared => {
                    Some(("is one object for all callers".into(), self.emitter_kind(&Origin::root(Root::Call(made)))))
                }
                crate::models::Origin::Kept if self.is_of_frame(made) => None,
                crate::models::Origin::Kept => {
                    let kind = self.emitter_kind(&Origin::root(Root::Call(made)));
                    Some(("gives an object that is kept as long as it has listeners".into(), kind))
                }
                _ => None,
            };
        }
        if let Some(Type::Model(ix)) = self.type_of(&Origin::root(Root::Call(made)))
            && self.models.is_ambient(ix)
        {
            return Some(("lives as long as the program".into(), Emitter::Process));
        }
        let name = self.callee_name(made)?;
        if self.looks_pooled(made) && !self.is_taken_for_good(made) {
            return Some((format!("`{name}` gives an object out of a pool: it was used before and is used again"), Emitter::Pooled));
        }
        if self.is_handed_back(made) && !self.is_lease_of_time(made) && !self.is_taken_for_good(made) {
            return Some((format!("`{name}` gives an object that is handed back after use: it serves again"), Emitter::Pooled));
        }
        None
    }

    /// What is taken out of a pool is kept in a field (a connection that listens for notices, say), and nothing here gives it back: the pool
    /// does not hand it out again.
    fn is_taken_for_good(&self, made: CallAt) -> bool {
        let f = self.function_of(made);
        let taken = Origin::root(Root::Call(made));
        let assigns = &self.facts(f.file).assigns;
        // (What gives it back at the end of all ends that too.)
        let at_end = |c: CallAt| {
            let m = self.member_around(self.function_of(c));
            m != self.member_around(f) && super::stages::is_teardown(self.fun(m).name.trim_start_matches('_'))
        };
        self.handing_back(f.file).all(at_end)
            && assigns.iter().any(|assign| {
                assign.function == f.id
                    && matches!(&assign.to, Place::Member(object, Key::Name(_)) if matches!(self.value(f.with(*object)), Value::This(_)))
                    && self.origins(f.with(assign.from)).contains(&taken)
            })
    }

    /// The call gives a new object each time, that is kept as long as it has listeners.
    pub(super) fn gives_kept(&self, made: CallAt) -> bool {
        self.call(made).kind == CallKind::Call
            && self.method_model(made).is_some_and(|m| m.origin == crate::models::Origin::Kept)
            && !self.is_of_frame(made)
    }

    /// The receiver is the window of a document that was given, or of a frame: `this.window = doc.defaultView`. What is kept there goes with
    /// that.
    fn is_of_frame(&self, made: CallAt) -> bool {
        let view = |o: &Origin| {
            let named =
                matches!(o.path.last(), Some(super::PathKey::Name(sym)) if matches!(&*self.text(*sym), "defaultView" | "contentWindow"));
            named && !matches!(o.root, Root::Global(_)) && !self.is_page_of_node(o)
        };
        let Some((object, _)) = self.receiver(made) else { return false };
        self.origins(object).iter().any(|o| view(o) || self.field_sources(o).iter().any(|(_, held)| held.iter().any(view)))
    }

    /// A model tells that the call gives one emitter, no part of a page, to all that ask: `RED.nodes.getNode(id)`.
    pub(super) fn gives_shared_emitter(&self, made: CallAt) -> bool {
        self.call(made).kind == CallKind::Call
            && self.method_model(made).is_some_and(|m| m.origin == crate::models::Origin::Shared && m.returns.is_some())
            && matches!(self.type_of(&Origin::root(Root::Call(made))), Some(Type::Model(ix)) if self.models.kind(ix) == crate::models::Kind::Emitter)
    }

    /// A model tells that the call gives the same object to all that ask its receiver; or it asks an unknown object for a part of it.
    pub(super) fn is_looked_up(&self, made: CallAt) -> bool {
        let shared = |m: &crate::models::Method| m.origin == crate::models::Origin::Shared && !self.is_of_written(made);
        self.method_model(made).map_or_else(|| self.is_accessor(made), shared)
    }

    /// `document.querySelector('#row-' + row.id)`.
    pub(super) fn is_asked_by_built_name(&self, made: CallAt) -> bool {
        self.call(made).args.first().is_some_and(|&name| {
            let name = made.with(name);
            let built = matches!(self.value(name), Value::Text(_)) || matches!(self.value(name), Value::Binary(op, ..) if op == "+");
            built && self.constant(name).is_none()
        })
    }

    /// A model tells that the call gives what is around its receiver.
    pub(super) fn is_around(&self, made: CallAt) -> bool {
        self.method_model(made).is_some_and(|m| m.origin == crate::models::Origin::Around)
    }

    /// `config.getEvents()` of an import: who is told nothing more than the name of a part gives what is there. (Who waits for it may get
    /// a new one, and what an object is asked for may be its whole: `element.getRootNode()`.)
    pub(super) fn is_accessor(&self, c: CallAt) -> bool {
        let call = self.call(c);
        let Some((holder, Key::Name(name))) = self.receiver(c) else { return false };
        let named = name.strip_prefix("get").is_some_and(|part| part.starts_with(char::is_uppercase));
        named
            && call.kind == CallKind::Call
            && call.args.is_empty()
            && self.origins(holder).iter().all(|o| matches!(o.root, Root::Global(_) | Root::Module(_)))
            && !self.looks_pooled(c)
            && self.functions_called(c).is_empty()
            && !self.is_awaited_call(c)
    }

    /// `store.lease(seconds)`: a new lease (of a key, say), which is told how long it lasts.
    fn is_lease_of_time(&self, c: CallAt) -> bool {
        let time = |&v: &ValueId| matches!(self.value(c.with(v)), Value::Member(..) | Value::Number(_));
        self.called_as(c) == Some("lease") && self.call(c).args.first().is_some_and(time)
    }

    /// The call takes something out of a pool, by the words that pools use.
    pub fn looks_pooled(&self, c: CallAt) -> bool {
        if !self.functions_called(c).is_empty() {
            return false;
        }
        let member = match self.value(self.promisified(c).unwrap_or(c.with(self.call(c).callee))) {
            Value::Member(object, Key::Name(name)) => Some((c.with(*object), name)),
            _ => None,
        };
        let Some((object, name)) = member else { return false };
        // What is told how to connect makes a connection.
        let told = |&v: &ValueId| {
            matches!(self.value(c.with(v)), Value::Object(..) | Value::Member(..))
                || matches!(self.value(c.with(v)), Value::Binding(b) if self.binding(c.with(*b)).name.to_ascii_lowercase().contains("config"))
        };
        match name.as_str() {
            "getConnection" if self.call(c).args.first().is_some_and(told) => false,
            "lease" => !self.is_lease_of_time(c),
            "getConnection" | "acquire" | "checkout" | "borrow" => true,
            "connect" | "get" | "take" | "request" => {
                let shown = self.origins(object).first().map(|o| self.show(o)).unwrap_or_default();
                shown.rsplit('.').next().is_some_and(|last| last.to_ascii_lowercase().ends_with("pool"))
            }
            _ => false,
        }
    }

    /// `promisify(pool.getConnection)()`, also bound or through a variable: the function with a callback that it runs.
    fn promisified(&self, c: CallAt) -> Option<At<ValueId>> {
        let callee = c.with(self.call(c).callee);
        if matches!(self.value(callee), Value::Member(..)) {
            return None;
        }
        self.origins(callee).iter().find_map(|o| {
            let (Root::Call(mut made), true) = (o.root, o.path.is_empty()) else { return None };
            if let Some((target, _)) = self.bind_target(made)
                && let Value::Call(inner) = self.value(target)
            {
                made = target.with(*inner);
            }
            if self.callee_name(made).as_deref() != Some("promisify") {
                return None;
            }
            let function = made.with(*self.call(made).args.first()?);
            (made.file == c.file).then(|| self.bind_target_of(function).unwrap_or(function))
        })
    }

    /// `f` of `f.bind(x)`.
    fn bind_target_of(&self, v: At<ValueId>) -> Option<At<ValueId>> {
        match self.value(v) {
            Value::Call(c) => self.bind_target(v.with(*c)).map(|(target, _)| target),
            _ => None,
        }
    }

    /// The value is given back rather than ended: `v.release()`, `pool.release(v)`.
    pub fn is_handed_back(&self, made: CallAt) -> bool {
        // What is read from a stream or a queue is another thing each time: to release it lets the reading go on.
        if self.callee_name(made).is_some_and(|name| matches!(name.as_str(), "read" | "next" | "receive" | "recv")) {
            return false;
        }
        let origin = Origin::root(Root::Call(made));
        self.hands_back(&origin, made.file)
    }

    /// Somewhere in the file, the object is given back.
    pub fn hands_back(&self, origin: &Origin, file: u32) -> bool {
        self.handing_back(file).any(|c| {
            let Some((object, _)) = self.receiver(c) else { return false };
            let call = self.call(c);
            self.origins(object).contains(origin) || call.args.iter().any(|&a| self.origins(c.with(a)).contains(origin))
        })
    }

    /// The value is one of a list, taken in turn or at random: `workers[next++ % workers.length]`. Each of them serves again.
    pub(super) fn is_taken_in_turn(&self, v: At<ValueId>) -> bool {
        let v = self.only_value(v);
        let Value::Member(_, Key::Computed(key)) = self.value(v) else { return false };
        let length = |v: At<ValueId>| matches!(self.value(self.only_value(v)), Value::Member(_, key) if key.is("length"));
        let key = self.only_value(v.with(*key));
        let random = |c: CallAt| {
            self.receiver(c).is_some_and(|(object, name)| name.is("floor") && self.is_global(object, "Math"))
                && self.call(c).args.first().is_some_and(|&a| match self.value(c.with(a)) {
                    Value::Binary(op, one, other) => op == "*" && (length(c.with(*one)) || length(c.with(*other))),
                    _ => false,
                })
        };
        match self.value(key) {
            Value::Binary(op, _, count) => op == "%" && length(key.with(*count)),
            Value::Call(c) => random(key.with(*c)),
            _ => false,
        }
    }

    /// How often the call runs for an object that it takes in turn, or is given so.
    pub(super) fn count_in_turn(&self, c: CallAt, taken: At<ValueId>, origin: &Origin) -> Option<Count> {
        if !self.is_taken_in_turn(taken) {
            return None;
        }
        let mut steps = vec![self.step_call(c, format!("`{}` is one of a list, taken in turn: each serves again", self.show(origin)))];
        // (That one comes after the other tells already that the line runs more often than there are any.)
        let runs = self.runs(self.function_of(c), None);
        let region = runs.as_ref().map_or(Region::Iteration, |runs| runs.region);
        steps.extend(runs.into_iter().flat_map(|runs| runs.steps));
        Some(self.many(region, Confidence::Medium, origin, steps))
    }

    /// The program's own pool: what is taken out of a list that is older than the call is put back there, and serves again.
    pub(super) fn count_of_own_pool(&self, registration: &Registration) -> Option<Count> {
        let (origin, back) = registration.receivers.iter().find_map(|o| Some((o, self.put_back(o, &registration.receivers)?)))?;
        let runs = self.runs(self.function_of(registration.call), None)?;
        let mut steps = vec![self.step_call(back, "it goes back to the list that it was taken out of: it serves again")];
        steps.extend(runs.steps);
        let mut count = self.many(runs.region, runs.confidence.min(Confidence::Medium), origin, steps);
        if let Count::Many(many) = &mut count {
            many.operation = runs.operation;
        }
        Some(count)
    }

    /// The call that puts an element of a list back into it: `list.push(it)`, or of what does so with its parameter.
    fn put_back(&self, element: &Origin, taken: &[Origin]) -> Option<CallAt> {
        let (&super::PathKey::Element, list) = element.path.last().zip(element.prefix())? else { return None };
        let older = match list.root {
            Root::Literal(v) => self.literal_function(v).is_some_and(|f| self.fun(f).at_load),
            Root::This(_) => !list.path.is_empty(),
            _ => false,
        };
        let puts =
            |c: &CallAt| self.receiver(*c).is_some_and(|(object, _)| self.origins(object).iter().any(|o| self.same_origin(o, &list)));
        let is_it = |o: &Origin| taken.contains(o) && o.path.last() == Some(&super::PathKey::Element);
        let puts_it = |c: CallAt| {
            let put = *self.call(c).args.first()?;
            self.origins(c.with(put)).iter().find_map(|o| match o.root {
                _ if is_it(o) => Some(c),
                Root::Param(h, _) if o.path.is_empty() => {
                    self.callers(h).iter().copied().find(|&by| self.from_callee(by, h, o).iter().any(is_it))
                }
                _ => None,
            })
        };
        if older { self.calls_under(&["push", "unshift"]).iter().filter(|c| puts(c)).find_map(|&c| puts_it(c)) } else { None }
    }

    /// What a promise or a pool hands to a callback.
    pub(super) fn count_callback_param(&self, origin: &Origin, g: Fun, i: u32, depth: u32) -> Option<Count> {
        for passed in self.passed(g) {
            let c = passed.call;
            let from_pool = |this: &Self, made: CallAt, at: CallAt| {
                let name = this.callee_name(made).unwrap_or_default();
                let step = this.step_call(made, format!("`{name}` gives an object out of a pool: it was used before and is used again"));
                let mut steps = vec![step];
                let runs = this.runs(this.function_of(at), None);
                let region = runs.as_ref().map_or(Region::Call, |r| r.region);
                steps.extend(runs.into_iter().flat_map(|r| r.steps));
                let mut count = this.many(region, Confidence::Medium, origin, steps);
                if let Count::Many(many) = &mut count {
                    many.emitter = Emitter::Pooled;
                    many.lifetime = Region::Connection;
                }
                count
            };
            if self.looks_pooled(c) && (i as usize) >= passed.shift && origin.path.is_empty() {
                return Some(from_pool(self, c, c));
            }
            if let Some((object, Key::Name(name))) = self.receiver(c)
                && name == "then"
                && passed.arg == 0
                && i == 0
            {
                if origin.path.is_empty() && self.hands_back(origin, g.file) {
                    return Some(from_pool(self, c, c));
                }
                for o in self.origins(object).iter().flat_map(|o| self.awaited(o)).collect::<Vec<_>>().iter() {
                    if let Root::Call(made) = o.root
                        && o.path.is_empty()
                        && !self.looks_pooled(made)
                        && self.method_model(made).is_none()
                    {
                        continue;
                    }
                    for o in self.follow(o, &origin.path) {
                        if let Count::Many(many) = self.count_at(c, &o, depth - 1) {
                            return Some(Count::Many(many));
                        }
                    }
                }
            }
        }
        None
    }

    /// The connection of a request that is told not to share one (`agent: false`), or asks for one that is taken over (Node's manual, http:
    /// the event `upgrade` of a request hands out its socket, which then belongs to no agent).
    pub(super) fn is_own_connection(&self, g: Fun, origin: &Origin) -> bool {
        let is_false = |v: At<ValueId>| match self.value(v) {
            Value::Bool(told) => !told,
            Value::Binding(b) => match self.binding(v.with(*b)).defs[..] {
                [def] => matches!(self.value(v.with(self.assign(v.with(def)).from)), Value::Bool(false)),
                _ => false,
            },
            _ => false,
        };
        let alone = |made: CallAt| {
            let literals = self.call(made).args.iter().flat_map(|&a| self.origins(made.with(a)).to_vec());
            literals.into_iter().any(|o| match (o.root, o.path.is_empty()) {
                (Root::Literal(literal), true) => match self.value(literal) {
                    Value::Object(props, _) => {
                        props.iter().any(|(key, v)| matches!(key, Key::Name(name) if name == "agent") && is_false(literal.with(*v)))
                    }
                    _ => false,
                },
                _ => false,
            })
        };
        // (Wherever the connection is asked for, one that is taken over is waited for.)
        let taken_over = |made: CallAt, asked: CallAt| {
            self.calls_within(self.function_of(made)).into_iter().any(|c| {
                self.block_within(asked.with(self.call(asked).block), c.with(self.call(c).block))
                    && sites::registration(self, c).is_some_and(|site| {
                        site.event.as_deref() == Some("upgrade") && site.receivers(self).contains(&Origin::root(Root::Call(made)))
                    })
            })
        };
        let passed = self.passed(g);
        origin.path.is_empty()
            && !passed.is_empty()
            && passed.iter().all(|p| {
                let Some(site) = sites::registration(self, p.call).filter(|site| site.event.as_deref() == Some("socket")) else {
                    return false;
                };
                site.receivers(self)
                    .iter()
                    .all(|o| matches!(o.root, Root::Call(made) if o.path.is_empty() && (alone(made) || taken_over(made, p.call))))
            })
    }

    /// A helper makes a node or finds one, as it is told: what is then put into the page was not found there, nor were its parts.
    pub(super) fn is_found_otherwise(&self, registration: &Registration, origin: &Origin) -> bool {
        let c = registration.call;
        let Some((receiver, _)) = self.receiver(c) else { return false };
        let found = |o: &Origin| match o.root {
            Root::Call(made) => !self.within(self.function_of(c), self.function_of(made)) && self.not_fresh(made).is_some(),
            _ => false,
        };
        let made = |o: &Origin| matches!(o.root, Root::Call(made) if self.callee_name(made).as_deref() == Some("createElement"));
        // `part = node.querySelector('.part')`.
        let whole = match (origin.root, origin.path.is_empty()) {
            (Root::Call(part), true) if self.is_looked_up(part) && self.function_of(part) == self.function_of(c) => {
                self.receiver(part).map(|(whole, _)| whole)
            }
            _ => None,
        };
        let (node, origins) = match whole {
            Some(whole) => (whole, self.origins(whole).to_vec()),
            None => (receiver, registration.receivers.clone()),
        };
        let Value::Binding(b) = self.value(node) else { return false };
        let block = c.with(self.call(c).block);
        let is_put = |put: CallAt| {
            self.block_within(block, put.with(self.call(put).block))
                && self.call(put).args.iter().any(|&arg| matches!(self.value(put.with(arg)), Value::Binding(x) if x == b))
        };
        origins.iter().any(made)
            && (found(origin) || whole.is_some() && origins.iter().any(found))
            && self
                .calls_within(self.function_of(c))
                .into_iter()
                .any(|put| self.callee_name(put).is_some_and(|name| INSERTS.contains(&name.as_str())) && is_put(put))
    }
}

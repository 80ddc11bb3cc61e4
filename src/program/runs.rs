//! Runs: how often a function runs in one activation of another, or per program, and who starts it.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::components::Own;
use super::count::DEPTH;
use super::guards::CALLS;
use super::starters::{Started, Starter, Times};
use super::walk::{self, Walk};
use super::{At, CallAt, Fun, Origin, Owner, Program, Root};
use crate::facts::*;
use crate::findings::{Confidence, Region, Step};

/// How often a function runs in one activation of another (or per program).
#[derive(Debug, Clone)]
pub struct Runs {
    pub region: Region,
    pub confidence: Confidence,
    pub steps: Vec<Step>,
    pub operation: bool,
    /// It leads back to itself.
    pub cycle: bool,
}

impl Runs {
    /// What leads back to itself through a timer is a tick, through a listener an event.
    pub(super) fn through(&mut self, how: &Started) {
        match how {
            Started::Listener(_) | Started::Heard(_) if self.cycle => {
                self.region = Region::Event;
                self.cycle = false;
            }
            Started::Timer if self.cycle => self.region = Region::Tick,
            _ => {}
        }
    }
}

/// What runs are counted within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Goal {
    /// None: the program.
    pub(super) function: Option<Fun>,
    /// The block that makes the object.
    pub(super) made_in: Option<At<BlockId>>,
    /// How the object goes with the component that the activation is about.
    pub(super) own: Own,
}

impl Goal {
    /// The whole of it.
    pub(super) const PROGRAM: Goal = Goal { function: None, made_in: None, own: Own::Unknown };
}

impl Program<'_> {
    /// How often `f` runs in one activation of `goal` (None: per program); None for once.
    pub fn runs(&self, f: Fun, goal: Option<Fun>) -> Option<Runs> {
        self.runs_since(f, goal, None, Own::Unknown)
    }

    /// The same for an object that is made in a block of `goal`: a loop that makes it anew does not count.
    pub(super) fn runs_since(&self, f: Fun, goal: Option<Fun>, made_in: Option<At<BlockId>>, own: Own) -> Option<Runs> {
        let goal = Goal { function: goal, made_in, own };
        // What earlier questions found on their way serves this one.
        let mut walk = self.runs.borrow_mut().remove(&goal).unwrap_or_else(Walk::new);
        let runs = self.runs_through(f, &goal, &mut walk, DEPTH);
        self.runs.borrow_mut().insert(goal, walk);
        runs
    }

    pub(super) fn runs_through(&self, f: Fun, wanted: &Goal, walk: &mut Walk<Option<Runs>>, depth: u32) -> Option<Runs> {
        let goal = wanted.function;
        if Some(f) == goal || self.fun(f).at_load || depth == 0 {
            return None;
        }
        if goal.is_some_and(|g| !self.within(f, g)) || goal.is_none() && self.never_returns(f) {
            return None;
        }
        let entered = match walk.enter(f, depth) {
            walk::Step::Into(entered) => entered,
            walk::Step::Known(runs) => return runs,
            walk::Step::Cycle if self.is_list_walk(f) => return Some(self.runs_for_elements(f)),
            walk::Step::Cycle => {
                return Some(Runs {
                    region: Region::Event,
                    confidence: Confidence::High,
                    steps: vec![
                        self.step_function(f, format!("`{}` leads back to itself: it runs again and again", self.function_name(f))),
                    ],
                    operation: false,
                    cycle: true,
                });
            }
        };
        if goal.is_none()
            && let Some(contract) = self.runs_as_lifecycle(f)
        {
            return walk.leave(entered, contract.runs());
        }
        if goal.is_none()
            && let Some(runs) = self.runs_as_watcher(f)
        {
            return walk.leave(entered, Some(runs));
        }
        let mut best: Option<Runs> = None;
        let better = |best: &Option<Runs>, runs: &Runs| {
            best.as_ref().is_none_or(|b| (runs.confidence, !runs.operation) > (b.confidence, !b.operation))
        };
        for starter in self.starters(f).iter() {
            let found = self.runs_of_starter(f, starter, wanted, walk, depth);
            if let Some(runs) = found
                && better(&best, &runs)
            {
                best = Some(runs);
            }
            // Nothing is surer.
            if best.as_ref().is_some_and(|b| b.confidence == Confidence::High) {
                break;
            }
        }
        if best.is_none() {
            best = self.runs_as_member(f, goal);
        }
        walk.leave(entered, best)
    }

    /// It ends by waiting for what never comes (`await new Promise(() => {})`): the program's own activity, until the process ends.
    fn never_returns(&self, f: Fun) -> bool {
        let function = self.fun(f);
        let never = |v: ValueId| {
            let Value::Call(made) = self.value(f.with(v)) else { return false };
            let made = f.with(*made);
            let [executor] = self.call(made).args[..] else { return false };
            let Value::Function(executor) = self.value(made.with(executor)) else { return false };
            let executor = self.fun(made.with(*executor));
            self.call(made).kind == CallKind::New
                && self.callee_name(made).as_deref() == Some("Promise")
                && executor.params.is_empty()
                && self.block(made.with(executor.body)).items.iter().all(|item| matches!(item, Item::Exit(_)))
        };
        function.is_async && self.block(f.with(function.body)).items.iter().any(|item| matches!(item, Item::Await(v) if never(*v)))
    }

    pub(super) fn runs_of_starter(
        &self,
        f: Fun,
        starter: &Starter,
        wanted: &Goal,
        walk: &mut Walk<Option<Runs>>,
        depth: u32,
    ) -> Option<Runs> {
        let goal = wanted.function;
        // A starter outside the goal's activation says nothing of runs within it.
        if let (Some(goal), Some(within)) = (goal, starter.within)
            && !self.within(within, goal)
            && !(matches!(starter.times, Times::Many(_))
                && matches!(starter.how, Started::Listener(_) | Started::Heard(_) | Started::Entry | Started::Interval))
        {
            return None;
        }
        let put_off = self.is_put_off(f, starter);
        if put_off && starter.times == Times::One {
            return None;
        }
        if starter.times == Times::Many(Region::Mount)
            && let Some(within) = starter.within
            && (goal.is_some() || self.is_script_of_component(within))
            && self.meets_once(starter, wanted.own)
        {
            return self.runs_through(within, wanted, walk, depth - 1);
        }
        if let Times::Many(region) = starter.times {
            if starter.how == Started::Interval && self.ends_its_timer(f) {
                return None;
            }
            if goal.is_some() && matches!(starter.how, Started::Public) {
                return None;
            }
            if starter.how == Started::Each && starter.by.is_some_and(|c| self.is_name_list(c)) {
                return starter.within.and_then(|w| self.runs_through(w, wanted, walk, depth - 1));
            }
            let (confidence, operation) = match starter.how {
                // (Any file of a folder may be loaded, meant for users or not.)
                Started::Public if self.is_public_by_pattern(f) => (Confidence::Low, true),
                Started::Public => (Confidence::Medium, true),
                Started::Heard(Some(ref event)) if self.is_emitted_again(starter.by, event) => (Confidence::Medium, false),
                Started::Unknown | Started::Each | Started::Heard(_) => (Confidence::Low, false),
                Started::Patch => (Confidence::Medium, false),
                _ => (Confidence::High, false),
            };
            // Each call of a constructor makes an object.
            let constructs =
                starter.how == Started::Public && self.owner_of_this(f).is_some_and(|o| self.is_constructor(f, o) && self.is_class(o));
            if constructs {
                return self.runs_as_maker(f);
            }
            let message = self.why(f, starter, region);
            let step = match starter.by {
                Some(c) => self.step_call(c, message),
                None => self.step_function(f, message),
            };
            let runs = Runs { region, confidence, steps: vec![step], operation, cycle: false };
            // Should the event fire once only, its listener runs as often as it is added.
            if matches!(starter.how, Started::Heard(_))
                && !put_off
                && let Some(within) = starter.within
                && let Some(mut around) = self.runs_through(within, wanted, walk, depth - 1)
                && around.confidence > runs.confidence
            {
                around.through(&starter.how);
                return Some(around);
            }
            return Some(runs);
        }
        let within = starter.within?;
        let by = starter.by?;
        if within == f && starter.how == Started::Called && self.only_leads_in(by, walk.way()) {
            return None;
        }
        if starter.how == Started::Called && self.is_guarded_edge(by, goal.is_none())
            || starter.how == Started::Timer && goal.is_none() && self.is_guarded_edge(by, true)
        {
            return None;
        }
        if starter.how == Started::Called
            && let Some(around) = self.loop_around(by.with(self.call(by).block))
            && goal.is_none_or(|g| self.within(within, g))
            && !wanted.made_in.is_some_and(|m| self.block_within(m, around))
            && !self.leaves_loop(by, around)
            && !self.is_given_names(f, by, around)
        {
            let collection = self.is_over_collection(around);
            return Some(Runs {
                region: Region::Iteration,
                confidence: if collection { Confidence::Low } else { Confidence::High },
                steps: vec![self.step_call(by, format!("`{}` is called in a loop", self.function_name(f)))],
                operation: false,
                cycle: false,
            });
        }
        if starter.how == Started::Called
            && goal.is_none()
            && let Some(runs) = self.runs_at_mount(by)
        {
            return Some(runs);
        }
        let mut runs = match self.narrowed_by(f, by, within) {
            Some(class) => self.runs_for_class(class, within, wanted, walk, depth - 1)?,
            None => self.runs_through(within, wanted, walk, depth - 1)?,
        };
        // `if (done) { clearInterval(timer); finish() }`, or `finish` does it: that was the last tick.
        if self.is_last_tick(f, starter, &runs) {
            return None;
        }
        if starter.how == Started::Called && runs.cycle && self.is_of_own_argument(by, within) {
            runs.confidence = Confidence::Low;
        }
        runs.through(&starter.how);
        if starter.how == Started::Called && runs.operation && self.is_reentered(by) {
            runs.operation = false;
        }
        if starter.how == Started::Called && runs.confidence == Confidence::High && self.is_under_a_flag(by) {
            runs.confidence = Confidence::Medium;
        }
        let guessed = || starter.how == Started::Unknown || starter.how == Started::Called && self.is_of_opening_message(by);
        if runs.confidence > Confidence::Low && guessed() {
            runs.confidence = Confidence::Low;
        }
        if starter.how == Started::Called && runs.steps.len() < 6 && !self.within(f, within) {
            runs.steps.push(self.step_call(by, format!("`{}` is called from here", self.function_name(f))));
        }
        Some(runs)
    }

    /// What is called is a method of an argument of the function around, which leads back to itself with another one each time: a walk
    /// down what is made of parts (`run(command) { command.setup(); run(command.parts[name]) }`).
    fn is_of_own_argument(&self, by: CallAt, within: Fun) -> bool {
        let Some((object, _)) = self.receiver(by) else { return false };
        let origins = self.origins(object);
        let param = |o: &Origin| match o.root {
            Root::Param(g, i) if g == within && o.path.is_empty() => Some(i),
            _ => None,
        };
        let &[i] = &origins.iter().map(param).collect::<Option<Vec<u32>>>().unwrap_or_default()[..] else { return false };
        let mut again = self.callers(within).iter().filter(|&&c| self.within(self.function_of(c), within)).peekable();
        let another =
            |&c: &CallAt| self.call(c).args.get(i as usize).is_some_and(|&v| self.origins(c.with(v)).iter().all(|o| param(o) != Some(i)));
        again.peek().is_some() && again.all(another)
    }

    /// The class whose method this is, where the call reaches it by `this` from a class above: only objects of that class come so.
    fn narrowed_by(&self, f: Fun, by: CallAt, within: Fun) -> Option<Owner> {
        let class = self.owner_of_function(f).filter(|class| matches!(class, Owner::Class(_) | Owner::Proto(_)))?;
        let above = self.owner_around(within)?;
        (above != class && self.is_by_this(by) && self.ancestors(class).contains(&above)).then_some(class)
    }

    /// `this.run()`, `scope.start(this.run)`.
    fn is_by_this(&self, c: CallAt) -> bool {
        let of_this =
            |v: ValueId| matches!(self.value(c.with(v)), Value::Member(object, _) if matches!(self.value(c.with(*object)), Value::This(_)));
        let call = self.call(c);
        of_this(call.callee) || call.args.iter().any(|&arg| of_this(arg))
    }

    /// How often a method of a class above runs for objects of this class: not for those of another one beside it.
    fn runs_for_class(&self, class: Owner, f: Fun, wanted: &Goal, walk: &mut Walk<Option<Runs>>, depth: u32) -> Option<Runs> {
        let beside = |starter: &Starter| {
            starter.how == Started::Called
                && starter.by.is_some_and(|by| {
                    let other = self.owner_around(self.function_of(by)).filter(|_| self.is_by_this(by));
                    other.is_some_and(|other| !self.ancestors(class).contains(&other) && !self.ancestors(other).contains(&class))
                })
        };
        let starters = self.starters(f);
        if depth == 0 || !starters.iter().any(beside) {
            return self.runs_through(f, wanted, walk, depth);
        }
        let others = starters.iter().filter(|starter| !beside(starter));
        let found = others.filter_map(|starter| self.runs_of_starter(f, starter, wanted, walk, depth));
        found.max_by_key(|runs| (runs.confidence, !runs.operation)).or_else(|| self.runs_as_member(f, wanted.function))
    }

    /// The function that is started this way comes again for a run that left before it did anything: `if (!ready) { once('ready', () =>
    /// start()); return }`. What else it does is done once all the same.
    pub(super) fn is_put_off(&self, f: Fun, starter: &Starter) -> bool {
        let (Some(by), Some(within)) = (starter.by, starter.within) else { return false };
        let later = matches!(starter.how, Started::Listener(_) | Started::Heard(_) | Started::Timer | Started::Callback);
        later
            && self.function_of(by) == within
            && (f == within || self.calls_within(f).into_iter().any(|c| self.functions_called(c).contains(&within)))
            && self.is_all_before_leaving(by)
    }

    /// The call stands in an arm that leaves its function, or beside all that it does, and nothing else is done there or before.
    fn is_all_before_leaving(&self, c: CallAt) -> bool {
        let does = |item: &Item| match item {
            Item::Call(other) => *other != c.id && self.call(c.with(*other)).result == Use::Dropped,
            Item::Loop(_) | Item::Try(..) | Item::Await(_) | Item::Yield => true,
            _ => false,
        };
        let mut at = c.with(self.call(c).block);
        if !matches!(self.block(at).kind, BlockKind::Then(_) | BlockKind::Else(_)) || self.block(at).items.iter().any(does) {
            return false;
        }
        let leaves = self.leaves(at);
        while let (Some(parent), index) = (self.block(at).parent, self.block(at).index as usize) {
            at = at.with(parent);
            // (`ready ? start() : setTimeout(again)`, with nothing behind it.)
            let items = &self.block(at).items;
            if items.iter().take(index).any(does) || !leaves && items.iter().skip(index + 1).any(does) {
                return false;
            }
        }
        true
    }

    /// The call begins its function once more and leaves, before anything is done there that leads to the line: `if (!options) return
    /// make({})`. `way`: the functions from the line to this one.
    fn only_leads_in(&self, c: CallAt, way: &FxHashSet<Fun>) -> bool {
        let f = self.function_of(c);
        let mut at = c.with(self.call(c).block);
        if !self.leaves(at) {
            return false;
        }
        // What the call is given may be asked for first. (Where the line is the function's own, it may stand anywhere in it.)
        let below: Vec<Fun> = way.iter().copied().filter(|&g| g != f).collect();
        let leads = |g: Fun| below.iter().any(|&h| self.leads(g, h, CALLS));
        let is_way = |id: &CallId| {
            let other = c.with(*id);
            let given = self.call(other).args.iter().flat_map(|&a| self.functions_of(other.with(a))).map(|(g, _)| g);
            below.is_empty() || self.functions_called(other).iter().copied().chain(given).any(leads)
        };
        let does = |item: &Item| match item {
            Item::Call(id) => is_way(id),
            Item::Await(_) => below.is_empty(),
            Item::Loop(_) | Item::Try(..) => true,
            _ => false,
        };
        let before = |at: At<BlockId>, upto: usize| self.block(at).items.iter().take(upto).any(does);
        while let (Some(parent), index) = (self.block(at).parent, self.block(at).index as usize) {
            at = at.with(parent);
            if before(at, index) {
                return false;
            }
        }
        true
    }

    /// A function that is a member of an object that its maker gives out, or that its maker returns: its users call it.
    pub(super) fn runs_as_member(&self, f: Fun, goal: Option<Fun>) -> Option<Runs> {
        let function = self.fun(f);
        if matches!(function.kind, FunctionKind::Constructor | FunctionKind::Initializer)
            || self.owner_of_function(f).is_some_and(|o| matches!(o, Owner::Literal(_)) && self.is_constructor(f, o))
        {
            // A class is made again and again where its users do.
            return if goal.is_none() { self.runs_as_maker(f) } else { None };
        }
        if goal.is_none()
            && let Some(contract) = self.runs_as_lifecycle(f)
        {
            return contract.runs();
        }
        let member = match self.owner_of_function(f) {
            Some(owner) if goal.is_none() && self.is_class(owner) => true,
            Some(Owner::Literal(literal)) => goal.is_none_or(|g| self.literal_function(literal) == Some(g)) && self.is_given_out(literal),
            // A function that the activation puts into a field is a method.
            Some(Owner::Class(_) | Owner::Proto(_)) => {
                let method = matches!(function.kind, FunctionKind::Arrow | FunctionKind::Plain) || self.this_given(f).is_some();
                method && function.parent == goal.map(|g| g.id)
            }
            _ => false,
        };
        // Who waits for a thenable has its `then` run once (ECMAScript, 27.2.2.2 NewPromiseResolveThenableJob).
        if function.name == "then" && matches!(self.owner_of_function(f), Some(Owner::Literal(_))) {
            return None;
        }
        let member = member || goal.is_some_and(|g| self.is_put_on_given(f, g));
        let returned = self.returned_by(f).iter().any(|&g| goal.is_none_or(|goal| g == goal) && !self.is_executor(g));
        if !member && !returned {
            return None;
        }
        let step = self.step_function(f, format!("`{}` is called any number of times", self.function_name(f)));
        let guess = !self.callers(f).is_empty()
            || match goal {
                Some(_) => super::stages::is_set_up(&function.name),
                None => self.is_of_inside(f),
            };
        let confidence = if guess { Confidence::Low } else { Confidence::Medium };
        Some(Runs { region: Region::Call, confidence, steps: vec![step], operation: true, cycle: false })
    }

    /// The activation makes the function a member of what it was given (`bot.sleep = function () {...}`), and not one that hears an event
    /// or is its end.
    fn is_put_on_given(&self, f: Fun, g: Fun) -> bool {
        self.put_on_param(f) == Some(g) && {
            let name = &self.fun(f).name;
            !(name.is_empty() || name.starts_with("on") || super::stages::is_teardown(name))
        }
    }

    /// Users of the package make objects of a public class.
    pub(super) fn runs_as_maker(&self, f: Fun) -> Option<Runs> {
        let owner = self.owner_of_this(f)?;
        if !self.is_public_owner(owner) || self.decorated_lifetime(owner) == Some(Region::Program) || self.is_singleton(owner) {
            return None;
        }
        let step = self.step_function(f, format!("users of the package make any number of {} objects", self.owner_name(owner)));
        Some(Runs { region: Region::Instance, confidence: Confidence::Medium, steps: vec![step], operation: false, cycle: false })
    }

    /// A static method of the class makes its one object, unless there is one: `if (!this.one) this.one = new this()`.
    fn is_singleton(&self, owner: Owner) -> bool {
        let Owner::Class(class) = owner else { return false };
        self.class(class).members.iter().filter(|m| m.is_static).filter_map(|m| m.function).any(|f| {
            let f = class.with(f);
            self.calls_within(f).into_iter().any(|c| {
                let call = self.call(c);
                let itself = match self.value(c.with(call.callee)) {
                    Value::This(g) => c.with(*g) == f,
                    _ => self.origins(c.with(call.callee)).iter().any(|o| o.path.is_empty() && o.root == Root::Class(class)),
                };
                let kept = self.assigned(c.with(call.value)).is_some_and(|a| self.assign(a).only_if_empty);
                call.kind == CallKind::New && itself && (kept || self.is_guarded_edge(c, false))
            })
        })
    }

    /// The timer's function ends the timer before anything else can run again.
    pub(super) fn ends_its_timer(&self, f: Fun) -> bool {
        self.ends_timer(f.with(self.fun(f).body))
    }

    /// The call ends the timer that its function runs by: it is made once.
    pub(super) fn is_last_tick(&self, f: Fun, starter: &Starter, runs: &Runs) -> bool {
        let ends = |by: CallAt| self.ends_its_timer(f) || self.ends_timer(by.with(self.call(by).block));
        starter.how == Started::Called && runs.region == Region::Tick && starter.by.is_some_and(ends)
    }

    fn ends_timer(&self, block: At<BlockId>) -> bool {
        let ends = |c: CallId| self.callee_name(block.with(c)).as_deref() == Some("clearInterval");
        let same = |a: ValueId, b: ValueId| match (self.value(block.with(a)), self.value(block.with(b))) {
            (Value::Member(_, one), Value::Member(_, other)) => one == other,
            (one, other) => one == other,
        };
        // `if (this.timer) clearInterval(this.timer)`: there is one while it ticks.
        let asks = |test: ValueId, timer: ValueId| match self.value(block.with(test)) {
            Value::Binary(op, one, _) => op.starts_with("!=") && same(*one, timer),
            _ => same(test, timer),
        };
        self.block(block).items.iter().any(|item| match item {
            Item::Call(c) => ends(*c),
            Item::Branch(test, then, None) => self.block(block.with(*then)).items.iter().any(|inner| match inner {
                Item::Call(c) => ends(*c) && self.call(block.with(*c)).args.first().is_some_and(|&timer| asks(*test, timer)),
                _ => false,
            }),
            _ => false,
        })
    }

    /// A literal that its function returns.
    pub(super) fn is_given_out(&self, literal: At<ValueId>) -> bool {
        if let Some(known) = self.given_out.borrow().get(&literal.file) {
            return known.contains(&literal);
        }
        let mut given = FxHashSet::default();
        for &value in self.facts(literal.file).functions.iter().flat_map(|f| &f.returns) {
            given.extend(self.origins(literal.with(value)).iter().filter(|o| o.path.is_empty()).filter_map(|o| match o.root {
                Root::Literal(literal) => Some(literal),
                _ => None,
            }));
        }
        let given = Rc::new(given);
        self.given_out.borrow_mut().insert(literal.file, given.clone());
        given.contains(&literal)
    }

    pub(super) fn is_executor(&self, g: Fun) -> bool {
        self.passed(g).iter().any(|p| self.call(p.call).kind == CallKind::New)
    }

    pub(super) fn why(&self, f: Fun, starter: &Starter, region: Region) -> String {
        let name = self.function_name(f);
        match (&starter.how, region) {
            (Started::Listener(Some(event)) | Started::Heard(Some(event)), Region::Event) => {
                format!("`{name}` runs each time `{event}` fires")
            }
            (Started::Listener(Some(event)) | Started::Heard(Some(event)), region) => {
                format!("`{name}` runs once per {}, when `{event}` fires", region.word())
            }
            (Started::Listener(None) | Started::Heard(None), _) => format!("`{name}` runs each time the event fires"),
            (Started::Interval, _) => format!("`{name}` runs at each tick of the timer"),
            (Started::Each, _) => format!("`{name}` runs once for each element"),
            (Started::Entry, region) => format!("`{name}` runs once per {}", region.word()),
            (Started::Public, _) => format!("`{name}` is exported: its users call it any number of times"),
            (Started::Patch, _) => format!("`{name}` takes the place of a method that is called any number of times"),
            _ => format!("`{name}` runs many times"),
        }
    }
}

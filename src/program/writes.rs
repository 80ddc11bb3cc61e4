//! Writes: when a field, a member or a variable gets what it holds, as seen from a line: once, in each turn, just before, after it.

use super::{At, CallAt, Fun, Origin, Owner, PathKey, Program, Root};
use crate::facts::*;

/// How many callers of a function are asked for what they write before.
const CALLERS: usize = 8;

/// A member that may be filled.
struct Slot<'s> {
    key: PathKey,
    /// What it is a member of.
    of: &'s dyn Fn(At<ValueId>) -> bool,
    /// The same as a part of the object around, which methods of that part may fill.
    holder: Option<&'s Origin>,
}

impl Program<'_> {
    /// The loop around the call gives the field a fresh value in each turn, before the call.
    pub(super) fn is_written_each_turn(&self, c: CallAt, origin: &Origin) -> bool {
        let Some(around) = self.loop_around(c.with(self.call(c).block)) else { return false };
        !origin.path.is_empty()
            && self.field_sources(origin).iter().any(|(assign, origins)| {
                assign.file == c.file
                    && self.block_within(assign.with(self.assign(*assign).block), around)
                    && self.is_just_before(*assign, c)
                    && !origins.is_empty()
                    && origins.iter().all(|o| match o.root {
                        Root::Call(made) => o.path.is_empty() && self.not_fresh(made).is_none(),
                        Root::Literal(_) => true,
                        _ => false,
                    })
            })
    }

    /// The field is written only where it is empty, and nothing empties it: `if (!this.socket) this.socket = connect()`.
    pub(super) fn is_written_once(&self, a: At<AssignId>, sources: &[(At<AssignId>, Vec<Origin>)], origin: &Origin, owner: Owner) -> bool {
        let assign = self.assign(a);
        if sources.len() != 1 || origin.path.len() != 1 {
            return false;
        }
        let Place::Member(_, key) = &assign.to else { return false };
        let asks = |test: ValueId, outcome: bool| match (self.value(a.with(test)), outcome) {
            (Value::Unary(op, inner), true) => op == "!" && matches!(self.value(a.with(*inner)), Value::Member(_, k) if k == key),
            (Value::Member(_, k), false) => k == key,
            _ => false,
        };
        let guarded = assign.only_if_empty
            || match self.block(a.with(assign.block)).kind {
                BlockKind::Then(test) => asks(test, true),
                BlockKind::Else(test) => asks(test, false),
                _ => false,
            };
        guarded
            && self
                .field_assigns(owner, &origin.path)
                .iter()
                .all(|&other| other == a || self.is_constructor(other.with(self.fun(other.with(self.assign(other).function)).this), owner))
    }

    /// Each call of `f` stands behind what gives the field a value of that activation: the line meets each once.
    pub(super) fn written_by_callers(&self, f: Fun, origin: &Origin, sources: &[(At<AssignId>, Vec<Origin>)], depth: u32) -> bool {
        let f = self.around_executors(f);
        let callers = self.callers(f);
        if depth == 0 || callers.is_empty() || callers.len() > CALLERS || !self.passed(f).is_empty() {
            return false;
        }
        callers.iter().all(|&c| {
            sources.iter().any(|(assign, _)| self.is_just_before(*assign, c) && self.gives_new(*assign))
                || self.is_given_anew_before(c, origin)
                || self.written_by_callers(self.function_of(c), origin, sources, depth - 1)
        })
    }

    /// What is assigned was made for it.
    fn gives_new(&self, a: At<AssignId>) -> bool {
        self.origins(a.with(self.assign(a).from)).iter().all(|o| {
            o.path.is_empty()
                && match o.root {
                    Root::Literal(_) => true,
                    Root::Call(made) => self.not_fresh(made).is_none(),
                    _ => false,
                }
        })
    }

    /// On every way to the call, and in its turn of a loop, a field of the object around gets a value that was made for it: from an
    /// assignment, or from a method that is called for that (`this.wire.open(); this.listen()`).
    pub(super) fn is_given_anew_before(&self, c: CallAt, origin: &Origin) -> bool {
        let Some((&key, holder)) = origin.path.last().zip(origin.prefix()).filter(|_| matches!(origin.root, Root::This(_))) else {
            return false;
        };
        self.is_filled_before(c, &Slot { key, of: &|object| self.is_same_part(object, &holder), holder: Some(&holder) })
    }

    /// Whoever calls the line's function within an activation of `g` fills the member that is listened to anew before, but for `g`
    /// itself, which does it once: `link.socket = connect(); wire()`.
    pub(super) fn is_renewed_by_callers(&self, c: CallAt, g: Fun) -> bool {
        let Some((receiver, _)) = self.receiver(c) else { return false };
        let Value::Member(object, key @ Key::Name(_)) = self.value(receiver) else { return false };
        let holder = self.origins(receiver.with(*object));
        let f = self.around_executors(self.function_of(c));
        let callers = self.callers(f);
        let slot = Slot { key: self.path_key(c.file, key), of: &|object| *self.origins(object) == *holder, holder: None };
        let once = |by: CallAt| self.function_of(by) == g && self.loop_around(by.with(self.call(by).block)).is_none();
        f != g
            && !holder.is_empty()
            && (1..=CALLERS).contains(&callers.len())
            && self.passed(f).is_empty()
            && callers.iter().any(|&by| !once(by))
            && callers.iter().all(|&by| once(by) || self.is_filled_before(by, &slot))
    }

    fn is_filled_before(&self, c: CallAt, slot: &Slot) -> bool {
        let mut at = c.with(self.call(c).block);
        let mut upto = self.order_of(c);
        loop {
            let here = self.block(at);
            if here.items.iter().take(upto).any(|item| self.fills(c.file, item, slot)) {
                return true;
            }
            let Some(parent) = here.parent.filter(|_| !matches!(here.kind, BlockKind::Loop(..))) else { return false };
            upto = here.index as usize;
            at = at.with(parent);
        }
    }

    /// The item puts something new there, whichever way it goes.
    fn fills(&self, file: u32, item: &Item, slot: &Slot) -> bool {
        match *item {
            Item::Assign(id) => self.puts_new(At::new(file, id), slot.key, slot.of),
            Item::Call(id) => slot.holder.is_some_and(|holder| self.opens_field(At::new(file, id), slot.key, holder)),
            Item::Branch(_, then, Some(otherwise)) => {
                [then, otherwise].iter().all(|&arm| self.block(At::new(file, arm)).items.iter().any(|item| self.fills(file, item, slot)))
            }
            _ => false,
        }
    }

    /// Who calls the function hands over for each call what was put in its place just before.
    pub(super) fn is_new_for_each_call(&self, origin: &Origin) -> bool {
        let (Root::Param(h, _), true) = (origin.root, origin.path.is_empty()) else { return false };
        let callers = self.callers(h);
        let new = |&c: &CallAt| {
            let given = self.from_callee(c, h, origin);
            !given.is_empty() && given.iter().all(|o| self.is_given_anew_before(c, o))
        };
        !callers.is_empty() && callers.iter().all(new)
    }

    /// The assignment gives the key of such an object what was made for it.
    fn puts_new(&self, a: At<AssignId>, key: PathKey, of: &dyn Fn(At<ValueId>) -> bool) -> bool {
        let assign = self.assign(a);
        let Place::Member(object, name) = &assign.to else { return false };
        !assign.only_if_empty && self.path_key(a.file, name) == key && of(a.with(*object)) && self.gives_new(a)
    }

    /// The same part of an object of the class: `this.wire`, in whichever of its methods.
    fn is_same_part(&self, v: At<ValueId>, part: &Origin) -> bool {
        let class = |o: &Origin| match o.root {
            Root::This(g) => self.owner_of_this(g),
            _ => None,
        };
        let Some(owner) = class(part) else { return false };
        let origins = self.origins(v);
        !origins.is_empty() && origins.iter().all(|o| o.path == part.path && class(o).is_some_and(|other| self.related(other, owner)))
    }

    /// A method of the holder that, whatever happens in it, puts something new into a field of it.
    fn opens_field(&self, c: CallAt, key: PathKey, holder: &Origin) -> bool {
        let Some((object, Key::Name(_))) = self.receiver(c) else { return false };
        let called = self.functions_called(c);
        !called.is_empty() && self.is_same_part(object, holder) && called.iter().all(|&g| self.fills_anew(g, key))
    }

    fn fills_anew(&self, g: Fun, key: PathKey) -> bool {
        let Some(owner) = self.owner_of_this(g) else { return false };
        let of_this = |object: At<ValueId>| {
            let origins = self.origins(object);
            !origins.is_empty() && origins.iter().all(|o| o.path.is_empty() && o.root == Root::This(g))
        };
        let always = |a: At<AssignId>| self.assign(a).function == g.id && self.block(a.with(self.assign(a).block)).parent.is_none();
        self.field_assigns(owner, &[key]).into_iter().any(|a| a.file == g.file && always(a) && self.puts_new(a, key, &of_this))
    }

    /// The assignment stands before the call in one function, in the call's block or one around it, so that every way to the call
    /// passes it.
    pub(super) fn is_just_before(&self, a: At<AssignId>, c: CallAt) -> bool {
        let (assign, call) = (self.assign(a), self.call(c));
        if a.file != c.file || assign.function != call.function || assign.only_if_empty {
            return false;
        }
        let mut at = c.with(call.block);
        let mut upto = self.order_of(c);
        loop {
            let here = self.block(at);
            if at.id == assign.block {
                return here.items.iter().take(upto).any(|i| *i == Item::Assign(a.id));
            }
            let Some(parent) = here.parent else { return false };
            upto = here.index as usize;
            at = at.with(parent);
        }
    }

    /// What a member of another object is given before the call, on every way to it: `state.socket = connect(); state.socket.on(...)`; or a
    /// variable that nothing declares: `socket = connect(); socket.on(...)`.
    pub(super) fn written_just_before(&self, c: CallAt, origin: &Origin) -> Option<Vec<Origin>> {
        if matches!(origin.root, Root::This(_) | Root::Unknown(_) | Root::Nothing | Root::Const(_)) {
            return None;
        }
        let undeclared = match origin.root {
            Root::Global(name) if origin.path.is_empty() => Some(self.text(name)),
            _ => None,
        };
        let member = origin.path.last().copied().zip(origin.prefix());
        if undeclared.is_none() && member.is_none() {
            return None;
        }
        let writes = |assign: &Assign| match (&assign.to, &undeclared, &member) {
            (Place::Global(name), Some(wanted), _) => **name == **wanted,
            (Place::Member(object, key), _, Some((last, holder))) => {
                self.path_key(c.file, key) == *last && *self.origins(c.with(*object)) == [holder.clone()]
            }
            _ => false,
        };
        let mut at = c.with(self.call(c).block);
        let mut upto = self.order_of(c);
        loop {
            let here = self.block(at);
            for item in here.items.iter().take(upto).rev() {
                let &Item::Assign(id) = item else { continue };
                let assign = self.assign(c.with(id));
                if !assign.only_if_empty && writes(assign) {
                    let from = self.origins(c.with(assign.from));
                    return from.iter().all(|o| o != origin && matches!(o.root, Root::Call(_))).then(|| from.to_vec());
                }
            }
            upto = here.index as usize;
            at = at.with(here.parent?);
        }
    }

    /// The assignment stands after the call, in one function.
    pub(super) fn is_after(&self, a: At<AssignId>, c: CallAt) -> bool {
        let (assign, call) = (self.assign(a), self.call(c));
        if assign.function != call.function || assign.block != call.block {
            return false;
        }
        let items = &self.block(c.with(call.block)).items;
        let place = |wanted: Item| items.iter().position(|i| *i == wanted);
        matches!((place(Item::Assign(a.id)), place(Item::Call(c.id))), (Some(x), Some(y)) if x > y)
    }
}

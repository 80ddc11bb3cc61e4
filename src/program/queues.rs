//! Queues: objects of the program that let go of the listeners which they tell: `emit` empties the list that it goes through.

use super::sites::Registration;
use super::types::Type;
use super::{Fun, Owner, Program};
use crate::facts::*;

impl Program<'_> {
    /// What is added to the emitter waits for the next time that it tells, and no longer.
    pub(super) fn is_of_queue(&self, registration: &Registration) -> bool {
        !registration.receivers.is_empty()
            && registration.receivers.iter().all(|o| match self.type_of(o) {
                Some(of) => self.is_queue_type(of),
                None => {
                    self.field_sources(o).iter().flat_map(|(_, put)| put).filter_map(|o| self.type_of(o)).any(|of| self.is_queue_type(of))
                }
            })
    }

    fn is_queue_type(&self, of: Type) -> bool {
        matches!(of, Type::Owner(owner) if self.is_queue(owner))
    }

    fn is_queue(&self, owner: Owner) -> bool {
        if let Some(&known) = self.queues.borrow().get(&owner) {
            return known;
        }
        // (What it has from a library, the library keeps.)
        let members = self.members(owner);
        let own = members.iter().any(|&(_, m)| super::sites::is_registration_name(&self.fun(m).name));
        let is = own && members.iter().any(|&(_, m)| self.empties_what_it_tells(m));
        self.queues.borrow_mut().insert(owner, is);
        is
    }

    /// `const queue = listeners.slice(); listeners.length = 0; for (...) queue[i](...)`.
    fn empties_what_it_tells(&self, m: Fun) -> bool {
        let element = |c: &super::CallAt| {
            let callee = c.with(self.call(*c).callee);
            matches!(self.value(callee), Value::Member(_, Key::Computed(_)))
        };
        let empties = |a: &Assign| {
            a.function == m.id
                && matches!(self.value(m.with(a.from)), Value::Number(number) if number == "0")
                && matches!(&a.to, Place::Member(list, Key::Name(name)) if name == "length"
                    && matches!(self.value(m.with(*list)), Value::Binding(_) | Value::Member(..)))
        };
        self.calls_within(m).iter().any(element) && self.facts(m.file).assigns.iter().any(empties)
    }
}

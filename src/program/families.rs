//! Families: which owners' objects may be the same one, and which functions a member is in a family.
//!
//! ```text
//! family(O) = O, what it extends, and what extends it
//! ```

use std::rc::Rc;

use super::layers::BARE;
use super::owners::owner_of_constructor;
use super::{Fun, Owner, PathKey, Program};

impl Program<'_> {
    /// The owner, its ancestors in the program, and its descendants.
    pub fn family(&self, owner: Owner) -> Rc<[Owner]> {
        if self.level() == BARE {
            return Rc::from([owner]);
        }
        if let Some(known) = self.families.borrow().get(&owner) {
            return known.clone();
        }
        let family: Rc<[Owner]> = self.find_family(owner).into();
        self.families.borrow_mut().insert(owner, family.clone());
        family
    }

    fn find_family(&self, owner: Owner) -> Vec<Owner> {
        let mut out = vec![owner];
        let mut at = 0;
        while at < out.len() && out.len() < 64 {
            for parent in self.parents(out[at]) {
                if let Some(parent) = owner_of_constructor(parent)
                    && !out.contains(&parent)
                {
                    out.push(parent);
                }
            }
            at += 1;
        }
        let mut at = 0;
        let mut down = vec![owner];
        while at < down.len() && out.len() < 64 {
            for &child in self.owners().children.get(&down[at]).into_iter().flatten() {
                if !out.contains(&child) {
                    out.push(child);
                    down.push(child);
                }
            }
            at += 1;
        }
        out
    }

    /// Two owners whose instances may be the same object.
    pub fn related(&self, a: Owner, b: Owner) -> bool {
        a == b || self.family(a).contains(&b)
    }

    /// Functions that `o.key()` runs for an instance of `owner`: its own, inherited, overridden.
    pub fn methods(&self, owner: Owner, key: PathKey) -> Vec<Fun> {
        let mut out = Vec::new();
        for &owner in self.family(owner).iter() {
            out.extend(self.owners().keyed.get(&(owner, key)).into_iter().flatten());
        }
        out.sort();
        out.dedup();
        out
    }

    /// The function that `super.key()` runs where `owner` is the parent: its own, else the nearest ancestor's.
    pub fn inherited(&self, owner: Owner, key: PathKey) -> Vec<Fun> {
        let mut level = vec![owner];
        let mut seen = level.clone();
        while !level.is_empty() && seen.len() < 64 {
            let found: Vec<Fun> = level.iter().flat_map(|&o| self.members(o)).filter(|(k, _)| *k == key).map(|(_, f)| *f).collect();
            if !found.is_empty() {
                return found;
            }
            level = level.iter().flat_map(|&o| self.parents(o)).filter_map(owner_of_constructor).filter(|o| !seen.contains(o)).collect();
            seen.extend(&level);
        }
        Vec::new()
    }

    /// Something extends it.
    pub(super) fn is_extended(&self, owner: Owner) -> bool {
        self.owners().children.contains_key(&owner)
    }

    /// An owner and all that extend it.
    pub(super) fn descendants(&self, owner: Owner) -> Vec<Owner> {
        let mut out = vec![owner];
        let mut at = 0;
        while at < out.len() {
            for &child in self.owners().children.get(&out[at]).into_iter().flatten() {
                if !out.contains(&child) {
                    out.push(child);
                }
            }
            at += 1;
        }
        out
    }
}

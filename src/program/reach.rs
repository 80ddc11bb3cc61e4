//! Which registrations and releases can have to do with each other, found by where they stand instead of one by one.
//!
//! Each answer holds at least all for which [`Program::in_reach`] is true, in the order of the sites.

use rustc_hash::FxHashMap;

use super::sites::{Registration, Release, Sites};
use super::{Fun, Origin, Owner, Program, Root};

/// Numbers of sites.
#[derive(Default)]
pub struct Reach {
    releases: Places,
    registrations: Places,
    /// Registrations by the function that they stand in.
    functions: FxHashMap<Fun, Vec<u32>>,
    /// Owners that registrations stand in, by each owner of their families.
    families: FxHashMap<Owner, Vec<Owner>>,
}

#[derive(Default)]
struct Places {
    /// The file of each site.
    of: Vec<u32>,
    files: FxHashMap<u32, Vec<u32>>,
    owners: FxHashMap<Owner, Vec<u32>>,
    receivers: FxHashMap<Origin, Vec<u32>>,
}

impl Places {
    fn add(&mut self, index: u32, file: u32, owner: Option<Owner>, receivers: &[Origin]) {
        self.of.push(file);
        self.files.entry(file).or_default().push(index);
        if let Some(owner) = owner {
            self.owners.entry(owner).or_default().push(index);
        }
        for receiver in receivers {
            match self.receivers.get_mut(receiver) {
                Some(known) => known.push(index),
                None => {
                    self.receivers.insert(receiver.clone(), vec![index]);
                }
            }
        }
    }

    fn find(&self, file: u32, owners: &[Owner], receivers: &[Origin]) -> Vec<u32> {
        let mut out: Vec<u32> = self.files.get(&file).cloned().unwrap_or_default();
        let elsewhere = |index: &&u32| self.of[**index as usize] != file;
        let known = out.len();
        out.extend(owners.iter().filter_map(|owner| self.owners.get(owner)).flatten().filter(elsewhere));
        out.extend(receivers.iter().filter_map(|receiver| self.receivers.get(receiver)).flatten().filter(elsewhere));
        if out.len() > known {
            out.sort_unstable();
            out.dedup();
        }
        out
    }
}

impl Reach {
    /// Of all sites of a program.
    pub fn of(program: &Program, registrations: &[Registration], releases: &[Release]) -> Reach {
        let mut reach = Reach::default();
        for (index, release) in (0..).zip(releases) {
            let owner = program.owner_around(program.function_of(release.call));
            reach.releases.add(index, release.call.file, owner, &release.receivers);
        }
        for (index, registration) in (0..).zip(registrations) {
            let function = program.function_of(registration.call);
            let owner = program.owner_around(function);
            reach.registrations.add(index, registration.call.file, owner, &registration.receivers);
            reach.functions.entry(function).or_default().push(index);
        }
        let mut owners: Vec<Owner> = reach.registrations.owners.keys().copied().collect();
        owners.sort();
        for owner in owners {
            for &member in program.family(owner).iter() {
                reach.families.entry(member).or_default().push(owner);
            }
        }
        reach
    }
}

impl Sites {
    /// Releases that may be meant for a registration.
    pub fn releases_for<'s>(&'s self, program: &Program, registration: &Registration) -> impl Iterator<Item = &'s Release> + use<'s> {
        let owner = program.owner_around(program.function_of(registration.call));
        let family = owner.map(|owner| program.family(owner));
        let found = self.reach.releases.find(registration.call.file, family.as_deref().unwrap_or_default(), &registration.receivers);
        found.into_iter().map(|index| &self.releases[index as usize])
    }

    /// Registrations that a release may be meant for.
    pub fn registrations_for<'s>(&'s self, program: &Program, release: &Release) -> impl Iterator<Item = &'s Registration> + use<'s> {
        self.numbers_for(program, release).into_iter().map(|index| &self.registrations[index as usize])
    }

    /// Their numbers.
    pub(super) fn numbers_for(&self, program: &Program, release: &Release) -> Vec<u32> {
        let owner = program.owner_around(program.function_of(release.call));
        let owners = owner.and_then(|owner| self.reach.families.get(&owner)).map_or(&[][..], Vec::as_slice);
        self.reach.registrations.find(release.call.file, owners, &release.receivers)
    }

    /// Registrations that stand in a class of the family.
    pub fn registrations_near<'s>(&'s self, program: &Program, owner: Owner) -> impl Iterator<Item = &'s Registration> + use<'s> {
        let family = program.family(owner);
        let found: Vec<u32> = family.iter().filter_map(|owner| self.reach.registrations.owners.get(owner)).flatten().copied().collect();
        found.into_iter().map(|index| &self.registrations[index as usize])
    }

    /// Registrations that stand in one function, not counting the functions written in it.
    pub fn registrations_in(&self, f: Fun) -> impl Iterator<Item = &Registration> {
        self.reach.functions.get(&f).into_iter().flatten().map(|&index| &self.registrations[index as usize])
    }

    /// Releases that stand in one file.
    pub fn releases_in(&self, file: u32) -> impl Iterator<Item = &Release> {
        self.reach.releases.files.get(&file).into_iter().flatten().map(|&index| &self.releases[index as usize])
    }
}

impl Program<'_> {
    /// The release may be meant for something that has to do with the registration: same file, or classes of one family.
    pub(super) fn in_reach(&self, registration: &Registration, release: &Release) -> bool {
        if registration.call.file == release.call.file {
            return true;
        }
        let (a, b) = (self.function_of(registration.call), self.function_of(release.call));
        match (self.owner_around(a), self.owner_around(b)) {
            (Some(x), Some(y)) if self.related(x, y) => true,
            _ => {
                registration
                    .receivers
                    .iter()
                    .any(|o| matches!(o.root, Root::Global(_) | Root::File(_) | Root::Call(_)) && release.receivers.contains(o))
                    && !self.is_others_matter(registration, release)
            }
        }
    }

    /// Two classes or files each have functions of their own: what the one takes away is not what the other adds, and was not meant for it.
    fn is_others_matter(&self, registration: &Registration, release: &Release) -> bool {
        let Some(released) = release.handlers.as_ref().filter(|h| !h.is_empty() && !registration.handlers.is_empty()) else { return false };
        let (f, g) = (self.function_of(registration.call), self.function_of(release.call));
        let both = || registration.handlers.iter().chain(released);
        // What a maker gives is another function for each that has it make one: `debounce(() => ...)`.
        let of_maker = |o: &Origin| match (o.root, o.path.is_empty()) {
            (Root::Function(h), true) => self.parent(h).is_some_and(|p| !self.fun(p).at_load && !self.within(f, p) && !self.within(g, p)),
            _ => false,
        };
        both().all(of_maker) || !self.same_object(&registration.handlers, released) && both().all(|o| self.is_own_function(o))
    }

    /// A function as it is written, a method, or a field of a class of its own.
    fn is_own_function(&self, o: &Origin) -> bool {
        match o.root {
            Root::Function(_) => o.path.is_empty(),
            Root::Call(c) => o.path.is_empty() && self.bind_target(c).is_some(),
            Root::This(f) => !o.path.is_empty() && self.owner_of_this(f).is_some(),
            _ => false,
        }
    }

    /// In one function's tree, or in one class.
    pub(super) fn near(&self, registration: &Registration, release: &Release) -> bool {
        let (a, b) = (self.function_of(registration.call), self.function_of(release.call));
        if a.file != b.file {
            return false;
        }
        if self.outermost(a) == self.outermost(b) {
            return true;
        }
        matches!((self.owner_around(a), self.owner_around(b)), (Some(x), Some(y)) if self.related(x, y))
    }
}

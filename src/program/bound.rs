//! Bound: parameters that `bind` put before the arguments. They stay what they are, however often the function runs.
//!
//! ```text
//! many(R, o) :- R in F, F.bind(x, o) handed to what calls it many times
//! ```

use super::count::Count;
use super::starters::{Started, Times};
use super::{Fun, Origin, Program, Root};
use crate::findings::Confidence;

impl Program<'_> {
    /// What `bind` put before the arguments is the same at each run: `socket.on('message', this.hear.bind(this, socket))`.
    pub(super) fn count_bound(&self, origin: &Origin, g: Fun, i: u32, depth: u32) -> Option<Count> {
        for &passed in self.passed(g).iter().filter(|p| (i as usize) < p.shift) {
            let given = self.origins(passed.call.with(self.call(passed.call).args[passed.arg]));
            let bound = given.iter().find_map(|o| match o.root {
                Root::Call(c) if o.path.is_empty() && self.bind_target(c).is_some_and(|(_, bound)| bound == passed.shift) => Some(c),
                _ => None,
            });
            let Some((bind, &value)) = bound.and_then(|c| Some((c, self.call(c).args.get(i as usize + 1)?))) else { continue };
            for moved in self.origins(bind.with(value)).iter().flat_map(|o| self.follow(o, &origin.path)) {
                for starter in self.handed(passed, 1) {
                    let Times::Many(region) = starter.times else { continue };
                    let confidence = match starter.how {
                        Started::Heard(Some(ref event)) if !self.is_emitted_again(starter.by, event) => Confidence::Low,
                        Started::Listener(_) | Started::Heard(Some(_)) | Started::Interval => Confidence::Medium,
                        _ => continue,
                    };
                    let step = self.step_call(passed.call, self.why(g, &starter, region));
                    return Some(self.many(region, confidence, &moved, vec![step]));
                }
                if let Count::Many(mut many) = self.count_at(passed.call, &moved, depth.checked_sub(1)?) {
                    many.steps.push(self.step_call(passed.call, format!("`{}` is handed on here", self.function_name(g))));
                    return Some(Count::Many(many));
                }
            }
        }
        None
    }
}

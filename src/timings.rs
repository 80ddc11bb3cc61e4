//! Where the time went: `--timings`.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Phases in their order.
#[derive(Debug, Default)]
pub struct Timings {
    phases: Vec<Phase>,
}

#[derive(Debug)]
struct Phase {
    name: &'static str,
    time: Duration,
    items: usize,
    bytes: u64,
    /// Part of the phase before it, time of all threads together.
    part: bool,
}

impl Timings {
    /// A phase ended now. `items` are what it worked on.
    pub fn add(&mut self, name: &'static str, started: Instant, items: usize, bytes: u64) {
        self.phases.push(Phase { name, time: started.elapsed(), items, bytes, part: false });
    }

    /// A part of the last phase, in microseconds of all threads together.
    pub fn part(&mut self, name: &'static str, micros: &AtomicU64) {
        self.phases.push(Phase { name, time: Duration::from_micros(micros.load(Relaxed)), items: 0, bytes: 0, part: true });
    }

    /// The whole.
    pub fn total(&mut self, started: Instant) {
        self.add("total", started, 0, 0);
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for phase in &self.phases {
            let seconds = phase.time.as_secs_f64();
            if phase.part {
                writeln!(f, "    {:<8} {seconds:>8.3} s on all threads", phase.name)?;
                continue;
            }
            write!(f, "{:<12} {seconds:>8.3} s", phase.name)?;
            if phase.items > 0 {
                write!(f, " {:>8}", phase.items)?;
            }
            if phase.bytes > 0 {
                let megabytes = phase.bytes as f64 / 1e6;
                write!(f, " {megabytes:>8.1} MB {:>8.1} MB/s", megabytes / seconds.max(1e-9))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

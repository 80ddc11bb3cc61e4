//! Runtime evidence: what logs show of the running program, joined to findings.
//!
//! The way of a log: [`inputs`] finds and opens it, [`scan`] picks the lines that matter, [`envelope`] peels what loggers and shippers put
//! around them, [`reader`] gives each line to its process and finds [`wording`]s, [`frame`]s, collections ([`gc`]) and ends ([`death`]),
//! [`telling`] makes several tellings of one thing one [`Observation`]. Then [`correlate`] joins them to findings.
//!
//! Logs are hostile: nothing here trusts a length, a path or a name in them.

mod advice;
mod clues;
mod correlate;
mod death;
mod envelope;
mod follow;
mod frame;
mod gc;
mod input;
mod json;
mod locate;
mod logs;
mod observation;
mod pattern;
mod places;
mod printable;
mod reader;
mod scan;
mod stamp;
mod story;
mod telling;
mod wording;

pub use correlate::{confirmed_first, correlate, frames_to_files, is_named};
pub use follow::follow;
pub use input::{LogInput, inputs};
pub use logs::{Analysed, LogsReport, LogsRequest, ReadProblem, run as run_logs, write_observation, write_text};
pub use observation::*;
pub use places::{PathMapping, Places};
pub use printable::{brief, printable};
pub use telling::Clues;

use camino::Utf8PathBuf;

use crate::findings::Problem;

/// What the logs say.
#[derive(Debug, Default)]
pub struct LogReading {
    /// In the order of the logs and of their lines.
    pub observations: Vec<Observation>,
    pub clues: Clues,
    /// Logs that could not be read, or not to their end.
    pub problems: Vec<Problem>,
}

/// Reads logs, one after the other; each on two threads.
pub fn read(inputs: &[LogInput]) -> LogReading {
    let mut tellings = telling::Tellings::default();
    let mut problems = Vec::new();
    for (id, input) in inputs.iter().enumerate() {
        let path = || Utf8PathBuf::from(input.name());
        if let Err(error) = read_one(id as u32, input, &mut tellings) {
            problems.push(Problem { path: path(), message: format!("the log is not read to its end: {error}") });
        }
    }
    if tellings.dropped > 0 {
        let message = format!("{} more observations in the logs are not kept", tellings.dropped);
        problems.push(Problem { path: Utf8PathBuf::new(), message });
    }
    let (observations, clues) = tellings.observations();
    LogReading { observations, clues, problems }
}

fn read_one(id: u32, input: &LogInput, tellings: &mut telling::Tellings) -> std::io::Result<()> {
    let source = input::open(input)?;
    let mut reader = reader::Reader::new(id, input.name(), tellings);
    let outcome = match (source, input) {
        (input::Source::Plain { length }, LogInput::File(path)) => scan::file(path.as_std_path(), length, &mut reader),
        (input::Source::Stream(mut stream), _) => scan::stream(&mut *stream, false, &mut reader),
        _ => Ok(()),
    };
    reader.finish();
    outcome
}

//! Tells who waits at a terminal how far the analysis is. Who gets an answer at once never sees it.

use std::io::IsTerminal;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{Progress, Stage};

/// Before it nobody wonders.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at the analysis.
const FRAME: Duration = Duration::from_millis(100);

/// Does `work`, which tells of itself to the [`Progress`] that it gets. Unless `quiet`, that is shown on standard error if it is a
/// terminal, and gone when this returns.
pub fn shown<T>(quiet: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let able = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let target = (able && !quiet).then(ProgressDrawTarget::stderr);
    on(target, PATIENCE, work)
}

fn on<T>(target: Option<ProgressDrawTarget>, patience: Duration, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::new();
    let Some(target) = target else { return work(&progress) };
    thread::scope(|scope| {
        // Its end, also by a panic, drops the sender.
        let (_working, ended) = mpsc::channel();
        let progress = &progress;
        scope.spawn(move || watch(progress, target, patience, &ended));
        work(progress)
    })
}

fn watch(progress: &Progress, target: ProgressDrawTarget, patience: Duration, ended: &Receiver<()>) {
    let goes_on = |time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    if !goes_on(patience) {
        return;
    }
    let counted = ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {pos}/{len}").map(|style| style.progress_chars("=> "));
    let uncounted = ProgressStyle::with_template("{spinner} {msg}");
    let (Ok(counted), Ok(uncounted)) = (counted, uncounted) else { return };
    let bar = ProgressBar::with_draw_target(None, target);
    loop {
        let (stage, done, total) = progress.now();
        bar.set_style(if total > 0 { counted.clone() } else { uncounted.clone() });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(word(stage));
        bar.tick();
        if !goes_on(FRAME) {
            break;
        }
    }
    bar.finish_and_clear();
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Finding => "finding files",
        Stage::Reading => "reading files",
        Stage::Asking => "following values and calls",
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps what was written, and where it was cleared.
    #[derive(Debug, Clone, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn add(&self, text: &str) -> io::Result<()> {
            self.0.lock().expect("no panic").push_str(text);
            Ok(())
        }

        fn text(&self) -> String {
            self.0.lock().expect("no panic").clone()
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.add(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.add(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.add("<clear>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_waits_is_told_and_the_line_goes() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
        let answer = on(Some(target), Duration::ZERO, |progress| {
            progress.begin(Stage::Reading, 3);
            progress.step();
            progress.step();
            let started = Instant::now();
            while !paper.text().contains("2/3") && started.elapsed() < Duration::from_secs(30) {
                thread::yield_now();
            }
            7
        });
        assert_eq!(answer, 7);
        let text = paper.text();
        assert!(text.contains("reading files [") && text.contains("2/3"), "{text}");
        assert!(text.trim_end().ends_with("<clear>"), "{text}");
    }

    #[test]
    fn who_gets_an_answer_soon_sees_nothing() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
        on(Some(target), Duration::from_secs(600), |progress| progress.begin(Stage::Asking, 0));
        assert_eq!(paper.text(), "");
        assert_eq!(on(None, Duration::ZERO, |_| 1), 1);
    }
}

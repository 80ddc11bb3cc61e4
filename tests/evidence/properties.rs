//! Whatever a log holds, the reader neither fails nor loses a well-formed warning.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use unlisten::evidence::{self, Places};

use super::envelopes::read_bytes;
use super::{story, warnings};

/// Pieces from which logs are made: whole and broken parts of everything that is read.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "(node:12) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 x listeners added to [E]. Use emitter.setMaxListeners() to increase limit",
        "(node) warning: possible EventEmitter memory leak detected. 11 listeners added. Use emitter.setMaxListeners() to increase limit.",
        "Possible EventTarget memory leak detected. ", "11 ", " listeners added", " listeners added to ", "MaxListeners is 10.", " Event name: x.",
        "    at ", "at f (", "/srv/app/bus/server.js:9:9", ")", "Trace", "node:events:598:17", "file:///srv/%zz:1:2", " (eval at f (", ", <anonymous>:1:2)",
        "\n", "\r\n", "\n", "\n", "{", "}", "[", "]", "{\"msg\":\"", "\"}", "\\n    at ", "\\u00", "\"", "\u{1b}[31m", "\u{1b}[", "#012",
        "2026-01-05T10:11:12Z stderr P ", "2026-01-05T10:11:12Z stderr F ", "web-1 | ", "shop[7]: ", "<14>1 ",
        "[9:0x1]  38 ms: Scavenge 2.2 (35.0) -> 2.0 (36.0) MB", " 99999999999999999999 ms: Mark-sweep 1 (1) -> 1 (1) MB", "pause=1 gc=s total_size_after=5",
        "FATAL ERROR: heap out of memory", "RangeError: Array buffer allocation failed", "worker 7 died (code=null signal=SIGKILL)", "Killed",
        " 2: f [0x1] [/a.js:~9] ", "-> /srv/a.ts:1:2", "[40,110,111]", "\u{feff}", "ü", "𝒳",
    ])
    .prop_map(str::to_owned);
    prop_oneof![8 => known, 1 => any::<String>(), 1 => "[ -~]{0,40}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_log_is_read(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        let mut reading = read_bytes(text.as_bytes(), "x.log");
        let places = Places::new(&[story("bus")], &[], Vec::new());
        let stories = evidence::correlate(&mut [], &mut reading, &places);
        let mut out = Vec::new();
        evidence::write_text(&mut out, &reading, &stories, &[], Some(&places), &story("bus")).unwrap();
        let out = String::from_utf8(out).unwrap();
        prop_assert!(!out.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read_bytes(&bytes, "x.log");
    }

    #[test]
    fn any_event_is_read_back(event in "[^\r\n\u{1b}\u{9b}]{0,60}", count in 2u64..5_000, pid in 65u32..99_999) {
        prop_assume!(!event.contains(" at ") && !event.contains("^[["));
        let text = format!(
            "(node:{pid}) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. {count} {event} listeners added to [Bus]. MaxListeners is 10. Use emitter.setMaxListeners() to increase limit\n    at f (/srv/a.js:1:2)\n"
        );
        let reading = read_bytes(text.as_bytes(), "x.log");
        let found = warnings(&reading);
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!((found[0].event.as_deref(), found[0].count, found[0].pid), (Some(event.as_str()), count, Some(pid)));
        prop_assert_eq!(found[0].frames.len(), 1);
    }
}

/// A longer run: `UNLISTEN_FUZZ_SECONDS=600 cargo test --test evidence fuzz -- --nocapture`.
#[test]
fn fuzz() {
    let seconds = std::env::var("UNLISTEN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(piece(), 0..200);
    let places = Places::new(&[story("bus")], &[], Vec::new());
    let mut cases = 0u64;
    while std::time::Instant::now() < end {
        let tree = strategy.new_tree(&mut runner).expect("a value");
        let mut reading = read_bytes(tree.current().concat().as_bytes(), "x.log");
        evidence::correlate(&mut [], &mut reading, &places);
        cases += 1;
    }
    println!("{cases} logs");
}

//! Logs that want harm.

use std::io::Write;

use camino::Utf8PathBuf;
use unlisten::evidence::{self, Observation, Places};

use super::envelopes::read_bytes;
use super::{story, warnings};

const SAID: &str = "(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11";
const TAIL: &str = "MaxListeners is 10. Use emitter.setMaxListeners() to increase limit";

#[test]
fn no_escape_reaches_the_terminal() {
    let event = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}x";
    let text = format!(
        "{SAID} {event} listeners added to [\u{1b}[31mE]. {TAIL}\n    at f (/srv/\u{1b}[5m/x.js:1:2)\nFATAL ERROR: \u{1b}[1m heap out of memory\n"
    );
    let mut reading = read_bytes(text.as_bytes(), "x.log");
    let places = Places::new(&[story("bus")], &[], Vec::new());
    let stories = evidence::correlate(&mut [], &mut reading, &places);
    assert!(warnings(&reading)[0].event.as_deref().is_some_and(|read| read.contains("[2J")));
    let mut out = Vec::new();
    evidence::write_text(&mut out, &reading, &stories, &[], Some(&places), &story("bus")).expect("a vector");
    let out = String::from_utf8(out).expect("UTF-8");
    assert!(!out.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{out:?}");
}

#[test]
fn nothing_outside_the_project_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("a folder")).expect("UTF-8");
    let root = base.join("project");
    std::fs::create_dir_all(root.join("lib")).expect("a folder");
    std::fs::write(base.join("secret.js"), "bus.on('x', f)\n").expect("a file");
    std::fs::write(root.join("lib/map.js"), "bus.on('x', f)\n//# sourceMappingURL=../../secret.js.map\n").expect("a file");
    std::fs::write(base.join("secret.js.map"), "{}").expect("a file");
    let places = Places::new(std::slice::from_ref(&root), &[], Vec::new());
    for told in [
        "/etc/passwd".to_owned(),
        base.join("secret.js").into_string(),
        root.join("../secret.js").into_string(),
        "lib/../../secret.js".to_owned(),
        format!("file://{base}/secret.js"),
        "webpack:///../secret.js".to_owned(),
        "x\0/secret.js".to_owned(),
    ] {
        assert_eq!(places.find(&told).map(|found| found.path).filter(|path| !path.starts_with(&root)), None, "{told}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(base.join("secret.js"), root.join("link.js")).expect("a link");
        assert_eq!(places.find("/srv/app/link.js"), None);
    }
    let text = format!("{SAID} x listeners added to [E]. {TAIL}\n    at f (/srv/app/lib/map.js:1:5)\n");
    let mut reading = read_bytes(text.as_bytes(), "x.log");
    evidence::correlate(&mut [], &mut reading, &places);
    assert!(reading.problems.iter().any(|problem| problem.message.contains("outside the project")), "{:?}", reading.problems);
    assert_eq!(warnings(&reading)[0].site.as_ref().map(|site| site.line), Some(1));
}

#[test]
fn broken_source_maps_are_problems() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("a folder")).expect("UTF-8");
    for (name, map) in [
        ("cut.js", "{\"version\":3,\"sources\":["),
        ("huge.js", "{\"version\":3,\"sources\":[],\"mappings\":\"gggggggggggggggggggggA;;;\"}"),
        ("not.js", "<html>"),
    ] {
        std::fs::write(root.join(name), format!("bus.on('x', f)\n//# sourceMappingURL={name}.map\n")).expect("a file");
        std::fs::write(root.join(format!("{name}.map")), map).expect("a file");
        let places = Places::new(std::slice::from_ref(&root), &[], Vec::new());
        let mut reading = read_bytes(format!("{SAID} x listeners added to [E]. {TAIL}\n    at f (/srv/{name}:1:5)\n").as_bytes(), "x.log");
        evidence::correlate(&mut [], &mut reading, &places);
        assert_eq!(reading.problems.len(), 1, "{name}");
        assert!(warnings(&reading)[0].site.is_some(), "{name}");
    }
}

#[test]
fn a_bomb_is_a_problem() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b'a'; 1 << 20];
    packer.write_all(format!("{SAID} first listeners added to [E]. {TAIL}\n").as_bytes()).expect("a vector");
    for _ in 0..300 {
        packer.write_all(&block).expect("a vector");
    }
    let bomb = packer.finish().expect("a vector");
    let reading = read_bytes(&bomb, "x.log.gz");
    assert_eq!(reading.problems.len(), 1);
    assert!(reading.problems[0].message.contains("times its size"), "{}", reading.problems[0].message);
    assert_eq!(warnings(&reading).len(), 1, "what stood in front is kept");
    assert_eq!(read_bytes(&bomb[..bomb.len() / 2], "cut.gz").problems.len(), 1);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&bomb).expect("a vector");
    assert!(read_bytes(&packer.finish().expect("a vector"), "x.log.gz").problems[0].message.contains("packed twice"));
}

#[test]
fn many_warnings_are_bounded() {
    let mut text = String::new();
    for index in 0..25_000 {
        text += &format!("{SAID} e{index} listeners added to [E]. {TAIL}\n");
    }
    let reading = read_bytes(text.as_bytes(), "x.log");
    assert!(reading.observations.len() <= 20_000);
    assert!(reading.problems.iter().any(|problem| problem.message.contains("not kept")));
}

#[test]
fn pictures_are_skipped_and_folders_walked() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.png"), [0x89, b'P', b'N', b'G', 0, 0, 1]).expect("a file");
    std::fs::write(folder.path().join("b.log"), format!("{SAID} x listeners added to [E]. {TAIL}\n")).expect("a file");
    std::fs::write(folder.path().join("empty.log"), "").expect("a file");
    let (inputs, _) = evidence::inputs([folder.path().to_str().expect("UTF-8")]);
    let reading = evidence::read(&inputs);
    assert_eq!((reading.observations.len(), reading.problems.len()), (1, 0));
    let (inputs, problems) = evidence::inputs(["/no/such/log"]);
    assert_eq!((inputs.len(), problems.len()), (0, 1));
    assert!(matches!(reading.observations[0], Observation::MaxListeners(_)));
}

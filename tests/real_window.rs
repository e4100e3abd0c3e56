//! The real window on a screen in memory, driven from outside: a file is dropped on it as a file manager drops it,
//! a model is trained, asked and served by accessible names, as a screen reader does; curl asks its server; and a kill
//! loses nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::path::Path;
use std::process::Command;

#[test]
fn a_dropped_file_is_trained_on_predicted_and_served_and_a_kill_loses_nothing() {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-window");
    drop(std::fs::remove_dir_all(&pictures));
    let run = Command::new("bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_window/run.sh"))
        .arg(env!("CARGO_BIN_EXE_drydock"))
        .arg(&pictures)
        .output()
        .expect("bash runs");
    let (said, trouble) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{trouble}");
    assert!(said.contains("restored after a kill"), "{said}\n{trouble}");
    // what the window showed is what the command line says
    let line = |start: &str| {
        said.lines().find_map(|line| line.strip_prefix(start)).map(str::trim).map(str::to_owned)
    };
    let window = line("window:");
    assert!(window.is_some(), "{said}");
    assert_eq!(line("command line:"), window, "{said}");
    // and what its server answers to curl
    assert_eq!(line("over HTTP:"), window, "{said}");
    let taken: Vec<_> = std::fs::read_dir(&pictures).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(taken.len() >= 8, "{taken:?}");
    for picture in taken {
        let (width, height, distinct) = picture_facts(&picture);
        assert_eq!((width, height), (1440, 900), "{}", picture.display());
        // a blank or torn-down window has a handful of colours
        assert!(distinct > 100, "{}: {distinct} colours", picture.display());
    }
}

/// Width, height and number of colours, by `ImageMagick`.
fn picture_facts(path: &Path) -> (u32, u32, u32) {
    let run =
        Command::new("identify").args(["-format", "%w %h %k"]).arg(path).output().expect("identify runs");
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let numbers: Vec<u32> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    (numbers[0], numbers[1], numbers[2])
}

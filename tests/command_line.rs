//! The command line itself: what is wrong with it is exit status 2, before any data is read; pipes and standard input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use common::Folder;

#[test]
fn settings_that_no_data_could_save_are_a_wrong_command_line() {
    let folder = Folder::new();
    for (flags, part) in [
        ("--test-fraction 1", "test fraction"),
        ("--test-fraction 1.5", "test fraction"),
        ("--test-fraction -0.1", "test fraction"),
        ("--test-fraction nan", "test fraction"),
        ("--alpha -1", "alpha"),
        ("--alpha nan", "alpha"),
        ("--alpha inf", "alpha"),
        ("--l1-ratio 2", "L1 ratio"),
        ("--max-depth 0", "depth"),
        ("--min-leaf 0", "leaf"),
        ("--hidden 0", "hidden"),
        ("--epochs 0", "epochs"),
        ("--folds 1", "folds"),
        ("--task classification --model linear", "linear"),
        ("--task regression --model logistic", "logistic"),
        ("--no-intercept --model tree", "--no-intercept"),
        ("--no-intercept --task classification", "--no-intercept"),
        ("--features temp,temp", "twice"),
        ("--features y", "target"),
    ] {
        // the data is not there, and that is not what is complained of
        folder.run(&format!("train absent.csv --target y -o m.json {flags}")).fails(2, &[part]);
    }
    folder.run("inspect absent.csv --type a").fails(2, &["--type"]);
    folder.run("predict absent.json --input absent.csv --json").fails(2, &["-o"]);
    folder.run("predict absent.json").fails(2, &["--input", "--record"]);
    folder.run_with(["predict", "absent.json", "--record", "not json"]).fails(2, &["--record", "JSON"]);
    assert!(folder.files().is_empty());
}

/// Trains y = 2·x and writes 400,000 rows to score.
#[cfg(unix)]
fn with_rows() -> (Folder, String) {
    use std::fmt::Write as _;
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,2\n2,4\n3,6\n");
    folder.train("t.csv --target y -o m.json");
    let mut rows = String::from("x,note\n");
    (0..400_000).for_each(|row| writeln!(rows, "{},row {row}", row % 3 + 1).unwrap());
    (folder, rows)
}

#[cfg(unix)]
#[test]
fn a_pipe_is_scored_as_the_file_is() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let (folder, rows) = with_rows();
    folder.write("rows.csv", &rows);
    folder.run("predict m.json --input rows.csv -o file.csv").done();
    let expected = folder.read("file.csv");
    // odd quoting from the middle on, for which the rows are looked at again
    let odd = rows.replacen("row 300000", "\"row\" 300000", 1);
    folder.write("odd.csv", &odd);
    folder.run("predict m.json --input odd.csv -o odd_out.csv").done();
    for (text, expected) in [(rows, expected), (odd, folder.read("odd_out.csv"))] {
        for input in ["-", "/dev/stdin"] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_drydock"))
                .args(["predict", "m.json", "--input", input])
                .current_dir(folder.path(""))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let text = text.clone();
            let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
            let output = child.wait_with_output().unwrap();
            writer.join().unwrap().unwrap();
            assert!(output.status.success());
            assert!(output.stdout == expected, "{input}");
        }
    }
}

/// The most memory a run took, in KiB, as Linux tells it while the process waits for more input.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_scored_in_constant_memory() {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};
    let (folder, rows) = with_rows();
    let mut child = Command::new(env!("CARGO_BIN_EXE_drydock"))
        .args(["predict", "m.json", "--input", "-", "--threads", "2"])
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout.by_ref(), &mut std::io::sink()));
    // 120 MB in all, of which the header comes once
    let body = rows.split_once('\n').unwrap().1;
    stdin.write_all(rows.as_bytes()).unwrap();
    for _ in 1..20 {
        stdin.write_all(body.as_bytes()).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(reader.join().unwrap().unwrap() > 120_000_000);
    assert!(peak < 80_000, "{peak} KiB");
}

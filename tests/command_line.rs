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

#[cfg(unix)]
fn thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().name("pipe".into()).spawn(work).unwrap()
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
            let writer = thread(move || stdin.write_all(text.as_bytes()));
            let output = child.wait_with_output().unwrap();
            writer.join().unwrap().unwrap();
            assert!(output.status.success());
            assert!(output.stdout == expected, "{input}");
        }
    }
}

/// The most memory the run took is what Linux says while the process waits for the rest of its input.
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
    let reader = thread(move || std::io::copy(&mut stdout.by_ref(), &mut std::io::sink()));
    // 100 MB in all, of which the header comes once
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
    assert!(reader.join().unwrap().unwrap() > 100_000_000);
    assert!(peak < 80_000, "{peak} KiB");
}

#[test]
fn a_word_that_is_neither_command_nor_file_is_a_wrong_command_line() {
    let folder = Folder::new();
    for arguments in ["inspec", "inspec x.csv", "inspec x.csv --json"] {
        folder.run(arguments).fails(2, &["'inspec'", "did you mean 'inspect'?"]);
    }
    folder.run("nothing-like-it").fails(2, &["'nothing-like-it'", "train", "predict"]);
    let help = folder.run("help").done().text();
    assert!(help.contains("inspect") && help.contains("demo"), "{help}");
    folder.run("train x.csv --target y -o m.json --seed -1").fails(2, &["invalid value '-1'"]);
    folder.run("inspect absent.csv").fails(1, &["absent.csv", "check the name"]);
}

#[test]
fn a_mistyped_column_gets_the_name_that_was_meant() {
    let folder = Folder::new();
    folder.write("t.csv", "temperature,price,units\n1,2,3\n2,3,5\n");
    folder.run("train t.csv --target unit -o m.json").fails(1, &["'unit'", "did you mean 'units'?"]);
    let run = folder.run("train t.csv --target units --features temprature -o m.json");
    run.fails(1, &["did you mean 'temperature'?"]);
    folder.run("train t.csv --target units --without prise -o m.json").fails(1, &["did you mean 'price'?"]);
    folder.run("inspect t.csv --type prise=text").fails(1, &["did you mean 'price'?"]);
}

#[test]
fn a_dash_is_standard_output() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,2\n2,4\n3,6\n");
    let model = folder.run("train t.csv --target y -o - --name m").done();
    folder.write("m.json", &model.stdout);
    let rows = folder.run("predict m.json --input t.csv -o -").done().text();
    assert!(rows.starts_with("x,y,prediction\n1,2,"), "{rows}");
    assert_eq!(folder.files(), ["m.json", "t.csv"]);
    folder.run("train t.csv --target y -o - --json").fails(2, &["-o -"]);
    folder.run("predict m.json --input t.csv -o - --json").fails(2, &["-o"]);
}

#[test]
fn the_version_does_not_depend_on_the_name() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,2\n2,4\n3,7\n");
    folder.train("t.csv --target y -o a.json");
    folder.train("t.csv --target y -o b.json");
    folder.train("t.csv --target y -o c.json --seed 7");
    let [mut a, b, c] = ["a.json", "b.json", "c.json"].map(|file| folder.json(file));
    assert_eq!((a["name"].as_str(), b["name"].as_str()), (Some("a"), Some("b")));
    assert_eq!(a["version"], b["version"]);
    assert_ne!(a["version"], c["version"]);
    a["name"] = b["name"].clone();
    assert_eq!(a, b);
}

#[test]
fn a_model_whose_kind_is_not_its_parameters_is_refused() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,2\n2,4\n3,7\n");
    folder.train("t.csv --target y -o m.json");
    folder
        .write("tree.json", folder.text("m.json").replacen("\"kind\": \"linear\"", "\"kind\": \"tree\"", 1));
    folder
        .run_with(["predict", "tree.json", "--record", r#"{"x": 1}"#])
        .fails(1, &["tree.json", "tree model"]);
}

#[test]
fn a_prediction_column_that_is_taken_is_said() {
    let folder = Folder::new();
    folder.write("t.csv", "x,y\n1,2\n2,4\n3,6\n");
    folder.train("t.csv --target y -o m.json");
    folder.write("rows.csv", "x,prediction\n1,9\n");
    let document = folder.run("predict m.json --input rows.csv -o out.csv --json").json();
    assert_eq!(document["prediction_column"], "prediction_2");
    let message = document["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("'prediction' already") && message.contains("'prediction_2'"), "{message}");
}

/// The teacher's guide is written, and a lesson's files are checked with the place of what is wrong.
#[test]
fn a_lesson_is_printed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let drydock = |args: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let out = drydock(&["lesson", "guide", "-o", "guide.html"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let guide = std::fs::read_to_string(folder.path().join("guide.html")).unwrap();
    assert!(guide.starts_with("<!doctype html>") && guide.contains("Commit to a policy"));
    let lesson = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons/en");
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    for entry in std::fs::read_dir(lesson).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, own.join(path.file_name().unwrap())).unwrap();
    }
    let out = drydock(&["lesson", "check", "own"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("9 units, 15 steps"));
    let unit = own.join("1-ai-around-you.toml");
    let text = std::fs::read_to_string(&unit).unwrap();
    for (from, to, said) in [
        ("page = \"data\"", "page = \"moon\"", "ai-around-you/open: there is no page 'moon'"),
        ("solve = [\"open winter-beverages\"]", "solve = [\"dance\"]", "'dance' is no line of a script"),
        ("check = \"data.rows >= 1000 and", "check = \"rows >= 1000 and", "there is no fact 'rows'"),
        ("title = \"AI around you\"", "titel = \"AI around you\"", "1-ai-around-you.toml"),
    ] {
        std::fs::write(&unit, text.replacen(from, to, 1)).unwrap();
        let out = drydock(&["lesson", "check", "own"]);
        assert_eq!(out.status.code(), Some(1), "{to}");
        assert!(
            String::from_utf8_lossy(&out.stderr).contains(said),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

/// What was handed in is done again from its start, by the file alone; what is wrong with a file is said, and the others are
/// graded all the same.
#[test]
fn scenarios_are_graded_by_doing_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("tiny.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n5,10.5\n6,12\n7,14\n8,15.5\n9,18\n10,20\n11,22\n12,24\n");
    let start =
        "form = \"drydock-scenario 1\"\ntitle = \"Tiny\"\nask = \"Train.\"\nstart = [\"open tiny.csv\"]\n";
    let tasks = "[[task]]\ntext = \"A model\"\ncheck = \"models.count >= 1\"\n\
                 [[task]]\ntext = \"Ten rows predicted\"\ncheck = \"predict.rows >= 10\"\n";
    file("given.toml", &format!("{start}{tasks}"));
    file(
        "ada.toml",
        &format!("{start}by = \"Ada\"\ndid = [\"role y target\", \"train y\", \"predict table\"]\n{tasks}"),
    );
    file("bob.toml", &format!("{start}by = \"Bob\"\ndid = [\"train y\"]\n{tasks}"));
    // easier tasks of one's own
    let easy = "[[task]]\ntext = \"A table\"\ncheck = \"data.rows >= 1\"\n";
    file("eve.toml", &format!("{start}by = \"Eve\"\ndid = []\n{easy}"));
    file("lost.toml", &format!("{}{tasks}", start.replace("tiny.csv", "gone.csv")));
    file("odd.toml", "form = 1");
    let grade = |args: &[&str]| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"))
            .arg("grade")
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned(), said)
    };
    let (status, out, said) =
        grade(&["ada.toml", "bob.toml", "eve.toml", "--against", "given.toml", "--json"]);
    assert_eq!(status, Some(0), "{said}");
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    let marks: Vec<(&str, u64, u64)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["by"].as_str().unwrap(), row["done"].as_u64().unwrap(), row["of"].as_u64().unwrap()))
        .collect();
    assert_eq!(marks, [("Ada", 2, 2), ("Bob", 1, 2), ("Eve", 0, 2)]);
    assert_eq!(rows[0]["tasks"][1]["check"], "predict.rows >= 10");
    let (status, out, said) = grade(&["odd.toml", "lost.toml", "eve.toml"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("2 of 3 could not be done again"), "{said}");
    // what the start gives earns nothing
    assert!(out.contains("odd.toml: not graded") && out.contains("eve.toml, Eve: 0 of 1 tasks"), "{out}");
    assert!(out.contains("The script could not go on at 'open gone.csv'"), "{out}");
    assert_eq!(grade(&[]).0, Some(2));
}

//! `drydock demo`, and the commands that its help says are the same.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

mod common;

use std::process::Command;

use common::Folder;

/// The help's own lines, in a shell, give the demo's figures.
#[test]
fn the_same_by_hand_is_the_same() {
    let folder = Folder::new();
    let demo = folder.run("demo --json").json();
    let help = folder.run("demo --help").done().text();
    let (_, by_hand) = help.split_once("The same by hand").expect("the help has them");
    let lines: Vec<&str> =
        by_hand.lines().skip_while(|line| !line.starts_with("  ")).map(str::trim).collect();
    assert_eq!(lines.last(), Some(&"drydock serve winter.json"));
    // the last one runs until it is stopped
    let script = lines[..lines.len() - 1].join("\n");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_drydock"));
    let path = std::env::join_paths(
        std::iter::once(program.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .unwrap();
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(folder.path("")).env("PATH", &path);
        let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("sh");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    shell(&script);
    let model = folder.json("winter.json");
    assert_eq!(model["metrics"], demo["train"]["metrics"]);
    let second = folder.text("predictions.csv").lines().nth(2).unwrap().to_owned();
    let prediction: f64 = second.rsplit(',').next().unwrap().parse().unwrap();
    assert_eq!(Some(prediction), demo["predict"]["single"].as_f64());
    assert_eq!(Some(prediction), demo["serve"]["prediction"].as_f64());
    // with --json, what they print is the demo's, too
    let joined = script.replace("\\\n", " ");
    let again = |command: &str| -> serde_json::Value {
        let line = joined.lines().find(|line| line.starts_with(command)).expect(command);
        serde_json::from_slice(&shell(&format!("{line} --json"))).unwrap()
    };
    let evaluated = again("drydock evaluate");
    let winter = demo["evaluate"].as_array().unwrap().iter().find(|w| w["winter"] == "2020/21").unwrap();
    assert_eq!(evaluated["metrics"], winter["metrics"]);
    let drift = again("drydock drift");
    // read for the model, a column of yes and no is one of levels
    let but_type = |columns: &serde_json::Value| -> Vec<serde_json::Value> {
        let mut columns = columns.as_array().unwrap().clone();
        columns.iter_mut().for_each(|column| drop(column.as_object_mut().unwrap().remove("type")));
        columns
    };
    let (by_hand, of_demo) = (but_type(&drift["columns"]), but_type(&demo["drift"]["columns"]));
    assert_eq!(by_hand.len(), 7);
    for (by_hand, of_demo) in by_hand.iter().zip(&of_demo) {
        assert_eq!(by_hand, of_demo, "{}", of_demo["name"]);
    }
    assert_eq!(by_hand.len(), of_demo.len());
    assert_eq!(drift["prediction"], demo["drift"]["prediction"]);
}

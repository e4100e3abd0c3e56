//! `drydock grade`: does what was handed in again, and says which of its tasks are true.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Failure;
use crate::lesson::{Graded, Scenario};

/// Arguments of `drydock grade`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  drydock grade handed-in/*.toml --against pandemic.toml --json > marks.json\n\n\
    Every file is done again from its start: its table is opened, its models are trained, its requests are sent. What is\n\
    marked is what came of that, not what the file says. With --against, start and tasks are those of the\n\
    instructor's own file, so that nobody hands in easier ones."
)]
pub struct Args {
    /// Scenarios as they were handed in
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The scenario as it was given out: its start and its tasks count
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does a scenario again, whose data lie in that folder.
pub type DoAgain = fn(&Scenario, &Path) -> Result<Graded, String>;

pub(super) fn run(args: &Args, do_again: DoAgain) -> Result<(), Failure> {
    let given = args.against.as_ref().map(|path| Scenario::read(path)).transpose().map_err(Failure::work)?;
    let mut rows = Vec::new();
    let mut failed = 0;
    for file in &args.files {
        let row = match graded((file, do_again), given.as_ref(), args.against.as_deref()) {
            Ok((scenario, graded)) => {
                failed += usize::from(graded.problem.is_some());
                row(file, &scenario, &graded)
            }
            Err(problem) => {
                failed += 1;
                json!({"file": file.display().to_string(), "problem": problem})
            }
        };
        if !args.json {
            print(&row);
        }
        rows.push(row);
    }
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
    }
    match failed {
        0 => Ok(()),
        n => Err(Failure::work(format!("{n} of {} could not be done again to the end", rows.len()))),
    }
}

/// Reads a file and does it again.
fn graded(
    (file, do_again): (&Path, DoAgain),
    given: Option<&Scenario>,
    against: Option<&Path>,
) -> Result<(Scenario, Graded), String> {
    let handed_in = Scenario::read(file).map_err(|error| error.to_string())?;
    let scenario = match given {
        Some(given) => {
            Scenario { by: handed_in.by, did: handed_in.did, not_again: handed_in.not_again, ..given.clone() }
        }
        None => handed_in,
    };
    let folder = against.unwrap_or(file).parent().unwrap_or(Path::new("")).to_path_buf();
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    // a fault of the program in one file is no reason not to grade the others
    let done = std::panic::catch_unwind(|| do_again(&scenario, &folder));
    let graded = done.unwrap_or_else(|_| Err("doing it again ended by a fault of the program".into()))?;
    Ok((scenario, graded))
}

fn row(file: &Path, scenario: &Scenario, graded: &Graded) -> Value {
    let tasks = graded
        .tasks
        .iter()
        .map(|(task, done)| json!({"text": task.text, "check": task.check.to_string(), "done": done}));
    json!({
        "file": file.display().to_string(),
        "title": scenario.title,
        "by": scenario.by,
        "done": graded.n_done(),
        "of": graded.tasks.len(),
        "tasks": tasks.collect::<Vec<_>>(),
        "data_sha256": graded.data_sha256,
        "problem": graded.problem,
        "not_again": scenario.not_again,
    })
}

fn print(row: &Value) {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let number = |key: &str| row.get(key).and_then(Value::as_u64).unwrap_or(0);
    let by = text("by").map(|by| format!(", {by}")).unwrap_or_default();
    let file = text("file").unwrap_or_default();
    if row.get("tasks").is_some() {
        outln!("{file}{by}: {} of {} tasks", number("done"), number("of"));
    } else {
        outln!("{file}: not graded");
    }
    for task in row.get("tasks").and_then(Value::as_array).into_iter().flatten() {
        let is_done = task.get("done").and_then(Value::as_bool) == Some(true);
        let said = task.get("text").and_then(Value::as_str).unwrap_or_default();
        outln!("  [{}] {said}", if is_done { "x" } else { " " });
    }
    if let Some(problem) = text("problem") {
        outln!("  {problem}");
    }
    for lost in row.get("not_again").and_then(Value::as_array).into_iter().flatten() {
        outln!("  not done again: {}", lost.as_str().unwrap_or_default());
    }
}

//! Scenarios: a state to begin in, what is asked there, and, once it is handed in, what was done. Small text files, in which
//! every random choice has its seed, so that who opens one stands where everybody else does, and who grades one sees
//! what came of it by doing it again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::{Line, Step, Task, Unit};

/// What the first line of a scenario's file says of its form.
const FORM: &str = "drydock-scenario 1";
/// The largest file that is read: a scenario is a page of text.
const LARGEST: u64 = 1 << 20;
/// The most lines of start and deeds together: every one may train a model.
pub const MOST_LINES: usize = 1_000;
/// What can't be hidden: without these nobody could see what is asked, hand it in, or leave.
const NEVER_HIDDEN: [&str; 5] =
    ["Walkthrough", "Back to my own work", "Hand in…", "Settings", "To the scenario"];
/// What a scenario's unit and step are called among those of the lesson.
pub const SCENARIO: &str = "scenario";

/// A scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The form of the file; see [`Scenario::parse`].
    pub form: String,
    /// Its title.
    pub title: String,
    /// What is asked.
    pub ask: String,
    /// How long it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// The SHA-256 of the data that is opened, so that nobody works on other rows unawares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_sha256: Option<String>,
    /// The accessible names of controls, and the titles of pages, that are not shown.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hide: BTreeSet<String>,
    /// What makes the state that it begins in, of an empty workspace: data, roles, models, sliders, server.
    pub start: Vec<Line>,
    /// Who hands it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub did: Vec<Line>,
    /// What was done that can't be done again, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_again: Vec<String>,
    /// What has to be true in the end.
    #[serde(default, rename = "task", skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// Each task, and whether it is true in the end.
    pub tasks: Vec<(Task, bool)>,
    /// Where it could not be done again, if it could not.
    pub problem: Option<String>,
    /// The SHA-256 of the data that it was done on.
    pub data_sha256: Option<String>,
}

impl Graded {
    /// How many tasks are true.
    #[must_use]
    pub fn n_done(&self) -> usize {
        self.tasks.iter().filter(|(_, done)| *done).count()
    }
}

/// What is wrong with a scenario's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct ScenarioError {
    /// The file.
    pub file: String,
    /// What is wrong, and where.
    pub what: String,
}

impl Scenario {
    /// A scenario that begins where these lines lead.
    #[must_use]
    pub fn new(title: String, start: Vec<Line>, data_sha256: Option<String>) -> Self {
        Self {
            form: FORM.into(),
            title,
            ask: "Say here what is asked.".into(),
            minutes: None,
            data_sha256,
            hide: BTreeSet::new(),
            start,
            by: None,
            did: Vec::new(),
            not_again: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ScenarioError`]: it can't be read, is too large, or says something that no scenario can.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let wrong = |what: String| ScenarioError { file: path.display().to_string(), what };
        let said = |error: std::io::Error| wrong(error.to_string());
        // a pipe or a device may never end
        if !std::fs::metadata(path).map_err(said)?.is_file() {
            return Err(wrong("this is no file".into()));
        }
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(said)?;
        file.take(LARGEST + 1).read_to_string(&mut text).map_err(said)?;
        if text.len() as u64 > LARGEST {
            return Err(wrong(format!("it has more than {LARGEST} bytes, and is no scenario")));
        }
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a file's text, which is TOML with `form = "drydock-scenario 1"`.
    ///
    /// # Errors
    /// [`ScenarioError`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let wrong = |what: String| ScenarioError { file: file.to_owned(), what };
        let scenario: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if scenario.form != FORM {
            return Err(wrong(format!("its form is '{}', and this program reads '{FORM}'", scenario.form)));
        }
        if scenario.start.len() + scenario.did.len() > MOST_LINES {
            return Err(wrong(format!("more than {MOST_LINES} lines of start and did")));
        }
        if let Some(name) = scenario.hide.iter().find(|name| NEVER_HIDDEN.contains(&name.as_str())) {
            return Err(wrong(format!("'{name}' can't be hidden")));
        }
        if let Some(task) = scenario.tasks.iter().find(|task| task.check.to_string().contains("board.")) {
            return Err(wrong(format!("'{}': cards belong to the lesson, not to a scenario", task.check)));
        }
        for line in scenario.start.iter().chain(&scenario.did) {
            match line {
                Line::Open(name) if !is_beside(name) => {
                    return Err(wrong(format!(
                        "'{line}': name a sample, or a file in the scenario's own folder, without a path"
                    )));
                }
                Line::SortCards | Line::Run(_) => {
                    return Err(wrong(format!("'{line}': cards belong to the lesson, not to a scenario")));
                }
                _ => {}
            }
        }
        Ok(scenario)
    }

    /// The file's text, with remarks on top.
    ///
    /// # Errors
    /// [`ScenarioError`] when it can't be written as TOML.
    pub fn to_toml(&self, remarks: &[String]) -> Result<String, ScenarioError> {
        let text = toml::to_string_pretty(self);
        let text =
            text.map_err(|error| ScenarioError { file: self.title.clone(), what: error.to_string() })?;
        let remarks = remarks.iter().fold(String::new(), |mut all, remark| {
            let _infallible = writeln!(all, "# Note: {}", remark.replace('\n', " "));
            all
        });
        Ok(format!(
            "# A scenario for Drydock: open it on the Walkthrough page. What is done there is handed in as such a\n\
             # file, and `drydock grade` does it again.\n{remarks}{text}"
        ))
    }

    /// The scenario as a unit of one step, to be shown and followed like one of the lesson's.
    #[must_use]
    pub fn unit(&self) -> Unit {
        let minutes = self.minutes.unwrap_or(10);
        let step = Step {
            id: SCENARIO.into(),
            title: self.title.clone(),
            minutes,
            why: String::new(),
            action: self.ask.clone(),
            page: "walkthrough".into(),
            highlight: None,
            hints: Vec::new(),
            predict: None,
            after: String::new(),
            notes: None,
            start: self.start.clone(),
            solve: self.did.clone(),
            tasks: self.tasks.clone(),
        };
        Unit {
            id: SCENARIO.into(),
            title: "Scenario".into(),
            minutes,
            purpose: self.ask.clone(),
            reading: String::new(),
            coming: None,
            steps: vec![step],
            cards: Vec::new(),
            quiz: Vec::new(),
            takeaway: Vec::new(),
        }
    }
}

/// Whether that is a plain name, so that a file from somebody else leads nowhere but to its own folder.
fn is_beside(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) && !name.contains(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
form = "drydock-scenario 1"
title = "What moved?"
ask = "Find the input that moved, and retrain."
hide = ["Requests"]
start = ["open winter-beverages", "train units_sold", "scenario pandemic-winter"]

[[task]]
text = "A challenger was compared"
check = "drift.compared >= 1"
"#;

    #[test]
    fn a_scenario_is_read_written_and_read_again() {
        let scenario = Scenario::parse("a.toml", TEXT).unwrap();
        assert_eq!(scenario.start.len(), 3);
        let mut handed_in = scenario.clone();
        handed_in.by = Some("Ada".into());
        handed_in.did =
            vec![Line::Retrain, Line::TrainBy(r#"{"target":"units \"sold\"","alpha":1e-3}"#.into())];
        let text = handed_in.to_toml(&["a note".into()]).unwrap();
        assert_eq!(Scenario::parse("b.toml", &text).unwrap(), handed_in, "{text}");
        assert_eq!(handed_in.unit().steps[0].tasks, scenario.tasks);
    }

    #[test]
    fn what_no_scenario_can_say_is_refused() {
        for (from, to, said) in [
            ("scenario 1", "scenario 9", "reads 'drydock-scenario 1'"),
            ("open winter-beverages", "open ../secret.csv", "without a path"),
            ("open winter-beverages", "open /etc/passwd", "without a path"),
            ("open winter-beverages", "open ..", "without a path"),
            ("open winter-beverages", "sort cards", "not to a scenario"),
            ("open winter-beverages", "dance", "no line of a script"),
            ("drift.compared", "drift.pared", "there is no fact"),
            ("hide", "colour", "unknown field"),
            ("Requests", "Back to my own work", "can't be hidden"),
            ("drift.compared", "board.right", "not to a scenario"),
        ] {
            let error = Scenario::parse("a.toml", &TEXT.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with("a.toml: ") && error.contains(said), "{error}");
        }
    }
}

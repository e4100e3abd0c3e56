//! A unit and its parts, as its file has them.

use serde::{Deserialize, Serialize};

use super::{Card, Check, Line};

/// A unit of the lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// What it is called in what is kept: never changes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// What to read; paragraphs, with `**` around terms and `-` or numbers before items.
    pub reading: String,
    /// Which activity is still to come, where one is.
    #[serde(default)]
    pub coming: Option<String>,
    /// Its steps.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// The systems of its sorting board.
    #[serde(default, rename = "card")]
    pub cards: Vec<Card>,
    /// What it ends with.
    #[serde(default)]
    pub quiz: Vec<Quiz>,
    /// What to keep.
    #[serde(default)]
    pub takeaway: Vec<TakeAway>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is called in what is kept.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// Why, in two sentences.
    pub why: String,
    /// What to do.
    #[serde(rename = "do")]
    pub action: String,
    /// The page where it is done.
    pub page: String,
    /// The accessible name of the control to begin with.
    #[serde(default)]
    pub highlight: Option<String>,
    /// Help, from a nudge to the way.
    pub hints: Vec<String>,
    /// A question to answer before.
    #[serde(default)]
    pub predict: Option<Prediction>,
    /// What to understand, once it is done.
    pub after: String,
    /// What only the instructor sees.
    #[serde(default)]
    pub notes: Option<String>,
    /// What makes the state that it begins in, of an empty workspace.
    pub start: Vec<Line>,
    /// How it is solved, for the check of the lesson itself.
    pub solve: Vec<Line>,
    /// What has to be true.
    pub tasks: Vec<Task>,
}

/// Something that has to be true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// In words.
    pub text: String,
    /// As the state is asked.
    pub check: Check,
}

/// A question that is answered before the answer is seen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The question.
    pub question: String,
    /// What may be answered.
    pub options: Vec<String>,
    /// The place of what comes true.
    pub answer: usize,
    /// Why.
    pub reveal: String,
}

/// A question at the end of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// The question.
    pub question: String,
    /// What may be answered.
    pub options: Vec<String>,
    /// The place of the right one.
    pub answer: usize,
    /// Why it is right.
    pub because: String,
}

/// A sentence to keep.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeAway {
    /// The sentence.
    pub text: String,
}

/// What is wrong with a unit's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct UnitError {
    /// The file.
    pub file: String,
    /// What is wrong, and where.
    pub what: String,
}

impl Unit {
    /// Reads a unit's file.
    ///
    /// # Errors
    /// [`UnitError`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, UnitError> {
        let wrong = |what: String| UnitError { file: file.to_owned(), what };
        let unit: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let answers = unit.quiz.iter().map(|quiz| (&quiz.question, quiz.options.len(), quiz.answer));
        let predicted = unit.steps.iter().filter_map(|step| step.predict.as_ref());
        let predicted =
            predicted.map(|question| (&question.question, question.options.len(), question.answer));
        for (question, n, answer) in answers.chain(predicted) {
            if n < 2 || answer >= n {
                return Err(wrong(format!(
                    "'{question}' has {n} options, and its answer is number {answer}, from 0"
                )));
            }
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let good = "id = 'a'\ntitle = 'A'\nminutes = 1\npurpose = 'p'\nreading = 'r'\n";
        assert!(Unit::parse("a.toml", good).unwrap().steps.is_empty());
        for (text, said) in [
            ("id = 'a'\n", "missing field"),
            (&format!("{good}colour = 'red'\n"), "unknown field `colour`"),
            (
                &format!("{good}[[quiz]]\nquestion = 'q'\noptions = ['x', 'y']\nanswer = 2\nbecause = 'b'\n"),
                "2 options",
            ),
            (
                &format!(
                    "{good}[[step]]\nid = 's'\ntitle = 't'\nminutes = 1\nwhy = 'w'\ndo = 'd'\npage = 'p'\nhints = []\nafter = 'a'\nstart = []\nsolve = []\ntasks = [{{ text = 't', check = 'rows >= 1' }}]\n"
                ),
                "there is no fact 'rows'",
            ),
        ] {
            let error = Unit::parse("a.toml", text).unwrap_err().to_string();
            assert!(error.starts_with("a.toml: ") && error.contains(said), "{error}");
        }
    }
}

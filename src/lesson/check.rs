//! What a task asks of the program's state: `data.rows >= 1000 and models.held_out >= 1`. Never a click on "done".

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the state of the program is asked for, and what it means.
pub const FACTS: &[(&str, &str)] = &[
    ("board.right", "cards of the sorting board that lie where they belong"),
    ("board.ran_one", "cards with a single record that ran"),
    ("board.ran_many", "cards with a batch that ran"),
    ("data.rows", "rows of the open table"),
    ("data.course", "1 if the course's table is open"),
    ("data.target", "1 if a target is chosen"),
    ("data.units_sold", "1 if units_sold is the target"),
    ("models.count", "models in the workspace"),
    ("models.held_out", "models that were trained with rows held out"),
    ("models.beat_naive", "models that beat the naive model on held-out rows"),
    ("predict.changed", "1 if a record was changed and predicted"),
    ("predict.rows", "rows that were predicted in one go"),
    ("predict.saved", "1 if predictions were saved as a file"),
    ("predict.sizes", "sizes of a call whose time per row was measured"),
    ("server.running", "1 while the server runs"),
    ("server.answered", "1 if a request was answered with 200"),
    ("server.refused", "1 if a request was refused"),
    ("server.followed", "1 if a request was stepped through"),
    ("keys.valid", "keys that are not revoked"),
    ("keys.tried", "trials of the key lab that were made"),
    ("keys.wrong", "trials of the key lab that did not go as they must"),
    ("drift.drifted", "inputs that have drifted under the sliders"),
    ("drift.crossed", "1 if the error crosses its line under the sliders"),
    ("drift.windows", "windows of the prediction log that were watched"),
    ("drift.compared", "1 if a challenger was compared with the champion"),
    ("drift.policies", "re-training policies whose price was revealed"),
    ("registry.promotions", "times that a version became champion after another"),
    ("registry.rollbacks", "times that a version became champion again"),
];

/// Where facts come from.
pub trait Facts {
    /// The number of a fact; see [`FACTS`].
    fn fact(&self, name: &str) -> f64;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Equal,
}

/// A check: comparisons that all have to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Check {
    parts: Vec<(&'static str, Comparison, f64)>,
}

/// Why a check can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("check '{check}': {what}")]
pub struct CheckError {
    check: String,
    what: String,
}

impl TryFrom<String> for Check {
    type Error = CheckError;

    fn try_from(check: String) -> Result<Self, CheckError> {
        let wrong = |what: String| CheckError { check: check.clone(), what };
        let parts = check.split(" and ").map(|part| {
            let words: Vec<&str> = part.split_whitespace().collect();
            let [name, comparison, number] = words[..] else {
                return Err(wrong(format!("expected a fact, a comparison and a number, got '{part}'")));
            };
            let name = FACTS.iter().map(|(fact, _)| *fact).find(|fact| *fact == name).ok_or_else(|| {
                let known: Vec<&str> = FACTS.iter().map(|(fact, _)| *fact).collect();
                wrong(format!("there is no fact '{name}'; there are {}", known.join(", ")))
            })?;
            let comparison = match comparison {
                ">=" => Comparison::AtLeast,
                "<=" => Comparison::AtMost,
                "==" => Comparison::Equal,
                other => return Err(wrong(format!("expected >=, <= or ==, got '{other}'"))),
            };
            let number = number
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or_else(|| wrong(format!("expected a number, got '{number}'")))?;
            Ok((name, comparison, number))
        });
        Ok(Self { parts: parts.collect::<Result<_, _>>()? })
    }
}

impl Check {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, facts: &impl Facts) -> bool {
        self.parts.iter().all(|(name, comparison, number)| {
            // no number where it is not known: then nothing holds
            let fact = facts.fact(name);
            match comparison {
                Comparison::AtLeast => fact >= *number,
                Comparison::AtMost => fact <= *number,
                // facts are counts
                Comparison::Equal => (fact - number).abs() < 0.5,
            }
        })
    }
}

impl From<Check> for String {
    fn from(check: Check) -> Self {
        check.to_string()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, comparison, number)) in self.parts.iter().enumerate() {
            let comparison = match comparison {
                Comparison::AtLeast => ">=",
                Comparison::AtMost => "<=",
                Comparison::Equal => "==",
            };
            let and = if at > 0 { " and " } else { "" };
            write!(f, "{and}{name} {comparison} {number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    impl Facts for Two {
        fn fact(&self, name: &str) -> f64 {
            if name == "data.rows" { 2.0 } else { 0.0 }
        }
    }

    fn check(text: &str) -> Result<Check, CheckError> {
        Check::try_from(text.to_owned())
    }

    #[test]
    fn comparisons_all_have_to_hold() {
        for (text, holds) in [
            ("data.rows >= 2", true),
            ("data.rows >= 3", false),
            ("data.rows == 2 and keys.wrong == 0", true),
            ("data.rows <= 1", false),
            ("data.rows >= 1 and models.count >= 1", false),
        ] {
            let check = check(text).unwrap();
            assert_eq!(check.holds(&Two), holds, "{text}");
            assert_eq!(check.to_string(), text);
        }
    }

    #[test]
    fn what_can_not_be_read_is_said() {
        for (text, said) in [
            ("", "expected a fact"),
            ("rows >= 1", "there is no fact 'rows'"),
            ("data.rows > 1", "expected >=, <= or =="),
            ("data.rows >= many", "expected a number"),
            ("data.rows >= inf", "expected a number"),
            ("data.rows >= 1 and", "expected a fact"),
        ] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}

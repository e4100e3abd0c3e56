//! The sorting board: everyday systems, where each belongs and why, and what can run of each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A field of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Field {
    /// Whether somebody waits for the answer: interactive.
    pub waits: bool,
    /// Whether a call has many rows: batch.
    pub many: bool,
}

impl Field {
    /// All four: first the interactive ones, and the single record before the batch.
    pub const ALL: [Self; 4] = [
        Self { waits: true, many: false },
        Self { waits: true, many: true },
        Self { waits: false, many: false },
        Self { waits: false, many: true },
    ];

    /// Its name, in English.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.waits, self.many) {
            (true, false) => "Interactive, single record",
            (true, true) => "Interactive, batch",
            (false, false) => "Non-interactive, single record",
            (false, true) => "Non-interactive, batch",
        }
    }
}

/// An everyday system.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is called in what is kept.
    pub id: String,
    /// Its name.
    pub title: String,
    /// How it is asked, in a few words.
    pub caption: String,
    /// The name of its icon.
    pub icon: String,
    /// Whether somebody waits for the answer.
    pub waits: bool,
    /// Whether a call has many rows.
    pub many: bool,
    /// A question that helps, where it lies in another field.
    pub hint: String,
    /// Why it belongs where it does.
    pub because: String,
    /// What runs of it.
    #[serde(default)]
    pub run: Option<Run>,
    /// What stands in for what, where it runs, or why it can't run yet.
    pub about: String,
}

impl Card {
    /// Where it belongs.
    #[must_use]
    pub fn field(&self) -> Field {
        Field { waits: self.waits, many: self.many }
    }
}

/// What runs when a card does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Run {
    /// That many tokens from the local server's text model.
    Complete(u16),
    /// That many rows in one request to the local server.
    Ask(usize),
    /// That many rows in this program, one after another, with no network.
    Here(usize),
    /// Every row of the open table in this program, in one go.
    Table,
}

impl Run {
    /// Whether it needs the local server.
    #[must_use]
    pub fn is_served(self) -> bool {
        matches!(self, Self::Complete(_) | Self::Ask(_))
    }
}

impl TryFrom<String> for Run {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' does not run; there are: complete TOKENS, ask ROWS, here ROWS, table; from 1 to 1000"
            )
        };
        if text == "table" {
            return Ok(Self::Table);
        }
        let (verb, n) = text.split_once(' ').ok_or_else(wrong)?;
        let n: u16 = n.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(wrong)?;
        match verb {
            "complete" => Ok(Self::Complete(n)),
            "ask" => Ok(Self::Ask(usize::from(n))),
            "here" => Ok(Self::Here(usize::from(n))),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(n) => write!(f, "complete {n}"),
            Self::Ask(n) => write!(f, "ask {n}"),
            Self::Here(n) => write!(f, "here {n}"),
            Self::Table => f.write_str("table"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_read_and_written() {
        for text in ["complete 24", "ask 84", "here 30", "table"] {
            assert_eq!(Run::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["", "ask", "ask 0", "ask 1001", "ask -1", "dance 3"] {
            assert!(Run::try_from(text.to_owned()).unwrap_err().contains("there are"), "{text}");
        }
    }
}

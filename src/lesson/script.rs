//! What a step begins with and how it is solved, a line each: `open winter-beverages`, `train units_sold`, `serve`. The
//! window carries the lines out as a hand would, by the same commands.

use std::fmt;

use serde::Deserialize;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Line {
    /// Open a bundled sample.
    Open(String),
    /// Choose that column as the target, and train.
    Train(String),
    /// Make the version of that number the champion.
    Promote(u32),
    /// Change a number of the record that is predicted.
    Change(String),
    /// Predict every row of the open table.
    PredictTable,
    /// Measure the time of calls of different sizes.
    Measure,
    /// Start the server.
    Serve,
    /// Send a request that is answered.
    SendRight,
    /// Send one that is refused.
    SendWrong,
    /// Make a key.
    MakeKey,
    /// Revoke the oldest key.
    RevokeKey,
    /// Let the server ask for keys.
    AskForKeys,
    /// Try everything in the key lab.
    TryKeys,
    /// Set the sliders by a scenario.
    Scenario(String),
    /// Send the weeks' rows through the server, and watch its log.
    SendWeeks,
    /// Train on recent rows, and compare.
    Retrain,
    /// Commit to the re-training policy of that title, and see what each would have cost.
    Commit(String),
}

/// Lines that are a word or two and nothing else.
const PLAIN: [(&str, Line); 10] = [
    ("predict table", Line::PredictTable),
    ("measure", Line::Measure),
    ("serve", Line::Serve),
    ("send right", Line::SendRight),
    ("send wrong", Line::SendWrong),
    ("make key", Line::MakeKey),
    ("revoke key", Line::RevokeKey),
    ("ask for keys", Line::AskForKeys),
    ("try keys", Line::TryKeys),
    ("send weeks", Line::SendWeeks),
];

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(line: String) -> Result<Self, String> {
        if line == "retrain" {
            return Ok(Self::Retrain);
        }
        if let Some((_, plain)) = PLAIN.iter().find(|(text, _)| *text == line) {
            return Ok(plain.clone());
        }
        let known = || {
            let plain: Vec<&str> = PLAIN.iter().map(|(text, _)| *text).collect();
            format!(
                "'{line}' is no line of a script; there are: open SAMPLE, train COLUMN, promote NUMBER, change COLUMN, scenario NAME, commit POLICY, retrain, {}",
                plain.join(", ")
            )
        };
        let (verb, rest) = line.split_once(' ').ok_or_else(known)?;
        let rest = rest.trim().to_owned();
        match verb {
            "open" => Ok(Self::Open(rest)),
            "train" => Ok(Self::Train(rest)),
            "change" => Ok(Self::Change(rest)),
            "scenario" => Ok(Self::Scenario(rest)),
            "commit" => Ok(Self::Commit(rest)),
            "promote" => {
                rest.strip_prefix('v').unwrap_or(&rest).parse().map(Self::Promote).map_err(|error| {
                    format!("'{line}': expected the number of a version, such as v2: {error}")
                })
            }
            _ => Err(known()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(name) => write!(f, "open {name}"),
            Self::Train(target) => write!(f, "train {target}"),
            Self::Promote(number) => write!(f, "promote v{number}"),
            Self::Change(column) => write!(f, "change {column}"),
            Self::Scenario(name) => write!(f, "scenario {name}"),
            Self::Commit(policy) => write!(f, "commit {policy}"),
            Self::Retrain => f.write_str("retrain"),
            other => {
                let plain = PLAIN.iter().find(|(_, line)| line == other).map_or("", |(text, _)| text);
                f.write_str(plain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_written() {
        for text in [
            "open winter-beverages",
            "train units_sold",
            "promote v2",
            "change temperature_c",
            "scenario pandemic-winter",
            "commit Rolling window",
            "retrain",
            "predict table",
            "send weeks",
        ] {
            assert_eq!(Line::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for (text, said) in [
            ("dance", "no line of a script"),
            ("open", "no line of a script"),
            ("promote best", "number of a version"),
        ] {
            assert!(Line::try_from(text.to_owned()).unwrap_err().contains(said), "{text}");
        }
    }
}

//! What a step begins with and how it is solved, a line each: `open winter-beverages`, `train units_sold`, `serve`. The
//! window carries the lines out as a hand would, by the same commands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Line {
    /// Lay every card of the sorting board where it belongs.
    SortCards,
    /// Run the card of that id.
    Run(String),
    /// Open a bundled sample.
    Open(String),
    /// Give a column a role: the column, and the role's name.
    Role(String, String),
    /// Choose that column as the target, and train.
    Train(String),
    /// Train with these settings, as a model's file has them: a JSON object.
    TrainBy(String),
    /// Make the version of that number the champion.
    Promote(u32),
    /// Change a number of the record that is predicted.
    Change(String),
    /// Set a value of the record that is predicted: the column, and the value as JSON.
    Set(String, String),
    /// Predict every row of the open table.
    PredictTable,
    /// Save the predictions as a file in the workspace.
    SavePredictions,
    /// Measure the time of calls of different sizes.
    Measure,
    /// Start the server.
    Serve,
    /// Send a request that is answered.
    SendRight,
    /// Send one that is refused.
    SendWrong,
    /// Step through the latest request.
    StepThrough,
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
    /// Set the sliders: a JSON object.
    Shift(String),
    /// Send the weeks' rows through the server, and watch its log.
    SendWeeks,
    /// Train on recent rows, and compare.
    Retrain,
    /// Compare champion and challenger.
    Compare,
    /// Set how many weeks pass until the true values are known.
    Delay(u64),
    /// As [`Line::Retrain`], on other rows: `all`, or `weighted`.
    RetrainOn(String),
    /// Commit to the re-training policy of that title, and see what each would have cost.
    Commit(String),
}

/// Lines that are a word or two and nothing else.
const PLAIN: [(&str, Line); 14] = [
    ("compare", Line::Compare),
    ("save predictions", Line::SavePredictions),
    ("sort cards", Line::SortCards),
    ("predict table", Line::PredictTable),
    ("measure", Line::Measure),
    ("serve", Line::Serve),
    ("send right", Line::SendRight),
    ("send wrong", Line::SendWrong),
    ("step through", Line::StepThrough),
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
                "'{line}' is no line of a script; there are: run CARD, open SAMPLE, role COLUMN ROLE, train COLUMN, train {{SETTINGS}}, promote NUMBER, change COLUMN, set COLUMN = VALUE, scenario NAME, shift {{SLIDERS}}, delay WEEKS, commit POLICY, retrain, retrain ROWS, {}",
                plain.join(", ")
            )
        };
        let (verb, rest) = line.split_once(' ').ok_or_else(known)?;
        let rest = rest.trim().to_owned();
        match verb {
            "run" => Ok(Self::Run(rest)),
            "open" => Ok(Self::Open(rest)),
            "role" => {
                let (column, role) = rest.rsplit_once(' ').ok_or_else(known)?;
                if !["feature", "target", "ignore"].contains(&role) {
                    return Err(format!("'{line}': expected feature, target or ignore, got '{role}'"));
                }
                Ok(Self::Role(column.trim().to_owned(), role.to_owned()))
            }
            "set" => {
                // a column's name may hold the sign, and so may a value: the first place from which on all is JSON
                let places =
                    rest.match_indices(" = ").map(|(at, sign)| (&rest[..at], &rest[at + sign.len()..]));
                let mut wrong = known();
                for (column, value) in places {
                    match is_json(&line, value) {
                        Ok(()) => return Ok(Self::Set(column.to_owned(), value.to_owned())),
                        Err(error) => wrong = error,
                    }
                }
                Err(wrong)
            }
            "train" if rest.starts_with('{') => is_json(&line, &rest).map(|()| Self::TrainBy(rest)),
            "shift" => is_json(&line, &rest).map(|()| Self::Shift(rest)),
            "delay" => rest
                .parse()
                .ok()
                .filter(|weeks| *weeks <= 100)
                .map(Self::Delay)
                .ok_or_else(|| format!("'{line}': expected a number of weeks, at most 100")),
            "retrain" => Ok(Self::RetrainOn(rest)),
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

fn is_json(line: &str, json: &str) -> Result<(), String> {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(json);
    read.map(|_| ()).map_err(|error| format!("'{line}': expected JSON: {error}"))
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.to_string()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(card) => write!(f, "run {card}"),
            Self::Open(name) => write!(f, "open {name}"),
            Self::Train(target) => write!(f, "train {target}"),
            Self::Promote(number) => write!(f, "promote v{number}"),
            Self::Role(column, role) => write!(f, "role {column} {role}"),
            Self::TrainBy(settings) => write!(f, "train {settings}"),
            Self::Set(column, value) => write!(f, "set {column} = {value}"),
            Self::Shift(shifts) => write!(f, "shift {shifts}"),
            Self::Delay(weeks) => write!(f, "delay {weeks}"),
            Self::RetrainOn(rows) => write!(f, "retrain {rows}"),
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
            "sort cards",
            "run price-list",
            "open winter-beverages",
            "train units_sold",
            "promote v2",
            "change temperature_c",
            "scenario pandemic-winter",
            "commit Rolling window",
            "role date ignore",
            "role price of a cup target",
            r#"train {"target":"units_sold"}"#,
            r#"shift {"features":{}}"#,
            "set temperature_c = -3.5",
            r#"set store = "a = b""#,
            "retrain",
            "retrain all",
            "compare",
            "delay 3",
            "predict table",
            "send weeks",
        ] {
            assert_eq!(Line::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for (text, said) in [
            ("dance", "no line of a script"),
            ("open", "no line of a script"),
            ("promote best", "number of a version"),
            ("role date king", "expected feature, target or ignore"),
            ("train {\"a\"", "expected JSON"),
            ("set a = b", "expected JSON"),
        ] {
            assert!(Line::try_from(text.to_owned()).unwrap_err().contains(said), "{text}");
        }
    }
}

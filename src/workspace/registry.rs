//! The registry's memory: what became of each model, in the order in which it happened, and what a version does beside the
//! champion.

use serde::{Deserialize, Serialize};

/// A version beside the champion: what it may answer, and whether it is asked along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rollout {
    /// The challenger's number.
    pub challenger: Option<u32>,
    /// The share of the requests that it answers, in percent.
    pub canary: u8,
    /// Whether it is asked what the champion is asked.
    pub mirrored: bool,
}

/// Something that happened to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When, in milliseconds since 1970 (UTC).
    pub at_unix_millis: i64,
    /// The model's number.
    pub number: u32,
    /// The version as the model file has it: what the prediction log calls it.
    pub version: String,
    /// What happened.
    pub what: What,
}

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It was trained, on data of that name and SHA-256.
    Trained {
        /// The data's name.
        data: String,
        /// The SHA-256 of its bytes, if they are known.
        sha256: Option<String>,
    },
    /// It was opened from a file.
    Opened,
    /// It became the champion, after the one of that number.
    Champion {
        /// The champion before.
        before: Option<u32>,
    },
    /// It answers a share of the requests.
    Canary {
        /// In percent.
        percent: u8,
    },
    /// It is asked along, or no longer.
    Shadow {
        /// Whether it is.
        on: bool,
    },
    /// It was deleted.
    Deleted,
    /// It was brought back.
    Restored,
}

/// The most changes that are remembered; the oldest go first.
const MOST: usize = 5_000;
/// A share that is set again so soon is the same move of the hand.
const SAME_MOVE_MILLIS: i64 = 5_000;

/// Notes a change. A share that goes on being moved is one change.
pub fn note(history: &mut Vec<Change>, change: Change) {
    if let (What::Canary { .. }, Some(last)) = (&change.what, history.last_mut())
        && matches!(last.what, What::Canary { percent } if percent > 0)
        && change.what != (What::Canary { percent: 0 })
        && last.number == change.number
        && change.at_unix_millis - last.at_unix_millis < SAME_MOVE_MILLIS
    {
        *last = change;
        return;
    }
    history.push(change);
    if history.len() > MOST {
        history.drain(..history.len() - MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(at: i64, number: u32, what: What) -> Change {
        Change { at_unix_millis: at, number, version: format!("hash-{number}"), what }
    }

    #[test]
    fn a_move_of_the_hand_is_one_change() {
        let mut history = Vec::new();
        note(&mut history, change(0, 2, What::Trained { data: "a.csv".into(), sha256: None }));
        for (at, percent) in [(10, 1), (20, 2), (2_000, 10)] {
            note(&mut history, change(at, 2, What::Canary { percent }));
        }
        assert_eq!(history.len(), 2);
        assert_eq!(history[1], change(2_000, 2, What::Canary { percent: 10 }));
        // another hand, another version, another thing
        note(&mut history, change(20_000, 2, What::Canary { percent: 50 }));
        note(&mut history, change(20_001, 3, What::Canary { percent: 50 }));
        note(&mut history, change(20_002, 3, What::Champion { before: Some(2) }));
        note(&mut history, change(20_003, 3, What::Canary { percent: 5 }));
        assert_eq!(history.len(), 6);
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), history);
    }

    #[test]
    fn the_oldest_go_first() {
        let mut history = Vec::new();
        for at in 0..6_000 {
            note(&mut history, change(at, 1, What::Shadow { on: true }));
        }
        assert_eq!((history.len(), history[0].at_unix_millis), (MOST, 1_000));
    }
}

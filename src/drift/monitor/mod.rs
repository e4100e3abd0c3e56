//! Watching a model at work: windows over its log, labels that come late, and alerts with a state and a history.

mod beside;
mod watch;

use std::collections::HashMap;
use std::ops::Range;

pub use beside::{Shadow, Shared, share};
pub use watch::{ERROR, Logged, Watched, WatchedWindow, Watching};

use serde::{Deserialize, Serialize};

/// How a log is cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum WindowBy {
    /// So many predictions each.
    Count {
        /// Predictions of a window.
        size: usize,
    },
    /// So much time each, from midnight UTC of 1970-01-01 on, so that windows stay where they are as the log grows.
    Time {
        /// Milliseconds of a window.
        millis: i64,
    },
}

/// A window of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Which entries.
    pub rows: Range<usize>,
    /// The time of its first entry, in milliseconds since 1970-01-01 UTC.
    pub first: i64,
    /// The time of its last entry.
    pub last: i64,
    /// Whether it is full: more entries will not come into it.
    pub full: bool,
}

/// Cuts a log, whose times ascend, into windows; the last one may not be full. Windows of time without an entry are left
/// out. A size or a width that is not positive counts as 1.
#[must_use]
pub fn windows(times: &[i64], by: WindowBy) -> Vec<Window> {
    let window = |rows: Range<usize>, full: bool| Window {
        first: times.get(rows.start).copied().unwrap_or(0),
        last: rows.end.checked_sub(1).and_then(|last| times.get(last)).copied().unwrap_or(0),
        rows,
        full,
    };
    match by {
        WindowBy::Count { size } => {
            let size = size.max(1);
            (0..times.len().div_ceil(size))
                .map(|at| {
                    let end = ((at + 1) * size).min(times.len());
                    window(at * size..end, end - at * size == size)
                })
                .collect()
        }
        WindowBy::Time { millis } => {
            let of = |time: i64| time.div_euclid(millis.max(1));
            let mut found: Vec<Window> = Vec::new();
            let mut start = 0;
            for end in 1..=times.len() {
                let closes = end == times.len() || of(times[end]) != of(times[start]);
                if closes {
                    found.push(window(start..end, end < times.len()));
                    start = end;
                }
            }
            found
        }
    }
}

/// Labels joined to a log by the id of the request.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<L> {
    /// The label of each entry; `None` while it has not come.
    pub labels: Vec<Option<L>>,
    /// Labels whose request is not in the log.
    pub unknown: usize,
    /// Labels that came again for a request; the last one counts.
    pub repeated: usize,
}

/// Joins labels, in the order in which they came, to the logged requests.
#[must_use]
pub fn join_labels<L: Clone>(requests: &[&str], labels: &[(&str, L)]) -> Joined<L> {
    let place: HashMap<&str, usize> = requests.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut joined = Joined { labels: vec![None; requests.len()], unknown: 0, repeated: 0 };
    for (id, label) in labels {
        match place.get(id).and_then(|&at| joined.labels.get_mut(at)) {
            Some(slot) => {
                joined.repeated += usize::from(slot.is_some());
                *slot = Some(label.clone());
            }
            None => joined.unknown += 1,
        }
    }
    joined
}

/// What state an alert is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Nothing to see.
    #[default]
    Quiet,
    /// Something is wrong and nobody has said that they know.
    Raised,
    /// Someone knows.
    Acknowledged,
}

/// A change of an alert's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The state from then on.
    pub state: AlertState,
    /// Why.
    pub reason: String,
}

/// An alert: raised after some bad windows in a row, over after some good ones, so that it does not flicker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it watches.
    pub name: String,
    /// Bad windows in a row that raise it.
    pub raise_after: usize,
    /// Good windows in a row that end it.
    pub clear_after: usize,
    /// Its state.
    pub state: AlertState,
    /// Bad windows in a row, up to now.
    bad: usize,
    /// Good windows in a row, up to now.
    good: usize,
    /// Every change of its state, oldest first.
    pub history: Vec<AlertEvent>,
}

impl Alert {
    /// A quiet alert: raised by the first bad window, over after two good ones.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            raise_after: 1,
            clear_after: 2,
            state: AlertState::Quiet,
            bad: 0,
            good: 0,
            history: Vec::new(),
        }
    }

    /// Takes note of a window: bad, good, or (`None`) too small to tell, which changes nothing. Returns whether the state
    /// changed.
    pub fn observe(&mut self, at: i64, bad: Option<bool>, reason: &str) -> bool {
        match bad {
            None => return false,
            Some(true) => (self.bad, self.good) = (self.bad + 1, 0),
            Some(false) => (self.bad, self.good) = (0, self.good + 1),
        }
        match self.state {
            AlertState::Quiet if self.bad >= self.raise_after.max(1) => {
                self.change(at, AlertState::Raised, reason)
            }
            AlertState::Raised | AlertState::Acknowledged if self.good >= self.clear_after.max(1) => {
                self.change(at, AlertState::Quiet, reason)
            }
            _ => false,
        }
    }

    /// Someone says that they know. Returns whether there was something to know.
    pub fn acknowledge(&mut self, at: i64, who: &str) -> bool {
        self.state == AlertState::Raised && self.change(at, AlertState::Acknowledged, who)
    }

    fn change(&mut self, at: i64, state: AlertState, reason: &str) -> bool {
        self.state = state;
        self.history.push(AlertEvent { at, state, reason: reason.to_owned() });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_by_count_and_time() {
        let times = [0, 10, 999, 1_000, 5_500, 5_999];
        let rows = |by| windows(&times, by).into_iter().map(|w| (w.rows, w.full)).collect::<Vec<_>>();
        assert_eq!(rows(WindowBy::Count { size: 4 }), [(0..4, true), (4..6, false)]);
        assert_eq!(rows(WindowBy::Count { size: 3 }), [(0..3, true), (3..6, true)]);
        assert_eq!(rows(WindowBy::Time { millis: 1_000 }), [(0..3, true), (3..4, true), (4..6, false)]);
        assert_eq!(rows(WindowBy::Count { size: 0 }).len(), 6);
        assert_eq!(windows(&[], WindowBy::Time { millis: 0 }), []);
        let last = &windows(&times, WindowBy::Time { millis: 1_000 })[2];
        assert_eq!((last.first, last.last), (5_500, 5_999));
        // before 1970, too
        assert_eq!(windows(&[-5, 5], WindowBy::Time { millis: 1_000 }).len(), 2);
    }

    #[test]
    fn late_labels_find_their_request() {
        let joined = join_labels(&["a", "b", "c"], &[("c", 1.0), ("x", 2.0), ("a", 3.0), ("c", 4.0)]);
        assert_eq!(joined, Joined { labels: vec![Some(3.0), None, Some(4.0)], unknown: 1, repeated: 1 });
    }

    #[test]
    fn an_alert_does_not_flicker() {
        let mut alert = Alert::new("footfall");
        assert!(!alert.observe(1, Some(false), "calm"));
        assert!(!alert.observe(2, None, "too few"));
        assert!(alert.observe(3, Some(true), "PSI 0.4"));
        assert_eq!(alert.state, AlertState::Raised);
        assert!(alert.acknowledge(4, "Ada") && !alert.acknowledge(4, "Ada"));
        // one good window, then a bad one: still on
        assert!(!alert.observe(5, Some(false), "calm") && !alert.observe(6, Some(true), "PSI 0.3"));
        assert!(!alert.observe(7, Some(false), "calm") && alert.observe(8, Some(false), "calm"));
        let states: Vec<_> = alert.history.iter().map(|event| (event.at, event.state)).collect();
        assert_eq!(states, [(3, AlertState::Raised), (4, AlertState::Acknowledged), (8, AlertState::Quiet)]);
        let text = serde_json::to_string(&alert).unwrap();
        assert_eq!(serde_json::from_str::<Alert>(&text).unwrap(), alert);
    }
}

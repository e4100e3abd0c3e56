//! What was odd about a file and where: each warning names its line; nothing is dropped in silence.

use std::collections::BTreeMap;

/// Something worth knowing about a line of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// The line in the file, counted from 1 as an editor does.
    pub line: u64,
    /// What is there, and what was done about it.
    pub message: String,
    /// How many fields the line has, where it is about their number; see [`super::Ragged`].
    #[serde(skip)]
    pub n_fields: Option<usize>,
}

impl Warning {
    /// A warning about a line.
    #[must_use]
    pub fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), n_fields: None }
    }

    /// Whether it is about a line with more or fewer fields than the header.
    #[must_use]
    pub fn is_ragged(&self) -> bool {
        self.n_fields.is_some()
    }
}

/// The kinds of warning that can occur once per line, so that a file full of one mistake stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Short,
    Long,
    Blank,
    Nul,
    Quote,
    Encoding,
    Cell,
    Rounded,
    General,
}

impl Topic {
    fn plural(self) -> &'static str {
        match self {
            Self::Short => "lines with too few fields",
            Self::Long => "lines with too many fields",
            Self::Blank => "empty lines, which were skipped",
            Self::Nul => "lines with NUL bytes",
            Self::Quote => "lines with misplaced quotes",
            Self::Encoding => "lines with bytes that are not valid in the file's encoding",
            Self::Cell => "cells that could not be read as their column's type and are taken as missing",
            Self::Rounded => "integers that a 64-bit float can't hold exactly and that were rounded",
            Self::General => "warnings",
        }
    }
}

/// How many warnings of one topic are kept in full.
const KEPT_PER_TOPIC: u64 = 200;

/// Collects warnings; past [`KEPT_PER_TOPIC`] of a topic it only counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct WarningLog {
    warnings: Vec<Warning>,
    counts: BTreeMap<Topic, (u64, u64)>,
}

impl WarningLog {
    pub(crate) fn push(&mut self, topic: Topic, line: u64, message: impl Into<String>) {
        self.add(topic, Warning::new(line, message));
    }

    /// As [`WarningLog::push`], of a line with `n_fields` fields where the header has another number.
    pub(crate) fn push_ragged(&mut self, topic: Topic, line: u64, n_fields: usize, message: String) {
        self.add(topic, Warning { n_fields: Some(n_fields), ..Warning::new(line, message) });
    }

    fn add(&mut self, topic: Topic, warning: Warning) {
        let line = warning.line;
        let (count, last) = self.counts.entry(topic).or_insert((0, line));
        *count += 1;
        *last = line;
        if *count <= KEPT_PER_TOPIC || topic == Topic::General {
            self.warnings.push(warning);
        }
    }

    /// Adds another log whose lines are counted from `first_line` on.
    pub(crate) fn append(&mut self, other: Self, lines_before: u64) {
        for (topic, (count, last)) in &other.counts {
            let kept_here = self.counts.get(topic).map_or(0, |c| c.0);
            let entry = self.counts.entry(*topic).or_insert((0, 0));
            *entry = (kept_here + count, last + lines_before);
        }
        for mut warning in other.warnings {
            warning.line += lines_before;
            self.warnings.push(warning);
        }
    }

    /// The warnings in line order, with a closing one for each topic that had more than were kept.
    pub(crate) fn finish(mut self) -> Vec<Warning> {
        self.warnings.sort_by_key(|warning| warning.line);
        for (topic, (count, last)) in &self.counts {
            if *count > KEPT_PER_TOPIC && *topic != Topic::General {
                let message = format!("{count} {} in all; the last is this one", topic.plural());
                self.warnings.push(Warning::new(*last, message));
            }
        }
        self.warnings
    }
}

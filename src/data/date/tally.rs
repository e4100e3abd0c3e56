//! Which forms the dates of a column have, cell by cell, and the first cell that has another form.

use super::{DateFormat, FormatSet};

const N_FORMATS: usize = DateFormat::ALL.len();

/// How many cells fit each format.
#[derive(Debug, Clone, Default)]
pub(crate) struct DateTally {
    counts: [u64; N_FORMATS],
    /// Per format: the first date of another one, with its line.
    others: [Option<(u64, String)>; N_FORMATS],
}

impl DateTally {
    /// Takes in a cell that is a date in the given formats.
    pub(crate) fn add(&mut self, formats: FormatSet, cell: &str, line: u64) {
        for (format, (count, other)) in
            DateFormat::ALL.into_iter().zip(self.counts.iter_mut().zip(&mut self.others))
        {
            if formats.contains(format) {
                *count += 1;
            } else if other.is_none() {
                *other = Some((line, cell.to_owned()));
            }
        }
    }

    /// Takes in what a later part of the column said.
    pub(crate) fn merge(&mut self, later: &Self) {
        self.counts.iter_mut().zip(later.counts).for_each(|(mine, theirs)| *mine += theirs);
        for (mine, theirs) in self.others.iter_mut().zip(&later.others) {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
    }

    /// Moves the line numbers by the lines that stand before this part of the file.
    pub(crate) fn shift_lines(&mut self, lines: u64) {
        self.others.iter_mut().flatten().for_each(|(line, _)| *line += lines);
    }

    /// The format that most cells fit (the first one at a tie), and how many do.
    pub(crate) fn usual(&self) -> (DateFormat, u64) {
        let most = self.counts.iter().copied().max().unwrap_or(0);
        let format = DateFormat::ALL.into_iter().find(|format| self.count(*format) == most);
        (format.unwrap_or(DateFormat::YearMonthDay), most)
    }

    /// How many cells fit the format.
    pub(crate) fn count(&self, format: DateFormat) -> u64 {
        self.counts[format as usize]
    }

    /// The first date that does not fit the format, with its line.
    pub(crate) fn other_than(&self, format: DateFormat) -> Option<&(u64, String)> {
        self.others[format as usize].as_ref()
    }
}

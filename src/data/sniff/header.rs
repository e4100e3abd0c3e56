//! The line that names the columns: what stands above it, whether there is one, and the names it gives.

use std::collections::HashSet;

use super::Record;
use crate::data::cell::Missing;
use crate::data::infer::{Evidence, Plan};
use crate::data::number::Decimal;
use crate::data::options::ReadOptions;
use crate::data::warning::{Topic, WarningLog};

/// How many records stand above the table: titles, dates of export and comments.
///
/// A line of one field above a table of three and more is one, and a line that begins with # and is shorter than
/// the table. A line that is as wide as the table (`Sales 2024,,` as spreadsheets write it, or `# a, b`) may as well
/// name the columns; it is left out only where the line below it surely does.
pub(super) fn lines_above(records: &[Record], width: usize, options: &ReadOptions) -> usize {
    if options.header == Some(false) {
        return 0;
    }
    let comment = |r: &Record| r.fields.first().is_some_and(|field| field.starts_with('#'));
    let padded = |r: &Record| width >= 3 && r.fields.iter().skip(1).all(String::is_empty);
    let surely = |r: &&Record| (r.fields.len() == 1 && padded(r)) || (r.fields.len() < width && comment(r));
    let maybe = |r: &&Record| padded(r) || comment(r);
    let n_sure = records.iter().take(20).take_while(surely).count();
    let n_maybe = records.iter().take(20).take_while(maybe).count();
    if options.header.is_none() && n_maybe > n_sure && n_maybe + 2 <= records.len() {
        let (above, table) = records.split_at(n_maybe);
        let votes = Votes::of(table, width, options);
        let blank = above.iter().any(|record| record.fields.iter().all(String::is_empty));
        if votes.are_positive() || (blank && votes.is_header()) {
            return n_maybe;
        }
    }
    if n_sure < records.len() { n_sure } else { 0 }
}

/// What speaks for and against the first record naming the columns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes {
    for_header: usize,
    against: usize,
    /// Cells of the first record that are found again below.
    repeated: usize,
}

impl Votes {
    /// Whether the first record names columns: its cells are of another type than those below. Where no column
    /// has a type, it is a header unless its cells are found again below.
    pub(super) fn is_header(self) -> bool {
        if self.for_header == 0 && self.against == 0 { self.repeated == 0 } else { self.are_positive() }
    }

    /// Whether types say that it does.
    fn are_positive(self) -> bool {
        self.for_header > 0 && self.for_header >= self.against
    }

    pub(super) fn of(records: &[Record], width: usize, options: &ReadOptions) -> Self {
        let Some((first, body)) = records.split_first() else { return Self::default() };
        let missing = Missing::new(options.missing.clone());
        let year_names = year_names(first, body, width);
        let (mut for_header, mut against) = (usize::from(!year_names.is_empty()), 0_usize);
        let mut repeated = 0_usize;
        for col in 0..width {
            let Some(head) = first.fields.get(col) else { continue };
            let mut evidence = Evidence::default();
            for record in body.iter().take(200) {
                if let Some(cell) = record.fields.get(col).filter(|c| !missing.is(c.as_bytes())) {
                    evidence.absorb(cell, 0, false);
                    repeated += usize::from(cell == head);
                }
            }
            if missing.is(head.as_bytes()) || year_names.contains(&col) {
                continue;
            }
            let mut own = Evidence::default();
            own.absorb(head, 0, false);
            let head_is_value = own.is_number() || matches!(own.decide(Decimal::Point), Plan::Date(_));
            if evidence.cells == 0 {
                // nothing below: a number is no name
                against += usize::from(head_is_value && body.is_empty());
                for_header += usize::from(!head_is_value && body.is_empty());
                continue;
            }
            // most cells below are numbers, even if some are not
            let mostly_numeric = evidence.numeric * 10 >= evidence.cells * 8;
            let body_typed = mostly_numeric || evidence.decide(Decimal::Point) != Plan::Texts;
            if body_typed {
                let mut with_head = evidence.clone();
                with_head.absorb(head, 0, false);
                let same =
                    with_head.decide(Decimal::Point) != Plan::Texts || (mostly_numeric && own.is_number());
                if same { against += 1 } else { for_header += 1 }
            } else if head_is_value {
                against += 1;
            }
        }
        Self { for_header, against, repeated }
    }
}

/// Columns whose first cells are ascending years (2019, 2020 …) over values that are none: a table by year.
fn year_names(first: &Record, body: &[Record], width: usize) -> Vec<usize> {
    let year = |cell: &String| cell.trim().parse::<u32>().ok().filter(|year| (1900..=2100).contains(year));
    let columns: Vec<usize> =
        (0..width).filter(|&col| first.fields.get(col).and_then(year).is_some()).collect();
    let years: Vec<u32> = columns.iter().filter_map(|&col| first.fields.get(col).and_then(year)).collect();
    let ascending = years.len() >= 2 && years.windows(2).all(|pair| pair[0] < pair[1]);
    let below_are_years = body
        .iter()
        .all(|record| columns.iter().all(|&col| record.fields.get(col).is_none_or(|c| year(c).is_some())));
    if ascending && !body.is_empty() && !below_are_years { columns } else { Vec::new() }
}

/// Names for the columns: trimmed, unique, never empty; what had to be changed is said.
pub(super) fn header_names(
    header: &Record,
    width: usize,
    body: &[Record],
    line: u64,
    warnings: &mut WarningLog,
) -> Vec<String> {
    let mut fields: Vec<String> = header.fields.iter().map(|f| f.trim().to_owned()).collect();
    if fields.len() + 1 == width && have_row_names(body, width) {
        warnings.push(
            Topic::General,
            line,
            format!(
                "the header has {} names and the lines below have {width} fields; the first column is taken as row names",
                fields.len()
            ),
        );
        fields.insert(0, "row".to_owned());
    } else if !body.is_empty() && fields.len() < width {
        warnings.push(
            Topic::General,
            line,
            format!(
                "the header has {} names and most lines below have {width} fields; the columns without a name are numbered",
                fields.len()
            ),
        );
        fields.resize(width, String::new());
    }
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    let mut given: HashSet<String> = HashSet::with_capacity(fields.len());
    let taken: HashSet<String> = fields.iter().cloned().collect();
    for (i, field) in fields.iter().enumerate() {
        let mut name = if field.is_empty() { format!("column_{}", i + 1) } else { field.clone() };
        if given.contains(&name) || (field.is_empty() && taken.contains(&name)) {
            let mut number = 2;
            let unique = |n: usize| format!("{name}_{n}");
            while given.contains(&unique(number)) || taken.contains(&unique(number)) {
                number += 1;
            }
            name = unique(number);
        }
        if field.is_empty() {
            warnings.push(
                Topic::General,
                line,
                format!("column {} has no name; it is called '{name}'", i + 1),
            );
        } else if name != *field {
            warnings.push(
                Topic::General,
                line,
                format!("two columns are called '{field}'; column {} is now called '{name}'", i + 1),
            );
        }
        given.insert(name.clone());
        names.push(name);
    }
    names
}

/// Whether each record begins with a name of its row that the header has none for, as R's `write.table` writes it:
/// all of them are as wide as `width`, and their first fields differ and are texts or whole numbers.
fn have_row_names(body: &[Record], width: usize) -> bool {
    let mut seen = HashSet::new();
    let is_name = |field: &str| {
        let mut own = Evidence::default();
        own.absorb(field, 0, false);
        !field.is_empty() && (!own.is_number() || field.bytes().all(|byte| byte.is_ascii_digit()))
    };
    body.len() >= 2
        && body.iter().all(|record| {
            let first = record.fields.first().map_or("", String::as_str);
            record.fields.len() == width && is_name(first) && seen.insert(first)
        })
}

//! Lines with more or fewer fields than the header: what becomes of them, and what is said of it.

use super::chunk::{Layout, Shape};
use super::infer::Plan;
use super::number::{Decimal, Reading, general};
use super::options::Ragged;
use super::sniff::shorten;
use super::warning::{Topic, Warning, WarningLog};

/// What stands in every warning about a line of another length.
const EXPECTED: &str = " are expected; ";

impl Warning {
    /// Whether it is about a line with more or fewer fields than the header; see [`Ragged`].
    #[must_use]
    pub fn is_ragged(&self) -> bool {
        self.message.contains(EXPECTED)
    }
}

/// Brings a record to the header's number of fields and says what that took. `line` is counted from 0. Returns where a
/// decimal point is to be put in the text, if a number was put together from two fields.
pub(crate) fn fit(
    fields: &[(u32, u32)],
    may_be_blank: bool,
    layout: &Layout,
    text: &[u8],
    line: u64,
    shape: &mut Shape,
    warnings: &mut WarningLog,
) -> Option<usize> {
    let n_cols = layout.names.len();
    let n = fields.len();
    if n == 1 && may_be_blank {
        warnings.push(Topic::Blank, line, "the line is empty and was skipped");
        return None;
    }
    let topic = if n < n_cols { Topic::Short } else { Topic::Long };
    let is_ragged = n < n_cols || fields[n_cols..].iter().any(|(start, end)| start != end);
    if is_ragged && layout.ragged == Ragged::Skip {
        warnings.push(topic, line, format!("{n} fields where {n_cols} are expected; the line was left out"));
        return None;
    }
    shape.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    let spans = &mut shape.spans;
    if is_ragged
        && layout.ragged == Ragged::Repair
        && let Some(at) = number_in_two(fields, layout, text)
    {
        let (first, second) = (fields[at], fields[at + 1]);
        spans.extend_from_slice(&fields[..at]);
        spans.push((first.0, second.1));
        spans.extend_from_slice(&fields[at + 2..]);
        let whole = String::from_utf8_lossy(&text[first.0 as usize..second.1 as usize]);
        let what = format!(
            "{n} fields where {n_cols} are expected; repaired: '{}' is one number, in column '{}'",
            shorten(&whole),
            layout.names[at]
        );
        warnings.push(topic, line, what);
        let comma = matches!(layout.columns[at].plan, Plan::Number { decimal: Decimal::Comma, .. });
        return (!comma).then_some(first.1 as usize);
    }
    spans.extend_from_slice(&fields[..n.min(n_cols)]);
    if n < n_cols {
        // an empty span in the padding
        spans.extend(std::iter::repeat_n((0, 0), n_cols - n));
        let what = format!("{n} fields where {n_cols} are expected; the missing ones are taken as empty");
        warnings.push(topic, line, what);
    } else if is_ragged {
        let extra: Vec<String> = fields[n_cols..]
            .iter()
            .map(|&(start, end)| {
                format!("'{}'", shorten(&String::from_utf8_lossy(&text[start as usize..end as usize])))
            })
            .collect();
        let extra = shorten(&extra.join(", "));
        warnings.push(topic, line, format!("{n} fields where {n_cols} are expected; left out: {extra}"));
    }
    None
}

/// The place of the one pair of neighbours that, as a number with a decimal comma, leaves every field in a column that
/// it fits. `None` when there is no such pair, or more than one.
fn number_in_two(fields: &[(u32, u32)], layout: &Layout, text: &[u8]) -> Option<usize> {
    let n_cols = layout.columns.len();
    if fields.len() != n_cols + 1 || layout.dialect.delimiter != b',' {
        return None;
    }
    let cell = |at: usize| &text[fields[at].0 as usize..fields[at].1 as usize];
    let digits = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    let whole = |cell: &[u8]| digits(cell.strip_prefix(b"-").unwrap_or(cell));
    let fits = |col: usize, cell: &[u8]| match layout.columns[col].plan {
        Plan::Number { decimal, .. } => {
            let missing = layout.columns[col].missing.is(cell);
            missing || matches!(general(&String::from_utf8_lossy(cell), decimal), Reading::Value(..))
        }
        _ => true,
    };
    let mut places = (0..n_cols).filter(|&at| {
        matches!(layout.columns[at].plan, Plan::Number { .. })
            && whole(cell(at))
            && digits(cell(at + 1))
            // nothing but the comma between them: no quotes, no spaces
            && fields[at].1 + 1 == fields[at + 1].0
            && (0..n_cols).all(|col| col == at || fits(col, cell(if col < at { col } else { col + 1 })))
    });
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

#[cfg(test)]
mod tests {
    use crate::data::{Loaded, ReadOptions, Source, read_csv, row_at_line, write_csv};
    use crate::work::Progress;

    use super::*;

    const TEXT: &str =
        "price,store,units\n1.79,S01,10\n1,79,S02,11\n1.59,S03\n-1,5,S04,13\n1.69,S05,14\n2.5,S06,15,,\n";

    fn read(text: &str, options: &ReadOptions) -> (Loaded, String, Vec<String>) {
        let source = Source::from_bytes("t.csv", text.as_bytes().to_vec());
        let loaded = read_csv(&source, options, &Progress::new()).unwrap();
        let mut csv = Vec::new();
        write_csv(&loaded.table, &mut csv).unwrap();
        let said = loaded.warnings.iter().map(|w| format!("{}: {}", w.line, w.message)).collect();
        (loaded, String::from_utf8(csv).unwrap(), said)
    }

    fn with(ragged: Ragged) -> ReadOptions {
        ReadOptions { ragged, ..ReadOptions::default() }
    }

    #[test]
    fn lines_of_another_length_are_left_out_where_that_is_asked_for() {
        let (loaded, csv, said) = read(TEXT, &with(Ragged::Skip));
        // empty fields behind the last one are no reason
        assert_eq!(csv, "price,store,units\n1.79,S01,10\n1.69,S05,14\n2.5,S06,15\n");
        assert_eq!(said[0], "3: 4 fields where 3 are expected; the line was left out");
        assert_eq!(said[1], "4: 2 fields where 3 are expected; the line was left out");
        assert!(loaded.warnings.iter().all(Warning::is_ragged));
        let source = Source::from_bytes("t.csv", TEXT.as_bytes().to_vec());
        let row = |line| {
            let (options, before) = (with(Ragged::Skip), (loaded.lines_before, 3));
            row_at_line(&source, &options, &loaded.dialect, before, line, &Progress::new()).unwrap()
        };
        assert_eq!([2, 3, 4, 5, 6, 7].map(row), [Some(0), None, None, None, Some(1), Some(2)]);
    }

    #[test]
    fn a_decimal_comma_among_commas_is_repaired() {
        let (_, csv, said) = read(TEXT, &with(Ragged::Repair));
        let expected =
            "price,store,units\n1.79,S01,10\n1.79,S02,11\n1.59,S03,\n-1.5,S04,13\n1.69,S05,14\n2.5,S06,15\n";
        assert_eq!(csv, expected);
        assert_eq!(
            said[0],
            "3: 4 fields where 3 are expected; repaired: '1,79' is one number, in column 'price'"
        );
        assert_eq!(said[1], "4: 2 fields where 3 are expected; the missing ones are taken as empty");
        // the same where records are read with care: a quote within a field
        let odd = format!("{TEXT}1.5,S \"7\" x,16\n");
        let (_, csv, _) = read(&odd, &with(Ragged::Repair));
        assert!(csv.starts_with(&expected[..expected.len() - 1]), "{csv}");
        // two ways to put it together: no guess
        let two = "a,b,c\n1.5,2.5,x\n1,2,3,y\n";
        let (_, csv, said) = read(two, &with(Ragged::Repair));
        assert_eq!(csv, "a,b,c\n1.5,2.5,x\n1,2,3\n");
        assert_eq!(said, ["3: 4 fields where 3 are expected; left out: 'y'"]);
    }

    #[test]
    fn a_line_and_the_rest_of_a_file_can_be_left_unread() {
        let text = "a,b\n1,x\n2,\"open\n3,y\n4,z\n";
        let source = Source::from_bytes("t.csv", text.as_bytes().to_vec());
        assert!(read_csv(&source, &ReadOptions::default(), &Progress::new()).is_err());
        let without = ReadOptions { without_lines: [3].into(), hash: true, ..ReadOptions::default() };
        let (loaded, csv, said) = read(text, &without);
        assert_eq!(csv, "a,b\n1,x\n3,y\n4,z\n");
        assert_eq!(said, ["3: the line was left out, as was asked for"]);
        assert!(!loaded.warnings[0].is_ragged());
        let before = ReadOptions { last_line: Some(2), hash: true, ..ReadOptions::default() };
        let (part, csv, said) = read(text, &before);
        assert_eq!(csv, "a,b\n1,x\n");
        assert_eq!(said, ["2: the lines below this one were not read, as was asked for"]);
        // sha256sum of the file as it is on disk, whatever was read of it
        assert_eq!(loaded.sha256, part.sha256);
        let whole =
            ReadOptions { quote: Some(crate::data::Quote::None), hash: true, ..ReadOptions::default() };
        assert_eq!(loaded.sha256, read(text, &whole).0.sha256);
    }
}

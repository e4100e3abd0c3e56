//! The weeks of a table that says when its rows happened.

use std::collections::BTreeMap;

use crate::data::{ColumnData, MISSING_DATE, Table};

/// Microseconds in a week.
const WEEK_MICROS: i64 = 7 * 86_400 * 1_000_000;
/// With fewer weeks than this there is nothing to learn first and to watch then.
const LEAST: usize = 6;

/// The rows of each week, in the order of time, by the table's first column of dates; weeks begin on Mondays (ISO 8601), and
/// those without a row are left out, as are rows without a date. `rows` are those that are looked at.
///
/// # Errors
/// A message when there is no column of dates, or fewer than six weeks.
pub fn weeks_by_date(table: &Table, rows: &[usize]) -> Result<Vec<Vec<usize>>, String> {
    let dates = table.columns().iter().find_map(|column| match &column.data {
        ColumnData::Date(values) => Some((&column.name, values)),
        _ => None,
    });
    let Some((name, values)) = dates else {
        return Err("the table has no column of dates, so that its weeks are not known".into());
    };
    let mut weeks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for &row in rows {
        match values.get(row) {
            // 1970-01-01 was a Thursday, three days after a Monday
            Some(&micros) if micros != MISSING_DATE => {
                let week = (micros + 3 * (WEEK_MICROS / 7)).div_euclid(WEEK_MICROS);
                weeks.entry(week).or_default().push(row);
            }
            _ => {}
        }
    }
    if weeks.len() < LEAST {
        return Err(format!(
            "the dates in '{name}' lie in {} different weeks, and at least {LEAST} are needed",
            weeks.len()
        ));
    }
    Ok(weeks.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, ReadOptions, Source, read_csv};
    use crate::work::Progress;

    #[test]
    fn weeks_begin_on_mondays() {
        // 2024-01-01 was a Monday
        let days = [
            "2024-01-07",
            "2024-01-01",
            "2024-01-08",
            "",
            "2023-12-31",
            "2024-01-15",
            "2024-02-05",
            "2024-02-12",
        ];
        let csv = format!("day,x\n{}\n", days.map(|day| format!("{day},1")).join("\n"));
        let source = Source::from_bytes("t.csv", csv.into_bytes());
        let table = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap().table;
        let all: Vec<usize> = (0..table.n_rows()).collect();
        let weeks = weeks_by_date(&table, &all).unwrap();
        assert_eq!(weeks, [vec![4], vec![0, 1], vec![2], vec![5], vec![6], vec![7]]);
        assert!(weeks_by_date(&table, &all[..3]).unwrap_err().contains("2 different weeks"));
        let column = Column { name: "x".into(), data: ColumnData::Number(vec![1.0]) };
        let without = Table::new(vec![column]).unwrap();
        assert!(weeks_by_date(&without, &[0]).unwrap_err().contains("no column of dates"));
    }
}

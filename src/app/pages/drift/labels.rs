//! Labels from a file: true values by request id, as another system hands them over.

use std::path::Path;

use serde_json::Value;

use crate::app::job::{Handle, JobError};
use crate::app::state::Problem;
use crate::data::{Column, ColumnData, ColumnKind, ColumnOptions, ReadOptions, Source, Table, read_csv};
use crate::workspace::labels::Labels;

/// The column of the requests' ids.
const ID: &str = "request_id";
/// What the column of the true values may be called beside the target's own name.
const LABEL: [&str; 2] = ["label", "truth"];

/// Takes labels from a file into the log: how many, and how many lines had no value.
pub(super) fn take(
    path: &Path,
    log: &Path,
    target: &str,
    now: i64,
    handle: &Handle,
) -> Result<(usize, usize), JobError> {
    let wrong = |error: &dyn std::fmt::Display| {
        Problem::new("The labels can't be taken", format!("{}: {error}", path.display()))
    };
    let source = Source::open(path).map_err(|error| wrong(&error))?;
    let loaded = read_csv(&source, &options(), &handle.progress).map_err(|error| wrong(&error))?;
    let (labels, without) = of(&loaded.table, target).map_err(|error| wrong(&error))?;
    handle.progress.check()?;
    let mut kept = Labels::open(log).map_err(|error| wrong(&error))?;
    kept.put(&labels, true, now).map_err(|error| wrong(&error))?;
    Ok((labels.len(), without))
}

/// Ids may look like numbers or dates, and stay what they are as texts.
fn options() -> ReadOptions {
    let text = ColumnOptions { kind: Some(ColumnKind::Text), ..ColumnOptions::default() };
    ReadOptions { columns: [(ID.to_owned(), text)].into_iter().collect(), ..ReadOptions::default() }
}

/// The labels of a table by request id, and how many rows have none.
fn of(table: &Table, target: &str) -> Result<(Vec<(String, Value)>, usize), String> {
    let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let ids = table.column(ID).ok_or_else(|| {
        format!("expected a column {ID}, got {}; it holds the ids of the requests, as the log and X-Request-Id have them", crate::data::list(&names))
    })?;
    let known = std::iter::once(target).chain(LABEL);
    let values = known.into_iter().find_map(|name| table.column(name)).ok_or_else(|| {
        format!(
            "expected a column {target} or {} with the true values beside {ID}, got {}",
            LABEL[0],
            crate::data::list(&names)
        )
    })?;
    let rows = 0..table.n_rows();
    let labels: Vec<(String, Value)> =
        rows.filter_map(|row| Some((id(ids, row)?, value(values, row)?))).collect();
    let without = table.n_rows() - labels.len();
    Ok((labels, without))
}

fn id(column: &Column, row: usize) -> Option<String> {
    match &column.data {
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).map(str::to_owned)
        }
        ColumnData::Number(values) => {
            values.get(row).filter(|v| !v.is_nan()).map(|v| crate::data::number_text(*v))
        }
        ColumnData::Date(_) => None,
    }
}

/// A true value as an answer would hold it.
pub(super) fn value(column: &Column, row: usize) -> Option<Value> {
    if column.is_missing(row) {
        return None;
    }
    match &column.data {
        ColumnData::Number(values) => Some(Value::from(values[row])),
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            coded.get(row).map(Value::from)
        }
        ColumnData::Date(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::work::Progress;

    fn table(csv: &str, options: &ReadOptions) -> Table {
        let source = Source::from_bytes("labels.csv", csv.as_bytes().to_vec());
        read_csv(&source, options, &Progress::new()).unwrap().table
    }

    #[test]
    fn labels_are_found_by_the_names_of_their_columns() {
        let both = of(&table("when,request_id,sold\n1,007,3.5\n2,r-1,\n3,,4\n", &options()), "sold").unwrap();
        assert_eq!(both, (vec![("007".to_owned(), json!(3.5))], 2));
        let classes = of(&table("request_id,label\na,yes\nb,no\n", &options()), "sold").unwrap().0;
        assert_eq!(classes, [("a".to_owned(), json!("yes")), ("b".to_owned(), json!("no"))]);
        let wrong = of(&table("id,label\na,1\n", &ReadOptions::default()), "sold").unwrap_err();
        assert!(wrong.contains("expected a column request_id, got 'id', 'label'"), "{wrong}");
        let wrong = of(&table("request_id,y\na,1\n", &options()), "sold").unwrap_err();
        assert!(wrong.contains("expected a column sold or label"), "{wrong}");
    }
}

//! What must hold for any bytes that are read as CSV.

use drydock::data::{ColumnOptions, ReadOptions, Source, read_csv, write_csv};
use drydock::work::Progress;

/// Reads the bytes; what was read must have one shape, be written, and read back as the same table.
pub(crate) fn csv(bytes: &[u8]) {
    let source = Source::from_bytes("fuzz.csv", bytes.to_vec());
    let options = ReadOptions { threads: 1, ..ReadOptions::default() };
    let Ok(loaded) = read_csv(&source, &options, &Progress::new()) else { return };
    let table = &loaded.table;
    assert_eq!(table.columns().len(), loaded.columns.len());
    assert!(table.columns().iter().all(|column| column.len() == table.n_rows()));
    assert!(loaded.warnings.iter().all(|warning| warning.line >= 1));
    let mut written = Vec::new();
    assert!(write_csv(table, &mut written).is_ok());
    // under the same types; a missing marker is a missing value by then, and an empty field stands for it
    let types = table.columns().iter().map(|column| {
        let own = ColumnOptions { kind: Some(column.kind()), ..ColumnOptions::default() };
        (column.name.clone(), own)
    });
    let fixed = ReadOptions {
        header: Some(true),
        delimiter: Some(b','),
        encoding: Some(drydock::data::Encoding::Utf8),
        quote: Some(drydock::data::Quote::Byte(b'"')),
        decimal: Some(drydock::data::Decimal::Point),
        columns: types.collect(),
        threads: 1,
        ..ReadOptions::default()
    };
    let again = match read_csv(&Source::from_bytes("again.csv", written.clone()), &fixed, &Progress::new()) {
        Ok(again) => again,
        Err(error) => {
            panic!("what was written can't be read: {error}\n{}", String::from_utf8_lossy(&written))
        }
    };
    assert_eq!(again.table.n_rows(), table.n_rows(), "{}", String::from_utf8_lossy(&written));
}

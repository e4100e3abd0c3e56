//! Reads a reference and a current file so that their columns mean the same: what one leaves open, the other settles.

use crate::data::stream::CsvStream;
use crate::data::{ColumnKind, DataError, Loaded, ReadOptions, Source, Table, Warning, read_csv};
use crate::inference::Predictor;
use crate::work::Progress;

/// Both files, read.
#[derive(Debug)]
pub struct Both {
    /// The reference.
    pub reference: Table,
    /// The current data.
    pub current: Table,
    /// What was odd about the reference.
    pub reference_warnings: Vec<Warning>,
    /// What was odd about the current file.
    pub current_warnings: Vec<Warning>,
}

/// Reads both files. The inputs of a model are read as the types it wants; a current column is read with the decimal sign
/// and the form of dates of the reference where it leaves them open, and as the reference's type where most of its cells
/// are of that type.
///
/// # Errors
/// [`DataError`] as for [`read_csv`].
pub fn read_both(
    reference: &Source,
    current: &Source,
    options: &ReadOptions,
    predictor: Option<&Predictor>,
    progress: &Progress,
) -> Result<Both, DataError> {
    let first = read_for(reference, options, predictor, progress)?;
    let mut with_hints = match predictor {
        Some(predictor) => predictor.with_types(options)?,
        None => options.clone(),
    };
    for (column, reading) in first.table.columns().iter().zip(&first.columns) {
        let own = with_hints.columns.entry(column.name.clone()).or_default();
        own.likely_decimal = own.likely_decimal.or(reading.decimal);
        own.likely_date = own.likely_date.or(reading.date);
        if own.missing.is_none() && with_hints.missing.is_none() {
            own.missing.clone_from(&reading.missing);
        }
    }
    let second = read_known(current, &with_hints, progress)?;
    let second = read_as_reference(&first.table, second, current, &with_hints, progress)?;
    Ok(Both {
        reference: first.table,
        current: second.table,
        reference_warnings: first.warnings,
        current_warnings: second.warnings,
    })
}

/// Reads one file, the inputs of a model as the types it wants.
///
/// # Errors
/// [`DataError`] as for [`read_csv`].
pub fn read_for(
    source: &Source,
    options: &ReadOptions,
    predictor: Option<&Predictor>,
    progress: &Progress,
) -> Result<Loaded, DataError> {
    match predictor {
        Some(predictor) => read_known(source, &predictor.with_types(options)?, progress),
        None => read_csv(source, options, progress),
    }
}

/// Reads a file that need not have every column that the options name.
fn read_known(source: &Source, options: &ReadOptions, progress: &Progress) -> Result<Loaded, DataError> {
    if options.columns.is_empty() {
        return read_csv(source, options, progress);
    }
    let mut options = options.clone();
    let stream = CsvStream::open(source, &options)?;
    let names = stream.names().to_vec();
    options.columns.retain(|name, _| names.contains(name));
    read_csv(source, &options, progress)
}

/// Reads the file once more where columns are of another kind than the reference's; keeps what fits.
fn read_as_reference(
    reference: &Table,
    loaded: Loaded,
    source: &Source,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Loaded, DataError> {
    let mut forced = options.clone();
    let mut odd = Vec::new();
    for column in reference.columns() {
        let Some(current) = loaded.table.column(&column.name) else { continue };
        let texts = matches!(current.kind(), ColumnKind::Category | ColumnKind::Text | ColumnKind::Boolean);
        let wanted = matches!(column.kind(), ColumnKind::Number | ColumnKind::Date);
        let empty =
            [column, current].iter().any(|column| (0..column.len()).all(|row| column.is_missing(row)));
        if texts && wanted && !empty {
            forced.columns.entry(column.name.clone()).or_default().kind = Some(column.kind());
            odd.push(column.name.clone());
        }
    }
    if odd.is_empty() {
        return Ok(loaded);
    }
    let again = read_known(source, &forced, progress)?;
    let present = |table: &Table, name: &str| {
        table
            .column(name)
            .map_or(0, |column| (0..column.len()).filter(|&row| !column.is_missing(row)).count())
    };
    let (fit, unfit): (Vec<&String>, Vec<&String>) =
        odd.iter().partition(|name| 2 * present(&again.table, name) >= present(&loaded.table, name));
    if unfit.is_empty() {
        return Ok(again);
    }
    if fit.is_empty() {
        return Ok(loaded);
    }
    // Those that don't fit are read as before, and once more: so the warnings are of the kinds that are kept, and none of a
    // cell that is taken for missing is lost.
    for name in unfit {
        match options.columns.get(name) {
            Some(own) => forced.columns.insert(name.clone(), own.clone()),
            None => forced.columns.remove(name),
        };
    }
    read_known(source, &forced, progress)
}

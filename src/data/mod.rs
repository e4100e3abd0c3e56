//! Tables and where they come from: typed columns, CSV reading and writing, profiles, splits, the bundled
//! samples. Knows nothing of models.

mod blocks;
mod cell;
mod chunk;
pub mod date;
mod encoding;
mod infer;
mod number;
mod options;
mod read;
mod scan;
mod sniff;
mod source;
mod table;
mod warning;

pub use encoding::Encoding;
pub use number::{Decimal, Unit, number_text, write_number};
pub use options::{ColumnOptions, DataError, Dialect, Quote, ReadOptions};
pub use read::{ColumnReading, Loaded, read_csv};
pub use source::Source;
pub use table::{Coded, Column, ColumnData, ColumnKind, Levels, MISSING_CODE, MISSING_DATE, Table};
pub use warning::Warning;

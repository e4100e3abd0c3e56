//! Tables and where they come from: typed columns, CSV reading and writing, profiles, splits, the bundled
//! samples. Knows nothing of models.

mod blocks;
mod cell;
pub mod chart;
mod chunk;
mod closest;
mod columns;
pub mod date;
mod distinct;
mod encoding;
mod infer;
mod number;
mod options;
pub mod profile;
pub mod quantile;
mod quotes;
mod read;
mod replace;
pub mod samples;
mod scan;
mod sniff;
mod source;
pub mod split;
mod spool;
pub(crate) mod stream;
mod table;
mod warning;
mod write;

pub(crate) use cell::boolean_word;
pub(crate) use closest::did_you_mean;
pub use distinct::distinct_values_up_to;
pub use encoding::Encoding;
pub use number::{Decimal, Unit, number_text, write_number};
pub use options::{ColumnOptions, DataError, Dialect, Quote, ReadOptions};
pub(crate) use options::{advice, list};
pub use read::{ColumnReading, Loaded, read_csv};
pub use replace::replace_file;
pub use source::Source;
pub use spool::Spool;
pub use table::{Coded, Column, ColumnData, ColumnKind, Levels, MISSING_CODE, MISSING_DATE, Table};
pub use warning::Warning;
pub use write::{write_csv, write_field};

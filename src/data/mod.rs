//! Tables and where they come from: typed columns, CSV reading and writing, profiles, splits, the bundled
//! samples. Knows nothing of models.

mod blocks;
mod cell;
pub mod chart;
mod chunk;
mod columns;
pub mod date;
mod distinct;
mod encoding;
mod excerpt;
mod infer;
mod kind;
mod number;
mod options;
pub mod profile;
pub mod quantile;
mod quotes;
mod read;
mod relation;
mod replace;
mod rows;
pub mod samples;
mod scan;
mod sniff;
mod source;
pub mod split;
pub(crate) mod stream;
mod table;
mod warning;
mod write;

pub use distinct::distinct_values_up_to;
pub use encoding::Encoding;
pub use excerpt::{RawLine, first_bytes, raw_lines, read_start, row_at_line};
pub use kind::{ForeignKind, foreign_kind};
pub use number::{Decimal, Unit, number_text, write_number};
pub(crate) use options::list;
pub use options::{ColumnOptions, DataError, Dialect, Quote, ReadOptions};
pub use read::{ColumnReading, Loaded, read_csv};
pub use relation::{Relation, relation};
pub use replace::replace_file;
pub use rows::{ColumnFilter, RowQuery, find_rows};
pub use source::Source;
pub use table::{Coded, Column, ColumnData, ColumnKind, Levels, MISSING_CODE, MISSING_DATE, Table};
pub use warning::Warning;
pub use write::{write_csv, write_csv_rows, write_field};

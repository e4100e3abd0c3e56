//! Tables and where they come from: typed columns, CSV reading and writing, profiles, splits, the bundled
//! samples. Knows nothing of models.

mod table;

pub use table::{Coded, Column, ColumnData, ColumnKind, Levels, MISSING_CODE, MISSING_DATE, Table};

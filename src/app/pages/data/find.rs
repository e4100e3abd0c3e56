//! Which rows are asked for, as it is kept: by names, which a table that is read anew still has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::row_set::RowSet;
use crate::data::{ColumnFilter, ColumnKind, RowQuery, Table};

/// Which rows are asked for, by the columns' names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Find {
    pub(super) search: String,
    pub(super) filters: BTreeMap<String, ColumnFilter>,
    /// The column, and whether the largest comes first.
    pub(super) sort: Option<(String, bool)>,
    /// Exactly these rows; row numbers mean nothing once the table is read anew.
    #[serde(skip)]
    pub(super) set: Option<RowSet>,
}

impl Find {
    /// Whether it asks for every row.
    pub(super) fn hides_nothing(&self) -> bool {
        self.set.is_none()
            && self.search.trim().is_empty()
            && self.filters.values().all(ColumnFilter::is_open)
    }

    /// Whether it asks for every row in file order.
    pub(super) fn is_open(&self) -> bool {
        self.hides_nothing() && self.sort.is_none()
    }

    /// The same by the columns' places.
    pub(super) fn query(&self, table: &Table) -> RowQuery {
        let place = |name: &String| table.columns().iter().position(|column| column.name == *name);
        RowQuery {
            search: self.search.clone(),
            filters: self
                .filters
                .iter()
                .filter(|(_, filter)| !filter.is_open())
                .filter_map(|(name, filter)| Some((place(name)?, filter.clone())))
                .collect(),
            sort: self.sort.as_ref().and_then(|(name, descending)| Some((place(name)?, *descending))),
        }
    }

    /// Forgets what a table that was read anew can't answer.
    pub(super) fn fit(&mut self, table: &Table) {
        self.set = None;
        self.filters.retain(|name, filter| {
            let Some(column) = table.column(name) else { return false };
            let ordered = matches!(column.kind(), ColumnKind::Number | ColumnKind::Date);
            !filter.is_open() && (filter.missing || ordered == filter.range.is_some())
        });
        self.sort = self.sort.take().filter(|(name, _)| table.column(name).is_some());
    }
}

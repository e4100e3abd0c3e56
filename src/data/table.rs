//! The columnar table: numbers, categories, booleans, dates and text, each with its missing values marked.

use std::sync::Arc;

use hashbrown::HashTable;

/// The code of a missing value in [`Coded::codes`].
pub const MISSING_CODE: u32 = u32::MAX;
/// The value of a missing date in [`ColumnData::Date`].
pub const MISSING_DATE: i64 = i64::MIN;

/// The kind of a column, as [`ColumnData`] stores it and as `inspect` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Finite 64-bit floating-point numbers.
    Number,
    /// One of a limited set of levels.
    Category,
    /// Two levels that mean yes and no.
    Boolean,
    /// A day or a point in time.
    Date,
    /// Anything else: names, identifiers, free text.
    Text,
}

impl ColumnKind {
    /// The kind's name, as used in files and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Text => "text",
        }
    }
}

impl std::fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for ColumnKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "number" => Ok(Self::Number),
            "category" => Ok(Self::Category),
            "boolean" => Ok(Self::Boolean),
            "date" => Ok(Self::Date),
            "text" => Ok(Self::Text),
            _ => Err(format!(
                "'{text}' is not a column type; expected number, category, boolean, date or text"
            )),
        }
    }
}

/// Distinct texts in order of first appearance, stored in one buffer.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    bytes: String,
    ends: Vec<usize>,
    index: HashTable<u32>,
}

impl PartialEq for Levels {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.ends == other.ends
    }
}

fn hash_of(text: &str) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

impl Levels {
    /// How many levels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no level.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of level `code`; the empty text for [`MISSING_CODE`] and any other code that is out of range.
    #[must_use]
    pub fn get(&self, code: u32) -> &str {
        slice_of(&self.bytes, &self.ends, code as usize).unwrap_or("")
    }

    /// The code of a text, if it is a level.
    #[must_use]
    pub fn code(&self, text: &str) -> Option<u32> {
        self.index
            .find(hash_of(text), |&code| slice_of(&self.bytes, &self.ends, code as usize) == Some(text))
            .copied()
    }

    /// The code of a text, which becomes a new level if it was none. There are at most `u32::MAX - 1` levels;
    /// a text past that gets [`MISSING_CODE`].
    pub fn intern(&mut self, text: &str) -> u32 {
        let Self { bytes, ends, index } = self;
        let hash = hash_of(text);
        if let Some(&code) = index.find(hash, |&code| slice_of(bytes, ends, code as usize) == Some(text)) {
            return code;
        }
        let Ok(code) = u32::try_from(ends.len()) else { return MISSING_CODE };
        if code == MISSING_CODE {
            return MISSING_CODE;
        }
        bytes.push_str(text);
        ends.push(bytes.len());
        index.insert_unique(hash, code, |&code| hash_of(slice_of(bytes, ends, code as usize).unwrap_or("")));
        code
    }

    /// The levels in code order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|i| slice_of(&self.bytes, &self.ends, i).unwrap_or(""))
    }

    /// Forgets every level, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.index.clear();
    }
}

impl<S: AsRef<str>> FromIterator<S> for Levels {
    fn from_iter<I: IntoIterator<Item = S>>(iter: I) -> Self {
        let mut levels = Self::default();
        for text in iter {
            levels.intern(text.as_ref());
        }
        levels
    }
}

fn slice_of<'a>(bytes: &'a str, ends: &[usize], index: usize) -> Option<&'a str> {
    let end = *ends.get(index)?;
    let start = if index == 0 { 0 } else { *ends.get(index - 1)? };
    bytes.get(start..end)
}

/// Texts as codes into a dictionary; [`MISSING_CODE`] marks a missing value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coded {
    /// One code per row.
    pub codes: Vec<u32>,
    /// The dictionary.
    pub levels: Arc<Levels>,
}

impl Coded {
    /// The text of a row, `None` when missing.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        match self.codes.get(row) {
            None | Some(&MISSING_CODE) => None,
            Some(&code) => Some(self.levels.get(code)),
        }
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Coded {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(iter: I) -> Self {
        let mut levels = Levels::default();
        let codes = iter
            .into_iter()
            .map(|text| text.map_or(MISSING_CODE, |text| levels.intern(text.as_ref())))
            .collect();
        Self { codes, levels: Arc::new(levels) }
    }
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Numbers; NaN marks a missing value. Every other value is finite.
    Number(Vec<f64>),
    /// Levels of a category.
    Category(Coded),
    /// Yes and no: code 0 is the level that means no, code 1 the one that means yes, each spelled as in the
    /// file.
    Boolean(Coded),
    /// Microseconds since 1970-01-01T00:00:00 (UTC where the file gives an offset, else as written);
    /// [`MISSING_DATE`] marks a missing value.
    Date(Vec<i64>),
    /// Texts, kept exactly.
    Text(Coded),
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name, unique in its table.
    pub name: String,
    /// The values.
    pub data: ColumnData,
}

impl Column {
    /// A column of numbers; NaN marks a missing value.
    #[must_use]
    pub fn number(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self { name: name.into(), data: ColumnData::Number(values) }
    }

    /// The column's kind.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        match self.data {
            ColumnData::Number(_) => ColumnKind::Number,
            ColumnData::Category(_) => ColumnKind::Category,
            ColumnData::Boolean(_) => ColumnKind::Boolean,
            ColumnData::Date(_) => ColumnKind::Date,
            ColumnData::Text(_) => ColumnKind::Text,
        }
    }

    /// How many rows the column has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.data {
            ColumnData::Number(values) => values.len(),
            ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => c.codes.len(),
            ColumnData::Date(values) => values.len(),
        }
    }

    /// Whether the column has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the value of a row is missing (also for a row that does not exist).
    #[must_use]
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.data {
            ColumnData::Number(values) => values.get(row).is_none_or(|v| v.is_nan()),
            ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => {
                c.codes.get(row).is_none_or(|&code| code == MISSING_CODE)
            }
            ColumnData::Date(values) => values.get(row).is_none_or(|&v| v == MISSING_DATE),
        }
    }

    /// The rows named by `rows`, in that order. Rows that do not exist become missing.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], rows: &[usize], missing: T) -> Vec<T> {
            rows.iter().map(|&row| values.get(row).copied().unwrap_or(missing)).collect()
        }
        let coded =
            |c: &Coded| Coded { codes: pick(&c.codes, rows, MISSING_CODE), levels: Arc::clone(&c.levels) };
        let data = match &self.data {
            ColumnData::Number(values) => ColumnData::Number(pick(values, rows, f64::NAN)),
            ColumnData::Category(c) => ColumnData::Category(coded(c)),
            ColumnData::Boolean(c) => ColumnData::Boolean(coded(c)),
            ColumnData::Date(values) => ColumnData::Date(pick(values, rows, MISSING_DATE)),
            ColumnData::Text(c) => ColumnData::Text(coded(c)),
        };
        Self { name: self.name.clone(), data }
    }
}

/// A table: columns of equal length with unique names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    n_rows: usize,
}

impl Table {
    /// A table of the given columns.
    ///
    /// # Errors
    /// A message when two columns have the same name or different lengths.
    pub fn new(columns: Vec<Column>) -> Result<Self, String> {
        let n_rows = columns.first().map_or(0, Column::len);
        let mut names = std::collections::HashSet::new();
        for column in &columns {
            if column.len() != n_rows {
                return Err(format!(
                    "column '{}' has {} rows where the others have {n_rows}",
                    column.name,
                    column.len()
                ));
            }
            if !names.insert(column.name.as_str()) {
                return Err(format!("two columns are called '{}'", column.name));
            }
        }
        Ok(Self { columns, n_rows })
    }

    /// The columns, in file order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns, handed over.
    #[must_use]
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The rows named by `rows`, in that order. Rows that do not exist become missing.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        Self { columns: self.columns.iter().map(|column| column.take(rows)).collect(), n_rows: rows.len() }
    }
}

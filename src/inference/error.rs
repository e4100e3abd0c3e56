//! What is wrong with input, and where.

/// A value the model does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The record it is in (counted from 0) or the line of the file, if there is more than one.
    pub place: Option<Place>,
    /// The field or column.
    pub field: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The record of a list, counted from 0.
    Record(usize),
    /// The line of a file, counted from 1.
    Line(u64),
}

impl std::fmt::Display for InputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place {
            Some(Place::Record(record)) => write!(f, "record {record}: ")?,
            Some(Place::Line(line)) => write!(f, "line {line}: ")?,
            None => {}
        }
        if self.field.is_empty() {
            return write!(f, "expected {}, got {}", self.expected, self.got);
        }
        write!(f, "field '{}': expected {}, got {}", self.field, self.expected, self.got)
    }
}

impl std::error::Error for InputError {}

impl InputError {
    /// A field the model does not know, when its policy refuses those.
    pub(crate) fn extra(name: &str) -> Self {
        Self {
            place: None,
            field: name.to_owned(),
            expected: "only the model's inputs".into(),
            got: "a field the model does not know".into(),
        }
    }

    /// Values that are each taken, and whose prediction is beyond the largest double.
    #[must_use]
    pub fn overflow() -> Self {
        Self {
            place: None,
            field: String::new(),
            expected: "values whose prediction is a finite number".into(),
            got: "values so large that it overflows".into(),
        }
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

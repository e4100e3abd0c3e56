//! The routes by which rows reach the model and predictions come back. The curve measures every [`Route`], the parity
//! strip compares every [`Way`]: one that is new is a line in these lists, and what it does.

use serde_json::Value;

use super::parity::{among, place, through_file};
use super::record::Record;
use crate::app::job::JobError;
use crate::app::state::Problem;
use crate::data::Table;
use crate::inference::{InputError, Prediction, Predictor, Scratch};

/// The most numbers in a batch that is only there to compare one row: where the model takes more, it is left out.
const MANY_CELLS: usize = 20_000_000;

/// A route whose time per row is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// A table in memory, in this process.
    InProcess,
}

impl Route {
    /// Every route there is.
    pub(crate) const ALL: [Self; 1] = [Self::InProcess];

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
        }
    }

    /// Predicts a table, for its time.
    ///
    /// # Errors
    /// A [`Problem`] when a row is refused.
    pub(super) fn call(self, predictor: &Predictor, table: &Table) -> Result<(), Problem> {
        let refused = |error: InputError| Problem::new("A row was refused", error.to_string());
        match self {
            Self::InProcess => std::hint::black_box(predictor.predict_table(std::hint::black_box(table), 0))
                .map(drop)
                .map_err(refused),
        }
    }
}

/// A way to predict the one row that all ways are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The values as they are: what the others are compared with.
    Alone,
    /// As the text of a JSON object.
    Json,
    /// Among so many rows, on so many threads (0 for all).
    Among { n: usize, threads: usize },
    /// Through a CSV file.
    File,
}

impl Way {
    /// Every way there is, the plainest first.
    pub(super) const ALL: [Self; 6] = [
        Self::Alone,
        Self::Json,
        Self::Among { n: 1, threads: 1 },
        Self::Among { n: 1_000, threads: 1 },
        Self::Among { n: 200_000, threads: 0 },
        Self::File,
    ];

    /// What it is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Alone => "one record",
            Self::Json => "as JSON text",
            Self::Among { n: 1, .. } => "batch of 1",
            Self::Among { threads: 1, .. } => "in 1 000 rows",
            Self::Among { .. } => "in 200 000, parallel",
            Self::File => "through a CSV file",
        }
    }

    /// What comes out this way: the number, or the probability of every class. `alone` is what came out by the first
    /// way. `None` where the model is too wide for it.
    ///
    /// # Errors
    /// [`JobError`] when the record is refused.
    pub(super) fn outputs(
        self,
        predictor: &Predictor,
        record: &Record,
        alone: &[f64],
    ) -> Result<Option<Vec<f64>>, JobError> {
        let refused = |error: InputError| Problem::new("The record was refused", error.to_string());
        let model = predictor.model();
        let mut scratch = Scratch::default();
        let value = || Value::Object(record.clone());
        Ok(Some(match self {
            Self::Alone => {
                predictor.read_value(&value(), &mut scratch).map_err(refused)?;
                outputs_of(predictor, &mut scratch)
            }
            Self::Json => {
                predictor.read_record(value().to_string().as_bytes(), &mut scratch).map_err(refused)?;
                outputs_of(predictor, &mut scratch)
            }
            Self::Among { n, threads } => {
                if n > 1 && n.saturating_mul(model.inputs.len()) > MANY_CELLS {
                    return Ok(None);
                }
                let table = among(model, record, n);
                let predictions = predictor.predict_table(&table, threads).map_err(refused)?;
                let n_outputs = model.output.classes.len().max(1);
                (0..n_outputs).map(|output| predictions.output(output)[place(n)]).collect()
            }
            Self::File => through_file(predictor, record, alone)?,
        }))
    }
}

fn outputs_of(predictor: &Predictor, scratch: &mut Scratch) -> Vec<f64> {
    match predictor.predict(scratch) {
        Prediction::Number(value) => vec![value],
        Prediction::Class { .. } => predictor.probabilities(scratch).into_iter().map(|(_, p)| p).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::model;
    use super::*;

    #[test]
    fn every_way_has_a_name_of_its_own_and_the_same_bits() {
        let predictor = model();
        let record: Record = serde_json::from_str(r#"{"x": 1, "shop": "A"}"#).unwrap();
        let alone = Way::Alone.outputs(&predictor, &record, &[]).unwrap().unwrap();
        let mut names = std::collections::BTreeSet::new();
        for way in Way::ALL {
            assert!(names.insert(way.title()), "{}", way.title());
            let outputs = way.outputs(&predictor, &record, &alone).unwrap().unwrap();
            assert_eq!(outputs[0].to_bits(), alone[0].to_bits(), "{}", way.title());
        }
    }
}

//! The routes by which rows reach the model and predictions come back. The curve measures every [`Route`], the parity
//! strip compares every [`Way`]: one that is new is a line in these lists, and what it does.

use serde_json::Value;

use super::http::{Endpoint, body_of};
use super::parity::{among, place, through_file};
use super::record::Record;
use crate::app::job::JobError;
use crate::app::state::Problem;
use crate::data::Table;
use crate::inference::{InputError, Prediction, Predictor, Scratch};
use crate::work::Progress;

/// The most numbers in a batch that is only there to compare one row: where the model takes more, it is left out.
const MANY_CELLS: usize = 20_000_000;

/// What the routes and ways lead to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached<'a> {
    /// The model, in this process.
    pub(super) predictor: &'a Predictor,
    /// The running server; none when nothing is served.
    pub(super) endpoint: Option<&'a Endpoint>,
    /// Says when it is no longer wanted.
    pub(super) progress: &'a Progress,
}

/// A call that is timed.
pub(super) type Call<'a> = Box<dyn FnMut() -> Result<(), JobError> + 'a>;

/// A route whose time per row is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// A table in memory, in this process.
    InProcess,
    /// JSON to the running server and back.
    Http,
}

impl Route {
    /// Every route there is.
    pub(crate) const ALL: [Self; 2] = [Self::InProcess, Self::Http];

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Http => "over HTTP",
        }
    }

    /// What predicts a table once each time it is called. `None` where the route is closed: nothing is served, or the
    /// server takes no body as large as this table's.
    pub(super) fn call<'a>(self, reached: Reached<'a>, table: &'a Table) -> Option<Call<'a>> {
        match self {
            Self::InProcess => Some(Box::new(move || {
                let predicted = reached.predictor.predict_table(std::hint::black_box(table), 0);
                let refused = |error: InputError| Problem::new("A row was refused", error.to_string());
                std::hint::black_box(predicted).map(drop).map_err(|error| refused(error).into())
            })),
            Self::Http => {
                let endpoint = reached.endpoint?;
                let request = endpoint.request(body_of(reached.predictor.model(), table)?);
                Some(Box::new(move || endpoint.ask(&request, reached.progress).map(drop)))
            }
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
    /// To the running server and back, alone.
    Http,
    /// To the running server and back, among so many rows.
    HttpAmong { n: usize },
}

impl Way {
    /// Every way there is, the plainest first.
    pub(super) const ALL: [Self; 8] = [
        Self::Alone,
        Self::Json,
        Self::Among { n: 1, threads: 1 },
        Self::Among { n: 1_000, threads: 1 },
        Self::Among { n: 200_000, threads: 0 },
        Self::File,
        Self::Http,
        Self::HttpAmong { n: 1_000 },
    ];

    /// Whether the row leaves this process.
    pub(super) fn is_remote(self) -> bool {
        matches!(self, Self::Http | Self::HttpAmong { .. })
    }

    /// What it is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Alone => "one record",
            Self::Json => "as JSON text",
            Self::Among { n: 1, .. } => "batch of 1",
            Self::Among { threads: 1, .. } => "in 1 000 rows",
            Self::Among { .. } => "in 200 000, parallel",
            Self::File => "through a CSV file",
            Self::Http => "over HTTP",
            Self::HttpAmong { .. } => "over HTTP, in 1 000",
        }
    }

    /// What comes out this way: the number, or the probability of every class. `alone` is what came out by the first
    /// way. `None` where the model is too wide for it, or nothing is served.
    ///
    /// # Errors
    /// [`JobError`] when the record is refused.
    pub(super) fn outputs(
        self,
        reached: Reached<'_>,
        record: &Record,
        alone: &[f64],
    ) -> Result<Option<Vec<f64>>, JobError> {
        let Reached { predictor, endpoint, progress } = reached;
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
            Self::Http => {
                let Some(endpoint) = endpoint else { return Ok(None) };
                endpoint.one(model, record, alone, progress)?
            }
            Self::HttpAmong { n } => {
                let Some(endpoint) = endpoint else { return Ok(None) };
                let outputs = endpoint.among(model, &among(model, record, n), place(n), alone, progress)?;
                if outputs.is_empty() {
                    return Ok(None);
                }
                outputs
            }
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

    /// The names, the bits and the closed ways of a window that serves nothing.
    #[test]
    fn every_way_has_a_name_of_its_own_and_the_same_bits() {
        let predictor = model();
        let record: Record = serde_json::from_str(r#"{"x": 1, "shop": "A"}"#).unwrap();
        let progress = Progress::new();
        let reached = Reached { predictor: &predictor, endpoint: None, progress: &progress };
        let alone = Way::Alone.outputs(reached, &record, &[]).unwrap().unwrap();
        let mut names = std::collections::BTreeSet::new();
        for way in Way::ALL {
            assert!(names.insert(way.title()), "{}", way.title());
            let outputs = way.outputs(reached, &record, &alone).unwrap();
            assert_eq!(outputs.is_none(), way.is_remote(), "{}", way.title());
            let Some(outputs) = outputs else { continue };
            assert_eq!(outputs[0].to_bits(), alone[0].to_bits(), "{}", way.title());
        }
    }
}

//! What jobs worked out for the page; gone after a restart.

use std::sync::Arc;

use super::record::Record;
use crate::app::state::{Loadable, Problem};
use crate::data::Table;
use crate::data::chart::ColumnChart;
use crate::workspace::DataRef;

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The predicted file; the old one stays while another is predicted.
    pub(crate) batch: Loadable<Arc<Batch>>,
    /// The first rows and the count, while the job runs.
    pub(crate) running: Option<Running>,
    /// The measured points of the curve.
    pub(crate) points: Vec<Point>,
    /// The measured time of one record as JSON.
    pub(crate) single: Option<Point>,
    /// Whether measuring failed.
    pub(crate) measure_problem: Option<Problem>,
    /// The same row by every way.
    pub(crate) parity: Loadable<Parity>,
    /// The row that was compared last, or is being compared.
    pub(crate) compared: Option<Record>,
    /// Whether the result of comparing is to be said: someone asked for it.
    pub(crate) say_parity: bool,
}

/// A file that is being predicted.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// What it is called.
    pub(crate) name: String,
    /// Rows written so far.
    pub(crate) n_rows: u64,
    /// The first rows, once there are some.
    pub(crate) first: Option<Arc<Table>>,
    /// How the predictions so far lie.
    pub(crate) chart: ColumnChart,
}

/// A predicted file.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where the input is.
    pub(crate) from: DataRef,
    /// The input's size.
    pub(crate) n_bytes: u64,
    /// Rows read and predicted.
    pub(crate) n_rows: u64,
    /// How long it took, reading and writing included.
    pub(crate) seconds: f64,
    /// The first rows of the output.
    pub(crate) table: Arc<Table>,
    /// The name of the column with the predictions.
    pub(crate) prediction_column: String,
    /// How all predictions are distributed.
    pub(crate) chart: ColumnChart,
    /// What was odd about the input.
    pub(crate) notes: Vec<String>,
    /// The whole output, gone when nothing shows it any more.
    pub(crate) file: Arc<tempfile::NamedTempFile>,
}

/// A measured call: seconds per row (or per call, for a single record).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Point {
    /// Rows in the call.
    pub(crate) rows: usize,
    /// The median over repeats.
    pub(crate) median: f64,
    /// The tenth percentile.
    pub(crate) low: f64,
    /// The ninetieth percentile.
    pub(crate) high: f64,
    /// How many repeats.
    pub(crate) repeats: usize,
}

/// The same row by every way there is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parity {
    /// The row.
    pub(crate) record: Record,
    /// The ways, the first being what the others are compared with.
    pub(crate) stages: Vec<Stage>,
    /// The measured time of the first way.
    pub(crate) call: Point,
}

/// One way to predict a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// What it is.
    pub(crate) name: String,
    /// The number, or the probability of every class.
    pub(crate) outputs: Vec<f64>,
}

impl Stage {
    /// Whether both gave the same numbers in every bit.
    pub(crate) fn same_bits(&self, other: &Self) -> bool {
        let bits = |stage: &Self| stage.outputs.iter().map(|output| output.to_bits()).collect::<Vec<_>>();
        bits(self) == bits(other)
    }
}

impl Parity {
    /// The first way whose numbers differ in any bit from the first one's.
    pub(crate) fn differs(&self) -> Option<&Stage> {
        let first = self.stages.first()?;
        self.stages.iter().find(|stage| !first.same_bits(stage))
    }
}

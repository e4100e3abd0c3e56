//! What jobs worked out for the page; gone after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::call::{Calls, Reply};
use super::kept::{Output, Stamp};
use super::record::Record;
use super::routes::Route;
use crate::app::state::{Loadable, Problem, Version};
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
    /// The measured points of each route's curve.
    pub(crate) curves: BTreeMap<Route, Vec<Point>>,
    /// The measured time of one record as JSON.
    pub(crate) single: Option<Point>,
    /// Whether measuring failed.
    pub(crate) measure_problem: Option<Problem>,
    /// The same row by every way.
    pub(crate) parity: Loadable<Parity>,
    /// The row that was compared last, or is being compared.
    pub(crate) compared: Option<Record>,
    /// Whether a server runs, so that rows can go over HTTP.
    pub(crate) served: bool,
    /// What the server said to the record that was sent last.
    pub(crate) reply: Option<Reply>,
    /// Whether a record is on its way to the server.
    pub(crate) asking: bool,
    /// Whether the result of comparing is to be said: someone asked for it.
    pub(crate) say_parity: bool,
}

impl Results {
    /// The measured points of a route; those that a clock which stands still gave are none.
    pub(crate) fn points(&self, route: Route) -> Vec<Point> {
        let points = self.curves.get(&route).into_iter().flatten();
        points.copied().filter(|point| point.median > 0.0).collect()
    }

    /// Whether nothing was measured yet.
    pub(crate) fn is_unmeasured(&self) -> bool {
        self.curves.values().all(Vec::is_empty)
    }
}

/// A file that is being predicted.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// What it is called.
    pub(crate) name: String,
    /// Rows written so far.
    pub(crate) n_rows: u64,
    /// Requests that were answered so far, where it goes over HTTP.
    pub(crate) calls: u64,
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
    /// What its file was like when it was read.
    pub(crate) stamp: Option<Stamp>,
    /// What has become of it since, where that matters.
    pub(crate) changed: Option<String>,
    /// The input's size.
    pub(crate) n_bytes: u64,
    /// Rows read and predicted.
    pub(crate) n_rows: u64,
    /// The share of the file that was read, where it was stopped before its end.
    pub(crate) stopped: Option<f64>,
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
    /// The requests it took, where it went over HTTP.
    pub(crate) calls: Option<Calls>,
    /// The model that predicted it.
    pub(crate) by: By,
    /// The whole output.
    pub(crate) file: Arc<Output>,
}

/// A model among the versions: its number, and the version that its content determines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct By {
    /// The number.
    pub(crate) number: u32,
    /// What it was called then.
    pub(crate) title: String,
    /// The model's own version.
    pub(crate) model: String,
}

impl By {
    /// Of a version.
    pub(crate) fn of(version: &Version) -> Self {
        Self {
            number: version.entry.number,
            title: version.entry.title(),
            model: version.model().version.clone(),
        }
    }

    /// Whether it is that version's model.
    pub(crate) fn is(&self, version: &Version) -> bool {
        self.number == version.entry.number && self.model == version.model().version
    }
}

impl Batch {
    /// What must be known before these predictions are used: that they are a part, by another model, or of a file that
    /// is another one now.
    pub(crate) fn remarks(&self, champion: &Version) -> Vec<String> {
        let part = self.stopped.map(|share| {
            let share = (share * 100.0).floor().clamp(0.0, 99.0);
            format!("Partial: stopped after {}, {share} % of the file", super::rows_text(self.n_rows))
        });
        let other = (!self.by.is(champion)).then(|| {
            format!("Predicted by {}; the champion is {} now", self.by.title, champion.entry.title())
        });
        part.into_iter().chain(other).chain(self.changed.clone()).collect()
    }
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
    /// Why no number came this way.
    pub(crate) problem: Option<String>,
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
        self.stages.iter().find(|stage| stage.problem.is_none() && !first.same_bits(stage))
    }
}

//! Drift of all columns together: can a model tell a current row from a reference row?
//!
//! A tree of the training module learns on four fifths of the rows which side a row is from, and its AUC is measured on
//! the last fifth, five times over. 0.5 means that it can't tell; what it can tell from no single column, such as a
//! correlation that turned, it sees as well.

use serde::Serialize;

use super::align::{Pair, align};
use super::rule::{Rule, short};
use super::special::chi_squared_sf;
use crate::data::{Coded, Column, ColumnData, MISSING_CODE, Table};
use crate::model::{ModelKind, Policies, Policy, Scores, Task};
use crate::training::{Origin, Plan, Settings, TrainError, train};
use crate::work::{Progress, Seed};

const FOLDS: usize = 5;
const SIDE: &str = "side of the comparison";
/// Fewer rows on a side than this tell nothing.
const MIN_ROWS: usize = 20;

/// How well a model tells the two tables apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DomainClassifier {
    /// Mean AUC over the folds: 0.5 can't tell, 1 always can; `None` where it can't be measured.
    pub auc: Option<f64>,
    /// Sample standard deviation over the folds.
    pub std: Option<f64>,
    /// What chance alone reaches in 5 of 100: 0.5 + 1.645 standard errors of an AUC without information.
    pub no_drift_p95: Option<f64>,
    /// The chance of so large an AUC without any difference.
    pub p_value: Option<f64>,
    /// It can tell them apart from this p-value down.
    pub alpha: f64,
    /// Rows of the reference and the current data that were used.
    pub n: (usize, usize),
    /// Folds that were measured.
    pub folds: usize,
    /// The columns the model splits on first, the most telling first.
    pub telling: Vec<String>,
    /// What is worth knowing.
    pub note: Option<String>,
}

impl DomainClassifier {
    /// The result in words.
    #[must_use]
    pub fn text(&self) -> String {
        let Some(auc) = self.auc else {
            return format!("no classifier: {}", self.note.as_deref().unwrap_or("it can't be measured"));
        };
        let can = if self.p_value.is_some_and(|p| p <= self.alpha) { "can" } else { "can't" };
        let telling = match self.telling.first() {
            Some(first) if can == "can" => format!("; it looks at {first} first"),
            _ => String::new(),
        };
        format!(
            "a classifier {can} tell the two apart (AUC {} ± {}, without drift below {}; {} and {} rows{telling})",
            short(auc),
            short(self.std.unwrap_or(0.0)),
            short(self.no_drift_p95.unwrap_or(0.5)),
            self.n.0,
            self.n.1
        )
    }
}

/// Trains a tree to tell the rows apart, on up to `rows` rows of each table, drawn at random; cross-validated. The rule gives the
/// seed, and the share of false alarms that is put up with.
///
/// # Errors
/// [`TrainError`] when it was cancelled or the fit fails.
pub fn domain_classifier(
    reference: &Table,
    current: &Table,
    rows: usize,
    rule: &Rule,
    progress: &Progress,
) -> Result<DomainClassifier, TrainError> {
    let (seed, alpha) = (rule.seed, rule.alpha);
    let picked = (
        sample(reference.n_rows(), rows, seed, "reference"),
        sample(current.n_rows(), rows, seed, "current"),
    );
    let n = (picked.0.len(), picked.1.len());
    let nothing = |note: String| DomainClassifier {
        auc: None,
        std: None,
        no_drift_p95: None,
        p_value: None,
        alpha,
        n,
        folds: 0,
        telling: Vec::new(),
        note: Some(note),
    };
    if n.0.min(n.1) < MIN_ROWS {
        return Ok(nothing(format!("fewer than {MIN_ROWS} rows on a side")));
    }
    let mut columns = Vec::new();
    for column in reference.columns() {
        let Some(other) = current.column(&column.name) else { continue };
        stack(column.take(&picked.0), other.take(&picked.1), &mut columns);
    }
    if columns.is_empty() {
        return Ok(nothing("no column of both tables can be used".into()));
    }
    let sides = (0..n.0).map(|_| Some("reference")).chain((0..n.1).map(|_| Some("current")));
    columns.push(Column { name: SIDE.into(), data: ColumnData::Category(sides.collect()) });
    let table = Table::new(columns).map_err(TrainError::Data)?;
    let settings = Settings {
        model: Some(ModelKind::Tree),
        task: Some(Task::Classification),
        folds: FOLDS,
        max_depth: 6,
        min_leaf: ((n.0 + n.1) / 100).max(5),
        seed,
        policies: Policies { missing_value: Policy::Impute, ..Policies::default() },
        ..Settings::new(SIDE)
    };
    let plan = match Plan::new(settings, &table) {
        Ok(plan) => plan,
        Err(TrainError::Setting(why) | TrainError::Data(why)) => return Ok(nothing(why)),
        Err(other) => return Err(other),
    };
    let trained = train(&plan, &table, &Origin::default(), progress)?;
    let of_fold = |scores: &Scores| scores.get("roc_auc").and_then(serde_json::Value::as_f64);
    let areas: Vec<f64> = trained.folds.iter().filter_map(of_fold).collect();
    let Some(summary) = crate::data::profile::summarize(&areas) else {
        return Ok(nothing("no fold could be measured".into()));
    };
    // Mann and Whitney's variance of an AUC without information, over all rows, each tested once
    let (m, k) = (n.0 as f64, n.1 as f64);
    let standard_error = ((m + k + 1.0) / (12.0 * m * k)).sqrt();
    let z = (summary.mean - 0.5) / standard_error;
    let two_sided = chi_squared_sf(z * z, 1);
    Ok(DomainClassifier {
        auc: Some(summary.mean),
        std: summary.std,
        no_drift_p95: Some(0.5 + 1.645 * standard_error),
        p_value: Some(if z > 0.0 { two_sided / 2.0 } else { 1.0 - two_sided / 2.0 }),
        alpha,
        n,
        folds: areas.len(),
        telling: telling(&trained.model),
        note: None,
    })
}

/// The inputs in the order in which the tree splits on them, level by level.
fn telling(model: &crate::model::Model) -> Vec<String> {
    use crate::model::{Estimator, Node};
    let Estimator::Tree(tree) = &model.estimator else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let mut level = vec![0_usize];
    while !level.is_empty() {
        let mut next = Vec::new();
        for node in level.iter().filter_map(|&at| tree.nodes.get(at)) {
            if let Node::Split { feature, left, right, .. } = node {
                if let Some(input) =
                    model.encoding.get(*feature).and_then(|term| model.inputs.get(term.input))
                    && !names.contains(&input.name)
                {
                    names.push(input.name.clone());
                }
                next.extend([*left, *right]);
            }
        }
        level = next;
    }
    names
}

/// Row numbers, drawn at random without replacement, ascending.
pub(crate) fn sample(n: usize, wanted: usize, seed: Seed, side: &str) -> Vec<usize> {
    use rand::seq::index::sample;
    if n <= wanted {
        return (0..n).collect();
    }
    let mut rows = sample(&mut seed.rng(&format!("drift sample {side}")), n, wanted).into_vec();
    rows.sort_unstable();
    rows
}

/// Both sides of a column, one below the other; and whether a value is missing as a column of its own.
fn stack(reference: Column, current: Column, columns: &mut Vec<Column>) {
    let name = reference.name.clone();
    let (missing, data): (Vec<bool>, ColumnData) = match align(reference, current).pair {
        Pair::Numbers(mut a, b) => {
            a.extend(b);
            (a.iter().map(|value| value.is_nan()).collect(), ColumnData::Number(a))
        }
        Pair::Levels(a, b) => {
            let n = a.codes.len() + b.codes.len();
            let texts =
                (0..a.codes.len()).map(|row| a.get(row)).chain((0..b.codes.len()).map(|row| b.get(row)));
            let both: Coded = texts.collect();
            // many levels are names, and names tell nothing about the next row
            if both.levels.len() > 50.max(n / 50) {
                return;
            }
            (both.codes.iter().map(|&code| code == MISSING_CODE).collect(), ColumnData::Category(both))
        }
        Pair::Conflict(_) => return,
    };
    if missing.iter().any(|&missing| missing) {
        let flags = missing.iter().map(|&missing| f64::from(u8::from(missing))).collect();
        columns.push(Column::number(format!("{name} is missing"), flags));
    }
    if missing.iter().any(|&missing| !missing) {
        columns.push(Column { name, data });
    }
}

//! Re-training policies played over the same weeks: what each would have cost.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::losses::losses;
use crate::data::{Coded, Column, ColumnData, MISSING_CODE, Table};
use crate::drift::{Report, Rule, compare, inputs_of};
use crate::inference::{InputError, Predictor};
use crate::training::{Origin, Plan, Settings, TrainError, train};
use crate::work::{Cancelled, Progress};

/// When to train again, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "kebab-case")]
pub enum RetrainPolicy {
    /// Never.
    Never,
    /// Every so many weeks, on all rows so far.
    Monthly {
        /// Weeks between; 4 is a month.
        every: usize,
    },
    /// When the week's inputs have drifted from those of the last training, on the last weeks.
    OnAlert {
        /// Weeks to learn from.
        window: usize,
    },
    /// Every week, on the last weeks.
    Rolling {
        /// Weeks to learn from.
        window: usize,
    },
}

impl RetrainPolicy {
    /// The four to choose from.
    pub const ALL: [Self; 4] =
        [Self::Never, Self::Monthly { every: 4 }, Self::OnAlert { window: 4 }, Self::Rolling { window: 4 }];

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::Monthly { .. } => "Monthly",
            Self::OnAlert { .. } => "On alert",
            Self::Rolling { .. } => "Rolling window",
        }
    }
}

/// A week of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReplayedWeek {
    /// Mean loss of the model that was in use; `None` without a labelled row.
    pub loss: Option<f64>,
    /// Rows with a label.
    pub n: usize,
    /// Whether the inputs were called drifted from those of the last training.
    pub alert: bool,
    /// Whether a new model was trained at the end of the week.
    pub retrained: bool,
}

/// How a policy did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// The policy.
    pub policy: RetrainPolicy,
    /// Week by week.
    pub weeks: Vec<ReplayedWeek>,
    /// Mean loss over all rows.
    pub loss: Option<f64>,
    /// How often a model was trained.
    pub retrainings: usize,
    /// Labels that had to be bought for it; a row is paid for once.
    pub labels_bought: usize,
    /// Trainings that failed, and why; the old model stayed.
    pub failures: Vec<String>,
}

/// Why a replay ended.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The first model can't be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A week's rows can't be predicted.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The loss can't be estimated.
    #[error(transparent)]
    Estimate(#[from] super::estimate::EstimateError),
    /// Someone asked the work to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What a replay is made of.
#[derive(Debug, Clone)]
pub struct Plays<'a> {
    /// The rows the first model learns from.
    pub start: &'a Table,
    /// The weeks after it, labelled.
    pub weeks: &'a [Table],
    /// How models are trained.
    pub settings: &'a Settings,
    /// The rule of alerts.
    pub rule: &'a Rule,
    /// Weeks until a label arrives: a training at the end of week t knows the labels of week t − delay.
    pub label_delay: usize,
}

/// Plays a policy over the weeks: each week is predicted by the model of the weeks before it.
///
/// # Errors
/// [`ReplayError`] when the first model can't be trained, rows can't be predicted, or the work was cancelled.
pub fn replay(plays: &Plays<'_>, policy: RetrainPolicy, progress: &Progress) -> Result<Replay, ReplayError> {
    progress.set_total(plays.weeks.len() as u64);
    progress.set_done(0);
    let mut model = fit(plays.settings, plays.start)?;
    let mut reference = plays.start.clone();
    let mut result = Replay {
        policy,
        weeks: Vec::new(),
        loss: None,
        retrainings: 0,
        labels_bought: 0,
        failures: Vec::new(),
    };
    let mut paid = vec![false; plays.weeks.len()];
    let (mut total, mut n_total) = (0.0, 0_usize);
    for (week, table) in plays.weeks.iter().enumerate() {
        progress.check()?;
        let found = losses(&model, table)?;
        total += found.values.iter().sum::<f64>();
        n_total += found.values.len();
        let alert = match policy {
            RetrainPolicy::OnAlert { .. } => inputs_drifted(&model, &reference, table, plays.rule, progress)?,
            _ => false,
        };
        // weeks whose labels are there at the end of this one
        let known = (week + 1).saturating_sub(plays.label_delay);
        let window = |wanted: usize| known.saturating_sub(wanted.max(1))..known;
        let (due, with_start, learned) = match policy {
            RetrainPolicy::Never => (false, false, 0..0),
            RetrainPolicy::Monthly { every } => ((week + 1) % every.max(1) == 0, true, 0..known),
            RetrainPolicy::OnAlert { window: wanted } => (alert, false, window(wanted)),
            RetrainPolicy::Rolling { window: wanted } => (true, false, window(wanted)),
        };
        let mut retrained = false;
        if due && !learned.is_empty() {
            let parts = with_start.then_some(plays.start).into_iter().chain(&plays.weeks[learned.clone()]);
            let rows = below_each_other(&parts.collect::<Vec<_>>()).map_err(TrainError::Data)?;
            for at in learned {
                if !std::mem::replace(&mut paid[at], true) {
                    result.labels_bought += plays.weeks[at].n_rows();
                }
            }
            match fit(plays.settings, &rows) {
                Ok(new) => {
                    model = new;
                    reference = rows;
                    retrained = true;
                    result.retrainings += 1;
                }
                Err(TrainError::Cancelled(cancelled)) => return Err(cancelled.into()),
                Err(error) => result.failures.push(format!("week {}: {error}", week + 1)),
            }
        }
        result.weeks.push(ReplayedWeek { loss: found.mean(), n: found.values.len(), alert, retrained });
        progress.add(1);
    }
    result.loss = (n_total > 0).then(|| total / n_total as f64);
    Ok(result)
}

fn fit(settings: &Settings, table: &Table) -> Result<Predictor, TrainError> {
    let plan = Plan::new(settings.clone(), table)?;
    let trained = train(&plan, table, &Origin::default(), &Progress::new())?;
    Ok(Predictor::new(Arc::new(trained.model)))
}

/// The inputs of a model in one table against those in another.
pub(crate) fn compare_inputs(
    model: &Predictor,
    reference: &Table,
    week: &Table,
    rule: &Rule,
    progress: &Progress,
) -> Result<Report, Cancelled> {
    compare(inputs_of(model, reference), inputs_of(model, week), rule, 1, &progress.part())
}

/// Whether an input of the model has drifted, or loses more values.
fn inputs_drifted(
    model: &Predictor,
    reference: &Table,
    week: &Table,
    rule: &Rule,
    progress: &Progress,
) -> Result<bool, Cancelled> {
    let rule = Rule { resamples: rule.resamples.min(49), ..*rule };
    let report = compare_inputs(model, reference, week, &rule, progress)?;
    Ok(report
        .columns
        .iter()
        .any(|column| column.drifted == Some(true) || column.missing.changed == Some(true)))
}

/// Tables of the same columns, one below the other.
///
/// # Errors
/// A message when a column is missing from one, or of another kind in it.
pub fn below_each_other(tables: &[&Table]) -> Result<Table, String> {
    let Some(first) = tables.first() else { return Ok(Table::default()) };
    let mut columns = Vec::with_capacity(first.columns().len());
    for column in first.columns() {
        let name = &column.name;
        let parts: Vec<&Column> = tables
            .iter()
            .map(|table| table.column(name).ok_or_else(|| format!("a part has no column '{name}'")))
            .collect::<Result<_, _>>()?;
        columns.push(Column { name: name.clone(), data: stacked(&parts)? });
    }
    Table::new(columns)
}

fn stacked(parts: &[&Column]) -> Result<ColumnData, String> {
    let kinds = || format!("column '{}' is not of one kind in all parts", parts[0].name);
    match &parts[0].data {
        ColumnData::Number(_) => {
            let mut all = Vec::new();
            for part in parts {
                let ColumnData::Number(values) = &part.data else { return Err(kinds()) };
                all.extend_from_slice(values);
            }
            Ok(ColumnData::Number(all))
        }
        ColumnData::Date(_) => {
            let mut all = Vec::new();
            for part in parts {
                let ColumnData::Date(values) = &part.data else { return Err(kinds()) };
                all.extend_from_slice(values);
            }
            Ok(ColumnData::Date(all))
        }
        ColumnData::Category(first) | ColumnData::Boolean(first) | ColumnData::Text(first) => {
            let mut levels = first.levels.as_ref().clone();
            let mut codes = Vec::new();
            for part in parts {
                let (ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded)) =
                    &part.data
                else {
                    return Err(kinds());
                };
                let of_level: Vec<u32> = coded.levels.iter().map(|level| levels.intern(level)).collect();
                codes.extend(coded.codes.iter().map(|&code| {
                    if code == MISSING_CODE {
                        code
                    } else {
                        of_level.get(code as usize).copied().unwrap_or(MISSING_CODE)
                    }
                }));
            }
            let coded = Coded { codes, levels: Arc::new(levels) };
            Ok(match &parts[0].data {
                ColumnData::Text(_) => ColumnData::Text(coded),
                ColumnData::Boolean(_) if coded.levels.len() == 2 => ColumnData::Boolean(coded),
                _ => ColumnData::Category(coded),
            })
        }
    }
}

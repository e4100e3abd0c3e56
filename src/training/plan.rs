//! From the settings as typed to a plan that can't be wrong: every name exists, model and task fit the target,
//! and there are rows to learn from.

mod settings;

pub use settings::{Settings, Solver};
use settings::{only_task, usual_model};

use crate::data::{Column, ColumnData, ColumnKind, Table, did_you_mean, list};
use crate::model::{ModelKind, Policy, Task};
use crate::work::Cancelled;

/// Levels past which a category is not used unless it is asked for.
const MAX_LEVELS: usize = 1000;
/// Numbers in the matrix of encoded features past which memory would run out: 16 GiB.
const MAX_CELLS: usize = 1 << 31;
/// Classes past which a target is no classification target.
const MAX_CLASSES: usize = 1000;

/// Classes past which a warning asks whether they are meant.
const MANY_CLASSES: usize = 100;
/// Up to so many classes few rows of each are no reason for a warning.
const FEW_CLASSES: usize = 10;
/// Different whole numbers up to which a target of numbers may stand for classes.
const MOST_CODES: usize = 20;

/// Why training can't be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A setting does not fit the data.
    #[error("{0}")]
    Setting(String),
    /// The data is not enough or not suited.
    #[error("{0}")]
    Data(String),
    /// The fit failed.
    #[error("the fit failed: {0}")]
    Fit(String),
    /// Someone asked the work to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A plan whose names and types were checked against a table.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) settings: Settings,
    pub(crate) model: ModelKind,
    pub(crate) task: Task,
    /// Features in table order.
    pub(crate) features: Vec<String>,
    /// Rows whose target is known (and, where the policy wants it, whose features are).
    pub(crate) rows: Vec<usize>,
    /// The classes in order, for classification.
    pub(crate) classes: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Plan {
    /// Checks settings against a table.
    ///
    /// # Errors
    /// [`TrainError`] that names the column or setting, and what to do.
    pub fn new(settings: Settings, table: &Table) -> Result<Self, TrainError> {
        let names: Vec<String> = table.columns().iter().map(|c| c.name.clone()).collect();
        let find = |name: &str, what: &str| {
            table.column(name).ok_or_else(|| {
                TrainError::Setting(format!(
                    "there is no column '{name}' to be {what}{}; there are {}",
                    did_you_mean(name, names.iter().map(String::as_str)),
                    list(&names)
                ))
            })
        };
        let target = find(&settings.target, "the target")?;
        settings.check()?;
        let mut warnings = Vec::new();
        let (model, task) = choose(&settings, target)?;
        let features = choose_features(&settings, table, target, find, &mut warnings)?;
        for name in settings.missing.keys() {
            find(name, "given a rule for missing values")?;
            if !features.contains(name) {
                warnings.push(format!(
                    "'{name}' is no feature of this model, so that the rule for its missing values has no effect"
                ));
            }
        }
        if let Some(time) = &settings.time_column
            && find(time, "the time of the rows")?.kind() != ColumnKind::Date
        {
            return Err(TrainError::Setting(format!(
                "column '{time}' has no dates, so that rows can't be ordered by it; --type '{time}=date' reads it as dates"
            )));
        }
        let mut plan =
            Self { settings, model, task, features, rows: Vec::new(), classes: Vec::new(), warnings };
        plan.choose_rows(table, target)?;
        let terms: usize = plan.features.iter().filter_map(|name| table.column(name)).map(n_terms).sum();
        if terms.saturating_mul(plan.rows.len()) > MAX_CELLS {
            return Err(TrainError::Data(format!(
                "{} rows with {terms} encoded features are more than fits in memory; use fewer features or fewer levels",
                plan.rows.len()
            )));
        }
        if task == Task::Classification {
            plan.classes = classes(target, &plan.rows)?;
            let (n_classes, n_rows) = (plan.classes.len(), plan.rows.len());
            if n_classes > MANY_CLASSES || (n_classes > FEW_CLASSES && n_classes * 5 > n_rows) {
                plan.warnings.push(format!(
                    "'{}' has {n_classes} classes among {n_rows} rows, so that there is little to learn each from; check that it is a category{}",
                    plan.settings.target,
                    if target.kind() == ColumnKind::Number { ", or train a regression (--task regression)" } else { "" }
                ));
            }
        } else if plan.settings.task.is_none()
            && plan.settings.model.is_none_or(|model| model.can(Task::Classification))
            && let Some(distinct) = may_be_classes(target, &plan.rows)
        {
            plan.warnings.push(format!(
                "'{}' has only {distinct} different values, all whole numbers, and is taken as a number; if they stand for classes, give --task classification",
                plan.settings.target
            ));
        }
        Ok(plan)
    }

    /// The columns that are features unless others are asked for: every one but the target, texts, dates, empty
    /// columns and categories of very many levels.
    #[must_use]
    pub fn suitable_features(table: &Table, target: &str) -> Vec<String> {
        let columns = table.columns().iter().filter(|column| column.name != target);
        columns.filter(|column| unsuitable(column).is_none()).map(|column| column.name.clone()).collect()
    }

    fn choose_rows(&mut self, table: &Table, target: &Column) -> Result<(), TrainError> {
        let n = table.n_rows();
        let columns: Vec<&Column> = self.features.iter().filter_map(|name| table.column(name)).collect();
        self.rows = (0..n).filter(|&row| !target.is_missing(row)).collect();
        let without_target = n - self.rows.len();
        if without_target > 0 {
            self.warnings.push(format!(
                "{without_target} of {n} rows have no value in '{}' and were left out",
                target.name
            ));
        }
        if let Some(time) = self.settings.time_column.as_ref().and_then(|time| table.column(time)) {
            let before = self.rows.len();
            self.rows.retain(|&row| !time.is_missing(row));
            if self.rows.len() < before {
                self.warnings.push(format!(
                    "{} of {before} rows have no date in '{}' and were left out: they belong neither before nor after the others",
                    before - self.rows.len(),
                    time.name
                ));
            }
        }
        self.follow_rules(&columns)?;
        if self.rows.is_empty() {
            return Err(TrainError::Data(format!(
                "no row is left to learn from: of {n} rows, {without_target} have no value in '{}'",
                target.name
            )));
        }
        Ok(())
    }

    /// Leaves out the rows that a feature's rule for missing values leaves out; then none may be refused, and what is
    /// filled in is said.
    fn follow_rules(&mut self, columns: &[&Column]) -> Result<(), TrainError> {
        let under = |policy: Policy| -> Vec<&Column> {
            columns
                .iter()
                .copied()
                .filter(|column| self.settings.on_missing(&column.name) == policy)
                .collect()
        };
        let (ignore, reject, impute) = (under(Policy::Ignore), under(Policy::Reject), under(Policy::Impute));
        let before = self.rows.len();
        if !ignore.is_empty() {
            self.rows.retain(|&row| ignore.iter().all(|column| !column.is_missing(row)));
        }
        if self.rows.len() < before {
            self.warnings.push(format!(
                "{} of {before} rows have a missing value in {} and were left out",
                before - self.rows.len(),
                if self.settings.missing.is_empty() {
                    "a feature".to_owned()
                } else {
                    list(&ignore.iter().map(|column| column.name.clone()).collect::<Vec<_>>())
                }
            ));
        }
        for column in reject {
            if let Some(row) = self.rows.iter().find(|&&row| column.is_missing(row)) {
                let whose = if self.settings.missing.contains_key(&column.name) {
                    "its own rule for missing values is reject; choose another (--on-missing COL=impute fills it in, --on-missing COL=ignore leaves the row out)"
                } else {
                    "the policy for missing values is reject; --on-missing impute fills it in, --on-missing ignore leaves the row out"
                };
                return Err(TrainError::Data(format!(
                    "'{}' has no value in data row {} and {whose}",
                    column.name,
                    row + 1
                )));
            }
        }
        for column in impute {
            let missing = match &column.data {
                ColumnData::Number(values) if self.rows.len() == values.len() => {
                    values.iter().filter(|value| value.is_nan()).count()
                }
                _ => self.rows.iter().filter(|&&row| column.is_missing(row)).count(),
            };
            if missing > 0 {
                let own = self.settings.missing.contains_key(&column.name);
                self.warnings.push(format!(
                    "'{}' has {missing} missing values among {} rows; they were filled in with the {} of the training rows{}",
                    column.name,
                    self.rows.len(),
                    fills(column),
                    if own { ", as its own rule says" } else { " (--on-missing ignore leaves such rows out)" }
                ));
            }
        }
        Ok(())
    }
}

/// What stands in for a missing value.
fn fills(column: &Column) -> &'static str {
    match &column.data {
        ColumnData::Number(_) => "mean",
        ColumnData::Date(_) => "median",
        ColumnData::Category(_) | ColumnData::Boolean(_) | ColumnData::Text(_) => "most frequent value",
    }
}

/// Whole numbers so few that they may stand for classes.
fn may_be_classes(target: &Column, rows: &[usize]) -> Option<usize> {
    let ColumnData::Number(values) = &target.data else { return None };
    let values: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
    let distinct = crate::data::distinct_values_up_to(&values, MOST_CODES)?;
    let codes = distinct.len() >= 2 && distinct.iter().all(|value| value.fract() == 0.0);
    // each must come up again and again
    (codes && distinct.len() * 5 <= rows.len()).then_some(distinct.len())
}

fn choose(settings: &Settings, target: &Column) -> Result<(ModelKind, Task), TrainError> {
    let numeric = target.kind() == ColumnKind::Number;
    if target.kind() == ColumnKind::Date {
        return Err(TrainError::Setting(format!(
            "'{}' is a date and can't be the target; choose a column of numbers or categories",
            target.name
        )));
    }
    let by_model = settings.model.and_then(only_task);
    let task =
        settings.task.or(by_model).unwrap_or(if numeric { Task::Regression } else { Task::Classification });
    let model = settings.model.unwrap_or_else(|| usual_model(task));
    settings.check_model(model, task)?;
    if task == Task::Regression && !numeric {
        return Err(TrainError::Setting(format!(
            "'{}' is a {} column, and regression needs numbers; choose another target, or a classifier (logistic, tree, mlp)",
            target.name,
            target.kind()
        )));
    }
    Ok((model, task))
}

fn choose_features<'a>(
    settings: &Settings,
    table: &'a Table,
    target: &Column,
    find: impl Fn(&str, &str) -> Result<&'a Column, TrainError>,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, TrainError> {
    if let Some(asked) = &settings.features {
        let mut features: Vec<String> = Vec::new();
        for name in asked {
            let column = find(name, "a feature")?;
            if let ColumnData::Text(coded) | ColumnData::Category(coded) = &column.data
                && coded.levels.len() > MAX_LEVELS
            {
                return Err(TrainError::Setting(format!(
                    "'{name}' has {} different values, too many for a feature (at most {MAX_LEVELS})",
                    coded.levels.len()
                )));
            }
            features.push(name.clone());
        }
        return Ok(features);
    }
    let mut features = Vec::new();
    for column in table.columns() {
        if column.name == target.name {
            continue;
        }
        match unsuitable(column) {
            Some(reason) => warnings.push(format!("'{}' is not used as a feature: {reason}", column.name)),
            None => features.push(column.name.clone()),
        }
    }
    Ok(features)
}

/// How many encoded features a column makes, at most.
fn n_terms(column: &Column) -> usize {
    match &column.data {
        ColumnData::Category(coded) | ColumnData::Text(coded) => coded.levels.len(),
        _ => 1,
    }
}

/// Why a column is no feature unless it is asked for.
fn unsuitable(column: &Column) -> Option<String> {
    match &column.data {
        ColumnData::Text(_) => Some("it is text".to_owned()),
        ColumnData::Date(_) => Some("it is a date (name it in --features to use it as days)".to_owned()),
        ColumnData::Category(coded) if coded.levels.len() > MAX_LEVELS => {
            Some(format!("it has {} levels", coded.levels.len()))
        }
        _ if !column.is_empty() && (0..column.len()).all(|row| column.is_missing(row)) => {
            Some("it is empty".to_owned())
        }
        _ => None,
    }
}

/// The distinct values of a classification target, numbers in numeric order, texts in byte order.
fn classes(target: &Column, rows: &[usize]) -> Result<Vec<String>, TrainError> {
    let classes: Vec<String> = match &target.data {
        ColumnData::Number(values) => {
            let present: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
            let Some(distinct) = crate::data::distinct_values_up_to(&present, MAX_CLASSES) else {
                return Err(TrainError::Setting(format!(
                    "'{}' has more than {MAX_CLASSES} different numbers, too many to be classes; train a regression",
                    target.name
                )));
            };
            distinct.into_iter().map(crate::data::number_text).collect()
        }
        ColumnData::Category(coded) | ColumnData::Boolean(coded) | ColumnData::Text(coded) => {
            let mut seen = vec![false; coded.levels.len()];
            rows.iter().for_each(|&row| seen[coded.codes[row] as usize] = true);
            let mut classes: Vec<String> =
                coded.levels.iter().zip(seen).filter(|(_, seen)| *seen).map(|(l, _)| l.to_owned()).collect();
            // no before yes, so that the probability is that of yes; else sorted
            if !matches!(target.data, ColumnData::Boolean(_)) {
                classes.sort();
            }
            classes
        }
        ColumnData::Date(_) => Vec::new(),
    };
    if classes.len() < 2 {
        return Err(TrainError::Data(format!(
            "'{}' has only one class ({}); a classifier needs at least two",
            target.name,
            classes.first().map_or("none", String::as_str)
        )));
    }
    if classes.len() > MAX_CLASSES {
        return Err(TrainError::Data(format!(
            "'{}' has {} classes; at most {MAX_CLASSES} are possible",
            target.name,
            classes.len()
        )));
    }
    Ok(classes)
}

//! From what the learner set to the settings of a training; and what a model is in words.

use std::sync::Arc;

use super::Draft;
use crate::app::state::{Dataset, Truth, Version};
use crate::app::widgets::format;
use crate::data::profile::ColumnProfile;
use crate::data::{Column, ColumnKind, samples};
use crate::model::{Model, ModelKind, Scores, Task};
use crate::training::python::settings_of;
use crate::training::{Plan, Settings};
use crate::work::Seed;
use crate::workspace::{DataRef, Role};

/// Different numbers up to which a target may be classes.
const MAX_NUMBER_CLASSES: usize = 20;
/// A category of more levels is no feature.
const MAX_LEVELS: usize = 1000;
/// A model overfits when its error on rows it has not seen is this many times that on rows it has.
const OVERFITS: f64 = 1.25;

/// Why training can't begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotYet {
    Data,
    Target,
    Features,
}

impl NotYet {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Data => "Open data first",
            Self::Target => "Choose a target first",
            Self::Features => "Choose at least one feature",
        }
    }
}

/// Why a column can't be a feature; `None` when it can.
pub(crate) fn unusable(profile: &ColumnProfile) -> Option<String> {
    match profile.kind {
        _ if profile.rows > 0 && profile.missing == profile.rows => Some("it is empty".into()),
        ColumnKind::Text | ColumnKind::Category if profile.distinct > MAX_LEVELS => Some(format!(
            "it has {} different values; at most {} can be a feature",
            format::rows(profile.distinct),
            format::rows(MAX_LEVELS)
        )),
        _ => None,
    }
}

/// What a feature does that has to be asked for; `None` for those that are features anyway.
pub(crate) fn asked_for(profile: &ColumnProfile) -> Option<&'static str> {
    match profile.kind {
        ColumnKind::Date => Some(
            "A date counts as days since 1970, so that a model learns a trend over time. For rows of the future by rows of the past, split by time as well",
        ),
        ColumnKind::Text => Some("Each different text becomes a level, as of a category"),
        _ => None,
    }
}

/// Why a column can't be the target; `None` when it can.
pub(crate) fn no_target(profile: &ColumnProfile) -> Option<&'static str> {
    match profile.kind {
        _ if profile.missing == profile.rows => Some("it is empty"),
        ColumnKind::Date => Some("it is a date"),
        _ => None,
    }
}

/// The target's column.
pub(crate) fn target(truth: &Truth) -> Option<(&Column, &ColumnProfile)> {
    let name = truth.target()?;
    let data = truth.data()?;
    let columns = data.loaded.table.columns().iter();
    columns.zip(&data.profiles).find(|(column, _)| column.name == name)
}

/// Whether the target could be numbers as well as classes.
pub(crate) fn may_be_classes(profile: &ColumnProfile) -> bool {
    let distinct = profile.distinct;
    // each must come up again
    profile.kind == ColumnKind::Number
        && (2..=MAX_NUMBER_CLASSES).contains(&distinct)
        && distinct * 2 <= profile.rows
}

/// What is to be predicted: a number or a class.
pub(crate) fn task(truth: &Truth, draft: &Draft) -> Option<Task> {
    let (column, profile) = target(truth)?;
    if column.kind() != ColumnKind::Number {
        return Some(Task::Classification);
    }
    if !may_be_classes(profile) {
        return Some(Task::Regression);
    }
    let suggested = || match &truth.data()?.from {
        DataRef::Sample(name) => samples::find(name),
        _ => None,
    };
    let sample_says =
        suggested().is_some_and(|sample| sample.target == column.name && sample.task == "classification");
    let classes = draft.as_classes.unwrap_or(sample_says);
    Some(if classes { Task::Classification } else { Task::Regression })
}

/// The kind of model in force: the chosen one where it fits the target, else the simplest that does.
pub(crate) fn kind(draft: &Draft, task: Option<Task>) -> ModelKind {
    match task {
        Some(task) if !draft.kind.can(task) => match task {
            Task::Regression => ModelKind::Linear,
            Task::Classification => ModelKind::Logistic,
        },
        _ => draft.kind,
    }
}

/// Whether a sum of this kind may go through the origin.
pub(crate) fn may_lack_intercept(kind: ModelKind) -> bool {
    matches!(kind, ModelKind::Linear | ModelKind::Ridge)
}

/// The columns that are used, in the table's order.
pub(crate) fn features(truth: &Truth) -> Vec<String> {
    let (Some(data), Some(target)) = (truth.data(), truth.target()) else { return Vec::new() };
    data.profiles
        .iter()
        .filter(|profile| profile.name != target)
        .filter(|profile| truth.role_of(profile) == Role::Feature && unusable(profile).is_none())
        .map(|profile| profile.name.clone())
        .collect()
}

/// The first column of dates, to split by.
pub(crate) fn time_column(data: &Dataset) -> Option<&str> {
    let mut dates = data.profiles.iter().filter(|profile| profile.kind == ColumnKind::Date);
    dates.find(|profile| profile.missing < profile.rows).map(|profile| profile.name.as_str())
}

/// The settings to train with.
pub(crate) fn settings(truth: &Truth, draft: &Draft) -> Result<Settings, NotYet> {
    let data = truth.data().ok_or(NotYet::Data)?;
    let target = truth.target().ok_or(NotYet::Target)?;
    let features = features(truth);
    if features.is_empty() {
        return Err(NotYet::Features);
    }
    let rule = |name: &String| Some((name.clone(), *truth.missing.get(name)?));
    let missing = features.iter().filter_map(rule).collect();
    let task = task(truth, draft);
    let kind = kind(draft, task);
    let whole = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let title = data.from.title();
    let name = title.rsplit_once('.').map_or(title.as_str(), |(stem, _)| stem).to_owned();
    Ok(Settings {
        features: Some(features),
        model: Some(kind),
        task,
        intercept: draft.intercept || !may_lack_intercept(kind),
        test_fraction: (draft.test_percent / 100.0).clamp(0.0, 0.95),
        time_column: if draft.by_time { time_column(data).map(str::to_owned) } else { None },
        folds: whole(draft.folds),
        seed: Seed(draft.seed),
        alpha: draft.alpha,
        l1_ratio: draft.l1_ratio,
        max_depth: whole(draft.max_depth),
        min_leaf: whole(draft.min_leaf),
        hidden: whole(draft.hidden),
        epochs: whole(draft.epochs),
        policies: draft.policies,
        missing,
        name,
        ..Settings::new(target)
    })
}

/// Where the open table's file is, for a script that reads it.
pub(crate) fn path(truth: &Truth, data: &Dataset) -> String {
    match (&data.from, &truth.folder) {
        (DataRef::Path(path), _) => path.display().to_string(),
        (DataRef::Pasted(file), Some(folder)) => folder.pasted_path(file).display().to_string(),
        (from, _) => from.title(),
    }
}

/// As [`same_table`], for what needs rows that were held out.
pub(crate) fn same_data(truth: &Truth, version: &Version) -> Result<(Arc<Dataset>, Settings), String> {
    if version.report.is_some() && version.model().training.test_rows == 0 {
        return Err("No rows were held out to judge it by; set a test split and train again.".into());
    }
    same_table(truth, version)
}

/// The open table and the version's settings, if it was trained on that table; else why not.
pub(crate) fn same_table(truth: &Truth, version: &Version) -> Result<(Arc<Dataset>, Settings), String> {
    if version.report.is_none() {
        return Err("The model was opened from a file, so its training can't be repeated in parts.".into());
    }
    trained_on_open(truth, version)
}

/// As [`same_table`], also for a model that was opened from a file: the data's hash says which table it was, and its
/// settings which rows it learned from.
pub(crate) fn trained_on_open(truth: &Truth, version: &Version) -> Result<(Arc<Dataset>, Settings), String> {
    let model = version.model();
    let again = || format!("Open {} again, the table that it was trained on.", model.training.data);
    let data = truth.data().ok_or_else(again)?;
    if data.loaded.sha256.is_none() || data.loaded.sha256 != model.training.data_sha256 {
        return Err(again());
    }
    let settings = settings_of(model)?;
    Plan::new(settings.clone(), &data.loaded.table).map_err(|error| in_window(&error.to_string()))?;
    Ok((Arc::clone(data), settings))
}

/// What a kind of model is called.
pub(crate) fn kind_title(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Linear => "Linear",
        ModelKind::Ridge => "Ridge",
        ModelKind::ElasticNet => "Elastic net",
        ModelKind::Logistic => "Logistic",
        ModelKind::Tree => "Decision tree",
        ModelKind::Mlp => "Neural net",
    }
}

/// A setting of a model as it was trained.
pub(crate) fn setting(model: &Model, key: &str) -> Option<f64> {
    model.training.settings.get(key).and_then(serde_json::Value::as_f64)
}

/// A model with its own settings: "Ridge, α = 1".
pub(crate) fn describe(model: &Model) -> String {
    let kind = kind_title(model.kind);
    let number = |key: &str| setting(model, key).map(|value| format::number(value, 4));
    let own: Option<String> = match model.kind {
        ModelKind::Linear => None,
        ModelKind::Ridge | ModelKind::Logistic => number("alpha").map(|alpha| format!("α = {alpha}")),
        ModelKind::ElasticNet => {
            number("alpha").zip(number("l1_ratio")).map(|(alpha, ratio)| format!("α = {alpha}, L1 {ratio}"))
        }
        ModelKind::Tree => number("max_depth").map(|depth| format!("depth {depth}")),
        ModelKind::Mlp => number("hidden").map(|hidden| format!("{hidden} units")),
    };
    own.map_or_else(|| kind.to_owned(), |own| format!("{kind}, {own}"))
}

/// A score by name.
pub(crate) fn score(scores: &Scores, key: &str) -> Option<f64> {
    scores.get(key).and_then(serde_json::Value::as_f64)
}

/// Whether the error on rows not seen is much larger than on those seen.
pub(crate) fn overfits(model: &Model) -> bool {
    let key = if model.task == Task::Regression { "rmse" } else { "log_loss" };
    let test = model.metrics.test.as_ref().and_then(|test| score(test, key));
    match (score(&model.metrics.train, key), test) {
        (Some(train), Some(test)) => test > OVERFITS * train && test > 1e-9,
        _ => false,
    }
}

/// A message of the library with the names that settings have in the window, in place of those on the command line.
pub(crate) fn in_window(message: &str) -> String {
    [
        (" (--on-missing ignore leaves such rows out)", ""),
        (
            "choose another (--on-missing COL=impute fills it in, --on-missing COL=ignore leaves the row out)",
            "choose another on the Data page, in the column's inspector",
        ),
        ("--on-missing impute", "the policy 'Missing value: fill in'"),
        ("--on-missing ignore", "the policy 'Missing value: go on without'"),
        (" (name it in --features to use it as days)", ""),
        ("is reject;", "is 'refuse';"),
        ("a smaller --alpha", "a smaller penalty α"),
        ("--no-intercept", "a sum without intercept"),
        (" (by --solver auto)", ""),
    ]
    .iter()
    .fold(message.to_owned(), |text, (from, to)| text.replace(from, to))
}

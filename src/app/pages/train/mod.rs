//! The Train page: fit a model and judge it on rows it has not seen.

mod actions;
mod charts;
mod coefficients;
mod compare;
mod configuration;
mod folds;
mod jobs;
mod metrics;
mod outcome;
mod page;
mod plan;
mod residuals;
mod script;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use actions::actions;
pub(crate) use jobs::carry_out;
pub(crate) use outcome::{add_version, cancelled, failed, happened};
pub(crate) use page::train_page_ui;

use crate::app::effect::Effect as AppEffect;
use crate::app::job::Slot;
use crate::app::pages::{data, predict};
use crate::app::state::{AppState, Problem, StatusKind, Truth, Version};
use crate::app::widgets::format;
use crate::inference::Predictor;
use crate::model::{Model, ModelKind, Policies};
use crate::training::report::Step;
use crate::training::{Origin, Settings, python};
use crate::work::Seed;
use crate::workspace::registry::What;

/// What the charts of a trained model are drawn from.
pub(crate) use crate::training::report::Report;

/// Training that took no longer than this is followed by the learning curve, which takes some three times as long.
const CURVE_AT_ONCE_SECS: f64 = 3.0;

/// What is shown below the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tab {
    /// Predictions against the truth, and coefficients.
    #[default]
    Fit,
    /// The learning curve.
    Curve,
    /// Cross-validation.
    Folds,
    /// Two versions side by side.
    Compare,
    /// The same in Python.
    Python,
}

/// What the learner set on this page; kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    pub(crate) kind: ModelKind,
    /// Whether a target of few numbers is classes; `None` as the data suggests.
    pub(crate) as_classes: Option<bool>,
    pub(crate) alpha: f64,
    pub(crate) l1_ratio: f64,
    pub(crate) max_depth: u64,
    pub(crate) min_leaf: u64,
    pub(crate) hidden: u64,
    pub(crate) epochs: u64,
    pub(crate) intercept: bool,
    pub(crate) test_percent: f64,
    /// Hold out the latest rows.
    pub(crate) by_time: bool,
    pub(crate) folds: u64,
    pub(crate) seed: u64,
    pub(crate) policies: Policies,
    pub(crate) policies_open: bool,
    pub(crate) tab: Tab,
    /// The version that is shown; `None` shows the champion.
    pub(crate) selected: Option<u32>,
    /// The versions to compare, at most two.
    pub(crate) compare: Vec<u32>,
    pub(crate) all_warnings: bool,
    /// The class whose coefficients are shown.
    pub(crate) class: usize,
    /// Name and note of a version while they are being typed.
    #[serde(skip)]
    pub(crate) naming: Option<Naming>,
    /// The bar of the residuals that the keyboard is at.
    #[serde(skip)]
    pub(crate) residual_bar: Option<usize>,
    /// The coefficients that are shown, in order, so that no frame sorts them anew.
    #[serde(skip)]
    pub(crate) bars: Option<coefficients::Cached>,
}

/// Name and note of a version as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Naming {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) note: String,
}

impl Default for Draft {
    fn default() -> Self {
        let usual = Settings::new("");
        Self {
            kind: ModelKind::Linear,
            as_classes: None,
            alpha: usual.alpha,
            l1_ratio: usual.l1_ratio,
            max_depth: usual.max_depth as u64,
            min_leaf: usual.min_leaf as u64,
            hidden: usual.hidden as u64,
            epochs: usual.epochs as u64,
            intercept: true,
            test_percent: 20.0,
            by_time: false,
            folds: 5,
            seed: Seed::default().0,
            policies: Policies::default(),
            policies_open: false,
            tab: Tab::Fit,
            selected: None,
            compare: Vec::new(),
            all_warnings: false,
            class: 0,
            naming: None,
            residual_bar: None,
            bars: None,
        }
    }
}

/// What jobs worked out for this page.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The number that the model being trained will get.
    pub(crate) training: Option<u32>,
    /// The number that the model being opened will get.
    pub(crate) opening: Option<u32>,
    /// Why the last training failed, and the column it is about.
    pub(crate) problem: Option<(Problem, Option<String>)>,
    /// How long the last training took, in seconds.
    pub(crate) last_seconds: Option<f64>,
    /// The version whose learning curve is being worked out.
    pub(crate) curve_of: Option<u32>,
    /// Why there is no learning curve of a version.
    pub(crate) curve_problem: Option<(u32, Problem)>,
    /// The Python script of a version, or why there is none.
    pub(crate) script: Option<(u32, Result<Arc<str>, String>)>,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    OpenModel(PathBuf),
    SaveModel(u32, PathBuf),
    SaveScript(u32, PathBuf),
    Train,
    /// Train with these settings.
    TrainBy(Box<Settings>),
    Cancel,
    Show(Tab),
    Select(u32),
    /// Mark a version for comparison, or no longer.
    Mark(u32),
    Champion(u32),
    Name(Naming),
    Delete(u32),
    /// Put a deleted version back in its place.
    Restore(Box<Version>, usize, bool),
    Curve(u32),
    CancelCurve,
    /// Write the Python script of a version, to be shown.
    Script(u32),
    /// Leave the message of a failed training.
    Dismiss,
    /// Show the rows behind a bar of a version's residuals (by its place) on the Data page.
    ResidualRows(u32, usize),
    /// Show a row (from 1) that a version was judged on, on the Data page.
    Row(u32, usize),
}

/// What is to be trained.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) number: u32,
    pub(crate) settings: Settings,
    pub(crate) data: Arc<crate::app::state::Dataset>,
    pub(crate) origin: Origin,
    /// Where the file is, for the Python script.
    pub(crate) path: String,
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    Train(Box<Order>),
    Curve(Box<Version>, Settings, Arc<crate::app::state::Dataset>),
    Open(PathBuf, u32),
    Save(Arc<Model>, PathBuf),
    /// Write a text to a file; and what is said when that can't be.
    SaveText(Arc<str>, PathBuf, &'static str),
    ResidualRows(Box<Version>, Settings, Arc<crate::app::state::Dataset>, usize),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Event {
    /// A model was trained or opened; with what went wrong in keeping it.
    Ready {
        number: u32,
        predictor: Arc<Predictor>,
        report: Option<Box<Report>>,
        unsaved: Option<String>,
    },
    Curve(u32, Vec<Step>),
    /// Rows of that table to be shown.
    Rows(Arc<crate::app::state::Dataset>, data::RowSet),
    Written(PathBuf),
}

/// The version that the page shows: the selected one, else the champion, else the latest.
pub(crate) fn shown<'a>(truth: &'a Truth, draft: &Draft) -> Option<&'a Version> {
    draft
        .selected
        .and_then(|number| truth.version(number))
        .or_else(|| truth.champion())
        .or_else(|| truth.versions.last())
}

/// The two versions to compare: those that are marked; where fewer are, the one shown and the champion or a
/// neighbour. The older one first.
pub(crate) fn compared<'a>(truth: &'a Truth, draft: &Draft) -> Option<(&'a Version, &'a Version)> {
    let mut chosen: Vec<u32> =
        draft.compare.iter().copied().filter(|number| truth.version(*number).is_some()).collect();
    let others = shown(truth, draft).map(|version| version.entry.number).into_iter().chain(truth.champion);
    for number in others.chain(truth.versions.iter().rev().map(|version| version.entry.number)) {
        if chosen.len() < 2 && !chosen.contains(&number) {
            chosen.push(number);
        }
    }
    chosen.truncate(2);
    chosen.sort_unstable();
    let [first, second] = chosen[..] else { return None };
    truth.version(first).zip(truth.version(second))
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    match command {
        Command::Train => {
            return match plan::settings(&state.truth, &state.screen.train) {
                Ok(settings) => start(state, settings),
                Err(why) => {
                    state.say(StatusKind::Note, why.reason());
                    Vec::new()
                }
            };
        }
        Command::TrainBy(settings) => return start(state, *settings),
        Command::Cancel => return vec![AppEffect::CancelSlot(Slot::Train)],
        Command::OpenModel(path) => {
            state.screen.page = crate::app::pages::PageId::Train;
            let number = take_number(state);
            state.results.train.opening = Some(number);
            return vec![AppEffect::Train(Effect::Open(path, number))];
        }
        Command::SaveModel(number, path) => {
            if let Some(version) = state.truth.version(number) {
                return vec![AppEffect::Train(Effect::Save(Arc::clone(version.model()), path))];
            }
        }
        Command::SaveScript(number, path) => match script_of(state, number) {
            Ok(text) => {
                return vec![AppEffect::Train(Effect::SaveText(text, path, "The script could not be saved"))];
            }
            Err(why) => state.say(StatusKind::Failed, format!("There is no script: {why}")),
        },
        Command::Show(tab) => state.screen.train.tab = tab,
        Command::Select(number) => {
            state.screen.train.selected = Some(number);
            state.screen.train.class = 0;
        }
        Command::Mark(number) => {
            let marked = &mut state.screen.train.compare;
            if let Some(at) = marked.iter().position(|other| *other == number) {
                marked.remove(at);
            } else {
                marked.push(number);
                // the one marked first goes
                if marked.len() > 2 {
                    marked.remove(0);
                }
            }
        }
        Command::Champion(number) => {
            if let Some(version) = state.truth.version(number) {
                let said = format!("{} is the champion now", version.entry.title());
                state.crown(number);
                state.say(StatusKind::Done, said);
                return predict::champion_changed(state);
            }
        }
        Command::Name(naming) => {
            let version =
                state.truth.versions.iter_mut().find(|version| version.entry.number == naming.number);
            if let Some(version) = version {
                naming.name.trim().clone_into(&mut version.entry.name);
                naming.note.trim().clone_into(&mut version.entry.note);
            }
        }
        Command::Delete(number) => return delete(state, number),
        Command::Restore(version, at, was_champion) => {
            let number = version.entry.number;
            if state.truth.version(number).is_none() {
                let at = at.min(state.truth.versions.len());
                state.truth.versions.insert(at, *version);
                state.screen.train.selected = Some(number);
                state.note(number, What::Restored);
                if was_champion {
                    state.crown(number);
                    return predict::champion_changed(state);
                }
            }
        }
        Command::Curve(number) => return curve(state, number),
        Command::CancelCurve => return vec![AppEffect::CancelSlot(Slot::TrainChart)],
        Command::Script(number) => {
            let script = script_of(state, number);
            state.results.train.script = Some((number, script));
        }
        Command::Dismiss => state.results.train.problem = None,
        Command::ResidualRows(number, bar) => return residual_rows(state, number, bar),
        Command::Row(number, row) => {
            let here = state.truth.version(number).map(|version| plan::same_table(&state.truth, version));
            match here {
                Some(Ok(_)) => return data::go_to_row(state, row.saturating_sub(1)),
                Some(Err(why)) => state.say(StatusKind::Note, format!("The row can't be shown: {why}")),
                None => {}
            }
        }
    }
    Vec::new()
}

pub(crate) fn take_number(state: &mut AppState) -> u32 {
    let number = state.truth.next_number.max(1);
    state.truth.next_number = number.saturating_add(1);
    number
}

/// A number that came to nothing is given to the next model, unless a later one has been given.
pub(crate) fn give_back(state: &mut AppState, number: u32) {
    if state.truth.next_number == number.saturating_add(1) {
        state.truth.next_number = number;
    }
}

fn start(state: &mut AppState, settings: Settings) -> Vec<AppEffect> {
    if state.results.train.training.is_some() {
        return Vec::new();
    }
    let Some(data) = state.truth.data().cloned() else { return Vec::new() };
    let path = plan::path(&state.truth, &data);
    let origin = Origin::of(data.from.title(), &data.loaded);
    let number = take_number(state);
    state.results.train.training = Some(number);
    state.results.train.problem = None;
    vec![AppEffect::Train(Effect::Train(Box::new(Order { number, settings, data, origin, path })))]
}

fn delete(state: &mut AppState, number: u32) -> Vec<AppEffect> {
    let Some(at) = state.truth.versions.iter().position(|version| version.entry.number == number) else {
        return Vec::new();
    };
    state.note(number, What::Deleted);
    let version = state.truth.versions.remove(at);
    let was_champion = state.truth.champion == Some(number);
    if was_champion {
        state.truth.champion = None;
    }
    let draft = &mut state.screen.train;
    draft.compare.retain(|other| *other != number);
    if draft.selected == Some(number) {
        // the neighbour, so that the eye stays where it was
        draft.selected = state
            .truth
            .versions
            .get(at)
            .or_else(|| state.truth.versions.last())
            .map(|version| version.entry.number);
    }
    let what = format!("Deleted {}", version.entry.title());
    state.removed(what, Command::Restore(Box::new(version), at, was_champion).into());
    if was_champion { predict::champion_changed(state) } else { Vec::new() }
}

fn curve(state: &mut AppState, number: u32) -> Vec<AppEffect> {
    let Some(version) = state.truth.version(number) else { return Vec::new() };
    match plan::same_data(&state.truth, version) {
        Ok((data, settings)) => {
            let version = version.clone();
            state.results.train.curve_of = Some(number);
            state.results.train.curve_problem = None;
            vec![AppEffect::Train(Effect::Curve(Box::new(version), settings, data))]
        }
        Err(why) => {
            state.results.train.curve_problem =
                Some((number, Problem::new("There is no learning curve of this version", why)));
            Vec::new()
        }
    }
}

/// Has the rows behind a bar looked up.
fn residual_rows(state: &mut AppState, number: u32, bar: usize) -> Vec<AppEffect> {
    let Some(version) = state.truth.version(number) else { return Vec::new() };
    match plan::same_table(&state.truth, version) {
        Ok((data, settings)) => {
            let version = Box::new(version.clone());
            vec![AppEffect::Train(Effect::ResidualRows(version, settings, data, bar))]
        }
        Err(why) => {
            state.say(StatusKind::Note, format!("The rows can't be shown: {why}"));
            Vec::new()
        }
    }
}

fn script_of(state: &AppState, number: u32) -> Result<Arc<str>, String> {
    if let Some((known, Ok(script))) = &state.results.train.script
        && *known == number
    {
        return Ok(Arc::clone(script));
    }
    let version = state.truth.version(number).ok_or("the version is gone")?;
    let report = version.report.as_ref().ok_or(
        "this model was opened from a file, which does not say which rows were held out; train it here to get one",
    )?;
    python::script(version.model(), &report.reading).map(Arc::from)
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let results = &mut state.results.train;
    if results.training.is_some() {
        return vec![AppEffect::CancelSlot(Slot::Train)];
    }
    if results.curve_of.is_some() {
        return vec![AppEffect::CancelSlot(Slot::TrainChart)];
    }
    if results.problem.take().is_none() {
        state.screen.train.tab = Tab::Fit;
    }
    Vec::new()
}

/// The settings that would be trained with, as JSON.
pub(crate) fn settings_now(state: &AppState) -> Option<String> {
    let settings = plan::settings(&state.truth, &state.screen.train).ok()?;
    serde_json::to_string(&settings).ok()
}

/// The settings a version was trained with, if that was on the open table.
pub(crate) fn settings_of_version(truth: &Truth, version: &Version) -> Option<Settings> {
    plan::trained_on_open(truth, version).ok().map(|(_, settings)| settings)
}

/// A share of something in words, for names.
pub(crate) fn rows_of(model: &Model) -> String {
    let training = &model.training;
    if training.test_rows == 0 {
        return format!("Fit on {}, none held out", format::plural(training.train_rows, "row", "rows"));
    }
    format!(
        "Fit on {}, judge on {} the model has never seen",
        format::plural(training.train_rows, "row", "rows"),
        format::plural(training.test_rows, "row", "rows")
    )
}

/// Whether the held-out score beats the naive model's.
pub(crate) fn beats_naive(metrics: &crate::model::Metrics) -> bool {
    let number =
        |scores: &crate::model::Scores, key: &str| scores.get(key).and_then(serde_json::Value::as_f64);
    let (Some(own), Some(naive)) = (&metrics.test, &metrics.baseline.test) else { return false };
    ["rmse", "log_loss"].iter().any(|key| match (number(own, key), number(naive, key)) {
        (Some(own), Some(naive)) => own < naive,
        _ => false,
    })
}

#[cfg(test)]
mod tests;

//! Carries out the lines of a script, one after another, by the commands of the pages: what a step begins with, or how it is
//! solved.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::scenario;
use crate::app::command::Command;
use crate::app::pages::{PageId, data, drift, predict, serve, train};
use crate::app::state::{AppState, StatusKind};
use crate::lesson::{Facts, Line};
use crate::workspace::{DataRef, Role};

/// How long nothing may be at work while a line is not done: then it can't be.
const PATIENCE: Duration = Duration::from_secs(10);

/// A script that runs.
#[derive(Debug)]
pub(crate) struct Running {
    lines: VecDeque<Line>,
    /// Whether the first of them was begun.
    begun: bool,
    /// When something was last at work on it.
    busy: Instant,
    /// Whether it makes a starting state: what is true then was not done by a learner.
    is_start: bool,
    /// How much there was when the present line began of what it makes more of.
    before: usize,
    /// Whether it goes on after a line that can't be done.
    goes_on: bool,
}

impl Running {
    pub(super) fn new(lines: &[Line], is_start: bool) -> Self {
        Self {
            lines: lines.iter().cloned().collect(),
            begun: false,
            busy: Instant::now(),
            is_start,
            before: 0,
            goes_on: false,
        }
    }

    /// What was done, to be done again: a line that can't be is said, and the next one follows.
    pub(super) fn again(lines: &[Line]) -> Self {
        Self { goes_on: true, ..Self::new(lines, false) }
    }

    /// The line that is carried out.
    pub(super) fn line(&self) -> Option<&Line> {
        self.lines.front()
    }

    pub(super) fn is_start(&self) -> bool {
        self.is_start
    }
}

/// Goes on with the script: what is asked of the pages next. The second is whether it has ended in this frame.
pub(super) fn go_on(state: &mut AppState) -> (Vec<Command>, bool) {
    let Some(mut running) = state.results.walkthrough.script.take() else { return (Vec::new(), false) };
    let Some(line) = running.lines.front() else { return (Vec::new(), true) };
    if let Some(page) = page_of(line) {
        state.screen.page = page;
    }
    let is_busy = !state.work.jobs.is_empty();
    if is_busy {
        running.busy = Instant::now();
    }
    let mut commands = Vec::new();
    if !running.begun {
        // what runs for the line before ends first
        if !is_busy && can_begin(state, line) {
            running.begun = true;
            running.busy = Instant::now();
            running.before = more(state, line);
            match begin(state, line) {
                Ok(asked) => commands = asked,
                Err(why) => {
                    let at = format!("'{line}': {why}");
                    return stopped(state, running, &at);
                }
            }
        }
    } else if !is_busy && is_done(state, line, running.before) {
        running.lines.pop_front();
        running.begun = false;
        running.busy = Instant::now();
    }
    if running.busy.elapsed() > PATIENCE {
        let said = running.lines.front().map(ToString::to_string).unwrap_or_default();
        let why = state.results.train.problem.as_ref().map(|problem| format!(": {}", problem.0.title));
        return stopped(state, running, &format!("'{said}'{}", why.unwrap_or_default()));
    }
    state.results.walkthrough.script = Some(running);
    (commands, false)
}

/// Says which line could not be done; the script ends there, or goes on after it.
fn stopped(state: &mut AppState, mut running: Running, at: &str) -> (Vec<Command>, bool) {
    let results = &mut state.results.walkthrough;
    let said = format!("The script could not go on at {at}");
    // the first says most
    results.stuck.get_or_insert_with(|| said.clone());
    if running.goes_on {
        running.lines.pop_front();
        running.begun = false;
        running.busy = Instant::now();
        let has_ended = running.lines.is_empty();
        results.script = Some(running).filter(|_| !has_ended);
        return (Vec::new(), has_ended);
    }
    state.say(StatusKind::Failed, format!("{said}; do it by hand"));
    (Vec::new(), true)
}

/// How much there is of what a line makes more of.
fn more(state: &AppState, line: &Line) -> usize {
    let keys = &state.results.serve.keys;
    match line {
        Line::TrainBy(_) => state.truth.versions.len(),
        Line::MakeKey => keys.len(),
        Line::RevokeKey => keys.iter().filter(|key| key.revoked).count(),
        Line::SendWeeks => drift::runs(state),
        _ => 0,
    }
}

/// The page that has to be there for a line.
fn page_of(line: &Line) -> Option<PageId> {
    match line {
        Line::SortCards | Line::Run(_) => Some(PageId::Walkthrough),
        Line::Change(_) | Line::Set(..) | Line::PredictTable | Line::SavePredictions | Line::Measure => {
            Some(PageId::Predict)
        }
        Line::Scenario(_)
        | Line::Shift(_)
        | Line::Delay(_)
        | Line::Compare
        | Line::SendWeeks
        | Line::Retrain
        | Line::RetrainOn(_)
        | Line::Commit(_) => Some(PageId::Drift),
        Line::MakeKey
        | Line::RevokeKey
        | Line::AskForKeys
        | Line::TryKeys
        | Line::StepThrough
        | Line::SendRight
        | Line::SendWrong => Some(PageId::Serve),
        _ => None,
    }
}

fn can_begin(state: &AppState, line: &Line) -> bool {
    match page_of(line) {
        // its rows are made ready once it is shown
        Some(PageId::Drift) => drift::is_settled(state),
        _ => true,
    }
}

fn begin(state: &mut AppState, line: &Line) -> Result<Vec<Command>, String> {
    Ok(match line {
        Line::SortCards => vec![super::Command::SortCards.into()],
        Line::Run(card) => vec![super::Command::Run(card.clone()).into()],
        Line::Open(name) => vec![Command::Open(opened(state, name))],
        Line::Role(column, role) => {
            vec![data::Command::SetRole(column.clone(), scenario::role_of(role)).into()]
        }
        Line::TrainBy(settings) => {
            let settings = serde_json::from_str(settings).map_err(|error| error.to_string())?;
            vec![train::Command::TrainBy(settings).into()]
        }
        Line::Set(column, value) => {
            let value = serde_json::from_str(value).map_err(|error| error.to_string())?;
            vec![predict::Command::Set(column.clone(), value).into()]
        }
        Line::Shift(shifts) => {
            state.screen.drift.shifts = serde_json::from_str(shifts).map_err(|error| error.to_string())?;
            vec![drift::Command::Moved.into()]
        }
        Line::Delay(weeks) => {
            state.screen.drift.delay = *weeks;
            Vec::new()
        }
        Line::Compare => vec![drift::Command::Compare.into()],
        Line::RetrainOn(rows) => {
            state.screen.drift.learn = drift::Learn::named(rows).ok_or("expected recent, all or weighted")?;
            vec![drift::Command::Retrain.into()]
        }
        Line::Train(target) => {
            vec![data::Command::SetRole(target.clone(), Role::Target).into(), train::Command::Train.into()]
        }
        Line::Promote(number) => vec![train::Command::Champion(*number).into()],
        Line::Change(column) => {
            let record = predict::current(&state.truth, &state.screen.predict);
            let value = record.and_then(|record| record.get(column).and_then(serde_json::Value::as_f64));
            let value = serde_json::Value::from(value.unwrap_or(0.0) + 1.0);
            vec![predict::Command::Set(column.clone(), value).into()]
        }
        Line::PredictTable => vec![predict::Command::OpenTable.into()],
        Line::SavePredictions => {
            let folder = state.truth.folder.as_ref().ok_or("there is no workspace to save in")?;
            vec![predict::Command::SaveBatch(folder.root().join("predictions.csv")).into()]
        }
        Line::Measure => vec![predict::Command::Measure.into()],
        Line::Serve => vec![serve::Command::Start.into()],
        Line::SendRight => vec![serve::Command::First.into()],
        Line::SendWrong => vec![serve::Command::FirstWrong.into()],
        Line::StepThrough => {
            let latest = state.results.serve.shown_log().iter().next().ok_or("no request has come yet")?;
            vec![
                serve::Command::Part(serve::Part::Overview).into(),
                serve::Command::Glass(Some(latest.number)).into(),
            ]
        }
        Line::MakeKey => {
            if state.screen.serve.new_key.trim().is_empty() {
                let number = state.results.serve.keys.len() + 1;
                state.screen.serve.new_key = format!("client {number}");
            }
            vec![serve::Command::Part(serve::Part::Keys).into(), serve::Command::MakeKey.into()]
        }
        Line::RevokeKey => {
            let oldest = state.results.serve.keys.iter().find(|key| !key.revoked);
            oldest.map(|key| serve::Command::RevokeKey(key.name.clone()).into()).into_iter().collect()
        }
        Line::AskForKeys => vec![serve::Command::AskForKeys(true).into()],
        Line::TryKeys => vec![serve::Command::Try(None).into()],
        Line::Scenario(name) => {
            vec![drift::scenario(state, name).ok_or("the open table has no such scenario")?]
        }
        Line::SendWeeks => {
            vec![drift::Command::Show(drift::Part::Monitor).into(), drift::Command::Send.into()]
        }
        Line::Retrain => vec![drift::Command::Retrain.into()],
        Line::Commit(policy) => {
            drift::commit(state, policy);
            vec![drift::Command::Show(drift::Part::Policies).into(), drift::Command::Replay.into()]
        }
    })
}

/// What a name means that is opened: a sample, or a file beside the scenario's.
fn opened(state: &AppState, name: &str) -> DataRef {
    match &state.results.walkthrough.scenario {
        Some(opened) if crate::data::samples::find(name).is_none() => DataRef::Path(opened.folder.join(name)),
        _ => DataRef::Sample(name.to_owned()),
    }
}

fn is_done(state: &AppState, line: &Line, before: usize) -> bool {
    let is = |fact: &str| state.fact(fact) >= 1.0;
    match line {
        Line::SortCards => is("board.right"),
        Line::Run(card) => state.screen.walkthrough.ran.contains_key(card),
        Line::Open(name) => state.truth.data().is_some_and(|data| data.from == opened(state, name)),
        Line::Role(column, role) => state.truth.roles.get(column) == Some(&scenario::role_of(role)),
        Line::TrainBy(_) | Line::RevokeKey => more(state, line) > before,
        Line::Set(column, _) => state.screen.predict.values.contains_key(column),
        Line::Shift(_) | Line::Delay(_) => drift::is_settled(state),
        Line::Train(target) => {
            state.truth.champion().is_some_and(|version| version.model().output.name == *target)
        }
        Line::Promote(number) => state.truth.champion == Some(*number),
        Line::Change(_) => is("predict.changed"),
        Line::PredictTable => is("predict.rows"),
        Line::SavePredictions => is("predict.saved"),
        Line::Measure => is("predict.sizes"),
        Line::Serve => is("server.running"),
        Line::SendRight => is("server.answered"),
        Line::SendWrong => is("server.refused"),
        Line::StepThrough => is("server.followed"),
        Line::MakeKey => more(state, line) > before && state.screen.serve.new_key.trim().is_empty(),
        Line::AskForKeys => state.screen.serve.ask_for_keys && is("server.running"),
        Line::TryKeys => is("keys.tried"),
        Line::Scenario(name) => {
            state.screen.drift.scenario.as_ref() == Some(name) && drift::is_settled(state)
        }
        Line::SendWeeks => more(state, line) > before && is("drift.windows"),
        Line::Retrain | Line::RetrainOn(_) | Line::Compare => is("drift.compared"),
        Line::Commit(_) => is("drift.policies"),
    }
}

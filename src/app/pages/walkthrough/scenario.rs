//! Scenarios in the window: opened as a step of their own apart from the learner's work, written from the state that is
//! there, and handed in with what was done in them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::script;
use crate::app::command::Command as AppCommand;
use crate::app::job::Slot;
use crate::app::pages::{PageId, data, drift, predict, serve, train};
use crate::app::picker::Purpose;
use crate::app::state::{AppState, StatusKind, Truth};
use crate::drift::lab::Shifts;
use crate::lesson::{Facts, Line, MOST_LINES, SCENARIO, Scenario, Unit};
use crate::workspace::{DataRef, Role};

/// The scenario that is open.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// As it was read.
    pub(crate) scenario: Scenario,
    /// As a unit of one step.
    pub(crate) unit: Arc<Unit>,
    /// Where its data lie.
    pub(crate) folder: PathBuf,
    /// What was done since it began.
    journal: Vec<Line>,
    /// What was done that can't be done again.
    pub(crate) lost: Vec<&'static str>,
    /// What the journal knows of what is moved without a command.
    known: Known,
    /// Whether its starting state is there.
    begun: bool,
    /// Whether what was done is in a file.
    handed_in: bool,
}

/// What is moved without a command, or by several.
#[derive(Debug, Clone)]
struct Known {
    shifts: Shifts,
    delay: u64,
    values: predict::Record,
}

impl Known {
    fn of(state: &AppState) -> Self {
        let (drift, predict) = (&state.screen.drift, &state.screen.predict);
        Self { shifts: drift.shifts.clone(), delay: drift.delay, values: predict.values.clone() }
    }
}

impl Opened {
    /// Whether something was done that is in no file.
    pub(super) fn is_unsaved(&self) -> bool {
        !self.handed_in && !self.journal.is_empty()
    }
}

/// The name of a role in a script.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::Feature => "feature",
        Role::Target => "target",
        Role::Ignore => "ignore",
    }
}

/// The role of that name.
pub(super) fn role_of(name: &str) -> Role {
    match name {
        "target" => Role::Target,
        "ignore" => Role::Ignore,
        _ => Role::Feature,
    }
}

/// A fresh state for a scenario, whose starting lines run next; what an instructor set stays.
pub(crate) fn open(old: AppState, fresh: &mut AppState, scenario: Scenario, folder: PathBuf) {
    super::carry_over(old, fresh);
    let unit = Arc::new(scenario.unit());
    let known = Known::of(fresh);
    let results = &mut fresh.results.walkthrough;
    results.script = Some(script::Running::new(&scenario.start, true));
    results.scenario = Some(Box::new(Opened {
        scenario,
        unit,
        folder,
        journal: Vec::new(),
        lost: Vec::new(),
        known,
        begun: false,
        handed_in: false,
    }));
    let draft = &mut fresh.screen.walkthrough;
    draft.unit = SCENARIO.into();
    draft.following = Some((SCENARIO.into(), SCENARIO.into()));
    fresh.screen.page = PageId::Walkthrough;
}

/// The starting state stands: from here on what is done is noted. A sentence, where it is not the scenario's.
pub(super) fn begun(state: &mut AppState) -> Option<String> {
    let known = Known::of(state);
    let sha256 = state.truth.data().and_then(|data| data.loaded.sha256.clone());
    let opened = state.results.walkthrough.scenario.as_mut()?;
    opened.begun = true;
    opened.known = known;
    let wanted = opened.scenario.data_sha256.clone().filter(|wanted| Some(wanted) != sha256.as_ref())?;
    Some(format!(
        "The open data are not those of the scenario: its SHA-256 is {}, theirs is {}",
        short(&wanted),
        sha256.as_deref().map_or("not known", short)
    ))
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Notes a command of who works in a scenario, so that it can be done again.
pub(crate) fn note(state: &mut AppState, command: &AppCommand) {
    let is_open = state.results.walkthrough.scenario.as_ref().is_some_and(|opened| opened.begun);
    if !is_open || state.results.walkthrough.script.is_some() {
        return;
    }
    let (line, lost) = (line_of(state, command), lost(command));
    if line.is_none() && lost.is_none() {
        return;
    }
    // where sliders and values stood when something was done with them
    let moved = moved(state);
    let known = Known::of(state);
    let Some(opened) = &mut state.results.walkthrough.scenario else { return };
    opened.handed_in = false;
    state.screen.walkthrough.leaving = false;
    opened.journal.extend(moved);
    opened.known = known;
    if let Some(lost) = lost.filter(|lost| !opened.lost.contains(lost)) {
        opened.lost.push(lost);
    }
    // doing these once more changes nothing
    let is_same = matches!(line, Some(Line::Role(..) | Line::Promote(_) | Line::Serve | Line::AskForKeys));
    if !(is_same && opened.journal.last() == line.as_ref()) {
        opened.journal.extend(line);
    }
}

/// What was asked for last was not done: it failed, or was stopped.
pub(crate) fn not_done(state: &mut AppState, slot: Slot) {
    if state.results.walkthrough.script.is_some() {
        return;
    }
    let Some(opened) = &mut state.results.walkthrough.scenario else { return };
    // the file that it was handed in by was not written
    opened.handed_in &= slot != Slot::ModelFile;
    let is_of = |line: &Line| match slot {
        Slot::Train => matches!(line, Line::TrainBy(_)),
        Slot::DriftRetrain => matches!(line, Line::Retrain | Line::RetrainOn(_) | Line::Compare),
        Slot::Server => matches!(line, Line::Serve | Line::AskForKeys),
        Slot::BatchSave => matches!(line, Line::SavePredictions),
        Slot::Batch => matches!(line, Line::PredictTable),
        Slot::Measure => matches!(line, Line::Measure),
        Slot::DriftSend => matches!(line, Line::SendWeeks),
        Slot::DriftPolicies => matches!(line, Line::Commit(_)),
        _ => false,
    };
    if let Some(at) = opened.journal.iter().rposition(is_of) {
        opened.journal.remove(at);
    }
}

/// The lines that bring sliders and values to where they are, from where the journal knows them.
fn moved(state: &AppState) -> Vec<Line> {
    let Some(opened) = &state.results.walkthrough.scenario else { return Vec::new() };
    let (known, draft) = (&opened.known, &state.screen.drift);
    let mut lines = Vec::new();
    for (column, value) in &state.screen.predict.values {
        if known.values.get(column) != Some(value) {
            lines.push(Line::Set(column.clone(), value.to_string()));
        }
    }
    if draft.delay != known.delay {
        lines.push(Line::Delay(draft.delay));
    }
    if draft.shifts != known.shifts {
        let shift = || Some(Line::Shift(serde_json::to_string(&draft.shifts).ok()?));
        lines.extend(draft.scenario.clone().map(Line::Scenario).or_else(shift));
    }
    lines
}

/// What is done that no script can do again, in words.
fn lost(command: &AppCommand) -> Option<&'static str> {
    Some(match command {
        AppCommand::Open(DataRef::Path(_)) | AppCommand::Chosen(Purpose::OpenData, _) => {
            "opening another file"
        }
        AppCommand::OpenPasted(_) => "pasting a table",
        AppCommand::Chosen(Purpose::OpenModel, _) | AppCommand::Train(train::Command::OpenModel(_)) => {
            "opening a model"
        }
        AppCommand::Chosen(Purpose::OpenBatch, _) | AppCommand::Predict(predict::Command::OpenBatch(_)) => {
            "predicting another file"
        }
        AppCommand::Chosen(Purpose::OpenLabels, _) => "labels from a file",
        AppCommand::Undo => "taking something back",
        AppCommand::Data(data::Command::ReadAgain(_) | data::Command::ApplySettings) => {
            "reading the file otherwise"
        }
        AppCommand::Train(train::Command::Delete(_) | train::Command::Restore(..)) => "deleting a model",
        AppCommand::Predict(predict::Command::Grid) => "predicting a what-if grid",
        AppCommand::Serve(serve::Command::Classroom(_)) => "the classroom",
        AppCommand::Serve(serve::Command::Try(Some(_))) => "a single trial of the key lab",
        _ => return None,
    })
}

/// What a command is in a script.
fn line_of(state: &AppState, command: &AppCommand) -> Option<Line> {
    Some(match command {
        AppCommand::Open(DataRef::Sample(name)) => Line::Open(name.clone()),
        AppCommand::Data(data::Command::SetRole(column, role)) => {
            Line::Role(column.clone(), role_name(*role).into())
        }
        AppCommand::Train(train::Command::Train) => Line::TrainBy(train::settings_now(state)?),
        AppCommand::Train(train::Command::Champion(number)) => Line::Promote(*number),
        AppCommand::Predict(predict::Command::OpenTable) => Line::PredictTable,
        AppCommand::Predict(predict::Command::SaveBatch(_)) | AppCommand::Chosen(Purpose::SaveBatch, _) => {
            Line::SavePredictions
        }
        AppCommand::Predict(predict::Command::Measure) => Line::Measure,
        AppCommand::Serve(serve::Command::Start) => Line::Serve,
        AppCommand::Serve(serve::Command::Switch) if state.results.serve.live().is_none() => Line::Serve,
        AppCommand::Serve(serve::Command::First) => Line::SendRight,
        AppCommand::Serve(serve::Command::FirstWrong) => Line::SendWrong,
        AppCommand::Serve(serve::Command::Glass(Some(_))) => Line::StepThrough,
        AppCommand::Serve(serve::Command::MakeKey) => Line::MakeKey,
        AppCommand::Serve(serve::Command::RevokeKey(_)) => Line::RevokeKey,
        AppCommand::Serve(serve::Command::AskForKeys(true))
            if state.results.serve.keys.iter().any(|key| !key.revoked) =>
        {
            Line::AskForKeys
        }
        AppCommand::Serve(serve::Command::Try(None)) => Line::TryKeys,
        AppCommand::Drift(command) => return drift::line_of(state, command),
        _ => return None,
    })
}

/// What was done in the scenario that is open, for it to be done again.
fn did(state: &AppState) -> Vec<Line> {
    let Some(opened) = &state.results.walkthrough.scenario else { return Vec::new() };
    let mut lines = opened.journal.clone();
    lines.extend(moved(state));
    // requests of the Requests page are as good as those that the Serve page offers
    let has = |line: &Line| opened.scenario.start.iter().chain(&opened.journal).any(|one| one == line);
    for (fact, line) in [("server.answered", Line::SendRight), ("server.refused", Line::SendWrong)] {
        if state.fact(fact) >= 1.0 && !has(&line) {
            // before one is stepped through
            let at = lines.iter().position(|one| *one == Line::StepThrough).unwrap_or(lines.len());
            lines.insert(at, line);
        }
    }
    lines
}

/// The scenario as it is handed in.
///
/// # Errors
/// Why it can't be.
pub(super) fn handed_in(state: &mut AppState) -> Result<Scenario, String> {
    let did = did(state);
    let by = state.screen.walkthrough.by.trim().to_owned();
    let opened = state.results.walkthrough.scenario.as_mut().ok_or("none is open")?;
    let scenario = Scenario {
        by: Some(by).filter(|by| !by.is_empty()),
        did,
        not_again: opened.lost.iter().map(|&lost| lost.to_owned()).collect(),
        ..opened.scenario.clone()
    };
    if scenario.start.len() + scenario.did.len() > MOST_LINES {
        return Err(format!("more than {MOST_LINES} things were done; begin it again"));
    }
    opened.handed_in = true;
    Ok(scenario)
}

/// The state that is there, as a scenario; and what of it can't be written down.
///
/// # Errors
/// Why it is none.
pub(super) fn of_state(state: &AppState) -> Result<(Scenario, Vec<String>), String> {
    let truth = &state.truth;
    let data = truth.data().ok_or("a scenario begins with a table, and none is open")?;
    let mut left_out = Vec::new();
    let open = match &data.from {
        DataRef::Sample(name) => name.clone(),
        DataRef::Path(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.ok_or("The table's file has no name")?;
            left_out.push(format!("lay {name} beside this file"));
            name
        }
        DataRef::Pasted(_) => {
            return Err(
                "The table was pasted; save it as a file, open that, and save the scenario then".into()
            );
        }
    };
    let mut lines = vec![Line::Open(open)];
    lines.extend(
        truth.roles.iter().map(|(column, role)| Line::Role(column.clone(), role_name(*role).to_owned())),
    );
    lines.extend(models(truth, &mut left_out)?);
    if data.options != (crate::data::ReadOptions { hash: data.options.hash, ..Default::default() }) {
        left_out.push("the settings that the table was read with are not in it".into());
    }
    if !truth.missing.is_empty() {
        left_out.push("rules for missing values are in it for its models only".into());
    }
    let draft = &state.screen.drift;
    if draft.shifts != drift::unmoved() && truth.champion().is_some() {
        lines.push(match &draft.scenario {
            Some(name) => Line::Scenario(name.clone()),
            None => Line::Shift(serde_json::to_string(&draft.shifts).map_err(|error| error.to_string())?),
        });
    }
    if state.results.serve.live().is_some() {
        lines.push(Line::Serve);
    }
    Ok((Scenario::new(data.from.title(), lines, data.loaded.sha256.clone()), left_out))
}

/// Every model that can be trained again from the open table, and which of them is the champion.
///
/// # Errors
/// A sentence when the champion is none of them.
fn models(truth: &Truth, left_out: &mut Vec<String>) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let (mut number, mut champion) = (0, None);
    for version in &truth.versions {
        let settings = train::settings_of_version(truth, version);
        let Some(settings) = settings.and_then(|settings| serde_json::to_string(&settings).ok()) else {
            let number = version.entry.number;
            if truth.champion == Some(number) {
                return Err(format!(
                    "the champion, v{number}, was not trained on the open table; choose another"
                ));
            }
            left_out.push(format!("v{number} is not in it: it was not trained on the open table"));
            continue;
        };
        number += 1;
        lines.push(Line::TrainBy(settings));
        if truth.champion == Some(version.entry.number) {
            champion = Some(number);
        }
    }
    // the first is the champion by itself
    lines.extend(champion.filter(|number| *number > 1).map(Line::Promote));
    Ok(lines)
}

/// Says that a file was not written, and why.
pub(super) fn refused(state: &mut AppState, why: &str) {
    state.say(StatusKind::Note, format!("No scenario was written: {why}"));
}

/// The names that the open scenario hides.
pub(crate) fn hides(state: &AppState) -> Option<&BTreeSet<String>> {
    state.results.walkthrough.scenario.as_ref().map(|opened| &opened.scenario.hide)
}

//! Scenarios in the window: opened as a step of their own apart from the learner's work, written from the state that is
//! there, and handed in with what was done in them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::script;
use crate::app::command::Command as AppCommand;
use crate::app::pages::{PageId, data, drift, predict, serve, train};
use crate::app::picker::Purpose;
use crate::app::state::{AppState, StatusKind, Truth};
use crate::drift::lab::Shifts;
use crate::lesson::{Facts, Line, SCENARIO, Scenario, Unit};
use crate::workspace::{DataRef, Role};

/// The scenario that is open.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// As it was read.
    pub(crate) scenario: Scenario,
    /// As a unit of one step.
    pub(crate) unit: Unit,
    /// Where its data lie.
    pub(super) folder: PathBuf,
    /// What was done since it began.
    journal: Vec<Line>,
    /// The sliders as the journal knows them.
    shifts: Shifts,
    /// Whether its starting state is there.
    begun: bool,
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
    let unit = scenario.unit();
    let results = &mut fresh.results.walkthrough;
    results.script = Some(script::Running::new(&scenario.start, true));
    results.scenario = Some(Box::new(Opened {
        scenario,
        unit,
        folder,
        journal: Vec::new(),
        shifts: drift::unmoved(),
        begun: false,
    }));
    let draft = &mut fresh.screen.walkthrough;
    draft.unit = SCENARIO.into();
    draft.following = Some((SCENARIO.into(), SCENARIO.into()));
    fresh.screen.page = PageId::Walkthrough;
}

/// The starting state stands: from here on what is done is noted. A sentence, where it is not the scenario's.
pub(super) fn begun(state: &mut AppState) -> Option<String> {
    let now = state.screen.drift.shifts.clone();
    let sha256 = state.truth.data().and_then(|data| data.loaded.sha256.clone());
    let opened = state.results.walkthrough.scenario.as_mut()?;
    opened.begun = true;
    opened.shifts = now;
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
    let Some(line) = line_of(state, command) else { return };
    let now = moved(state);
    let Some(opened) = &mut state.results.walkthrough.scenario else { return };
    let journal = &mut opened.journal;
    // where the sliders stood when something was done with them
    if let Some((line, shifts)) = now {
        journal.push(line);
        opened.shifts = shifts;
    }
    if let (Line::Set(column, _), Some(Line::Set(last, _))) = (&line, journal.last())
        && column == last
    {
        // a slider on its way
        journal.pop();
    }
    if journal.last() != Some(&line) || matches!(line, Line::TrainBy(_) | Line::Retrain | Line::RetrainOn(_))
    {
        journal.push(line);
    }
}

/// The line that sets the sliders, if they are elsewhere than the journal knows.
fn moved(state: &AppState) -> Option<(Line, Shifts)> {
    let opened = state.results.walkthrough.scenario.as_ref()?;
    let draft = &state.screen.drift;
    if draft.shifts == opened.shifts {
        return None;
    }
    let line = match &draft.scenario {
        Some(name) => Line::Scenario(name.clone()),
        None => Line::Shift(serde_json::to_string(&draft.shifts).ok()?),
    };
    Some((line, draft.shifts.clone()))
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
        AppCommand::Predict(predict::Command::Set(column, value)) => {
            Line::Set(column.clone(), value.to_string())
        }
        AppCommand::Predict(predict::Command::OpenTable) => Line::PredictTable,
        AppCommand::Predict(predict::Command::SaveBatch(_)) | AppCommand::Chosen(Purpose::SaveBatch, _) => {
            Line::SavePredictions
        }
        AppCommand::Predict(predict::Command::Measure) => Line::Measure,
        AppCommand::Serve(serve::Command::Start) => Line::Serve,
        AppCommand::Serve(serve::Command::Switch) if state.results.serve.live().is_none() => Line::Serve,
        AppCommand::Serve(serve::Command::First) => Line::SendRight,
        AppCommand::Serve(serve::Command::FirstWrong) => Line::SendWrong,
        AppCommand::Serve(serve::Command::MakeKey) => Line::MakeKey,
        AppCommand::Serve(serve::Command::RevokeKey(_)) => Line::RevokeKey,
        AppCommand::Serve(serve::Command::AskForKeys(true)) => Line::AskForKeys,
        AppCommand::Serve(serve::Command::Try(_)) => Line::TryKeys,
        AppCommand::Drift(command) => return drift::line_of(state, command),
        _ => return None,
    })
}

/// What was done in the scenario that is open, for it to be done again.
fn did(state: &AppState) -> Vec<Line> {
    let Some(opened) = &state.results.walkthrough.scenario else { return Vec::new() };
    let mut lines = opened.journal.clone();
    lines.extend(moved(state).map(|(line, _)| line));
    // requests of the Requests page are as good as those that the Serve page offers
    let has = |line: &Line| opened.scenario.start.iter().chain(&opened.journal).any(|one| one == line);
    for (fact, line) in [("server.answered", Line::SendRight), ("server.refused", Line::SendWrong)] {
        if state.fact(fact) >= 1.0 && !has(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The scenario as it is handed in.
pub(super) fn handed_in(state: &AppState) -> Option<Scenario> {
    let opened = state.results.walkthrough.scenario.as_ref()?;
    let by = state.screen.walkthrough.by.trim();
    Some(Scenario { by: (!by.is_empty()).then(|| by.to_owned()), did: did(state), ..opened.scenario.clone() })
}

/// The state that is there, as a scenario; and what of it can't be written down.
///
/// # Errors
/// Why it is none.
pub(super) fn of_state(state: &AppState) -> Result<(Scenario, Vec<String>), String> {
    let truth = &state.truth;
    let data = truth.data().ok_or("Open a table first: a scenario begins with one")?;
    let mut left_out = Vec::new();
    let open = match &data.from {
        DataRef::Sample(name) => name.clone(),
        DataRef::Path(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.ok_or("The table's file has no name")?;
            left_out.push(format!("lay {name} beside the scenario's file"));
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
    lines.extend(models(truth, &mut left_out));
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
fn models(truth: &Truth, left_out: &mut Vec<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut number, mut champion) = (0, None);
    for version in &truth.versions {
        let settings = train::settings_of_version(truth, version);
        let Some(settings) = settings.and_then(|settings| serde_json::to_string(&settings).ok()) else {
            left_out.push(format!("v{} was not trained on the open table", version.entry.number));
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
    lines
}

/// Says that a file was not written, and why.
pub(super) fn refused(state: &mut AppState, why: &str) {
    state.say(StatusKind::Note, format!("There is no scenario: {why}"));
}

/// The names that the open scenario hides.
pub(crate) fn hides(state: &AppState) -> Option<&BTreeSet<String>> {
    state.results.walkthrough.scenario.as_ref().map(|opened| &opened.scenario.hide)
}

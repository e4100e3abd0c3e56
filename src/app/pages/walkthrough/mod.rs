//! The Walkthrough page: the lesson, whose tasks are judged by what really happened on the other pages.

mod apply;
mod board;
mod cards;
mod facts;
mod handing_in;
mod page;
mod present;
mod run;
mod scenario;
mod script;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

pub(crate) use apply::{Effect, Event, apply, asks_before_leaving, carry_out, escape, happened};
pub(crate) use page::walkthrough_page_ui;
pub(crate) use present::present_ui;
pub(crate) use run::{cancelled, failed};
pub(crate) use scenario::{hides, not_done, note, open};
pub(crate) use step::beside_ui;

use super::PageId;
use crate::app::command::{Action, Command as AppCommand};
use crate::app::picker::Purpose;
use crate::app::state::{AppState, StatusKind};
use crate::app::theme::Icon;
use crate::lesson::{Field, Language, Line, Step, Unit, Words, units, units_from, words, words_from};

/// What the learner did in the lesson; kept over a restart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// The unit that is shown, by its id.
    pub(crate) unit: String,
    /// The step that the guide shows on every page: unit and step.
    pub(crate) following: Option<(String, String)>,
    /// Tasks that were true once: "unit/step/0".
    pub(crate) done: BTreeSet<String>,
    /// What was answered: "unit/step" before the activity, "unit/quiz/0" after it.
    pub(crate) answers: BTreeMap<String, usize>,
    /// What a starting state made true, and no learner did: it earns no tick until it was false once.
    pub(crate) given: BTreeSet<String>,
    /// Whether an instructor is at work: with notes, times and starting states.
    pub(crate) teaching: bool,
    /// Whether it is for somebody who knows it: no reading, only what is to be done.
    pub(crate) fast: bool,
    /// Whether the questions at the end are to be shown next.
    #[serde(skip)]
    pub(crate) to_check: bool,
    /// Whether it is shown what a page's work is called in other tools.
    pub(crate) tools_open: bool,
    /// How many hints of a step were asked for.
    pub(crate) hints: BTreeMap<String, usize>,
    /// Where cards of the sorting board lie; those that are not here are in the tray.
    pub(crate) placed: BTreeMap<String, Field>,
    /// What cards came to that ran.
    pub(crate) ran: BTreeMap<String, run::Ran>,
    /// Whether a scenario is to be left without handing it in.
    #[serde(skip)]
    pub(crate) leaving: bool,
    /// Who hands a scenario in.
    pub(crate) by: String,
    /// The card that is explained.
    pub(crate) card: Option<String>,
    /// The card that the keyboard picked up.
    #[serde(skip)]
    pub(crate) held: Option<cards::Held>,
}

/// The lesson as it was read.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The units; empty until they are read.
    pub(crate) units: Arc<Vec<Unit>>,
    /// What stands beside the units.
    pub(crate) words: Arc<Words>,
    /// The language that it was read in.
    language: Language,
    /// What is wrong with a unit's file.
    pub(crate) problem: Option<String>,
    /// The folder that the lesson is read from while it is written, and what was read last.
    from: Option<PathBuf>,
    read: Option<SystemTime>,
    /// When that folder was last looked at.
    looked: Option<Instant>,
    /// What is going on on the sorting board.
    pub(crate) board: board::Board,
    /// The scenario that is open.
    pub(crate) scenario: Option<Box<scenario::Opened>>,
    /// Where a script ended before its end.
    pub(crate) stuck: Option<String>,
    /// The script that runs.
    pub(crate) script: Option<script::Running>,
    /// When the step that is followed began, in milliseconds since 1970.
    pub(crate) began_at: Option<i64>,
    /// Whether the state is one that was made for a step, apart from the learner's own work.
    pub(crate) rehearsing: bool,
}

/// What can be asked for on this page.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Show a unit.
    Show(String),
    /// Go to the step's page, with the step in the guide.
    Follow(String, String),
    /// The guide is the pages' own again.
    Leave,
    /// A question was answered.
    Answer(String, usize),
    /// Go to the questions at the end of a unit.
    ToCheck(String),
    /// The questions came into view.
    Shown,
    /// The fast track, or all of it.
    Fast(bool),
    /// Teach, or no longer.
    Teach(bool),
    /// Make the state that the step begins in, apart from the learner's own work, and go there.
    Begin(String, String),
    /// Solve the step that is followed, as its script does.
    Solve,
    /// Back to the learner's own work.
    Back,
    /// Not back after all.
    Stay,
    /// Write the teacher's guide to a file.
    SaveGuide(PathBuf),
    /// Write what is to keep to a file.
    SaveToKeep(PathBuf),
    /// Open a scenario, apart from the learner's own work.
    OpenScenario(PathBuf),
    /// Write the state that is there as a scenario.
    SaveScenario(PathBuf),
    /// Write the open scenario with what was done in it.
    HandIn(PathBuf),
    /// Who hands it in.
    By(String),
    /// Show what the page's work is called in other tools, or no longer.
    Tools(bool),
    /// What brings somebody here who opens the program for the first time.
    Welcome(Reason),
    /// One more hint of a step.
    Hint(String),
    /// Explain a card of the sorting board.
    Choose(String),
    /// Lay a card into a field, or back into the tray.
    Place(String, Option<Field>),
    /// The keyboard picked a card up, carries it on, or put it down where it was.
    Hold(Option<cards::Held>),
    /// Every card back into the tray.
    SortAgain,
    /// Every card where it belongs, as a script does it.
    SortCards,
    /// Run a card.
    Run(String),
    /// All of the lesson from the beginning.
    StartOver,
    /// The ticks and answers that were there before.
    TakeBack(Box<Draft>),
}

/// What brings somebody here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Learn,
    Teach,
    Use,
}

/// What the glossary is called where units are.
pub(super) const GLOSSARY: &str = "glossary";

impl Results {
    /// A unit by its id.
    pub(crate) fn unit(&self, id: &str) -> Option<&Unit> {
        let scenario = self.scenario.as_ref().map(|opened| opened.unit.as_ref());
        self.units.iter().chain(scenario).find(|unit| unit.id == id)
    }
}

/// What the key of a task is.
pub(crate) fn task_key(unit: &Unit, step: &Step, task: usize) -> String {
    format!("{}/{}/{task}", unit.id, step.id)
}

/// What the key of a step's own question is.
fn step_key(unit: &Unit, step: &Step) -> String {
    format!("{}/{}", unit.id, step.id)
}

/// What the key of a question at the end is.
fn quiz_key(unit: &Unit, at: usize) -> String {
    format!("{}/quiz/{at}", unit.id)
}

impl Draft {
    /// Whether every task of a step was true once.
    pub(crate) fn is_solved(&self, unit: &Unit, step: &Step) -> bool {
        (0..step.tasks.len()).all(|task| self.done.contains(&task_key(unit, step, task)))
    }

    /// Whether every question at a unit's end is answered right.
    pub(crate) fn is_checked(&self, unit: &Unit) -> bool {
        unit.quiz
            .iter()
            .enumerate()
            .all(|(at, quiz)| self.answers.get(&quiz_key(unit, at)) == Some(&quiz.answer))
    }

    /// Whether a unit is done: every task, and every question at the end answered right.
    pub(crate) fn is_done(&self, unit: &Unit) -> bool {
        unit.coming.is_none()
            && unit.steps.iter().all(|step| self.is_solved(unit, step))
            && self.is_checked(unit)
    }

    /// How long a unit takes, in minutes: on the fast track there is nothing to read.
    pub(crate) fn minutes(&self, unit: &Unit) -> u32 {
        if self.fast && !unit.steps.is_empty() {
            unit.steps.iter().map(|step| step.minutes).sum()
        } else {
            unit.minutes
        }
    }
}

/// How many units are done, of those with something to do.
pub(crate) fn progress(state: &AppState) -> (usize, usize) {
    let draft = &state.screen.walkthrough;
    let ready = state.results.walkthrough.units.iter().filter(|unit| unit.coming.is_none());
    (ready.clone().filter(|unit| draft.is_done(unit)).count(), ready.count())
}

/// The page of that name in a unit's file.
pub(crate) fn page_of(name: &str) -> Option<PageId> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

/// Reads the lesson, and reads it again when who writes it has changed a file; notes which tasks are true.
pub(crate) fn poll(state: &mut AppState) {
    let results = &mut state.results.walkthrough;
    if results.units.is_empty() && results.problem.is_none() {
        results.from = std::env::var_os("DRYDOCK_LESSONS").map(PathBuf::from);
        results.language = state.screen.language;
        read(results);
    } else if results.language != state.screen.language {
        results.language = state.screen.language;
        read(results);
    } else if let Some(folder) = &results.from
        && results.looked.is_none_or(|at| at.elapsed() >= LOOK)
    {
        results.looked = Some(Instant::now());
        if latest(folder) != results.read {
            read(results);
        }
    }
    still_lacking(state);
    let results = &state.results.walkthrough;
    let units = Arc::clone(&results.units);
    // what a starting state makes true was not done by anybody
    let is_given = results.script.as_ref().is_some_and(script::Running::is_start);
    let mut reached = Vec::new();
    let scenario = results.scenario.as_ref().map(|opened| Arc::clone(&opened.unit));
    for unit in units.iter().chain(scenario.as_deref()) {
        for step in &unit.steps {
            for (at, task) in step.tasks.iter().enumerate() {
                let key = task_key(unit, step, at);
                if state.screen.walkthrough.done.contains(&key) {
                    continue;
                }
                let holds = task.check.holds(&*state);
                let given = &mut state.screen.walkthrough.given;
                if !holds {
                    given.remove(&key);
                } else if is_given {
                    given.insert(key);
                } else if !given.contains(&key) {
                    reached.push(key);
                }
            }
        }
    }
    state.screen.walkthrough.done.extend(reached);
}

/// Forgets what cards lacked, once it is there.
fn still_lacking(state: &mut AppState) {
    let mut lacks = std::mem::take(&mut state.results.walkthrough.board.lacks);
    lacks.retain(|card, lack| {
        let run = run::card_of(&state.results.walkthrough, card).and_then(|card| card.run);
        run.is_some_and(|run| run::lack(state, run) == Some(*lack))
    });
    state.results.walkthrough.board.lacks = lacks;
}

/// How often the folder of who writes the lesson is looked at.
const LOOK: Duration = Duration::from_secs(1);

fn latest(folder: &std::path::Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

fn read(results: &mut Results) {
    let found = match &results.from {
        Some(folder) => {
            results.read = latest(folder);
            units_from(folder).and_then(|units| Ok((units, words_from(folder)?)))
        }
        None => units(results.language).and_then(|units| Ok((units, words(results.language)?))),
    };
    match found {
        Ok((units, words)) => {
            results.units = Arc::new(units);
            results.words = Arc::new(words);
            results.problem = None;
        }
        // what was read before stays
        Err(error) => results.problem = Some(error.to_string()),
    }
}

/// Goes on with a script, if one runs: what is asked of the pages next.
pub(crate) fn go_on(state: &mut AppState) -> Vec<crate::app::command::Command> {
    let was_start = state.results.walkthrough.script.as_ref().is_some_and(script::Running::is_start);
    let (commands, has_ended) = script::go_on(state);
    if has_ended {
        if was_start && let Some(why) = scenario::begun(state) {
            state.results.walkthrough.stuck = Some(why.clone());
            state.say(StatusKind::Failed, why);
        }
        // the step begins where it is done
        let followed = followed(state).and_then(|(_, step)| page_of(&step.page));
        if let Some(page) = followed.filter(|_| was_start) {
            state.screen.page = page;
        }
        state.results.walkthrough.began_at = Some(state.work.clock.unix_millis());
    }
    commands
}

/// A fresh state for a step: what an instructor set stays, and the lesson as it was read; the step's own lines run next.
pub(crate) fn rehearse(old: AppState, fresh: &mut AppState, unit: String, step: String) {
    carry_over(old, fresh);
    let results = &mut fresh.results.walkthrough;
    let found = results.unit(&unit).and_then(|unit| unit.steps.iter().find(|one| one.id == step));
    let (lines, page) = found.map_or((Vec::new(), None), |step| (step.start.clone(), page_of(&step.page)));
    results.script = Some(script::Running::new(&lines, true));
    fresh.screen.page = page.unwrap_or(PageId::Walkthrough);
    let draft = &mut fresh.screen.walkthrough;
    draft.unit.clone_from(&unit);
    draft.following = Some((unit, step));
}

/// What goes along into a state apart from the learner's own work: how the window looks, the lesson as it was read, and
/// whether it is taught.
fn carry_over(old: AppState, fresh: &mut AppState) {
    let before = old.results.walkthrough;
    fresh.results.walkthrough = Results {
        units: before.units,
        words: before.words,
        language: before.language,
        problem: before.problem,
        from: before.from,
        read: before.read,
        looked: before.looked,
        rehearsing: true,
        ..Results::default()
    };
    let screen = &mut fresh.screen;
    screen.theme = old.screen.theme;
    screen.language = old.screen.language;
    screen.projector = old.screen.projector;
    screen.serve.port.clone_from(&old.screen.serve.port);
    screen.guide_open = true;
    screen.walkthrough = Draft {
        teaching: old.screen.walkthrough.teaching,
        by: old.screen.walkthrough.by,
        ..Draft::default()
    };
}

/// Does what was done in a scenario again.
pub(crate) fn do_again(state: &mut AppState, did: &[Line]) {
    state.results.walkthrough.script = Some(script::Running::again(did));
}

/// The step after one, in the order of the lesson, and its unit.
pub(crate) fn after<'a>(units: &'a [Unit], unit: &str, step: &str) -> Option<(&'a Unit, &'a Step)> {
    let mut all = units.iter().flat_map(|unit| unit.steps.iter().map(move |step| (unit, step)));
    all.find(|(u, s)| u.id == unit && s.id == step)?;
    all.next()
}

/// The step that the guide shows, if one is followed.
pub(crate) fn followed(state: &AppState) -> Option<(&Unit, &Step)> {
    let (unit, step) = state.screen.walkthrough.following.as_ref()?;
    let unit = state.results.walkthrough.unit(unit)?;
    Some((unit, unit.steps.iter().find(|one| one.id == *step)?))
}

/// What can be done on this page.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    let mut all = vec![
        Action::new("Glossary", Icon::QUESTION, Command::Show(GLOSSARY.into())),
        Action::new("Save the teacher's guide…", Icon::FILE_CODE, AppCommand::Choose(Purpose::SaveGuide)),
        Action::new(
            "Save what is to keep of the lesson…",
            Icon::FILE_CODE,
            AppCommand::Choose(Purpose::SaveToKeep),
        ),
        Action::new("Open a scenario…", Icon::FILE_CODE, AppCommand::Choose(Purpose::OpenScenario)),
        Action::new(
            "Save this state as a scenario…",
            Icon::FILE_CODE,
            AppCommand::Choose(Purpose::SaveScenario),
        )
        .when(state.truth.data().is_some(), "Open a table first"),
        Action::new("Hand the scenario in…", Icon::FILE_CODE, AppCommand::Choose(Purpose::HandIn))
            .when(state.results.walkthrough.scenario.is_some(), "No scenario is open"),
        Action::new("Start the lesson over", Icon::ARROW_COUNTER_CLOCKWISE, Command::StartOver),
        Action::new(
            "Fast track of the lesson",
            Icon::LIGHTNING,
            Command::Fast(!state.screen.walkthrough.fast),
        ),
        Action::new(
            "Teach: notes, times and starting states",
            Icon::PATH,
            Command::Teach(!state.screen.walkthrough.teaching),
        ),
        Action::new("Back to my own work", Icon::X, Command::Back)
            .when(state.results.walkthrough.rehearsing, "This is your own work"),
        Action::new("Leave the lesson's step", Icon::X, Command::Leave)
            .when(state.screen.walkthrough.following.is_some(), "No step is being followed"),
    ];
    for (at, unit) in state.results.walkthrough.units.iter().enumerate() {
        let label = format!("Lesson {}: {}", at + 1, unit.title);
        all.push(Action::new(label, Icon::PATH, Command::Show(unit.id.clone())));
    }
    all
}

//! What the Walkthrough page's commands do to the state, what it asks of the world outside, and what comes back.

use std::path::PathBuf;

use super::run::{self, Order, Ran};
use super::{Command, Draft, Reason, page_of, scenario, script};
use crate::app::effect::{Effect as AppEffect, Event as AppEvent, Outside};
use crate::app::job::Slot;
use crate::app::pages::{PageId, drift, serve, train};
use crate::app::state::{AppState, Problem, StatusKind, Switch, Undo};
use crate::lesson::{SCENARIO, Scenario, teachers_guide, to_keep};

/// What happened outside.
#[derive(Debug)]
pub(crate) enum Event {
    /// A card ran.
    Ran(String, Ran),
    /// A scenario was read, from a file in that folder.
    Read(Box<Scenario>, PathBuf),
}

/// What this page does outside the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Run a card.
    Run(Order),
    /// Read a scenario.
    Read(PathBuf),
}

/// Carries an effect out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    match effect {
        Effect::Run(order) => run::carry_out(order, state, outside),
        Effect::Read(path) => {
            outside.start(state, Slot::Scenario, "Reading a scenario", move |_| {
                let read = Scenario::read(&path);
                let scenario =
                    read.map_err(|error| Problem::new("The scenario can't be opened", error.to_string()))?;
                let folder = path.parent().map(PathBuf::from).unwrap_or_default();
                Ok(AppEvent::Walkthrough(Event::Read(Box::new(scenario), folder)))
            });
        }
    }
}

/// Takes in what came back.
pub(crate) fn happened(state: &mut AppState, event: Event) -> Vec<AppEffect> {
    match event {
        Event::Ran(card, ran) => run::happened(state, card, ran),
        Event::Read(scenario, folder) => state.work.switch = Some(Switch::Scenario(scenario, folder)),
    }
    Vec::new()
}

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let draft = &mut state.screen.walkthrough;
    match command {
        Command::Show(unit) => {
            draft.unit = unit;
            // a board in the way of what is asked for
            if state.screen.page == PageId::Walkthrough {
                draft.following = None;
            }
            state.screen.page = PageId::Walkthrough;
        }
        Command::Follow(unit, step) => {
            let found = state.results.walkthrough.unit(&unit);
            let found = found.and_then(|unit| unit.steps.iter().find(|one| one.id == step));
            if let Some(page) = found.and_then(|step| page_of(&step.page)) {
                draft.card = None;
                draft.unit.clone_from(&unit);
                draft.following = Some((unit, step));
                state.screen.page = page;
                state.screen.guide_open = true;
                state.results.walkthrough.began_at = Some(state.work.clock.unix_millis());
                // where the control lies that the step points to, or the way there
                return match page {
                    PageId::Drift => drift::apply(state, drift::Command::Show(drift::Part::default())),
                    PageId::Serve => serve::apply(state, serve::Command::Part(serve::Part::Overview)),
                    _ => Vec::new(),
                };
            }
        }
        Command::ToCheck(unit) => {
            draft.unit = unit;
            draft.following = None;
            draft.to_check = true;
            state.screen.page = PageId::Walkthrough;
        }
        Command::Shown => draft.to_check = false,
        Command::Fast(on) => draft.fast = on,
        Command::Leave => draft.following = None,
        Command::Teach(on) => draft.teaching = on,
        Command::Begin(unit, _) if unit == SCENARIO => {
            if let Some(opened) = &state.results.walkthrough.scenario {
                let again = (Box::new(opened.scenario.clone()), opened.folder.clone());
                state.work.switch = Some(Switch::Scenario(again.0, again.1));
            }
        }
        Command::Begin(unit, step) => {
            state.work.switch = Some(Switch::Rehearse { unit, step });
        }
        Command::Back => {
            if !asks_before_leaving(state) {
                state.work.switch = Some(Switch::Back);
            }
        }
        Command::Stay => draft.leaving = false,
        Command::SaveGuide(path) => {
            let results = &state.results.walkthrough;
            let text = teachers_guide(&results.units, &results.words);
            return vec![AppEffect::Train(train::Effect::SaveText(
                text.into(),
                path,
                "The guide could not be saved",
            ))];
        }
        Command::SaveToKeep(path) => {
            let text = to_keep(&state.results.walkthrough.units, &state.results.walkthrough.words);
            return vec![AppEffect::Train(train::Effect::SaveText(
                text.into(),
                path,
                "It could not be saved",
            ))];
        }
        Command::OpenScenario(_)
            if state.results.walkthrough.scenario.as_ref().is_some_and(|opened| opened.is_unsaved()) =>
        {
            state.say(StatusKind::Note, "Hand the open scenario in first, or leave it");
        }
        Command::OpenScenario(path) => {
            return vec![AppEffect::Walkthrough(Box::new(Effect::Read(path)))];
        }
        Command::SaveScenario(path) => match scenario::of_state(state) {
            Ok((scenario, left_out)) => return save(state, &scenario, &left_out, path),
            Err(why) => scenario::refused(state, &why),
        },
        Command::HandIn(path) => match scenario::handed_in(state) {
            Ok(scenario) => {
                state.screen.walkthrough.leaving = false;
                return save(state, &scenario, &[], path);
            }
            Err(why) => scenario::refused(state, &why),
        },
        Command::By(by) => draft.by = by,
        Command::Tools(open) => draft.tools_open = open,
        Command::Welcome(reason) => {
            state.screen.data.welcome = false;
            state.screen.data.welcomed = true;
            draft.teaching = reason == Reason::Teach;
            if reason != Reason::Use {
                state.screen.page = PageId::Walkthrough;
                state.screen.guide_open = true;
            }
        }
        Command::Solve => {
            if let Some((_, step)) = super::followed(state) {
                let running = script::Running::new(&step.solve, false);
                state.results.walkthrough.script = Some(running);
            }
        }
        Command::Answer(key, option) => {
            draft.answers.insert(key, option);
        }
        Command::Choose(card) => draft.card = Some(card),
        Command::Hold(held) => draft.held = held,
        Command::Place(card, field) => {
            match field {
                Some(field) => draft.placed.insert(card.clone(), field),
                None => draft.placed.remove(&card),
            };
            draft.card = Some(card);
            draft.held = None;
        }
        Command::SortAgain => {
            draft.placed.clear();
            draft.card = None;
        }
        Command::SortCards => {
            let cards = state.results.walkthrough.units.iter().flat_map(|unit| &unit.cards);
            draft.placed = cards.map(|card| (card.id.clone(), card.field())).collect();
        }
        Command::Run(card) => {
            if let Some(card) = run::card_of(&state.results.walkthrough, &card).cloned() {
                return run::start(state, &card);
            }
        }
        Command::Hint(key) => *draft.hints.entry(key).or_default() += 1,
        Command::StartOver => {
            let first = state.results.walkthrough.units.first().map(|unit| unit.id.clone());
            let anew = Draft {
                unit: first.unwrap_or_default(),
                teaching: draft.teaching,
                fast: draft.fast,
                ..Draft::default()
            };
            let before = Box::new(std::mem::replace(draft, anew));
            state.screen.undo.push(Undo {
                what: "Started the lesson over".into(),
                command: Command::TakeBack(before).into(),
            });
            let said =
                "The lesson begins anew; data, models and server are untouched, and Ctrl+Z takes it back";
            state.say(StatusKind::Done, said);
        }
        Command::TakeBack(before) => *draft = *before,
    }
    Vec::new()
}

/// Asks whoever leaves an open scenario once more, where what was done in it is in no file yet; whether it does.
pub(crate) fn asks_before_leaving(state: &mut AppState) -> bool {
    let draft = &mut state.screen.walkthrough;
    let is_unsaved = state.results.walkthrough.scenario.as_ref().is_some_and(|opened| opened.is_unsaved());
    if !is_unsaved || draft.leaving {
        return false;
    }
    draft.leaving = true;
    draft.following = Some((SCENARIO.into(), SCENARIO.into()));
    draft.unit = SCENARIO.into();
    state.screen.page = PageId::Walkthrough;
    true
}

/// Writes a scenario.
fn save(state: &mut AppState, scenario: &Scenario, remarks: &[String], path: PathBuf) -> Vec<AppEffect> {
    match scenario.to_toml(remarks) {
        Ok(text) => {
            let failed = "The scenario could not be saved";
            vec![AppEffect::Train(train::Effect::SaveText(text.into(), path, failed))]
        }
        Err(error) => {
            scenario::refused(state, &error.to_string());
            Vec::new()
        }
    }
}

/// Esc: the guide is the pages' own again.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let draft = &mut state.screen.walkthrough;
    // a card that was picked up is put down first, where it was
    if draft.held.take().is_none() {
        draft.following = None;
    }
    Vec::new()
}

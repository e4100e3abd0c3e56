//! What the Drift page does when it is asked, and when a result has come.

use std::sync::Arc;

use super::one_by_one::Refined;
use super::past::identity;
use super::policies::replay_asked;
use super::sending::Look;
use super::served::Sent;
use super::{
    Challenge, Command, Effect, Event, Part, Results, asked, challenger_of, exact, ready, scenarios, sending,
    unmoved,
};
use crate::app::effect::Effect as AppEffect;
use crate::app::job::{JobError, Slot};
use crate::app::pages::{PageId, train};
use crate::app::state::{AppState, Problem, StatusKind};
use crate::app::widgets::format;
use crate::drift::retraining::RetrainPolicy;
use crate::workspace::log::LogRow;
use crate::workspace::registry::{Rollout, What};

/// Does what was asked.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<AppEffect> {
    let effect = |effect: Effect| vec![AppEffect::Drift(effect)];
    let results = &mut state.results.drift;
    match command {
        Command::Prepare => {
            if !results.preparing {
                results.preparing = true;
                results.problem = None;
                return effect(Effect::Prepare);
            }
        }
        Command::Measure => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.measuring
            {
                results.measuring = true;
                return effect(Effect::Measure(asked));
            }
        }
        Command::Refine => {
            let names = rough_names(state);
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !state.results.drift.refining
                && !names.is_empty()
            {
                state.results.drift.refining = true;
                return vec![AppEffect::Drift(Effect::Refine(asked, names))];
            }
        }
        Command::Simulate => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.simulating
            {
                results.simulating = true;
                return effect(Effect::Simulate(asked));
            }
        }
        Command::StopSimulating => {
            results.simulating = false;
            return vec![AppEffect::DropSlot(Slot::DriftWeeks)];
        }
        Command::Scenario(name) => {
            if let Some(preset) = scenarios(&state.truth).into_iter().find(|preset| preset.name == name) {
                let draft = &mut state.screen.drift;
                draft.shifts = preset.shifts;
                draft.held = None;
                draft.scenario = Some(preset.name.to_owned());
                draft.changed = true;
                state.say(StatusKind::Note, format!("{}: {}", preset.title, preset.story));
            }
        }
        Command::Near(name, by_value) => return effect(Effect::Touch(name, by_value)),
        Command::Moved => {
            let draft = &mut state.screen.drift;
            draft.scenario = None;
            draft.changed = true;
        }
        Command::Reset => {
            let draft = &mut state.screen.drift;
            draft.shifts = unmoved();
            draft.held = None;
            draft.scenario = None;
            let results = &mut state.results.drift;
            results.challenge = None;
            // of values moved one by one none is left
            let left = std::mem::take(&mut results.exact);
            if let Some(lab) = ready(&state.truth, results) {
                left.into_iter().for_each(|left| lab.take_back(left));
            }
            state.say(StatusKind::Done, "Every slider is back where it was");
        }
        Command::Choose(name) => state.screen.drift.chosen = name,
        Command::Retrain => return retrain(state),
        Command::Replay => {
            let draft = &state.screen.drift;
            if let Some(asked) = asked(&state.truth, draft).and_then(|asked| replay_asked(asked, draft))
                && !state.results.drift.replaying
            {
                state.results.drift.replaying = true;
                state.results.drift.replay_problem = None;
                return vec![AppEffect::Drift(Effect::Replay(asked))];
            }
        }
        Command::Compare => {
            let number = challenger_of(&state.truth, results);
            let is_ready = ready(&state.truth, results).is_some();
            let is_free = !results.comparing && results.retraining.is_none();
            if let (Some(asked), Some(number)) = (asked(&state.truth, &state.screen.drift), number)
                && is_ready
                && is_free
            {
                results.comparing = true;
                // what comes of it stands in the laboratory
                state.screen.drift.part = Part::Laboratory;
                return effect(Effect::Compare(asked, number));
            }
        }
        Command::Find => return find(state),
        Command::RunAgain => {
            let chosen = state.screen.drift.prediction.clone();
            let registry = &mut results.registry;
            let row = registry.found.as_ref().and_then(|found| {
                found.rows.iter().find(|row| chosen.as_ref() == Some(&identity(row))).cloned()
            });
            if let Some(row) = row.filter(|_| !registry.busy) {
                registry.busy = true;
                return effect(Effect::RunAgain(Box::new(row)));
            }
        }
        Command::Show(part) => state.screen.drift.part = part,
        Command::Send => {
            if let Some(asked) = asked(&state.truth, &state.screen.drift)
                && !results.monitor.busy
            {
                results.monitor.busy = true;
                results.monitor.problem = None;
                return effect(Effect::Send(asked));
            }
        }
        Command::Watch => return watch_again(state),
        Command::Deliver => {
            if !results.monitor.busy {
                results.monitor.busy = true;
                results.monitor.problem = None;
                return effect(Effect::Watch(Look { deliver: sending::PER_WEEK, ..Look::default() }));
            }
        }
        Command::OpenLabels(path) => {
            if !results.monitor.busy {
                results.monitor.busy = true;
                results.monitor.problem = None;
                return effect(Effect::Labels(path));
            }
            state.say(StatusKind::Note, "The log is being read; open the labels again in a moment");
        }
        Command::Provenance(id) => {
            let draft = &mut state.screen.drift;
            draft.part = Part::Registry;
            draft.past.clone_from(&id);
            draft.prediction = None;
            state.screen.page = PageId::Drift;
            results.registry.choose = Some(id);
            return find(state);
        }
        Command::Challenger(number) => {
            state.end_rollout();
            state.truth.rollout = Rollout { challenger: number, ..Rollout::default() };
            return watch_again(state);
        }
        Command::Canary(percent) => {
            if let Some(number) = state.truth.challenger().map(|version| version.entry.number)
                && state.truth.rollout.canary != percent
            {
                state.truth.rollout.canary = percent;
                state.note(number, What::Canary { percent });
            }
        }
        Command::Mirror(on) => {
            if let Some(number) = state.truth.challenger().map(|version| version.entry.number) {
                state.truth.rollout.mirrored = on;
                state.note(number, What::Shadow { on });
            }
        }
        Command::Acknowledge(name, at) => {
            state.screen.drift.monitor.acknowledged.insert((name, at));
            return watch_again(state);
        }
    }
    Vec::new()
}

/// Has the log read again, at once or when the job that is at it has ended.
fn watch_again(state: &mut AppState) -> Vec<AppEffect> {
    let monitor = &mut state.results.drift.monitor;
    if std::mem::replace(&mut monitor.busy, true) {
        monitor.again = true;
        return Vec::new();
    }
    monitor.problem = None;
    monitor.again = false;
    vec![AppEffect::Drift(Effect::Watch(Look::default()))]
}

/// Looks past predictions up, at once or when the job that is at it has ended.
fn find(state: &mut AppState) -> Vec<AppEffect> {
    let registry = &mut state.results.drift.registry;
    if std::mem::replace(&mut registry.busy, true) {
        registry.again_for = true;
        return Vec::new();
    }
    registry.again_for = false;
    registry.problem = None;
    let wanted = registry.choose.clone();
    vec![AppEffect::Drift(Effect::Find(state.screen.drift.past.trim().to_owned(), wanted))]
}

/// A job in the log has ended; what was looked for meanwhile is looked up now.
fn looked_up(state: &mut AppState) -> Vec<AppEffect> {
    let registry = &mut state.results.drift.registry;
    registry.busy = false;
    if registry.again_for { find(state) } else { Vec::new() }
}

/// The inputs that are known from a part of the rows only, and were not worked out from all of them.
fn rough_names(state: &AppState) -> Vec<String> {
    let (results, draft) = (&state.results.drift, &state.screen.drift);
    let Some(live) = &draft.live else { return Vec::new() };
    live.rough.iter().filter(|name| exact(results, draft, name).is_none()).cloned().collect()
}

fn retrain(state: &mut AppState) -> Vec<AppEffect> {
    let Some(asked) = asked(&state.truth, &state.screen.drift) else { return Vec::new() };
    let is_ready = ready(&state.truth, &state.results.drift).is_some();
    if state.results.drift.retraining.is_some() || state.results.drift.comparing || !is_ready {
        return Vec::new();
    }
    let number = train::take_number(state);
    state.results.drift.retraining = Some(number);
    let learn = state.screen.drift.learn;
    vec![AppEffect::Drift(Effect::Retrain(asked, number, learn))]
}

/// A result has come.
pub(crate) fn happened(state: &mut AppState, event: Event, seconds: f64) -> Vec<AppEffect> {
    let results = &mut state.results.drift;
    match event {
        Event::Prepared(prepared) => {
            results.preparing = false;
            results.problem = None;
            results.lab = Some(prepared);
            // of other rows
            (results.world, results.weeks, results.revealed) = (None, None, None);
            results.exact.clear();
            results.not_refined = None;
            (results.wrong, results.replay_problem, results.monitor.served) = (None, None, None);
            state.screen.drift.live = None;
            state.screen.drift.methods.seen = None;
        }
        Event::Unfit(champion, data, problem) => {
            results.preparing = false;
            results.problem = Some((champion, data, problem));
        }
        Event::Measured(world) => {
            results.measuring = false;
            results.world = Some(*world);
        }
        Event::Refined(lab, refined) => {
            results.refining = false;
            // of other rows
            if !ready(&state.truth, results).is_some_and(|now| Arc::ptr_eq(now, &lab)) {
                return Vec::new();
            }
            let shifts = &state.screen.drift.shifts.features;
            let is_here = |refined: &Refined| shifts.get(&refined.name) == Some(&refined.shift);
            let is_new = |name: &str| refined.iter().any(|new| new.name == name);
            let (kept, left): (Vec<_>, Vec<_>) = std::mem::take(&mut results.exact)
                .into_iter()
                .partition(|old| is_here(old) && !is_new(&old.name));
            let (new, passed): (Vec<_>, Vec<_>) = refined.into_iter().partition(is_here);
            left.into_iter().chain(passed).for_each(|left| lab.take_back(left));
            results.exact = kept.into_iter().chain(new).collect();
        }
        Event::Simulated(weeks) => {
            results.simulating = false;
            results.weeks = Some(*weeks);
        }
        Event::Sent(sent) => {
            let monitor = &mut results.monitor;
            monitor.runs += 1;
            monitor.sent = Some((sent.answered, sent.refused));
            let Sent { ended, answered, refused, last } = *sent;
            let said = format!(
                "Sent {}: {} answered, {} refused",
                format::plural(answered + refused, "row", "rows"),
                format::rows(answered),
                format::rows(refused)
            );
            monitor.again = false;
            match ended {
                None => state.say(StatusKind::Done, said),
                Some(JobError::Cancelled) => {
                    state.say(StatusKind::Note, format!("{said}; then it was stopped"));
                }
                Some(JobError::Failed(problem)) => {
                    state.say(
                        StatusKind::Failed,
                        format!("{said}; then {}: {}", problem.title, problem.detail),
                    );
                }
            }
            return vec![AppEffect::Drift(Effect::Watch(Look { last, deliver: 0 }))];
        }
        Event::Labelled(come, without) => {
            let mut said = format!("{} came from the file", format::plural(come, "label", "labels"));
            if without > 0 {
                said.push_str(&format!("; {} had none", format::plural(without, "line", "lines")));
            }
            state.say(StatusKind::Done, said);
            return vec![AppEffect::Drift(Effect::Watch(Look::default()))];
        }
        Event::Watched(served) => {
            results.monitor.busy = false;
            results.monitor.labels = Some(served.labels);
            results.monitor.served = Some(*served);
            if results.monitor.again {
                return watch_again(state);
            }
        }
        Event::Found(found) => {
            if !results.registry.again_for
                && let Some(id) = results.registry.choose.take()
            {
                // the answer that was sent, not what was said in shadow
                let is_it =
                    |row: &&LogRow| row.request_id == id && row.method != crate::server::mirror::METHOD;
                state.screen.drift.prediction = found.rows.iter().find(is_it).map(identity);
            }
            results.registry.found = Some(found);
            return looked_up(state);
        }
        Event::RunAgain(again) => {
            results.registry.again = Some(again);
            return looked_up(state);
        }
        Event::Compared(challenge) => {
            results.comparing = false;
            let said = challenge.duel.verdict.clone();
            results.challenge = Some(*challenge);
            state.say(StatusKind::Done, said);
        }
        Event::Replayed(revealed) => {
            results.replaying = false;
            let said = revealed.replays.iter().find(|replay| {
                let own = RetrainPolicy::ALL.get(revealed.asked.bet);
                own == Some(&replay.policy)
            });
            let said = said.map_or_else(String::new, |replay| {
                let trainings = format::plural(replay.retrainings, "training", "trainings");
                format!(
                    "{}: {trainings}, {} labels",
                    replay.policy.title(),
                    format::rows(replay.labels_bought)
                )
            });
            results.revealed = Some(*revealed);
            state.say(StatusKind::Done, said);
        }
        Event::Wrong(slot, asked, problem) => {
            ended(results, slot);
            let said = format!("{}. {}", problem.title, problem.detail);
            results.wrong = Some((asked, problem));
            state.say(StatusKind::Failed, said);
        }
        Event::Retrained { number, predictor, learned, learn, duel, champion, fair, unsaved } => {
            results.retraining = None;
            let rows = learned.n_rows();
            results.learned.insert(number, learned);
            let verdict = duel.verdict.clone();
            let learned = format!("{} rows: {}", format::rows(rows), learn.rows());
            let duel = *duel;
            results.trained_in.insert(number, champion);
            let may_have_seen = !fair;
            results.challenge =
                Some(Challenge { champion, challenger: number, learned, may_have_seen, duel });
            train::add_version(state, number, predictor, seconds);
            let said = format!("Trained v{number} on {}, {}: {verdict}", format::rows(rows), learn.rows());
            state.say(StatusKind::Done, said);
            if let Some(why) = unsaved {
                let said =
                    format!("v{number} could not be kept in the workspace ({why}); save the model to a file");
                state.say(StatusKind::Failed, said);
            }
        }
    }
    Vec::new()
}

/// What was asked for could not even begin.
pub(super) fn not_begun(state: &mut AppState, slot: Slot) {
    ended(&mut state.results.drift, slot);
    if slot == Slot::DriftRetrain
        && let Some(number) = state.results.drift.retraining.take()
    {
        train::give_back(state, number);
    }
}

/// No job is at work there any more.
fn ended(results: &mut Results, slot: Slot) {
    match slot {
        Slot::DriftLab => results.preparing = false,
        Slot::DriftWorld => results.measuring = false,
        Slot::DriftExact => results.refining = false,
        Slot::DriftWeeks => results.simulating = false,
        Slot::DriftPolicies => results.replaying = false,
        Slot::DriftSend => results.monitor.busy = false,
        Slot::DriftPast => results.registry.busy = false,
        Slot::DriftRetrain => results.comparing = false,
        _ => {}
    }
}

/// A job failed.
pub(crate) fn failed(state: &mut AppState, slot: Slot, problem: Problem) {
    let asked = asked(&state.truth, &state.screen.drift);
    let data = state.truth.data().cloned();
    let results = &mut state.results.drift;
    ended(results, slot);
    match slot {
        Slot::DriftLab => {
            if let (Some(champion), Some(data)) = (state.truth.champion, data) {
                results.problem = Some((champion, data, problem));
            }
        }
        Slot::DriftRetrain => {
            if let Some(number) = results.retraining.take() {
                train::give_back(state, number);
            }
        }
        Slot::DriftSend => results.monitor.problem = Some(problem),
        Slot::DriftPast => {
            results.registry.problem = Some(problem);
            results.registry.choose = None;
        }
        // what is known from a part of the rows stays so, and is not asked for again and again
        Slot::DriftExact => results.not_refined = asked.map(|asked| asked.shifts),
        Slot::DriftPolicies => {
            results.revealed = None;
            results.replay_problem = Some((state.screen.drift.policies.played, problem));
        }
        _ => {
            if let Some(asked) = asked {
                results.wrong = Some((asked, problem));
            }
        }
    }
}

/// A job was cancelled.
pub(crate) fn cancelled(state: &mut AppState, slot: Slot) {
    not_begun(state, slot);
    match slot {
        Slot::DriftRetrain => {
            state.say(StatusKind::Note, "It was stopped; the models before are untouched");
        }
        Slot::DriftLab => {
            // not begun again by itself
            if let (Some(champion), Some(data)) = (state.truth.champion, state.truth.data().cloned()) {
                let problem =
                    Problem::new("Stopped", "The rows were not made ready. Try again when it suits.");
                state.results.drift.problem = Some((champion, data, problem));
            }
        }
        _ => {}
    }
}

/// Esc on this page.
pub(crate) fn escape(state: &mut AppState) -> Vec<AppEffect> {
    let part = state.screen.drift.part;
    if part == Part::Laboratory && state.screen.drift.chosen.take().is_some() {
        return Vec::new();
    }
    // what is looked at comes first
    let own = match part {
        Part::Policies => Slot::DriftPolicies,
        Part::Monitor => Slot::DriftSend,
        Part::Registry => Slot::DriftPast,
        Part::Laboratory | Part::Methods => Slot::DriftRetrain,
    };
    let running = [own, Slot::DriftRetrain, Slot::DriftPolicies, Slot::DriftSend, Slot::DriftLab];
    let found = running.into_iter().find_map(|slot| state.work.job(slot));
    if let Some((id, slot)) = found.map(|job| (job.id, job.slot)) {
        // what was sent is still told
        if slot == Slot::DriftSend {
            return vec![AppEffect::Cancel(id)];
        }
        return vec![AppEffect::CancelSlot(slot)];
    }
    Vec::new()
}

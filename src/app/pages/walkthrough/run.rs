//! A card of the sorting board that runs: the learner's own model stands in for the system, and what is measured is true.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::apply::{Effect, Event};
use super::{Draft, Results};
use crate::app::effect::{Effect as AppEffect, Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::predict::{self, Endpoint, Record};
use crate::app::pages::serve;
use crate::app::state::{AppState, Dataset, Problem, StatusKind};
use crate::app::widgets::format;
use crate::app::words::say_with;
use crate::drift::predict_leniently;
use crate::inference::{Predictor, Scratch};
use crate::lesson::{Card, Run};

/// What the text goes on from.
const PROMPT: &str = "The harbour in winter";

/// What a card came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Rows, or tokens.
    pub(super) n: usize,
    /// How long all of it took, in seconds.
    pub(super) seconds: f64,
}

/// What a card lacks to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    Model,
    Table,
    Server,
}

impl Lack {
    /// In a word or two.
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Model => "No model yet",
            Self::Table => "No table is open",
            Self::Server => "Not serving",
        }
    }
}

/// A card to be run.
#[derive(Debug)]
pub(crate) struct Order {
    card: String,
    title: String,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Complete(Endpoint, u16),
    Ask(Endpoint, Vec<Record>),
    Here(Arc<Predictor>, Vec<Record>),
    Table(Arc<Predictor>, Arc<Dataset>),
}

/// What a run says.
pub(super) fn said(run: Run, ran: Ran) -> String {
    let (n, time) = (ran.n, format::duration(ran.seconds));
    match run {
        Run::Complete(_) if n == 1 => say_with("1 token in {0}", &[&time]),
        Run::Complete(_) => say_with("{0} tokens in {1}", &[&n, &time]),
        Run::Here(_) if n > 1 => {
            say_with("{0} rows, each in {1}", &[&n, &format::duration(ran.seconds / n as f64)])
        }
        _ if n == 1 => say_with("1 row in {0}", &[&time]),
        _ => say_with("{0} rows in {1}", &[&format::count(n as u64), &time]),
    }
}

/// What is not there yet that a card needs.
pub(super) fn lack(state: &AppState, run: Run) -> Option<Lack> {
    match run {
        _ if state.truth.champion().is_none() => Some(Lack::Model),
        Run::Table if state.truth.data().is_none() => Some(Lack::Table),
        _ if run.is_served() && serve::endpoint(state).is_none() => Some(Lack::Server),
        _ => None,
    }
}

/// Rows for the model: those of the open table from its beginning, as far as they go, else typical ones.
fn records(state: &AppState, predictor: &Predictor, n: usize) -> Vec<Record> {
    let own = predict::current(&state.truth, &state.screen.predict).filter(|_| n == 1);
    if let Some(own) = own {
        return vec![own];
    }
    let model = predictor.model();
    let table = state.truth.data().map(|data| &data.loaded.table).filter(|table| {
        table.n_rows() > 0 && model.inputs.iter().all(|input| table.column(&input.name).is_some())
    });
    (0..n)
        .map(|row| match table {
            Some(table) => {
                predict::record_for(model, &predict::values_at(model, table, row % table.n_rows()))
            }
            None => predict::record_for(model, &Record::new()),
        })
        .collect()
}

/// Runs a card, or says what it lacks.
pub(super) fn start(state: &mut AppState, card: &Card) -> Vec<AppEffect> {
    let Some(run) = card.run else { return Vec::new() };
    state.screen.walkthrough.card = Some(card.id.clone());
    if let Some(lack) = lack(state, run) {
        state.results.walkthrough.board.lacks.insert(card.id.clone(), lack);
        return Vec::new();
    }
    let Some(version) = state.truth.champion() else { return Vec::new() };
    let predictor = Arc::clone(&version.predictor);
    let endpoint = serve::endpoint(state);
    let work = match (run, endpoint) {
        (Run::Complete(n), Some(endpoint)) => Work::Complete(endpoint, n),
        (Run::Ask(n), Some(endpoint)) => Work::Ask(endpoint, records(state, &predictor, n)),
        (Run::Here(n), _) => Work::Here(Arc::clone(&predictor), records(state, &predictor, n)),
        (Run::Table, _) => match state.truth.data() {
            Some(data) => Work::Table(predictor, Arc::clone(data)),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let board = &mut state.results.walkthrough.board;
    board.lacks.remove(&card.id);
    board.failed.remove(&card.id);
    board.running = Some(card.id.clone());
    let order = Order { card: card.id.clone(), title: card.title.clone(), work };
    vec![AppEffect::Walkthrough(Box::new(Effect::Run(order)))]
}

/// Runs a card off the thread that paints.
pub(super) fn carry_out(order: Order, state: &mut AppState, outside: &mut Outside<'_>) {
    let Order { card, title, work } = order;
    outside.start(state, Slot::Card, format!("Running {title}"), move |handle| {
        let ran = work.done(handle)?;
        Ok(AppEvent::Walkthrough(Event::Ran(card, ran)))
    });
}

impl Work {
    fn done(self, handle: &Handle) -> Result<Ran, JobError> {
        let refused =
            |error: crate::inference::InputError| Problem::new("A row was refused", error.to_string());
        match self {
            Self::Complete(endpoint, n) => {
                let body = json!({"model": serve::TEXT_MODEL, "prompt": PROMPT, "max_tokens": n});
                let url = format!("{}/v1/completions", endpoint.base);
                let request = endpoint.post(&url, body.to_string().into_bytes());
                let exchange = endpoint.exchange(&request, &handle.progress)?;
                let answer: Value = serde_json::from_slice(&exchange.body)
                    .map_err(|error| Problem::new("The server's answer is no JSON", error.to_string()))?;
                let tokens = answer.pointer("/usage/completion_tokens").and_then(Value::as_u64).unwrap_or(0);
                let n = usize::try_from(tokens).unwrap_or(usize::MAX);
                Ok(Ran { n, seconds: exchange.timings.total_secs })
            }
            Self::Ask(endpoint, records) => {
                let n = records.len();
                let body = match <[Record; 1]>::try_from(records) {
                    Ok([one]) => Value::Object(one),
                    Err(many) => json!({ "records": many }),
                };
                let request = endpoint.request(body.to_string().into_bytes());
                let exchange = endpoint.exchange(&request, &handle.progress)?;
                Ok(Ran { n, seconds: exchange.timings.total_secs })
            }
            Self::Here(predictor, records) => {
                let rows: Vec<Vec<u8>> = records
                    .into_iter()
                    .map(|record| Value::Object(record).to_string().into_bytes())
                    .collect();
                let mut scratch = Scratch::default();
                let mut out = Vec::new();
                let stopwatch = handle.clock.stopwatch();
                for row in &rows {
                    out.clear();
                    predictor.predict_json(row, &mut scratch, &mut out).map_err(refused)?;
                }
                Ok(Ran { n: rows.len(), seconds: stopwatch.seconds() })
            }
            Self::Table(predictor, data) => {
                let stopwatch = handle.clock.stopwatch();
                let (_, predictions, _) =
                    predict_leniently(&predictor, &data.loaded.table, 0).map_err(refused)?;
                Ok(Ran { n: predictions.n_rows(), seconds: stopwatch.seconds() })
            }
        }
    }
}

/// Takes in what a card came to.
pub(super) fn happened(state: &mut AppState, card: String, ran: Ran) {
    state.results.walkthrough.board.running = None;
    let found = card_of(&state.results.walkthrough, &card);
    let said = found.and_then(|card| Some(say_with("Ran {0}: {1}", &[&card.title, &said(card.run?, ran)])));
    state.screen.walkthrough.ran.insert(card, ran);
    state.say(StatusKind::Done, said.unwrap_or_default());
}

/// A card could not run.
pub(crate) fn failed(state: &mut AppState, problem: &Problem) {
    let board = &mut state.results.walkthrough.board;
    if let Some(card) = board.running.take() {
        board.failed.insert(card, format!("{}. {}", problem.title, problem.detail));
    }
}

/// Somebody stopped it.
pub(crate) fn cancelled(state: &mut AppState) {
    state.results.walkthrough.board.running = None;
}

/// A card by its id.
pub(super) fn card_of<'a>(results: &'a Results, id: &str) -> Option<&'a Card> {
    results.units.iter().flat_map(|unit| &unit.cards).find(|card| card.id == id)
}

/// Cards that lie where they belong.
pub(super) fn right(results: &Results, draft: &Draft) -> usize {
    let cards = results.units.iter().flat_map(|unit| &unit.cards);
    cards.filter(|card| draft.placed.get(&card.id) == Some(&card.field())).count()
}

/// Cards that ran, with a single record or with a batch.
pub(super) fn ran(results: &Results, draft: &Draft, many: bool) -> usize {
    let cards = results.units.iter().flat_map(|unit| &unit.cards);
    cards.filter(|card| card.many == many && draft.ran.contains_key(&card.id)).count()
}

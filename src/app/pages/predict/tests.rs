//! What commands and results do to the page's state, without a window.

use super::record::tests::model;
use super::*;
use crate::app::state::{Problem, Version};
use crate::workspace::Entry;

fn version(number: u32) -> Version {
    let entry =
        Entry { number, name: String::new(), note: String::new(), at_unix_millis: 0, seconds: Some(0.0) };
    Version { entry, predictor: Arc::new(model()), report: None }
}

/// A state with two versions, the first being the champion.
fn state() -> AppState {
    let mut state = AppState::new(crate::work::Clock::fixed(0));
    state.truth.versions = vec![version(1), version(2)];
    state.truth.champion = Some(1);
    state
}

fn batch(n_rows: u64) -> Box<Batch> {
    let csv = crate::data::Source::from_bytes("r.csv", *b"x,shop,prediction\n1,A,5\n,B,17\n");
    let loaded = crate::data::read_csv(&csv, &ReadOptions::default(), &crate::work::Progress::new()).unwrap();
    Box::new(Batch {
        from: DataRef::Path("rows.csv".into()),
        stamp: None,
        changed: None,
        n_bytes: 10,
        n_rows,
        stopped: None,
        seconds: 0.0,
        table: Arc::new(loaded.table),
        prediction_column: "prediction".into(),
        chart: ColumnChart::default(),
        notes: Vec::new(),
        calls: None,
        by: results::By::of(&version(1)),
        file: Arc::new(kept::Output::temporary(tempfile::NamedTempFile::new().unwrap())),
    })
}

fn stage(name: &str, outputs: &[f64]) -> Stage {
    Stage { name: name.into(), outputs: outputs.to_vec(), problem: None }
}

fn parity(stages: Vec<Stage>) -> Parity {
    Parity { record: Record::new(), stages, call: Point::default() }
}

#[test]
fn parity_is_of_bits_and_names_the_first_way_that_differs() {
    let ways =
        vec![stage("a", &[0.1 + 0.2]), stage("b", &[0.1 + 0.2]), stage("c", &[0.3]), stage("d", &[0.4])];
    assert_eq!(parity(ways).differs().map(|stage| stage.name.as_str()), Some("c"));
    assert_eq!(parity(vec![stage("a", &[f64::NAN]), stage("b", &[f64::NAN])]).differs(), None);
    assert!(parity(vec![stage("a", &[0.0]), stage("b", &[-0.0])]).differs().is_some());
}

#[test]
fn without_a_model_a_file_is_refused_in_words() {
    let mut state = AppState::new(crate::work::Clock::fixed(0));
    let effects = apply(&mut state, Command::OpenBatch("x.csv".into()));
    assert!(effects.is_empty());
    assert!(state.screen.status.unwrap().text.contains("train one"));
}

#[test]
fn what_an_earlier_champion_sends_is_not_shown() {
    let mut state = state();
    let effects = apply(&mut state, Command::OpenBatch("rows.csv".into()));
    assert!(matches!(effects[..], [AppEffect::Predict(Effect::Batch(..))]));
    state.truth.champion = Some(2);
    champion_changed(&mut state);
    happened(&mut state, Event { champion: 1, news: News::Batch(batch(2)) }, 0.0);
    happened(&mut state, Event { champion: 1, news: News::Single(Point::default()) }, 0.0);
    failed(&mut state, Slot::Batch, Problem::new("late", ""));
    let results = &state.results.predict;
    assert!(results.batch.value.is_none() && results.batch.problem.is_none() && results.single.is_none());
    happened(&mut state, Event { champion: 2, news: News::Batch(batch(2)) }, 0.0);
    assert!(state.results.predict.batch.value.is_some());
}

#[test]
fn a_file_that_fails_leaves_the_result_before() {
    let mut state = state();
    apply(&mut state, Command::OpenBatch("rows.csv".into()));
    happened(&mut state, Event { champion: 1, news: News::Batch(batch(2000)) }, 0.0);
    assert!(tasks(&state)[1].1);
    apply(&mut state, Command::OpenBatch("other.csv".into()));
    failed(&mut state, Slot::Batch, Problem::new("no such column", "x"));
    let results = &state.results.predict;
    assert_eq!(results.batch.value.as_ref().map(|batch| batch.n_rows), Some(2000));
    assert_eq!(results.batch.problem.as_ref().map(|problem| problem.title.as_str()), Some("no such column"));
    escape(&mut state);
    assert!(state.results.predict.batch.problem.is_none());
}

#[test]
fn a_row_of_the_result_goes_to_the_controls_with_what_is_missing() {
    let mut state = state();
    happened(&mut state, Event { champion: 1, news: News::Batch(batch(2)) }, 0.0);
    apply(&mut state, Command::Load(1));
    let values = &state.screen.predict.values;
    assert_eq!((&values["x"], &values["shop"]), (&serde_json::Value::Null, &"B".into()));
    // a row that is not there changes nothing
    apply(&mut state, Command::Load(99));
    assert_eq!(state.screen.predict.values["shop"], "B");
    // another model may not know how to treat it
    champion_changed(&mut state);
    assert!(!state.screen.predict.values.contains_key("x"));
}

#[test]
fn comparing_is_said_when_it_was_asked_for_and_when_a_way_differs() {
    let mut state = state();
    let same = || parity(vec![stage("a", &[1.0]), stage("b", &[1.0])]);
    apply(&mut state, Command::Parity { asked: false });
    assert!(state.results.predict.compared.is_some());
    happened(&mut state, Event { champion: 1, news: News::Parity(same()) }, 0.0);
    assert!(state.screen.status.is_none());
    apply(&mut state, Command::Parity { asked: true });
    happened(&mut state, Event { champion: 1, news: News::Parity(same()) }, 0.0);
    assert!(state.screen.status.as_ref().unwrap().text.contains("to the last bit"));
    apply(&mut state, Command::Parity { asked: false });
    let other = parity(vec![stage("a", &[1.0]), stage("b", &[2.0])]);
    happened(&mut state, Event { champion: 1, news: News::Parity(other) }, 0.0);
    assert!(state.screen.status.as_ref().unwrap().text.starts_with("b gave another"));
}

#[test]
fn keys_focus_the_halves() {
    let mut state = state();
    state.screen.page = crate::app::pages::PageId::Predict;
    let keys = |label: &str| {
        let actions = actions(&state);
        crate::app::command::hint(&actions, label)
    };
    assert!(keys("Focus: one record").ends_with("+I") && keys("Focus: many records").ends_with("+B"));
    apply(&mut state, Command::Focus(Half::Many));
    assert_eq!(state.screen.predict.focus, Some(Half::Many));
}

#[test]
fn a_part_another_model_and_another_file_are_remarked_on() {
    let state = state();
    let mut one = batch(2);
    let champion = state.truth.champion().unwrap();
    assert!(one.remarks(champion).is_empty());
    one.stopped = Some(0.625);
    one.changed = Some("rows.csv is gone".into());
    one.by.number = 7;
    one.by.title = "best".into();
    assert_eq!(
        one.remarks(champion),
        [
            "Partial: stopped after 2 rows, 62 % of the file",
            "Predicted by best; the champion is v1 now",
            "rows.csv is gone"
        ]
    );
}

#[test]
fn the_champion_that_goes_takes_what_runs_with_it_and_leaves_what_is_done() {
    let mut state = state();
    happened(&mut state, Event { champion: 1, news: News::Batch(batch(2)) }, 0.0);
    apply(&mut state, Command::OpenBatch("rows.csv".into()));
    state.truth.champion = None;
    let effects = champion_changed(&mut state);
    assert!(effects.iter().any(|effect| matches!(effect, AppEffect::DropSlot(Slot::Batch))));
    let results = &state.results.predict;
    assert!(results.running.is_none() && !results.batch.loading && results.batch.value.is_some());
    assert!(state.screen.status.as_ref().unwrap().text.starts_with("Predicting rows.csv was stopped"));
}

#[test]
fn what_was_kept_comes_back_only_where_nothing_else_is_shown() {
    let mut state = state();
    happened(&mut state, Event { champion: 0, news: News::Back(Some(batch(5))) }, 0.0);
    assert_eq!(state.results.predict.batch.value.as_ref().unwrap().n_rows, 5);
    happened(&mut state, Event { champion: 0, news: News::Back(Some(batch(6))) }, 0.0);
    assert_eq!(state.results.predict.batch.value.as_ref().unwrap().n_rows, 5);
}

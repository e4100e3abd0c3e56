//! The reducer: commands and results to state and effects.

use super::*;
use crate::app::command::Command as AppCommand;
use crate::app::state::Dataset;
use crate::data::{ReadOptions, Source, read_csv};
use crate::model::Task;
use crate::training::{Plan, report, train};
use crate::work::{Clock, Progress};
use crate::workspace::{DataRef, Role};

const TEXT: &str = "day,size,colour,price\n2024-01-01,1,red,3\n2024-01-02,2,blue,5\n2024-01-03,3,red,7.5\n2024-01-04,4,blue,9\n2024-01-05,5,red,11\n2024-01-06,6,blue,13\n";

fn dataset() -> Arc<Dataset> {
    // every row thrice, so that numbers come up again
    let (head, rows) = TEXT.split_once('\n').unwrap();
    let source = Source::from_bytes("prices.csv", format!("{head}\n{}", rows.repeat(3)).into_bytes());
    let options = ReadOptions { hash: true, ..ReadOptions::default() };
    let loaded = read_csv(&source, &options, &Progress::new()).unwrap();
    let profiles = crate::data::profile::profile(&loaded.table, &Progress::new()).unwrap();
    let charts = loaded.table.columns().iter().map(crate::data::chart::column_chart).collect();
    Arc::new(Dataset {
        from: DataRef::Path("/data/prices.csv".into()),
        options,
        loaded,
        profiles,
        charts,
        seconds: 0.0,
    })
}

fn state() -> AppState {
    let mut state = AppState::new(Clock::fixed(1_000));
    state.truth.dataset.done(dataset());
    state.truth.roles.insert("price".into(), Role::Target);
    state
}

/// What the job would send.
fn ready(state: &AppState, number: u32) -> Event {
    let settings = plan::settings(&state.truth, &state.screen.train).unwrap();
    let data = state.truth.data().unwrap();
    let plan = Plan::new(Settings { folds: 0, ..settings }, &data.loaded.table).unwrap();
    let origin = Origin::of("prices.csv", &data.loaded);
    let trained = train(&plan, &data.loaded.table, &origin, &Progress::new()).unwrap();
    let report = report::report(&plan, &data.loaded, "prices.csv", &trained, &Progress::new()).unwrap();
    let predictor = Arc::new(Predictor::new(Arc::new(trained.model)));
    Event::Ready { number, predictor, report: Some(Box::new(report)), unsaved: None }
}

fn with_versions(n: u32) -> AppState {
    let mut state = state();
    for number in 1..=n {
        assert_eq!(apply(&mut state, Command::Train).len(), 1);
        let event = ready(&state, number);
        happened(&mut state, event, 99.0);
    }
    state
}

#[test]
fn training_takes_a_number_and_its_end_gives_it_back() {
    let mut state = state();
    let effects = apply(&mut state, Command::Train);
    let [AppEffect::Train(Effect::Train(order))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((order.number, order.path.as_str()), (1, "/data/prices.csv"));
    // dates are no feature
    assert_eq!(order.settings.features, Some(vec!["size".into(), "colour".into()]));
    assert_eq!(state.truth.next_number, 2);
    // a second one has to wait
    assert!(apply(&mut state, Command::Train).is_empty());
    cancelled(&mut state, Slot::Train);
    assert_eq!((state.truth.next_number, state.results.train.training), (1, None));
    apply(&mut state, Command::Train);
    failed(&mut state, Slot::Train, Problem::new("No", "'size' is odd"));
    assert_eq!(state.truth.next_number, 1);
    assert_eq!(state.results.train.problem.as_ref().unwrap().1.as_deref(), Some("size"));
    assert!(escape(&mut state).is_empty());
    assert!(state.results.train.problem.is_none());
}

#[test]
fn without_data_or_target_training_says_why_not() {
    let mut state = AppState::new(Clock::fixed(0));
    assert!(apply(&mut state, Command::Train).is_empty());
    assert_eq!(state.screen.status.as_ref().unwrap().text, "Open data first");
    let mut state = self::state();
    state.truth.roles.clear();
    assert!(apply(&mut state, Command::Train).is_empty());
    assert_eq!(state.screen.status.as_ref().unwrap().text, "Choose a target first");
}

#[test]
fn the_first_version_is_the_champion_and_the_next_a_challenger() {
    let mut state = with_versions(2);
    assert_eq!(state.truth.champion, Some(1));
    assert_eq!(state.screen.train.selected, Some(2));
    assert!(state.screen.status.as_ref().unwrap().text.contains("v1 stays champion"));
    apply(&mut state, Command::Champion(2));
    assert_eq!(state.truth.champion, Some(2));
    apply(&mut state, Command::Champion(7));
    assert_eq!(state.truth.champion, Some(2));
}

#[test]
fn a_deleted_version_comes_back_to_its_place_with_its_rank() {
    let mut state = with_versions(3);
    apply(&mut state, Command::Champion(2));
    apply(&mut state, Command::Select(2));
    apply(&mut state, Command::Mark(2));
    apply(&mut state, Command::Delete(2));
    assert_eq!(state.truth.champion, None);
    assert_eq!(state.screen.train.selected, Some(3));
    assert!(state.screen.train.compare.is_empty());
    crate::app::command::apply(&mut state, AppCommand::Undo);
    let numbers: Vec<u32> = state.truth.versions.iter().map(|version| version.entry.number).collect();
    assert_eq!((numbers, state.truth.champion), (vec![1, 2, 3], Some(2)));
    assert!(state.truth.version(2).unwrap().report.is_some());
}

#[test]
fn two_versions_at_most_are_compared_and_missing_ones_are_filled_in() {
    let mut state = with_versions(3);
    for number in [1, 2, 3] {
        apply(&mut state, Command::Mark(number));
    }
    assert_eq!(state.screen.train.compare, [2, 3]);
    apply(&mut state, Command::Mark(3));
    // v3 is shown
    let (first, second) = compared(&state.truth, &state.screen.train).unwrap();
    assert_eq!((first.entry.number, second.entry.number), (2, 3));
    let state = with_versions(1);
    assert!(compared(&state.truth, &state.screen.train).is_none());
}

#[test]
fn the_learning_curve_wants_the_same_table_and_follows_short_trainings() {
    let mut state = state();
    apply(&mut state, Command::Train);
    let event = ready(&state, 1);
    let effects = happened(&mut state, event, 0.5);
    assert!(matches!(effects.last(), Some(AppEffect::Train(Effect::Curve(..)))));
    assert_eq!(state.results.train.curve_of, Some(1));
    happened(&mut state, Event::Curve(1, Vec::new()), 0.1);
    assert_eq!(state.truth.version(1).unwrap().report.as_ref().unwrap().curve, Some(Vec::new()));
    state.truth.dataset.value = None;
    assert!(apply(&mut state, Command::Curve(1)).is_empty());
    assert!(state.results.train.curve_problem.as_ref().unwrap().1.detail.contains("Open prices.csv again"));
}

#[test]
fn a_model_that_does_not_fit_the_target_gives_way_to_one_that_does() {
    let mut state = state();
    state.screen.train.kind = ModelKind::Logistic;
    let task = plan::task(&state.truth, &state.screen.train);
    // six different numbers may be classes, and are not unless that is said
    assert_eq!(task, Some(Task::Regression));
    assert_eq!(plan::kind(&state.screen.train, task), ModelKind::Linear);
    state.screen.train.as_classes = Some(true);
    let task = plan::task(&state.truth, &state.screen.train);
    assert_eq!(
        (task, plan::kind(&state.screen.train, task)),
        (Some(Task::Classification), ModelKind::Logistic)
    );
    state.screen.train.as_classes = None;
    state.truth.roles.clear();
    state.truth.roles.insert("colour".into(), Role::Target);
    state.screen.train.kind = ModelKind::Ridge;
    let task = plan::task(&state.truth, &state.screen.train);
    assert_eq!(plan::kind(&state.screen.train, task), ModelKind::Logistic);
}

#[test]
fn the_script_is_written_for_trained_models_and_refused_for_opened_ones() {
    let mut state = with_versions(1);
    apply(&mut state, Command::Script(1));
    let Some((1, Ok(script))) = &state.results.train.script else { panic!("no script") };
    assert!(script.contains("LinearRegression") && script.contains("prices.csv"));
    let model = Arc::clone(state.truth.version(1).unwrap().model());
    apply(&mut state, Command::OpenModel("/elsewhere/model.json".into()));
    let predictor = Arc::new(Predictor::new(model));
    happened(&mut state, Event::Ready { number: 2, predictor, report: None, unsaved: None }, 0.0);
    assert_eq!(state.truth.version(2).unwrap().entry.seconds, None);
    apply(&mut state, Command::Script(2));
    assert!(matches!(&state.results.train.script, Some((2, Err(_)))));
    // a file that can't be opened takes no number
    apply(&mut state, Command::OpenModel("/elsewhere/other.json".into()));
    failed(&mut state, Slot::ModelFile, Problem::new("No", ""));
    assert_eq!(state.truth.next_number, 3);
}

#[test]
fn names_and_notes_are_kept_without_outer_blanks() {
    let mut state = with_versions(1);
    let naming = Naming { number: 1, name: " first ".into(), note: "plain".into() };
    apply(&mut state, Command::Name(naming));
    let entry = &state.truth.version(1).unwrap().entry;
    assert_eq!((entry.title(), entry.note.as_str()), ("first".into(), "plain"));
}

#[test]
fn dates_and_texts_are_features_only_when_someone_says_so() {
    let mut state = state();
    let features = |state: &AppState| plan::features(&state.truth);
    assert_eq!(features(&state), ["size", "colour"]);
    let said = |state: &mut AppState, column: &str, role| {
        data::apply(state, data::Command::SetRole(column.into(), role));
    };
    said(&mut state, "day", Role::Feature);
    assert_eq!(features(&state), ["day", "size", "colour"]);
    said(&mut state, "day", Role::Ignore);
    said(&mut state, "size", Role::Feature);
    assert_eq!(features(&state), ["size", "colour"]);
}

#[test]
fn a_bar_asks_for_its_rows_only_of_the_table_the_version_is_of() {
    let mut state = with_versions(1);
    let effects = apply(&mut state, Command::ResidualRows(1, 3));
    assert!(matches!(effects[..], [AppEffect::Train(Effect::ResidualRows(.., 3))]));
    let rows = data::RowSet { title: "v1, residuals".into(), short: "r".into(), rows: Arc::new(vec![2, 5]) };
    // of a table that is no longer open
    state.screen.page = crate::app::pages::PageId::Train;
    assert!(happened(&mut state, Event::Rows(dataset(), rows.clone()), 0.0).is_empty());
    assert_eq!(state.screen.page, crate::app::pages::PageId::Train);
    let open = Arc::clone(state.truth.data().unwrap());
    let effects = happened(&mut state, Event::Rows(open, rows), 0.0);
    assert_eq!((state.screen.page, effects.len()), (crate::app::pages::PageId::Data, 1));
    assert_eq!(state.screen.status.as_ref().unwrap().text, "Showing v1, residuals: 2 rows");
    state.truth.dataset.value = None;
    assert!(apply(&mut state, Command::ResidualRows(1, 3)).is_empty());
    assert!(state.screen.status.as_ref().unwrap().text.contains("Open prices.csv again"));
}

//! The page's reducer: commands and events to state and effects.

use super::*;
use crate::app::job::Slot;
use crate::data::{ColumnFilter, Source, read_csv};
use crate::work::{Clock, Progress};

const CSV: &str = "price,store\n1.5,S01\n2.5,S02\n,S01\n";

fn dataset(from: DataRef, csv: &str) -> (Arc<Dataset>, Arc<Vec<cells::Shown>>) {
    let source = Source::from_bytes("t.csv", csv.as_bytes().to_vec());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let columns = loaded.table.columns();
    let looks = columns.iter().map(cells::shown).collect();
    let charts = columns.iter().map(crate::data::chart::column_chart).collect();
    let profiles = columns.iter().map(crate::data::profile::profile_column).collect();
    let data = Dataset { from, options: ReadOptions::default(), loaded, profiles, charts, seconds: 0.0 };
    (Arc::new(data), Arc::new(looks))
}

fn opened() -> AppState {
    let mut state = AppState::new(Clock::fixed(0));
    let (data, looks) = dataset(DataRef::Path("t.csv".into()), CSV);
    happened(&mut state, Event::Read(data, looks), 0.0);
    state
}

fn data_effects(effects: Vec<AppEffect>) -> Vec<Effect> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            AppEffect::Data(effect) => Some(effect),
            _ => None,
        })
        .collect()
}

#[test]
fn sorting_turns_from_smallest_to_largest_to_none() {
    let mut state = opened();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let effects = data_effects(apply(&mut state, Command::Sort("price".into())));
        seen.push((state.screen.data.find.sort.clone(), effects.len()));
    }
    let by = |descending| Some(("price".to_owned(), descending));
    assert_eq!(seen, [(by(false), 1), (by(true), 1), (None, 0)]);
}

#[test]
fn rows_of_another_table_are_not_shown() {
    let mut state = opened();
    state.screen.data.find.search = "s01".into();
    let effects = data_effects(apply(&mut state, Command::Find));
    let Some(Effect::Rows(data, find)) = effects.into_iter().next() else { panic!("no rows asked for") };
    let (other, looks) = dataset(DataRef::Path("u.csv".into()), CSV);
    happened(&mut state, Event::Read(other, looks), 0.0);
    assert!(state.screen.data.find.is_open(), "another file is not searched for what was sought before");
    happened(&mut state, Event::Rows(data, find, Arc::new(vec![0])), 0.0);
    assert_eq!(state.results.data.rows, None);
}

#[test]
fn a_table_read_again_keeps_what_still_fits() {
    let mut state = opened();
    state.screen.data.column = Some("price".into());
    state.screen.data.find.sort = Some(("gone".into(), true));
    let range = ColumnFilter { range: Some((1.0, 2.0)), ..ColumnFilter::default() };
    state.screen.data.find.filters.insert("store".into(), range.clone());
    state.screen.data.find.filters.insert("price".into(), range);
    state.truth.roles.insert("price".into(), Role::Target);
    let (data, looks) = dataset(DataRef::Path("t.csv".into()), CSV);
    let effects = data_effects(happened(&mut state, Event::Read(data, looks), 0.0));
    let find = &state.screen.data.find;
    assert_eq!(
        (find.sort.clone(), find.filters.keys().collect::<Vec<_>>()),
        (None, vec![&"price".to_owned()])
    );
    assert_eq!(state.screen.data.column.as_deref(), Some("price"));
    assert_eq!(state.truth.target(), Some("price"));
    assert!(matches!(effects[..], [Effect::Rows(..)]));
}

#[test]
fn roles_survive_a_restart() {
    let mut state = AppState::new(Clock::fixed(0));
    state.truth.roles.insert("price".into(), Role::Target);
    state.screen.data.of = Some(DataRef::Path("t.csv".into()));
    let (data, looks) = dataset(DataRef::Path("t.csv".into()), CSV);
    happened(&mut state, Event::Read(data, looks), 0.0);
    assert_eq!(state.truth.target(), Some("price"));
}

#[test]
fn a_failed_attempt_keeps_the_table_and_can_be_read_otherwise() {
    let mut state = opened();
    let from = DataRef::Path("broken.csv".into());
    reopen(&mut state, from.clone(), ReadOptions::default());
    failed(&mut state, Slot::Read, Problem::new("A quote is opened and never closed", ""));
    assert_eq!(state.truth.data().map(|data| data.loaded.table.n_rows()), Some(3));
    let effects = data_effects(apply(&mut state, Command::Retry(Box::default())));
    assert!(matches!(&effects[..], [Effect::Read(other, _)] if *other == from));
    failed(&mut state, Slot::Read, Problem::new("again", ""));
    apply(&mut state, Command::Back);
    assert!(state.truth.dataset.problem.is_none() && state.results.data.reading.is_none());
}

#[test]
fn escape_closes_the_topmost_thing_first() {
    let mut state = opened();
    apply(&mut state, Command::Inspect(Some("price".into())));
    apply(&mut state, Command::OpenSettings);
    escape(&mut state);
    assert!(state.screen.data.settings.is_none() && state.screen.data.column.is_some());
    escape(&mut state);
    assert_eq!(state.screen.data.column, None);
}

#[test]
fn the_open_file_is_not_written_over() {
    let mut state = opened();
    assert!(apply(&mut state, Command::Export("t.csv".into())).is_empty());
    let effects = data_effects(apply(&mut state, Command::Export("u.csv".into())));
    assert!(matches!(effects[..], [Effect::Export(..)]));
}

#[test]
fn one_column_is_the_target() {
    let mut state = opened();
    apply(&mut state, Command::SetRole("price".into(), Role::Target));
    apply(&mut state, Command::SetRole("store".into(), Role::Target));
    assert_eq!(state.truth.target(), Some("store"));
    assert_eq!(state.truth.role("price"), Role::Feature);
}

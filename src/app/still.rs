//! Pictures of work that runs, held still: the window's pages painted from a state in which a job is half done. With
//! real jobs no two pictures would be alike.

use std::sync::Arc;

use eframe::egui::{self, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::command::{Commands, actions};
use super::effect::look;
use super::frame::frame_ui;
use super::job::{JobStatus, Slot};
use super::pages::{PageId, predict, train};
use super::state::{AppState, Dataset, ThemeChoice, Version};
use super::theme;
use crate::data::{ReadOptions, Source, read_csv, samples};
use crate::inference::Predictor;
use crate::model::ModelKind;
use crate::training::report::report;
use crate::training::{Origin, Plan, Settings, train as fit};
use crate::work::{Clock, Progress};
use crate::workspace::{DataRef, Entry, Role};

/// A window that paints a state and changes nothing in it.
pub(crate) struct Still(AppState);

impl eframe::App for Still {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let (actions, mut commands) = (actions(&self.0), Commands::default());
        frame_ui(ui, &mut self.0, &actions, &mut commands);
    }
}

/// Paints a state, at that size.
pub(crate) fn paint(mut state: AppState, width: f32, height: f32, theme: Theme) -> Harness<'static, Still> {
    state.screen.theme = if theme == Theme::Dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    let mut harness =
        Harness::builder().with_size([width, height]).with_theme(theme).build_eframe(move |cc| {
            theme::install(&cc.egui_ctx);
            look(&cc.egui_ctx, &state);
            Still(state)
        });
    harness.ctx.all_styles_mut(|style| style.visuals.text_cursor.blink = false);
    // a spinner never comes to rest
    for _ in 0..8 {
        harness.step();
    }
    harness
}

/// The winter beverages with a model of them, at a page.
pub(crate) fn winter(page: PageId) -> AppState {
    let sample = samples::find("winter-beverages").unwrap();
    let source = Source::from_bytes(sample.file, sample.bytes());
    let options = ReadOptions { hash: true, ..ReadOptions::default() };
    let loaded = read_csv(&source, &options, &Progress::new()).unwrap();
    let settings =
        Settings { model: Some(ModelKind::Linear), test_fraction: 0.2, ..Settings::new(sample.target) };
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let mut trained = fit(&plan, &loaded.table, &Origin::of(sample.file, &loaded), &Progress::new()).unwrap();
    // shown on pages, and made from all that a model file holds: pictures must not change with every last bit
    trained.model.version = "4f1d60c2a97b".to_owned();
    let report = report(&plan, &loaded, sample.file, &trained, &Progress::new()).unwrap();
    let profiles = crate::data::profile::profile(&loaded.table, &Progress::new()).unwrap();
    let charts = loaded.table.columns().iter().map(crate::data::chart::column_chart).collect();
    let from = DataRef::Sample(sample.name.to_owned());
    let mut state = AppState::new(Clock::fixed(1_763_460_000_000));
    state.truth.dataset.done(Arc::new(Dataset { from, options, loaded, profiles, charts, seconds: 0.04 }));
    state.truth.roles.insert(sample.target.to_owned(), Role::Target);
    let entry = Entry {
        number: 1,
        name: String::new(),
        note: String::new(),
        at_unix_millis: 1_763_460_000_000,
        seconds: Some(0.04),
    };
    let predictor = Arc::new(Predictor::new(Arc::new(trained.model)));
    state.truth.versions = vec![Version { entry, predictor, report: Some(Arc::new(report)) }];
    state.truth.champion = Some(1);
    state.truth.next_number = 2;
    state.screen.page = page;
    state
}

fn job(slot: Slot, title: &str, (done, total): (u64, u64), seconds: f64) -> JobStatus {
    JobStatus { id: 1, slot, title: title.to_owned(), done, total, rows: 0, seconds, shown: true }
}

/// The rows twice, so that the first block is about half of them.
fn two_winters() -> Vec<u8> {
    let bytes = samples::find("winter-beverages").unwrap().bytes().to_vec();
    let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    [&bytes[..], &bytes[head..]].concat()
}

/// A file of which the first block is predicted.
fn batch_at_work() -> AppState {
    let mut state = winter(PageId::Predict);
    let predictor = Arc::clone(&state.truth.champion().unwrap().predictor);
    let twice = two_winters();
    let n_bytes = twice.len() as u64;
    let running = predict::half_done(&predictor, "two_winters.csv", twice);
    let done = n_bytes * running.n_rows / (2 * 12_708);
    state.results.predict.running = Some(running);
    state.work.jobs = vec![job(Slot::Batch, "Predicting two_winters.csv", (done, n_bytes), 0.25)];
    state
}

#[test]
fn a_running_batch_shows_its_progress_its_rate_and_a_way_to_stop_it() {
    let mut harness = paint(batch_at_work(), 1440.0, 900.0, Theme::Light);
    for label in ["Stop the batch", "Save as CSV"] {
        assert!(harness.query_by_label_contains(label).is_some(), "no '{label}'");
    }
    assert!(harness.query_by_label_contains("Predictions from").is_some());
    harness.snapshot("predict_running");
}

#[test]
fn a_running_batch_finds_room_in_a_small_dark_window() {
    paint(batch_at_work(), 1024.0, 700.0, Theme::Dark).snapshot("predict_running_small_dark");
}

/// The record and a file asked over HTTP, as a server that is imagined answered them.
fn over_http() -> AppState {
    let mut state = winter(PageId::Predict);
    let champion = state.truth.champion().unwrap();
    let (predictor, by) = (Arc::clone(&champion.predictor), predict::By::of(champion));
    let batch = predict::stopped(&predictor, by, "two_winters.csv", two_winters(), 0.466);
    let calls = Some(predict::Calls { n: batch.n_rows.div_ceil(512), rows: 512 });
    let record = predict::current(&state.truth, &state.screen.predict).unwrap();
    let answered = predict::Answered {
        value: 84.536,
        class: None,
        request: "r-000214-5f3c9a1b2c3d".into(),
        seconds: 0.001_26,
    };
    state.screen.predict.call = predict::Call::Http;
    let results = &mut state.results.predict;
    results.batch.done(Arc::new(predict::Batch { calls, stopped: None, ..batch }));
    results.reply = Some(predict::Reply { record, outcome: Ok(answered) });
    results.served = true;
    state
}

#[test]
fn what_was_asked_over_http_names_its_request_and_its_calls() {
    paint(over_http(), 1440.0, 900.0, Theme::Light).snapshot("predict_http");
}

#[test]
fn what_was_asked_over_http_finds_room_in_a_small_dark_window() {
    paint(over_http(), 1024.0, 700.0, Theme::Dark).snapshot("predict_http_small_dark");
}

#[test]
fn a_stopped_batch_is_marked_as_a_part() {
    let mut state = winter(PageId::Predict);
    let champion = state.truth.champion().unwrap();
    let (predictor, by) = (Arc::clone(&champion.predictor), predict::By::of(champion));
    let batch = predict::stopped(&predictor, by, "two_winters.csv", two_winters(), 0.466);
    state.results.predict.batch.done(Arc::new(batch));
    let mut harness = paint(state, 1440.0, 900.0, Theme::Light);
    for label in ["Partial: stopped after", "Save part as CSV"] {
        assert!(harness.query_by_label_contains(label).is_some(), "no '{label}'");
    }
    harness.snapshot("predict_stopped");
}

fn training_at_work() -> AppState {
    let mut state = winter(PageId::Train);
    state.results.train.training = Some(2);
    state.screen.guide_open = false;
    state.screen.train = train::Draft { kind: ModelKind::Mlp, ..train::Draft::default() };
    state.work.jobs = vec![job(Slot::Train, "Training v2, Neural net", (87, 200), 3.4)];
    state
}

#[test]
fn while_a_model_is_trained_the_old_results_say_that_they_are_old() {
    let mut harness = paint(training_at_work(), 1440.0, 900.0, Theme::Light);
    for label in ["Old", "Cancel"] {
        assert!(harness.query_all_by_label(label).next().is_some(), "no '{label}'");
    }
    harness.snapshot("train_running");
}

#[test]
fn a_training_finds_room_in_a_small_dark_window() {
    paint(training_at_work(), 1024.0, 700.0, Theme::Dark).snapshot("train_running_small_dark");
}

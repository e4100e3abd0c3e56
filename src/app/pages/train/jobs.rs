//! The Train page's jobs: training, the learning curve, model files and scripts.

use std::path::Path;
use std::sync::Arc;

use super::{Effect, Event, Order, Report, plan};
use crate::app::effect::{Event as AppEvent, Outside};
use crate::app::job::{Handle, JobError, Slot};
use crate::app::pages::data::RowSet;
use crate::app::state::{AppState, Dataset, Problem, Version};
use crate::app::widgets::format;
use crate::data::replace_file;
use crate::inference::Predictor;
use crate::model::Model;
use crate::training::report::{Judged, learning_curve, report, rows_with_residuals};
use crate::training::{Plan, Settings, TrainError, train};
use crate::workspace::Folder;

/// Carries an effect of this page out.
pub(crate) fn carry_out(effect: Effect, state: &mut AppState, outside: &mut Outside<'_>) {
    let folder = state.truth.folder.clone();
    match effect {
        Effect::Train(order) => {
            let kind = order.settings.model.map_or("a model", plan::kind_title);
            let title = format!("Training v{}, {kind}", order.number);
            outside.start(state, Slot::Train, title, move |handle| {
                train_model(&order, folder.as_ref(), handle).map(AppEvent::Train)
            });
        }
        Effect::Curve(version, settings, data) => {
            let title = format!("Learning curve of {}", version.entry.title());
            outside.start(state, Slot::TrainChart, title, move |handle| {
                curve(&version, settings, &data.loaded.table, folder.as_ref(), handle).map(AppEvent::Train)
            });
        }
        Effect::Open(path, number) => {
            let title = format!("Opening {}", name(&path));
            outside.start(state, Slot::ModelFile, title, move |_| {
                open(&path, number, folder.as_ref()).map(AppEvent::Train).map_err(JobError::Failed)
            });
        }
        Effect::Save(model, path) => {
            outside.start(state, Slot::ModelFile, format!("Saving {}", name(&path)), move |_| {
                write(&path, &model.to_json(), "The model could not be saved")
            });
        }
        Effect::ResidualRows(version, settings, data, bar) => {
            outside.start(state, Slot::TrainRows, "Finding the rows", move |handle| {
                residual_rows(&version, settings, &data, bar, handle).map(AppEvent::Train)
            });
        }
        Effect::SaveText(text, path, problem) => {
            outside.start(state, Slot::ModelFile, format!("Saving {}", name(&path)), move |_| {
                write(&path, text.as_bytes(), problem)
            });
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn problem(title: &str) -> impl Fn(TrainError) -> JobError {
    move |error| match error {
        TrainError::Cancelled(_) => JobError::Cancelled,
        error => JobError::Failed(Problem::new(title, plan::in_window(&error.to_string()))),
    }
}

fn train_model(order: &Order, folder: Option<&Folder>, handle: &Handle) -> Result<Event, JobError> {
    let failed = problem("The model could not be trained");
    let loaded = &order.data.loaded;
    let progress = &handle.progress;
    let plan = Plan::new(order.settings.clone(), &loaded.table).map_err(&failed)?;
    let trained = train(&plan, &loaded.table, &order.origin, progress).map_err(&failed)?;
    let report = report(&plan, loaded, &order.path, &trained, progress).map_err(&failed)?;
    progress.check()?;
    // from here on the model is kept, whatever happens
    let unsaved = keep(order.number, &trained.model, Some(&report), folder);
    let predictor = Arc::new(Predictor::new(Arc::new(trained.model)));
    Ok(Event::Ready { number: order.number, predictor, report: Some(Box::new(report)), unsaved })
}

/// Writes a version into the workspace; what went wrong, if anything did.
fn keep(number: u32, model: &Model, report: Option<&Report>, folder: Option<&Folder>) -> Option<String> {
    let bytes = report.and_then(|report| serde_json::to_vec(report).ok());
    folder?.save_model(number, model, bytes.as_deref()).err().map(|error| error.to_string())
}

fn curve(
    version: &Version,
    settings: Settings,
    table: &crate::data::Table,
    folder: Option<&Folder>,
    handle: &Handle,
) -> Result<Event, JobError> {
    let failed = problem("The learning curve could not be worked out");
    let plan = Plan::new(settings, table).map_err(&failed)?;
    let steps = learning_curve(&plan, table, &handle.progress).map_err(&failed)?;
    if let Some(report) = &version.report {
        let mut report = Report::clone(report);
        report.curve = Some(steps.clone());
        let unsaved = keep(version.entry.number, version.model(), Some(&report), folder);
        if let Some(why) = unsaved {
            return Err(Problem::new("The learning curve could not be kept in the workspace", why).into());
        }
    }
    Ok(Event::Curve(version.entry.number, steps))
}

fn residual_rows(
    version: &Version,
    settings: Settings,
    data: &Arc<Dataset>,
    bar: usize,
    handle: &Handle,
) -> Result<Event, JobError> {
    let failed = problem("The rows could not be found");
    let table = &data.loaded.table;
    let Some((report, residuals)) = version.report.as_ref().and_then(|report| match &report.judged {
        Judged::Regression { residuals: Some(residuals), .. } => Some((report, residuals)),
        _ => None,
    }) else {
        return Err(Problem::new("The rows could not be found", "This version has no residuals.").into());
    };
    let plan = Plan::new(settings, table).map_err(&failed)?;
    let histogram = &residuals.histogram;
    let rows = rows_with_residuals(&plan, table, version.model(), histogram, bar, &handle.progress)
        .map_err(&failed)?;
    let edge = |at: usize| histogram.edges.get(at).map_or_else(String::new, |edge| format::signed(*edge, 3));
    let short = format!("residuals {} to {}", edge(bar), edge(bar + 1));
    let part = if report.held_out { "test" } else { "training" };
    let title = format!("{}, {short} on {part} rows", version.entry.title());
    let rows = rows.into_iter().filter_map(|row| u32::try_from(row).ok()).collect();
    Ok(Event::Rows(Arc::clone(data), RowSet { title, short, rows: Arc::new(rows) }))
}

fn open(path: &Path, number: u32, folder: Option<&Folder>) -> Result<Event, Problem> {
    let failed = |error: String| Problem::new(format!("{} could not be opened", name(path)), error);
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let model = Model::from_json(&bytes).map_err(|error| failed(error.to_string()))?;
    let unsaved = keep(number, &model, None, folder);
    Ok(Event::Ready { number, predictor: Arc::new(Predictor::new(Arc::new(model))), report: None, unsaved })
}

fn write(path: &Path, bytes: &[u8], title: &str) -> Result<AppEvent, JobError> {
    replace_file(path, |out| out.write_all(bytes)).map_err(|error| {
        Problem::new(title, format!("{}: {error}. Choose another folder.", path.display()))
    })?;
    Ok(AppEvent::Train(Event::Written(path.to_path_buf())))
}

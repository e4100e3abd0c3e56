//! A logged request answered once more, by the same code that answered it.

use super::table::{self, How};
use crate::inference::Predictor;
use crate::model::Model;
use crate::protocol::route::{self, Route};
use crate::server::models::Loaded;
use crate::server::recorder::CUT;
use crate::server::stats::ModelStats;
use crate::workspace::log::LogRow;

/// Why a logged request can't be answered once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAgain {
    /// The log does not hold what was asked.
    #[error(
        "the log does not hold what was asked: bodies are kept up to a size, and not where they are binary"
    )]
    NoBody,
    /// The log does not hold what was answered.
    #[error("the log does not hold all of what was answered")]
    NoAnswer,
    /// The server could not answer then.
    #[error("it was not answered then: the server had too much to do, or failed")]
    NotAnswered,
    /// It was no prediction from a JSON body.
    #[error("only predictions from a JSON body can be run again; this request was none")]
    NoPrediction,
}

/// What a model answers to the body of a logged request today, in the dialect in which it was asked. The same model gives
/// the same bytes as then.
///
/// # Errors
/// [`NotAgain`].
pub fn answer_again(model: Model, row: &LogRow) -> Result<String, NotAgain> {
    let is_cut = |text: &str| text.ends_with(CUT);
    let body = row.request.as_deref().filter(|body| !is_cut(body)).ok_or(NotAgain::NoBody)?;
    if row.response.as_deref().is_none_or(|answer| answer.starts_with('(') || is_cut(answer)) {
        return Err(NotAgain::NoAnswer);
    }
    if row.status >= 500 || row.status == 429 {
        return Err(NotAgain::NotAnswered);
    }
    let found = route::find(&row.path);
    let how = match found.route {
        Route::Predict(_) => How::Plain,
        Route::V2Infer(_) => How::V2(None),
        Route::TfPredict(_) => How::TensorFlow,
        Route::Invocations => How::Mlflow,
        _ => return Err(NotAgain::NoPrediction),
    };
    // a CSV text is JSON nowhere, and what was cut is none any more
    if !body.trim_start().starts_with(['{', '[']) {
        return Err(if body.starts_with('(') { NotAgain::NoBody } else { NotAgain::NoPrediction });
    }
    let loaded = Loaded {
        name: row.model.clone().unwrap_or_else(|| model.name.clone()),
        number: 1,
        predictor: Predictor::new(std::sync::Arc::new(model)),
        loaded_unix_millis: 0,
        stats: ModelStats::default(),
    };
    let bytes = match table::run(&loaded, how, body.as_bytes()) {
        Ok(done) => done.body,
        Err(problem) => {
            let (_, body) = problem.body(found.dialect);
            return Ok(crate::protocol::secrets::masked(&String::from_utf8_lossy(&body)));
        }
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

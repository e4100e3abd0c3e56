//! Training again: a challenger on the weeks that were, and policies of when to train played over them.

use std::sync::Arc;

use super::followed::Drawn;
use super::jobs::{RECENT, failed, rows_of_weeks};
use super::lab::{LEARNED, Lab, evenly};
use super::policies::{Played, ReplayAsked, Revealed};
use super::{Asked, Challenge, Event, Learn, WEEKS};
use crate::app::job::{Handle, JobError};
use crate::app::state::{Dataset, Version};
use crate::app::widgets::format;
use crate::data::{Table, csv_sha256};
use crate::drift::Rule;
use crate::drift::lab::Week;
use crate::drift::retraining::{
    Plays, ReplayError, RetrainPolicy, below_each_other, duel, loss_name, replay, weeks_by_date,
};
use crate::inference::Predictor;
use crate::training::{Origin, Plan, Settings, train as fit};
use crate::work::Seed;
use crate::workspace::Folder;

/// The most often that a recent row counts.
const MOST_WEIGHT: usize = 50;

/// Trains a model again, and compares it with the champion on later rows.
pub(super) fn retrain(
    predictor: &Predictor,
    lab: &Lab,
    asked: &Asked,
    (number, learn): (u32, Learn),
    folder: Option<&Folder>,
    handle: &Handle,
) -> Result<Event, JobError> {
    let wrong = failed("The model could not be trained on recent rows");
    let delay = usize::try_from(asked.delay).unwrap_or(WEEKS);
    let progress = &handle.progress;
    let (simulated, _) = rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Timeline, progress)?;
    let (later, _) = rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Later, progress)?;
    let known = WEEKS.saturating_sub(delay);
    let part = |weeks: &[Week]| below_each_other(&weeks.iter().map(|week| &week.table).collect::<Vec<_>>());
    let recent = part(&simulated[known.saturating_sub(RECENT)..known]).map_err(|error| wrong(&error))?;
    let with = |old: &Table, new: &[&Table]| {
        let all: Vec<&Table> = std::iter::once(old).chain(new.iter().copied()).collect();
        below_each_other(&all).map_err(|error| wrong(&error))
    };
    // what the model learns from, row by row, and each of those rows once
    let (rows, learned) = match learn {
        Learn::Recent => (recent.clone(), recent),
        Learn::All => {
            let weeks = part(&simulated[..known]).map_err(|error| wrong(&error))?;
            let all = with(&lab.reference, &[&weeks])?;
            (all.clone(), all)
        }
        Learn::Weighted => {
            // a row that counts k times is k rows; the recent ones weigh as much as all the old ones
            let times = (lab.reference.n_rows() / recent.n_rows().max(1)).clamp(1, MOST_WEIGHT);
            (with(&lab.reference, &vec![&recent; times])?, with(&lab.reference, &[&recent])?)
        }
    };
    let later = part(&later).map_err(|error| wrong(&error))?;
    // a row that is there many times must not be held out and learned from at once
    let settings = match learn {
        Learn::Weighted => Settings { test_fraction: 0.0, folds: 0, ..lab.settings.clone() },
        Learn::Recent | Learn::All => lab.settings.clone(),
    };
    let plan = Plan::new(settings, &rows).map_err(|error| wrong(&error))?;
    let origin = Origin {
        name: format!("{}{SIMULATED}", learn.rows()),
        sha256: Some(csv_sha256(&learned)),
        ..Origin::default()
    };
    let trained = fit(&plan, &rows, &origin, &handle.progress).map_err(|error| match error {
        crate::training::TrainError::Cancelled(_) => JobError::Cancelled,
        error => wrong(&error),
    })?;
    let challenger = Arc::new(Predictor::new(Arc::new(trained.model)));
    let duel = duel(predictor, &challenger, &later, Seed::default()).map_err(|error| wrong(&error))?;
    handle.progress.check()?;
    // from here on the model is kept, whatever happens
    let unsaved = folder
        .and_then(|folder| folder.save_model(number, challenger.model(), None).err())
        .map(|error| error.to_string());
    Ok(Event::Retrained {
        number,
        predictor: challenger,
        learned: Arc::new(learned),
        learn,
        duel: Box::new(duel),
        champion: asked.champion,
        // the challenger learned from the other half of the rows
        fair: is_fair(predictor, lab),
        unsaved,
    })
}

/// What a model's data is called that learned from simulated weeks.
const SIMULATED: &str = ", simulated";

/// Whether the champion has not learned from the rows that are shifted.
fn is_fair(champion: &Predictor, lab: &Lab) -> bool {
    lab.held_out && !champion.model().training.data.ends_with(SIMULATED)
}

/// Whether two models were shown the same rows of the same data.
fn same_split(champion: &Predictor, other: &Version) -> bool {
    let (own, from) = (&champion.model().training, &other.model().training);
    let split = |settings: &serde_json::Map<String, serde_json::Value>| {
        ["test_fraction", "time_column"].map(|name| settings.get(name).cloned())
    };
    own.data_sha256.is_some()
        && own.data_sha256 == from.data_sha256
        && own.seed == from.seed
        && (own.train_rows, own.test_rows) == (from.train_rows, from.test_rows)
        && split(&own.settings) == split(&from.settings)
}

/// Compares the champion with another version, on weeks after those of the timeline.
pub(super) fn compare(
    predictor: &Predictor,
    lab: &Lab,
    asked: &Asked,
    (other, from_here): (&Version, bool),
    handle: &Handle,
) -> Result<Challenge, JobError> {
    let wrong = failed("The two versions can't be compared");
    let (later, _) = rows_of_weeks(predictor, lab, &asked.shifts, Drawn::Later, &handle.progress)?;
    let later = below_each_other(&later.iter().map(|week| &week.table).collect::<Vec<_>>())
        .map_err(|error| wrong(&error))?;
    let duel = duel(predictor, &other.predictor, &later, Seed::default()).map_err(|error| wrong(&error))?;
    let from = &other.model().training;
    let may_have_seen = !(is_fair(predictor, lab) && (from_here || same_split(predictor, other)));
    Ok(Challenge {
        champion: asked.champion,
        challenger: other.entry.number,
        learned: format!("{} rows: {}", format::rows(from.train_rows), from.data),
        may_have_seen,
        duel,
    })
}

/// Plays every policy over the same weeks.
pub(super) fn replays(
    predictor: &Predictor,
    lab: &Lab,
    data: &Dataset,
    asked: ReplayAsked,
    handle: &Handle,
) -> Result<Revealed, JobError> {
    let wrong = failed("The policies could not be played");
    let (start, weeks) = match asked.played {
        Played::Laboratory => {
            let shifts = &asked.asked.shifts;
            let (weeks, _) = rows_of_weeks(predictor, lab, shifts, Drawn::Timeline, &handle.progress)?;
            (lab.reference.clone(), weeks.into_iter().map(|week| week.table).collect())
        }
        Played::Table => {
            let rows = evenly(data.loaded.table.n_rows(), LEARNED);
            let by_date = weeks_by_date(&data.loaded.table, &rows).map_err(|why| wrong(&why))?;
            let mut weeks: Vec<Table> = by_date.iter().map(|rows| data.loaded.table.take(rows)).collect();
            let later = weeks.split_off(weeks.len() / 3);
            let start = below_each_other(&weeks.iter().collect::<Vec<_>>()).map_err(|error| wrong(&error))?;
            (start, later)
        }
    };
    // all rows of the start are learned from, as a course would do it on the day
    let settings = Settings { test_fraction: 0.0, folds: 0, ..lab.settings.clone() };
    let rule = Rule::default();
    let plays = Plays {
        start: &start,
        weeks: &weeks,
        settings: &settings,
        rule: &rule,
        label_delay: usize::try_from(asked.asked.delay).unwrap_or(WEEKS),
    };
    let mut played = Vec::new();
    for policy in RetrainPolicy::ALL {
        played.push(replay(&plays, policy, &handle.progress).map_err(|error| match error {
            ReplayError::Cancelled(_) => JobError::Cancelled,
            error => wrong(&error),
        })?);
    }
    let loss = loss_name(predictor.model().task);
    Ok(Revealed { asked, replays: played, start_rows: start.n_rows(), loss })
}

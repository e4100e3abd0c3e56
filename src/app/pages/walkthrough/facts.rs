//! The program's state, as the lesson's checks ask for it.

use super::run;
use crate::app::pages::{drift, train};
use crate::app::state::AppState;
use crate::lesson::Facts;
use crate::workspace::DataRef;
use crate::workspace::registry::What;

impl Facts for AppState {
    fn fact(&self, name: &str) -> f64 {
        let count = |n: usize| n as f64;
        let yes = |is: bool| f64::from(u8::from(is));
        let (truth, screen, results) = (&self.truth, &self.screen, &self.results);
        let models = |holds: &dyn Fn(&crate::model::Metrics) -> bool| {
            truth.versions.iter().filter(|version| holds(&version.model().metrics)).count()
        };
        match name {
            "board.right" => count(run::right(&results.walkthrough, &screen.walkthrough)),
            "board.ran_one" => count(run::ran(&results.walkthrough, &screen.walkthrough, false)),
            "board.ran_many" => count(run::ran(&results.walkthrough, &screen.walkthrough, true)),
            "data.rows" => count(truth.data().map_or(0, |data| data.loaded.table.n_rows())),
            "data.course" => yes(truth
                .data()
                .is_some_and(|data| data.from == DataRef::Sample(crate::data::samples::COURSE.into()))),
            "data.target" => yes(truth.target().is_some()),
            "data.units_sold" => yes(truth.target() == Some("units_sold")),
            "models.count" => count(truth.versions.len()),
            "models.held_out" => count(models(&|metrics| metrics.test.is_some())),
            "models.beat_naive" => count(models(&train::beats_naive)),
            "predict.changed" => yes(screen.predict.changed && truth.champion.is_some()),
            "predict.rows" => {
                let batch = results.predict.batch.value.as_ref().filter(|batch| batch.stopped.is_none());
                batch.map_or(0.0, |batch| batch.n_rows as f64)
            }
            "predict.saved" => yes(screen.predict.saved),
            "predict.sizes" => count(results.predict.curves.values().map(Vec::len).max().unwrap_or(0)),
            "server.running" => yes(results.serve.live().is_some()),
            "server.answered" => yes(screen.serve.answered),
            "server.refused" => yes(screen.serve.refused),
            "server.followed" => yes(screen.serve.followed),
            "keys.valid" => count(results.serve.keys.iter().filter(|key| !key.revoked).count()),
            "keys.tried" => count(results.serve.trials.len()),
            "keys.wrong" => {
                count(results.serve.trials.values().filter(|outcome| !outcome.as_expected).count())
            }
            "registry.promotions" => count(
                truth
                    .history
                    .iter()
                    .filter(|change| matches!(change.what, What::Champion { before: Some(_) }))
                    .count(),
            ),
            "registry.rollbacks" => count(rollbacks(self)),
            _ => drift::fact(self, name).unwrap_or(0.0),
        }
    }
}

/// How often a version became champion that had been it before.
fn rollbacks(state: &AppState) -> usize {
    let mut crowned = std::collections::BTreeSet::new();
    let mut times = 0;
    for change in &state.truth.history {
        if let What::Champion { before } = change.what {
            crowned.extend(before);
            times += usize::from(!crowned.insert(change.number));
        }
    }
    times
}

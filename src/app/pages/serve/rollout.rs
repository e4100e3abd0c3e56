//! The version beside the champion: the server is told what the workspace wishes for.

use super::jobs::Host;
use super::results::Aside;
use crate::app::state::{AppState, StatusKind, Truth};

/// What the server should know.
fn wished(truth: &Truth) -> Option<Aside> {
    let model = truth.challenger()?.model();
    let rollout = truth.rollout;
    (rollout.canary > 0 || rollout.mirrored).then(|| Aside {
        name: model.name.clone(),
        version: model.version.clone(),
        percent: rollout.canary.min(100),
        mirrored: rollout.mirrored,
    })
}

/// Tells the server what has changed since it was last told. Nothing of it waits: a version that is loaded changes its part
/// between two requests.
pub(super) fn keep_up(state: &mut AppState, host: &Host) {
    let wished = wished(&state.truth);
    let told = &state.results.serve.aside;
    if *told == wished {
        return;
    }
    let mut wrong = None;
    let tell = |aside: &Aside, percent: u8, mirrored: bool| {
        let canary = host.server.set_canary(&aside.name, &aside.version, percent);
        let shadow = host.server.set_shadow(&aside.name, &aside.version, mirrored);
        canary.and(shadow).err()
    };
    // the one before may be the champion by now, or gone: then it has no part that could be taken back
    if let Some(before) = told.as_ref().filter(|told| {
        wished.as_ref().is_none_or(|wished| (&wished.name, &wished.version) != (&told.name, &told.version))
    }) {
        drop(tell(before, 0, false));
    }
    if let Some(aside) = &wished {
        wrong = tell(aside, aside.percent, aside.mirrored);
    }
    // it is not told again until something else is wished for
    state.results.serve.aside = wished;
    if let Some(problem) = wrong {
        let said = format!("The server could not be told of the challenger: {}", problem.detail);
        state.say(StatusKind::Failed, said);
    }
}

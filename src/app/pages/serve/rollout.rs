//! The version beside the champion: the server is told what the workspace wishes for.

use super::jobs::Host;
use super::results::Aside;
use crate::app::state::{AppState, StatusKind, Truth};
use crate::protocol::Problem;
use crate::server::Handle;
use crate::server::models::Loaded;

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

/// Brings the server in line with what is wished for, whatever it knew before. Nothing of it waits: a version that is loaded
/// changes its part between two requests.
pub(super) fn keep_up(state: &mut AppState, host: &Host) {
    let wished = wished(&state.truth);
    let told = tell(&host.server, wished.as_ref());
    match told {
        Ok(()) => state.results.serve.aside_refused = None,
        // said once for each wish
        Err(problem) if state.results.serve.aside_refused != wished => {
            let said = format!("The server could not be told of the challenger: {}", problem.detail);
            state.say(StatusKind::Failed, said);
            state.results.serve.aside_refused = wished;
        }
        Err(_) => {}
    }
}

fn tell(server: &Handle, wished: Option<&Aside>) -> Result<(), Problem> {
    let is_it = |loaded: &Loaded| {
        wished.is_some_and(|wished| wished.name == loaded.name && wished.version == loaded.version())
    };
    let catalog = server.catalog();
    for (name, versions) in &catalog.models {
        if let Some(canary) = &versions.canary {
            let percent = wished.filter(|_| is_it(&canary.loaded)).map_or(0, |wished| wished.percent);
            if percent != canary.percent {
                server.set_canary(name, canary.loaded.version(), percent)?;
            }
        }
        if let Some(shadow) = &versions.shadow
            && !wished.is_some_and(|wished| wished.mirrored && is_it(&shadow.loaded))
        {
            server.set_shadow(name, shadow.loaded.version(), false)?;
        }
    }
    let Some(wished) = wished else { return Ok(()) };
    let versions = catalog.models.get(&wished.name);
    let canary = versions.and_then(|versions| versions.canary.as_ref());
    if wished.percent > 0 && !canary.is_some_and(|canary| is_it(&canary.loaded)) {
        server.set_canary(&wished.name, &wished.version, wished.percent)?;
    }
    let shadow = versions.and_then(|versions| versions.shadow.as_ref());
    if wished.mirrored && !shadow.is_some_and(|shadow| is_it(&shadow.loaded)) {
        server.set_shadow(&wished.name, &wished.version, true)?;
    }
    Ok(())
}

//! Loading, unloading and promoting over the network, for secret keys that may.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Reply;
use crate::model::Model;
use crate::protocol::Problem;
use crate::protocol::route::ModelRef;
use crate::server::models::{Catalog, Loaded};
use crate::server::shared::Shared;

/// What is loaded, as `GET /models` shows it.
pub(crate) fn list(catalog: &Catalog, may_see: impl Fn(&str) -> bool) -> Value {
    let models: Vec<Value> = catalog
        .models
        .iter()
        .filter(|(name, _)| may_see(name))
        .map(|(name, versions)| {
            let of = |loaded: &Arc<Loaded>| {
                let model = loaded.predictor.model();
                json!({
                    "version": loaded.version(),
                    "number": loaded.number,
                    "kind": model.kind,
                    "task": model.task,
                    "inputs": model.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(),
                    "output": model.output.name,
                })
            };
            json!({
                "name": name,
                "default": catalog.default.as_deref() == Some(name.as_str()),
                "answering": versions.current().map(|loaded| loaded.version().to_owned()),
                "canary": versions.canary.as_ref().map(|canary| {
                    json!({"version": canary.loaded.version(), "percent": canary.percent})
                }),
                "shadow": versions.shadow.as_ref().map(|shadow| {
                    let counts = shadow.seen.counts();
                    json!({
                        "version": shadow.loaded.version(),
                        "requests": counts.requests,
                        "rows": counts.rows,
                        "refused": counts.refused,
                        "left_out": counts.left_out,
                        "mean_difference": counts.mean(),
                        "largest_difference": counts.mean().map(|_| counts.farthest),
                    })
                }),
                "versions": versions.loaded.iter().map(of).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"models": models})
}

/// Loads the model file that came as the body.
pub(crate) fn load(
    shared: &Shared,
    name: Option<&str>,
    promote: bool,
    body: &[u8],
) -> Result<Reply, Problem> {
    let model = Model::from_json(body)
        .map_err(|error| Problem::new(422, format!("the body: {error}")).with("no_model", None))?;
    let loaded = shared.models.load(model, name, promote, shared.clock.unix_millis())?;
    let mut reply = Reply::json(&described(&loaded));
    reply.status = 201;
    Ok(reply)
}

fn described(loaded: &Loaded) -> Value {
    json!({"name": loaded.name, "version": loaded.version(), "number": loaded.number})
}

pub(crate) fn promote(shared: &Shared, wanted: &ModelRef) -> Result<Reply, Problem> {
    Ok(Reply::json(&described(&*shared.models.promote(wanted)?)))
}

pub(crate) fn set_default(shared: &Shared, name: &str) -> Result<Reply, Problem> {
    shared.models.set_default(name)?;
    Ok(Reply::json(&json!({"default": name})))
}

/// Gives a version a share of the requests.
pub(crate) fn set_canary(
    shared: &Shared,
    wanted: &ModelRef,
    percent: Option<&str>,
) -> Result<Reply, Problem> {
    let percent = percent.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Problem::new(422, "expected ?percent= and a whole number from 0 to 100")
            .with("bad_share", Some("percent"))
    })?;
    let loaded = shared.models.set_canary(wanted, percent)?;
    let mut said = described(&loaded);
    said["percent"] = percent.into();
    Ok(Reply::json(&said))
}

/// Has a version asked along, or no longer.
pub(crate) fn set_shadow(shared: &Shared, wanted: &ModelRef, on: bool) -> Result<Reply, Problem> {
    let mut said = described(&*shared.models.set_shadow(wanted, on)?);
    said["shadow"] = on.into();
    Ok(Reply::json(&said))
}

pub(crate) fn unload(shared: &Shared, wanted: &ModelRef) -> Result<Reply, Problem> {
    shared.models.unload(wanted)?;
    Ok(Reply::new(204, "", ""))
}

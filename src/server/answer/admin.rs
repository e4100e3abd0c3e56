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

pub(crate) fn unload(shared: &Shared, wanted: &ModelRef) -> Result<Reply, Problem> {
    shared.models.unload(wanted)?;
    Ok(Reply::new(204, "", ""))
}

//! Which address means what. One table of addresses drives the server's dispatch, its 405 and 404 answers and the labels
//! of its metrics. (axum's router can't have a suffix behind a parameter, as in `/v1/models/NAME:predict`, and three
//! dialects share addresses, so that the table is our own.)

mod names;

use std::borrow::Cow;

pub use names::{Dialect, Protocol};

use super::percent_decode;

/// What a caller must be allowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Anyone: is the server alive?
    Health,
    /// Any valid key: what is there?
    Read,
    /// Predicting.
    Predict,
    /// Handing in and fetching jobs.
    Jobs,
    /// The server's own figures: any secret key.
    Operate,
    /// Changing what is loaded.
    Admin,
}

/// A model as an address names it: the default one, or by name, and perhaps a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelRef {
    /// `None` for the default model.
    pub name: Option<String>,
    /// `None` for the version that answers.
    pub version: Option<String>,
}

impl ModelRef {
    fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), version: None }
    }
}

/// What an address means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/`
    Root,
    /// `/predict`, `/models/NAME/predict`
    Predict(ModelRef),
    /// `/models`
    Models,
    /// `/jobs`
    Jobs,
    /// `/jobs/ID`
    Job(String),
    /// `/jobs/ID/result`
    JobResult(String),
    /// `/v2`
    V2Server,
    /// `/v2/health/live`
    V2Live,
    /// `/v2/health/ready`
    V2Ready,
    /// `/v2/models/NAME`
    V2Model(ModelRef),
    /// `/v2/models/NAME/ready`
    V2ModelReady(ModelRef),
    /// `/v2/models/NAME/infer`
    V2Infer(ModelRef),
    /// `/v2/repository/index`
    V2Index,
    /// `/ping`, `/health`
    Ping,
    /// `/version`
    Version,
    /// `/invocations`
    Invocations,
    /// `/v1/models`
    OpenAiModels,
    /// `/v1/models/NAME`: `OpenAI`'s, TensorFlow Serving's and `KServe` V1's at once
    V1Model(ModelRef),
    /// `/v1/models/NAME/metadata`
    TfMetadata(ModelRef),
    /// `/v1/models/NAME:predict`
    TfPredict(ModelRef),
    /// `/v1/completions`
    Completions,
    /// `/v1/chat/completions`
    Chat,
    /// `/metrics`
    Metrics,
    /// `/openapi.json`
    OpenApi,
    /// `/docs`
    Docs,
    /// `/admin/models`
    AdminModels,
    /// `/admin/models/NAME[/versions/V]`
    AdminModel(ModelRef),
    /// `/admin/models/NAME/versions/V/promote`, `/admin/models/NAME/promote`
    AdminPromote(ModelRef),
    /// `/admin/models/NAME/default`
    AdminDefault(String),
    /// `/admin/models/NAME/versions/V/canary`
    AdminCanary(ModelRef),
    /// `/admin/models/NAME/versions/V/shadow`
    AdminShadow(ModelRef),
    /// Nothing.
    Unknown,
}

/// What is known of a request from its address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// What it means.
    pub route: Route,
    /// The address with `{…}` for its parameters; the label in metrics and logs.
    pub template: &'static str,
    /// How errors are said.
    pub dialect: Dialect,
    /// What switches it off; `None` for what is always on.
    pub protocol: Option<Protocol>,
    /// What the caller must be allowed to.
    pub scope: Scope,
    /// The methods it has, as the header `Allow` lists them.
    pub allow: &'static str,
}

const GET: &str = "GET, HEAD";
const POST: &str = "POST";

/// Every template that [`find`] gives: the labels in metrics.
pub const TEMPLATES: [&str; 36] = [
    "/",
    "/predict",
    "/models",
    "/models/{model}/predict",
    "/models/{model}/versions/{version}/predict",
    "/jobs",
    "/jobs/{id}",
    "/jobs/{id}/result",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/{model}",
    "/v2/models/{model}/ready",
    "/v2/models/{model}/infer",
    "/v2/repository/index",
    "/ping",
    "/health",
    "/version",
    "/invocations",
    "/v1/models",
    "/v1/models/{model}",
    "/v1/models/{model}/metadata",
    "/v1/models/{model}:predict",
    "/v1/completions",
    "/v1/chat/completions",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/admin/models",
    "/admin/models/{model}",
    "/admin/models/{model}/promote",
    "/admin/models/{model}/default",
    "/admin/models/{model}/canary",
    "/admin/models/{model}/shadow",
    "/models/{model}",
    "other",
];

/// Finds what the path (as it stands in the request line, still escaped) means.
#[must_use]
pub fn find(path: &str) -> Matched {
    use Dialect::{Mlflow, OpenAi, Plain, TensorFlow, V2};
    let path = path.split('?').next().unwrap_or("");
    let path = path.strip_prefix('/').unwrap_or(path);
    let decoded: Vec<Cow<'_, str>> =
        if path.contains('%') { path.split('/').map(percent_decode).collect() } else { Vec::new() };
    let mut storage = [""; MAX_PARTS];
    let parts = if decoded.is_empty() {
        first_parts(path.split('/'), &mut storage)
    } else {
        first_parts(decoded.iter().map(Cow::as_ref), &mut storage)
    };
    let (plain, jobs, v2) = (Some(Protocol::Plain), Some(Protocol::Jobs), Some(Protocol::V2));
    let (tf, openai, mlflow) = (Some(Protocol::TensorFlow), Some(Protocol::OpenAi), Some(Protocol::Mlflow));
    match parts {
        [""] => matched(Route::Root, "/", Plain, None, Scope::Health, GET),
        ["predict"] => {
            let model = ModelRef::default();
            matched(Route::Predict(model), "/predict", Plain, plain, Scope::Predict, POST)
        }
        ["models"] => matched(Route::Models, "/models", Plain, plain, Scope::Read, GET),
        ["models", name, "predict"] => matched(
            Route::Predict(ModelRef::named(name)),
            "/models/{model}/predict",
            Plain,
            plain,
            Scope::Predict,
            POST,
        ),
        ["models", name, "versions", version, "predict"] => matched(
            Route::Predict(ModelRef { name: Some((*name).into()), version: Some((*version).into()) }),
            "/models/{model}/versions/{version}/predict",
            Plain,
            plain,
            Scope::Predict,
            POST,
        ),
        ["jobs"] => matched(Route::Jobs, "/jobs", Plain, jobs, Scope::Jobs, POST),
        ["jobs", id] => {
            matched(Route::Job((*id).into()), "/jobs/{id}", Plain, jobs, Scope::Jobs, "GET, HEAD, DELETE")
        }
        ["jobs", id, "result"] => {
            matched(Route::JobResult((*id).into()), "/jobs/{id}/result", Plain, jobs, Scope::Jobs, GET)
        }
        ["v2"] => matched(Route::V2Server, "/v2", V2, v2, Scope::Read, GET),
        ["v2", "health", "live"] => matched(Route::V2Live, "/v2/health/live", V2, v2, Scope::Health, GET),
        ["v2", "health", "ready"] => matched(Route::V2Ready, "/v2/health/ready", V2, v2, Scope::Health, GET),
        ["v2", "repository", "index"] => {
            matched(Route::V2Index, "/v2/repository/index", V2, v2, Scope::Read, POST)
        }
        ["v2", "models", rest @ ..] => v2_model(rest).unwrap_or_else(|| unknown(V2)),
        ["v2", ..] => unknown(V2),
        ["ping"] => matched(Route::Ping, "/ping", Mlflow, mlflow, Scope::Health, GET),
        ["health"] => matched(Route::Ping, "/health", Mlflow, mlflow, Scope::Health, GET),
        ["version"] => matched(Route::Version, "/version", Mlflow, mlflow, Scope::Read, GET),
        ["invocations"] => matched(Route::Invocations, "/invocations", Mlflow, mlflow, Scope::Predict, POST),
        ["v1", "models"] => matched(Route::OpenAiModels, "/v1/models", OpenAi, openai, Scope::Read, GET),
        ["v1", "completions"] => {
            matched(Route::Completions, "/v1/completions", OpenAi, openai, Scope::Predict, POST)
        }
        ["v1", "chat", "completions"] => {
            matched(Route::Chat, "/v1/chat/completions", OpenAi, openai, Scope::Predict, POST)
        }
        ["v1", "models", rest @ ..] => v1_model(rest, tf).unwrap_or_else(|| {
            let verb = rest.iter().any(|part| part.contains(':'));
            unknown(if verb || rest.len() > 1 { TensorFlow } else { OpenAi })
        }),
        ["v1", ..] => unknown(OpenAi),
        ["metrics"] => {
            matched(Route::Metrics, "/metrics", Plain, Some(Protocol::Metrics), Scope::Operate, GET)
        }
        ["openapi.json"] => {
            matched(Route::OpenApi, "/openapi.json", Plain, Some(Protocol::Docs), Scope::Read, GET)
        }
        ["docs"] => matched(Route::Docs, "/docs", Plain, Some(Protocol::Docs), Scope::Read, GET),
        ["admin", rest @ ..] => admin(rest).unwrap_or_else(|| {
            let mut unknown = unknown(Plain);
            unknown.scope = Scope::Admin;
            unknown
        }),
        _ => unknown(Plain),
    }
}

/// No address has as many parts as this.
const MAX_PARTS: usize = 8;

/// The parts of a path, as many as tell addresses apart. `/v2/` is `/v2`.
fn first_parts<'a, 's>(
    parts: impl Iterator<Item = &'a str>,
    storage: &'s mut [&'a str; MAX_PARTS],
) -> &'s [&'a str] {
    let mut n = 0;
    for (place, part) in storage.iter_mut().zip(parts) {
        *place = part;
        n += 1;
    }
    match &storage[..n] {
        [first, between @ .., ""] if !first.is_empty() => &storage[..=between.len()],
        all => all,
    }
}

fn matched(
    route: Route,
    template: &'static str,
    dialect: Dialect,
    protocol: Option<Protocol>,
    scope: Scope,
    allow: &'static str,
) -> Matched {
    Matched { route, template, dialect, protocol, scope, allow }
}

fn unknown(dialect: Dialect) -> Matched {
    matched(Route::Unknown, "other", dialect, None, Scope::Read, "")
}

fn v2_model(rest: &[&str]) -> Option<Matched> {
    let (model, rest) = match rest {
        [name, "versions", version, rest @ ..] => {
            (ModelRef { name: Some((*name).into()), version: Some((*version).into()) }, rest)
        }
        [name, rest @ ..] => (ModelRef::named(name), rest),
        [] => return None,
    };
    let (route, template, scope, allow) = match rest {
        [] => (Route::V2Model(model), "/v2/models/{model}", Scope::Read, GET),
        ["ready"] => (Route::V2ModelReady(model), "/v2/models/{model}/ready", Scope::Health, GET),
        ["infer"] => (Route::V2Infer(model), "/v2/models/{model}/infer", Scope::Predict, POST),
        _ => return None,
    };
    Some(matched(route, template, Dialect::V2, Some(Protocol::V2), scope, allow))
}

fn v1_model(rest: &[&str], tf: Option<Protocol>) -> Option<Matched> {
    // the verb stands behind the last colon of the last part
    let (last, before) = rest.split_last()?;
    let (last, verb) = match last.rsplit_once(':') {
        Some((last, verb)) if verb.eq_ignore_ascii_case("predict") => (last, true),
        _ => (*last, false),
    };
    let parts: Vec<&str> = before.iter().copied().chain([last]).collect();
    let metadata = !verb && parts.len() > 1 && last == "metadata";
    let parts = if metadata { &parts[..parts.len() - 1] } else { &parts[..] };
    let model = match parts {
        [name] => ModelRef::named(name),
        [name, "versions" | "labels", version] => {
            ModelRef { name: Some((*name).into()), version: Some((*version).into()) }
        }
        _ => return None,
    };
    let of_version = model.version.is_some();
    let dialect = if of_version || metadata || verb { Dialect::TensorFlow } else { Dialect::OpenAi };
    Some(if verb {
        matched(Route::TfPredict(model), "/v1/models/{model}:predict", dialect, tf, Scope::Predict, POST)
    } else if metadata {
        matched(Route::TfMetadata(model), "/v1/models/{model}/metadata", dialect, tf, Scope::Read, GET)
    } else {
        matched(Route::V1Model(model), "/v1/models/{model}", dialect, None, Scope::Read, GET)
    })
}

fn admin(rest: &[&str]) -> Option<Matched> {
    let plain = |route, template, allow| matched(route, template, Dialect::Plain, None, Scope::Admin, allow);
    let version =
        |name: &str, version: &str| ModelRef { name: Some(name.into()), version: Some(version.into()) };
    Some(match rest {
        ["models"] => plain(Route::AdminModels, "/admin/models", "GET, HEAD, POST"),
        ["models", name] => {
            plain(Route::AdminModel(ModelRef::named(name)), "/admin/models/{model}", "DELETE")
        }
        ["models", name, "versions", v] => {
            plain(Route::AdminModel(version(name, v)), "/admin/models/{model}", "DELETE")
        }
        ["models", name, "versions", v, "promote"] => {
            plain(Route::AdminPromote(version(name, v)), "/admin/models/{model}/promote", POST)
        }
        ["models", name, "versions", v, "canary"] => {
            plain(Route::AdminCanary(version(name, v)), "/admin/models/{model}/canary", POST)
        }
        ["models", name, "versions", v, "shadow"] => {
            plain(Route::AdminShadow(version(name, v)), "/admin/models/{model}/shadow", POST)
        }
        ["models", name, "default"] => {
            plain(Route::AdminDefault((*name).into()), "/admin/models/{model}/default", POST)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_with_their_parameters() {
        let named = |name: &str| ModelRef { name: Some(name.into()), version: None };
        let versioned = |name: &str, v: &str| ModelRef { name: Some(name.into()), version: Some(v.into()) };
        for (path, route) in [
            ("/", Route::Root),
            ("/predict?x=1", Route::Predict(ModelRef::default())),
            ("/predict/", Route::Predict(ModelRef::default())),
            ("/invocations/", Route::Invocations),
            ("/predict//", Route::Unknown),
            ("/pre%64ict", Route::Predict(ModelRef::default())),
            ("/v2/models/m/versions/3/infer/x/y/z", Route::Unknown),
            ("/models/a%20b/predict", Route::Predict(named("a b"))),
            ("/models/a/versions/2/predict", Route::Predict(versioned("a", "2"))),
            ("/jobs/12", Route::Job("12".into())),
            ("/v2/", Route::V2Server),
            ("/v2/models/m/versions/3/infer", Route::V2Infer(versioned("m", "3"))),
            ("/v1/models/m:predict", Route::TfPredict(named("m"))),
            ("/v1/models/m%3Apredict", Route::TfPredict(named("m"))),
            ("/v1/models/m/versions/1:PREDICT", Route::TfPredict(versioned("m", "1"))),
            ("/v1/models/m/labels/canary:predict", Route::TfPredict(versioned("m", "canary"))),
            ("/v1/models/m/versions/1/metadata", Route::TfMetadata(versioned("m", "1"))),
            ("/v1/models/m", Route::V1Model(named("m"))),
            ("/v1/models/a:b", Route::V1Model(named("a:b"))),
            ("/v1/nothing", Route::Unknown),
            ("/v2/models/m/stats", Route::Unknown),
            ("//", Route::Unknown),
            ("", Route::Root),
        ] {
            let found = find(path);
            assert_eq!(found.route, route, "{path}");
            assert!(TEMPLATES.contains(&found.template), "{path}: {}", found.template);
        }
    }

    #[test]
    fn an_unknown_address_answers_in_its_neighbours_dialect() {
        for (path, dialect) in [
            ("/nothing", Dialect::Plain),
            ("/v2/x", Dialect::V2),
            ("/v1/embeddings", Dialect::OpenAi),
            ("/v1/models/m:classify/x", Dialect::TensorFlow),
        ] {
            assert_eq!(find(path).dialect, dialect, "{path}");
        }
        assert_eq!(find("/admin/x").scope, Scope::Admin);
    }

    #[test]
    fn every_listed_path_is_found_with_its_method() {
        for protocol in Protocol::ALL {
            for line in protocol.paths() {
                let (method, path) = line.split_once(' ').unwrap();
                let found = find(path);
                assert!(found.allow.split(", ").any(|allowed| allowed == method), "{line}");
                assert!(found.protocol == Some(protocol) || found.protocol.is_none(), "{line}");
                assert!(
                    found.template != "other" && TEMPLATES.contains(&found.template),
                    "{line}: {found:?}"
                );
                // with a slash at the end it is the same
                assert_eq!(find(&format!("{path}/")).route, found.route, "{line}");
            }
        }
    }
}

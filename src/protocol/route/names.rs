//! The dialects and protocols by their names.

/// The dialects, by the form of their errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Our own addresses: RFC 9457 problems.
    Plain,
    /// Open Inference Protocol (`KServe` V2).
    V2,
    /// `MLflow`'s scoring server.
    Mlflow,
    /// TensorFlow Serving's REST form.
    TensorFlow,
    /// `OpenAI`'s API.
    OpenAi,
}

impl Dialect {
    /// The name used in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::V2 => "v2",
            Self::Mlflow => "mlflow",
            Self::TensorFlow => "tensorflow",
            Self::OpenAi => "openai",
        }
    }
}

/// What can be switched on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Protocol {
    /// `/predict` and `/models/…`.
    Plain,
    /// `/jobs`.
    Jobs,
    /// `/v2/…`.
    V2,
    /// `/invocations` and what belongs to it.
    Mlflow,
    /// `/v1/models/NAME:predict`, status and metadata.
    TensorFlow,
    /// `/v1/completions`, `/v1/chat/completions`, `/v1/models`.
    OpenAi,
    /// `/metrics`.
    Metrics,
    /// `/openapi.json` and `/docs`.
    Docs,
}

impl Protocol {
    /// All of them, in the order they are shown in.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Jobs,
        Self::V2,
        Self::Mlflow,
        Self::TensorFlow,
        Self::OpenAi,
        Self::Metrics,
        Self::Docs,
    ];

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Plain => "Plain JSON and CSV",
            Self::Jobs => "Jobs",
            Self::V2 => "Open Inference Protocol (KServe V2)",
            Self::Mlflow => "MLflow scoring",
            Self::TensorFlow => "TensorFlow Serving REST",
            Self::OpenAi => "OpenAI completions and chat",
            Self::Metrics => "Prometheus metrics",
            Self::Docs => "OpenAPI and docs",
        }
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Jobs => "jobs",
            Self::V2 => "v2",
            Self::Mlflow => "mlflow",
            Self::TensorFlow => "tensorflow",
            Self::OpenAi => "openai",
            Self::Metrics => "metrics",
            Self::Docs => "docs",
        }
    }

    /// Its addresses, method first, `NAME` for a model's name.
    #[must_use]
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["POST /predict", "POST /models/NAME/predict", "GET /models"],
            Self::Jobs => &["POST /jobs", "GET /jobs/ID", "GET /jobs/ID/result", "DELETE /jobs/ID"],
            Self::V2 => &[
                "GET /v2",
                "GET /v2/health/live",
                "GET /v2/health/ready",
                "GET /v2/models/NAME",
                "GET /v2/models/NAME/ready",
                "POST /v2/models/NAME/infer",
            ],
            Self::Mlflow => &["GET /ping", "GET /health", "GET /version", "POST /invocations"],
            Self::TensorFlow => {
                &["GET /v1/models/NAME", "GET /v1/models/NAME/metadata", "POST /v1/models/NAME:predict"]
            }
            Self::OpenAi => &["GET /v1/models", "POST /v1/completions", "POST /v1/chat/completions"],
            Self::Metrics => &["GET /metrics"],
            Self::Docs => &["GET /openapi.json", "GET /docs"],
        }
    }
}

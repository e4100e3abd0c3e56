//! Models for the tests, trained once, and servers with them.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use drydock::data::{ReadOptions, Source, read_csv, samples};
use drydock::inference::{Prediction, Predictor, Scratch};
use drydock::model::{Model, ModelKind, Policy, Task};
use drydock::server::{Handle, Server, ServerSettings};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::Progress;

fn trained(name: &str, csv: &[u8], settings: Settings) -> Model {
    let source = Source::from_bytes(format!("{name}.csv"), csv.to_vec());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let settings = Settings { name: name.into(), ..settings };
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let model = train(&plan, &loaded.table, &Origin::of(name, &loaded), &Progress::new()).unwrap().model;
    Model::from_json(&model.to_json()).unwrap()
}

/// `y = 3 + 2 a` for shop X, 10 more for shop Y: worked out by hand, and found by least squares to the last digits.
pub(crate) fn line() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let make = || {
        let mut csv = String::from("a,shop,open,y\n");
        for n in 0..40 {
            let (a, shop, open) = (f64::from(n) / 2.0, n % 3 == 0, n % 5 < 2);
            let y = 3.0 + 2.0 * a + if shop { 10.0 } else { 0.0 } + if open { 0.5 } else { 0.0 };
            let shop = if shop { "Y" } else { "X" };
            csv.push_str(&format!("{a},{shop},{open},{y}\n"));
        }
        trained("line", csv.as_bytes(), Settings::new("y"))
    };
    MODEL.get_or_init(make).clone()
}

/// Numbers alone: `y = 1 + a - 2 b`.
pub(crate) fn plane() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let make = || {
        let mut csv = String::from("a,b,y\n");
        for n in 0..30 {
            let (a, b) = (f64::from(n % 7), f64::from(n % 5));
            csv.push_str(&format!("{a},{b},{}\n", 1.0 + a - 2.0 * b));
        }
        trained("plane", csv.as_bytes(), Settings::new("y"))
    };
    MODEL.get_or_init(make).clone()
}

/// A value for each of the first forty days of 2024.
pub(crate) fn days() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let make = || {
        let mut csv = String::from("day,y\n");
        for n in 0..40 {
            let (month, day) = (1 + n / 31, 1 + n % 31);
            csv.push_str(&format!("2024-{month:02}-{day:02},{}\n", 5.0 + f64::from(n) / 4.0));
        }
        let settings = Settings { features: Some(vec!["day".into()]), ..Settings::new("y") };
        let mut model = trained("days", csv.as_bytes(), settings);
        model.policies.out_of_range = Policy::Reject;
        model
    };
    MODEL.get_or_init(make).clone()
}

/// Two classes.
pub(crate) fn juice() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let make = || {
        let sample = samples::find("orange-juice").unwrap();
        let mut settings = Settings::new(sample.target);
        settings.features = Some(vec!["LoyalCH".into(), "PriceMM".into(), "PriceCH".into()]);
        trained("juice", sample.bytes(), settings)
    };
    MODEL.get_or_init(make).clone()
}

/// Images of digits.
pub(crate) fn digits() -> Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    let make = || {
        let sample = samples::find("digits").unwrap();
        let mut settings = Settings::new(sample.target);
        settings.model = Some(ModelKind::Tree);
        settings.task = Some(Task::Classification);
        trained("digits", sample.bytes(), settings)
    };
    MODEL.get_or_init(make).clone()
}

/// A server with all of them; `line` is the default.
pub(crate) fn server() -> Handle {
    with(ServerSettings::default())
}

pub(crate) fn with(settings: ServerSettings) -> Handle {
    let models =
        if settings.models.is_empty() { vec![line(), plane(), juice(), digits()] } else { settings.models };
    Server::start(ServerSettings { models, ..settings }).unwrap()
}

/// One server that tests share which change nothing.
pub(crate) fn shared() -> SocketAddr {
    static SERVER: OnceLock<Handle> = OnceLock::new();
    SERVER.get_or_init(server).addr()
}

/// What the core itself says for a record.
pub(crate) fn core(model: &Model, record: &str) -> f64 {
    let predictor = Predictor::new(Arc::new(model.clone()));
    let mut scratch = Scratch::default();
    predictor.read_record(record.as_bytes(), &mut scratch).unwrap();
    match predictor.predict(&mut scratch) {
        Prediction::Number(value) => value,
        Prediction::Class { probability, .. } => probability,
    }
}

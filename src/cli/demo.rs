//! `drydock demo`: the whole path on bundled data, every figure computed as it is printed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Failure;
use super::reading::Watched;
use super::report::{grouped, print_json, scores, short};
use super::train::text;
use crate::client::{self, Client, ProxyChoice, Request, find_header};
use crate::data::{ReadOptions, Source, Table, read_csv, samples};
use crate::inference::{Prediction, Predictor, Scratch, score_csv};
use crate::model::{Model, Policies, Policy};
use crate::server::{Server, ServerSettings};
use crate::training::{Origin, Plan, Settings, TrainError, Trained, evaluate, train};
use crate::work::Progress;

/// Arguments of `drydock demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  drydock demo\n\nThe same by hand, in a shell of Linux or macOS (a line of a file is a day in a shop, and the\n\
    winter of 2020 begins in line 3638):\n  \
    drydock samples winter-beverages -o winter.csv\n  \
    drydock inspect winter.csv\n  \
    head -n 3637 winter.csv > before.csv\n  \
    sed -n '1p;3638,5449p' winter.csv > during.csv\n  \
    drydock train before.csv --target units_sold --test-fraction 0.2 -o winter.json\n  \
    drydock predict winter.json --input winter.csv -o predictions.csv\n  \
    drydock evaluate winter.json --input during.csv\n  \
    drydock drift before.csv during.csv --model winter.json \\\n    \
    --columns store,temperature_c,price,promotion,weekday,footfall,units_sold\n  \
    drydock serve winter.json"
)]
pub(crate) struct Args {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

const SAMPLE: &str = "winter-beverages";
/// The pandemic winters begin here.
const BEFORE: &str = "2020-11-01";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let say = |text: &str| {
        if !args.json {
            outln!("{text}");
        }
    };
    let watched = Watched::new("demo");
    let progress = &watched.progress;
    let sample =
        samples::find(SAMPLE).ok_or_else(|| Failure::work(format!("the sample '{SAMPLE}' is missing")))?;
    say(&format!(
        "1. Data: {}\n   {}\n   This data is generated, not observed.\n",
        sample.title, sample.story
    ));
    let source = Source::from_bytes(sample.file, sample.bytes());
    let options = ReadOptions { hash: true, ..ReadOptions::default() };
    let started = Instant::now();
    let loaded = read_csv(&source, &options, progress).map_err(Failure::work)?;
    let n_rows = loaded.table.n_rows();
    say(&format!(
        "   {}: {} rows × {} columns read in {} ms\n",
        sample.file,
        grouped(n_rows as u64),
        loaded.table.columns().len(),
        short(started.elapsed().as_secs_f64() * 1e3, 3)
    ));

    say(
        "2. Train: a linear regression on the two winters before the pandemic, a fifth of the days held out\n",
    );
    let dates = dates(&loaded.table)?;
    let cut =
        crate::data::date::parse(crate::data::date::DateFormat::YearMonthDay, BEFORE).unwrap_or(i64::MAX);
    let rows = |keep: &dyn Fn(i64) -> bool| -> Vec<usize> {
        dates.iter().enumerate().filter(|(_, date)| keep(**date)).map(|(row, _)| row).collect()
    };
    let calm = loaded.table.take(&rows(&|date| date < cut));
    let origin = Origin::of(sample.file, &loaded);
    let trained = fit(&calm, &origin, progress)?;
    say(&text(&trained));

    // through the file's bytes, as every later use of the model goes
    let bytes = trained.model.to_json();
    let model = Model::from_json(&bytes).map_err(Failure::work)?;
    say(&format!("   the model file has {} bytes; version {}\n", grouped(bytes.len() as u64), model.version));
    let predictor = Predictor::new(Arc::new(model));

    say("3. Predict, interactively: one record, one number");
    let record = record_of(&loaded.table, 1)?;
    let mut scratch = Scratch::default();
    predictor.read_value(&record, &mut scratch).map_err(Failure::work)?;
    let single = number(predictor.predict(&mut scratch))?;
    say(&format!("   {record}\n   → {} drinks", short(single, 6)));
    if let Some((intercept, parts)) = predictor.contributions(&scratch) {
        let parts: Vec<String> =
            parts.iter().map(|(name, amount)| format!("{name} {}", short(*amount, 4))).collect();
        say(&format!("   = {} (intercept) + {}\n", short(intercept, 6), parts.join(" + ")));
    }

    say("4. Predict, in a batch: the same function, only more rows");
    let started = Instant::now();
    let mut out = Vec::new();
    let scored =
        score_csv(&predictor, &source, &ReadOptions::default(), &mut out, progress).map_err(Failure::work)?;
    let seconds = started.elapsed().as_secs_f64();
    let batch = prediction_in(&out, 1)?;
    let equal = batch.to_bits() == single.to_bits();
    say(&format!(
        "   {} rows from CSV to CSV in {} ms, {} ns a row",
        grouped(scored.n_rows),
        short(seconds * 1e3, 3),
        short(seconds * 1e9 / scored.n_rows.max(1) as f64, 3)
    ));
    say(&format!(
        "   the same row in the batch: {} – {}\n",
        short(batch, 6),
        if equal { "equal to the last bit" } else { "NOT EQUAL" }
    ));
    if !equal {
        return Err(Failure::work(format!(
            "a single record gave {single} and the batch {batch}; please report this"
        )));
    }

    say(
        "5. Evaluate: the same model, winter by winter (the pandemic changed the relation, and the model did not learn)\n",
    );
    let mut winters = Vec::new();
    for (name, from, to) in winter_bounds() {
        let table = loaded.table.take(&rows(&|date| date >= from && date < to));
        let evaluation = evaluate(&predictor, &table, 0).map_err(Failure::work)?;
        say(&format!("   {name}  {:>5} rows  {}", evaluation.n_rows, scores(&evaluation.scores)));
        winters.push(json!({"winter": name, "rows": evaluation.n_rows, "metrics": evaluation.scores}));
    }
    let drift = drift(&loaded.table, &predictor, dates, cut, progress, &say)?;
    say(
        "\n7. Serve and ask: the same model behind a real server on this machine, and the same record sent to it",
    );
    let asked = ask_served(predictor.model(), &record, progress)?;
    let equal_served = asked.prediction.to_bits() == single.to_bits();
    say(&format!("   POST {}/predict\n   {}\n   → {}", asked.url, record, asked.answer));
    say(&format!(
        "   {} ms there and back, of them on the server: {}\n   {}",
        short(asked.seconds * 1e3, 3),
        asked.server_timing,
        if equal_served { "equal to the last bit" } else { "NOT EQUAL" }
    ));
    if !equal_served {
        return Err(Failure::work(format!(
            "a single record gave {single} and the server {}; please report this",
            asked.prediction
        )));
    }
    say("\nNext: the same by hand (`drydock demo --help` lists the commands), or with your own file.");
    if args.json {
        print_json(&json!({
            "data": {"name": SAMPLE, "generated": true, "rows": n_rows, "sha256": loaded.sha256},
            "train": {"version": trained.model.version, "metrics": trained.model.metrics, "warnings": trained.warnings},
            "predict": {"record": record, "single": single, "batch": batch, "equal_to_the_bit": equal,
                "batch_rows": scored.n_rows, "batch_seconds": seconds},
            "evaluate": winters,
            "drift": drift,
            "serve": {"url": asked.url, "prediction": asked.prediction, "equal_to_the_bit": equal_served,
                "server_timing": asked.server_timing, "seconds": asked.seconds},
        }));
    }
    Ok(())
}

/// The first pandemic winter against the two that the model learned from.
fn drift(
    table: &Table,
    predictor: &Predictor,
    dates: &[i64],
    cut: i64,
    progress: &Progress,
    say: &dyn Fn(&str),
) -> Result<Value, Failure> {
    use crate::drift::{Rule, compare, prediction_drift};
    let between = |from: i64, to: i64| -> Vec<usize> {
        dates.iter().enumerate().filter(|(_, date)| (from..to).contains(date)).map(|(row, _)| row).collect()
    };
    let end = winter_bounds().get(2).map_or(i64::MAX, |winter| winter.2);
    let (before, during) = (table.take(&between(i64::MIN, cut)), table.take(&between(cut, end)));
    say("\n6. Drift: the first pandemic winter against the two winters the model learned from\n");
    let rule = Rule::default();
    let prediction = prediction_drift(predictor, &before, &during, &rule, 0).map_err(Failure::work)?;
    let without_date = |table: Table| {
        Table::new(table.into_columns().into_iter().filter(|column| column.name != "date").collect())
            .map_err(Failure::work)
    };
    let report =
        compare(without_date(before)?, without_date(during)?, &rule, 0, progress).map_err(Failure::work)?;
    for column in report.columns.iter().chain([&prediction.column]) {
        say(&format!("   {:<14} {}", column.name, column.verdict.reason));
    }
    say(
        "   The inputs moved. That the relation between them and the sales changed as well, no statistic of the\n   inputs can show: that is in the errors of step 5.",
    );
    Ok(json!({"columns": report.columns, "drifted_share": report.drifted_share, "prediction": prediction}))
}

fn fit(table: &Table, origin: &Origin, progress: &Progress) -> Result<Trained, Failure> {
    let settings = Settings {
        test_fraction: 0.2,
        name: SAMPLE.into(),
        // the lesson's later winters bring days as cold and crowds as thin as the model never saw
        policies: Policies { missing_value: Policy::Impute, ..Policies::default() },
        ..Settings::new("units_sold")
    };
    let failed = |error: TrainError| Failure::work(error.to_string());
    let plan = Plan::new(settings, table).map_err(failed)?;
    train(&plan, table, origin, progress).map_err(failed)
}

fn dates(table: &Table) -> Result<&[i64], Failure> {
    match table.column("date").map(|column| &column.data) {
        Some(crate::data::ColumnData::Date(dates)) => Ok(dates),
        _ => Err(Failure::work("the sample's dates were not read as dates")),
    }
}

/// From 1 November to the end of March, as microseconds.
fn winter_bounds() -> Vec<(String, i64, i64)> {
    let day = |year: i32, month: u32| {
        let text = format!("{year}-{month:02}-01");
        crate::data::date::parse(crate::data::date::DateFormat::YearMonthDay, &text).unwrap_or(0)
    };
    (2018..2025)
        .map(|year| (format!("{year}/{:02}", (year + 1) % 100), day(year, 11), day(year + 1, 4)))
        .collect()
}

/// A row as a JSON record, the target left out.
fn record_of(table: &Table, row: usize) -> Result<Value, Failure> {
    use crate::data::ColumnData;
    let mut record = serde_json::Map::new();
    for column in table.columns() {
        if column.name == "units_sold" || column.name == "date" {
            continue;
        }
        let value = match &column.data {
            ColumnData::Number(values) => json!(values.get(row)),
            ColumnData::Date(_) => Value::Null,
            ColumnData::Category(c) | ColumnData::Boolean(c) | ColumnData::Text(c) => json!(c.get(row)),
        };
        record.insert(column.name.clone(), value);
    }
    if record.is_empty() { Err(Failure::work("the sample has no rows")) } else { Ok(Value::Object(record)) }
}

/// What a server answered.
struct Asked {
    url: String,
    answer: String,
    prediction: f64,
    server_timing: String,
    seconds: f64,
}

/// Starts a server with the model on a free port, sends it a record with the request client, and stops it.
fn ask_served(model: &Arc<Model>, record: &Value, progress: &Progress) -> Result<Asked, Failure> {
    let settings =
        ServerSettings { models: vec![Model::clone(model)], text: false, ..ServerSettings::default() };
    let server = Server::start(settings).map_err(Failure::work)?;
    let request = Request::new("POST", &format!("{}/predict", server.url()))
        .header("content-type", "application/json")
        .body(record.to_string());
    let client = Client::new().map_err(Failure::work)?;
    // this machine answers itself: no proxy, and no minute to wait
    let settings = client::Settings {
        proxy: ProxyChoice::Direct,
        timeout: Some(Duration::from_secs(10)),
        ..client::Settings::default()
    };
    let exchange = client.send(&request, &settings, progress).map_err(Failure::work)?;
    let answer = String::from_utf8_lossy(&exchange.body).into_owned();
    if exchange.status != 200 {
        return Err(Failure::work(format!(
            "{} answered {} {}: {answer}; please report this",
            request.url, exchange.status, exchange.reason
        )));
    }
    let timing = find_header(&exchange.headers, "server-timing").unwrap_or("").to_owned();
    let value: Value = serde_json::from_str(&answer).map_err(Failure::work)?;
    let prediction = value["prediction"]
        .as_f64()
        .ok_or_else(|| Failure::work(format!("{} answered {answer}", server.url())))?;
    Ok(Asked { url: server.url(), answer, prediction, server_timing: timing, seconds: exchange.total_secs })
}

fn number(prediction: Prediction<'_>) -> Result<f64, Failure> {
    match prediction {
        Prediction::Number(value) => Ok(value),
        Prediction::Class { .. } => Err(Failure::work("the demo's model gave a class")),
    }
}

/// The last field of a data row of scored CSV.
fn prediction_in(csv: &[u8], row: usize) -> Result<f64, Failure> {
    let line = csv.split(|&byte| byte == b'\n').nth(row + 1).unwrap_or(&[]);
    let field = line.rsplit(|&byte| byte == b',').next().unwrap_or(&[]);
    let text = String::from_utf8_lossy(field);
    text.parse().map_err(|_not_a_number| Failure::work(format!("the batch's prediction reads '{text}'")))
}

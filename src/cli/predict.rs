//! `drydock predict`: one record, or every row of a file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::Failure;
use super::reading::{ReadArgs, Watched, check_output, open, print_warnings};
use super::report::{grouped, print_json, short};
use crate::data::{advice, number_text, replace_file};
use crate::inference::{InputError, Notes, Prediction, Predictor, ScoreError, Scratch, score_csv};
use crate::model::Model;

/// Arguments of `drydock predict`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  drydock predict winter.json --record '{\"store\": \"Harbour\", \"temperature_c\": 3.5}'\n  \
    drydock predict winter.json --input rows.csv -o predictions.csv"
)]
pub(crate) struct Args {
    /// The model file
    model: PathBuf,
    /// A CSV file with rows to predict (or the name of a bundled sample)
    #[arg(long, value_name = "ROWS.csv", conflicts_with = "record")]
    input: Option<PathBuf>,
    /// Where to write the rows with their predictions (default: standard output)
    #[arg(short, long, value_name = "OUT.csv", requires = "input", conflicts_with = "record")]
    output: Option<PathBuf>,
    /// One record as a JSON object
    #[arg(long, value_name = "JSON")]
    record: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

/// Opens a model file.
pub(crate) fn load_model(path: &Path) -> Result<Predictor, Failure> {
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::work(format!("can't read {}: {error}{}", path.display(), advice(&error)))
    })?;
    let model =
        Model::from_json(&bytes).map_err(|error| Failure::work(format!("{}: {error}", path.display())))?;
    Ok(Predictor::new(Arc::new(model)))
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match (&args.record, &args.input) {
        (Some(record), _) => one(args, record),
        (None, Some(input)) => many(args, input),
        (None, None) => Err(Failure::usage(
            "there is nothing to predict; give --input ROWS.csv for the rows of a file, or --record '{\"a\": 1}' for one record",
        )),
    }
}

fn one(args: &Args, record: &str) -> Result<(), Failure> {
    // what is no record at all is a wrong command line, whatever the model
    if let Err(error) = serde_json::from_str::<Map<String, Value>>(record) {
        return Err(Failure::usage(format!(
            "--record: expected a JSON object with the model's inputs as fields, such as '{{\"a\": 1}}', got something else: {error}"
        )));
    }
    let predictor = &load_model(&args.model)?;
    let mut scratch = Scratch::default();
    predictor
        .read_record(record.as_bytes(), &mut scratch)
        .map_err(|error| Failure::work(format!("--record: {error}")))?;
    let prediction = predictor.predict(&mut scratch);
    if !prediction.is_finite() {
        return Err(Failure::work(format!("--record: {}", InputError::overflow())));
    }
    let contributions = predictor.contributions(&scratch);
    let outside = predictor.out_of_range(&scratch);
    for (name, value, (low, high)) in &outside {
        let (value, low, high) = (number_text(*value), number_text(*low), number_text(*high));
        eprintln!("note: '{name}' is {value}, outside the range of the training data ({low} to {high})");
    }
    if args.json {
        print_json(&document(predictor, &prediction, contributions, &scratch));
        return Ok(());
    }
    match prediction {
        Prediction::Number(value) => outln!("{}", number_text(value)),
        Prediction::Class { name, probability } => outln!("{name} (probability {})", short(probability, 6)),
    }
    if let Some((intercept, parts)) = contributions {
        outln!("  {:<24} {}", "(intercept)", short(intercept, 6));
        for (name, amount) in parts {
            outln!("  {name:<24} {}", short(amount, 6));
        }
    }
    for (name, probability) in predictor.probabilities(&scratch) {
        outln!("  {name:<24} {}", short(probability, 6));
    }
    Ok(())
}

fn document(
    predictor: &Predictor,
    prediction: &Prediction<'_>,
    contributions: Option<(f64, Vec<(&str, f64)>)>,
    scratch: &Scratch,
) -> Value {
    let model = predictor.model();
    let mut document = match prediction {
        Prediction::Number(value) => json!({"prediction": value}),
        Prediction::Class { name, probability } => json!({"prediction": name, "probability": probability}),
    };
    document["contributions"] = match &contributions {
        Some((_, parts)) => {
            Value::Object(parts.iter().map(|(name, amount)| ((*name).to_owned(), json!(amount))).collect())
        }
        None => Value::Null,
    };
    document["intercept"] = contributions.map_or(Value::Null, |(intercept, _)| json!(intercept));
    let probabilities: Map<String, Value> =
        predictor.probabilities(scratch).into_iter().map(|(name, p)| (name.to_owned(), json!(p))).collect();
    if !probabilities.is_empty() {
        document["probabilities"] = Value::Object(probabilities);
    }
    let outside: Vec<&str> = predictor.out_of_range(scratch).into_iter().map(|(name, ..)| name).collect();
    document["out_of_range"] = json!(outside);
    document["model"] = Value::from(model.name.as_str());
    document["version"] = Value::from(model.version.as_str());
    document
}

fn many(args: &Args, input: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let output = args.output.as_ref().filter(|output| *output != Path::new("-"));
    if args.json && output.is_none() {
        return Err(Failure::usage(
            "--json with --input needs -o FILE: standard output can't hold the rows and the report",
        ));
    }
    let options = args.reading.options()?;
    let predictor = &load_model(&args.model)?;
    if let Some(output) = output {
        check_output(output, &[input, &args.model])?;
    }
    let source = open(input)?;
    let watched = Watched::new("predicting");
    let scored = if let Some(path) = output {
        replace_file(path, |out| {
            score_csv(predictor, &source, &options, out, &watched.progress).map_err(Refused::Score)
        })
        .map_err(|refused| match refused {
            Refused::Score(ScoreError::Write(error)) | Refused::File(error) => {
                Failure::work(format!("can't write {}: {error}{}", path.display(), advice(&error)))
            }
            Refused::Score(error) => Failure::work(format!("{error}; nothing was written")),
        })?
    } else {
        let mut out = std::io::stdout().lock();
        let scored = score_csv(predictor, &source, &options, &mut out, &watched.progress)
            .and_then(|scored| out.flush().map(|()| scored).map_err(ScoreError::Write));
        match scored {
            Ok(scored) => scored,
            // whoever read the rows has seen enough
            Err(ScoreError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::work(error)),
        }
    };
    drop(watched);
    let seconds = started.elapsed().as_secs_f64();
    print_warnings(&source.name(), &scored.warnings);
    print_notes(predictor, &scored.notes);
    if args.json {
        print_json(&json!({
            "rows": scored.n_rows,
            "output": output.map(|path| path.display().to_string()),
            "prediction_column": scored.prediction_column,
            "model": predictor.model().name,
            "version": predictor.model().version,
            "warnings": scored.warnings,
            "seconds": seconds,
        }));
    } else if let Some(path) = output {
        let rate = scored.n_rows as f64 / seconds.max(1e-9);
        eprintln!(
            "predicted {} rows in {} s ({} rows per second), written to {}",
            grouped(scored.n_rows),
            short(seconds, 3),
            grouped(rate as u64),
            path.display()
        );
    }
    Ok(())
}

enum Refused {
    Score(ScoreError),
    File(std::io::Error),
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

/// Says what was done to values that were not as expected.
pub(crate) fn print_notes(predictor: &Predictor, notes: &Notes) {
    let inputs = predictor.model().inputs.iter();
    for (input, ((missing, unknown), outside)) in
        inputs.zip(notes.missing.iter().zip(&notes.unknown).zip(&notes.out_of_range))
    {
        for (count, what) in [
            (missing, "missing values were treated by the model's policy"),
            (unknown, "unknown levels were treated by the model's policy"),
            (outside, "values lie outside the range of the training data"),
        ] {
            if *count > 0 {
                eprintln!("note: '{}': {} {what}", input.name, grouped(*count));
            }
        }
    }
}

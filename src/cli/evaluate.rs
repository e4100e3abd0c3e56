//! `drydock evaluate`: a model's scores on labelled rows.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::Failure;
use super::predict::{load_model, print_notes};
use super::reading::{ReadArgs, Watched, open, print_warnings};
use super::report::{grouped, print_json, scores, short};
use crate::data::read_csv;
use crate::inference::Place;
use crate::model::Policy;
use crate::training::{evaluate, measured};

/// Arguments of `drydock evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  drydock evaluate winter.json --input winter_2024.csv")]
pub(crate) struct Args {
    /// The model file
    model: PathBuf,
    /// A CSV file with the target column (or the name of a bundled sample)
    #[arg(long, value_name = "LABELLED.csv")]
    input: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let predictor = load_model(&args.model)?;
    let source = open(&args.input)?;
    let watched = Watched::new("evaluating");
    let options = predictor
        .read_options(&source, &args.reading.options()?, true)
        .map_err(|error| Failure::work(error.to_string()))?;
    let loaded = read_csv(&source, &options, &watched.progress).map_err(Failure::work)?;
    if predictor.model().policies.wrong_type == Policy::Reject
        && let Some((column, line, cell)) = loaded.misfits.first()
    {
        return Err(Failure::work(format!(
            "{}, line {line}: field '{column}': '{cell}' is not of the type that the model expects",
            source.name()
        )));
    }
    let evaluation = evaluate(&predictor, &loaded.table, args.reading.threads).map_err(|error| {
        let place = match error.place {
            Some(Place::Record(row)) => format!(", data row {}", row + 1),
            _ => String::new(),
        };
        let what = crate::inference::InputError { place: None, ..error };
        Failure::work(format!("{}{place}: {what}", source.name()))
    })?;
    drop(watched);
    let seconds = started.elapsed().as_secs_f64();
    print_warnings(&source.name(), &loaded.warnings);
    print_notes(&predictor, &evaluation.notes);
    if evaluation.n_left_out > 0 {
        eprintln!(
            "warning: {} rows were left out: their '{}' is missing{}",
            grouped(evaluation.n_left_out as u64),
            predictor.model().output.name,
            if predictor.model().output.classes.is_empty() { "" } else { " or is no class of the model" }
        );
    }
    if evaluation.n_rows == 0 {
        return Err(Failure::work(format!(
            "{}: no row has a '{}' that the model can be measured on",
            source.name(),
            predictor.model().output.name
        )));
    }
    let model = predictor.model();
    if args.json {
        print_json(&json!({
            "model": model.name,
            "version": model.version,
            "task": model.task,
            "target": model.output.name,
            "rows": evaluation.n_rows,
            "left_out": evaluation.n_left_out,
            "metrics": evaluation.scores,
            "measured": measured(&model.output.classes),
            "training_metrics": {"train": model.metrics.train, "test": model.metrics.test},
            "warnings": loaded.warnings,
            "seconds": seconds,
        }));
    } else {
        outln!("{} on {} rows of {}\n", model.name, grouped(evaluation.n_rows as u64), source.name());
        outln!("  now          {}", scores(&evaluation.scores));
        match &model.metrics.test {
            Some(test) => outln!("  held out     {}", scores(test)),
            None => outln!("  in training  {}", scores(&model.metrics.train)),
        }
        if let Some(measured) = measured(&model.output.classes) {
            outln!("\n  {measured}.");
        }
        outln!("\n{} s in all", short(seconds, 3));
    }
    Ok(())
}

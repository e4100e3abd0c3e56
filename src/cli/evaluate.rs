//! `drydock evaluate`: a model's scores on labelled rows.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::Failure;
use super::predict::{load_model, print_notes};
use super::reading::{ReadArgs, Watched, open, print_warnings};
use super::report::{grouped, print_json, scores, short};
use crate::training::{evaluate_csv, measured};

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
    let options = args.reading.options()?;
    let predictor = load_model(&args.model)?;
    let source = open(&args.input)?;
    let watched = Watched::new("evaluating");
    let (evaluation, warnings) =
        evaluate_csv(&predictor, &source, &options, &watched.progress).map_err(Failure::work)?;
    drop(watched);
    let seconds = started.elapsed().as_secs_f64();
    print_warnings(&source.name(), &warnings);
    print_notes(&predictor, &evaluation.notes);
    let target = &predictor.model().output.name;
    let (left_out, unknown) =
        (grouped(evaluation.n_left_out as u64), grouped(evaluation.n_unknown_class as u64));
    if evaluation.n_left_out > 0 {
        eprintln!("warning: {left_out} rows were left out: their '{target}' is missing");
    }
    if evaluation.n_unknown_class > 0 {
        eprintln!("warning: the '{target}' of {unknown} rows is no class of the model; they count as wrong");
    }
    if evaluation.n_rows == 0 {
        return Err(Failure::work(format!(
            "{}: no row has a '{}' that the model can be measured on",
            source.name(),
            target
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
            "unknown_class": evaluation.n_unknown_class,
            "metrics": evaluation.scores,
            "measured": measured(&model.output.classes),
            "training_metrics": {"train": model.metrics.train, "test": model.metrics.test},
            "warnings": warnings,
            "seconds": seconds,
        }));
    } else {
        outln!("{} on {} rows of {}\n", model.name, grouped(evaluation.n_rows as u64), source.name());
        outln!("  now          {}", scores(&evaluation.scores));
        if evaluation.n_unknown_class > 0 {
            outln!(
                "               the class of {unknown} rows is not known to the model: wrong in the accuracy, left out of the other scores"
            );
        }
        if evaluation.n_left_out > 0 {
            outln!("               {left_out} further rows have no '{target}' and were left out");
        }
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

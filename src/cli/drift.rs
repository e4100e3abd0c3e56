//! `drydock drift`: how a current file differs from a reference, whether that is more than chance, and whether it matters.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::Failure;
use super::predict::load_model;
use super::reading::{ReadArgs, Watched, open, print_warnings};
use super::report::{grouped, print_json, short, table};
use crate::data::{Source, Warning};
use crate::drift::{
    ColumnDrift, Correction, DomainClassifier, Measures, PredictionDrift, Report, Rule, ThresholdSource,
    compare, compare_with_profile, domain_classifier, prediction_drift, read_both, read_for,
};
use crate::inference::Predictor;
use crate::work::Seed;

/// Arguments of `drydock drift`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  drydock drift winter_2019.csv winter_2024.csv\n  drydock drift train.csv today.csv --model m.json     the model's predictions, too\n  \
    drydock drift today.csv --model m.json               against the outline of the training data in the model file\n  \
    drydock drift a.csv b.csv --thresholds learned --correction bonferroni --rule-card\n\n\
    A column has drifted if the difference is more than chance and large enough to matter; the rule stands in the output.\n\
    Exit status is 0 whether or not something drifted."
)]
pub(crate) struct Args {
    /// The reference: a CSV file, or the name of a bundled sample
    reference: PathBuf,
    /// The current data; left out, the one file given is the current one and the model's outline the reference
    current: Option<PathBuf>,
    /// A model whose predictions on both are compared
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// The share of false alarms that is put up with
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = probability)]
    alpha: f64,
    /// How p-values are corrected for the number of columns
    #[arg(long, value_enum, default_value_t = CorrectionArg::Bh)]
    correction: CorrectionArg,
    /// Where the sizes that matter come from: fixed, or learned from ten parts of the reference
    #[arg(long, value_enum, default_value_t = ThresholdArg::Fixed)]
    thresholds: ThresholdArg,
    /// Compare only these columns, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// How many pairs of resamples make the no-drift control (0: none)
    #[arg(long, value_name = "N", default_value_t = 199, value_parser = clap::value_parser!(u64).range(0..=100_000))]
    resamples: u64,
    /// Try to tell reference and current rows apart with a classifier, on up to so many rows of each (0: don't)
    #[arg(long, value_name = "ROWS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    classifier: u64,
    /// The seed of all chance
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Show what other tools would conclude of each column (always in --json)
    #[arg(long)]
    rule_card: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CorrectionArg {
    /// Benjamini-Hochberg
    Bh,
    Bonferroni,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ThresholdArg {
    Fixed,
    Learned,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("expected a number between 0 and 1".into()),
    }
}

/// What was compared, and what came of it.
struct Compared {
    reference: Value,
    current: Value,
    title: String,
    report: Report,
    prediction: Option<PredictionDrift>,
    classifier: Option<DomainClassifier>,
    warnings: Vec<Value>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let rule = Rule {
        alpha: args.alpha,
        correction: match args.correction {
            CorrectionArg::Bh => Correction::BenjaminiHochberg,
            CorrectionArg::Bonferroni => Correction::Bonferroni,
            CorrectionArg::None => Correction::None,
        },
        threshold_source: match args.thresholds {
            ThresholdArg::Fixed => ThresholdSource::Fixed,
            ThresholdArg::Learned => ThresholdSource::Learned,
        },
        resamples: usize::try_from(args.resamples).unwrap_or(0),
        seed: Seed(args.seed),
        ..Rule::default()
    };
    let compared = match (&args.current, &args.model) {
        (Some(current), _) => two_files(args, &args.reference, current, &rule)?,
        (None, Some(model)) => against_profile(args, model, &rule)?,
        (None, None) => {
            return Err(Failure::usage(format!(
                "{} has nothing to be compared with: give a reference and a current file, or the current file and --model",
                args.reference.display()
            )));
        }
    };
    if compared.report.columns.is_empty() {
        let names = |names: &[String]| crate::data::list(names);
        return Err(Failure::work(format!(
            "no column is in both: the reference has {}, the current data {}; check the headers (--header, --no-header, --delimiter)",
            names(&compared.report.only_in_reference),
            names(&compared.report.only_in_current)
        )));
    }
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        print_json(&document(&compared, &rule, seconds));
    } else {
        print_text(&compared, &rule, args.rule_card, seconds);
    }
    Ok(())
}

fn two_files(args: &Args, reference: &Path, current: &Path, rule: &Rule) -> Result<Compared, Failure> {
    if reference == Path::new("-") && current == Path::new("-") {
        return Err(Failure::usage("standard input can be one of the two files, not both"));
    }
    let options = args.reading.options()?;
    let predictor = args.model.as_deref().map(load_model).transpose()?;
    let (reference, current) = (open(reference)?, open(current)?);
    let watched = Watched::new("comparing");
    let progress = &watched.progress;
    let mut both =
        read_both(&reference, &current, &options, predictor.as_ref(), progress).map_err(Failure::work)?;
    let rows = (both.reference.n_rows(), both.current.n_rows());
    let prediction = predictor
        .as_ref()
        .map(|predictor| {
            prediction_drift(predictor, &both.reference, &both.current, rule, args.reading.threads)
        })
        .transpose()
        .map_err(|error| {
            Failure::work(format!(
                "the model can't predict the rows of {} or {}: {error}; without --model the columns alone are compared",
                reference.name(),
                current.name()
            ))
        })?;
    if let Some(columns) = &args.columns {
        both.reference = only(both.reference, columns, &reference)?;
        both.current = only(both.current, columns, &current)?;
    }
    let classifier = match usize::try_from(args.classifier).unwrap_or(0) {
        0 => None,
        rows => Some(
            domain_classifier(&both.reference, &both.current, rows, rule, progress).map_err(Failure::work)?,
        ),
    };
    let report =
        compare(both.reference, both.current, rule, args.reading.threads, progress).map_err(Failure::work)?;
    drop(watched);
    print_warnings(&reference.name(), &both.reference_warnings);
    print_warnings(&current.name(), &both.current_warnings);
    Ok(Compared {
        reference: json!({"file": reference.name(), "rows": rows.0}),
        current: json!({"file": current.name(), "rows": rows.1}),
        title: format!(
            "{} ({} rows) against the reference {} ({} rows)",
            current.name(),
            grouped(rows.1 as u64),
            reference.name(),
            grouped(rows.0 as u64)
        ),
        report,
        prediction,
        classifier,
        warnings: warnings(&reference, &both.reference_warnings)
            .chain(warnings(&current, &both.current_warnings))
            .collect(),
    })
}

fn warnings<'a>(source: &Source, warnings: &'a [Warning]) -> impl Iterator<Item = Value> + use<'a> {
    let file = source.name();
    warnings
        .iter()
        .map(move |warning| json!({"file": file, "line": warning.line, "message": warning.message}))
}

fn only(
    table: crate::data::Table,
    columns: &[String],
    source: &Source,
) -> Result<crate::data::Table, Failure> {
    for name in columns {
        if table.column(name).is_none() {
            let names: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
            let meant = crate::data::did_you_mean(name, names.iter().map(String::as_str));
            return Err(Failure::work(format!(
                "{} has no column '{name}'{meant} (columns: {})",
                source.name(),
                crate::data::list(&names)
            )));
        }
    }
    let kept = table.into_columns().into_iter().filter(|column| columns.contains(&column.name)).collect();
    crate::data::Table::new(kept).map_err(Failure::work)
}

fn against_profile(args: &Args, model: &Path, rule: &Rule) -> Result<Compared, Failure> {
    let options = args.reading.options()?;
    let predictor = load_model(model)?;
    let current = open(&args.reference)?;
    if args.classifier > 0 {
        return Err(Failure::usage("--classifier needs the rows of a reference: give a reference file"));
    }
    if rule.threshold_source == ThresholdSource::Learned {
        return Err(Failure::usage(
            "--thresholds learned needs the rows of a reference to learn from: give a reference file, or leave it out for the fixed thresholds",
        ));
    }
    let watched = Watched::new("comparing");
    let loaded = read_for(&current, &options, Some(&predictor), &watched.progress).map_err(Failure::work)?;
    let rows = loaded.table.n_rows();
    let prediction = of_profile(&predictor, &loaded.table, rule, args.reading.threads)?;
    let table = match &args.columns {
        Some(columns) => only(loaded.table, columns, &current)?,
        None => loaded.table,
    };
    let mut report = compare_with_profile(predictor.model(), &table, rule);
    if let Some(columns) = &args.columns {
        report.only_in_reference.retain(|name| columns.contains(name));
    }
    drop(watched);
    print_warnings(&current.name(), &loaded.warnings);
    let model = predictor.model();
    Ok(Compared {
        reference: json!({"model": model.name, "version": model.version, "file": model.training.data, "rows": model.training.train_rows, "outline": true}),
        current: json!({"file": current.name(), "rows": rows}),
        title: format!(
            "{} ({} rows) against the outline of the training data of {} ({} rows of {})",
            current.name(),
            grouped(rows as u64),
            model.name,
            grouped(model.training.train_rows as u64),
            model.training.data
        ),
        report,
        prediction,
        classifier: None,
        warnings: warnings(&current, &loaded.warnings).collect(),
    })
}

fn of_profile(
    predictor: &Predictor,
    current: &crate::data::Table,
    rule: &Rule,
    threads: usize,
) -> Result<Option<PredictionDrift>, Failure> {
    crate::drift::prediction_drift_from_profile(predictor, current, rule, threads)
        .map_err(|error| Failure::work(format!("the model can't predict the rows: {error}")))
}

fn document(compared: &Compared, rule: &Rule, seconds: f64) -> Value {
    let report = &compared.report;
    let mut rule_document = json!(rule);
    rule_document["text"] = rule.text().into();
    json!({
        "reference": compared.reference,
        "current": compared.current,
        "columns": report.columns,
        "drifted_share": report.drifted_share,
        "prediction": compared.prediction,
        "classifier": compared.classifier,
        "only_in_reference": report.only_in_reference,
        "only_in_current": report.only_in_current,
        "rule": rule_document,
        "warnings": compared.warnings,
        "seconds": seconds,
    })
}

fn print_text(compared: &Compared, rule: &Rule, rule_card: bool, seconds: f64) {
    let report = &compared.report;
    outln!("{}\n", compared.title);
    let rows: Vec<Vec<String>> = report
        .columns
        .iter()
        .chain(compared.prediction.iter().map(|prediction| &prediction.column))
        .map(row)
        .collect();
    let header =
        ["column", "type", "n ref", "n now", "PSI", "KS / V", "p", "Wasserstein", "JS", "missing", "verdict"];
    let right = [false, false, true, true, true, true, true, true, true, true, false];
    outln!("{}", table(&header, &rows, &right));
    let all = report.columns.iter().chain(compared.prediction.iter().map(|prediction| &prediction.column));
    for column in all.clone() {
        outln!("  {}: {}", column.name, column.verdict.reason);
        if let (Some(control), Some(effect)) = (
            &column.control,
            column.verdict.effects.iter().find(|e| e.material).or(column.verdict.effects.first()),
        ) && let (Some(value), Some(chance)) = (effect.value, effect.no_drift_p95)
        {
            let means = match &column.measures {
                Measures::Numbers(n) => match (n.mean.reference, n.mean.current) {
                    (Some(before), Some(now)) => format!(", mean {} → {}", short(before, 4), short(now, 4)),
                    _ => String::new(),
                },
                _ => String::new(),
            };
            outln!(
                "      {} {}; without drift at this n it stays below {} in 95 of 100 ({} resamples){means}",
                effect.measure,
                short(value, 3),
                short(chance, 3),
                control.resamples
            );
        }
        details(column);
        if rule_card {
            for tool in &column.rule_card {
                outln!(
                    "      {}: {} {} against {} → {} ({})",
                    tool.tool,
                    tool.method,
                    tool.value.map_or("–".into(), |value| short(value, 3)),
                    tool.threshold.map_or("–".into(), |value| short(value, 3)),
                    tool.says,
                    tool.why
                );
            }
        }
    }
    if let Some(prediction) = &compared.prediction {
        let left_out = prediction.left_out.reference + prediction.left_out.current;
        if left_out > 0 {
            outln!(
                "  {} rows have a missing value that the model refuses; their predictions are left out",
                grouped(left_out as u64)
            );
        }
    }
    if let Some(classifier) = &compared.classifier {
        outln!("\n  all columns at once: {}", classifier.text());
    }
    for (names, side) in [(&report.only_in_reference, "reference"), (&report.only_in_current, "current data")]
    {
        if !names.is_empty() {
            outln!("\n  only in the {side}, not compared: {}", names.join(", "));
        }
    }
    let drifted = report.columns.iter().filter(|column| column.drifted == Some(true)).count();
    let open = report.columns.iter().filter(|column| column.drifted.is_none()).count();
    outln!(
        "\n{drifted} of {} columns drifted{}\nRule: {}.\n{} s in all",
        report.columns.len(),
        if open > 0 { format!(", {open} without a verdict") } else { String::new() },
        rule.text(),
        short(seconds, 3)
    );
}

fn row(column: &ColumnDrift) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| short(value, 3));
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{} %", short(share * 100.0, 2)));
    let (index, effect, distance, js) = match &column.measures {
        Measures::Numbers(m) => (m.psi, m.ks.map(|ks| ks.statistic), m.wasserstein, m.jensen_shannon),
        Measures::Levels(m) => (m.psi, m.cramers_v, None, m.jensen_shannon),
        Measures::None { .. } => (None, None, None, None),
    };
    vec![
        column.name.clone(),
        column.kind.to_string(),
        grouped(column.n.reference as u64),
        grouped(column.n.current as u64),
        number(index),
        number(effect),
        number(column.verdict.p_value),
        number(distance),
        number(js),
        format!("{} → {}", percent(column.missing.reference), percent(column.missing.current)),
        match column.drifted {
            Some(true) => "DRIFTED".into(),
            Some(false) => "no drift".into(),
            None => "can't tell".into(),
        },
    ]
}

fn details(column: &ColumnDrift) {
    let percent = |share: f64| format!("{} %", short(share * 100.0, 3));
    match &column.measures {
        Measures::Numbers(m) => {
            if let Some(share) = m.out_of_range.filter(|share| *share > 0.0) {
                outln!("      {} of the values lie outside the reference's range", percent(share));
            }
        }
        // which identifiers are new says nothing
        Measures::Levels(m) if column.drifted.is_some() => {
            let list = |levels: &[crate::drift::LevelShare], n: usize| {
                let mut text: Vec<String> =
                    levels.iter().take(8).map(|l| format!("'{}' ({})", l.level, percent(l.share))).collect();
                if n > 8 {
                    text.push(format!("{} more", n - 8));
                }
                text.join(", ")
            };
            if m.n_new_levels > 0 {
                outln!("      new levels: {}", list(&m.new_levels, m.n_new_levels));
            }
            if m.n_vanished_levels > 0 {
                outln!("      vanished levels: {}", list(&m.vanished_levels, m.n_vanished_levels));
            }
        }
        Measures::Levels(_) | Measures::None { .. } => {}
    }
    if column.missing.changed == Some(true) {
        let share = |share: Option<f64>| share.map_or("–".to_owned(), percent);
        outln!(
            "      missing values changed: {} → {}, more than chance",
            share(column.missing.reference),
            share(column.missing.current)
        );
    }
    for note in &column.notes {
        outln!("      {note}");
    }
}

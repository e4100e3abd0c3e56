//! `drydock bench`: this program's speed and accuracy on this machine, beside limits and peers measured in the
//! same run. Every figure is the best of several repeats after a warm-up, on generated data with fixed seeds.

mod accuracy;
mod clock;
mod conditioning;
mod drift;
mod files;
mod generate;
mod machine;
mod ols;
#[cfg(feature = "peers")]
mod peers;
mod predict;
mod serve;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Failure;
use super::report::{grouped, print_json, short, table};
use crate::work::Progress;
use clock::Timing;

/// Arguments of `drydock bench`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Benchmarks:\n  csv       a CSV file read and profiled\n  ols       least squares on columns in memory, and its accuracy\n  \
    train     a CSV file to a fitted model\n  predict   one record, a record as JSON, and a batch in memory\n  \
    score     a CSV file to a CSV file with predictions\n  drift     a slider on ten columns, and two CSV files compared\n  accuracy  digits right on certified problems, through training\n  serve     the server beside a bare axum echo and a handler with typed fields\n\n\
    Examples:\n  drydock bench                 all of them at a moderate size, about a minute\n  drydock bench csv             one of them at full size\n  drydock bench ols --rows 100000 --json"
)]
pub(crate) struct Args {
    /// The benchmark to run: csv, ols, train, predict, score, drift, accuracy or serve (default: all, at a moderate size)
    name: Option<String>,
    /// Rows of generated data (default: 1,000,000 for one benchmark, 200,000 for all)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    rows: Option<u64>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

type Benchmark = fn(&mut Session<'_>) -> Result<(), Failure>;

/// The benchmarks by name, in the order they run in. Scoring comes first, before others have used much memory.
const BENCHMARKS: [(&str, Benchmark); 8] = [
    ("score", files::score),
    ("csv", files::csv),
    ("train", files::train_file),
    ("ols", ols::run),
    ("predict", predict::run),
    ("drift", drift::run),
    ("accuracy", accuracy::run),
    ("serve", serve::run),
];

const ROWS_FOR_ONE: usize = 1_000_000;
const ROWS_FOR_ALL: usize = 200_000;

/// What was measured of one thing.
#[derive(Debug)]
struct Figure {
    benchmark: &'static str,
    figure: String,
    unit: &'static str,
    /// The figure itself: CPU time for times.
    best: f64,
    median: f64,
    repeats: usize,
    /// Best and median by the wall clock, for times.
    wall: Option<(f64, f64)>,
    /// Limits and peers in the same unit, measured in the same run.
    beside: Vec<(String, f64)>,
}

/// A run of benchmarks: its settings, the figures so far, and the data they share.
struct Session<'a> {
    progress: &'a Progress,
    rows: usize,
    figures: Vec<Figure>,
    benchmark: &'static str,
    file: Option<Arc<generate::CsvFile>>,
}

impl Session<'_> {
    fn check(&self) -> Result<(), Failure> {
        self.progress.check().map_err(Failure::work)
    }

    /// Notes a time, given in seconds, in a unit of `per_second` to the second.
    fn time(
        &mut self,
        figure: impl Into<String>,
        (unit, per_second): (&'static str, f64),
        timing: &Timing,
        beside: &[(&str, &Timing)],
    ) {
        self.figures.push(Figure {
            benchmark: self.benchmark,
            figure: figure.into(),
            unit,
            best: timing.cpu.best * per_second,
            median: timing.cpu.median * per_second,
            repeats: timing.repeats,
            wall: Some((timing.wall.best * per_second, timing.wall.median * per_second)),
            beside: beside.iter().map(|(name, t)| ((*name).to_owned(), t.cpu.best * per_second)).collect(),
        });
    }

    /// Notes something that is the same in every repeat.
    fn value(
        &mut self,
        figure: impl Into<String>,
        unit: &'static str,
        value: f64,
        beside: Vec<(String, f64)>,
    ) {
        self.figures.push(Figure {
            benchmark: self.benchmark,
            figure: figure.into(),
            unit,
            best: value,
            median: value,
            repeats: 1,
            wall: None,
            beside,
        });
    }

    /// The generated CSV file, made when it is first asked for.
    fn file(&mut self) -> Result<Arc<generate::CsvFile>, Failure> {
        let made = match self.file.take() {
            Some(file) => file,
            None => Arc::new(generate::CsvFile::new(self.rows).map_err(Failure::work)?),
        };
        Ok(Arc::clone(self.file.insert(made)))
    }
}

const MILLISECONDS: (&str, f64) = ("ms", 1e3);
const NANOSECONDS: (&str, f64) = ("ns", 1e9);

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let chosen: Vec<(&'static str, Benchmark)> = match &args.name {
        None => BENCHMARKS.to_vec(),
        Some(name) => BENCHMARKS.iter().filter(|(own, _)| own == name).copied().collect(),
    };
    if chosen.is_empty() {
        return Err(Failure::usage(format!(
            "there is no benchmark '{}'; there are csv, ols, train, predict, score, accuracy and serve",
            args.name.as_deref().unwrap_or_default()
        )));
    }
    let progress = Progress::new();
    let cancelled = progress.clone();
    // a second handler can't be set; then Ctrl-C ends the program, which is as good
    drop(ctrlc::set_handler(move || cancelled.cancel()));
    let default_rows = if args.name.is_some() { ROWS_FOR_ONE } else { ROWS_FOR_ALL };
    let rows = args.rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(default_rows);
    let mut session = Session { progress: &progress, rows, figures: Vec::new(), benchmark: "", file: None };
    for (name, benchmark) in chosen {
        session.check()?;
        session.benchmark = name;
        if !args.json {
            eprintln!("{name} …");
        }
        benchmark(&mut session)?;
    }
    let machine = machine::describe(rows);
    if args.json {
        print_json(
            &json!({"machine": machine, "results": session.figures.iter().map(document).collect::<Vec<_>>()}),
        );
    } else {
        out!("{}", text(&machine, &session.figures));
    }
    Ok(())
}

fn document(figure: &Figure) -> Value {
    json!({
        "name": figure.benchmark,
        "figure": figure.figure,
        "unit": figure.unit,
        "clock": figure.wall.map(|_| clock::name()),
        "value": figure.best,
        "best": figure.best,
        "median": figure.median,
        "repeats": figure.repeats,
        "wall": figure.wall.map(|(best, median)| json!({"best": best, "median": median})),
        "beside": figure.beside.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>(),
    })
}

fn text(machine: &Value, figures: &[Figure]) -> String {
    let of = |key: &str| machine[key].as_str().unwrap_or("unknown").to_owned();
    let mut text = format!(
        "drydock {} on {} ({} processors), {} rows, load {}\nTimes are {}: best, median; beside them the wall clock and what else was measured in this run.\n\n",
        of("version"),
        of("processor"),
        machine["processors"],
        grouped(machine["rows"].as_u64().unwrap_or(0)),
        of("load"),
        clock::name(),
    );
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|figure| {
            let beside: Vec<String> =
                figure.beside.iter().map(|(name, value)| format!("{name} {}", short(*value, 3))).collect();
            vec![
                figure.benchmark.to_owned(),
                figure.figure.clone(),
                short(figure.best, 3),
                if figure.wall.is_some() { short(figure.median, 3) } else { String::new() },
                figure.wall.map_or(String::new(), |(best, _)| short(best, 3)),
                figure.unit.to_owned(),
                beside.join(" · "),
            ]
        })
        .collect();
    text.push_str(&table(
        &["bench", "figure", "best", "median", "wall", "unit", "beside"],
        &rows,
        &[false, false, true, true, true, false, false],
    ));
    text
}

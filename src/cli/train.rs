//! `drydock train`: fits and saves a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::Failure;
use super::reading::{ReadArgs, Watched, check_output, open, print_warnings};
use super::report::{grouped, print_json, scores, short, table, write_stdout};
use crate::data::{Loaded, advice, did_you_mean, read_csv, replace_file};
use crate::model::{Estimator, Model, ModelKind, Policies, Policy, Task};
use crate::training::{FoldScheme, Origin, Plan, Settings, Solver, Trained, fold_summary, measured, train};
use crate::work::Seed;

/// Arguments of `drydock train`.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("measuring").args(["test_fraction", "folds"]).multiple(true)),
    after_help = "Examples:\n  drydock train sales.csv --target units --test-fraction 0.2 -o sales.json\n  \
    drydock train winter-beverages --target units_sold --time date --test-fraction 0.2 -o winter.json\n  \
    drydock train digits --target digit --task classification --model mlp -o digits.json"
)]
pub(crate) struct Args {
    /// The CSV file, or the name of a bundled sample
    data: PathBuf,
    /// The column to predict
    #[arg(long, value_name = "COL")]
    target: String,
    /// Where to save the model (- for standard output)
    #[arg(short, long, value_name = "MODEL.json")]
    output: PathBuf,
    /// The columns to predict from (default: every suitable one)
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Columns not to predict from
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "features")]
    without: Vec<String>,
    /// The kind of model (default: linear for numbers, logistic for categories)
    #[arg(long, value_name = "KIND", value_enum)]
    model: Option<KindArg>,
    /// What the model is asked for. A classifier's F1 and ROC AUC are of the second of two classes, or the mean over more
    /// (each against the rest); the probability beside a prediction is that of the predicted class
    #[arg(long, value_enum, default_value_t = TaskArg::Auto)]
    task: TaskArg,
    /// Fit a sum through the origin. The first category then keeps all its levels, as in R (a yes/no column stays one
    /// number, 0 for no); R² stays the share of the variance about the mean, as in scikit-learn (R's is about 0)
    #[arg(long)]
    no_intercept: bool,
    /// The share of rows held out for the test (default: none)
    #[arg(
        long,
        value_name = "F",
        default_value_t = 0.0,
        hide_default_value = true,
        allow_negative_numbers = true
    )]
    test_fraction: f64,
    /// Hold out the latest rows by this date column, not random ones; each of --folds is predicted from those before
    /// it (rows without a date are left out)
    #[arg(long, value_name = "COL", requires = "measuring")]
    time: Option<String>,
    /// Cross-validate on the training rows with this many folds
    #[arg(
        long,
        value_name = "K",
        default_value_t = 0,
        allow_negative_numbers = true,
        hide_default_value = true
    )]
    folds: usize,
    /// The seed of split, folds and training
    #[arg(long, value_name = "N", default_value_t = 42, allow_negative_numbers = true)]
    seed: u64,
    /// The model's name (default: the file's)
    #[arg(long)]
    name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    policies: PolicyArgs,
    #[command(flatten)]
    reading: ReadArgs,
}

/// Settings of single kinds of model.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Tuning")]
struct Tuning {
    /// The penalty of ridge, elastic-net and logistic, on standardised features
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    alpha: f64,
    /// The share of the absolute penalty in elastic-net
    #[arg(long, value_name = "X", default_value_t = 0.5, allow_negative_numbers = true)]
    l1_ratio: f64,
    /// The depth of a tree
    #[arg(long, value_name = "N", default_value_t = 6, allow_negative_numbers = true)]
    max_depth: usize,
    /// The fewest rows in a leaf of a tree
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true)]
    min_leaf: usize,
    /// Hidden units of an mlp
    #[arg(long, value_name = "N", default_value_t = 64, allow_negative_numbers = true)]
    hidden: usize,
    /// Passes over the training rows for an mlp
    #[arg(long, value_name = "N", default_value_t = 60, allow_negative_numbers = true)]
    epochs: usize,
    /// Least squares and classification trees: auto, or linfa's QR, coordinate descent and trees
    #[arg(long, value_enum, default_value_t = SolverArg::Auto)]
    solver: SolverArg,
}

/// What happens to input that is not as expected; saved in the model.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policies (impute, ignore or reject; saved in the model)")]
struct PolicyArgs {
    /// A value is missing [default: impute]; once more with COL=POLICY for a rule of that column alone
    #[arg(long, value_name = "[COL=]POLICY", value_parser = missing_rule)]
    on_missing: Vec<(Option<String>, Policy)>,
    /// A category has a level that training never saw [default: reject]
    #[arg(long, value_name = "POLICY")]
    on_unknown: Option<Policy>,
    /// A number is outside the training range [default: ignore]
    #[arg(long, value_name = "POLICY")]
    on_out_of_range: Option<Policy>,
    /// A column or field is not there [default: reject]
    #[arg(long, value_name = "POLICY")]
    on_missing_column: Option<Policy>,
    /// A value is of another type [default: reject]
    #[arg(long, value_name = "POLICY")]
    on_wrong_type: Option<Policy>,
    /// There is a further column or field [default: ignore]
    #[arg(long, value_name = "POLICY")]
    on_extra_column: Option<Policy>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindArg {
    Linear,
    Ridge,
    ElasticNet,
    Logistic,
    Tree,
    Mlp,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TaskArg {
    Auto,
    Regression,
    Classification,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SolverArg {
    Auto,
    Linfa,
}

impl From<KindArg> for ModelKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Linear => Self::Linear,
            KindArg::Ridge => Self::Ridge,
            KindArg::ElasticNet => Self::ElasticNet,
            KindArg::Logistic => Self::Logistic,
            KindArg::Tree => Self::Tree,
            KindArg::Mlp => Self::Mlp,
        }
    }
}

/// A policy for all columns, or for the one before the equals sign; a column's name may have such signs itself.
fn missing_rule(text: &str) -> Result<(Option<String>, Policy), String> {
    match text.rsplit_once('=') {
        Some(("", _)) => Err("there is no column before the equals sign".into()),
        Some((column, policy)) => Ok((Some(column.to_owned()), policy.parse()?)),
        None => Ok((None, text.parse()?)),
    }
}

impl PolicyArgs {
    /// The rules for missing values of single columns.
    fn missing(&self) -> Result<BTreeMap<String, Policy>, Failure> {
        let mut rules = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for (column, policy) in &self.on_missing {
            if !seen.insert(column) {
                let what =
                    column.as_ref().map_or_else(String::new, |column| format!(" for column '{column}'"));
                return Err(Failure::usage(format!("--on-missing is given twice{what}")));
            }
            if let Some(column) = column {
                rules.insert(column.clone(), *policy);
            }
        }
        Ok(rules)
    }

    fn policies(&self) -> Policies {
        let default = Policies::default();
        let for_all = self.on_missing.iter().find(|(column, _)| column.is_none());
        Policies {
            missing_value: for_all.map_or(default.missing_value, |(_, policy)| *policy),
            unknown_level: self.on_unknown.unwrap_or(default.unknown_level),
            out_of_range: self.on_out_of_range.unwrap_or(default.out_of_range),
            missing_column: self.on_missing_column.unwrap_or(default.missing_column),
            wrong_type: self.on_wrong_type.unwrap_or(default.wrong_type),
            extra_column: self.on_extra_column.unwrap_or(default.extra_column),
        }
    }
}

impl Args {
    fn settings(&self) -> Settings {
        let stem = self.output.file_stem().and_then(|stem| stem.to_str()).filter(|stem| *stem != "-");
        let stem = stem.unwrap_or("model");
        Settings {
            features: self.features.clone(),
            model: self.model.map(ModelKind::from),
            task: match self.task {
                TaskArg::Auto => None,
                TaskArg::Regression => Some(Task::Regression),
                TaskArg::Classification => Some(Task::Classification),
            },
            intercept: !self.no_intercept,
            test_fraction: self.test_fraction,
            time_column: self.time.clone(),
            folds: self.folds,
            seed: Seed(self.seed),
            alpha: self.tuning.alpha,
            l1_ratio: self.tuning.l1_ratio,
            max_depth: self.tuning.max_depth,
            min_leaf: self.tuning.min_leaf,
            hidden: self.tuning.hidden,
            epochs: self.tuning.epochs,
            solver: match self.tuning.solver {
                SolverArg::Auto => Solver::Auto,
                SolverArg::Linfa => Solver::Linfa,
            },
            policies: self.policies.policies(),
            name: self.name.clone().unwrap_or_else(|| stem.to_owned()),
            ..Settings::new(self.target.clone())
        }
    }

    /// Every column but the target and those left out by name.
    fn remaining(&self, loaded: &Loaded) -> Result<Vec<String>, Failure> {
        for name in &self.without {
            if loaded.table.column(name).is_none() {
                let names: Vec<String> = loaded.table.columns().iter().map(|c| c.name.clone()).collect();
                let there = crate::data::list(&names);
                return Err(Failure::work(format!(
                    "there is no column '{name}' to leave out{}; there are {there}",
                    did_you_mean(name, names.iter().map(String::as_str))
                )));
            }
        }
        let suitable = Plan::suitable_features(&loaded.table, &self.target);
        Ok(suitable.into_iter().filter(|name| !self.without.contains(name)).collect())
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let mut options = args.reading.options()?;
    options.hash = true;
    let mut settings = args.settings();
    settings.missing = args.policies.missing()?;
    settings.check().map_err(Failure::usage)?;
    if args.output == Path::new("-") {
        if args.json {
            return Err(Failure::usage(
                "-o - writes the model to standard output, which can't hold the --json report, too",
            ));
        }
    } else {
        check_output(&args.output, &[&args.data])?;
    }
    let source = open(&args.data)?;
    let watched = Watched::new("reading");
    let loaded = read_csv(&source, &options, &watched.progress).map_err(Failure::work)?;
    if !args.without.is_empty() {
        settings.features = Some(args.remaining(&loaded)?);
    }
    let plan =
        Plan::new(settings, &loaded.table).map_err(|error| Failure::work(in_file(&source.name(), &error)))?;
    let origin = Origin::of(file_name(&args.data), &loaded);
    let trained = train(&plan, &loaded.table, &origin, &watched.progress)
        .map_err(|error| Failure::work(in_file(&source.name(), &error)))?;
    drop(watched);
    let to_stdout = args.output == Path::new("-");
    if !to_stdout {
        replace_file(&args.output, |out| out.write_all(&trained.model.to_json())).map_err(|error| {
            Failure::work(format!("can't write {}: {error}{}", args.output.display(), advice(&error)))
        })?;
    }
    let seconds = started.elapsed().as_secs_f64();
    print_warnings(&source.name(), &loaded.warnings);
    for warning in &trained.warnings {
        eprintln!("warning: {warning}");
    }
    if to_stdout {
        write_stdout(&trained.model.to_json());
    } else if args.json {
        let mut document = document(&trained, seconds);
        document["saved_to"] = Value::from(args.output.display().to_string());
        document["reading_warnings"] = json!(loaded.warnings);
        print_json(&document);
    } else {
        out!("{}", text(&trained));
        outln!(
            "\nsaved to {} (version {}), {} s in all",
            args.output.display(),
            trained.model.version,
            short(seconds, 3)
        );
    }
    Ok(())
}

fn in_file(name: &str, error: &impl std::fmt::Display) -> String {
    format!("{name}: {error}")
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn document(trained: &Trained, seconds: f64) -> Value {
    let model = &trained.model;
    let (coefficients, intercept) = coefficients(model);
    let mut document = json!({
        "measured": measured(&model.output.classes),
        "model": model.kind,
        "task": model.task,
        "target": model.output.name,
        "features": model.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(),
        "rows": {
            "train": model.training.train_rows,
            "test": model.training.test_rows,
            "left_out": model.training.left_out_rows,
        },
        "metrics": {"train": model.metrics.train, "test": model.metrics.test},
        "baseline": model.metrics.baseline,
        "coefficients": coefficients,
        "intercept": intercept,
        "name": model.name,
        "version": model.version,
        "warnings": trained.warnings,
        "solution": trained.notes,
        "seconds": seconds,
    });
    if let Estimator::Linear(linear) = &model.estimator {
        let names = model.term_names();
        if let Some(errors) = &linear.standard_errors {
            // what has no coefficient has no error either
            let error = |(at, error): (usize, &f64)| {
                if linear.dropped.contains(&at) { Value::Null } else { json!(error) }
            };
            let by_name: Map<String, Value> =
                names.iter().cloned().zip(errors.iter().enumerate().map(error)).collect();
            document["standard_errors"] = Value::Object(by_name);
            document["intercept_standard_error"] = json!(linear.intercept_standard_error);
            document["residual_std"] = json!(linear.residual_std);
        }
        let dropped: Vec<&String> = linear.dropped.iter().filter_map(|&at| names.get(at)).collect();
        document["dropped"] = json!(dropped);
    }
    if !trained.folds.is_empty() {
        document["cross_validation"] = json!({"scheme": trained.fold_scheme, "folds": trained.folds, "summary": fold_summary(&trained.folds)});
    }
    document
}

/// Coefficients and intercept by name: flat for a sum and for two classes, by class for more, null for models
/// that have none.
fn coefficients(model: &Model) -> (Value, Value) {
    let names = model.term_names();
    let row = |weights: &[f64]| -> Value {
        Value::Object(names.iter().cloned().zip(weights.iter().map(|&w| json!(w))).collect())
    };
    match &model.estimator {
        Estimator::Linear(linear) => (row(&linear.coefficients), json!(linear.intercept)),
        Estimator::Logistic(logistic) if logistic.intercepts.len() == 1 => {
            (row(&logistic.coefficients[0]), json!(logistic.intercepts[0]))
        }
        Estimator::Logistic(logistic) => {
            let classes = &model.output.classes;
            let weights: Map<String, Value> =
                classes.iter().cloned().zip(logistic.coefficients.iter().map(|w| row(w))).collect();
            let intercepts: Map<String, Value> =
                classes.iter().cloned().zip(logistic.intercepts.iter().map(|&b| json!(b))).collect();
            (Value::Object(weights), Value::Object(intercepts))
        }
        Estimator::Tree(_) | Estimator::Mlp(_) => (Value::Null, Value::Null),
    }
}

/// What was trained and how good it is, for people.
pub(crate) fn text(trained: &Trained) -> String {
    let model = &trained.model;
    let mut text = format!(
        "{} model of '{}' from {} features: {} rows to train, {} held out\n\n",
        model.kind,
        model.output.name,
        model.inputs.len(),
        grouped(model.training.train_rows as u64),
        grouped(model.training.test_rows as u64),
    );
    let mut line =
        |what: &str, of: &Map<String, Value>| text.push_str(&format!("  {what:<10} {}\n", scores(of)));
    line("training", &model.metrics.train);
    if let Some(test) = &model.metrics.test {
        line("held out", test);
    }
    let baseline = &model.metrics.baseline;
    line("naive", baseline.test.as_ref().unwrap_or(&baseline.train));
    text.push_str(&format!("             ({})\n", baseline.rule));
    if !trained.folds.is_empty() {
        let summary = fold_summary(&trained.folds);
        let parts: Vec<String> = summary
            .iter()
            .filter_map(|(key, value)| {
                Some(format!(
                    "{key} {} ± {}",
                    short(value["mean"].as_f64()?, 4),
                    short(value["std"].as_f64()?, 2)
                ))
            })
            .collect();
        text.push_str(&format!("  {} folds    {}\n", trained.folds.len(), parts.join(" · ")));
        text.push_str(match trained.fold_scheme {
            FoldScheme::Random => "",
            FoldScheme::Stratified => "             (every class dealt out evenly)\n",
            FoldScheme::ForwardChaining => {
                "             (in order of time, each predicted from all rows before it)\n"
            }
        });
    }
    if let Some(measured) = measured(&model.output.classes) {
        text.push_str(&format!(
            "\n  {measured}.\n  A prediction's probability is that of the predicted class.\n"
        ));
    }
    if model.training.settings.get("intercept") == Some(&Value::Bool(false)) {
        text.push_str(
            "\n  R² is the share of the variance about the mean, though the sum goes through the origin.\n",
        );
    }
    if let Estimator::Linear(linear) = &model.estimator {
        let names = model.term_names();
        let error = |at: usize| {
            let error = linear.standard_errors.as_ref().and_then(|e| e.get(at));
            if linear.dropped.contains(&at) {
                "dropped".to_owned()
            } else {
                error.map_or(String::new(), |e| short(*e, 3))
            }
        };
        let mut rows = vec![vec![
            "(intercept)".to_owned(),
            short(linear.intercept, 6),
            linear.intercept_standard_error.map_or(String::new(), |e| short(e, 3)),
        ]];
        rows.extend(
            names
                .iter()
                .zip(&linear.coefficients)
                .enumerate()
                .take(40)
                .map(|(at, (name, c))| vec![name.clone(), short(*c, 6), error(at)]),
        );
        text.push('\n');
        text.push_str(&table(&["term", "coefficient", "std. error"], &rows, &[false, true, true]));
        if names.len() > 40 {
            text.push_str(&format!("  … and {} more, in the model file\n", names.len() - 40));
        }
        if let Some(condition) = trained.notes.get("condition").and_then(Value::as_f64) {
            let condition = if condition < 1e6 { short(condition, 3) } else { format!("{condition:.1e}") };
            text.push_str(&format!("  condition {condition} (of the scaled features; 1 is best)\n"));
        }
    }
    text
}

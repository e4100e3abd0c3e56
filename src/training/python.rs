//! The same training in Python: a script for pandas and scikit-learn that reads the same file the same way, holds out
//! the same rows, encodes, fits and scores alike, and prints the same numbers.

use serde::{Deserialize, Serialize};

use super::plan::{Plan, Settings, Solver};
use crate::data::date::DateFormat;
use crate::data::{ColumnKind, Decimal, Dialect, Encoding, Loaded, Quote, Unit};
use crate::model::{Estimator, InputKind, Mlp, Model, ModelKind, Node, Policy, Task, TermKind, Tree};

/// Numbers of a network's weights past which a script is no reading matter.
const MAX_WEIGHTS: usize = 100_000;

/// Nodes of a tree past which it is none either.
const MAX_NODES: usize = 20_000;

/// How the file behind a model was read, and which rows were held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Where the file is.
    pub path: String,
    /// How it is written.
    pub dialect: Dialect,
    /// Its data rows.
    pub n_rows: usize,
    /// The columns that the model uses, and the target.
    pub columns: Vec<ColumnRead>,
    /// A bit for each data row, 1 where it was held out, most significant first, in hexadecimal.
    pub held_out: String,
    /// In the same way the rows that were left out since they have no date to be split by; empty if none were.
    #[serde(default)]
    pub undated: String,
}

/// How one column was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnRead {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its place in the file, from 0.
    pub position: usize,
    /// The decimal sign of its numbers.
    pub decimal: Option<Decimal>,
    /// Whether its numbers are percentages.
    pub percent: bool,
    /// The currency that stands beside its numbers.
    pub currency: Option<String>,
    /// The form of its dates.
    pub date: Option<DateFormat>,
    /// The texts that mean a missing value, where they are not the usual ones.
    pub missing: Option<Vec<String>>,
}

impl Reading {
    /// Of a table that a plan trains on; `held_out` are the rows held out.
    #[must_use]
    pub fn new(plan: &Plan, loaded: &Loaded, path: &str, held_out: &[usize]) -> Self {
        let table = &loaded.table;
        let used = |name: &str| name == plan.settings.target || plan.features.iter().any(|own| own == name);
        let columns = table
            .columns()
            .iter()
            .zip(&loaded.columns)
            .filter(|(column, _)| used(&column.name))
            .map(|(column, reading)| ColumnRead {
                name: column.name.clone(),
                kind: column.kind(),
                position: reading.position,
                decimal: reading.decimal,
                percent: reading.unit == Some(Unit::Percent),
                currency: reading
                    .unit
                    .filter(|unit| *unit != Unit::Percent)
                    .map(|unit| unit.text().to_owned()),
                date: reading.date,
                missing: reading.missing.clone(),
            })
            .collect();
        let time = plan.settings.time_column.as_ref().and_then(|name| table.column(name));
        let undated: Vec<usize> = time.map_or_else(Vec::new, |column| {
            (0..table.n_rows()).filter(|&row| column.is_missing(row)).collect()
        });
        let n_rows = table.n_rows();
        Self {
            path: path.to_owned(),
            dialect: loaded.dialect,
            n_rows,
            columns,
            held_out: bits(held_out, n_rows),
            undated: if undated.is_empty() { String::new() } else { bits(&undated, n_rows) },
        }
    }
}

/// A bit for each row, in hexadecimal.
fn bits(rows: &[usize], n_rows: usize) -> String {
    let mut bits = vec![0_u8; n_rows.div_ceil(8)];
    for &row in rows {
        bits[row / 8] |= 0x80 >> (row % 8);
    }
    bits.iter().fold(String::with_capacity(bits.len() * 2), |text, byte| text + &format!("{byte:02x}"))
}

/// A text as Python writes it.
fn quoted(text: &str) -> String {
    // JSON's escapes are Python's, too
    serde_json::Value::from(text).to_string()
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", texts.into_iter().collect::<Vec<_>>().join(", "))
}

fn number(value: f64) -> String {
    serde_json::Value::from(value).to_string()
}

/// The settings that a model was trained with.
///
/// # Errors
/// A sentence that says why they are not known.
pub fn settings_of(model: &Model) -> Result<Settings, String> {
    let mut settings = model.training.settings.clone();
    // the name is the model's own
    settings.insert("name".into(), model.name.clone().into());
    serde_json::from_value(serde_json::Value::Object(settings))
        .map_err(|error| format!("the model file does not say how it was trained ({error})"))
}

/// The script for a model; for those without one, the reason.
///
/// # Errors
/// A sentence that says why there is no script.
pub fn script(model: &Model, reading: &Reading) -> Result<String, String> {
    let settings = settings_of(model)?;
    if settings.solver == Solver::Linfa && model.kind == ModelKind::Tree {
        return Err("a tree grown by linfa is not the same tree as scikit-learn's".into());
    }
    if let Estimator::Mlp(mlp) = &model.estimator {
        let n = mlp.hidden_weights.iter().chain(&mlp.output_weights).map(Vec::len).sum::<usize>();
        if n > MAX_WEIGHTS {
            return Err(format!("its {n} weights would make a script nobody can read"));
        }
    }
    if let Estimator::Tree(tree) = &model.estimator
        && tree.nodes.len() > MAX_NODES
    {
        return Err(format!("its {} nodes would make a script nobody can read", tree.nodes.len()));
    }
    let mut out = String::new();
    head(&mut out, model, reading);
    read(&mut out, model, reading)?;
    encode(&mut out, model, reading, &settings)?;
    fit(&mut out, model, &settings);
    scores(&mut out, model);
    Ok(out)
}

fn title(model: &Model) -> String {
    let what = match model.kind {
        ModelKind::Linear => "Ordinary least squares",
        ModelKind::Ridge => "Ridge regression",
        ModelKind::ElasticNet => "Elastic net",
        ModelKind::Logistic => "Logistic regression",
        ModelKind::Tree => "Decision tree",
        ModelKind::Mlp => "Neural network",
    };
    format!("{what} for {}", model.output.name)
}

fn head(out: &mut String, model: &Model, reading: &Reading) {
    let title = title(model).replace('\\', "/").replace('"', "'");
    let imports = match (model.kind, model.task) {
        (ModelKind::Linear, _) => "from sklearn.linear_model import LinearRegression\n",
        (ModelKind::Ridge, _) => {
            "from sklearn.linear_model import Ridge\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::ElasticNet, _) => {
            "from sklearn.linear_model import ElasticNet, LinearRegression, Ridge\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::Logistic, _) => {
            "from sklearn.linear_model import LogisticRegression\nfrom sklearn.preprocessing import StandardScaler\n"
        }
        (ModelKind::Tree, Task::Regression) => "from sklearn.tree import DecisionTreeRegressor\n",
        (ModelKind::Tree, Task::Classification) => "from sklearn.tree import DecisionTreeClassifier\n",
        (ModelKind::Mlp, _) => "",
    };
    let metrics = match model.task {
        Task::Regression => "mean_absolute_error, mean_squared_error, r2_score",
        Task::Classification => "accuracy_score, f1_score, log_loss, roc_auc_score",
    };
    out.push_str(&format!(
        r#"#!/usr/bin/env python3
"""{title}: the same data, rows, encoding and model as in Drydock, and so the same numbers.

Needs pandas and scikit-learn:  python3 -m pip install pandas scikit-learn
Run it beside the data file, or name the file:  python3 SCRIPT.py FILE.csv
"""
import sys

import numpy as np
import pandas as pd
{imports}from sklearn.metrics import {metrics}

DATA = {}
TARGET = {}
"#,
        quoted(&reading.path),
        quoted(&model.output.name),
    ));
}

fn read(out: &mut String, model: &Model, reading: &Reading) -> Result<(), String> {
    let mut columns: Vec<&ColumnRead> = reading.columns.iter().collect();
    columns.sort_by_key(|column| column.position);
    let dialect = &reading.dialect;
    let encoding = match dialect.encoding {
        Encoding::Utf8 => "utf-8-sig",
        Encoding::Utf16Le | Encoding::Utf16Be => "utf-16",
        Encoding::Windows1252 => "cp1252",
    };
    let byte = |byte: u8| quoted(&char::from(byte).to_string());
    let quoting = match dialect.quote {
        Quote::None => ", quoting=3".to_owned(),
        Quote::Byte(b'"') => String::new(),
        Quote::Byte(quote) => format!(", quotechar={}", byte(quote)),
        Quote::Backslash(quote) => {
            format!(", quotechar={}, doublequote=False, escapechar={}", byte(quote), quoted("\\"))
        }
    };
    let header = if dialect.header { "0" } else { "None" };
    let positions = list(columns.iter().map(|column| column.position.to_string()));
    let names = list(columns.iter().map(|column| quoted(&column.name)));
    out.push_str(&format!(
        r##"
# 1. Read. Every cell stays text at first, so that nothing is guessed.
path = sys.argv[1] if len(sys.argv) > 1 else DATA
raw = pd.read_csv(
    path, sep={}, encoding="{encoding}"{quoting}, header={header},
    dtype=str, keep_default_na=False, usecols={positions},
)
raw.columns = {names}
raw = raw.fillna("").apply(lambda column: column.str.strip())
assert len(raw) == {}, f"{{path}} has {{len(raw)}} rows, and the model was trained on a file of {}"

USUAL = {{"", "-", "?", "na", "n/a", "#n/a", "nan", "null"}}


def texts(name, missing=None):
    """The cells of a column, None where the value is missing."""
    gone = raw[name].str.lower().isin(USUAL) if missing is None else raw[name].isin([""] + missing)
    return raw[name].where(~gone, None)


def numbers(name, decimal=".", percent=False, currency="", missing=None):
    """The numbers of a column, NaN where there is none."""

    def one(text):
        if not isinstance(text, str):
            return np.nan
        text = text.replace(currency, "") if currency else text
        text = "".join(c for c in text if c not in "%' \u2019\u00a0\u2009\u202f").replace("\u2212", "-")
        text = text.replace(".", "").replace(",", ".") if decimal == "," else text.replace(",", "")
        try:
            return float(text) / (100 if percent else 1)
        except ValueError:
            return np.nan

    return texts(name, missing).map(one).astype(float)

"##,
        byte(dialect.delimiter),
        reading.n_rows,
        reading.n_rows,
    ));
    let find = |name: &str| {
        reading
            .columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| format!("how column '{name}' was read is not known"))
    };
    out.push_str("\ncolumns = {}\n");
    for input in &model.inputs {
        let column = find(&input.name)?;
        let cells = match &input.kind {
            InputKind::Date { .. } => dates(column)?,
            InputKind::Number { .. } => numbers(column),
            InputKind::Boolean { no, yes, .. } => truths(column, no, yes),
            InputKind::Category { .. } => texts(column),
        };
        out.push_str(&format!("columns[{}] = {cells}\n", quoted(&input.name)));
    }
    let target = find(&model.output.name)?;
    let cells = match (model.task, target.kind) {
        (Task::Regression, _) => numbers(target),
        (Task::Classification, ColumnKind::Number) => {
            let codes = list(model.output.classes.clone());
            format!("{}.map({{value: code for code, value in enumerate({codes})}})", numbers(target))
        }
        (Task::Classification, kind) => {
            let lower = kind == ColumnKind::Boolean;
            let codes = list(
                model
                    .output
                    .classes
                    .iter()
                    .map(|class| quoted(&if lower { class.to_lowercase() } else { class.clone() })),
            );
            let cells = texts(target);
            let cells = if lower { format!("{cells}.str.lower()") } else { cells };
            format!("{cells}.map({{text: code for code, text in enumerate({codes})}})")
        }
    };
    if model.task == Task::Classification {
        out.push_str(&format!("CLASSES = {}\n", list(model.output.classes.iter().map(|c| quoted(c)))));
    }
    out.push_str(&format!("target = {cells}\n"));
    Ok(())
}

fn missing_argument(column: &ColumnRead) -> String {
    column.missing.as_ref().map_or_else(String::new, |texts| {
        format!(", missing={}", list(texts.iter().map(|text| quoted(text))))
    })
}

fn texts(column: &ColumnRead) -> String {
    format!("texts({}{})", quoted(&column.name), missing_argument(column))
}

fn numbers(column: &ColumnRead) -> String {
    if column.kind != ColumnKind::Number {
        return format!("pd.Series(np.nan, index=raw.index)  # {} holds no numbers", column.kind);
    }
    let decimal = match column.decimal {
        Some(Decimal::Comma) => ", decimal=\",\"",
        _ => "",
    };
    let percent = if column.percent { ", percent=True" } else { "" };
    let currency =
        column.currency.as_ref().map_or_else(String::new, |unit| format!(", currency={}", quoted(unit)));
    format!("numbers({}{decimal}{percent}{currency}{})", quoted(&column.name), missing_argument(column))
}

fn truths(column: &ColumnRead, no: &str, yes: &str) -> String {
    format!(
        "{}.str.lower().map({{{}: 0.0, {}: 1.0}})",
        texts(column),
        quoted(&no.to_lowercase()),
        quoted(&yes.to_lowercase())
    )
}

/// Days since 1970-01-01.
fn dates(column: &ColumnRead) -> Result<String, String> {
    let form = match column.date {
        Some(DateFormat::YearMonthDay) => "%Y-%m-%d",
        Some(DateFormat::YearMonthDaySlash) => "%Y/%m/%d",
        Some(DateFormat::Compact) => "%Y%m%d",
        Some(DateFormat::DayMonthYearDot) => "%d.%m.%Y",
        Some(DateFormat::DayMonthYearSlash) => "%d/%m/%Y",
        Some(DateFormat::MonthDayYearSlash) => "%m/%d/%Y",
        Some(DateFormat::DayMonthYearDash) => "%d-%m-%Y",
        Some(DateFormat::MonthDayYearDash) => "%m-%d-%Y",
        Some(DateFormat::DayNameYearDash) => "%d-%b-%Y",
        _ => {
            return Err(format!(
                "the dates in '{}' are written in a form that pandas is not told of here; leave the column out",
                column.name
            ));
        }
    };
    Ok(format!(
        "(pd.to_datetime({}, format=\"{form}\", errors=\"coerce\") - pd.Timestamp(0)) / pd.Timedelta(days=1)",
        texts(column)
    ))
}

fn encode(out: &mut String, model: &Model, reading: &Reading, settings: &Settings) -> Result<(), String> {
    out.push_str("\n# 2. The rows: those held out are the ones that Drydock drew, a bit for each.\n");
    rows_of_bits(out, "held_out", &reading.held_out);
    out.push_str("known = target.notna().to_numpy().copy()\n");
    if !reading.undated.is_empty() {
        rows_of_bits(out, "undated", &reading.undated);
        out.push_str("known &= ~undated  # they belong neither before nor after the others\n");
    }
    let left_out = |name: &str| settings.on_missing(name) == Policy::Ignore;
    if settings.missing.is_empty() && settings.policies.missing_value == Policy::Ignore {
        out.push_str(
            "for values in columns.values():  # rows with a gap are left out\n    known &= values.notna().to_numpy()\n",
        );
    } else if model.inputs.iter().any(|input| left_out(&input.name)) {
        let names = model.inputs.iter().map(|input| input.name.as_str()).filter(|name| left_out(name));
        out.push_str(&format!(
            "for name in {}:  # rows with a gap here are left out\n    known &= columns[name].notna().to_numpy()\n",
            list(names.map(quoted))
        ));
    }
    out.push_str("train, test = known & ~held_out, known & held_out\n");
    out.push_str(&format!(
        "assert (train.sum(), test.sum()) == ({}, {}), \"this is not the file the model was trained on\"\n",
        model.training.train_rows, model.training.test_rows
    ));
    out.push_str("\n# 3. Encode: one column of numbers per term; gaps are filled with what training saw.\nterms = []\n");
    let clip = settings.policies.out_of_range == Policy::Impute;
    for (at, input) in model.inputs.iter().enumerate() {
        let name = quoted(&input.name);
        match &input.kind {
            InputKind::Number { .. } => {
                out.push_str(&format!("x = columns[{name}].fillna(columns[{name}][train].mean())\n"));
                if clip {
                    out.push_str("x = x.clip(x[train].min(), x[train].max())\n");
                }
                out.push_str(&format!("terms.append(({name}, x))\n"));
            }
            InputKind::Date { .. } => {
                out.push_str(&format!(
                    "x = columns[{name}].fillna(columns[{name}][train].median())\nterms.append(({name}, x))\n"
                ));
            }
            InputKind::Boolean { fill, .. } => {
                out.push_str(&format!(
                    "terms.append(({name}, columns[{name}].fillna({}.0)))\n",
                    u8::from(*fill)
                ));
            }
            InputKind::Category { levels, fill } => {
                let used: Vec<usize> = model
                    .encoding
                    .iter()
                    .filter(|term| term.input == at)
                    .filter_map(|term| match term.kind {
                        TermKind::Level { level } => Some(level),
                        TermKind::Value => None,
                    })
                    .collect();
                let fill = quoted(levels.get(*fill).map_or("", String::as_str));
                out.push_str(&format!("x = columns[{name}].fillna({fill})\n"));
                if settings.policies.unknown_level == Policy::Impute {
                    let known = list(levels.iter().map(|level| quoted(level)));
                    out.push_str(&format!("x = x.where(x.isin({known}), {fill})\n"));
                }
                let levels =
                    list(used.iter().filter_map(|&level| levels.get(level)).map(|text| quoted(text)));
                out.push_str(&format!("for level in {levels}:\n"));
                out.push_str(&format!("    terms.append(({name} + \"=\" + level, x == level))\n"));
            }
        }
    }
    if model.encoding.is_empty() {
        return Err("the model has no features".into());
    }
    out.push_str(
        r"names = [name for name, _ in terms]
X = np.column_stack([np.asarray(values, dtype=float) for _, values in terms])
y = target.to_numpy(dtype=float)
",
    );
    if model.task == Task::Classification {
        out.push_str("y = np.where(known, y, -1).astype(int)\n");
    }
    Ok(())
}

/// A truth value for each row, from its bits.
fn rows_of_bits(out: &mut String, name: &str, bits: &str) {
    out.push_str(&format!("{name} = bytes.fromhex(\n"));
    // 48 bytes a line; hexadecimal digits are one byte each, so that none is cut
    for line in bits.as_bytes().chunks(96) {
        out.push_str(&format!("    \"{}\"\n", String::from_utf8_lossy(line)));
    }
    if bits.is_empty() {
        out.push_str("    \"\"\n");
    }
    out.push_str(&format!(
        ")\n{name} = np.unpackbits(np.frombuffer({name}, np.uint8))[: len(raw)].astype(bool)\n"
    ));
}

/// Scales the terms, fits `estimator`, and brings its coefficients back to the data's units.
fn scaled(out: &mut String, estimator: &str, centred: bool) {
    out.push_str(&format!(
        r"# The penalty must not depend on units, so it is put on standardised terms.
scaler = StandardScaler(with_mean={}).fit(X[train])
model = {estimator}
model.fit(scaler.transform(X[train]), y[train])


def values(rows):
    return model.predict(scaler.transform(X[rows]))


coefficients = model.coef_ / scaler.scale_
intercept = model.intercept_{}
",
        if centred { "True" } else { "False" },
        if centred { " - coefficients @ scaler.mean_" } else { "" }
    ));
}

fn fit(out: &mut String, model: &Model, settings: &Settings) {
    out.push_str("\n# 4. Fit.\n");
    let alpha = number(settings.alpha);
    let intercept = if settings.intercept { "True" } else { "False" };
    match (&model.estimator, model.kind) {
        (Estimator::Linear(linear), ModelKind::Linear) => {
            out.push_str("kept = np.ones(len(names), dtype=bool)\n");
            if !linear.dropped.is_empty() {
                out.push_str(&format!(
                    "kept[{:?}] = False  # determined by the other terms: no single answer, so they are left out\n",
                    linear.dropped
                ));
            }
            out.push_str(&format!(
                r"model = LinearRegression(fit_intercept={intercept}, tol=1e-15)
# columns of like size make the solution exact; the model is the same
size = np.abs(X[train][:, kept]).max(axis=0)
model.fit(X[train][:, kept] / size, y[train])


def values(rows):
    return model.predict(X[rows][:, kept] / size)


coefficients = np.zeros(len(names))
coefficients[kept] = model.coef_ / size
intercept = model.intercept_
"
            ));
        }
        (_, ModelKind::Ridge) => {
            scaled(out, &format!("Ridge(alpha={alpha}, fit_intercept={intercept})"), settings.intercept);
        }
        (_, ModelKind::ElasticNet) if settings.alpha == 0.0 => scaled(out, "LinearRegression()", true),
        (_, ModelKind::ElasticNet) if settings.l1_ratio == 0.0 => {
            scaled(out, &format!("Ridge(alpha={alpha} * train.sum())"), true);
        }
        (_, ModelKind::ElasticNet) => scaled(
            out,
            &format!(
                "ElasticNet(alpha={alpha}, l1_ratio={}, tol=1e-12, max_iter=1_000_000)",
                number(settings.l1_ratio)
            ),
            true,
        ),
        (_, ModelKind::Logistic) => {
            out.push_str(&format!(
                r#"# The penalty must not depend on units, so it is put on standardised terms; its strength is 1 / C.
scaler = StandardScaler().fit(X[train])
model = LogisticRegression(C=1 / {}, solver="newton-cg", tol=1e-10, max_iter=1_000)
model.fit(scaler.transform(X[train]), y[train])


def probabilities(rows):
    found = np.zeros((rows.sum(), len(CLASSES)))
    found[:, model.classes_] = model.predict_proba(scaler.transform(X[rows]))
    return found


coefficients = model.coef_ / scaler.scale_
intercept = model.intercept_ - coefficients @ scaler.mean_
if len(intercept) > 1:  # one number added to all of them changes nothing; with a sum of 0 they are unique
    intercept = intercept - intercept.mean()
"#,
                number(settings.alpha.max(1e-12))
            ));
        }
        (Estimator::Tree(grown), _) => tree(out, grown, model.task, settings),
        (Estimator::Mlp(mlp), _) => network(out, mlp, model.task),
        // a model file is checked: no other pair can be
        _ => {}
    }
}

/// scikit-learn chooses by chance between splits that are equally good; so its tree is compared with the one here.
fn tree(out: &mut String, grown: &Tree, task: Task, settings: &Settings) {
    let split = |of: &dyn Fn(usize, f64, usize, usize) -> String, leaf: &str| {
        list(grown.nodes.iter().map(|node| match node {
            Node::Split { feature, threshold, left, right } => of(*feature, *threshold, *left, *right),
            Node::Leaf { .. } => leaf.to_owned(),
        }))
    };
    let n = grown.nodes.iter().find_map(|node| match node {
        Node::Leaf { value } => Some(value.len()),
        Node::Split { .. } => None,
    });
    let values = list(grown.nodes.iter().map(|node| match node {
        Node::Leaf { value } => list(value.iter().map(|&value| number(value))),
        Node::Split { .. } => list(vec!["0".to_owned(); n.unwrap_or(1)]),
    }));
    let what = if task == Task::Regression { "DecisionTreeRegressor" } else { "DecisionTreeClassifier" };
    out.push_str(&format!(
        r"# The tree as Drydock grew it: the term each node asks for (-1 at a leaf), its threshold, its two children.
FEATURE = np.array({})
THRESHOLD = np.array({})
LEFT = np.array({})
RIGHT = np.array({})
VALUE = np.array({values}, dtype=float)


def as_grown(rows):
    at, x = np.zeros(rows.sum(), dtype=int), X[rows]
    while (inner := np.flatnonzero(FEATURE[at] >= 0)).size:
        node = at[inner]
        at[inner] = np.where(x[inner, FEATURE[node]] <= THRESHOLD[node], LEFT[node], RIGHT[node])
    return VALUE[at]


",
        split(&|feature, _, _, _| feature.to_string(), "-1"),
        split(&|_, threshold, _, _| number(threshold), "0"),
        split(&|_, _, left, _| left.to_string(), "0"),
        split(&|_, _, _, right| right.to_string(), "0"),
    ));
    out.push_str(match task {
        Task::Regression => "def outputs(model, rows):\n    return model.predict(X[rows])[:, None]\n\n\n",
        Task::Classification => {
            "def outputs(model, rows):\n    found = np.zeros((rows.sum(), len(CLASSES)))\n    found[:, model.classes_] = model.predict_proba(X[rows])\n    return found\n\n\n"
        }
    });
    out.push_str(&format!(
        r#"# scikit-learn chooses by chance between splits that are equally good; try until it chooses alike.
for state in range(20):
    model = {what}(max_depth={}, min_samples_leaf={}, random_state=state)
    model.fit(X[train], y[train])
    if np.allclose(outputs(model, known), as_grown(known)):
        break
else:
    print("scikit-learn chose other splits that are equally good; these are the scores of the tree above", file=sys.stderr)
    model = None


def {}(rows):
    found = as_grown(rows) if model is None else outputs(model, rows)
    return found{}

"#,
        settings.max_depth,
        settings.min_leaf,
        if task == Task::Regression { "values" } else { "probabilities" },
        if task == Task::Regression { "[:, 0]" } else { "" },
    ));
}

fn network(out: &mut String, mlp: &Mlp, task: Task) {
    let row = |values: &[f64]| list(values.iter().map(|&value| number(value)));
    let matrix = |rows: &[Vec<f64>]| {
        format!("[\n    {},\n]", rows.iter().map(|r| row(r)).collect::<Vec<_>>().join(",\n    "))
    };
    out.push_str(&format!(
        r"# A network starts from random numbers, which no two programs draw alike: these are the weights as trained.
hidden_weights = np.array({})
hidden_biases = np.array({})
output_weights = np.array({})
output_biases = np.array({})


def outputs(rows):
    hidden = np.maximum(X[rows] @ hidden_weights.T + hidden_biases, 0)
    return hidden @ output_weights.T + output_biases


",
        matrix(&mlp.hidden_weights),
        row(&mlp.hidden_biases),
        matrix(&mlp.output_weights),
        row(&mlp.output_biases)
    ));
    out.push_str(match task {
        Task::Regression => "def values(rows):\n    return outputs(rows)[:, 0]\n\n\n",
        Task::Classification => {
            "def probabilities(rows):\n    scores = outputs(rows)\n    scores = np.exp(scores - scores.max(axis=1, keepdims=True))\n    return scores / scores.sum(axis=1, keepdims=True)\n\n\n"
        }
    });
}

fn scores(out: &mut String, model: &Model) {
    out.push_str("\n# 5. Judge: on the rows it learned from, and on those it has never seen.\n");
    match model.task {
        Task::Regression => out.push_str(
            r#"def scores(truth, found):
    return {
        "r2": r2_score(truth, found),
        "rmse": mean_squared_error(truth, found) ** 0.5,
        "mae": mean_absolute_error(truth, found),
    }


naive = y[train].mean()
for part, rows in (("train", train), ("test", test)):
    if rows.any():
        for name, score in scores(y[rows], values(rows)).items():
            print(f"{part} {name} {float(score)!r}")
        for name, score in scores(y[rows], np.full(rows.sum(), naive)).items():
            print(f"naive-{part} {name} {float(score)!r}")
"#,
        ),
        Task::Classification => out.push_str(
            r#"def scores(truth, found):
    best = found.argmax(axis=1)
    two = len(CLASSES) == 2
    every = range(len(CLASSES))
    result = {
        "accuracy": accuracy_score(truth, best),
        "f1": f1_score(truth, best, average="binary" if two else "macro", zero_division=0),
        "log_loss": log_loss(truth, found, labels=every),
    }
    if len(np.unique(truth)) == len(CLASSES):
        result["roc_auc"] = roc_auc_score(truth, found[:, 1] if two else found, multi_class="ovr", labels=every)
    return result


shares = np.bincount(y[train], minlength=len(CLASSES)) / train.sum()
for part, rows in (("train", train), ("test", test)):
    if rows.any():
        for name, score in scores(y[rows], probabilities(rows)).items():
            print(f"{part} {name} {float(score)!r}")
        for name, score in scores(y[rows], np.tile(shares, (rows.sum(), 1))).items():
            print(f"naive-{part} {name} {float(score)!r}")
"#,
        ),
    }
    match model.kind {
        ModelKind::Linear | ModelKind::Ridge | ModelKind::ElasticNet => out.push_str(
            r#"print(f"intercept {float(intercept)!r}")
for name, value in zip(names, coefficients):
    print(f"coefficient {float(value)!r} {name}")
"#,
        ),
        ModelKind::Logistic => out.push_str(
            r#"for row, own in enumerate(coefficients):
    label = CLASSES[1] if len(CLASSES) == 2 else CLASSES[row]
    print(f"intercept {float(intercept[row])!r} {label}")
    for name, value in zip(names, own):
        print(f"coefficient {float(value)!r} {label}: {name}")
"#,
        ),
        ModelKind::Tree => {
            out.push_str(
                "print(f\"leaves {(FEATURE < 0).sum() if model is None else model.get_n_leaves()}\")\n",
            );
        }
        ModelKind::Mlp => {}
    }
}

//! How the file is read in Python: every cell as text, then each column as what it holds.

use super::{ColumnRead, Reading, list, quoted};
use crate::data::date::DateFormat;
use crate::data::{ColumnKind, Decimal, Encoding, Quote};
use crate::model::{InputKind, Model, Task};

/// Reads the columns that the model uses, and the target.
pub(super) fn read(out: &mut String, model: &Model, reading: &Reading) -> Result<(), String> {
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

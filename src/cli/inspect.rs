//! `drydock inspect`: how a file is read and what is in it.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::Failure;
use super::reading::{ReadArgs, Watched, open};
use super::report::{grouped, print_json, short, table};
use crate::data::date::format_iso;
use crate::data::profile::{ColumnProfile, Summary, profile};
use crate::data::{ColumnKind, ColumnReading, Loaded, read_csv};

/// Arguments of `drydock inspect`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  drydock inspect sales.csv\n  drydock inspect winter-beverages        (a bundled sample)\n  drydock inspect sales.csv --delimiter ';' --decimal comma --type shop=category"
)]
pub(crate) struct Args {
    /// The CSV file, or the name of a bundled sample
    data: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let started = Instant::now();
    let options = args.reading.options()?;
    let source = open(&args.data)?;
    let watched = Watched::new("reading");
    let loaded = read_csv(&source, &options, &watched.progress).map_err(Failure::work)?;
    let profiles = profile(&loaded.table, &watched.progress).map_err(Failure::work)?;
    drop(watched);
    let seconds = started.elapsed().as_secs_f64();
    if args.json {
        print_json(&document(&source.name(), &loaded, &profiles, seconds));
    } else {
        print_text(&source.name(), &loaded, &profiles, seconds);
    }
    Ok(())
}

fn document(file: &str, loaded: &Loaded, profiles: &[ColumnProfile], seconds: f64) -> Value {
    let columns: Vec<Value> =
        profiles.iter().zip(&loaded.columns).map(|(profile, reading)| column(profile, reading)).collect();
    json!({
        "file": file,
        "bytes": loaded.n_bytes,
        "rows": loaded.table.n_rows(),
        "delimiter": char::from(loaded.dialect.delimiter).to_string(),
        "encoding": loaded.dialect.encoding,
        "header": loaded.dialect.header,
        "quote": loaded.dialect.quote,
        "columns": columns,
        "warnings": loaded.warnings,
        "seconds": seconds,
    })
}

fn column(profile: &ColumnProfile, reading: &ColumnReading) -> Value {
    let mut column = json!({
        "name": profile.name,
        "type": profile.kind,
        "missing": profile.missing,
        "distinct": profile.distinct,
    });
    let mut set = |key: &str, value: Value| column[key] = value;
    match &profile.summary {
        Some(Summary::Number(number)) => {
            set("min", json!(number.min));
            set("max", json!(number.max));
            set("mean", json!(number.mean));
            set("std", json!(number.std));
            set("decimal", json!(reading.decimal));
            set("unit", json!(reading.unit.map(crate::data::Unit::text)));
        }
        Some(Summary::Date(date)) => {
            set("min", json!(format_iso(date.min)));
            set("max", json!(format_iso(date.max)));
            set("format", json!(reading.date));
        }
        Some(Summary::Levels(top)) => {
            let top: Vec<Value> =
                top.iter().map(|level| json!({"value": level.text, "count": level.count})).collect();
            set("top", Value::from(top));
        }
        None if profile.kind == ColumnKind::Number => {
            ["min", "max", "mean", "std"].into_iter().for_each(|key| set(key, Value::Null));
        }
        None => {}
    }
    column
}

fn print_text(file: &str, loaded: &Loaded, profiles: &[ColumnProfile], seconds: f64) {
    let dialect = &loaded.dialect;
    let delimiter = match dialect.delimiter {
        b'\t' => "tab".to_owned(),
        other => format!("'{}'", char::from(other)),
    };
    outln!(
        "{file}: {} rows × {} columns, {} bytes\nread as {}, delimiter {delimiter}, {} header, in {} s\n",
        grouped(loaded.table.n_rows() as u64),
        profiles.len(),
        grouped(loaded.n_bytes),
        dialect.encoding,
        if dialect.header { "with" } else { "no" },
        short(seconds, 3),
    );
    let rows: Vec<Vec<String>> = profiles
        .iter()
        .map(|profile| {
            let mut row = vec![
                profile.name.clone(),
                profile.kind.to_string(),
                grouped(profile.missing as u64),
                grouped(profile.distinct as u64),
            ];
            match &profile.summary {
                Some(Summary::Number(n)) => {
                    row.extend([short(n.min, 6), short(n.max, 6), short(n.mean, 6)]);
                    row.push(n.std.map_or("–".into(), |std| short(std, 6)));
                }
                Some(Summary::Date(date)) => row.extend([format_iso(date.min), format_iso(date.max)]),
                Some(Summary::Levels(_)) | None => {}
            }
            row.resize(8, String::new());
            row
        })
        .collect();
    let header = ["column", "type", "missing", "distinct", "min", "max", "mean", "std"];
    out!("{}", table(&header, &rows, &[false, false, true, true, true, true, true, true]));
    for profile in profiles {
        if let Some(Summary::Levels(top)) = &profile.summary {
            let levels: Vec<String> = top
                .iter()
                .take(5)
                .map(|level| {
                    format!(
                        "{} ({})",
                        level.text.chars().take(24).collect::<String>(),
                        grouped(level.count as u64)
                    )
                })
                .collect();
            let more = if profile.distinct > levels.len() { ", …" } else { "" };
            outln!("\n  {}: {}{more}", profile.name, levels.join(", "));
        }
    }
    if !loaded.warnings.is_empty() {
        outln!("\n{} warnings", loaded.warnings.len());
        for warning in loaded.warnings.iter().take(40) {
            outln!("  line {}: {}", warning.line, warning.message);
        }
        if loaded.warnings.len() > 40 {
            outln!("  and {} more (--json lists them)", loaded.warnings.len() - 40);
        }
    }
}

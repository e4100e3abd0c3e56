//! What every command that reads data shares: the options of reading, the progress bar, Ctrl-C, warnings.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::data::date::DateFormat;
use crate::data::{ColumnKind, Decimal, Encoding, Quote, Ragged, ReadOptions, Source, Warning};
use crate::work::Progress;

/// How a data file is to be read; everything not given is detected.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reading (detected unless given)")]
pub(crate) struct ReadArgs {
    /// The character between fields: ',', ';', '|', or 'tab'
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// The first line names the columns
    #[arg(long, conflicts_with = "no_header")]
    pub(crate) header: bool,
    /// There is no header line; columns are called `column_1`, `column_2` …
    #[arg(long)]
    pub(crate) no_header: bool,
    /// utf-8, utf-16le, utf-16be or windows-1252
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<Encoding>,
    /// The quote character, or 'none'
    #[arg(long, value_name = "CHAR", value_parser = quote)]
    pub(crate) quote: Option<Quote>,
    /// The decimal sign, point or comma, for every column or for one (may be repeated)
    #[arg(long, value_name = "[COL=]SIGN")]
    pub(crate) decimal: Vec<String>,
    /// The texts that mean a missing value, in place of NA, N/A, null, NaN, - and ?, for every column or for one
    /// (may be repeated)
    #[arg(long, value_name = "[COL=]A,B", allow_hyphen_values = true)]
    pub(crate) missing: Vec<String>,
    /// Read a column as number, category, boolean, date or text (may be repeated)
    #[arg(long = "type", value_name = "COL=TYPE")]
    pub(crate) types: Vec<String>,
    /// The form of a column's dates, such as dd/mm/yyyy (may be repeated)
    #[arg(long, value_name = "COL=FORM")]
    pub(crate) date_format: Vec<String>,
    /// Lines with more or fewer fields than the header: fit them, skip them, or repair a decimal comma that split a
    /// number in two
    #[arg(long, value_name = "WAY")]
    pub(crate) ragged: Option<Ragged>,
    /// How many threads read (default: one per processor)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" | "\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\n\r".contains(byte) => {
                Ok(*byte)
            }
            _ => Err("expected one character such as ',' or ';', or 'tab'".into()),
        },
    }
}

fn quote(text: &str) -> Result<Quote, String> {
    match text.as_bytes() {
        b"none" => Ok(Quote::None),
        [byte @ (b'"' | b'\'' | b'`' | b'|')] => Ok(Quote::Byte(*byte)),
        [b'\\', byte @ (b'"' | b'\'')] => Ok(Quote::Backslash(*byte)),
        _ => Err("expected \" or ' (with a backslash before it where that escapes quotes inside), or 'none'"
            .into()),
    }
}

fn decimal(text: &str) -> Result<Decimal, String> {
    match text {
        "point" | "." => Ok(Decimal::Point),
        "comma" | "," => Ok(Decimal::Comma),
        _ => Err("expected point or comma".into()),
    }
}

impl ReadArgs {
    /// The options of reading.
    pub(crate) fn options(&self) -> Result<ReadOptions, Failure> {
        let mut options = ReadOptions {
            delimiter: self.delimiter,
            header: if self.no_header { Some(false) } else { self.header.then_some(true) },
            encoding: self.encoding,
            quote: self.quote,
            ragged: self.ragged.unwrap_or_default(),
            threads: self.threads,
            ..ReadOptions::default()
        };
        for text in &self.types {
            let (column, kind) = split(text, "--type", "price=number")?;
            let kind: ColumnKind =
                kind.parse().map_err(|error| Failure::usage(format!("--type '{text}': {error}")))?;
            options.columns.entry(column).or_default().kind = Some(kind);
        }
        for text in &self.decimal {
            let (column, sign) = split_optional(text);
            let sign =
                decimal(sign).map_err(|error| Failure::usage(format!("--decimal '{text}': {error}")))?;
            match column {
                Some(column) => options.columns.entry(column.to_owned()).or_default().decimal = Some(sign),
                None => options.decimal = Some(sign),
            }
        }
        for text in &self.missing {
            let (column, markers) = split_optional(text);
            let markers = Some(markers.split(',').map(str::to_owned).collect());
            match column {
                Some(column) => options.columns.entry(column.to_owned()).or_default().missing = markers,
                None => options.missing = markers,
            }
        }
        for text in &self.date_format {
            let (column, form) = split(text, "--date-format", "day=dd/mm/yyyy")?;
            let format: DateFormat = serde_json::from_value(serde_json::Value::from(form.as_str()))
                .map_err(|error| Failure::usage(format!("--date-format '{text}': {error}")))?;
            let column = options.columns.entry(column).or_default();
            column.date = Some(format);
        }
        Ok(options)
    }
}

/// `COL=VALUE`, or a value alone.
fn split_optional(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once('=') {
        Some((column, value)) if !column.is_empty() => (Some(column), value),
        _ => (None, text),
    }
}

fn split(text: &str, option: &str, example: &str) -> Result<(String, String), Failure> {
    match text.rsplit_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err(Failure::usage(format!("{option} '{text}': expected COLUMN=VALUE, such as {example}"))),
    }
}

/// Opens a data file, `-` for standard input, or a bundled sample by its name where there is no such file.
pub(crate) fn open(path: &Path) -> Result<Source, Failure> {
    if path == Path::new("-") {
        return Ok(Source::from_reader("standard input", std::io::stdin()));
    }
    if !path.exists()
        && let Some(sample) = path.to_str().and_then(crate::data::samples::find)
    {
        return Ok(Source::from_bytes(sample.file, sample.bytes()));
    }
    Source::open(path).map_err(Failure::work)
}

/// Looks before the work whether its output can be written: into a folder that is there, and over none of the
/// files it is made from.
pub(crate) fn check_output(output: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    if output.is_dir() {
        return Err(Failure::work(format!("can't write {}: it is a folder; name a file", output.display())));
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let (output, folder) = (output.display(), folder.display());
        return Err(Failure::work(format!(
            "can't write {output}: there is no folder {folder}; create it first"
        )));
    }
    let Ok(real) = output.canonicalize() else { return Ok(()) };
    let is_file = real.metadata().is_ok_and(|metadata| metadata.is_file());
    for input in inputs {
        if is_file && input.canonicalize().is_ok_and(|input| input == real) {
            let output = output.display();
            return Err(Failure::work(format!(
                "{output} is an input of this command; write to another file"
            )));
        }
    }
    Ok(())
}

/// A progress that Ctrl-C cancels and a bar on the terminal shows (none in a pipe).
pub(crate) struct Watched {
    pub(crate) progress: Progress,
    bar: Option<(ProgressBar, std::thread::JoinHandle<()>)>,
}

impl Watched {
    /// Begins to watch. `what` names the work.
    pub(crate) fn new(what: &'static str) -> Self {
        let progress = Progress::new();
        let cancelled = progress.clone();
        // a second handler can't be set; then Ctrl-C ends the program, which is as good
        drop(ctrlc::set_handler(move || cancelled.cancel()));
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {percent:>3} %  {eta} left") {
                bar.set_style(style);
            }
            bar.set_message(what);
            let (shown, watched) = (bar.clone(), progress.clone());
            let follow = move || {
                while !shown.is_finished() {
                    let (done, total) = watched.state();
                    shown.set_length(total.max(1));
                    shown.set_position(done);
                    std::thread::sleep(Duration::from_millis(80));
                }
            };
            std::thread::Builder::new().name("progress".into()).spawn(follow).ok().map(|handle| (bar, handle))
        });
        Self { progress, bar: bar.flatten() }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some((bar, handle)) = self.bar.take() {
            bar.finish_and_clear();
            // the follower only sleeps and draws
            drop(handle.join());
        }
    }
}

/// Prints a file's warnings to standard error, at most twenty of them.
pub(crate) fn print_warnings(file: &str, warnings: &[Warning]) {
    for warning in warnings.iter().take(20) {
        eprintln!("warning: {file}, line {}: {}", warning.line, warning.message);
    }
    if warnings.len() > 20 {
        eprintln!("warning: {file}: and {} more (--json lists them)", warnings.len() - 20);
    }
}

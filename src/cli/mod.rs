//! The command line: arguments to settings to a library call to text or JSON. The only place that prints.

#![allow(clippy::print_stderr, reason = "printing is what the command line is for")]

/// Prints to standard output; a reader that has gone away ends the program quietly.
macro_rules! out {
    ($($text:tt)*) => { $crate::cli::report::print(format_args!($($text)*)) };
}

/// As `out!`, with a line feed at the end.
macro_rules! outln {
    ($($text:tt)*) => { $crate::cli::report::print(format_args!("{}\n", format_args!($($text)*))) };
}

mod bench;
mod demo;
mod evaluate;
mod inspect;
mod predict;
mod reading;
mod report;
mod samples;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The commands, in the order of a model's way to production.
#[derive(Debug, Parser)]
#[command(
    name = "drydock",
    version,
    about = "Takes a machine-learning model from a CSV file to production, on one inference core",
    long_about = "Drydock takes a machine-learning model from a CSV file to production.\n\n\
        Every command works on the same inference core, so that a single record, a file of a million rows\n\
        and a request get the same number, to the last bit.",
    after_help = "Start here:\n  drydock demo                                   the whole path on bundled data\n  \
        drydock inspect DATA.csv                       what is in a file\n  \
        drydock train DATA.csv --target y -o m.json    a model from it\n  \
        drydock predict m.json --input ROWS.csv        its predictions\n\n\
        Exit status: 0 done, 1 the work failed (the message says what, where and what to do), 2 the command line is wrong.",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A CSV file to open in the window
    workspace: Option<std::path::PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole path on bundled data: load, train, predict both ways
    Demo(demo::Args),
    /// How a data file is read, and what is in it
    Inspect(inspect::Args),
    /// Fit a model to a data file and save it
    Train(train::Args),
    /// Predict one record, or every row of a file
    Predict(predict::Args),
    /// Measure a model on labelled rows
    Evaluate(evaluate::Args),
    /// List the bundled data sets, or write one to a file
    Samples(samples::Args),
    /// Measure this program's speed and accuracy on this machine
    Bench(bench::Args),
}

/// What a command ends with when it fails: a message, and the exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    /// The work failed.
    pub(crate) fn work(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), status: 1 }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), status: 2 }
    }
}

/// Runs the command that the program's arguments ask for.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // help goes to standard output and is no error
            let status = if error.use_stderr() { 2 } else { 0 };
            return match error.print() {
                Ok(()) => ExitCode::from(status),
                Err(_closed_pipe) => ExitCode::from(status),
            };
        }
    };
    let result = match cli.command {
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Predict(args)) => predict::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Samples(args)) => samples::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        None => window(cli.workspace),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("drydock: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

#[cfg(feature = "gui")]
fn window(data: Option<std::path::PathBuf>) -> Result<(), Failure> {
    crate::app::run(data).map_err(|error| {
        Failure::work(format!(
            "can't open the window ({error}); `drydock demo` shows the whole path without one"
        ))
    })
}

#[cfg(not(feature = "gui"))]
fn window(_data: Option<std::path::PathBuf>) -> Result<(), Failure> {
    Err(Failure::work(
        "this build has no window; `drydock demo` shows the whole path without one, `drydock --help` lists every command",
    ))
}

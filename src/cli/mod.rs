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
mod drift;
mod evaluate;
mod grade;
mod inspect;
mod keys;
mod lesson;
mod predict;
mod reading;
mod report;
mod samples;
mod serve;
mod train;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::data::did_you_mean;
pub use grade::DoAgain;

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
        drydock predict m.json --input ROWS.csv        its predictions\n  \
        drydock serve m.json                           its answers over HTTP\n\n\
        Exit status: 0 done, 1 the work failed (the message says what, where and what to do), 2 the command line is wrong.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A workspace folder or a data file to open in the window; without it, the workspace of last time
    workspace: Option<std::path::PathBuf>,
    /// What draws the window; auto tries what starts fastest, then the other
    #[arg(long, value_enum, default_value_t, env = "DRYDOCK_RENDERER")]
    renderer: Renderer,
}

/// What draws the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Renderer {
    /// OpenGL first on Linux, Vulkan, Metal or `DirectX` first elsewhere; the other when there is no driver for it.
    #[default]
    Auto,
    /// Vulkan, Metal or `DirectX`.
    Wgpu,
    /// OpenGL.
    Glow,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole path on bundled data: load, train, predict both ways, drift, serve and ask
    Demo(demo::Args),
    /// How a data file is read, and what is in it
    Inspect(inspect::Args),
    /// Fit a model to a data file and save it
    Train(train::Args),
    /// Predict one record, or every row of a file
    Predict(predict::Args),
    /// Measure a model on labelled rows
    Evaluate(evaluate::Args),
    /// How a file differs from a reference, and whether it matters
    Drift(drift::Args),
    /// Serve models over HTTP, in every dialect at once
    Serve(serve::Args),
    /// Make, list, revoke and rotate the keys of a server
    Keys(keys::Args),
    /// List the bundled data sets, or write one to a file
    Samples(samples::Args),
    /// Write the teacher's guide, or check a lesson's files
    Lesson(lesson::Args),
    /// Do scenarios that were handed in again, and mark them
    Grade(grade::Args),
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

/// What the program's arguments led to.
#[derive(Debug)]
pub enum Ran {
    /// A command ran, or its arguments were wrong.
    Command(ExitCode),
    /// No command: the window is wanted, with this file or folder open.
    Window(Option<std::path::PathBuf>, Renderer),
    /// Scenarios are to be graded, which takes the window's pages.
    Grade(grade::Args),
}

/// Grades scenarios; `do_again` is what can do them.
#[must_use]
pub fn grade(args: &grade::Args, do_again: DoAgain) -> ExitCode {
    ended(grade::run(args, do_again))
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("drydock: {}", failure.message);
            ExitCode::from(failure.status)
        }
    }
}

/// Reports a failure of the work; the exit status that goes with it.
#[must_use]
pub fn fail(message: &str) -> ExitCode {
    eprintln!("drydock: {message}");
    ExitCode::from(1)
}

/// What is wrong with a first argument that is neither an option, a command nor a file.
fn unknown_command(first: Option<String>) -> Option<String> {
    let first = first?;
    let cli = Cli::command();
    let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    if first.starts_with('-')
        || first == "help"
        || known.contains(&first.as_str())
        || std::path::Path::new(&first).exists()
    {
        return None;
    }
    let meant = did_you_mean(&first, known.iter().copied());
    Some(format!(
        "'{first}' is neither a command nor a file{meant} (commands: {}; `drydock --help` says what they do)",
        known.join(", ")
    ))
}

/// Runs the command that the program's arguments ask for.
#[must_use]
pub fn run() -> Ran {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(message) = unknown_command(std::env::args().nth(1)) {
                eprintln!("drydock: {message}");
                return Ran::Command(ExitCode::from(2));
            }
            // help goes to standard output and is no error
            let status = if error.use_stderr() { 2 } else { 0 };
            // a closed pipe changes nothing
            drop(error.print());
            return Ran::Command(ExitCode::from(status));
        }
    };
    let result = match cli.command {
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Predict(args)) => predict::run(&args),
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        Some(Command::Drift(args)) => drift::run(&args),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Keys(args)) => keys::run(&args),
        Some(Command::Samples(args)) => samples::run(&args),
        Some(Command::Lesson(args)) => lesson::run(&args),
        Some(Command::Grade(args)) => return Ran::Grade(args),
        Some(Command::Bench(args)) => bench::run(&args),
        None => match cli.workspace {
            Some(path) if !path.exists() => {
                let message = unknown_command(path.to_str().map(str::to_owned));
                Err(Failure::usage(message.unwrap_or_else(|| {
                    format!("there is no file {}; `drydock --help` lists the commands", path.display())
                })))
            }
            workspace => return Ran::Window(workspace, cli.renderer),
        },
    };
    Ran::Command(ended(result))
}

//! `drydock bench`: this program's speed and accuracy on this machine.

use super::Failure;

/// Arguments of `drydock bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The benchmark to run (default: all)
    name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let _ = (&args.name, args.json);
    Err(Failure::work("no benchmarks yet"))
}

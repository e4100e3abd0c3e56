//! `drydock demo`: the whole path on bundled data.

use super::Failure;

/// Arguments of `drydock demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let _ = args.json;
    Ok(())
}

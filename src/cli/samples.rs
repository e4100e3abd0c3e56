//! `drydock samples`: the bundled data sets.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Failure;
use super::report::{print_json, write_stdout};
use crate::data::{advice, replace_file, samples};

/// Arguments of `drydock samples`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  drydock samples\n  drydock samples winter-beverages -o winter.csv")]
pub(crate) struct Args {
    /// The sample to write
    name: Option<String>,
    /// Where to write it (default: standard output)
    #[arg(short, long, value_name = "FILE", requires = "name")]
    output: Option<PathBuf>,
    /// Print one JSON document (without NAME)
    #[arg(long, conflicts_with = "name")]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        if args.json {
            let all: Vec<Value> = samples::all()
                .iter()
                .map(|s| {
                    json!({
                        "name": s.name, "title": s.title, "story": s.story, "generated": s.generated,
                        "target": s.target, "task": s.task, "source": s.source, "licence": s.licence,
                        "bytes": s.bytes().len(),
                    })
                })
                .collect();
            print_json(&Value::from(all));
            return Ok(());
        }
        for sample in samples::all() {
            let kind = if sample.generated { " (generated, not observed)" } else { "" };
            outln!("{}{kind}\n  {}\n  {}", sample.name, sample.title, sample.story);
            outln!(
                "  target: {} ({})\n  source: {}\n  licence: {}\n",
                sample.target,
                sample.task,
                sample.source,
                sample.licence
            );
        }
        return Ok(());
    };
    let sample = samples::find(name).ok_or_else(|| {
        let names: Vec<&str> = samples::all().iter().map(|sample| sample.name).collect();
        Failure::usage(format!("there is no sample '{name}'; there are {}", names.join(", ")))
    })?;
    match &args.output {
        Some(path) if path != std::path::Path::new("-") => {
            replace_file(path, |out| out.write_all(sample.bytes())).map_err(|error| {
                Failure::work(format!("can't write {}: {error}{}", path.display(), advice(&error)))
            })?;
            eprintln!("wrote {} ({} bytes)", path.display(), sample.bytes().len());
        }
        _ => write_stdout(sample.bytes()),
    }
    Ok(())
}

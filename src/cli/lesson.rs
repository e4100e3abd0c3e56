//! `drydock lesson`: the teacher's guide, and a check of the lesson's files for who writes them.

use std::path::PathBuf;

use super::Failure;
use super::report::write_stdout;
use crate::data::replace_file;
use crate::lesson::{Language, differences, faults, teachers_guide, units, units_from, words, words_from};

/// Arguments of `drydock lesson`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  drydock lesson guide -o guide.html\n  drydock lesson check my-lesson/")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the teacher's guide, a page of HTML to print
    Guide {
        /// The folder of the lesson's files (default: the lesson that is built in)
        folder: Option<PathBuf>,
        /// The language of the built-in lesson
        #[arg(long, default_value = "en", value_parser = ["en", "de"], conflicts_with = "folder")]
        language: String,
        /// Where to write it (default: standard output)
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Check the files of a lesson: what can't be read, and what a unit or step lacks
    Check {
        /// The folder of the lesson's files
        folder: PathBuf,
        /// Whether it is a translation of the built-in lesson: only texts may differ
        #[arg(long)]
        translation: bool,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Guide { folder, language, output } => {
            let named = Language::ALL.into_iter().find(|one| one.code() == language).unwrap_or_default();
            let (units, words) = match folder {
                Some(folder) => (units_from(folder), words_from(folder)),
                None => (units(named), words(named)),
            };
            let guide = teachers_guide(&units.map_err(Failure::work)?, &words.map_err(Failure::work)?);
            match output {
                Some(path) if path != std::path::Path::new("-") => {
                    replace_file(path, |out| out.write_all(guide.as_bytes()))
                        .map_err(|error| Failure::work(format!("can't write {}: {error}", path.display())))
                }
                _ => {
                    write_stdout(guide.as_bytes());
                    Ok(())
                }
            }
        }
        Command::Check { folder, translation } => {
            let units = units_from(folder).map_err(Failure::work)?;
            words_from(folder).map_err(Failure::work)?;
            let mut faults = faults(&units);
            if *translation {
                faults.extend(differences(&self::units(Language::English).map_err(Failure::work)?, &units));
            }
            if faults.is_empty() {
                let steps: usize = units.iter().map(|unit| unit.steps.len()).sum();
                let minutes: u32 = units.iter().map(|unit| unit.minutes).sum();
                outln!("{} units, {steps} steps, {minutes} minutes: nothing is wrong", units.len());
                return Ok(());
            }
            let n = faults.len();
            Err(Failure::work(format!(
                "{n} fault{} in {}:\n  {}",
                if n == 1 { "" } else { "s" },
                folder.display(),
                faults.join("\n  ")
            )))
        }
    }
}

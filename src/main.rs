//! The `drydock` binary: runs a command and ends with its exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    drydock::cli::run()
}

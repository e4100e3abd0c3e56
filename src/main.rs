//! The `drydock` binary: a command, or the window; and the exit status.

use std::path::PathBuf;
use std::process::ExitCode;

use drydock::cli::{Ran, Renderer, fail, run};

fn main() -> ExitCode {
    match run() {
        Ran::Command(status) => status,
        Ran::Window(data, renderer) => window(data, renderer),
        #[cfg(feature = "gui")]
        Ran::Grade(args) => drydock::cli::grade(&args, drydock::app::grading::grade),
        #[cfg(not(feature = "gui"))]
        Ran::Grade(_) => fail("this build has no window, and a scenario is done again by the window's pages"),
    }
}

#[cfg(feature = "gui")]
fn window(data: Option<PathBuf>, renderer: Renderer) -> ExitCode {
    match drydock::app::run(data, renderer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            fail(&format!("can't open the window ({error}); `drydock demo` shows the whole path without one"))
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_data: Option<PathBuf>, _renderer: Renderer) -> ExitCode {
    fail(
        "this build has no window; `drydock demo` shows the whole path without one, `drydock --help` lists every command",
    )
}

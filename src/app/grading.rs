//! Scenarios that were handed in, done again without a window: the same pages, commands and jobs, on a context that paints
//! nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use eframe::egui;

use super::state::Switch;
use super::{Drydock, Start, frame};
use crate::lesson::{Graded, Scenario};
use crate::work::Clock;

/// The longest that one may take.
const LONGEST: Duration = Duration::from_mins(10);
/// Frames without work after which all has come to rest.
const AT_REST: u32 = 8;
/// How long to wait between two frames.
const PAUSE: Duration = Duration::from_millis(4);

/// Does a scenario again, in a workspace that is gone afterwards: its start, then what was done. `folder` holds its data.
///
/// # Errors
/// A sentence when there is no place for the workspace.
pub fn grade(scenario: &Scenario, folder: &Path) -> Result<Graded, String> {
    let ctx = egui::Context::default();
    let scratch = tempfile::Builder::new().prefix("drydock-grade-").tempdir();
    let scratch = scratch.map_err(|error| format!("there is no place for a workspace: {error}"))?;
    let start = Start {
        folder: Some(scratch.path().join("Grading")),
        open: None,
        clock: Clock::system(),
        cage: None,
    };
    let mut window = Headless { app: Drydock::new(&ctx, start), ctx, since: Instant::now() };
    window.until_at_rest()?;
    // its server is nobody else's
    window.app.state.screen.serve.port = "0".into();
    let asked = Switch::Scenario(Box::new(scenario.clone()), folder.to_path_buf());
    window.app.state.work.switch = Some(asked);
    let ended = window.until_at_rest();
    let results = &window.app.state.results.walkthrough;
    let mut problem = ended.err().or_else(|| results.stuck.clone());
    if problem.is_none() {
        super::pages::walkthrough::do_again(&mut window.app.state, &scenario.did);
        let ended = window.until_at_rest();
        problem = ended.err().or_else(|| window.app.state.results.walkthrough.stuck.clone());
    }
    let state = &window.app.state;
    // as the window ticks them: what was true once, and was not so from the start
    let (unit, done) = (scenario.unit(), &state.screen.walkthrough.done);
    let is_done = |at: usize| {
        unit.steps
            .first()
            .is_some_and(|step| done.contains(&super::pages::walkthrough::task_key(&unit, step, at)))
    };
    let tasks = scenario.tasks.iter().enumerate().map(|(at, task)| (task.clone(), is_done(at))).collect();
    let data_sha256 = state.truth.data().and_then(|data| data.loaded.sha256.clone());
    window.close();
    Ok(Graded { tasks, problem, data_sha256 })
}

/// The application on a context that paints nothing.
struct Headless {
    app: Drydock,
    ctx: egui::Context,
    since: Instant,
}

impl Headless {
    /// Goes on until nothing is at work.
    ///
    /// # Errors
    /// A sentence when that takes too long.
    fn until_at_rest(&mut self) -> Result<(), String> {
        let mut quiet = 0;
        while quiet < AT_REST {
            if self.since.elapsed() > LONGEST {
                return Err(format!("it was not done within {} min", LONGEST.as_secs() / 60));
            }
            self.frame();
            quiet = if self.app.is_busy() { 0 } else { quiet + 1 };
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn frame(&mut self) {
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1440.0, 900.0))),
            time: Some(self.since.elapsed().as_secs_f64()),
            ..egui::RawInput::default()
        };
        let (ctx, app) = (self.ctx.clone(), &mut self.app);
        let mut painted = ctx.run_ui(input, |ui| {
            app.work(ui.ctx(), None);
            frame::frame_ui(ui, &mut app.state, &app.actions, &mut app.commands);
        });
        // nobody draws it
        painted.textures_delta.clear();
    }

    fn close(mut self) {
        super::pages::serve::close(&mut self.app.state);
        self.app.rehearsal = None;
    }
}

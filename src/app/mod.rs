//! The window. egui lives only here.
//!
//! One frame: [`eframe::App::logic`] takes in what jobs sent, applies the commands of the last frame and carries out
//! what they lead to; [`eframe::App::ui`] paints and collects commands. Nothing here computes, reads or waits.

mod command;
mod dialog;
mod effect;
mod frame;
pub mod grading;
mod job;
mod keep;
mod pages;
mod picker;
mod state;
#[cfg(test)]
mod still;
mod theme;
mod widgets;
mod words;

use std::path::PathBuf;

use eframe::egui;

use crate::cli::Renderer;
use crate::work::Clock;
use crate::workspace::{DataRef, Folder};
use command::{Action, Command, Commands};
use effect::{Outside, carry_out, receive};
use job::Jobs;
use keep::Keeper;
pub use pages::PageId;
use state::{AppState, Switch};

/// The name under which the system keeps the window's size and place.
const APP_ID: &str = "drydock";

/// How much of a frame's time goes to taking in results, in seconds.
const POLL_BUDGET_SECS: f64 = 0.008;

/// Opens the window and returns when it is closed. `path` is a workspace folder, or a data file to open first.
///
/// Two renderers are built in, and when the first finds no driver the other is tried in the same process. On Linux OpenGL
/// comes first: with a driver that runs on the processor its first frame costs half the processor time.
/// Elsewhere wgpu comes first, since remote desktops of Windows have `DirectX` and no OpenGL 2.
///
/// # Errors
/// A message when there is no display or no usable graphics driver.
pub fn run(path: Option<PathBuf>, renderer: Renderer) -> Result<(), String> {
    let start = Start::of(path)?;
    let options = |renderer| {
        let viewport = egui::ViewportBuilder::default()
            .with_title("Drydock")
            .with_app_id(APP_ID)
            .with_inner_size([1440.0, 900.0])
            .with_min_inner_size([800.0, 560.0])
            .with_drag_and_drop(true);
        eframe::NativeOptions { viewport, renderer, centered: true, ..eframe::NativeOptions::default() }
    };
    let mut last = String::new();
    let renderers: &[eframe::Renderer] = match renderer {
        Renderer::Auto if cfg!(target_os = "linux") => &[eframe::Renderer::Glow, eframe::Renderer::Wgpu],
        Renderer::Auto => &[eframe::Renderer::Wgpu, eframe::Renderer::Glow],
        Renderer::Wgpu => &[eframe::Renderer::Wgpu],
        Renderer::Glow => &[eframe::Renderer::Glow],
    };
    for &renderer in renderers {
        let start = start.clone();
        let make = move |creation: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
            Ok(Box::new(Drydock::new(&creation.egui_ctx, start)))
        };
        match eframe::run_native(APP_ID, options(renderer), Box::new(make)) {
            Ok(()) => return Ok(()),
            // without a display there is nothing to draw on by other means
            Err(eframe::Error::WinitEventLoop(_)) => return Err("there is no display".to_owned()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(format!("no usable graphics driver: {last}"))
}

/// What the window begins with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The workspace; `None` keeps nothing (a test's window).
    pub folder: Option<PathBuf>,
    /// A data file to open.
    pub open: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
    /// The one folder whose files may be opened and written, for trials by random input; `None` sets no bounds.
    pub cage: Option<PathBuf>,
}

impl Start {
    /// Takes a path from the command line: a folder is the workspace, a file is opened in the last one.
    ///
    /// # Errors
    /// A message when the path does not exist.
    fn of(path: Option<PathBuf>) -> Result<Self, String> {
        let (mut folder, mut open) = (None, None);
        if let Some(path) = path {
            let absolute = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
            match std::fs::metadata(&absolute) {
                Ok(metadata) if metadata.is_dir() => folder = Some(absolute),
                Ok(_) => open = Some(absolute),
                Err(error) => {
                    return Err(format!(
                        "can't open {}: {error}; name a workspace folder (make it first) or a data file",
                        path.display()
                    ));
                }
            }
        }
        let folder = folder.or_else(keep::last_folder).or_else(keep::default_folder);
        if let Some(folder) = &folder {
            keep::remember_folder(folder);
        }
        Ok(Self { folder, open, clock: Clock::system(), cage: None })
    }
}

/// The window's application.
pub struct Drydock {
    state: AppState,
    jobs: Jobs,
    commands: Commands,
    keeper: Keeper,
    /// The actions, as of this frame.
    actions: Vec<Action>,
    /// A file to open once the workspace is there.
    open: Option<PathBuf>,
    /// Whether the workspace was read.
    ready: bool,
    /// The workspace of a step of the lesson, while it is the open one.
    rehearsal: Option<Rehearsal>,
}

/// A workspace for a step, and the learner's own.
struct Rehearsal {
    /// Removed when it is dropped.
    _scratch: tempfile::TempDir,
    home: Option<Folder>,
}

impl std::fmt::Debug for Drydock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drydock").field("page", &self.state.screen.page).finish_non_exhaustive()
    }
}

impl Drydock {
    /// Makes the application known to an egui context, and begins to read the workspace.
    #[must_use]
    pub fn new(ctx: &egui::Context, start: Start) -> Self {
        theme::install(ctx);
        let mut state = AppState::new(start.clock);
        state.truth.folder = start.folder.map(Folder::new);
        state.work.cage = start.cage;
        let mut app = Self {
            state,
            jobs: Jobs::default(),
            commands: Commands::default(),
            keeper: Keeper::default(),
            actions: Vec::new(),
            open: start.open,
            ready: false,
            rehearsal: None,
        };
        effect::look(ctx, &app.state);
        app.read_workspace(ctx);
        app
    }

    fn read_workspace(&mut self, ctx: &egui::Context) {
        match self.state.truth.folder.clone() {
            Some(folder) => {
                let clock = self.state.work.clock;
                let mut outside = Outside { jobs: &mut self.jobs, ctx, clock, frame: None };
                outside.start(
                    &mut self.state,
                    job::Slot::Workspace,
                    "Opening the workspace",
                    move |handle| keep::open(&folder, handle),
                );
            }
            None => self.ready = true,
        }
    }

    /// Puts another workspace in place of the open one, whose work is kept first.
    fn switch(&mut self, ctx: &egui::Context, switch: Switch) {
        let scratch = match (&switch, &self.rehearsal) {
            (Switch::Back, None) => return,
            (Switch::Back, Some(_)) => None,
            (Switch::Rehearse { .. } | Switch::Scenario(..), _) => {
                match tempfile::Builder::new().prefix("drydock-lesson-").tempdir() {
                    Ok(scratch) => Some(scratch),
                    Err(error) => {
                        let said = format!("There is no place for the step's own workspace: {error}");
                        self.state.say(state::StatusKind::Failed, said);
                        return;
                    }
                }
            }
        };
        if self.rehearsal.is_none() {
            // one's own work is left as it is, or not at all
            if self.state.work.job(job::Slot::Train).is_some() {
                let said = "A model is being trained; wait for it, or stop it first";
                self.state.say(state::StatusKind::Note, said);
                return;
            }
            self.jobs.wait(job::Slot::Keep, 5);
            if self.ready && !self.keeper.now(&mut self.state) {
                return;
            }
        }
        pages::serve::close_beside(&mut self.state);
        let home = if let Some(rehearsal) = self.rehearsal.take() {
            // what was done for a step is not kept
            rehearsal.home
        } else {
            self.state.truth.folder.clone()
        };
        let mut fresh = AppState::new(self.state.work.clock);
        fresh.work.cage.clone_from(&self.state.work.cage);
        fresh.work.no_dialog.clone_from(&self.state.work.no_dialog);
        let old = std::mem::replace(&mut self.state, fresh);
        // nobody listens to the jobs of before
        self.jobs = Jobs::default();
        self.keeper = Keeper::default();
        if let Some(scratch) = scratch {
            self.state.truth.folder = Some(Folder::new(scratch.path().join("Lesson")));
            match switch {
                Switch::Rehearse { unit, step } => {
                    pages::walkthrough::rehearse(old, &mut self.state, unit, step);
                }
                Switch::Scenario(scenario, folder) => {
                    pages::walkthrough::open(old, &mut self.state, *scenario, folder);
                }
                // it has no place of its own
                Switch::Back => {}
            }
            self.rehearsal = Some(Rehearsal { _scratch: scratch, home });
            self.ready = true;
        } else {
            self.state.truth.folder = home;
            self.ready = false;
            self.read_workspace(ctx);
        }
        effect::look(ctx, &self.state);
    }

    /// Whether any job runs: reading, training, predicting, saving.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.jobs.is_busy() || !self.ready || self.state.results.walkthrough.script.is_some()
    }

    /// The page that is shown.
    #[must_use]
    pub fn page(&self) -> PageId {
        self.state.screen.page
    }

    /// What the status line says.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.state.screen.status.as_ref().map(|status| status.text.as_str())
    }

    /// Takes in results, applies commands, carries effects out.
    fn work(&mut self, ctx: &egui::Context, frame: Option<&eframe::Frame>) {
        let clock = self.state.work.clock;
        let mut effects = Vec::new();
        for polled in self.jobs.poll(clock, POLL_BUDGET_SECS) {
            self.ready |= matches!(polled, job::Polled::End(job::Slot::Workspace, _));
            effects.extend(receive(&mut self.state, polled));
        }
        effects.extend(pages::serve::poll(&mut self.state));
        pages::walkthrough::poll(&mut self.state);
        for command in pages::walkthrough::go_on(&mut self.state) {
            self.commands.push(command);
        }
        self.take_input(ctx);
        if self.ready
            && let Some(path) = self.open.take()
        {
            self.commands.push(Command::Open(DataRef::Path(path)));
        }
        for command in self.commands.take() {
            effects.extend(command::apply(&mut self.state, command));
        }
        let mut outside = Outside { jobs: &mut self.jobs, ctx, clock, frame };
        for effect in effects {
            carry_out(effect, &mut self.state, &mut outside);
        }
        if self.ready {
            self.keeper.watch(&mut self.state, &mut outside);
        }
        if let Some(switch) = self.state.work.switch.take() {
            self.switch(ctx, switch);
        }
        self.state.work.jobs = self.jobs.status();
        if self.state.work.jobs.iter().any(|job| job.shown) {
            ctx.request_repaint_after(std::time::Duration::from_millis(100));
        }
        self.actions = command::actions(&self.state);
    }

    /// Files that were dropped, shortcuts, and pasted tables.
    fn take_input(&mut self, ctx: &egui::Context) {
        widgets::watch_focus(ctx);
        let is_closing = ctx.input(|input| input.viewport().close_requested());
        if is_closing && pages::walkthrough::asks_before_leaving(&mut self.state) {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
        let (dropped, hovered) = ctx.input(|input| {
            let dropped: Vec<PathBuf> =
                input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect();
            let hovered = input.raw.hovered_files.first().map(|file| {
                file.path
                    .as_ref()
                    .and_then(|path| path.file_name())
                    .map_or_else(|| "this file".to_owned(), |name| name.to_string_lossy().into_owned())
            });
            (dropped, hovered)
        });
        self.state.screen.hovered_file = hovered;
        if let Some(path) = dropped.into_iter().next() {
            self.commands.push(pages::dropped(&self.state, path));
        }
        let typing = ctx.text_edit_focused();
        for action in command::actions(&self.state) {
            let Some(keys) = action.keys else { continue };
            // a letter typed in a field is not a command, and Ctrl+Z there is the field's own
            let plain = !keys.modifiers.command && !keys.modifiers.alt;
            let own = plain && !matches!(keys.logical_key, egui::Key::F1 | egui::Key::F5 | egui::Key::F6)
                || keys.logical_key == egui::Key::Z;
            if typing && own {
                continue;
            }
            // Enter and Space press what has the focus
            let presses = plain && matches!(keys.logical_key, egui::Key::Enter | egui::Key::Space);
            if presses && ctx.memory(|memory| memory.focused().is_some()) && !frame::panels::on_a_panel(ctx) {
                continue;
            }
            if ctx.input_mut(|input| input.consume_shortcut(&keys)) {
                match action.unavailable {
                    None => self.commands.push(action.command),
                    Some(why) => self.state.say(state::StatusKind::Note, format!("{}: {why}", action.label)),
                }
            }
        }
        let popup = egui::Popup::is_any_open(ctx);
        if !popup && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
            self.commands.push(Command::Escape);
        }
        if !typing {
            let pasted = ctx.input(|input| {
                input.events.iter().find_map(|event| match event {
                    egui::Event::Paste(text) => Some(text.clone()),
                    _ => None,
                })
            });
            if let Some(text) = pasted {
                self.commands.push(Command::OpenPasted(text));
            }
        }
    }
}

impl eframe::App for Drydock {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        let real = frame.winit_window().is_some();
        self.work(ctx, real.then_some(&*frame));
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        frame::frame_ui(ui, &mut self.state, &self.actions, &mut self.commands);
        if !self.commands.is_empty() {
            // they are applied before the next frame is painted
            ui.ctx().request_repaint();
        }
    }

    /// The window's size and place are noted this often, while frames are painted; the work itself is kept by jobs.
    fn auto_save_interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(5)
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        pages::serve::close(&mut self.state);
        self.jobs.wait(job::Slot::Keep, 5);
        if self.ready {
            // why not was said, and there is nobody left to read it
            let _kept = self.keeper.now(&mut self.state);
        }
        self.rehearsal = None;
    }
}

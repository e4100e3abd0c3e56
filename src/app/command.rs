//! What a user can ask for: a closed list. Labels, icons and shortcuts stand here and in the pages' lists of actions
//! only; menus, the palette, buttons' hints and the keyboard all read them. [`apply`] is the one function that changes
//! the state; what needs the world outside becomes an [`Effect`].

use std::path::PathBuf;

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::effect::Effect;
use super::pages::{PageId, data, drift, predict, requests, serve, train, walkthrough};
use super::picker::{Picker, Purpose};
use super::state::{AppState, Palette, StatusKind, ThemeChoice};
use super::theme::Icon;
use crate::lesson::Language;
use crate::workspace::DataRef;

/// Something a user asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Go(PageId),
    /// Choose a file by the desktop's dialog, or the in-app picker.
    Choose(Purpose),
    /// A path was chosen.
    Chosen(Purpose, PathBuf),
    /// The in-app picker lists another folder.
    PickerFolder(PathBuf),
    ClosePicker,
    Open(DataRef),
    OpenPasted(String),
    SetTheme(ThemeChoice),
    /// The lesson in another language.
    SetLanguage(Language),
    SwitchTheme,
    Projector,
    /// The focus goes to the next panel, or the one before.
    Panel {
        backwards: bool,
    },
    Guide,
    Palette,
    Settings,
    /// Close what lies over the page, or stop what runs for it.
    Escape,
    Cancel(u64),
    Undo,
    ForgetUndo,
    Copy(String),
    Data(data::Command),
    Train(train::Command),
    Predict(predict::Command),
    Serve(serve::Command),
    Drift(drift::Command),
    Requests(requests::Command),
    Walkthrough(walkthrough::Command),
}

impl From<walkthrough::Command> for Command {
    fn from(command: walkthrough::Command) -> Self {
        Self::Walkthrough(command)
    }
}

impl From<data::Command> for Command {
    fn from(command: data::Command) -> Self {
        Self::Data(command)
    }
}

impl From<train::Command> for Command {
    fn from(command: train::Command) -> Self {
        Self::Train(command)
    }
}

impl From<serve::Command> for Command {
    fn from(command: serve::Command) -> Self {
        Self::Serve(command)
    }
}

impl From<drift::Command> for Command {
    fn from(command: drift::Command) -> Self {
        Self::Drift(command)
    }
}

impl From<predict::Command> for Command {
    fn from(command: predict::Command) -> Self {
        Self::Predict(command)
    }
}

impl From<requests::Command> for Command {
    fn from(command: requests::Command) -> Self {
        Self::Requests(command)
    }
}

/// The commands that a frame asked for, in order.
#[derive(Debug, Default)]
pub(crate) struct Commands(Vec<Command>);

impl Commands {
    /// Asks for something.
    pub(crate) fn push(&mut self, command: impl Into<Command>) {
        self.0.push(command.into());
    }

    /// Whether nothing was asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes everything that was asked for.
    pub(crate) fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.0)
    }
}

/// A command with what the palette, menus and the keyboard need.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) label: String,
    pub(crate) icon: Icon,
    pub(crate) keys: Option<KeyboardShortcut>,
    pub(crate) command: Command,
    /// Why it can't be done now.
    pub(crate) unavailable: Option<&'static str>,
}

impl Action {
    /// An action without shortcut.
    pub(crate) fn new(label: impl Into<String>, icon: Icon, command: impl Into<Command>) -> Self {
        Self { label: label.into(), icon, keys: None, command: command.into(), unavailable: None }
    }

    /// With a shortcut.
    pub(crate) fn keys(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.keys = Some(KeyboardShortcut::new(modifiers, key));
        self
    }

    /// Unavailable unless `available`.
    pub(crate) fn when(mut self, available: bool, why_not: &'static str) -> Self {
        self.unavailable = (!available).then_some(why_not);
        self
    }
}

/// How a shortcut is written: Ctrl+O, or ⌘O on a Mac.
pub(crate) fn keys_text(keys: KeyboardShortcut) -> String {
    let mac = cfg!(target_os = "macos");
    let modifiers = keys.modifiers;
    let mut text = String::new();
    if modifiers.command || modifiers.ctrl {
        text.push_str(if mac { "Cmd+" } else { "Ctrl+" });
    }
    if modifiers.alt {
        text.push_str(if mac { "Option+" } else { "Alt+" });
    }
    if modifiers.shift {
        text.push_str("Shift+");
    }
    text.push_str(match keys.logical_key {
        Key::Comma => ",",
        Key::Escape => "Esc",
        key => key.name(),
    });
    text
}

/// The shortcut of the action with that label, as text; empty if it has none.
pub(crate) fn hint(actions: &[Action], label: &str) -> String {
    actions
        .iter()
        .find(|action| action.label == label)
        .and_then(|action| action.keys)
        .map_or_else(String::new, keys_text)
}

/// Every action there is, those of the open page with their shortcuts.
pub(crate) fn actions(state: &AppState) -> Vec<Action> {
    const NUMBERS: [Key; 10] = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
    ];
    let ctrl = Modifiers::COMMAND;
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    let mut all = vec![
        Action::new("Open CSV…", Icon::FOLDER_OPEN, Command::Choose(Purpose::OpenData)).keys(ctrl, Key::O),
        Action::new("Undo", Icon::ARROW_COUNTER_CLOCKWISE, Command::Undo)
            .keys(ctrl, Key::Z)
            .when(!state.screen.undo.is_empty(), "Nothing was removed"),
        Action::new("Command list", Icon::COMMAND, Command::Palette).keys(ctrl, Key::K),
        Action::new("Guide", Icon::COMPASS, Command::Guide).keys(Modifiers::NONE, Key::F1),
        Action::new("Settings", Icon::GEAR_SIX, Command::Settings).keys(ctrl, Key::Comma),
        // F6 alone would also take it with Shift, so this one is asked first
        Action::new("Panel before", Icon::ARROW_LEFT, Command::Panel { backwards: true })
            .keys(Modifiers::SHIFT, Key::F6),
        Action::new("Next panel", Icon::ARROW_RIGHT, Command::Panel { backwards: false })
            .keys(Modifiers::NONE, Key::F6),
        Action::new("Light or dark", Icon::SUN, Command::SwitchTheme).keys(ctrl_shift, Key::L),
        Action::new("Projector mode", Icon::PRESENTATION_CHART, Command::Projector).keys(ctrl_shift, Key::P),
        Action::new("Lesson in English", Icon::PATH, Command::SetLanguage(Language::English)),
        Action::new("Lektion auf Deutsch", Icon::PATH, Command::SetLanguage(Language::German)),
        Action::new("Theme: light", Icon::SUN, Command::SetTheme(ThemeChoice::Light)),
        Action::new("Theme: dark", Icon::MOON, Command::SetTheme(ThemeChoice::Dark)),
        Action::new("Theme: as the system", Icon::MONITOR, Command::SetTheme(ThemeChoice::Auto)),
    ];
    for (page, key) in PageId::ALL.into_iter().zip(NUMBERS) {
        all.push(
            Action::new(format!("Go to {}", page.title()), page.icon(), Command::Go(page)).keys(ctrl, key),
        );
    }
    for job in state.work.jobs.iter().filter(|job| job.shown) {
        all.push(Action::new(format!("Stop: {}", job.title), Icon::STOP, Command::Cancel(job.id)));
    }
    let here = state.screen.page;
    for (page, mut own) in [
        (PageId::Data, data::actions(state)),
        (PageId::Train, train::actions(state)),
        (PageId::Predict, predict::actions(state)),
        (PageId::Serve, serve::actions(state)),
        (PageId::Requests, requests::actions(state)),
        (PageId::Drift, drift::actions(state)),
        (PageId::Walkthrough, walkthrough::actions(state)),
    ] {
        if page != here {
            own.iter_mut().for_each(|action| action.keys = None);
        }
        all.append(&mut own);
    }
    if let Some(hides) = walkthrough::hides(state) {
        all.retain(|action| {
            let label = action.label.as_str();
            !hides.contains(label) && !label.strip_prefix("Go to ").is_some_and(|page| hides.contains(page))
        });
    }
    all
}

/// Changes the state as asked, and says what is to be done outside.
pub(crate) fn apply(state: &mut AppState, command: Command) -> Vec<Effect> {
    if let (Some(cage), Command::Chosen(_, path) | Command::PickerFolder(path)) = (&state.work.cage, &command)
        && !path.starts_with(cage)
    {
        let said = format!("Only files in {} may be used here", cage.display());
        state.say(StatusKind::Note, said);
        return Vec::new();
    }
    walkthrough::note(state, &command);
    match command {
        Command::Go(page) if walkthrough::hides(state).is_some_and(|hides| hides.contains(page.title())) => {
            state.say(StatusKind::Note, format!("The scenario hides the page {}", page.title()));
        }
        Command::Go(page) => state.screen.page = page,
        Command::Choose(purpose) => {
            if let Some(why) = state.work.no_dialog.clone() {
                return open_picker(state, purpose, why);
            }
            return vec![Effect::Dialog(purpose)];
        }
        Command::Chosen(purpose, path) => {
            state.screen.picker = None;
            return chosen(state, purpose, path);
        }
        Command::PickerFolder(path) => {
            if let Some(picker) = &mut state.screen.picker {
                picker.go(path.clone());
                return vec![Effect::ListFolder(path)];
            }
        }
        Command::ClosePicker => state.screen.picker = None,
        Command::Open(from) => return data::open(state, from, None),
        Command::OpenPasted(text) => return data::paste(state, text),
        Command::SetTheme(theme) => {
            state.screen.theme = theme;
            return vec![Effect::Look];
        }
        Command::SetLanguage(language) => state.screen.language = language,
        Command::SwitchTheme => return vec![Effect::SwitchTheme],
        Command::Projector => {
            state.screen.projector = !state.screen.projector;
            if state.screen.projector {
                state.screen.guide_open = false;
            }
            return vec![Effect::Look];
        }
        Command::Panel { backwards } => state.screen.panel_step = Some(backwards),
        Command::Guide => state.screen.guide_open = !state.screen.guide_open,
        Command::Palette => {
            state.screen.palette =
                if state.screen.palette.is_some() { None } else { Some(Palette::default()) };
        }
        Command::Settings => state.screen.settings = !state.screen.settings,
        Command::Escape => return escape(state),
        Command::Cancel(id) => return vec![Effect::Cancel(id)],
        Command::Undo => {
            if let Some(undo) = state.screen.undo.pop() {
                let effects = apply(state, undo.command);
                state.say(StatusKind::Done, format!("Taken back: {}", undo.what));
                return effects;
            }
        }
        Command::ForgetUndo => state.screen.undo.clear(),
        Command::Copy(text) => {
            state.say(StatusKind::Done, "Copied");
            return vec![Effect::Copy(text)];
        }
        Command::Data(command) => return data::apply(state, command),
        Command::Train(command) => return train::apply(state, command),
        Command::Predict(command) => return predict::apply(state, command),
        Command::Serve(command) => return serve::apply(state, command),
        Command::Drift(command) => return drift::apply(state, command),
        Command::Requests(command) => return requests::apply(state, command),
        Command::Walkthrough(command) => return walkthrough::apply(state, command),
    }
    Vec::new()
}

/// Opens the in-app picker, which says why it and not the desktop's dialog is shown.
pub(crate) fn open_picker(state: &mut AppState, purpose: Purpose, why: String) -> Vec<Effect> {
    let folder = state.start_folder();
    state.screen.picker = Some(Picker::new(purpose, folder.clone(), why));
    vec![Effect::ListFolder(folder)]
}

fn chosen(state: &mut AppState, purpose: Purpose, path: PathBuf) -> Vec<Effect> {
    match purpose {
        Purpose::OpenData => data::open(state, DataRef::Path(path), None),
        Purpose::OpenModel => train::apply(state, train::Command::OpenModel(path)),
        Purpose::SaveModel(number) => train::apply(state, train::Command::SaveModel(number, path)),
        Purpose::SaveScript(number) => train::apply(state, train::Command::SaveScript(number, path)),
        Purpose::OpenLabels => drift::apply(state, drift::Command::OpenLabels(path)),
        Purpose::OpenBatch => predict::apply(state, predict::Command::OpenBatch(path)),
        Purpose::SaveBatch => predict::apply(state, predict::Command::SaveBatch(path)),
        Purpose::SaveRequestRows => requests::apply(state, requests::Command::SaveRows(path)),
        Purpose::SaveGuide => walkthrough::apply(state, walkthrough::Command::SaveGuide(path)),
        Purpose::SaveToKeep => walkthrough::apply(state, walkthrough::Command::SaveToKeep(path)),
        Purpose::OpenScenario => walkthrough::apply(state, walkthrough::Command::OpenScenario(path)),
        Purpose::SaveScenario => walkthrough::apply(state, walkthrough::Command::SaveScenario(path)),
        Purpose::HandIn => walkthrough::apply(state, walkthrough::Command::HandIn(path)),
        Purpose::ExportData => data::apply(state, data::Command::Export(path)),
    }
}

/// Esc closes the topmost thing; with nothing open it stops the page's job.
fn escape(state: &mut AppState) -> Vec<Effect> {
    let screen = &mut state.screen;
    if screen.palette.take().is_some() || screen.picker.take().is_some() {
        return Vec::new();
    }
    if screen.settings {
        screen.settings = false;
        return Vec::new();
    }
    match screen.page {
        PageId::Data => data::escape(state),
        PageId::Train => train::escape(state),
        PageId::Predict => predict::escape(state),
        PageId::Serve => serve::escape(state),
        PageId::Requests => requests::escape(state),
        PageId::Drift => drift::escape(state),
        PageId::Walkthrough => walkthrough::escape(state),
        _ => Vec::new(),
    }
}

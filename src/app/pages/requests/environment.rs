//! The environment: what the variables stand for. Its values below the tree, and the dialog that changes them.

use eframe::egui::{Align, Id, Label, Layout, Modal, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Command, Draft, FileWork, Results, environment};
use crate::app::command::Commands;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{Button, elided, field_label, icon_button, popup_frame, select, text_field};
use crate::client::environment::{Environment, SecretSource};

/// The least and the largest width of the names.
const NAMES: std::ops::RangeInclusive<f32> = 32.0..=80.0;

/// An environment that is being edited.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    /// Its name in its file; none for a new one.
    was: Option<String>,
    pub(crate) name: String,
    /// Names and values.
    pub(crate) variables: Vec<(String, String)>,
    /// Names and where the values are: as they stand in the file.
    pub(crate) secrets: Vec<(String, String)>,
}

impl Edit {
    fn of(environment: &Environment) -> Self {
        Self {
            was: Some(environment.name.clone()),
            name: environment.name.clone(),
            variables: environment.variables.clone().into_iter().collect(),
            secrets: environment.secrets.iter().map(|(name, source)| (name.clone(), source.text())).collect(),
        }
    }

    /// The environment, if no other of the `taken` names is its.
    fn build(&self, taken: &[&str]) -> Result<Environment, String> {
        let mut environment = Environment { name: self.name.trim().to_owned(), ..Environment::default() };
        if !environment.name.chars().any(char::is_alphanumeric) {
            return Err("Give it a name".into());
        }
        if self.was.as_deref() != Some(&environment.name) && taken.contains(&environment.name.as_str()) {
            return Err(format!("There is an environment called {}; choose another name", environment.name));
        }
        for (name, value) in self.variables.iter().filter(|(name, _)| !name.trim().is_empty()) {
            environment.variables.insert(name.trim().to_owned(), value.clone());
        }
        for (name, source) in self.secrets.iter().filter(|(name, _)| !name.trim().is_empty()) {
            let source = match source.as_str() {
                "keychain" => SecretSource::Keychain,
                "session" => SecretSource::Session,
                other => match other.strip_prefix("env:").map(str::trim).filter(|name| !name.is_empty()) {
                    Some(variable) => SecretSource::Env(variable.to_owned()),
                    None => {
                        return Err(format!(
                            "{name}: say where its value is, env:NAME for an environment variable"
                        ));
                    }
                },
            };
            environment.variables.remove(name.trim());
            environment.secrets.insert(name.trim().to_owned(), source);
        }
        Ok(environment)
    }
}

/// What the environments are called.
fn names(results: &Results) -> Vec<&str> {
    let readable = results.environments.iter().filter_map(|(_, environment)| environment.as_ref().ok());
    readable.map(|environment| environment.name.as_str()).collect()
}

/// The choice and the values.
pub(super) fn environment_ui(ui: &mut Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S1;
    ui.horizontal(|ui| {
        field_label(ui, "Environment");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::PLUS, "New environment").clicked() {
                draft.environment_edit = Some(Edit { name: "New".into(), ..Edit::default() });
            }
            if icon_button(ui, Icon::PENCIL_SIMPLE, "Edit the environment").clicked()
                && let Some(environment) = super::filed_environment(results, draft)
            {
                draft.environment_edit = Some(Edit::of(environment));
            }
        });
    });
    let names = names(results);
    let Some(environment) = environment(results, draft) else {
        ui.add(
            Label::new(text("No environment yet: variables have no values.", font::small(), t.text_3)).wrap(),
        );
        return;
    };
    let width = ui.available_width();
    let chosen = select(
        ui,
        "Environment",
        Some(Icon::MONITOR),
        &environment.name,
        &names,
        width,
        size::CONTROL_COMPACT,
    );
    if let Some(name) = chosen.and_then(|at| names.get(at)) {
        commands.push(Command::ChooseEnvironment((*name).to_owned()));
    }
    let mut wanted: Option<String> = None;
    ScrollArea::vertical().id_salt("values").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        // those of the open request first
        let used = draft.now.request.variables();
        let widest =
            used.iter().map(|name| ui.painter().layout_no_wrap(name.clone(), font::mono(), t.text).size().x);
        let names_width = widest.fold(*NAMES.start(), f32::max).min(*NAMES.end());
        ui.set_max_width(ui.available_width() - space::S2);
        let mut variables: Vec<(&String, &String)> = environment.variables.iter().collect();
        for (name, value) in &draft.captured {
            match variables.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => variables.push((name, value)),
            }
        }
        variables.sort_by_key(|(name, _)| {
            (used.iter().position(|other| other == *name).unwrap_or(usize::MAX), (*name).clone())
        });
        for (name, value) in variables {
            ui.horizontal(|ui| {
                ui.set_height(size::ICON_CARD);
                name_ui(ui, name, names_width, t.accent);
                ui.add(Label::new(text(value, font::mono(), t.text)).truncate());
            });
        }
        for (name, source) in &environment.secrets {
            ui.horizontal(|ui| {
                ui.set_height(size::ICON_CARD);
                name_ui(ui, name, names_width, t.info);
                let said = match source {
                    SecretSource::Env(variable) => format!("secret, from {variable}"),
                    SecretSource::Keychain => "secret, in the keychain".to_owned(),
                    SecretSource::Session => "secret, typed".to_owned(),
                };
                if icon_button(ui, Icon::KEY, &format!("Type the secret {name}")).clicked() {
                    wanted = Some(name.clone());
                }
                ui.add(Label::new(text(said, font::small(), t.text_2)).truncate());
            });
        }
        for (path, error) in
            results.environments.iter().filter_map(|(path, e)| Some((path, e.as_ref().err()?)))
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            ui.add(Label::new(text(format!("{name} is damaged: {error}"), font::small(), t.warn)).wrap());
        }
    });
    if let Some(name) = wanted {
        draft.secret = Some((name, String::new()));
    }
}

/// A variable's name in a column of its own.
fn name_ui(ui: &mut Ui, name: &str, width: f32, color: eframe::egui::Color32) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ICON_CARD), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let galley = elided(ui.painter(), name.to_owned(), font::mono(), color, width);
    ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, color);
}

/// The dialog.
pub(super) fn environment_edit_ui(ui: &Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let Some(edit) = &mut draft.environment_edit else { return };
    let taken = names(results);
    let t = tokens(ui);
    let mut close = false;
    let modal = Modal::new(Id::unique("environment")).frame(popup_frame(ui).inner_margin(16)).show(ui.ctx(), |ui| {
        let width = 560.0_f32.min(ui.ctx().content_rect().width() - 64.0);
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = space::S2;
        ui.label(text("Environment", font::heading(), t.text));
        field_label(ui, "Name");
        text_field(ui, "Environment name", &mut edit.name, "Staging", width, None);
        let rows = |ui: &mut Ui, what: &str, list: &mut Vec<(String, String)>, hint: &str| {
            let mut remove = None;
            for (at, (name, value)) in list.iter_mut().enumerate() {
                ui.horizontal(|ui| {
                    let room = width - size::CONTROL_COMPACT - space::S2 * 2.0;
                    text_field(ui, &format!("{what} {} name", at + 1), name, "name", room * 0.32, None);
                    text_field(ui, &format!("{what} {} value", at + 1), value, hint, room * 0.68, None);
                    if icon_button(ui, Icon::X, &format!("Remove {} {}", what.to_lowercase(), at + 1)).clicked() {
                        remove = Some(at);
                    }
                });
            }
            if let Some(at) = remove {
                list.remove(at);
            }
        };
        let height = (ui.ctx().content_rect().height() - 320.0).max(160.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            field_label(ui, "Variables");
            rows(ui, "Variable", &mut edit.variables, "value");
            if Button::ghost("Add a variable").icon(Icon::PLUS).compact().ui(ui).clicked() {
                edit.variables.push((String::new(), String::new()));
            }
            field_label(ui, "Secrets: where each value is (env:NAME, keychain or session), never the value itself");
            rows(ui, "Secret", &mut edit.secrets, "env:MY_KEY");
            if Button::ghost("Add a secret").icon(Icon::PLUS).compact().ui(ui).clicked() {
                edit.secrets.push((String::new(), "session".into()));
            }
        });
        let built = edit.build(&taken);
        let looks_secret = edit.variables.iter().any(|(_, value)| crate::protocol::secrets::find(value).iter().any(|found| found.secret));
        if looks_secret {
            let said = "A value looks like a secret. Make it one of the secrets below: variables stand in the file as they are.";
            ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
        }
        if let Err(why) = &built {
            ui.label(text(why, font::small(), t.bad));
        }
        ui.horizontal(|ui| {
            let save = Button::primary("Save environment").enabled(built.is_ok() && !looks_secret, "See the note above");
            if save.ui(ui).clicked()
                && let Ok(environment) = built
            {
                commands.push(Command::ChooseEnvironment(environment.name.clone()));
                commands.push(Command::Files(FileWork::SaveEnvironment(Box::new(environment))));
                close = true;
            }
            if Button::secondary("Do not save").ui(ui).clicked() {
                close = true;
            }
        });
    });
    if close || modal.should_close() {
        draft.environment_edit = None;
    }
}

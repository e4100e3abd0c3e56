//! The upstream: another API of OpenAI's form, to which requests for one more model are sent on with a secret that only
//! the server holds. What is kept says where the secret is, never the secret.

use eframe::egui::{Id, Label, Modal, Role, TextEdit, Ui, WidgetInfo, vec2};
use serde::{Deserialize, Serialize};

use super::{Command, Draft, Results, TEXT_MODEL};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::state::Truth;
use crate::app::theme::{font, size, space, text, tokens};
use crate::app::widgets::{Button, Segment, field_label, popup_frame, segmented, text_field};
use crate::client::environment::{SecretSource, Secrets};
use crate::client::is_loopback;
use crate::protocol::secrets;
use crate::server::Upstream as Forward;

/// Under what the secrets of upstreams are kept, each by its address: another address never gets it.
const KEPT_UNDER: &str = "the server's upstream";

/// Where an upstream's secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Place {
    /// It needs none.
    #[default]
    Nowhere,
    /// In an environment variable of this program.
    Variable,
    /// In the system's keychain.
    Keychain,
    /// Typed, and forgotten when the window closes.
    Session,
}

/// Where requests for another model are sent on to; kept over a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Upstream {
    /// Such as `https://api.example.com/v1`; empty for nowhere.
    pub(crate) address: String,
    /// The model's name here.
    pub(crate) model: String,
    /// Its name there; empty for the same.
    pub(crate) remote_model: String,
    pub(crate) secret: Place,
    /// The environment variable that holds the secret, where one does.
    pub(crate) variable: String,
}

/// An upstream that is being edited.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    pub(crate) upstream: Upstream,
    /// The secret, where it is typed.
    pub(crate) typed: String,
}

impl Upstream {
    /// Whether anything is sent on.
    pub(super) fn is_on(&self) -> bool {
        !self.address.is_empty()
    }

    /// What is sent where, in short.
    pub(super) fn words(&self) -> String {
        if !self.is_on() {
            return "none".into();
        }
        let host = self.address.split_once("://").map_or(self.address.as_str(), |(_, rest)| rest);
        format!("{} at {host}", self.model)
    }

    /// Where its secret is, in words.
    pub(super) fn secret_words(&self) -> String {
        match self.secret {
            Place::Nowhere => "none sent".into(),
            Place::Variable => format!("from {}", self.variable),
            Place::Keychain => "from the keychain".into(),
            Place::Session => "typed, for this session".into(),
        }
    }

    fn source(&self) -> Option<SecretSource> {
        match self.secret {
            Place::Nowhere => None,
            Place::Variable => Some(SecretSource::Env(self.variable.clone())),
            Place::Keychain => Some(SecretSource::Keychain),
            Place::Session => Some(SecretSource::Session),
        }
    }

    /// Without the blanks around what was typed.
    fn trimmed(&self) -> Self {
        let trim = |text: &String| text.trim().to_owned();
        Self {
            address: trim(&self.address).trim_end_matches('/').to_owned(),
            model: trim(&self.model),
            remote_model: trim(&self.remote_model),
            secret: self.secret,
            variable: trim(&self.variable),
        }
    }

    /// What is wrong with it, in words.
    fn check(&self, truth: &Truth) -> Result<(), String> {
        let fields = [&self.address, &self.model, &self.remote_model, &self.variable];
        if fields.iter().any(|text| secrets::find(text).iter().any(|found| found.secret)) {
            return Err(
                "A field holds what looks like a secret. It would stand in the workspace's file: say below where it is."
                    .into(),
            );
        }
        if self.address.is_empty() {
            return Err("Give its address, such as https://api.example.com/v1".into());
        }
        Forward::new(&self.model, &self.address, None)?;
        let url = url::Url::parse(&self.address).map_err(|error| format!("The address is none: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("The address holds a name or a password; say below where the secret is".into());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(
                "The address must end before '?' and '#': the path of each request is put behind it".into()
            );
        }
        if self.model.is_empty() {
            return Err("Give the model a name, by which clients ask for it here".into());
        }
        if self.model.chars().chain(self.remote_model.chars()).any(char::is_control) {
            return Err("A model's name holds a character that can't be seen; type it again".into());
        }
        let is_here = |name: &str| truth.versions.iter().any(|version| version.model().name == name);
        if self.model == TEXT_MODEL || is_here(&self.model) {
            return Err(format!("This server has a model called {} itself; choose another name", self.model));
        }
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if self.secret == Place::Variable && !is_name(&self.variable) {
            return Err("Give the environment variable's name, such as OPENAI_API_KEY, not the secret".into());
        }
        Ok(())
    }

    /// Keeps its secret until the window closes.
    pub(super) fn keep_for_session(&self, secrets: &Secrets, value: &str) {
        secrets.set_session(KEPT_UNDER, &self.address, value);
    }

    /// Keeps its secret in the system's keychain.
    pub(super) fn keep_in_keychain(&self, secrets: &Secrets, value: &str) -> Result<(), String> {
        secrets.set_keychain(KEPT_UNDER, &self.address, value)
    }

    /// As the server takes it, with its secret; `caged` keeps to this machine and leaves its keychain alone.
    pub(super) fn forward(&self, secrets: &Secrets, caged: bool) -> Result<Option<Forward>, String> {
        if !self.is_on() {
            return Ok(None);
        }
        let host = url::Url::parse(&self.address).ok().and_then(|url| url.host_str().map(str::to_owned));
        if caged && (self.secret == Place::Keychain || !host.as_deref().is_some_and(is_loopback)) {
            return Err("Only this machine may be asked here.".into());
        }
        let secret = match self.source() {
            Some(source) => Some(
                secrets
                    .get(KEPT_UNDER, &self.address, &source)
                    .map_err(|why| format!("There is no secret for {}: {why}", self.address))?,
            ),
            None => None,
        };
        let mut forward = Forward::new(&self.model, &self.address, secret.as_deref())?;
        forward.remote_model = Some(self.remote_model.clone()).filter(|name| !name.is_empty());
        Ok(Some(forward))
    }
}

/// The dialog.
pub(super) fn upstream_ui(
    ui: &Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let Some(edit) = &mut draft.upstream_edit else { return };
    let t = tokens(ui);
    let mut close = false;
    let modal = Modal::new(Id::unique("upstream")).frame(popup_frame(ui).inner_margin(16)).show(ui.ctx(), |ui| {
        let width = 520.0_f32.min(ui.ctx().content_rect().width() - 64.0);
        ui.set_width(width);
        ui.spacing_mut().item_spacing = vec2(space::S2, space::S2);
        ui.label(text("A model that answers elsewhere", font::heading(), t.text));
        let about = "Requests in OpenAI's dialect for this model are sent on to another API, with a secret that clients never see.";
        ui.add(Label::new(text(about, font::body(), t.text_2)).wrap());
        field_label(ui, "Address there");
        let hint = "https://api.example.com/v1";
        text_field(ui, "Address of the upstream", &mut edit.upstream.address, hint, width, None);
        let half = (width - space::S2) / 2.0;
        ui.horizontal(|ui| {
            ui.vertical(|ui| {
                ui.set_width(half);
                field_label(ui, "Model's name here");
                text_field(ui, "Model's name here", &mut edit.upstream.model, "gpt-far", half, None);
            });
            ui.vertical(|ui| {
                ui.set_width(half);
                field_label(ui, "Model's name there");
                let name = &mut edit.upstream.remote_model;
                text_field(ui, "Model's name there", name, "the same", half, None);
            });
        });
        field_label(ui, "Its secret");
        let choices = [
            Segment::new(Place::Nowhere, "None"),
            Segment::new(Place::Variable, "Variable"),
            Segment::new(Place::Keychain, "Keychain"),
            Segment::new(Place::Session, "Session"),
        ];
        segmented(ui, "Where the secret is", &mut edit.upstream.secret, &choices, size::CONTROL, None);
        secret_place_ui(ui, width, edit);
        let upstream = edit.upstream.trimmed();
        let checked = upstream.check(view.truth);
        if let Err(why) = &checked {
            ui.add(Label::new(text(why, font::small(), t.bad)).wrap());
        } else if upstream.secret != Place::Nowhere && is_open(&upstream.address) {
            let said = "This address is not encrypted (http): whoever is on the way can read the secret.";
            ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
        }
        if draft.off.contains(crate::protocol::Protocol::OpenAi.name()) {
            let said = "The protocol OpenAI is switched off; switch it on, or nobody can ask for this model.";
            ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
        }
        ui.horizontal(|ui| {
            let label = if results.live().is_some() { "Save and restart" } else { "Save upstream" };
            let (possible, why) = match &checked {
                Err(why) => (false, why.as_str()),
                Ok(()) if results.is_busy() => (false, "The server is being started or stopped"),
                Ok(()) => (true, ""),
            };
            if Button::primary(label).enabled(possible, why).ui(ui).clicked() {
                commands.push(Command::SetUpstream(Box::new(Edit { upstream, typed: edit.typed.clone() })));
                close = true;
            }
            if draft.upstream.is_on() && Button::secondary("No upstream").ui(ui).clicked() {
                commands.push(Command::SetUpstream(Box::default()));
                close = true;
            }
            if Button::secondary("Do not change").ui(ui).clicked() {
                close = true;
            }
        });
    });
    if close || modal.should_close() {
        draft.upstream_edit = None;
    }
}

/// What is to be said about the place of the secret.
fn secret_place_ui(ui: &mut Ui, width: f32, edit: &mut Edit) {
    let t = tokens(ui);
    let said = match edit.upstream.secret {
        Place::Nowhere => "Requests are sent on without a key, as to a program on this machine.",
        Place::Variable => {
            let name = &mut edit.upstream.variable;
            text_field(ui, "Environment variable", name, "OPENAI_API_KEY", width, None);
            "The variable is read as the server starts; it must be set before this program is opened."
        }
        Place::Keychain | Place::Session => {
            let line = TextEdit::singleline(&mut edit.typed)
                .password(true)
                .hint_text(text("not shown, and written into no file", font::body(), t.text_3))
                .font(font::mono_input())
                .desired_width(width)
                .min_size(vec2(0.0, size::CONTROL));
            let response = ui.add(line);
            response.widget_info(|| WidgetInfo::labeled(Role::PasswordInput, true, "Secret of the upstream"));
            if edit.upstream.secret == Place::Session {
                "It is known until the window closes; then it must be typed again."
            } else {
                "It goes into the system's keychain. Left empty, the one that is there for this address is used."
            }
        }
    };
    ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
}

/// Whether an address sends what it is sent in the clear through a network.
fn is_open(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else { return false };
    url.scheme() == "http" && !url.host_str().is_some_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::pages::PageId;
    use crate::app::still::winter;

    fn good() -> Upstream {
        Upstream {
            address: "https://api.example.com/v1".into(),
            model: "gpt-far".into(),
            secret: Place::Variable,
            variable: "FAR_KEY".into(),
            ..Upstream::default()
        }
    }

    #[test]
    fn what_can_not_be_used_is_said_before_it_is_saved() {
        let state = winter(PageId::Serve);
        let check = |change: &dyn Fn(&mut Upstream)| {
            let mut upstream = good();
            change(&mut upstream);
            upstream.trimmed().check(&state.truth).err().unwrap_or_default()
        };
        assert_eq!(check(&|_| {}), "");
        assert_eq!(check(&|one| one.address = " https://api.example.com/v1/ ".into()), "");
        assert!(check(&|one| one.address.clear()).contains("Give its address"));
        assert!(check(&|one| one.address = "ftp://x".into()).contains("expected an address"));
        assert!(check(&|one| one.address = "https://me:pass@x/v1".into()).contains("password"));
        assert!(check(&|one| one.address = "https://x/v1?key=1".into()).contains("before '?'"));
        assert!(check(&|one| one.model.clear()).contains("name"));
        assert!(check(&|one| one.model = TEXT_MODEL.into()).contains("itself"));
        let own = state.truth.versions[0].model().name.clone();
        assert!(check(&|one| one.model = own.clone()).contains("itself"));
        assert!(check(&|one| one.remote_model = "a\nb".into()).contains("can't be seen"));
        assert!(check(&|one| one.variable = "MY KEY".into()).contains("variable's name"));
        assert!(
            check(&|one| one.variable = "sk_live_4mB7xT2qR8nV5cL1".into()).contains("looks like a secret")
        );
    }

    #[test]
    fn a_secret_goes_to_its_own_address_only() {
        let secrets = Secrets::default();
        let here = Upstream { secret: Place::Session, ..good() };
        let why = here.forward(&secrets, false).unwrap_err();
        assert!(why.contains("api.example.com") && why.contains("not typed yet"), "{why}");
        here.keep_for_session(&secrets, "far-away-secret");
        let forward = here.forward(&secrets, false).unwrap().unwrap();
        assert!(!format!("{forward:?}").contains("far-away-secret"));
        let other = Upstream { address: "https://other.example.com/v1".into(), ..here };
        assert!(other.forward(&secrets, false).is_err());
        assert!(Upstream::default().forward(&secrets, false).unwrap().is_none());
    }
}

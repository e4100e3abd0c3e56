//! Method, address and the button that sends.

use eframe::egui::{
    Align, Align2, CornerRadius, Frame, Layout, Margin, Popup, Rect, Role, Sense, Stroke, StrokeKind,
    TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::tree::method_colour;
use super::{Command, Draft, Results, environment, values};
use crate::app::command::{Commands, hint};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Weight, elided, focus_ring, format, icon_button, menu_item, paint_icon, popup_frame,
};
use crate::client::code::Language;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The bar.
pub(super) fn address_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let whole = ui.max_rect();
    let narrow = whole.width() < size::REQUEST_SIDE_BY_SIDE;
    let mut right =
        ui.new_child(UiBuilder::new().max_rect(whole).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = space::S2;
    if results.sending.is_some() {
        let seconds = view.work.job(Slot::Send).map_or(0.0, |job| job.seconds);
        let label =
            if seconds > 0.3 { format!("Cancel  {}", format::duration(seconds)) } else { "Cancel".into() };
        if Button::secondary(&label).name("Cancel").icon(Icon::STOP).ui(&mut right).clicked() {
            commands.push(Command::Stop(Slot::Send));
        }
    } else {
        let key = if narrow { String::new() } else { hint(view.actions, "Send") };
        if Button::primary("Send").icon(Icon::PAPER_PLANE_TILT).key(key).ui(&mut right).clicked() {
            commands.push(Command::Send);
        }
    }
    if narrow {
        if icon_button(&mut right, Icon::COPY, "Copy as curl").clicked() {
            commands.push(Command::CopyAs(Language::Curl));
        }
    } else if Button::secondary("Copy as curl").icon(Icon::COPY).ui(&mut right).clicked() {
        commands.push(Command::CopyAs(Language::Curl));
    }
    if draft.is_edited() {
        let save = if narrow {
            icon_button(&mut right, Icon::FLOPPY_DISK, "Save request")
        } else {
            Button::secondary("Save").name("Save request").icon(Icon::FLOPPY_DISK).ui(&mut right)
        };
        if save.clicked() {
            commands.push(Command::Save { although_leaking: false });
        }
    }
    let left = right.min_rect().left() - space::S2;
    let field = Rect::from_min_max(whole.min, pos2(left, whole.top() + size::CONTROL));
    field_ui(ui, field, results, draft, narrow);
}

fn field_ui(ui: &mut Ui, rect: Rect, results: &Results, draft: &mut Draft, narrow: bool) {
    let t = tokens(ui);
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        t.surface,
        Stroke::new(1.0, t.stroke_control),
        StrokeKind::Inside,
    );
    let method_rect = Rect::from_min_size(rect.min, vec2(92.0, rect.height()));
    let response = ui.interact(method_rect, ui.scope_id().with("method"), Sense::click());
    let method = draft.now.request.method.clone();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Method");
        info.current_text_value = Some(method.clone());
        info
    });
    let painter = ui.painter();
    let shown: String = method.chars().take(8).collect();
    painter.text(
        pos2(rect.left() + space::S3, rect.center().y),
        Align2::LEFT_CENTER,
        shown,
        font::mono_input(),
        method_colour(&method, &t),
    );
    let caret = pos2(method_rect.right() - space::S3, rect.center().y);
    paint_icon(painter, caret, Icon::CARET_DOWN, Weight::Regular, size::ICON_SMALL, t.text_2);
    painter.vline(method_rect.right(), rect.y_range().shrink(1.0), Stroke::new(1.0, t.stroke));
    focus_ring(ui, &response, radius::CONTROL);
    Popup::menu(&response).gap(space::S1).frame(popup_frame(ui)).accessible_name("Method").show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(120.0);
        for known in METHODS {
            if menu_item(ui, None, known, "", known == method, true).clicked() {
                known.clone_into(&mut draft.now.request.method);
            }
        }
    });
    let filled = filled(results, draft);
    let is_template = draft.now.request.url.contains("{{");
    let mut inner = Rect::from_min_max(
        pos2(method_rect.right() + space::S2, rect.top() + 2.0),
        rect.max - vec2(space::S2, 2.0),
    );
    if is_template && !narrow {
        let (shown, color) = match &filled {
            Ok(url) => (url.clone(), t.text_3),
            Err(what) => (what.clone(), t.bad),
        };
        let galley = elided(ui.painter(), shown, font::small(), color, (inner.width() * 0.45).max(10.0));
        let width = galley.size().x;
        ui.painter().galley(
            pos2(rect.right() - space::S3 - width, rect.center().y - galley.size().y / 2.0),
            galley,
            color,
        );
        inner.max.x -= width + space::S3;
    }
    let mut place = ui.new_child(UiBuilder::new().id_salt("address").max_rect(inner));
    place.spacing_mut().interact_size = vec2(0.0, 0.0);
    // variables in a colour of their own
    let mut layouter = |ui: &Ui, buffer: &dyn eframe::egui::TextBuffer, _width: f32| {
        let url = buffer.as_str();
        let mut job = eframe::egui::text::LayoutJob::default();
        let part = |color, background| eframe::egui::text::TextFormat {
            font_id: font::mono_input(),
            color,
            background,
            ..eframe::egui::text::TextFormat::default()
        };
        let mut at = 0;
        for (start, end, _) in crate::client::variables::names(url) {
            job.append(&url[at..start], 0.0, part(t.text, eframe::egui::Color32::TRANSPARENT));
            job.append(&url[start..end], 0.0, part(t.accent, t.accent_tint));
            at = end;
        }
        job.append(&url[at..], 0.0, part(t.text, eframe::egui::Color32::TRANSPARENT));
        job.wrap.max_width = f32::INFINITY;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let edit = TextEdit::singleline(&mut draft.now.request.url)
        .hint_text(text("http://127.0.0.1:8080/predict", font::mono_input(), t.text_3))
        .font(font::mono_input())
        .frame(Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .margin(Margin::ZERO)
        .layouter(&mut layouter)
        .desired_width(f32::INFINITY);
    let response = place.put(inner, edit);
    let url = draft.now.request.url.clone();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::TextInput, true, "Address");
        info.current_text_value = Some(url.clone());
        info
    });
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect.expand(3.0),
            CornerRadius::same(radius::CONTROL + 3),
            Stroke::new(2.0, t.accent),
            StrokeKind::Inside,
        );
    }
    if std::mem::take(&mut draft.focus_address) {
        response.request_focus();
    }
    let hover = match filled {
        Ok(url) => url,
        Err(what) => what,
    };
    if is_template {
        response.on_hover_text(hover);
    }
}

/// The address with its variables filled in, or what lacks; secrets stay hidden.
fn filled(results: &Results, draft: &Draft) -> Result<String, String> {
    let environment = environment(results, draft);
    let (values, _) = values(environment.as_deref(), &draft.captured, |_, _| Ok("•••".into()));
    values.fill(&draft.now.request.url).map_err(|missing| format!("no value for {}", missing.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::app::pages::requests::as_code::code;
    use crate::client::collection::SavedRequest;
    use crate::client::environment::{Environment, SecretSource};

    #[test]
    fn a_value_that_an_answer_gave_is_shown_as_it_is_sent() {
        let mut local = Environment { name: "Local".into(), ..Environment::default() };
        local.variables.insert("base".into(), "http://x".into());
        local.variables.insert("job".into(), "1".into());
        local.secrets.insert("key".into(), SecretSource::Session);
        let mut results = Results::default();
        results.environments.push((PathBuf::new(), Ok(local)));
        let mut draft = Draft::default();
        draft.now.request = SavedRequest::new("a", "GET", "{{base}}/jobs/{{job}}?k={{key}}");
        draft.captured.insert("job".into(), "7f".into());
        assert_eq!(filled(&results, &draft).as_deref(), Ok("http://x/jobs/7f?k=•••"));
        let curl = code(&draft, &results, Language::Curl).unwrap();
        assert!(curl.contains("http://x/jobs/7f?k=") && curl.contains("$KEY"), "{curl}");
    }
}

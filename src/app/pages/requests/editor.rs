//! The request that is edited: body, headers, key, code, expectations, options.

use eframe::egui::{
    Align, CornerRadius, Label, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::as_code::code;
use super::body::{body_tab_ui, body_tools_ui};
use super::lines::{Lines, lines_ui};
use super::{Command, Draft, Results, Tab};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, Weight, check, field_label, focus_ring, icon_button, icon_ui, number_field, segmented,
    select, text_field,
};
use crate::client::ProxyChoice;
use crate::client::assertions::Assertion;
use crate::client::code::Language;
use crate::client::collection::{Auth, Body, SavedHeader};
use crate::client::leaks::without_password;

/// The tabs and the open one.
pub(super) fn editor_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let bar = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + size::CARD_HEAD));
    let inner = bar.shrink2(vec2(space::S4, 0.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    row.set_clip_rect(bar);
    row.spacing_mut().item_spacing.x = space::S4;
    for tab in Tab::ALL {
        let n = match tab {
            Tab::Headers => draft.now.request.headers.iter().filter(|header| header.on).count(),
            Tab::Checks => draft.now.request.assertions.len(),
            _ => 0,
        };
        let has_key = tab == Tab::Auth && draft.now.request.auth != Auth::None;
        if tab_ui(&mut row, tab.label(), n, has_key, draft.tab == tab) {
            draft.tab = tab;
        }
    }
    ui.painter().hline(whole.x_range(), bar.bottom() - 0.5, hairline(&t));
    let mut below = Rect::from_min_max(pos2(whole.left(), bar.bottom()), whole.max);
    if !draft.unkept().is_empty() {
        let note = Rect::from_min_size(below.min, vec2(below.width(), size::CARD_HEAD));
        unkept_ui(ui, note, draft.unkept());
        below.min.y = note.bottom();
    }
    if draft.tab == Tab::Body {
        let tools = Rect::from_min_max(below.min, pos2(below.right(), below.top() + size::CARD_HEAD));
        let mut row = ui.new_child(
            UiBuilder::new()
                .id_salt("body tools")
                .max_rect(tools.shrink2(vec2(space::S4, 0.0)))
                .layout(Layout::left_to_right(Align::Center)),
        );
        row.set_clip_rect(tools);
        body_tools_ui(&mut row, view, draft, commands);
        below.min.y = tools.bottom();
        let mut place = ui.new_child(UiBuilder::new().id_salt("body").max_rect(below));
        place.set_clip_rect(below);
        body_tab_ui(&mut place, view, draft);
        return;
    }
    let padded = if draft.tab == Tab::Code { below } else { below.shrink2(vec2(space::S4, space::S3)) };
    let mut place = ui.new_child(UiBuilder::new().id_salt(draft.tab.label()).max_rect(padded));
    place.set_clip_rect(below);
    match draft.tab {
        Tab::Body => {}
        Tab::Headers => scrolled(&mut place, |ui| headers_ui(ui, draft)),
        Tab::Auth => scrolled(&mut place, |ui| auth_ui(ui, draft)),
        Tab::Code => code_ui(&mut place, results, draft, commands),
        Tab::Checks => scrolled(&mut place, |ui| checks_ui(ui, draft)),
        Tab::Settings => scrolled(&mut place, |ui| settings_ui(ui, draft)),
    }
}

/// Says that a secret is forgotten with the window.
fn unkept_ui(ui: &mut Ui, rect: Rect, places: &[String]) {
    let t = tokens(ui);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, t.warn_tint);
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("unkept")
            .max_rect(rect.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    icon_ui(&mut row, Icon::WARNING, Weight::Fill, size::ICON, t.warn);
    let said = format!(
        "Not kept when the window closes: {}. Write a variable such as {{{{key}}}} in its place.",
        places.join("; ")
    );
    row.add(Label::new(text(&said, font::small(), t.text)).truncate()).on_hover_text(said);
}

fn scrolled(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S2, space::S2);
        ui.set_max_width(ui.available_width() - space::S3);
        add(ui);
    });
}

/// A tab; whether it was pressed.
pub(super) fn tab_ui(ui: &mut Ui, label: &str, count: usize, has_key: bool, chosen: bool) -> bool {
    let t = tokens(ui);
    let color = if chosen { t.text } else { t.text_2 };
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font::label(), color);
    let number = (count > 0).then(|| ui.painter().layout_no_wrap(count.to_string(), font::small(), t.text_3));
    let extra = number.as_ref().map_or(0.0, |galley| galley.size().x + space::S1)
        + if has_key { space::S4 } else { 0.0 };
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x + extra, size::CARD_HEAD), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, label));
    let width = galley.size().x;
    let painter = ui.painter();
    painter.galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, color);
    let mut x = rect.left() + width + space::S1;
    if let Some(number) = number {
        painter.galley(pos2(x, rect.center().y - number.size().y / 2.0), number, t.text_3);
        x += space::S3;
    }
    if has_key {
        crate::app::widgets::paint_icon(
            painter,
            pos2(x + size::ICON_SMALL / 2.0, rect.center().y),
            Icon::KEY,
            Weight::Fill,
            size::ICON_SMALL,
            t.accent,
        );
    }
    if chosen {
        let line = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 2.0), rect.max);
        painter.rect_filled(line, CornerRadius::ZERO, t.accent);
    }
    focus_ring(ui, &response, 4);
    response.clicked()
}

fn headers_ui(ui: &mut Ui, draft: &mut Draft) {
    let t = tokens(ui);
    let headers = &mut draft.now.request.headers;
    let mut remove = None;
    let width = ui.available_width();
    for (at, header) in headers.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            check_only(ui, &mut header.on, &format!("Send header {}", at + 1));
            let room = (width - size::CHECK - size::CONTROL_COMPACT - space::S6 * 2.0).max(160.0);
            text_field(ui, &format!("Header {} name", at + 1), &mut header.name, "Name", room * 0.38, None);
            text_field(
                ui,
                &format!("Header {} value", at + 1),
                &mut header.value,
                "Value",
                room * 0.62,
                None,
            );
            if icon_button(ui, Icon::X, &format!("Remove header {}", at + 1)).clicked() {
                remove = Some(at);
            }
        });
    }
    if let Some(at) = remove {
        headers.remove(at);
    }
    if Button::secondary("Add a header").icon(Icon::PLUS).compact().ui(ui).clicked() {
        headers.push(SavedHeader { on: true, ..SavedHeader::default() });
    }
    let said = "Host, Content-Length, Accept, Accept-Encoding and User-Agent are added where they are not given. A key belongs under Auth.";
    ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
}

/// A check box whose label stands elsewhere.
fn check_only(ui: &mut Ui, on: &mut bool, name: &str) {
    ui.allocate_ui_with_layout(
        vec2(size::CHECK, size::CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_clip_rect(ui.max_rect().expand(3.0).intersect(ui.clip_rect()));
            ui.set_max_width(size::CHECK);
            check(ui, on, name);
        },
    );
}

fn auth_ui(ui: &mut Ui, draft: &mut Draft) {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        None,
        Bearer,
        Basic,
        Header,
    }
    let t = tokens(ui);
    let auth = &mut draft.now.request.auth;
    let mut kind = match auth {
        Auth::None => Kind::None,
        Auth::Bearer { .. } => Kind::Bearer,
        Auth::Basic { .. } => Kind::Basic,
        Auth::Header { .. } => Kind::Header,
    };
    let choices = [
        Segment::new(Kind::None, "No key"),
        Segment::new(Kind::Bearer, "Bearer"),
        Segment::new(Kind::Basic, "User and password"),
        Segment::new(Kind::Header, "Own header"),
    ];
    if segmented(ui, "How the key is sent", &mut kind, &choices, size::CONTROL_COMPACT, None) {
        // what was typed goes along where it fits
        let secret = match auth {
            Auth::None => "{{key}}".to_owned(),
            Auth::Bearer { token } => token.clone(),
            Auth::Basic { password, .. } => password.clone(),
            Auth::Header { value, .. } => value.clone(),
        };
        *auth = match kind {
            Kind::None => Auth::None,
            Kind::Bearer => Auth::Bearer { token: secret },
            Kind::Basic => Auth::Basic { user: String::new(), password: secret },
            Kind::Header => Auth::Header { name: "X-Api-Key".into(), value: secret },
        };
    }
    let width = ui.available_width().min(420.0);
    match auth {
        Auth::None => {
            ui.label(text("The server does not learn who asks.", font::body(), t.text_2));
        }
        Auth::Bearer { token } => {
            field_label(ui, "Key");
            text_field(ui, "Key", token, "{{key}}", width, None);
        }
        Auth::Basic { user, password } => {
            field_label(ui, "User");
            text_field(ui, "User", user, "", width, None);
            field_label(ui, "Password");
            text_field(ui, "Password", password, "{{password}}", width, None);
        }
        Auth::Header { name, value } => {
            field_label(ui, "Header");
            text_field(ui, "Key header", name, "X-Api-Key", width, None);
            field_label(ui, "Key");
            text_field(ui, "Key", value, "{{key}}", width, None);
        }
    }
    if draft.now.request.auth != Auth::None {
        let said = "Write a variable such as {{key}}: its value comes from the environment below the tree, so that the request's file holds no secret and can be given away.";
        ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
    }
}

fn code_ui(ui: &mut Ui, results: &Results, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let bar = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + size::CARD_HEAD + space::S2));
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(bar.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.set_clip_rect(bar);
    let choices = Language::ALL.map(|language| Segment::new(language, language.label()));
    segmented(&mut row, "Language", &mut draft.language, &choices, size::CONTROL_COMPACT, None);
    if icon_button(&mut row, Icon::COPY, "Copy the code").clicked() {
        commands.push(Command::CopyAs(draft.language));
    }
    let place = Rect::from_min_max(pos2(whole.left(), bar.bottom()), whole.max);
    let mut place = ui.new_child(UiBuilder::new().id_salt("code").max_rect(place));
    match code(draft, results, draft.language) {
        Ok(program) => lines_ui(&mut place, "Code", &Lines::new(program, false)),
        Err(why) => {
            place.horizontal(|ui| {
                ui.add_space(space::S4);
                ui.add(Label::new(text(why, font::body(), t.text_2)).wrap());
            });
        }
    }
}

const KINDS: [&str; 7] =
    ["Status", "Header", "JSON value is", "JSON value holds", "JSON number near", "Body holds", "Time below"];

fn kind_of(assertion: &Assertion) -> usize {
    match assertion {
        Assertion::Status { .. } => 0,
        Assertion::Header { .. } => 1,
        Assertion::JsonEquals { .. } => 2,
        Assertion::JsonContains { .. } => 3,
        Assertion::JsonNumber { .. } => 4,
        Assertion::BodyContains { .. } => 5,
        Assertion::TimeBelow { .. } => 6,
    }
}

fn fresh(kind: usize) -> Assertion {
    let path = || "prediction".to_owned();
    match kind {
        1 => Assertion::Header { name: "Content-Type".into(), contains: "json".into() },
        2 => Assertion::JsonEquals { path: path(), value: "0".into() },
        3 => Assertion::JsonContains { path: path(), text: String::new() },
        4 => Assertion::JsonNumber { path: path(), value: 0.0, within: 0.001 },
        5 => Assertion::BodyContains { text: String::new() },
        6 => Assertion::TimeBelow { millis: 100.0 },
        _ => Assertion::Status { is: "200".into() },
    }
}

fn checks_ui(ui: &mut Ui, draft: &mut Draft) {
    let t = tokens(ui);
    let mut remove = None;
    let wide = ui.available_width();
    for (at, assertion) in draft.now.request.assertions.iter_mut().enumerate() {
        let n = at + 1;
        ui.horizontal(|ui| {
            let kind = kind_of(assertion);
            let chosen =
                select(ui, &format!("Assertion {n}"), None, KINDS[kind], &KINDS, 152.0, size::CONTROL);
            if let Some(chosen) = chosen
                && chosen != kind
            {
                *assertion = fresh(chosen);
            }
            let room = (wide - 152.0 - size::CONTROL_COMPACT - space::S4 * 3.0).max(120.0);
            let half = (room - space::S2) / 2.0;
            match assertion {
                Assertion::Status { is } => {
                    text_field(ui, &format!("Assertion {n} status"), is, "200 or 2xx", half, None);
                }
                Assertion::Header { name, contains } => {
                    text_field(ui, &format!("Assertion {n} header"), name, "Name", half, None);
                    text_field(ui, &format!("Assertion {n} text"), contains, "holds", half, None);
                }
                Assertion::JsonEquals { path, value } => {
                    text_field(ui, &format!("Assertion {n} path"), path, "predictions[0]", half, None);
                    text_field(ui, &format!("Assertion {n} value"), value, "value", half, None);
                }
                Assertion::JsonContains { path, text } => {
                    text_field(ui, &format!("Assertion {n} path"), path, "predictions[0]", half, None);
                    text_field(ui, &format!("Assertion {n} text"), text, "holds", half, None);
                }
                Assertion::JsonNumber { path, value, within } => {
                    let third = (room - space::S4) / 3.0;
                    text_field(ui, &format!("Assertion {n} path"), path, "predictions[0]", third, None);
                    number_field(
                        ui,
                        &format!("Assertion {n} number"),
                        value,
                        f64::MIN..=f64::MAX,
                        0.1,
                        3,
                        third,
                    );
                    number_field(
                        ui,
                        &format!("Assertion {n} tolerance"),
                        within,
                        0.0..=f64::MAX,
                        0.001,
                        6,
                        third,
                    );
                }
                Assertion::BodyContains { text } => {
                    text_field(ui, &format!("Assertion {n} text"), text, "holds", room, None);
                }
                Assertion::TimeBelow { millis } => {
                    number_field(
                        ui,
                        &format!("Assertion {n} milliseconds"),
                        millis,
                        0.0..=3.6e6,
                        1.0,
                        1,
                        half,
                    );
                    ui.label(text("ms", font::body(), t.text_2));
                }
            }
            if icon_button(ui, Icon::X, &format!("Remove assertion {n}")).clicked() {
                remove = Some(at);
            }
        });
    }
    if let Some(at) = remove {
        draft.now.request.assertions.remove(at);
    }
    if Button::secondary("Add an assertion").icon(Icon::PLUS).compact().ui(ui).clicked() {
        draft.now.request.assertions.push(fresh(0));
    }
    ui.add(
        Label::new(text(
            "They are kept in the request's file and checked after each answer.",
            font::small(),
            t.text_3,
        ))
        .wrap(),
    );
}

fn settings_ui(ui: &mut Ui, draft: &mut Draft) {
    let t = tokens(ui);
    let settings = &mut draft.settings;
    field_label(ui, "For every request");
    check(ui, &mut settings.follow_redirects, "Follow redirects");
    check(ui, &mut settings.keep_alive, "Keep connections for the next request");
    check(ui, &mut settings.verify_tls, "Check certificates");
    if !settings.verify_tls {
        let said = "Anyone between you and the server can now read the key and change the answer.";
        ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
    }
    field_label(ui, "Give up after (seconds)");
    let mut secs = settings.timeout.map_or(0.0, |timeout| timeout.as_secs_f64());
    let number = number_field(ui, "Give up after", &mut secs, 0.0..=86_400.0, 1.0, 1, 120.0);
    if number.changed() {
        settings.timeout = (secs > 0.0).then(|| std::time::Duration::from_secs_f64(secs));
    }
    field_label(ui, "Give up connecting after (seconds)");
    let mut secs = settings.connect_timeout.as_secs_f64();
    if number_field(ui, "Give up connecting after", &mut secs, 0.1..=3_600.0, 1.0, 1, 120.0).changed() {
        settings.connect_timeout = std::time::Duration::from_secs_f64(secs);
    }
    field_label(ui, "Proxy");
    let now = match settings.proxy {
        ProxyChoice::Environment => 0,
        ProxyChoice::Direct => 1,
        ProxyChoice::Explicit(_) => 2,
    };
    let names = ["As the system says", "None", "This one"];
    if let Some(chosen) = select(ui, "Proxy", None, names[now], &names, 200.0, size::CONTROL) {
        settings.proxy = match chosen {
            0 => ProxyChoice::Environment,
            1 => ProxyChoice::Direct,
            _ => ProxyChoice::Explicit(String::new()),
        };
    }
    let width = ui.available_width().min(420.0);
    if let ProxyChoice::Explicit(proxy) = &mut settings.proxy {
        text_field(ui, "Proxy address", proxy, "http://host:port", width, None);
        if without_password(proxy) != *proxy {
            let said = "The password is not kept when the window closes.";
            ui.label(text(said, font::small(), t.warn));
        }
    }
    field_label(ui, "Authorities to trust beside the machine's own (a PEM file)");
    let mut path = settings
        .extra_authorities
        .as_ref()
        .map_or_else(String::new, |path| path.to_string_lossy().into_owned());
    if text_field(ui, "Trusted authorities", &mut path, "/path/to/school.pem", width, None).changed() {
        settings.extra_authorities = (!path.trim().is_empty()).then(|| path.trim().into());
    }
    field_label(ui, "Note on this request");
    text_field(ui, "Note", &mut draft.now.request.note, "", width, None);
    // a body of its own file is chosen here, too
    if let Body::File(path) = &mut draft.now.request.body {
        field_label(ui, "The body is the file");
        let mut text = path.to_string_lossy().into_owned();
        if text_field(ui, "Body file", &mut text, "data/image.bin", width, None).changed() {
            *path = text.into();
        }
    }
}

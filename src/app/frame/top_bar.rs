//! The top bar: the workspace, the deployment stack as far as it really stands, and the chips for server, model and
//! jobs.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, FontId, Frame, Layout, Margin, Popup, PopupCloseBehavior, Response,
    Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::app::command::{Action, Command, Commands, hint};
use crate::app::effect::short_path;
use crate::app::job::JobStatus;
use crate::app::pages::serve::Server;
use crate::app::pages::{PageId, drift};
use crate::app::picker::Purpose;
use crate::app::state::AppState;
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::format;
pub(super) use crate::app::widgets::popup_frame;
use crate::app::widgets::{Weight, focus_ring, icon_button, menu_item, paint_icon, progress_bar, spinner};
use crate::workspace::DataRef;

/// The bar.
pub(crate) fn top_bar_ui(
    ui: &mut Ui,
    state: &AppState,
    compact: bool,
    actions: &[Action],
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, hairline(&t));
    let inner = rect.shrink2(vec2(space::S4, 0.0));
    let mut right =
        ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = space::S2;
    jobs_chip_ui(&mut right, state, compact, commands);
    model_chip_ui(&mut right, state, commands);
    server_chip_ui(&mut right, state, compact, commands);
    let chips_left = right.min_rect().left();
    let mut left_rect = inner;
    left_rect.max.x = chips_left - space::S3;
    let mut left =
        ui.new_child(UiBuilder::new().max_rect(left_rect).layout(Layout::left_to_right(Align::Center)));
    left.set_clip_rect(left_rect.expand2(vec2(4.0, 0.0)));
    left.spacing_mut().item_spacing.x = space::S1;
    workspace_menu_ui(&mut left, state, actions, commands);
    left.add_space(space::S2);
    let (line, _) = left.allocate_exact_size(vec2(1.0, space::S6), Sense::hover());
    left.painter().vline(line.center().x, line.y_range(), hairline(&t));
    left.add_space(space::S2);
    stack_ui(&mut left, state, commands);
}

/// How far a step of the deployment stack is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Current,
    ToDo,
}

/// Model, API, Hosting, Infrastructure: each done only when what it stands for exists.
fn stack_ui(ui: &mut Ui, state: &AppState, commands: &mut Commands) {
    let t = tokens(ui);
    let has_model = state.truth.champion().is_some();
    // the loop closes: in a world that has moved away a model is what is needed next
    let drifted = has_model && drift::needs_a_model(state);
    let model = if has_model && !drifted { Step::Done } else { Step::Current };
    let api = match has_model {
        true if state.screen.serve.answered => Step::Done,
        true if !drifted => Step::Current,
        _ => Step::ToDo,
    };
    let hosting = if api == Step::Done && !drifted { Step::Current } else { Step::ToDo };
    let about_model = if drifted {
        "the error of the champion crosses its line on the Drift page; done when a new champion is chosen, or the world is as it was"
    } else {
        "done when a champion is chosen"
    };
    let steps = [
        ("Model", PageId::Train, model, about_model),
        ("API", PageId::Serve, api, "done when a request was answered with 200"),
        ("Hosting", PageId::Ship, hosting, "done when an export passed its checks; comes with the Ship page"),
        (
            "Infrastructure",
            PageId::Scale,
            Step::ToDo,
            "done when a load test met its goal; comes with the Scale page",
        ),
    ];
    for (at, (name, page, step, about)) in steps.into_iter().enumerate() {
        if at > 0 {
            let (rect, _) = ui.allocate_exact_size(vec2(space::S4, space::S4), Sense::hover());
            paint_icon(
                ui.painter(),
                rect.center(),
                Icon::CARET_RIGHT,
                Weight::Regular,
                size::ICON_SMALL,
                t.text_3,
            );
        }
        let word = match step {
            Step::Done => "done",
            Step::Current => "current",
            Step::ToDo => "to do",
        };
        let response =
            step_ui(ui, at + 1, name, step, word).on_hover_text(format!("{name}: {word}; {about}"));
        if response.clicked() {
            commands.push(Command::Go(page));
        }
    }
}

fn step_ui(ui: &mut Ui, number: usize, name: &str, step: Step, word: &str) -> Response {
    let t = tokens(ui);
    let font = if step == Step::ToDo { font::label() } else { FontId::new(13.0, font::semibold()) };
    let color = if step == Step::ToDo { t.text_3 } else { t.text };
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, color);
    let width = galley.size().x + size::ICON + space::S2 * 3.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}: {word}")));
    let painter = ui.painter();
    let fill = if step == Step::Current {
        t.selected
    } else if response.hovered() {
        t.hover
    } else {
        Color32::TRANSPARENT
    };
    painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
    let at = pos2(rect.left() + space::S2 + size::ICON / 2.0, rect.center().y);
    match step {
        Step::Done => paint_icon(painter, at, Icon::CHECK_CIRCLE, Weight::Fill, size::ICON, t.good),
        Step::Current => {
            painter.circle_filled(at, size::ICON / 2.0 - 0.5, t.accent);
            painter.text(at, Align2::CENTER_CENTER, number.to_string(), font::step_digit(), t.on_accent);
        }
        Step::ToDo => {
            painter.circle_stroke(at, size::ICON / 2.0 - 1.0, Stroke::new(1.0, t.stroke_control));
            painter.text(at, Align2::CENTER_CENTER, number.to_string(), font::step_digit(), t.text_3);
        }
    }
    let x = at.x + size::ICON / 2.0 + space::S2;
    painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, color);
    focus_ring(ui, &response, radius::CONTROL);
    response
}

/// A chip: an icon and a word in a bordered box; `name` is read aloud.
fn chip(ui: &mut Ui, icon: Icon, icon_color: Color32, label: &str, name: &str) -> Response {
    let t = tokens(ui);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), font::small_medium(), t.text);
    let width = galley.size().x + size::ICON + space::S2 * 3.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CHIP), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = if response.hovered() { t.hover } else { t.surface };
    let painter = ui.painter();
    painter.rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        fill,
        Stroke::new(1.0, t.stroke),
        StrokeKind::Inside,
    );
    let at = pos2(rect.left() + space::S2 + size::ICON / 2.0, rect.center().y);
    paint_icon(painter, at, icon, Weight::Regular, size::ICON, icon_color);
    painter.galley(
        pos2(at.x + size::ICON / 2.0 + space::S2, rect.center().y - galley.size().y / 2.0),
        galley,
        t.text,
    );
    focus_ring(ui, &response, radius::CONTROL);
    response
}

/// What the server does.
fn server_chip_ui(ui: &mut Ui, state: &AppState, compact: bool, commands: &mut Commands) {
    let t = tokens(ui);
    let results = &state.results.serve;
    let (label, short, color) = match &results.server {
        Server::Off if results.problem.is_some() => ("Failed".to_owned(), "Failed".to_owned(), t.bad),
        Server::Off => ("Not serving".to_owned(), "Off".to_owned(), t.text_2),
        Server::Starting => ("Starting".to_owned(), "Starting".to_owned(), t.info),
        Server::Stopping => ("Stopping".to_owned(), "Stopping".to_owned(), t.info),
        Server::Serving(live) => {
            (format!("Serving on {}", live.address), format!(":{}", live.address.port()), t.good)
        }
    };
    let shown = if compact { &short } else { &label };
    let name = format!("Server: {}{}", label[..1].to_lowercase(), &label[1..]);
    if chip(ui, Icon::BROADCAST, color, shown, &name).clicked() {
        commands.push(Command::Go(PageId::Serve));
    }
}

fn model_chip_ui(ui: &mut Ui, state: &AppState, commands: &mut Commands) {
    let t = tokens(ui);
    let (label, name, color) = match state.truth.champion() {
        Some(version) => {
            let model = version.model();
            let label = format!("{} {}", model.output.name, version.entry.title());
            let name = format!("Model: {label}, {}", model.kind);
            (label, name, t.accent)
        }
        None => ("No model yet".to_owned(), "Model: none yet".to_owned(), t.text_2),
    };
    if chip(ui, Icon::CUBE, color, &label, &name).clicked() {
        commands.push(Command::Go(PageId::Train));
    }
}

fn jobs_chip_ui(ui: &mut Ui, state: &AppState, compact: bool, commands: &mut Commands) {
    let t = tokens(ui);
    let jobs: Vec<&JobStatus> = state.work.jobs.iter().filter(|job| job.shown).collect();
    let Some(first) = jobs.first() else {
        chip(ui, Icon::CHECK, t.text_2, "No jobs", "Jobs: none");
        return;
    };
    let title = || first.rows_text().unwrap_or_else(|| first.title.clone());
    let label = if jobs.len() == 1 { title() } else { format!("{} jobs", jobs.len()) };
    let shown = if compact { String::new() } else { label.clone() };
    let percent = first.share().map_or_else(|| "…".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let label_galley = ui.painter().layout_no_wrap(shown, font::small_medium(), t.text);
    let percent_galley = ui.painter().layout_no_wrap(percent, font::mono(), t.text);
    let bar = 48.0;
    let width =
        space::S2 * 5.0 + size::ICON + label_galley.size().x + bar + percent_galley.size().x.max(36.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CHIP), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Jobs: {label}")));
    let fill = if response.hovered() { t.hover } else { t.surface };
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        fill,
        Stroke::new(1.0, t.stroke),
        StrokeKind::Inside,
    );
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(space::S2, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = space::S2;
    spinner(&mut row, size::ICON_SEGMENT);
    let (place, _) = row.allocate_exact_size(label_galley.size(), Sense::hover());
    row.painter().galley(place.min, label_galley, t.text);
    progress_bar(&mut row, &first.title, first.share(), bar, size::PROGRESS_SMALL);
    let (place, _) = row.allocate_exact_size(percent_galley.size(), Sense::hover());
    row.painter().galley(place.min, percent_galley, t.text);
    focus_ring(ui, &response, radius::CONTROL);
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .frame(popup_frame(ui))
        .accessible_name("Jobs that run")
        .show(|ui| {
            ui.set_min_width(280.0);
            for job in &jobs {
                ui.horizontal(|ui| {
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = space::S1;
                        ui.label(text(&job.title, font::label(), t.text));
                        progress_bar(ui, &job.title, job.share(), 200.0, size::PROGRESS_SMALL);
                        let since = format!("{} so far", format::duration(job.seconds));
                        let since = job.rows_text().map_or(since.clone(), |rows| format!("{rows}, {since}"));
                        ui.label(text(since, font::small(), t.text_3));
                    });
                    if icon_button(ui, Icon::STOP, &format!("Stop {}", job.title)).clicked() {
                        commands.push(Command::Cancel(job.id));
                    }
                });
            }
        });
}

/// The frame of what stands over the page and waits for an answer.
pub(crate) fn modal_frame(ui: &Ui) -> Frame {
    popup_frame(ui).inner_margin(Margin::same(16))
}

/// The workspace's name, with what was open before behind it.
fn workspace_menu_ui(ui: &mut Ui, state: &AppState, actions: &[Action], commands: &mut Commands) {
    let t = tokens(ui);
    let title =
        state.truth.folder.as_ref().map_or_else(|| "untitled".to_owned(), crate::workspace::Folder::title);
    let galley = ui.painter().layout_no_wrap(title.clone(), FontId::new(13.0, font::semibold()), t.text);
    let width = galley.size().x + size::ICON + space::S2;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Workspace: {title}")));
    ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, t.text);
    let at = pos2(rect.right() - size::ICON / 2.0, rect.center().y);
    paint_icon(ui.painter(), at, Icon::CARET_DOWN, Weight::Regular, size::ICON_SMALL, t.text_2);
    focus_ring(ui, &response, radius::CONTROL);
    Popup::menu(&response).frame(popup_frame(ui)).accessible_name("Workspace").show(|ui| {
        ui.set_min_width(260.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let key = hint(actions, "Open CSV…");
        if menu_item(ui, Some(Icon::FOLDER_OPEN), "Open CSV…", &key, false, true).clicked() {
            commands.push(Command::Choose(Purpose::OpenData));
        }
        if menu_item(ui, Some(Icon::CUBE), "Open model…", "", false, true).clicked() {
            commands.push(Command::Choose(Purpose::OpenModel));
        }
        if !state.screen.recent.is_empty() {
            ui.add_space(space::S2);
            ui.label(text("Recent", font::small_medium(), t.text_3));
            for from in &state.screen.recent {
                let icon = if matches!(from, DataRef::Sample(_)) { Icon::FLASK } else { Icon::FILE_CSV };
                let response = menu_item(ui, Some(icon), &from.title(), "", false, true);
                let response = match from {
                    DataRef::Path(path) => response.on_hover_text(short_path(path)),
                    _ => response,
                };
                if response.clicked() {
                    commands.push(Command::Open(from.clone()));
                }
            }
        }
        if let Some(folder) = &state.truth.folder {
            ui.add_space(space::S2);
            ui.label(text("This workspace is the folder", font::small_medium(), t.text_3));
            ui.label(text(short_path(folder.root()), font::mono(), t.text_2));
            if menu_item(ui, Some(Icon::COPY), "Copy its path", "", false, true).clicked() {
                commands.push(Command::Copy(folder.root().display().to_string()));
            }
        }
    });
}

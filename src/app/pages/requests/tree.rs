//! The tree of requests: folders that fold, requests with their methods; renamed, moved, copied and deleted here.

use std::path::{Path, PathBuf};

use eframe::egui::{
    Align, Align2, CornerRadius, CursorIcon, Layout, Popup, Rect, Response, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{Command, Draft, FileWork, Panel, Results};
use crate::app::command::Commands;
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, radius, size, space, text, tokens};
use crate::app::widgets::{
    Weight, elided, focus_ring, icon_button, menu_item, paint_icon, popup_frame, search_field, text_field,
};
use crate::client::collection::Node;

/// The head and the tree.
pub(super) fn tree_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let whole = ui.max_rect();
    let head = Rect::from_min_max(
        pos2(whole.left() + space::S4, whole.top()),
        pos2(whole.right() - space::S4, whole.top() + size::PAGE_HEAD_COMPACT + space::S2),
    );
    let mut row = ui.new_child(UiBuilder::new().max_rect(head).layout(Layout::left_to_right(Align::Center)));
    row.label(text("Requests", font::title(), t.text));
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::S1;
        more_ui(ui, view, draft, commands);
        if icon_button(ui, Icon::PLUS, "New request").clicked() {
            commands.push(Command::New);
        }
    });
    let search =
        Rect::from_min_size(pos2(head.left(), head.bottom()), vec2(head.width(), size::CONTROL_COMPACT));
    let mut row = ui.new_child(UiBuilder::new().max_rect(search));
    search_field(&mut row, "Find a request", &mut draft.filter, "", search.width());
    let list = Rect::from_min_max(
        pos2(whole.left() + space::S2, search.bottom() + space::S2),
        pos2(whole.right(), whole.bottom()),
    );
    let mut area = ui.new_child(UiBuilder::new().id_salt("tree list").max_rect(list));
    area.set_clip_rect(list);
    let Some(nodes) = results.tree.value.clone() else { return };
    ScrollArea::vertical().id_salt("tree").auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_max_width(list.width() - space::S3);
        let filter = draft.filter.trim().to_lowercase();
        for node in nodes.iter() {
            node_ui(ui, node, 0, &filter, &nodes, draft, commands);
        }
        if !filter.is_empty() && !nodes.iter().any(|node| is_shown(node, &filter)) {
            ui.add_space(space::S2);
            ui.label(text("No request is called so", font::small(), t.text_3));
        }
    });
}

/// What else can be done.
fn more_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let response = icon_button(ui, Icon::DOTS_THREE, "More for requests");
    Popup::menu(&response).gap(space::S1).frame(popup_frame(ui)).accessible_name("More for requests").show(
        |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_min_width(size::MENU);
            let has_model = view.truth.champion().is_some();
            if menu_item(ui, Some(Icon::FOLDER_OPEN), "New folder", "", false, true).clicked() {
                commands.push(Command::NewFolder);
            }
            if menu_item(ui, Some(Icon::DOWNLOAD_SIMPLE), "Import a curl command…", "", false, true).clicked()
            {
                commands.push(Command::Import);
            }
            if menu_item(ui, Some(Icon::PLUS), "Add requests for the model", "", false, has_model).clicked() {
                commands.push(Command::ModelRequests);
            }
            let is = |panel: Panel| draft.panel == panel;
            if menu_item(
                ui,
                Some(Icon::ARROWS_LEFT_RIGHT),
                "Every dialect",
                "",
                is(Panel::Dialects),
                has_model,
            )
            .clicked()
            {
                commands.push(Command::Show(Panel::Dialects));
            }
            let has = draft.has_request();
            if menu_item(ui, Some(Icon::ROWS), "Run for every row", "", is(Panel::Rows), has).clicked() {
                commands.push(Command::Show(Panel::Rows));
            }
            if menu_item(ui, Some(Icon::ARROW_COUNTER_CLOCKWISE), "Read the files again", "", false, true)
                .clicked()
            {
                commands.push(Command::Files(FileWork::Load));
            }
        },
    );
}

fn is_shown(node: &Node, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    match node {
        Node::Folder { name, children, .. } => {
            name.to_lowercase().contains(filter) || children.iter().any(|child| is_shown(child, filter))
        }
        Node::Request { name, method, .. } => {
            name.to_lowercase().contains(filter) || method.to_lowercase().contains(filter)
        }
        Node::Damaged { path, .. } => path.to_string_lossy().to_lowercase().contains(filter),
    }
}

fn node_ui(
    ui: &mut Ui,
    node: &Node,
    depth: usize,
    filter: &str,
    nodes: &[Node],
    draft: &mut Draft,
    commands: &mut Commands,
) {
    if !is_shown(node, filter) {
        return;
    }
    if let Some((path, name, fresh)) = &mut draft.renaming
        && path == node.path()
    {
        let response = text_field(ui, "New name", name, "Name", ui.available_width() - space::S2, None);
        if std::mem::take(fresh) {
            response.request_focus();
        }
        if response.lost_focus() {
            let (path, name) = (path.clone(), name.trim().to_owned());
            draft.renaming = None;
            let before = match node {
                Node::Request { name, .. } | Node::Folder { name, .. } => name.as_str(),
                Node::Damaged { .. } => "",
            };
            if !name.is_empty() && name != before {
                commands.push(Command::Files(FileWork::Rename(path, name)));
            }
        }
    } else {
        match node {
            Node::Folder { path, name, children } => {
                let open = !filter.is_empty() || !draft.folded.contains(path);
                let response = folder_row(ui, name, path, node.count(), depth, open, children.is_empty());
                if response.clicked() {
                    if open {
                        draft.folded.insert(path.clone());
                    } else {
                        draft.folded.remove(path);
                    }
                }
                dropped_on(ui, &response, path, commands);
                menu_ui(&response, path, true, nodes, commands);
            }
            Node::Request { path, name, method, has_auth } => {
                let edited =
                    if *path == draft.open { draft.is_edited() } else { draft.edited.contains_key(path) };
                let selected = *path == draft.open;
                let shown = if selected { draft.now.request.name.clone() } else { name.clone() };
                let method = if selected { draft.now.request.method.clone() } else { method.clone() };
                let response = request_row(ui, &shown, &method, depth, selected, edited, *has_auth);
                if response.clicked() {
                    commands.push(Command::Open(path.clone()));
                }
                response.dnd_set_drag_payload(path.clone());
                menu_ui(&response, path, false, nodes, commands);
            }
            Node::Damaged { path, error } => {
                let t = tokens(ui);
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let response = row(ui, &format!("{name}, damaged"), depth, false);
                let at =
                    pos2(response.rect.left() + indent(depth) + size::ICON / 2.0, response.rect.center().y);
                paint_icon(ui.painter(), at, Icon::WARNING, Weight::Fill, size::ICON_SEGMENT, t.warn);
                name_text(ui, &t, &name, at.x + space::S4, response.rect, t.text_2, space::S2);
                response.on_hover_text(format!("{}: {error}. It is left as it is.", path.display()));
            }
        }
    }
    if let Node::Folder { path, children, .. } = node
        && (!filter.is_empty() || !draft.folded.contains(path))
    {
        for child in children {
            node_ui(ui, child, depth + 1, filter, nodes, draft, commands);
        }
    }
}

fn indent(depth: usize) -> f32 {
    space::S1 + depth as f32 * space::S4
}

/// A row that can be pressed.
fn row(ui: &mut Ui, name: &str, depth: usize, selected: bool) -> Response {
    let t = tokens(ui);
    let width = ui.available_width().max(indent(depth) + 40.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::ROW), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, name));
    let painter = ui.painter();
    if selected {
        painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), t.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), t.hover);
    }
    focus_ring(ui, &response, radius::TAG);
    if response.dragged() {
        ui.set_cursor_icon(CursorIcon::Grabbing);
    }
    response
}

fn name_text(
    ui: &Ui,
    _t: &Tokens,
    name: &str,
    left: f32,
    rect: Rect,
    color: eframe::egui::Color32,
    right: f32,
) {
    let galley =
        elided(ui.painter(), name.to_owned(), font::body(), color, (rect.right() - right - left).max(10.0));
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
}

fn folder_row(
    ui: &mut Ui,
    name: &str,
    path: &Path,
    count: usize,
    depth: usize,
    open: bool,
    empty: bool,
) -> Response {
    let t = tokens(ui);
    let response = row(ui, name, depth, false);
    let y = response.rect.center().y;
    let mut x = response.rect.left() + indent(depth);
    let caret = if open { Icon::CARET_DOWN } else { Icon::CARET_RIGHT };
    paint_icon(ui.painter(), pos2(x + 6.0, y), caret, Weight::Regular, size::ICON_SMALL, t.text_2);
    x += space::S4 + space::S1;
    let icon = match (depth, path.to_string_lossy().as_ref()) {
        (0, "Local") => Icon::MONITOR,
        (0, "Remote") => Icon::CLOUD,
        _ => Icon::FOLDER_OPEN,
    };
    paint_icon(ui.painter(), pos2(x + size::ICON / 2.0, y), icon, Weight::Regular, size::ICON, t.text_2);
    name_text(ui, &t, name, x + size::ICON + space::S2, response.rect, t.text, space::S8);
    if depth == 0 || !open || empty {
        let at = pos2(response.rect.right() - space::S2, y);
        ui.painter().text(at, Align2::RIGHT_CENTER, count.to_string(), font::small(), t.text_3);
    }
    response
}

fn request_row(
    ui: &mut Ui,
    name: &str,
    method: &str,
    depth: usize,
    selected: bool,
    edited: bool,
    has_auth: bool,
) -> Response {
    let t = tokens(ui);
    let spoken = if edited { format!("{name}, not saved") } else { name.to_owned() };
    let response = row(ui, &spoken, depth, selected);
    let rect = response.rect;
    let y = rect.center().y;
    let x = rect.left() + indent(depth) + space::S1;
    let color = method_colour(method, &t);
    let short: String = method.chars().take(5).collect();
    ui.painter().text(pos2(x, y), Align2::LEFT_CENTER, short, font::mono_key(), color);
    let name_color = if selected { t.text } else { t.text_2 };
    let marked = edited || has_auth && depth < 2;
    let right = if marked { space::S6 } else { space::S1 };
    name_text(ui, &t, name, x + 36.0, rect, name_color, right);
    let at = pos2(rect.right() - space::S3, y);
    if edited {
        ui.painter().circle_filled(at, 3.0, t.accent);
    } else if has_auth && depth < 2 {
        paint_icon(ui.painter(), at, Icon::KEY, Weight::Regular, size::ICON_SMALL, t.text_3);
    }
    response
}

/// The colour of a method.
pub(super) fn method_colour(method: &str, t: &Tokens) -> eframe::egui::Color32 {
    match method {
        "GET" | "HEAD" | "OPTIONS" => t.good,
        "DELETE" => t.bad,
        "PUT" | "PATCH" => t.warn,
        _ => t.info,
    }
}

/// A request that is let go over a folder goes there.
fn dropped_on(ui: &Ui, response: &Response, folder: &Path, commands: &mut Commands) {
    if response.dnd_hover_payload::<PathBuf>().is_some() {
        let t = tokens(ui);
        let stroke = eframe::egui::Stroke::new(1.0, t.accent);
        ui.painter().rect_stroke(
            response.rect,
            CornerRadius::same(radius::CONTROL),
            stroke,
            eframe::egui::StrokeKind::Inside,
        );
    }
    if let Some(path) = response.dnd_release_payload::<PathBuf>()
        && path.parent() != Some(folder)
    {
        commands.push(Command::Files(FileWork::Move(path.as_ref().clone(), folder.to_path_buf())));
    }
}

/// What can be done with a row: by the right button, or Shift+F10.
fn menu_ui(response: &Response, path: &Path, is_folder: bool, nodes: &[Node], commands: &mut Commands) {
    Popup::context_menu(response).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(size::MENU);
        if menu_item(ui, Some(Icon::PENCIL_SIMPLE), "Rename", "", false, true).clicked() {
            commands.push(Command::Rename(path.to_path_buf()));
        }
        if !is_folder && menu_item(ui, Some(Icon::COPY), "Duplicate", "", false, true).clicked() {
            commands.push(Command::Files(FileWork::Duplicate(path.to_path_buf())));
        }
        let mut folders = Vec::new();
        folders_of(nodes, &mut folders);
        for folder in folders {
            let is_here = path.parent() == Some(folder) || folder.starts_with(path);
            let label = format!("Move to {}", folder.display());
            if !is_here && menu_item(ui, Some(Icon::ARROW_RIGHT), &label, "", false, true).clicked() {
                commands.push(Command::Files(FileWork::Move(path.to_path_buf(), folder.to_path_buf())));
            }
        }
        if menu_item(ui, Some(Icon::TRASH), "Delete", "", false, true).clicked() {
            commands.push(Command::Delete(path.to_path_buf()));
        }
    });
}

fn folders_of<'a>(nodes: &'a [Node], folders: &mut Vec<&'a Path>) {
    for node in nodes {
        if let Node::Folder { path, children, .. } = node {
            folders.push(path);
            folders_of(children, folders);
        }
    }
}

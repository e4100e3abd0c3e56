//! The head of a column: name, kind, histogram, missing values.

use eframe::egui::{Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Command;
use super::parts::{kind_sign, one_line};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::theme::{Icon, font, size, space, tokens};
use crate::app::widgets::{Bars, Weight, bars, elided, focus_ring, format, menu_item, paint_icon};
use crate::data::chart::ColumnChart;
use crate::data::profile::ColumnProfile;
use crate::workspace::Role as ColumnRole;

/// What a head shows.
pub(super) struct Head<'a> {
    pub(super) profile: &'a ColumnProfile,
    pub(super) chart: &'a ColumnChart,
    pub(super) role: ColumnRole,
    /// The inspector shows this column.
    pub(super) inspected: bool,
    /// The table is sorted by it: whether the largest comes first.
    pub(super) sorted: Option<bool>,
    pub(super) filtered: bool,
    /// More rows are coming, so that nothing can be said of the column yet.
    pub(super) still_reading: bool,
    /// The width that shows the name and every cell in full.
    pub(super) fitting: f32,
}

/// Where the parts stand, from the head's top.
mod at {
    pub(super) const NAME: f32 = 18.0;
    pub(super) const KIND: f32 = 36.0;
    pub(super) const CHART_TOP: f32 = 50.0;
    pub(super) const CHART_BOTTOM: f32 = 76.0;
    pub(super) const BAR: f32 = 82.0;
    pub(super) const MISSING: f32 = 96.0;
}

/// The head. A click opens the inspector, a click on the name sorts.
pub(super) fn head_ui(ui: &mut Ui, head: &Head<'_>, commands: &mut Commands) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let name = &head.profile.name;
    let sense = if head.still_reading { Sense::hover() } else { Sense::click() };
    let response = ui.interact(rect, ui.scope_id().with("head"), sense);
    response.widget_info(|| {
        if head.still_reading {
            return WidgetInfo::labeled(Role::ColumnHeader, true, name);
        }
        WidgetInfo::selected(Role::Button, true, head.inspected, format!("Inspect {name}"))
    });
    let fill = if head.inspected {
        t.selected
    } else if response.hovered() && !head.still_reading {
        t.hover
    } else {
        t.surface
    };
    let painter = ui.painter().clone();
    painter.rect_filled(rect, CornerRadius::ZERO, fill);
    if head.inspected {
        let mark = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + 2.0));
        painter.rect_filled(mark, CornerRadius::ZERO, t.accent);
    }
    let (left, right) = (rect.left() + space::S3, rect.right() - space::S3);
    let ignored = head.role == ColumnRole::Ignore;
    let ink = if ignored { t.text_3 } else { t.text };

    // the name, with the marks of target and order
    let marks = if head.sorted.is_some() { size::ICON } else { 0.0 }
        + if head.role == ColumnRole::Target { size::ICON + space::S1 } else { 0.0 };
    let funnel = if head.filtered { size::ICON } else { 0.0 };
    let galley =
        elided(&painter, one_line(name), font::card_title(), ink, (right - left - marks - funnel).max(1.0));
    let y = rect.top() + at::NAME;
    let name_rect = Rect::from_min_size(
        pos2(left - space::S1, y - 10.0),
        vec2(galley.size().x + marks + space::S2, 20.0),
    );
    let sort = ui.interact(name_rect, ui.scope_id().with("sort"), sense);
    if !head.still_reading {
        sort.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Sort by {name}")));
    }
    if sort.hovered() && !head.still_reading {
        painter.rect_filled(name_rect, CornerRadius::same(4), t.accent_tint);
    }
    let mut x = left + galley.size().x;
    painter.galley(pos2(left, y - galley.size().y / 2.0), galley, ink);
    if head.role == ColumnRole::Target {
        x += space::S1;
        paint_icon(&painter, pos2(x + 7.0, y), Icon::TARGET, Weight::Bold, size::ICON_SEGMENT, t.accent);
        x += size::ICON;
    }
    if let Some(descending) = head.sorted {
        let icon = if descending { Icon::CARET_DOWN } else { Icon::CARET_UP };
        paint_icon(&painter, pos2(x + space::S2, y), icon, Weight::Bold, size::ICON_SMALL, t.accent);
    }
    focus_ring(ui, &sort, 4);

    // the kind, and what the column is for
    let (icon, word) = kind_sign(head.profile.kind);
    let y = rect.top() + at::KIND;
    paint_icon(&painter, pos2(left + 6.0, y), icon, Weight::Regular, size::ICON_SMALL, t.text_3);
    let (role, color) = match head.role {
        ColumnRole::Target => ("target", t.accent),
        ColumnRole::Ignore => ("ignored", t.text_3),
        ColumnRole::Feature => ("", t.text_3),
    };
    let word = painter.layout_no_wrap(word.to_owned(), font::small(), t.text_2);
    let plain = role.is_empty();
    let role = painter.layout_no_wrap(role.to_owned(), font::small_medium(), color);
    let mut x = left + size::ICON;
    // where both have no room the icon alone stands for the kind
    if plain || x + word.size().x + space::S2 + role.size().x <= right {
        let width = word.size().x;
        painter.galley(pos2(x, y - word.size().y / 2.0), word, t.text_2);
        x += width + space::S2;
    }
    painter.galley(pos2(x, y - role.size().y / 2.0), role, color);
    if head.filtered {
        let at_funnel = pos2(right - 6.0, rect.top() + at::NAME);
        paint_icon(&painter, at_funnel, Icon::FUNNEL_SIMPLE, Weight::Bold, size::ICON_SMALL, t.accent);
    }

    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, t.stroke_strong));
    if head.still_reading {
        // what will stand here when every row is there
        let place = Rect::from_min_max(
            pos2(left, rect.top() + at::CHART_TOP),
            pos2(right, rect.top() + at::BAR + space::S1),
        );
        painter.rect_filled(place, CornerRadius::same(4), t.hover);
        return;
    }
    let chart = Rect::from_min_max(
        pos2(left, rect.top() + at::CHART_TOP),
        pos2(right, rect.top() + at::CHART_BOTTOM),
    );
    let color = if head.inspected { t.accent } else { t.p_ref };
    bars(&painter, chart, Bars { heights: &head.chart.counts, gap: 1.0, color });

    // the share that is missing, at the right end of a bar
    let (rows, missing) = (head.profile.rows, head.profile.missing);
    let bar = Rect::from_min_size(pos2(left, rect.top() + at::BAR), vec2(right - left, 3.0));
    painter.rect_filled(bar, CornerRadius::same(2), if head.inspected { t.stroke_strong } else { t.stroke });
    let y = rect.top() + at::MISSING;
    if missing > 0 {
        let share = missing as f32 / rows.max(1) as f32;
        let mut gone = bar;
        gone.min.x = bar.right() - (bar.width() * share).max(2.0);
        painter.rect_filled(gone, CornerRadius::same(2), t.warn);
        let said = format!("{} missing", format::rows(missing));
        painter.text(pos2(left, y), Align2::LEFT_CENTER, said, font::small(), t.warn);
    } else {
        painter.text(pos2(left, y), Align2::LEFT_CENTER, "complete", font::small(), t.text_3);
    }
    focus_ring(ui, &response, 0);

    if sort.clicked() {
        commands.push(Command::Sort(name.clone()));
    } else if response.clicked() {
        commands.push(Command::Inspect((!head.inspected).then(|| name.clone())));
    }
    for response in [&response, &sort] {
        response.context_menu(|ui| column_menu_ui(ui, name, head.role, Some(head.fitting), commands));
    }
    border_ui(ui, head, commands);
}

/// The right border: a drag makes the column wider or narrower, a double click as wide as its content.
fn border_ui(ui: &mut Ui, head: &Head<'_>, commands: &mut Commands) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let name = &head.profile.name;
    let grip = Rect::from_min_max(pos2(rect.right() - space::S2, rect.top()), rect.max);
    // the keyboard does this from the column's menu
    let response = ui.interact(grip, ui.scope_id().with("border"), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, format!("Width of {name}")));
    if response.hovered() || response.dragged() {
        ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
        let x = rect.right() - 1.0;
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, t.accent));
    } else {
        // where one can take hold of it
        let y = rect.top() + at::NAME - 8.0..=rect.top() + at::KIND + 6.0;
        ui.painter().vline(rect.right() - 0.5, y, Stroke::new(1.0, t.stroke));
    }
    if response.double_clicked() {
        commands.push(Command::SetWidth(name.clone(), Some(head.fitting)));
    } else if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let width = (pointer.x - rect.left()).clamp(size::COLUMN_NARROWEST, size::COLUMN_WIDEST).round();
        if (width - rect.width()).abs() >= 1.0 {
            commands.push(Command::SetWidth(name.clone(), Some(width)));
        }
    }
}

/// What can be done with a column.
pub(super) fn column_menu_ui(
    ui: &mut Ui,
    name: &str,
    role: ColumnRole,
    fitting: Option<f32>,
    commands: &mut Commands,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.set_min_width(size::MENU);
    let mut item = |ui: &mut Ui, icon: Icon, label: &str, current: bool, command: AppCommand| {
        if menu_item(ui, Some(icon), label, "", current, true).clicked() {
            commands.push(command);
            ui.close();
        }
    };
    let by = |descending| Command::SortBy(Some((name.to_owned(), descending))).into();
    item(ui, Icon::SORT_ASCENDING, "Sort: smallest first", false, by(false));
    item(ui, Icon::SORT_DESCENDING, "Sort: largest first", false, by(true));
    item(ui, Icon::ROWS, "Sort: as in the file", false, Command::SortBy(None).into());
    item(ui, Icon::COPY, "Copy the name", false, AppCommand::Copy(name.to_owned()));
    item(ui, Icon::COPY, "Copy the column", false, Command::CopyColumn(name.to_owned()).into());
    if let Some(width) = fitting {
        let fit = Command::SetWidth(name.to_owned(), Some(width));
        item(ui, Icon::ARROWS_LEFT_RIGHT, "As wide as its content", false, fit.into());
    }
    let usual = Command::SetWidth(name.to_owned(), None);
    item(ui, Icon::ARROWS_LEFT_RIGHT, "The usual width", false, usual.into());
    for (icon, label, other) in [
        (Icon::ARROW_RIGHT, "Use as a feature", ColumnRole::Feature),
        (Icon::TARGET, "Use as the target", ColumnRole::Target),
        (Icon::PROHIBIT, "Ignore", ColumnRole::Ignore),
    ] {
        item(ui, icon, label, role == other, Command::SetRole(name.to_owned(), other).into());
    }
}

//! The left rail: where one is, and where one can go.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, Layout, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use crate::app::command::{Action, Command, Commands, hint};
use crate::app::pages::{PageId, drift, walkthrough};
use crate::app::state::{AppState, ThemeChoice};
use crate::app::theme::{Icon, font, hairline, radius, size, space, tokens};
use crate::app::widgets::{Segment, Weight, focus_ring, paint_icon, segmented};

/// The rail; `compact` leaves the words out.
pub(crate) fn rail_ui(
    ui: &mut Ui,
    state: &AppState,
    compact: bool,
    actions: &[Action],
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), hairline(&t));
    wordmark_ui(ui, compact);
    let inner = eframe::egui::Rect::from_min_max(
        pos2(rect.left() + space::S2, rect.top() + size::TOP_BAR),
        pos2(rect.right() - space::S2, rect.bottom() - space::S2),
    );
    let mut list = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
    list.spacing_mut().item_spacing.y = 0.0;
    let hides = walkthrough::hides(state);
    let mut group = "";
    for page in PageId::ALL {
        if page.group() != group {
            group = page.group();
            group_ui(&mut list, group, compact);
        }
        let here = state.screen.page == page;
        let bad = match page {
            PageId::Data => state.truth.dataset.problem.is_some(),
            PageId::Drift => state.truth.champion().is_some() && drift::needs_a_model(state),
            _ => false,
        };
        if hides.is_some_and(|hides| hides.contains(page.title())) {
            continue;
        }
        let key = hint(actions, &format!("Go to {}", page.title()));
        let note = match page {
            PageId::Walkthrough => {
                let (done, of) = walkthrough::progress(state);
                if of > 0 { format!("{done}/{of}") } else { String::new() }
            }
            _ => String::new(),
        };
        if nav_item(&mut list, page.icon(), (page.title(), &note), here, compact, bad, &key).clicked() {
            commands.push(Command::Go(page));
        }
    }
    let bottom = eframe::egui::Rect::from_min_max(pos2(inner.left(), inner.bottom() - 76.0), inner.max);
    let mut foot = ui.new_child(UiBuilder::new().max_rect(bottom).layout(Layout::bottom_up(Align::Min)));
    foot.spacing_mut().item_spacing.y = space::S2;
    let key = hint(actions, "Settings");
    if nav_item(&mut foot, Icon::GEAR_SIX, ("Settings", &key), state.screen.settings, compact, false, &key)
        .clicked()
    {
        commands.push(Command::Settings);
    }
    if compact {
        let key = hint(actions, "Projector mode");
        let on = state.screen.projector;
        if nav_item(&mut foot, Icon::PRESENTATION_CHART, ("Projector mode", ""), on, true, false, &key)
            .clicked()
        {
            commands.push(Command::Projector);
        }
    } else {
        let mut theme = state.screen.theme;
        let choices = [
            Segment::with_icon(ThemeChoice::Light, "Light", Icon::SUN),
            Segment::with_icon(ThemeChoice::Dark, "Dark", Icon::MOON),
            Segment::with_icon(ThemeChoice::Auto, "Auto", Icon::MONITOR),
        ];
        let width = foot.available_width();
        if segmented(&mut foot, "Theme", &mut theme, &choices, size::CONTROL_COMPACT, Some(width)) {
            commands.push(Command::SetTheme(theme));
        }
    }
}

fn wordmark_ui(ui: &mut Ui, compact: bool) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let x = if compact { rect.center().x } else { rect.left() + 26.0 };
    let at = pos2(x, rect.top() + size::TOP_BAR / 2.0);
    // a hull in its dock: the walls, and what floats between them
    let (half, wall) = (8.0, 1.5);
    let stroke = eframe::egui::Stroke::new(wall, t.text);
    let (left, right, top, bottom) = (at.x - half, at.x + half, at.y - half, at.y + half);
    let walls = vec![pos2(left, top), pos2(left, bottom), pos2(right, bottom), pos2(right, top)];
    ui.painter().add(eframe::egui::Shape::line(walls, stroke));
    let hull = vec![
        pos2(left + 3.5, at.y - 4.0),
        pos2(right - 3.5, at.y - 4.0),
        pos2(right - 5.5, bottom - 3.5),
        pos2(left + 5.5, bottom - 3.5),
    ];
    ui.painter().add(eframe::egui::Shape::convex_polygon(hull, t.accent, eframe::egui::Stroke::NONE));
    if !compact {
        let at = pos2(rect.left() + 44.0, at.y);
        ui.painter().text(at, Align2::LEFT_CENTER, "Drydock", font::heading(), t.text);
    }
}

fn group_ui(ui: &mut Ui, name: &str, compact: bool) {
    let t = tokens(ui);
    if compact {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::S3), Sense::hover());
        if name != "LEARN" {
            ui.painter().hline(rect.x_range(), rect.center().y, hairline(&t));
        }
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    let at = pos2(rect.left() + space::S2, rect.bottom() - space::S2);
    ui.painter().text(at, Align2::LEFT_BOTTOM, name, font::tick_medium(), t.text_3);
}

fn nav_item(
    ui: &mut Ui,
    icon: Icon,
    (label, note): (&str, &str),
    here: bool,
    compact: bool,
    bad: bool,
    key: &str,
) -> Response {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::NAV_ITEM), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::selected(Role::Tab, true, here, label);
        info.current_text_value = Some(note.to_owned()).filter(|note| !note.is_empty());
        info
    });
    let fill = if here || response.is_pointer_button_down_on() {
        t.selected
    } else if response.hovered() {
        t.hover
    } else {
        Color32::TRANSPARENT
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
    let (icon_color, weight) = if here { (t.accent, Weight::Bold) } else { (t.text_2, Weight::Regular) };
    if compact {
        paint_icon(painter, rect.center(), icon, weight, size::ICON_CARD, icon_color);
    } else {
        paint_icon(
            painter,
            pos2(rect.left() + space::S4, rect.center().y),
            icon,
            weight,
            size::ICON,
            icon_color,
        );
        let at = pos2(rect.left() + 32.0, rect.center().y);
        let color = if here { t.text } else { t.text_2 };
        painter.text(at, Align2::LEFT_CENTER, label, font::label(), color);
    }
    if bad {
        // without a word beside it the mark sits on the icon's corner
        let (at, points) = if compact {
            (rect.center() + vec2(size::ICON_CARD, -size::ICON_CARD) / 2.0, size::ICON_SMALL)
        } else {
            (pos2(rect.right() - space::S4, rect.center().y), size::ICON_SEGMENT)
        };
        paint_icon(painter, at, Icon::X_CIRCLE, Weight::Fill, points, t.bad);
    } else if !compact && !note.is_empty() {
        let at = pos2(rect.right() - space::S2, rect.center().y);
        let font = if label == "Settings" { font::mono_key() } else { font::small() };
        painter.text(at, Align2::RIGHT_CENTER, note, font, t.text_3);
    }
    focus_ring(ui, &response, radius::CONTROL);
    if compact {
        response.on_hover_text(format!("{label}  {key}"))
    } else if key.is_empty() || label == "Settings" {
        response
    } else {
        response.on_hover_text(key)
    }
}

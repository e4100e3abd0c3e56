//! The way of one request, drawn with the milliseconds that the server measured at each hop.

use eframe::egui::{
    Align2, Color32, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::seen::Seen;
use crate::app::theme::{Icon, Tokens, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Tone, Weight, card_ground, card_head, clipped, format, guarded_ui, paint_icon, tag,
};

/// The height of the card.
pub(super) const HEIGHT: f32 = size::CARD_HEAD + BOX + space::S4 + BAR + LEGEND + space::S4;
const BOX: f32 = 60.0;
const BAR: f32 = 12.0;
const LEGEND: f32 = 24.0;
/// Below this width the stations are names without their second line.
const NARROW: f32 = 960.0;

/// A station: what it is, and what it did.
struct Station {
    icon: Icon,
    name: &'static str,
    did: String,
}

fn stations(seen: Option<&Seen>) -> [Station; 6] {
    let station = |icon, name, did: String| Station { icon, name, did };
    let Some(seen) = seen else {
        return [
            station(Icon::MONITOR, "Client", "sends".into()),
            station(Icon::LOCK_SIMPLE, "API", "checks the key".into()),
            station(Icon::LIST, "Queue", "waits".into()),
            station(Icon::GEAR_SIX, "Worker", "takes it".into()),
            station(Icon::CUBE, "Model", "predicts".into()),
            station(Icon::CHECK_CIRCLE, "Response", "goes back".into()),
        ];
    };
    let away = seen.is_turned_away();
    let checked = if away {
        "turned it away".to_owned()
    } else if seen.key.is_empty() {
        "no key".to_owned()
    } else {
        format!("key {}", seen.key)
    };
    let model = if seen.model.is_empty() { "not asked".to_owned() } else { seen.model.clone() };
    let waited = if away {
        "not reached".to_owned()
    } else if seen.hops.queue > 0.0 {
        "waited".to_owned()
    } else {
        "went straight on".to_owned()
    };
    let rows = format::plural(usize::try_from(seen.rows).unwrap_or(usize::MAX), "row", "rows");
    let (rows, model) =
        if away { ("not reached".to_owned(), "not reached".to_owned()) } else { (rows, model) };
    [
        station(Icon::MONITOR, "Client", format::bytes(seen.bytes_in)),
        station(Icon::LOCK_SIMPLE, "API", checked),
        station(Icon::LIST, "Queue", waited),
        station(Icon::GEAR_SIX, "Worker", rows),
        station(Icon::CUBE, "Model", model),
        station(
            if seen.is_good() { Icon::CHECK_CIRCLE } else { Icon::X_CIRCLE },
            "Response",
            format!("{}, {}", seen.status, format::bytes(seen.bytes_out)),
        ),
    ]
}

/// The colour of each hop, in their order.
fn colors(t: &Tokens) -> [Color32; 5] {
    [t.p_ref, t.p_6, t.p_cur, t.p_pred, t.p_5]
}

/// The card with the way of `seen`; `latest` when it is the last one that came.
pub(super) fn route_ui(ui: &mut Ui, rect: Rect, seen: Option<&Seen>, latest: bool) {
    let t = tokens(ui);
    card_ground(ui, rect);
    guarded_ui(ui, rect, "route", |ui| {
        let title =
            if latest || seen.is_none() { "Path of the last request" } else { "Path of the chosen request" };
        card_head(ui, None, title, false, |ui| match seen {
            Some(seen) => {
                tag(
                    ui,
                    Tone::Accent,
                    Some((Icon::TIMER, Weight::Regular)),
                    &format!("{} ms", format::millis(seen.total)),
                );
                let rows = usize::try_from(seen.rows).unwrap_or(usize::MAX);
                ui.label(text(format::plural(rows, "row", "rows"), font::small(), t.text_2));
                ui.label(text(format!("{} {}", seen.method, seen.path), font::mono_key(), t.text_2));
            }
            None => {
                ui.label(text("No request yet", font::small(), t.text_3));
            }
        });
        let inner = Rect::from_min_max(
            pos2(rect.left() + space::S4, rect.top() + size::CARD_HEAD),
            pos2(rect.right() - space::S4, rect.bottom()),
        );
        let lane = Rect::from_min_size(inner.min, vec2(inner.width(), BOX));
        stations_ui(ui, &t, lane, seen);
        let bar =
            Rect::from_min_size(pos2(inner.left(), lane.bottom() + space::S4), vec2(inner.width(), BAR));
        shares_ui(ui, &t, bar, seen);
    });
}

fn stations_ui(ui: &mut Ui, t: &Tokens, rect: Rect, seen: Option<&Seen>) {
    let narrow = rect.width() < NARROW;
    let gap = if narrow { 56.0 } else { 72.0 };
    let width = ((rect.width() - gap * 5.0) / 6.0).max(48.0);
    let stations = stations(seen);
    let hops = seen.map(|seen| seen.hops.between());
    let good = seen.is_none_or(Seen::is_good);
    for (at, station) in stations.iter().enumerate() {
        let left = rect.left() + (width + gap) * at as f32;
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let response = ui.interact(place, ui.scope_id().with(("station", at)), Sense::hover());
        let spoken = format!("{}: {}", station.name, station.did);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        painter.rect(place, CornerRadius::same(radius::CONTROL), t.surface, hairline(t), StrokeKind::Inside);
        let away = seen.is_some_and(Seen::is_turned_away);
        let passed_by = away && (2..=4).contains(&at);
        let color = match (seen, at) {
            (None, _) => t.text_3,
            (Some(_), 1) if away => t.bad,
            (Some(_), _) if passed_by => t.text_3,
            (Some(_), 5) if good => t.good,
            (Some(_), 5) => t.bad,
            _ => t.accent,
        };
        let weight = if at == 5 && seen.is_some() { Weight::Fill } else { Weight::Regular };
        let name_color = if seen.is_some() && !passed_by { t.text } else { t.text_3 };
        if narrow {
            let middle = place.center().x;
            paint_icon(&painter, pos2(middle, place.top() + 20.0), station.icon, weight, size::ICON, color);
            painter.text(
                pos2(middle, place.bottom() - 16.0),
                Align2::CENTER_CENTER,
                station.name,
                font::small_medium(),
                name_color,
            );
        } else {
            let x = place.left() + space::S3 + size::ICON / 2.0;
            paint_icon(&painter, pos2(x, place.center().y), station.icon, weight, size::ICON, color);
            let x = x + size::ICON / 2.0 + space::S2;
            painter.text(
                pos2(x, place.center().y - 9.0),
                Align2::LEFT_CENTER,
                station.name,
                font::label(),
                name_color,
            );
            clipped(
                &painter,
                pos2(x, place.center().y + 10.0),
                Align2::LEFT_CENTER,
                &station.did,
                place.right() - x - space::S2,
                t.text_2,
            );
        }
        response.on_hover_text(spoken);
        if at < 5 {
            let arrow =
                Rect::from_min_max(pos2(place.right(), rect.top()), pos2(place.right() + gap, rect.bottom()));
            // what was turned away at the door took no further step
            arrow_ui(ui, t, arrow, hops.map(|hops| hops[at]).filter(|_| !away || at < 2));
        }
    }
}

fn arrow_ui(ui: &mut Ui, t: &Tokens, rect: Rect, hop: Option<(&'static str, f64)>) {
    let y = rect.center().y + 6.0;
    let (left, right) = (rect.left() + space::S2, rect.right() - space::S2);
    let color = if hop.is_some() { t.text_3 } else { t.stroke_strong };
    let painter = ui.painter();
    painter.hline(left..=right - 5.0, y, Stroke::new(1.0, color));
    painter.add(eframe::egui::Shape::convex_polygon(
        vec![pos2(right, y), pos2(right - 6.0, y - 4.0), pos2(right - 6.0, y + 4.0)],
        color,
        Stroke::NONE,
    ));
    if let Some((name, value)) = hop {
        let galley = painter.layout_no_wrap(
            format::millis(value) + if value < 0.005 { "" } else { " ms" },
            font::mono_key(),
            t.text,
        );
        let at = pos2(rect.center().x - galley.size().x / 2.0, y - 8.0 - galley.size().y);
        painter.galley(at, galley, t.text);
        let response = ui.interact(rect, ui.scope_id().with(("hop", name)), Sense::hover());
        let spoken = format!("{name}: {} ms", format::millis(value));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        response.on_hover_text(match name {
            "receive" => "The body's way from the network to the server",
            "check, decode" => {
                "The key's rights are checked, bytes become rows that the model takes, every field is checked"
            }
            "queue" => "Waiting for a worker; a single record goes straight on",
            "inference" => "The model",
            _ => "From numbers to bytes",
        });
    }
}

/// The share of each hop in the whole time, and that of what is none.
fn shares_ui(ui: &mut Ui, t: &Tokens, rect: Rect, seen: Option<&Seen>) {
    let painter = ui.painter();
    let corner = CornerRadius::same(2);
    let Some(seen) = seen.filter(|seen| seen.hops.sum() > 0.0) else {
        painter.rect_filled(rect, corner, t.sunken);
        let said = "Where its time goes is shown here";
        painter.text(
            pos2(rect.left(), rect.bottom() + LEGEND / 2.0 + 2.0),
            Align2::LEFT_CENTER,
            said,
            font::small(),
            t.text_3,
        );
        return;
    };
    // what no hop is: the head is read, work is handed over, the answer is written
    let sum = seen.hops.sum().max(seen.total);
    let rest = ("other", sum - seen.hops.sum());
    let gap = 1.0;
    let mut x = rect.left();
    let mut legend = rect.left();
    let parts = seen.hops.between().into_iter().zip(colors(t)).chain([(rest, t.text_3)]);
    for ((name, value), color) in parts {
        let share = value / sum;
        let width = (rect.width() * share as f32).max(0.0);
        if width >= 1.0 {
            let part =
                Rect::from_min_max(pos2(x, rect.top()), pos2((x + width - gap).max(x + 1.0), rect.bottom()));
            painter.rect_filled(part, corner, color);
        }
        x += width;
        // the legend stands below, each entry with a patch of its colour, since a thin part has no room for a word
        let y = rect.bottom() + LEGEND / 2.0 + 2.0;
        let patch = Rect::from_center_size(pos2(legend + 4.0, y), vec2(8.0, 8.0));
        painter.rect_filled(patch, corner, color);
        let words = format!("{name} {} %", format::fixed(share * 100.0, 0));
        let galley = painter.layout_no_wrap(words, font::small(), t.text_2);
        let next = legend + 12.0 + galley.size().x + space::S4;
        painter.galley(pos2(legend + 12.0, y - galley.size().y / 2.0), galley, t.text_2);
        legend = next;
    }
}

//! Where the time went: each phase as a bar on one axis, the server's own hops inside the wait.

use eframe::egui::{Align2, Color32, CornerRadius, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::answer::Answer;
use crate::app::theme::{Tokens, font, size, space, tokens};
use crate::app::widgets::format;
use crate::client::PhaseKind;

/// A bar.
struct Bar {
    label: String,
    start: f64,
    secs: f64,
    color: Color32,
}

fn bars(answer: &Answer, t: &Tokens) -> Vec<Bar> {
    let mut bars = Vec::new();
    for phase in &answer.timings.phases {
        let color = match phase.kind {
            PhaseKind::Prepare | PhaseKind::Dns | PhaseKind::Connect | PhaseKind::Proxy | PhaseKind::Tls => {
                t.p_ref
            }
            PhaseKind::Send => t.p_6,
            PhaseKind::Wait => t.text_3,
            PhaseKind::Receive => t.p_5,
        };
        if phase.kind != PhaseKind::Wait {
            bars.push(Bar {
                label: phase.kind.label().into(),
                start: phase.start_secs,
                secs: phase.secs,
                color,
            });
            continue;
        }
        // the server's hops lie within the wait; what is left is the network and the server's rest
        let hops: Vec<(&str, f64)> =
            answer.server.iter().filter_map(|hop| Some((hop.name.as_str(), hop.secs?))).collect();
        let total: f64 = hops.iter().map(|(_, secs)| secs).sum();
        if hops.is_empty() || total > phase.secs {
            bars.push(Bar { label: "Wait".into(), start: phase.start_secs, secs: phase.secs, color });
            continue;
        }
        let rest = phase.secs - total;
        bars.push(Bar { label: "On the way".into(), start: phase.start_secs, secs: rest, color });
        let mut at = phase.start_secs + rest;
        for (name, secs) in hops {
            let color = match name {
                "queue" => t.p_cur,
                "inference" | "compute" => t.p_pred,
                _ => t.p_err,
            };
            let label = match name {
                "queue" => "Queue wait".to_owned(),
                name => {
                    let mut chars = name.chars();
                    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
                    first + chars.as_str()
                }
            };
            bars.push(Bar { label, start: at, secs, color });
            at += secs;
        }
    }
    bars
}

/// How high the bars of an answer are; nothing where nothing was measured.
pub(super) fn waterfall_height(answer: &Answer, t: &Tokens) -> f32 {
    let n = bars(answer, t).len();
    if n == 0 || answer.total_secs <= 0.0 {
        return 0.0;
    }
    size::CARD_HEAD + n as f32 * size::WATERFALL_ROW + space::S6 + space::S2
}

/// The bars.
pub(super) fn waterfall_ui(ui: &mut Ui, rect: Rect, answer: &Answer) {
    let t = tokens(ui);
    let bars = bars(answer, &t);
    let total = answer.timings.total_secs.max(1e-9);
    let spoken: Vec<String> =
        bars.iter().map(|bar| format!("{} {}", bar.label, format::duration(bar.secs))).collect();
    let title = format!("Where the {} went", format::duration(answer.timings.total_secs));
    let response = ui.interact(rect, ui.scope_id().with("waterfall"), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Figure, true, format!("{title}: {}", spoken.join(", "))));
    let hint = "Measured at the connection: DNS, Connect and TLS are left out where the connection was used before. Hops in the \
                wait are the server's own account (Server-Timing); the rest of it, to the server and back, is drawn before them.";
    response.on_hover_text(hint);
    let painter = ui.painter().with_clip_rect(rect);
    let inner = rect.shrink2(eframe::egui::vec2(space::S4, 0.0));
    let y = rect.top() + size::CARD_HEAD / 2.0;
    painter.text(pos2(inner.left(), y), Align2::LEFT_CENTER, &title, font::card_title(), t.text);
    let server: f64 = answer.server.iter().filter_map(|hop| hop.secs).sum();
    let about = if server > 0.0 {
        format!("server part {}", format::duration(server))
    } else if answer.timings.reused {
        "kept connection".to_owned()
    } else {
        String::new()
    };
    painter.text(pos2(inner.right(), y), Align2::RIGHT_CENTER, about, font::small(), t.text_3);
    let names = 88.0;
    let numbers = 72.0;
    let left = inner.left() + names;
    let width = (inner.width() - names - numbers - space::S2).max(40.0);
    let top = rect.top() + size::CARD_HEAD;
    let bottom = top + bars.len() as f32 * size::WATERFALL_ROW;
    painter.vline(left, top..=bottom, Stroke::new(1.0, t.stroke));
    painter.vline(left + width, top..=bottom, Stroke::new(1.0, t.stroke));
    let x = |secs: f64| left + (width * (secs / total).clamp(0.0, 1.0) as f32);
    for (at, bar) in bars.iter().enumerate() {
        let y = top + (at as f32 + 0.5) * size::WATERFALL_ROW;
        painter.text(pos2(inner.left(), y), Align2::LEFT_CENTER, &bar.label, font::body(), t.text_2);
        let (from, to) = (x(bar.start), x(bar.start + bar.secs));
        let to = to.max(from + 2.0).min(left + width);
        let place = Rect::from_min_max(pos2(from.min(to - 2.0), y - 6.0), pos2(to, y + 6.0));
        painter.rect_filled(place, CornerRadius::same(2), bar.color);
        painter.text(
            pos2(inner.right(), y),
            Align2::RIGHT_CENTER,
            format::duration(bar.secs),
            font::mono(),
            t.text,
        );
    }
    let y = bottom + space::S3;
    for (share, align) in
        [(0.0, Align2::LEFT_CENTER), (0.5, Align2::CENTER_CENTER), (1.0, Align2::RIGHT_CENTER)]
    {
        let label = if share == 0.0 { "0".to_owned() } else { format::duration(total * share) };
        painter.text(pos2(left + width * share as f32, y), align, label, font::tick(), t.text_3);
    }
}

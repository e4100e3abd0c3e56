//! Cross-validation: the scores of every fold, their mean and spread.

use eframe::egui::{Align2, CornerRadius, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{metrics, plan};
use crate::app::theme::{font, hairline, size, space, tokens};
use crate::app::widgets::format;
use crate::data::profile::summarize;
use crate::model::{Scores, Task};

/// A row per fold: its scores, the first of them as a bar; mean and spread below.
pub(super) fn folds_ui(ui: &mut Ui, folds: &[Scores], task: Task) {
    let t = tokens(ui);
    let titles = metrics::titles(task);
    let whole = ui.available_rect_before_wrap();
    let name = 96.0;
    let column = ((whole.width() - name) / titles.len() as f32).min(220.0);
    let left = |at: usize| whole.left() + name + column * at as f32;
    let head = Rect::from_min_size(whole.min, vec2(whole.width(), size::CONTROL_SMALL));
    let painter = ui.painter();
    painter.text(head.left_center(), Align2::LEFT_CENTER, "Fold", font::small(), t.text_2);
    for (at, (_, title, _)) in titles.iter().enumerate() {
        painter.text(pos2(left(at), head.center().y), Align2::LEFT_CENTER, title, font::small(), t.text_2);
    }
    painter.hline(head.x_range(), head.bottom(), hairline(&t));
    let values: Vec<Vec<Option<f64>>> =
        titles.iter().map(|(key, _, _)| folds.iter().map(|fold| plan::score(fold, key)).collect()).collect();
    let scale: Vec<f64> = titles
        .iter()
        .zip(&values)
        .map(|((_, _, to_one), values)| {
            let largest = values.iter().flatten().copied().fold(0.0, f64::max);
            if *to_one { largest.max(1.0) } else { largest }
        })
        .collect();
    let rows = Rect::from_min_max(
        pos2(whole.left(), head.bottom() + 1.0),
        pos2(whole.right(), whole.bottom() - size::CONTROL),
    );
    let mut child = ui.new_child(eframe::egui::UiBuilder::new().id_salt("folds").max_rect(rows));
    child.set_clip_rect(rows.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("fold rows").auto_shrink(false).show(&mut child, |ui| {
        for (fold, _) in folds.iter().enumerate() {
            let (rect, response) = ui.allocate_exact_size(vec2(whole.width(), size::ROW), Sense::hover());
            let mut spoken = format!("Fold {}", fold + 1);
            let painter = ui.painter();
            let y = rect.center().y;
            painter.text(
                rect.left_center(),
                Align2::LEFT_CENTER,
                (fold + 1).to_string(),
                font::mono(),
                t.text,
            );
            for (at, (_, title, to_one)) in titles.iter().enumerate() {
                let value = values[at][fold];
                let said = metrics::shown(value, *to_one);
                spoken.push_str(&format!(", {title} {said}"));
                let room = column - 84.0;
                let share = value
                    .map_or(0.0, |v| if scale[at] > 0.0 { (v / scale[at]).clamp(0.0, 1.0) } else { 0.0 });
                if room > 20.0 {
                    let bar = Rect::from_min_size(
                        pos2(left(at), y - size::PROGRESS / 2.0),
                        vec2(room * share as f32, size::PROGRESS),
                    );
                    painter.rect_filled(bar, CornerRadius::same(2), t.p_pred);
                }
                let x = if room > 20.0 { left(at) + room + space::S2 } else { left(at) };
                painter.text(pos2(x, y), Align2::LEFT_CENTER, said, font::mono(), t.text);
            }
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        }
    });
    let foot = Rect::from_min_max(pos2(whole.left(), rows.bottom()), whole.max);
    let mut spoken = String::from("Mean of the folds");
    let painter = ui.painter();
    painter.hline(foot.x_range(), foot.top(), Stroke::new(1.0, t.stroke_strong));
    painter.text(foot.left_center(), Align2::LEFT_CENTER, "Mean ± spread", font::small_medium(), t.text);
    for (at, (_, title, to_one)) in titles.iter().enumerate() {
        let present: Vec<f64> = values[at].iter().flatten().copied().collect();
        if let Some(summary) = summarize(&present) {
            let spread = summary.std.map_or_else(String::new, |std| format!(" ± {}", format::number(std, 2)));
            let said = format!("{}{spread}", metrics::shown(Some(summary.mean), *to_one));
            spoken.push_str(&format!(", {title} {said}"));
            painter.text(pos2(left(at), foot.center().y), Align2::LEFT_CENTER, said, font::mono(), t.text);
        }
    }
    let response = ui.interact(foot, ui.scope_id().with("mean of folds"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

//! Two versions side by side: scores, the settings that differ, coefficients.

use std::collections::BTreeMap;

use eframe::egui::{Align2, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{metrics, plan};
use crate::app::state::Version;
use crate::app::theme::{font, hairline, size, space, tokens};
use crate::app::widgets::{clipped, format};
use crate::model::Model;
use crate::training::report::{Coefficients, coefficients};

/// A row of the comparison.
struct Row {
    name: String,
    first: String,
    second: String,
    /// Which of the two is better, where that can be said.
    better: Option<bool>,
    /// A heading over the rows that follow.
    heading: bool,
}

fn heading(name: &str) -> Row {
    Row { name: name.into(), first: String::new(), second: String::new(), better: None, heading: true }
}

/// The card's content: the first version on the left, the second on the right.
pub(super) fn compare_ui(ui: &mut Ui, first: &Version, second: &Version) {
    let t = tokens(ui);
    let rows = rows(first, second);
    let width = ui.available_width();
    let columns = [width * 0.44, width * 0.72];
    let (head, _) = ui.allocate_exact_size(vec2(width, size::CONTROL_SMALL), Sense::hover());
    let painter = ui.painter();
    for (x, version) in columns.into_iter().zip([first, second]) {
        let said = format!("{}: {}", version.entry.title(), plan::describe(version.model()));
        clipped(
            painter,
            pos2(head.left() + x, head.center().y),
            Align2::LEFT_CENTER,
            &said,
            width * 0.27,
            t.text,
        );
    }
    painter.hline(head.x_range(), head.bottom(), hairline(&t));
    ScrollArea::vertical().id_salt("comparison").auto_shrink(false).show_rows(
        ui,
        size::CONTROL_SMALL,
        rows.len(),
        |ui, range| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for row in &rows[range] {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(width, size::CONTROL_SMALL), Sense::hover());
                row_ui(ui, rect, row, columns);
                response.widget_info(|| {
                    let said = if row.heading {
                        row.name.clone()
                    } else {
                        format!("{}: {} and {}", row.name, row.first, row.second)
                    };
                    WidgetInfo::labeled(Role::Label, true, said)
                });
            }
        },
    );
}

fn row_ui(ui: &Ui, rect: Rect, row: &Row, columns: [f32; 2]) {
    let t = tokens(ui);
    let painter = ui.painter();
    if row.heading {
        painter.text(
            pos2(rect.left(), rect.bottom() - space::S1),
            Align2::LEFT_BOTTOM,
            &row.name,
            font::small_medium(),
            t.text_2,
        );
        return;
    }
    clipped(painter, rect.left_center(), Align2::LEFT_CENTER, &row.name, columns[0] - space::S3, t.text);
    for (at, (x, value)) in columns.into_iter().zip([&row.first, &row.second]).enumerate() {
        let better = row.better == Some(at == 0);
        let left = pos2(rect.left() + x, rect.center().y);
        let color = if better { t.good } else { t.text };
        let drawn = painter.text(left, Align2::LEFT_CENTER, value, font::mono(), color);
        if better {
            let beside = pos2(drawn.right() + space::S2, rect.center().y);
            painter.text(beside, Align2::LEFT_CENTER, "better", font::small(), t.good);
        }
    }
}

fn rows(first: &Version, second: &Version) -> Vec<Row> {
    let (a, b) = (first.model(), second.model());
    let mut rows = vec![heading("Scores")];
    if a.task == b.task {
        let same_target = a.output.name == b.output.name;
        for (key, title, to_one) in metrics::titles(a.task) {
            let mut parts = vec![("train", Some(&a.metrics.train), Some(&b.metrics.train))];
            if a.metrics.test.is_some() || b.metrics.test.is_some() {
                parts.insert(0, ("test", a.metrics.test.as_ref(), b.metrics.test.as_ref()));
            }
            for (part, one, other) in parts {
                let one = one.and_then(|scores| plan::score(scores, key));
                let other = other.and_then(|scores| plan::score(scores, key));
                let better = match (one, other) {
                    (Some(one), Some(other)) if one != other && same_target && part == "test" => {
                        Some((one > other) == to_one)
                    }
                    _ => None,
                };
                rows.push(Row {
                    name: format!("{title}, {part}"),
                    first: metrics::shown(one, to_one),
                    second: metrics::shown(other, to_one),
                    better,
                    heading: false,
                });
            }
        }
    } else {
        rows.push(plain("Task", format!("{:?}", a.task), format!("{:?}", b.task)));
    }
    let differing = settings_rows(a, b);
    rows.push(heading(if differing.is_empty() { "Settings: no difference" } else { "Settings that differ" }));
    rows.extend(differing);
    let (own, other) = (coefficients(a), coefficients(b));
    if let (Some(own), Some(other)) = (own.first(), other.first()) {
        rows.push(heading("Coefficients, per unit of the term"));
        rows.push(plain("intercept", format::signed(own.intercept, 4), format::signed(other.intercept, 4)));
        let of = |set: &Coefficients| -> BTreeMap<String, f64> {
            set.terms.iter().map(|term| (term.term.clone(), term.value)).collect()
        };
        let (first, second) = (of(own), of(other));
        let only_other = other.terms.iter().filter(|term| !first.contains_key(&term.term));
        for term in own.terms.iter().chain(only_other) {
            let value = |values: &BTreeMap<String, f64>| {
                values.get(&term.term).map_or_else(|| "–".to_owned(), |value| format::signed(*value, 4))
            };
            rows.push(plain(&term.term.replacen('=', " = ", 1), value(&first), value(&second)));
        }
    }
    rows
}

fn plain(name: &str, first: String, second: String) -> Row {
    Row { name: name.into(), first, second, better: None, heading: false }
}

/// The settings in which two models differ, as they would be typed.
fn settings_rows(a: &Model, b: &Model) -> Vec<Row> {
    let mut rows = Vec::new();
    if a.training.data_sha256 != b.training.data_sha256 {
        let told = |model: &Model| {
            let hash = model.training.data_sha256.as_deref().unwrap_or("unknown");
            format!("{} ({})", model.training.data, hash.get(..6).unwrap_or(hash))
        };
        rows.push(plain("data", told(a), told(b)));
    }
    let names = |model: &Model| -> Vec<String> { model.inputs.iter().map(|i| i.name.clone()).collect() };
    let (own, other) = (names(a), names(b));
    let without = |from: &[String], other: &[String]| -> String {
        let only: Vec<&str> = from.iter().filter(|name| !other.contains(name)).map(String::as_str).collect();
        if only.is_empty() {
            format::plural(from.len(), "feature", "features")
        } else {
            format!("also {}", only.join(", "))
        }
    };
    if own != other {
        rows.push(plain("features", without(&own, &other), without(&other, &own)));
    }
    let mut keys: Vec<&String> = a.training.settings.keys().collect();
    keys.extend(b.training.settings.keys().filter(|key| !a.training.settings.contains_key(*key)));
    for key in keys {
        if key == "features" || key == "name" {
            continue;
        }
        let value = |model: &Model| model.training.settings.get(key).cloned().unwrap_or_default();
        let (one, two) = (value(a), value(b));
        if one != two {
            let said = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => "–".to_owned(),
                other => other.to_string(),
            };
            rows.push(plain(&key.replace('_', " "), said(&one), said(&two)));
        }
    }
    rows
}

//! The effect on the model: its error week by week, as far as true values are known, and the estimate without them.

use eframe::egui::{
    Align2, Color32, CornerRadius, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2,
};

use super::followed::{Followed, followed};
use super::page::{busy_ui, sentence_ui};
use super::{Draft, Results, WORSE, Weeks};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::state::Version;
use crate::app::theme::{Tokens, font, size, space, text, tokens};
use crate::app::widgets::{card_head, format, nice_step};
use crate::drift::retraining::loss_name;

/// The card.
pub(super) fn weeks_ui(ui: &mut Ui, view: View<'_>, version: &Version, results: &Results, draft: &Draft) {
    let card = ui.max_rect();
    let lab = super::ready(view.truth, results);
    let shown = followed(view.truth, results, draft).map(|weeks| Shown {
        weeks,
        loss: loss_name(version.model().task),
        // of these very sliders
        drift: results.weeks.as_ref().filter(|weeks| weeks.asked.shifts == draft.shifts),
    });
    let unit = version.model().output.unit.as_deref().unwrap_or("");
    let of_week = lab.and_then(|lab| lab.weeks.as_ref()).map(|weeks| weeks.drawn.rows_per_week);
    let right = shown.as_ref().zip(of_week).map_or_else(String::new, |(shown, of_week)| {
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        format!("{} of {}{unit}, {} a week", shown.loss, version.entry.title(), rows(of_week))
    });
    card_head(ui, None, "Model error by week", false, |ui| {
        ui.label(text(right, font::small(), tokens(ui).text_2));
        busy_ui(ui, view, Slot::DriftWeeks);
    });
    let plot = Rect::from_min_max(
        pos2(card.left() + 52.0, card.top() + size::CARD_HEAD + space::S2),
        pos2(card.right() - space::S4, card.bottom() - 40.0),
    );
    let problem = results.wrong.as_ref().filter(|(asked, _)| asked.shifts == draft.shifts);
    match (shown, problem) {
        (Some(shown), _) => plot_ui(ui, plot, &shown),
        (_, Some((_, problem))) => sentence_ui(ui, plot, &format!("{}. {}", problem.title, problem.detail)),
        (None, None) if lab.is_some_and(|lab| lab.target.is_none()) => {
            let said = format!(
                "The open table has no column '{}': without true values there is no error to follow",
                version.model().output.name
            );
            sentence_ui(ui, plot, &said);
        }
        (None, None) => sentence_ui(ui, plot, "The model is being followed over the weeks"),
    }
}

/// What is drawn.
struct Shown<'a> {
    weeks: Followed<'a>,
    /// How the loss is called.
    loss: &'static str,
    /// What drifted in each week, once it is there for these sliders.
    drift: Option<&'a Weeks>,
}

fn rows(n: usize) -> String {
    format::plural(n, "row", "rows")
}

fn plot_ui(ui: &mut Ui, plot: Rect, shown: &Shown<'_>) {
    let weeks = &shown.weeks;
    let t = tokens(ui);
    let n = weeks.weeks.len();
    let threshold = weeks.threshold();
    let highest = weeks
        .weeks
        .iter()
        .flat_map(|week| {
            let estimated = week.estimated.map(|estimated| estimated.loss);
            week.loss.map(|loss| loss.high).into_iter().chain(estimated)
        })
        .chain(threshold)
        .fold(0.0, f64::max)
        * 1.12;
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let x = |week: f64| plot.left() + plot.width() * ((week + 0.5) / n.max(1) as f64) as f32;
    let y = |value: f64| plot.bottom() - plot.height() * (value / highest) as f32;
    let painter = ui.painter().with_clip_rect(plot.expand(48.0).intersect(ui.clip_rect()));
    let step = nice_step(highest, 4.0);
    for value in (0..=4).map(|at| f64::from(at) * step).take_while(|value| *value <= highest) {
        painter.hline(plot.x_range(), y(value), Stroke::new(1.0, t.stroke));
        let at = pos2(plot.left() - space::S2, y(value));
        painter.text(at, Align2::RIGHT_CENTER, format::number(value, 3), font::tick(), t.text_3);
    }
    for week in (0..n).step_by(2) {
        let at = pos2(x(week as f64), plot.bottom() + space::S1);
        painter.text(at, Align2::CENTER_TOP, format!("{}", week + 1), font::tick(), t.text_3);
    }
    let at = pos2(plot.center().x, plot.bottom() + 18.0);
    painter.text(at, Align2::CENTER_TOP, "week", font::tick(), t.text_3);
    let crossed = weeks.crossed();
    if let Some(week) = crossed {
        let zone = Rect::from_min_max(pos2(x(week as f64), plot.top()), plot.max);
        painter.rect_filled(zone, CornerRadius::ZERO, t.zone_bad);
        painter.vline(x(week as f64), plot.y_range(), Stroke::new(1.5, t.bad));
        let known = week + weeks.delay + 1;
        let said = if known == week + 1 {
            format!("worse from week {}", week + 1)
        } else {
            format!("worse from week {}, known in week {known}", week + 1)
        };
        let (at, align) = if x(week as f64) > plot.center().x {
            (pos2(x(week as f64) - space::S2, plot.top()), Align2::RIGHT_TOP)
        } else {
            (pos2(x(week as f64) + space::S2, plot.top()), Align2::LEFT_TOP)
        };
        painter.text(at, align, said, font::tick_medium(), t.bad);
    }
    if let Some(threshold) = threshold {
        let line = [pos2(plot.left(), y(threshold)), pos2(plot.right(), y(threshold))];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, t.text_2), 4.0, 3.0));
        let said = format!("{} = {WORSE} × the error before", format::number(threshold, 3));
        let at = pos2(plot.left() + space::S1, y(threshold) - 2.0);
        painter.text(at, Align2::LEFT_BOTTOM, said, font::tick(), t.text_2);
    }
    lines_ui(&painter, &t, weeks, &x, &y);
    legend_ui(ui, &t, plot, weeks);
    speak(ui, plot, shown, crossed);
}

/// The band, the known errors, those that are not known yet, and the estimate.
fn lines_ui(
    painter: &eframe::egui::Painter,
    t: &Tokens,
    weeks: &Followed<'_>,
    x: &dyn Fn(f64) -> f32,
    y: &dyn Fn(f64) -> f32,
) {
    let n = weeks.weeks.len();
    let estimate: Vec<Pos2> = weeks
        .weeks
        .iter()
        .enumerate()
        .filter_map(|(at, week)| Some(pos2(x(at as f64), y(week.estimated?.loss))))
        .collect();
    painter.extend(Shape::dashed_line(&estimate, Stroke::new(1.5, t.p_5), 5.0, 4.0));
    let known = |at: usize| weeks.is_known(at);
    let mut line: Vec<Pos2> = Vec::new();
    let worse = |value: f64| weeks.threshold().is_some_and(|threshold| value > threshold);
    for (at, week) in weeks.weeks.iter().enumerate().filter(|(at, _)| known(*at)) {
        let Some(loss) = week.loss else { continue };
        let centre = x(at as f64);
        painter.vline(centre, y(loss.high)..=y(loss.low), Stroke::new(1.0, t.p_ref));
        line.push(pos2(centre, y(loss.value)));
    }
    painter.add(Shape::line(line.clone(), Stroke::new(2.0, t.p_pred)));
    let values =
        weeks.weeks.iter().enumerate().filter(|(at, _)| known(*at)).filter_map(|(_, week)| week.loss);
    for (point, loss) in line.iter().zip(values) {
        let color: Color32 = if worse(loss.value) { t.p_err } else { t.p_pred };
        painter.circle_filled(*point, 3.5, color);
    }
    // what nobody can know yet
    let first_unknown = (0..n).find(|at| !known(*at));
    if let Some(at) = first_unknown {
        let left = x(at as f64 - 0.5);
        let right = x(n as f64 - 0.5);
        painter.text(
            pos2(right - space::S1, y(0.0) - space::S1),
            Align2::RIGHT_BOTTOM,
            "labels not there yet",
            font::tick(),
            t.text_3,
        );
        painter.extend(Shape::dashed_line(
            &[pos2(left, y(0.0)), pos2(left, y(0.0) - 60.0)],
            Stroke::new(1.0, t.stroke_strong),
            3.0,
            3.0,
        ));
    }
}

fn legend_ui(ui: &Ui, t: &Tokens, plot: Rect, weeks: &Followed<'_>) {
    if !weeks.weeks.iter().any(|week| week.estimated.is_some()) {
        return;
    }
    let painter = ui.painter();
    let said = "dashed: estimated without labels, no truth";
    let at = pos2(plot.right(), plot.bottom() + 18.0);
    painter.text(at, Align2::RIGHT_TOP, said, font::tick(), t.p_5);
}

/// What the plot says to those who hear it, and where the pointer is.
fn speak(ui: &mut Ui, plot: Rect, shown: &Shown<'_>, crossed: Option<usize>) {
    let weeks = &shown.weeks;
    let id = ui.scope_id().with("weeks");
    let response = ui.interact(plot, id, Sense::hover());
    let last = (0..weeks.weeks.len()).rev().find(|&week| weeks.is_known(week));
    let said = format!(
        "{} over {} weeks: {}{}",
        shown.loss,
        weeks.weeks.len(),
        last.and_then(|week| weeks.weeks[week].loss).map_or_else(
            || "not known".to_owned(),
            |loss| format!("last known {}", format::number(loss.value, 3))
        ),
        crossed.map_or_else(String::new, |week| {
            let known = if weeks.delay == 0 {
                String::new()
            } else {
                format!(", known in week {}", week + weeks.delay + 1)
            };
            format!("; above the line from week {}{known}", week + 1)
        })
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &said));
    let Some(at) = response.hover_pos() else { return };
    let place = ((at.x - plot.left()) / plot.width() * weeks.weeks.len() as f32).floor();
    let number = place.max(0.0) as usize;
    let Some(week) = weeks.weeks.get(number) else { return };
    let mut lines = vec![format!("week {}", number + 1)];
    if let Some(loss) = week.loss {
        let [value, low, high] = [loss.value, loss.low, loss.high].map(|value| format::number(value, 3));
        lines.push(format!("{}: {value}, 95 % between {low} and {high}", shown.loss));
        lines.push(format!("known in week {}", number + weeks.delay + 1));
    }
    if let Some(estimated) = week.estimated {
        let [value, band] = [estimated.loss, estimated.band].map(|value| format::number(value, 3));
        lines.push(format!(
            "estimated without labels: {value} ± {band}. It assumes that the rule has not changed, and stays calm when it does"
        ));
    }
    if let Some(outside) = week.outside {
        lines.push(format!("{:.0} % of the rows outside the training range", outside * 100.0));
    }
    let of_week = shown.drift.and_then(|weeks| weeks.drift.get(number));
    let drifted: Vec<&str> = of_week
        .map_or(&[][..], |report| &report.columns)
        .iter()
        .filter(|column| column.drifted == Some(true))
        .map(|column| column.name.as_str())
        .collect();
    if !drifted.is_empty() {
        lines.push(format!("drifted: {}", drifted.join(", ")));
    }
    response.on_hover_text(lines.join("\n"));
}

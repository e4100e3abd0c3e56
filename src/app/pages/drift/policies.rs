//! The policy replay: the learner commits to when the model is to be trained again, and then sees what each policy would
//! have cost over the same weeks.

use eframe::egui::{
    Align, Align2, Color32, Label, Layout, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use serde::{Deserialize, Serialize};

use super::lab::Lab;
use super::page::{sentence_ui, under_head};
use super::{Asked, Command, Draft, Results, WEEKS};
use crate::app::command::{Command as AppCommand, Commands};
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::theme::{Icon, Tokens, font, hairline, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, card_head, field_label, format, nice_step, progress_bar, radio_row, segmented,
};
use crate::drift::retraining::{Replay, RetrainPolicy};

/// Which weeks are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Played {
    /// Those of the laboratory, under the sliders.
    #[default]
    Laboratory,
    /// Those of the open table, by its dates.
    Table,
}

/// What the learner set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Policies {
    pub(super) played: Played,
    /// The policy that the learner would choose, by its place among [`RetrainPolicy::ALL`].
    bet: Option<usize>,
}

impl Policies {
    /// The place of the policy that the learner would choose.
    pub(super) fn bet(&self) -> Option<usize> {
        self.bet
    }

    /// A learner commits to the policy at that place.
    pub(super) fn choose(&mut self, at: Option<usize>) {
        self.bet = at;
    }
}

/// What was revealed.
#[derive(Debug)]
pub(crate) struct Revealed {
    pub(super) asked: ReplayAsked,
    /// In the order of [`RetrainPolicy::ALL`].
    pub(super) replays: Vec<Replay>,
    /// Rows that the first model learned from.
    pub(super) start_rows: usize,
    /// How the loss is called.
    pub(super) loss: &'static str,
}

/// What is to be played.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReplayAsked {
    pub(super) asked: Asked,
    pub(super) played: Played,
    /// What the learner committed to.
    pub(super) bet: usize,
}

/// What would be played now.
pub(super) fn replay_asked(asked: Asked, draft: &Draft) -> Option<ReplayAsked> {
    Some(ReplayAsked { asked, played: draft.policies.played, bet: draft.policies.bet? })
}

fn about(policy: RetrainPolicy) -> String {
    match policy {
        RetrainPolicy::Never => "the first model, for good".to_owned(),
        RetrainPolicy::Monthly { every } => format!("every {every} weeks, on all rows so far"),
        RetrainPolicy::OnAlert { window } => {
            format!("when the inputs drift, on the last {window} weeks")
        }
        RetrainPolicy::Rolling { window } => format!("every week, on the last {window} weeks"),
    }
}

fn color(t: &Tokens, at: usize) -> Color32 {
    [t.p_ref, t.p_pred, t.p_cur, t.p_5][at % 4]
}

/// The height of the button below.
const FOOT: f32 = 64.0;

/// The choice on the left.
pub(super) fn bet_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    lab: &Lab,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let card = ui.max_rect();
    card_head(ui, None, "When would you re-train?", true, |_| {});
    let (body, foot) = under_head(card, FOOT);
    let mut area = ui.new_child(UiBuilder::new().id_salt("policies").max_rect(body));
    ScrollArea::vertical().auto_shrink(false).show(&mut area, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_width(body.width() - space::S3);
        ui.add_space(space::S2);
        for (at, policy) in RetrainPolicy::ALL.into_iter().enumerate() {
            let chosen = draft.policies.bet == Some(at);
            if radio_row(ui, chosen, true, policy.title(), "").clicked() {
                draft.policies.bet = Some(at);
            }
            ui.horizontal(|ui| {
                ui.add_space(space::S2 + size::CHECK + space::S2);
                ui.add(Label::new(text(about(policy), font::small(), t.text_2)).wrap());
            });
            ui.add_space(space::S2);
        }
        ui.add_space(space::S2);
        field_label(ui, "Played over");
        ui.add_space(space::S1);
        let width = ui.available_width();
        let choices = [
            Segment::new(Played::Laboratory, "The laboratory"),
            Segment::new(Played::Table, "The table's dates"),
        ];
        segmented(ui, "Played over", &mut draft.policies.played, &choices, size::CONTROL_COMPACT, Some(width));
        ui.add_space(space::S2);
        let delay = format::plural(usize::try_from(draft.delay).unwrap_or(0), "week", "weeks");
        let said = match draft.policies.played {
            Played::Laboratory => format!(
                "{WEEKS} weeks under the sliders of the laboratory; labels after {delay}. The first model learns from the rows the champion learned from."
            ),
            Played::Table => format!(
                "The weeks of the open table by its first column of dates, as they really were; labels after {delay}. The first model learns from the first third of them."
            ),
        };
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
    });
    ui.painter().hline(card.x_range(), foot.top(), hairline(&t));
    let mut row = ui.new_child(
        UiBuilder::new()
            .id_salt("foot")
            .max_rect(foot.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    if results.replaying {
        let share = view.work.job(Slot::DriftPolicies).and_then(crate::app::job::JobStatus::share);
        progress_bar(&mut row, "Playing the policies", share, 120.0, 6.0);
        if Button::ghost("Stop").small().ui(&mut row).clicked()
            && let Some(job) = view.work.job(Slot::DriftPolicies)
        {
            commands.push(AppCommand::Cancel(job.id));
        }
        return;
    }
    let width = row.available_width();
    let can = draft.policies.bet.is_some() && lab.target.is_some();
    let why = if lab.target.is_none() {
        "The open table lacks the target: without true values there is no error to score by"
    } else {
        "Choose a policy first"
    };
    if Button::primary("Commit and reveal")
        .icon(Icon::SCALES)
        .width(width)
        .enabled(can, why)
        .ui(&mut row)
        .clicked()
    {
        commands.push(Command::Replay);
    }
}

/// What came of it, on the right.
pub(super) fn revealed_ui(ui: &mut Ui, results: &Results, draft: &Draft, asked: Option<&Asked>) {
    let t = tokens(ui);
    let card = ui.max_rect();
    let revealed = results.revealed.as_ref().filter(|revealed| {
        revealed.asked.played == draft.policies.played
            && asked.is_some_and(|asked| {
                let own_weeks = revealed.asked.played == Played::Table;
                let same_world = own_weeks || revealed.asked.asked.shifts == asked.shifts;
                revealed.asked.asked.champion == asked.champion
                    && revealed.asked.asked.delay == asked.delay
                    && same_world
            })
    });
    card_head(ui, Some(Icon::ARROW_COUNTER_CLOCKWISE), "What each would have cost", true, |ui| {
        if let Some(revealed) = revealed {
            let weeks = revealed.replays.first().map_or(0, |replay| replay.weeks.len());
            let said = format!(
                "{} weeks, first model on {}",
                weeks,
                format::plural(revealed.start_rows, "row", "rows")
            );
            ui.label(text(said, font::small(), tokens(ui).text_2));
        }
    });
    let body = Rect::from_min_max(
        pos2(card.left() + space::S4, card.top() + size::CARD_HEAD + space::S3),
        pos2(card.right() - space::S4, card.bottom() - space::S3),
    );
    let Some(revealed) = revealed else {
        let said = match (&results.replay_problem, results.replaying) {
            (_, true) => "Four policies are being played over the same weeks".to_owned(),
            (Some((played, problem)), false) if *played == draft.policies.played => format!("{}. {}", problem.title, problem.detail),
            (_, false) => {
                "Commit to a policy first. Then you see its error, its trainings and the labels it bought, beside those of the others"
                    .to_owned()
            }
        };
        sentence_ui(ui, body, &said);
        return;
    };
    let mut area = ui
        .new_child(UiBuilder::new().id_salt("revealed").max_rect(body).layout(Layout::top_down(Align::Min)));
    let ui = &mut area;
    ui.spacing_mut().item_spacing.y = 0.0;
    head_ui(ui, revealed.loss);
    for (at, replay) in revealed.replays.iter().enumerate() {
        row_ui(ui, at, replay, revealed);
    }
    ui.add_space(space::S3);
    ui.add(Label::new(text(verdict(revealed), font::body(), t.text)).wrap());
    let failures: usize = revealed.replays.iter().map(|replay| replay.failures.len()).sum();
    if let Some(first) = revealed.replays.iter().find_map(|replay| replay.failures.first()) {
        let said = format!(
            "{} failed, and the model before stayed; the first: {first}",
            format::plural(failures, "training", "trainings")
        );
        ui.add(Label::new(text(said, font::small(), t.warn)).wrap());
    }
    ui.add_space(space::S3);
    let height = ui.available_height().clamp(120.0, 420.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, "Error by week under each policy"));
    plot_ui(ui, rect, revealed);
}

/// The places of the columns, from the right.
const COLUMNS: [f32; 3] = [0.0, 110.0, 210.0];
const ROW: f32 = 32.0;

fn head_ui(ui: &mut Ui, loss: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let painter = ui.painter();
    painter.text(rect.left_center(), Align2::LEFT_CENTER, "Policy", font::small_medium(), t.text_2);
    for (from_right, said) in COLUMNS.into_iter().zip(["Labels bought", "Trainings", loss]) {
        let at = pos2(rect.right() - from_right, rect.center().y);
        painter.text(at, Align2::RIGHT_CENTER, said, font::small_medium(), t.text_2);
    }
    painter.hline(rect.x_range(), rect.bottom(), hairline(&t));
}

fn row_ui(ui: &mut Ui, at: usize, replay: &Replay, revealed: &Revealed) {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let is_bet = at == revealed.asked.bet;
    let painter = ui.painter();
    let line = [pos2(rect.left(), rect.center().y), pos2(rect.left() + 18.0, rect.center().y)];
    painter.line_segment(line, Stroke::new(2.5, color(&t, at)));
    let title =
        if is_bet { format!("{}, your choice", replay.policy.title()) } else { replay.policy.title().into() };
    let own = if is_bet { font::label() } else { font::body() };
    let place = pos2(rect.left() + 26.0, rect.center().y);
    painter.text(place, Align2::LEFT_CENTER, &title, own, t.text);
    let loss = replay.loss.map_or_else(|| "–".to_owned(), |loss| format::number(loss, 4));
    let figures = [format::rows(replay.labels_bought), replay.retrainings.to_string(), loss];
    let lowest = lowest(revealed) == Some(at);
    for (column, (from_right, said)) in COLUMNS.into_iter().zip(&figures).enumerate() {
        let color = if column == 2 && lowest { t.good } else { t.text };
        let at = pos2(rect.right() - from_right, rect.center().y);
        painter.text(at, Align2::RIGHT_CENTER, said, font::mono(), color);
    }
    painter.hline(rect.x_range(), rect.bottom(), hairline(&t));
    let [labels, trainings, loss] = figures;
    let spoken = format!("{title}: {} {loss}, trainings {trainings}, labels {labels}", revealed.loss);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

/// The place of the policy with the lowest loss.
fn lowest(revealed: &Revealed) -> Option<usize> {
    let losses = revealed.replays.iter().enumerate().filter_map(|(at, replay)| Some((at, replay.loss?)));
    losses.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

/// How the learner's choice did.
fn verdict(revealed: &Revealed) -> String {
    let replays = &revealed.replays;
    let (Some(best), Some(bet)) = (lowest(revealed), replays.get(revealed.asked.bet)) else {
        return "No week has a true value to score by".to_owned();
    };
    let best_replay = &replays[best];
    let (Some(low), Some(own)) = (best_replay.loss, bet.loss) else {
        return "No week has a true value to score by".to_owned();
    };
    let price = |replay: &Replay| {
        format!(
            "{} and {}",
            format::plural(replay.retrainings, "training", "trainings"),
            format::plural(replay.labels_bought, "label", "labels")
        )
    };
    if best == revealed.asked.bet {
        return format!("Your choice has the lowest error of the four, for {}.", price(bet));
    }
    let more = if low > 0.0 { format!("{:.0} % above", (own / low - 1.0) * 100.0) } else { "above".into() };
    format!(
        "Your choice ends {more} the lowest error, which {} reached for {}; yours cost {}.",
        best_replay.policy.title(),
        price(best_replay),
        price(bet)
    )
}

fn plot_ui(ui: &Ui, rect: Rect, revealed: &Revealed) {
    let t = tokens(ui);
    let plot = Rect::from_min_max(
        pos2(rect.left() + 40.0, rect.top() + space::S2),
        pos2(rect.right() - space::S2, rect.bottom() - 34.0),
    );
    let weeks = || revealed.replays.iter().flat_map(|replay| &replay.weeks);
    let highest = weeks().filter_map(|week| week.loss).fold(0.0, f64::max) * 1.1;
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let n = revealed.replays.first().map_or(1, |replay| replay.weeks.len()).max(1);
    let x = |week: usize| plot.left() + plot.width() * ((week as f32 + 0.5) / n as f32);
    let y = |value: f64| plot.bottom() - plot.height() * (value / highest) as f32;
    let painter = ui.painter().with_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
    let step = nice_step(highest, 4.0);
    for value in (0..=4).map(|at| f64::from(at) * step).take_while(|value| *value <= highest) {
        painter.hline(plot.x_range(), y(value), Stroke::new(1.0, t.stroke));
        let at = pos2(plot.left() - space::S2, y(value));
        painter.text(at, Align2::RIGHT_CENTER, format::number(value, 3), font::tick(), t.text_3);
    }
    for week in (0..n).step_by(n.div_ceil(12).max(1)) {
        let at = pos2(x(week), plot.bottom() + space::S1);
        painter.text(at, Align2::CENTER_TOP, format!("{}", week + 1), font::tick(), t.text_3);
    }
    let at = pos2(plot.center().x, plot.bottom() + 18.0);
    painter.text(at, Align2::CENTER_TOP, "week; a dot is a training", font::tick(), t.text_3);
    for (at, replay) in revealed.replays.iter().enumerate() {
        let points: Vec<(Pos2, bool)> = replay
            .weeks
            .iter()
            .enumerate()
            .filter_map(|(week, played)| Some((pos2(x(week), y(played.loss?)), played.retrained)))
            .collect();
        let width = if at == revealed.asked.bet { 2.5 } else { 1.5 };
        let line = points.iter().map(|(point, _)| *point).collect();
        painter.add(Shape::line(line, Stroke::new(width, color(&t, at))));
        for (point, _) in points.iter().filter(|(_, trained)| *trained) {
            painter.circle_filled(*point, 3.0, color(&t, at));
        }
    }
}

//! The card on the left: what is predicted from what, by which model, and the button that trains it.

use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Rect, ScrollArea, Stroke, StrokeKind, Ui, UiBuilder,
    pos2, vec2,
};

use super::{Command, Draft, Results, plan};
use crate::app::command::{Commands, hint};
use crate::app::job::{JobStatus, Slot};
use crate::app::pages::{View, data};
use crate::app::state::Dataset;
use crate::app::theme::{Icon, font, hairline, radius, size, space, text, tokens};
use crate::app::widgets::{
    Button, Segment, card_head, check, field_label, follow_focus, format, guarded_ui, number_field,
    progress_bar, radio_row, segmented, select, slider, stepper, switch,
};
use crate::data::profile::ColumnProfile;
use crate::model::{ModelKind, Policy, Task};
use crate::workspace::Role;

/// The width of a setting's name.
const NAME: f32 = 78.0;
/// Rows of features that are laid out above and below those in view.
const AROUND: usize = 2;
/// The width of a setting's number.
const VALUE: f32 = 64.0;

/// The card, filling what it is given.
pub(super) fn configuration_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let corner = CornerRadius::same(radius::CARD);
    ui.painter().rect(rect, corner, t.surface, hairline(&t), StrokeKind::Inside);
    ui.spacing_mut().item_spacing.y = 0.0;
    card_head(ui, None, "Configuration", true, |_| {});
    let foot_height = size::CONTROL + space::S6 + space::S4 + space::S2;
    let head = size::CARD_HEAD;
    let body = Rect::from_min_max(
        pos2(rect.left() + 1.0, rect.top() + head),
        pos2(rect.right() - 1.0, rect.bottom() - foot_height),
    );
    guarded_ui(ui, body, "settings", |ui| {
        ScrollArea::vertical().id_salt("settings").auto_shrink(false).show(ui, |ui| {
            Frame::new().inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = space::S2;
                let enabled = results.training.is_none();
                ui.add_enabled_ui(enabled, |ui| body_ui(ui, view, draft, commands));
                follow_focus(ui);
            });
        });
    });
    let foot = Rect::from_min_max(
        pos2(rect.left() + space::S4, body.bottom() + space::S2),
        pos2(rect.right() - space::S4, rect.bottom() - space::S2),
    );
    ui.painter().hline(rect.x_range().shrink(1.0), body.bottom(), hairline(&t));
    let mut foot = ui.new_child(UiBuilder::new().max_rect(foot).layout(Layout::top_down(Align::Center)));
    foot_ui(&mut foot, view, results, draft, commands);
}

fn body_ui(ui: &mut Ui, view: View<'_>, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let Some(data) = view.truth.data() else {
        ui.add(Label::new(text("There is no table open to learn from.", font::body(), t.text_2)).wrap());
        ui.add_space(space::S1);
        if Button::secondary("Go to Data").icon(Icon::TABLE).ui(ui).clicked() {
            commands.push(crate::app::command::Command::Go(crate::app::pages::PageId::Data));
        }
        return;
    };
    target_ui(ui, view, data, draft, commands);
    ui.add_space(space::S1);
    features_ui(ui, view, data, commands);
    ui.add_space(space::S1);
    let task = plan::task(view.truth, draft);
    let kind = plan::kind(draft, task);
    models_ui(ui, draft, kind, task);
    ui.add_space(space::S1);
    own_settings_ui(ui, draft, kind);
    named(ui, "Test split", |ui, width| {
        slider(ui, "Test split", &mut draft.test_percent, 0.0..=50.0, 5.0, width - VALUE - space::S2);
        value_ui(ui, &format!("{} %", format::number(draft.test_percent, 3)));
    });
    if let Some(column) = plan::time_column(data) {
        named(ui, "By time", |ui, _| {
            switch(ui, &mut draft.by_time, "Split by time")
                .on_hover_text("Hold out the latest rows, as the future will be, in place of random ones");
            let about = if draft.by_time { format!("latest by {column}") } else { "random rows".into() };
            beside_ui(ui, &about);
        });
    }
    named(ui, "Folds", |ui, width| {
        ui.add_space((width - 110.0).max(0.0));
        let mut folds = draft.folds;
        stepper(ui, "Folds", &mut folds, 0..=20, 110.0);
        // one fold is none
        draft.folds = match (draft.folds, folds) {
            (0, 1) => 2,
            (_, 1) => 0,
            (_, folds) => folds,
        };
    });
    named(ui, "Seed", |ui, width| {
        ui.add_space((width - 110.0).max(0.0));
        stepper(ui, "Seed", &mut draft.seed, 0..=999_999, 110.0);
    });
    policies_ui(ui, draft);
}

fn target_ui(ui: &mut Ui, view: View<'_>, data: &Dataset, draft: &mut Draft, commands: &mut Commands) {
    field_label(ui, "Target");
    let possible: Vec<&str> = data
        .profiles
        .iter()
        .filter(|profile| plan::no_target(profile).is_none())
        .map(|profile| profile.name.as_str())
        .collect();
    let current = view.truth.target();
    let shown = current.unwrap_or("Choose the column to predict");
    let width = ui.available_width();
    if let Some(at) = select(ui, "Target column", Some(Icon::TARGET), shown, &possible, width, size::CONTROL)
    {
        draft.as_classes = None;
        commands.push(data::Command::SetRole(possible[at].to_owned(), Role::Target));
    }
    let classes_possible = plan::target(view.truth).is_some_and(|(_, profile)| plan::may_be_classes(profile));
    if classes_possible {
        let mut classes = plan::task(view.truth, draft) == Some(Task::Classification);
        let segments = [Segment::new(false, "As a number"), Segment::new(true, "As classes")];
        if segmented(ui, "What the target is", &mut classes, &segments, size::CONTROL_SMALL, Some(width)) {
            draft.as_classes = Some(classes);
        }
    }
}

fn features_ui(ui: &mut Ui, view: View<'_>, data: &Dataset, commands: &mut Commands) {
    let t = tokens(ui);
    let target = view.truth.target();
    let columns: Vec<_> = data.profiles.iter().filter(|p| Some(p.name.as_str()) != target).collect();
    let used = columns
        .iter()
        .filter(|p| view.truth.role_of(p) == Role::Feature && plan::unusable(p).is_none())
        .count();
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = space::S4;
        ui.set_height(space::S4);
        field_label(ui, "Features");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(text(format!("{used} of {}", columns.len()), font::small(), t.text_3));
        });
    });
    // the bar of a list that scrolls stands beside it
    let bar = if columns.len() > 8 { space::S3 } else { 0.0 };
    let width = (ui.available_width() - space::S2 - bar) / 2.0;
    // four rows and a half of the next, which says that there are more
    let height = (columns.len().div_ceil(2) as f32 * (space::S6 + 2.0)).min(4.5 * (space::S6 + 2.0));
    let area = ScrollArea::vertical().id_salt("features").max_height(height).auto_shrink([false, true]);
    area.show_viewport(ui, |ui, viewport| {
        let pitch = space::S6 + 2.0;
        let n_rows = columns.len().div_ceil(2);
        ui.set_height(n_rows as f32 * pitch);
        // of very many only those in view are laid out, and a few around them for Tab to go on to
        let first = ((viewport.top() / pitch).floor() as usize).saturating_sub(AROUND);
        let last = ((viewport.bottom() / pitch).ceil() as usize + AROUND).min(n_rows);
        let corner = ui.max_rect().min;
        // so that each keeps its identity, and with it the focus, while the list scrolls
        ui.skip_ahead_auto_ids(first * 2);
        for (at, profile) in columns.iter().enumerate().take(last * 2).skip(first * 2) {
            let x = if at % 2 == 0 { 0.0 } else { width + space::S2 };
            let place = Rect::from_min_size(
                pos2(corner.x + x, corner.y + (at / 2) as f32 * pitch),
                vec2(width, space::S6),
            );
            let mut cell = ui.new_child(UiBuilder::new().id_salt(&profile.name).max_rect(place));
            feature_ui(&mut cell, view, profile, commands);
        }
        follow_focus(ui);
    });
}

/// A column that may be a feature, and why not where it may not.
fn feature_ui(ui: &mut Ui, view: View<'_>, profile: &ColumnProfile, commands: &mut Commands) {
    ui.spacing_mut().interact_size.y = space::S6;
    let reason = plan::unusable(profile);
    let mut on = view.truth.role_of(profile) == Role::Feature && reason.is_none();
    let response = ui.add_enabled_ui(reason.is_none(), |ui| check(ui, &mut on, &profile.name)).inner;
    if response.changed() {
        let role = if on { Role::Feature } else { Role::Ignore };
        commands.push(data::Command::SetRole(profile.name.clone(), role));
    }
    if let Some(reason) = reason {
        response.on_disabled_hover_text(format!("Not used: {reason}"));
    } else if let Some(about) = plan::asked_for(profile) {
        response.on_hover_text(format!("{}. {about}", profile.name));
    } else {
        response.on_hover_text(&profile.name);
    }
}

/// What is said of each kind beside its name.
fn about(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Linear => "Weighted sum",
        ModelKind::Ridge => "Linear with a penalty α",
        ModelKind::ElasticNet => "Drops weak terms",
        ModelKind::Logistic => "Weighted sum for classes",
        ModelKind::Tree => "Questions in turn",
        ModelKind::Mlp => "One hidden layer",
    }
}

fn models_ui(ui: &mut Ui, draft: &mut Draft, current: ModelKind, task: Option<Task>) {
    let t = tokens(ui);
    field_label(ui, "Model");
    let outer = Frame::new()
        .stroke(Stroke::new(1.0, t.stroke_strong))
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(Margin::same(1));
    outer.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, kind) in ModelKind::ALL.into_iter().enumerate() {
            let fits = task.is_none_or(|task| kind.can(task));
            let chosen = kind == current;
            let about = match (fits, kind) {
                (true, _) if chosen => about(kind),
                (true, _) => "",
                (false, ModelKind::Logistic) => "class targets only",
                (false, _) => "number targets only",
            };
            if at > 0 {
                let line = ui.cursor().min;
                ui.painter().hline(line.x..=line.x + ui.available_width(), line.y, hairline(&t));
            }
            if radio_row(ui, chosen, fits, plan::kind_title(kind), about).clicked() {
                draft.kind = kind;
            }
        }
    });
}

/// A setting's row: its name, then what `add` makes of the width that is left.
fn named(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui, f32)) {
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), eframe::egui::Sense::hover());
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = space::S2;
    name_ui(&mut row, name, NAME);
    let width = row.available_width();
    add(&mut row, width);
}

/// The name of a setting, on the left.
fn name_ui(ui: &mut Ui, name: &str, width: f32) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, space::S6), eframe::egui::Sense::hover());
    ui.painter().text(rect.left_center(), eframe::egui::Align2::LEFT_CENTER, name, font::body(), t.text_2);
}

/// What a setting means now, beside its switch.
fn beside_ui(ui: &mut Ui, about: &str) {
    let t = tokens(ui);
    ui.add(Label::new(text(about, font::small(), t.text_3)).truncate());
}

/// A number that is only shown.
fn value_ui(ui: &mut Ui, value: &str) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(VALUE, space::S6), eframe::egui::Sense::hover());
    ui.painter().text(
        rect.right_center(),
        eframe::egui::Align2::RIGHT_CENTER,
        value,
        font::mono_input(),
        t.text,
    );
}

fn own_settings_ui(ui: &mut Ui, draft: &mut Draft, kind: ModelKind) {
    if matches!(kind, ModelKind::Ridge | ModelKind::ElasticNet | ModelKind::Logistic) {
        named(ui, "Penalty α", |ui, width| {
            let mut power = draft.alpha.max(1e-4).log10();
            let moved = slider(ui, "Penalty α", &mut power, -4.0..=4.0, 0.25, width - VALUE - space::S2);
            if moved.changed() {
                draft.alpha = two_digits(10_f64.powf(power));
            }
            let decimals = decimals(draft.alpha);
            number_field(ui, "Penalty α, exactly", &mut draft.alpha, 0.0..=1e9, 0.1, decimals, VALUE);
        });
    }
    if kind == ModelKind::ElasticNet {
        named(ui, "L1 share", |ui, width| {
            slider(ui, "L1 share", &mut draft.l1_ratio, 0.0..=1.0, 0.05, width - VALUE - space::S2);
            value_ui(ui, &format::fixed(draft.l1_ratio, 2));
        });
    }
    let whole = |ui: &mut Ui, name: &str, value: &mut u64, low: u64, high: u64| {
        named(ui, name, |ui, width| {
            ui.add_space((width - 110.0).max(0.0));
            stepper(ui, name, value, low..=high, 110.0);
        });
    };
    match kind {
        ModelKind::Tree => {
            whole(ui, "Depth", &mut draft.max_depth, 1, 40);
            whole(ui, "Rows in a leaf", &mut draft.min_leaf, 1, 10_000);
        }
        ModelKind::Mlp => {
            whole(ui, "Hidden units", &mut draft.hidden, 1, 1000);
            whole(ui, "Epochs", &mut draft.epochs, 1, 10_000);
        }
        _ => {}
    }
    if plan::may_lack_intercept(kind) {
        named(ui, "Intercept", |ui, _| {
            switch(ui, &mut draft.intercept, "Intercept");
            beside_ui(ui, if draft.intercept { "fitted" } else { "through the origin" });
        });
    }
}

/// The decimals that a number has, at least one and at most six.
fn decimals(value: f64) -> usize {
    let text = crate::data::number_text(value);
    text.split_once('.').map_or(1, |(_, fraction)| fraction.len()).clamp(1, 6)
}

/// A number with two significant digits.
fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn policies_ui(ui: &mut Ui, draft: &mut Draft) {
    let icon = if draft.policies_open { Icon::CARET_DOWN } else { Icon::CARET_RIGHT };
    if Button::ghost("When input is not as expected").icon(icon).compact().ui(ui).clicked() {
        draft.policies_open = !draft.policies_open;
    }
    if !draft.policies_open {
        return;
    }
    let policies = &mut draft.policies;
    let events: [(&str, &mut Policy, &[Policy]); 6] = {
        const ALL: &[Policy] = &[Policy::Impute, Policy::Ignore, Policy::Reject];
        const TWO: &[Policy] = &[Policy::Ignore, Policy::Reject];
        [
            ("Missing value", &mut policies.missing_value, ALL),
            ("Unknown level", &mut policies.unknown_level, ALL),
            ("Out of range", &mut policies.out_of_range, ALL),
            ("Missing column", &mut policies.missing_column, ALL),
            ("Wrong type", &mut policies.wrong_type, ALL),
            ("Extra column", &mut policies.extra_column, TWO),
        ]
    };
    for (name, policy, options) in events {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), eframe::egui::Sense::hover());
        let mut row =
            ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
        name_ui(&mut row, name, 100.0);
        let labels: Vec<&str> = options.iter().map(|option| policy_label(name, *option)).collect();
        let width = row.available_width();
        let current = policy_label(name, *policy);
        if let Some(at) = select(&mut row, name, None, current, &labels, width, size::CONTROL_COMPACT) {
            *policy = options[at];
        }
    }
}

fn policy_label(event: &str, policy: Policy) -> &'static str {
    match (event, policy) {
        ("Out of range", Policy::Impute) => "To nearest end",
        ("Out of range", Policy::Ignore) => "Use as it is",
        ("Extra column", Policy::Ignore | Policy::Impute) => "Leave unused",
        (_, Policy::Impute) => "Fill in",
        (_, Policy::Ignore) => "Go on without",
        (_, Policy::Reject) => "Refuse",
    }
}

fn foot_ui(ui: &mut Ui, view: View<'_>, results: &Results, draft: &Draft, commands: &mut Commands) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S2;
    let width = ui.available_width();
    if results.training.is_some() {
        if Button::secondary("Cancel").icon(Icon::STOP).key("Esc").width(width).ui(ui).clicked() {
            commands.push(Command::Cancel);
        }
        let job = view.work.job(Slot::Train);
        let share = job.and_then(JobStatus::share);
        progress_bar(ui, "Training", share, width, size::PROGRESS_SMALL);
        let said = job.map_or_else(String::new, |job| {
            let step =
                if job.total > 0 { format!("step {} of {}, ", job.done, job.total) } else { String::new() };
            format!("{step}{}", format::duration(job.seconds))
        });
        ui.label(text(said, font::small(), t.text_3));
        return;
    }
    let why_not = plan::settings(view.truth, draft).err().map(plan::NotYet::reason);
    let button = Button::primary("Train").icon_fill(Icon::PLAY).key(hint(view.actions, "Train")).width(width);
    if button.enabled(why_not.is_none(), why_not.unwrap_or("")).ui(ui).clicked() {
        commands.push(Command::Train);
    }
    let said = match (why_not, results.last_seconds) {
        (Some(why), _) => why.to_owned(),
        (None, Some(seconds)) => format!("Last run took {}", format::duration(seconds)),
        (None, None) => "Nothing trained since the start".to_owned(),
    };
    ui.label(text(said, font::small(), t.text_3));
}

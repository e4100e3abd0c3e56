//! The column inspector: role, distribution, figures, how it goes together with the target, and how it is read.

use eframe::egui::{
    Align, Align2, CornerRadius, Frame, Label, Layout, Margin, Popup, Rect, Role, ScrollArea, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use super::distribution::{Distribution, distribution_ui};
use super::head::column_menu_ui;
use super::parts::{kind_sign, one_line, popup_frame};
use super::table::fitting_width;
use super::{Command, Draft, Results};
use crate::app::command::Commands;
use crate::app::job::Slot;
use crate::app::pages::View;
use crate::app::state::Dataset;
use crate::app::theme::{Icon, font, size, space, text, tokens};
use crate::app::widgets::{
    Segment, Tone, Weight, field_label, format, hairline_ui, icon_button, segmented, select, spinner, tag,
    text_field,
};
use crate::data::date::{DateFormat, format_iso};
use crate::data::profile::{ColumnProfile, Summary};
use crate::data::{ColumnKind, ColumnOptions, Decimal, Relation};
use crate::model::Policy;
use crate::workspace::Role as ColumnRole;

/// The inspector of the draft's column.
pub(super) fn inspector_ui(
    ui: &mut Ui,
    view: View<'_>,
    results: &Results,
    data: &Dataset,
    draft: &mut Draft,
    commands: &mut Commands,
) {
    let place =
        data.profiles.iter().position(|profile| Some(profile.name.as_str()) == draft.column.as_deref());
    let Some(place) = place else { return };
    let (profile, chart) = (&data.profiles[place], &data.charts[place]);
    let padding = if view.compact { 16 } else { 24 };
    ScrollArea::vertical().id_salt("inspector").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin { left: padding, right: padding, top: 16, bottom: 24 }).show(
            ui,
            |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = space::S2;
                let fitting = results.shown.get(place).map(|shown| fitting_width(ui, &profile.name, *shown));
                title_ui(ui, view, profile, fitting, commands);
                role_ui(ui, view, profile, commands);
                missing_ui(ui, view, profile, commands);
                ui.add_space(space::S1);
                ui.horizontal(|ui| {
                    field_label(ui, "Distribution");
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let t = tokens(ui);
                        let ordered = chart.range.is_some();
                        let said = match (ordered, profile.distinct) {
                            (true, _) => format::plural(chart.counts.len(), "bin", "bins"),
                            (false, distinct) if distinct > chart.levels.len() => {
                                format!("top {} of {}", chart.levels.len(), format::rows(distinct))
                            }
                            (false, distinct) => format::plural(distinct, "value", "values"),
                        };
                        ui.label(text(said, font::small(), t.text_3));
                    });
                });
                let decimals = results.shown.get(place).map_or(0, |shown| shown.decimals);
                let (name, kind, missing) = (&profile.name, profile.kind, profile.missing);
                let column = Distribution { name, kind, chart, missing, decimals };
                distribution_ui(ui, &column, draft, commands);
                ui.add_space(space::S1);
                figures_ui(ui, profile, chart.quartiles);
                relation_ui(ui, view, results, profile);
                hairline_ui(ui);
                reading_ui(ui, data, place, draft, commands);
            },
        );
    });
}

fn title_ui(
    ui: &mut Ui,
    view: View<'_>,
    profile: &ColumnProfile,
    fitting: Option<f32>,
    commands: &mut Commands,
) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL_COMPACT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S1;
            if icon_button(ui, Icon::X, "Close the inspector").clicked() {
                commands.push(Command::Inspect(None));
            }
            let more = icon_button(ui, Icon::DOTS_THREE, "More for this column");
            let role = view.truth.role(&profile.name);
            Popup::menu(&more)
                .frame(popup_frame(ui))
                .accessible_name("More for this column")
                .show(|ui| column_menu_ui(ui, &profile.name, role, fitting, commands));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::S2;
                let (icon, word) = kind_sign(profile.kind);
                let room = ui.available_width() - size::INSPECTOR_TAG;
                ui.scope(|ui| {
                    ui.set_max_width(room.max(size::COLUMN_MIN));
                    let name = Label::new(text(one_line(&profile.name), font::heading(), t.text)).truncate();
                    ui.add(name).on_hover_text(&profile.name);
                });
                tag(ui, Tone::Neutral, Some((icon, Weight::Regular)), word);
            });
        });
    });
}

fn role_ui(ui: &mut Ui, view: View<'_>, profile: &ColumnProfile, commands: &mut Commands) {
    field_label(ui, "Role in the model");
    let old = view.truth.role(&profile.name);
    let mut role = old;
    let choices = [
        Segment::with_icon(ColumnRole::Feature, "Feature", Icon::ARROW_RIGHT),
        Segment::with_icon(ColumnRole::Target, "Target", Icon::TARGET),
        Segment::with_icon(ColumnRole::Ignore, "Ignore", Icon::PROHIBIT),
    ];
    let width = ui.available_width();
    if segmented(ui, "Role in the model", &mut role, &choices, size::CONTROL, Some(width)) && role != old {
        commands.push(Command::SetRole(profile.name.clone(), role));
    }
}

/// What the model does about missing values of this column, now and when it predicts.
fn missing_ui(ui: &mut Ui, view: View<'_>, profile: &ColumnProfile, commands: &mut Commands) {
    if view.truth.role(&profile.name) != ColumnRole::Feature {
        return;
    }
    let t = tokens(ui);
    field_label(ui, "When a value is missing");
    let filling = match profile.kind {
        ColumnKind::Number => "Fill in the mean of the training rows",
        ColumnKind::Date => "Fill in the median of the training rows",
        ColumnKind::Category | ColumnKind::Boolean | ColumnKind::Text => "Fill in the most frequent value",
    };
    let as_model = "As the model’s policy says";
    let rules = [
        (None, as_model, "The same for every feature without a rule of its own; set on the Train page."),
        (Some(Policy::Impute), filling, "Training and prediction put it in each gap."),
        (
            Some(Policy::Ignore),
            "Go on without it",
            "Training leaves such rows out; when predicting, the column adds nothing for them.",
        ),
        (
            Some(Policy::Reject),
            "Refuse",
            "Training stops at the first gap, and a prediction with a gap here is an error.",
        ),
    ];
    let own = view.truth.missing.get(&profile.name).copied();
    let (_, current, about) = rules.iter().find(|(rule, ..)| *rule == own).copied().unwrap_or(rules[0]);
    let labels = rules.map(|(_, label, _)| label);
    let width = ui.available_width();
    if let Some(at) = select(ui, "When a value is missing", None, current, &labels, width, size::CONTROL)
        && rules[at].0 != own
    {
        commands.push(Command::SetMissing(profile.name.clone(), rules[at].0));
    }
    // what is the same for all needs no explanation here
    if own.is_some() {
        ui.add(Label::new(text(about, font::small(), t.text_3)).wrap());
    }
}

/// Two figures beside each other.
fn pair_ui(ui: &mut Ui, left: (&str, String), right: Option<(&str, String)>) {
    let t = tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::S6), Sense::hover());
    let half = (rect.width() - space::S4) / 2.0;
    let show = |at: f32, (name, value): (&str, String)| {
        let place = Rect::from_min_size(pos2(at, rect.top()), vec2(half, rect.height()));
        let response = ui.interact(place, ui.scope_id().with(("figure", name)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        painter.text(place.left_center(), Align2::LEFT_CENTER, name, font::body(), t.text_2);
        painter.text(place.right_center(), Align2::RIGHT_CENTER, value, font::mono(), t.text);
    };
    show(rect.left(), left);
    if let Some(right) = right {
        show(rect.right() - half, right);
    }
}

fn figures_ui(ui: &mut Ui, profile: &ColumnProfile, quartiles: Option<[f64; 3]>) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let number = |value: f64| format::number(value, 5);
        let missing = ("Missing", format::rows(profile.missing));
        let distinct = ("Distinct", format::rows(profile.distinct));
        pair_ui(ui, ("Values", format::rows(profile.rows - profile.missing)), Some(missing));
        match &profile.summary {
            Some(Summary::Number(figures)) => {
                let std = figures.std.map_or_else(|| "–".to_owned(), number);
                pair_ui(ui, ("Mean", number(figures.mean)), Some(("Std. dev.", std)));
                pair_ui(ui, ("Minimum", number(figures.min)), Some(("Maximum", number(figures.max))));
                if let Some([first, median, third]) = quartiles {
                    pair_ui(ui, ("25 %", number(first)), Some(("75 %", number(third))));
                    pair_ui(ui, ("Median", number(median)), Some(distinct));
                }
                if figures.zeros > 0 || figures.negatives > 0 {
                    let negative = ("Negative", format::rows(figures.negatives));
                    pair_ui(ui, ("Zero", format::rows(figures.zeros)), Some(negative));
                }
            }
            Some(Summary::Date(figures)) => {
                pair_ui(ui, distinct, None);
                crate::app::widgets::stat(ui, "First", &format_iso(figures.min));
                crate::app::widgets::stat(ui, "Last", &format_iso(figures.max));
            }
            Some(Summary::Levels(_)) | None => pair_ui(ui, distinct, None),
        }
    });
}

fn relation_ui(ui: &mut Ui, view: View<'_>, results: &Results, profile: &ColumnProfile) {
    let Some(target) = view.truth.target() else { return };
    if target == profile.name {
        return;
    }
    let t = tokens(ui);
    hairline_ui(ui);
    let known = results
        .relation
        .as_ref()
        .filter(|(column, other, _)| *column == profile.name && other == target)
        .map(|(_, _, relation)| *relation);
    ui.horizontal(|ui| {
        field_label(ui, &format!("Relation to {target}"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| match known {
            Some(Some(relation)) => {
                let (sign, value) = match relation {
                    Relation::Pearson(r) => ("r", format::signed((r * 100.0).round() / 100.0, 2)),
                    Relation::Eta(eta) => ("η", format::fixed(eta, 2)),
                    Relation::CramersV(v) => ("V", format::fixed(v, 2)),
                };
                ui.label(text(format!("{sign} = {value}"), font::mono(), t.text));
            }
            Some(None) => {
                ui.label(text("no figure", font::small(), t.text_3));
            }
            None if view.work.job(Slot::Relation).is_some() => {
                spinner(ui, size::ICON_SEGMENT);
            }
            None => {}
        });
    });
    let Some(known) = known else { return };
    let (Some(relation), width) = (known, ui.available_width()) else {
        let said = "None can be given: free text, one value only, or too few rows with both.";
        ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        return;
    };
    let (value, low, caption) = match relation {
        Relation::Pearson(r) => {
            (r, -1.0, "Pearson’s correlation: how near the points lie to a straight line.")
        }
        Relation::Eta(eta) => (eta, 0.0, "Correlation ratio: how far apart the groups’ means lie."),
        Relation::CramersV(v) => (v, 0.0, "Cramér’s V: how much one category says about the other."),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::PROGRESS), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Meter, true, format!("{caption} {}", format::fixed(value, 2)))
    });
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(4), t.stroke);
    let x = |value: f64| rect.left() + rect.width() * ((value - low) / (1.0 - low)) as f32;
    let (from, to) = (x(0.0).min(x(value)), x(0.0).max(x(value)));
    let bar = Rect::from_x_y_ranges(from..=to.max(from + 1.0), rect.y_range());
    painter.rect_filled(bar, CornerRadius::same(2), if value < 0.0 { t.p_cur } else { t.accent });
    painter.vline(x(0.0), rect.y_range().expand(3.0), eframe::egui::Stroke::new(1.0, t.text));
    let (ticks, _) = ui.allocate_exact_size(vec2(width, space::S4), Sense::hover());
    let painter = ui.painter();
    for (value, align) in [(low, Align2::LEFT_CENTER), (1.0, Align2::RIGHT_CENTER)] {
        let at = pos2(x(value), ticks.center().y);
        painter.text(at, align, format::number(value, 1), font::tick(), t.text_3);
    }
    if low < 0.0 {
        painter.text(pos2(x(0.0), ticks.center().y), Align2::CENTER_CENTER, "0", font::tick(), t.text_3);
    }
    ui.add(Label::new(text(caption, font::small(), t.text_3)).wrap());
}

/// How the column is read; each change reads the file again.
fn reading_ui(ui: &mut Ui, data: &Dataset, place: usize, draft: &mut Draft, commands: &mut Commands) {
    let t = tokens(ui);
    let profile = &data.profiles[place];
    let reading = data.loaded.columns.get(place);
    let own = data.options.columns.get(&profile.name).cloned().unwrap_or_default();
    let mut changed = own.clone();
    let width = ui.available_width();

    field_label(ui, "Read as");
    let kinds =
        [ColumnKind::Number, ColumnKind::Category, ColumnKind::Boolean, ColumnKind::Date, ColumnKind::Text];
    let detected = format!("detected: {}", kind_sign(profile.kind).1);
    let mut options = vec![if own.kind.is_none() { detected.as_str() } else { "detect" }];
    options.extend(kinds.map(|kind| kind_sign(kind).1));
    let current = own.kind.map_or(detected.as_str(), |kind| kind_sign(kind).1);
    let icon = Some(kind_sign(profile.kind).0);
    if let Some(at) = select(ui, "Read as", icon, current, &options, width, size::CONTROL) {
        changed.kind = at.checked_sub(1).map(|at| kinds[at]);
        if changed.kind != Some(ColumnKind::Date) {
            changed.date = None;
        }
    }
    if profile.kind == ColumnKind::Number {
        let signs = [Decimal::Point, Decimal::Comma];
        let word = |sign: Decimal| if sign == Decimal::Point { "point: 1.5" } else { "comma: 1,5" };
        field_label(ui, "Decimal sign");
        let found = reading.and_then(|reading| reading.decimal).unwrap_or_default();
        let detected = format!("detected: {}", word(found));
        let current = own.decimal.map_or(detected.as_str(), word);
        let options =
            [if own.decimal.is_none() { &detected } else { "detect" }, word(signs[0]), word(signs[1])];
        if let Some(at) =
            select(ui, "Decimal sign of this column", None, current, &options, width, size::CONTROL)
        {
            changed.decimal = at.checked_sub(1).map(|at| signs[at]);
        }
        if let Some(unit) = reading.and_then(|reading| reading.unit) {
            let said = format!("Written with {}", unit.text());
            ui.label(text(said, font::small(), t.text_2));
        }
    }
    if profile.kind == ColumnKind::Date || own.kind == Some(ColumnKind::Date) {
        field_label(ui, "Form of the dates");
        let found = reading.and_then(|reading| reading.date).map_or("none", DateFormat::name);
        let detected = format!("detected: {found}");
        let current = own.date.map_or(detected.as_str(), |form| form.name());
        let mut options = vec![if own.date.is_none() { detected.as_str() } else { "detect" }];
        options.extend(DateFormat::ALL.map(DateFormat::name));
        if let Some(at) = select(ui, "Form of the dates", None, current, &options, width, size::CONTROL) {
            changed.date = at.checked_sub(1).map(|at| DateFormat::ALL[at]);
        }
    }
    markers_ui(ui, profile, &own, &mut changed, draft, width);
    if changed != own {
        let mut options = data.options.clone();
        if changed == ColumnOptions::default() {
            options.columns.remove(&profile.name);
        } else {
            options.columns.insert(profile.name.clone(), changed);
        }
        draft.markers = None;
        commands.push(Command::ReadAgain(Box::new(options)));
    }
}

/// The texts that stand for a missing value in this column.
fn markers_ui(
    ui: &mut Ui,
    profile: &ColumnProfile,
    own: &ColumnOptions,
    changed: &mut ColumnOptions,
    draft: &mut Draft,
    width: f32,
) {
    let t = tokens(ui);
    field_label(ui, "Missing is written as");
    let kept = own.missing.as_ref().map(|markers| markers.join(", ")).unwrap_or_default();
    let typed = match &mut draft.markers {
        Some((name, typed)) if *name == profile.name => typed,
        markers => &mut markers.insert((profile.name.clone(), kept.clone())).1,
    };
    let hint = "as everywhere: empty, NA, null, -, ?";
    let response = text_field(ui, "Missing markers of this column", typed, hint, width, None);
    if response.lost_focus() && *typed != kept {
        let markers = super::settings::markers(typed);
        changed.missing = (!markers.is_empty()).then_some(markers);
    }
    let said = "Separate several with commas. An empty field is always missing.";
    ui.add(Label::new(text(said, font::small(), t.text_3)).wrap());
}

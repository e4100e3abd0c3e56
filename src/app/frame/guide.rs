//! The guide: why this page, what to do, and tasks that are judged by the state of the program, never by a click.

use std::borrow::Cow;

use eframe::egui::{Align, CornerRadius, Label, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use crate::app::command::{Command, Commands};
use crate::app::pages::{PageId, train, walkthrough};
use crate::app::state::AppState;
use crate::app::theme::{Icon, font, hairline, size, space, text, tokens};
use crate::app::widgets::{Button, Weight, hairline_ui, icon_button, icon_ui, task_line, termed};
use crate::app::words::{say, say_with};
use crate::lesson::{Glossary, PageTools, SCENARIO, Step, Unit};

/// What the guide says on a page.
#[derive(Default)]
struct Guide {
    /// The unit of the lesson that it is of.
    over: Option<String>,
    title: Cow<'static, str>,
    why: Cow<'static, str>,
    what: Cow<'static, str>,
    tasks: Vec<Task>,
    /// Whether a ring on the page marks the control to begin with.
    is_marked: bool,
    next: Next,
}

/// Where one goes from here.
#[derive(Default)]
enum Next {
    #[default]
    Nowhere,
    Page(PageId),
    /// On, or back to the unit of the lesson whose step is followed.
    Lesson {
        label: &'static str,
        command: walkthrough::Command,
        is_main: bool,
    },
}

impl From<Option<PageId>> for Next {
    fn from(page: Option<PageId>) -> Self {
        page.map_or(Self::Nowhere, Self::Page)
    }
}

/// Something to do, and whether it is done.
struct Task {
    text: Cow<'static, str>,
    done: bool,
}

fn task(text: impl Into<Cow<'static, str>>, done: bool) -> Task {
    Task { text: text.into(), done }
}

/// The lesson's step that is followed, with its tasks as they stand.
fn of_lesson(state: &AppState) -> Option<Guide> {
    let draft = &state.screen.walkthrough;
    // what is done stands in the way of no other page's own guide, but whoever teaches goes on from anywhere
    let (unit, step) = walkthrough::followed(state).filter(|(unit, step)| {
        let here = state.screen.page;
        let is_here = here == PageId::Walkthrough || walkthrough::page_of(&step.page) == Some(here);
        is_here || draft.teaching || unit.id == SCENARIO || !draft.is_solved(unit, step)
    })?;
    let tasks = step.tasks.iter().enumerate();
    let tasks = tasks
        .map(|(at, one)| task(one.text.clone(), draft.done.contains(&walkthrough::task_key(unit, step, at))));
    Some(Guide {
        over: Some(unit.title.clone()),
        title: step.title.clone().into(),
        why: step.why.clone().into(),
        what: step.action.clone().into(),
        tasks: tasks.collect(),
        is_marked: step.highlight.is_some()
            && walkthrough::page_of(&step.page) == Some(state.screen.page)
            && !draft.is_solved(unit, step),
        next: onward(state, unit, step),
    })
}

/// Where a step leads: nothing is locked, the lesson goes on from here at any time.
fn onward(state: &AppState, unit: &Unit, step: &Step) -> Next {
    let draft = &state.screen.walkthrough;
    let back = walkthrough::Command::Show(unit.id.clone());
    if unit.id == SCENARIO {
        return Next::Lesson { label: "To the scenario", command: back, is_main: false };
    }
    if !draft.is_solved(unit, step) {
        return Next::Lesson { label: "Back to the lesson", command: back, is_main: false };
    }
    let (label, command) = match walkthrough::after(&state.results.walkthrough.units, &unit.id, &step.id) {
        Some((of, next)) if of.id == unit.id => {
            ("Next step", walkthrough::Command::Follow(of.id.clone(), next.id.clone()))
        }
        _ if !draft.is_checked(unit) => ("Check yourself", walkthrough::Command::ToCheck(unit.id.clone())),
        _ => ("On with the lesson", back),
    };
    // whoever teaches goes on by the starting states
    Next::Lesson { label, command, is_main: !draft.teaching }
}

fn guide(state: &AppState) -> Guide {
    if let Some(guide) = of_lesson(state) {
        return guide;
    }
    let truth = &state.truth;
    match state.screen.page {
        PageId::Train => Guide {
            title: "Fit a model, judge it honestly".into(),
            why: "A model is as good as it is on rows it has not seen. Holding rows out shows that before users do.".into(),
            what: "Choose features, hold some rows out, and train. Compare the held-out score with the naive model, which always answers the same.".into(),
            tasks: vec![
                task("Choose the target column", truth.target().is_some()),
                task(
                    "Train a model with rows held out",
                    truth.versions.iter().any(|v| v.model().metrics.test.is_some()),
                ),
                task(
                    "Beat the naive model on held-out rows",
                    truth.versions.iter().any(|v| train::beats_naive(&v.model().metrics)),
                ),
                task("Choose a champion", truth.champion.is_some()),
            ],
            next: Some(PageId::Predict).into(),
            ..Guide::default()
        },
        PageId::Predict => Guide {
            title: "Predict one, predict many".into(),
            why: "Interactive and batch call the very same predict. What differs is the fixed cost paid for each call, and who is waiting.".into(),
            what: "Predict one record and move a value. Then predict a file, and measure the time per row.".into(),
            tasks: crate::app::pages::predict::tasks(state)
                .into_iter()
                .map(|(text, done)| task(text, done))
                .collect(),
            next: Some(PageId::Serve).into(),
            ..Guide::default()
        },
        PageId::Requests => Guide {
            title: "Be the client".into(),
            why: "A served model is an address. Whoever knows the address, the shape of the question and a key can ask, from any language.".into(),
            what: "Send a request and see where its milliseconds go. Send a wrong one and read the refusal. The same record looks different in every dialect, and the prediction is the same.".into(),
            tasks: crate::app::pages::requests::tasks(state)
                .into_iter()
                .map(|(text, done)| task(text, done))
                .collect(),
            next: Some(PageId::Drift).into(),
            ..Guide::default()
        },
        PageId::Drift => Guide {
            title: "Watch a model age".into(),
            why: "A model knows the world it learned from. When the world moves on, its inputs drift, or the rule itself changes, and nothing in the program says so.".into(),
            what: "Choose a scenario or move a slider. See which distance notices, and whether the error does. Then decide: wait, get labels, or train again on recent rows.".into(),
            tasks: crate::app::pages::drift::tasks(state)
                .into_iter()
                .map(|(text, done)| task(text, done))
                .collect(),
            ..Guide::default()
        },
        PageId::Data => Guide {
            title: "Bring in your data".into(),
            why: "A model learns from a table: one row for each case, one column for each fact, and one column with the answer you want to predict.".into(),
            what: "Take the winter beverages sample if you follow the course, or drop a CSV of your own. Look at a column, and choose the target.".into(),
            tasks: vec![
                task(
                    "Open a table with at least 100 rows",
                    truth.data().is_some_and(|data| data.loaded.table.n_rows() >= 100),
                ),
                task(
                    "Look at one column in the inspector",
                    state.screen.data.column.is_some() || state.screen.data.inspected,
                ),
                task("Choose the target column", truth.target().is_some()),
            ],
            next: Some(PageId::Train).into(),
            ..Guide::default()
        },
        PageId::Serve => Guide {
            title: "Put the model behind an address".into(),
            why: "A model is of use to others when their programs can ask it. The server takes a request, checks who asks and what, and answers with the very same predict.".into(),
            what: "Start the server and send a request. Follow its way, then send a wrong one: errors are part of what a server promises.".into(),
            tasks: crate::app::pages::serve::tasks(state)
                .into_iter()
                .map(|(text, done)| task(text, done))
                .collect(),
            next: Some(PageId::Requests).into(),
            ..Guide::default()
        },
        PageId::Walkthrough => Guide {
            title: "The lesson".into(),
            why: "A model is not done when it is trained. This lesson takes yours from a table to where people use it, and back when the world has changed.".into(),
            what: "Read a unit, then follow its steps: each takes you to a page, and what you do there is checked as it happens. Nothing is locked; begin anywhere.".into(),
            tasks: Vec::new(),
            ..Guide::default()
        },
        _ => Guide {
            title: "Still to come".into(),
            why: "This page has its place in the path from a table to a model that people use, but it is not part of this version.".into(),
            what: "Everything from Data to Drift is ready, and so is the Walkthrough.".into(),
            tasks: Vec::new(),
            next: Some(PageId::Data).into(),
            ..Guide::default()
        },
    }
}

/// The panel: open with all of it, closed with the count and a dot per task.
pub(crate) fn guide_ui(ui: &mut Ui, state: &AppState, compact: bool, commands: &mut Commands) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), hairline(&t));
    let guide = guide(state);
    if state.screen.guide_open && !compact {
        // the lesson's own page shows it large, unless it is done there
        let is_here = |page: &str| walkthrough::page_of(page) == Some(PageId::Walkthrough);
        let taught = walkthrough::followed(state).filter(|(_, step)| {
            let is_elsewhere = state.screen.page != PageId::Walkthrough || is_here(&step.page);
            state.screen.walkthrough.teaching && is_elsewhere
        });
        let words = &state.results.walkthrough.words;
        // on the lesson's own page it stands there
        let is_lesson = matches!(guide.next, Next::Lesson { .. });
        let beside = walkthrough::followed(state);
        let beside = beside.filter(|_| is_lesson && state.screen.page != PageId::Walkthrough);
        open_ui(ui, (&guide, &words.glossary), commands, |ui, commands| {
            if let Some(step) = beside {
                walkthrough::beside_ui(ui, step, &state.screen.walkthrough, commands);
            }
            if let Some(step) = taught {
                let now = state.work.clock.unix_millis();
                let lesson = (&state.results.walkthrough, &state.screen.walkthrough);
                walkthrough::present_ui(ui, step, lesson, now, commands);
            }
            let page = serde_json::to_value(state.screen.page).ok();
            let tools = page.as_ref().and_then(|page| words.tools.of(page.as_str()?));
            if let Some(tools) = tools {
                tools_ui(ui, tools, state.screen.walkthrough.tools_open, commands);
            }
        });
    } else {
        closed_ui(ui, &guide, commands);
    }
}

fn closed_ui(ui: &mut Ui, guide: &Guide, commands: &mut Commands) {
    let t = tokens(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(space::S1);
        if icon_button(ui, Icon::SIDEBAR_SIMPLE, "Open the guide").clicked() {
            commands.push(Command::Guide);
        }
        let (rect, _) = ui.allocate_exact_size(vec2(space::S6, 1.0), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.center().y, hairline(&t));
        icon_ui(ui, Icon::COMPASS, Weight::Regular, size::ICON, t.text_2);
        let done = guide.tasks.iter().filter(|task| task.done).count();
        let count = format!("{done}/{}", guide.tasks.len());
        ui.label(text(count, font::small_medium(), t.text_2))
            .on_hover_text("Tasks of the guide that are done");
        for task in &guide.tasks {
            let (rect, _) = ui.allocate_exact_size(vec2(space::S2, space::S3), Sense::hover());
            if task.done {
                ui.painter().circle_filled(rect.center(), 4.0, t.good);
            } else {
                let stroke = eframe::egui::Stroke::new(1.0, t.stroke_control);
                ui.painter().circle_stroke(rect.center(), 3.5, stroke);
            }
        }
    });
}

fn open_ui(
    ui: &mut Ui,
    (guide, glossary): (&Guide, &Glossary),
    commands: &mut Commands,
    more: impl FnOnce(&mut Ui, &mut Commands),
) {
    let t = tokens(ui);
    let rect = ui.max_rect();
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), size::TOP_BAR));
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(head.shrink2(vec2(space::S4, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    icon_ui(&mut row, Icon::COMPASS, Weight::Regular, size::ICON, t.accent);
    row.label(text(say("Guide"), font::card_title(), t.text));
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if icon_button(ui, Icon::SIDEBAR_SIMPLE, "Close the guide").clicked() {
            commands.push(Command::Guide);
        }
        let done = guide.tasks.iter().filter(|task| task.done).count();
        if !guide.tasks.is_empty() {
            ui.label(text(say_with("{0} of {1}", &[&done, &guide.tasks.len()]), font::small(), t.text_2));
        }
    });
    ui.painter().hline(rect.x_range(), head.bottom() - 0.5, hairline(&t));
    let foot_top = rect.bottom() - 56.0;
    let body =
        Rect::from_min_max(pos2(rect.left() + 16.0, head.bottom()), pos2(rect.right() - 12.0, foot_top));
    let mut body_ui = ui.new_child(UiBuilder::new().max_rect(body).layout(Layout::top_down(Align::Min)));
    ScrollArea::vertical().auto_shrink(false).show(&mut body_ui, |ui| {
        // beside the scroll bar
        ui.set_width(body.width() - space::S3);
        body_of_guide_ui(ui, guide, glossary);
        more(ui, commands);
    });
    ui.painter().hline(rect.x_range(), foot_top, hairline(&t));
    let foot =
        Rect::from_min_max(pos2(rect.left() + 16.0, foot_top), pos2(rect.right() - 16.0, rect.bottom()));
    let mut foot_ui =
        ui.new_child(UiBuilder::new().max_rect(foot).layout(Layout::right_to_left(Align::Center)));
    let left = guide.tasks.iter().filter(|task| !task.done).count();
    match &guide.next {
        Next::Page(next) => {
            let enabled = left == 0;
            let label = format!("Next: {}", next.title());
            let why = "Every task above comes first; the rail takes you anywhere at any time";
            if Button::primary(&label)
                .lesson()
                .trailing(Icon::ARROW_RIGHT)
                .enabled(enabled, why)
                .ui(&mut foot_ui)
                .clicked()
            {
                commands.push(Command::Go(*next));
            }
        }
        Next::Lesson { label, command, is_main } => {
            let button = if *is_main { Button::primary(label) } else { Button::secondary(label) };
            let button = button.lesson();
            let icon = if *is_main { button.trailing(Icon::ARROW_RIGHT) } else { button.icon(Icon::PATH) };
            if icon.ui(&mut foot_ui).clicked() {
                commands.push(command.clone());
            }
        }
        Next::Nowhere => {}
    }
    if left > 0 {
        let said = if left == 1 { say("1 task left") } else { say_with("{0} tasks left", &[&left]) };
        foot_ui.label(text(said, font::small(), t.text_2));
    }
}

/// What the page's work is called in other tools.
fn tools_ui(ui: &mut Ui, tools: &PageTools, is_open: bool, commands: &mut Commands) {
    let t = tokens(ui);
    ui.add_space(space::S3);
    hairline_ui(ui);
    ui.add_space(space::S2);
    let icon = if is_open { Icon::CARET_DOWN } else { Icon::CARET_RIGHT };
    if Button::ghost("What this is called elsewhere").lesson().icon(icon).compact().ui(ui).clicked() {
        commands.push(walkthrough::Command::Tools(!is_open));
    }
    if !is_open {
        return;
    }
    for (tool, name) in tools.rows() {
        ui.add_space(space::S1);
        ui.label(text(tool, font::small_medium(), t.text_2));
        ui.add(Label::new(text(name, font::small(), t.text)).wrap());
    }
}

fn body_of_guide_ui(ui: &mut Ui, guide: &Guide, glossary: &Glossary) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S1;
    ui.add_space(space::S4);
    if !guide.tasks.is_empty() {
        let width = ui.available_width();
        let (rect, _) = ui.allocate_exact_size(vec2(width, space::S1), Sense::hover());
        let n = guide.tasks.len() as f32;
        let step = width / n;
        for (at, task) in guide.tasks.iter().enumerate() {
            let left = rect.left() + step * at as f32;
            let part =
                Rect::from_min_max(pos2(left, rect.top()), pos2(left + step - space::S1, rect.bottom()));
            ui.painter().rect_filled(part, CornerRadius::same(2), if task.done { t.good } else { t.stroke });
        }
        ui.add_space(space::S4);
    }
    if let Some(over) = &guide.over {
        ui.add(Label::new(text(over, font::small(), t.text_2)).wrap());
    }
    ui.add(Label::new(text(say(guide.title.as_ref()), font::heading(), t.text)).wrap());
    ui.add_space(space::S3);
    if !guide.why.is_empty() {
        ui.label(text(say("Why"), font::small_medium(), t.text_3));
        termed(ui, glossary, &say(guide.why.as_ref()), (font::body(), t.text_2));
        ui.add_space(space::S3);
    }
    ui.label(text(say("What to do"), font::small_medium(), t.text_3));
    termed(ui, glossary, &say(guide.what.as_ref()), (font::body(), t.text_2));
    if guide.is_marked {
        ui.add_space(space::S1);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S2;
            let (rect, _) = ui.allocate_exact_size(vec2(size::ICON, size::ICON_SMALL), Sense::hover());
            let stroke = eframe::egui::Stroke::new(2.0, t.warn);
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                CornerRadius::same(4),
                stroke,
                eframe::egui::StrokeKind::Inside,
            );
            let said = say("The ring on the page marks where to begin.");
            ui.add(Label::new(text(said, font::small(), t.text_2)).wrap());
        });
    }
    if guide.tasks.is_empty() {
        return;
    }
    ui.add_space(space::S3);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(line.x_range(), line.center().y, hairline(&t));
    ui.add_space(space::S3);
    ui.horizontal(|ui| {
        ui.label(text(say("Tasks"), font::small_medium(), t.text_2));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(text(say("checked live"), font::small(), t.text_3));
            icon_ui(ui, Icon::PULSE, Weight::Regular, size::ICON_SEGMENT, t.text_3);
        });
    });
    for task in &guide.tasks {
        ui.add_space(space::S2);
        let font = if task.done { font::body() } else { font::label() };
        task_line(ui, &task.text, task.done, font);
    }
}

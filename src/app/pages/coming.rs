//! Pages that are not there yet: what they are for, and what works already on the command line or elsewhere.

use eframe::egui::{Label, Ui};

use super::{PageId, View};
use crate::app::theme::{Icon, font, space, text, tokens};
use crate::app::widgets::{Tone, Weight, card, icon_ui, page_head, tag};

/// The purpose of a page, in a sentence, and what one will be able to do there.
fn plan(page: PageId) -> (&'static str, &'static [&'static str]) {
    match page {
        PageId::Scale => (
            "Find the least hardware that keeps a promise of speed, and see a queue grow and drain.",
            &[
                "Queueing theory beside a load test of the local server",
                "Workers, traffic and the goal as sliders",
            ],
        ),
        PageId::Ship => (
            "Take the model out of this program in a form that others run.",
            &[
                "ONNX, C, Flask, FastAPI, Docker, Compose and Kubernetes, file by file",
                "Each export checked: the same records must give the same numbers",
            ],
        ),
        PageId::SetUp => (
            "Leave with a working machine of one's own.",
            &["Checks what is installed, and shows the command for what is missing"],
        ),
        PageId::Walkthrough
        | PageId::Data
        | PageId::Train
        | PageId::Predict
        | PageId::Serve
        | PageId::Requests
        | PageId::Drift => ("", &[]),
    }
}

/// Shows the page's purpose and what is coming.
pub(crate) fn coming_page_ui(ui: &mut Ui, page: PageId, view: View<'_>) {
    let t = tokens(ui);
    let (purpose, parts) = plan(page);
    page_head(ui, view.compact, page.title(), "not in this version yet", |_| {});
    card(ui, |ui| {
        ui.set_max_width(680.0);
        ui.spacing_mut().item_spacing.y = space::S3;
        ui.horizontal(|ui| {
            icon_ui(ui, page.icon(), Weight::Regular, 20.0, t.accent);
            ui.label(text(purpose, font::heading(), t.text));
        });
        ui.horizontal(|ui| {
            tag(ui, Tone::Info, Some((Icon::CLOCK, Weight::Regular)), "Coming");
            ui.label(text("What this page will let you do", font::body(), t.text_2));
        });
        for part in parts {
            ui.horizontal_top(|ui| {
                icon_ui(ui, Icon::ARROW_RIGHT, Weight::Regular, 16.0, t.text_3);
                ui.add(Label::new(text(*part, font::body(), t.text)).wrap());
            });
        }
        ui.add(
            Label::new(text(
                "Data, Train, Predict and Requests work today, on the same model and rows that this page will use.",
                font::body(),
                t.text_2,
            ))
            .wrap(),
        );
    });
}

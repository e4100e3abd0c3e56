//! Text in which the glossary's terms can be pointed at.

use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Color32, FontId, Galley, Label, Pos2, Response, Role, Shape, Stroke, Ui, WidgetInfo, vec2,
};

use crate::app::theme::{font, line_height, size, space, text, tokens};
use crate::lesson::{Glossary, Term};

/// A text in one font, whose terms say what they mean when the pointer is on them.
pub(crate) fn termed(
    ui: &mut Ui,
    glossary: &Glossary,
    said: &str,
    (font, color): (FontId, Color32),
) -> Response {
    let mut job = LayoutJob::default();
    let line_height = Some(line_height(&font));
    job.append(
        said,
        0.0,
        eframe::egui::TextFormat { font_id: font, color, line_height, ..Default::default() },
    );
    termed_job(ui, glossary, job)
}

/// As [`termed`], for a text that was laid out already.
pub(crate) fn termed_job(ui: &mut Ui, glossary: &Glossary, job: LayoutJob) -> Response {
    let t = tokens(ui);
    let found = glossary.find(&job.text);
    let mut seen: Vec<&str> = Vec::new();
    // a term is marked where it comes first
    let marked: Vec<std::ops::Range<usize>> = found
        .iter()
        .filter(|(_, term)| {
            let is_first = !seen.contains(&term.name.as_str());
            seen.push(&term.name);
            is_first
        })
        .map(|(range, _)| range.clone())
        .collect();
    let said = job.text.clone();
    let (at, galley, response) = Label::new(job).wrap().layout_in_ui(ui);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.painter().galley(at, Arc::clone(&galley), t.text);
    underline(ui, (at, &galley), &marked, Stroke::new(1.0, t.stroke_control));
    let Some(pointer) = response.hover_pos() else { return response };
    let char_at = galley.cursor_from_pos(pointer - at).index;
    let byte = said.char_indices().nth(char_at.into()).map_or(said.len(), |(byte, _)| byte);
    match found.iter().find(|(range, _)| range.contains(&byte)) {
        Some((_, term)) => response.on_hover_ui_at_pointer(|ui| meaning_ui(ui, term)),
        None => response,
    }
}

/// A term and its meaning.
pub(crate) fn meaning_ui(ui: &mut Ui, term: &Term) {
    let t = tokens(ui);
    ui.set_max_width(size::GUIDE);
    ui.spacing_mut().item_spacing.y = space::S1;
    ui.label(text(&term.name, font::label(), t.text));
    ui.add(Label::new(text(&term.meaning, font::body(), t.text)).wrap());
    if let Some(not) = &term.not {
        ui.add(Label::new(text(not, font::body(), t.text_2)).wrap());
    }
}

/// A dotted line under some places of a text, close to its letters.
fn underline(ui: &Ui, (at, galley): (Pos2, &Galley), places: &[std::ops::Range<usize>], stroke: Stroke) {
    let mut byte = 0;
    for row in &galley.rows {
        let origin = at + row.pos.to_vec2();
        for glyph in &row.row.glyphs {
            if places.iter().any(|place| place.contains(&byte)) {
                let from = origin + glyph.pos.to_vec2() + vec2(0.0, 2.5);
                let line = [from, from + vec2(glyph.advance_width, 0.0)];
                ui.painter().extend(Shape::dashed_line(&line, stroke, 2.0, 2.0));
            }
            byte += glyph.chr.len_utf8();
        }
        byte += usize::from(row.ends_with_newline);
    }
}

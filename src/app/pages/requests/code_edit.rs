//! A field for code: line numbers, the colours of JSON, and a mark on the line that is wrong.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    Align2, CornerRadius, Frame, Margin, Rect, Response, Role, ScrollArea, TextEdit, Ui, WidgetInfo, pos2,
};

use super::lines::coloured;
use crate::app::theme::{font, radius, size, space, tokens};
use crate::client::json::{JsonError, tokens_so_far};

/// Above this many bytes a text is not coloured while it is typed.
const MAX_COLOURED: usize = 200 << 10;

/// The field; read aloud as `name`. `wrong` is marked.
pub(super) fn code_edit(
    ui: &mut Ui,
    name: &str,
    value: &mut String,
    json: bool,
    wrong: Option<&JsonError>,
) -> Response {
    let t = tokens(ui);
    let n = value.matches('\n').count() + 1;
    let gutter = space::S3 + n.to_string().len() as f32 * 7.5 + space::S2;
    let coloured_text = json && value.len() <= MAX_COLOURED;
    let mut layouter = |ui: &Ui, text: &dyn eframe::egui::TextBuffer, _width: f32| {
        let text = text.as_str();
        let mut job = LayoutJob::default();
        if coloured_text {
            let (found, _) = tokens_so_far(text);
            coloured(&mut job, text, 0..text.len(), &found, &t);
        }
        if job.is_empty() {
            let format = TextFormat {
                font_id: font::mono(),
                color: t.text,
                line_height: Some(size::CODE_LINE),
                ..TextFormat::default()
            };
            job.append(text, 0.0, format);
        }
        // lines are not wrapped: they keep their numbers
        job.wrap.max_width = f32::INFINITY;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let output = ScrollArea::both().id_salt(name).auto_shrink(false).show(ui, |ui| {
        let height = ui.available_height();
        let edit = TextEdit::multiline(value)
            .id_salt((name, "text"))
            .code_editor()
            .frame(Frame::NONE.inner_margin(Margin { left: gutter as i8, right: 16, top: 0, bottom: 0 }))
            .desired_width(f32::INFINITY)
            .desired_rows(((height / size::CODE_LINE) as usize).max(2))
            .layouter(&mut layouter)
            .lock_focus(false)
            .show(ui);
        let galley = &edit.galley;
        let left = edit.galley_pos.x - gutter;
        let clip = ui.clip_rect();
        let painter = ui.painter();
        for (at, row) in galley.rows.iter().enumerate() {
            let rect = row.rect().translate(edit.galley_pos.to_vec2());
            if rect.bottom() < clip.top() || rect.top() > clip.bottom() {
                continue;
            }
            let is_wrong = wrong.is_some_and(|wrong| wrong.line == at + 1);
            if is_wrong {
                let mark = Rect::from_min_max(
                    pos2(left, rect.top()),
                    pos2(left + 3.0, rect.top() + size::CODE_LINE),
                );
                painter.rect_filled(mark, CornerRadius::same(1), t.bad);
            }
            painter.text(
                pos2(left + gutter - space::S2, rect.top() + size::CODE_LINE / 2.0 - 1.0),
                Align2::RIGHT_CENTER,
                (at + 1).to_string(),
                font::mono_key(),
                if is_wrong { t.bad } else { t.text_3 },
            );
        }
        edit.response.response
    });
    let response = output.inner;
    let enabled = ui.is_enabled();
    let text = value.clone();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::MultilineTextInput, enabled, name);
        info.current_text_value = Some(text.clone());
        info
    });
    if response.has_focus() {
        let frame = ui.min_rect().intersect(ui.clip_rect());
        ui.painter().rect_stroke(
            frame.shrink(1.0),
            CornerRadius::same(radius::TAG),
            eframe::egui::Stroke::new(1.0, t.accent),
            eframe::egui::StrokeKind::Inside,
        );
    }
    response
}

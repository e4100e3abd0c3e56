//! A long text, line by line, with the colours of JSON: only the lines in view are laid out.

use std::ops::Range;

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::theme::{Tokens, font, size, space, tokens};
use crate::client::json::{JsonToken, TokenKind, tokens_so_far};

/// Characters of a line that are shown.
const MAX_LINE: usize = 2000;
/// Above this many bytes a text has no colours.
pub(super) const MAX_COLOURED: usize = 4 << 20;

/// A text with its lines and tokens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    pub(crate) text: String,
    starts: Vec<usize>,
    tokens: Vec<JsonToken>,
}

impl Lines {
    /// A text; with the colours of JSON if it is `json`.
    pub(crate) fn new(text: String, json: bool) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let tokens = if json && text.len() <= MAX_COLOURED { tokens_so_far(&text).0 } else { Vec::new() };
        Self { text, starts, tokens }
    }

    fn line(&self, at: usize) -> Range<usize> {
        let start = self.starts[at];
        let mut end = self.starts.get(at + 1).map_or(self.text.len(), |next| next - 1);
        if end > start && self.text.as_bytes()[end - 1] == b'\r' {
            end -= 1;
        }
        let cut = self.text[start..end].char_indices().nth(MAX_LINE).map_or(end, |(at, _)| start + at);
        start..cut
    }

    fn job(&self, range: Range<usize>, t: &Tokens) -> LayoutJob {
        let first = self.tokens.partition_point(|token| token.end <= range.start);
        let mut job = LayoutJob::default();
        coloured(&mut job, &self.text, range, &self.tokens[first..], t);
        job
    }
}

/// The colour of a token.
pub(super) fn colour(kind: TokenKind, t: &Tokens) -> Color32 {
    match kind {
        TokenKind::Key => t.accent,
        TokenKind::Text => t.good,
        TokenKind::Number => t.warn,
        TokenKind::Word | TokenKind::Variable => t.info,
        TokenKind::Sign => t.text_3,
    }
}

/// Appends a range of a text in the colours of its tokens.
pub(super) fn coloured(
    job: &mut LayoutJob,
    text: &str,
    range: Range<usize>,
    tokens: &[JsonToken],
    t: &Tokens,
) {
    let format =
        |color| TextFormat { font_id: font::mono(), color, line_height: Some(20.0), ..TextFormat::default() };
    let mut at = range.start;
    for token in tokens {
        if token.start >= range.end {
            break;
        }
        let (start, end) = (token.start.max(at), token.end.min(range.end));
        if start > at {
            job.append(&text[at..start], 0.0, format(t.text));
        }
        if end > start {
            job.append(&text[start..end], 0.0, format(colour(token.kind, t)));
            at = end;
        }
    }
    if at < range.end {
        job.append(&text[at..range.end], 0.0, format(t.text));
    }
}

/// Shows the text with line numbers; read aloud as `name` with the text as its value.
pub(super) fn lines_ui(ui: &mut Ui, name: &str, lines: &Lines) {
    let t = tokens(ui);
    let n = lines.starts.len();
    let digits = n.to_string().len() as f32;
    let gutter = space::S3 + digits * 7.5 + space::S2;
    let whole = ui.interact(ui.max_rect(), ui.scope_id().with(name), Sense::hover());
    whole.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Document, true, name);
        let end = lines.text.char_indices().nth(20_000).map_or(lines.text.len(), |(at, _)| at);
        info.current_text_value = Some(lines.text[..end].to_owned());
        info
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::both().id_salt(name).auto_shrink(false).show_rows(ui, size::CODE_LINE, n, |ui, rows| {
        for at in rows {
            let range = lines.line(at);
            let galley = ui.painter().layout_job(lines.job(range, &t));
            let width = (gutter + galley.size().x + space::S4).max(ui.available_width());
            let (rect, _) = ui.allocate_exact_size(vec2(width, size::CODE_LINE), Sense::hover());
            let painter = ui.painter();
            painter.text(
                pos2(rect.left() + gutter - space::S2, rect.center().y - 1.0),
                eframe::egui::Align2::RIGHT_CENTER,
                (at + 1).to_string(),
                font::mono_key(),
                t.text_3,
            );
            painter.galley(
                pos2(rect.left() + gutter, rect.center().y - galley.size().y / 2.0),
                galley,
                t.text,
            );
        }
    });
}

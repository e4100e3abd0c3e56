//! A long text, line by line, with the colours of JSON: long lines go on in the next row, and only the rows in view are
//! laid out.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::theme::{Tokens, font, size, space, text, tokens};
use crate::app::widgets::format;
use crate::client::json::{JsonToken, TokenKind, tokens_so_far};

/// Above this many bytes a text has no colours.
pub(super) const MAX_COLOURED: usize = 4 << 20;
/// How many bytes of a text are shown.
pub(super) const MAX_SHOWN: usize = 8 << 20;
/// The fewest characters of a row.
const MIN_COLUMNS: usize = 24;
/// The rows of a text longer than this are not cut anew whenever the width changes.
const MAX_FITTED: usize = 1 << 20;
/// How long such rows are.
const WIDE_COLUMNS: usize = 160;

/// A text with its tokens, cut into rows.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: String,
    tokens: Vec<JsonToken>,
    /// The rows as they were cut last.
    rows: Mutex<Arc<Rows>>,
}

/// A text's rows: its lines, each cut where it is longer than the columns.
#[derive(Debug, Default)]
struct Rows {
    columns: usize,
    /// Where each row begins, and the number of the line that begins there, if one does.
    starts: Vec<(usize, Option<NonZeroUsize>)>,
    n_lines: usize,
    end: usize,
}

impl Rows {
    fn new(text: &str, columns: usize) -> Self {
        let end = text.floor_char_boundary(MAX_SHOWN);
        let mut starts = Vec::new();
        let mut start = 0;
        let mut n_lines = 0;
        for whole in text[..end].split('\n') {
            n_lines += 1;
            starts.push((start, NonZeroUsize::new(n_lines)));
            let line = whole.strip_suffix('\r').unwrap_or(whole);
            let mut rest = line;
            // the character that would be one too many
            while let Some((hard, _)) = rest.char_indices().nth(columns) {
                // behind the last blank, if that is not far
                let soft = rest[..hard].rfind(' ').map(|at| at + 1).filter(|at| *at * 2 > hard);
                let at = soft.unwrap_or(hard);
                rest = &rest[at..];
                starts.push((start + line.len() - rest.len(), None));
            }
            start += whole.len() + 1;
        }
        Self { columns, starts, n_lines, end }
    }

    fn row(&self, text: &str, at: usize) -> Range<usize> {
        let start = self.starts[at].0;
        let end = self.starts.get(at + 1).map_or(self.end, |next| next.0).max(start);
        start..start + text[start..end].trim_end_matches(['\n', '\r']).len()
    }
}

impl Lines {
    /// A text; with the colours of JSON if it is `json`.
    pub(crate) fn new(text: String, json: bool) -> Self {
        let tokens = if json && text.len() <= MAX_COLOURED { tokens_so_far(&text).0 } else { Vec::new() };
        Self { text, tokens, rows: Mutex::default() }
    }

    /// The rows of so many columns; cut only when that changes.
    fn rows(&self, columns: usize) -> Arc<Rows> {
        let columns = if self.text.len() > MAX_FITTED { WIDE_COLUMNS } else { columns.max(MIN_COLUMNS) };
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.columns != columns {
            *rows = Arc::new(Rows::new(&self.text, columns));
        }
        Arc::clone(&rows)
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
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font::mono(), '0'));
    let gutter_of = |n_lines: usize| space::S3 + n_lines.to_string().len() as f32 * 7.5 + space::S2;
    let room = ui.available_width() - gutter_of(1_000) - space::S4;
    let rows = lines.rows((room / letter.max(1.0)) as usize);
    let gutter = gutter_of(rows.n_lines);
    let whole = ui.interact(ui.max_rect(), ui.scope_id().with(name), Sense::hover());
    whole.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Document, true, name);
        let end = lines.text.char_indices().nth(20_000).map_or(lines.text.len(), |(at, _)| at);
        info.current_text_value = Some(lines.text[..end].to_owned());
        info
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    let is_cut = rows.end < lines.text.len();
    let n = rows.starts.len() + usize::from(is_cut);
    ScrollArea::both().id_salt(name).auto_shrink(false).show_rows(ui, size::CODE_LINE, n, |ui, seen| {
        for at in seen {
            if at == rows.starts.len() {
                let shown = format::bytes(rows.end as u64);
                let said = format!("The first {shown} are shown; a copy has all of it.");
                ui.label(text(said, font::small(), t.text_2));
                continue;
            }
            let range = rows.row(&lines.text, at);
            let galley = ui.painter().layout_job(lines.job(range, &t));
            let width = (gutter + galley.size().x + space::S4).max(ui.available_width());
            let (rect, _) = ui.allocate_exact_size(vec2(width, size::CODE_LINE), Sense::hover());
            let painter = ui.painter();
            // what goes on has no number
            if let Some(number) = rows.starts[at].1 {
                painter.text(
                    pos2(rect.left() + gutter - space::S2, rect.center().y - 1.0),
                    eframe::egui::Align2::RIGHT_CENTER,
                    number.to_string(),
                    font::mono_key(),
                    t.text_3,
                );
            }
            painter.galley(
                pos2(rect.left() + gutter, rect.center().y - galley.size().y / 2.0),
                galley,
                t.text,
            );
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, columns: usize) -> Vec<(&str, Option<usize>)> {
        let rows = Rows::new(text, columns);
        let number = |at: usize| rows.starts[at].1.map(NonZeroUsize::get);
        (0..rows.starts.len()).map(|at| (&text[rows.row(text, at)], number(at))).collect()
    }

    #[test]
    fn long_lines_go_on_in_the_next_row_and_nothing_is_lost() {
        assert_eq!(
            rows("the sea is grey\r\nand cold\n", 10),
            [("the sea ", Some(1)), ("is grey", None), ("and cold", Some(2)), ("", Some(3))]
        );
        // a word that is longer than a row
        assert_eq!(rows("ääääää", 4), [("ääää", Some(1)), ("ää", None)]);
        assert_eq!(rows("", 4), [("", Some(1))]);
        let long = "word ".repeat(1_000);
        assert_eq!(rows(&long, 40).iter().map(|(row, _)| *row).collect::<String>(), long);
    }

    #[test]
    fn a_very_long_text_is_shown_to_a_limit_and_cut_into_rows_once() {
        let lines = Lines::new("x".repeat(MAX_SHOWN + 5), false);
        let rows = lines.rows(30);
        assert_eq!((rows.end, rows.starts.len()), (MAX_SHOWN, MAX_SHOWN.div_ceil(WIDE_COLUMNS)));
        assert!(Arc::ptr_eq(&rows, &lines.rows(90)));
        let short = Lines::new("x".repeat(100), false);
        assert_eq!(short.rows(50).starts.len(), 2);
        assert_eq!(short.rows(100).starts.len(), 1);
    }
}

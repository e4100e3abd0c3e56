//! Small pieces that several parts of this page share.

use eframe::egui::{CornerRadius, Frame, Margin, Ui};

use crate::app::theme::{Icon, hairline, radius, shadow, tokens};
use crate::data::ColumnKind;

/// The frame of a popup.
pub(crate) fn popup_frame(ui: &Ui) -> Frame {
    let t = tokens(ui);
    Frame::new()
        .fill(t.surface)
        .stroke(hairline(&t))
        .corner_radius(CornerRadius::same(radius::CARD))
        .inner_margin(Margin::same(8))
        .shadow(shadow(&t))
}

/// The icon and the word of a column's kind.
pub(crate) const fn kind_sign(kind: ColumnKind) -> (Icon, &'static str) {
    match kind {
        ColumnKind::Number => (Icon::HASH, "number"),
        ColumnKind::Category => (Icon::TAG, "category"),
        ColumnKind::Boolean => (Icon::TOGGLE_LEFT, "yes/no"),
        ColumnKind::Date => (Icon::CALENDAR_BLANK, "date"),
        ColumnKind::Text => (Icon::TEXT_T, "text"),
    }
}

/// A column's name on one line, whatever it holds.
pub(super) fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A byte between fields, in words.
pub(crate) fn delimiter_word(byte: u8) -> String {
    match byte {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        b'|' => "bar |".to_owned(),
        b' ' => "space".to_owned(),
        byte => char::from(byte).to_string(),
    }
}

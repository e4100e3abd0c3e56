//! The colours, by name, light and dark: the only place where a colour is written down.

use eframe::egui::Color32;

/// The colours of one theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tokens {
    /// Whether it is the dark theme.
    pub(crate) dark: bool,
    /// Left rail, status line.
    pub(crate) rail: Color32,
    /// Page background.
    pub(crate) canvas: Color32,
    /// Cards, panels, top bar, inputs.
    pub(crate) surface: Color32,
    /// Code blocks, board fields, group rows, bar troughs.
    pub(crate) sunken: Color32,
    /// Hovered row or button, disabled button.
    pub(crate) hover: Color32,
    /// Selected row, nav item, current step.
    pub(crate) selected: Color32,
    /// Hairlines, card borders, grid lines.
    pub(crate) stroke: Color32,
    /// Secondary button border, table head line, slider trough.
    pub(crate) stroke_strong: Color32,
    /// Borders of inputs, check boxes, radios, steppers.
    pub(crate) stroke_control: Color32,
    /// Main text.
    pub(crate) text: Color32,
    /// Secondary text, nav labels.
    pub(crate) text_2: Color32,
    /// Captions, axis ticks, hints, line numbers.
    pub(crate) text_3: Color32,
    /// Disabled glyphs only, never for text that must be read.
    pub(crate) disabled: Color32,
    /// The one accent: primary button, links, selection marks, focus ring.
    pub(crate) accent: Color32,
    /// Primary button hovered.
    pub(crate) accent_hover: Color32,
    /// Primary button pressed.
    pub(crate) accent_press: Color32,
    /// Result column, drop slot, advice box.
    pub(crate) accent_tint: Color32,
    /// Hover on accent tint.
    pub(crate) accent_tint_2: Color32,
    /// Text and icons on accent.
    pub(crate) on_accent: Color32,
    /// Done, passed, stable.
    pub(crate) good: Color32,
    /// Its tag background.
    pub(crate) good_tint: Color32,
    /// Watch, missing, not running.
    pub(crate) warn: Color32,
    /// Its tag background.
    pub(crate) warn_tint: Color32,
    /// Error, drift, missing tool.
    pub(crate) bad: Color32,
    /// Its tag background.
    pub(crate) bad_tint: Color32,
    /// Accepted, neutral news, POST.
    pub(crate) info: Color32,
    /// Its tag background.
    pub(crate) info_tint: Color32,
    /// Plot zone: close to the edge.
    pub(crate) zone_warn: Color32,
    /// Plot zone: beyond the edge.
    pub(crate) zone_bad: Color32,
    /// 1 reference: training data, train score, p50, connect.
    pub(crate) p_ref: Color32,
    /// Fill under a reference density.
    pub(crate) p_ref_fill: Color32,
    /// 2 current: recent data, queue wait; negative contributions.
    pub(crate) p_cur: Color32,
    /// 3 prediction: test score, in-process, p95, inference; positive contributions.
    pub(crate) p_pred: Color32,
    /// 4 error: model error above the threshold.
    pub(crate) p_err: Color32,
    /// 5 free: over HTTP, p99, receive.
    pub(crate) p_5: Color32,
    /// 6 free: send, enqueue.
    pub(crate) p_6: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The light and the dark of a code that phones read, the same in both themes: many readers take nothing else.
pub(crate) const CODE_COLORS: (Color32, Color32) = (Color32::WHITE, Color32::BLACK);

/// The light theme.
pub(crate) const LIGHT: Tokens = Tokens {
    dark: false,
    rail: rgb(0xF1F4F6),
    canvas: rgb(0xF8FAFB),
    surface: rgb(0xFFFFFF),
    sunken: rgb(0xF3F6F8),
    hover: rgb(0xEAEFF2),
    selected: rgb(0xE2EEF3),
    stroke: rgb(0xDCE2E7),
    stroke_strong: rgb(0xC5CED6),
    stroke_control: rgb(0x7D8B97),
    text: rgb(0x16202A),
    text_2: rgb(0x46545F),
    text_3: rgb(0x5C6A76),
    disabled: rgb(0x98A4AE),
    accent: rgb(0x0B6A8A),
    accent_hover: rgb(0x095873),
    accent_press: rgb(0x07465C),
    accent_tint: rgb(0xE3F1F6),
    accent_tint_2: rgb(0xBFDFEA),
    on_accent: rgb(0xFFFFFF),
    good: rgb(0x10764E),
    good_tint: rgb(0xE2F3EB),
    warn: rgb(0x925500),
    warn_tint: rgb(0xFBF0DB),
    bad: rgb(0xA0141C),
    bad_tint: rgb(0xFAE8E6),
    info: rgb(0x4338AE),
    info_tint: rgb(0xECEBFA),
    zone_warn: rgb(0xFCF5E4),
    zone_bad: rgb(0xFBEEED),
    p_ref: rgb(0x7E8FA5),
    p_ref_fill: rgb(0xD5DDE6),
    p_cur: rgb(0xCE7719),
    p_pred: rgb(0x0B6A8A),
    p_err: rgb(0xC23A47),
    p_5: rgb(0x6A2396),
    p_6: rgb(0x3A5210),
};

/// The dark theme.
pub(crate) const DARK: Tokens = Tokens {
    dark: true,
    rail: rgb(0x0D1216),
    canvas: rgb(0x11171C),
    surface: rgb(0x171E24),
    sunken: rgb(0x12191E),
    hover: rgb(0x202930),
    selected: rgb(0x15313D),
    stroke: rgb(0x27313A),
    stroke_strong: rgb(0x36424D),
    stroke_control: rgb(0x66757F),
    text: rgb(0xE8EDF1),
    text_2: rgb(0xB1BCC6),
    text_3: rgb(0x8C9AA6),
    disabled: rgb(0x5C6974),
    accent: rgb(0x4DB4D3),
    accent_hover: rgb(0x6BC3DE),
    accent_press: rgb(0x39A0C0),
    accent_tint: rgb(0x122E39),
    accent_tint_2: rgb(0x1D4A5B),
    on_accent: rgb(0x04191F),
    good: rgb(0x4FDDB0),
    good_tint: rgb(0x12332A),
    warn: rgb(0xEEBB4A),
    warn_tint: rgb(0x352A12),
    bad: rgb(0xFF8276),
    bad_tint: rgb(0x3C1D1C),
    info: rgb(0x86A8FF),
    info_tint: rgb(0x1A2546),
    zone_warn: rgb(0x2A2519),
    zone_bad: rgb(0x2B1D1F),
    p_ref: rgb(0x758B9F),
    p_ref_fill: rgb(0x2B3742),
    p_cur: rgb(0xEC9F40),
    p_pred: rgb(0x4DB4D3),
    p_err: rgb(0xEA4C4C),
    p_5: rgb(0xAE76DE),
    p_6: rgb(0xD9E24E),
};

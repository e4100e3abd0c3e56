//! The icons: names for glyphs of the Phosphor fonts in `assets/fonts`. All three weights have the same code points.

/// A glyph of the icon fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Icon(char);

impl Icon {
    /// The character that draws it in an icon font.
    pub(crate) const fn glyph(self) -> char {
        self.0
    }
}

macro_rules! icons {
    ($($name:ident = $code:literal;)*) => {
        #[allow(dead_code, reason = "a set to choose from")]
        impl Icon {
            $(pub(crate) const $name: Self = Self($code);)*

            /// The icon of that name, written as `users-three`.
            pub(crate) fn named(name: &str) -> Option<Self> {
                let name = name.replace('-', "_").to_uppercase();
                [$((stringify!($name), Self::$name)),*].into_iter().find(|(own, _)| *own == name).map(|(_, icon)| icon)
            }
        }
    };
}

icons! {
    ARCHIVE = '\u{e00c}';
    ARROWS_LEFT_RIGHT = '\u{e0a0}';
    ARROW_COUNTER_CLOCKWISE = '\u{e038}';
    ARROW_LEFT = '\u{e058}';
    ARROW_RIGHT = '\u{e06c}';
    ARROW_SQUARE_OUT = '\u{e5de}';
    BELL_RINGING = '\u{e5e8}';
    BROADCAST = '\u{e0f2}';
    CALENDAR_BLANK = '\u{e10a}';
    CARET_DOWN = '\u{e136}';
    CARET_LEFT = '\u{e138}';
    CARET_RIGHT = '\u{e13a}';
    CARET_UP = '\u{e13c}';
    CARET_UP_DOWN = '\u{e140}';
    CHART_LINE_UP = '\u{e156}';
    CHART_SCATTER = '\u{eaac}';
    CHECK = '\u{e182}';
    CHECK_CIRCLE = '\u{e184}';
    CIRCLE = '\u{e18a}';
    CIRCLE_NOTCH = '\u{eb44}';
    CLIPBOARD_TEXT = '\u{e198}';
    CLOCK = '\u{e19a}';
    CLOUD = '\u{e1aa}';
    COMMAND = '\u{e1c4}';
    COMPASS = '\u{e1c8}';
    COPY = '\u{e1ca}';
    CREDIT_CARD = '\u{e1d2}';
    CROSSHAIR = '\u{e1d6}';
    CROWN = '\u{e614}';
    CUBE = '\u{e1da}';
    CURSOR_CLICK = '\u{e7c8}';
    DATABASE = '\u{e1de}';
    DICE_FIVE = '\u{e1ee}';
    DOTS_THREE = '\u{e1fe}';
    DOWNLOAD_SIMPLE = '\u{e20c}';
    ENVELOPE_SIMPLE = '\u{e218}';
    EQUALS = '\u{e21c}';
    EXPORT = '\u{eaf0}';
    EYE = '\u{e220}';
    FILE_CODE = '\u{e914}';
    FILE_CSV = '\u{eb1c}';
    FILE_TEXT = '\u{e23a}';
    FLAG = '\u{e244}';
    FLASK = '\u{e79e}';
    FLOPPY_DISK = '\u{e248}';
    FOLDER_OPEN = '\u{e256}';
    FUNNEL_SIMPLE = '\u{e268}';
    GAUGE = '\u{e628}';
    GEAR_SIX = '\u{e272}';
    GIT_DIFF = '\u{e27c}';
    HARD_DRIVES = '\u{e2a0}';
    HASH = '\u{e2a2}';
    IMAGES = '\u{e836}';
    INFO = '\u{e2ce}';
    KEY = '\u{e2d6}';
    KEYBOARD = '\u{e2d8}';
    LIGHTNING = '\u{e2de}';
    LIST = '\u{e2f0}';
    LIST_CHECKS = '\u{eadc}';
    LOCK_SIMPLE = '\u{e308}';
    MAGNIFYING_GLASS = '\u{e30c}';
    MINUS = '\u{e32a}';
    MONITOR = '\u{e32e}';
    MOON = '\u{e330}';
    MOON_STARS = '\u{e58e}';
    NOTE_PENCIL = '\u{e34c}';
    PACKAGE = '\u{e390}';
    PAPER_PLANE_TILT = '\u{e398}';
    PATH = '\u{e39c}';
    PAUSE = '\u{e39e}';
    PENCIL_SIMPLE = '\u{e3b4}';
    PLAY = '\u{e3d0}';
    PLUS = '\u{e3d4}';
    PRESENTATION_CHART = '\u{e656}';
    PROHIBIT = '\u{e3de}';
    PULSE = '\u{e000}';
    QUESTION = '\u{e3e8}';
    ROWS = '\u{e5a2}';
    SCALES = '\u{e750}';
    SIDEBAR_SIMPLE = '\u{ec24}';
    SKIP_FORWARD = '\u{e5a6}';
    SLIDERS_HORIZONTAL = '\u{e434}';
    SORT_ASCENDING = '\u{e444}';
    SORT_DESCENDING = '\u{e446}';
    STEERING_WHEEL = '\u{e9ac}';
    STOP = '\u{e46c}';
    STOREFRONT = '\u{e470}';
    SUN = '\u{e472}';
    TABLE = '\u{e476}';
    TAG = '\u{e478}';
    TARGET = '\u{e47c}';
    TEXTBOX = '\u{eb0a}';
    TEXT_AA = '\u{e6ee}';
    TEXT_T = '\u{e48a}';
    THERMOMETER = '\u{e5c6}';
    TIMER = '\u{e492}';
    TOGGLE_LEFT = '\u{e674}';
    TRASH = '\u{e4a6}';
    UPLOAD_SIMPLE = '\u{e4c0}';
    USERS_THREE = '\u{e68e}';
    WARNING = '\u{e4e0}';
    WARNING_OCTAGON = '\u{e4e4}';
    WAVE_SINE = '\u{ea9a}';
    WRENCH = '\u{e5d4}';
    X = '\u{e4f6}';
    X_CIRCLE = '\u{e4f8}';
}

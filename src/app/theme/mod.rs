//! Every colour, size and font of the window, light and dark. No literal of these stands anywhere else.

mod icons;
mod tokens;

pub(crate) use icons::Icon;
pub(crate) use tokens::{CODE_COLORS, DARK, LIGHT, Tokens};

use eframe::egui::epaint::text::{FontTweak, VariationCoords};
use eframe::egui::style::{HandleShape, ScrollStyle, WidgetVisuals};
use eframe::egui::{
    Color32, Context, CornerRadius, CursorIcon, FontData, FontDefinitions, FontFamily, FontId, Margin,
    RichText, Shadow, Stroke, Style, TextStyle, Theme, Ui, Visuals, vec2,
};

/// Gaps and paddings: 4, 8, 12, 16, 24 and 32 points.
pub(crate) mod space {
    pub(crate) const S1: f32 = 4.0;
    pub(crate) const S2: f32 = 8.0;
    pub(crate) const S3: f32 = 12.0;
    pub(crate) const S4: f32 = 16.0;
    pub(crate) const S6: f32 = 24.0;
    pub(crate) const S8: f32 = 32.0;
}

/// Corner radii.
pub(crate) mod radius {
    pub(crate) const TAG: u8 = 4;
    pub(crate) const CONTROL: u8 = 6;
    pub(crate) const CARD: u8 = 8;
}

/// Sizes of fixed elements, in points.
pub(crate) mod size {
    pub(crate) const RAIL: f32 = 200.0;
    pub(crate) const RAIL_COMPACT: f32 = 48.0;
    pub(crate) const TOP_BAR: f32 = 48.0;
    pub(crate) const STATUS: f32 = 24.0;
    pub(crate) const GUIDE: f32 = 300.0;
    pub(crate) const GUIDE_CLOSED: f32 = 40.0;
    pub(crate) const PAGE_HEAD: f32 = 64.0;
    pub(crate) const PAGE_HEAD_COMPACT: f32 = 48.0;
    pub(crate) const INSPECTOR: f32 = 320.0;
    pub(crate) const INSPECTOR_NARROW: f32 = 256.0;
    /// The room that a column's type takes beside its name.
    pub(crate) const INSPECTOR_TAG: f32 = 96.0;
    pub(crate) const TOOLBAR_WIDE: f32 = 1080.0;
    pub(crate) const TOOLBAR_NARROW: f32 = 800.0;
    pub(crate) const SEARCH: f32 = 240.0;
    pub(crate) const SEARCH_COMPACT: f32 = 160.0;
    pub(crate) const MENU: f32 = 240.0;
    pub(crate) const MENU_HEIGHT: f32 = 360.0;
    pub(crate) const WARNINGS: f32 = 560.0;
    pub(crate) const LINE_NUMBER: f32 = 88.0;
    pub(crate) const COLUMN_MIN: f32 = 96.0;
    pub(crate) const COLUMN_MAX: f32 = 320.0;
    /// Between these a column can be dragged.
    pub(crate) const COLUMN_NARROWEST: f32 = 56.0;
    pub(crate) const COLUMN_WIDEST: f32 = 1200.0;
    pub(crate) const COLUMN_NAME_MAX: f32 = 200.0;
    pub(crate) const DISTRIBUTION: f32 = 128.0;
    pub(crate) const DROP_ZONE: f32 = 260.0;
    pub(crate) const SAMPLE_CHART: f32 = 32.0;
    pub(crate) const SAMPLE_CARD: f32 = 196.0;
    pub(crate) const TRAIN_CONFIGURATION: f32 = 288.0;
    pub(crate) const REQUEST_TREE: f32 = 248.0;
    pub(crate) const REQUEST_TREE_COMPACT: f32 = 200.0;
    pub(crate) const REQUEST_ENVIRONMENT: f32 = 148.0;
    /// The bar with method, address and the button that sends.
    pub(crate) const REQUEST_BAR: f32 = 57.0;
    /// From this width on, request and answer stand side by side.
    pub(crate) const REQUEST_SIDE_BY_SIDE: f32 = 760.0;
    pub(crate) const CODE_LINE: f32 = 20.0;
    pub(crate) const WATERFALL_ROW: f32 = 24.0;
    pub(crate) const NAV_ITEM: f32 = 32.0;
    pub(crate) const ROW: f32 = 28.0;
    pub(crate) const ROW_VERSION: f32 = 32.0;
    pub(crate) const TABLE_HEAD: f32 = 32.0;
    pub(crate) const DATA_HEAD: f32 = 108.0;
    pub(crate) const CARD_HEAD: f32 = 40.0;
    pub(crate) const CONTROL: f32 = 32.0;
    pub(crate) const CONTROL_COMPACT: f32 = 28.0;
    pub(crate) const CONTROL_SMALL: f32 = 24.0;
    pub(crate) const CHIP: f32 = 28.0;
    pub(crate) const TAG: f32 = 20.0;
    pub(crate) const ICON_SMALL: f32 = 12.0;
    pub(crate) const ICON_SEGMENT: f32 = 14.0;
    pub(crate) const ICON: f32 = 16.0;
    pub(crate) const ICON_CARD: f32 = 20.0;
    pub(crate) const ICON_BANNER: f32 = 24.0;
    pub(crate) const ICON_EMPTY: f32 = 32.0;
    pub(crate) const SLIDER_TROUGH: f32 = 4.0;
    pub(crate) const SLIDER_THUMB: f32 = 14.0;
    pub(crate) const PROGRESS_SMALL: f32 = 4.0;
    pub(crate) const PROGRESS: f32 = 8.0;
    pub(crate) const CHECK: f32 = 16.0;
    /// Below this width of the window (in points) the rail is icons only and page paddings shrink.
    pub(crate) const COMPACT_BELOW: f32 = 1100.0;
}

/// How long things move, in seconds.
pub(crate) mod motion {
    pub(crate) const FAST: f32 = 0.08;
    pub(crate) const SPIN: f64 = 0.9;
}

/// The zoom of projector mode.
pub(crate) const PROJECTOR_ZOOM: f32 = 1.5;

/// Fonts by the part they play.
pub(crate) mod font {
    use super::{FontFamily, FontId};

    pub(crate) fn medium() -> FontFamily {
        FontFamily::Name("medium".into())
    }
    pub(crate) fn semibold() -> FontFamily {
        FontFamily::Name("semibold".into())
    }
    fn display_family() -> FontFamily {
        FontFamily::Name("display".into())
    }
    pub(crate) fn mono_medium() -> FontFamily {
        FontFamily::Name("mono-medium".into())
    }
    pub(crate) fn icons() -> FontFamily {
        FontFamily::Name("icons".into())
    }
    pub(crate) fn icons_bold() -> FontFamily {
        FontFamily::Name("icons-bold".into())
    }
    pub(crate) fn icons_fill() -> FontFamily {
        FontFamily::Name("icons-fill".into())
    }

    /// The predicted number, nothing else.
    pub(crate) fn display() -> FontId {
        FontId::new(48.0, display_family())
    }
    /// A step, as an instructor shows it.
    pub(crate) fn lead() -> FontId {
        FontId::new(28.0, display_family())
    }
    /// R², RMSE, cost.
    pub(crate) fn metric() -> FontId {
        FontId::new(24.0, display_family())
    }
    /// Page title.
    pub(crate) fn title() -> FontId {
        FontId::new(20.0, semibold())
    }
    /// Guide step, inspector name, error headline.
    pub(crate) fn heading() -> FontId {
        FontId::new(16.0, semibold())
    }
    /// Card heads.
    pub(crate) fn card_title() -> FontId {
        FontId::new(13.0, semibold())
    }
    /// Everything by default.
    pub(crate) fn body() -> FontId {
        FontId::new(13.0, FontFamily::Proportional)
    }
    /// Buttons, nav, tabs, row names.
    pub(crate) fn label() -> FontId {
        FontId::new(13.0, medium())
    }
    /// Captions, tags, table heads, status line.
    pub(crate) fn small() -> FontId {
        FontId::new(12.0, FontFamily::Proportional)
    }
    /// Captions that stand out.
    pub(crate) fn small_medium() -> FontId {
        FontId::new(12.0, medium())
    }
    /// Axis ticks, rail group names.
    pub(crate) fn tick() -> FontId {
        FontId::new(11.0, FontFamily::Proportional)
    }
    /// Rail group names, badges.
    pub(crate) fn tick_medium() -> FontId {
        FontId::new(11.0, medium())
    }
    /// The digit inside a step circle.
    pub(crate) fn step_digit() -> FontId {
        FontId::new(10.0, semibold())
    }
    /// Numbers in tables, code, addresses.
    pub(crate) fn mono() -> FontId {
        FontId::new(12.0, FontFamily::Monospace)
    }
    /// Numbers in fields.
    pub(crate) fn mono_input() -> FontId {
        FontId::new(13.0, FontFamily::Monospace)
    }
    /// Shortcut hints.
    pub(crate) fn mono_key() -> FontId {
        FontId::new(11.0, FontFamily::Monospace)
    }
}

static INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter.ttf");
static MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
static MONO_MEDIUM: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Medium.ttf");
static ICONS: &[u8] = include_bytes!("../../../assets/fonts/Phosphor.ttf");
static ICONS_BOLD: &[u8] = include_bytes!("../../../assets/fonts/Phosphor-Bold.ttf");
static ICONS_FILL: &[u8] = include_bytes!("../../../assets/fonts/Phosphor-Fill.ttf");

fn inter(weight: f32, optical_size: f32) -> FontData {
    FontData::from_static(INTER).tweak(FontTweak {
        coords: VariationCoords::new([(b"wght", weight), (b"opsz", optical_size)]),
        ..FontTweak::default()
    })
}

fn icon_font(bytes: &'static [u8]) -> FontData {
    FontData::from_static(bytes).tweak(FontTweak { hinting: Some(false), ..FontTweak::default() })
}

/// Makes the fonts and both themes known. Call once, before the first frame.
pub(crate) fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::default(); // keeps the bundled fonts as fallback for rare characters
    let mut add = |name: &str, data: FontData| {
        fonts.font_data.insert(name.to_owned(), data.into());
    };
    add("inter-400", inter(400.0, 14.0));
    add("inter-500", inter(500.0, 14.0));
    add("inter-600", inter(600.0, 14.0));
    add("inter-display", inter(600.0, 28.0));
    add("mono-400", FontData::from_static(MONO));
    add("mono-500", FontData::from_static(MONO_MEDIUM));
    add("icons", icon_font(ICONS));
    add("icons-bold", icon_font(ICONS_BOLD));
    add("icons-fill", icon_font(ICONS_FILL));
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let mut family = |family: FontFamily, first: &str| {
        let chain = [first.to_owned(), "inter-400".to_owned()].into_iter().chain(fallback.iter().cloned());
        fonts.families.insert(family, chain.collect());
    };
    family(FontFamily::Proportional, "inter-400");
    family(font::medium(), "inter-500");
    family(font::semibold(), "inter-600");
    family(FontFamily::Name("display".into()), "inter-display");
    family(FontFamily::Monospace, "mono-400");
    family(font::mono_medium(), "mono-500");
    family(font::icons(), "icons");
    family(font::icons_bold(), "icons-bold");
    family(font::icons_fill(), "icons-fill");
    ctx.set_fonts(fonts);
    // where the system does not say
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
    for (theme, tokens) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
        ctx.style_mut_of(theme, |style| apply(style, &tokens));
    }
}

/// The colours in force; on a projector, which washes greys out, every text and line is a shade stronger.
pub(crate) fn tokens(ui: &Ui) -> Tokens {
    let t = if ui.visuals().dark_mode { DARK } else { LIGHT };
    if ui.ctx().zoom_factor() < PROJECTOR_ZOOM {
        return t;
    }
    Tokens { text_2: t.text, text_3: t.text_2, stroke: t.stroke_strong, stroke_strong: t.stroke_control, ..t }
}

/// A hairline.
pub(crate) fn hairline(tokens: &Tokens) -> Stroke {
    Stroke::new(1.0, tokens.stroke)
}

/// Text in a font and colour, in the line height that belongs to its size.
pub(crate) fn text(text: impl Into<String>, font: FontId, color: Color32) -> RichText {
    let height = line_height(&font);
    RichText::new(text).font(font).color(color).line_height(Some(height))
}

/// The height of a line of text.
pub(crate) fn line_height(font: &FontId) -> f32 {
    match font.size {
        size if size <= 12.0 => 16.0,
        size if size <= 13.0 => 20.0,
        size if size <= 16.0 => 24.0,
        size if size <= 20.0 => 28.0,
        size => size + space::S2,
    }
}

/// The one shadow: popups, dragged cards.
pub(crate) fn shadow(tokens: &Tokens) -> Shadow {
    let color = if tokens.dark {
        Color32::from_black_alpha(128)
    } else {
        Color32::from_rgba_unmultiplied(16, 28, 38, 46)
    };
    Shadow { offset: [0, 8], blur: 24, spread: 0, color }
}

fn apply(style: &mut Style, t: &Tokens) {
    style.text_styles = [
        (TextStyle::Small, font::small()),
        (TextStyle::Body, font::body()),
        (TextStyle::Button, font::label()),
        (TextStyle::Heading, font::title()),
        (TextStyle::Monospace, font::mono()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S2, space::S2);
    spacing.button_padding = vec2(space::S3, 6.0);
    spacing.interact_size = vec2(40.0, size::CONTROL);
    spacing.icon_width = size::CHECK;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = space::S2;
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(4);
    spacing.slider_rail_height = size::SLIDER_TROUGH;
    spacing.text_edit_width = 240.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll = ScrollStyle {
        bar_width: 6.0,
        bar_inner_margin: 4.0,
        floating_width: 6.0,
        dormant_handle_opacity: 1.0,
        active_handle_opacity: 1.0,
        interact_handle_opacity: 1.0,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        foreground_color: false,
        ..ScrollStyle::floating()
    };
    style.animation_time = motion::FAST;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    let v = &mut style.visuals;
    *v = if t.dark { Visuals::dark() } else { Visuals::light() };
    v.override_text_color = None;
    v.panel_fill = t.canvas;
    v.window_fill = t.surface;
    v.extreme_bg_color = t.surface;
    v.faint_bg_color = t.sunken;
    v.code_bg_color = t.sunken;
    v.text_edit_bg_color = Some(t.surface);
    v.weak_text_color = Some(t.text_3);
    v.hyperlink_color = t.accent;
    v.warn_fg_color = t.warn;
    v.error_fg_color = t.bad;
    v.window_stroke = hairline(t);
    v.window_corner_radius = CornerRadius::same(radius::CARD);
    v.menu_corner_radius = CornerRadius::same(radius::CARD);
    v.window_shadow = shadow(t);
    v.popup_shadow = shadow(t);
    v.selection.bg_fill = t.accent_tint_2;
    v.selection.stroke = Stroke::new(1.5, t.accent);
    v.text_cursor.stroke = Stroke::new(1.5, t.accent);
    v.slider_trailing_fill = true;
    v.handle_shape = HandleShape::Circle;
    v.striped = false;
    v.indent_has_left_vline = false;
    v.interact_cursor = Some(CursorIcon::PointingHand);
    let widget = |fill: Color32, weak: Color32, border: Color32, foreground: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: weak,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(radius::CONTROL),
        fg_stroke: Stroke::new(1.0, foreground),
        expansion: 0.0,
    };
    v.widgets.noninteractive = widget(t.surface, t.surface, t.stroke, t.text_2);
    v.widgets.inactive = widget(t.stroke_strong, t.surface, t.stroke_control, t.text);
    v.widgets.hovered = widget(t.stroke_strong, t.hover, t.stroke_control, t.text);
    v.widgets.active = widget(t.accent, t.selected, t.accent, t.text);
    v.widgets.open = widget(t.hover, t.hover, t.stroke_control, t.text);
}

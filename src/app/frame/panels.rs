//! From panel to panel by keyboard: F6 goes on, Shift+F6 back, Tab goes into the panel that was reached.

use eframe::egui::{
    self, Color32, CornerRadius, Id, LayerId, Order, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
};

use crate::app::theme::tokens;

/// The parts of the window, in the order of F6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PanelId {
    Page,
    Guide,
    Status,
    Pages,
    State,
}

impl PanelId {
    const ALL: [Self; 5] = [Self::Page, Self::Guide, Self::Status, Self::Pages, Self::State];

    /// What a screen reader says of it.
    fn label(self) -> &'static str {
        match self {
            Self::Page => "Panel: the page",
            Self::Guide => "Panel: guide",
            Self::Status => "Panel: status line",
            Self::Pages => "Panel: pages",
            Self::State => "Panel: state of the deployment",
        }
    }

    fn id(self) -> Id {
        Id::unique(("panel", self.label()))
    }
}

/// Where a panel lay in the last frame.
fn place(ui: &Ui, panel: PanelId) -> Option<Rect> {
    ui.data(|data| data.get_temp(panel.id()))
}

/// The panel that what has the focus lies in.
fn focused_panel(ui: &Ui) -> Option<PanelId> {
    let focused = ui.memory(egui::Memory::focused)?;
    if let Some(panel) = PanelId::ALL.into_iter().find(|panel| panel.id() == focused) {
        return Some(panel);
    }
    let at = ui.ctx().read_response(focused)?.rect.center();
    PanelId::ALL.into_iter().find(|panel| place(ui, *panel).is_some_and(|rect| rect.contains(at)))
}

/// Whether the focus is on a panel as a whole, where Enter has nothing to press.
pub(crate) fn on_a_panel(ctx: &egui::Context) -> bool {
    ctx.memory(egui::Memory::focused).is_some_and(|id| PanelId::ALL.iter().any(|panel| panel.id() == id))
}

/// Gives the focus to the next panel, or the one before. Without any focus the first is the page.
pub(crate) fn step(ui: &Ui, backwards: bool) {
    let n = PanelId::ALL.len();
    let next = match focused_panel(ui).and_then(|at| PanelId::ALL.iter().position(|panel| *panel == at)) {
        Some(at) => PanelId::ALL[(at + if backwards { n - 1 } else { 1 }) % n],
        None => PanelId::Page,
    };
    ui.memory_mut(|memory| memory.request_focus(next.id()));
}

/// Makes the panel that `ui` fills one that F6 reaches. Call before its contents.
pub(crate) fn panel_ui(ui: &mut Ui, panel: PanelId) {
    let rect = ui.max_rect();
    let id = panel.id();
    ui.data_mut(|data| data.insert_temp(id, rect));
    // Tab must not stop here unless F6 came here
    if !ui.memory(|memory| memory.has_focus(id)) {
        return;
    }
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Pane, true, panel.label()));
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, id));
    let accent: Color32 = tokens(ui).accent;
    painter.rect_stroke(rect.shrink(1.0), CornerRadius::ZERO, Stroke::new(2.0, accent), StrokeKind::Inside);
}

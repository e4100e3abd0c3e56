//! The desktop's file dialog, awaited on a thread of its own; and whether there is one.

use std::path::{Path, PathBuf};

use super::command::open_picker;
use super::effect::{Event, Outside, carry_out};
use super::job::Slot;
use super::picker::Purpose;
use super::state::AppState;

/// A dialog that is gone within this time was not closed by a person.
pub(crate) const TOO_QUICK_SECS: f64 = 0.4;

/// Opens the dialog for a purpose, or the in-app picker where the desktop has none.
pub(crate) fn show(state: &mut AppState, outside: &mut Outside<'_>, purpose: Purpose) {
    let Some(frame) = outside.frame else {
        return picker(
            state,
            outside,
            purpose,
            "There is no desktop here, so this list is shown in its place.".into(),
        );
    };
    if let Some(why) = missing() {
        state.work.no_dialog = Some(why.clone());
        return picker(state, outside, purpose, why);
    }
    let filters = purpose.filters();
    let mut dialog =
        rfd::AsyncFileDialog::new().set_title(purpose.title()).set_directory(state.start_folder());
    for (name, extensions) in filters {
        dialog = dialog.add_filter(*name, extensions);
    }
    if frame.winit_window().is_some() {
        dialog = dialog.set_parent(frame);
    }
    let clock = outside.clock;
    let stopwatch = clock.stopwatch();
    let finish = move |path: Option<PathBuf>| Event::Dialog(purpose, path, stopwatch.seconds());
    // made here, as macOS wants it, and awaited elsewhere, so that the window stays alive
    if purpose.saves() {
        let future = dialog.set_file_name(purpose.file_name(state)).save_file();
        outside.start(state, Slot::Dialog, "Choosing a file", move |_| {
            Ok(finish(pollster::block_on(future).map(|file| file.path().to_path_buf())))
        });
    } else {
        let future = dialog.pick_file();
        outside.start(state, Slot::Dialog, "Choosing a file", move |_| {
            Ok(finish(pollster::block_on(future).map(|file| file.path().to_path_buf())))
        });
    }
}

fn picker(state: &mut AppState, outside: &mut Outside<'_>, purpose: Purpose, why: String) {
    for effect in open_picker(state, purpose, why) {
        carry_out(effect, state, outside);
    }
}

/// Why this desktop has no file dialog; `None` when it should have one. On Linux the dialog is the desktop portal's,
/// or zenity's; asking either when it is missing gives nothing, without an error.
#[cfg(all(unix, not(target_os = "macos")))]
fn missing() -> Option<String> {
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
        || std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).join("bus").exists());
    let shared = std::env::var("XDG_DATA_DIRS").unwrap_or_else(|_| "/usr/local/share:/usr/share".into());
    let home = std::env::var("XDG_DATA_HOME").unwrap_or_default();
    let portal = shared.split(':').chain([home.as_str()]).filter(|folder| !folder.is_empty()).any(|folder| {
        Path::new(folder).join("dbus-1/services/org.freedesktop.portal.Desktop.service").exists()
    });
    let zenity = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("zenity").exists()));
    if (bus && portal) || zenity {
        return None;
    }
    let lacks = if bus { "no desktop portal is installed" } else { "there is no session bus" };
    Some(format!(
        "This desktop has no file dialog ({lacks}), so this list is shown in its place. Installing xdg-desktop-portal-gtk or zenity brings the dialog back."
    ))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn missing() -> Option<String> {
    let _: &Path = Path::new("");
    None
}

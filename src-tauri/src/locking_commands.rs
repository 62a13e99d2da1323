//! Commands around locking.

use inbox_app::{
    App,
    dto::{Place, WatchView},
};
use tauri::{AppHandle, State};

use crate::{
    commands::Answer,
    locking::{self, Locking},
};

/// Closes the vault and destroys the view; the window has saved its draft before.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn lock_vault(handle: AppHandle, place: Option<Place>) -> Answer<()> {
    locking::lock_asked(&handle, place);
    Ok(())
}

/// The window's answer to `lock_requested`: where the clinician was, and whether her draft is saved.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn answer_lock(locking: State<'_, Locking>, place: Option<Place>, saved: bool) -> Answer<()> {
    locking.answer(place, saved);
    Ok(())
}

/// How the watches over locked vaults stand.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_watches(app: State<'_, App>) -> Answer<Vec<WatchView>> {
    Ok(app.load_watches())
}

/// Somebody touched keyboard or pointer in the window.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn note_activity(app: State<'_, App>) -> Answer<()> {
    app.note_activity();
    Ok(())
}

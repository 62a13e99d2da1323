//! Commands of the availability screen: each calls one use case.

use inbox_app::{
    App,
    dto::{HoursCheck, HoursDocument, HoursView, SavedHoursOutcome},
};
use tauri::State;

use crate::commands::Answer;

/// The hours in force and what they mean now.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_hours(app: State<'_, App>) -> Answer<HoursView> {
    app.session()?.load_hours()
}

/// Everything that is wrong with a draft, and what it would mean; nothing is stored.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn check_hours(app: State<'_, App>, draft: HoursDocument) -> Answer<HoursCheck> {
    app.session()?.check_hours(&draft)
}

/// Saves a draft made from version `base`; stored messages are judged by it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_hours(app: State<'_, App>, base: u32, draft: HoursDocument) -> Answer<SavedHoursOutcome> {
    app.session()?.save_hours_document(base, &draft)
}

/// Goes back to the save before `base`.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn undo_hours(app: State<'_, App>, base: u32) -> Answer<SavedHoursOutcome> {
    app.session()?.undo_hours(base)
}

/// Working days within which patients are answered.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_reply_target(app: State<'_, App>, days: u32) -> Answer<()> {
    app.session()?.save_reply_target(days)
}

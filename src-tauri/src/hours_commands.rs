//! Commands for the clinician's hours. Arguments and answers are the types of `inbox_app::dto`.

use inbox_app::{
    App,
    dto::{CalendarPreview, CalendarRequest},
};
use tauri::State;

use crate::commands::Answer;

/// What a calendar file would add to the hours; nothing is kept.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn preview_calendar(app: State<'_, App>, request: CalendarRequest) -> Answer<CalendarPreview> {
    app.session()?.preview_calendar(&request)
}

/// Adds a calendar file to the hours, whole or not at all.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn import_calendar(app: State<'_, App>, request: CalendarRequest) -> Answer<CalendarPreview> {
    app.session()?.import_calendar(&request)
}

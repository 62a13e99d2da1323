//! Commands for the clinician's hours. Arguments and answers are the types of `inbox_app::dto`.

use inbox_app::{
    App,
    dto::{CalendarPreview, CalendarRequest, PortalHoursView, PublicationView},
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

/// How the hours on the portal stand.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_publication(app: State<'_, App>) -> Answer<PublicationView> {
    app.session()?.hours_publication()
}

/// Puts the hours on the portal, now and whenever they change.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn publish_hours(app: State<'_, App>) -> Answer<PublicationView> {
    app.session()?.publish_hours()
}

/// Publishes no more; what is on the portal stays.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_publishing(app: State<'_, App>) -> Answer<PublicationView> {
    app.session()?.stop_publishing()
}

/// Decides between her hours and the portal's, where both were changed.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn resolve_hours_conflict(app: State<'_, App>, keep_mine: bool) -> Answer<PublicationView> {
    app.session()?.resolve_hours_conflict(keep_mine)
}

/// What the portal has, and what it would make of the hours.
#[tauri::command]
#[specta::specta]
pub(crate) async fn portal_hours(app: State<'_, App>) -> Answer<PortalHoursView> {
    app.session()?.portal_hours().await
}

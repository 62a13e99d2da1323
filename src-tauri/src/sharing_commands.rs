//! Commands for what clinicians share. Arguments and answers are the types of `inbox_app::dto`.

use inbox_app::{
    App,
    dto::{ColleagueView, CoverView},
};
use tauri::State;

use crate::commands::Answer;

/// Takes a thread; with `take_over` also from the colleague who has it by what is shown.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn claim_thread(app: State<'_, App>, thread: String, take_over: bool) -> Answer<()> {
    app.session()?.claim_thread(&thread, take_over)
}

/// Gives a thread back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn release_thread(app: State<'_, App>, thread: String) -> Answer<()> {
    app.session()?.release_thread(&thread)
}

/// Says that a thread's work is done.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn finish_thread(app: State<'_, App>, thread: String) -> Answer<()> {
    app.session()?.finish_thread(&thread)
}

/// Hands a thread over: the colleague is to be able to read it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn hand_over(app: State<'_, App>, thread: String, colleague: String) -> Answer<()> {
    app.session()?.hand_over(&thread, &colleague)
}

/// Colleagues whose names hold `query`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn list_colleagues(app: State<'_, App>, query: String) -> Answer<Vec<ColleagueView>> {
    app.session()?.list_colleagues(&query).await
}

/// For whom the clinician covers and has covered, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_covers(app: State<'_, App>) -> Answer<Vec<CoverView>> {
    app.session()?.list_covers()
}

/// Covers for a colleague from day to day (`YYYY-MM-DD`).
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_cover(app: State<'_, App>, colleague: String, first: String, last: String) -> Answer<()> {
    app.session()?.set_cover(&colleague, &first, &last)
}

/// Covers for a colleague no longer.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn end_cover(app: State<'_, App>, colleague: String) -> Answer<()> {
    app.session()?.end_cover(&colleague)
}

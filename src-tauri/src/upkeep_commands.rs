//! Commands for the audit chain and for what a vault does for itself: checks, backups, retention, and going on after damage.

use inbox_app::{
    App,
    dto::{AuditFilter, AuditFormat, AuditRowView, RescueView, RestoreRequest, RestoredView, UpkeepView},
};
use tauri::State;

use crate::commands::Answer;

/// Rows of the audit chain, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_audit(app: State<'_, App>, filter: AuditFilter) -> Answer<Vec<AuditRowView>> {
    app.session()?.list_audit(&filter)
}

/// The rows that a filter asks for as one text, with their macs; the export is recorded.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn export_audit(app: State<'_, App>, filter: AuditFilter, format: AuditFormat) -> Answer<String> {
    app.session()?.export_audit(&filter, format)
}

/// What the vault knows of its own keeping.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_upkeep(app: State<'_, App>) -> Answer<UpkeepView> {
    app.session()?.load_upkeep()
}

/// What the anchor of the audit chain said has been read.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn acknowledge_notice(app: State<'_, App>) -> Answer<UpkeepView> {
    app.session()?.acknowledge_notice()
}

/// Checks the whole database.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn check_vault(app: State<'_, App>) -> Answer<UpkeepView> {
    let session = app.session()?;
    session.check_now()?;
    session.load_upkeep()
}

/// Where scheduled backups go and how many are kept.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_backup(app: State<'_, App>, folder: String, keep: u32) -> Answer<UpkeepView> {
    app.session()?.set_backup(&folder, keep)
}

/// Makes a scheduled backup now.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn back_up_now(app: State<'_, App>) -> Answer<UpkeepView> {
    app.session()?.back_up_now()
}

/// Goes on with a new database after the open one was damaged.
#[tauri::command]
#[specta::specta]
pub(crate) async fn repair_vault(app: State<'_, App>) -> Answer<RescueView> {
    app.repair_open_vault().await
}

/// Goes on with a new database in the place of one that is damaged or gone, and opens the vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn resync_vault(app: State<'_, App>, dir: String, passphrase: String) -> Answer<RescueView> {
    app.resync_vault(&dir, passphrase.into()).await
}

/// Restores a backup, as another vault or in the place of a damaged one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn restore_backup(app: State<'_, App>, request: RestoreRequest) -> Answer<RestoredView> {
    app.restore_backup(request).await
}

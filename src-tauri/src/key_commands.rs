//! What opens the vault, changed from the window: passphrase, recovery code, PIN.

use inbox_app::{
    App,
    dto::{AppError, CreatedVault, KeysView, UnlockOutcome},
};
use tauri::State;

type Answer<T> = Result<T, AppError>;

/// How the open vault can be opened.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_keys(app: State<'_, App>) -> Answer<KeysView> {
    app.load_keys()
}

/// Changes the passphrase of the open vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn change_passphrase(
    app: State<'_, App>,
    present: String,
    new_passphrase: String,
) -> Answer<()> {
    app.change_passphrase(present.into(), new_passphrase.into()).await
}

/// A new recovery code for the open vault, shown once; the one before opens it until the new one was typed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn new_recovery_code(app: State<'_, App>, passphrase: String) -> Answer<CreatedVault> {
    app.new_recovery_code(passphrase.into()).await
}

/// The newest recovery code, typed as it was written down.
#[tauri::command]
#[specta::specta]
pub(crate) async fn confirm_recovery_code(app: State<'_, App>, code: String) -> Answer<()> {
    app.confirm_recovery_code(code.into()).await
}

/// Sets a PIN for the open vault, or takes it away.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_pin(app: State<'_, App>, passphrase: String, pin: Option<String>) -> Answer<()> {
    app.set_pin(passphrase.into(), pin.map(Into::into)).await
}

/// Opens a vault with its PIN.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock_with_pin(app: State<'_, App>, dir: String, pin: String) -> Answer<UnlockOutcome> {
    app.unlock_with_pin(&dir, pin.into()).await
}

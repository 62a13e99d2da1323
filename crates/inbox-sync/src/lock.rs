//! One sync per vault (I6), across processes: an exclusive lock on a file in the vault's folder, which the operating
//! system gives back when the process dies.

use std::fs::File;
use std::path::Path;

use fs4::fs_std::FileExt;

use crate::error::SyncError;

/// Held while a sync runs, or while a sign-in is refreshed.
#[derive(Debug)]
pub(crate) struct SyncLock(File);

impl SyncLock {
    pub(crate) fn acquire(vault_dir: &Path) -> Result<Self, SyncError> {
        Self::on(vault_dir, "sync.lock")
    }

    /// The lock of the tokens: another one, since signing in and attachments need tokens while no sync runs.
    pub(crate) fn of_tokens(vault_dir: &Path) -> Result<Self, SyncError> {
        Self::on(vault_dir, "tokens.lock")
    }

    fn on(vault_dir: &Path, name: &str) -> Result<Self, SyncError> {
        let path = vault_dir.join(name);
        let file = inbox_vault::open_private_file(&path).map_err(|_| SyncError::LockFile)?;
        match FileExt::try_lock_exclusive(&file) {
            Ok(true) => Ok(Self(file)),
            Ok(false) => Err(SyncError::Busy),
            Err(_) => Err(SyncError::LockFile),
        }
    }
}

impl Drop for SyncLock {
    fn drop(&mut self) {
        // Closing the file unlocks it too; this only does it at once.
        let _ = FileExt::unlock(&self.0);
    }
}

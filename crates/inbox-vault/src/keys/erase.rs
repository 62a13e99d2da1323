//! Crypto-erase: first what opens the vault (both generations of the header, the device secret), then the files. From the first
//! step on nobody reads the database any more, also when the rest is not done.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::header::{self, sync_dir};
use super::{DATABASE, DeviceSecrets, tries};
use crate::{Result, VaultError, rescue};

/// Everything that a vault's folder can hold besides the headers; the database first.
const FILES: [&str; 9] = [
    DATABASE,
    "vault.db-wal",
    "vault.db-shm",
    "vault.db-journal",
    tries::FILE,
    tries::PIN_FILE,
    "audit.anchor",
    "sync.lock",
    "tokens.lock",
];

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// The device secret is gone from the keyring, or there was none. Without its header it opens nothing.
    pub keyring: bool,
    /// The folder is gone too. It stays when it holds anything that is not the vault's.
    pub folder: bool,
}

/// Erases the vault in `dir`; `header_gone` is called when nothing opens it any more and its files are about to go. Called again it goes on where it was stopped.
///
/// # Errors
/// [`VaultError::NotFound`] when there is nothing of a vault; file errors.
pub(crate) fn erase(dir: &Path, keyring: &dyn DeviceSecrets, header_gone: impl FnOnce()) -> Result<Erased> {
    let header = header::load(dir).ok().map(|(header, _)| header);
    let headers = [header::CURRENT, header::PREVIOUS];
    if !headers.iter().chain(&FILES).any(|name| dir.join(name).symlink_metadata().is_ok()) {
        return Err(VaultError::NotFound);
    }
    for name in headers {
        overwrite(&dir.join(name))?;
    }
    for name in headers {
        remove(&dir.join(name))?;
    }
    sync_dir(dir)?;
    header_gone();
    let keyring = match header.filter(|header| header.keyring) {
        // The anchor of the audit chain stands beside it.
        Some(header) => {
            let anchor = keyring.delete(&format!("audit-{}", header.id));
            keyring.delete(&header.device_entry).and(anchor).is_ok()
        }
        None => true,
    };
    for name in FILES {
        remove(&dir.join(name))?;
    }
    leftovers(dir)?;
    sync_dir(dir)?;
    Ok(Erased { keyring, folder: fs::remove_dir(dir).is_ok() })
}

/// A header is small: what a file system keeps of a removed file should not be a wrapped key.
fn overwrite(path: &Path) -> Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or_default().min(1 << 20);
    file.write_all(&vec![0; length])?;
    Ok(file.sync_all()?)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Files of ours that were never put in place: a header that was being written when the machine stopped.
fn leftovers(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(header::UNFINISHED) || name.starts_with(rescue::SAVED) {
            remove(&entry.path())?;
        } else if name.starts_with(rescue::ASIDE) && entry.path().is_dir() {
            // A vault whose place a backup took stands there with its own header.
            for name in [header::CURRENT, header::PREVIOUS] {
                overwrite(&entry.path().join(name))?;
            }
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

//! Wrong passphrases: five tries, then a delay that doubles from 30 seconds to an hour. The count stands beside the
//! header, so that a restart does not reset it. It slows a person at the keyboard; against a copy of the files only
//! Argon2id and the device secret stand.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::header::replace;
use crate::{Result, VaultError};

pub(crate) const FILE: &str = "tries.json";
pub(crate) const PIN_FILE: &str = "pin-tries.json";
const PIN_TRIES: u32 = 5;
const FREE_TRIES: u32 = 5;
const FIRST_DELAY_SECONDS: u32 = 30;
const LONGEST_DELAY_SECONDS: u32 = 3600;

/// Wrong tries since the last right one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tries {
    pub(crate) wrong: u32,
    last: i64,
}

impl Tries {
    /// What the file says; a missing or unreadable one counts as none.
    pub(crate) fn load(dir: &Path) -> Self {
        fs::read(dir.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Tries left before a delay.
    pub(crate) fn left(self) -> u32 {
        FREE_TRIES.saturating_sub(self.wrong)
    }

    /// Seconds until the next try is taken. A clock that was set back does not shorten the delay.
    pub(crate) fn wait_seconds(self, now: DateTime<Utc>) -> u32 {
        let Some(beyond) = self.wrong.checked_sub(FREE_TRIES) else { return 0 };
        let delay = FIRST_DELAY_SECONDS.saturating_mul(1 << beyond.min(16)).min(LONGEST_DELAY_SECONDS);
        let passed = u32::try_from((now.timestamp() - self.last).max(0)).unwrap_or(u32::MAX);
        delay.saturating_sub(passed)
    }

    /// Counts a try before its answer is known, so that ending the process does not make it free.
    pub(crate) fn count(dir: &Path, now: DateTime<Utc>) -> Result<Self> {
        let before = Self::load(dir);
        let wait_seconds = before.wait_seconds(now);
        if wait_seconds > 0 {
            if before.last > now.timestamp() {
                // The clock went back: count the delay from now, or it might never end.
                Self { last: now.timestamp(), ..before }.store(dir)?;
            }
            return Err(VaultError::TooManyTries { wait_seconds });
        }
        let counted = Self { wrong: before.wrong.saturating_add(1), last: now.timestamp() };
        counted.store(dir)?;
        Ok(counted)
    }

    /// The passphrase was right.
    pub(crate) fn forget(dir: &Path) -> Result<()> {
        match fs::remove_file(dir.join(FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn store(self, dir: &Path) -> Result<()> {
        let text = serde_json::to_vec(&self).map_err(|_| VaultError::Stored("try count"))?;
        replace(dir, FILE, &text)
    }
}

/// Wrong PINs in a row. Only the passphrase, or the right PIN before the last try, takes them back.
pub(crate) struct PinTries(u32);

impl PinTries {
    /// Counts a try before its answer is known.
    ///
    /// # Errors
    /// [`VaultError::PinSpent`] when there is none left.
    pub(crate) fn count(dir: &Path) -> Result<Self> {
        let path = dir.join(PIN_FILE);
        let before = match fs::read(&path) {
            // A count that cannot be read is not none: the passphrase makes it whole.
            Ok(text) => serde_json::from_slice(&text).map_err(|_| VaultError::PinSpent)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        if before >= PIN_TRIES {
            return Err(VaultError::PinSpent);
        }
        let counted = before + 1;
        replace(dir, PIN_FILE, counted.to_string().as_bytes())?;
        Ok(Self(counted))
    }

    /// Tries left before only the passphrase opens the vault.
    pub(crate) fn left(&self) -> u32 {
        PIN_TRIES - self.0
    }

    /// Wrong tries, this one among them.
    pub(crate) fn wrong(&self) -> u32 {
        self.0
    }

    /// Whether a PIN may be tried.
    pub(crate) fn any_left(dir: &Path) -> bool {
        match fs::read(dir.join(PIN_FILE)) {
            Ok(text) => serde_json::from_slice(&text).is_ok_and(|spent: u32| spent < PIN_TRIES),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// The passphrase was right, or the PIN.
    pub(crate) fn forget(dir: &Path) -> Result<()> {
        match fs::remove_file(dir.join(PIN_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

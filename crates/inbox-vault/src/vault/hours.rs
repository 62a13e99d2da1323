//! The clinician's hours, save by save.

use chrono::{DateTime, Utc};

use super::Vault;
use crate::{JudgedHours, Result, SavedHours, hours};

impl Vault {
    /// What was saved as the hours, newest first.
    pub fn saved_hours(&self, limit: u32) -> Result<Vec<SavedHours>> {
        self.read(|db| hours::newest(db, limit))
    }

    /// Saves hours made from version `base` (0 before the first one; `None` takes them whatever stands there), puts them in
    /// force in the same transaction and answers their number. Every save is kept.
    ///
    /// # Errors
    /// [`crate::VaultError::Changed`] when `base` is not the newest one.
    pub fn save_hours(
        &self,
        base: Option<u32>,
        hours: &str,
        effective_from: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<u32> {
        self.act(|act| hours::save(act, base, hours, effective_from, now))
    }

    /// What the hours say of each stored message of the patient's side whose instant is known.
    pub fn judged_hours(&self) -> Result<Vec<JudgedHours>> {
        self.read(hours::judged)
    }
}

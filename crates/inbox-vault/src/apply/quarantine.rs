//! Resources that cannot be taken as what they claim to be (I10).

use inbox_domain::{Quarantined, ThreadKey};
use rusqlite::{OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::{Run, threads};
use crate::Result;
use crate::column::millis;

/// Why a message about another patient than its thread's is in quarantine (CLI.md).
const SUBJECT_MISMATCH: &str = "subject_mismatch";

impl Run<'_> {
    pub(super) fn quarantine(&mut self, quarantined: &Quarantined) -> Result<()> {
        let thread = match &quarantined.thread {
            // A wrong subject stands in no patient's thread.
            Some(id) if quarantined.reason != SUBJECT_MISMATCH => {
                threads::find(self.db, &ThreadKey::Header(id.clone()))?
            }
            _ => None,
        };
        // Named resources are told apart by their names, others by their bytes.
        let fingerprint = if quarantined.portal_id.is_empty() {
            Sha256::digest(&quarantined.raw).iter().map(|byte| format!("{byte:02x}")).collect()
        } else {
            String::new()
        };
        self.put(quarantined, &fingerprint, thread)?;
        self.touched.extend(thread);
        Ok(())
    }

    /// A message about another patient than its thread's.
    pub(super) fn quarantine_mismatch(&mut self, portal_id: &str, version: &str, raw: &str) -> Result<()> {
        let quarantined = Quarantined {
            portal_type: "Communication".into(),
            portal_id: portal_id.into(),
            version: version.into(),
            reason: SUBJECT_MISMATCH.into(),
            thread: None,
            raw: raw.as_bytes().to_vec(),
        };
        self.put(&quarantined, "", None)
    }

    fn put(&mut self, quarantined: &Quarantined, fingerprint: &str, thread: Option<i64>) -> Result<()> {
        let known: Option<(String, String)> = self
            .db
            .prepare_cached(
                "SELECT version, reason FROM quarantine
                 WHERE portal_type = ?1 AND portal_id = ?2 AND fingerprint = ?3",
            )?
            .query_row(params![quarantined.portal_type, quarantined.portal_id, fingerprint], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let same = |(version, reason): &(String, String)| {
            *version == quarantined.version && *reason == quarantined.reason
        };
        if known.as_ref().is_some_and(same) {
            return Ok(());
        }
        self.report.quarantined += 1;
        self.absent.quarantine = false;
        self.db
            .prepare_cached(
                "INSERT INTO quarantine (portal_type, portal_id, fingerprint, version, reason, thread_id, raw,
                 first_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (portal_type, portal_id, fingerprint) DO UPDATE SET version = excluded.version,
                   reason = excluded.reason, thread_id = excluded.thread_id, raw = excluded.raw",
            )?
            .execute(params![
                quarantined.portal_type,
                quarantined.portal_id,
                fingerprint,
                quarantined.version,
                quarantined.reason,
                thread,
                quarantined.raw,
                millis(self.now),
            ])?;
        Ok(())
    }

    /// A message that can be read now leaves the quarantine.
    pub(super) fn release(&self, portal_id: &str) -> Result<()> {
        if self.absent.quarantine {
            return Ok(());
        }
        self.db
            .prepare_cached("DELETE FROM quarantine WHERE portal_type = 'Communication' AND portal_id = ?1")?
            .execute([portal_id])?;
        Ok(())
    }
}

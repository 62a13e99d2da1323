//! What sync asks and does.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use inbox_domain::{ApplyReport, Batch, HoursVerdict, MessageId, PortalId, SyncCursor, ThreadId, ThreadKey};

use super::Vault;
use crate::{RecentText, Result, StoredHeader, messages, threads};

impl Vault {
    /// Applies one page of changes in one transaction with its cursor (I2). `now` is this workstation's clock.
    pub fn apply(&self, batch: &Batch, now: DateTime<Utc>) -> Result<ApplyReport> {
        self.act(|act| crate::apply::apply(act, batch, now))
    }

    /// How far the copy is complete.
    pub fn cursor(&self) -> Result<SyncCursor> {
        self.read(crate::apply::load_cursor)
    }

    /// Versions of those of `ids` (messages and thread headers) that are stored. Quarantined ones are left out, so that
    /// a reconcile fetches and judges them again.
    pub fn known_versions(&self, ids: &[PortalId]) -> Result<HashMap<PortalId, String>> {
        self.read(|db| messages::known_versions(db, ids))
    }

    /// Portal ids of all messages that are not withdrawn, for the reconcile of ids.
    pub fn message_ids(&self) -> Result<Vec<PortalId>> {
        self.read(messages::portal_ids)
    }

    /// Portal ids of all messages and thread headers that were ever stored and are still there, withdrawn ones too.
    pub fn stored_ids(&self) -> Result<Vec<PortalId>> {
        self.read(messages::stored_ids)
    }

    /// What is stored of the threads that `keys` name; those that are not stored are left out.
    pub fn stored_headers(&self, keys: &HashSet<ThreadKey>) -> Result<HashMap<ThreadKey, StoredHeader>> {
        self.read(|db| threads::headers(db, keys))
    }

    /// Portal ids of the headers whose readers satisfy `mine`, those with the newest messages first; at most `limit`.
    pub fn headers_read_by(&self, mine: impl Fn(&[String]) -> bool, limit: usize) -> Result<Vec<PortalId>> {
        self.read(|db| threads::headers_read_by(db, mine, limit))
    }

    /// Portal ids of what left the vault by retention and must not be fetched again.
    pub fn tombstones(&self) -> Result<Vec<PortalId>> {
        self.read(messages::tombstones)
    }

    /// The thread that a key names, if it is stored.
    pub fn find_thread(&self, key: &ThreadKey) -> Result<Option<ThreadId>> {
        self.read(|db| Ok(crate::apply::find_thread(db, key)?.map(ThreadId)))
    }

    /// Up to `n` texts of the thread, oldest first, sent before `before` when that is given.
    pub fn recent_texts(
        &self,
        thread: ThreadId,
        before: Option<DateTime<Utc>>,
        n: u32,
    ) -> Result<Vec<RecentText>> {
        self.read(|db| messages::recent_texts(db, thread, before, n))
    }

    /// Replaces what the hours say of stored messages; flags and cases stay as they are. Answers the threads that changed.
    pub fn apply_hours(
        &self,
        verdicts: &[(MessageId, HoursVerdict)],
        now: DateTime<Utc>,
    ) -> Result<Vec<ThreadId>> {
        self.act(|act| crate::apply::hours_again(act, verdicts, now))
    }
}

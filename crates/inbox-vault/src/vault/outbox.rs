//! The outbox.

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, OutboxDraft, OutboxEntry, OutboxId, OutboxState, PortalId, ThreadId};

use super::Vault;
use crate::{Result, outbox};

impl Vault {
    /// Stores an entry with its frozen payload. It is committed when this returns (I5). Held at once is nothing: an entry
    /// starts `Queued`, or `Scheduled` with a not-before time in the future. For a new thread a local thread is made.
    pub fn enqueue(
        &self,
        draft: &OutboxDraft,
        identifier: &ClientIdentifier,
        payload: &str,
        now: DateTime<Utc>,
    ) -> Result<OutboxEntry> {
        self.act(|act| outbox::enqueue(act, draft, identifier, payload, now))
    }

    /// The first sendable entry of each thread, oldest first (I7). Entries queued more than 24 h ago and never attempted
    /// become held here (I8).
    pub fn due(&self, now: DateTime<Utc>) -> Result<Vec<OutboxEntry>> {
        self.hold_stale(now)?;
        self.read(|db| outbox::due(db, now))
    }

    /// Stops entries that have waited for more than 24 hours (I8); [`Vault::due`] does so first.
    pub fn hold_stale(&self, now: DateTime<Utc>) -> Result<Vec<OutboxId>> {
        self.act(|act| outbox::hold_stale(act, now))
    }

    /// Entries whose answer was lost, oldest first: to be looked up by identifier.
    pub fn unknown(&self) -> Result<Vec<OutboxEntry>> {
        self.read(outbox::unknown)
    }

    /// Turns every `Sending` entry into `Unknown`. Call it once, holding the sender's lock, before sending: what is
    /// `Sending` then belongs to a process that died.
    pub fn recover_sending(&self, now: DateTime<Utc>) -> Result<Vec<OutboxId>> {
        self.act(|act| outbox::recover_sending(act, now))
    }

    /// Claims an entry for sending; `false` when it is no longer queued or scheduled (held, undone, claimed).
    pub fn mark_sending(&self, id: OutboxId, now: DateTime<Utc>) -> Result<bool> {
        self.act(|act| outbox::mark_sending(act, id, now))
    }

    /// The request of a claimed entry leaves now; a lost answer is waited for from here on.
    pub fn begin_attempt(&self, id: OutboxId, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::begin_attempt(act, id, now))
    }

    /// The server acknowledged it. `portal_id` where the answer named one.
    pub fn mark_sent(&self, id: OutboxId, portal_id: Option<&PortalId>, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::mark_sent(act, id, portal_id, now))
    }

    /// The answer was lost (I6).
    pub fn mark_unknown(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::mark_unknown(act, id, error, now))
    }

    /// Why an unknown entry does not settle by itself; `reason` is a code.
    pub fn note_unknown(&self, id: OutboxId, reason: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::note_unknown(act, id, reason, now))
    }

    /// The request surely never reached the server (no connection, 401, 429, 503): waits again, with the error's code.
    pub fn mark_not_sent(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<OutboxState> {
        self.act(|act| outbox::mark_not_sent(act, id, error, now))
    }

    /// A lookup by identifier found nothing; answers how many did since the answer was lost.
    pub fn record_lookup(&self, id: OutboxId, now: DateTime<Utc>) -> Result<u32> {
        self.act(|act| outbox::record_lookup(act, id, now))
    }

    /// An unknown entry is surely not on the server: it waits again, or is held when the patient has written since.
    pub fn requeue(&self, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxState> {
        self.act(|act| outbox::requeue(act, id, now))
    }

    /// The server refused it; `error` is a code.
    pub fn mark_failed(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::mark_failed(act, id, error, now))
    }

    /// Stops a queued or scheduled entry for review; `reason` is a code.
    pub fn hold(&self, id: OutboxId, reason: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| outbox::hold(act, id, reason, now))
    }

    /// The clinician's decision on an entry that was held, failed or is unknown: `send` queues it again, else it is
    /// discarded. Answers the entry as it is (or last was, with state `Draft`, when discarded).
    pub fn resolve(&self, id: OutboxId, send: bool, now: DateTime<Utc>) -> Result<OutboxEntry> {
        self.act(|act| outbox::resolve(act, id, send, now))
    }

    /// Takes a queued, scheduled or held entry back; its text becomes the thread's draft.
    pub fn undo(&self, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxEntry> {
        self.act(|act| outbox::undo(act, id, now))
    }

    /// The header of a local thread now exists on the portal under this id. If a thread of that id was already stored,
    /// both become one; answers its id.
    pub fn bind_thread(&self, thread: ThreadId, portal_id: &PortalId) -> Result<ThreadId> {
        self.act(|act| outbox::bind_thread(act, thread, portal_id, Utc::now()))
    }

    /// All entries, oldest first; sent ones too.
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>> {
        self.read(outbox::list)
    }

    /// One entry.
    pub fn outbox_entry(&self, id: OutboxId) -> Result<OutboxEntry> {
        self.read(|db| outbox::load(db, id))
    }

    /// The entries of a thread, oldest first.
    pub fn thread_outbox(&self, thread: ThreadId) -> Result<Vec<OutboxEntry>> {
        self.read(|db| outbox::of_thread(db, thread))
    }
}

//! What patients were promised while the clinic was closed.

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, OutboxEntry, OutboxState, ThreadId};

use super::Vault;
use crate::Result;
use crate::promises::{self, Promise};

impl Vault {
    /// Queues the message of a promise and records it, in one transaction; the thread's draft stays. `None` when this vault
    /// knows the identifier already: nothing is promised twice.
    pub fn promise(&self, promise: &Promise, payload: &str) -> Result<Option<OutboxEntry>> {
        self.act(|act| promises::promise(act, promise, payload))
    }

    /// Whether this vault knows a message or a promise of that identifier.
    pub fn knows_identifier(&self, identifier: &ClientIdentifier) -> Result<bool> {
        self.read(|db| promises::is_known(db, identifier))
    }

    /// Takes back promises whose message has not left before the clinic opened; how many.
    pub fn withdraw_overdue_promises(&self, now: DateTime<Utc>) -> Result<usize> {
        self.act(|act| promises::withdraw_overdue(act, now))
    }

    /// What the patient of a thread was promised, oldest first.
    pub fn promises(&self, thread: ThreadId) -> Result<Vec<Promise>> {
        self.read(|db| promises::of_thread(db, thread))
    }

    /// State of the message of a promise; `None` when the outbox has none.
    pub fn promise_state(&self, identifier: &ClientIdentifier) -> Result<Option<OutboxState>> {
        self.read(|db| promises::state(db, identifier))
    }
}

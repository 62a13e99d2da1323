//! What sync hands to the vault: one batch, applied in one transaction with its cursor (I2).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::flag::Triaged;
use crate::hours::HoursVerdict;
use crate::ids::{CaseId, OutboxId, PortalId, ThreadId};
use crate::message::PortalMessage;
use crate::people::{PortalPatient, PortalPractitioner, PortalProxy};
use crate::thread::PortalThread;

/// How far the local copy is known to be complete, in the server's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SyncCursor {
    /// Everything changed on the server up to here is in the vault. Never moves back, never passes the server's
    /// `Date` minus a margin.
    pub complete_until: Option<DateTime<Utc>>,
    /// Where an interrupted first fill goes on: an opaque token of sync (page link or keyset).
    pub first_fill: Option<String>,
    /// Whether the first fill has ended.
    pub first_fill_done: bool,
    /// Server instant of the last sweep.
    pub last_sweep: Option<DateTime<Utc>>,
    /// Server instant of the last full reconcile of ids.
    pub last_reconcile: Option<DateTime<Utc>>,
}

/// Triage and hours on one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What triage says.
    pub triaged: Triaged,
    /// What the hours in force say; `None` for messages from clinicians.
    pub hours: Option<HoursVerdict>,
}

/// A message with its judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The message as received.
    pub message: PortalMessage,
    /// Its judgement.
    pub judgement: Judgement,
}

/// A resource that could not be taken as what it claims to be (I10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Resource type as given, or `Unknown`.
    pub portal_type: String,
    /// Id as given, or empty.
    pub portal_id: String,
    /// `meta.versionId`, or empty.
    pub version: String,
    /// A code: `invalid_json`, `invalid_resource`, `subject_mismatch`, `too_large`.
    pub reason: String,
    /// The thread, where it is known.
    pub thread: Option<PortalId>,
    /// Raw bytes as received.
    pub raw: Vec<u8>,
}

/// A message that the server no longer has or calls entered-in-error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// When this was seen, in the server's clock.
    pub at: DateTime<Utc>,
}

/// One page of changes, applied in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Patients new or changed.
    pub patients: Vec<PortalPatient>,
    /// Proxies new or changed.
    pub proxies: Vec<PortalProxy>,
    /// Clinicians new or changed.
    pub practitioners: Vec<PortalPractitioner>,
    /// Thread headers new or changed.
    pub threads: Vec<PortalThread>,
    /// Messages new or changed.
    pub messages: Vec<Judged>,
    /// Resources that could not be read.
    pub quarantined: Vec<Quarantined>,
    /// Messages withdrawn.
    pub withdrawn: Vec<Withdrawal>,
    /// The cursor after this batch; `None` leaves it.
    pub cursor: Option<SyncCursor>,
    /// A page of the first fill or a re-triage: holds no reply, opens cases by the backlog rule.
    pub backlog: bool,
    /// Fingerprint of the engine that judged the messages; `None` when none is judged.
    pub judged_under: Option<String>,
}

/// What a batch changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplyReport {
    /// Messages not stored before.
    pub new: u64,
    /// Messages whose version changed.
    pub updated: u64,
    /// Messages withdrawn now.
    pub withdrawn: u64,
    /// Rows newly put into quarantine.
    pub quarantined: u64,
    /// Threads that changed.
    pub threads: Vec<ThreadId>,
    /// Cases opened or joined by a new flag, with the thread to open.
    pub cases: Vec<(CaseId, ThreadId)>,
    /// Outbox entries stopped by a newer message.
    pub held: Vec<OutboxId>,
}

//! The shapes of CLI.md: what the command line prints. They differ from the window's view models, which may change
//! with the window; these stay.

use chrono::{DateTime, Utc};
use inbox_domain::{
    AttemptOutcome, CaseState, Checked, Flag, Mark, OutboxEntry, OutboxState, SenderRole, SentPrecision,
    StepState, ThreadStatus, Tier, format_instant,
};
use inbox_vault::{Patient, QuarantineRow, StoredCase, StoredMessage, ThreadSummary};
use serde::Serialize;

mod attachment;
mod lexicon;
mod promise;
mod sharing;
mod upkeep;

pub use sharing::{CoverRecord, SharingRecord};
pub use upkeep::{AuditLine, AuditRecord, BackupRecord, ExportRecord, RestoreRecord, VerifyRecord};

pub use attachment::SavedAttachment;
pub use lexicon::{FeedbackRecord, LexiconRecord, MissedRecord, RetriageRecord, RuleFeedbackRecord};
pub use promise::{PromiseRecord, ResponderRecord};

/// Writes instants as RFC 3339 with milliseconds.
#[derive(Debug, Clone)]
pub struct Instant(DateTime<Utc>);

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_instant(self.0))
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

/// `patient` of a thread.
#[derive(Debug, Clone, Serialize)]
pub struct PatientRecord {
    /// Id on the portal.
    pub id: String,
    /// `FAMILY, Given`.
    pub name: String,
    /// As given.
    pub birth_date: Option<String>,
}

impl From<&Patient> for PatientRecord {
    fn from(patient: &Patient) -> Self {
        Self {
            id: patient.portal_id.to_string(),
            name: crate::cases::full_name(patient),
            birth_date: patient.birth_date.clone(),
        }
    }
}

/// A line of `threads`.
#[derive(Debug, Clone, Serialize)]
pub struct ThreadRecord {
    /// Our id.
    pub id: String,
    /// Id of the header on the portal.
    pub portal_id: Option<String>,
    /// Topic.
    pub topic: String,
    /// Open or closed.
    pub status: ThreadStatus,
    /// The patient.
    pub patient: Option<PatientRecord>,
    /// Highest open tier.
    pub tier: Tier,
    /// Holds an unread after-hours message.
    pub after_hours: bool,
    /// Unread inbound messages.
    pub unread: u32,
    /// Messages.
    pub messages: u32,
    /// Instant of the newest message.
    pub last_message_at: Option<Instant>,
    /// State of the newest case.
    pub case: Option<CaseState>,
    /// Marked as not for other eyes.
    pub sensitive: bool,
}

impl From<&ThreadSummary> for ThreadRecord {
    fn from(summary: &ThreadSummary) -> Self {
        Self {
            id: summary.id.to_string(),
            portal_id: summary.portal_id.as_ref().map(ToString::to_string),
            topic: summary.topic.clone(),
            status: summary.facts.status,
            patient: summary.patient.as_ref().map(PatientRecord::from),
            tier: summary.facts.open_tier,
            after_hours: summary.facts.unread_after_hours > 0,
            unread: summary.facts.unread,
            messages: summary.messages,
            last_message_at: summary.last_message_at.map(Instant),
            case: summary.facts.case,
            sensitive: summary.sensitive,
        }
    }
}

/// `thread ID`: the line of `threads` with its messages.
#[derive(Debug, Clone, Serialize)]
pub struct ThreadDetailRecord {
    /// As in `threads`; `messages` below replaces its count.
    pub id: String,
    /// Id of the header on the portal.
    pub portal_id: Option<String>,
    /// Topic.
    pub topic: String,
    /// Open or closed.
    pub status: ThreadStatus,
    /// The patient.
    pub patient: Option<PatientRecord>,
    /// Highest open tier.
    pub tier: Tier,
    /// Holds an unread after-hours message.
    pub after_hours: bool,
    /// Unread inbound messages.
    pub unread: u32,
    /// Messages in order of time.
    pub messages: Vec<MessageLine>,
    /// Instant of the newest message.
    pub last_message_at: Option<Instant>,
    /// State of the newest case.
    pub case: Option<CaseState>,
    /// Marked as not for other eyes.
    pub sensitive: bool,
}

impl ThreadDetailRecord {
    pub(crate) fn new(summary: &ThreadSummary, messages: Vec<MessageLine>) -> Self {
        let line = ThreadRecord::from(summary);
        Self {
            id: line.id,
            portal_id: line.portal_id,
            topic: line.topic,
            status: line.status,
            patient: line.patient,
            tier: line.tier,
            after_hours: line.after_hours,
            unread: line.unread,
            messages,
            last_message_at: line.last_message_at,
            case: line.case,
            sensitive: line.sensitive,
        }
    }
}

/// Answer of `sensitive`.
#[derive(Debug, Clone, Serialize)]
pub struct SensitiveRecord {
    /// Our id.
    pub thread: String,
    /// Marked as not for other eyes.
    pub sensitive: bool,
}

/// A message, or a row that cannot be displayed.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum MessageLine {
    /// A message.
    Message(Box<MessageRecord>),
    /// A quarantined row.
    Quarantined {
        /// Id on the portal.
        portal_id: String,
        /// Always true.
        quarantined: bool,
        /// Always null.
        text: Option<String>,
    },
}

impl From<&QuarantineRow> for MessageLine {
    fn from(row: &QuarantineRow) -> Self {
        Self::Quarantined { portal_id: row.portal_id.clone(), quarantined: true, text: None }
    }
}

/// `sender` of a message.
#[derive(Debug, Clone, Serialize)]
pub struct SenderRecord {
    /// Role.
    pub role: SenderRole,
    /// Id on the portal.
    pub id: Option<String>,
    /// Name.
    pub name: String,
}

/// `after_hours` of a message.
#[derive(Debug, Clone, Serialize)]
pub struct AfterHoursRecord {
    /// Why.
    pub reason: inbox_domain::AfterHoursReason,
}

/// An attachment.
#[derive(Debug, Clone, Serialize)]
pub struct AttachmentRecord {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Media type.
    pub content_type: String,
    /// Bytes.
    pub size: Option<u64>,
}

/// A message of `thread ID`.
#[derive(Debug, Clone, Serialize)]
pub struct MessageRecord {
    /// Our id; of the outbox entry until the portal's copy is stored.
    pub id: String,
    /// Id on the portal.
    pub portal_id: Option<String>,
    /// Version on the portal.
    pub version: Option<String>,
    /// Who wrote it.
    pub sender: SenderRecord,
    /// As the server gave it.
    pub sent: Option<String>,
    /// How much of it was given.
    pub sent_precision: SentPrecision,
    /// When the portal received it.
    pub received: Option<Instant>,
    /// The whole text.
    pub text: String,
    /// Withdrawn on the portal.
    pub withdrawn: bool,
    /// Whether triage could judge it.
    pub checked: Checked,
    /// Set for a message written after hours.
    pub after_hours: Option<AfterHoursRecord>,
    /// Flags, demoted ones too.
    pub flags: Vec<Flag>,
    /// The instant used for order.
    pub sent_at: Instant,
    /// What is unusual about it.
    pub marks: Vec<Mark>,
    /// Our identifier, when a vault of ours wrote it.
    pub client_identifier: Option<String>,
    /// Attachments.
    pub attachments: Vec<AttachmentRecord>,
    /// Outbox state while the portal's copy is not stored.
    pub delivery: Option<OutboxState>,
}

impl From<StoredMessage> for MessageLine {
    fn from(message: StoredMessage) -> Self {
        Self::Message(Box::new(MessageRecord {
            id: message.id.to_string(),
            portal_id: Some(message.portal_id.to_string()),
            version: Some(message.version),
            sender: SenderRecord {
                role: message.sender.role,
                id: message.sender.id.map(|id| id.to_string()),
                name: message.sender.name,
            },
            sent: message.sent,
            sent_precision: message.sent_precision,
            received: message.received.map(Instant),
            text: message.text,
            withdrawn: message.withdrawn_at.is_some(),
            checked: message.checked,
            after_hours: message.after_hours.map(|reason| AfterHoursRecord { reason }),
            flags: message.flags.into_iter().map(|stored| stored.flag).collect(),
            sent_at: message.sent_at.into(),
            marks: message.marks,
            client_identifier: message.client_identifier.map(|id| id.to_string()),
            attachments: message
                .attachments
                .into_iter()
                .map(|attachment| AttachmentRecord {
                    id: attachment.id,
                    title: attachment.title,
                    content_type: attachment.content_type,
                    size: attachment.size,
                })
                .collect(),
            delivery: None,
        }))
    }
}

impl MessageLine {
    /// Our own reply while the portal's copy is not stored.
    pub(crate) fn waiting(entry: &OutboxEntry, practitioner: Option<String>, name: String) -> Self {
        Self::Message(Box::new(MessageRecord {
            id: entry.id.to_string(),
            portal_id: None,
            version: None,
            sender: SenderRecord { role: SenderRole::Clinician, id: practitioner, name },
            sent: None,
            sent_precision: SentPrecision::Missing,
            received: None,
            text: entry.text.clone(),
            withdrawn: false,
            checked: Checked::Full,
            after_hours: None,
            flags: Vec::new(),
            sent_at: entry.sent_at.unwrap_or(entry.queued_at).into(),
            marks: Vec::new(),
            client_identifier: Some(entry.client_identifier.to_string()),
            attachments: Vec::new(),
            delivery: Some(entry.state),
        }))
    }
}

/// Answer of `reply` and `send`.
#[derive(Debug, Clone, Serialize)]
pub struct QueuedRecord {
    /// The outbox entry.
    pub outbox_id: String,
    /// Our identifier on the portal.
    pub client_identifier: String,
    /// Its state.
    pub state: OutboxState,
}

impl From<&OutboxEntry> for QueuedRecord {
    fn from(entry: &OutboxEntry) -> Self {
        Self {
            outbox_id: entry.id.to_string(),
            client_identifier: entry.client_identifier.to_string(),
            state: entry.state,
        }
    }
}

/// A line of `quarantine`.
#[derive(Debug, Clone, Serialize)]
pub struct QuarantineRecord {
    /// Resource type.
    pub portal_type: String,
    /// Id on the portal.
    pub portal_id: String,
    /// Reason code.
    pub reason: String,
    /// When this vault first met it.
    pub first_seen: Instant,
}

impl From<QuarantineRow> for QuarantineRecord {
    fn from(row: QuarantineRow) -> Self {
        Self {
            portal_type: row.portal_type,
            portal_id: row.portal_id,
            reason: row.reason,
            first_seen: row.first_seen.into(),
        }
    }
}

/// A step of a case.
#[derive(Debug, Clone, Serialize)]
pub struct StepRecord {
    /// 1 to 12.
    pub n: u8,
    /// Its state.
    pub state: StepState,
    /// Why it was not done.
    pub reason: Option<String>,
    /// When it was set.
    pub at: Option<Instant>,
    /// By whom.
    pub by: Option<String>,
}

/// A contact attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptRecord {
    /// When.
    pub at: Instant,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// Number called.
    pub number: String,
    /// Next try.
    pub next: Option<Instant>,
    /// By whom.
    pub by: String,
}

/// A flag of a case, with its message.
#[derive(Debug, Clone, Serialize)]
pub struct CaseFlagRecord {
    /// Our id of the message.
    pub message: String,
    /// The flag.
    #[serde(flatten)]
    pub flag: Flag,
}

/// A case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseRecord {
    /// Our id.
    pub id: String,
    /// Our id of the thread that opened it.
    pub thread: String,
    /// The patient.
    pub patient: Option<PatientRecord>,
    /// State.
    pub state: CaseState,
    /// Highest tier among its flags.
    pub tier: Tier,
    /// When it opened.
    pub opened_at: Instant,
    /// By when it must be acknowledged; null once it is.
    pub deadline: Option<Instant>,
    /// Flags.
    pub flags: Vec<CaseFlagRecord>,
    /// Steps 1 to 12.
    pub steps: Vec<StepRecord>,
    /// Contact attempts, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// Outcome, once closed.
    pub outcome: Option<String>,
}

impl From<StoredCase> for CaseRecord {
    fn from(case: StoredCase) -> Self {
        Self {
            id: case.id.to_string(),
            thread: case.thread.to_string(),
            patient: case.patient.as_ref().map(PatientRecord::from),
            state: case.state,
            tier: case.tier,
            opened_at: case.opened_at.into(),
            deadline: case.deadline.map(Instant),
            flags: case
                .flags
                .into_iter()
                .map(|(message, stored)| CaseFlagRecord { message: message.to_string(), flag: stored.flag })
                .collect(),
            steps: case
                .steps
                .into_iter()
                .map(|s| StepRecord {
                    n: s.n,
                    state: s.state,
                    reason: s.reason,
                    at: s.at.map(Instant),
                    by: s.by,
                })
                .collect(),
            attempts: case
                .attempts
                .into_iter()
                .map(|attempt| AttemptRecord {
                    at: attempt.at.into(),
                    outcome: attempt.outcome,
                    number: attempt.number,
                    next: attempt.next.map(Instant),
                    by: attempt.by,
                })
                .collect(),
            outcome: case.outcome,
        }
    }
}

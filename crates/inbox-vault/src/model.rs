//! What the vault gives to its readers: rows without behaviour, in the words of `inbox_domain`.

use chrono::{DateTime, Utc};
use inbox_domain::{
    AfterHoursReason, Attachment, AttemptOutcome, CaseId, CaseState, Category, Checked, ClientIdentifier,
    Contact, Flag, FlagId, Mark, MessageFunction, MessageId, NotCheckedReason, OutboxId, OutboxState,
    PatientId, PortalId, Sender, SenderRole, SentPrecision, StepState, ThreadFacts, ThreadId, Tier, View,
};

mod hours;
mod lexicon;
mod upkeep;

pub use hours::{JudgedHours, SavedHours};
pub use lexicon::{LexiconVersion, MissedReport, RuleCount, ToJudge, TriagePage, TriageState};
pub use upkeep::{AnchorState, AuditNote, AuditQuery, AuditRow, Upkeep};

/// A patient, or as much of her as messages named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Id in this vault.
    pub id: PatientId,
    /// Id on the portal.
    pub portal_id: PortalId,
    /// Family name; empty when not known.
    pub family: String,
    /// Given names, joined by spaces.
    pub given: String,
    /// `YYYY-MM-DD` or shorter, as given.
    pub birth_date: Option<String>,
    /// FHIR administrative gender code, as given.
    pub gender: Option<String>,
    /// The identifier shown to people.
    pub identifier: Option<String>,
    /// First phone number.
    pub phone: Option<String>,
    /// Emergency contacts.
    pub contacts: Vec<Contact>,
    /// BCP 47 tags, preferred first.
    pub languages: Vec<String>,
    /// ISO 3166-1 alpha-2 country of the address.
    pub country: Option<String>,
    /// The record says that the patient has died.
    pub deceased: bool,
    /// The resource itself was received, not only a reference to it.
    pub known: bool,
}

/// A related person of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// Name as to be read.
    pub name: String,
    /// Relationship in words, or empty.
    pub relationship: String,
    /// Phone number, if given.
    pub phone: Option<String>,
    /// May read and write now.
    pub active: bool,
}

/// The newest case of a thread, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseGlance {
    /// Id.
    pub id: CaseId,
    /// State.
    pub state: CaseState,
    /// By when it must be acknowledged; `None` once it is.
    pub deadline: Option<DateTime<Utc>>,
}

/// Who has a thread, by the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadClaim {
    /// `Practitioner/ID`.
    pub by: String,
    /// Her name; empty while the portal has not named her.
    pub name: String,
    /// Since when, in the server's clock.
    pub at: DateTime<Utc>,
    /// Its work is done.
    pub done: bool,
}

/// A thread as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSummary {
    /// Id in this vault.
    pub id: ThreadId,
    /// Id of the header on the portal, if there is one.
    pub portal_id: Option<PortalId>,
    /// Topic, or empty.
    pub topic: String,
    /// The thread was inferred from patient and topic.
    pub inferred: bool,
    /// The patient, if one is named.
    pub patient: Option<Patient>,
    /// References of everyone who can read it, as given.
    pub recipients: Vec<String>,
    /// What the views ask.
    pub facts: ThreadFacts,
    /// Messages shown in it, withdrawn ones included.
    pub messages: u32,
    /// First line of the newest message, at most 200 characters; empty when it cannot be shown.
    pub preview: String,
    /// Who wrote it; `None` for a thread without messages.
    pub preview_from: Option<SenderRole>,
    /// Instant of the newest message, or of the newest reply of ours that waits; `None` for a thread without both.
    pub last_message_at: Option<DateTime<Utc>>,
    /// Instant of the oldest message with an open flag.
    pub flagged_at: Option<DateTime<Utc>>,
    /// Category and rule of the highest open flag.
    pub top_flag: Option<(Category, String)>,
    /// Reason of the newest unread after-hours message.
    pub after_hours: Option<AfterHoursReason>,
    /// Why unread messages are not fully checked.
    pub not_checked: Vec<NotCheckedReason>,
    /// State and not-before of the newest outbox entry; `Draft` for a saved draft without one.
    pub reply: Option<(OutboxState, Option<DateTime<Utc>>)>,
    /// The newest case.
    pub case: Option<CaseGlance>,
    /// Attachments in the thread.
    pub attachments: u32,
    /// Who has it, or had it when it was done.
    pub claim: Option<ThreadClaim>,
    /// Its clinician marked it: neither name nor words of it are to be shown unasked.
    pub sensitive: bool,
}

/// A flag as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFlag {
    /// Id.
    pub id: FlagId,
    /// The flag.
    pub flag: Flag,
    /// "This rule is wrong here" was said then.
    pub dismissed_at: Option<DateTime<Utc>>,
    /// A case that was closed has settled it.
    pub settled: bool,
}

/// A message of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// Id.
    pub id: MessageId,
    /// Thread.
    pub thread: ThreadId,
    /// Id on the portal.
    pub portal_id: PortalId,
    /// `meta.versionId`.
    pub version: String,
    /// Sender.
    pub sender: Sender,
    /// References of the recipients, as given.
    pub recipients: Vec<String>,
    /// `sent` exactly as the server gave it.
    pub sent: Option<String>,
    /// How much of it was given.
    pub sent_precision: SentPrecision,
    /// The instant used for order.
    pub sent_at: DateTime<Utc>,
    /// When the portal received it, if it says.
    pub received: Option<DateTime<Utc>>,
    /// When this vault stored it.
    pub stored_at: DateTime<Utc>,
    /// What is unusual about it.
    pub marks: Vec<Mark>,
    /// The whole text.
    pub text: String,
    /// When it was seen to be withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Read here, or answered before this vault first saw it.
    pub read: bool,
    /// Tier after context.
    pub tier: Tier,
    /// Whether triage could judge it.
    pub checked: Checked,
    /// Why not.
    pub not_checked: Vec<NotCheckedReason>,
    /// Suggested functions.
    pub functions: Vec<MessageFunction>,
    /// The reason, for a message written after hours.
    pub after_hours: Option<AfterHoursReason>,
    /// The first open instant at or after it.
    pub next_open: Option<DateTime<Utc>>,
    /// Our identifier, when a vault of ours wrote it.
    pub client_identifier: Option<ClientIdentifier>,
    /// The outbox entry that became this message.
    pub outbox: Option<OutboxId>,
    /// Flags, demoted ones too, ordered by start.
    pub flags: Vec<StoredFlag>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
}

/// The bytes of an attachment.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentBody {
    /// Media type as judged by the bytes.
    pub content_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for AttachmentBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What a patient sent stays out of logs.
        write!(f, "AttachmentBody({} bytes of {})", self.bytes.len(), self.content_type)
    }
}

/// A text for triage to read a message together with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentText {
    /// Written by the patient's side.
    pub from_patient_side: bool,
    /// Instant used for order.
    pub sent_at: DateTime<Utc>,
    /// The text.
    pub text: String,
}

/// What left the vault by retention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retired {
    /// Messages.
    pub messages: u32,
    /// Their threads, which changed.
    pub threads: Vec<ThreadId>,
    /// There is more: the next call goes on after this thread.
    pub go_on_after: Option<ThreadId>,
}

/// What sync asks about a stored thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHeader {
    /// The thread.
    pub id: ThreadId,
    /// Id of its header on the portal, if it has one.
    pub portal_id: Option<PortalId>,
    /// Its readers.
    pub recipients: Vec<String>,
    /// Whose it is.
    pub patient: Option<PortalId>,
}

/// A resource in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Resource type as given, or `Unknown`.
    pub portal_type: String,
    /// Id as given, or empty.
    pub portal_id: String,
    /// Reason code.
    pub reason: String,
    /// The thread, where it is known and safe to name.
    pub thread: Option<ThreadId>,
    /// When this vault first met it.
    pub first_seen: DateTime<Utc>,
}

/// A hit of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Message.
    pub message: MessageId,
    /// Thread.
    pub thread: ThreadId,
    /// The patient, `FAMILY, Given`; empty when unknown.
    pub patient: String,
    /// Instant of the message.
    pub sent_at: DateTime<Utc>,
    /// Text around the hits; each hit stands between U+0002 and U+0003.
    pub snippet: String,
    /// The thread is marked sensitive.
    pub sensitive: bool,
}

/// A step of a case's checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStep {
    /// 1 to 12.
    pub n: u8,
    /// State.
    pub state: StepState,
    /// Why it was not done.
    pub reason: Option<String>,
    /// When it was set.
    pub at: Option<DateTime<Utc>>,
    /// By whom.
    pub by: Option<String>,
}

/// A contact attempt of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAttempt {
    /// When.
    pub at: DateTime<Utc>,
    /// Outcome.
    pub outcome: AttemptOutcome,
    /// Number called, or empty.
    pub number: String,
    /// The next try.
    pub next: Option<DateTime<Utc>>,
    /// By whom.
    pub by: String,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCase {
    /// Id.
    pub id: CaseId,
    /// The thread whose flag opened it.
    pub thread: ThreadId,
    /// The patient, if known.
    pub patient: Option<Patient>,
    /// State.
    pub state: CaseState,
    /// Highest tier among its flags.
    pub tier: Tier,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// By when it must be acknowledged; `None` once it is.
    pub deadline: Option<DateTime<Utc>>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The outcome in the clinician's words, once closed.
    pub outcome: Option<String>,
    /// It was closed as a false alarm.
    pub false_alarm: bool,
    /// Its flags, oldest first, with their messages.
    pub flags: Vec<(MessageId, StoredFlag)>,
    /// Steps 1 to 12.
    pub steps: Vec<CaseStep>,
    /// Attempts, oldest first.
    pub attempts: Vec<CaseAttempt>,
}

/// The counts beside the views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewCounts {
    /// Threads in each view, in the order of the sidebar.
    pub views: Vec<(View, u32)>,
    /// Threads waiting for me by suggested function.
    pub functions: Vec<(MessageFunction, u32)>,
    /// Rows in quarantine; they stand in Needs attention without a thread.
    pub quarantined: u32,
    /// Open cases.
    pub open_cases: u32,
    /// The earliest deadline of an unacknowledged case.
    pub next_deadline: Option<DateTime<Utc>>,
    /// Outbox entries not yet acknowledged by the portal.
    pub pending: u32,
    /// Of these: held, unknown, failed.
    pub stuck: u32,
}

/// A page of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPage {
    /// Rows in the view's order.
    pub rows: Vec<ThreadSummary>,
    /// All rows of the view (with the function filter applied).
    pub total: u32,
}

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Nothing is wrong.
    pub ok: bool,
    /// Schema version.
    pub schema: u32,
    /// SQLCipher's version.
    pub cipher: String,
    /// Messages stored.
    pub messages: u64,
    /// Rows of the audit chain.
    pub audit_rows: u64,
    /// The audit chain is whole, and its anchor has nothing against it.
    pub audit_ok: bool,
    /// What the anchor of the chain says.
    pub anchor: AnchorState,
    /// What is wrong: codes such as `cipher_integrity`, `integrity`, `foreign_keys`, `search_index`, `audit_chain`,
    /// with a count or a row id after a colon; `audit_anchor` with what the anchor says.
    pub problems: Vec<String>,
}

//! What the use cases give to the window and to the command line: view models without behaviour.
//!
//! Ids are strings, instants RFC 3339 in UTC with milliseconds. The TypeScript in `ui/src/lib/ipc/bindings.ts` is
//! generated from these types.

use inbox_domain::{
    AfterHoursReason, AttemptOutcome, CaseState, Category, MessageFunction, NotCheckedReason, OutboxState,
    SenderRole, StepState, ThreadStatus, Tier, View,
};
use serde::{Deserialize, Serialize};
use specta::Type;

mod attachment;
mod calendar;
mod hours;
mod lexicon;
mod link;
mod locking;
mod message;
mod policy;
mod publication;
mod session;
mod sharing;
mod upkeep;
mod watching;
mod writing;

pub use attachment::AttachmentContent;
pub use calendar::{CalendarEntryView, CalendarPreview, CalendarProblem, CalendarRequest};
pub use inbox_triage::clinic::{
    ClinicLanguage, ClinicLexicon, ClinicProblem, ClinicProblemKind, ClinicWords,
};

pub use hours::{
    HoursAbsence, HoursBlock, HoursCheck, HoursCover, HoursDate, HoursDocument, HoursGap, HoursOpening,
    HoursProblemView, HoursView, HoursWeek, SavedHoursOutcome, ToldText,
};
pub use lexicon::{
    FeedbackExport, LexiconView, MissedView, RetriageState, RetriageView, RuleRow, SavedLexicon, TriedText,
};
pub use link::LinkView;
pub use locking::{LockReason, LockedView, Place};
pub use message::{AttachmentView, FlagView, MessageView, Segment};
pub use policy::{PolicyState, PolicyView};
pub use publication::{
    NotPublished, PortalHours, PortalHoursView, PublicationConflictView, PublicationProblem,
    PublicationState, PublicationView, PublishedBlock, PublishedClosedDays,
};
pub use session::{
    ConnectionView, CreateVaultRequest, CreatedVault, KeysView, Preferences, SessionState, SignInRequest,
    SignOutView, UnlockOutcome, VaultEntry, VaultKeyState,
};
pub use sharing::{ClaimView, ColleagueView, CoverView, HandoverView, SharingView, WorkView};
pub use upkeep::{
    AuditFilter, AuditFormat, AuditRowView, BackupSettings, RescueView, RestoreRequest, RestoredView,
    RetentionView, UpkeepView,
};
pub use watching::{WatchState, WatchView};
pub use writing::{OutboxView, ReplyRequest, ResponseView, SendCheck, SlotView};

/// An error as the UI and the command line see it. The UI translates `code`; `params` never hold patient data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AppError {
    /// Stable code in snake case, for example `wrong_passphrase`, `key_missing`, `portal_unreachable`.
    pub code: String,
    /// Whether trying again without a change may help.
    pub retryable: bool,
    /// Values for the translated sentence, for example seconds to wait.
    pub params: Vec<(String, String)>,
}

/// How far the first fill is.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FirstFill {
    /// Messages received.
    pub done: u32,
    /// About how many there are.
    pub total: u32,
    /// About how many seconds are left; `None` while that cannot be said.
    pub seconds_left: Option<u32>,
    /// The clinician stopped it.
    pub stopped: bool,
}

/// How fresh the copy is and how the portal answers: the bar at the top.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Staleness {
    /// Everything up to this server instant is here; `None` before the first fill ended.
    pub complete_until: Option<String>,
    /// When the last sync ended well, by this workstation's clock.
    pub last_success: Option<String>,
    /// A sync is running.
    pub syncing: bool,
    /// A socket of the portal is open: what is new is announced, and polling is slow. Else the portal is polled.
    pub live: bool,
    /// The first fill, while it runs or stands still.
    pub first_fill: Option<FirstFill>,
    /// What stopped the last sync; `None` when it went well.
    pub problem: Option<AppError>,
    /// Outbox entries not yet acknowledged.
    pub pending: u32,
    /// Outbox entries that need the clinician: held, unknown, failed.
    pub stuck: u32,
    /// Of the pending ones: answers in a crisis. They leave only while the vault is open.
    pub crisis_pending: u32,
}

/// Whether the clinician is on duty.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Duty {
    /// Within the hours in force.
    pub on_duty: bool,
    /// Why, when not.
    pub reason: AfterHoursReason,
    /// When that changes, if within 366 days.
    pub until: Option<String>,
    /// IANA zone of the clinic.
    pub zone: String,
}

/// The counts beside the views and functions.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Overview {
    /// Threads in each view, in the order of the sidebar.
    pub views: Vec<(View, u32)>,
    /// Open threads waiting for me per suggested function.
    pub functions: Vec<(MessageFunction, u32)>,
    /// Freshness.
    pub staleness: Staleness,
    /// Duty.
    pub duty: Duty,
    /// Open cases.
    pub open_cases: u32,
    /// The earliest deadline of an unacknowledged case.
    pub next_deadline: Option<String>,
    /// What is wrong with the vault itself: `part_damaged`, `rolled_back`, `anchor_missing`, `anchor_forged` or
    /// `scheduled_backup_failed`.
    pub upkeep: Option<AppError>,
    /// Messages that the search finds only as they were written, until they are indexed anew.
    pub search_left: u32,
}

/// A patient as the banner shows her.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PatientBanner {
    /// Id in this vault.
    pub id: String,
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
    /// As given, `YYYY-MM-DD` or shorter.
    pub birth_date: Option<String>,
    /// Age in years today, when the birth date is complete.
    pub age: Option<u32>,
    /// FHIR gender code.
    pub gender: Option<String>,
    /// Identifier for people.
    pub identifier: Option<String>,
    /// First phone number.
    pub phone: Option<String>,
    /// BCP 47 tags, preferred first.
    pub languages: Vec<String>,
    /// Country code of the address.
    pub country: Option<String>,
    /// Emergency contacts: name, relationship, phone.
    pub contacts: Vec<ContactView>,
    /// People who can read and write for the patient.
    pub proxies: Vec<ContactView>,
    /// The record says the patient has died.
    pub deceased: bool,
}

/// A contact or a proxy.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ContactView {
    /// Name.
    pub name: String,
    /// Relationship in words, or empty.
    pub relationship: String,
    /// Phone, or empty.
    pub phone: String,
}

/// A row of the thread list.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ThreadRow {
    /// Id in this vault.
    pub id: String,
    /// Patient's family name, for `FAMILY, Given`.
    pub family: String,
    /// Patient's given names.
    pub given: String,
    /// Topic.
    pub topic: String,
    /// First line of the newest message; empty when it cannot be shown.
    pub preview: String,
    /// The role of the newest message's sender.
    pub preview_from: SenderRole,
    /// Instant of the newest message.
    pub last_message_at: String,
    /// Instant of the oldest open flagged message, for the waiting time.
    pub flagged_at: Option<String>,
    /// Highest open tier.
    pub tier: Tier,
    /// Category of the highest open flag.
    pub category: Option<Category>,
    /// Rule of the highest open flag.
    pub rule: Option<String>,
    /// Reason of the newest after-hours message that is unread or unanswered.
    pub after_hours: Option<AfterHoursReason>,
    /// Unread inbound messages.
    pub unread: u32,
    /// Why an unread message is not fully checked.
    pub not_checked: Vec<NotCheckedReason>,
    /// Suggested function of the newest inbound message.
    pub function: Option<MessageFunction>,
    /// State of the newest outbox entry, `draft` included.
    pub reply: Option<OutboxState>,
    /// When that entry leaves.
    pub reply_not_before: Option<String>,
    /// State of the newest case.
    pub case: Option<CaseState>,
    /// Deadline of the case.
    pub case_deadline: Option<String>,
    /// Holds attachments.
    pub attachments: u32,
    /// Who has claimed it, if a colleague.
    pub claimed_by: Option<String>,
    /// The absent colleague because of whom it is here.
    pub covered_for: Option<String>,
    /// Snoozed until.
    pub snoozed_until: Option<String>,
    /// Open or closed.
    pub status: ThreadStatus,
    /// Its clinician marked it as not for other eyes.
    pub sensitive: bool,
    /// It is sensitive and was not asked for: name, topic, first line, category, rule and function are left out.
    pub masked: bool,
}

/// A row in Needs attention that cannot be shown in any thread (quarantined, wrong subject).
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct UnreadableRow {
    /// Resource type on the portal.
    pub portal_type: String,
    /// Id on the portal.
    pub portal_id: String,
    /// Reason code.
    pub reason: String,
    /// First seen.
    pub first_seen: String,
}

/// A page of the thread list.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ThreadPage {
    /// Rows in the view's order.
    pub rows: Vec<ThreadRow>,
    /// Rows without a thread; only in Needs attention.
    pub unreadable: Vec<UnreadableRow>,
    /// All rows of the view.
    pub total: u32,
}

/// A checklist step.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct StepView {
    /// 1 to 12.
    pub n: u8,
    /// Text in the app's language.
    pub label: String,
    /// State.
    pub state: StepState,
    /// Reason why not done.
    pub reason: Option<String>,
    /// When it was set.
    pub at: Option<String>,
    /// By whom.
    pub by: Option<String>,
}

/// A contact attempt.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AttemptView {
    /// When.
    pub at: String,
    /// Outcome.
    pub outcome: AttemptOutcome,
    /// Number called, or empty.
    pub number: String,
    /// Next try.
    pub next: Option<String>,
}

/// A line to call.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CrisisLineView {
    /// Name.
    pub name: String,
    /// Number as to be dialled or texted.
    pub number: String,
    /// Hours in words.
    pub hours: String,
    /// It is the general emergency number.
    pub emergency: bool,
}

/// A case with all that the crisis panel shows.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CaseView {
    /// Id in this vault.
    pub id: String,
    /// The thread whose flag opened it.
    pub thread: String,
    /// Patient's family and given name.
    pub patient: String,
    /// State.
    pub state: CaseState,
    /// Tier that opened it.
    pub tier: Tier,
    /// When it opened.
    pub opened_at: String,
    /// By when it must be acknowledged; `None` once it is.
    pub deadline: Option<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<String>,
    /// Steps.
    pub steps: Vec<StepView>,
    /// Attempts, oldest first.
    pub attempts: Vec<AttemptView>,
    /// Lines of the patient's country.
    pub lines: Vec<CrisisLineView>,
    /// Outcome, once closed.
    pub outcome: Option<String>,
}

/// A thread with all that the right pane shows.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ThreadDetail {
    /// The row. Where it is masked nothing else is given of the thread; `show_sensitive` asks for it.
    pub row: ThreadRow,
    /// The patient; `None` when the portal names none.
    pub patient: Option<PatientBanner>,
    /// Names of those who can read the thread, without this clinician and the patient.
    pub other_readers: Vec<String>,
    /// The thread was inferred from patient and topic.
    pub inferred: bool,
    /// Messages in order of time, own undelivered ones last.
    pub messages: Vec<MessageView>,
    /// Saved draft, or empty.
    pub draft: String,
    /// The open case, if any.
    pub case: Option<CaseView>,
    /// What is shared of it with colleagues.
    pub sharing: SharingView,
}

/// A hit of the search.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SearchHit {
    /// Message id.
    pub message: String,
    /// Thread id.
    pub thread: String,
    /// Patient, `FAMILY, Given`.
    pub patient: String,
    /// Instant of the message.
    pub sent: String,
    /// Text around the hit; hits between U+0002 and U+0003.
    pub snippet: String,
    /// The thread is marked sensitive.
    pub sensitive: bool,
    /// It is and was not asked for: patient and snippet are left out.
    pub masked: bool,
}

/// What the window is told; it fetches the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AppEvent {
    /// Threads changed; counts may have changed too.
    ThreadsChanged {
        /// Ids.
        threads: Vec<String>,
    },
    /// Freshness, progress or duty changed.
    StatusChanged,
    /// Stored messages are being judged again, or no longer.
    RetriageChanged,
    /// A case opened or a flag joined it.
    CaseOpened {
        /// The case.
        case: String,
        /// Its thread.
        thread: String,
    },
    /// A crisis reply was stopped by a newer message.
    CrisisReplyHeld {
        /// The thread.
        thread: String,
    },
    /// A notification was clicked.
    OpenThread {
        /// The thread.
        thread: String,
    },
    /// The vault was locked.
    Locked,
    /// The watch over a locked vault has found something, or stands otherwise.
    WatchChanged,
    /// The vault is about to be locked: the window saves its draft and answers with `answer_lock` within half a second.
    LockRequested,
    /// The window is asked to close: it saves its draft and answers with `answer_close`, else it is closed after a second.
    CloseRequested,
}

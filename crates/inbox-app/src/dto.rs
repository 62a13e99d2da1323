//! What the use cases give to the window and to the command line: view models without behaviour.
//!
//! Ids are strings, instants RFC 3339 in UTC with milliseconds. The TypeScript in `ui/src/lib/ipc/bindings.ts` is
//! generated from these types.

use inbox_domain::{
    AfterHoursReason, AttemptOutcome, CaseState, Category, Checked, ContextMark, Mark, MessageFunction,
    NotCheckedReason, OutboxState, SenderRole, SentPrecision, StepState, ThreadStatus, Tier, View,
};
use serde::{Deserialize, Serialize};
use specta::Type;

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

/// State of one vault folder as the unlock page shows it (SECURITY.md, "Keyring").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum VaultKeyState {
    /// The device secret is there: the passphrase opens it.
    Ready,
    /// Header says that no keyring is used: the passphrase alone opens it.
    PassphraseOnly,
    /// A header without its keyring entry: recovery code or another keyring.
    KeyMissing,
    /// The keyring is locked.
    KeyringLocked,
    /// The keyring did not answer in time (an unlock prompt may be open).
    KeyringSilent,
    /// No keyring service.
    NoKeyring,
    /// The header cannot be read.
    HeaderDamaged,
}

/// A vault to choose on the unlock page.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct VaultEntry {
    /// Folder, the argument of unlock.
    pub dir: String,
    /// Name shown.
    pub name: String,
    /// State of its key.
    pub key: VaultKeyState,
}

/// Whether the window has an open vault.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// No vault on this workstation yet.
    FirstRun,
    /// One or more vaults, none open.
    Locked {
        /// The vaults.
        vaults: Vec<VaultEntry>,
        /// Replies not yet delivered when the vault was locked.
        undelivered: u32,
    },
    /// A vault is open.
    Unlocked {
        /// Name of the vault.
        vault: String,
        /// The clinician, with title.
        practitioner: String,
        /// The sample clinic of `cargo xtask demo`.
        demo: bool,
    },
}

/// Answer to unlock.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum UnlockOutcome {
    /// Open.
    Unlocked,
    /// Not opened; which part was wrong is not said.
    WrongPassphrase {
        /// Tries left before the delay.
        tries_left: u32,
        /// Seconds until the next try is taken.
        wait_seconds: u32,
    },
    /// The key cannot be had; nothing was touched.
    Key {
        /// Why.
        key: VaultKeyState,
    },
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
    /// Progress of the first fill (done, of about), while it runs.
    pub first_fill: Option<(u32, u32)>,
    /// What stopped the last sync; `None` when it went well.
    pub problem: Option<AppError>,
    /// Outbox entries not yet acknowledged.
    pub pending: u32,
    /// Outbox entries that need the clinician: held, unknown, failed.
    pub stuck: u32,
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
    /// Holds an unread after-hours message; its reason.
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
    /// Snoozed until.
    pub snoozed_until: Option<String>,
    /// Open or closed.
    pub status: ThreadStatus,
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

/// A flag on a message.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FlagView {
    /// Id in this vault.
    pub id: String,
    /// Rule id.
    pub rule: String,
    /// The rule's reason in plain language, in the app's language.
    pub reason: String,
    /// Kind of concern.
    pub category: Category,
    /// Tier after context.
    pub tier: Tier,
    /// The words.
    pub text: String,
    /// Contexts that changed the tier.
    pub context: Vec<ContextMark>,
    /// Whether context lowered it.
    pub demoted: bool,
    /// "This rule is wrong here" was said.
    pub dismissed: bool,
}

/// A stretch of a message's text. Texts are cut in Rust, so that no offset arithmetic happens in the window.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Segment {
    /// The text, with invisible and bidi characters already replaced by visible marks.
    pub text: String,
    /// Indexes into `MessageView::flags` that cover it.
    pub flags: Vec<u32>,
    /// A visible stand-in for a character that would be invisible or reorder text.
    pub revealed: bool,
}

/// An attachment.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AttachmentView {
    /// Id, for opening it.
    pub id: String,
    /// Title, or empty.
    pub title: String,
    /// Media type.
    pub content_type: String,
    /// Bytes, if known.
    pub size: Option<u32>,
}

/// A message of a thread.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct MessageView {
    /// Id in this vault; empty for an outbox entry not yet on the portal.
    pub id: String,
    /// Outbox id while it is ours and not yet stored as the portal's copy.
    pub outbox_id: Option<String>,
    /// Sender's role.
    pub role: SenderRole,
    /// Sender's name.
    pub sender: String,
    /// The message is from this clinician.
    pub own: bool,
    /// Instant used for order.
    pub sent_at: String,
    /// How much of `sent` was given.
    pub sent_precision: SentPrecision,
    /// When the portal received it, if it says.
    pub received: Option<String>,
    /// When this vault stored it.
    pub stored_at: Option<String>,
    /// Marks.
    pub marks: Vec<Mark>,
    /// After-hours reason, for inbound messages written after hours.
    pub after_hours: Option<AfterHoursReason>,
    /// The next opening after it.
    pub next_open: Option<String>,
    /// The text, cut at flags.
    pub segments: Vec<Segment>,
    /// The text is longer than what `segments` hold; ask `message_text` for all.
    pub cut: bool,
    /// Flags, demoted ones too.
    pub flags: Vec<FlagView>,
    /// Whether triage could judge it.
    pub checked: Checked,
    /// Why not.
    pub not_checked: Vec<NotCheckedReason>,
    /// Suggested functions.
    pub functions: Vec<MessageFunction>,
    /// Withdrawn on the portal.
    pub withdrawn: bool,
    /// Quarantined: cannot be displayed.
    pub quarantined: bool,
    /// Read by this clinician.
    pub read: bool,
    /// Outbox state, for our own messages not yet confirmed by the portal's copy.
    pub delivery: Option<OutboxState>,
    /// When it leaves.
    pub not_before: Option<String>,
    /// When the server acknowledged it.
    pub delivered_at: Option<String>,
    /// Error code of the outbox entry.
    pub delivery_error: Option<String>,
    /// Attachments.
    pub attachments: Vec<AttachmentView>,
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
    /// The row.
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
}

/// A response to insert.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ResponseView {
    /// Id, for example `acute-not-reached`.
    pub id: String,
    /// Version.
    pub version: u32,
    /// Title.
    pub title: String,
    /// Group, for example `acute`, `everyday`.
    pub group: String,
    /// Language of the text, BCP 47.
    pub language: String,
    /// Text with slots as `{slot_name}`.
    pub text: String,
    /// Slots in order.
    pub slots: Vec<SlotView>,
    /// A clinical lead has signed this version.
    pub signed: bool,
}

/// A slot of a response, filled with what is known about this thread.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SlotView {
    /// Name as in the text.
    pub name: String,
    /// Label in the app's language.
    pub label: String,
    /// Proposed value, or empty when a person must write it.
    pub value: String,
    /// Must be filled before sending.
    pub required: bool,
}

/// What stands against sending a text.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SendCheck {
    /// Code: `empty_text`, `empty_slot`, `other_patient_name`, `expired_line`, `wrong_country`, `proxy_can_read`,
    /// `newer_message`, `not_a_recipient`, `unsigned`.
    pub code: String,
    /// Blocks sending; else a warning.
    pub blocks: bool,
    /// Values for the translated sentence.
    pub params: Vec<(String, String)>,
}

/// What the composer asks to queue.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ReplyRequest {
    /// The thread.
    pub thread: String,
    /// The text as it will be sent.
    pub text: String,
    /// Response used, as `id@version`.
    pub response: Option<String>,
    /// Leaves at or after this instant; `None` sends with the next sync.
    pub not_before: Option<String>,
    /// Newer messages were seen.
    pub even_if_newer: bool,
}

/// An outbox entry.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct OutboxView {
    /// Id in this vault.
    pub id: String,
    /// Our identifier on the portal.
    pub client_identifier: String,
    /// The thread.
    pub thread: String,
    /// State.
    pub state: OutboxState,
    /// Attempts.
    pub attempts: u32,
    /// Leaves at or after.
    pub not_before: Option<String>,
    /// Error code.
    pub error: Option<String>,
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
}

/// Look and language of the window; kept outside the vault, so that the lock screen has them.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Preferences {
    /// `en` or `de`.
    pub language: String,
    /// `system`, `light`, `dark`, `high-contrast`.
    pub theme: String,
}

/// What the first run asks to create.
#[derive(Clone, Deserialize, Type)]
pub struct CreateVaultRequest {
    /// Name of the vault, shown on the unlock page; its folder is named after it.
    pub name: String,
    /// Base address of the portal's FHIR interface; empty connects later.
    pub portal_url: String,
    /// `Practitioner/ID` of the clinician; empty when the portal's sign-in names her.
    pub practitioner: String,
    /// The passphrase, at least 8 characters, 16 without a keyring.
    pub passphrase: String,
    /// The passphrase alone opens the vault: for workstations without a keyring.
    #[serde(default)]
    #[specta(optional)]
    pub no_keyring: bool,
    /// A bearer token where the clinic hands one out; without it the system's browser opens for the sign-in.
    #[serde(default)]
    #[specta(optional)]
    pub token: Option<String>,
    /// IANA zone of the clinic; the workstation's when it is not given.
    #[serde(default)]
    #[specta(optional)]
    pub zone: Option<String>,
}

/// A vault just created; it is open.
#[derive(Clone, Serialize, Type)]
pub struct CreatedVault {
    /// Opens the vault without passphrase or keyring; shown once, stored nowhere.
    pub recovery_code: String,
    /// Why the vault could not be connected to the portal; it was made all the same.
    #[specta(optional)]
    pub problem: Option<AppError>,
}

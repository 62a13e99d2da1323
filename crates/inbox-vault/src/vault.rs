//! The vault's calls.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inbox_domain::{
    ApplyReport, AttemptOutcome, Batch, CaseId, ClientIdentifier, FlagId, Judgement, MessageFunction,
    MessageId, OutboxDraft, OutboxEntry, OutboxId, OutboxState, PatientId, PortalId, PortalPractitioner,
    StepState, SyncCursor, ThreadId, ThreadKey, ThreadStatus, View,
};
use secrecy::SecretString;

use crate::{
    AuditRow, Hit, KeyState, Patient, Proxy, QuarantineRow, RecentText, Result, StoredCase, StoredMessage,
    ThreadPage, ThreadSummary, VaultError, VaultListing, Verification, ViewCounts,
};

/// What a new vault is made from.
#[derive(Debug)]
pub struct CreateOptions {
    /// The folder; made if missing, refused if it holds a header or a database.
    pub dir: PathBuf,
    /// Name shown to the person who chooses a vault.
    pub name: String,
    /// The passphrase: at least 8 characters, 16 without a keyring.
    pub passphrase: SecretString,
    /// Keep a device secret in the keyring of the operating system. Without it the header says so and the passphrase
    /// alone opens the vault.
    pub keyring: bool,
}

/// A new vault and the code that opens it when passphrase or keyring are lost.
#[derive(Debug)]
pub struct Created {
    /// The vault, open.
    pub vault: Vault,
    /// The recovery code; shown once, stored nowhere.
    pub recovery_code: SecretString,
}

/// One clinician's encrypted database.
#[derive(Debug)]
pub struct Vault {
    dir: PathBuf,
}

#[expect(unused_variables, reason = "bodies follow with the schema")]
impl Vault {
    // --- keys ---

    /// Makes a vault: header with wrap A and wrap B first, then the database. The keyring is probed with a write.
    pub fn create(options: &CreateOptions) -> Result<Created> {
        Err(VaultError::NotBuilt)
    }

    /// Opens the vault in `dir`. Takes about a quarter of a second (Argon2id), more when the keyring prompts.
    pub fn open(dir: &Path, passphrase: &SecretString) -> Result<Self> {
        Err(VaultError::NotBuilt)
    }

    /// Opens the vault with its recovery code and gives it a new passphrase and a new device secret.
    pub fn recover(dir: &Path, code: &SecretString, new_passphrase: &SecretString) -> Result<Self> {
        Err(VaultError::NotBuilt)
    }

    /// State of the key of the vault in `dir`. Changes nothing.
    pub fn key_state(dir: &Path) -> KeyState {
        KeyState::Absent
    }

    /// The vaults in the folders directly under `vaults_dir`, by name.
    pub fn list(vaults_dir: &Path) -> Result<Vec<VaultListing>> {
        Err(VaultError::NotBuilt)
    }

    /// The vault's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        ""
    }

    /// Closes the database and wipes the keys. Every later call answers [`VaultError::Locked`].
    pub fn close(&self) {}

    /// Whether [`Vault::close`] was called.
    pub fn is_closed(&self) -> bool {
        true
    }

    /// Checks cipher integrity, structure, foreign keys, search index and audit chain.
    pub fn verify(&self) -> Result<Verification> {
        Err(VaultError::NotBuilt)
    }

    // --- sync ---

    /// Applies one page of changes in one transaction with its cursor (I2). `now` is this workstation's clock.
    pub fn apply(&self, batch: &Batch, now: DateTime<Utc>) -> Result<ApplyReport> {
        Err(VaultError::NotBuilt)
    }

    /// How far the copy is complete.
    pub fn cursor(&self) -> Result<SyncCursor> {
        Err(VaultError::NotBuilt)
    }

    /// Versions of those of `ids` (messages and thread headers) that are stored. Quarantined ones are left out, so that
    /// a reconcile fetches and judges them again.
    pub fn known_versions(&self, ids: &[PortalId]) -> Result<HashMap<PortalId, String>> {
        Err(VaultError::NotBuilt)
    }

    /// Portal ids of all messages that are not withdrawn, for the reconcile of ids.
    pub fn message_ids(&self) -> Result<Vec<PortalId>> {
        Err(VaultError::NotBuilt)
    }

    /// Portal ids of what left the vault by retention and must not be fetched again.
    pub fn tombstones(&self) -> Result<Vec<PortalId>> {
        Err(VaultError::NotBuilt)
    }

    /// The thread that a key names, if it is stored.
    pub fn find_thread(&self, key: &ThreadKey) -> Result<Option<ThreadId>> {
        Err(VaultError::NotBuilt)
    }

    /// Up to `n` texts of the thread, oldest first, sent before `before` when that is given.
    pub fn recent_texts(
        &self,
        thread: ThreadId,
        before: Option<DateTime<Utc>>,
        n: u32,
    ) -> Result<Vec<RecentText>> {
        Err(VaultError::NotBuilt)
    }

    /// Replaces the judgement of stored messages (a re-triage after a change of lexicon or hours), by the backlog rule.
    pub fn apply_judgements(
        &self,
        judged: &[(MessageId, Judgement)],
        now: DateTime<Utc>,
    ) -> Result<ApplyReport> {
        Err(VaultError::NotBuilt)
    }

    // --- outbox ---

    /// Stores an entry with its frozen payload. It is committed when this returns (I5). Held at once is nothing: an entry
    /// starts `Queued`, or `Scheduled` with a not-before time in the future. For a new thread a local thread is made.
    pub fn enqueue(
        &self,
        draft: &OutboxDraft,
        identifier: &ClientIdentifier,
        payload: &str,
        now: DateTime<Utc>,
    ) -> Result<OutboxEntry> {
        Err(VaultError::NotBuilt)
    }

    /// The first sendable entry of each thread, oldest first (I7). Entries queued more than 24 h ago and never attempted
    /// become held here (I8).
    pub fn due(&self, now: DateTime<Utc>) -> Result<Vec<OutboxEntry>> {
        Err(VaultError::NotBuilt)
    }

    /// Entries whose answer was lost, oldest first: to be looked up by identifier.
    pub fn unknown(&self) -> Result<Vec<OutboxEntry>> {
        Err(VaultError::NotBuilt)
    }

    /// Turns every `Sending` entry into `Unknown`. Call it once, holding the sender's lock, before sending: what is
    /// `Sending` then belongs to a process that died.
    pub fn recover_sending(&self, now: DateTime<Utc>) -> Result<Vec<OutboxId>> {
        Err(VaultError::NotBuilt)
    }

    /// Claims an entry for sending; `false` when it is no longer queued or scheduled (held, undone, claimed).
    pub fn mark_sending(&self, id: OutboxId, now: DateTime<Utc>) -> Result<bool> {
        Err(VaultError::NotBuilt)
    }

    /// The server acknowledged it. `portal_id` where the answer named one.
    pub fn mark_sent(&self, id: OutboxId, portal_id: Option<&PortalId>, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// The answer was lost (I6).
    pub fn mark_unknown(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// The request surely never reached the server (no connection, 401, 429, 503): waits again, with the error's code.
    pub fn mark_not_sent(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<OutboxState> {
        Err(VaultError::NotBuilt)
    }

    /// A lookup by identifier found nothing; answers how many did since the answer was lost.
    pub fn record_lookup(&self, id: OutboxId, now: DateTime<Utc>) -> Result<u32> {
        Err(VaultError::NotBuilt)
    }

    /// An unknown entry is surely not on the server: it waits again, or is held when the patient has written since.
    pub fn requeue(&self, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxState> {
        Err(VaultError::NotBuilt)
    }

    /// The server refused it; `error` is a code.
    pub fn mark_failed(&self, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// Stops a queued or scheduled entry for review; `reason` is a code.
    pub fn hold(&self, id: OutboxId, reason: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// The clinician's decision on an entry that was held, failed or is unknown: `send` queues it again, else it is
    /// discarded. Answers the entry as it is (or last was, with state `Draft`, when discarded).
    pub fn resolve(&self, id: OutboxId, send: bool, now: DateTime<Utc>) -> Result<OutboxEntry> {
        Err(VaultError::NotBuilt)
    }

    /// Takes a queued, scheduled or held entry back; its text becomes the thread's draft.
    pub fn undo(&self, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxEntry> {
        Err(VaultError::NotBuilt)
    }

    /// The header of a local thread now exists on the portal under this id. If a thread of that id was already stored,
    /// both become one; answers its id.
    pub fn bind_thread(&self, thread: ThreadId, portal_id: &PortalId) -> Result<ThreadId> {
        Err(VaultError::NotBuilt)
    }

    /// All entries, oldest first; sent ones too.
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>> {
        Err(VaultError::NotBuilt)
    }

    /// One entry.
    pub fn outbox_entry(&self, id: OutboxId) -> Result<OutboxEntry> {
        Err(VaultError::NotBuilt)
    }

    /// The entries of a thread, oldest first.
    pub fn thread_outbox(&self, thread: ThreadId) -> Result<Vec<OutboxEntry>> {
        Err(VaultError::NotBuilt)
    }

    // --- reading ---

    /// The counts beside the views.
    pub fn view_counts(&self, now: DateTime<Utc>) -> Result<ViewCounts> {
        Err(VaultError::NotBuilt)
    }

    /// A page of a view; `None` is every thread, newest first. `function` keeps threads whose newest inbound message
    /// suggests it.
    pub fn list_threads(
        &self,
        view: Option<View>,
        function: Option<MessageFunction>,
        offset: u32,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<ThreadPage> {
        Err(VaultError::NotBuilt)
    }

    /// One thread.
    pub fn thread(&self, id: ThreadId) -> Result<ThreadSummary> {
        Err(VaultError::NotBuilt)
    }

    /// The thread whose header has this id on the portal.
    pub fn thread_by_portal_id(&self, id: &PortalId) -> Result<Option<ThreadId>> {
        Err(VaultError::NotBuilt)
    }

    /// Messages of a thread in order of `sent_at`, then of storing; portal drafts are left out.
    pub fn messages(&self, thread: ThreadId) -> Result<Vec<StoredMessage>> {
        Err(VaultError::NotBuilt)
    }

    /// One message.
    pub fn message(&self, id: MessageId) -> Result<StoredMessage> {
        Err(VaultError::NotBuilt)
    }

    /// The resource of a message as received (JSON).
    pub fn message_raw(&self, id: MessageId) -> Result<String> {
        Err(VaultError::NotBuilt)
    }

    /// One patient.
    pub fn patient(&self, id: PatientId) -> Result<Patient> {
        Err(VaultError::NotBuilt)
    }

    /// The patient with this id on the portal.
    pub fn patient_by_portal_id(&self, id: &PortalId) -> Result<Option<Patient>> {
        Err(VaultError::NotBuilt)
    }

    /// All patients, by name.
    pub fn patients(&self) -> Result<Vec<Patient>> {
        Err(VaultError::NotBuilt)
    }

    /// The related persons of a patient, by name.
    pub fn proxies(&self, patient: PatientId) -> Result<Vec<Proxy>> {
        Err(VaultError::NotBuilt)
    }

    /// The clinicians known by name.
    pub fn practitioners(&self) -> Result<Vec<PortalPractitioner>> {
        Err(VaultError::NotBuilt)
    }

    /// Messages that hold all words of `query`, newest first. Words between quotation marks stand together; the last word
    /// is taken as a beginning; umlauts match their spelled forms.
    pub fn search(&self, query: &str, limit: u32) -> Result<Vec<Hit>> {
        Err(VaultError::NotBuilt)
    }

    /// Everything in quarantine, oldest first.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        Err(VaultError::NotBuilt)
    }

    /// The quarantined rows of one thread.
    pub fn thread_quarantine(&self, thread: ThreadId) -> Result<Vec<QuarantineRow>> {
        Err(VaultError::NotBuilt)
    }

    /// Cases, open ones first by deadline, then closed ones, newest first.
    pub fn cases(&self) -> Result<Vec<StoredCase>> {
        Err(VaultError::NotBuilt)
    }

    /// One case.
    pub fn case(&self, id: CaseId) -> Result<StoredCase> {
        Err(VaultError::NotBuilt)
    }

    /// The open case of a thread's patient, if any.
    pub fn open_case(&self, thread: ThreadId) -> Result<Option<StoredCase>> {
        Err(VaultError::NotBuilt)
    }

    /// The saved draft of a thread, or empty.
    pub fn draft(&self, thread: ThreadId) -> Result<String> {
        Err(VaultError::NotBuilt)
    }

    /// The last `limit` rows of the audit chain, newest first.
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditRow>> {
        Err(VaultError::NotBuilt)
    }

    // --- acts of the clinician ---

    /// Marks all messages of the thread read; answers how many were not.
    pub fn mark_read(&self, thread: ThreadId, now: DateTime<Utc>) -> Result<u32> {
        Err(VaultError::NotBuilt)
    }

    /// Saves the draft of a thread; an empty text removes it.
    pub fn save_draft(&self, thread: ThreadId, text: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// Hides the thread until then; `None` shows it again. A new message of the patient shows it again too.
    pub fn snooze(&self, thread: ThreadId, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// Opens or closes the thread here. A new message of the patient opens it again.
    pub fn set_thread_status(
        &self,
        thread: ThreadId,
        status: ThreadStatus,
        now: DateTime<Utc>,
    ) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// "This rule is wrong here", or takes it back.
    pub fn dismiss_flag(&self, flag: FlagId, dismissed: bool, now: DateTime<Utc>) -> Result<ThreadId> {
        Err(VaultError::NotBuilt)
    }

    /// Stops the clock of a case.
    pub fn case_acknowledge(&self, case: CaseId, by: &str, now: DateTime<Utc>) -> Result<StoredCase> {
        Err(VaultError::NotBuilt)
    }

    /// Logs a contact attempt; it acknowledges the case.
    pub fn case_log_attempt(
        &self,
        case: CaseId,
        outcome: AttemptOutcome,
        number: &str,
        next: Option<DateTime<Utc>>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        Err(VaultError::NotBuilt)
    }

    /// Sets step `n` (1 to 12); `Skipped` needs a reason.
    pub fn case_set_step(
        &self,
        case: CaseId,
        n: u8,
        state: StepState,
        reason: Option<&str>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        Err(VaultError::NotBuilt)
    }

    /// Closes a case with an outcome. A false alarm gives every open step that reason; else each step must be done or
    /// have one.
    pub fn case_close(
        &self,
        case: CaseId,
        outcome: &str,
        false_alarm: bool,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        Err(VaultError::NotBuilt)
    }

    // --- settings ---

    /// A setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        Err(VaultError::NotBuilt)
    }

    /// Sets a setting. The audit row names the key, never the value.
    pub fn set_setting(&self, key: &str, value: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }

    /// Removes a setting.
    pub fn remove_setting(&self, key: &str, now: DateTime<Utc>) -> Result<()> {
        Err(VaultError::NotBuilt)
    }
}

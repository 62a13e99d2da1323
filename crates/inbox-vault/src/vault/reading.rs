//! Reading for the window and the command line.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use inbox_domain::{
    CaseId, MessageFunction, MessageId, PatientId, PortalId, PortalPractitioner, SearchRequest, ThreadId,
    View,
};

use super::Vault;
use crate::{
    AuditQuery, AuditRow, Hit, Patient, Proxy, QuarantineRow, Result, StoredCase, StoredMessage, ThreadPage,
    ThreadSummary, ViewCounts, acts, cases, messages, people, quarantine, search, threads,
};

impl Vault {
    /// The counts beside the views.
    pub fn view_counts(&self, now: DateTime<Utc>) -> Result<ViewCounts> {
        self.read(|db| threads::counts(db, now))
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
        self.read(|db| threads::list(db, view, function, offset, limit, now))
    }

    /// One thread.
    pub fn thread(&self, id: ThreadId) -> Result<ThreadSummary> {
        self.read(|db| threads::load(db, id))
    }

    /// The threads that are marked sensitive.
    pub fn sensitive_threads(&self) -> Result<HashSet<ThreadId>> {
        self.read(threads::sensitive)
    }

    /// The thread whose header has this id on the portal.
    pub fn thread_by_portal_id(&self, id: &PortalId) -> Result<Option<ThreadId>> {
        self.read(|db| threads::by_portal_id(db, id))
    }

    /// Messages of a thread in order of `sent_at`, then of storing; portal drafts are left out.
    pub fn messages(&self, thread: ThreadId) -> Result<Vec<StoredMessage>> {
        self.read(|db| messages::of_thread(db, thread))
    }

    /// One message.
    pub fn message(&self, id: MessageId) -> Result<StoredMessage> {
        self.read(|db| messages::load(db, id))
    }

    /// The message that has this id on the portal; drafts of the portal are none.
    pub fn message_by_portal_id(&self, id: &PortalId) -> Result<Option<MessageId>> {
        self.read(|db| messages::by_portal_id(db, id))
    }

    /// The message that has this id on the portal as it is stored; a draft of the portal too.
    pub fn stored_by_portal_id(&self, id: &PortalId) -> Result<Option<StoredMessage>> {
        self.read(|db| messages::stored_by_portal_id(db, id))
    }

    /// The resource of a message as received (JSON).
    pub fn message_raw(&self, id: MessageId) -> Result<String> {
        self.read(|db| messages::raw(db, id))
    }

    /// One patient.
    pub fn patient(&self, id: PatientId) -> Result<Patient> {
        self.read(|db| people::patient(db, id.0))
    }

    /// The patient with this id on the portal.
    pub fn patient_by_portal_id(&self, id: &PortalId) -> Result<Option<Patient>> {
        self.read(|db| people::patient_by_portal_id(db, id))
    }

    /// All patients, by name.
    pub fn patients(&self) -> Result<Vec<Patient>> {
        self.read(people::patients)
    }

    /// The related persons of a patient, by name.
    pub fn proxies(&self, patient: PatientId) -> Result<Vec<Proxy>> {
        self.read(|db| people::proxies(db, patient))
    }

    /// The clinicians known by name.
    pub fn practitioners(&self) -> Result<Vec<PortalPractitioner>> {
        self.read(people::practitioners)
    }

    /// Messages that hold all words of `query`, newest first. Words between quotation marks stand together; the last word
    /// is taken as a beginning; umlauts match their spelled forms.
    pub fn search(&self, words: &str, limit: u32) -> Result<Vec<Hit>> {
        self.find(&SearchRequest { words: words.to_owned(), ..SearchRequest::default() }, limit)
    }

    /// How long the query of [`Vault::find`] alone takes, its rows looked at by number only. Not in a release.
    #[cfg(feature = "rig")]
    pub fn time_bare_search(&self, request: &SearchRequest, limit: u32) -> Result<std::time::Duration> {
        self.read(|db| search::time_bare(db, request, limit))
    }

    /// Messages that hold all words of the request and meet its other conditions, newest first.
    pub fn find(&self, request: &SearchRequest, limit: u32) -> Result<Vec<Hit>> {
        self.read(|db| search::search(db, request, limit))
    }

    /// Everything in quarantine, oldest first.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        self.read(|db| quarantine::list(db, None))
    }

    /// The quarantined rows of one thread.
    pub fn thread_quarantine(&self, thread: ThreadId) -> Result<Vec<QuarantineRow>> {
        self.read(|db| quarantine::list(db, Some(thread)))
    }

    /// Cases, open ones first by deadline, then closed ones, newest first.
    pub fn cases(&self) -> Result<Vec<StoredCase>> {
        self.read(cases::list)
    }

    /// One case.
    pub fn case(&self, id: CaseId) -> Result<StoredCase> {
        self.read(|db| cases::load(db, id))
    }

    /// The open case of a thread's patient, if any.
    pub fn open_case(&self, thread: ThreadId) -> Result<Option<StoredCase>> {
        self.read(|db| cases::open_case(db, thread))
    }

    /// The saved draft of a thread, or empty.
    pub fn draft(&self, thread: ThreadId) -> Result<String> {
        self.read(|db| acts::draft(db, thread))
    }

    /// The last `limit` rows of the audit chain, newest first.
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditRow>> {
        self.audit_rows(&AuditQuery { limit, ..AuditQuery::default() })
    }

    /// A setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|db| acts::setting(db, key))
    }
}

//! What the clinician shares through the portal, and what it says others share.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use inbox_domain::{
    ActId, ActKind, ActState, ApplyReport, MessageId, PortalAct, PortalClaim, PortalId, ThreadId,
};

use super::Vault;
use crate::{MarkedMessage, Result, claims, portal_acts};

impl Vault {
    /// The clinician (`me`: her reference) takes, gives back or finishes a thread: `kind` is `Claim`, `Release` or `Done`.
    /// The act waits for sync; one that takes back another which has not left leaves nothing to write. `over` names the
    /// colleague from whom she knowingly takes it over.
    ///
    /// # Errors
    /// [`crate::VaultError::Invalid`] for a thread without a header on the portal.
    pub fn set_work(
        &self,
        thread: ThreadId,
        kind: ActKind,
        me: &str,
        over: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.act(|act| portal_acts::set_work(act, thread, kind, me, over, now))
    }

    /// Hands a thread over to a colleague (`Practitioner/ID`): she is to be able to read it. It waits for sync.
    pub fn hand_over(&self, thread: ThreadId, colleague: &str, now: DateTime<Utc>) -> Result<ActId> {
        self.act(|act| portal_acts::hand_over(act, thread, colleague, now))
    }

    /// Acts to be written to the portal that may be tried now, oldest first.
    pub fn queued_acts(&self, now: DateTime<Utc>) -> Result<Vec<PortalAct>> {
        self.read(|db| portal_acts::queued(db, now))
    }

    /// How many acts are in that state.
    pub fn count_acts(&self, state: ActState) -> Result<u32> {
        self.read(|db| portal_acts::count(db, state))
    }

    /// The acts of a thread that wait or were refused, and its handovers, oldest first.
    pub fn thread_acts(&self, thread: ThreadId) -> Result<Vec<PortalAct>> {
        self.read(|db| portal_acts::of_thread(db, thread))
    }

    /// An attempt to write an act begins; `false` when it was taken back meanwhile.
    pub fn begin_act(&self, id: ActId) -> Result<bool> {
        self.act(|act| portal_acts::begin(act, id))
    }

    /// An act could not be written now: not again before `until`.
    pub fn postpone_act(&self, id: ActId, error: &str, until: DateTime<Utc>) -> Result<()> {
        self.act(|act| portal_acts::postpone(act, id, error, until))
    }

    /// The portal acknowledged an act, or there is nothing to tell.
    pub fn settle_act(&self, id: ActId, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| portal_acts::settle(act, id, now))
    }

    /// The portal does not allow an act, or a colleague was faster; `error` is a code.
    pub fn refuse_act(&self, id: ActId, error: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| portal_acts::refuse(act, id, error, now))
    }

    /// The portal's version of a message after its read mark; settles the act.
    pub fn adopt_read_mark(&self, message: MessageId, marked: &MarkedMessage<'_>) -> Result<()> {
        self.act(|act| portal_acts::adopt(act.db, message.0, marked))
    }

    /// Stores what the portal says about who has which thread, and removes claims that it no longer has. The clocks of
    /// `me`'s cases follow: the report's cases are those whose clock runs again.
    pub fn apply_claims(
        &self,
        claims: &[PortalClaim],
        gone: &[PortalId],
        me: &str,
        now: DateTime<Utc>,
    ) -> Result<ApplyReport> {
        self.act(|act| claims::apply(act, claims, gone, me, now))
    }

    /// All claims that the portal holds for the thread of this header.
    pub fn claims(&self, header: &PortalId) -> Result<Vec<PortalClaim>> {
        self.read(|db| claims::of_header(db, header))
    }

    /// Versions of all stored claims.
    pub fn claim_versions(&self) -> Result<HashMap<PortalId, String>> {
        self.read(claims::versions)
    }
}

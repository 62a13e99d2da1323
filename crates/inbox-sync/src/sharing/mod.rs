//! What clinicians share through the portal and that is no message: who has a thread, what was read, who can read it too,
//! and the threads of an absent colleague.
//!
//! Acts of the clinician wait in the vault and are written after the replies: one that fails is tried again later and
//! stops nothing. Outside her hours read marks and claims wait for the next opening, unless the thread's case is open.

mod claims;
mod cover;
mod handover;
mod receipt;
mod work;

use chrono::TimeDelta;
use inbox_domain::{ActKind, PortalAct};
use inbox_portal::PortalError;

use crate::error::SyncError;
use crate::run::Run;

pub use claims::SharedWork;
pub use cover::{CoverState, cover_states, covered_for, covers, own_references, set_covers};

/// After a first failed attempt; doubled after each further one.
const RETRY: TimeDelta = TimeDelta::seconds(30);
/// The longest pause between two attempts.
const RETRY_LIMIT: TimeDelta = TimeDelta::minutes(30);

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The portal has it, or there is nothing to tell.
    Done,
    /// The portal does not allow it, or a colleague was faster; a code.
    Refused(&'static str),
}

impl Run<'_> {
    /// Writes the acts that may be shown now.
    pub(crate) async fn push_acts(&mut self) -> Result<(), SyncError> {
        for act in self.ctx.vault.queued_acts(self.ctx.clock.now())? {
            self.check_cancel()?;
            if !self.may_be_shown(&act)? || !self.ctx.vault.begin_act(act.id)? {
                continue;
            }
            let told = match act.kind {
                ActKind::Read => self.tell_read(&act).await,
                ActKind::Claim | ActKind::Release | ActKind::Done => self.tell_work(&act).await,
                ActKind::Handover => self.tell_handover(&act).await,
            };
            if !self.note_told(&act, told)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hours that nobody has set allow nothing: what was shown cannot be taken back.
    fn may_be_shown(&self, act: &PortalAct) -> Result<bool, SyncError> {
        if !act.kind.waits_for_hours() {
            return Ok(true);
        }
        let hours = self.ctx.hours;
        if !hours.is_guess() && !hours.classify(self.ctx.clock.now()).after_hours {
            return Ok(true);
        }
        Ok(self.ctx.vault.open_case(act.thread)?.is_some())
    }

    /// Writes the outcome down; `false` when nothing else need be tried in this sync.
    fn note_told(&mut self, act: &PortalAct, told: Result<Told, SyncError>) -> Result<bool, SyncError> {
        let (vault, now) = (self.ctx.vault, self.ctx.clock.now());
        let goes_on = match told {
            Ok(Told::Done) => {
                vault.settle_act(act.id, now)?;
                true
            }
            Ok(Told::Refused(code)) => {
                vault.refuse_act(act.id, code, now)?;
                true
            }
            Err(SyncError::Portal(error)) => {
                let doubled = RETRY * 2_i32.pow(act.attempts.min(10));
                vault.postpone_act(act.id, error.code(), now + doubled.min(RETRY_LIMIT))?;
                !SyncError::Portal(error).stops_sending()
            }
            Err(other) => return Err(other),
        };
        if act.kind != ActKind::Read {
            self.note_changed(act.thread);
        }
        Ok(goes_on)
    }

    /// Whether the server offers an interaction. One that lists none at all is asked.
    fn offers(&self, kind: &str, interaction: &str) -> bool {
        let capabilities = self.ctx.portal.capabilities();
        capabilities
            .types
            .get(kind)
            .is_some_and(|entry| entry.interactions.is_empty() || entry.interactions.contains(interaction))
    }
}

/// A definite refusal as an outcome; other errors stay errors.
fn refused(error: PortalError) -> Result<Told, SyncError> {
    if error.is_definite_refusal() { Ok(Told::Refused(error.code())) } else { Err(error.into()) }
}

/// Whether a stored version can be named in `If-Match`: one that we made up ourselves cannot.
pub(crate) fn names_version(version: &str) -> bool {
    !version.is_empty() && !version.starts_with("sha256:")
}

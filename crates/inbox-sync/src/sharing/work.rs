//! Claim, release, done: each is a change of the version that was seen, so that of two who claim a thread at once one wins
//! and the other is told.

use inbox_domain::{ActKind, ClaimState, PortalAct, PortalClaim, PortalId, counting_claim};
use inbox_portal::mapping::{CLAIM_SYSTEM, changed_claim, claim_payload, map_claim};
use inbox_portal::{PortalError, Written};

use super::{Told, names_version, refused};
use crate::error::SyncError;
use crate::run::Run;

/// Times that a thread's claim may have changed between looking and writing.
const ROUNDS: u32 = 8;

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    /// A colleague has it.
    Lost,
    /// There is none yet.
    New(ClaimState),
    /// The one that counts becomes this.
    Change(ClaimState),
}

fn wanted(act: &PortalAct, counting: Option<&PortalClaim>, me: &str) -> Wanted {
    let another = counting.filter(|claim| claim.is_held_by_another(me));
    // She may take a thread over from the colleague whose name she saw, and from nobody who came since.
    let known = another.is_some_and(|claim| act.colleague.is_some() && claim.owner == act.colleague);
    let mine = counting.is_some_and(|claim| claim.is_held_by(me));
    let state = counting.map(|claim| claim.state);
    match act.kind {
        ActKind::Claim if mine => Wanted::Nothing,
        ActKind::Release if mine => Wanted::Change(ClaimState::Free),
        ActKind::Release => Wanted::Nothing,
        ActKind::Claim | ActKind::Done if another.is_some() && !known => Wanted::Lost,
        ActKind::Done if state == Some(ClaimState::Done) => Wanted::Nothing,
        kind => {
            let to = if kind == ActKind::Done { ClaimState::Done } else { ClaimState::Claimed };
            if counting.is_none() { Wanted::New(to) } else { Wanted::Change(to) }
        }
    }
}

impl Run<'_> {
    pub(super) async fn tell_work(&mut self, act: &PortalAct) -> Result<Told, SyncError> {
        let Some(header) = act.header.clone() else { return Ok(Told::Refused("no_header")) };
        if !self.offers("Task", "update") || !self.ctx.portal.capabilities().searches("Task", "identifier") {
            return Ok(Told::Refused("not_offered"));
        }
        let me = self.me.practitioner.clone();
        // After an attempt of which the outcome is not known the portal is asked first.
        let mut look = act.attempts > 0;
        for _ in 0..ROUNDS {
            if look && let Err(error) = self.look_at_claims(&header).await {
                return match error {
                    SyncError::Portal(error) => refused(error),
                    other => Err(other),
                };
            }
            look = true;
            let claims = self.ctx.vault.claims(&header)?;
            let counting = counting_claim(&claims);
            let next = wanted(act, counting, &me);
            let written = match next {
                Wanted::Nothing => return Ok(Told::Done),
                Wanted::Lost => return Ok(Told::Refused("claimed")),
                Wanted::New(state) => self.create_claim(act, &header, &me, state).await,
                Wanted::Change(state) => {
                    let Some(claim) = counting.filter(|claim| names_version(&claim.version)) else {
                        return Ok(Told::Refused("no_versions"));
                    };
                    let Some(body) = changed_claim(&claim.raw, &me, state, self.server_now()) else {
                        return Ok(Told::Refused("invalid_resource"));
                    };
                    self.ctx.portal.update("Task", &claim.portal_id, &body, &claim.version).await
                }
            };
            match written {
                Ok(written) => {
                    self.note_date(written.date);
                    // One that was there already is another's, an answer without the resource says too little, and a new one
                    // may have a twin: conditional creates race on real servers.
                    let taken = !written.existed && self.take_written_claim(&written).await?;
                    look = !taken || matches!(next, Wanted::New(_));
                }
                // Somebody else was faster: look, and decide again.
                Err(PortalError::PreconditionFailed | PortalError::NotFound | PortalError::Gone) => {}
                Err(error) => return refused(error),
            }
        }
        Err(PortalError::PreconditionFailed.into())
    }

    async fn create_claim(
        &mut self,
        act: &PortalAct,
        header: &PortalId,
        me: &str,
        state: ClaimState,
    ) -> Result<Written, PortalError> {
        let patient = self.ctx.vault.thread(act.thread).ok().and_then(|thread| thread.patient);
        let patient = patient.map(|patient| patient.portal_id);
        let body = claim_payload(header, patient.as_ref(), me, state, self.server_now());
        self.ctx.portal.create_once("Task", &body, &format!("{CLAIM_SYSTEM}|{header}")).await
    }

    async fn take_written_claim(&mut self, written: &Written) -> Result<bool, SyncError> {
        let context = self.map_context(written.date);
        let claim = written.raw.as_deref().and_then(|raw| map_claim(raw, &context).ok().flatten());
        let Some(claim) = claim else { return Ok(false) };
        self.store_claims(&[claim], &[]).await?;
        Ok(true)
    }

    /// The thread's claims as the portal has them now.
    async fn look_at_claims(&mut self, header: &PortalId) -> Result<(), SyncError> {
        let params = [("identifier", format!("{CLAIM_SYSTEM}|{header}")), ("_count", "20".to_owned())];
        let page = self.search("Task", &params).await?;
        let claims: Vec<PortalClaim> =
            self.read_claims(&page).into_iter().filter(|claim| claim.header == *header).collect();
        let stored = self.ctx.vault.claims(header)?;
        let gone = stored.iter().map(|claim| claim.portal_id.clone());
        let gone: Vec<PortalId> =
            gone.filter(|id| !claims.iter().any(|claim| claim.portal_id == *id)).collect();
        self.store_claims(&claims, &gone).await
    }
}

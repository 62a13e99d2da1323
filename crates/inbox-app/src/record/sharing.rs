//! What clinicians share, as the command line prints it.

use serde::Serialize;

use crate::dto::{CoverView, SharingView};

/// `claim`, `release`, `done` and `handover`: what is shared of a thread, and what the portal does not have yet.
#[derive(Debug, Clone, Serialize)]
pub struct SharingRecord {
    /// Our id.
    pub thread: String,
    /// Who has the thread, by the portal.
    pub claim: Option<ClaimRecord>,
    /// What waits for the next sync or was refused.
    pub work: Option<WorkRecord>,
    /// Handovers, oldest first.
    pub handovers: Vec<HandoverRecord>,
}

/// Who has a thread.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimRecord {
    /// Her name, or her reference.
    pub name: String,
    /// Since when (RFC 3339), in the portal's clock.
    pub at: String,
    /// It is the vault's clinician.
    pub mine: bool,
    /// Its work is done.
    pub done: bool,
}

/// An act that the portal does not have.
#[derive(Debug, Clone, Serialize)]
pub struct WorkRecord {
    /// `claim`, `release` or `done`.
    pub act: &'static str,
    /// `queued` or `refused`.
    pub state: inbox_domain::ActState,
    /// A code, for example `claimed`.
    pub error: Option<String>,
}

/// A handover.
#[derive(Debug, Clone, Serialize)]
pub struct HandoverRecord {
    /// The colleague's name, or her reference.
    pub name: String,
    /// `queued`, `done` or `refused`.
    pub state: inbox_domain::ActState,
    /// A code, for example `forbidden`: the colleague cannot read this thread.
    pub error: Option<String>,
}

impl SharingRecord {
    /// What a thread's view says.
    pub(crate) fn new(thread: String, view: SharingView) -> Self {
        Self {
            thread,
            claim: view.claim.map(|claim| ClaimRecord {
                name: claim.name,
                at: claim.at,
                mine: claim.mine,
                done: claim.done,
            }),
            work: view.work.map(|work| WorkRecord {
                act: work.kind.as_str(),
                state: work.state,
                error: work.error,
            }),
            handovers: view
                .handovers
                .into_iter()
                .map(|one| HandoverRecord { name: one.name, state: one.state, error: one.error })
                .collect(),
        }
    }
}

/// A line of `cover list`.
#[derive(Debug, Clone, Serialize)]
pub struct CoverRecord {
    /// `Practitioner/ID` of the absent colleague.
    pub practitioner: String,
    /// Her name, or her id.
    pub name: String,
    /// First day in the clinic's zone.
    pub from: String,
    /// Last day.
    pub to: String,
    /// It holds now.
    pub active: bool,
    /// Code of the portal's refusal.
    pub refused: Option<String>,
}

impl From<CoverView> for CoverRecord {
    fn from(view: CoverView) -> Self {
        let CoverView { practitioner, name, from, to, active, refused } = view;
        Self { practitioner, name, from, to, active, refused }
    }
}

//! What clinicians share: who has a thread, to whom it was handed over, for whom the clinician covers.

use inbox_domain::{ActKind, ActState};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Who has a thread, or had it when its work was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ClaimView {
    /// Her name, or her reference while the portal has not named her.
    pub name: String,
    /// Since when, in the portal's clock.
    pub at: String,
    /// It is this clinician.
    pub mine: bool,
    /// Its work is done.
    pub done: bool,
}

/// A claim, release or done that the portal does not have: it waits, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct WorkView {
    /// `claim`, `release` or `done`.
    pub kind: ActKind,
    /// `queued` or `refused`.
    pub state: ActState,
    /// Code of the refusal (`claimed`: a colleague was faster), or why it could not be written yet.
    pub error: Option<String>,
    /// When it leaves, where it waits for the next opening.
    pub leaves_at: Option<String>,
}

/// A handover of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HandoverView {
    /// The colleague's name.
    pub name: String,
    /// `queued`; `done`: she can read it; `refused`: she cannot, hand over by phone.
    pub state: ActState,
    /// Code of the refusal, or why it could not be written yet.
    pub error: Option<String>,
}

/// What is shared of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SharingView {
    /// The portal has the thread, so that it can be claimed and handed over.
    pub possible: bool,
    /// Who has it.
    pub claim: Option<ClaimView>,
    /// What the clinician did that the portal does not have.
    pub work: Option<WorkView>,
    /// Handovers, oldest first.
    pub handovers: Vec<HandoverView>,
}

/// A colleague.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ColleagueView {
    /// `Practitioner/ID`.
    pub reference: String,
    /// Her name.
    pub name: String,
}

/// A cover: on these days the vault follows the colleague's threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CoverView {
    /// `Practitioner/ID` of the absent colleague.
    pub practitioner: String,
    /// Her name, or her reference while the portal has not named her.
    pub name: String,
    /// First day, `YYYY-MM-DD` in the clinic's zone.
    pub from: String,
    /// Last day.
    pub to: String,
    /// It holds now.
    pub active: bool,
    /// Code of the portal's refusal to show the colleague's threads.
    pub refused: Option<String>,
}

//! The clinician's hours on the portal: whether publishing worked and when, and both versions where somebody else has changed
//! them.

use serde::{Deserialize, Serialize};
use specta::Type;

/// How the hours on the portal stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PublicationState {
    /// Nobody has asked for it.
    Off,
    /// The hours in force are not on the portal yet: the next sync writes them.
    Waiting,
    /// The portal has acknowledged the hours in force.
    Published,
    /// It did not work; `failed` says why.
    Failed,
    /// Somebody else has changed them: `conflict` holds both versions, and nothing is written until she chooses.
    Conflict,
}

/// Why publishing did not work.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublicationProblem {
    /// `scope_missing` and `not_offered` (the sign-in or the portal does not allow it), `no_role`, `several_roles`,
    /// `no_versions`, or the portal's code.
    pub code: String,
    /// When.
    pub at: String,
}

/// A weekly block, as the portal says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PublishedBlock {
    /// `mon` .. `sun`: the day on which it starts.
    pub day: String,
    /// `HH:MM`.
    pub start: String,
    /// `HH:MM`; not after the start: on the next day.
    pub end: String,
}

/// Closed days, as the portal says them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PublishedClosedDays {
    /// First day (`YYYY-MM-DD`), where it is a date.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// The portal's words.
    pub description: String,
}

/// Hours on the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PortalHours {
    /// Weekly blocks from Monday on.
    pub weekly: Vec<PublishedBlock>,
    /// Closed days.
    pub closed: Vec<PublishedClosedDays>,
    /// Exceptions in words.
    pub exceptions: String,
    /// Entries that could not be read.
    pub unreadable: u32,
}

/// The portal's hours with what they would make of the hours in force.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PortalHoursView {
    /// What the portal has.
    pub portal: PortalHours,
    /// The availability file with them: its week from today on, its closed days beside ours; `None` where the portal has no
    /// week.
    pub hours: Option<String>,
}

/// Both versions.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublicationConflictView {
    /// What would have been written.
    pub ours: PortalHours,
    /// What the portal has.
    pub theirs: PortalHours,
    /// When it was noticed.
    pub at: String,
}

/// What of the hours in force the portal has no field for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NotPublished {
    /// Blocks over midnight are written as two.
    Overnight,
    /// On-call blocks are left out.
    OnCall,
    /// Days with other blocks than the week's are said in words.
    ChangedDays,
    /// A later version is said in words until it holds.
    LaterVersion,
    /// The zone is said in words.
    Zone,
}

/// How the hours on the portal stand, with all that is known.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublicationView {
    /// In one word.
    pub state: PublicationState,
    /// When the portal last acknowledged hours.
    pub published_at: Option<String>,
    /// The role's version then.
    pub version: Option<String>,
    /// Why the last attempt did not work.
    pub failed: Option<PublicationProblem>,
    /// Both versions, until she chooses.
    pub conflict: Option<PublicationConflictView>,
    /// What has no field there.
    pub not_published: Vec<NotPublished>,
    /// Why this sign-in cannot publish, known before it is tried: `scope_missing`, `not_offered`.
    pub not_allowed: Option<String>,
}

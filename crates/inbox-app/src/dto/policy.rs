//! The clinic's policy, as Settings shows it.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::packs::{PackView, Packs};
use crate::policy::{PolicyProblem, PolicySource, UpdateChannel, WatchWhileLocked};

/// Whether the clinic's policy file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PolicyState {
    /// There is no policy file.
    Absent,
    /// It holds.
    InForce,
    /// It cannot be used: careful settings hold.
    Broken,
}

/// What holds on this workstation, and what of it the clinic set.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PolicyView {
    /// Whether the file holds.
    pub state: PolicyState,
    /// Where the file is, or would be; empty where no place was given.
    pub file: String,
    /// Why it does not hold.
    pub problems: Vec<PolicyProblem>,
    /// The keys that the file sets, for example `lock.idle_seconds`.
    pub set: Vec<String>,
    /// The clinic's portal.
    pub portal_url: Option<String>,
    /// Seconds without input after which the vault locks.
    pub idle_seconds: u32,
    /// Whether messages are watched while the vault is locked.
    pub watch_while_locked: WatchWhileLocked,
    /// Least characters of a new passphrase; 0 leaves it to the vault.
    pub least_passphrase: u32,
    /// A PIN may be used.
    pub pin_allowed: bool,
    /// Days after which old threads leave the vault.
    pub retention_days: Option<u32>,
    /// Threads may be handed over.
    pub sharing: bool,
    /// From where updates come.
    pub update_channel: UpdateChannel,
    /// `Practitioner/ID` of the clinical leads.
    pub leads: Vec<String>,
    /// Each vault's data key is also wrapped for the clinic's escrow key.
    pub escrow: bool,
    /// Signed packs, in force or not.
    pub packs: Vec<PackView>,
}

impl PolicyView {
    /// What holds now.
    pub fn of(source: &PolicySource) -> Self {
        let current = source.current();
        let policy = &current.policy;
        Self {
            state: match (current.present, current.is_broken()) {
                (_, true) => PolicyState::Broken,
                (true, false) => PolicyState::InForce,
                (false, false) => PolicyState::Absent,
            },
            file: source.file().map_or_else(String::new, |file| file.to_string_lossy().into_owned()),
            problems: current.problems.clone(),
            set: current.set.iter().map(|key| (*key).to_owned()).collect(),
            portal_url: policy.portal_url.clone(),
            idle_seconds: u32::try_from(policy.idle_lock.as_secs()).unwrap_or(u32::MAX),
            watch_while_locked: policy.watch_while_locked,
            least_passphrase: policy.least_passphrase,
            pin_allowed: policy.pin_allowed,
            retention_days: policy.retention_days,
            sharing: policy.sharing,
            update_channel: policy.update_channel,
            leads: policy.leads.iter().map(|lead| lead.practitioner.clone()).collect(),
            escrow: policy.escrow_key.is_some(),
            packs: Packs::of(source).views().to_vec(),
        }
    }
}

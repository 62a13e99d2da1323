//! The clinic's policy: a system-wide file that the clinicians cannot write, `/etc/anteroom/policy.toml` on Linux.
//!
//! A file that cannot be read, is not what was expected, or could be changed by an ordinary user never counts as "no
//! policy": what is wrong is said in the window and by `doctor`, and [`Policy::careful`] holds until it is mended.

mod read;

pub(crate) use read::changeable;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{dto::AppError, error::AppResult, session::lock};

/// Where the policy file is; see [`PolicySource::system`].
#[cfg(target_os = "windows")]
const SYSTEM_FILE: &str = r"C:\ProgramData\Anteroom\policy.toml";
#[cfg(target_os = "macos")]
const SYSTEM_FILE: &str = "/Library/Application Support/Anteroom/policy.toml";
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const SYSTEM_FILE: &str = "/etc/anteroom/policy.toml";

/// Idle time after which the vault locks, unless the clinic set another.
const IDLE_LOCK: Duration = Duration::from_secs(300);
/// Least characters of a passphrase while the clinic's rule cannot be read.
const CAREFUL_PASSPHRASE: u32 = 12;

/// Whether messages are watched while the vault is locked (DESIGN.md, "Watch while locked").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum WatchWhileLocked {
    /// At all hours.
    On,
    /// Never.
    Off,
    /// While on duty, else by the on-call rule.
    OnDuty,
}

/// From where updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum UpdateChannel {
    /// Released versions.
    Stable,
    /// The clinic installs updates itself.
    None,
}

/// A clinical lead: what she signs holds in every vault of the clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicalLead {
    /// `Practitioner/ID` on the portal.
    pub practitioner: String,
    /// Her Ed25519 public key.
    pub key: [u8; 32],
}

/// What holds on this workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Base address of the portal's FHIR interface; no other one can be signed in to.
    pub portal_url: Option<String>,
    /// Idle time after which the vault locks.
    pub idle_lock: Duration,
    /// Whether messages are watched while the vault is locked.
    pub watch_while_locked: WatchWhileLocked,
    /// Least characters of a new passphrase; the vault's own least holds besides.
    pub least_passphrase: u32,
    /// A PIN may stand in for the passphrase on this workstation.
    pub pin_allowed: bool,
    /// Days after which old threads leave the vault; `None` keeps them.
    pub retention_days: Option<u32>,
    /// Threads may be handed over to colleagues.
    pub sharing: bool,
    /// From where updates come.
    pub update_channel: UpdateChannel,
    /// Who signs for the clinic.
    pub leads: Vec<ClinicalLead>,
    /// X25519 public key under which each vault's data key is also wrapped.
    pub escrow_key: Option<[u8; 32]>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            portal_url: None,
            idle_lock: IDLE_LOCK,
            watch_while_locked: WatchWhileLocked::OnDuty,
            least_passphrase: 0,
            pin_allowed: false,
            retention_days: None,
            sharing: true,
            update_channel: UpdateChannel::Stable,
            leads: Vec::new(),
            escrow_key: None,
        }
    }
}

impl Policy {
    /// What holds while the clinic's policy cannot be read: nothing leaves the vault by it, no thread is handed to anybody,
    /// no PIN opens a vault, and nobody's signature counts.
    pub fn careful() -> Self {
        Self { least_passphrase: CAREFUL_PASSPHRASE, sharing: false, ..Self::default() }
    }
}

/// The clinic's own least length of a new passphrase; the vault checks its own.
pub(crate) fn check_passphrase(policy: &PolicySource, passphrase: &SecretString) -> AppResult<()> {
    let least = policy.current().policy.least_passphrase;
    let enough = passphrase.expose_secret().chars().count() >= least as usize;
    if enough { Ok(()) } else { Err(AppError::new("weak_passphrase").with("least", least)) }
}

/// What a place of the policy file should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PolicyExpected {
    /// A file that this program may read.
    Readable,
    /// A file and a folder that only an administrator may change.
    ReadOnly,
    /// TOML with the keys of a policy; the detail is the parser's sentence.
    Toml,
    /// An https address, or http on this machine.
    HttpsUrl,
    /// A whole number within the bounds of the detail.
    Range,
    /// One of the words of the detail.
    OneOf,
    /// `Practitioner/ID`.
    Practitioner,
    /// 32 bytes in base64.
    Key,
    /// A clinician who is not named before.
    Unique,
}

/// What is wrong with the policy file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PolicyProblem {
    /// Line in the file, from 1; `null` for the file itself.
    pub line: Option<u32>,
    /// The key, for example `lock.idle_seconds`; empty for the file itself.
    pub key: String,
    /// What was expected there.
    pub expected: PolicyExpected,
    /// Bounds, words or the parser's sentence; else empty.
    pub detail: String,
}

/// A policy file as it was read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInForce {
    /// What holds.
    pub policy: Policy,
    /// Whether there is a policy file, readable or not.
    pub present: bool,
    /// The keys that the file sets, for example `lock.idle_seconds`.
    pub set: Vec<&'static str>,
    /// Why the file is not in force; empty when it is, or when there is none.
    pub problems: Vec<PolicyProblem>,
}

impl PolicyInForce {
    fn absent() -> Self {
        Self { policy: Policy::default(), present: false, set: Vec::new(), problems: Vec::new() }
    }

    fn broken(problems: Vec<PolicyProblem>) -> Self {
        Self { policy: Policy::careful(), present: true, set: Vec::new(), problems }
    }

    /// Whether there is a policy file that cannot be used.
    pub fn is_broken(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether the clinic set this key.
    pub fn sets(&self, key: &str) -> bool {
        self.set.contains(&key)
    }
}

/// Where the policy comes from; cheap to clone. A changed file comes into force with the next question.
#[derive(Debug, Clone)]
pub struct PolicySource(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: Option<PathBuf>,
    /// The system's file must belong to the administrator; one that was named must only not be everybody's.
    of_the_system: bool,
    last: Mutex<Option<(Stamp, Arc<PolicyInForce>)>>,
}

/// Tells a changed file from the one that was read. A file that is not there has none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    rights: u64,
}

impl PolicySource {
    fn new(file: Option<PathBuf>, of_the_system: bool) -> Self {
        Self(Arc::new(Inner { file, of_the_system, last: Mutex::default() }))
    }

    /// The policy file of this workstation.
    pub fn system() -> Self {
        Self::new(Some(PathBuf::from(SYSTEM_FILE)), true)
    }

    /// A policy file that was named: for the command line and for tests.
    pub fn at(file: &Path) -> Self {
        Self::new(Some(file.to_owned()), false)
    }

    /// No policy at all.
    pub fn none() -> Self {
        Self::new(None, false)
    }

    /// Whether it is the workstation's own, which must belong to the administrator.
    pub(crate) fn is_of_the_system(&self) -> bool {
        self.0.of_the_system
    }

    /// The file, whether it is there or not.
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// The folder of signed packs: `packs` beside the file.
    pub fn packs_dir(&self) -> Option<PathBuf> {
        Some(self.file()?.parent()?.join("packs"))
    }

    /// What holds now.
    pub fn current(&self) -> Arc<PolicyInForce> {
        let Some(file) = &self.0.file else { return Arc::new(PolicyInForce::absent()) };
        let stamp = Stamp::of(file);
        let mut last = lock(&self.0.last);
        if let (Some(stamp), Some((known, policy))) = (&stamp, &*last)
            && stamp == known
        {
            return Arc::clone(policy);
        }
        let found = Arc::new(read::read(file, self.0.of_the_system));
        // A file that changed while it was read has another stamp by the next question.
        *last = stamp.map(|stamp| (stamp, Arc::clone(&found)));
        found
    }
}

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let found = file.metadata().ok()?;
        Some(Self { modified: found.modified().ok(), length: found.len(), rights: rights(&found) })
    }
}

#[cfg(unix)]
fn rights(found: &std::fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    // Owner, mode and the inode: a file put in place of another one is another file.
    (u64::from(found.uid()) << 32 | u64::from(found.mode())) ^ found.ino().rotate_left(17)
}

#[cfg(not(unix))]
fn rights(found: &std::fs::Metadata) -> u64 {
    u64::from(found.permissions().readonly())
}

#[cfg(test)]
mod tests;

//! One clinician's encrypted database with its key header.
//!
//! The vault knows nothing of FHIR: `payload` and `raw` are opaque strings. Every call blocks for milliseconds and takes
//! `&self`; share a vault as `Arc<Vault>`.

mod act;
mod acts;
mod anchor;
mod apply;
mod attachments;
mod audit;
mod backup;
mod cases;
mod claims;
mod column;
mod connection;
mod error;
mod facts;
#[cfg(feature = "rig")]
pub mod failpoint;
mod hours;
mod key_state;
mod keys;
mod lexicon;
mod messages;
mod migrate;
mod missed;
mod model;
mod outbox;
mod people;
mod portal_acts;
mod private_file;
mod promises;
mod quarantine;
mod rescue;
mod retention;
mod retriage;
mod search;
mod search_index;
mod search_text;
mod search_words;
mod threads;
mod upkeep;
mod vault;
mod verify;
mod view_sql;

pub use backup::{BackupMade, BackupRows, RestoreOptions, Restored};
pub use error::VaultError;
pub use key_state::{KeyState, VaultListing};
pub use keys::{DeviceSecret, DeviceSecrets, Erased, Keyring, SecretsError};
pub use model::{
    AnchorState, AttachmentBody, AuditNote, AuditQuery, AuditRow, CaseAttempt, CaseGlance, CaseStep, Hit,
    JudgedHours, LexiconVersion, MissedReport, Patient, Proxy, QuarantineRow, RecentText, Retired, RuleCount,
    SavedHours, StoredCase, StoredFlag, StoredHeader, StoredMessage, ThreadClaim, ThreadPage, ThreadSummary,
    ToJudge, TriagePage, TriageState, Upkeep, Verification, ViewCounts,
};
pub use portal_acts::MarkedMessage;
pub use private_file::{new_private_file, open_private_file};
pub use promises::Promise;
pub use rescue::{Rescued, Saved};
pub use vault::{CreateOptions, Created, EscrowKey, HeldKey, Vault, WatchRecord};

/// What a call to the vault gives.
pub type Result<T> = std::result::Result<T, VaultError>;

#[cfg(test)]
mod tests;

//! One clinician's encrypted database with its key header.
//!
//! The vault knows nothing of FHIR: `payload` and `raw` are opaque strings. Every call blocks for milliseconds and takes
//! `&self`; share a vault as `Arc<Vault>`.

mod error;
mod key_state;
mod model;
mod vault;

pub use error::VaultError;
pub use key_state::{KeyState, VaultListing};
pub use model::{
    AuditRow, CaseAttempt, CaseGlance, CaseStep, Hit, Patient, Proxy, QuarantineRow, RecentText, StoredCase,
    StoredFlag, StoredMessage, ThreadPage, ThreadSummary, Verification, ViewCounts,
};
pub use vault::{CreateOptions, Created, Vault};

/// What a call to the vault gives.
pub type Result<T> = std::result::Result<T, VaultError>;

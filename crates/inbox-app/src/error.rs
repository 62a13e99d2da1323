//! The one map from the errors below to [`AppError`]. The window and the command line see codes, never sentences, so
//! that nothing a patient wrote and no address can travel in an error.

use inbox_portal::PortalError;
use inbox_vault::{KeyState, VaultError};

use crate::dto::AppError;

/// What every use case answers.
pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    /// An error that trying again does not mend.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), retryable: false, params: Vec::new() }
    }

    /// An error that may pass by itself.
    pub fn retryable(code: &str) -> Self {
        Self { retryable: true, ..Self::new(code) }
    }

    /// Adds a value for the translated sentence; never patient data.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl std::error::Error for AppError {}

/// A code for an argument that is not what it should be.
pub(crate) fn invalid(name: &str) -> AppError {
    AppError::new("invalid_argument").with("argument", name)
}

/// Reads an id or another word of the window's.
pub(crate) fn parse<T: std::str::FromStr>(text: &str, name: &str) -> AppResult<T> {
    text.parse().map_err(|_| invalid(name))
}

/// Reads an RFC 3339 instant.
pub(crate) fn parse_instant(text: &str, name: &str) -> AppResult<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| invalid(name))
}

impl From<VaultError> for AppError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Locked => Self::new("locked"),
            VaultError::NotFound => Self::new("no_vault"),
            VaultError::AlreadyExists => Self::new("vault_exists"),
            VaultError::WrongPassphrase { tries_left, wait_seconds } => Self::new("wrong_passphrase")
                .with("tries_left", tries_left)
                .with("wait_seconds", wait_seconds),
            VaultError::TooManyTries { wait_seconds } => {
                Self::retryable("too_many_tries").with("wait_seconds", wait_seconds)
            }
            VaultError::WrongRecoveryCode => Self::new("wrong_recovery_code"),
            VaultError::MistypedRecoveryCode => Self::new("mistyped_recovery_code"),
            VaultError::WeakPassphrase { least } => Self::new("weak_passphrase").with("least", least),
            VaultError::NoPin => Self::new("no_pin"),
            VaultError::WrongPin { tries_left } => Self::new("wrong_pin").with("tries_left", tries_left),
            VaultError::PinSpent => Self::new("pin_spent"),
            VaultError::NoDeviceSecret => Self::new("no_device_secret"),
            VaultError::WrongEscrowKey => Self::new("wrong_escrow_key"),
            VaultError::Undelivered(count) => Self::new("undelivered").with("count", count),
            VaultError::Key(state) => Self::new(key_code(state)),
            VaultError::HeaderDamaged => Self::new("header_damaged"),
            VaultError::HeaderTooNew(_) | VaultError::SchemaTooNew(_) => Self::new("vault_too_new"),
            VaultError::DatabaseMissing => Self::new("database_missing"),
            VaultError::DatabaseDamaged | VaultError::Stored(_) => Self::new("database_damaged"),
            VaultError::BackupDamaged => Self::new("backup_damaged"),
            VaultError::BackupTooNew(_) => Self::new("backup_too_new"),
            VaultError::BackupFailed => Self::retryable("backup_failed"),
            VaultError::FileExists => Self::new("file_exists"),
            VaultError::NoCipher => Self::new("no_cipher"),
            VaultError::NoSuch(what) => Self::new(&format!("no_such_{}", what.replace(' ', "_"))),
            VaultError::WrongOutboxState(state) => {
                Self::new("wrong_outbox_state").with("state", state.as_str())
            }
            VaultError::StepsOpen(count) => Self::new("steps_open").with("count", count),
            VaultError::Invalid(what) => invalid(what),
            VaultError::Changed(what) => Self::new(&format!("{what}_changed")),
            VaultError::File(_) => Self::new("file_error"),
            VaultError::DiskFull => Self::retryable("disk_full"),
            VaultError::Busy => Self::retryable("busy"),
            VaultError::Database(_) => Self::new("database_error"),
            VaultError::NoRandom => Self::new("no_random_numbers"),
        }
    }
}

/// The code of a key that cannot be had.
pub(crate) fn key_code(state: KeyState) -> &'static str {
    match state {
        KeyState::Absent => "no_vault",
        KeyState::Ready | KeyState::PassphraseOnly => "wrong_passphrase",
        KeyState::KeyMissing => "key_missing",
        KeyState::KeyringLocked => "keyring_locked",
        KeyState::KeyringSilent => "keyring_silent",
        KeyState::NoKeyring => "no_keyring",
        KeyState::HeaderDamaged => "header_damaged",
    }
}

impl From<PortalError> for AppError {
    fn from(error: PortalError) -> Self {
        let mut mapped = Self::new(error.code());
        mapped.retryable = error.retryable();
        match error.retry_after() {
            Some(wait) => mapped.with("seconds", wait.as_secs()),
            None => mapped,
        }
    }
}

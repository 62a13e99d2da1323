//! What stops a sync. What it stored until then stays, and the next one goes on from there.

use inbox_portal::PortalError;
use inbox_vault::VaultError;
use thiserror::Error;

use crate::report::SyncReport;

/// An error of sync.
#[derive(Debug, Error)]
pub enum SyncError {
    /// Another sync runs on this vault.
    #[error("another sync runs on this vault")]
    Busy,
    /// Stopped by the caller.
    #[error("the sync was cancelled")]
    Cancelled,
    /// Three syncs in a row were refused: the clinician has to sign in.
    #[error("a new sign-in is needed")]
    SignInNeeded,
    /// The vault does not know whose it is: nobody has signed in.
    #[error("the vault is not connected to a portal")]
    NotConnected,
    /// A new thread needs a patient, a reply a thread.
    #[error("neither a thread nor a patient is named")]
    NoAddressee,
    /// The portal cannot be asked whether it has a message of ours.
    #[error("the portal cannot be searched by identifier")]
    NoLookup,
    /// The portal.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The lock file in the vault's folder cannot be made.
    #[error("the vault's folder cannot be written")]
    LockFile,
}

impl SyncError {
    /// Stable code in snake case; the vault's errors all are `vault`, since inbox-app has their codes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::SignInNeeded => "sign_in_needed",
            Self::NotConnected => "not_connected",
            Self::NoAddressee => "no_addressee",
            Self::NoLookup => "no_lookup",
            Self::Portal(error) => error.code(),
            Self::Vault(_) => "vault",
            Self::LockFile => "lock_file",
        }
    }

    /// Whether a pull that ended so leaves nothing to send with: no connection, no sign-in, a server that asks to wait, or
    /// no vault.
    pub(crate) fn stops_sending(&self) -> bool {
        match self {
            Self::Portal(error) => matches!(
                error,
                PortalError::Unreachable
                    | PortalError::Timeout
                    | PortalError::ConnectionLost
                    | PortalError::CertificateRefused
                    | PortalError::InvalidAddress
                    | PortalError::InsecureAddress
                    | PortalError::Unauthorized
                    | PortalError::SignIn { .. }
                    | PortalError::TokenStore
                    | PortalError::RateLimited { .. }
                    | PortalError::Unavailable { .. }
            ),
            _ => true,
        }
    }

    /// Whether trying again without a change may help.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Busy | Self::Cancelled => true,
            Self::Portal(error) => error.retryable(),
            Self::Vault(error) => matches!(error, VaultError::Busy),
            Self::SignInNeeded | Self::NotConnected | Self::NoAddressee | Self::NoLookup | Self::LockFile => {
                false
            }
        }
    }
}

/// A sync that could not finish, with what it did until then: a case that it opened has to ring all the same.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct SyncFailure {
    /// What it stored and sent before it stopped.
    pub report: Box<SyncReport>,
    /// What stopped it.
    #[source]
    pub error: SyncError,
}

impl SyncFailure {
    /// One that stopped before anything was done.
    pub fn at_once(error: impl Into<SyncError>) -> Self {
        Self { report: Box::default(), error: error.into() }
    }

    /// The code of [`SyncError::code`].
    pub fn code(&self) -> &'static str {
        self.error.code()
    }

    /// Whether trying again without a change may help.
    pub fn retryable(&self) -> bool {
        self.error.retryable()
    }
}

//! What can go wrong with a vault. No variant carries message text, names or SQL: an error may be logged.

use inbox_domain::OutboxState;

use crate::key_state::KeyState;

/// An error of the vault.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The vault was closed; open it again.
    #[error("the vault is locked")]
    Locked,
    /// No header in this folder.
    #[error("there is no vault in this folder")]
    NotFound,
    /// The folder already holds a header or a database; nothing was touched.
    #[error("the folder already holds a vault")]
    AlreadyExists,
    /// The passphrase (or the device secret under it) does not open the vault.
    #[error("wrong passphrase")]
    WrongPassphrase {
        /// Tries left before a delay.
        tries_left: u32,
        /// Seconds until the next try is taken.
        wait_seconds: u32,
    },
    /// Too many wrong passphrases; this try was not taken.
    #[error("too many wrong passphrases, wait {wait_seconds} s")]
    TooManyTries {
        /// Seconds until the next try is taken.
        wait_seconds: u32,
    },
    /// The recovery code is well formed but not this vault's.
    #[error("wrong recovery code")]
    WrongRecoveryCode,
    /// The recovery code has a typing error: its checksum does not match.
    #[error("the recovery code is mistyped")]
    MistypedRecoveryCode,
    /// The passphrase is shorter than allowed.
    #[error("the passphrase must have at least {least} characters")]
    WeakPassphrase {
        /// The least number of characters.
        least: u32,
    },
    /// This vault has no PIN on this machine.
    #[error("no PIN is set")]
    NoPin,
    /// The PIN does not open the vault.
    #[error("wrong PIN")]
    WrongPin {
        /// Tries left before only the passphrase opens it.
        tries_left: u32,
    },
    /// Too many wrong PINs: only the passphrase opens the vault.
    #[error("too many wrong PINs")]
    PinSpent,
    /// A PIN needs a device secret beside it, and this vault has none.
    #[error("a vault without a keyring takes no PIN")]
    NoDeviceSecret,
    /// The escrow key is not the one that this vault was wrapped for, or it was wrapped for none.
    #[error("wrong escrow key")]
    WrongEscrowKey,
    /// Replies that were not delivered would be lost.
    #[error("{0} replies are not delivered")]
    Undelivered(u32),
    /// The key cannot be had; nothing was touched.
    #[error("the key cannot be had: {0:?}")]
    Key(KeyState),
    /// Both generations of the header are unreadable.
    #[error("the header is damaged")]
    HeaderDamaged,
    /// The header was written by a newer version.
    #[error("the header has the unknown version {0}")]
    HeaderTooNew(u32),
    /// There is a header but no database beside it.
    #[error("the database is missing")]
    DatabaseMissing,
    /// The key is right and the database does not open: it is damaged. It was not touched.
    #[error("the database is damaged")]
    DatabaseDamaged,
    /// The database was written by a newer version.
    #[error("the database has the unknown schema {0}")]
    SchemaTooNew(u32),
    /// This is no backup, or it was cut short or changed; nothing was made of it.
    #[error("the backup is damaged")]
    BackupDamaged,
    /// The backup was written by a newer version.
    #[error("the backup has the unknown version {0}")]
    BackupTooNew(u32),
    /// What was written does not open again; it was removed.
    #[error("the backup could not be verified")]
    BackupFailed,
    /// There is a file of that name; it was not touched.
    #[error("the file exists")]
    FileExists,
    /// SQLite was built without encryption.
    #[error("this build cannot encrypt")]
    NoCipher,
    /// No row with this id.
    #[error("no such {0}")]
    NoSuch(&'static str),
    /// The outbox entry is not in a state that allows this.
    #[error("not possible for an outbox entry that is {}", .0.as_str())]
    WrongOutboxState(OutboxState),
    /// A case closes only when each step is done or has a reason why not.
    #[error("{0} steps of the checklist are open")]
    StepsOpen(u8),
    /// An argument that makes no sense, for example step 13.
    #[error("invalid {0}")]
    Invalid(&'static str),
    /// Somebody else has saved another version since.
    #[error("the {0} has changed since")]
    Changed(&'static str),
    /// Reading or writing a file failed.
    #[error("file error: {0}")]
    File(std::io::ErrorKind),
    /// The disk is full; nothing was changed.
    #[error("the disk is full")]
    DiskFull,
    /// Another process keeps the database for longer than the timeout.
    #[error("the vault is busy")]
    Busy,
    /// SQLite failed; the extended result code, or 0 for a type error.
    #[error("database error {0}")]
    Database(i32),
    /// The operating system gives no random numbers.
    #[error("no random numbers")]
    NoRandom,
    /// A stored value cannot be read back.
    #[error("a stored {0} cannot be read")]
    Stored(&'static str),
}

impl VaultError {
    /// Whether the connection that met this error may answer nothing but errors from now on.
    pub(crate) fn spoils_the_connection(&self) -> bool {
        const PRIMARY: i32 = 0xff;
        match self {
            Self::DatabaseDamaged => true,
            Self::Database(code) => code & PRIMARY == rusqlite::ffi::SQLITE_IOERR,
            _ => false,
        }
    }
}

impl From<std::io::Error> for VaultError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull,
            kind => Self::File(kind),
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        // The message of a rusqlite error can hold SQL and values, so only the code goes on.
        match &error {
            rusqlite::Error::SqliteFailure(failure, _)
            | rusqlite::Error::SqlInputError { error: failure, .. } => match failure.code {
                ErrorCode::DiskFull => Self::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::DatabaseDamaged,
                ErrorCode::OperationInterrupted => Self::Locked,
                _ => Self::Database(failure.extended_code),
            },
            _ => Self::Database(0),
        }
    }
}

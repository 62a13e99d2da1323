//! The device secret in the keyring of the operating system, behind one trait of ours.
//!
//! Keyring calls can block for ever (an unlock prompt that nobody answers), so they run on one thread of their own with a
//! timeout. One thread, not one a call: on Linux the crate holds a lock while it prompts, so further threads would only
//! pile up behind it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands in the way of a device secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretsError {
    /// The keyring answers and does not hold it.
    Missing,
    /// The keyring is locked.
    Locked,
    /// The keyring did not answer in time.
    Silent,
    /// There is no keyring service.
    NoService,
}

/// The bytes of a device secret, wiped when dropped.
pub type DeviceSecret = Zeroizing<Vec<u8>>;

/// Where device secrets are kept.
pub trait DeviceSecrets: Send + Sync {
    /// The secret stored under `name`.
    fn get(&self, name: &str) -> Result<DeviceSecret, SecretsError>;
    /// Stores a secret under `name`, replacing another.
    fn set(&self, name: &str, secret: &DeviceSecret) -> Result<(), SecretsError>;
    /// Removes the secret of that name; one that is not there counts as removed.
    fn delete(&self, name: &str) -> Result<(), SecretsError>;

    /// The same secrets for as long as a vault is open; `None` where they end with the call that was given them.
    fn lasting(&self) -> Option<Arc<dyn DeviceSecrets>> {
        None
    }
}

/// The keyring of the operating system: Secret Service, Keychain or Credential Manager.
#[derive(Debug, Clone, Copy)]
pub struct Keyring {
    timeout: Duration,
}

/// The service name of all entries.
const SERVICE: &str = "anteroom";

impl Keyring {
    /// Waits for at most `timeout` for each answer.
    pub fn with_timeout(timeout: Duration) -> Self {
        Self { timeout }
    }

    fn ask<T: Send + 'static>(
        self,
        call: impl FnOnce() -> Result<T, SecretsError> + Send + 'static,
    ) -> Result<T, SecretsError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let skip = Arc::clone(&given_up);
        let job: Job = Box::new(move || {
            // Nobody waits any more: a write that was reported as failed must not happen later.
            if !skip.load(Ordering::SeqCst) {
                let _ = answer.send(call());
            }
        });
        worker().send(job).map_err(|_| SecretsError::NoService)?;
        answered.recv_timeout(self.timeout).unwrap_or_else(|reason| {
            given_up.store(true, Ordering::SeqCst);
            Err(match reason {
                mpsc::RecvTimeoutError::Timeout => SecretsError::Silent,
                mpsc::RecvTimeoutError::Disconnected => SecretsError::NoService,
            })
        })
    }
}

impl Default for Keyring {
    /// Ten seconds: long enough for a slow service, short enough to say that it is silent.
    fn default() -> Self {
        Self::with_timeout(Duration::from_secs(10))
    }
}

type Job = Box<dyn FnOnce() + Send>;

fn worker() -> &'static mpsc::Sender<Job> {
    static WORKER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    WORKER.get_or_init(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        // Without the thread the queue is dropped, and every call answers NoService.
        let _ = std::thread::Builder::new().name("keyring".into()).spawn(move || {
            for job in queue {
                // A panic inside the keyring crate must not end the thread that all later calls need.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            }
        });
        jobs
    })
}

impl DeviceSecrets for Keyring {
    fn get(&self, name: &str) -> Result<DeviceSecret, SecretsError> {
        let name = name.to_owned();
        self.ask(move || {
            let text = Zeroizing::new(entry(&name)?.get_password().map_err(|error| translate(&error))?);
            // An entry that is not ours is as good as none: nothing of it is overwritten.
            STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| SecretsError::Missing)
        })
    }

    fn set(&self, name: &str, secret: &DeviceSecret) -> Result<(), SecretsError> {
        let name = name.to_owned();
        // Base64, because KWallet takes UTF-8 only.
        let text = Zeroizing::new(STANDARD.encode(secret.as_slice()));
        self.ask(move || entry(&name)?.set_password(&text).map_err(|error| translate(&error)))
    }

    fn delete(&self, name: &str) -> Result<(), SecretsError> {
        let name = name.to_owned();
        self.ask(move || match entry(&name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(translate(&error)),
        })
    }

    fn lasting(&self) -> Option<Arc<dyn DeviceSecrets>> {
        // While the vault is open nobody waits for the keyring; closing must not wait for long.
        Some(Arc::new(Self::with_timeout(LASTING)))
    }
}

/// How long an open vault waits for the keyring.
const LASTING: Duration = Duration::from_millis(700);

fn entry(name: &str) -> Result<keyring::Entry, SecretsError> {
    keyring::Entry::new(SERVICE, name).map_err(|error| translate(&error))
}

/// SECURITY.md, "Keyring: four different answers".
fn translate(error: &keyring::Error) -> SecretsError {
    match error {
        keyring::Error::NoEntry
        | keyring::Error::BadEncoding(_)
        | keyring::Error::BadDataFormat(..)
        | keyring::Error::Ambiguous(_) => SecretsError::Missing,
        keyring::Error::NoStorageAccess(_) => SecretsError::Locked,
        _ => SecretsError::NoService,
    }
}

/// A call of the worker thread that is no keyring's, for the test of its timeout.
#[cfg(test)]
pub(crate) fn ask_for_test(
    timeout: Duration,
    call: impl FnOnce() + Send + 'static,
) -> Result<(), SecretsError> {
    Keyring::with_timeout(timeout).ask(move || {
        call();
        Ok(())
    })
}

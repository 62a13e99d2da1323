//! The window's side: which vaults there are, which one is open, unlocking and locking. What is done in an open vault
//! is [`Session`]'s.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use inbox_domain::Clock;
use inbox_vault::{CreateOptions, KeyState, Vault, VaultError};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    background,
    connection::Credential,
    dto::{
        AppError, AppEvent, CreateVaultRequest, CreatedVault, PolicyView, Preferences, SessionState,
        SignInRequest, SignOutView, UnlockOutcome, VaultEntry, VaultKeyState,
    },
    error::{AppResult, invalid},
    hours::{is_country, week_in},
    locking::{Activity, Parked},
    notify::Notifier,
    policy::{PolicySource, check_passphrase},
    preferences::PreferencesFile,
    session::{OnEvent, Session, Surroundings, lock},
    upkeep,
};

/// What the window is started with.
pub struct AppOptions {
    /// The folder that holds the vaults of this workstation.
    pub vaults_dir: PathBuf,
    /// Name of the vault proposed first.
    pub vault: Option<String>,
    /// The preferences file.
    pub preferences: PathBuf,
    /// The clinic's policy.
    pub policy: PolicySource,
    /// The sample clinic.
    pub demo: bool,
    /// The workstation's clock.
    pub clock: Arc<dyn Clock>,
    /// Shows desktop notifications.
    pub notifier: Arc<dyn Notifier>,
    /// Where events go.
    pub events: OnEvent,
    /// Another time than the clinic's after which an untouched vault is locked: for tests.
    pub idle: Option<Duration>,
    /// Opens an https address (or one on this machine) in the system's browser, for the sign-in.
    pub open_browser: Arc<dyn Fn(&str) + Send + Sync>,
}

/// The use cases of the window; cheap to clone.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    vaults_dir: PathBuf,
    vault: Option<String>,
    pub(crate) around: Surroundings,
    open_browser: Arc<dyn Fn(&str) + Send + Sync>,
    pub(crate) session: Mutex<Option<Arc<Session>>>,
    /// What is kept, in memory alone, of vaults that were open and are locked.
    pub(crate) parked: Mutex<HashMap<PathBuf, Parked>>,
    pub(crate) activity: Activity,
    pub(crate) idle: Option<Duration>,
}

impl App {
    /// An app without an open vault.
    pub fn new(options: AppOptions) -> Self {
        let around = Surroundings {
            clock: options.clock,
            events: options.events,
            notifier: options.notifier,
            preferences: PreferencesFile::new(options.preferences),
            policy: options.policy,
            demo: options.demo,
        };
        Self(Arc::new(Inner {
            vaults_dir: options.vaults_dir,
            vault: options.vault,
            around,
            open_browser: options.open_browser,
            session: Mutex::new(None),
            parked: Mutex::default(),
            activity: Activity::default(),
            idle: options.idle,
        }))
    }

    /// The open vault.
    ///
    /// # Errors
    /// `locked`.
    pub fn session(&self) -> AppResult<Arc<Session>> {
        lock(&self.0.session).clone().ok_or_else(|| AppError::new("locked"))
    }

    /// Whether a vault is open, and which ones there are.
    ///
    /// # Errors
    /// Those of reading the folder of vaults.
    pub fn session_state(&self) -> AppResult<SessionState> {
        if let Ok(session) = self.session() {
            return Ok(SessionState::Unlocked {
                vault: session.name().to_owned(),
                practitioner: session.practitioner_name(),
                demo: self.0.around.demo,
                place: session.place(),
            });
        }
        let vaults = self.list_vaults()?;
        if vaults.is_empty() {
            return Ok(SessionState::FirstRun);
        }
        Ok(SessionState::Locked { vaults, left: self.left() })
    }

    /// Opens a vault of this workstation and starts to sync.
    ///
    /// # Errors
    /// What is neither a wrong passphrase nor a key that cannot be had: those are outcomes.
    pub async fn unlock(&self, dir: &str, passphrase: SecretString) -> AppResult<UnlockOutcome> {
        let dir = self.known_dir(dir)?;
        let opened = blocking(move || Vault::open(&dir, &passphrase)).await?;
        self.take(opened)
    }

    /// Opens the proposed vault, or the only one, with the passphrase in a file: for the demo and for tests.
    ///
    /// # Errors
    /// `no_vault`, `unreadable_file`, and those of [`App::unlock`].
    pub async fn unlock_from_file(&self, file: &Path) -> AppResult<UnlockOutcome> {
        let entry = self.list_vaults()?.into_iter().next().ok_or_else(|| AppError::new("no_vault"))?;
        let text = std::fs::read_to_string(file).map_err(|_| AppError::new("unreadable_file"))?;
        self.unlock(&entry.dir, text.trim_end_matches(['\r', '\n']).into()).await
    }

    /// Opens a vault with its recovery code and gives it a new passphrase.
    ///
    /// # Errors
    /// `wrong_recovery_code`, `mistyped_recovery_code`, `weak_passphrase`, and those of [`App::unlock`].
    pub async fn recover(
        &self,
        dir: &str,
        recovery_code: SecretString,
        new_passphrase: SecretString,
    ) -> AppResult<UnlockOutcome> {
        let dir = self.known_dir(dir)?;
        check_passphrase(&self.0.around.policy, &new_passphrase)?;
        let opened = blocking(move || Vault::recover(&dir, &recovery_code, &new_passphrase)).await?;
        self.take(opened)
    }

    /// First run: makes a vault and opens it. Nothing is asked of a network here, so that the recovery code is on the
    /// screen before anything else can fail or be waited for; connecting is [`App::sign_in`].
    ///
    /// # Errors
    /// `invalid_argument` for a name without letters or a country, `unknown_zone`, `vault_exists`, `weak_passphrase`, the
    /// keyring's.
    pub async fn create_vault(&self, request: CreateVaultRequest) -> AppResult<CreatedVault> {
        let dir = self.0.vaults_dir.join(folder_name(&request.name)?);
        // Before anything is made: a vault whose code nobody saw must not be left behind by a mistyped zone.
        if request.zone.as_deref().is_some_and(|zone| week_in(zone).is_none()) {
            return Err(AppError::new("unknown_zone"));
        }
        if request.country.as_deref().is_some_and(|country| !is_country(country)) {
            return Err(invalid("country"));
        }
        let passphrase = SecretString::from(request.passphrase);
        check_passphrase(&self.0.around.policy, &passphrase)?;
        let options = CreateOptions {
            dir,
            name: request.name.trim().to_owned(),
            passphrase,
            keyring: !request.no_keyring,
        };
        let created = blocking(move || Vault::create(&options)).await??;
        let session = Session::new(created.vault, self.0.around.clone());
        let zone = request.zone.as_deref().map_or(Ok(()), |zone| session.save_zone(zone));
        let country = request.country.as_deref().map_or(Ok(()), |country| session.save_country(country));
        if let Err(error) = zone.and(country) {
            // The code is worth more than the hours, which can be set again.
            tracing::warn!(code = error.code.as_str());
        }
        self.start(session);
        Ok(CreatedVault { recovery_code: created.recovery_code.expose_secret().to_owned() })
    }

    /// Signs the open vault in to its portal, with the system's browser or a token, and starts to sync.
    ///
    /// # Errors
    /// `locked`, `portal_needed`, and those of [`Session::login`].
    pub async fn sign_in(&self, request: SignInRequest) -> AppResult<()> {
        let session = self.session()?;
        let kept = session.connection()?;
        let given = |text: &str, kept: String| match text.trim() {
            "" => kept,
            text => text.to_owned(),
        };
        let portal = given(&request.portal_url, kept.portal_url);
        let practitioner = given(&request.practitioner, kept.practitioner);
        let portal = match (portal.is_empty(), self.0.around.policy.current().policy.portal_url.clone()) {
            (true, None) => return Err(AppError::new("portal_needed")),
            (true, Some(clinic)) => clinic,
            (false, _) => portal,
        };
        let browser = Arc::clone(&self.0.open_browser);
        let credential = match request.token {
            Some(token) => Credential::Token(token.into()),
            None => {
                let open = Box::new(move |address: &str| browser(address));
                Credential::Browser { open, port: request.redirect_port }
            }
        };
        session.login(&portal, Some(&practitioner), credential).await?;
        (self.0.around.events)(AppEvent::StatusChanged);
        Ok(())
    }

    /// Signs the open vault out of its portal; messages and queued replies stay.
    ///
    /// # Errors
    /// `locked` and those of [`Session::sign_out`].
    pub async fn sign_out(&self) -> AppResult<SignOutView> {
        let record = self.session()?.sign_out().await?;
        (self.0.around.events)(AppEvent::StatusChanged);
        Ok(SignOutView { revoked: record.revoked })
    }

    pub(crate) fn open_in_browser(&self, address: &str) {
        (self.0.open_browser)(address);
    }

    /// Whether somebody looks at the window.
    pub fn set_focused(&self, focused: bool) {
        if let Ok(session) = self.session() {
            session.set_focused(focused);
        }
    }

    /// The clinic's policy as it holds now.
    pub fn load_policy(&self) -> PolicyView {
        let mut view = PolicyView::of(&self.0.around.policy);
        if let Ok(session) = self.session() {
            // As this vault took them when it was opened: it knows which versions it has used.
            view.packs = session.packs().views().to_vec();
        }
        view
    }

    pub(crate) fn policy(&self) -> PolicySource {
        self.0.around.policy.clone()
    }

    /// Look and language.
    pub fn load_preferences(&self) -> Preferences {
        self.0.around.preferences.load()
    }

    /// Saves look and language.
    ///
    /// # Errors
    /// See [`PreferencesFile::save`].
    pub fn save_preferences(&self, preferences: &Preferences) -> AppResult<()> {
        self.0.around.preferences.save(preferences)
    }

    /// The vaults, the proposed one first.
    fn list_vaults(&self) -> AppResult<Vec<VaultEntry>> {
        let pins = self.policy().current().policy.pin_allowed;
        let mut vaults: Vec<_> = Vault::list(&self.0.vaults_dir)?
            .into_iter()
            .filter_map(|listing| {
                let key = key_view(listing.key)?;
                let pin = pins && Vault::takes_pin(&listing.dir);
                Some(VaultEntry {
                    dir: listing.dir.to_string_lossy().into_owned(),
                    name: listing.name,
                    key,
                    pin,
                })
            })
            .collect();
        vaults.sort_by_key(|entry| Some(&entry.name) != self.0.vault.as_ref());
        Ok(vaults)
    }

    /// The window may name only folders directly in the folder of vaults.
    pub(crate) fn known_dir(&self, dir: &str) -> AppResult<PathBuf> {
        let dir = PathBuf::from(dir);
        if dir.parent() == Some(self.0.vaults_dir.as_path()) {
            Ok(dir)
        } else {
            Err(AppError::new("no_vault"))
        }
    }

    pub(crate) fn take(&self, opened: Result<Vault, VaultError>) -> AppResult<UnlockOutcome> {
        match opened {
            Ok(vault) => {
                self.start(Session::new(vault, self.0.around.clone()));
                Ok(UnlockOutcome::Unlocked)
            }
            Err(VaultError::WrongPassphrase { tries_left, wait_seconds }) => {
                Ok(UnlockOutcome::WrongPassphrase { tries_left, wait_seconds })
            }
            Err(VaultError::TooManyTries { wait_seconds }) => {
                Ok(UnlockOutcome::WrongPassphrase { tries_left: 0, wait_seconds })
            }
            Err(VaultError::WrongPin { tries_left }) => Ok(UnlockOutcome::WrongPin { tries_left }),
            Err(VaultError::PinSpent) => Ok(UnlockOutcome::WrongPin { tries_left: 0 }),
            Err(VaultError::Key(state)) => match key_view(state) {
                Some(key) => Ok(UnlockOutcome::Key { key }),
                None => Err(AppError::new("no_vault")),
            },
            Err(VaultError::HeaderDamaged) => Ok(UnlockOutcome::Key { key: VaultKeyState::HeaderDamaged }),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn open_session(&self, vault: Vault) {
        self.start(Session::new(vault, self.0.around.clone()));
    }

    pub(crate) fn around(&self) -> &Surroundings {
        &self.0.around
    }

    pub(crate) fn vaults_dir(&self) -> &Path {
        &self.0.vaults_dir
    }

    fn start(&self, session: Arc<Session>) {
        self.come_back(&session);
        background::start(&session);
        upkeep::start(&session);
        if let Some(before) = lock(&self.0.session).replace(session) {
            before.close();
        }
        self.note_activity();
        tracing::info!(event = "unlocked");
    }
}

pub(crate) fn key_view(state: KeyState) -> Option<VaultKeyState> {
    Some(match state {
        KeyState::Absent => return None,
        KeyState::Ready => VaultKeyState::Ready,
        KeyState::PassphraseOnly => VaultKeyState::PassphraseOnly,
        KeyState::KeyMissing => VaultKeyState::KeyMissing,
        KeyState::KeyringLocked => VaultKeyState::KeyringLocked,
        KeyState::KeyringSilent => VaultKeyState::KeyringSilent,
        KeyState::NoKeyring => VaultKeyState::NoKeyring,
        KeyState::HeaderDamaged => VaultKeyState::HeaderDamaged,
    })
}

/// Lower-case letters and digits of the name, joined by hyphens: a folder name on every system.
fn folder_name(name: &str) -> AppResult<String> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let joined: String = words.join("-").chars().take(60).collect();
    if joined.is_empty() { Err(invalid("name")) } else { Ok(joined) }
}

/// Argon2 and the keyring take a quarter of a second or a prompt: not on a thread that others wait for. And on one that ends with
/// the work: what computing with keys leaves on its stack is given back to the system, while a thread of a pool keeps it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> AppResult<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    // Nobody listens any more where the window was closed meanwhile.
    let run = move || drop(tell.send(work()));
    std::thread::Builder::new().name("keys".to_owned()).spawn(run).map_err(|_| AppError::new("internal"))?;
    told.await.map_err(|_| AppError::new("internal"))
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn a_folder_is_named_after_the_vault_and_stays_inside() {
        assert_eq!(folder_name("Dr. A. Weiß").unwrap(), "dr-a-weiß");
        assert_eq!(folder_name("../../etc").unwrap(), "etc");
        assert_eq!(folder_name("..").unwrap_err().code, "invalid_argument");
    }
}

//! Going on after a damaged database, and restoring a backup, from the window: with what cannot be had again saved first.

use std::path::PathBuf;

use inbox_vault::{Rescued, RestoreOptions, Saved, Vault};
use secrecy::SecretString;

use crate::{
    app::{App, blocking},
    dto::{AppError, RescueView, RestoreRequest, RestoredView},
    error::{AppResult, invalid},
    policy::check_passphrase,
};

impl App {
    /// Goes on with a new database in the place of one that is damaged or gone, and opens the vault: what is only here is saved,
    /// the damaged files are put aside, the messages come again from the portal.
    ///
    /// # Errors
    /// `wrong_passphrase`, `too_many_tries`, the keyring's, `disk_full`, `file_error`; then the damaged files stand where they
    /// stood.
    pub async fn resync_vault(&self, dir: &str, passphrase: SecretString) -> AppResult<RescueView> {
        let dir = self.known_dir(dir)?;
        let rescued = blocking(move || Vault::resync(&dir, &passphrase)).await??;
        Ok(self.go_on_with(rescued))
    }

    /// The same for the vault that is open.
    ///
    /// # Errors
    /// `locked`, and as [`App::resync_vault`]; then the vault is locked.
    pub async fn repair_open_vault(&self) -> AppResult<RescueView> {
        let session = self.session()?;
        let (key, dir) = (session.vault.hold_key()?, session.vault.dir().to_owned());
        self.lock();
        let rescued = blocking(move || Vault::resync_held(&dir, &key)).await??;
        Ok(self.go_on_with(rescued))
    }

    fn go_on_with(&self, rescued: Rescued) -> RescueView {
        let view = rescue_view(&rescued.saved, rescued.aside.unwrap_or_default());
        self.open_session(rescued.vault);
        view
    }

    /// Restores a backup: as another vault, or in the place of a damaged one. The vault is then to be unlocked.
    ///
    /// # Errors
    /// `invalid_argument` for a path that is not absolute, `weak_passphrase`, `backup_damaged`, `wrong_recovery_code` and the
    /// others of a restore; then nothing was made or moved.
    pub async fn restore_backup(&self, request: RestoreRequest) -> AppResult<RestoredView> {
        let from = PathBuf::from(request.file.trim());
        if !from.is_absolute() {
            return Err(invalid("file"));
        }
        let passphrase = SecretString::from(request.passphrase);
        check_passphrase(&self.around().policy, &passphrase)?;
        let in_place = request.in_place_of.is_some();
        let dir = match request.in_place_of {
            Some(dir) => self.known_dir(&dir)?,
            None => self.new_dir()?,
        };
        let options = RestoreOptions {
            from,
            dir,
            recovery_code: request.recovery_code.into(),
            passphrase: Some(passphrase),
            keyring: !request.no_keyring,
        };
        let (restored, saved, dir) = blocking(move || {
            let made = if in_place {
                Vault::restore_in_place(&options).map(|(restored, saved)| (restored, Some(saved)))
            } else {
                Vault::restore(&options).map(|restored| (restored, None))
            };
            made.map(|(restored, saved)| (restored, saved, options.dir))
        })
        .await??;
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(RestoredView {
            dir: dir.to_string_lossy().into_owned(),
            made_at: restored.made_at,
            messages: count(restored.rows.messages),
            to_look_up: count(restored.to_look_up),
            saved: saved.map(|saved| rescue_view(&saved, dir)),
        })
    }

    /// A folder for another vault; its name on the unlock page is the backup's.
    fn new_dir(&self) -> AppResult<PathBuf> {
        let mut free = (1..1000).map(|n| self.vaults_dir().join(format!("restored-{n}")));
        free.find(|dir| !dir.exists()).ok_or_else(|| AppError::new("file_error"))
    }
}

fn rescue_view(saved: &Saved, aside: PathBuf) -> RescueView {
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    // What the portal gives again is not missed.
    let again = ["patient", "tombstone", "upkeep"];
    RescueView {
        outbox: count(saved.outbox),
        drafts: count(saved.drafts),
        cases: count(saved.cases),
        incomplete: saved.incomplete.iter().any(|table| !again.contains(&table.as_str())),
        aside: aside.to_string_lossy().into_owned(),
    }
}

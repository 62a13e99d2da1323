//! What most tests and the demo begin with: a session with a real keyring, the sample clinic, and a vault that has been
//! created, connected and filled through the command line.

use std::path::{Path, PathBuf};

use demo_portal::Options;

use crate::{Cli, Portal, Result, Session, Window};

/// Name of the vault, and of its folder.
pub const VAULT: &str = "dr-adler";

/// Its passphrase: sample data, printed by the demo.
pub const PASSPHRASE: &str = "sample clinic passphrase";

/// Session, portal and vault.
pub struct Scene {
    /// The desktop session.
    pub session: Session,
    /// The sample clinic.
    pub portal: Portal,
    passphrase: PathBuf,
    recovery_code: String,
}

impl Scene {
    /// A keyring, a portal and a connected, empty vault.
    ///
    /// # Errors
    /// When a part does not start.
    pub fn connected(options: Options) -> Result<Self> {
        let session = Session::with_keyring()?;
        let passphrase = session.home().file("passphrase", PASSPHRASE)?;
        let portal = Portal::start(options)?;
        let mut scene = Self { session, portal, passphrase, recovery_code: String::new() };
        let created = scene.cli().run(&["vault", "create"])?.done()?;
        scene.recovery_code = created.last()["recovery_code"].as_str().unwrap_or_default().to_owned();
        scene.login(&scene.cli())?;
        Ok(scene)
    }

    /// The same with all messages in the vault.
    ///
    /// # Errors
    /// When a part does not start or the first sync fails.
    pub fn filled(options: Options) -> Result<Self> {
        let scene = Self::connected(options)?;
        scene.cli().run(&["sync"])?.done()?;
        Ok(scene)
    }

    /// The same with a display and recorded notifications: what a window needs.
    ///
    /// # Errors
    /// When a part does not start.
    pub fn for_window(options: Options) -> Result<Self> {
        let mut scene = Self::filled(options)?;
        scene.session.record_notifications()?;
        scene.session.open_display()?;
        Ok(scene)
    }

    /// The command line on this vault.
    pub fn cli(&self) -> Cli<'_> {
        Cli::new(&self.session, &self.vault_dir(), &self.passphrase)
    }

    /// The vault's folder.
    pub fn vault_dir(&self) -> PathBuf {
        self.session.home().vaults().join(VAULT)
    }

    /// The file with the passphrase.
    pub fn passphrase_file(&self) -> &Path {
        &self.passphrase
    }

    /// The recovery code that was printed once.
    pub fn recovery_code(&self) -> &str {
        &self.recovery_code
    }

    /// Arguments of the window on this vault, locked.
    pub fn arguments(&self) -> Vec<String> {
        let vaults = self.session.home().vaults().to_string_lossy().into_owned();
        ["--vaults", &vaults, "--vault", VAULT].map(str::to_owned).to_vec()
    }

    /// The same, opening the vault by itself.
    pub fn arguments_open(&self) -> Vec<String> {
        let mut arguments = self.arguments();
        arguments.extend(["--passphrase-file".to_owned(), self.passphrase.to_string_lossy().into_owned()]);
        arguments
    }

    /// The window on the unlock page.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn window_locked(&self) -> Result<Window> {
        Window::open(&self.session, &self.arguments()).await
    }

    /// The window with the inbox shown.
    ///
    /// # Errors
    /// When it does not open or shows no inbox.
    pub async fn window(&self) -> Result<Window> {
        let window = Window::open(&self.session, &self.arguments_open()).await?;
        window.wait_for("inbox").await?;
        window.wait_for("thread-row").await?;
        Ok(window)
    }

    /// Signs in anew with the clinician's own fixed token, which is then what the program uses.
    ///
    /// # Errors
    /// When the portal does not take it.
    pub fn login_with_token(&self) -> Result<()> {
        let token = self.session.home().file("token", self.portal.token())?;
        let (token, practitioner) = (token.to_string_lossy(), self.portal.practitioner());
        let arguments = ["login", "--portal", self.portal.base(), "--practitioner", &practitioner];
        self.cli().run(&[arguments.as_slice(), &["--token-file", &token]].concat())?.done()?;
        Ok(())
    }

    /// Connects a vault to the portal.
    ///
    /// # Errors
    /// When the portal does not take the sign-in.
    pub fn login(&self, cli: &Cli<'_>) -> Result<()> {
        let secret = self.session.home().file("backend-secret", self.portal.backend_secret())?;
        let secret = secret.to_string_lossy();
        let practitioner = self.portal.practitioner();
        let mut arguments = vec!["login", "--portal", self.portal.base(), "--practitioner", &practitioner];
        arguments.extend(["--client-id", demo_portal::BACKEND_CLIENT, "--client-secret-file", &secret]);
        cli.run(&arguments)?.done()?;
        Ok(())
    }
}

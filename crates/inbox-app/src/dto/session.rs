//! Vaults, unlocking, first run, preferences.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{LockedView, Place};

/// State of one vault folder as the unlock page shows it (SECURITY.md, "Keyring").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum VaultKeyState {
    /// The device secret is there: the passphrase opens it.
    Ready,
    /// Header says that no keyring is used: the passphrase alone opens it.
    PassphraseOnly,
    /// A header without its keyring entry: recovery code or another keyring.
    KeyMissing,
    /// The keyring is locked.
    KeyringLocked,
    /// The keyring did not answer in time (an unlock prompt may be open).
    KeyringSilent,
    /// No keyring service.
    NoKeyring,
    /// The header cannot be read.
    HeaderDamaged,
}

/// A vault to choose on the unlock page.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct VaultEntry {
    /// Folder, the argument of unlock.
    pub dir: String,
    /// Name shown.
    pub name: String,
    /// State of its key.
    pub key: VaultKeyState,
    /// A PIN opens it now.
    #[serde(default)]
    #[specta(optional)]
    pub pin: bool,
}

/// How the open vault can be opened.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct KeysView {
    /// A PIN opens it.
    pub pin: bool,
    /// The clinic's policy allows a PIN.
    pub pin_allowed: bool,
    /// The newest recovery code was typed from paper.
    pub code_confirmed: bool,
}

/// Whether the window has an open vault.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// No vault on this workstation yet.
    FirstRun,
    /// One or more vaults, none open.
    Locked {
        /// The vaults.
        vaults: Vec<VaultEntry>,
        /// How those were left that were open since the program started.
        left: Vec<LockedView>,
    },
    /// A vault is open.
    Unlocked {
        /// Name of the vault.
        vault: String,
        /// The clinician, with title.
        practitioner: String,
        /// The sample clinic of `cargo xtask demo`.
        demo: bool,
        /// Where the clinician was when it was locked.
        place: Option<Place>,
    },
}

/// Answer to unlock.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum UnlockOutcome {
    /// Open.
    Unlocked,
    /// Not opened; which part was wrong is not said.
    WrongPassphrase {
        /// Tries left before the delay.
        tries_left: u32,
        /// Seconds until the next try is taken.
        wait_seconds: u32,
    },
    /// The PIN did not open it.
    WrongPin {
        /// Tries left; with none only the passphrase opens it.
        tries_left: u32,
    },
    /// The key cannot be had; nothing was touched.
    Key {
        /// Why.
        key: VaultKeyState,
    },
}

/// Look and language of the window; kept outside the vault, so that the lock screen has them.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Preferences {
    /// `en` or `de`.
    pub language: String,
    /// `system`, `light`, `dark`, `high-contrast`.
    pub theme: String,
    /// What the window shows is hidden while another window has the focus.
    #[serde(default)]
    #[specta(optional)]
    pub hide_unfocused: bool,
}

/// What the first run asks to create.
#[derive(Clone, Deserialize, Type)]
pub struct CreateVaultRequest {
    /// Name of the vault, shown on the unlock page; its folder is named after it.
    pub name: String,
    /// The passphrase, at least 8 characters, 16 without a keyring.
    pub passphrase: String,
    /// The passphrase alone opens the vault: for workstations without a keyring.
    #[serde(default)]
    #[specta(optional)]
    pub no_keyring: bool,
    /// IANA zone of the clinic; the workstation's when it is not given.
    #[serde(default)]
    #[specta(optional)]
    pub zone: Option<String>,
    /// Country of the clinic, ISO 3166-1, two letters; that of the zone when it is not given.
    #[serde(default)]
    #[specta(optional)]
    pub country: Option<String>,
}

/// A vault just created; it is open, and not connected to a portal.
#[derive(Clone, Serialize, Type)]
pub struct CreatedVault {
    /// Opens the vault without passphrase or keyring; shown once, stored nowhere.
    pub recovery_code: String,
}

/// With what an open vault signs in to its portal.
#[derive(Clone, Deserialize, Type)]
pub struct SignInRequest {
    /// Base address of the portal's FHIR interface; empty takes the one that the vault keeps.
    pub portal_url: String,
    /// `Practitioner/ID` of the clinician; empty takes the one that the vault keeps, or that the sign-in names.
    pub practitioner: String,
    /// A bearer token where the clinic hands one out; without it the system's browser opens.
    #[serde(default)]
    #[specta(optional)]
    pub token: Option<String>,
    /// Port of the loopback redirect, for portals that match the address exactly; without it the one that the vault keeps,
    /// else a free one.
    #[serde(default)]
    #[specta(optional)]
    pub redirect_port: Option<u16>,
}

/// To which portal the open vault belongs; empty before the first sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ConnectionView {
    /// Base address of the portal's FHIR interface.
    pub portal_url: String,
    /// `Practitioner/ID` of the clinician.
    pub practitioner: String,
    /// Port of the loopback redirect, where one was fixed.
    pub redirect_port: Option<u16>,
    /// A sign-in is kept.
    pub signed_in: bool,
}

/// What a sign-out did; the sign-in is forgotten in any case.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SignOutView {
    /// The portal was told, and the login is over there too.
    pub revoked: bool,
}

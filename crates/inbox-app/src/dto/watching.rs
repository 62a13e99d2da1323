//! What watches over a locked vault, as the lock screen shows it.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Whether somebody looks for new messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WatchState {
    /// The portal is asked, and answers.
    On,
    /// Not now, by the clinic's hours; it goes on by itself.
    Paused,
    /// The portal cannot be asked; it is tried again.
    Failing,
    /// Nobody looks before the vault is open again.
    Off,
}

/// The watch over a locked vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct WatchView {
    /// The vault's folder.
    pub dir: String,
    /// Whether somebody looks.
    pub state: WatchState,
    /// Why not: `off_duty`, `by_policy`, `not_connected`, `signed_out`, `portal_unsupported`, `sign_in_needed`, or the portal's
    /// code; empty while it is on.
    pub reason: String,
    /// When the portal answered last, by this workstation's clock.
    pub last_check: Option<String>,
    /// Messages that cannot wait, seen since the vault was locked.
    pub seen: u32,
    /// Open crisis cases whose time passed since then.
    pub clocks: u32,
    /// No service takes desktop notifications: what is seen is said on the lock screen alone.
    pub unheard: bool,
}

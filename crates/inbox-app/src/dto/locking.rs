//! Locking, the place to come back to, and what watches meanwhile.

use inbox_domain::{MessageFunction, View};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Why a vault was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// The clinician asked for it.
    Asked,
    /// Nobody touched keyboard or pointer for the time that the clinic sets.
    Idle,
    /// The desktop session was locked, or its screensaver began.
    Session,
    /// The workstation goes to sleep.
    Suspend,
    /// Another person's session came to the front.
    UserSwitch,
}

/// Where the clinician was, without a word of hers or of a patient's: what was searched for is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Place {
    /// The view.
    pub view: View,
    /// The function by which it was narrowed.
    pub suggested: Option<MessageFunction>,
    /// The open thread, by its id in this vault.
    pub thread: Option<String>,
    /// How far the list was scrolled, in CSS pixels.
    pub list_scroll: u32,
    /// How far the thread was scrolled, in CSS pixels.
    pub thread_scroll: u32,
    /// The reply was being written.
    pub writing: bool,
}

/// How a vault was left, for the lock screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LockedView {
    /// The vault's folder.
    pub dir: String,
    /// Why.
    pub reason: LockReason,
    /// When.
    pub at: String,
    /// Replies not yet delivered. They leave when the vault is open again.
    pub undelivered: u32,
    /// Of these: answers in a crisis.
    pub undelivered_crisis: u32,
    /// The window did not say in time that what was being written is saved.
    pub draft_unsure: bool,
}

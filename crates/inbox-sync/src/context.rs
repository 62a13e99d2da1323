//! What a sync runs with. Every wait and every clock comes in from outside, so that tests need no real seconds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use inbox_domain::{AvailabilityHours, Clock};
use inbox_portal::Portal;
use inbox_triage::Engine;
use inbox_vault::Vault;

/// Which sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is new, with the overlap of I3.
    Incremental,
    /// The same, and a reconcile of all ids.
    Full,
    /// What is new; then a reconcile when the last one is more than six hours ago by the server's clock. For syncs that
    /// repeat themselves: nobody there asks for a full one.
    Auto,
}

/// How far a first fill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Messages received.
    pub done: u64,
    /// About how many there are, if the server says.
    pub total: Option<u64>,
}

/// Stops a sync between two pages; what is stored stays.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks the sync to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Waits.
pub trait Sleeper: Send + Sync {
    /// Waits for `time`.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Waits on tokio's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioSleeper;

impl Sleeper for TokioSleeper {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// What a sync runs with.
pub struct SyncContext<'a> {
    /// The clinician's vault, open.
    pub vault: &'a Arc<Vault>,
    /// Her portal, signed in.
    pub portal: &'a Portal,
    /// Triage.
    pub engine: &'a Engine,
    /// Her hours.
    pub hours: &'a AvailabilityHours,
    /// This workstation's clock: for waits and for what the vault notes, never for the cursor (I2).
    pub clock: &'a dyn Clock,
    /// Waits.
    pub sleeper: &'a dyn Sleeper,
    /// Told after each page of a first fill.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Stops between pages.
    pub cancel: &'a CancelFlag,
}

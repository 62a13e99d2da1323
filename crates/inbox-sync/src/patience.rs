//! The waits of one sync: shared, so that a page fetched ahead waits from the same account.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use inbox_portal::PortalError;

use crate::context::SyncContext;
use crate::error::SyncError;

/// All waits of one sync together (CLI.md, `sync`).
const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// The time that this sync may still spend on waits.
#[derive(Debug)]
pub(crate) struct Waits(Mutex<Duration>);

impl Default for Waits {
    fn default() -> Self {
        Self(Mutex::new(WAIT_LIMIT))
    }
}

impl Waits {
    /// Waits; `false` when this sync has no such wait left.
    pub(crate) async fn wait(&self, ctx: &SyncContext<'_>, time: Duration) -> bool {
        if ctx.cancel.is_cancelled() || !self.take(time) {
            return false;
        }
        ctx.sleeper.sleep(time).await;
        true
    }

    fn take(&self, time: Duration) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.checked_sub(time).map(|rest| *left = rest).is_some()
    }
}

/// Repeats a read while the server asks to wait and the waits of this sync allow it.
pub(crate) async fn patiently<T>(
    ctx: &SyncContext<'_>,
    waits: &Waits,
    mut request: impl AsyncFnMut() -> Result<T, PortalError>,
) -> Result<T, SyncError> {
    let mut tries = 0;
    loop {
        match request().await {
            Err(error @ (PortalError::RateLimited { .. } | PortalError::Unavailable { .. })) => {
                let asked = error.retry_after().unwrap_or(Duration::from_secs(1 << tries.min(4)));
                tries += 1;
                if !waits.wait(ctx, asked.max(Duration::from_millis(200))).await {
                    return Err(error.into());
                }
                ctx.portal.has_waited();
            }
            other => return Ok(other?),
        }
    }
}

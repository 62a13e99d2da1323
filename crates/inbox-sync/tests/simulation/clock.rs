//! Two clocks on one stopped time: the server's, and the workstation's, which may jump. Time passes only in waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use inbox_domain::Clock;
use inbox_sync::Sleeper;
use tokio::time::Instant;

/// The server's clock at the beginning.
pub(crate) fn beginning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap()
}

/// Both clocks.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    started: Instant,
    /// The workstation's clock minus the server's, in milliseconds.
    off: Arc<AtomicI64>,
    /// Waits left before the power goes off in one; 0 for never.
    crash_in: Arc<AtomicU32>,
    crash: Arc<tokio::sync::Notify>,
}

impl Clocks {
    pub(crate) fn new(crash: Arc<tokio::sync::Notify>) -> Self {
        Self { started: Instant::now(), off: Arc::default(), crash_in: Arc::default(), crash }
    }

    pub(crate) fn server(&self) -> DateTime<Utc> {
        beginning() + TimeDelta::from_std(self.started.elapsed()).unwrap()
    }

    pub(crate) fn jump(&self, seconds: i32) {
        self.off.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
    }

    /// The workstation's clock is right again.
    pub(crate) fn correct(&self) {
        self.off.store(0, Ordering::SeqCst);
    }

    pub(crate) fn crash_in_wait(&self, number: u32) {
        self.crash_in.store(number, Ordering::SeqCst);
    }
}

impl Clock for Clocks {
    fn now(&self) -> DateTime<Utc> {
        self.server() + TimeDelta::milliseconds(self.off.load(Ordering::SeqCst))
    }
}

impl Sleeper for Clocks {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let left = self.crash_in.load(Ordering::SeqCst);
        self.crash_in.store(left.saturating_sub(1), Ordering::SeqCst);
        Box::pin(async move {
            if left == 1 {
                tokio::time::sleep(time / 2).await;
                self.crash.notify_one();
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(time).await;
        })
    }
}

//! Keeps a socket open beside the poll, where the portal has one. What it says is a hint that wakes a sync and nothing more;
//! after each opening one sync catches up, since nothing is replayed. It ends with the vault, at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use inbox_domain::PortalId;
use inbox_portal::{Feed, FeedEvent, FeedRequest, Me, PortalError};
use inbox_sync::settings::{ME, PRACTITIONER};
use tokio::sync::watch;

use crate::{
    dto::{AppError, AppEvent},
    error::AppResult,
    pacing::Reopening,
    session::{Session, lock},
};

/// The Subscription that stays on the portal when the socket ends, to be used again.
pub(crate) const SUBSCRIPTION: &str = "portal.subscription";

/// A portal that had no subscriptions is asked again.
const ABSENT: Duration = Duration::from_secs(6 * 3600);

/// Before a sign-in there is nothing to open.
const UNCONNECTED: Duration = Duration::from_secs(30);

/// How long a refresh of the sign-in may still take when the vault is closed.
const REFRESH: Duration = Duration::from_secs(30);

/// A socket that was open for so long was a good one.
const GOOD: Duration = Duration::from_secs(60);

/// Whether sockets may be open, and for which sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The vault is closed.
    closed: bool,
    /// Counts sign-ins: the socket of an earlier one ends.
    sign_in: u32,
}

/// Opens sockets one after the other, until the vault is closed.
pub(crate) async fn listen(session: Arc<Session>) {
    let mut line = session.line.subscribe();
    let mut reopening = Reopening::new(rand::random());
    while !line.borrow_and_update().closed {
        let opened = tokio::select! {
            _ = line.changed() => continue,
            opened = session.open_feed() => opened,
        };
        let pause = match opened {
            Ok(Some(feed)) => {
                let began = Instant::now();
                session.follow(feed, &mut line).await;
                if began.elapsed() >= GOOD {
                    reopening.was_good();
                }
                reopening.pause(session.hold())
            }
            Ok(None) => ABSENT,
            Err(NoFeed::Unconnected) => UNCONNECTED,
            Err(NoFeed::Failed(code)) => {
                tracing::info!(event = "no_socket", code = code.as_str());
                reopening.pause(session.hold())
            }
        };
        // A change ends the pause; `while` looks what it is.
        let _ = tokio::time::timeout(pause, line.changed()).await;
    }
}

/// Why no socket could be opened.
enum NoFeed {
    Unconnected,
    Failed(String),
}

impl From<AppError> for NoFeed {
    fn from(error: AppError) -> Self {
        Self::Failed(error.code)
    }
}

impl From<PortalError> for NoFeed {
    fn from(error: PortalError) -> Self {
        Self::Failed(error.code().to_owned())
    }
}

impl Session {
    async fn open_feed(&self) -> Result<Option<Feed>, NoFeed> {
        if !self.is_connected() || self.status.get().signed_out {
            return Err(NoFeed::Unconnected);
        }
        let portal = self.open_portal()?;
        let request = FeedRequest {
            recipients: self.own_references()?,
            kept: self.setting(SUBSCRIPTION)?.map(PortalId),
            ..FeedRequest::default()
        };
        let feed = portal.subscribe(&request).await?;
        if let Some(kept) = feed.as_ref().and_then(Feed::kept)
            && request.kept.as_ref() != Some(kept)
        {
            self.vault.set_setting(SUBSCRIPTION, &kept.0, self.now()).map_err(AppError::from)?;
        }
        Ok(feed)
    }

    /// Under which references messages are addressed to her.
    fn own_references(&self) -> AppResult<Vec<String>> {
        let me: Option<Me> = self.setting(ME)?.and_then(|text| serde_json::from_str(&text).ok());
        let own = self.setting(PRACTITIONER)?.unwrap_or_default();
        Ok(me.filter(|me| me.practitioner == own).unwrap_or_else(|| Me::new(&own)).references())
    }

    fn setting(&self, key: &str) -> AppResult<Option<String>> {
        Ok(self.vault.setting(key)?)
    }

    /// Passes hints on until the socket ends, or has to.
    async fn follow(&self, mut feed: Feed, line: &mut watch::Receiver<Line>) {
        self.set_live(true);
        // What came before the socket was bound is announced by nobody.
        self.sync_within(Duration::ZERO);
        let ended = loop {
            let event = tokio::select! {
                _ = line.changed() => break None,
                event = feed.next() => event,
            };
            match event {
                Ok(FeedEvent::Hint) => self.hint(),
                Ok(FeedEvent::Ending) => break None,
                Err(error) => break Some(error),
            }
        };
        match ended {
            None => feed.close().await,
            Some(error) => tracing::info!(event = "socket_ended", code = error.code()),
        }
        self.set_live(false);
        if self.vault.is_closed() {
            return;
        }
        // Back to fast, and not all workstations of a clinic in one moment.
        self.sync_within(Duration::from_secs(3).mul_f64(rand::random()));
    }

    /// A socket says that something may be new.
    fn hint(&self) {
        self.hinted.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    fn set_live(&self, live: bool) {
        self.status.change(|facts| facts.live = live);
        self.emit(AppEvent::StatusChanged);
    }

    /// Waits until the vault is closed and no refresh of the sign-in is on its way: a refresh that is given up ends the login.
    pub(crate) async fn closed(&self) {
        let mut line = self.line.subscribe();
        let portal = lock(&self.portal).clone();
        // The sender lives as long as the session.
        let _ = line.wait_for(|line| line.closed).await;
        // One that was opened meanwhile; closing forgets it.
        let opened = lock(&self.portal).clone();
        if let Some(portal) = opened.or(portal) {
            let _ = tokio::time::timeout(REFRESH, portal.refresh_ended()).await;
        }
    }

    /// Ends the socket: for ever when the vault is closed, else to open one for another sign-in.
    pub(crate) fn hang_up(&self, closed: bool) {
        self.line.send_modify(|line| {
            line.closed |= closed;
            line.sign_in = line.sign_in.wrapping_add(1);
        });
    }
}

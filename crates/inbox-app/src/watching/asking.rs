//! The watch's thread: when the portal is asked, and what is done with what it says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use inbox_domain::{CaseId, PortalId};
use inbox_portal::{Feed, FeedEvent, FeedRequest, Portal, PortalError};
use inbox_sync::{Watch, own_references};

use super::{Prepared, Shared};
use crate::{
    connection::PORTAL,
    dto::WatchState,
    listening::SUBSCRIPTION,
    pacing::{Cause, Look, Outcome, Pacing, Reopening},
    policy::WatchWhileLocked,
    session::Session,
};

/// Refusals in a row after which the portal is not asked again before somebody signs in.
const REFUSALS: u32 = 3;

/// How often it is looked whether the rule lets it ask again.
const PAUSED: Duration = Duration::from_secs(20);

/// A portal that had no subscriptions is asked again.
const ABSENT: Duration = Duration::from_secs(6 * 3600);

/// What asks.
pub(super) struct Asking {
    watch: Watch,
    portal: Arc<Portal>,
    feed: FeedRequest,
}

impl Asking {
    /// Takes it from a session, or says why nobody can be asked.
    pub(super) fn prepare(session: &Session, policy: WatchWhileLocked) -> Result<Self, &'static str> {
        if policy == WatchWhileLocked::Off {
            return Err("by_policy");
        }
        if !session.is_connected() {
            let was = session.vault.setting(PORTAL).ok().flatten().is_some_and(|address| !address.is_empty());
            return Err(if was { "signed_out" } else { "not_connected" });
        }
        if session.status.get().signed_out {
            return Err("sign_in_needed");
        }
        let portal = session.open_portal().map_err(|_| "not_connected")?;
        let watch = Watch::prepare(
            &session.vault,
            &portal,
            (*session.engine()).clone(),
            &session.hours(),
            session.now(),
        );
        let Some(watch) = watch.map_err(|_| "not_connected")? else { return Err("portal_unsupported") };
        let feed = FeedRequest {
            recipients: own_references(&session.vault).unwrap_or_default(),
            kept: session.vault.setting(SUBSCRIPTION).ok().flatten().map(PortalId),
            ..FeedRequest::default()
        };
        Ok(Self { watch, portal, feed })
    }
}

/// Asks again and again until it is stopped.
pub(super) async fn run(mut prepared: Prepared, shared: Arc<Shared>) {
    let mut clocks = std::mem::take(&mut prepared.clocks);
    let mut stop = shared.stop.subscribe();
    let asking = std::mem::replace(&mut prepared.asking, Err("ended")).ok();
    let portal = asking.as_ref().map(|asking| Arc::clone(&asking.portal));
    let watching = async {
        let live = AtomicBool::new(false);
        let awake = AtomicBool::new(false);
        match asking {
            Some(Asking { watch, portal, feed }) => {
                let listening = listen(&portal, feed, &shared, &live, &awake);
                let asking = ask(watch, &portal, &prepared, &shared, &live, &awake);
                tokio::join!(listening, asking, ring_clocks(&mut clocks, &shared));
            }
            None => ring_clocks(&mut clocks, &shared).await,
        }
    };
    let stopped = async {
        // The sender lives as long as what is shared.
        let _ = stop.wait_for(|stop| *stop).await;
        if let Some(portal) = portal {
            portal.refresh_ended().await;
        }
    };
    tokio::select! {
        () = watching => {}
        () = stopped => {}
    }
}

async fn ask(
    mut watch: Watch,
    portal: &Portal,
    prepared: &Prepared,
    shared: &Arc<Shared>,
    live: &AtomicBool,
    awake: &AtomicBool,
) {
    let mut pacing = Pacing::new(rand::random());
    let mut cause = Cause::Asked;
    let mut refusals = 0;
    loop {
        let now = shared.now();
        let on = prepared.is_on(now);
        awake.store(on, Ordering::Relaxed);
        if !on {
            shared.set(WatchState::Paused, "off_duty");
            tokio::time::sleep(PAUSED).await;
            continue;
        }
        let asked = watch.poll(portal, now).await;
        let (complete, brought) = (asked.is_ok(), asked.as_ref().is_ok_and(|found| !found.is_empty()));
        match asked {
            Ok(found) => {
                refusals = 0;
                let count = found.len();
                shared.note_check(found.into_iter().map(|one| (one.message, one.tier)).collect());
                if count > 0 {
                    shared.ring_messages(count);
                }
            }
            Err(error) => {
                refusals = if matches!(error, PortalError::Unauthorized) { refusals + 1 } else { 0 };
                if refusals >= REFUSALS {
                    awake.store(false, Ordering::Relaxed);
                    shared.set(WatchState::Off, "sign_in_needed");
                    return;
                }
                shared.set(WatchState::Failing, error.code());
            }
        }
        let is_live = live.load(Ordering::Relaxed);
        pacing.note(Outcome { cause, complete, brought, news: brought, hinted: false, live: is_live });
        let look = Look { present: true, live: is_live, hold: portal.hold(), scheduled: None };
        cause = wait(pacing.pause(look), pacing.hint_gap().max(portal.hold()), shared).await;
    }
}

/// Waits for the next poll; a hint is followed after `gap`.
async fn wait(pause: Duration, gap: Duration, shared: &Shared) -> Cause {
    let hinted = async {
        tokio::time::sleep(gap).await;
        // One that came while nobody waited is kept.
        shared.hinted.notified().await;
    };
    match tokio::time::timeout(pause, hinted).await {
        Ok(()) => Cause::Hint,
        Err(_) => Cause::Timer,
    }
}

/// Keeps a socket open while the rule lets the portal be asked, where it has one.
async fn listen(
    portal: &Portal,
    mut request: FeedRequest,
    shared: &Shared,
    live: &AtomicBool,
    awake: &AtomicBool,
) {
    let mut reopening = Reopening::new(rand::random());
    loop {
        let pause = if !awake.load(Ordering::Relaxed) {
            Duration::from_secs(1)
        } else {
            match portal.subscribe(&request).await {
                Ok(Some(feed)) => {
                    request.kept = feed.kept().cloned();
                    live.store(true, Ordering::Relaxed);
                    // What came before it was bound is announced by nobody.
                    shared.hinted.notify_one();
                    follow(feed, shared, awake).await;
                    live.store(false, Ordering::Relaxed);
                    shared.hinted.notify_one();
                    reopening.pause(portal.hold())
                }
                Ok(None) => ABSENT,
                Err(_) => reopening.pause(portal.hold()),
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn follow(mut feed: Feed, shared: &Shared, awake: &AtomicBool) {
    while awake.load(Ordering::Relaxed) {
        match tokio::time::timeout(Duration::from_secs(5), feed.next()).await {
            Ok(Ok(FeedEvent::Hint)) => shared.hinted.notify_one(),
            // A pause only to look whether it may stay open.
            Err(_) => {}
            Ok(Ok(FeedEvent::Ending) | Err(_)) => break,
        }
    }
    feed.close().await;
}

/// Rings when the time of a case passes. No portal is needed for that.
async fn ring_clocks(clocks: &mut Vec<(CaseId, DateTime<Utc>)>, shared: &Arc<Shared>) {
    const LOOK: Duration = Duration::from_secs(1);
    clocks.sort_by_key(|(_, deadline)| std::cmp::Reverse(*deadline));
    while let Some((case, deadline)) = clocks.last().copied() {
        // The workstation may sleep meanwhile, and its clock be set.
        if shared.now() >= deadline {
            clocks.pop();
            shared.ring_clock(case);
        } else {
            tokio::time::sleep(LOOK).await;
        }
    }
}

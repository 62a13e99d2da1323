//! Locking: the vault is closed, its key wiped, and what is kept to come back to is a place and numbers, in memory alone.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use inbox_domain::format_instant;
use inbox_vault::WatchRecord;

use crate::{
    app::App,
    dto::{AppError, AppEvent, LockReason, LockedView, Place, WatchView},
    lending::SessionTokens,
    session::{Session, lock},
    watching::Watching,
};

/// What the window says when it is left.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    /// Where the clinician was.
    pub place: Option<Place>,
    /// What was being written could not be saved, or the window did not say so in time.
    pub draft_unsure: bool,
}

/// What is kept of a locked vault.
pub(crate) struct Parked {
    left: LockedView,
    place: Option<Place>,
    tokens: Arc<SessionTokens>,
    watch: Watching,
}

/// When somebody last touched keyboard or pointer. By two clocks: the one that may stand still while the workstation sleeps,
/// and the one that may be set.
pub(crate) struct Activity(Mutex<(Instant, DateTime<Utc>)>);

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new((Instant::now(), Utc::now())))
    }
}

impl Activity {
    fn note(&self) {
        *lock(&self.0) = (Instant::now(), Utc::now());
    }

    fn idle(&self) -> Duration {
        let (instant, wall) = *lock(&self.0);
        let by_wall = (Utc::now() - wall).to_std().unwrap_or_default();
        instant.elapsed().max(by_wall)
    }
}

impl App {
    /// Locks because the clinician asked for it.
    pub fn lock(&self) {
        self.lock_for(LockReason::Asked, Leaving::default());
    }

    /// Closes the vault: what runs in the background ends, the database is closed, its key wiped, notifications taken back.
    /// The window saves its draft before. Nothing happens where no vault is open.
    pub fn lock_for(&self, reason: LockReason, leaving: Leaving) {
        let Some(session) = lock(&self.0.session).take() else { return };
        let began = Instant::now();
        session.stop();
        let left = LockedView {
            dir: session.vault.dir().to_string_lossy().into_owned(),
            reason,
            at: format_instant(session.now()),
            undelivered: session.undelivered(),
            undelivered_crisis: session.crisis_pending().unwrap_or_default(),
            draft_unsure: leaving.draft_unsure,
        };
        let watch = Watching::prepare(&session);
        // The vault says that its refresh token is lent before anybody else can spend it.
        if session.tokens.lend(watch.asks()).is_err() {
            tracing::warn!(code = "tokens_not_held");
        }
        session.close();
        self.0.around.notifier.withdraw();
        let (place, tokens) = (leaving.place, Arc::clone(&session.tokens));
        let parked = Parked { left, place, tokens, watch: watch.start() };
        lock(&self.0.parked).insert(session.vault.dir().to_owned(), parked);
        (self.0.around.events)(AppEvent::Locked);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(event = "locked", ms);
    }

    /// The program ends: the vault is closed and nothing goes on.
    pub fn quit(&self) {
        let open = lock(&self.0.session).take();
        if let Some(session) = open {
            session.close();
        }
        let parked = std::mem::take(&mut *lock(&self.0.parked));
        parked.into_values().for_each(|parked| drop(parked.watch.end()));
        self.0.around.notifier.withdraw();
    }

    /// Somebody touched keyboard or pointer.
    pub fn note_activity(&self) {
        self.0.activity.note();
    }

    /// Whether a vault is open that nobody has touched for too long.
    pub fn is_idle(&self) -> bool {
        self.session().is_ok() && self.0.activity.idle() >= self.idle_limit()
    }

    /// After how long without a touch the vault is locked.
    pub fn idle_limit(&self) -> Duration {
        self.0.idle.unwrap_or_else(|| self.0.around.policy.current().policy.idle_lock)
    }

    /// How the watches over locked vaults stand. A vault that is not among them was not open since the program started, and
    /// nobody watches over it.
    pub fn load_watches(&self) -> Vec<WatchView> {
        lock(&self.0.parked).iter().map(|(dir, parked)| parked.watch.view(dir)).collect()
    }

    /// How the vaults were left.
    pub(crate) fn left(&self) -> Vec<LockedView> {
        lock(&self.0.parked).values().map(|parked| parked.left.clone()).collect()
    }

    /// A vault is open again: takes back what was parked.
    pub(crate) fn come_back(&self, session: &Session) {
        let parked = lock(&self.0.parked).remove(session.vault.dir());
        // A notice of another session opens nothing here. What is said of a vault that stays locked goes on being said.
        if !lock(&self.0.parked).values().any(|other| other.watch.has_rung()) {
            self.0.around.notifier.withdraw();
        }
        if let Some(parked) = parked {
            let record = parked.watch.end();
            if let Some(auth) = parked.tokens.take_back() {
                session.keep_sign_in(&auth);
                // It was in memory all the time: whatever the database is, this one is not spent.
                let settled = session.vault.settle_sign_in(inbox_sync::settings::AUTH, None, session.now());
                if settled.is_err() {
                    tracing::warn!(code = "tokens_not_held");
                }
            }
            session.record_watch(&record);
            session.set_place(parked.place);
        }
        session.ask_for_a_lost_sign_in();
    }
}

impl Session {
    /// Where the clinician was when the vault was locked.
    pub(crate) fn place(&self) -> Option<Place> {
        lock(&self.place).clone()
    }

    /// What was seen while the vault was closed stands in its audit.
    fn record_watch(&self, record: &WatchRecord) {
        if record.checks == 0 && record.clocks.is_empty() {
            return;
        }
        if self.vault.record_watch(record, self.now()).is_err() {
            tracing::warn!(code = "watch_not_recorded");
        }
    }

    /// A refresh token that was lent and did not come back is never tried again: somebody has to sign in.
    fn ask_for_a_lost_sign_in(&self) {
        if self.has_lent_sign_in() {
            self.status.change(|facts| {
                facts.signed_out = true;
                facts.problem = Some(AppError::new("sign_in_lost"));
            });
        }
    }

    fn set_place(&self, place: Option<Place>) {
        *lock(&self.place) = place;
    }
}

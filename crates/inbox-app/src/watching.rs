//! The watch over a locked vault: a thread of its own that asks the portal, judges in memory, and says "a message that cannot wait
//! has arrived" without name or text. It keeps message ids with tiers, and case ids with times. It writes nothing; what it saw is
//! recorded when the vault is open again.

mod asking;

use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use chrono::{DateTime, Utc};
use inbox_domain::{AfterHoursReason, CaseId, Clock, PortalId, Tier, format_instant};
use inbox_vault::WatchRecord;
use tokio::sync::{Notify, watch::Sender};

use crate::{
    dto::{AppEvent, WatchState, WatchView},
    hours::InForce,
    notify::{self, Notice, NoticeAnswer},
    policy::WatchWhileLocked,
    session::{Session, Surroundings, lock},
};

use asking::Asking;

/// How long the end of a watch is waited for; a refresh of the sign-in that takes longer loses the login.
const END: Duration = Duration::from_secs(3);

/// What a watch has found so far.
#[derive(Debug, Clone)]
struct Facts {
    state: WatchState,
    reason: String,
    last_check: Option<DateTime<Utc>>,
    checks: u32,
    seen: Vec<(PortalId, Tier)>,
    rung: Vec<CaseId>,
    unheard: bool,
}

/// What the watch's thread, the lock screen and the notifier share.
struct Shared {
    facts: Mutex<Facts>,
    stop: Sender<bool>,
    hinted: Notify,
    around: Surroundings,
}

/// A watch over one locked vault.
pub(crate) struct Watching {
    shared: Arc<Shared>,
    ended: Option<mpsc::Receiver<()>>,
}

impl Watching {
    /// Prepares a watch while the vault is still open; it begins with [`Watching::start`]. `lend` is asked to give the sign-in away
    /// once it is known that the portal will be asked.
    pub(crate) fn prepare(session: &Session) -> Prepared {
        let policy = session.around.policy.current().policy.watch_while_locked;
        let asking = Asking::prepare(session, policy);
        let clocks = if policy == WatchWhileLocked::Off {
            Vec::new()
        } else {
            let now = session.now();
            let ahead = session.vault.deadlines().unwrap_or_default();
            ahead.into_iter().filter(|(_, deadline)| *deadline > now).collect()
        };
        Prepared { asking, clocks, policy, hours: session.in_force(), around: session.around.clone() }
    }

    /// How it stands, for the lock screen.
    pub(crate) fn view(&self, dir: &Path) -> WatchView {
        let facts = lock(&self.shared.facts).clone();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        WatchView {
            dir: dir.to_string_lossy().into_owned(),
            state: facts.state,
            reason: facts.reason,
            last_check: facts.last_check.map(format_instant),
            seen: count(facts.seen.len()),
            clocks: count(facts.rung.len()),
            unheard: facts.unheard,
        }
    }

    /// Whether something was said that nobody has answered by unlocking.
    pub(crate) fn has_rung(&self) -> bool {
        let facts = lock(&self.shared.facts);
        !facts.seen.is_empty() || !facts.rung.is_empty()
    }

    /// Ends it and answers what it saw. A refresh of the sign-in that is on its way is waited for.
    pub(crate) fn end(self) -> WatchRecord {
        self.shared.stop.send_replace(true);
        if let Some(ended) = &self.ended
            && ended.recv_timeout(END).is_err()
        {
            tracing::warn!(code = "watch_not_ended");
        }
        let facts = lock(&self.shared.facts).clone();
        WatchRecord {
            checks: facts.checks,
            last_check: facts.last_check,
            seen: facts.seen,
            clocks: facts.rung,
        }
    }
}

/// A watch that has not begun.
pub(crate) struct Prepared {
    asking: Result<Asking, &'static str>,
    clocks: Vec<(CaseId, DateTime<Utc>)>,
    policy: WatchWhileLocked,
    hours: InForce,
    around: Surroundings,
}

impl Prepared {
    /// Whether the portal will be asked, so that the sign-in has to be lent.
    pub(crate) fn asks(&self) -> bool {
        self.asking.is_ok()
    }

    /// Begins. What it holds from here on is in this process alone.
    pub(crate) fn start(self) -> Watching {
        let reason = self.asking.as_ref().err().copied().unwrap_or_default();
        let state = if self.asking.is_ok() { WatchState::On } else { WatchState::Off };
        let facts = Facts {
            state,
            reason: reason.to_owned(),
            last_check: None,
            checks: 0,
            seen: Vec::new(),
            rung: Vec::new(),
            unheard: false,
        };
        let shared = Arc::new(Shared {
            facts: Mutex::new(facts),
            stop: Sender::new(false),
            hinted: Notify::new(),
            around: self.around.clone(),
        });
        if self.asking.is_err() && self.clocks.is_empty() {
            return Watching { shared, ended: None };
        }
        let (told, ended) = mpsc::channel();
        let for_thread = Arc::clone(&shared);
        let run = move || {
            match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(asking::run(self, for_thread)),
                Err(_) => tracing::error!(code = "no_runtime"),
            }
            // Nobody listens where the program ends.
            let _ = told.send(());
        };
        if std::thread::Builder::new().name("watch".to_owned()).spawn(run).is_err() {
            shared.set(WatchState::Off, "internal");
        }
        Watching { shared, ended: Some(ended) }
    }

    /// Whether the rule lets it ask at this instant. Hours that cannot be read let it: silence would claim too much.
    fn is_on(&self, now: DateTime<Utc>) -> bool {
        match self.policy {
            WatchWhileLocked::On => true,
            WatchWhileLocked::Off => false,
            WatchWhileLocked::OnDuty if !self.hours.readable => true,
            WatchWhileLocked::OnDuty => {
                let duty = self.hours.hours.duty(now);
                duty.on_duty || duty.reason == AfterHoursReason::OnCall
            }
        }
    }
}

impl Shared {
    fn now(&self) -> DateTime<Utc> {
        let clock: &dyn Clock = &*self.around.clock;
        clock.now()
    }

    fn set(&self, state: WatchState, reason: &str) {
        let mut facts = lock(&self.facts);
        let changed = facts.state != state || facts.reason != reason;
        (facts.state, facts.reason) = (state, reason.to_owned());
        drop(facts);
        if changed {
            self.say_changed();
        }
    }

    fn say_changed(&self) {
        (self.around.events)(AppEvent::WatchChanged);
    }

    /// The portal answered.
    fn note_check(&self, found: Vec<(PortalId, Tier)>) {
        let count = found.len();
        {
            let mut facts = lock(&self.facts);
            facts.last_check = Some(self.now());
            facts.checks = facts.checks.saturating_add(1);
            (facts.state, facts.reason) = (WatchState::On, String::new());
            facts.seen.extend(found);
        }
        self.say_changed();
        tracing::info!(event = "watched", count);
    }

    fn language(&self) -> String {
        self.around.preferences.load().language
    }

    /// Says a sentence without a name.
    fn ring(self: &Arc<Self>, summary: String) {
        let shared = Arc::clone(self);
        let answer = move |answer| {
            let unheard = answer == NoticeAnswer::NoService;
            let changed = std::mem::replace(&mut lock(&shared.facts).unheard, unheard) != unheard;
            if changed {
                shared.say_changed();
            }
        };
        // There is no thread to open: the vault is closed.
        self.around.notifier.show(Notice { summary, thread: String::new() }, Box::new(answer));
    }

    fn ring_messages(self: &Arc<Self>, count: usize) {
        self.ring(notify::summary(&self.language(), count));
    }

    fn ring_clock(self: &Arc<Self>, case: CaseId) {
        lock(&self.facts).rung.push(case);
        self.ring(notify::clock_summary(&self.language()));
        self.say_changed();
    }
}

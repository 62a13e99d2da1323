//! When the portal is asked next. Polling adapts: fast while somebody is there, slow while nobody is or while a socket says
//! what is new, slower after failures and where the server asks for it. Every pause has jitter, so that a clinic's workstations
//! do not ask together.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

/// Between two polls while somebody is there.
const POLL: Duration = Duration::from_secs(30);

/// Between two polls off duty with the window in the background, and while a socket says what is new.
const POLL_SLOW: Duration = Duration::from_secs(120);

/// After the first failure; doubled after each further one.
const RETRY: Duration = Duration::from_secs(5);

/// The longest pause after failures.
const RETRY_LIMIT: Duration = Duration::from_secs(120);

/// Between a sync and the one that a hint asks for; doubled after each that brought nothing.
const HINT_GAP: Duration = Duration::from_millis(200);

/// Between two attempts to open a socket; doubled after each further one that failed.
const REOPEN: Duration = Duration::from_secs(1);

/// The longest pause between two attempts to open a socket.
const REOPEN_LIMIT: Duration = Duration::from_secs(300);

/// No wait is shorter: a deadline that does not pass must not become a busy loop.
const LEAST: Duration = Duration::from_millis(100);

/// Why a sync ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its time had come.
    Timer,
    /// A socket said that something may be new.
    Hint,
    /// The clinician, a reply, a socket that was just opened.
    Asked,
}

/// How a sync went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) cause: Cause,
    pub(crate) complete: bool,
    /// Threads changed.
    pub(crate) brought: bool,
    /// Messages came that this program has not sent.
    pub(crate) news: bool,
    /// A hint came meanwhile.
    pub(crate) hinted: bool,
    /// A socket is open.
    pub(crate) live: bool,
}

/// What the next pause depends on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// On duty, or the window has the focus.
    pub(crate) present: bool,
    /// A socket is open.
    pub(crate) live: bool,
    /// The portal asks to put off what can wait.
    pub(crate) hold: Duration,
    /// Until the first scheduled reply may leave.
    pub(crate) scheduled: Option<Duration>,
}

/// The pace of one session.
#[derive(Debug)]
pub(crate) struct Pacing {
    random: StdRng,
    failures: u32,
    /// Syncs in a row that a hint asked for and that brought nothing.
    fruitless: u32,
    /// A poll found what the open socket had not announced: it is not relied on.
    mute: bool,
    was_live: bool,
}

impl Pacing {
    pub(crate) fn new(seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { random, failures: 0, fruitless: 0, mute: false, was_live: false }
    }

    /// Takes in how a sync went.
    pub(crate) fn note(&mut self, outcome: Outcome) {
        self.failures = if outcome.complete { 0 } else { self.failures.saturating_add(1) };
        match outcome.cause {
            Cause::Hint if outcome.brought => (self.fruitless, self.mute) = (0, false),
            Cause::Hint if outcome.complete => self.fruitless = self.fruitless.saturating_add(1),
            Cause::Timer if outcome.news && !outcome.hinted && self.was_live => self.mute = true,
            _ => {}
        }
        self.mute &= outcome.live;
        self.was_live = outcome.live;
    }

    /// After a fault of ours.
    pub(crate) fn note_fault(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// Until the next poll.
    pub(crate) fn pause(&mut self, look: Look) -> Duration {
        let hold = if look.hold.is_zero() { Duration::ZERO } else { self.later(look.hold) };
        if self.failures > 0 {
            let pause = doubled(RETRY, self.failures - 1, RETRY_LIMIT);
            return self.around(pause).max(hold);
        }
        let slow = !look.present || (look.live && !self.mute);
        let usual = self.around(if slow { POLL_SLOW } else { POLL }).max(hold);
        look.scheduled.map_or(usual, |next| next.min(usual)).max(LEAST)
    }

    /// Between the end of a sync and the start of one that a hint asks for. Where hints bring nothing (a server that announces
    /// everybody's messages) they cause no more traffic than polling.
    pub(crate) fn hint_gap(&self) -> Duration {
        doubled(HINT_GAP, self.fruitless, POLL)
    }

    /// Between 85 and 115 % of a pause.
    fn around(&mut self, pause: Duration) -> Duration {
        pause.mul_f64(self.random.random_range(0.85..1.15))
    }

    /// A time that a server named, and up to a tenth and a second more.
    fn later(&mut self, time: Duration) -> Duration {
        (time + Duration::from_secs(1).mul_f64(self.random.random()))
            .mul_f64(self.random.random_range(1.0..1.1))
    }
}

/// The pace of opening sockets.
#[derive(Debug)]
pub(crate) struct Reopening {
    random: StdRng,
    failures: u32,
}

impl Reopening {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), failures: 0 }
    }

    /// A socket was open for a while, so that a new one may come soon.
    pub(crate) fn was_good(&mut self) {
        self.failures = 0;
    }

    /// Until the next attempt: from half of the pause to all of it, and not before a time that the server named.
    pub(crate) fn pause(&mut self, named: Duration) -> Duration {
        let pause = doubled(REOPEN, self.failures, REOPEN_LIMIT);
        self.failures = self.failures.saturating_add(1);
        let jittered = pause.mul_f64(self.random.random_range(0.5..1.0));
        if named.is_zero() {
            jittered
        } else {
            jittered.max(named.mul_f64(self.random.random_range(1.0..1.1)))
        }
    }
}

fn doubled(first: Duration, times: u32, limit: Duration) -> Duration {
    first.saturating_mul(2u32.saturating_pow(times.min(20))).min(limit)
}

#[cfg(test)]
mod tests;

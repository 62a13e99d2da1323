//! The first fill as the window shows it: how far, how long still, stopped and gone on with.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use inbox_sync::{CancelFlag, Progress};

use crate::{
    dto::{AppEvent, FirstFill},
    error::AppResult,
    session::{Session, lock},
};

/// Over this time the rate forgets: long enough for one slow page, short enough for a network that has changed.
const MEMORY: Duration = Duration::from_secs(15);
/// Nothing is promised before this much was seen.
const LEAST: Duration = Duration::from_secs(3);

/// How fast messages come, smoothed exponentially.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rate {
    since: Option<(Instant, Instant, u64)>,
    a_second: Option<f64>,
}

impl Rate {
    /// Notes that `done` were there at `now`.
    fn note(&mut self, done: u64, now: Instant) {
        let Some((first, before, had)) = self.since else {
            self.since = Some((now, now, done));
            return;
        };
        let passed = now.saturating_duration_since(before).as_secs_f64();
        if passed <= 0.0 || done < had {
            return;
        }
        let seen = (done - had) as f64 / passed;
        let weight = 1.0 - (-passed / MEMORY.as_secs_f64()).exp();
        let smoothed = self.a_second.map_or(seen, |rate| rate + weight * (seen - rate));
        self.a_second = Some(smoothed);
        self.since = Some((first, now, done));
    }

    /// Seconds for `missing` more, once enough was seen to say so.
    fn seconds_for(&self, missing: u64) -> Option<u32> {
        let (first, last, _) = self.since?;
        let rate = self.a_second.filter(|rate| *rate > 0.0)?;
        let enough = last.saturating_duration_since(first) >= LEAST;
        let seconds = (missing as f64 / rate).ceil();
        (enough && seconds <= f64::from(u32::MAX)).then_some(seconds as u32)
    }
}

#[derive(Debug, Default)]
struct Facts {
    cancel: CancelFlag,
    rate: Rate,
    /// The clinician stopped it; only she, or a reply that has to leave, goes on.
    stopped: bool,
}

/// What the window can do about it.
#[derive(Debug, Default)]
pub(crate) struct Filling(Mutex<Facts>);

impl Filling {
    /// A sync begins: what stops it.
    pub(crate) fn begin(&self) -> CancelFlag {
        let mut facts = lock(&self.0);
        (facts.cancel, facts.rate) = (CancelFlag::default(), Rate::default());
        facts.cancel.clone()
    }

    /// Stops the sync that runs, for good or until somebody goes on with it.
    pub(crate) fn cancel(&self) {
        lock(&self.0).cancel.cancel();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        lock(&self.0).stopped
    }

    pub(crate) fn go_on(&self) {
        lock(&self.0).stopped = false;
    }

    /// What the window shows of `progress`.
    pub(crate) fn show(&self, progress: Progress, now: Instant) -> FirstFill {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let about = progress.total.unwrap_or(progress.done).max(progress.done);
        let mut facts = lock(&self.0);
        facts.rate.note(progress.done, now);
        let known = progress.total.is_some();
        let seconds_left = facts.rate.seconds_for(about - progress.done).filter(|_| known);
        FirstFill { done: count(progress.done), total: count(about), seconds_left, stopped: false }
    }
}

impl Session {
    /// Stops the first fill. What is stored stays and can be worked with; it goes on with `sync_now`, with the next reply or
    /// with the next opening, from where it was.
    pub fn stop_first_fill(&self) -> AppResult<()> {
        if self.status.get().first_fill.is_some() {
            let mut facts = lock(&self.filling.0);
            facts.stopped = true;
            facts.cancel.cancel();
            drop(facts);
            self.emit(AppEvent::StatusChanged);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, total: u64) -> Progress {
        Progress { done, total: Some(total) }
    }

    #[test]
    fn the_time_left_follows_the_rate_and_forgets_an_old_one() {
        let (filling, start) = (Filling::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(filling.show(progress(0, 10_000), at(0)).seconds_left, None);
        assert_eq!(filling.show(progress(100, 10_000), at(1)).seconds_left, None, "too early to say");
        let steady = filling.show(progress(500, 10_000), at(5));
        assert_eq!((steady.done, steady.total, steady.seconds_left), (500, 10_000, Some(95)));
        // The network becomes ten times slower: the promise follows within a minute, without a jump.
        let first = filling.show(progress(550, 10_000), at(10)).seconds_left.unwrap();
        assert!((96..945).contains(&first), "{first}");
        let mut last = first;
        for n in 1..=12 {
            last = filling.show(progress(550 + n * 50, 10_000), at(10 + n * 5)).seconds_left.unwrap();
        }
        assert!((750..=885).contains(&last), "{last}");
    }

    #[test]
    fn nothing_is_promised_where_the_portal_does_not_say_how_many_there_are() {
        let (filling, start) = (Filling::default(), Instant::now());
        for n in 0..10 {
            let shown = filling.show(Progress { done: n * 100, total: None }, start + Duration::from_secs(n));
            assert_eq!(
                (u64::from(shown.done), u64::from(shown.total), shown.seconds_left),
                (n * 100, n * 100, None)
            );
        }
    }
}

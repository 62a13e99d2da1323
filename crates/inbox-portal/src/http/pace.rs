//! How fast this server may be asked. What one answer says counts for everything that is asked of the same portal: a sync, an
//! attachment, a subscription.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::Answer;
use crate::error::PortalError;

/// A 429 that names no time.
const UNNAMED: Duration = Duration::from_secs(5);

/// No server silences an inbox for longer, whatever it says: the next request asks again.
const LONGEST: Duration = Duration::from_secs(600);

/// Requests of one sync with nothing new.
const SYNC: u32 = 3;

#[derive(Debug, Default)]
struct State {
    /// Nothing is sent before.
    closed: Option<Instant>,
    /// What can wait does so until then.
    spared: Option<Instant>,
}

/// What the server last said about its limits.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<State>);

impl Pace {
    /// Whether a request may be sent now.
    ///
    /// # Errors
    /// [`PortalError::RateLimited`] with the time that is left, while the server asked to wait.
    pub(crate) fn check(&self) -> Result<(), PortalError> {
        match left(self.state().closed, Instant::now()) {
            Duration::ZERO => Ok(()),
            wait => Err(PortalError::RateLimited { retry_after: Some(wait) }),
        }
    }

    /// How long what can wait should be put off.
    pub(crate) fn hold(&self) -> Duration {
        let (state, now) = (self.state(), Instant::now());
        left(state.closed, now).max(left(state.spared, now))
    }

    /// Somebody has waited as long as the server asked.
    pub(crate) fn has_waited(&self) {
        self.state().closed = None;
    }

    /// Takes in what an answer says.
    pub(crate) fn note(&self, answer: &Answer) {
        let named = answer.retry_after();
        let closing = match answer.status {
            429 => Some(named.unwrap_or(UNNAMED)),
            503 => named,
            _ => None,
        };
        let now = Instant::now();
        let until = |wait: Duration| Some(now + wait.min(LONGEST));
        let mut state = self.state();
        if let Some(wait) = closing {
            state.closed = state.closed.max(until(wait));
            return;
        }
        // The strictest limit counts; a later answer replaces an earlier one.
        let spared = answer.allowances().into_iter().filter(|one| one.is_low()).filter_map(|one| {
            let (left, reset) = (one.left?, one.reset?);
            let share = u32::try_from(left).unwrap_or(u32::MAX) / SYNC;
            Some(if left == 0 { reset } else { reset / share.max(1) })
        });
        state.spared = spared.max().and_then(until);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn left(until: Option<Instant>, now: Instant) -> Duration {
    until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn answer(status: u16, name: &'static str, value: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Answer { status, headers, body: Vec::new() }
    }

    fn seconds(wait: Duration) -> u64 {
        wait.as_millis().div_ceil(1000) as u64
    }

    #[test]
    fn one_refusal_closes_for_everybody_until_its_time() {
        let pace = Pace::default();
        assert!(pace.check().is_ok());
        pace.note(&answer(429, "ratelimit", "\"requests\";r=0;t=59"));
        let error = pace.check().unwrap_err();
        assert_eq!(error.retry_after().map(seconds), Some(59));
        assert_eq!(seconds(pace.hold()), 59);
        pace.note(&answer(429, "retry-after", "7"));
        assert_eq!(seconds(pace.hold()), 59, "a shorter one shortens nothing");
        pace.has_waited();
        assert!(pace.check().is_ok());
        pace.note(&answer(503, "retry-after", "2"));
        assert_eq!(seconds(pace.hold()), 2);
    }

    #[test]
    fn no_server_closes_for_ever() {
        let pace = Pace::default();
        pace.note(&answer(429, "retry-after", "99999999"));
        assert_eq!(pace.hold().max(LONGEST), LONGEST);
        let pace = Pace::default();
        pace.note(&answer(429, "x-nothing", "0"));
        assert_eq!(seconds(pace.hold()), UNNAMED.as_secs());
    }

    #[test]
    fn a_low_allowance_slows_down_and_refuses_nothing() {
        let pace = Pace::default();
        pace.note(&answer(200, "ratelimit", "\"requests\";r=6;t=60"));
        assert!(pace.check().is_ok());
        assert_eq!(seconds(pace.hold()), 30, "two syncs are left in a minute");
        pace.note(&answer(200, "ratelimit", "\"requests\";r=0;t=60"));
        assert_eq!(seconds(pace.hold()), 60);
        pace.note(&answer(200, "ratelimit", "\"requests\";r=5999;t=60"));
        assert_eq!(pace.hold(), Duration::ZERO);
    }
}

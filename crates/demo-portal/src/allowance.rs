//! A rate limit: so many requests in a window of time, said on every answer.

use std::time::{Duration, Instant};

use crate::reply::{Fail, Reply};

/// The limit in force.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    quota: u32,
    window: Duration,
    left: u32,
    until: Instant,
}

/// What one request was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    refused: bool,
    quota: u32,
    left: u32,
    seconds: u64,
}

impl Allowance {
    pub(crate) fn new(quota: u32, window: Duration) -> Self {
        Self { quota, window, left: quota, until: Instant::now() + window }
    }

    /// Takes one request from what is left.
    pub(crate) fn take(&mut self) -> Told {
        let now = Instant::now();
        if now >= self.until {
            (self.left, self.until) = (self.quota, now + self.window);
        }
        let refused = self.left == 0;
        self.left = self.left.saturating_sub(1);
        let seconds = (self.until - now).as_millis().div_ceil(1000) as u64;
        Told { refused, quota: self.quota, left: self.left, seconds }
    }
}

impl Told {
    /// The refusal, where nothing was left.
    pub(crate) fn refusal(self, medplum: bool, html: bool) -> Option<Reply> {
        let reply = self.refused.then(|| Fail::new(429, "throttled", "Too many requests").reply(html))?;
        Some(if medplum { reply } else { reply.with("retry-after", self.seconds.to_string()) })
    }

    /// The answer with what is left: in Medplum's form, or as earlier drafts of the IETF had it.
    pub(crate) fn on(self, reply: Reply, medplum: bool) -> Reply {
        let Self { quota, left, seconds, .. } = self;
        let value = if medplum {
            format!("\"requests\";r={left};t={seconds}")
        } else {
            format!("limit={quota}, remaining={left}, reset={seconds}")
        };
        reply.with("ratelimit", value)
    }
}

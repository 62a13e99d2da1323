//! How the last sync went: the bar at the top of the window, and what the clinician's hours say now.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use inbox_domain::{AfterHoursReason, OutboxState, View, format_instant};

use crate::{
    dto::{AppError, Duty, FirstFill, Overview, Staleness},
    error::AppResult,
    session::{Session, lock},
};

#[derive(Debug, Clone, Default)]
pub(crate) struct SyncFacts {
    pub(crate) syncing: bool,
    pub(crate) last_success: Option<DateTime<Utc>>,
    pub(crate) first_fill: Option<FirstFill>,
    pub(crate) problem: Option<AppError>,
    /// The portal refused the sign-in for good: it is not asked again before somebody signs in or asks for it.
    pub(crate) signed_out: bool,
    /// A socket of the portal is open: news is announced, and polling is slow.
    pub(crate) live: bool,
    /// No service takes desktop notifications: alarms reach only who looks at the window.
    pub(crate) no_notifications: bool,
    /// A whole check found damage that could not even be written down.
    pub(crate) damaged: bool,
}

/// What the background task last learned.
#[derive(Debug, Default)]
pub(crate) struct SyncStatus(Mutex<SyncFacts>);

impl SyncStatus {
    pub(crate) fn get(&self) -> SyncFacts {
        lock(&self.0).clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut SyncFacts)) {
        change(&mut lock(&self.0));
    }
}

impl Session {
    /// Counts, freshness and duty.
    ///
    /// # Errors
    /// Those of reading the vault.
    pub fn load_overview(&self) -> AppResult<Overview> {
        let counts = self.vault.view_counts(self.now())?;
        let unreadable = counts.quarantined;
        let with_unreadable =
            |(view, count)| (view, if view == View::NeedsAttention { count + unreadable } else { count });
        Ok(Overview {
            views: counts.views.into_iter().map(with_unreadable).collect(),
            functions: counts.functions,
            staleness: self.staleness(counts.pending, counts.stuck)?,
            duty: self.duty(),
            open_cases: counts.open_cases,
            next_deadline: counts.next_deadline.map(format_instant),
            upkeep: self.upkeep_problem(),
            search_left: u32::try_from(self.vault.search_left()?).unwrap_or(u32::MAX),
        })
    }

    fn staleness(&self, pending: u32, stuck: u32) -> AppResult<Staleness> {
        let facts = self.status.get();
        let complete_until = self.vault.cursor()?.complete_until;
        let unconnected = (!self.is_connected()).then(|| AppError::new("not_connected"));
        let unreadable = (!self.in_force().readable).then(|| AppError::new("hours_unreadable"));
        let unruly = self.lexicon_in_force().problem;
        let unheard = facts.no_notifications.then(|| AppError::new("no_notification_service"));
        Ok(Staleness {
            complete_until: complete_until.map(format_instant),
            last_success: facts.last_success.or(complete_until).map(format_instant),
            syncing: facts.syncing,
            live: facts.live,
            first_fill: facts.first_fill,
            problem: facts.problem.or(unconnected).or(unreadable).or(unruly).or(unheard),
            pending,
            stuck,
            crisis_pending: if pending == 0 { 0 } else { self.crisis_pending()? },
        })
    }

    /// Answers in a crisis that the portal has not acknowledged: written in one, or in a thread with an open case.
    pub(crate) fn crisis_pending(&self) -> AppResult<u32> {
        let mut count = 0;
        for entry in self.vault.outbox()? {
            let waiting = !matches!(entry.state, OutboxState::Sent | OutboxState::Draft);
            if waiting && (entry.crisis || self.vault.open_case(entry.thread)?.is_some()) {
                count += 1;
            }
        }
        Ok(count)
    }

    pub(crate) fn duty(&self) -> Duty {
        let found = self.in_force();
        let zone = found.hours.zone().to_owned();
        if !found.readable {
            return Duty { on_duty: false, reason: AfterHoursReason::Unknown, until: None, zone };
        }
        let state = found.hours.duty(self.now());
        Duty { on_duty: state.on_duty, reason: state.reason, until: state.until.map(format_instant), zone }
    }
}

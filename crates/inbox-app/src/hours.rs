//! The hours in force: read from the vault, replaced as a whole, never guessed. Hours that cannot be read make duty and
//! after-hours unknown and are said in the window; an office week in some other zone would be believed.

mod calendar;
mod publish;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use inbox_domain::{AvailabilityHours, HoursVerdict, MessageId, SentPrecision, ThreadId};
use inbox_vault::{StoredMessage, Vault};

use crate::{
    dto::AppError,
    error::{AppResult, invalid},
    session::Session,
};

mod editing;
mod gaps;
mod told;

pub(crate) const HOURS: &str = "hours";
pub(crate) const COUNTRY: &str = "clinic.country";

/// Threads whose messages are judged again in one transaction.
const THREADS: u32 = 200;

/// The hours of a vault and whether they may be relied on.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) hours: Arc<AvailabilityHours>,
    /// `false`: what is stored cannot be read, or the workstation's zone is not known; `hours` then only lends a zone.
    pub(crate) readable: bool,
}

impl InForce {
    pub(crate) fn new(hours: AvailabilityHours) -> Self {
        Self { hours: Arc::new(hours), readable: true }
    }

    /// What is kept in a vault; an office week in the workstation's zone where nothing was kept yet.
    pub(crate) fn load(vault: &Vault) -> Self {
        let zone = workstation_zone();
        let week = zone.as_deref().and_then(week_in);
        let unreadable = |week: Option<AvailabilityHours>| Self {
            hours: Arc::new(week.unwrap_or_else(|| AvailabilityHours::default_for("UTC")).as_guess()),
            readable: false,
        };
        match vault.setting(HOURS) {
            Ok(Some(json)) => match AvailabilityHours::from_json(&json) {
                Ok(hours) => Self::new(hours),
                Err(_) => unreadable(week),
            },
            Ok(None) => week.map_or_else(|| unreadable(None), Self::new),
            Err(_) => unreadable(week),
        }
    }

    /// The verdict on a message of that instant.
    pub(crate) fn classify(&self, at: DateTime<Utc>) -> HoursVerdict {
        if self.readable { self.hours.classify(at) } else { HoursVerdict::unknown() }
    }
}

impl Session {
    /// Takes other hours into use and judges the stored messages by them. Nothing is kept of hours that are not valid.
    ///
    /// # Errors
    /// `invalid_hours` with the first problem's place; the vault's.
    pub fn save_hours(&self, json: &str) -> AppResult<()> {
        let hours = AvailabilityHours::from_json(json).map_err(|problems| {
            let place = problems.into_iter().next().map(|problem| problem.path).unwrap_or_default();
            AppError::new("invalid_hours").with("place", place)
        })?;
        self.put_in_force(None, hours).map(|_| ())
    }

    /// An office week in that zone, for a vault whose clinician has not set her hours.
    ///
    /// # Errors
    /// `unknown_zone`; the vault's.
    pub fn save_zone(&self, zone: &str) -> AppResult<()> {
        let week = week_in(zone).ok_or_else(|| AppError::new("unknown_zone"))?;
        self.save_hours(&week.to_json())
    }

    /// Country whose crisis lines patients are given where their own is not known: two letters, ISO 3166-1.
    ///
    /// # Errors
    /// `invalid_argument`; the vault's.
    pub fn save_country(&self, country: &str) -> AppResult<()> {
        if !is_country(country) {
            return Err(invalid("country"));
        }
        Ok(self.vault.set_setting(COUNTRY, country, self.now())?)
    }

    /// Reads the hours again: the command line may have stored others.
    pub(crate) fn reload_hours(&self) {
        self.set_hours(InForce::load(&self.vault));
    }

    /// The availability file of the hours in force.
    ///
    /// # Errors
    /// `hours_unreadable`.
    pub fn hours_json(&self) -> AppResult<String> {
        Ok(self.readable_hours()?.to_json())
    }

    /// The hours in force, for what must not be guessed.
    pub(crate) fn readable_hours(&self) -> AppResult<Arc<AvailabilityHours>> {
        let found = self.in_force();
        if found.readable { Ok(found.hours) } else { Err(AppError::new("hours_unreadable")) }
    }

    /// Judges stored messages by the hours in force, flags as they are: all threads, or those named.
    pub(crate) fn judge_hours_again(&self, threads: Option<&[ThreadId]>) -> AppResult<()> {
        if let Some(threads) = threads {
            return self.judge_threads(threads.iter().copied());
        }
        let mut offset = 0;
        loop {
            let page = self.vault.list_threads(None, None, offset, THREADS, self.now())?;
            self.judge_threads(page.rows.iter().map(|row| row.id))?;
            offset += THREADS;
            if page.rows.is_empty() || offset >= page.total {
                return Ok(());
            }
        }
    }

    fn judge_threads(&self, threads: impl Iterator<Item = ThreadId>) -> AppResult<()> {
        let hours = self.in_force();
        let mut verdicts = Vec::new();
        for thread in threads {
            let messages = self.vault.messages(thread)?.into_iter();
            verdicts.extend(messages.filter_map(|message| verdict(&message, &hours)));
        }
        if !verdicts.is_empty() {
            self.vault.apply_hours(&verdicts, self.now())?;
        }
        Ok(())
    }
}

/// The verdict on a message, where it is another one now.
fn verdict(message: &StoredMessage, hours: &InForce) -> Option<(MessageId, HoursVerdict)> {
    if !message.sender.role.is_patient_side() || message.sent_precision != SentPrecision::Instant {
        return None;
    }
    let verdict = hours.classify(message.sent_at);
    let reason = verdict.after_hours.then_some(verdict.reason);
    let same = reason == message.after_hours && verdict.next_open == message.next_open;
    (!same).then_some((message.id, verdict))
}

/// An office week in that zone; `None` for a zone that is not known.
pub(crate) fn week_in(zone: &str) -> Option<AvailabilityHours> {
    let week = AvailabilityHours::default_for(zone);
    (week.zone() == zone || zone == "UTC").then_some(week)
}

pub(crate) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// The zone of this workstation: `TZ` where it names one, as for every program, else the system's.
pub(crate) fn workstation_zone() -> Option<String> {
    let named = std::env::var("TZ").ok().and_then(|value| zone_of_variable(&value));
    named.or_else(|| iana_time_zone::get_timezone().ok())
}

/// The zone that a value of `TZ` names: plain, with the colon that POSIX allows, or as a path into the zone files. Rules
/// written out (`CET-1CEST`) name none.
fn zone_of_variable(value: &str) -> Option<String> {
    let value = value.trim().trim_start_matches(':');
    let name = value.rsplit_once("/zoneinfo/").map_or(value, |(_, name)| name);
    week_in(name).map(|week| week.zone().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tz_names_a_zone_in_three_ways_and_rules_name_none() {
        let zone = |value| zone_of_variable(value);
        assert_eq!(zone("Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(zone(":America/New_York").as_deref(), Some("America/New_York"));
        assert_eq!(zone("/usr/share/zoneinfo/Europe/Vienna").as_deref(), Some("Europe/Vienna"));
        assert_eq!(zone("UTC").as_deref(), Some("UTC"));
        for none in ["CET-1CEST", "", "Mars/Olympus", "/etc/localtime"] {
            assert_eq!(zone(none), None, "{none}");
        }
    }
}

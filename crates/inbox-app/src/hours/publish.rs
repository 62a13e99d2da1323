//! The hours on the portal: publishing, the choice between two versions, and taking over what the portal has.

use std::time::Duration;

use chrono::NaiveDate;
use inbox_domain::{
    AvailabilityHours, format_instant,
    hours::{HoursException, HoursFile, HoursVersion},
};
use inbox_portal::mapping::{PublishedHours, closed_dates, read_hours, role_hours};
use inbox_sync::{Publication, fetch_portal_hours, keep_publication, may_not_write, publication};
use serde_json::{Map, Value};

use crate::{
    dto::{
        AppError, NotPublished, PortalHours, PortalHoursView, PublicationConflictView, PublicationProblem,
        PublicationState, PublicationView, PublishedBlock, PublishedClosedDays,
    },
    error::AppResult,
    session::Session,
};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Session {
    /// How the hours on the portal stand, as far as it is known here. Asks nobody.
    ///
    /// # Errors
    /// The vault's.
    pub fn hours_publication(&self) -> AppResult<PublicationView> {
        let state = publication(&self.vault)?;
        let hours = self.in_force();
        let ours = role_hours(&hours.hours, self.today(), &state.language);
        let known = hours.readable && state.sent.as_ref() == Some(&ours.fields);
        let word = match &state {
            Publication { conflict: Some(_), .. } => PublicationState::Conflict,
            Publication { wanted: false, .. } => PublicationState::Off,
            Publication { failed: Some(_), .. } => PublicationState::Failed,
            _ if known => PublicationState::Published,
            _ => PublicationState::Waiting,
        };
        let said = ours.not_expressed;
        let not_published = [
            (said.overnight, NotPublished::Overnight),
            (said.on_call, NotPublished::OnCall),
            (said.changed_days, NotPublished::ChangedDays),
            (said.later_version, NotPublished::LaterVersion),
            (true, NotPublished::Zone),
        ];
        let portal = self.is_connected().then(|| self.open_portal().ok()).flatten();
        // A record that was never filled says nothing.
        let known_record = portal.filter(|portal| !portal.capabilities().types.is_empty());
        Ok(PublicationView {
            state: word,
            published_at: state.published_at.map(format_instant),
            version: state.version,
            failed: state
                .failed
                .map(|failed| PublicationProblem { code: failed.code, at: format_instant(failed.at) }),
            conflict: state.conflict.map(|conflict| PublicationConflictView {
                ours: portal_hours(&read_hours(&conflict.ours)),
                theirs: portal_hours(&read_hours(&conflict.theirs)),
                at: format_instant(conflict.at),
            }),
            not_published: not_published
                .into_iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, what)| what)
                .collect(),
            not_allowed: known_record.and_then(|portal| may_not_write(&portal)).map(str::to_owned),
        })
    }

    /// Puts the hours in force on the portal with the next sync, now and whenever they change. With a conflict that is not
    /// decided nothing is written.
    ///
    /// # Errors
    /// `hours_unreadable`, `not_connected`; the vault's.
    pub fn publish_hours(&self) -> AppResult<PublicationView> {
        self.readable_hours()?;
        if !self.is_connected() {
            return Err(AppError::new("not_connected"));
        }
        let mut state = publication(&self.vault)?;
        (state.wanted, state.failed, state.language) = (true, None, self.language());
        self.keep_publication_state(&state)?;
        self.sync_within(Duration::ZERO);
        self.hours_publication()
    }

    /// Publishes no more; what is on the portal stays.
    ///
    /// # Errors
    /// The vault's.
    pub fn stop_publishing(&self) -> AppResult<PublicationView> {
        let mut state = publication(&self.vault)?;
        (state.wanted, state.failed, state.conflict) = (false, None, None);
        self.keep_publication_state(&state)?;
        self.hours_publication()
    }

    /// Decides between two versions. `keep_mine`: ours is written over what was shown, and over nothing newer. Else theirs
    /// is taken: its week holds from today on, its closed days are added to ours, and earlier messages keep their verdicts.
    ///
    /// # Errors
    /// `no_conflict`, `no_portal_week` where theirs has no week; those of [`Session::save_hours`].
    pub fn resolve_hours_conflict(&self, keep_mine: bool) -> AppResult<PublicationView> {
        let mut state = publication(&self.vault)?;
        let Some(conflict) = state.conflict.take() else { return Err(AppError::new("no_conflict")) };
        if !keep_mine {
            let json = self.taken_over(&conflict.theirs)?.ok_or_else(|| AppError::new("no_portal_week"))?;
            self.save_hours(&json)?;
        }
        // She has seen theirs: it may be replaced, as long as it is still that.
        (state.base, state.sent, state.failed) = (Some(conflict.theirs), None, None);
        self.keep_publication_state(&state)?;
        self.sync_within(Duration::ZERO);
        self.hours_publication()
    }

    /// What the portal has now, for the first run and for a look. What was shown may be replaced by publishing.
    ///
    /// # Errors
    /// `not_connected`, `no_role`, `several_roles`, `not_offered`; the portal's and the vault's.
    pub async fn portal_hours(&self) -> AppResult<PortalHoursView> {
        let portal = self.open_portal()?;
        if portal.capabilities().types.is_empty() {
            match inbox_sync::settings::load_capabilities(&self.vault)? {
                Some(kept) => portal.set_capabilities(kept),
                None => drop(portal.discover().await?),
            }
        }
        let fields = fetch_portal_hours(&self.vault, &portal, self.now()).await?.map_err(AppError::new)?;
        Ok(PortalHoursView { portal: portal_hours(&read_hours(&fields)), hours: self.taken_over(&fields)? })
    }

    fn keep_publication_state(&self, state: &Publication) -> AppResult<()> {
        keep_publication(&self.vault, state, self.now())?;
        self.emit(crate::dto::AppEvent::StatusChanged);
        Ok(())
    }

    /// The hours in force with the portal's week from today on and its closed days added; `None` without a week.
    fn taken_over(&self, fields: &Map<String, Value>) -> AppResult<Option<String>> {
        let read = read_hours(fields);
        if read.weekly.is_empty() {
            return Ok(None);
        }
        let hours = self.hours();
        let mut file = hours.file().clone();
        take_week(&mut file, &read, self.today(), &hours);
        for date in read.closed.iter().flat_map(closed_dates) {
            let known = hours.closed_days(date, date).len() == 1
                || file.exceptions.iter().any(|exception| exception.date == date);
            if !known && date >= self.today() {
                file.exceptions.push(HoursException { date, closed: true, open: None, reason: None });
            }
        }
        let taken = AvailabilityHours::from_file(file).map_err(|problems| {
            let place = problems.into_iter().next().map(|problem| problem.path).unwrap_or_default();
            AppError::new("invalid_hours").with("place", place)
        })?;
        Ok(Some(taken.to_json()))
    }
}

/// The week that holds from `today` on becomes the portal's; what held before stays. On call goes on.
fn take_week(file: &mut HoursFile, read: &PublishedHours, today: NaiveDate, hours: &AvailabilityHours) {
    let on_call = hours.version_on(today).map(|version| version.on_call.clone()).unwrap_or_default();
    file.versions.retain(|version| version.from != today);
    file.versions.push(HoursVersion { from: today, weekly: read.weekly.clone(), on_call });
}

fn portal_hours(read: &PublishedHours) -> PortalHours {
    let block = |block: &inbox_domain::hours::WeeklyBlock| PublishedBlock {
        day: DAYS[block.day.num_days_from_monday() as usize].to_owned(),
        start: block.start.to_string(),
        end: block.end.to_string(),
    };
    PortalHours {
        weekly: read.weekly.iter().map(block).collect(),
        closed: read
            .closed
            .iter()
            .map(|closed| PublishedClosedDays {
                from: closed.from.map(|date| date.to_string()),
                to: closed.to.map(|date| date.to_string()),
                description: closed.description.clone(),
            })
            .collect(),
        exceptions: read.exceptions.clone(),
        unreadable: read.unreadable,
    }
}

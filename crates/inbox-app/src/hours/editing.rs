//! The editor of the hours: the document in force, what is wrong with a draft and what it would mean, saving, going back.

use chrono::{DateTime, NaiveTime, Utc};
use inbox_domain::{AvailabilityHours, HoursVerdict, format_instant, hours::HoursProblem};

use super::{HOURS, InForce, gaps::gaps, told::Teller};
use crate::{
    dto::{
        AppError, AppEvent, Duty, HoursCheck, HoursDocument, HoursProblemView, HoursView, SavedHoursOutcome,
        ToldText,
    },
    error::{AppResult, invalid},
    session::Session,
};

/// A block that is longer is asked about: its times may have been swapped.
const LONG_BLOCK_MINUTES: i64 = 14 * 60;
const REPLY_TARGET: &str = "hours.reply_target_days";
/// Working days within which patients are answered, unless she set others.
const REPLY_TARGET_DAYS: u32 = 2;
/// Most that can be set.
const LONGEST_TARGET: u32 = 10;

impl Session {
    /// The hours in force and what they mean now.
    ///
    /// # Errors
    /// The vault's.
    pub fn load_hours(&self) -> AppResult<HoursView> {
        let found = self.in_force();
        let saved = self.vault.saved_hours(2)?;
        let document = HoursDocument::from(found.hours.file());
        Ok(HoursView {
            check: self.check_hours(&document)?,
            document,
            version: saved.first().map_or(0, |saved| saved.version),
            saved_at: saved.first().map(|saved| format_instant(saved.saved_at)),
            can_undo: saved.len() > 1,
            problem: (!found.readable).then(|| AppError::new("hours_unreadable")),
            holiday_lists: inbox_domain::hours::holidays::CODES.iter().map(|&code| code.to_owned()).collect(),
            reply_target_days: self.reply_target_days()?,
        })
    }

    /// Everything that is wrong with a draft, and what it would mean; nothing is stored.
    ///
    /// # Errors
    /// The vault's.
    pub fn check_hours(&self, draft: &HoursDocument) -> AppResult<HoursCheck> {
        let (hours, problems) = self.read_draft(draft)?;
        let Some(hours) = hours.filter(|_| problems.is_empty()) else {
            return Ok(HoursCheck {
                problems,
                questions: questions(draft),
                gaps: Vec::new(),
                told: Vec::new(),
                changed: 0,
                duty: None,
                next_opening: None,
            });
        };
        let now = self.now();
        let state = hours.duty(now);
        Ok(HoursCheck {
            problems,
            questions: questions(draft),
            gaps: gaps(&hours, now),
            told: self.told(&hours, now),
            changed: self.judged_otherwise(&InForce::new(hours.clone()))?,
            duty: Some(Duty {
                on_duty: state.on_duty,
                reason: state.reason,
                until: state.until.map(format_instant),
                zone: hours.zone().to_owned(),
            }),
            next_opening: hours.classify(now).next_open.map(format_instant),
        })
    }

    /// Saves a draft made from version `base`, takes it into use and judges the stored messages by it.
    ///
    /// # Errors
    /// `hours_changed` when other hours were saved since; the vault's.
    pub fn save_hours_document(&self, base: u32, draft: &HoursDocument) -> AppResult<SavedHoursOutcome> {
        let (hours, problems) = self.read_draft(draft)?;
        let Some(hours) = hours.filter(|_| problems.is_empty()) else {
            return Ok(SavedHoursOutcome::Refused { problems });
        };
        self.put_in_force(Some(base), hours)
    }

    /// Goes back to the save before `base`, the newest one; that is a save of its own.
    ///
    /// # Errors
    /// `nothing_to_undo`; `hours_changed` when other hours were saved since; `hours_unreadable` when those before cannot be
    /// read; the vault's.
    pub fn undo_hours(&self, base: u32) -> AppResult<SavedHoursOutcome> {
        let before = self.vault.saved_hours(2)?.into_iter().nth(1);
        let before = before.ok_or_else(|| AppError::new("nothing_to_undo"))?;
        let hours = AvailabilityHours::from_json(&before.hours);
        self.put_in_force(Some(base), hours.map_err(|_| AppError::new("hours_unreadable"))?)
    }

    /// Working days within which patients are answered.
    ///
    /// # Errors
    /// The vault's.
    pub fn reply_target_days(&self) -> AppResult<u32> {
        let set = self.vault.setting(REPLY_TARGET)?.and_then(|days| days.parse().ok());
        Ok(set.filter(|days| (1..=LONGEST_TARGET).contains(days)).unwrap_or(REPLY_TARGET_DAYS))
    }

    /// Sets them, 1 to 10.
    ///
    /// # Errors
    /// `invalid_argument`; the vault's.
    pub fn save_reply_target(&self, days: u32) -> AppResult<()> {
        if !(1..=LONGEST_TARGET).contains(&days) {
            return Err(invalid("days"));
        }
        self.vault.set_setting(REPLY_TARGET, &days.to_string(), self.now())?;
        self.emit(AppEvent::ThreadsChanged { threads: Vec::new() });
        Ok(())
    }

    /// Stores hours and judges by them. `base`: see [`inbox_vault::Vault::save_hours`].
    pub(super) fn put_in_force(
        &self,
        base: Option<u32>,
        hours: AvailabilityHours,
    ) -> AppResult<SavedHoursOutcome> {
        let (now, before) = (self.now(), self.in_force());
        if self.vault.setting(HOURS)?.is_none() && before.readable && base.is_none_or(|base| base == 0) {
            // What held by itself so far is kept too, so that it can be gone back to.
            let first = before.hours.to_json();
            let from = effective_from(&before.hours, now);
            let version = self.vault.save_hours(base, &first, from, now)?;
            return self.store(base.map(|_| version), hours, now);
        }
        self.store(base, hours, now)
    }

    fn store(
        &self,
        base: Option<u32>,
        hours: AvailabilityHours,
        now: DateTime<Utc>,
    ) -> AppResult<SavedHoursOutcome> {
        let from = effective_from(&hours, now);
        let version = self.vault.save_hours(base, &hours.to_json(), from, now)?;
        let fresh = InForce::new(hours);
        let changed = self.judged_otherwise(&fresh)?;
        self.set_hours(fresh);
        self.judge_hours_again(None)?;
        self.emit(AppEvent::StatusChanged);
        self.emit(AppEvent::ThreadsChanged { threads: Vec::new() });
        Ok(SavedHoursOutcome::Saved { version, changed })
    }

    /// A draft as hours where it can be read, and all that is wrong with it.
    fn read_draft(
        &self,
        draft: &HoursDocument,
    ) -> AppResult<(Option<AvailabilityHours>, Vec<HoursProblemView>)> {
        match AvailabilityHours::from_json(&draft.to_json()) {
            Ok(hours) => {
                let problems = self.covers_absent_too(draft)?;
                Ok((Some(hours), problems))
            }
            Err(problems) => Ok((None, problems.into_iter().map(problem_view).collect())),
        }
    }

    /// Absences whose cover is herself away: she is the one who covers for that colleague on one of the days.
    fn covers_absent_too(&self, draft: &HoursDocument) -> AppResult<Vec<HoursProblemView>> {
        let colleagues = self.list_covers()?;
        let mut problems = Vec::new();
        for (index, absence) in draft.absences.iter().enumerate() {
            let Some(cover) = &absence.cover else { continue };
            let away = colleagues.iter().find(|away| {
                let same = cover.practitioner.as_deref() == Some(&away.practitioner)
                    || (cover.practitioner.is_none() && cover.name.trim() == away.name);
                same && away.from <= absence.to && absence.from <= away.to
            });
            if let Some(away) = away {
                problems.push(HoursProblemView {
                    path: format!("absences[{index}].cover"),
                    code: "cover_absent_too".to_owned(),
                    message: format!("{} is absent too, from {} to {}", cover.name, away.from, away.to),
                    params: [("name", &cover.name), ("from", &away.from), ("to", &away.to)]
                        .map(|(name, value)| (name.to_owned(), value.clone()))
                        .to_vec(),
                });
            }
        }
        Ok(problems)
    }

    /// How many stored messages these hours judge otherwise than they are judged now.
    fn judged_otherwise(&self, hours: &InForce) -> AppResult<u32> {
        let differs = |judged: &inbox_vault::JudgedHours| {
            let HoursVerdict { after_hours, reason, .. } = hours.classify(judged.sent_at);
            after_hours.then_some(reason) != judged.after_hours
        };
        let count = self.vault.judged_hours()?.iter().filter(|judged| differs(judged)).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn told(&self, hours: &AvailabilityHours, now: DateTime<Utc>) -> Vec<ToldText> {
        let country = self.vault.setting(super::COUNTRY).ok().flatten().unwrap_or_else(|| "DE".to_owned());
        ["en", "de"]
            .map(|language| {
                let lines = self.crisis_lines(&country, language);
                let teller = Teller { hours, now, name: self.practitioner_name(), lines: &lines };
                ToldText { language: language.to_owned(), text: teller.tell(language) }
            })
            .to_vec()
    }
}

fn problem_view(problem: HoursProblem) -> HoursProblemView {
    HoursProblemView {
        path: problem.path,
        code: problem.code.to_owned(),
        message: problem.message,
        params: problem.params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

/// Blocks that end on the next day after so long that their times may have been swapped.
fn questions(draft: &HoursDocument) -> Vec<HoursProblemView> {
    let mut found = Vec::new();
    for (week, version) in draft.versions.iter().enumerate() {
        for (layer, blocks) in [("weekly", &version.weekly), ("on_call", &version.on_call)] {
            for (index, block) in blocks.iter().enumerate() {
                let Some(minutes) = over_midnight(&block.start, &block.end) else { continue };
                // Nights on call are long by their nature.
                if minutes <= LONG_BLOCK_MINUTES || layer == "on_call" {
                    continue;
                }
                let hours = minutes / 60;
                found.push(HoursProblemView {
                    path: format!("versions[{week}].{layer}[{index}]"),
                    code: "ends_next_day".to_owned(),
                    message: format!(
                        "{} {} to {} ends on the next day, after {hours} hours: is that meant?",
                        block.day, block.start, block.end
                    ),
                    params: [("day", &block.day), ("start", &block.start), ("end", &block.end)]
                        .map(|(name, value)| (name.to_owned(), value.clone()))
                        .into_iter()
                        .chain([("hours".to_owned(), hours.to_string())])
                        .collect(),
                });
            }
        }
    }
    found
}

/// Minutes of a block that runs over midnight; `None` for others, for what is no time, and for the whole day.
fn over_midnight(start: &str, end: &str) -> Option<i64> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
    let (start, end) = (time(start)?, time(end)?);
    (end < start && end != NaiveTime::MIN).then(|| (end - start).num_minutes() + 24 * 60)
}

/// The start of the newest week that began, or of the first one.
fn effective_from(hours: &AvailabilityHours, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&hours.tz()).date_naive();
    let weeks = &hours.file().versions;
    let week = weeks.iter().rev().find(|week| week.from <= today).or(weeks.first());
    week.map_or(now, |week| week.from.and_time(NaiveTime::MIN).and_utc())
}

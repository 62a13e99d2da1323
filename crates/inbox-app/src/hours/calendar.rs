//! Holidays and absences from a calendar file: shown first, then taken whole.

use inbox_domain::{
    AvailabilityHours, HoursProblem,
    hours::{CalendarEntry, CalendarImport, CalendarSkipped},
};

use crate::{
    dto::{AppError, CalendarEntryView, CalendarPreview, CalendarProblem, CalendarRequest},
    error::AppResult,
    session::Session,
};

impl Session {
    /// What a calendar file would add from today on. Nothing is kept.
    ///
    /// # Errors
    /// `hours_unreadable`, `invalid_hours` for the hours that it is added to. What is wrong with the file stands in the answer.
    pub fn preview_calendar(&self, request: &CalendarRequest) -> AppResult<CalendarPreview> {
        Ok(match self.with_calendar(request)? {
            Ok(import) => preview(&import)?,
            Err(problems) => refused(&problems),
        })
    }

    /// Adds a calendar file to the hours in force, whole or not at all, and judges the messages by them.
    ///
    /// # Errors
    /// `invalid_calendar` with the first problem's place; those of [`Session::save_hours`].
    pub fn import_calendar(&self, request: &CalendarRequest) -> AppResult<CalendarPreview> {
        let import = self.with_calendar(request)?.map_err(|problems| {
            let place = problems.first().map(|problem| problem.path.clone()).unwrap_or_default();
            AppError::new("invalid_calendar").with("place", place)
        })?;
        let preview = preview(&import)?;
        self.save_hours(preview.hours.as_deref().unwrap_or_default())?;
        Ok(preview)
    }

    fn with_calendar(
        &self,
        request: &CalendarRequest,
    ) -> AppResult<Result<CalendarImport, Vec<HoursProblem>>> {
        let own;
        let hours = match &request.hours {
            Some(json) => {
                own = AvailabilityHours::from_json(json).map_err(|_| AppError::new("invalid_hours"))?;
                &own
            }
            None => &*self.readable_hours()?,
        };
        let today = self.now().with_timezone(&hours.tz()).date_naive();
        Ok(hours.with_calendar(&request.text, request.taken_as, today))
    }
}

fn preview(import: &CalendarImport) -> AppResult<CalendarPreview> {
    let hours = AvailabilityHours::from_file(import.file.clone());
    let hours = hours.map_err(|_| AppError::new("invalid_hours"))?.to_json();
    Ok(CalendarPreview {
        entries: import.entries.iter().map(entry_view).collect(),
        skipped: import.skipped,
        endless: import.endless.clone(),
        until: import.until.to_string(),
        hours: Some(hours),
        problems: Vec::new(),
    })
}

fn refused(problems: &[HoursProblem]) -> CalendarPreview {
    let problem = |found: &HoursProblem| CalendarProblem {
        line: found.path.strip_prefix("line ").and_then(|number| number.parse().ok()),
        message: found.message.clone(),
    };
    CalendarPreview {
        entries: Vec::new(),
        skipped: CalendarSkipped::default(),
        endless: Vec::new(),
        until: String::new(),
        hours: None,
        problems: problems.iter().map(problem).collect(),
    }
}

fn entry_view(entry: &CalendarEntry) -> CalendarEntryView {
    CalendarEntryView {
        title: entry.title.clone(),
        from: entry.from.to_string(),
        to: entry.to.to_string(),
        start: entry.hours.map(|(start, _)| start.to_string()),
        end: entry.hours.map(|(_, end)| end.to_string()),
        effect: entry.effect,
    }
}

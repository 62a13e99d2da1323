//! Cases: what the crisis panel shows and what the clinician does there. All of it works without a network.

use inbox_domain::{AttemptOutcome, CaseId, StepState, format_instant};
use inbox_vault::{Patient, StoredCase};

use crate::{
    dto::{AppEvent, AttemptView, CaseView, StepView},
    error::{AppResult, parse, parse_instant},
    session::Session,
};

impl Session {
    /// Stops the clock of a case.
    pub fn acknowledge_case(&self, case: &str) -> AppResult<()> {
        let stored = self.vault.case_acknowledge(case_id(case)?, &self.practitioner_name(), self.now())?;
        self.case_changed(&stored);
        Ok(())
    }

    /// Records a call; it acknowledges the case.
    pub fn log_attempt(
        &self,
        case: &str,
        outcome: AttemptOutcome,
        number: &str,
        next: Option<&str>,
    ) -> AppResult<()> {
        let next = next.map(|text| parse_instant(text, "next")).transpose()?;
        let by = self.practitioner_name();
        let stored = self.vault.case_log_attempt(case_id(case)?, outcome, number, next, &by, self.now())?;
        self.case_changed(&stored);
        Ok(())
    }

    /// Sets a step of the checklist: done, skipped with a reason, or open again.
    pub fn set_step(&self, case: &str, n: u8, done: bool, reason: Option<&str>) -> AppResult<()> {
        let reason = reason.map(str::trim).filter(|text| !text.is_empty());
        let state = match (done, reason) {
            (true, _) => StepState::Done,
            (false, Some(_)) => StepState::Skipped,
            (false, None) => StepState::Open,
        };
        let by = self.practitioner_name();
        let stored = self.vault.case_set_step(case_id(case)?, n, state, reason, &by, self.now())?;
        self.case_changed(&stored);
        Ok(())
    }

    /// Closes a case with its outcome, or as a false alarm.
    pub fn close_case(&self, case: &str, outcome: &str, false_alarm: bool) -> AppResult<()> {
        let by = self.practitioner_name();
        let stored = self.vault.case_close(case_id(case)?, outcome.trim(), false_alarm, &by, self.now())?;
        self.case_changed(&stored);
        Ok(())
    }

    fn case_changed(&self, case: &StoredCase) {
        self.changed(case.thread);
        self.emit(AppEvent::StatusChanged);
    }

    pub(crate) fn case_view(&self, case: &StoredCase) -> CaseView {
        let language = self.language();
        let country = self.country(case.patient.as_ref());
        CaseView {
            id: case.id.to_string(),
            thread: case.thread.to_string(),
            patient: case.patient.as_ref().map(full_name).unwrap_or_default(),
            state: case.state,
            tier: case.tier,
            opened_at: format_instant(case.opened_at),
            deadline: case.deadline.map(format_instant),
            acknowledged_at: case.acknowledged_at.map(format_instant),
            steps: case
                .steps
                .iter()
                .map(|step| StepView {
                    n: step.n,
                    label: self.step_label(step.n, &language),
                    state: step.state,
                    reason: step.reason.clone(),
                    at: step.at.map(format_instant),
                    by: step.by.clone(),
                })
                .collect(),
            attempts: case
                .attempts
                .iter()
                .map(|attempt| AttemptView {
                    at: format_instant(attempt.at),
                    outcome: attempt.outcome,
                    number: attempt.number.clone(),
                    next: attempt.next.map(format_instant),
                })
                .collect(),
            lines: self.crisis_lines(&country, &language),
            outcome: case.outcome.clone(),
        }
    }
}

pub(crate) fn case_id(case: &str) -> AppResult<CaseId> {
    parse(case, "case")
}

/// `FAMILY, Given` as the banner has it.
pub(crate) fn full_name(patient: &Patient) -> String {
    match (patient.family.to_uppercase(), patient.given.as_str()) {
        (family, "") => family,
        (family, given) if family.is_empty() => given.to_owned(),
        (family, given) => format!("{family}, {given}"),
    }
}

//! Use cases of the command line that the window does not have in this form.

use std::{collections::HashSet, path::Path};

use chrono::Utc;
use inbox_domain::{AttemptOutcome, OutboxDraft, OutboxState, StepState, View};
use inbox_vault::{CreateOptions, Patient, Vault};
use secrecy::SecretString;

use crate::{
    cases::case_id,
    dto::{AppError, OutboxView},
    error::{AppResult, parse_instant},
    hours::{HOURS, week_in},
    policy::{PolicySource, check_passphrase},
    record::{
        CaseRecord, MessageLine, QuarantineRecord, QueuedRecord, ThreadDetailRecord, ThreadRecord,
        VerifyRecord,
    },
    replies::outbox_view,
    session::Session,
};

/// Rows asked of the vault at a time.
const PAGE: u32 = 500;

/// When a reply on the command line leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves<'a> {
    /// With the next sync.
    Now,
    /// At or after this instant (RFC 3339).
    NotBefore(&'a str),
    /// At the next opening of the hours in force.
    InHours,
}

/// Makes a vault with an office week in `zone`; answers its recovery code.
///
/// # Errors
/// `unknown_zone`, `vault_exists`, `weak_passphrase`, the keyring's.
pub fn create_vault(
    dir: &Path,
    name: &str,
    passphrase: SecretString,
    keyring: bool,
    zone: Option<&str>,
    policy: &PolicySource,
) -> AppResult<SecretString> {
    check_passphrase(policy, &passphrase)?;
    // Before anything is made: a vault whose code nobody saw must not be left behind by a mistyped zone.
    let week = match zone {
        Some(zone) => Some(week_in(zone).ok_or_else(|| AppError::new("unknown_zone"))?),
        None => None,
    };
    let options = CreateOptions { dir: dir.to_owned(), name: name.to_owned(), passphrase, keyring };
    let created = Vault::create(&options)?;
    if let Some(week) = week {
        created.vault.set_setting(HOURS, &week.to_json(), Utc::now())?;
    }
    Ok(created.recovery_code)
}

impl Session {
    /// Checks cipher, structure, index and audit chain.
    pub fn verify(&self) -> AppResult<VerifyRecord> {
        Ok(self.vault.verify()?.into())
    }

    /// The threads of a view, or all.
    pub fn thread_records(&self, view: Option<View>) -> AppResult<Vec<ThreadRecord>> {
        let mut records = Vec::new();
        loop {
            let offset = u32::try_from(records.len()).unwrap_or(u32::MAX);
            let page = self.vault.list_threads(view, None, offset, PAGE, self.now())?;
            records.extend(page.rows.iter().map(ThreadRecord::from));
            if page.rows.is_empty() || records.len() >= page.total as usize {
                return Ok(records);
            }
        }
    }

    /// A thread with its messages in order of time.
    pub fn thread_record(&self, id: &str) -> AppResult<ThreadDetailRecord> {
        self.note_view(self.thread_id(id)?);
        self.thread_detail(id)
    }

    pub(crate) fn thread_detail(&self, id: &str) -> AppResult<ThreadDetailRecord> {
        let thread = self.thread_id(id)?;
        let stored = self.vault.messages(thread)?;
        let confirmed: HashSet<_> = stored.iter().filter_map(|message| message.outbox).collect();
        let mut lines: Vec<_> =
            stored.into_iter().map(|message| (message.sent_at, MessageLine::from(message))).collect();
        let rows = self.vault.thread_quarantine(thread)?;
        lines.extend(rows.iter().map(|row| (row.first_seen, MessageLine::from(row))));
        for entry in self.vault.thread_outbox(thread)? {
            if !confirmed.contains(&entry.id) && entry.state != OutboxState::Draft {
                let line = MessageLine::waiting(&entry, self.practitioner(), self.practitioner_name());
                lines.push((entry.sent_at.unwrap_or(entry.queued_at), line));
            }
        }
        lines.sort_by_key(|(at, _)| *at);
        let summary = self.vault.thread(thread)?;
        Ok(ThreadDetailRecord::new(&summary, lines.into_iter().map(|(_, line)| line).collect()))
    }

    /// Queues a reply; the next sync sends it.
    pub fn reply(
        &self,
        thread: &str,
        text: &str,
        leaves: Leaves<'_>,
        even_if_newer: bool,
    ) -> AppResult<QueuedRecord> {
        let thread = self.thread_id(thread)?;
        let not_before = match leaves {
            Leaves::Now => None,
            Leaves::NotBefore(text) => Some(parse_instant(text, "not_before")?),
            Leaves::InHours => self.readable_hours()?.classify(self.now()).next_open,
        };
        let draft = self.vault.draft(thread)?;
        let entry = self.enqueue(OutboxDraft {
            thread: Some(thread),
            patient: None,
            topic: String::new(),
            text: text.to_owned(),
            not_before,
            even_if_newer,
            crisis: self.vault.open_case(thread)?.is_some(),
            response: None,
        })?;
        // Queueing takes the thread's draft for what was queued; here it is what somebody writes in the window.
        if !draft.is_empty() {
            self.vault.save_draft(thread, &draft, self.now())?;
        }
        Ok(QueuedRecord::from(&entry))
    }

    /// Queues the first message of a new thread.
    pub fn send(&self, patient: &str, topic: &str, text: &str) -> AppResult<QueuedRecord> {
        let patient = self.find_patient(patient)?;
        let entry = self.enqueue(OutboxDraft {
            thread: None,
            patient: Some(patient.portal_id),
            topic: topic.to_owned(),
            text: text.to_owned(),
            not_before: None,
            even_if_newer: false,
            crisis: false,
            response: None,
        })?;
        Ok(QueuedRecord::from(&entry))
    }

    fn find_patient(&self, id: &str) -> AppResult<Patient> {
        let portal_id = id.strip_prefix("Patient/").unwrap_or(id);
        if let Some(found) = self.vault.patient_by_portal_id(&portal_id.into())? {
            return Ok(found);
        }
        let own = id.parse().ok().and_then(|own| self.vault.patient(own).ok());
        own.ok_or_else(|| AppError::new("no_such_patient"))
    }

    /// Decides about an entry that was stopped.
    pub fn resolve_record(&self, id: &str, send: bool) -> AppResult<OutboxView> {
        Ok(outbox_view(&self.resolve(id, send)?, self.now()))
    }

    /// What could not be read.
    pub fn quarantine_records(&self) -> AppResult<Vec<QuarantineRecord>> {
        Ok(self.vault.quarantine()?.into_iter().map(QuarantineRecord::from).collect())
    }

    /// All cases.
    pub fn case_records(&self) -> AppResult<Vec<CaseRecord>> {
        Ok(self.vault.cases()?.into_iter().map(CaseRecord::from).collect())
    }

    /// One case.
    pub fn case_record(&self, id: &str) -> AppResult<CaseRecord> {
        Ok(self.vault.case(case_id(id)?)?.into())
    }

    /// Records a contact attempt.
    pub fn case_log(&self, id: &str, outcome: AttemptOutcome, next: Option<&str>) -> AppResult<CaseRecord> {
        let next = next.map(|text| parse_instant(text, "next")).transpose()?;
        let case = case_id(id)?;
        let number = self.vault.case(case)?.patient.and_then(|patient| patient.phone).unwrap_or_default();
        let by = self.practitioner_name();
        Ok(self.vault.case_log_attempt(case, outcome, &number, next, &by, self.now())?.into())
    }

    /// Sets a step: done, or not done with a reason.
    pub fn case_step(&self, id: &str, n: u8, reason: Option<&str>) -> AppResult<CaseRecord> {
        let state = if reason.is_some() { StepState::Skipped } else { StepState::Done };
        let by = self.practitioner_name();
        Ok(self.vault.case_set_step(case_id(id)?, n, state, reason, &by, self.now())?.into())
    }

    /// Closes a case with an outcome, or as a false alarm.
    pub fn case_close(&self, id: &str, outcome: Option<&str>) -> AppResult<CaseRecord> {
        let by = self.practitioner_name();
        let (words, false_alarm) = (outcome.unwrap_or_default(), outcome.is_none());
        Ok(self.vault.case_close(case_id(id)?, words, false_alarm, &by, self.now())?.into())
    }
}

/// State of the key of the vault in `dir`, as a word; `None` where there is no vault.
pub fn key_state(dir: &Path) -> Option<String> {
    let state = crate::app::key_view(Vault::key_state(dir))?;
    serde_json::to_value(state).ok()?.as_str().map(str::to_owned)
}

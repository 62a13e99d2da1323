//! The after-hours acknowledgement: the one message that leaves without a clinician's act (docs/HOURS.md has its rules).
//!
//! It is off until a clinical lead has signed its text. A patient gets it at most once while the clinic is closed, never in
//! a conversation that is going on, and one only however many workstations run: its identifier is made from patient and
//! closed period, the portal is asked for it first, and it is created by it conditionally.

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{CaseState, ClientIdentifier, OutboxState, SenderRole, ThreadId, format_instant};
use inbox_guidelines::{Address, Language, Response, fill, propose};
use inbox_sync::enqueue_promise;
use inbox_vault::{Promise, StoredMessage, ThreadSummary};

use crate::{
    dto::AppError,
    error::AppResult,
    record::{PromiseRecord, ResponderRecord},
    session::Session,
};

/// The text that a lead signs.
const RESPONSE: &str = "after-hours-acknowledgement";
/// A conversation is going on for so long after a clinician has written.
pub(crate) const CONVERSATION: TimeDelta = TimeDelta::hours(4);
/// Threads that are looked at in one go.
const PAGE: u32 = 200;

/// The closed period that it is now.
#[derive(Debug, Clone, Copy)]
struct Period {
    start: DateTime<Utc>,
    read_by: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Session {
    /// Whether a lead has signed the acknowledgement, in any language.
    pub fn acknowledgement_signed(&self) -> bool {
        self.signed_acknowledgement(Language::En).is_some()
    }

    /// Syncs, queues the acknowledgements that are due, sends them, and says what became of each.
    ///
    /// # Errors
    /// `acknowledgement_unsigned`; `hours_unreadable`; `no_lookup` where the portal cannot be asked for a message by its
    /// identifier; the portal's and the vault's.
    pub async fn respond(&self) -> AppResult<Vec<ResponderRecord>> {
        if !self.acknowledgement_signed() {
            return Err(AppError::new("acknowledgement_unsigned"));
        }
        self.readable_hours()?;
        self.sync(false).await?;
        let promised = self.promise_due().await?;
        if promised.is_empty() {
            return Ok(Vec::new());
        }
        // What could not be sent now is sent by the next call, or taken back when the clinic opens.
        let sent = self.sync(false).await;
        let records = promised.iter().map(|promise| {
            Ok(ResponderRecord {
                patient: promise.patient.to_string(),
                period_start: format_instant(promise.period_start),
                client_identifier: promise.client_identifier.0.clone(),
                state: self.vault.promise_state(&promise.client_identifier)?.unwrap_or(OutboxState::Sent),
            })
        });
        let records = records.collect::<AppResult<Vec<_>>>()?;
        match sent {
            Err(error) if records.iter().all(|record| record.state != OutboxState::Sent) => Err(error),
            _ => Ok(records),
        }
    }

    /// What the patient of a thread was promised, oldest first.
    ///
    /// # Errors
    /// `no_such_thread`; the vault's.
    pub fn promises(&self, thread: &str) -> AppResult<Vec<PromiseRecord>> {
        let promises = self.vault.promises(self.thread_id(thread)?)?;
        Ok(promises.into_iter().map(PromiseRecord::from).collect())
    }

    /// Queues what is due now, by what this vault holds: the caller has just synced. Nothing without a signed text, while it
    /// is open, or by hours that are not known.
    pub(crate) async fn promise_due(&self) -> AppResult<Vec<Promise>> {
        let now = self.now();
        let Ok(hours) = self.readable_hours() else { return Ok(Vec::new()) };
        let verdict = hours.classify(now);
        let period = hours.closed_since(now).zip(verdict.next_open);
        let Some((start, read_by)) = period.filter(|_| verdict.after_hours && self.acknowledgement_signed())
        else {
            return Ok(Vec::new());
        };
        let period = Period { start, read_by, now };
        let mut promised = Vec::new();
        for thread in self.active_since(period)? {
            let Some(promise) = self.promise_of(thread, period)? else { continue };
            // Another workstation may have sent it, or be about to.
            let portal = self.open_portal()?;
            match portal.find_by_identifier(&promise.client_identifier).await? {
                None => return Err(AppError::new("no_lookup")),
                Some(page)
                    if page.entries.iter().any(|entry| entry.raw.contains(&promise.client_identifier.0)) => {}
                Some(_) => promised.extend(enqueue_promise(&self.vault, &promise)?.map(|_| promise)),
            }
        }
        Ok(promised)
    }

    /// Threads in which something was written in the period.
    fn active_since(&self, period: Period) -> AppResult<Vec<ThreadId>> {
        let (mut found, mut offset) = (Vec::new(), 0);
        loop {
            let page = self.vault.list_threads(None, None, offset, PAGE, period.now)?;
            let recent = |row: &&ThreadSummary| row.last_message_at.is_some_and(|at| at >= period.start);
            found.extend(page.rows.iter().filter(recent).map(|row| row.id));
            offset += PAGE;
            if page.rows.is_empty() || offset >= page.total {
                return Ok(found);
            }
        }
    }

    /// The promise that a thread calls for, if it does.
    fn promise_of(&self, thread: ThreadId, period: Period) -> AppResult<Option<Promise>> {
        let summary = self.vault.thread(thread)?;
        let Some(patient) = summary.patient.clone().filter(|patient| !patient.deceased) else {
            return Ok(None);
        };
        let identifier = ClientIdentifier::after_hours(&patient.portal_id, period.start);
        let colleagues = self.colleagues()?;
        let messages = self.vault.messages(thread)?;
        if self.vault.knows_identifier(&identifier)?
            || colleagues.covered_for(&summary).is_some()
            || !messages.iter().any(|message| calls_for_it(message, period))
            || self.is_going_on(thread, &messages, period)?
        {
            return Ok(None);
        }
        let Some((text, response)) = self.acknowledgement_text(&summary)? else { return Ok(None) };
        let hours = self.readable_hours()?;
        Ok(Some(Promise {
            client_identifier: identifier,
            thread,
            patient: patient.id,
            period_start: period.start,
            read_by: period.read_by,
            zone: hours.zone().to_owned(),
            cover: hours.classify(period.now).cover,
            response,
            text,
            promised_at: period.now,
            withdrawn_at: None,
        }))
    }

    /// Whether a clinician is in the conversation: she or a colleague has written within four hours, a reply waits, or she
    /// has taken up the patient's open case.
    fn is_going_on(&self, thread: ThreadId, messages: &[StoredMessage], period: Period) -> AppResult<bool> {
        let written = |message: &StoredMessage| {
            message.sender.role == SenderRole::Clinician && message.sent_at > period.now - CONVERSATION
        };
        let waits = self.vault.thread_outbox(thread)?.iter().any(|entry| match entry.sent_at {
            Some(sent) => sent > period.now - CONVERSATION,
            None => true,
        });
        let taken_up = self.vault.open_case(thread)?.is_some_and(|case| case.state != CaseState::New);
        Ok(messages.iter().any(written) || waits || taken_up)
    }

    /// The signed text with its blanks filled, and its reference. None when something that it must hold is not known, or
    /// stands against sending it: half an answer in the night is worse than none.
    fn acknowledgement_text(&self, summary: &ThreadSummary) -> AppResult<Option<(String, String)>> {
        let language = self.patient_language(summary.patient.as_ref());
        let Some(response) = self.signed_acknowledgement(language) else { return Ok(None) };
        let case = self.vault.open_case(summary.id)?;
        let context = self.slot_context(summary, case.as_ref(), response.language);
        let guidelines = self.guidelines();
        let slots = propose(&response, guidelines.lines(), &context);
        if slots.iter().any(|slot| slot.required && slot.value.is_empty()) {
            tracing::warn!(code = "acknowledgement_slot_missing");
            return Ok(None);
        }
        let text = fill(&response, Address::Formal, &slots);
        let reference = response.reference();
        if self.content_checks(&text, Some(&reference), summary)?.iter().any(|check| check.blocks) {
            tracing::warn!(code = "acknowledgement_blocked");
            return Ok(None);
        }
        Ok(Some((text.trim_end().to_owned(), reference)))
    }

    /// The signed acknowledgement in that language, else in the app's, else in any.
    fn signed_acknowledgement(&self, language: Language) -> Option<Response> {
        let today = self.today();
        let guidelines = self.guidelines();
        let signed: Vec<&Response> = guidelines
            .responses()
            .filter(|found| {
                found.id == RESPONSE && found.signed && found.automatic && today < found.review_by
            })
            .collect();
        let own = Language::from_tag(&self.language());
        let of = |wanted: Option<Language>| signed.iter().find(|found| Some(found.language) == wanted);
        of(Some(language)).or_else(|| of(own)).or_else(|| signed.first()).map(|found| (*found).clone())
    }
}

/// A message of the patient herself from this closed period. One whose `sent` lies in the future counts by when it came.
fn calls_for_it(message: &StoredMessage, period: Period) -> bool {
    let at = if message.sent_at > period.now { message.stored_at } else { message.sent_at };
    message.sender.role == SenderRole::Patient && message.withdrawn_at.is_none() && at >= period.start
}

//! Writing to a patient: what stands against it, queueing, taking back, deciding about what was stopped.

use std::time::Duration;

use chrono::{DateTime, Utc};
use inbox_domain::{OutboxDraft, OutboxEntry, OutboxState, SenderRole, ThreadId, Tier, format_instant};
use inbox_vault::ThreadSummary;

use crate::{
    dto::{AppError, AppEvent, OutboxView, ReplyRequest, SendCheck},
    error::{AppResult, parse, parse_instant},
    session::{Session, lock},
};

/// An ordinary reply from the window does not leave before so long after it was queued, whatever wakes a sync: so long
/// can it surely be taken back. The window shows its undo for the same time (`OutboxView::undo_until`).
pub(crate) const UNDO_WINDOW: Duration = Duration::from_secs(10);

/// References of groups whose members the thread does not name.
const GROUPS: [&str; 4] = ["Group/", "CareTeam/", "Organization/", "PractitionerRole/"];

impl Session {
    /// What stands against sending a text, blocking checks first.
    pub fn check_reply(&self, request: &ReplyRequest) -> AppResult<Vec<SendCheck>> {
        let thread = self.thread_id(&request.thread)?;
        self.refuse_masked(thread)?;
        let summary = self.vault.thread(thread)?;
        let mut checks = self.content_checks(&request.text, request.response.as_deref(), &summary)?;
        if self.has_unseen(thread)? && !request.even_if_newer {
            checks.push(check("newer_message", true));
        }
        if !self.may_write(&summary) && !self.covers_thread(&summary)? {
            checks.push(check("not_a_recipient", true));
        }
        if let Some(patient) = &summary.patient {
            let readers = self.vault.proxies(patient.id)?.into_iter().filter(|proxy| proxy.active);
            checks.extend(readers.map(|proxy| check("proxy_can_read", false).with("name", &proxy.name)));
        }
        checks.sort_by_key(|check| !check.blocks);
        Ok(checks)
    }

    /// Queues a reply; it is committed when this returns (I5). A reply in an open case goes at once, whatever the hours.
    ///
    /// # Errors
    /// `blocked` with the codes of the checks that stand against it; those of the vault.
    pub fn enqueue_reply(&self, request: &ReplyRequest) -> AppResult<OutboxView> {
        let blocking: Vec<_> = self.check_reply(request)?.into_iter().filter(|check| check.blocks).collect();
        if !blocking.is_empty() {
            let codes: Vec<_> = blocking.into_iter().map(|check| check.code).collect();
            return Err(AppError::new("blocked").with("checks", codes.join(",")));
        }
        let thread = self.thread_id(&request.thread)?;
        let crisis = self.is_crisis(thread)?;
        let asked =
            request.not_before.as_deref().map(|text| parse_instant(text, "not_before")).transpose()?;
        let not_before = asked.max(Some(self.now() + UNDO_WINDOW));
        let entry = self.enqueue(OutboxDraft {
            thread: Some(thread),
            patient: None,
            topic: String::new(),
            text: request.text.trim_end().to_owned(),
            not_before: not_before.filter(|_| !crisis),
            even_if_newer: request.even_if_newer,
            crisis,
            response: request.response.clone(),
        })?;
        self.vault.save_draft(thread, "", self.now())?;
        self.changed(thread);
        self.sync_wanted(if crisis { Duration::ZERO } else { UNDO_WINDOW });
        self.emit(AppEvent::StatusChanged);
        Ok(outbox_view(&entry, self.now()))
    }

    /// Freezes the payload and queues it.
    pub(crate) fn enqueue(&self, draft: OutboxDraft) -> AppResult<OutboxEntry> {
        if draft.text.trim().is_empty() {
            return Err(AppError::new("empty_text"));
        }
        self.freeze_and_queue(draft)
    }

    /// The outbox, oldest first; sent entries too.
    pub fn list_outbox(&self) -> AppResult<Vec<OutboxView>> {
        let now = self.now();
        Ok(self.vault.outbox()?.iter().map(|entry| outbox_view(entry, now)).collect())
    }

    /// Sends or gives up a reply that was stopped.
    pub fn resolve_outbox(&self, id: &str, send: bool) -> AppResult<()> {
        self.resolve(id, send).map(|_| ())
    }

    pub(crate) fn resolve(&self, id: &str, send: bool) -> AppResult<OutboxEntry> {
        let entry = self.vault.resolve(parse(id, "id")?, send, self.now())?;
        self.changed(entry.thread);
        self.sync_wanted(Duration::ZERO);
        Ok(entry)
    }

    /// Takes back a reply that has not left; its text is the thread's draft again.
    ///
    /// # Errors
    /// `wrong_outbox_state` when it is on its way or was sent.
    pub fn undo_reply(&self, id: &str) -> AppResult<()> {
        let entry = self.vault.undo(parse(id, "id")?, self.now())?;
        self.changed(entry.thread);
        Ok(())
    }

    /// Whether the thread's patient has an open case, or the thread an open flag that would make one.
    fn is_crisis(&self, thread: ThreadId) -> AppResult<bool> {
        Ok(self.vault.open_case(thread)?.is_some()
            || self.vault.thread(thread)?.facts.open_tier >= Tier::Urgent)
    }

    /// Whether the patient's side wrote something that the window has not been given yet.
    fn has_unseen(&self, thread: ThreadId) -> AppResult<bool> {
        let Some(shown) = lock(&self.shown).get(&thread).copied() else { return Ok(false) };
        let unseen = |role: SenderRole, stored| role.is_patient_side() && stored > shown;
        Ok(self.vault.messages(thread)?.iter().any(|message| unseen(message.sender.role, message.stored_at)))
    }

    /// Whether the thread names this clinician, or a group that may hold her.
    fn may_write(&self, summary: &ThreadSummary) -> bool {
        let me = self.practitioner().map(|id| format!("Practitioner/{id}"));
        let names_me = |reference: &String| Some(reference) == me.as_ref();
        let names_group = |reference: &String| GROUPS.iter().any(|kind| reference.starts_with(kind));
        summary.recipients.is_empty() || summary.recipients.iter().any(|r| names_me(r) || names_group(r))
    }
}

pub(crate) fn check(code: &str, blocks: bool) -> SendCheck {
    SendCheck { code: code.to_owned(), blocks, params: Vec::new() }
}

impl SendCheck {
    /// Adds a value for the translated sentence.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// State and instant of an entry as they are shown. What waits only for its undo time is queued, not scheduled.
pub(crate) fn shown_state(
    state: OutboxState,
    not_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> (OutboxState, Option<DateTime<Utc>>) {
    let about_to_leave = not_before.is_some_and(|at| at <= now + UNDO_WINDOW);
    match state {
        OutboxState::Scheduled if about_to_leave => (OutboxState::Queued, None),
        state => (state, not_before),
    }
}

pub(crate) fn outbox_view(entry: &OutboxEntry, now: DateTime<Utc>) -> OutboxView {
    let (state, not_before) = shown_state(entry.state, entry.not_before, now);
    let waits = entry.state == OutboxState::Scheduled && state == OutboxState::Queued;
    OutboxView {
        id: entry.id.to_string(),
        client_identifier: entry.client_identifier.to_string(),
        thread: entry.thread.to_string(),
        state,
        attempts: entry.attempts,
        not_before: not_before.map(format_instant),
        undo_until: entry.not_before.filter(|_| waits).map(format_instant),
        error: entry.error.clone(),
    }
}

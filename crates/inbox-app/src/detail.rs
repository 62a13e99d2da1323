//! A thread as the right pane shows it: patient banner, messages with marked spans, our own waiting replies, the case.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use inbox_domain::{
    Checked, Flag, OutboxEntry, OutboxState, SenderRole, SentPrecision, ThreadId, format_instant,
};
use inbox_triage::Engine;
use inbox_vault::{Patient, Proxy, QuarantineRow, StoredFlag, StoredMessage};

use crate::{
    dto::{AttachmentView, ContactView, FlagView, MessageView, MissedView, PatientBanner, ThreadDetail},
    error::AppResult,
    replies::shown_state,
    session::{Session, lock},
    text,
};

impl Session {
    /// A thread with its messages. What arrives after this call counts as not seen (I8). Of a sensitive thread that was not
    /// asked for the masked row alone is given, and nothing counts as seen.
    pub fn load_thread(&self, thread: &str) -> AppResult<ThreadDetail> {
        let id = self.thread_id(thread)?;
        let now = self.now();
        let summary = self.vault.thread(id)?;
        self.turn_to(id);
        if self.masks(id, summary.sensitive) {
            let sharing = self.sharing_view(id, &summary)?;
            return Ok(ThreadDetail::masked(self.row(summary, &self.colleagues()?, now), sharing));
        }
        self.note_view(id);
        let case = self.vault.open_case(id)?;
        let patient = summary.patient.as_ref().map(|patient| self.banner(patient, now)).transpose()?;
        let detail = ThreadDetail {
            patient,
            other_readers: self.other_readers(&summary.recipients)?,
            inferred: summary.inferred,
            messages: self.message_views(id)?,
            draft: self.vault.draft(id)?,
            case: case.map(|case| self.case_view(&case)),
            sharing: self.sharing_view(id, &summary)?,
            row: self.row(summary, &self.colleagues()?, now),
        };
        lock(&self.shown).insert(id, now);
        Ok(detail)
    }

    fn message_views(&self, thread: ThreadId) -> AppResult<Vec<MessageView>> {
        let me = self.practitioner();
        let language = self.language();
        let stored = self.vault.messages(thread)?;
        let outbox = self.vault.thread_outbox(thread)?;
        let confirmed: HashSet<_> = stored.iter().filter_map(|message| message.outbox).collect();
        let mut missed: HashMap<_, Vec<MissedView>> = HashMap::new();
        for report in self.vault.thread_missed(thread)? {
            let view = MissedView { category: report.category, wording: report.wording };
            missed.entry(report.message).or_default().push(view);
        }
        let mut views: Vec<_> = stored
            .into_iter()
            .map(|message| {
                let missed = missed.remove(&message.id).unwrap_or_default();
                let entry = outbox.iter().find(|entry| Some(entry.id) == message.outbox);
                let own = message.sender.role == SenderRole::Clinician
                    && message.sender.id.as_ref().map(|id| id.0.as_str()) == me.as_deref();
                MessageView { missed, ..self.stored_view(message, own, entry, &language) }
            })
            .collect();
        views.extend(self.vault.thread_quarantine(thread)?.into_iter().map(quarantined_view));
        views.sort_by(|a, b| a.sent_at.cmp(&b.sent_at));
        let waiting =
            |entry: &&OutboxEntry| !confirmed.contains(&entry.id) && entry.state != OutboxState::Draft;
        let (name, now) = (self.practitioner_name(), self.now());
        views.extend(outbox.iter().filter(waiting).map(|entry| waiting_view(entry, &name, now)));
        Ok(views)
    }

    fn stored_view(
        &self,
        message: StoredMessage,
        own: bool,
        entry: Option<&OutboxEntry>,
        language: &str,
    ) -> MessageView {
        let engine = self.engine();
        let flags: Vec<Flag> = message.flags.iter().map(|stored| stored.flag.clone()).collect();
        let cut = text::cut_text(&message.text, &flags, false);
        MessageView {
            id: message.id.to_string(),
            outbox_id: None,
            role: message.sender.role,
            sender: message.sender.name,
            own,
            sent_at: format_instant(message.sent_at),
            sent_precision: message.sent_precision,
            received: message.received.map(format_instant),
            stored_at: Some(format_instant(message.stored_at)),
            marks: message.marks,
            after_hours: message.after_hours,
            next_open: message.next_open.map(format_instant),
            segments: cut.segments,
            cut: cut.cut,
            flags: message.flags.into_iter().map(|flag| flag_view(&engine, flag, language)).collect(),
            missed: Vec::new(),
            checked: message.checked,
            not_checked: message.not_checked,
            functions: message.functions,
            withdrawn: message.withdrawn_at.is_some(),
            quarantined: false,
            read: message.read,
            delivery: None,
            not_before: None,
            delivered_at: entry.and_then(|entry| entry.sent_at).map(format_instant),
            delivery_error: None,
            attachments: message
                .attachments
                .into_iter()
                .map(|attachment| AttachmentView {
                    id: attachment.id,
                    title: text::preview(&attachment.title, 200),
                    content_type: attachment.content_type,
                    size: attachment.size.and_then(|size| u32::try_from(size).ok()),
                })
                .collect(),
        }
    }

    fn banner(&self, patient: &Patient, now: DateTime<Utc>) -> AppResult<PatientBanner> {
        let today = now.with_timezone(&self.hours().tz()).date_naive();
        let contact = |name: &str, relationship: &str, phone: &str| ContactView {
            name: text::preview(name, 120),
            relationship: text::preview(relationship, 60),
            phone: text::preview(phone, 40),
        };
        let proxies = self.vault.proxies(patient.id)?;
        let reading = |proxy: &&Proxy| proxy.active;
        Ok(PatientBanner {
            id: patient.id.to_string(),
            family: text::preview(&patient.family, 120),
            given: text::preview(&patient.given, 120),
            birth_date: patient.birth_date.clone(),
            age: patient.birth_date.as_deref().and_then(|date| age(date, today)),
            gender: patient.gender.clone(),
            identifier: patient.identifier.clone(),
            phone: patient.phone.clone(),
            languages: patient.languages.clone(),
            country: patient.country.clone(),
            contacts: patient.contacts.iter().map(|c| contact(&c.name, &c.relationship, &c.phone)).collect(),
            proxies: proxies
                .iter()
                .filter(reading)
                .map(|proxy| {
                    contact(&proxy.name, &proxy.relationship, proxy.phone.as_deref().unwrap_or_default())
                })
                .collect(),
            deceased: patient.deceased,
        })
    }

    /// Clinicians and teams who can read a thread besides this clinician: names where they are known, else references.
    fn other_readers(&self, recipients: &[String]) -> AppResult<Vec<String>> {
        let me = self.practitioner().map(|id| format!("Practitioner/{id}"));
        let known = self.vault.practitioners()?;
        let named = |reference: &String| {
            let id = reference.strip_prefix("Practitioner/")?;
            known.iter().find(|found| found.portal_id.0 == id).map(|found| found.name.clone())
        };
        let other = |reference: &&String| {
            Some(*reference) != me.as_ref()
                && !reference.starts_with("Patient/")
                && !reference.starts_with("RelatedPerson/")
        };
        Ok(recipients
            .iter()
            .filter(other)
            .map(|reference| named(reference).unwrap_or(reference.clone()))
            .collect())
    }
}

/// A flag with its rule's reason in the app's language.
pub(crate) fn flag_view(engine: &Engine, stored: StoredFlag, language: &str) -> FlagView {
    let reason = engine.explain(&stored.flag.rule, language).map(|rule| rule.reason).unwrap_or_default();
    FlagView {
        id: stored.id.to_string(),
        rule: stored.flag.rule,
        reason,
        category: stored.flag.category,
        tier: stored.flag.tier,
        text: text::reveal_snippet(&stored.flag.text),
        context: stored.flag.context,
        demoted: stored.flag.demoted,
        dismissed: stored.dismissed_at.is_some(),
    }
}

/// Whole years from a complete birth date to `today`.
pub(crate) fn age(birth_date: &str, today: NaiveDate) -> Option<u32> {
    let born = NaiveDate::parse_from_str(birth_date, "%Y-%m-%d").ok()?;
    let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    u32::try_from(today.year() - born.year() - i32::from(before_birthday)).ok()
}

fn blank_view(sent_at: DateTime<Utc>) -> MessageView {
    MessageView {
        id: String::new(),
        outbox_id: None,
        role: SenderRole::Other,
        sender: String::new(),
        own: false,
        sent_at: format_instant(sent_at),
        sent_precision: SentPrecision::Instant,
        received: None,
        stored_at: None,
        marks: Vec::new(),
        after_hours: None,
        next_open: None,
        segments: Vec::new(),
        cut: false,
        flags: Vec::new(),
        missed: Vec::new(),
        checked: Checked::Full,
        not_checked: Vec::new(),
        functions: Vec::new(),
        withdrawn: false,
        quarantined: false,
        read: true,
        delivery: None,
        not_before: None,
        delivered_at: None,
        delivery_error: None,
        attachments: Vec::new(),
    }
}

fn waiting_view(entry: &OutboxEntry, name: &str, now: DateTime<Utc>) -> MessageView {
    let (state, not_before) = shown_state(entry.state, entry.not_before, now);
    let cut = text::cut_text(&entry.text, &[], false);
    MessageView {
        outbox_id: Some(entry.id.to_string()),
        role: SenderRole::Clinician,
        sender: name.to_owned(),
        own: true,
        segments: cut.segments,
        cut: cut.cut,
        delivery: Some(state),
        not_before: not_before.map(format_instant),
        delivered_at: entry.sent_at.map(format_instant),
        delivery_error: entry.error.clone(),
        ..blank_view(entry.queued_at)
    }
}

fn quarantined_view(row: QuarantineRow) -> MessageView {
    MessageView {
        checked: Checked::None,
        not_checked: vec![inbox_domain::NotCheckedReason::Quarantined],
        quarantined: true,
        read: false,
        stored_at: Some(format_instant(row.first_seen)),
        ..blank_view(row.first_seen)
    }
}

#[cfg(test)]
mod tests;

//! A vault without keys around it, and sample rows, for the tests of this crate.

use chrono::{DateTime, Duration, TimeZone as _, Utc};
use inbox_domain::{
    AfterHoursReason, Batch, Category, Checked, ClientIdentifier, Delivered, Flag, HoursVerdict, Judged,
    Judgement, MessageFunction, OutboxDraft, PortalMessage, PortalPatient, PortalThread, Sender, SenderRole,
    SentPrecision, ThreadId, ThreadKey, ThreadStatus, Tier, Triaged,
};
use tempfile::TempDir;

use super::Vault;
use crate::keys::seal::random;

/// Monday, 09:00 UTC: the instant at which the samples happen.
pub(crate) fn monday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap()
}

/// Minutes after (or before) [`monday`].
pub(crate) fn at(minutes: i64) -> DateTime<Utc> {
    monday() + Duration::minutes(minutes)
}

/// An empty vault under a random key, with real SQLCipher files and no header.
pub(crate) fn vault() -> (TempDir, Vault) {
    let dir = TempDir::new().unwrap();
    let vault = Vault::connect(dir.path(), "Test", &random().unwrap(), true).unwrap();
    (dir, vault)
}

/// A patient.
pub(crate) fn patient(id: &str, family: &str, given: &str) -> PortalPatient {
    PortalPatient {
        portal_id: id.into(),
        version: "1".into(),
        family: family.into(),
        given: given.into(),
        birth_date: Some("1988-05-03".into()),
        gender: None,
        identifier: Some(format!("MRN-{id}")),
        phone: Some("030 23125 001".into()),
        contacts: Vec::new(),
        languages: vec!["de".into()],
        country: Some("DE".into()),
        deceased: false,
        raw: "{}".into(),
    }
}

/// The header of an open thread.
pub(crate) fn thread(id: &str, patient: &str) -> PortalThread {
    PortalThread {
        portal_id: id.into(),
        version: "1".into(),
        last_updated: at(-1000),
        topic: format!("Topic {id}"),
        status: ThreadStatus::Open,
        patient: Some(patient.into()),
        recipients: vec!["Practitioner/dr-a".into(), format!("Patient/{patient}")],
        raw: "{}".into(),
    }
}

/// A message being described.
pub(crate) struct Sample(pub(crate) Judged);

/// A message of patient `p1` in thread `t1`, fully checked, without a flag.
pub(crate) fn message(id: &str, minutes: i64, text: &str) -> Sample {
    let message = PortalMessage {
        portal_id: id.into(),
        version: "1".into(),
        last_updated: at(minutes),
        thread: ThreadKey::Header("t1".into()),
        patient: Some("p1".into()),
        sender: Sender { role: SenderRole::Patient, id: Some("p1".into()), name: String::new() },
        recipients: vec!["Practitioner/dr-a".into()],
        topic: String::new(),
        sent: Some(at(minutes).to_rfc3339()),
        sent_precision: SentPrecision::Instant,
        sent_at: at(minutes),
        received: None,
        text: text.into(),
        delivered: Delivered::Delivered,
        marks: Vec::new(),
        client_identifier: None,
        in_response_to: None,
        attachments: Vec::new(),
        raw: format!("{{\"id\":\"{id}\"}}"),
    };
    let triaged = Triaged {
        tier: Tier::None,
        flags: Vec::new(),
        functions: vec![MessageFunction::Organisational],
        checked: Checked::Full,
        not_checked: Vec::new(),
    };
    Sample(Judged { message, judgement: Judgement { triaged, hours: None } })
}

impl Sample {
    /// Written by the clinician.
    pub(crate) fn by_clinician(mut self) -> Self {
        self.0.message.sender =
            Sender { role: SenderRole::Clinician, id: Some("dr-a".into()), name: "Dr. A".into() };
        self
    }

    /// In another thread and about another patient.
    pub(crate) fn within(mut self, thread: &str, patient: &str) -> Self {
        self.0.message.thread = ThreadKey::Header(thread.into());
        self.0.message.patient = Some(patient.into());
        self
    }

    /// With a thread key.
    pub(crate) fn keyed(mut self, key: ThreadKey) -> Self {
        self.0.message.thread = key;
        self
    }

    /// Another version.
    pub(crate) fn version(mut self, version: &str, minutes: i64) -> Self {
        self.0.message.version = version.into();
        self.0.message.last_updated = at(minutes);
        self
    }

    /// Delivered, draft or withdrawn.
    pub(crate) fn delivered(mut self, delivered: Delivered) -> Self {
        self.0.message.delivered = delivered;
        self
    }

    /// With our identifier.
    pub(crate) fn client_identifier(mut self, identifier: &ClientIdentifier) -> Self {
        self.0.message.client_identifier = Some(identifier.clone());
        self
    }

    /// With a flag over the first four characters.
    pub(crate) fn flagged(mut self, tier: Tier) -> Self {
        let text: String = self.0.message.text.chars().take(4).collect();
        let triaged = &mut self.0.judgement.triaged;
        triaged.flags.push(Flag {
            rule: format!("en.test.{}", triaged.flags.len()),
            category: Category::Intent,
            tier,
            start: 0,
            end: text.chars().count(),
            text,
            context: Vec::new(),
            demoted: false,
            also: Vec::new(),
        });
        triaged.tier = triaged.tier.max(tier);
        self
    }

    /// Not fully checked.
    pub(crate) fn unchecked(mut self) -> Self {
        self.0.judgement.triaged.checked = Checked::Partial;
        self.0.judgement.triaged.not_checked = vec![inbox_domain::NotCheckedReason::Attachment];
        self
    }

    /// Written after hours, with the next opening.
    pub(crate) fn after_hours(mut self, next_open_minutes: i64) -> Self {
        self.0.judgement.hours = Some(HoursVerdict {
            after_hours: true,
            reason: AfterHoursReason::Night,
            next_open: Some(at(next_open_minutes)),
            cover: None,
        });
        self
    }
}

/// A batch of messages, with the header of `t1` and patient `p1`.
pub(crate) fn batch(messages: impl IntoIterator<Item = Sample>) -> Batch {
    Batch {
        patients: vec![patient("p1", "Sample", "Petra")],
        threads: vec![thread("t1", "p1")],
        messages: messages.into_iter().map(|sample| sample.0).collect(),
        ..Batch::default()
    }
}

/// A reply to a thread.
pub(crate) fn reply(thread: ThreadId, text: &str) -> OutboxDraft {
    OutboxDraft {
        thread: Some(thread),
        patient: None,
        topic: String::new(),
        text: text.into(),
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    }
}

impl Vault {
    /// The one thread of the samples.
    pub(crate) fn t1(&self) -> ThreadId {
        self.thread_by_portal_id(&"t1".into()).unwrap().unwrap()
    }
}

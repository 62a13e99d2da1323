//! What the server holds, as the ones who wrote it know: the measure against which the vault is held.

use chrono::{DateTime, TimeDelta, Utc};
use demo_portal::{Control, LateCommit, NewMessage};
use serde_json::{Value, json};

use crate::clock::Clocks;
use crate::draw::Act;

/// The clinician whose vault it is.
pub(crate) const ADLER: &str = "Practitioner/dr-adler";
const COLLEAGUE: &str = "Practitioner/dr-brandt";
const TEXTS: [&str; 8] = [
    "A few words.",
    "Can I have a refill?",
    "I slept badly again.",
    "Thank you, that helped.",
    "When is my next appointment?",
    "The new dose makes me dizzy.",
    "I am going to kill myself tonight.",
    "Ich schlafe schlecht.",
];

/// A thread of the server.
#[derive(Debug, Clone)]
pub(crate) struct Thread {
    pub(crate) header: String,
    /// Since when its header names her; `None` while it does not.
    pub(crate) hers_since: Option<DateTime<Utc>>,
    /// It came to her with a past: what she sees of it first holds no reply.
    pub(crate) has_past: bool,
    patient: String,
}

/// A message of the server.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) thread: usize,
    pub(crate) text: String,
    /// `meta.versionId` and `meta.lastUpdated` of the newest version that is visible.
    pub(crate) version: String,
    pub(crate) stamp: DateTime<Utc>,
    /// When that version became visible; `None` before the first one did.
    pub(crate) seen_at: Option<DateTime<Utc>>,
    pub(crate) deleted: bool,
    pub(crate) voided: bool,
    pub(crate) names_her: bool,
    pub(crate) wrong_subject: bool,
    /// A version that nobody sees yet.
    waiting: bool,
}

struct Late {
    due: DateTime<Utc>,
    message: usize,
    text: Option<String>,
    commit: LateCommit,
}

/// The server, as known.
pub(crate) struct Model {
    control: Control,
    clocks: Clocks,
    patients: Vec<String>,
    /// A proxy of one of the patients, with that patient.
    proxy: Option<(String, String)>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) messages: Vec<Message>,
    late: Vec<Late>,
    pub(crate) links_expired: bool,
}

impl Model {
    pub(crate) fn new(control: Control, clocks: Clocks) -> Self {
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        let patients: Vec<String> = control.resources("Patient").iter().map(id).take(5).collect();
        let proxy = control.resources("RelatedPerson").iter().find_map(|value| {
            let patient = value["patient"]["reference"].as_str()?.strip_prefix("Patient/")?.to_owned();
            patients.contains(&patient).then(|| (format!("RelatedPerson/{}", id(value)), patient))
        });
        Self {
            control,
            clocks,
            patients,
            proxy,
            threads: Vec::new(),
            messages: Vec::new(),
            late: Vec::new(),
            links_expired: false,
        }
    }

    pub(crate) fn patient(&self, number: u32) -> &str {
        &self.patients[number as usize % self.patients.len()]
    }

    pub(crate) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(crate) fn thread_of(&self, header: &str) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.header == header)
    }

    /// What she may see, and since when: the later of the message's own visibility and her being named.
    pub(crate) fn shown_since(&self, message: &Message) -> Option<DateTime<Utc>> {
        let seen = message.seen_at?;
        if message.names_her {
            return Some(seen);
        }
        self.threads[message.thread].hers_since.map(|since| since.max(seen))
    }

    /// What others do; acts of the clinician are not ours.
    pub(crate) fn act(&mut self, act: &Act) {
        match *act {
            Act::Writes { patient, text, begins, proxy, late } => {
                self.writes(patient, text, begins, proxy, late)
            }
            Act::Edits { message, late } => self.edits(message, late),
            Act::Withdraws { message } => {
                if let Some(at) = self.pick(message) {
                    self.control.void_message(&self.messages[at].id).unwrap();
                    self.messages[at].voided = true;
                    self.settle(at);
                }
            }
            Act::Deletes { message } => {
                if let Some(at) = self.pick(message) {
                    self.control.delete("Communication", &self.messages[at].id).unwrap();
                    self.messages[at].deleted = true;
                }
            }
            Act::Colleague { thread, names_her, late } => self.colleague(thread, names_her, late),
            Act::Elsewhere { patient } => self.elsewhere(patient),
            Act::NamesHer { thread } => self.names_her(thread),
            Act::WrongSubject { thread } => self.wrong_subject(thread),
            Act::LinksExpire => {
                self.control.expire_cursors();
                self.links_expired = true;
            }
            _ => {}
        }
    }

    fn writes(&mut self, patient: u32, text: u32, begins: bool, proxy: bool, late: u32) {
        let mut patient = self.patient(patient).to_owned();
        let sender = self.proxy.clone().filter(|_| proxy);
        if let Some((_, of)) = &sender {
            patient.clone_from(of);
        }
        let known =
            self.threads.iter().rev().find(|thread| thread.patient == patient && thread.hers_since.is_some());
        let thread = known.map(|thread| thread.header.clone()).filter(|_| !begins);
        let text = TEXTS[text as usize % TEXTS.len()].to_owned();
        let message = NewMessage {
            patient: patient.clone(),
            text: text.clone(),
            topic: thread.is_none().then(|| "A question".to_owned()),
            thread,
            sender: sender.map(|(proxy, _)| proxy),
            ..NewMessage::default()
        };
        let (added, commit) = self.control.begin_message(&message).unwrap();
        let thread = self.thread_at(&added.thread, &patient, true);
        self.arrives(added.id, thread, text, true, late, commit);
    }

    fn thread_at(&mut self, header: &str, patient: &str, hers: bool) -> usize {
        if let Some(at) = self.threads.iter().position(|thread| thread.header == header) {
            return at;
        }
        self.threads.push(Thread {
            header: header.to_owned(),
            hers_since: hers.then(|| self.clocks.server()),
            has_past: false,
            patient: patient.to_owned(),
        });
        self.threads.len() - 1
    }

    fn arrives(
        &mut self,
        id: String,
        thread: usize,
        text: String,
        names_her: bool,
        late: u32,
        commit: LateCommit,
    ) {
        self.messages.push(Message {
            id,
            thread,
            text: String::new(),
            version: String::new(),
            stamp: self.clocks.server(),
            seen_at: None,
            deleted: false,
            voided: false,
            names_her,
            wrong_subject: false,
            waiting: true,
        });
        let due = self.clocks.server() + TimeDelta::seconds(i64::from(late));
        self.late.push(Late { due, message: self.messages.len() - 1, text: Some(text), commit });
        self.commit_due();
    }

    /// Makes visible what is due.
    pub(crate) fn commit_due(&mut self) {
        let now = self.clocks.server();
        let mut waiting = Vec::new();
        for late in std::mem::take(&mut self.late) {
            if late.due > now {
                waiting.push(late);
                continue;
            }
            late.commit.commit();
            self.messages[late.message].waiting = false;
            if let Some(text) = late.text {
                self.messages[late.message].text = text;
            }
            self.settle(late.message);
        }
        self.late = waiting;
    }

    /// The last late commit is due at this instant.
    pub(crate) fn last_due(&self) -> Option<DateTime<Utc>> {
        self.late.iter().map(|late| late.due).max()
    }

    /// Notes the version that is visible now.
    fn settle(&mut self, at: usize) {
        let value = self.control.resource("Communication", &self.messages[at].id).unwrap_or_default();
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let message = &mut self.messages[at];
        message.version = text("/meta/versionId").to_owned();
        message.stamp = text("/meta/lastUpdated").parse().unwrap_or_default();
        message.seen_at = Some(self.clocks.server());
    }

    /// A message that can be changed: visible, alone, and not gone.
    fn pick(&self, number: u32) -> Option<usize> {
        let free = |message: &Message| {
            !message.waiting && !message.deleted && !message.voided && !message.wrong_subject
        };
        let found: Vec<usize> = (0..self.messages.len()).filter(|at| free(&self.messages[*at])).collect();
        // Mostly what was written lately.
        let recent = &found[found.len().saturating_sub(12)..];
        (!recent.is_empty()).then(|| recent[number as usize % recent.len()])
    }

    fn edits(&mut self, message: u32, late: u32) {
        let Some(at) = self.pick(message) else { return };
        let text = format!("{} Or not.", self.messages[at].text);
        let commit = self
            .control
            .begin_edit("Communication", &self.messages[at].id, |value| {
                value["payload"] = json!([{"contentString": text}]);
            })
            .unwrap();
        self.messages[at].waiting = true;
        let due = self.clocks.server() + TimeDelta::seconds(i64::from(late));
        self.late.push(Late { due, message: at, text: Some(text), commit });
        self.commit_due();
    }

    /// A message of somebody else, not by way of a patient's portal page.
    fn put(&mut self, thread: usize, subject: &str, names_her: bool, late: u32) -> usize {
        let id = uuid::Uuid::new_v4().to_string();
        let text = "A word among colleagues.".to_owned();
        let recipient = if names_her { ADLER } else { COLLEAGUE };
        let value = json!({
            "resourceType": "Communication", "status": "completed",
            "partOf": [{"reference": format!("Communication/{}", self.threads[thread].header)}],
            "subject": {"reference": format!("Patient/{subject}")},
            "sender": {"reference": COLLEAGUE},
            "recipient": [{"reference": recipient}],
            "sent": self.clocks.server().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "payload": [{"contentString": text}],
        });
        let commit = self.control.begin_raw("Communication", &id, value).unwrap();
        self.arrives(id, thread, text, names_her, late, commit);
        self.messages.len() - 1
    }

    fn colleague(&mut self, thread: u32, names_her: bool, late: u32) {
        if self.threads.is_empty() {
            return;
        }
        let at = thread as usize % self.threads.len();
        let patient = self.threads[at].patient.clone();
        self.put(at, &patient, names_her, late);
    }

    fn elsewhere(&mut self, patient: u32) {
        let patient = self.patient(patient).to_owned();
        let header = uuid::Uuid::new_v4().to_string();
        let value = json!({
            "resourceType": "Communication", "status": "in-progress", "topic": {"text": "Elsewhere"},
            "subject": {"reference": format!("Patient/{patient}")}, "sender": {"reference": COLLEAGUE},
            "recipient": [{"reference": COLLEAGUE}, {"reference": format!("Patient/{patient}")}],
            "sent": self.clocks.server().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        });
        self.control.put_raw("Communication", &header, value).unwrap();
        let at = self.thread_at(&header, &patient, false);
        self.threads[at].has_past = true;
        self.put(at, &patient, false, 0);
    }

    fn names_her(&mut self, thread: u32) {
        let closed: Vec<usize> =
            (0..self.threads.len()).filter(|at| self.threads[*at].hers_since.is_none()).collect();
        if closed.is_empty() {
            return;
        }
        let at = closed[thread as usize % closed.len()];
        let add = |value: &mut Value| {
            if let Some(list) = value["recipient"].as_array_mut() {
                list.push(json!({"reference": ADLER}));
            }
        };
        self.control.edit("Communication", &self.threads[at].header, add).unwrap();
        self.threads[at].hers_since = Some(self.clocks.server());
    }

    fn wrong_subject(&mut self, thread: u32) {
        let hers: Vec<usize> =
            (0..self.threads.len()).filter(|at| self.threads[*at].hers_since.is_some()).collect();
        if hers.is_empty() {
            return;
        }
        let thread = hers[thread as usize % hers.len()];
        let other = self.patients.iter().find(|patient| **patient != self.threads[thread].patient).cloned();
        let at = self.put(thread, &other.unwrap_or_default(), true, 0);
        self.messages[at].wrong_subject = true;
    }
}

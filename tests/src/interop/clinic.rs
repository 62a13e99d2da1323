//! The people and messages that the suite creates, under identifiers that nobody else uses.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::format_instant;
use serde_json::{Value, json};

use super::Target;
use super::server::Server;
use super::table::Trouble;

const SYSTEM: &str = "urn:anteroom:interop";

/// Texts that a server or a client might change on their way.
const TEXTS: [&str; 6] = [
    "Guten Morgen, ich habe kaum geschlafen. 😔 \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "Thank you for writing. Shall we talk on Thursday?",
    "Line one\nLine two \"quoted\" \\ back & <b>not bold</b>\n\ttab",
    "مرحبا، هل يمكننا تغيير الموعد؟ 2 < 3",
    "Of course. Ça ira à 10 h ? – Ja.",
    "It is fine, I only wanted to say that I sleep better now.",
];

/// A message that the suite created.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) id: String,
    pub(super) header: String,
    pub(super) text: String,
    /// Which of the two clinicians may see it.
    pub(super) seen_by: [bool; 2],
    /// The first clinician sees it only because the thread's header names her.
    pub(super) by_header: bool,
}

/// All that the suite created.
#[derive(Debug)]
pub(super) struct Clinic {
    /// In every identifier of this run.
    pub(super) run: String,
    /// `Practitioner/ID`.
    pub(super) clinicians: [String; 2],
    /// Ids of patients.
    pub(super) patients: Vec<String>,
    /// Headers: hers and a patient's, hers with a message that only the header shows her, the colleague's, both of them.
    pub(super) threads: Vec<String>,
    pub(super) messages: Vec<Made>,
    /// Type and id, in order of creation.
    pub(super) created: Vec<(String, String)>,
    begun: DateTime<Utc>,
    count: u32,
}

/// A message to be created.
pub(super) struct Draft<'a> {
    pub(super) header: &'a str,
    pub(super) patient: &'a str,
    pub(super) from: &'a str,
    pub(super) to: Vec<String>,
    pub(super) text: &'a str,
}

impl Clinic {
    /// Creates people and the first threads.
    pub(super) async fn create(server: &Server, target: &Target) -> Result<Self, Trouble> {
        let mut clinic = Self {
            run: uuid::Uuid::new_v4().simple().to_string()[..12].to_owned(),
            clinicians: Default::default(),
            patients: Vec::new(),
            threads: Vec::new(),
            messages: Vec::new(),
            created: Vec::new(),
            begun: Utc::now() - TimeDelta::hours(40),
            count: 0,
        };
        for (n, name) in ["Anders", "Boyd"].iter().enumerate() {
            let known = target.clinicians[n].reference.clone();
            clinic.clinicians[n] = match known {
                Some(known) => known,
                None => clinic.person(server, "Practitioner", name).await?,
            };
        }
        for name in ["Cole", "Duval", "Ebner"] {
            let patient = clinic.person(server, "Patient", name).await?;
            clinic.patients.push(patient.trim_start_matches("Patient/").to_owned());
        }
        clinic.write_threads(server).await?;
        Ok(clinic)
    }

    async fn write_threads(&mut self, server: &Server) -> Result<(), Trouble> {
        let [anders, boyd] = self.clinicians.clone();
        let plan: [(&[&String], usize, usize, [bool; 2]); 4] = [
            (&[&anders], 0, 6, [true, false]),
            (&[&anders], 1, 3, [true, false]),
            (&[&boyd], 2, 5, [false, true]),
            (&[&anders, &boyd], 0, 4, [true, true]),
        ];
        for (members, patient, count, seen_by) in plan {
            let patient = self.patients[patient].clone();
            let header = self.open_thread(server, &patient, members).await?;
            self.threads.push(header.clone());
            for (n, text) in TEXTS.into_iter().enumerate().take(count) {
                let from_patient = n % 2 == 0;
                let her = format!("Patient/{patient}");
                let from = if from_patient { her.as_str() } else { members[0].as_str() };
                let to: Vec<String> = members
                    .iter()
                    .map(|one| (*one).clone())
                    .chain([her.clone()])
                    .filter(|one| one != from)
                    .collect();
                self.write(server, Draft { header: &header, patient: &patient, from, to, text }, seen_by)
                    .await?;
            }
        }
        // Sender and recipient are others: she sees it because the header of the thread names her.
        let (header, patient) = (self.threads[1].clone(), self.patients[1].clone());
        let to = vec![format!("Patient/{patient}")];
        let text = "A word from the colleague on duty.";
        let draft = Draft { header: &header, patient: &patient, from: &boyd, to, text };
        self.write(server, draft, [true, true]).await?;
        self.messages.iter_mut().rev().take(1).for_each(|one| one.by_header = true);
        Ok(())
    }

    /// Creates a thread's header and answers its id.
    pub(super) async fn open_thread(
        &mut self,
        server: &Server,
        patient: &str,
        members: &[&String],
    ) -> Result<String, Trouble> {
        let header = self.header(patient, members);
        self.keep(server, &header).await
    }

    /// A thread's header as a resource.
    pub(super) fn header(&mut self, patient: &str, members: &[&String]) -> Value {
        let mut recipients = vec![json!({"reference": format!("Patient/{patient}")})];
        recipients.extend(members.iter().map(|one| json!({"reference": one})));
        json!({
            "resourceType": "Communication",
            "identifier": [self.identifier()],
            "status": "in-progress",
            "topic": {"text": format!("Interop {}", self.run)},
            "subject": {"reference": format!("Patient/{patient}")},
            "sender": {"reference": format!("Patient/{patient}")},
            "recipient": recipients,
        })
    }

    /// Creates a message.
    pub(super) async fn write(
        &mut self,
        server: &Server,
        draft: Draft<'_>,
        seen_by: [bool; 2],
    ) -> Result<Made, Trouble> {
        let value = self.message(&draft);
        let id = self.keep(server, &value).await?;
        let made = Made {
            id,
            header: draft.header.to_owned(),
            text: draft.text.to_owned(),
            seen_by,
            by_header: false,
        };
        self.messages.push(made.clone());
        Ok(made)
    }

    /// A message of the patient of a thread of hers to her.
    pub(super) async fn patient_writes(&mut self, server: &Server, text: &str) -> Result<Made, Trouble> {
        let (header, patient) = (self.threads[0].clone(), self.patients[0].clone());
        let from = format!("Patient/{patient}");
        let to = vec![self.clinicians[0].clone()];
        self.write(server, Draft { header: &header, patient: &patient, from: &from, to, text }, [true, false])
            .await
    }

    /// A message as a resource; each is a minute later than the one before.
    pub(super) fn message(&mut self, draft: &Draft<'_>) -> Value {
        let identifier = self.identifier();
        let sent = self.begun + TimeDelta::minutes(i64::from(self.count));
        let to: Vec<Value> = draft.to.iter().map(|one| json!({"reference": one})).collect();
        json!({
            "resourceType": "Communication",
            "identifier": [identifier],
            "status": "completed",
            "partOf": [{"reference": format!("Communication/{}", draft.header)}],
            "subject": {"reference": format!("Patient/{}", draft.patient)},
            "sender": {"reference": draft.from},
            "recipient": to,
            "sent": format_instant(sent),
            "payload": [{"contentString": draft.text}],
        })
    }

    async fn person(&mut self, server: &Server, kind: &str, family: &str) -> Result<String, Trouble> {
        let person = json!({
            "resourceType": kind,
            "identifier": [self.identifier()],
            "name": [{"family": family, "given": ["Robin"], "text": format!("Robin {family}")}],
        });
        Ok(format!("{kind}/{}", self.keep(server, &person).await?))
    }

    /// Creates a resource that is deleted at the end.
    pub(super) async fn keep(&mut self, server: &Server, value: &Value) -> Result<String, Trouble> {
        let id = server.create(value).await?;
        let kind = value["resourceType"].as_str().unwrap_or_default().to_owned();
        self.created.push((kind, id.clone()));
        Ok(id)
    }

    fn identifier(&mut self) -> Value {
        self.count += 1;
        json!({"system": SYSTEM, "value": format!("{}-{}", self.run, self.count)})
    }

    /// Ids of the messages that one of the clinicians may see, or that she may not.
    pub(super) fn ids(&self, clinician: usize, visible: bool) -> BTreeSet<String> {
        let wanted = self.messages.iter().filter(|one| one.seen_by[clinician] == visible);
        wanted.map(|one| one.id.clone()).collect()
    }
}

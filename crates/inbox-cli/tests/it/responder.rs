//! The after-hours acknowledgement against the sample portal: signed or not at all, once for a patient and a closed
//! period however many run, never an answer, and a record that other hours do not touch.

use std::fs;

use chrono::{TimeDelta, Utc};
use demo_portal::NewMessage;
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, call_with};

const TEXT_EN: &str = include_str!("../../../../assets/guidelines/en/after-hours-acknowledgement.toml");
const TEXT_DE: &str = include_str!("../../../../assets/guidelines/de/after-hours-acknowledgement.toml");

/// Hours of a clinic that closed two hours ago and opens again in a week: open every day for one hour, and away since.
fn closed_now() -> String {
    let (now, day) = (Utc::now(), TimeDelta::days(1));
    let (start, end) = (now - TimeDelta::hours(3), now - TimeDelta::hours(2));
    let days: Vec<Value> = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .map(|day| json!({"day": day, "start": start.format("%H:%M").to_string(), "end": end.format("%H:%M").to_string()}))
        .to_vec();
    let from = (now - day * 30).date_naive().to_string();
    json!({"zone": "UTC", "versions": [{"from": from, "weekly": days}]}).to_string()
}

struct Clinic {
    rig: Rig,
    policy: String,
}

impl Clinic {
    /// With hours that are closed now, a patient's message of a minute ago, and the text signed where `signed`.
    fn closed(signed: bool) -> Self {
        let rig = Rig::filled();
        let hours = rig.file("hours.json", &closed_now());
        rig.vault(&["hours", "load", &hours]).done();
        let key = rig.vault(&["pack", "key"]).done();
        let (who, key) = (&key.last()["practitioner"], &key.last()["public_key"]);
        let policy = rig.file("policy.toml", &format!("[[lead]]\npractitioner = {who}\nkey = {key}\n"));
        let packs = rig.vault_dir().with_file_name("packs");
        fs::create_dir(&packs).unwrap();
        if signed {
            let from = packs.with_file_name("source");
            for (language, text) in [("en", TEXT_EN), ("de", TEXT_DE)] {
                let dir = from.join("guidelines").join(language);
                fs::create_dir_all(&dir).unwrap();
                fs::write(dir.join("after-hours-acknowledgement.toml"), text).unwrap();
            }
            let (from, to) = (from.to_str().unwrap(), packs.join("night.pack"));
            let to = to.to_str().unwrap();
            rig.vault(&["pack", "sign", "--from", from, "--name", "night", "--number", "1", "--to", to])
                .done();
        }
        Self { rig, policy }
    }

    fn respond(&self) -> Answer {
        self.rig.vault(&["responder", "--once", "--policy", &self.policy])
    }

    fn writes(&self, text: &str) -> String {
        let sent = Utc::now() - TimeDelta::minutes(1);
        let thread = self.rig.vault(&["threads"]).done();
        let row = thread.lines.iter().find(|row| row["patient"]["id"].is_string()).unwrap();
        let id = row["id"].as_str().unwrap().to_owned();
        let header = row["portal_id"].as_str().unwrap().to_owned();
        let resource = self.rig.portal.control().resource("Communication", &header).unwrap();
        let patient = resource["subject"]["reference"].as_str().unwrap().to_owned();
        self.rig
            .portal
            .control()
            .add_message(&NewMessage {
                thread: Some(header),
                patient: patient.trim_start_matches("Patient/").to_owned(),
                text: text.to_owned(),
                sent: Some(sent.to_rfc3339()),
                ..NewMessage::default()
            })
            .unwrap();
        id
    }

    fn automatic(&self) -> Vec<Value> {
        let all = self.rig.portal.control().resources("Communication");
        all.into_iter()
            .filter(|found| found["category"][0]["coding"][0]["code"] == "after-hours-acknowledgement")
            .collect()
    }
}

#[test]
fn without_a_signed_text_nothing_is_sent_and_it_says_so() {
    let clinic = Clinic::closed(false);
    clinic.writes("Good evening, may I ask something?");
    assert_eq!(clinic.respond().failed(), "acknowledgement_unsigned");
    assert!(clinic.automatic().is_empty());
}

#[test]
fn a_message_in_the_night_is_acknowledged_once_and_still_waits_for_an_answer() {
    let clinic = Clinic::closed(true);
    let thread = clinic.writes("Good evening, may I ask something?");
    let first = clinic.respond().done();
    assert_eq!((first.lines.len(), &first.last()["state"]), (1, &json!("sent")), "{:?}", first.lines);
    let sent = clinic.automatic();
    assert_eq!(sent.len(), 1);
    let text = sent[0]["payload"][0]["contentString"].as_str().unwrap();
    assert!(!text.contains('{') && text.contains("112"), "{text}");
    assert_eq!(sent[0]["identifier"][0]["value"], first.last()["client_identifier"]);

    // Three in a row, and a second look: nothing more.
    clinic.writes("And another thing.");
    assert!(clinic.respond().done().lines.is_empty());
    assert_eq!(clinic.automatic().len(), 1);

    // It is no answer.
    let waiting = clinic.rig.vault(&["threads", "--view", "waiting-for-me"]).done();
    assert!(waiting.lines.iter().any(|row| row["id"] == json!(thread)), "the thread waits for the clinician");

    // Other hours touch no promise.
    let promised = clinic.rig.vault(&["promises", &thread]).done().lines;
    assert_eq!(promised.len(), 1);
    assert_eq!(promised[0]["client_identifier"], first.last()["client_identifier"]);
    assert!(promised[0]["read_by"].is_string() && promised[0]["zone"] == json!("UTC"));
    let always = r#"{"zone":"Europe/Berlin","versions":[{"from":"2020-01-01","weekly":[{"day":"mon","start":"00:00","end":"00:00"}]}]}"#;
    let other = clinic.rig.file("other.json", always);
    clinic.rig.vault(&["hours", "load", &other]).done();
    assert_eq!(clinic.rig.vault(&["promises", &thread]).done().lines, promised);
}

#[test]
fn a_conversation_that_is_going_on_is_not_interrupted() {
    let clinic = Clinic::closed(true);
    let thread = clinic.writes("Good evening, may I ask something?");
    clinic.rig.vault(&["sync"]).done();
    let text = clinic.rig.file("reply", "Yes, please do.");
    clinic.rig.vault(&["reply", &thread, "--text-file", &text]).done();
    clinic.rig.vault(&["sync"]).done();
    clinic.writes("Thank you, it is about Thursday.");
    assert!(clinic.respond().done().lines.is_empty());
    assert!(clinic.automatic().is_empty());
}

#[test]
fn two_workstations_at_once_send_one() {
    let clinic = Clinic::closed(true);
    clinic.writes("Good evening, may I ask something?");
    // A second vault of the same clinician, with the same hours.
    let other = clinic.rig.vault_dir().with_file_name("other");
    let (dir, passphrase) =
        (other.to_str().unwrap().to_owned(), clinic.rig.file("passphrase", "a passphrase for tests\n"));
    let on_other = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--vault", &dir, "--passphrase-file", &passphrase]);
        call_with(&all, "")
    };
    on_other(&["vault", "create", "--no-keyring"]).done();
    let me = clinic.rig.portal.practitioners().remove(0);
    let token = clinic.rig.file("token-of-other", clinic.rig.portal.token(&me.id));
    let url = clinic.rig.portal.base_url();
    on_other(&["login", "--portal", &url, "--practitioner", &me.reference, "--token-file", &token]).done();
    on_other(&["sync"]).done();
    let shown = clinic.rig.vault(&["hours", "show"]).done();
    let hours = clinic.rig.file("same.json", &shown.last().to_string());
    on_other(&["hours", "load", &hours]).done();
    let (one, two) = std::thread::scope(|scope| {
        let two = scope.spawn(|| on_other(&["responder", "--once", "--policy", &clinic.policy]));
        (clinic.respond(), two.join().unwrap())
    });
    assert_eq!((one.code, two.code), (0, 0), "{} {}", one.messages, two.messages);
    assert_eq!(clinic.automatic().len(), 1, "one message");
    assert!(clinic.respond().done().lines.is_empty());
    assert!(on_other(&["responder", "--once", "--policy", &clinic.policy]).done().lines.is_empty());
}

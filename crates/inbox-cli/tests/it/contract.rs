//! The shapes of CLI.md, line by line, for the calls that talk to the portal or wait for it; and attachments.

use demo_portal::{Fault, FaultKind, NewMessage, Options, Quirks};
use serde_json::{Value, json};

use crate::rig::Rig;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn assert_holds(value: &Value, expected: &[&str]) {
    let found = keys(value);
    assert!(expected.iter().all(|key| found.contains(key)), "{expected:?} in {value}");
}

const SYNC: [&str; 13] = [
    "fetched",
    "new",
    "updated",
    "withdrawn",
    "quarantined",
    "sent",
    "unknown",
    "failed",
    "pending",
    "requests",
    "bytes",
    "complete_until",
    "duration_ms",
];
const OUTBOX: [&str; 7] = ["id", "client_identifier", "thread", "state", "attempts", "not_before", "error"];

/// One patient, one message, synced; the thread.
fn with_message(rig: &Rig) -> String {
    let patient = rig.portal.control().resources("Patient")[0]["id"].as_str().unwrap().to_owned();
    let message = NewMessage { patient, text: "Can I have a refill?".into(), ..NewMessage::default() };
    rig.portal.control().add_message(&message).unwrap();
    rig.vault(&["sync"]).done();
    rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned()
}

fn connected(quirks: &str) -> Rig {
    let quirks = Quirks::preset(quirks).unwrap();
    let rig = Rig::start_with(Options { messages: 0, quirks, ..Options::default() });
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    rig.login().done();
    rig
}

#[test]
fn the_calls_have_the_shapes_of_their_contract() {
    let rig = connected("none");
    let thread = with_message(&rig);
    let synced = rig.vault(&["sync", "--full"]).done();
    assert_holds(synced.last(), &SYNC);
    let until = synced.last()["complete_until"].as_str().unwrap();
    assert!(until.len() == "2026-11-24T09:00:00.000Z".len() && until.ends_with('Z'), "{until}");

    let words = rig.file("reply", "Yes.\n");
    let queued = rig.vault(&["reply", &thread, "--text-file", &words, "--even-if-newer"]).done();
    assert_eq!(keys(queued.last()), ["client_identifier", "outbox_id", "state"]);
    let later = rig
        .vault(&["reply", &thread, "--text-file", &words, "--not-before", "2099-01-01T08:00:00+01:00"])
        .done();
    assert_eq!(later.last()["state"], json!("scheduled"));
    let held = rig.vault(&["reply", &thread, "--text-file", &words, "--in-hours"]).done();
    assert!(["queued", "scheduled"].contains(&held.last()["state"].as_str().unwrap()));
    let both =
        ["reply", &thread, "--text-file", &words, "--in-hours", "--not-before", "2099-01-01T08:00:00Z"];
    assert_eq!(rig.vault(&both).code, 2);
    assert_eq!(rig.vault(&["reply", &thread, "--text-file", &words, "--not-before", "tomorrow"]).code, 2);

    let patient = rig.portal.control().resources("Patient")[0]["id"].as_str().unwrap().to_owned();
    let topic = rig.file("topic", "Laboratory\n");
    let new =
        rig.vault(&["send", "--patient", &patient, "--topic-file", &topic, "--text-file", &words]).done();
    assert_eq!(keys(new.last()), ["client_identifier", "outbox_id", "state"]);

    let outbox = rig.vault(&["outbox"]).done();
    assert_eq!(outbox.lines.len(), 4);
    outbox.lines.iter().for_each(|line| assert_holds(line, &OUTBOX));
    let line = outbox.lines.iter().find(|line| line["id"] == later.last()["outbox_id"]).unwrap();
    assert_eq!(
        (&line["state"], &line["not_before"]),
        (&json!("scheduled"), &json!("2099-01-01T07:00:00.000Z"))
    );

    // A newer message holds what has not seen it; resolving sends it or gives it up.
    let control = rig.portal.control();
    control
        .add_message(&NewMessage { patient, text: "Please call.".into(), ..NewMessage::default() })
        .unwrap();
    let sent = rig.vault(&["sync"]).done();
    assert_eq!(sent.last()["sent"], json!(2), "{}", sent.last());
    let id = later.last()["outbox_id"].as_str().unwrap();
    assert_eq!(rig.vault(&["outbox", "resolve", id]).code, 2, "--send or --discard");
    let discarded = rig.vault(&["outbox", "resolve", id, "--discard"]).done();
    assert_holds(discarded.last(), &OUTBOX);
    assert_eq!(rig.vault(&["outbox", "resolve", id, "--send"]).failed(), "no_such_outbox_entry");

    let broken = json!({"resourceType": "Communication", "id": "broken", "payload": 7,
        "recipient": [{"reference": "Practitioner/dr-adler"}]});
    rig.portal.control().put_raw("Communication", "broken", broken).unwrap();
    rig.vault(&["sync"]).done();
    let rows = rig.vault(&["quarantine"]).done();
    assert_eq!(keys(&rows.lines[0]), ["first_seen", "portal_id", "portal_type", "reason"]);
    assert_eq!(rig.vault(&["search", "refill", "--limit", "1"]).done().lines.len(), 1);
    let hit = rig.vault(&["search", "refill"]).done();
    assert_holds(&hit.lines[0], &["message", "thread", "patient", "sent", "snippet"]);
}

#[test]
fn login_prints_what_the_server_can_do() {
    let rig = connected("wso2");
    let login = rig.login().done();
    let record = login.last();
    assert_holds(record, &["portal", "capabilities", "practitioner"]);
    assert_eq!(
        record["capabilities"]["probes"]["unknown_parameter"],
        json!(null),
        "no message to compare with"
    );
    assert_eq!(record["capabilities"]["probes"]["type_history"], json!(true));
    assert!(record["capabilities"]["types"]["Communication"]["search"].as_array().unwrap().len() > 5);
}

#[test]
fn on_a_portal_that_cannot_be_asked_the_clinician_decides() {
    for (decision, copies) in [("--send", 1), ("--discard", 0)] {
        let rig = connected("millennium");
        let thread = with_message(&rig);
        let words = rig.file("reply", "Yes, it is ready.");
        rig.vault(&["reply", &thread, "--text-file", &words]).done();
        rig.portal.control().add_fault(Fault::new(FaultKind::ServerError).on("POST", "Communication"));
        for _ in 0..2 {
            let synced = rig.vault(&["sync"]).done();
            assert_eq!(synced.last()["unknown"], json!(1));
        }
        let line = rig.vault(&["outbox"]).done().lines.remove(0);
        assert_eq!((&line["state"], &line["error"]), (&json!("unknown"), &json!("no_lookup")));
        rig.vault(&["outbox", "resolve", line["id"].as_str().unwrap(), decision]).done();
        rig.vault(&["sync"]).done();
        rig.vault(&["sync"]).done();
        let all = rig.portal.control().resources("Communication");
        let sent = all
            .iter()
            .filter(|one| one["sender"]["reference"] == "Practitioner/dr-adler" && one["payload"].is_array());
        assert_eq!(sent.count(), copies, "{decision}");
        let shown = rig.vault(&["thread", &thread]).done();
        assert_eq!(shown.last()["messages"].as_array().unwrap().len(), 1 + copies, "{decision}");
    }
}

#[test]
fn an_attachment_is_written_to_a_new_file_and_kept() {
    let rig = Rig::filled();
    let mut found = None;
    for line in rig.vault(&["threads"]).done().lines {
        let shown = rig.vault(&["thread", line["id"].as_str().unwrap()]).done();
        let messages = shown.last()["messages"].as_array().unwrap().clone();
        found = found.or(messages.into_iter().find(|message| {
            message["attachments"]
                .as_array()
                .is_some_and(|list| list.iter().any(|one| one["content_type"] == "image/png"))
        }));
    }
    let message = found.expect("the sample clinic has a picture");
    let id = message["portal_id"].as_str().unwrap();
    let file = |name: &str| rig.vault_dir().with_file_name(name).to_string_lossy().into_owned();
    let to = file("picture.png");
    let saved = rig.vault(&["attachment", id, "1", "--to", &to]).done();
    assert_eq!(keys(saved.last()), ["content_type", "message", "n", "size", "title"]);
    assert_eq!(saved.last()["content_type"], json!("image/png"));
    let bytes = std::fs::read(&to).unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && saved.last()["size"] == json!(bytes.len()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        rig.vault(&["attachment", id, "1", "--to", &to]).failed(),
        "unreadable_file",
        "nothing is overwritten"
    );
    assert_eq!(std::fs::read(&to).unwrap(), bytes);

    rig.runtime.block_on(rig.portal.pause());
    let again = file("again.png");
    rig.vault(&["attachment", message["id"].as_str().unwrap(), "1", "--to", &again]).done();
    assert_eq!(std::fs::read(&again).unwrap(), bytes, "offline");
    let never = file("never");
    assert_eq!(rig.vault(&["attachment", id, "9", "--to", &never]).failed(), "no_such_attachment");
    assert!(!std::path::Path::new(&never).exists(), "no half file stays");
    assert_eq!(rig.vault(&["attachment", id, "0", "--to", &never]).code, 2);
}

//! Messages that are broken, strange or hostile: each is dealt with, the rest goes on (I10).

use demo_portal::NewMessage;
use inbox_domain::{AfterHoursReason, Checked, Mark, SentPrecision};
use serde_json::json;

use crate::rig::Rig;

#[tokio::test]
async fn times_that_are_missing_or_partial_are_marked() {
    let rig = Rig::empty().await;
    let patient = rig.a_patient();
    let mut ids = Vec::new();
    for sent in ["", "2026-11-02", "2026-11-02T21:15:00", "2100-01-01T00:00:00Z"] {
        let message = NewMessage {
            patient: patient.clone(),
            text: "x y".into(),
            sent: Some(sent.into()),
            ..NewMessage::default()
        };
        ids.push(rig.control().add_message(&message).unwrap());
    }
    rig.sync().await;
    let stored = rig.vault.messages(rig.thread(&ids[0].thread)).unwrap();
    let of = |id: &str| stored.iter().find(|message| message.portal_id.0 == id).unwrap();
    let missing = of(&ids[0].id);
    assert_eq!(
        (missing.sent_precision, missing.marks.as_slice()),
        (SentPrecision::Missing, [Mark::SentMissing].as_slice())
    );
    assert_eq!(missing.after_hours, None, "nothing is claimed about its hour");
    assert_eq!(of(&ids[1].id).marks, [Mark::SentPartial]);
    assert_eq!(of(&ids[2].id).marks, [Mark::NoZone]);
    assert_eq!(of(&ids[3].id).marks, [Mark::SentInFuture]);
}

#[tokio::test]
async fn a_message_at_night_is_after_hours() {
    let rig = Rig::empty().await;
    let message = NewMessage {
        patient: rig.a_patient(),
        text: "I cannot sleep.".into(),
        sent: Some("2026-11-19T02:14:00+01:00".into()),
        ..NewMessage::default()
    };
    let added = rig.control().add_message(&message).unwrap();
    rig.sync().await;
    let stored = rig.vault.messages(rig.thread(&added.thread)).unwrap();
    assert_eq!(stored[0].after_hours, Some(AfterHoursReason::Night));
}

#[tokio::test]
async fn a_megabyte_and_hostile_characters_arrive_as_they_are() {
    let rig = Rig::empty().await;
    let long = "Ich schreibe weiter. ".repeat(50_000);
    let hostile = "<script>alert('x')</script> \u{202e}gnirts\u{202c} a\u{200b}b \u{0000} '; DROP TABLE message; -- \u{1f9e8}";
    let (_, thread) = rig.patient_writes(&long);
    rig.patient_writes(hostile);
    rig.sync().await;
    let mut texts = rig.texts(&thread);
    texts.sort_by_key(String::len);
    assert_eq!(texts, [hostile, long.as_str()]);
    rig.assert_healthy();
}

#[tokio::test]
async fn a_resource_that_cannot_be_read_is_quarantined_and_the_rest_goes_on() {
    let rig = Rig::empty().await;
    let (_, thread) = rig.patient_writes("Before.");
    let broken = json!({"resourceType": "Communication", "id": "broken-1", "status": "completed",
        "partOf": [{"reference": format!("Communication/{thread}")}], "payload": "not a list",
        "recipient": [{"reference": "Practitioner/dr-adler"}], "sent": "2026-11-02T08:00:00Z"});
    rig.control().put_raw("Communication", "broken-1", broken).unwrap();
    rig.patient_writes("After.");
    let report = rig.sync().await;
    assert_eq!((report.quarantined, report.new), (1, 2));
    let rows = rig.vault.quarantine().unwrap();
    assert_eq!((rows[0].portal_id.as_str(), rows[0].reason.as_str()), ("broken-1", "invalid_resource"));
    assert_eq!(rows[0].thread, Some(rig.thread(&thread)));
    assert_eq!(rig.sync().await.quarantined, 0, "once");
}

#[tokio::test]
async fn a_colleagues_broken_resource_is_not_kept() {
    let rig = Rig::empty().await;
    let broken = json!({"resourceType": "Communication", "id": "broken-2", "payload": 7,
        "sender": {"reference": "Practitioner/dr-brandt"}, "recipient": [{"reference": "Patient/x"}]});
    rig.control().put_raw("Communication", "broken-2", broken).unwrap();
    rig.sync().await;
    rig.sync_full().await;
    assert!(rig.vault.quarantine().unwrap().is_empty());
}

#[tokio::test]
async fn another_patients_subject_never_enters_the_thread() {
    let rig = Rig::empty().await;
    let (_, thread) = rig.patient_writes("Mine.");
    let (id, _) = rig.patient_writes("About somebody else.");
    let mut patients: Vec<String> =
        rig.control().resources("Patient").iter().map(crate::rig::id_of).collect();
    patients.sort();
    let change = |value: &mut serde_json::Value| {
        value["subject"] = json!({"reference": format!("Patient/{}", patients[1])})
    };
    rig.control().edit("Communication", &id, change).unwrap();
    rig.sync().await;
    assert_eq!(rig.texts(&thread), ["Mine."]);
    let rows = rig.vault.quarantine().unwrap();
    assert_eq!(
        (rows[0].portal_id.clone(), rows[0].reason.as_str(), rows[0].thread),
        (id, "subject_mismatch", None)
    );
}

#[tokio::test]
async fn an_attachment_leaves_the_message_partly_checked() {
    let rig = Rig::empty().await;
    let (id, thread) = rig.patient_writes("See the picture.");
    let change = |value: &mut serde_json::Value| {
        let list = value["payload"].as_array_mut().unwrap();
        list.push(
            json!({"contentAttachment": {"contentType": "image/png", "url": "Binary/b1", "title": "p.png"}}),
        );
    };
    rig.control().edit("Communication", &id, change).unwrap();
    rig.sync().await;
    let stored = rig.vault.messages(rig.thread(&thread)).unwrap();
    assert_ne!(stored[0].checked, Checked::Full);
    assert_eq!(stored[0].attachments[0].id, "b1");
}

#[tokio::test]
async fn a_message_withdrawn_before_it_was_seen_is_shown_as_withdrawn() {
    let rig = Rig::empty().await;
    let (id, thread) = rig.patient_writes("Never mind.");
    rig.control().void_message(&id).unwrap();
    rig.sync().await;
    let stored = rig.vault.messages(rig.thread(&thread)).unwrap();
    assert!(stored[0].withdrawn_at.is_some());
}

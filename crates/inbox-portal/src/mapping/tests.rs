//! Mapping by CLI.md "Exact meanings": each rule with a resource that shows it.

use chrono::{DateTime, TimeZone, Utc};
use inbox_domain::{
    Delivered, Mark, PortalId, PortalMessage, SenderRole, SentPrecision, ThreadKey, ThreadStatus,
};
use serde_json::{Value, json};

use super::*;

const BASE: &str = "https://portal.example/fhir/";

fn context() -> MapContext {
    MapContext { base: BASE.to_owned(), server_now: Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap() }
}

fn message(overlay: Value) -> PortalMessage {
    let mut resource = json!({
        "resourceType": "Communication",
        "id": "m1",
        "meta": {"versionId": "3", "lastUpdated": "2026-11-23T01:14:02.250Z"},
        "status": "completed",
        "partOf": [{"reference": "Communication/t1"}],
        "subject": {"reference": "Patient/p1"},
        "sender": {"reference": "Patient/p1", "display": "Mara Lindt"},
        "recipient": [{"reference": "Practitioner/dr-a"}],
        "sent": "2026-11-23T02:14:00+01:00",
        "payload": [{"contentString": "I cannot sleep."}]
    });
    for (key, value) in overlay.as_object().unwrap() {
        if value.is_null() {
            resource.as_object_mut().unwrap().remove(key);
        } else {
            resource[key] = value.clone();
        }
    }
    match map_communication(&resource.to_string(), &context()).unwrap() {
        Mapped::Message(found) => found.message,
        Mapped::Thread(_) => panic!("a header"),
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn an_ordinary_message() {
    let mut found = message(json!({"identifier": [
        {"system": "urn:other", "value": "no"},
        {"system": "urn:anteroom:client-identifier", "value": "8f9c"}
    ], "inResponseTo": [{"reference": "https://portal.example/fhir/Communication/m0/_history/2"}]}));
    assert!(found.raw.contains("I cannot sleep."));
    found.raw.clear();
    insta::assert_json_snapshot!(found);
}

#[test]
fn a_header_has_neither_payload_nor_part_of() {
    let raw = json!({"resourceType": "Communication", "id": "t1", "status": "in-progress",
        "topic": {"text": "Sleep"}, "subject": {"reference": "Patient/p1"}, "sender": {"reference": "Practitioner/dr-a"},
        "recipient": [{"reference": "Patient/p1"}]})
    .to_string();
    let Mapped::Thread(found) = map_communication(&raw, &context()).unwrap() else { panic!("a message") };
    assert_eq!(found.thread.status, ThreadStatus::Open);
    assert_eq!(found.thread.topic, "Sleep");
    assert_eq!(found.thread.recipients, ["Patient/p1", "Practitioner/dr-a"]);
    assert!(found.thread.version.starts_with("sha256:"), "a version is made where the server gives none");
    assert_eq!(found.thread.last_updated, context().server_now);
}

#[test]
fn status_of_a_header() {
    for (status, expected) in [
        ("completed", ThreadStatus::Closed),
        ("in-progress", ThreadStatus::Open),
        ("something-new", ThreadStatus::Open),
    ] {
        let raw = json!({"id": "t1", "status": status}).to_string();
        let Mapped::Thread(found) = map_communication(&raw, &context()).unwrap() else { panic!("a message") };
        assert_eq!(found.thread.status, expected, "{status}");
    }
}

#[test]
fn the_thread_of_a_message() {
    let patient = PortalId::from("p1");
    assert_eq!(message(json!({})).thread, ThreadKey::Header("t1".into()));
    let by_extension = json!({"partOf": null, "extension": [{"url": "https://x.example/StructureDefinition/thread-id", "valueString": "77"}]});
    assert_eq!(message(by_extension).thread, ThreadKey::Named("77".to_owned()));
    let by_identifier =
        json!({"partOf": null, "identifier": [{"system": "urn:x:messageThread", "value": "78"}]});
    assert_eq!(message(by_identifier).thread, ThreadKey::Named("78".to_owned()));
    let by_answer = json!({"partOf": null, "inResponseTo": [{"reference": "Communication/m0"}]});
    assert_eq!(message(by_answer).thread, ThreadKey::InResponseTo("m0".into()));
    let inferred = message(json!({"partOf": null, "topic": {"text": " AW: Re: Schlaf "}}));
    assert_eq!(inferred.thread, ThreadKey::Inferred { patient, topic: "schlaf".to_owned() });
    assert_eq!(inferred.marks, [Mark::ThreadInferred]);
    let nobody = message(json!({"partOf": null, "subject": null}));
    assert_eq!(nobody.thread, ThreadKey::Named("message:m1".to_owned()), "strangers never share a thread");
}

#[test]
fn references_to_other_servers_name_nobody_here() {
    let found = message(json!({"sender": {"reference": "https://elsewhere.example/fhir/Practitioner/dr-a"}}));
    assert_eq!((found.sender.role, found.sender.id), (SenderRole::Other, None));
    assert_eq!(found.marks, [Mark::SenderMissing]);
    assert_eq!(parse_reference(BASE, "Practitioner/../secret"), None);
    assert_eq!(parse_reference(BASE, "#contained"), None);
    assert!(!Me::new("Practitioner/dr-a").is("https://elsewhere.example/fhir/Practitioner/dr-a"));
}

#[test]
fn sender_roles() {
    for (reference, role) in [
        ("Patient/p1", SenderRole::Patient),
        ("RelatedPerson/r1", SenderRole::Proxy),
        ("Practitioner/dr-a", SenderRole::Clinician),
        ("PractitionerRole/x", SenderRole::Clinician),
        ("Device/d", SenderRole::Other),
    ] {
        assert_eq!(message(json!({"sender": {"reference": reference}})).sender.role, role, "{reference}");
    }
}

#[test]
fn times_that_are_less_than_an_instant() {
    use SentPrecision::{Day, Instant, Missing, Month, Year};
    let cases: [(Value, SentPrecision, &str, &[Mark]); 9] = [
        (json!("2026-11-22T21:40:00.5-02:00"), Instant, "2026-11-22T23:40:00.500Z", &[]),
        (json!("2026-11-22"), Day, "2026-11-22T00:00:00Z", &[Mark::SentPartial]),
        (json!("2026-11"), Month, "2026-11-01T00:00:00Z", &[Mark::SentPartial]),
        (json!("2026"), Year, "2026-01-01T00:00:00Z", &[Mark::SentPartial]),
        (json!("2026-11-22T21:40:00"), Instant, "2026-11-22T21:40:00Z", &[Mark::NoZone]),
        (json!("2026-11-22T21:40Z"), Instant, "2026-11-22T21:40:00Z", &[]),
        (json!(null), Missing, "2026-11-23T01:14:02.250Z", &[Mark::SentMissing]),
        (json!("yesterday"), Missing, "2026-11-23T01:14:02.250Z", &[Mark::SentMissing]),
        (json!("2026-11-23T08:00:01Z"), Instant, "2026-11-23T08:00:01Z", &[Mark::SentInFuture]),
    ];
    for (sent, precision, instant, marks) in cases {
        let found = message(json!({"sent": sent.clone()}));
        assert_eq!(found.sent_precision, precision, "{sent}");
        assert_eq!(found.sent_at, at(instant), "{sent}");
        assert_eq!(found.marks, marks, "{sent}");
        assert_eq!(found.sent.as_deref(), sent.as_str(), "as given");
    }
}

#[test]
fn status_of_a_message() {
    assert_eq!(message(json!({"status": "preparation"})).delivered, Delivered::Draft);
    assert_eq!(message(json!({"status": "entered-in-error"})).delivered, Delivered::Withdrawn);
    let odd = message(json!({"status": "teleported"}));
    assert_eq!(
        (odd.delivered, odd.marks.as_slice()),
        (Delivered::Delivered, [Mark::UnknownStatus].as_slice())
    );
}

#[test]
fn all_text_is_kept_and_joined_by_a_blank_line() {
    let found = message(json!({"payload": [
        {"contentString": "First."},
        {"contentAttachment": {"contentType": "text/plain; charset=utf-8", "data": "U8O8w58g\nZ3V0ZSBOYWNodA=="}},
        {"contentAttachment": {"contentType": "text/html", "data": "PHA+T25lPC9wPjxwPlR3bzwvcD4="}},
        {"contentString": "<b>not</b> <script>alert(1)</script> markup"}
    ]}));
    assert_eq!(
        found.text,
        "First.\n\nSüß gute Nacht\n\nOne\n\nTwo\n\n<b>not</b> <script>alert(1)</script> markup"
    );
    assert_eq!(found.attachments, []);
}

#[test]
fn a_megabyte_is_not_cut() {
    let long = "Wort ".repeat(220_000);
    assert_eq!(message(json!({"payload": [{"contentString": long}]})).text.len(), 1_100_000);
}

#[test]
fn html_is_reduced_to_its_words() {
    let cases = [
        (
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Good&nbsp;morning,</p><p>one &amp; two<br/>three</p></div>",
            "Good morning,\n\none & two\nthree",
        ),
        ("<p>a < b and c</p>", "a < b and c"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        (
            "<p>x</p><style>p { color: red }</style><!-- hidden --><p>y &#228; &#x1F600; &bogus;</p>",
            "x\n\ny ä 😀 &bogus;",
        ),
        ("<p>open <b>never closed", "open never closed"),
        ("ends with <", "ends with <"),
    ];
    for (html, text) in cases {
        assert_eq!(html_to_text(html), text, "{html}");
    }
    assert_eq!(
        message(json!({"payload": [{"contentString": "<div>Hallo <i>Sie</i></div>"}]})).text,
        "Hallo Sie"
    );
}

#[test]
fn attachments_in_all_three_forms() {
    let found = message(json!({"payload": [
        {"contentAttachment": {"contentType": "image/png", "data": "AAAAAAAA", "title": "rash.png"}},
        {"contentAttachment": {"contentType": "application/pdf", "url": "Binary/b7", "size": 900}},
        {"contentReference": {"reference": "https://portal.example/fhir/Binary/b8"}}
    ]}));
    let got: Vec<_> =
        found.attachments.iter().map(|a| (a.id.as_str(), a.size, a.reference.as_str())).collect();
    assert_eq!(got, [("0", Some(6), ""), ("b7", Some(900), "Binary/b7"), ("b8", None, "Binary/b8")]);
    assert_eq!(found.text, "");
}

#[test]
fn what_cannot_be_read() {
    for raw in [
        "{}",
        "[]",
        "{\"id\": \"\"}",
        "{\"id\": \"x\", \"payload\": \"text\"}",
        "{\"id\": 7}",
        "{\"id\":\"x\",\"sent\":\"\\ud800\"}",
    ] {
        assert_eq!(map_communication(raw, &context()), Err(Unreadable), "{raw}");
    }
}

#[test]
fn a_patient() {
    let raw = json!({"resourceType": "Patient", "id": "p1", "meta": {"versionId": "2"},
        "identifier": [{"value": "x"}, {"type": {"coding": [{"code": "MR"}]}, "value": "004-711"}],
        "name": [{"use": "old", "family": "Alt"}, {"use": "official", "family": "Lindt", "given": ["Mara", "Eva"]}],
        "telecom": [{"system": "email", "value": "m@example.org"}, {"system": "phone", "value": "030 23125 001"}],
        "gender": "female", "birthDate": "1991-04", "address": [{"country": "Deutschland"}],
        "contact": [{"relationship": [{"text": "sister"}], "name": {"text": "Ina Lindt"}, "telecom": [{"system": "phone", "value": "030 23125 002"}]}],
        "communication": [{"language": {"coding": [{"code": "en"}]}}, {"language": {"coding": [{"code": "de"}]}, "preferred": true}],
        "unknownField": {"x": [1]}})
    .to_string();
    let mut found = map_patient(&raw).unwrap();
    assert_eq!(std::mem::take(&mut found.raw), raw);
    insta::assert_json_snapshot!(found);
}

#[test]
fn a_proxy_whose_period_has_ended() {
    let proxy = |end: &str| {
        let raw = json!({"id": "r1", "patient": {"reference": "Patient/p1"}, "name": [{"given": ["Ina"], "family": "Lindt"}],
            "period": {"end": end}});
        map_related_person(&raw.to_string(), &context()).unwrap().unwrap()
    };
    assert!(!proxy("2026-11-21").active);
    assert!(proxy("2026-11-23").active);
    assert_eq!(proxy("2030").name, "Ina Lindt");
}

#[test]
fn who_is_named() {
    let mut me = Me::new("Practitioner/dr-a");
    me.memberships.insert("CareTeam/7".to_owned());
    assert!(me.is_named(Some("Practitioner/dr-a"), &[]));
    assert!(me.is_named(None, &["CareTeam/7".to_owned()]));
    assert!(!me.is_named(Some("Patient/p1"), &["Practitioner/dr-b".to_owned(), "CareTeam/70".to_owned()]));
}

#[test]
fn sent_is_stamped_once() {
    let stamped = with_sent(json!({"status": "completed"}), at("2026-11-23T08:00:00Z"));
    assert_eq!(stamped["sent"], "2026-11-23T08:00:00.000Z");
    assert_eq!(with_sent(stamped, at("2026-11-23T09:00:00Z"))["sent"], "2026-11-23T08:00:00.000Z");
}

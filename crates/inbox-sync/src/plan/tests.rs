//! Plans without a vault and without a network.

use std::collections::{HashMap, HashSet};

use chrono::{TimeZone, Utc};
use inbox_domain::{PortalId, ThreadKey};
use inbox_portal::{MapContext, Me, PageEntry};
use serde_json::{Value, json};

use super::{KnownThread, Plan, plan_page, read_entries};

fn entry(value: &Value) -> PageEntry {
    let word = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    PageEntry {
        kind: "Communication".to_owned(),
        id: word("/id"),
        version: word("/meta/versionId"),
        is_match: true,
        raw: value.to_string(),
        readable: !word("/id").is_empty(),
    }
}

fn message(id: &str, thread: &str, patient: &str, to: &str) -> Value {
    json!({"resourceType": "Communication", "id": id, "meta": {"versionId": "1"}, "status": "completed",
        "partOf": [{"reference": format!("Communication/{thread}")}],
        "subject": {"reference": format!("Patient/{patient}")}, "sender": {"reference": format!("Patient/{patient}")},
        "recipient": [{"reference": to}], "sent": "2026-11-20T08:00:00Z", "payload": [{"contentString": id}]})
}

const ME: &str = "Practitioner/a";

fn plan(
    resources: &[Value],
    known: &[(&str, KnownThread)],
    tombstones: &[&str],
    stored: &[(&str, &str)],
) -> Plan {
    let context = MapContext {
        base: "https://p.example/fhir/".to_owned(),
        server_now: Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap(),
    };
    let stored: HashMap<PortalId, String> =
        stored.iter().map(|(id, v)| (PortalId::from(*id), (*v).to_owned())).collect();
    let entries: Vec<PageEntry> = resources.iter().map(entry).collect();
    let read = read_entries(entries.iter(), &stored, &context);
    let known = |key: &ThreadKey| {
        let found = known.iter().find(|(id, _)| *key == ThreadKey::Header(PortalId::from(*id)));
        found.map(|(_, thread)| thread.clone())
    };
    let tombstones: HashSet<PortalId> = tombstones.iter().map(|id| PortalId::from(*id)).collect();
    plan_page(read, Vec::new(), &Me::new(ME), &context.base, &tombstones, &stored, known)
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.messages.iter().map(|message| message.portal_id.0.as_str()).collect()
}

#[test]
fn only_what_names_her_or_stands_in_her_thread() {
    let mine = KnownThread { names_me: true, patient: Some("p".into()) };
    let page = [
        message("m1", "t1", "p", ME),
        message("m2", "t1", "p", "Practitioner/b"),
        message("m3", "t2", "p", "Practitioner/b"),
    ];
    assert_eq!(ids(&plan(&page, &[("t2", mine)], &[], &[])), ["m1", "m3"]);
}

#[test]
fn stored_versions_and_tombstones_are_left_out() {
    let page = [message("m1", "t1", "p", ME), message("m2", "t1", "p", ME), message("m3", "t1", "p", ME)];
    assert_eq!(ids(&plan(&page, &[], &["m3"], &[("m1", "1"), ("m2", "0")])), ["m2"]);
}

#[test]
fn another_patient_is_quarantined_whether_the_thread_is_known_or_new() {
    let known = KnownThread { names_me: false, patient: Some("p".into()) };
    let stranger = plan(&[message("m1", "t1", "q", ME)], &[("t1", known)], &[], &[]);
    let both = plan(&[message("m1", "t1", "p", ME), message("m2", "t1", "q", ME)], &[], &[], &[]);
    assert_eq!((ids(&stranger), ids(&both)), (vec![], vec!["m1"]));
    for plan in [stranger, both] {
        let row = &plan.quarantined[0];
        assert_eq!((row.reason.as_str(), row.thread.as_ref()), ("subject_mismatch", None));
    }
}

#[test]
fn drafts_of_others_are_no_messages() {
    let mut draft = message("m1", "t1", "p", ME);
    draft["status"] = json!("preparation");
    assert!(plan(&[draft], &[], &[], &[]).messages.is_empty());
}

#[test]
fn a_broken_resource_is_kept_unless_it_is_a_colleagues() {
    let broken = |to: &str| json!({"resourceType": "Communication", "id": "b", "payload": 1, "recipient": [{"reference": to}]});
    let nobody = json!({"resourceType": "Communication", "id": "b", "payload": 1});
    let kept = |value: Value| plan(&[value], &[], &[], &[]).quarantined.len();
    assert_eq!([kept(broken(ME)), kept(broken("Practitioner/b")), kept(nobody)], [1, 0, 1]);
}

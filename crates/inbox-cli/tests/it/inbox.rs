//! From an empty folder to a reply that is on the portal once, and what happens when the portal is not there.

use serde_json::json;

use crate::rig::Rig;

#[test]
fn a_reply_is_on_the_portal_exactly_once() {
    let rig = Rig::start();
    let created = rig.vault(&["vault", "create", "--no-keyring"]).done();
    assert!(created.last()["recovery_code"].as_str().unwrap().len() >= 26);
    let login = rig.login().done();
    assert_eq!(login.last()["portal"]["fhir"], json!("4.0.1"));
    let sync = rig.vault(&["sync"]).done();
    assert!(sync.last()["new"].as_u64().unwrap() > 50, "{}", sync.last());
    assert_eq!(sync.last()["pending"], json!(0));

    let attention = rig.vault(&["threads", "--view", "needs-attention"]).done();
    let first = &attention.lines[0];
    assert_eq!(first["tier"], json!("emergency"), "{first}");
    let shown = rig.vault(&["thread", first["id"].as_str().unwrap()]).done();
    let flagged = shown.last()["messages"].as_array().unwrap().iter().find(|message| {
        message["flags"]
            .as_array()
            .is_some_and(|flags| flags.iter().any(|flag| flag["demoted"] == json!(false)))
    });
    let flagged = flagged.expect("a message with a flag that counts");
    let flag =
        flagged["flags"].as_array().unwrap().iter().find(|flag| flag["demoted"] == json!(false)).unwrap();
    let text: Vec<char> = flagged["text"].as_str().unwrap().chars().collect();
    let span = flag["start"].as_u64().unwrap() as usize..flag["end"].as_u64().unwrap() as usize;
    assert_eq!(text[span].iter().collect::<String>(), flag["text"].as_str().unwrap());

    let words = rig.file("reply", "Ich rufe Sie in zehn Minuten an.\n");
    let by_portal_id = first["portal_id"].as_str().unwrap();
    let queued = rig.vault(&["reply", by_portal_id, "--text-file", &words]).done();
    assert_eq!(queued.last()["state"], json!("queued"));
    let identifier = queued.last()["client_identifier"].as_str().unwrap().to_owned();
    assert_eq!(rig.portal.control().count_identifier("Communication", &identifier), 0);

    let sent = rig.vault(&["sync"]).done();
    assert_eq!(sent.last()["sent"], json!(1));
    rig.vault(&["sync", "--full"]).done();
    assert_eq!(rig.portal.control().count_identifier("Communication", &identifier), 1);

    let again = rig.vault(&["thread", by_portal_id]).done();
    let own: Vec<_> = again.last()["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["client_identifier"] == json!(identifier))
        .collect();
    assert_eq!(own.len(), 1);
    assert!(own[0]["portal_id"].is_string() && own[0]["delivery"].is_null(), "{}", own[0]);
    let verified = rig.vault(&["vault", "verify"]).done();
    assert_eq!(verified.last()["ok"], json!(true));
}

#[test]
fn a_portal_that_is_down_leaves_the_vault_whole() {
    let rig = Rig::filled();
    let before = rig.vault(&["threads"]).done().lines.len();
    assert!(before > 0);
    rig.runtime.block_on(rig.portal.pause());
    let words = rig.file("reply", "Bis morgen.");
    let thread = rig.vault(&["threads", "--view", "waiting-for-me"]).done().lines[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    rig.vault(&["reply", &thread, "--text-file", &words]).done();
    let offline = rig.vault(&["sync"]);
    assert_eq!(offline.failed(), "portal_unreachable");
    assert_eq!(offline.last()["error"]["retryable"], json!(true));
    assert_eq!(rig.vault(&["threads"]).done().lines.len(), before);
    let outbox = rig.vault(&["outbox"]).done();
    assert_eq!(outbox.last()["state"], json!("queued"));
    let doctor = rig.vault(&["doctor"]).done();
    assert_eq!(doctor.last()["vault"]["portal"]["code"], json!("portal_unreachable"));
    rig.runtime.block_on(rig.portal.resume()).unwrap();
    assert_eq!(rig.vault(&["sync"]).done().last()["sent"], json!(1));
}

#[test]
fn reading_writes_nothing_to_the_portal() {
    let rig = Rig::filled();
    let control = rig.portal.control();
    drop(control.requests(true));
    let thread = rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned();
    rig.vault(&["thread", &thread]).done();
    rig.vault(&["sync"]).done();
    let writes: Vec<_> =
        control.requests(false).into_iter().filter(|request| request.method != "GET").collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_case_is_worked_through_and_closed() {
    let rig = Rig::filled();
    let cases = rig.vault(&["case", "list"]).done();
    let case = cases.lines.iter().find(|case| case["state"] == json!("new")).expect("an open case");
    let id = case["id"].as_str().unwrap();
    assert_eq!(case["steps"].as_array().unwrap().len(), 12);
    let logged =
        rig.vault(&["case", "log", id, "--attempt", "no-answer", "--next", "2026-11-23T08:30:00Z"]).done();
    assert_ne!(logged.last()["state"], json!("new"));
    assert_eq!(logged.last()["attempts"][0]["outcome"], json!("no-answer"));
    let outcome = rig.file("outcome", "Reached by phone, appointment today.");
    assert_eq!(rig.vault(&["case", "close", id, "--outcome-file", &outcome]).failed(), "steps_open");
    let reason = rig.file("reason", "Not needed after the call.");
    for n in 1..=12 {
        let n = n.to_string();
        rig.vault(&["case", "step", id, &n, "--reason-file", &reason]).done();
    }
    let closed = rig.vault(&["case", "close", id, "--outcome-file", &outcome]).done();
    assert_eq!(closed.last()["state"], json!("closed"));
}

#[test]
fn a_new_thread_to_a_patient_reaches_the_portal_and_is_found_again() {
    let rig = Rig::filled();
    let patient = rig.vault(&["threads"]).done().lines[0]["patient"]["id"].as_str().unwrap().to_owned();
    let (topic, words) =
        (rig.file("topic", "Fragebogen\n"), rig.file("text", "Bitte den Quittenbogen ausfüllen."));
    let queued =
        rig.vault(&["send", "--patient", &patient, "--topic-file", &topic, "--text-file", &words]).done();
    let identifier = queued.last()["client_identifier"].as_str().unwrap().to_owned();
    rig.vault(&["sync"]).done();
    rig.vault(&["sync"]).done();
    assert_eq!(rig.portal.control().count_identifier("Communication", &identifier), 1);
    let hits = rig.vault(&["search", "quittenbogen"]).done();
    assert_eq!(hits.lines.len(), 1, "{:?}", hits.lines);
    assert!(hits.last()["thread"].is_string() && hits.last()["sent"].is_string());
}

#[test]
fn hours_are_stored_whole_or_not_at_all() {
    let rig = Rig::start();
    assert_eq!(
        rig.vault(&["vault", "create", "--no-keyring", "--zone", "Mars/Olympus"]).failed(),
        "unknown_zone"
    );
    assert!(!rig.vault_dir().join("header.json").exists() && rig.vault(&["threads"]).code == 1);
    rig.vault(&["vault", "create", "--no-keyring", "--zone", "Europe/Vienna"]).done();
    assert_eq!(rig.vault(&["hours", "show"]).done().last()["zone"], json!("Europe/Vienna"));
    let wrong = rig.file("wrong.json", r#"{"zone":"Mars/Olympus","versions":[]}"#);
    let refused = rig.vault(&["hours", "load", &wrong]);
    assert_eq!((refused.code, &refused.last()["ok"]), (1, &json!(false)));
    assert_eq!(rig.vault(&["hours", "show"]).done().last()["zone"], json!("Europe/Vienna"));
    let file = r#"{"zone":"Europe/Berlin","versions":[{"from":"2026-01-01","weekly":[]}]}"#;
    let closed = rig.file("closed.json", file);
    assert_eq!(rig.vault(&["hours", "load", &closed]).done().last()["zone"], json!("Europe/Berlin"));
    rig.login().done();
    rig.vault(&["sync"]).done();
    let threads = rig.vault(&["threads"]).done();
    assert!(threads.lines.iter().any(|thread| thread["after_hours"] == json!(true)));
}

#[test]
fn a_token_that_names_the_clinician_needs_no_practitioner() {
    let rig = Rig::start();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let nobody = rig.file("token", "opaque");
    let url = rig.portal.base_url();
    let unnamed = rig.vault(&["login", "--portal", &url, "--token-file", &nobody]);
    assert_eq!(unnamed.failed(), "practitioner_needed");
    // {"fhirUser":"Practitioner/nobody-here"}, unsigned; the portal refuses it, but not for want of a name.
    let named = rig.file("jwt", "e30.eyJmaGlyVXNlciI6IlByYWN0aXRpb25lci9ub2JvZHktaGVyZSJ9.");
    let refused = rig.vault(&["login", "--portal", &url, "--token-file", &named]);
    assert_ne!(refused.failed(), "practitioner_needed");
}

#[test]
fn a_client_without_a_secret_is_asked_of_the_portal_and_no_wrong_usage() {
    let rig = Rig::start();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let me = rig.portal.practitioners().remove(0).reference;
    let url = rig.portal.base_url();
    let refused = rig.vault(&["login", "--portal", &url, "--practitioner", &me, "--client-id", "anteroom"]);
    assert_eq!(refused.failed(), "unauthorized");
}

#[test]
fn a_logout_forgets_the_sign_in_and_keeps_the_messages() {
    let rig = Rig::filled();
    let threads = rig.vault(&["threads"]).done().lines.len();
    let secret = rig.file("secret", "demo-backend-secret");
    let url = rig.portal.base_url();
    let me = rig.portal.practitioners()[0].reference.clone();
    let backend = ["--client-id", "anteroom-backend", "--client-secret-file", &secret];
    let mut login = vec!["login", "--portal", &url, "--practitioner", &me];
    login.extend(backend);
    rig.vault(&login).done();
    let out = rig.vault(&["logout"]).done();
    assert_eq!((&out.last()["revoked"], &out.last()["reason"]), (&json!(true), &json!(null)));
    assert_eq!(rig.vault(&["sync"]).failed(), "not_connected");
    assert_eq!(rig.vault(&["threads"]).done().lines.len(), threads);
    // A fixed token is nobody's login: there is nothing that the portal could end.
    rig.login().done();
    let out = rig.vault(&["logout"]).done();
    assert_eq!((&out.last()["revoked"], &out.last()["reason"]), (&json!(false), &json!("not_offered")));
}

#[test]
fn a_vault_takes_no_second_person() {
    let rig = Rig::filled();
    let other = rig.portal.practitioners()[1].clone();
    let (url, token) = (rig.portal.base_url(), rig.file("other", rig.portal.token(&other.id)));
    let refused =
        rig.vault(&["login", "--portal", &url, "--practitioner", &other.reference, "--token-file", &token]);
    assert_eq!(refused.failed(), "other_practitioner");
    rig.vault(&["sync"]).done();
}

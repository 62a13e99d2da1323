//! What clinicians share, on the command line.

use serde_json::{Value, json};

use crate::rig::Rig;

/// A thread with an open case: what is shared of it leaves at any hour.
fn in_a_case(rig: &Rig) -> String {
    let attention = rig.vault(&["threads", "--view", "needs-attention"]).done();
    let found =
        attention.lines.iter().find(|row| row["case"] == json!("new") && row["portal_id"].is_string());
    found.expect("a thread with a case")["portal_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_thread_is_claimed_handed_over_and_done() {
    let rig = Rig::filled();
    let thread = in_a_case(&rig);
    let claimed = rig.vault(&["claim", &thread]).done();
    assert_eq!(claimed.last()["claim"], Value::Null, "only the portal says who has it: {}", claimed.last());
    assert_eq!(claimed.last()["work"], json!({"act": "claim", "state": "queued", "error": null}));
    rig.vault(&["sync"]).done();
    let shown = rig.vault(&["handover", &thread]).done();
    assert_eq!((&shown.last()["claim"]["mine"], &shown.last()["work"]), (&json!(true), &Value::Null));

    assert_eq!(rig.vault(&["handover", &thread, "--to", "Patient/1"]).failed(), "no_such_colleague");
    assert_eq!(
        rig.vault(&["handover", &thread, "--to", "Practitioner/dr-adler"]).failed(),
        "no_such_colleague"
    );
    let asked = rig.vault(&["handover", &thread, "--to", "Practitioner/dr-brandt"]).done();
    assert_eq!(asked.last()["handovers"][0]["state"], json!("queued"));
    rig.vault(&["done", &thread]).done();
    rig.vault(&["sync"]).done();
    let shown = rig.vault(&["handover", &thread]).done();
    assert_eq!(shown.last()["handovers"][0]["state"], json!("done"), "{}", shown.last());
    assert_eq!(shown.last()["claim"]["done"], json!(true));
    let header = rig.portal.control().resource("Communication", &thread).unwrap();
    assert!(header["recipient"].to_string().contains("Practitioner/dr-brandt"));
    assert_eq!(rig.portal.control().count_identifier("Task", &thread), 1);
    rig.vault(&["vault", "verify"]).done();
}

#[test]
fn a_release_before_the_claim_left_leaves_nothing_to_tell() {
    let rig = Rig::filled();
    let thread = in_a_case(&rig);
    rig.vault(&["claim", &thread, "--take-over"]).done();
    let released = rig.vault(&["release", &thread]).done();
    assert_eq!((&released.last()["work"], &released.last()["claim"]), (&Value::Null, &Value::Null));
    rig.vault(&["sync"]).done();
    assert_eq!(rig.portal.control().count_identifier("Task", &thread), 0);
    assert_eq!(rig.vault(&["claim", "no-such-thread"]).failed(), "no_such_thread");
}

#[test]
fn covers_are_set_listed_and_ended() {
    let rig = Rig::filled();
    let colleague = "Practitioner/dr-brandt";
    assert!(rig.vault(&["cover", "list"]).done().lines.is_empty());
    let set =
        |from: &str, to: &str| rig.vault(&["cover", "set", "--for", colleague, "--from", from, "--to", to]);
    assert_eq!(set("2026-01-05", "2026-01-04").failed(), "invalid_argument");
    assert_eq!(set("monday", "2026-01-04").failed(), "invalid_argument");
    let always = set("2000-01-01", "2199-12-31").done();
    assert_eq!((&always.last()["active"], &always.last()["refused"]), (&json!(true), &Value::Null));
    let before = rig.vault(&["threads"]).done().lines.len();
    rig.portal.control().permit_cover("Practitioner/dr-adler", colleague, true);
    rig.vault(&["sync"]).done();
    let after = rig.vault(&["threads"]).done().lines.len();
    assert!(after > before, "the colleague's threads are there: {before}, {after}");
    let ended = rig.vault(&["cover", "end", "--for", colleague]).done();
    assert_eq!((ended.lines.len(), &ended.last()["active"]), (1, &json!(false)), "it stays as past");
    rig.vault(&["sync", "--full"]).done();
    assert_eq!(rig.vault(&["threads"]).done().lines.len(), after, "what was stored stays");
}

//! A clinic's own words on the command line: set, judged by, shown, and what was said of rules.

use demo_portal::NewMessage;
use serde_json::json;

use crate::rig::Rig;

const ROOF: &str = r#"{"words":[{"id":"roof","language":"both","category":"plan","tier":"urgent",
    "phrases":["roof garden"],"reason":"the roof garden of the clinic"}],"watch_only":[]}"#;

fn flagged(rig: &Rig) -> usize {
    let threads = rig.vault(&["threads"]).done().lines;
    let flags = threads.iter().map(|thread| {
        let shown = rig.vault(&["thread", thread["id"].as_str().unwrap()]).done();
        shown.last().to_string().matches("clinic.roof").count()
    });
    flags.sum()
}

#[test]
fn words_are_set_and_stored_messages_are_judged_by_them_when_asked() {
    let rig = Rig::filled();
    let patient = rig.portal.control().resources("Patient")[0]["id"].as_str().unwrap().to_owned();
    let message = NewMessage { patient, text: "Up in the roof garden.".into(), ..NewMessage::default() };
    rig.portal.control().add_message(&message).unwrap();
    rig.vault(&["sync"]).done();
    let before = rig.vault(&["lexicon", "show"]).done();
    assert_eq!((&before.last()["version"], &before.last()["judged"]), (&json!(0), &json!(true)));

    let set = rig.vault(&["lexicon", "set", "--file", &rig.file("words.json", ROOF)]).done();
    assert_eq!(*set.last(), json!({"ok": true, "version": 1}));
    let shown = rig.vault(&["lexicon", "show"]).done();
    assert_eq!(shown.last()["lexicon"]["words"][0]["id"], json!("roof"));
    assert_eq!(shown.last()["judged"], json!(false));
    assert_eq!(flagged(&rig), 0);

    let judged = rig.vault(&["lexicon", "retriage"]).done();
    assert!(judged.last()["messages"].as_u64().unwrap() > 50, "{}", judged.last());
    assert_eq!(judged.last()["threads_changed"].as_array().unwrap().len(), 1);
    assert_eq!(judged.last()["cases"].as_array().unwrap().len(), 1);
    assert_eq!(flagged(&rig), 1);
    assert_eq!(rig.vault(&["lexicon", "show"]).done().last()["judged"], json!(true));
    let again = rig.vault(&["lexicon", "retriage"]).done();
    assert_eq!(again.last()["threads_changed"], json!([]));
    assert_eq!(rig.vault(&["vault", "verify"]).done().last()["ok"], json!(true));

    let feedback = rig.vault(&["lexicon", "feedback"]).done();
    let rules = feedback.last()["rules"].as_array().unwrap();
    let roof = rules.iter().find(|rule| rule["rule"] == json!("clinic.roof")).unwrap();
    assert_eq!((&roof["raised"], &roof["wrong"], &roof["category"]), (&json!(1), &json!(0), &json!("plan")));
    assert!(!feedback.last().to_string().contains("Up in the roof"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_nothing_is_kept() {
    let rig = Rig::start();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let wrong =
        ROOF.replace("roof garden\"]", "the\"]").replace(r#""watch_only":[]"#, r#""watch_only":["en.gone"]"#);
    let refused = rig.vault(&["lexicon", "set", "--file", &rig.file("wrong.json", &wrong)]);
    assert_eq!(refused.code, 1);
    let problems = json!([
        {"path": "words[0].phrases[0]", "problem": "only_common_words"},
        {"path": "watch_only[0]", "problem": "unknown_rule"}
    ]);
    assert_eq!(*refused.last(), json!({"ok": false, "problems": problems}));
    let broken = rig.vault(&["lexicon", "set", "--file", &rig.file("broken.json", r#"{"word":"secret"}"#)]);
    assert_eq!(broken.failed(), "invalid_lexicon");
    assert!(!broken.messages.contains("secret"));
    assert_eq!(rig.vault(&["lexicon", "show"]).done().last()["version"], json!(0));
}

//! Sensitive threads on the command line: marked, listed as such, and exported only when that is said.

use std::path::Path;

use serde_json::json;

use crate::rig::Rig;

#[test]
fn a_sensitive_thread_is_marked_listed_and_exported_only_when_that_is_said() {
    let rig = Rig::filled();
    let threads = rig.vault(&["threads"]).done().lines;
    assert!(threads.iter().all(|thread| thread["sensitive"] == json!(false)));
    let (id, portal_id) = (threads[0]["id"].as_str().unwrap(), threads[0]["portal_id"].as_str().unwrap());
    let marked = rig.vault(&["sensitive", portal_id]).done();
    assert_eq!(marked.last(), &json!({"thread": id, "sensitive": true}));
    let listed = rig.vault(&["threads"]).done().lines;
    let sensitive: Vec<_> = listed.iter().filter(|thread| thread["sensitive"] == json!(true)).collect();
    assert_eq!((sensitive.len(), &sensitive[0]["id"]), (1, &json!(id)));
    // The call is the asking: nothing of the contract's answers is masked, and the order is the same.
    assert_eq!(
        (&sensitive[0]["patient"], &sensitive[0]["topic"]),
        (&threads[0]["patient"], &threads[0]["topic"])
    );
    let thread = rig.vault(&["thread", id]).done();
    assert_eq!(thread.last()["sensitive"], json!(true));
    assert!(!thread.last()["messages"].as_array().unwrap().is_empty());

    let at = |name: &str| rig.vault_dir().with_file_name(name).to_string_lossy().into_owned();
    let (asked, without, with) = (at("asked"), at("without"), at("with"));
    let refused = rig.vault(&["vault", "export", "--to", &asked]);
    assert_eq!(refused.failed(), "sensitive_threads");
    assert!(refused.messages.contains("count 1") && refused.messages.contains("--include-sensitive"));
    assert!(!Path::new(&asked).exists());
    let both = ["vault", "export", "--to", &asked, "--include-sensitive", "--without-sensitive"];
    assert_eq!(rig.vault(&both).code, 2);
    let left_out = rig.vault(&["vault", "export", "--to", &without, "--without-sensitive"]).done();
    assert_eq!(
        (&left_out.last()["sensitive"], &left_out.last()["sensitive_left_out"]),
        (&json!(0), &json!(1))
    );
    let included = rig.vault(&["vault", "export", "--to", &with, "--include-sensitive"]).done();
    assert_eq!(
        (&included.last()["sensitive"], &included.last()["sensitive_left_out"]),
        (&json!(1), &json!(0))
    );
    let file = |dir: &str| Path::new(dir).join("threads").join(format!("{id}.json"));
    assert!(file(&with).exists() && !file(&without).exists());

    let audit = rig.vault(&["vault", "audit", "--action", "thread.sensitive"]).done().lines;
    assert_eq!((audit.len(), &audit[0]["subject"]), (1, &json!(format!("thread:{id}"))));
    rig.vault(&["sensitive", id, "--off"]).done();
    rig.vault(&["vault", "export", "--to", &asked]).done();
    assert_eq!(rig.vault(&["sensitive", "nothing"]).failed(), "no_such_thread");
}

#[test]
fn an_attachment_of_a_sensitive_thread_is_written_only_when_that_is_said() {
    let rig = Rig::filled();
    let threads = rig.vault(&["threads"]).done().lines;
    let with_attachment = threads.iter().find_map(|thread| {
        let id = thread["id"].as_str().unwrap();
        let messages = rig.vault(&["thread", id]).done().last()["messages"].clone();
        let found = messages.as_array().unwrap().iter().any(|message| {
            message["attachments"].as_array().is_some_and(|attachments| !attachments.is_empty())
        });
        found.then(|| thread["portal_id"].as_str().unwrap().to_owned())
    });
    let thread = with_attachment.expect("the sample clinic has attachments");
    rig.vault(&["sensitive", &thread]).done();
    let to = rig.vault_dir().with_file_name("attachment.bin").to_string_lossy().into_owned();
    let refused = rig.vault(&["attachment", &thread, "1", "--to", &to]);
    assert_eq!(refused.failed(), "sensitive_threads");
    assert!(!Path::new(&to).exists());
    rig.vault(&["attachment", &thread, "1", "--to", &to, "--include-sensitive"]).done();
    assert!(Path::new(&to).exists());
}

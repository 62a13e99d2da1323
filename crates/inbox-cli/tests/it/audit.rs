//! The audit chain on the command line.

use serde_json::{Value, json};

use crate::rig::Rig;

#[test]
fn the_chain_is_printed_with_its_macs_and_by_action_and_time() {
    let rig = Rig::filled();
    let thread = rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned();
    rig.vault(&["thread", &thread]).done();
    rig.vault(&["search", "the"]).done();
    let words = rig.file("reply", "Yes.");
    rig.vault(&["reply", &thread, "--text-file", &words, "--even-if-newer"]).done();
    let all = rig.vault(&["vault", "audit"]).done().lines;
    let numbers: Vec<i64> = all.iter().map(|line| line["n"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "no row is missing");
    assert!(all.iter().all(|line| line["mac"].as_str().unwrap().len() == 64));
    let found = |action: &str| all.iter().filter(|line| line["action"] == json!(action)).count();
    for action in ["vault.create", "vault.unlock", "vault.lock", "thread.view", "search", "outbox.enqueue"] {
        assert!(found(action) > 0, "{action}");
    }
    let view = all.iter().find(|line| line["action"] == json!("thread.view")).unwrap();
    assert_eq!(view["subject"], json!(format!("thread:{thread}")));

    let of_threads = rig.vault(&["vault", "audit", "--action", "thread"]).done().lines;
    assert_eq!(of_threads, std::slice::from_ref(view));
    let exported = rig.vault(&["vault", "audit", "--action", "export.audit"]).done().lines;
    assert_eq!(exported[0]["subject"], json!(format!("rows:{}", all.len())), "the export is recorded");
    let none = rig.vault(&["vault", "audit", "--from", "2099-01-01T00:00:00Z"]).done();
    assert_eq!(none.lines, [Value::Null; 0]);
    let none = rig.vault(&["vault", "audit", "--to", "2020-01-01T00:00:00Z"]).done();
    assert_eq!(none.lines, [Value::Null; 0]);
    assert_eq!(rig.vault(&["vault", "audit", "--from", "yesterday"]).code, 2);
}

#[test]
fn an_older_database_is_a_problem_of_verify_and_of_doctor() {
    let rig = Rig::filled();
    let kept = rig.vault_dir().with_file_name("kept");
    std::fs::copy(rig.vault_dir().join("vault.db"), &kept).unwrap();
    rig.vault(&["search", "the"]).done();
    assert_eq!(rig.vault(&["vault", "verify"]).done().last()["audit"]["anchor"], json!("agrees"));
    for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        let _ = std::fs::remove_file(rig.vault_dir().join(name));
    }
    std::fs::copy(&kept, rig.vault_dir().join("vault.db")).unwrap();
    let found = rig.vault(&["vault", "verify"]);
    assert_eq!(
        (found.code, &found.last()["ok"], &found.last()["audit"]["ok"]),
        (1, &json!(false), &json!(false))
    );
    assert_eq!(found.last()["problems"], json!(["audit_anchor:rolled_back"]));
    let doctor = rig.vault(&["doctor"]).done();
    assert_eq!(doctor.last()["vault"]["problems"], json!(["audit_anchor:rolled_back"]));
}

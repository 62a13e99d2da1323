//! Wrong usage, wrong secrets, and vaults that must not be touched.

use crate::rig::{Rig, call_with};

#[test]
fn wrong_usage_exits_2_and_prints_no_json() {
    let calls: [&[&str]; 8] = [
        &[],
        &["no-such-call"],
        &["threads"],
        &["threads", "--vault", "v", "--passphrase", "in the open"],
        &["login", "--vault", "v", "--passphrase-file", "-", "--portal", "http://127.0.0.1:1"],
        &["case", "step", "1", "13", "--done", "--vault", "v", "--passphrase-file", "-"],
        &["outbox", "resolve", "1", "--vault", "v", "--passphrase-file", "-"],
        &["threads", "--view", "everything", "--vault", "v", "--passphrase-file", "-"],
    ];
    for call in calls {
        let answer = call_with(call, "");
        assert_eq!(answer.code, 2, "{call:?} {}", answer.messages);
        assert!(answer.lines.is_empty(), "{call:?}");
        assert!(!answer.messages.is_empty(), "{call:?}");
    }
}

#[test]
fn a_wrong_passphrase_says_so_and_the_right_one_still_opens() {
    let rig = Rig::start();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let dir = rig.vault_dir();
    let wrong = rig.file("wrong", "not the passphrase at all");
    let answer = call_with(&["threads", "--vault", dir.to_str().unwrap(), "--passphrase-file", &wrong], "");
    assert_eq!(answer.failed(), "wrong_passphrase");
    rig.vault(&["threads"]).done();
    let from_input = call_with(
        &["threads", "--vault", dir.to_str().unwrap(), "--passphrase-file", "-"],
        "a passphrase for tests\n",
    );
    from_input.done();
}

#[test]
fn nothing_is_created_over_a_vault_or_opened_where_none_is() {
    let rig = Rig::start();
    assert_eq!(rig.vault(&["threads"]).failed(), "no_vault");
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    assert_eq!(rig.vault(&["vault", "create", "--no-keyring"]).failed(), "vault_exists");
    assert_eq!(rig.vault(&["sync"]).failed(), "not_connected");
    assert_eq!(rig.vault(&["thread", "77"]).failed(), "no_such_thread");
    let short = rig.file("short", "too short");
    let other = rig.file("other-folder", "");
    std::fs::remove_file(&other).unwrap();
    let answer =
        call_with(&["vault", "create", "--no-keyring", "--vault", &other, "--passphrase-file", &short], "");
    assert_eq!(answer.failed(), "weak_passphrase");
}

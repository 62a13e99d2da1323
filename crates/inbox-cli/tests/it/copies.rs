//! Backup, restore and export on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::rig::{Rig, call_with};

/// A vault that is connected and filled; the file of its recovery code.
fn filled() -> (Rig, String) {
    let rig = Rig::start();
    let made = rig.vault(&["vault", "create", "--no-keyring"]).done();
    let code = rig.file("code", made.last()["recovery_code"].as_str().unwrap());
    rig.login().done();
    rig.vault(&["sync"]).done();
    (rig, code)
}

fn beside(rig: &Rig, name: &str) -> String {
    rig.vault_dir().with_file_name(name).to_string_lossy().into_owned()
}

#[test]
fn a_backup_is_restored_on_another_machine_and_each_reply_is_there_once() {
    let (rig, code) = filled();
    let thread = rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned();
    let words = rig.file("reply", "Only once, please.");
    rig.vault(&["reply", &thread, "--text-file", &words, "--even-if-newer"]).done();
    let file = beside(&rig, "one.backup");
    let made = rig.vault(&["vault", "backup", "--to", &file]).done();
    assert_eq!((&made.last()["verified"], &made.last()["rows"]["outbox"]), (&json!(true), &json!(1)));
    assert_eq!(rig.vault(&["vault", "backup", "--to", &file]).failed(), "file_exists");
    let text = |resource: &Value| resource["payload"][0]["contentString"] == "Only once, please.";
    let copies = || rig.portal.control().resources("Communication").iter().filter(|one| text(one)).count();
    assert_eq!(rig.vault(&["sync"]).done().last()["sent"], json!(1));
    assert_eq!(copies(), 1);

    let new = rig.file("new-passphrase", "the passphrase of the new machine");
    let there = beside(&rig, "there");
    let restore = |from: &str, to: &str| {
        let call = ["vault", "restore", "--from", from, "--recovery-code-file", &code, "--vault", to];
        call_with(&[call.as_slice(), &["--passphrase-file", &new, "--no-keyring"]].concat(), "")
    };
    let restored = restore(&file, &there).done();
    assert_eq!((&restored.last()["to_look_up"], &restored.last()["vault"]), (&json!(1), &json!(there)));
    assert_eq!(restore(&file, &there).failed(), "vault_exists");
    let on_it = |call: &[&str]| {
        call_with(&[call, &["--vault", &there, "--passphrase-file", &new]].concat(), "").done()
    };
    assert_eq!(on_it(&["outbox"]).last()["state"], json!("unknown"));
    on_it(&["sync"]);
    assert_eq!((on_it(&["outbox"]).last()["state"].clone(), copies()), (json!("sent"), 1));
    assert_eq!(on_it(&["vault", "verify"]).last()["problems"], json!([]));

    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    let broken = beside(&rig, "broken.backup");
    std::fs::write(&broken, bytes).unwrap();
    let never = beside(&rig, "never");
    assert_eq!(restore(&broken, &never).failed(), "backup_damaged");
    assert!(!Path::new(&never).exists());
}

#[test]
fn an_export_is_readable_recorded_and_only_for_its_owner() {
    let (rig, _) = filled();
    let to = beside(&rig, "archive");
    let made = rig.vault(&["vault", "export", "--to", &to]).done();
    let record = made.last();
    let about: Value =
        serde_json::from_slice(&std::fs::read(Path::new(&to).join("export.json")).unwrap()).unwrap();
    for key in ["threads", "messages", "cases", "attachments", "attachments_not_fetched"] {
        assert_eq!(about[key], record[key], "{key}");
    }
    let threads = rig.vault(&["threads"]).done().lines;
    assert_eq!(record["threads"], json!(threads.len()));
    let id = threads[0]["id"].as_str().unwrap();
    let file = Path::new(&to).join("threads").join(format!("{id}.json"));
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(&written, rig.vault(&["thread", id]).done().last());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(rig.vault(&["vault", "export", "--to", &to]).failed(), "folder_not_empty");
    let rows = rig.vault(&["vault", "audit", "--action", "export.threads"]).done().lines;
    assert_eq!((rows.len(), &rows[0]["subject"]), (1, &json!(format!("threads:{}", threads.len()))));
}

#[cfg(unix)]
#[test]
fn every_file_of_a_vault_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::start();
    // An administrator may have made the folder, readable for everybody.
    std::fs::create_dir_all(rig.vault_dir()).unwrap();
    std::fs::set_permissions(rig.vault_dir(), PermissionsExt::from_mode(0o755)).unwrap();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    rig.login().done();
    rig.vault(&["sync"]).done();
    for entry in std::fs::read_dir(rig.vault_dir()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

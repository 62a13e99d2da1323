//! What opens a vault, changed on the command line, and the clinic's policy.

use serde_json::json;

use crate::rig::{Answer, Rig, call_with};

const NEW: &str = "another passphrase for tests";

/// A call that names the vault alone.
fn on_vault(rig: &Rig, arguments: &[&str]) -> Answer {
    let dir = rig.vault_dir();
    let mut all = arguments.to_vec();
    all.extend(["--vault", dir.to_str().unwrap()]);
    call_with(&all, "")
}

fn code_of(answer: &Answer) -> String {
    answer.last()["recovery_code"].as_str().unwrap().to_owned()
}

#[test]
fn the_passphrase_is_changed_and_the_code_brings_a_lost_one_back() {
    let rig = Rig::start();
    let code = code_of(&rig.vault(&["vault", "create", "--no-keyring"]).done());
    let (new, code) = (rig.file("new", NEW), rig.file("code", &code));
    let short = rig.file("short", "fifteen letters");
    let refused = rig.vault(&["vault", "passphrase", "--new-passphrase-file", &short]);
    assert_eq!(refused.failed(), "weak_passphrase");
    let changed = rig.vault(&["vault", "passphrase", "--new-passphrase-file", &new]).done();
    assert_eq!(changed.last()["changed"], json!(true));
    assert_eq!(rig.vault(&["vault", "verify"]).failed(), "wrong_passphrase");
    rig.file("passphrase", NEW);
    rig.vault(&["vault", "verify"]).done();

    let back = rig.file("back", "the passphrase before that");
    let recover =
        ["vault", "recover", "--recovery-code-file", &code, "--new-passphrase-file", &back].map(String::from);
    let recover: Vec<&str> = recover.iter().map(String::as_str).collect();
    assert_eq!(on_vault(&rig, &recover).done().last()["by"], json!("recovery_code"));
    rig.file("passphrase", "the passphrase before that");
    assert_eq!(rig.vault(&["vault", "verify"]).done().last()["audit"]["ok"], json!(true));
    let wrong = rig.file("code", "0000-0000");
    let recover = ["vault", "recover", "--recovery-code-file", &wrong, "--new-passphrase-file", &back];
    assert_eq!(on_vault(&rig, &recover).failed(), "mistyped_recovery_code");
}

#[test]
fn a_rekeyed_vault_has_everything_and_a_new_code_alone() {
    let rig = Rig::start();
    let old = code_of(&rig.vault(&["vault", "create", "--no-keyring"]).done());
    rig.login().done();
    rig.vault(&["sync"]).done();
    let threads = rig.vault(&["threads"]).done().lines;
    let thread = threads[0]["id"].as_str().unwrap().to_owned();
    let text = rig.file("text", "a reply that waits");
    rig.vault(&["reply", &thread, "--text-file", &text]).done();
    let before = std::fs::read(rig.vault_dir().join("vault.db")).unwrap();

    let rekeyed = rig.vault(&["vault", "rekey"]).done();
    assert_eq!((rekeyed.lines.len(), &rekeyed.last()["rekeyed"]), (1, &json!(true)));
    let new = code_of(&rekeyed);
    assert_ne!(new, old);
    let after = std::fs::read(rig.vault_dir().join("vault.db")).unwrap();
    let page = 4096;
    let same = before.chunks(page).zip(after.chunks(page)).filter(|(before, after)| before == after).count();
    assert_eq!(same, 0, "pages under the old key");
    let verified = rig.vault(&["vault", "verify"]).done();
    assert_eq!(verified.last()["ok"], json!(true), "{}", verified.last());
    assert_eq!(rig.vault(&["threads"]).done().lines.len(), threads.len());
    assert_eq!(rig.vault(&["sync"]).done().last()["sent"], json!(1));

    let (old, new, passphrase) = (rig.file("old", &old), rig.file("new", &new), rig.file("phrase", NEW));
    let recover = |code: &str| {
        on_vault(
            &rig,
            &["vault", "recover", "--recovery-code-file", code, "--new-passphrase-file", &passphrase],
        )
    };
    assert_eq!(recover(&old).failed(), "wrong_recovery_code");
    recover(&new).done();
}

#[test]
fn the_escrow_key_of_the_policy_recovers_a_vault() {
    let rig = Rig::start();
    let private = rig.file("escrow", "");
    std::fs::remove_file(&private).unwrap();
    let made = call_with(&["vault", "escrow-key", "--to", &private], "").done();
    let public = made.last()["public_key"].as_str().unwrap();
    let policy = rig.file("policy.toml", &format!("[escrow]\nkey = \"{public}\"\n"));
    assert_eq!(call_with(&["vault", "escrow-key", "--to", &private], "").failed(), "unreadable_file");

    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let new = rig.file("new", NEW);
    let recover = ["vault", "recover", "--escrow-key-file", &private, "--new-passphrase-file", &new];
    assert_eq!(on_vault(&rig, &recover).failed(), "wrong_escrow_key", "no policy named it yet");
    rig.vault(&["threads", "--policy", &policy]).done();
    assert_eq!(on_vault(&rig, &recover).done().last()["by"], json!("escrow_key"));
    rig.file("passphrase", NEW);
    rig.vault(&["vault", "verify"]).done();
    let other = rig.file("other", "");
    std::fs::remove_file(&other).unwrap();
    call_with(&["vault", "escrow-key", "--to", &other], "").done();
    let recover = ["vault", "recover", "--escrow-key-file", &other, "--new-passphrase-file", &new];
    assert_eq!(on_vault(&rig, &recover).failed(), "wrong_escrow_key");
}

#[test]
fn a_vault_is_erased_only_when_nothing_undelivered_is_lost_or_that_was_said() {
    let rig = Rig::filled();
    let thread = rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned();
    let text = rig.file("text", "a reply that waits");
    rig.vault(&["reply", &thread, "--text-file", &text]).done();
    assert_eq!(rig.vault(&["vault", "erase"]).code, 2, "without --yes it means nothing");
    assert_eq!(rig.vault(&["vault", "erase", "--yes"]).failed(), "undelivered");
    assert_eq!(on_vault(&rig, &["vault", "erase", "--yes"]).failed(), "undelivered");
    rig.vault(&["vault", "verify"]).done();
    let erased = rig.vault(&["vault", "erase", "--yes", "--even-undelivered"]).done();
    assert_eq!((erased.lines.len(), &erased.last()["erased"]), (1, &json!(true)));
    assert!(!rig.vault_dir().exists());
    assert_eq!(rig.vault(&["threads"]).failed(), "no_vault");
}

#[test]
fn a_pin_needs_the_policy_and_a_keyring() {
    let rig = Rig::start();
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let pin = rig.file("pin", "271828");
    assert_eq!(rig.vault(&["vault", "pin", "--pin-file", &pin]).failed(), "pin_not_allowed");
    let policy = rig.file("policy.toml", "[passphrase]\npin = true\n");
    let set = rig.vault(&["vault", "pin", "--pin-file", &pin, "--policy", &policy]);
    assert_eq!(set.failed(), "no_device_secret");
    rig.vault(&["vault", "pin", "--remove"]).done();
}

#[test]
fn the_policy_names_portal_and_least_passphrase_and_a_broken_one_is_never_none() {
    let rig = Rig::start();
    let strict = rig.file("strict.toml", "[passphrase]\nleast_length = 40\n");
    assert_eq!(
        rig.vault(&["vault", "create", "--no-keyring", "--policy", &strict]).failed(),
        "weak_passphrase"
    );
    rig.vault(&["vault", "create", "--no-keyring"]).done();
    let me = &rig.portal.practitioners()[0];
    let (token, base) = (rig.file("token", rig.portal.token(&me.id)), rig.portal.base_url());
    let login = |policy: &str| {
        let who = me.reference.as_str();
        rig.vault(&[
            "login",
            "--portal",
            &base,
            "--practitioner",
            who,
            "--token-file",
            &token,
            "--policy",
            policy,
        ])
    };
    let elsewhere = rig.file("elsewhere.toml", "[portal]\nurl = \"https://portal.example.org/fhir\"\n");
    assert_eq!(login(&elsewhere).failed(), "portal_set_by_clinic");
    let here = rig.file("here.toml", &format!("[portal]\nurl = \"{base}\"\n"));
    login(&here).done();

    let broken = rig.file("broken.toml", "[lock]\n\nidle_seconds = 1\n");
    let checked = call_with(&["policy", &broken], "");
    assert_eq!((checked.code, &checked.last()["state"]), (1, &json!("broken")));
    let problem = json!({"line": 3, "key": "lock.idle_seconds", "expected": "range", "detail": "5 - 3600"});
    assert_eq!(checked.last()["problems"], json!([problem]));
    assert_eq!(call_with(&["policy", &here], "").done().last()["set"], json!(["portal.url"]));
    let doctor = call_with(&["doctor", "--policy", &broken], "").done();
    let said = &doctor.last()["policy"];
    assert_eq!(
        (&said["ok"], &said["state"], &said["problems"][0]["line"]),
        (&json!(false), &json!("broken"), &json!(3))
    );
    assert_eq!(said["problems"][0]["file"], json!(broken));
    // Careful settings hold: nothing is handed to anybody.
    rig.vault(&["sync"]).done();
    let thread = rig.vault(&["threads"]).done().lines[0]["id"].as_str().unwrap().to_owned();
    let handed = rig.vault(&["handover", &thread, "--to", "Practitioner/dr-brandt", "--policy", &broken]);
    assert_eq!(handed.failed(), "sharing_off");
}

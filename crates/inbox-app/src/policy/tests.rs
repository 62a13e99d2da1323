use std::{fs, path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tempfile::TempDir;

use super::{
    ClinicalLead, Policy, PolicyExpected, PolicyInForce, PolicySource, UpdateChannel, WatchWhileLocked,
    check_passphrase, read::parse,
};

fn whole() -> String {
    let (lead, escrow) = (STANDARD.encode([7; 32]), STANDARD.encode([9; 32]));
    format!(
        "[portal]\nurl = \"https://portal.example.org/fhir\"\n\
         [lock]\nidle_seconds = 120\nwatch_while_locked = \"on\"\n\
         [passphrase]\nleast_length = 14\npin = true\n\
         [retention]\ndays = 730\n[sharing]\nallowed = false\n[update]\nchannel = \"none\"\n\
         [escrow]\nkey = \"{escrow}\"\n\
         [[lead]]\npractitioner = \"Practitioner/dr-a\"\nkey = \"{lead}\"\n"
    )
}

struct Folder(TempDir);

impl Folder {
    fn with(text: &str) -> (Self, PolicySource) {
        let folder = Self(TempDir::with_prefix("anteroom-policy-").unwrap());
        fs::write(folder.file(), text).unwrap();
        let source = PolicySource::at(&folder.file());
        (folder, source)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("policy.toml")
    }
}

/// Line, key and what was expected, of each problem.
fn problems(found: &PolicyInForce) -> Vec<(Option<u32>, &str, PolicyExpected)> {
    found.problems.iter().map(|problem| (problem.line, problem.key.as_str(), problem.expected)).collect()
}

#[test]
fn everything_that_a_clinic_sets_holds() {
    let found = parse(&whole());
    assert_eq!(problems(&found), []);
    assert_eq!(
        found.policy,
        Policy {
            portal_url: Some("https://portal.example.org/fhir/".into()),
            idle_lock: Duration::from_secs(120),
            watch_while_locked: WatchWhileLocked::On,
            least_passphrase: 14,
            pin_allowed: true,
            retention_days: Some(730),
            sharing: false,
            update_channel: UpdateChannel::None,
            leads: vec![ClinicalLead { practitioner: "Practitioner/dr-a".into(), key: [7; 32] }],
            escrow_key: Some([9; 32]),
        }
    );
    assert!(found.sets("lock.idle_seconds") && found.sets("sharing.allowed") && found.sets("escrow.key"));
}

#[test]
fn what_is_not_set_is_as_it_was_and_not_said_to_be_the_clinics() {
    let found = parse("[lock]\nidle_seconds = 60\n");
    assert_eq!(found.policy, Policy { idle_lock: Duration::from_secs(60), ..Policy::default() });
    assert_eq!(found.set, ["lock.idle_seconds"]);
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_was_expected() {
    let text = "[portal]\nurl = \"http://portal.example.org\"\n\n[lock]\nidle_seconds = 4\n\
                watch_while_locked = \"sometimes\"\n[passphrase]\nleast_length = 4\n[retention]\ndays = 0\n\
                [update]\nchannel = \"beta\"\n[escrow]\nkey = \"c2hvcnQ=\"\n\
                [[lead]]\npractitioner = \"dr-a\"\nkey = \"?\"\n";
    let found = parse(text);
    assert_eq!(
        problems(&found),
        [
            (Some(2), "portal.url", PolicyExpected::HttpsUrl),
            (Some(5), "lock.idle_seconds", PolicyExpected::Range),
            (Some(6), "lock.watch_while_locked", PolicyExpected::OneOf),
            (Some(8), "passphrase.least_length", PolicyExpected::Range),
            (Some(10), "retention.days", PolicyExpected::Range),
            (Some(12), "update.channel", PolicyExpected::OneOf),
            (Some(14), "escrow.key", PolicyExpected::Key),
            (Some(16), "lead.practitioner", PolicyExpected::Practitioner),
            (Some(17), "lead.key", PolicyExpected::Key),
        ]
    );
    assert_eq!(found.problems[1].detail, "5 - 3600");
    assert_eq!(found.problems[2].detail, "on, off, on-duty");
}

#[test]
fn a_file_with_one_mistake_holds_in_nothing_and_is_never_no_policy() {
    for broken in [
        whole().replace("idle_seconds = 120", "idle_seconds = \"two minutes\""),
        whole().replace("idle_seconds", "idle_time"),
        whole().replace("[sharing]", "[sharing"),
        whole().replace("days = 730", "days = -1"),
        format!("{}key = \"\"\n", whole()),
        whole()
            + "[[lead]]\npractitioner = \"Practitioner/dr-a\"\nkey = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"\n",
    ] {
        let found = parse(&broken);
        assert!(found.is_broken() && found.present, "{broken}");
        assert_eq!(found.policy, Policy::careful());
        assert!(found.set.is_empty());
        assert!(found.problems[0].line.is_some());
    }
    let careful = Policy::careful();
    assert_eq!((careful.sharing, careful.pin_allowed, careful.retention_days), (false, false, None));
    assert!(careful.leads.is_empty() && careful.escrow_key.is_none());
}

#[test]
fn the_line_of_a_parse_error_is_the_files() {
    let found = parse("[lock]\nidle_seconds = 60\n\nwatch = 1\n");
    assert_eq!(problems(&found), [(Some(4), "", PolicyExpected::Toml)]);
    assert!(found.problems[0].detail.contains("watch"), "{}", found.problems[0].detail);
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_broken_and_one_that_is_not_there_is_absent() {
    let (folder, source) = Folder::with("");
    fs::remove_file(folder.file()).unwrap();
    let found = source.current();
    assert!(!found.present && !found.is_broken());
    assert_eq!(found.policy, Policy::default());
    fs::create_dir(folder.file()).unwrap();
    assert_eq!(problems(&source.current()), [(None, "", PolicyExpected::Readable)]);
    fs::remove_dir(folder.file()).unwrap();
    fs::write(folder.file(), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(problems(&source.current()), [(None, "", PolicyExpected::Readable)]);
    #[cfg(unix)]
    {
        fs::remove_file(folder.file()).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", folder.file()).unwrap();
        assert_eq!(problems(&source.current()), [(None, "", PolicyExpected::Readable)]);
    }
}

#[test]
fn a_changed_file_comes_into_force_with_the_next_question() {
    let (folder, source) = Folder::with("[lock]\nidle_seconds = 60\n");
    assert_eq!(source.current().policy.idle_lock, Duration::from_secs(60));
    fs::write(folder.file(), "[lock]\nidle_seconds = 1200\n").unwrap();
    assert_eq!(source.current().policy.idle_lock, Duration::from_secs(1200));
    fs::write(folder.file(), "[lock]\nidle_seconds = nonsense\n").unwrap();
    assert!(source.current().is_broken());
    fs::remove_file(folder.file()).unwrap();
    assert!(!source.current().present);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, source) = Folder::with("[passphrase]\npin = true\n");
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(source.current().policy.pin_allowed);
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o666)).unwrap();
    let found = source.current();
    assert_eq!(problems(&found), [(None, "", PolicyExpected::ReadOnly)]);
    assert!(!found.policy.pin_allowed);
}

#[cfg(unix)]
#[test]
fn the_systems_file_belongs_to_the_administrator() {
    use super::read::changeable_by;
    assert!(!changeable_by(0o644, 0, 0, true));
    assert!(!changeable_by(0o664, 0, 0, true), "the administrators' own group");
    assert!(changeable_by(0o664, 0, 100, true));
    assert!(changeable_by(0o666, 0, 0, true));
    assert!(changeable_by(0o644, 1000, 0, true), "its owner may give himself the right to write");
    assert!(!changeable_by(0o644, 1000, 0, false));
}

#[test]
fn the_clinics_least_length_is_counted_in_characters() {
    let (_folder, source) = Folder::with("[passphrase]\nleast_length = 14\n");
    assert!(check_passphrase(&source, &"äöüäöüäöüäöüäö".into()).is_ok());
    let refused = check_passphrase(&source, &"thirteen char".into()).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params[0].1.as_str()), ("weak_passphrase", "14"));
    assert!(check_passphrase(&PolicySource::none(), &"short".into()).is_ok());
}

//! What an open vault does for itself, and how it goes on after damage.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use inbox_app::{
    Session, Surroundings,
    dto::{AuditFilter, AuditFormat, RestoreRequest},
    notify::NoticeAnswer,
    policy::PolicySource,
};
use inbox_domain::{Clock, View};

use crate::rig::{PASSPHRASE, Rig};

/// The system's clock, moved forward.
#[derive(Default)]
struct Moved(AtomicI64);

impl Moved {
    fn on(&self, time: TimeDelta) {
        self.0.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for Moved {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn said(session: &Session) -> Option<String> {
    session.load_overview().unwrap().upkeep.map(|problem| problem.code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_made_each_day_the_oldest_leaves_and_a_failure_is_said() {
    let clock = Arc::new(Moved::default());
    let rig = Rig::unconnected(Arc::clone(&clock) as Arc<dyn Clock>, NoticeAnswer::Dismissed).await;
    let session = rig.session();
    let folder = rig.vault_dir().with_file_name("copies");
    let path = folder.to_string_lossy().into_owned();
    assert_eq!(session.set_backup(&path, 2).unwrap_err().code, "no_such_folder");
    assert_eq!(session.set_backup("copies", 2).unwrap_err().code, "invalid_argument");
    assert_eq!(session.back_up_now().unwrap_err().code, "backup_folder_needed");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("letter.backup"), "somebody's").unwrap();
    let view = session.set_backup(&path, 2).unwrap();
    assert_eq!(
        (view.backup.folder.as_str(), view.backup.keep, view.backup.last_at),
        (path.as_str(), 2, None)
    );

    let mut seen = Vec::new();
    for _ in 0..4 {
        session.run_upkeep();
        let found = names(&folder);
        session.run_upkeep();
        assert_eq!(names(&folder), found, "one a day");
        seen.push(found);
        clock.on(TimeDelta::days(1));
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [2, 3, 3, 3]);
    assert!(seen[3].contains(&"letter.backup".to_owned()), "what is not ours stays");
    assert!(!seen[3].contains(&seen[0][0]), "the oldest leaves");
    assert!(session.load_upkeep().unwrap().backup.last_at.is_some());
    assert_eq!(said(&session), None);

    fs::rename(&folder, folder.with_file_name("elsewhere")).unwrap();
    session.run_upkeep();
    assert_eq!(said(&session).as_deref(), Some("scheduled_backup_failed"));
    assert_eq!(session.load_upkeep().unwrap().backup.problem.unwrap().code, "file_error");
    fs::rename(folder.with_file_name("elsewhere"), &folder).unwrap();
    session.run_upkeep();
    assert!(said(&session).is_some(), "not tried again at once");
    clock.on(TimeDelta::hours(2));
    session.run_upkeep();
    assert_eq!(said(&session), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_clinics_policy_what_is_old_leaves_and_the_portal_keeps_it() {
    let rig = Rig::filled().await;
    for row in rig.session().list_threads(View::WaitingForPatient, None, 0, 500).unwrap().rows {
        rig.session().mark_thread_read(&row.id).unwrap();
    }
    rig.app.lock();
    let policy = rig.vault_dir().with_file_name("policy.toml");
    fs::write(&policy, "[retention]\ndays = 30\n").unwrap();
    let clock = Arc::new(Moved::default());
    let open = |policy: PolicySource| {
        let around = Surroundings::headless(Arc::clone(&clock) as Arc<dyn Clock>).under(policy);
        Session::open(&rig.vault_dir(), &PASSPHRASE.into(), around).unwrap()
    };
    clock.on(TimeDelta::days(400));
    let session = open(PolicySource::none());
    session.run_upkeep();
    let view = session.load_upkeep().unwrap();
    assert_eq!((view.retention.days, view.retention.left), (None, 0), "nothing leaves without a policy");
    session.close();

    let session = open(PolicySource::at(&policy));
    let before = session.verify().unwrap().messages;
    session.run_upkeep();
    let view = session.load_upkeep().unwrap();
    assert_eq!(view.retention.days, Some(30));
    assert!(view.retention.left > 0 && view.retention.last_at.is_some(), "{:?}", view.retention);
    let found = session.verify().unwrap();
    assert_eq!(found.messages + u64::from(view.retention.left), before);
    assert!(found.ok, "{:?}", found.problems);
    session.close();
    assert!(!rig.portal.control().resources("Communication").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_vault_is_told_and_goes_on_with_its_drafts() {
    let rig = Rig::filled().await;
    let thread = rig.session().list_threads(View::WaitingForMe, None, 0, 1).unwrap().rows.remove(0).id;
    rig.session().save_draft(&thread, "begun before the damage").unwrap();
    let topic = rig.session().load_thread(&thread).unwrap().row.topic;
    rig.app.lock();
    let file = rig.vault_dir().join("vault.db");
    let mut bytes = fs::read(&file).unwrap();
    // At the end stand texts and the search index; tables and indexes have their first pages at the beginning.
    let pages = bytes.len() / 4096;
    for page in (pages - pages / 4..pages).step_by(4) {
        bytes[page * 4096 + 100] ^= 1;
    }
    fs::write(&file, &bytes).unwrap();
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    let opened = rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await;
    let rescued = if let Err(error) = opened {
        assert_eq!(error.code, "database_damaged");
        rig.app.resync_vault(&dir, PASSPHRASE.to_owned().into()).await.unwrap()
    } else {
        let _ = rig.session().check_now();
        // Where the damage is also in what every view reads, the overview itself says so.
        match rig.session().load_overview() {
            Ok(overview) => {
                assert_eq!(overview.upkeep.map(|problem| problem.code).as_deref(), Some("part_damaged"))
            }
            Err(error) => assert_eq!(error.code, "database_damaged"),
        }
        rig.app.repair_open_vault().await.unwrap()
    };
    assert_eq!(rescued.drafts, 1, "{rescued:?}");
    assert!(Path::new(&rescued.aside).join("vault.db").exists(), "nothing is deleted");
    assert_eq!(said(&rig.session()), None);
    rig.first_sync().await;
    let session = rig.session();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 500).unwrap().rows;
    let row = rows.iter().find(|row| row.topic == topic).expect("it came again");
    let detail = session.load_thread(&row.id).unwrap();
    assert_eq!(detail.draft, "begun before the damage");
    assert!(!detail.messages.is_empty());
    session.check_now().unwrap();
    assert_eq!(session.load_upkeep().unwrap().problems, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_is_said_until_it_was_read() {
    let rig = Rig::unconnected(Arc::new(Moved::default()), NoticeAnswer::Dismissed).await;
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    rig.app.lock();
    let kept = fs::read(rig.vault_dir().join("vault.db")).unwrap();
    rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    rig.app.lock();
    fs::write(rig.vault_dir().join("vault.db"), kept).unwrap();
    for _ in 0..2 {
        rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
        assert_eq!(said(&rig.session()).as_deref(), Some("rolled_back"));
        rig.app.lock();
    }
    rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    assert_eq!(rig.session().acknowledge_notice().unwrap().notice, None);
    assert_eq!(said(&rig.session()), None);
    let filter = AuditFilter { action: "audit".into(), ..AuditFilter::default() };
    let actions: Vec<_> =
        rig.session().list_audit(&filter).unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["audit.acknowledge", "audit.anchor", "audit.anchor"]);
    let csv = rig.session().export_audit(&filter, AuditFormat::Csv).unwrap();
    assert_eq!((csv.lines().count(), csv.lines().next()), (4, Some("n,at,action,subject,mac")));
    assert!(csv.lines().skip(1).all(|line| line.split(',').count() == 5), "{csv}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_restored_beside_the_vaults_that_are_here() {
    let rig = Rig::unconnected(Arc::new(Moved::default()), NoticeAnswer::Dismissed).await;
    let code = rig.recovery_code.clone();
    let file = rig.vault_dir().with_file_name("one.backup");
    rig.session().backup(&file).unwrap();
    rig.app.lock();
    let request = |file: &str| RestoreRequest {
        file: file.to_owned(),
        recovery_code: code.clone(),
        passphrase: PASSPHRASE.to_owned(),
        no_keyring: true,
        in_place_of: None,
    };
    assert_eq!(rig.app.restore_backup(request("one.backup")).await.unwrap_err().code, "invalid_argument");
    let restored = rig.app.restore_backup(request(file.to_str().unwrap())).await.unwrap();
    assert!(restored.dir.ends_with("restored-1") && restored.saved.is_none());
    rig.app.unlock(&restored.dir, PASSPHRASE.to_owned().into()).await.unwrap();
    assert_eq!(rig.session().name(), "Test");
}

//! Locking and unlocking.

use inbox_app::dto::{AppEvent, SessionState, UnlockOutcome};
use inbox_domain::View;

use crate::rig::{PASSPHRASE, Rig};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_vault_answers_nothing_and_opens_with_its_passphrase_only() {
    let rig = Rig::filled().await;
    let held = rig.session();
    rig.app.lock();
    assert!(rig.heard(|event| *event == AppEvent::Locked));
    assert!(rig.recorder.notices.lock().unwrap().is_empty(), "notifications are taken back");
    assert_eq!(rig.app.session().err().unwrap().code, "locked");
    assert_eq!(held.list_threads(View::NeedsAttention, None, 0, 1).unwrap_err().code, "locked");
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    let SessionState::Locked { vaults, .. } = rig.app.session_state().unwrap() else { panic!("locked") };
    assert_eq!((vaults.len(), &vaults[0].dir, vaults[0].name.as_str()), (1, &dir, "Test"));

    let wrong = rig.app.unlock(&dir, "something else entirely".to_owned().into()).await.unwrap();
    assert!(matches!(wrong, UnlockOutcome::WrongPassphrase { .. }), "{wrong:?}");
    let elsewhere = rig.app.unlock("/etc", PASSPHRASE.to_owned().into()).await.unwrap_err();
    assert_eq!(elsewhere.code, "no_vault");
    let right = rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    assert!(matches!(right, UnlockOutcome::Unlocked), "{right:?}");
    let SessionState::Unlocked { practitioner, .. } = rig.app.session_state().unwrap() else {
        panic!("open")
    };
    assert_eq!(practitioner, rig.portal.practitioners()[0].name);
    assert!(!rig.session().list_threads(View::WaitingForMe, None, 0, 1).unwrap().rows.is_empty());
}

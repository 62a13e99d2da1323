//! The watch over a locked vault: what cannot wait is said without a name, nothing is written, and the sign-in comes back whole.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeZone as _;
use demo_portal::{NewMessage, Options, Quirks};
use inbox_app::{
    Credential,
    dto::{ReplyRequest, UnlockOutcome, WatchState, WatchView},
    notify::NoticeAnswer,
};
use inbox_domain::{FixedClock, SystemClock, View};
use inbox_vault::Vault;

use crate::{
    rig::{PASSPHRASE, Rig},
    signing_in::choose,
};

const EMERGENCY: &str = "I have taken all of the tablets and I am going to kill myself tonight.";

fn write(rig: &Rig, text: &str) {
    let message = NewMessage {
        patient: "berger-jonas".to_owned(),
        text: text.to_owned(),
        topic: Some("Tonight".to_owned()),
        ..NewMessage::default()
    };
    rig.portal.control().add_message(&message).unwrap();
}

fn view(rig: &Rig) -> WatchView {
    rig.app.load_watches().pop().unwrap()
}

fn notices(rig: &Rig) -> Vec<String> {
    rig.recorder.notices.lock().unwrap().iter().map(|notice| notice.summary.clone()).collect()
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let found = std::fs::read_dir(dir).unwrap().flatten();
    found
        .map(|file| (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).unwrap()))
        .collect()
}

async fn unlock(rig: &Rig) {
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    let opened = rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    assert!(matches!(opened, UnlockOutcome::Unlocked), "{opened:?}");
}

/// Signed in with the browser, so that there is a refresh token that rotates.
async fn signed_in(options: Options) -> Rig {
    let rig = Rig::unconnected_from(options, Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    let open = Box::new(|address: &str| drop(tokio::spawn(choose(address.to_owned(), "dr-adler"))));
    let credential = Credential::Browser { open, port: None };
    rig.session().login(&rig.portal.base_url(), None, credential).await.unwrap();
    rig.first_sync().await;
    rig.watch("on");
    rig
}

fn refreshes(rig: &Rig) -> usize {
    rig.portal.control().requests(false).iter().filter(|seen| seen.path == "/auth/token").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_rings_while_locked_without_a_name_and_nothing_is_written() {
    let rig = Rig::live(Options { quirks: Quirks::preset("medplum").unwrap(), ..Options::default() }).await;
    rig.watch("on");
    rig.app.lock();
    rig.until(|rig| view(rig).last_check.is_some()).await;
    rig.until(|rig| rig.portal.control().sockets().bound == 1).await;
    let before = files(&rig.vault_dir());
    write(&rig, "Thank you, the new dose is fine.");
    let written = Instant::now();
    write(&rig, EMERGENCY);
    rig.until(|rig| view(rig).seen == 1).await;
    println!("server commit to the nameless notice: {} ms", written.elapsed().as_millis());
    assert_eq!(notices(&rig), ["A message that cannot wait has arrived"], "the calm one rings for nobody");
    // Asked again it is known.
    write(&rig, "And one more calm line.");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((view(&rig).seen, notices(&rig).len()), (1, 1));
    assert_eq!(files(&rig.vault_dir()), before, "nothing is written while it is locked");

    unlock(&rig).await;
    assert!(rig.app.load_watches().is_empty());
    rig.until(|rig| rig.session().search("tablets", 5).is_ok_and(|found| !found.is_empty())).await;
    rig.watch("off");
    rig.app.lock();
    let vault = Vault::open(&rig.vault_dir(), &PASSPHRASE.to_owned().into()).unwrap();
    let rows = vault.audit(60).unwrap();
    let seen: Vec<_> = rows.iter().filter(|row| row.action == "watch.seen").collect();
    assert_eq!(seen.len(), 1, "{rows:?}");
    assert!(seen[0].subject.ends_with("tier:emergency"), "{}", seen[0].subject);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_was_renewed_while_locked_comes_back_and_none_is_spent_twice() {
    // Tokens that end at once are renewed with every poll.
    let rig = signed_in(Options { token_life: Duration::from_secs(11), ..Options::default() }).await;
    for round in 0..3 {
        rig.app.lock();
        rig.until(|rig| view(rig).last_check.is_some()).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        write(&rig, &format!("Round {round}: {EMERGENCY}"));
        rig.until(|rig| view(rig).seen >= 1).await;
        unlock(&rig).await;
        rig.until(|rig| {
            let staleness = rig.session().load_overview().unwrap().staleness;
            staleness.last_success.is_some() && !staleness.syncing && staleness.problem.is_none()
        })
        .await;
        assert!(rig.session().search("tablets", 50).unwrap().len() > round);
    }
    assert!(refreshes(&rig) > 3, "the watch renewed it");
    // A refresh token that is used twice ends the login on this portal: it still lives.
    rig.session().check_portal().await.unwrap();
    assert!(rig.session().load_overview().unwrap().staleness.problem.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_did_not_end_cleanly_leaves_a_sign_in_that_nobody_replays() {
    let rig = signed_in(Options::default()).await;
    rig.app.lock();
    rig.until(|rig| view(rig).last_check.is_some()).await;
    drop(rig.portal.control().requests(true));
    // As after a kill: another process opens the vault, and knows nothing of the watch.
    let other = rig.another_app();
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    other.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    let code = |app: &inbox_app::App| {
        app.session().unwrap().load_overview().unwrap().staleness.problem.map(|problem| problem.code)
    };
    assert_eq!(code(&other).as_deref(), Some("sign_in_lost"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(refreshes(&rig), 0, "a lent token is never replayed");
    assert!(other.load_watches().is_empty(), "after a restart nobody watches");
    other.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_fails_is_said_and_the_watch_goes_on() {
    let rig = Rig::filled().await;
    rig.watch("on");
    rig.portal.pause().await;
    rig.app.lock();
    rig.until(|rig| view(rig).state == WatchState::Failing).await;
    assert_eq!(view(&rig).reason, "portal_unreachable");
    write(&rig, EMERGENCY);
    rig.portal.resume().await.unwrap();
    rig.until(|rig| view(rig).state == WatchState::On && view(rig).seen == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_clinics_rule_it_is_off_or_rests_until_duty() {
    let rig = Rig::filled().await;
    rig.watch("off");
    rig.app.lock();
    assert_eq!((view(&rig).state, view(&rig).reason.as_str()), (WatchState::Off, "by_policy"));
    unlock(&rig).await;
    rig.session().sign_out().await.unwrap();
    rig.watch("on");
    rig.app.lock();
    assert_eq!((view(&rig).state, view(&rig).reason.as_str()), (WatchState::Off, "signed_out"));

    // Sunday, 02:14 in Berlin: closed.
    let night = chrono::Utc.with_ymd_and_hms(2026, 11, 22, 1, 14, 0).unwrap();
    let rig = Rig::start(Arc::new(FixedClock::new(night)), NoticeAnswer::Dismissed).await;
    rig.first_sync().await;
    rig.watch("on-duty");
    rig.app.lock();
    rig.until(|rig| view(rig).state == WatchState::Paused).await;
    assert_eq!(view(&rig).reason, "off_duty");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_and_unlocking_while_syncing_loses_nothing_and_sends_nothing_twice() {
    let rig = signed_in(Options::default()).await;
    let threads: Vec<String> = {
        let rows = rig.session().list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
        rows.into_iter().map(|row| row.id).collect()
    };
    let (mut sent, mut slowest) = (Vec::new(), Duration::ZERO);
    let rounds: u64 = if std::env::var_os("ANTEROOM_LONG").is_some() { 1000 } else { 20 };
    for round in 0..rounds {
        let session = rig.session();
        let request = ReplyRequest {
            thread: threads[round as usize % threads.len()].clone(),
            text: format!("Antwort der Runde {round}."),
            response: None,
            not_before: None,
            even_if_newer: true,
        };
        sent.push(session.enqueue_reply(&request).unwrap().client_identifier);
        write(&rig, &format!("Line {round}, written while it locks: heron{round}z."));
        session.sync_now().unwrap();
        // At another moment of the sync each time.
        tokio::time::sleep(Duration::from_millis(7 * (round % 20))).await;
        let began = Instant::now();
        rig.app.lock();
        slowest = slowest.max(began.elapsed());
        assert!(session.load_overview().is_err(), "closed");
        unlock(&rig).await;
    }
    println!("{rounds} locks while syncing: the slowest took {} ms", slowest.as_millis());
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    rig.session().sync_now().unwrap();
    let control = rig.portal.control();
    let delivered = |identifier: &String| control.count_identifier("Communication", identifier);
    let end = Instant::now() + Duration::from_secs(60 + rounds);
    while !sent.iter().all(|one| delivered(one) == 1) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for identifier in &sent {
        assert_eq!(delivered(identifier), 1, "{identifier}");
    }
    for round in 0..rounds {
        let word = format!("heron{round}z");
        rig.until(|rig| rig.session().search(&word, 5).is_ok_and(|found| found.len() == 1)).await;
    }
    assert!(rig.session().verify().unwrap().ok);
}

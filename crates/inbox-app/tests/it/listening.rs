//! A socket beside the poll: what it announces is there at once, and nothing depends on it.

use std::time::{Duration, Instant};

use demo_portal::{Fault, FaultKind, NewMessage, Options, Quirks};

use crate::rig::Rig;

const EMERGENCY: &str = "I have taken all of the tablets and I am going to kill myself tonight.";

fn options(quirks: &str) -> Options {
    Options { quirks: Quirks::preset(quirks).unwrap(), ..Options::default() }
}

/// A message in a thread of its own; answers the moment of its commit.
fn write(rig: &Rig, text: &str) -> Instant {
    let message = NewMessage {
        patient: "berger-jonas".to_owned(),
        text: text.to_owned(),
        topic: Some("Tonight".to_owned()),
        ..NewMessage::default()
    };
    rig.portal.control().add_message(&message).unwrap();
    Instant::now()
}

fn holds(rig: &Rig, text: &str) -> bool {
    rig.session().search(text, 5).is_ok_and(|found| !found.is_empty())
}

fn notices(rig: &Rig) -> usize {
    rig.recorder.notices.lock().unwrap().len()
}

/// Polls for messages so far.
fn polls(rig: &Rig) -> usize {
    let seen = rig.portal.control().requests(false);
    seen.iter()
        .filter(|one| one.path.starts_with("/fhir/Communication?") && one.path.contains("recipient="))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_rings_within_two_seconds_of_the_servers_commit() {
    for quirks in ["none", "medplum", "helios"] {
        let rig = Rig::live(options(quirks)).await;
        let known = notices(&rig);
        let committed = write(&rig, EMERGENCY);
        while notices(&rig) == known {
            assert!(committed.elapsed() < Duration::from_secs(2), "{quirks}: not within 2 s");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("{quirks}: {} ms from the server's commit to the notice", committed.elapsed().as_millis());
        assert!(holds(&rig, "tablets"), "{quirks}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_socket_is_opened_again_and_a_sync_catches_up() {
    for quirks in ["medplum", "helios"] {
        let rig = Rig::live(options(quirks)).await;
        let control = rig.portal.control();
        // Nobody announces it: only the catching up can find it.
        control.drop_notifications(true);
        write(&rig, "Where is my appointment zebrafinch?");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!holds(&rig, "zebrafinch"), "{quirks}: nothing asked yet");
        control.cut_sockets();
        rig.until(|rig| holds(rig, "zebrafinch")).await;
        rig.until(|_| control.sockets().bound == 1).await;
        assert_eq!(control.sockets().binds, 2, "{quirks}");
        // And hints work again.
        rig.settled().await;
        control.drop_notifications(false);
        write(&rig, "And my umbrellabird?");
        rig.until(|rig| holds(rig, "umbrellabird")).await;
        let kept = control.resources("Subscription").len();
        assert_eq!(kept, 1, "{quirks}: no Subscription is left behind");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_while_a_sync_runs_make_exactly_one_more() {
    let rig = Rig::live(options("medplum")).await;
    let before = polls(&rig);
    let control = rig.portal.control();
    let slow = Fault { delay_ms: 900, ..Fault::new(FaultKind::Slow).on("GET", "Communication") };
    control.add_fault(slow);
    write(&rig, "The first one.");
    rig.until(|_| control.sockets().notifications >= 2).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    for n in 0..20 {
        write(&rig, &format!("Another one, heron{n}."));
    }
    rig.until(|rig| holds(rig, "heron19")).await;
    rig.settled().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(control.sockets().notifications, 42, "a header and a message each");
    assert_eq!(polls(&rig) - before, 2, "the one that ran, and one more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_cannot_be_opened_again_leaves_polling() {
    let rig = Rig::live(options("medplum")).await;
    let control = rig.portal.control();
    control.drop_notifications(true);
    control.add_fault(Fault::new(FaultKind::ServerError).on("POST", "Subscription").times(1000));
    write(&rig, "Lost on its way, kingfisher.");
    control.cut_sockets();
    // The poll that follows a lost socket, not the usual one in half a minute.
    let began = Instant::now();
    rig.until(|rig| holds(rig, "kingfisher")).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(!rig.session().load_overview().unwrap().staleness.live);
    control.clear_faults();
    control.drop_notifications(false);
    rig.until(|_| control.sockets().bound == 1).await;
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.live).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_at_the_window_asks_at_once_whatever_the_socket_says() {
    let rig = Rig::live(options("medplum")).await;
    assert!(rig.session().load_overview().unwrap().staleness.live);
    rig.portal.control().drop_notifications(true);
    write(&rig, "Never announced, avocet.");
    rig.session().set_focused(false);
    rig.session().set_focused(true);
    let began = Instant::now();
    rig.until(|rig| holds(rig, "avocet")).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_ends_the_socket_at_once() {
    for quirks in ["medplum", "helios"] {
        let rig = Rig::live(options(quirks)).await;
        let control = rig.portal.control();
        rig.watch("off");
        let began = Instant::now();
        rig.app.lock();
        rig.until(|_| control.sockets().bound == 0).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{quirks}: {:?}", began.elapsed());
        drop(control.requests(true));
        write(&rig, "Written while it is locked.");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(control.requests(false).is_empty(), "{quirks}: a locked vault asks nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_without_sockets_is_polled_and_says_so() {
    let rig = Rig::filled_from(options("wso2")).await;
    rig.settled().await;
    assert!(!rig.session().load_overview().unwrap().staleness.live);
    assert!(rig.portal.control().resources("Subscription").is_empty());
    write(&rig, "Only a poll finds it, plover.");
    rig.session().sync_now().unwrap();
    rig.until(|rig| holds(rig, "plover")).await;
}

//! `kill -9` of the real program, a hundred times during sync and send: nothing is lost, nothing is sent twice, and a vault
//! that was killed a hundred times holds what one does that never was.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anteroom_tests::{Cli, Scene};
use demo_portal::{Fault, FaultKind, NewMessage, Options, When};
use serde_json::Value;

/// Kills in the first fill, while others write, and while a reply is on its way before the server has it.
const KILLS: [usize; 3] = [30, 60, 10];
/// A sync that waits for a lost answer is killed in that wait.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What a copy holds: each thread with its number of messages, and the number of all.
fn holdings(cli: &Cli<'_>) -> (BTreeSet<String>, u64) {
    let threads = cli.run(&["threads"]).unwrap().done().unwrap();
    let line =
        |thread: &Value| format!("{} {} {}", thread["topic"], thread["messages"], thread["patient"]["name"]);
    let verified = cli.run(&["vault", "verify"]).unwrap().done().unwrap();
    assert_eq!(verified.last()["ok"], true, "{}", verified.last());
    (threads.lines.iter().map(line).collect(), verified.last()["messages"].as_u64().unwrap())
}

fn searches(scene: &Scene) -> usize {
    let requests = scene.portal.control().requests(false);
    requests.iter().filter(|request| request.path.starts_with("/fhir/Communication")).count()
}

/// Starts a sync and kills it when `moment` has come, and `after` later.
fn kill_at(scene: &Scene, after: Duration, moment: impl Fn() -> bool) {
    let mut sync = scene.cli().start(&["sync"]).unwrap();
    let began = Instant::now();
    while !moment() && sync.is_running() && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(1));
    }
    sleep(after);
    sync.kill().unwrap();
}

/// Kills a sync after `count` more searches have been answered.
fn kill_after_searches(scene: &Scene, count: usize, after: Duration) {
    let before = searches(scene);
    kill_at(scene, after, || searches(scene) - before >= count);
}

fn patient_writes(scene: &Scene, n: usize) {
    let patients = scene.portal.control().resources("Patient");
    let patient = patients[n % 3]["id"].as_str().unwrap().to_owned();
    let text = format!("Message while the program was being killed, {n}.");
    scene.portal.control().add_message(&NewMessage { patient, text, ..NewMessage::default() }).unwrap();
}

/// Queues a reply; once that was said, it has to arrive.
fn queue(scene: &Scene, n: usize) -> String {
    let threads = scene.cli().run(&["threads"]).unwrap().done().unwrap();
    let thread = threads.lines[n % threads.lines.len()]["id"].as_str().unwrap().to_owned();
    let text = scene.session.home().file("reply", &format!("Reply number {n}.")).unwrap();
    let file = text.to_string_lossy();
    let queued = scene.cli().run(&["reply", &thread, "--text-file", &file, "--even-if-newer"]).unwrap();
    queued.done().unwrap().last()["client_identifier"].as_str().unwrap().to_owned()
}

#[test]
fn a_hundred_kills_lose_and_repeat_nothing() {
    let times = if std::env::var_os("ANTEROOM_LONG").is_some() { 20 } else { 1 };
    // Small pages, so that there is a middle to be killed in.
    let scene = Scene::connected(Options { page_cap: 20, ..Options::default() }).unwrap();
    let mut replies = Vec::new();
    for n in 0..KILLS[0] * times {
        kill_after_searches(&scene, n % 14, Duration::from_millis(n as u64 * 7 % 30));
        patient_writes(&scene, n);
    }
    scene.cli().run(&["sync"]).unwrap().done().unwrap();
    for n in 0..KILLS[1] * times {
        patient_writes(&scene, n);
        if n % 2 == 0 {
            let reply = queue(&scene, n);
            // The server has it, and its answer is on the way.
            let slow = Fault { delay_ms: 200, ..Fault::new(FaultKind::Slow).on("POST", "Communication") };
            scene.portal.control().add_fault(Fault { when: When::After, ..slow });
            kill_at(&scene, Duration::from_millis(n as u64 * 5 % 20), || scene.portal.count(&reply) > 0);
            scene.portal.control().clear_faults();
            replies.push(reply);
        } else {
            kill_after_searches(&scene, n % 5, Duration::from_millis(n as u64 * 7 % 30));
        }
    }
    for n in 0..KILLS[2] * times {
        replies.push(queue(&scene, n));
        // The create has left, and the server does not have it yet.
        let slow = Fault { delay_ms: 400, ..Fault::new(FaultKind::Slow).on("POST", "Communication") };
        scene.portal.control().add_fault(slow);
        kill_after_searches(&scene, 3, Duration::from_millis(60 + n as u64 * 9 % 90));
        scene.portal.control().clear_faults();
    }
    // What is still open settles by itself.
    for _ in 0..4 {
        let sync = scene.cli().run(&["sync", "--full"]).unwrap();
        if sync.code == Some(0) && sync.last()["pending"] == 0 {
            break;
        }
    }
    // The portal's copies of what was sent last come with the sync after it.
    scene.cli().run(&["sync", "--full"]).unwrap().done().unwrap();
    for reply in &replies {
        assert_eq!(scene.portal.count(reply), 1, "{reply}");
    }
    let outbox = scene.cli().run(&["outbox"]).unwrap().done().unwrap();
    let open: Vec<_> = outbox.lines.iter().filter(|entry| entry["state"] != "sent").collect();
    assert!(open.is_empty(), "{open:?}");

    let dir = scene.session.home().vaults().join("never-killed");
    let other = Cli::new(&scene.session, &dir, scene.passphrase_file());
    other.run(&["vault", "create"]).unwrap().done().unwrap();
    scene.login(&other).unwrap();
    other.run(&["sync", "--full"]).unwrap().done().unwrap();
    assert_eq!(holdings(&scene.cli()), holdings(&other));
    println!("killed {} times, {} replies", KILLS.iter().sum::<usize>() * times, replies.len());
}

//! A sync that is ended in the middle loses nothing and repeats nothing: the next one completes the copy.

use std::collections::BTreeSet;
use std::time::Duration;

use anteroom_tests::{Scene, until};
use demo_portal::{Options, SeenRequest};
use serde_json::Value;

/// Moments of the kill, in requests answered; a few here, the many belong to the long run.
const MOMENTS: [usize; 4] = [1, 3, 5, 8];
const MOMENTS_LONG: [usize; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14];

/// What the copy holds: each thread with its number of messages, and the number of all.
fn holdings(scene: &Scene) -> (BTreeSet<String>, u64) {
    let threads = scene.cli().run(&["threads"]).unwrap().done().unwrap();
    let line =
        |thread: &Value| format!("{} {} {}", thread["topic"], thread["messages"], thread["patient"]["name"]);
    let verified = scene.cli().run(&["vault", "verify"]).unwrap().done().unwrap();
    (threads.lines.iter().map(line).collect(), verified.last()["messages"].as_u64().unwrap())
}

fn fhir_requests(scene: &Scene) -> usize {
    let requests: Vec<SeenRequest> = scene.portal.control().requests(false);
    requests.iter().filter(|request| request.path.starts_with("/fhir/Communication")).count()
}

#[test]
fn a_killed_sync_is_completed_by_the_next_one() {
    let untouched = Scene::filled(Options::default()).unwrap();
    let expected = holdings(&untouched);
    assert!(expected.1 > 50, "{}", expected.1);
    drop(untouched);

    let long = std::env::var_os("ANTEROOM_LONG").is_some();
    let moments: &[usize] = if long { &MOMENTS_LONG } else { &MOMENTS };
    // Small pages, so that there is a middle to be killed in.
    let scene = Scene::connected(Options { page_cap: 20, ..Options::default() }).unwrap();
    for moment in moments {
        let before = fhir_requests(&scene);
        let mut sync = scene.cli().start(&["sync"]).unwrap();
        until("requests of the sync", Duration::from_secs(30), || {
            let seen = fhir_requests(&scene) - before;
            (seen >= *moment || !sync.is_running()).then_some(())
        })
        .unwrap();
        sync.kill().unwrap();
        let verified = scene.cli().run(&["vault", "verify"]).unwrap().done().unwrap();
        assert_eq!(verified.last()["ok"], true);
    }
    scene.cli().run(&["sync", "--full"]).unwrap().done().unwrap();
    assert_eq!(holdings(&scene), expected);
}

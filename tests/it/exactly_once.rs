//! A reply is on the portal once, whatever happens to answers on their way back (I5, I6).

use anteroom_tests::Scene;
use demo_portal::{Fault, FaultKind, Options};

const TEXT: &str = "Thank you for writing. I read this today and will call you tomorrow at ten.";

fn queue(scene: &Scene, thread: &str) -> String {
    let text = scene.session.home().file("reply", TEXT).unwrap();
    let queued = scene
        .cli()
        .run(&["reply", thread, "--text-file", &text.to_string_lossy(), "--even-if-newer"])
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(queued.last()["state"], "queued");
    queued.last()["client_identifier"].as_str().unwrap().to_owned()
}

fn first_thread(scene: &Scene) -> String {
    let threads = scene.cli().run(&["threads", "--view", "waiting-for-me"]).unwrap().done().unwrap();
    threads.lines[0]["id"].as_str().unwrap().to_owned()
}

/// The states of the outbox entries with that identifier.
fn state(scene: &Scene, identifier: &str) -> Option<String> {
    let outbox = scene.cli().run(&["outbox"]).unwrap().done().unwrap();
    let entry = outbox.lines.iter().find(|entry| entry["client_identifier"] == identifier)?;
    entry["state"].as_str().map(str::to_owned)
}

#[test]
fn a_reply_is_delivered_once() {
    let scene = Scene::filled(Options::default()).unwrap();
    let identifier = queue(&scene, &first_thread(&scene));
    assert_eq!(scene.portal.count(&identifier), 0);
    let sync = scene.cli().run(&["sync"]).unwrap().done().unwrap();
    assert_eq!(sync.last()["sent"], 1);
    assert_eq!(scene.portal.count(&identifier), 1);
    scene.cli().run(&["sync"]).unwrap().done().unwrap();
    assert_eq!(scene.portal.count(&identifier), 1);
    assert_eq!(scene.portal.count_text(TEXT), 1);
}

#[test]
fn a_reply_whose_answer_was_lost_is_delivered_once() {
    let scene = Scene::filled(Options::default()).unwrap();
    let identifier = queue(&scene, &first_thread(&scene));
    scene.portal.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication").after_commit());
    // Two lookups at least ten seconds apart may need more than one call; each is a call a person or timer would make.
    let mut last = String::new();
    for _ in 0..4 {
        scene.cli().run(&["sync"]).unwrap();
        last = state(&scene, &identifier).unwrap_or_else(|| "gone".to_owned());
        if last == "sent" || last == "gone" {
            break;
        }
    }
    assert!(last == "sent" || last == "gone", "{last}");
    assert_eq!(scene.portal.count(&identifier), 1);
    assert_eq!(scene.portal.count_text(TEXT), 1);
}

#[test]
fn a_reply_that_the_portal_never_got_is_delivered_once() {
    let scene = Scene::filled(Options::default()).unwrap();
    let identifier = queue(&scene, &first_thread(&scene));
    scene.portal.pause().unwrap();
    let offline = scene.cli().run(&["sync"]).unwrap();
    assert_eq!(offline.code, Some(1));
    assert_eq!(offline.last()["error"]["retryable"], true);
    assert_eq!(state(&scene, &identifier).as_deref(), Some("queued"));
    scene.portal.resume().unwrap();
    scene.cli().run(&["sync"]).unwrap().done().unwrap();
    assert_eq!(scene.portal.count(&identifier), 1);
}

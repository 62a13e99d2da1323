//! Canaries: planted in a patient's name, a text, the passphrase, the token and the recovery code, they are looked for in every file
//! that the program wrote, its log, the notifications, the title, the arguments and environment of its processes, and what
//! went over the session's bus.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anteroom_tests::{Scene, occurrences, until};
use demo_portal::{NewMessage, Options};

use crate::within;

const NAME: &str = "Zyxwabe-Canaryfamily-Qpomnlike-Vutsrand";
const TEXT: &str =
    "Quokka canary sentence seventeen: I have taken all of the tablets and am going to kill myself tonight.";
const DRAFT: &str = "Unsent canary words of the clinician, typed and left standing.";
const PASSPHRASE: &str = anteroom_tests::PASSPHRASE;

/// Arguments and environment of every process of this session, by what it is.
fn processes(home: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut found = Vec::new();
    for entry in entries {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let (arguments, environment) = (read("cmdline"), read("environ"));
        let of_session = String::from_utf8_lossy(&environment).contains(home);
        let name = String::from_utf8_lossy(&read("comm")).trim().to_owned();
        // What the rig itself is, and what it starts, is no part of the product.
        if of_session && (name.starts_with("anteroom") || name.starts_with("WebKit")) {
            found.push((name, [arguments, environment].concat()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_word_leaves_the_vault() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let control = scene.portal.control();
        let patients = control.resources("Patient");
        let patient =
            patients.last().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?.to_owned();
        control.edit("Patient", &patient, |value| value["name"][0]["family"] = NAME.into())?;
        scene.cli().run(&["sync", "--full"])?.done()?;
        let bus = scene.session.listen_to_bus()?;
        let window = scene.window().await?;
        let notifications = scene.session.notifications()?;
        let known = notifications.shown().len();
        let message = NewMessage {
            patient,
            text: TEXT.to_owned(),
            topic: Some("Canary".to_owned()),
            ..NewMessage::default()
        };
        control.add_message(&message)?;
        let shown = notifications.wait_beyond(known, Duration::from_secs(60))?;
        notifications.press(&scene.session, shown.id)?;
        window.wait_text("thread", "canary sentence seventeen").await?;
        window.write("composer-text", DRAFT).await?;
        assert_eq!(window.client().title().await?, "Anteroom");
        // The draft is saved by itself.
        tokio::time::sleep(Duration::from_millis(1500)).await;

        let code = scene.recovery_code().to_owned();
        let canaries = [NAME, TEXT, DRAFT, PASSPHRASE, scene.portal.token(), &code].map(str::to_owned);
        let home = scene.session.home().path().to_path_buf();
        let processes = processes(&home.to_string_lossy());
        assert!(processes.iter().any(|(name, _)| name.starts_with("anteroom")), "the program was not found");
        for (name, bytes) in &processes {
            let text = String::from_utf8_lossy(bytes);
            let found: Vec<_> = canaries.iter().filter(|canary| text.contains(canary.as_str())).collect();
            assert!(found.is_empty(), "{name} carries {found:?}");
        }
        window.press_control('l').await?;
        window.wait_for("unlock-page").await?;

        let files = |dir: PathBuf| occurrences(&dir, &canaries);
        for dir in ["data", "config", "cache", "state", "tmp"] {
            let mut found = files(home.join(dir))?;
            // The file from which the rig opens the vault.
            found.retain(|(path, _)| path != scene.passphrase_file());
            assert!(found.is_empty(), "{dir}: {found:?}");
        }
        let log = notifications.log();
        let said = until("what went over the bus", Duration::from_secs(10), || {
            let said = bus.output();
            said.contains("org.freedesktop.Notifications").then_some(said)
        })?;
        for canary in &canaries {
            assert!(!log.contains(canary.as_str()), "a notification says {canary}");
            assert!(!said.contains(canary.as_str()), "the bus carried {canary}");
        }
        window.close().await
    })
    .await;
}

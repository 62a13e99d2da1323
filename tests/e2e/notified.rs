//! A new emergency is announced at once, without a name or a word of it, and a press opens its thread.

use std::time::{Duration, Instant};

use anteroom_tests::{Scene, until};
use demo_portal::{NewMessage, Options};

use crate::within;

/// From the server's commit to the desktop notification, where the portal has subscriptions.
const TARGET: Duration = Duration::from_secs(2);

const TEXT: &str = "I have taken all of the tablets and I am going to kill myself tonight.";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_emergency_is_announced_without_name_or_text() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        let notifications = scene.session.notifications()?;
        until("the socket of the window", Duration::from_secs(60), || {
            (scene.portal.control().sockets().bound == 1).then_some(())
        })?;
        let known = notifications.shown().len();

        let patients = scene.portal.control().resources("Patient");
        let patient = patients.last().ok_or("no patient")?;
        let (id, family) = (patient["id"].as_str().unwrap_or_default(), &patient["name"][0]["family"]);
        let message = NewMessage {
            patient: id.to_owned(),
            text: TEXT.to_owned(),
            topic: Some("Tonight".to_owned()),
            ..NewMessage::default()
        };
        scene.portal.control().add_message(&message)?;
        let committed = Instant::now();

        let shown = notifications.wait_beyond(known, Duration::from_secs(60))?;
        let took = committed.elapsed();
        println!("server commit to desktop notification: {} ms", took.as_millis());
        assert!(took < TARGET, "{took:?}");
        assert!(shown.arguments.contains("cannot wait"), "{}", shown.arguments);
        let log = notifications.log();
        for secret in ["tablets", "kill", "Tonight"] {
            assert!(!log.contains(secret), "the notification says {secret}");
        }
        for family in scene.portal.family_names() {
            assert!(!log.contains(&family), "the notification names a patient");
        }

        notifications.press(&scene.session, shown.id)?;
        window.wait_text("thread", "taken all of the tablets").await?;
        let family = family.as_str().unwrap_or_default().to_uppercase();
        window
            .wait_js("the patient", &format!("document.body.innerText.toUpperCase().includes('{family}')"))
            .await?;
        window.close().await
    })
    .await;
}

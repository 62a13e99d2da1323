//! Locking takes everything from the screen; a wrong passphrase says how many tries are left; the right one opens.

use anteroom_tests::{PASSPHRASE, Scene, occurrences};
use demo_portal::Options;

use crate::within;

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_window_shows_nobody_and_opens_again() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        window.wait_for("patient-name").await?;
        window.press_control('l').await?;
        window.wait_for("unlock-page").await?;
        let page = window.js("document.documentElement.outerHTML").await?;
        let page = page.as_str().unwrap_or_default().to_lowercase();
        for family in scene.portal.family_names() {
            assert!(
                !page.contains(&format!("{}, ", family.to_lowercase())),
                "a patient's name is in the locked page"
            );
        }

        window.write("unlock-passphrase", "not the passphrase").await?;
        window.click("unlock-submit").await?;
        window
            .wait_js(
                "tries left",
                "/[0-9]/.test(document.querySelector('[data-testid=\"unlock-problem\"]').innerText)",
            )
            .await?;
        assert_eq!(window.count("inbox").await?, 0);

        window.write("unlock-passphrase", PASSPHRASE).await?;
        window.click("unlock-submit").await?;
        window.wait_for("inbox").await?;
        window.wait_for("thread-row").await?;
        assert_eq!(window.client().title().await?, "Anteroom");
        window.close().await?;

        // The whole time nothing readable reached the disk: no cache of the web view, no log, no temporary file.
        let texts = scene.portal.texts();
        for dir in ["data", "config", "cache", "state", "tmp"] {
            let found = occurrences(&scene.session.home().path().join(dir), &texts)?;
            assert!(found.is_empty(), "{found:?}");
        }
        let log = std::fs::read_to_string(scene.session.home().app_log())?;
        for family in scene.portal.family_names() {
            assert!(!log.contains(&family), "the log names a patient");
        }
        Ok(())
    })
    .await;
}

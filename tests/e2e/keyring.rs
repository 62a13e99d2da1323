//! Every answer of the keyring has its page in the real window: what happened, what is safe, what to do. Nothing on disk changes
//! meanwhile, and the recovery code opens the vault from there.

use anteroom_tests::{Result, Scene, Session, Window, fingerprint};
use demo_portal::Options;

use crate::within;

const STATE: &str = "document.querySelector('[data-testid=\"key-state\"]')";

/// Opens the window and waits for the page of a state.
async fn page_of(scene: &Scene, key: &str) -> Result<Window> {
    let before = fingerprint(&scene.vault_dir())?;
    let window = scene.window_locked().await?;
    window.wait_js(key, &format!("{STATE}?.dataset.key === '{key}'")).await?;
    let facts = window.js(&format!("{STATE}.querySelectorAll('dd').length")).await?;
    assert_eq!(facts, 3, "{key}: what happened, what is safe, what to do");
    assert_eq!(window.count("unlock-passphrase").await?, 0, "{key}: nothing to type a passphrase into");
    // Looking again is not trying again: the page stays and the disk stays.
    window.click("retry").await?;
    window.wait_js(key, &format!("{STATE}?.dataset.key === '{key}'")).await?;
    assert_eq!(fingerprint(&scene.vault_dir())?, before, "{key}");
    Ok(window)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_the_keyring_has_its_page() {
    within(async {
        let mut scene = Scene::for_window(Options::default())?;
        scene.session.lock_keyring()?;
        page_of(&scene, "keyring_locked").await?.close().await?;
        scene.session.freeze_keyring()?;
        page_of(&scene, "keyring_silent").await?.close().await?;
        scene.session.stop_keyring();
        page_of(&scene, "no_keyring").await?.close().await?;
        scene.session.start_keyring()?;
        let window = scene.window_locked().await?;
        window.wait_for("unlock-passphrase").await?;
        window.close().await?;

        for name in ["header.json", "header.prev.json"] {
            let path = scene.vault_dir().join(name);
            let kept = std::fs::read(&path)?;
            std::fs::write(path.with_extension("kept"), &kept)?;
            std::fs::write(&path, &kept[..kept.len() / 2])?;
        }
        page_of(&scene, "header_damaged").await?.close().await?;
        for name in ["header.json", "header.prev.json"] {
            let path = scene.vault_dir().join(name);
            std::fs::rename(path.with_extension("kept"), path)?;
        }

        scene.session.keyring_without_collection()?;
        page_of(&scene, "key_missing").await?.close().await?;
        scene.session.empty_keyring()?;
        let window = page_of(&scene, "key_missing").await?;
        window.click_css("[data-testid=\"key-state\"] .row .button:not(.primary)").await?;
        window.wait_for("recover-code").await?;
        window.write("recover-code", scene.recovery_code()).await?;
        window.write("recover-passphrase", "a new sentence of mine").await?;
        window.write("recover-repeat", "a new sentence of mine").await?;
        window.click("recover-submit").await?;
        window.wait_for("inbox").await?;
        window.wait_for("thread-row").await?;
        window.close().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_vault_it_is_the_first_run() {
    within(async {
        let mut session = Session::with_keyring()?;
        session.record_notifications()?;
        session.open_display()?;
        let vaults = session.home().vaults().to_string_lossy().into_owned();
        let window = Window::open(&session, &["--vaults".to_owned(), vaults]).await?;
        window.wait_for("first-run").await?;
        assert_eq!(window.count("key-state").await?, 0);
        window.close().await
    })
    .await;
}

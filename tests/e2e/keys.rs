//! A key that cannot be had is a page that says so, and changes nothing on disk.

use anteroom_tests::{Result, Scene, fingerprint};
use demo_portal::Options;

use crate::within;

async fn page_says(scene: &Scene, state: &str) -> Result<()> {
    let before = fingerprint(&scene.vault_dir())?;
    let window = scene.window_locked().await?;
    let said = format!("document.querySelector('[data-testid=\"key-state\"]')?.dataset.key === '{state}'");
    window.wait_js(state, &said).await?;
    window.click("retry").await?;
    window.wait_js(state, &said).await?;
    window.close().await?;
    assert_eq!(fingerprint(&scene.vault_dir())?, before, "{state} changed the vault");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_locked_and_absent_keys_have_their_pages() {
    within(async {
        let mut scene = Scene::for_window(Options::default())?;
        scene.session.lock_keyring()?;
        page_says(&scene, "keyring_locked").await?;
        scene.session.stop_keyring();
        page_says(&scene, "no_keyring").await?;
        scene.session.empty_keyring()?;
        page_says(&scene, "key_missing").await
    })
    .await;
}

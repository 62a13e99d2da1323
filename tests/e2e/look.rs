//! Language and theme change at once and stay after a restart.

use anteroom_tests::{Result, Scene, Window};
use demo_portal::Options;

use crate::within;

async fn is_german_and_dark(window: &Window) -> Result<()> {
    window.wait_js("German", "document.documentElement.lang === 'de'").await?;
    let ground = "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)";
    window.wait_js("a dark ground", &format!("({ground}).every((part) => part < 80)")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn language_and_theme_are_switched_and_kept() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        window.wait_js("English", "document.documentElement.lang === 'en'").await?;
        let english = window.text("view-needs-attention").await?;
        window.click("settings").await?;
        window.click("language-de").await?;
        window.wait_js("German", "document.documentElement.lang === 'de'").await?;
        let changed = format!(
            "document.querySelector('[data-testid=\"view-needs-attention\"]').innerText !== {}",
            serde_json::json!(english)
        );
        window.wait_js("German words", &changed).await?;
        // The list of themes may have been drawn anew with the language.
        if window.count("theme-dark").await? == 0 {
            window.click("settings").await?;
        }
        window.click("theme-dark").await?;
        is_german_and_dark(&window).await?;
        window.close().await?;

        let window = scene.window().await?;
        is_german_and_dark(&window).await?;
        window.close().await
    })
    .await;
}

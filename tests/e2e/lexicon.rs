//! A clinic adds a phrase of its own: a stored message is flagged once everything was judged again.

use anteroom_tests::{Result, Scene, Window};
use demo_portal::{NewMessage, Options};

use crate::within;

/// Searches for the message and opens it.
async fn open_message(window: &Window) -> Result<()> {
    window.write("search", "Quokka").await?;
    window.click("search-hit").await?;
    window.wait_text("thread", "Quokka").await
}

async fn add_phrase(window: &Window) -> Result<()> {
    window.click("settings").await?;
    window.click("rules-open").await?;
    window.wait_for("rule").await?;
    window.click("tab-words").await?;
    window.click("words-add").await?;
    window.write("words-phrases", "quokka enclos*").await?;
    window.click("lexicon-save").await?;
    window.wait_text("words-problem", "Say why").await?;
    window.write("words-reason", "a code word").await?;
    window.wait_gone("words-problem").await?;
    window.click("lexicon-save").await?;
    window.wait_text("lexicon-saved", "1").await?;
    window
        .wait_js(
            "all judged",
            "document.querySelector('[data-testid=\"retriage\"]')?.dataset.state === 'complete'",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_of_the_clinic_flags_a_stored_message() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let patients = scene.portal.control().resources("Patient");
        let patient = patients.first().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?;
        scene.portal.control().add_message(&NewMessage {
            patient: patient.to_owned(),
            text: "Today I will be in the Quokka enclosures.".to_owned(),
            ..NewMessage::default()
        })?;
        scene.cli().run(&["sync"])?.done()?;
        let window = scene.window().await?;
        open_message(&window).await?;
        assert_eq!(
            window.js("document.querySelectorAll('[data-rule=\"clinic.quokka-enclos\"]').length").await?,
            0
        );

        add_phrase(&window).await?;
        window.press("\u{e00c}").await?;
        window.wait_gone("rules-screen").await?;
        window.wait_js("focus", "document.activeElement?.dataset.testid === 'settings'").await?;
        window
            .wait_js(
                "the flag",
                "[...document.querySelectorAll('[data-testid=\"flag-mark\"]')].some((mark) => \
                 mark.textContent === 'Quokka enclosures')",
            )
            .await?;
        window.close().await?;
        let shown = scene.cli().run(&["lexicon", "show"])?.done()?;
        assert_eq!((&shown.last()["version"], &shown.last()["judged"]), (&1.into(), &true.into()));
        Ok(())
    })
    .await;
}

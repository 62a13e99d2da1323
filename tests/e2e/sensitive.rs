//! A sensitive thread in the real window: before it is asked for, neither the page nor the window's title nor a notification holds
//! its patient's name or a word of it, and an emergency in it is announced as any other.

use std::time::Duration;

use anteroom_tests::{Result, Scene, Window};
use demo_portal::{NewMessage, Options};
use serde_json::json;

use crate::within;

const FAMILY: &str = "Quellwasser";
const TOPIC: &str = "Kupferkessel";
const TEXT: &str = "I have taken all of the tablets and I am going to kill myself tonight. Zinnsoldat.";
const WORD: &str = "Zinnsoldat";

const GATE: &str = "document.querySelector('[data-testid=\"sensitive-gate\"]') !== null";

/// Everything that the page holds: elements with their attributes, and what stands in fields.
const PAGE: &str = "document.documentElement.outerHTML + document.title
    + [...document.querySelectorAll('input, textarea')].map((field) => field.value).join(' ')";

async fn holds(window: &Window, secret: &str) -> Result<bool> {
    let value =
        window.js(&format!("({PAGE}).toLowerCase().includes({})", json!(secret.to_lowercase()))).await?;
    Ok(value.as_bool() == Some(true))
}

async fn holds_nothing(window: &Window, when: &str) -> Result<()> {
    // Tablets are written of in other threads too.
    for secret in [FAMILY, TOPIC, WORD] {
        if holds(window, secret).await? {
            return Err(format!("{when}: the page holds {secret}").into());
        }
    }
    assert_eq!(window.client().title().await?, "Anteroom");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn before_it_is_asked_for_the_window_holds_neither_name_nor_text() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let control = scene.portal.control();
        // A patient of whom every thread is sensitive, so that her name may stand nowhere.
        let patients = control.resources("Patient");
        let patient =
            patients.last().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?.to_owned();
        control.edit("Patient", &patient, |value| value["name"][0]["family"] = FAMILY.into())?;
        let first = NewMessage {
            patient: patient.clone(),
            text: format!("A calm line. {WORD}"),
            topic: Some(TOPIC.to_owned()),
            ..NewMessage::default()
        };
        control.add_message(&first)?;
        scene.cli().run(&["sync", "--full"])?.done()?;
        let threads = scene.cli().run(&["threads"])?.done()?;
        let mut portal_id = None;
        for thread in &threads.lines {
            if thread["patient"]["id"] == json!(patient) {
                scene.cli().run(&["sensitive", thread["id"].as_str().unwrap_or_default()])?.done()?;
            }
            if thread["topic"] == json!(TOPIC) {
                portal_id = thread["portal_id"].as_str().map(str::to_owned);
            }
        }
        let thread = portal_id.ok_or("the thread did not come")?;

        let window = scene.window().await?;
        let notifications = scene.session.notifications()?;
        let known = notifications.shown().len();
        control.add_message(&NewMessage {
            patient,
            text: TEXT.to_owned(),
            thread: Some(thread),
            ..NewMessage::default()
        })?;
        let shown = notifications.wait_beyond(known, Duration::from_secs(60))?;
        assert!(shown.arguments.contains("cannot wait"), "{}", shown.arguments);
        for secret in [FAMILY, TOPIC, WORD, "tablets"] {
            assert!(!notifications.log().contains(secret), "the notification says {secret}");
        }
        notifications.press(&scene.session, shown.id)?;
        window.wait_js("the question", GATE).await?;
        window.wait_text("sensitive-gate", "Show this thread?").await?;
        let masked = "document.querySelector('[data-testid=\"thread-row\"][data-masked=\"true\"]')";
        window.wait_js("its tier in the row", &format!("{masked}?.dataset.tier === 'emergency'")).await?;
        holds_nothing(&window, "after a press on the notification").await?;
        for view in ["view-waiting-for-me", "view-sent-and-scheduled", "view-needs-attention"] {
            window.click(view).await?;
            window.wait_js("the list", "document.querySelector('[aria-busy=\"true\"]') === null").await?;
            holds_nothing(&window, view).await?;
        }
        window.write("search", "Zinnsol").await?;
        window
            .wait_js(
                "its hits",
                "document.querySelectorAll('[data-testid=\"search-hit\"][data-masked=\"true\"]').length >= 2",
            )
            .await?;
        holds_nothing(&window, "searching").await?;
        window.click_css("[data-testid=\"search-hit\"][data-masked=\"true\"]").await?;
        window.wait_js("the question again", GATE).await?;
        holds_nothing(&window, "after a click on a hit").await?;

        window.click("sensitive-show").await?;
        window.wait_text("thread", "taken all of the tablets").await?;
        assert!(holds(&window, FAMILY).await?, "asked for, it is shown");
        // Another thread is opened: nothing of it stays.
        window.click("view-closed").await?;
        window.click("view-needs-attention").await?;
        window
            .click_css("[data-testid=\"thread-row\"][data-masked=\"false\"]:not([data-selected=\"true\"])")
            .await?;
        window.wait_for("patient-banner").await?;
        window
            .wait_js(
                "nothing of it",
                &format!("!({PAGE}).toLowerCase().includes({})", json!(FAMILY.to_lowercase())),
            )
            .await?;
        holds_nothing(&window, "after another thread was opened").await?;
        window.close().await
    })
    .await;
}

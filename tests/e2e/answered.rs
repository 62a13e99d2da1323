//! The main job: what cannot wait stands first, is read and answered without a network, and reaches the portal once.

use std::time::Duration;

use anteroom_tests::{Portal, Result, Scene, Window, until};
use demo_portal::Options;
use serde_json::Value;

use crate::within;

const ANSWER: &str = "in twenty minutes";
const TAB: &str = "\u{e004}";

/// Messages of this clinician on the portal: identifier and text.
fn own_messages(portal: &Portal) -> Vec<(String, String)> {
    let own = portal.practitioner();
    let is_own =
        |resource: &Value| resource["sender"]["reference"] == own.as_str() && !resource["payload"].is_null();
    let messages = portal.control().resources("Communication");
    messages
        .iter()
        .filter(|resource| is_own(resource))
        .map(|resource| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&resource["identifier"][0]["value"]), text(&resource["payload"][0]["contentString"]))
        })
        .collect()
}

async fn the_crisis_stands_first(window: &Window) -> Result<()> {
    let row = "document.querySelector('[data-testid=\"thread-row\"]')";
    window.wait_js("an emergency in the first row", &format!("{row}.dataset.tier === 'emergency'")).await?;
    window.wait_js("its time", &format!("{row}.innerText.includes('02:14')")).await?;
    window
        .wait_js("its night sign", &format!("{row}.querySelector('[data-testid=\"after-hours\"]') !== null"))
        .await?;
    window.wait_js("it is opened", &format!("{row}.dataset.selected === 'true'")).await?;
    let mark = "document.querySelector('[data-testid=\"flag-mark\"][data-tier=\"emergency\"]')";
    window.wait_js("its words marked", &format!("({mark}?.innerText ?? '').length > 3")).await?;
    let rule = "document.querySelector('[data-testid=\"flag-explanation\"]')?.dataset.rule ?? ''";
    window.wait_js("its rule named", &format!("({rule}).length > 2")).await?;
    window.wait_for("crisis-panel").await
}

async fn other_threads_open_offline(window: &Window) -> Result<()> {
    window.wait_js_for("offline is said", &staleness("offline"), Duration::from_secs(90)).await?;
    let first = window.text("patient-name").await?;
    // Escape leaves whatever field has the focus for the list.
    window.press("\u{e00c}j").await?;
    let other = format!("{} !== {}", shown("patient-name"), serde_json::json!(first));
    window.wait_js("another thread", &other).await?;
    window.wait_js("its messages", &format!("{}.length > 10", shown("message-text"))).await?;
    window.press("k").await?;
    window.wait_text("patient-name", &first).await
}

async fn a_response_is_filled_and_sent(window: &Window) -> Result<()> {
    window.click("composer-text").await?;
    window.press("/").await?;
    window.wait_for("response-option").await?;
    window.click_css("[data-testid=\"response-option\"][data-response^=\"acute\"]").await?;
    window
        .wait_js(
            "the response",
            "document.querySelector('[data-testid=\"composer-text\"]').value.length > 40",
        )
        .await?;
    for _ in 0..8 {
        if window.count("composer-blanks").await? == 0 {
            break;
        }
        // A blank is selected after inserting and after Tab; writing replaces it.
        window.press(ANSWER).await?;
        window.press(TAB).await?;
    }
    window.wait_gone("composer-blanks").await?;
    window
        .wait_js("it can be sent", "document.querySelector('[data-testid=\"send\"]').disabled === false")
        .await?;
    window.click("send").await
}

fn staleness(state: &str) -> String {
    format!("document.querySelector('[data-testid=\"staleness\"]')?.dataset.state === '{state}'")
}

fn shown(testid: &str) -> String {
    format!("(document.querySelector('[data-testid=\"{testid}\"]')?.innerText ?? '')")
}

fn delivery(state: &str) -> String {
    format!("document.querySelector('[data-testid=\"queued-state\"][data-state=\"{state}\"]') !== null")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crisis_is_read_and_answered_offline_and_delivered_once() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let before = own_messages(&scene.portal);
        let window = scene.window().await?;
        the_crisis_stands_first(&window).await?;

        scene.portal.pause()?;
        other_threads_open_offline(&window).await?;
        a_response_is_filled_and_sent(&window).await?;
        window.wait_js("queued is said", &delivery("queued")).await?;
        window.wait_for("pending").await?;
        assert_eq!(own_messages(&scene.portal).len(), before.len());

        scene.portal.resume()?;
        window.wait_js_for("accepted is said", &delivery("sent"), Duration::from_secs(120)).await?;
        window.wait_js_for("up to date is said", &staleness("ok"), Duration::from_secs(60)).await?;
        let delivered = the_new_one(&scene.portal, &before)?;
        assert!(delivered.1.contains(ANSWER), "{}", delivered.1);
        assert_eq!(scene.portal.count(&delivered.0), 1);
        window.close().await?;

        let window = scene.window().await?;
        window.wait_js("still said after a restart", &delivery("sent")).await?;
        let said = format!("document.body.innerText.includes('{ANSWER}')");
        window.wait_js("the reply after a restart", &said).await?;
        window.wait_js_for("synced again", &staleness("ok"), Duration::from_secs(60)).await?;
        assert_eq!(the_new_one(&scene.portal, &before)?, delivered);
        window.close().await
    })
    .await;
}

/// The one message that was not there before.
fn the_new_one(portal: &Portal, before: &[(String, String)]) -> Result<(String, String)> {
    until("exactly one new message", Duration::from_secs(10), || {
        let now = own_messages(portal);
        let mut new: Vec<_> = now.into_iter().filter(|message| !before.contains(message)).collect();
        if new.len() == 1 { new.pop() } else { None }
    })
}

//! Markup, scripts, addresses, bidi, invisible and control characters, piles of marks and huge texts, each in a message of its
//! own: text like any other, whole and in its place; and what opens an address.

use anteroom_tests::{Result, Scene, Window};
use demo_portal::{NewMessage, Options};

use crate::payloads::{self, Payload};
use crate::within;

/// Messages in one thread.
const IN_A_THREAD: usize = 100;

/// What stands in a message that is not text, a flag, a link or a mark; and what of it leaves its place.
const FOUND: &str = r##"(() => {
  const odd = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]/
  const wrong = []
  let seen = 0, marks = 0
  for (const text of document.querySelectorAll('[data-testid="thread"] [data-testid="message-text"]')) {
    const name = /Quokka \d+/.exec(text.textContent)?.[0]
    if (!name) continue
    seen += 1
    // A huge one is collapsed.
    const end = text.textContent.includes(`[end${name.slice(7)}]`)
    if (!end && text.textContent.length < 15000) wrong.push(`${name}: its end is not drawn`)
    if (text.querySelector('[data-testid="revealed"]')) marks += 1
    for (const element of text.querySelectorAll('*')) {
      if (!element.matches('a.flag[href^="#"], a.link[href="#outside"], span.revealed')) wrong.push(`${name}: ${element.outerHTML.slice(0, 80)}`)
    }
    if (odd.test(text.textContent)) wrong.push(`${name}: a character that cannot be seen`)
    if (text.scrollWidth > text.clientWidth + 1) wrong.push(`${name}: ${text.scrollWidth} of ${text.clientWidth} wide`)
    if (getComputedStyle(text).overflow !== 'clip') wrong.push(`${name}: may paint beyond its place`)
  }
  return { seen, marks, wrong: wrong.slice(0, 10) }
})()"##;

async fn open(window: &Window, word: &str) -> Result<()> {
    window.click("search").await?;
    window.press_control('a').await?;
    window.press(word).await?;
    // The hits of the search before stand there until the new ones come.
    window.wait_text("search-hit", word).await?;
    window.click("search-hit").await?;
    window.wait_text("thread", word).await
}

/// Writes the payloads to the portal, in threads of their own; answers how many are in each.
fn write(scene: &Scene, payloads: &[Payload]) -> Result<Vec<usize>> {
    let control = scene.portal.control();
    let patients = control.resources("Patient");
    let patient = patients.first().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?;
    for (at, chunk) in payloads.chunks(IN_A_THREAD).enumerate() {
        let mut thread = None;
        for (n, payload) in chunk.iter().enumerate() {
            // The word by which a thread is found stands in its first message alone.
            let word = if n == 0 { format!("Wombat{at}x ") } else { String::new() };
            let topic =
                thread.is_none().then(|| format!("<b>{at}</b><script>window.broken=1</script>\u{202e}"));
            let number = at * IN_A_THREAD + n;
            let text = format!("{word}Quokka {number} {} [end{number}]", payload.text);
            let written = control.add_message(&NewMessage {
                patient: patient.to_owned(),
                text,
                topic,
                thread,
                ..NewMessage::default()
            })?;
            thread = Some(written.thread);
        }
    }
    Ok(payloads.chunks(IN_A_THREAD).map(<[Payload]>::len).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_hostile_texts_are_only_text() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let payloads = payloads::all();
        assert!(payloads.len() >= 500, "{}", payloads.len());
        let counts = write(&scene, &payloads)?;
        scene.cli().run(&["sync"])?.done()?;
        let window = scene.window().await?;
        for (at, count) in counts.into_iter().enumerate() {
            open(&window, &format!("Wombat{at}x")).await?;
            let chunk = payloads.chunks(IN_A_THREAD).nth(at).unwrap_or_default();
            let hidden = chunk.iter().filter(|payload| payload.hidden).count();
            let found = window.js(FOUND).await?;
            assert_eq!(found["wrong"].as_array().map(Vec::len), Some(0), "{found}");
            assert_eq!(found["seen"], count, "{found}");
            assert!(found["marks"].as_u64() >= Some(hidden as u64), "{hidden} hold what cannot be seen: {found}");
            assert!(window.js("window.broken === undefined").await? == true);
            assert_eq!(window.client().title().await?, "Anteroom");
            let alien = "document.querySelectorAll('iframe, object, embed, body script, form[action], base, dialog').length";
            assert_eq!(window.js(alien).await?, 0);
        }
        let asked = "performance.getEntriesByType('resource').filter((e) => e.name.includes('evil')).length";
        assert_eq!(window.js(asked).await?, 0);
        println!("hostile texts: {}", payloads.len());
        window.close().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_opened_only_after_its_host_was_shown() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let patients = scene.portal.control().resources("Patient");
        let patient = patients[0]["id"].as_str().ok_or("no patient")?.to_owned();
        let text = "Wallaby https://p\u{430}yp\u{430}l.example/login, please".to_owned();
        scene.portal.control().add_message(&NewMessage { patient, text, ..NewMessage::default() })?;
        scene.cli().run(&["sync"])?.done()?;
        let window = scene.window().await?;
        open(&window, "Wallaby").await?;
        window.click("message-link").await?;
        window.wait_for("link-disguised").await?;
        let host = window.text("link-host").await?;
        assert!(host.starts_with("xn--") && host.is_ascii(), "{host}");
        assert!(window.text("link-address").await?.starts_with("https://xn--"));
        // The way out has the focus: a key pressed without looking opens nothing.
        window
            .wait_js("the focus on the way out", "document.activeElement?.dataset.testid === 'link-cancel'")
            .await?;
        window.click("link-cancel").await?;
        window.wait_gone("link-dialog").await?;
        window.close().await
    })
    .await;
}

//! A message with markup, scripts, bidi and invisible characters is text like any other.

use anteroom_tests::{Result, Scene, Window};
use demo_portal::{NewMessage, Options};

use crate::within;

const HOSTILE: &str = "Quokka greetings <script>window.broken = 1</script><img src=x onerror=\"window.broken = 2\">\
                       <style>body{display:none}</style> file\u{202e}txt.exe ze\u{200b}ro [link](javascript:alert(1))";

async fn find_it(window: &Window) -> Result<()> {
    window.click("search").await?;
    window.press("Quokka").await?;
    window.click("search-hit").await?;
    window.wait_text("thread", "Quokka greetings").await
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_only_text() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let patients = scene.portal.control().resources("Patient");
        let patient = patients.first().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?;
        scene.portal.control().add_message(&NewMessage {
            patient: patient.to_owned(),
            text: HOSTILE.to_owned(),
            topic: Some("<b>Hello</b><script>window.broken = 3</script>".to_owned()),
            ..NewMessage::default()
        })?;
        scene.cli().run(&["sync"])?.done()?;
        let window = scene.window().await?;
        find_it(&window).await?;

        window.wait_text("thread", "<script>window.broken = 1</script>").await?;
        window.wait_for("revealed").await?;
        assert!(window.js("window.broken === undefined").await? == true);
        assert_eq!(window.js("document.querySelectorAll('[data-testid=\"thread\"] :is(img, script, style, iframe)').length").await?, 0);
        assert_eq!(window.js("document.body.innerText.includes('\\u202e')").await?, false);
        assert_eq!(window.client().title().await?, "Anteroom");
        assert_eq!(window.js("getComputedStyle(document.body).display !== 'none'").await?, true);
        window.close().await
    })
    .await;
}

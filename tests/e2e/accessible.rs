//! axe-core in the real web view: jsdom computes no colours and no layout, this does.

use std::path::Path;

use anteroom_tests::{Result, Scene, Window};
use demo_portal::Options;
use serde_json::Value;

use crate::within;

async fn violations(window: &Window) -> Result<Vec<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    window.client().execute(&std::fs::read_to_string(source)?, Vec::new()).await?;
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
           .then((result) => done(result.violations.map((one) =>
               `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' | ')}`)))
           .catch((error) => done([String(error)]))";
    let found = window.client().execute_async(run, Vec::new()).await?;
    let found = found.as_array().cloned().ok_or("axe gave no list")?;
    Ok(found.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn inbox_and_unlock_page_pass_axe() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        window.wait_for("crisis-panel").await?;
        let found = violations(&window).await?;
        assert!(found.is_empty(), "inbox: {found:#?}");
        window.press_control('l').await?;
        window.wait_for("unlock-page").await?;
        let found = violations(&window).await?;
        assert!(found.is_empty(), "unlock page: {found:#?}");
        window.close().await
    })
    .await;
}

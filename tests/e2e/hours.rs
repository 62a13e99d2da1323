//! The availability screen in the real window: with the mouse, and with the keyboard alone.

use anteroom_tests::{PASSPHRASE, Result, Scene, Window};
use demo_portal::Options;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::within;

/// Minutes of a day.
const DAY: f64 = 1440.0;

async fn open(window: &Window) -> Result<()> {
    window.click("hours-open").await?;
    window.wait_for("hours-block").await
}

/// The place of a time on the grid, in the page's pixels. Column 0 is Monday.
async fn place(window: &Window, column: f64, minute: f64) -> Result<(f64, f64)> {
    let area = window
        .js("(() => { const area = document.querySelector('[data-testid=\"week-grid-area\"]'); \
             area.scrollIntoView({ block: 'nearest' }); const box = area.getBoundingClientRect(); \
             return [box.left, box.top, box.width, box.height] })()")
        .await?;
    let side = |n: usize| area[n].as_f64().unwrap_or_default();
    Ok((side(0) + (column + 0.5) / 7.0 * side(2), side(1) + minute / DAY * side(3)))
}

/// Waits for a block from `start` to `end` on a day of the grid.
async fn wait_block(window: &Window, day: &str, start: &str, end: &str) -> Result<()> {
    let css =
        format!("[data-testid=hours-block][data-day={day}][data-start=\"{start}\"][data-end=\"{end}\"]");
    let found = format!("document.querySelector({}) !== null", json!(css));
    if window.wait_js_for(&css, &found, std::time::Duration::from_secs(10)).await.is_ok() {
        return Ok(());
    }
    let blocks =
        "[...document.querySelectorAll('[data-testid=hours-block]')].map((block) => block.ariaLabel).join()";
    Err(format!("no {day} {start} to {end} among {}", window.js(blocks).await?).into())
}

async fn save(window: &Window) -> Result<()> {
    let ready = "document.querySelector('[data-testid=hours-save]')?.disabled === false";
    window.wait_js("something to save", ready).await?;
    window.click("hours-save").await?;
    window.wait_for("hours-saved").await
}

/// The week in force as the command line knows it, as `mon 08:00-17:00`.
fn stored(scene: &Scene) -> Result<Vec<String>> {
    let shown = scene.cli().run(&["hours", "show"])?.done()?;
    let weekly = shown.last()["versions"][0]["weekly"].as_array().cloned().unwrap_or_default();
    let word = |block: &Value, name: &str| block[name].as_str().unwrap_or_default().to_owned();
    let line =
        |block: &Value| format!("{} {}-{}", word(block, "day"), word(block, "start"), word(block, "end"));
    Ok(weekly.iter().map(line).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_week_is_edited_with_the_mouse_and_what_is_saved_survives_a_lock() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        open(&window).await?;
        let before = window.count("hours-block").await?;

        // A new block on Saturday, over midnight into Sunday.
        window.drag(place(&window, 5.0, 1200.0).await?, place(&window, 6.0, 120.0).await?).await?;
        wait_block(&window, "sat", "20:00", "02:00").await?;
        assert_eq!(window.count("hours-block").await?, before + 1);
        // Moved by its middle to two hours earlier.
        window.drag(place(&window, 5.0, 1300.0).await?, place(&window, 5.0, 1180.0).await?).await?;
        wait_block(&window, "sat", "18:00", "00:00").await?;
        // Its upper edge is its start.
        let edge = place(&window, 5.0, 1080.0).await?;
        window.drag((edge.0, edge.1 + 3.0), place(&window, 5.0, 960.0).await?).await?;
        wait_block(&window, "sat", "16:00", "00:00").await?;
        // Its lower edge is its end.
        let edge = place(&window, 5.0, 1440.0).await?;
        window.drag((edge.0, edge.1 - 3.0), place(&window, 5.0, 1200.0).await?).await?;
        wait_block(&window, "sat", "16:00", "20:00").await?;
        window.click("hours-block-split").await?;
        wait_block(&window, "sat", "18:15", "20:00").await?;
        window.click("hours-step-back").await?;
        wait_block(&window, "sat", "16:00", "20:00").await?;
        save(&window).await?;
        assert!(stored(&scene)?.contains(&"sat 16:00-20:00".to_owned()));

        window.press(&String::from(char::from(Key::Escape))).await?;
        window.wait_gone("hours-screen").await?;
        window.press_control('l').await?;
        window.write("unlock-passphrase", PASSPHRASE).await?;
        window.click("unlock-submit").await?;
        window.wait_for("inbox").await?;
        open(&window).await?;
        wait_block(&window, "sat", "16:00", "20:00").await?;
        window.click("hours-undo-save").await?;
        window.wait_for("hours-saved").await?;
        assert!(!stored(&scene)?.contains(&"sat 16:00-20:00".to_owned()));
        window.close().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_week_is_edited_by_keyboard_alone() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let window = scene.window().await?;
        window.press("gv").await?;
        window.wait_for("hours-block").await?;
        window.js("document.querySelector('[data-testid=hours-block]').focus() ?? true").await?;
        window.press(&String::from(char::from(Key::Down))).await?;
        wait_block(&window, "mon", "08:15", "17:15").await?;
        window.press_with(Key::Shift, Key::Up).await?;
        wait_block(&window, "mon", "08:15", "17:00").await?;
        window.wait_text("hours-said", "08:15").await?;

        // On top of Tuesday's: what is wrong is said with both blocks, and nothing can be saved.
        window.press(&String::from(char::from(Key::Right))).await?;
        window.wait_text("hours-problem", "Tuesday 08:00 to 17:00 overlaps Tuesday 08:15 to 17:00").await?;
        assert_eq!(
            window.js("document.querySelector('[data-testid=hours-save]').disabled").await?,
            json!(true)
        );
        for _ in 0..5 {
            window.press(&String::from(char::from(Key::Delete))).await?;
        }
        window
            .wait_js("no block", "document.querySelectorAll('[data-testid=hours-block]').length === 0")
            .await?;
        window.wait_gone("hours-problem").await?;
        window.press_control('s').await?;
        window.wait_for("hours-saved").await?;
        assert_eq!(stored(&scene)?, Vec::<String>::new());
        window.press(&String::from(char::from(Key::Escape))).await?;
        window.wait_gone("hours-screen").await?;
        window.close().await
    })
    .await;
}

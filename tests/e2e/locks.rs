//! Whatever happens to the desktop session closes the vault at once, ends the process that drew it, and loses no word; the
//! passphrase brings the clinician back to where she was.

use std::time::{Duration, Instant};

use anteroom_tests::{Happens, PASSPHRASE, Result, Scene, Window, until};
use demo_portal::Options;

use crate::within;

/// From what happened to a closed database.
const CLOSED: Duration = Duration::from_secs(1);
/// To the end of the process that drew the window.
const ENDED: Duration = Duration::from_secs(2);
/// From the passphrase to the thread with its draft.
const BACK: Duration = Duration::from_secs(1);

const SCROLLED: &str = "document.querySelector('[data-testid=\"thread-list\"]').scrollTop";
const THREAD: &str =
    "document.querySelector('[data-testid=\"thread-row\"][data-selected=\"true\"]')?.dataset.thread ?? ''";
const DRAFT: &str = "document.querySelector('[data-testid=\"composer-text\"]')?.value ?? ''";

struct Place {
    thread: String,
    scrolled: f64,
}

/// Goes somewhere else than where the window begins.
async fn go_somewhere(window: &Window) -> Result<Place> {
    window.click("view-waiting-for-me").await?;
    window
        .wait_js(
            "the view",
            "document.querySelector('[data-testid=\"section-header\"]')?.dataset.view === 'waiting-for-me'",
        )
        .await?;
    window.press("jjjjjjjjjj").await?;
    window.wait_js("a thread further down", &format!("{SCROLLED} > 0")).await?;
    window.wait_for("composer-text").await?;
    // The thread of the row is the one that is drawn.
    window.wait_js("the thread", "document.querySelectorAll('[data-testid=\"message\"]').length > 0").await?;
    let thread = window.js(THREAD).await?.as_str().unwrap_or_default().to_owned();
    let scrolled = window.js(SCROLLED).await?.as_f64().unwrap_or_default();
    Ok(Place { thread, scrolled })
}

/// Waits for the lock that began at `began`; prints how long it took.
async fn locked(window: &Window, what: &str, drew: &[u32], began: Instant) -> Result<()> {
    until("a closed database", CLOSED * 3, || (!window.holds_database()).then_some(()))?;
    let closed = began.elapsed();
    let runs = |id: &u32| std::path::Path::new(&format!("/proc/{id}/status")).exists() && !is_dead(*id);
    until("the end of the view", ENDED * 3, || (!drew.iter().any(runs)).then_some(()))?;
    let ended = began.elapsed();
    println!(
        "{what}: database closed after {} ms, view ended after {} ms",
        closed.as_millis(),
        ended.as_millis()
    );
    assert!(closed < CLOSED, "{what}: {closed:?}");
    assert!(ended < ENDED, "{what}: {ended:?}");
    window.wait_for("unlock-page").await
}

/// Ended, and only not yet noticed by its parent.
fn is_dead(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

/// Unlocks and answers how long it took until the draft stood there.
async fn unlocked(window: &Window, draft: &str) -> Result<Duration> {
    window.write("unlock-passphrase", PASSPHRASE).await?;
    let began = Instant::now();
    window.click("unlock-submit").await?;
    window.wait_js("the draft", &format!("({DRAFT}) === {draft:?}")).await?;
    Ok(began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_the_desktop_session_locks_and_nothing_is_lost() {
    within(async {
        let mut scene = Scene::for_window(Options::default())?;
        scene.session.start_logind()?;
        let window = scene.window().await?;
        let logind = scene.session.logind()?;
        until("somebody who delays sleep", Duration::from_secs(20), || {
            logind.inhibitors(&scene.session).ok().filter(|list| list.contains("Anteroom"))
        })?;
        let place = go_somewhere(&window).await?;
        let mut draft = String::new();
        for what in Happens::ALL {
            let word = format!("{what:?} ").to_lowercase();
            window.write("composer-text", &word).await?;
            draft.push_str(&word);
            let drew = window.processes("WebKitWebProces");
            assert!(!drew.is_empty());
            // At once, within the time after which a draft is saved by itself.
            let began = Instant::now();
            logind.happen(&scene.session, what)?;
            locked(&window, &format!("{what:?}"), &drew, began).await?;
            assert_eq!(window.count("unlock-draft").await?, 0, "the draft was saved in time");
            if what == Happens::Sleep {
                until("nobody who delays sleep", Duration::from_secs(5), || {
                    logind.inhibitors(&scene.session).ok().filter(|list| !list.contains("Anteroom"))
                })?;
            }
            logind.end(&scene.session, what)?;
            let took = unlocked(&window, &draft).await?;
            println!("{what:?}: back after {} ms", took.as_millis());
            assert!(took < BACK, "{what:?}: {took:?}");
            assert_eq!(window.js(THREAD).await?.as_str(), Some(place.thread.as_str()), "{what:?}");
            window
                .wait_js("the list where it was", &format!("Math.abs({SCROLLED} - {}) < 2", place.scrolled))
                .await?;
        }
        window.close().await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_nobody_touches_locks_and_one_that_is_touched_does_not() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let mut arguments = scene.arguments_open();
        arguments.extend(["--idle-seconds".to_owned(), "4".to_owned()]);
        let window = Window::open(&scene.session, &arguments).await?;
        window.wait_for("thread-row").await?;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(7) {
            window.press("j").await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(window.count("unlock-page").await?, 0, "keys keep it open");
        let drew = window.processes("WebKitWebProces");
        until("a closed database", Duration::from_secs(6), || (!window.holds_database()).then_some(()))?;
        locked(&window, "idle", &drew, Instant::now()).await?;
        window
            .wait_js(
                "why",
                "document.querySelector('[data-testid=\"unlock-left\"]')?.dataset.reason === 'idle'",
            )
            .await?;
        window.close().await
    })
    .await;
}

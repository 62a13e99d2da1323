//! Whatever happens to the desktop session closes the vault at once, ends the process that drew it, and loses no word; the
//! passphrase brings the clinician back to where she was.

use std::time::{Duration, Instant};

use anteroom_tests::{App, Happens, PASSPHRASE, Result, Scene, Window, is_running, until};
use demo_portal::Options;

use crate::within;

/// From what happened to a closed database.
const CLOSED: Duration = Duration::from_secs(1);
/// To the end of the process that drew the window.
const ENDED: Duration = Duration::from_secs(2);
/// From the passphrase to the thread with its draft, in a release. A debug build on a busy machine takes up to twice as long; what it took
/// is printed.
const BACK: Duration = Duration::from_secs(if cfg!(debug_assertions) { 3 } else { 1 });

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
async fn locked(window: &Window, what: &str, began: Instant) -> Result<()> {
    until("a closed database", CLOSED * 3, || (!window.holds_database()).then_some(()))?;
    let closed = began.elapsed();
    println!("{what}: database closed after {} ms", closed.as_millis());
    assert!(closed < CLOSED, "{what}: {closed:?}");
    window.wait_for("unlock-page").await
}

/// Unlocks and answers how long it took until the draft stood there, by the page's own clock: the driver's calls take their time.
async fn unlocked(window: &Window, draft: &str) -> Result<Duration> {
    window.write("unlock-passphrase", PASSPHRASE).await?;
    let watch = format!(
        "(() => {{
            window.back = null
            const submit = document.querySelector('[data-testid=\"unlock-submit\"]')
            submit.addEventListener('click', () => {{
                const began = performance.now()
                const look = setInterval(() => {{
                    if (({DRAFT}) !== {draft:?}) return
                    clearInterval(look)
                    window.back = performance.now() - began
                }}, 4)
            }})
            return true
        }})()"
    );
    window.js(&watch).await?;
    window.click("unlock-submit").await?;
    window.wait_js("the draft", "window.back !== null").await?;
    let took = window.js("window.back").await?.as_f64().unwrap_or(f64::MAX);
    Ok(Duration::from_secs_f64(took / 1000.0))
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
            // At once, within the time after which a draft is saved by itself.
            let began = Instant::now();
            logind.happen(&scene.session, what)?;
            locked(&window, &format!("{what:?}"), began).await?;
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
            window.wait_js("the thread", &format!("({THREAD}) === '{}'", place.thread)).await?;
            window
                .wait_js("the list where it was", &format!("Math.abs({SCROLLED} - {}) < 2", place.scrolled))
                .await?;
        }
        window.close().await
    })
    .await;
}

#[test]
fn the_process_that_drew_the_inbox_ends_with_the_lock() {
    let mut scene = Scene::for_window(Options::default()).unwrap();
    scene.session.start_logind().unwrap();
    let mut arguments = scene.arguments_open();
    arguments.push("--report-painted".to_owned());
    for what in Happens::ALL {
        // No driver: one gives up a page whose process ends.
        let app = App::start(&scene, &arguments).unwrap();
        let drew = app.web_processes();
        assert_eq!(drew.len(), 1, "{drew:?}");
        let began = Instant::now();
        scene.session.logind().unwrap().happen(&scene.session, what).unwrap();
        until("the end of the view", ENDED * 3, || (!is_running(drew[0])).then_some(())).unwrap();
        let ended = began.elapsed();
        assert!(!app.holds_database(), "{what:?}: the view ends after the vault is closed");
        println!("{what:?}: view ended after {} ms", ended.as_millis());
        assert!(ended < ENDED, "{what:?}: {ended:?}");
        until("a new view", Duration::from_secs(20), || (!app.web_processes().is_empty()).then_some(()))
            .unwrap();
        scene.session.logind().unwrap().end(&scene.session, what).unwrap();
    }
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
        until("a closed database", Duration::from_secs(6), || (!window.holds_database()).then_some(()))?;
        locked(&window, "idle", Instant::now()).await?;
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

//! `cargo xtask bench lock`: how long it takes from the passphrase to the inbox as it was left, and from the lock to a closed
//! database, over a vault of 10,000 messages with the passphrase's full cost. The window adds its drawing, which `e2e/locks.rs`
//! measures, with the end of the web process.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use demo_portal::{DemoPortal, Options};
use inbox_app::dto::{CreateVaultRequest, SignInRequest, UnlockOutcome};
use inbox_app::notify::{Notice, Notifier, OnAnswer};
use inbox_app::{App, AppOptions, policy::PolicySource};
use inbox_domain::{SystemClock, View};

/// As in the windows' programs: what is freed is overwritten.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

const PASSPHRASE: &str = "a passphrase for a benchmark";
const MESSAGES: usize = 10_000;
const ROUNDS: u32 = 10;
/// From the passphrase to the inbox, and from the lock to a closed database.
const LIMIT: Duration = Duration::from_secs(1);

struct Silent;

impl Notifier for Silent {
    fn show(&self, _: Notice, _: OnAnswer) {}
    fn withdraw(&self) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let portal =
        DemoPortal::start(Options { messages: MESSAGES, patients: 400, ..Options::default() }).await?;
    let folder = tempfile::tempdir()?;
    let app = App::new(AppOptions {
        vaults_dir: folder.path().join("vaults"),
        vault: None,
        preferences: folder.path().join("preferences.json"),
        policy: PolicySource::none(),
        demo: true,
        clock: Arc::new(SystemClock),
        notifier: Arc::new(Silent),
        events: Arc::new(|_| {}),
        idle: None,
        open_browser: Arc::new(|_| {}),
    });
    let made = app.create_vault(CreateVaultRequest {
        name: "Bench".into(),
        passphrase: PASSPHRASE.into(),
        no_keyring: true,
        zone: Some("Europe/Berlin".into()),
        country: None,
    });
    made.await.map_err(|error| error.code)?;
    let me = portal.practitioners().remove(0);
    let token = Some(portal.token(&me.id).to_owned());
    let request = SignInRequest {
        portal_url: portal.base_url(),
        token,
        practitioner: me.reference,
        redirect_port: None,
    };
    app.sign_in(request).await.map_err(|error| error.code)?;
    filled(&app).await?;
    let dir = folder.path().join("vaults/bench").to_string_lossy().into_owned();
    let (mut unlocks, mut locks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        app.lock();
        locks.push(began.elapsed());
        let began = Instant::now();
        let opened = app.unlock(&dir, PASSPHRASE.to_owned().into()).await.map_err(|error| error.code)?;
        if !matches!(opened, UnlockOutcome::Unlocked) {
            return Err(format!("{opened:?}").into());
        }
        look(&app)?;
        unlocks.push(began.elapsed());
    }
    let met = row("unlock to the inbox as it was left", &mut unlocks)
        & row("lock to a closed database", &mut locks);
    app.quit();
    if met { Ok(()) } else { Err("a limit was missed".into()) }
}

async fn filled(app: &App) -> Result<(), Box<dyn Error>> {
    let end = Instant::now() + Duration::from_secs(600);
    loop {
        let staleness =
            app.session().and_then(|session| session.load_overview()).map_err(|error| error.code)?.staleness;
        if staleness.last_success.is_some() && !staleness.syncing {
            return Ok(());
        }
        if Instant::now() > end {
            return Err("the first fill took longer than ten minutes".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the window asks for before it shows the inbox.
fn look(app: &App) -> Result<(), Box<dyn Error>> {
    let session = app.session().map_err(|error| error.code)?;
    session.load_overview().map_err(|error| error.code)?;
    let page = session.list_threads(View::WaitingForMe, None, 0, 50).map_err(|error| error.code)?;
    let row = page.rows.first().ok_or("no thread")?;
    session.load_thread(&row.id).map_err(|error| error.code)?;
    Ok(())
}

fn row(name: &str, times: &mut [Duration]) -> bool {
    times.sort_unstable();
    let millis = |time: &Duration| time.as_secs_f64() * 1000.0;
    let (middle, slowest) = (&times[times.len() / 2], &times[times.len() - 1]);
    let met = *slowest < LIMIT;
    println!(
        "{name:<36} median {:>7.1} ms, slowest of {} {:>7.1} ms   limit {} ms   {}",
        millis(middle),
        times.len(),
        millis(slowest),
        LIMIT.as_millis(),
        if met { "met" } else { "MISSED" }
    );
    println!(
        "{{\"bench\":\"lock\",\"what\":\"{name}\",\"median_ms\":{:.1},\"slowest_ms\":{:.1}}}",
        millis(middle),
        millis(slowest)
    );
    met
}

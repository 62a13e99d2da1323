//! An app as the window has it: a portal in this process, a vault without a keyring, recorded events and notices.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use demo_portal::{DemoPortal, Options, Practitioner, RunningPortal};
use inbox_app::{
    App, AppOptions, Session,
    dto::{AppEvent, CreateVaultRequest, SignInRequest},
    notify::{Notice, NoticeAnswer, Notifier, OnAnswer},
    policy::PolicySource,
};
use inbox_domain::{Clock, SystemClock};
use tempfile::TempDir;

const POLICY: &str = "policy.toml";
pub(crate) const PASSPHRASE: &str = "a passphrase for tests";

/// Records notices; answers each as it was told to, clicks only when the test makes them.
pub(crate) struct Recorder {
    pub(crate) notices: Mutex<Vec<Notice>>,
    answer: NoticeAnswer,
    /// What to do with a click that comes later, while `answer` is `Opened`.
    pub(crate) kept: Mutex<Vec<OnAnswer>>,
}

impl Notifier for Recorder {
    fn show(&self, notice: Notice, answer: OnAnswer) {
        self.notices.lock().unwrap().push(notice);
        match self.answer {
            NoticeAnswer::Opened => self.kept.lock().unwrap().push(answer),
            other => answer(other),
        }
    }

    fn withdraw(&self) {
        self.notices.lock().unwrap().clear();
    }
}

pub(crate) struct Rig {
    pub(crate) app: App,
    pub(crate) portal: RunningPortal,
    pub(crate) events: Arc<Mutex<Vec<AppEvent>>>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) recovery_code: String,
    dir: TempDir,
}

impl Rig {
    /// With the first fill done.
    pub(crate) async fn filled() -> Self {
        let rig = Self::start(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
        rig.first_sync().await;
        rig
    }

    /// Waits until the first sync has ended; what it stored is complete a moment before.
    pub(crate) async fn first_sync(&self) {
        self.until(|rig| {
            let staleness = rig.session().load_overview().unwrap().staleness;
            staleness.last_success.is_some() && !staleness.syncing
        })
        .await;
    }

    pub(crate) async fn start(clock: Arc<dyn Clock>, answer: NoticeAnswer) -> Self {
        let rig = Self::unconnected(clock, answer).await;
        let me = rig.portal.practitioners().remove(0);
        rig.app.sign_in(sign_in(&rig.portal, me)).await.unwrap();
        rig
    }

    /// As after the first page of the first run: a vault, and no portal yet.
    pub(crate) async fn unconnected(clock: Arc<dyn Clock>, answer: NoticeAnswer) -> Self {
        Self::beside(Options::default(), clock, answer).await
    }

    /// The same from a portal with these options.
    pub(crate) async fn unconnected_from(
        options: Options,
        clock: Arc<dyn Clock>,
        answer: NoticeAnswer,
    ) -> Self {
        Self::beside(options, clock, answer).await
    }

    /// Another process on the same vaults.
    pub(crate) fn another_app(&self) -> App {
        app(&self.dir, Arc::new(SystemClock), &self.recorder, &self.events)
    }

    /// With the first fill done, from a portal with these options.
    pub(crate) async fn filled_from(options: Options) -> Self {
        let rig = Self::beside(options, Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
        let me = rig.portal.practitioners().remove(0);
        rig.app.sign_in(sign_in(&rig.portal, me)).await.unwrap();
        rig.first_sync().await;
        rig
    }

    /// The same with the socket open, where it has one.
    pub(crate) async fn live(options: Options) -> Self {
        let rig = Self::filled_from(options).await;
        rig.until(|rig| rig.portal.control().sockets().bound == 1).await;
        rig.settled().await;
        rig
    }

    /// Waits until nothing has been asked of the portal for half a second.
    pub(crate) async fn settled(&self) {
        let mut before = usize::MAX;
        loop {
            let now = self.portal.control().requests(false).len();
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn beside(options: Options, clock: Arc<dyn Clock>, answer: NoticeAnswer) -> Self {
        let portal = DemoPortal::start(options).await.unwrap();
        let dir = TempDir::with_prefix("anteroom-app-").unwrap();
        let events: Arc<Mutex<Vec<AppEvent>>> = Arc::default();
        let recorder = Arc::new(Recorder { notices: Mutex::default(), answer, kept: Mutex::default() });
        let app = app(&dir, clock, &recorder, &events);
        let created = app.create_vault(new_vault()).await.unwrap();
        assert!(!created.recovery_code.is_empty());
        Self { app, portal, events, recorder, recovery_code: created.recovery_code, dir }
    }

    /// The clinic's rule for watching while locked: `on`, `off` or `on-duty`.
    pub(crate) fn watch(&self, rule: &str) {
        let policy = format!("[lock]\nwatch_while_locked = \"{rule}\"\n");
        std::fs::write(self.dir.path().join(POLICY), policy).unwrap();
    }

    pub(crate) fn session(&self) -> Arc<Session> {
        self.app.session().unwrap()
    }

    pub(crate) fn vault_dir(&self) -> PathBuf {
        self.dir.path().join("vaults/test")
    }

    pub(crate) fn heard(&self, wanted: impl Fn(&AppEvent) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(wanted)
    }

    /// Waits for something that the background task brings about, at most half a minute.
    pub(crate) async fn until(&self, met: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !met(self) {
            assert!(Instant::now() < end, "not met within 30 s");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A sign-in with the token of a clinician of the sample clinic.
pub(crate) fn sign_in(portal: &RunningPortal, me: Practitioner) -> SignInRequest {
    SignInRequest {
        portal_url: portal.base_url(),
        token: Some(portal.token(&me.id).to_owned()),
        practitioner: me.reference,
        redirect_port: None,
    }
}

pub(crate) fn new_vault() -> CreateVaultRequest {
    CreateVaultRequest {
        name: "Test".into(),
        passphrase: PASSPHRASE.into(),
        no_keyring: true,
        zone: Some("Europe/Berlin".into()),
        country: Some("DE".into()),
    }
}

fn app(
    dir: &TempDir,
    clock: Arc<dyn Clock>,
    recorder: &Arc<Recorder>,
    events: &Arc<Mutex<Vec<AppEvent>>>,
) -> App {
    let heard = Arc::clone(events);
    App::new(AppOptions {
        policy: PolicySource::at(&dir.path().join(POLICY)),
        vaults_dir: dir.path().join("vaults"),
        vault: None,
        preferences: dir.path().join("preferences.json"),
        demo: true,
        clock,
        idle: None,
        notifier: Arc::clone(recorder) as Arc<dyn Notifier>,
        events: Arc::new(move |event| heard.lock().unwrap().push(event)),
        open_browser: Arc::new(|_| panic!("no browser in tests")),
    })
}

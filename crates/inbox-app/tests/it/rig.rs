//! An app as the window has it: a portal in this process, a vault without a keyring, recorded events and notices.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use demo_portal::{DemoPortal, Options, RunningPortal};
use inbox_app::{
    App, AppOptions, Session,
    dto::{AppEvent, CreateVaultRequest},
    notify::{Notice, NoticeAnswer, Notifier, OnAnswer},
};
use inbox_domain::{Clock, SystemClock};
use tempfile::TempDir;

pub(crate) const PASSPHRASE: &str = "a passphrase for tests";

/// Records notices; answers each as it was told to.
pub(crate) struct Recorder {
    pub(crate) notices: Mutex<Vec<Notice>>,
    answer: NoticeAnswer,
}

impl Notifier for Recorder {
    fn show(&self, notice: Notice, answer: OnAnswer) {
        self.notices.lock().unwrap().push(notice);
        answer(self.answer);
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
    dir: TempDir,
}

impl Rig {
    /// With the first fill done.
    pub(crate) async fn filled() -> Self {
        let rig = Self::start(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
        rig.until(|rig| rig.session().load_overview().unwrap().staleness.last_success.is_some()).await;
        rig
    }

    pub(crate) async fn start(clock: Arc<dyn Clock>, answer: NoticeAnswer) -> Self {
        let portal = DemoPortal::start(Options::default()).await.unwrap();
        let dir = TempDir::with_prefix("anteroom-app-").unwrap();
        let events: Arc<Mutex<Vec<AppEvent>>> = Arc::default();
        let recorder = Arc::new(Recorder { notices: Mutex::default(), answer });
        let heard = Arc::clone(&events);
        let app = App::new(AppOptions {
            vaults_dir: dir.path().join("vaults"),
            vault: None,
            preferences: dir.path().join("preferences.json"),
            demo: true,
            clock,
            notifier: Arc::clone(&recorder) as Arc<dyn Notifier>,
            events: Arc::new(move |event| heard.lock().unwrap().push(event)),
            open_browser: Arc::new(|_| panic!("no browser in tests")),
        });
        let me = portal.practitioners().remove(0);
        let request = CreateVaultRequest {
            name: "Test".into(),
            portal_url: portal.base_url(),
            practitioner: me.reference,
            passphrase: PASSPHRASE.into(),
            no_keyring: true,
            token: Some(portal.token(&me.id).to_owned()),
            zone: Some("Europe/Berlin".into()),
        };
        let created = app.create_vault(request).await.unwrap();
        assert!(created.problem.is_none(), "{:?}", created.problem);
        assert!(!created.recovery_code.is_empty());
        Self { app, portal, events, recorder, dir }
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

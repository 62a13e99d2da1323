//! One clinician with her vault, a portal, and a clock on which waits cost nothing.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use demo_portal::{Control, DemoPortal, NewMessage, Options, RunningPortal};
use inbox_domain::{AvailabilityHours, Clock, OutboxDraft, OutboxEntry, PortalId, ThreadId};
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::{
    CancelFlag, Mode, Progress, Sleeper, SyncContext, SyncFailure, SyncReport, enqueue_reply, settings,
};
use inbox_triage::Engine;
use inbox_vault::{CreateOptions, Keyring, RestoreOptions, Vault};
use secrecy::SecretString;
use serde_json::Value;

pub(crate) const ADLER: &str = "dr-adler";
pub(crate) const PASSPHRASE: &str = "a long passphrase for tests";

/// The system's clock, moved forward by waits.
#[derive(Debug, Default)]
pub(crate) struct SkippedTime(AtomicI64);

impl SkippedTime {
    pub(crate) fn skip(&self, time: TimeDelta) {
        self.0.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    pub(crate) fn skipped(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for SkippedTime {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.skipped()
    }
}

impl Sleeper for SkippedTime {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.skip(TimeDelta::from_std(time).unwrap());
        Box::pin(tokio::time::sleep(Duration::from_millis(5)))
    }
}

/// A clinician's workstation beside a portal.
pub(crate) struct Rig {
    pub(crate) portal: Arc<RunningPortal>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) time: SkippedTime,
    pub(crate) cancel: CancelFlag,
    pub(crate) client: Portal,
    /// Cancel after this many pages of a first fill.
    pub(crate) stop_after: Mutex<Option<u32>>,
    code: SecretString,
    folder: tempfile::TempDir,
}

/// Short limits: a stalled answer is given up after half a second.
pub(crate) fn limits() -> HttpLimits {
    HttpLimits {
        request: Duration::from_millis(600),
        create: Duration::from_millis(600),
        ..HttpLimits::default()
    }
}

impl Rig {
    pub(crate) async fn new(options: Options) -> Self {
        Self::of(options, ADLER).await
    }

    pub(crate) async fn sample() -> Self {
        Self::new(Options::default()).await
    }

    /// A clinic with people and no messages.
    pub(crate) async fn empty() -> Self {
        Self::new(Options { messages: 0, ..Options::default() }).await
    }

    pub(crate) async fn of(options: Options, clinician: &str) -> Self {
        Self::at(Arc::new(DemoPortal::start(options).await.unwrap()), clinician)
    }

    /// A colleague's workstation at the same portal, with the same clock.
    pub(crate) fn beside(&self, clinician: &str) -> Self {
        let rig = Self::at(Arc::clone(&self.portal), clinician);
        rig.time.skip(self.time.skipped());
        rig
    }

    fn at(portal: Arc<RunningPortal>, clinician: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vault = CreateOptions {
            dir: folder.path().join("vault"),
            name: "Test".to_owned(),
            passphrase: SecretString::from(PASSPHRASE),
            keyring: false,
        };
        let created = Vault::create_weak(&vault, &Keyring::default()).unwrap();
        let vault = created.vault;
        vault.set_setting(settings::PRACTITIONER, &format!("Practitioner/{clinician}"), Utc::now()).unwrap();
        let client = client(&portal, clinician);
        Self {
            portal,
            vault: Arc::new(vault),
            time: SkippedTime::default(),
            cancel: CancelFlag::default(),
            client,
            stop_after: Mutex::default(),
            code: created.recovery_code,
            folder,
        }
    }

    /// A backup of the vault as it is now.
    pub(crate) fn backup(&self, name: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        self.vault.backup(&file, self.time.now()).unwrap();
        file
    }

    /// Another machine at the same portal with what a backup of this one held; answers how many replies it looks up.
    pub(crate) fn restored(&self, from: &Path) -> (Self, u64) {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("vault");
        let options = RestoreOptions {
            from: from.to_owned(),
            dir: dir.clone(),
            recovery_code: self.code.clone(),
            passphrase: Some(PASSPHRASE.into()),
            keyring: false,
        };
        let restored = Vault::restore(&options).unwrap();
        let rig = Self {
            portal: Arc::clone(&self.portal),
            vault: Arc::new(Vault::open(&dir, &PASSPHRASE.into()).unwrap()),
            time: SkippedTime::default(),
            cancel: CancelFlag::default(),
            client: client(&self.portal, ADLER),
            stop_after: Mutex::default(),
            code: self.code.clone(),
            folder,
        };
        rig.time.skip(self.time.skipped());
        (rig, restored.to_look_up)
    }

    pub(crate) fn control(&self) -> Control {
        self.portal.control()
    }

    pub(crate) async fn try_sync(&self, mode: Mode) -> Result<SyncReport, SyncFailure> {
        self.sync_with(&self.client, mode).await
    }

    pub(crate) async fn sync_with(&self, client: &Portal, mode: Mode) -> Result<SyncReport, SyncFailure> {
        self.sync_in(client, &AvailabilityHours::default_for("Europe/Berlin"), mode).await
    }

    /// A poll by these hours.
    pub(crate) async fn sync_by(&self, hours: AvailabilityHours) -> SyncReport {
        self.sync_in(&self.client, &hours, Mode::Incremental).await.unwrap()
    }

    async fn sync_in(
        &self,
        client: &Portal,
        hours: &AvailabilityHours,
        mode: Mode,
    ) -> Result<SyncReport, SyncFailure> {
        let progress = |_: Progress| {
            let mut left = self.stop_after.lock().unwrap();
            if let Some(count) = left.as_mut() {
                *count -= 1;
                if *count == 0 {
                    self.cancel.cancel();
                }
            }
        };
        let ctx = SyncContext {
            vault: &self.vault,
            portal: client,
            engine: Engine::builtin(),
            hours,
            clock: &self.time,
            sleeper: &self.time,
            progress: &progress,
            cancel: &self.cancel,
        };
        inbox_sync::run(&ctx, mode).await
    }

    pub(crate) async fn sync(&self) -> SyncReport {
        self.try_sync(Mode::Incremental).await.unwrap()
    }

    pub(crate) async fn sync_full(&self) -> SyncReport {
        self.try_sync(Mode::Full).await.unwrap()
    }

    /// A patient's message; answers its id and thread.
    pub(crate) fn patient_writes(&self, text: &str) -> (String, String) {
        let patient = self.a_patient();
        let message = NewMessage { patient, text: text.to_owned(), ..NewMessage::default() };
        let added = self.control().add_message(&message).unwrap();
        (added.id, added.thread)
    }

    /// The first patient of the clinic.
    pub(crate) fn a_patient(&self) -> String {
        let mut ids: Vec<String> = self.control().resources("Patient").iter().map(id_of).collect();
        ids.sort();
        ids.remove(0)
    }

    pub(crate) fn thread(&self, header: &str) -> ThreadId {
        self.vault.thread_by_portal_id(&PortalId::from(header)).unwrap().expect("the thread is stored")
    }

    pub(crate) fn texts(&self, header: &str) -> Vec<String> {
        let messages = self.vault.messages(self.thread(header)).unwrap();
        messages.into_iter().map(|message| message.text).collect()
    }

    pub(crate) fn reply(&self, header: &str, text: &str) -> OutboxEntry {
        self.reply_draft(header, text, false)
    }

    pub(crate) fn reply_draft(&self, header: &str, text: &str, even_if_newer: bool) -> OutboxEntry {
        let draft = OutboxDraft {
            thread: Some(self.thread(header)),
            patient: None,
            topic: String::new(),
            text: text.to_owned(),
            not_before: None,
            even_if_newer,
            crisis: false,
            response: None,
        };
        enqueue_reply(&self.vault, draft, self.time.now()).unwrap()
    }

    /// How many Communications the server holds under the entry's identifier.
    pub(crate) fn copies(&self, entry: &OutboxEntry) -> usize {
        self.control().count_identifier("Communication", &entry.client_identifier.0)
    }

    pub(crate) fn entry(&self, entry: &OutboxEntry) -> OutboxEntry {
        self.vault.outbox_entry(entry.id).unwrap()
    }

    /// Ids of all messages that the clinician may see and that are neither withdrawn nor about another patient than
    /// their thread's, by the server's own data.
    pub(crate) fn visible_on_server(&self, clinician: &str) -> Vec<String> {
        let all = self.control().resources("Communication");
        let mut names = vec![format!("Practitioner/{clinician}")];
        let teams = self.control().resources("CareTeam").into_iter();
        let hers =
            teams.filter(|team| team["participant"].to_string().contains(&format!("\"{}\"", names[0])));
        names.extend(hers.map(|team| format!("CareTeam/{}", id_of(&team))).collect::<Vec<_>>());
        let named = |value: &Value| {
            let sender = value["sender"]["reference"].as_str().unwrap_or_default().to_owned();
            recipients(value).into_iter().chain([sender]).any(|name| names.contains(&name))
        };
        let header = |value: &Value| {
            let reference =
                value["partOf"][0]["reference"].as_str()?.strip_prefix("Communication/")?.to_owned();
            all.iter().find(|other| id_of(other) == reference)
        };
        let is_message = |value: &&Value| value.get("payload").is_some() || value.get("partOf").is_some();
        let sound = |value: &&Value| {
            let same = header(value).is_none_or(|header| header["subject"] == value["subject"]);
            value["status"] != "entered-in-error" && same
        };
        let visible = |value: &&Value| named(value) || header(value).is_some_and(named);
        let mut ids: Vec<String> =
            all.iter().filter(is_message).filter(sound).filter(visible).map(id_of).collect();
        ids.sort();
        ids
    }

    pub(crate) fn stored(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.vault.message_ids().unwrap().into_iter().map(|id| id.0).collect();
        ids.sort();
        ids
    }

    /// The vault holds what the server shows her, and nothing else.
    pub(crate) fn assert_complete(&self, case: &str) {
        let (stored, visible) = (self.stored(), self.visible_on_server(ADLER));
        let show = |ids: Vec<&String>| -> Vec<String> {
            ids.iter()
                .map(|id| {
                    let mut v = self.control().resource("Communication", id).unwrap_or_default();
                    if let Some(map) = v.as_object_mut() {
                        map.remove("payload");
                    }
                    v.to_string()
                })
                .collect()
        };
        let missing = show(visible.iter().filter(|id| !stored.contains(id)).collect());
        let foreign = show(stored.iter().filter(|id| !visible.contains(id)).collect());
        assert!(
            missing.is_empty() && foreign.is_empty(),
            "{case}: missing {missing:#?} foreign {foreign:#?}"
        );
    }

    pub(crate) fn assert_healthy(&self) {
        let verified = self.vault.verify().unwrap();
        assert!(verified.ok, "{:?}", verified.problems);
    }
}

pub(crate) fn client(portal: &RunningPortal, clinician: &str) -> Portal {
    client_within(portal, clinician, limits())
}

/// A client that gives up after the times of `limits`.
pub(crate) fn client_within(portal: &RunningPortal, clinician: &str, limits: HttpLimits) -> Portal {
    let token = SecretString::from(portal.token(clinician));
    Portal::new(&portal.base_url(), Auth::Bearer { token }, Arc::new(NoTokenStore), limits).unwrap()
}

pub(crate) fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn recipients(value: &Value) -> Vec<String> {
    let list = value["recipient"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|item| item["reference"].as_str().map(str::to_owned)).collect()
}

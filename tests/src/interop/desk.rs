//! A clinician's workstation: a real vault, the real client, and a clock on which waits cost nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{
    ActKind, AvailabilityHours, Batch, Clock, OutboxDraft, OutboxEntry, PortalId, SyncCursor, ThreadId,
};
use inbox_portal::{HttpLimits, Portal};
use inbox_sync::{
    CancelFlag, Mode, Progress, Sleeper, SyncContext, SyncFailure, SyncReport, VaultTokens, enqueue_reply,
    settings,
};
use inbox_triage::Engine;
use inbox_vault::{CreateOptions, StoredMessage, Vault};
use secrecy::SecretString;

use super::proxy::Proxy;
use super::table::Trouble;
use super::{Clinician, Target};

/// The system's clock, moved forward by waits.
#[derive(Debug, Default)]
pub(super) struct SkippedTime(AtomicI64);

impl Clock for SkippedTime {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

impl Sleeper for SkippedTime {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        // What was asked for may still be under way at the server.
        Box::pin(tokio::time::sleep(Duration::from_millis(50)))
    }
}

/// A vault with its way to the server.
pub(super) struct Desk {
    pub(super) vault: Arc<Vault>,
    pub(super) portal: Portal,
    pub(super) proxy: Option<Proxy>,
    pub(super) me: String,
    time: Arc<SkippedTime>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// A new vault of `clinician`, whose requests pass a proxy.
    pub(super) async fn behind_proxy(
        target: &Target,
        clinician: &Clinician,
        me: &str,
    ) -> Result<Self, Trouble> {
        let proxy = Proxy::start(&target.base).await?;
        Self::new(target, clinician, me, Some(proxy)).await
    }

    /// A new vault of `clinician`, straight at the server.
    pub(super) async fn direct(target: &Target, clinician: &Clinician, me: &str) -> Result<Self, Trouble> {
        Self::new(target, clinician, me, None).await
    }

    async fn new(
        target: &Target,
        clinician: &Clinician,
        me: &str,
        proxy: Option<Proxy>,
    ) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let options = CreateOptions {
            dir: folder.path().join("vault"),
            name: "Interop".to_owned(),
            passphrase: SecretString::from("a long passphrase for tests"),
            keyring: false,
        };
        let vault = tokio::task::spawn_blocking(move || Vault::create(&options))
            .await
            .map_err(std::io::Error::other)?;
        let vault = Arc::new(vault?.vault);
        let time = Arc::new(SkippedTime::default());
        vault.set_setting(settings::PRACTITIONER, me, time.now())?;
        let auth = clinician.sign_in.auth(&target.base).await?;
        let text = serde_json::to_string(&auth).map_err(|error| error.to_string())?;
        vault.set_setting(settings::AUTH, &text, time.now())?;
        let store = VaultTokens::new(Arc::clone(&vault), Arc::clone(&time) as Arc<dyn Clock>);
        let base = proxy.as_ref().map_or(target.base.as_str(), |proxy| proxy.base.as_str());
        let portal = Portal::new(base, auth, Arc::new(store), HttpLimits::default())?;
        Ok(Self { vault, portal, proxy, me: me.to_owned(), time, _folder: folder })
    }

    /// The proxy of a desk that has one.
    pub(super) fn proxy(&self) -> Result<&Proxy, Trouble> {
        self.proxy.as_ref().ok_or_else(|| "this desk has no proxy".into())
    }

    pub(super) async fn try_sync(&self, mode: Mode) -> Result<SyncReport, SyncFailure> {
        self.run(mode, &|_| (), &CancelFlag::default()).await
    }

    /// A first fill that is stopped after its first page.
    pub(super) async fn sync_one_page(&self) -> Result<SyncReport, SyncFailure> {
        let cancel = CancelFlag::default();
        self.run(Mode::Incremental, &|_| cancel.cancel(), &cancel).await
    }

    async fn run(
        &self,
        mode: Mode,
        progress: &(dyn Fn(Progress) + Send + Sync),
        cancel: &CancelFlag,
    ) -> Result<SyncReport, SyncFailure> {
        let hours = always_open();
        let ctx = SyncContext {
            vault: &self.vault,
            portal: &self.portal,
            engine: Engine::builtin(),
            hours: &hours,
            clock: &*self.time,
            sleeper: &*self.time,
            progress,
            cancel,
        };
        // On the heap: a check holds several, and a test's thread has a small stack.
        Box::pin(inbox_sync::run(&ctx, mode)).await
    }

    /// What is new.
    pub(super) async fn sync(&self) -> Result<SyncReport, Trouble> {
        self.try_sync(Mode::Incremental).await.map_err(describe)
    }

    /// The same, with a reconcile of all ids.
    pub(super) async fn sync_full(&self) -> Result<SyncReport, Trouble> {
        self.try_sync(Mode::Full).await.map_err(describe)
    }

    pub(super) fn thread(&self, header: &str) -> Result<ThreadId, Trouble> {
        let found = self.vault.thread_by_portal_id(&PortalId::from(header))?;
        found.ok_or_else(|| "the thread is not in the vault".into())
    }

    pub(super) fn messages(&self, header: &str) -> Result<Vec<StoredMessage>, Trouble> {
        Ok(self.vault.messages(self.thread(header)?)?)
    }

    /// A message of a thread, by its id on the server.
    pub(super) fn message(&self, header: &str, id: &str) -> Result<Option<StoredMessage>, Trouble> {
        Ok(self.messages(header)?.into_iter().find(|message| message.portal_id.0 == id))
    }

    /// Queues a reply.
    pub(super) fn reply(&self, header: &str, text: &str) -> Result<OutboxEntry, Trouble> {
        let thread = Some(self.thread(header)?);
        self.queue(OutboxDraft {
            thread,
            patient: None,
            topic: String::new(),
            text: text.to_owned(),
            not_before: None,
            even_if_newer: false,
            crisis: false,
            response: None,
        })
    }

    /// Queues what was written.
    pub(super) fn queue(&self, draft: OutboxDraft) -> Result<OutboxEntry, Trouble> {
        Ok(enqueue_reply(&self.vault, draft, self.time.now())?)
    }

    /// Takes, gives back or finishes a thread; the next sync tells the server.
    pub(super) fn work(&self, header: &str, kind: ActKind) -> Result<(), Trouble> {
        Ok(self.vault.set_work(self.thread(header)?, kind, &self.me, None, self.time.now())?)
    }

    /// Reads a thread; answers how many messages were unread.
    pub(super) fn mark_read(&self, header: &str) -> Result<u32, Trouble> {
        Ok(self.vault.mark_read(self.thread(header)?, self.time.now())?)
    }

    pub(super) fn entry(&self, entry: &OutboxEntry) -> Result<OutboxEntry, Trouble> {
        Ok(self.vault.outbox_entry(entry.id)?)
    }

    /// Decides about an entry that was held.
    pub(super) fn send_after_all(&self, entry: &OutboxEntry) -> Result<(), Trouble> {
        self.vault.resolve(entry.id, true, self.time.now())?;
        Ok(())
    }

    /// Sets the cursor as if the vault had synced until `until` by the server's clock.
    pub(super) fn age_cursor(&self, until: DateTime<Utc>) -> Result<(), Trouble> {
        let cursor = SyncCursor { complete_until: Some(until), ..self.vault.cursor()? };
        self.vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, self.time.now())?;
        Ok(())
    }
}

/// Read marks and claims wait for the next opening: the suite is run at any hour.
fn always_open() -> AvailabilityHours {
    let day = |day| format!(r#"{{"day":"{day}","start":"00:00","end":"00:00"}}"#);
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(day).join(",");
    let hours =
        format!(r#"{{"zone":"Europe/Berlin","versions":[{{"from":"2020-01-01","weekly":[{week}]}}]}}"#);
    AvailabilityHours::from_json(&hours).unwrap_or_else(|_| AvailabilityHours::default_for("Europe/Berlin"))
}

fn describe(failure: SyncFailure) -> Trouble {
    Trouble::Wrong(format!("the sync ended with {}", failure.code()))
}

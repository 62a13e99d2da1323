//! One clinician, her workstation, her vault, and the portal, for one seed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use demo_portal::{DemoPortal, FaultKind, InProcessPortal, Options, Paging, Quirks};
use inbox_domain::AvailabilityHours;
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::{CancelFlag, SyncContext, SyncFailure, SyncReport};
use inbox_triage::Engine;
use inbox_vault::Vault;
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::clock::{Clocks, beginning};
use crate::draw::{Crash, Plan};
use crate::model::Model;
use crate::replies::Replies;
use crate::template;
use crate::vfs::Disk;
use crate::wire::{Shared, Wire, held};

/// The longest time that a fault asks to wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(41);

/// How a sync ended.
pub(crate) enum Ended {
    /// By itself.
    Done(Result<SyncReport, SyncFailure>),
    /// The power went off.
    Crashed,
}

/// What a seed did, for the line that says so.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) syncs: u64,
    pub(crate) errors: u64,
    pub(crate) crashes: u64,
    pub(crate) messages: u64,
    pub(crate) replies: u64,
}

/// The world of one seed.
pub(crate) struct World {
    pub(crate) clocks: Clocks,
    pub(crate) portal: Arc<InProcessPortal>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) shared: Arc<Mutex<Shared>>,
    pub(crate) counts: Counts,
    /// Until then the portal may have asked not to be asked, by the server's clock.
    pub(crate) closed_until: DateTime<Utc>,
    /// The disk on which the first vault lies.
    pub(crate) disk: Disk,
    /// The vault may fail: an error of it needs no other reason.
    pub(crate) faulty: bool,
    crash: Arc<Notify>,
    client: Portal,
    hours: AvailabilityHours,
    folder: tempfile::TempDir,
    lives: u32,
}

/// The server that a seed meets.
fn options(seed: u64) -> Options {
    let mut quirks = match seed % 5 {
        1 => Quirks::preset("medplum"),
        2 => Quirks::preset("helios"),
        3 => Quirks::preset("wso2"),
        _ => Some(Quirks::default()),
    }
    .unwrap_or_default();
    // Medplum pages by offset below 20, and skips what moves meanwhile; sync asks for more.
    let pages = if quirks.paging == Paging::Offset { [20, 30, 50, 500] } else { [4, 10, 50, 500] };
    quirks.races_creates = true;
    quirks.shows_everything |= !seed.is_multiple_of(3);
    Options {
        seed,
        messages: 0,
        patients: 5,
        quirks,
        page_cap: pages[(seed / 5 % 4) as usize],
        now: Some(beginning()),
        ..Options::default()
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let crash = Arc::new(Notify::new());
        let clocks = Clocks::new(Arc::clone(&crash));
        let options = options(seed);
        let portal = Arc::new(DemoPortal::in_process(options).unwrap());
        let folder = template::folder();
        let disk = Disk::watch(&folder.path().join("0"));
        let vault = Arc::new(template::fresh(&folder.path().join("0")));
        let model = Model::new(portal.control(), clocks.clone());
        let replies = Replies::new(Arc::clone(&vault), portal.control(), clocks.clone());
        let shared = Arc::new(Mutex::new(Shared {
            model,
            replies,
            plan: Plan::quiet(inbox_sync::Mode::Incremental),
            exchanges: 0,
            cancel: CancelFlag::default(),
            broken: Vec::new(),
            disk: disk.clone(),
        }));
        let client = client(&portal, &shared, &crash);
        Self {
            clocks,
            portal,
            vault,
            shared,
            counts: Counts::default(),
            closed_until: beginning(),
            disk,
            faulty: false,
            crash,
            client,
            hours: AvailabilityHours::default_for("Europe/Berlin"),
            folder,
            lives: 0,
        }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join(self.lives.to_string())
    }

    /// Where the vault will stand after the next crash.
    pub(crate) fn next_dir(&self) -> PathBuf {
        self.folder.path().join((self.lives + 1).to_string())
    }

    /// Runs a sync and lets happen to it what the plan says.
    pub(crate) async fn sync(&mut self, plan: Plan) -> Ended {
        self.counts.syncs += 1;
        let control = self.portal.control();
        plan.faults.iter().for_each(|fault| control.add_fault(fault.clone()));
        let (mode, cancel) = (plan.mode, CancelFlag::default());
        let waits = [FaultKind::TooMany, FaultKind::Unavailable];
        let asked_to_wait = plan.faults.iter().any(|fault| waits.contains(&fault.kind));
        self.clocks.crash_in_wait(if let Some(Crash::Wait(at)) = plan.crash { at } else { 0 });
        {
            let mut shared = held(&self.shared);
            (shared.plan, shared.exchanges, shared.cancel) = (plan, 0, cancel.clone());
        }
        let ctx = SyncContext {
            vault: &self.vault,
            portal: &self.client,
            engine: Engine::builtin(),
            hours: &self.hours,
            clock: &self.clocks,
            sleeper: &self.clocks,
            progress: &|_| {},
            cancel: &cancel,
        };
        self.disk.quiet(false);
        let ended = tokio::select! {
            biased;
            () = self.crash.notified() => Ended::Crashed,
            outcome = inbox_sync::run(&ctx, mode) => Ended::Done(outcome),
        };
        self.disk.quiet(true);
        self.clocks.crash_in_wait(0);
        control.clear_faults();
        if asked_to_wait {
            self.closed_until = self.clocks.server() + LONGEST_WAIT;
        }
        match &ended {
            Ended::Crashed => {
                self.counts.crashes += 1;
                self.restart();
            }
            Ended::Done(Err(_)) => self.counts.errors += 1,
            Ended::Done(Ok(_)) => {}
        }
        ended
    }

    /// The process died: what stands on disk is opened by another one.
    fn restart(&mut self) {
        // A page that was being written when the power went off is written, or nothing of it.
        self.vault.between_writes(|| template::copy(&self.dir(), &self.next_dir()));
        self.reopen();
    }

    /// Goes on with what stands in the next folder.
    pub(crate) fn reopen(&mut self) {
        let before = self.dir();
        self.lives += 1;
        self.vault.close();
        self.vault = Arc::new(template::open(&self.dir()));
        held(&self.shared).replies.vault = Arc::clone(&self.vault);
        self.client = client(&self.portal, &self.shared, &self.crash);
        let _ = std::fs::remove_dir_all(before);
    }
}

fn client(portal: &Arc<InProcessPortal>, shared: &Arc<Mutex<Shared>>, crash: &Arc<Notify>) -> Portal {
    let wire = Wire { portal: Arc::clone(portal), shared: Arc::clone(shared), crash: Arc::clone(crash) };
    let auth = Auth::Bearer { token: SecretString::from(portal.token("dr-adler")) };
    let base = portal.base_url();
    Portal::over(Arc::new(wire), &base, auth, Arc::new(NoTokenStore), HttpLimits::default()).unwrap()
}

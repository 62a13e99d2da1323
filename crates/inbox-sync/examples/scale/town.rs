//! A clinic group: one portal on loopback, and a workstation with a vault of its own for each clinician. Time is moved by
//! hand on both sides, so that an hour costs what its requests cost.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use demo_portal::{Control, DemoPortal, Options, Quirks, RunningPortal};
use inbox_domain::{AvailabilityHours, Clock};
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::{CancelFlag, Mode, Progress, Sleeper, SyncContext, SyncFailure, SyncReport, settings};
use inbox_triage::Engine;
use inbox_vault::{CreateOptions, Vault};
use secrecy::SecretString;

const ALWAYS: &str = r#"{"zone":"Europe/Berlin","versions":[{"from":"2020-01-01","weekly":[
    {"day":"mon","start":"00:00","end":"00:00"},{"day":"tue","start":"00:00","end":"00:00"},
    {"day":"wed","start":"00:00","end":"00:00"},{"day":"thu","start":"00:00","end":"00:00"},
    {"day":"fri","start":"00:00","end":"00:00"},{"day":"sat","start":"00:00","end":"00:00"},
    {"day":"sun","start":"00:00","end":"00:00"}],"on_call":[]}],"exceptions":[],"absences":[],"holidays":[]}"#;

/// How large the group is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) clinicians: usize,
    pub(crate) patients: usize,
    /// Messages on the portal before the hour begins.
    pub(crate) stored: usize,
    pub(crate) seed: u64,
}

/// The system's clock and what was skipped of it, the same for the portal and for all workstations.
#[derive(Debug, Default)]
pub(crate) struct TownClock(AtomicI64);

impl TownClock {
    fn skip(&self, time: TimeDelta) {
        self.0.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for TownClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}

/// A wait of one workstation passes for itself alone: the others' time is not moved by it.
struct Brief;

impl Sleeper for Brief {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(5)))
    }
}

/// One clinician's workstation.
pub(crate) struct Desk {
    pub(crate) id: String,
    pub(crate) vault: Arc<Vault>,
    pub(crate) client: Portal,
}

impl Desk {
    /// The clinician's reference.
    pub(crate) fn reference(&self) -> String {
        format!("Practitioner/{}", self.id)
    }

    pub(crate) async fn sync(&self, clock: &TownClock) -> Result<SyncReport, SyncFailure> {
        // Always open: claims and read marks leave at once, whenever this runs.
        let hours = AvailabilityHours::from_json(ALWAYS).expect("hours");
        let ctx = SyncContext {
            vault: &self.vault,
            portal: &self.client,
            engine: Engine::builtin(),
            hours: &hours,
            clock,
            sleeper: &Brief,
            progress: &|_: Progress| {},
            cancel: &CancelFlag::default(),
        };
        inbox_sync::run(&ctx, Mode::Auto).await
    }
}

/// The portal and all workstations.
pub(crate) struct Town {
    pub(crate) portal: RunningPortal,
    pub(crate) desks: Vec<Desk>,
    pub(crate) clock: TownClock,
    _folder: tempfile::TempDir,
}

impl Town {
    /// Starts the portal, creates the vaults.
    pub(crate) async fn build(size: Size) -> Self {
        let options = Options {
            seed: size.seed,
            patients: size.patients,
            practitioners: size.clinicians,
            messages: size.stored,
            quirks: Quirks::default(),
            ..Options::default()
        };
        let portal = DemoPortal::start(options).await.expect("the portal starts");
        let folder = tempfile::tempdir().expect("a folder for the vaults");
        let people = portal.practitioners();
        let desks = std::thread::scope(|scope| {
            let workers: Vec<_> = people
                .chunks(people.len().div_ceil(2).max(1))
                .map(|part| {
                    let (portal, folder) = (&portal, folder.path());
                    scope.spawn(move || {
                        part.iter().map(|one| desk(portal, folder, &one.id)).collect::<Vec<_>>()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("vaults are created")).collect()
        });
        Self { portal, desks, clock: TownClock::default(), _folder: folder }
    }

    pub(crate) fn control(&self) -> Control {
        self.portal.control()
    }

    /// The workstations whose clinicians the header of a thread names.
    pub(crate) fn named_in(&self, header: &str) -> Vec<usize> {
        let header = self.control().resource("Communication", header).unwrap_or_default();
        let recipients = header["recipient"].as_array().cloned().unwrap_or_default();
        let named = |desk: &Desk| {
            let name = format!("Practitioner/{}", desk.id);
            recipients.iter().any(|one| one["reference"] == name.as_str())
        };
        (0..self.desks.len()).filter(|desk| named(&self.desks[*desk])).collect()
    }

    /// Time passes for everybody.
    pub(crate) fn skip(&self, time: Duration) {
        self.clock.skip(TimeDelta::from_std(time).expect("a short time"));
        self.control().skip_time(time);
    }
}

fn desk(portal: &RunningPortal, folder: &std::path::Path, id: &str) -> Desk {
    let options = CreateOptions {
        dir: folder.join(id),
        name: id.to_owned(),
        passphrase: SecretString::from("a long passphrase for the bench"),
        keyring: false,
    };
    let vault = Arc::new(Vault::create(&options).expect("a vault is created").vault);
    vault
        .set_setting(settings::PRACTITIONER, &format!("Practitioner/{id}"), Utc::now())
        .expect("the practitioner is noted");
    let token = SecretString::from(portal.token(id));
    let client = Portal::new(
        &portal.base_url(),
        Auth::Bearer { token },
        Arc::new(NoTokenStore),
        HttpLimits::default(),
    )
    .expect("a client");
    Desk { id: id.to_owned(), vault, client }
}

//! An open vault with all that can be done in it. `App` holds at most one; the command line opens its own.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use inbox_domain::{AvailabilityHours, Clock, ThreadId, ThreadStatus};
use inbox_guidelines::Guidelines;
use inbox_portal::Portal;
use inbox_sync::CancelFlag;
use inbox_vault::Vault;
use secrecy::SecretString;

use crate::{
    audit::LastNoted,
    dto::{AppEvent, Place},
    error::{AppResult, parse, parse_instant},
    first_fill::Filling,
    hours::InForce,
    lending::SessionTokens,
    lexicon::{LexiconInForce, SharedEngine},
    listening::Line,
    notify::{NoNotifier, Notifier},
    packs::Packs,
    policy::PolicySource,
    preferences::PreferencesFile,
    retriage::RetriageFacts,
    status::SyncStatus,
    upkeep::Upkeeper,
};

/// Where events go. Called from any thread; must return at once.
pub type OnEvent = Arc<dyn Fn(AppEvent) + Send + Sync>;

/// What a session needs from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// The workstation's clock.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub events: OnEvent,
    /// Shows desktop notifications.
    pub notifier: Arc<dyn Notifier>,
    /// Look and language.
    pub preferences: PreferencesFile,
    /// The clinic's policy.
    pub policy: PolicySource,
    /// The sample clinic: unsigned texts may be used, and the window says so.
    pub demo: bool,
}

impl Surroundings {
    /// No window, no notifications, English, no policy.
    pub fn headless(clock: Arc<dyn Clock>) -> Self {
        let preferences = PreferencesFile::absent();
        let policy = PolicySource::none();
        Self {
            clock,
            events: Arc::new(|_| ()),
            notifier: Arc::new(NoNotifier),
            preferences,
            policy,
            demo: false,
        }
    }

    /// The same under a policy.
    #[must_use]
    pub fn under(self, policy: PolicySource) -> Self {
        Self { policy, ..self }
    }
}

/// An open vault.
pub struct Session {
    pub(crate) vault: Arc<Vault>,
    pub(crate) around: Surroundings,
    pub(crate) status: SyncStatus,
    /// When the window was last given each thread: what was stored later has not been seen.
    pub(crate) shown: Mutex<HashMap<ThreadId, DateTime<Utc>>>,
    /// The sensitive thread that was asked for and is on the screen.
    pub(crate) unmasked: Mutex<Option<ThreadId>>,
    /// What the audit chain was last told of looking and searching.
    pub(crate) noted: Mutex<LastNoted>,
    pub(crate) upkeep: Upkeeper,
    pub(crate) wake: tokio::sync::Notify,
    /// The next sync starts no later than this.
    pub(crate) due: Mutex<Option<Instant>>,
    /// A socket said that something may be new, and no sync has begun since.
    pub(crate) hinted: AtomicBool,
    pub(crate) line: tokio::sync::watch::Sender<Line>,
    pub(crate) cancel: CancelFlag,
    pub(crate) filling: Filling,
    pub(crate) portal: Mutex<Option<Arc<Portal>>>,
    pub(crate) tokens: Arc<SessionTokens>,
    pub(crate) focused: AtomicBool,
    /// Where the clinician was when the vault was locked.
    pub(crate) place: Mutex<Option<Place>>,
    pub(crate) retriage: Mutex<RetriageFacts>,
    packs: Arc<Packs>,
    hours: Mutex<InForce>,
    pub(crate) lexicon: Mutex<LexiconInForce>,
}

impl Session {
    /// Opens the vault in `dir`. Takes about a quarter of a second and may wait for the keyring: not for the window's
    /// own thread.
    ///
    /// # Errors
    /// Everything of [`inbox_vault::VaultError`] by its code.
    pub fn open(dir: &Path, passphrase: &SecretString, around: Surroundings) -> AppResult<Arc<Self>> {
        Ok(Self::new(Vault::open(dir, passphrase)?, around))
    }

    /// A session in a vault that was just opened or made.
    pub fn new(vault: Vault, around: Surroundings) -> Arc<Self> {
        if let Some(key) = around.policy.current().policy.escrow_key
            && vault.keep_for_escrow(&key).is_err()
        {
            // Settings show that it is wanted; the next unlocking tries again.
            tracing::warn!(code = "escrow_not_kept");
        }
        let packs = Arc::new(Packs::for_vault(&around.policy, &vault, around.clock.now()));
        let (hours, lexicon) = (InForce::load(&vault), LexiconInForce::load(&vault, &packs));
        let vault = Arc::new(vault);
        let tokens = Arc::new(SessionTokens::new(Arc::clone(&vault), Arc::clone(&around.clock)));
        Arc::new(Self {
            vault,
            around,
            tokens,
            status: SyncStatus::default(),
            shown: Mutex::default(),
            unmasked: Mutex::default(),
            noted: Mutex::default(),
            upkeep: Upkeeper::default(),
            wake: tokio::sync::Notify::new(),
            due: Mutex::default(),
            hinted: AtomicBool::new(false),
            line: tokio::sync::watch::Sender::default(),
            cancel: CancelFlag::default(),
            filling: Filling::default(),
            portal: Mutex::default(),
            focused: AtomicBool::new(true),
            place: Mutex::default(),
            retriage: Mutex::default(),
            packs,
            hours: Mutex::new(hours),
            lexicon: Mutex::new(lexicon),
        })
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        self.vault.name()
    }

    /// The clinician's name, or her reference while the portal has not named her.
    pub fn practitioner_name(&self) -> String {
        let Some(me) = self.practitioner() else { return String::new() };
        let known = self.vault.practitioners().unwrap_or_default();
        let named = known.into_iter().find(|found| found.portal_id.0 == me).map(|found| found.name);
        named.filter(|name| !name.is_empty()).unwrap_or(me)
    }

    /// Id of the clinician's Practitioner on the portal.
    pub(crate) fn practitioner(&self) -> Option<String> {
        let reference = self.vault.setting(inbox_sync::settings::PRACTITIONER).ok().flatten()?;
        Some(reference.trim_start_matches("Practitioner/").to_owned())
    }

    /// Closes the database and wipes its key; what runs in the background ends.
    pub fn close(&self) {
        self.stop();
        self.vault.close();
        self.hang_up(true);
        self.wake.notify_one();
        *lock(&self.portal) = None;
    }

    /// Asks what runs in the background to end soon.
    pub(crate) fn stop(&self) {
        self.cancel.cancel();
        self.filling.cancel();
        self.upkeep.stop();
        self.stop_retriage();
    }

    /// Replies that the portal has not acknowledged.
    pub fn undelivered(&self) -> u32 {
        self.vault.view_counts(self.now()).map_or(0, |counts| counts.pending)
    }

    /// Whether somebody looks at the window: it is then kept fresher.
    pub fn set_focused(&self, focused: bool) {
        let was = self.focused.swap(focused, Ordering::Relaxed);
        if focused && !was && !self.filling.is_stopped() {
            self.sync_within(Duration::from_secs(1));
        }
    }

    /// Asks the portal at once.
    pub fn sync_now(&self) -> AppResult<()> {
        self.status.change(|facts| facts.signed_out = false);
        self.sync_wanted(Duration::ZERO);
        Ok(())
    }

    /// As [`Session::sync_within`] for what somebody asked for: a first fill that was stopped goes on.
    pub(crate) fn sync_wanted(&self, delay: Duration) {
        self.filling.go_on();
        self.sync_within(delay);
    }

    /// Makes the next sync start after `delay` at the latest.
    pub(crate) fn sync_within(&self, delay: Duration) {
        let wanted = Instant::now() + delay;
        let mut due = lock(&self.due);
        *due = Some(due.map_or(wanted, |before| before.min(wanted)));
        self.wake.notify_one();
    }

    /// Marks the messages of a thread as read, in this vault only: what the clinician reads at night is not shown to
    /// anybody (DESIGN.md, "Reading at night is not shown").
    pub fn mark_thread_read(&self, thread: &str) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        // What is masked has been read by nobody.
        self.refuse_masked(thread)?;
        // What came after the window was given the thread has been read by nobody.
        let shown = lock(&self.shown).get(&thread).copied();
        let read = match shown {
            Some(shown) => self.vault.mark_read_until(thread, shown, self.now())?,
            None => self.vault.mark_read(thread, self.now())?,
        };
        if read > 0 {
            self.changed(thread);
        }
        Ok(())
    }

    /// Keeps what is being written.
    pub fn save_draft(&self, thread: &str, text: &str) -> AppResult<()> {
        Ok(self.vault.save_draft(self.thread_id(thread)?, text, self.now())?)
    }

    /// Hides a thread until an instant, or shows it again.
    pub fn snooze_thread(&self, thread: &str, until: Option<&str>) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        let until = until.map(|text| parse_instant(text, "until")).transpose()?;
        self.vault.snooze(thread, until, self.now())?;
        self.changed(thread);
        Ok(())
    }

    /// Closes a thread here or opens it again.
    pub fn set_thread_closed(&self, thread: &str, closed: bool) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        let status = if closed { ThreadStatus::Closed } else { ThreadStatus::Open };
        self.vault.set_thread_status(thread, status, self.now())?;
        self.changed(thread);
        Ok(())
    }

    /// "This rule is wrong here", and back.
    pub fn dismiss_flag(&self, flag: &str, dismissed: bool) -> AppResult<()> {
        let thread = self.vault.dismiss_flag(parse(flag, "flag")?, dismissed, self.now())?;
        self.changed(thread);
        Ok(())
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.around.clock.now()
    }

    pub(crate) fn language(&self) -> String {
        self.around.preferences.load().language
    }

    /// For zone and layout; what depends on the hours being known asks `in_force`.
    pub(crate) fn hours(&self) -> Arc<AvailabilityHours> {
        lock(&self.hours).hours.clone()
    }

    pub(crate) fn in_force(&self) -> InForce {
        lock(&self.hours).clone()
    }

    pub(crate) fn set_hours(&self, hours: InForce) {
        *lock(&self.hours) = hours;
    }

    /// What the clinical leads have signed, as it was when the vault was opened.
    pub(crate) fn packs(&self) -> Arc<Packs> {
        Arc::clone(&self.packs)
    }

    /// Responses, checklist and crisis lines.
    pub(crate) fn guidelines(&self) -> Arc<Guidelines> {
        Arc::clone(&self.packs.guidelines)
    }

    /// What judges messages now.
    pub(crate) fn engine(&self) -> SharedEngine {
        lock(&self.lexicon).engine.clone()
    }

    pub(crate) fn lexicon_in_force(&self) -> LexiconInForce {
        lock(&self.lexicon).clone()
    }

    /// Puts a lexicon in force, unless a newer version is: whoever compiled an older one was only slower.
    pub(crate) fn renew_lexicon(&self, lexicon: LexiconInForce) {
        let mut in_force = lock(&self.lexicon);
        if lexicon.version >= in_force.version {
            *in_force = lexicon;
        }
    }

    pub(crate) fn emit(&self, event: AppEvent) {
        (self.around.events)(event);
    }

    pub(crate) fn changed(&self, thread: ThreadId) {
        self.emit(AppEvent::ThreadsChanged { threads: vec![thread.to_string()] });
    }

    /// A thread by our id or by the portal's.
    pub(crate) fn thread_id(&self, id: &str) -> AppResult<ThreadId> {
        if let Ok(own) = id.parse::<ThreadId>()
            && self.vault.thread(own).is_ok()
        {
            return Ok(own);
        }
        let found = self.vault.thread_by_portal_id(&id.into())?;
        found.ok_or_else(|| crate::dto::AppError::new("no_such_thread"))
    }
}

/// A lock whose holder panicked still guards whole values here: each is replaced in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

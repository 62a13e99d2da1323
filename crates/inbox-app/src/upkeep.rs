//! What an open vault does for itself, on a thread of its own: anchoring the audit chain, whole checks, backups and retention.
//! Nothing here stops reading; what is wrong is said in the window.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{ThreadId, format_instant};
use inbox_vault::AuditQuery;

use crate::{
    dto::{AppError, AppEvent, BackupSettings, RetentionView, UpkeepView},
    error::{AppResult, invalid},
    session::{Session, lock},
};

/// Folder of scheduled backups; none are made without it.
const BACKUP_FOLDER: &str = "backup.folder";
/// How many scheduled backups are kept.
const BACKUP_KEEP: &str = "backup.keep";
/// When the last scheduled backup was made and verified.
const BACKUP_LAST: &str = "backup.last";
/// Code of what kept the last one from being made.
const BACKUP_PROBLEM: &str = "backup.problem";
/// When retention last went through the vault.
const RETENTION_LAST: &str = "retention.last";
const KEPT: u32 = 7;
const MOST_KEPT: u32 = 365;

/// After unlocking, reading comes first.
const FIRST: Duration = Duration::from_secs(15);
/// The anchor of the audit chain lags by no more than this while a vault is open.
const EVERY: Duration = Duration::from_secs(60);
/// Messages that leave in one transaction.
const RETIRED_AT_ONCE: u32 = 200;
/// Between two of them: whoever reads or writes is let through.
const PAUSE: Duration = Duration::from_millis(50);

/// What the thread knows between two rounds.
#[derive(Debug, Default)]
pub(crate) struct Upkeeper {
    facts: Mutex<Facts>,
    stopped: Mutex<bool>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Facts {
    /// Row of the audit chain that was anchored last.
    anchored: i64,
    checking: bool,
    /// The last backup that failed: the next try is an hour later.
    failed_at: Option<DateTime<Utc>>,
}

impl Upkeeper {
    /// Ends the thread.
    pub(crate) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.wake.notify_all();
    }

    /// Waits; `false` when the vault was closed.
    fn pause(&self, time: Duration) -> bool {
        let stopped = lock(&self.stopped);
        let waited = self.wake.wait_timeout_while(stopped, time, |stopped| !*stopped);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Starts the thread; it ends when the vault is closed.
pub(crate) fn start(session: &Arc<Session>) {
    let session = Arc::clone(session);
    let work = move || {
        let mut wait = FIRST;
        while session.upkeep.pause(wait) {
            session.run_upkeep();
            wait = EVERY;
        }
    };
    if std::thread::Builder::new().name("upkeep".to_owned()).spawn(work).is_err() {
        tracing::error!(code = "no_thread");
    }
}

/// Messages indexed in one transaction: a tenth of a second.
const INDEXED_AT_ONCE: u32 = 500;

impl Session {
    /// One round of what an open vault does for itself: what is due of it.
    pub fn run_upkeep(&self) {
        for (place, done) in [
            ("anchor", self.keep_anchored()),
            ("search", self.index_what_is_left()),
            ("check", self.check_when_due()),
            ("backup", self.back_up_when_due()),
            ("retention", self.retire_when_due()),
        ] {
            if let Err(error) = done
                && error.code != "locked"
            {
                tracing::warn!(event = place, code = error.code.as_str());
            }
        }
    }

    fn keep_anchored(&self) -> AppResult<()> {
        let newest = self.vault.audit_rows(&AuditQuery { limit: 1, ..AuditQuery::default() })?;
        let newest = newest.first().map_or(0, |row| row.n);
        if newest > lock(&self.upkeep.facts).anchored && self.vault.anchor_audit()? {
            lock(&self.upkeep.facts).anchored = newest;
        }
        Ok(())
    }

    /// What an earlier version indexed is indexed as this one does.
    fn index_what_is_left(&self) -> AppResult<()> {
        if self.vault.search_left()? == 0 {
            return Ok(());
        }
        while self.vault.index_page(INDEXED_AT_ONCE)? && self.upkeep.pause(PAUSE) {}
        self.emit(AppEvent::StatusChanged);
        Ok(())
    }

    fn check_when_due(&self) -> AppResult<()> {
        let known = self.vault.upkeep()?;
        let old = known.checked_at.is_none_or(|at| self.now() - at >= TimeDelta::days(7));
        if known.check_due || old { self.check_now() } else { Ok(()) }
    }

    /// Checks the whole database now: pages, tables, indexes, search index and audit chain.
    ///
    /// # Errors
    /// `database_damaged` when the damage stops even the check.
    pub fn check_now(&self) -> AppResult<()> {
        lock(&self.upkeep.facts).checking = true;
        self.emit(AppEvent::StatusChanged);
        let found = self.vault.check_integrity(self.now());
        lock(&self.upkeep.facts).checking = false;
        self.note_damage(
            found.as_ref().map_or(true, |found| {
                found.problems.iter().any(|problem| !problem.starts_with("audit_anchor"))
            }),
        );
        self.emit(AppEvent::StatusChanged);
        found?;
        Ok(())
    }

    fn note_damage(&self, damaged: bool) {
        let closed = self.vault.is_closed();
        self.status.change(|facts| facts.damaged = damaged && !closed);
    }

    fn back_up_when_due(&self) -> AppResult<()> {
        let Some(folder) = self.vault.setting(BACKUP_FOLDER)?.filter(|folder| !folder.is_empty()) else {
            return Ok(());
        };
        let (now, last) = (self.now(), self.instant_setting(BACKUP_LAST)?);
        let failed = lock(&self.upkeep.facts).failed_at;
        let due = last.is_none_or(|last| now - last >= TimeDelta::days(1))
            && failed.is_none_or(|failed| now - failed >= TimeDelta::hours(1));
        if due { self.back_up_into(Path::new(&folder)) } else { Ok(()) }
    }

    /// Makes a scheduled backup now.
    ///
    /// # Errors
    /// `backup_folder_needed`, and those of a backup.
    pub fn back_up_now(&self) -> AppResult<UpkeepView> {
        let folder = self.vault.setting(BACKUP_FOLDER)?.filter(|folder| !folder.is_empty());
        let folder = folder.ok_or_else(|| AppError::new("backup_folder_needed"))?;
        self.back_up_into(Path::new(&folder))?;
        self.load_upkeep()
    }

    fn back_up_into(&self, folder: &Path) -> AppResult<()> {
        let now = self.now();
        let id: String = self.vault.id().chars().take(8).collect();
        let begins = format!("anteroom-{id}-");
        // Nobody's name is in it.
        let file = folder.join(format!("{begins}{}.backup", now.format("%Y%m%dT%H%M%SZ")));
        let made = self.backup(&file);
        match &made {
            Ok(_) => {
                lock(&self.upkeep.facts).failed_at = None;
                self.vault.set_setting(BACKUP_LAST, &format_instant(now), now)?;
                self.vault.remove_setting(BACKUP_PROBLEM, now)?;
                prune(folder, &begins, self.kept()?);
            }
            Err(error) if error.code == "locked" => {}
            Err(error) => {
                lock(&self.upkeep.facts).failed_at = Some(now);
                self.vault.set_setting(BACKUP_PROBLEM, &error.code, now)?;
            }
        }
        self.emit(AppEvent::StatusChanged);
        made.map(|_| ())
    }

    fn kept(&self) -> AppResult<u32> {
        let kept = self.vault.setting(BACKUP_KEEP)?.and_then(|text| text.parse().ok());
        Ok(kept.unwrap_or(KEPT).clamp(1, MOST_KEPT))
    }

    fn instant_setting(&self, key: &str) -> AppResult<Option<DateTime<Utc>>> {
        let text = self.vault.setting(key)?;
        Ok(text.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|at| at.to_utc()))
    }

    /// Where scheduled backups go, once a day, and how many are kept; an empty folder makes none.
    ///
    /// # Errors
    /// `invalid_argument` for a folder that is not absolute or a number that makes no sense, `no_such_folder`.
    pub fn set_backup(&self, folder: &str, keep: u32) -> AppResult<UpkeepView> {
        let (folder, now) = (folder.trim(), self.now());
        if !(1..=MOST_KEPT).contains(&keep) {
            return Err(invalid("keep"));
        }
        if !folder.is_empty() {
            let path = PathBuf::from(folder);
            if !path.is_absolute() {
                return Err(invalid("folder"));
            }
            if !path.is_dir() {
                return Err(AppError::new("no_such_folder"));
            }
        }
        self.vault.set_setting(BACKUP_FOLDER, folder, now)?;
        self.vault.set_setting(BACKUP_KEEP, &keep.to_string(), now)?;
        lock(&self.upkeep.facts).failed_at = None;
        self.load_upkeep()
    }

    fn retire_when_due(&self) -> AppResult<()> {
        let Some(days) = self.around.policy.current().policy.retention_days else { return Ok(()) };
        let (now, last) = (self.now(), self.instant_setting(RETENTION_LAST)?);
        if last.is_some_and(|last| now - last < TimeDelta::days(1)) {
            return Ok(());
        }
        let before = now - TimeDelta::days(i64::from(days));
        let mut after = ThreadId(0);
        let mut left = Vec::new();
        loop {
            let retired = self.vault.retire(before, after, RETIRED_AT_ONCE, now)?;
            left.extend(retired.threads);
            let Some(next) = retired.go_on_after else { break };
            after = next;
            if !self.upkeep.pause(PAUSE) {
                return Ok(());
            }
        }
        if !left.is_empty() {
            let mut more = self.vault.sweep_search(true)?;
            while more && self.upkeep.pause(PAUSE) {
                more = self.vault.sweep_search(false)?;
            }
            self.emit(AppEvent::ThreadsChanged { threads: left.iter().map(ToString::to_string).collect() });
        }
        Ok(self.vault.set_setting(RETENTION_LAST, &format_instant(now), now)?)
    }

    /// Somebody has read what the anchor of the audit chain said.
    ///
    /// # Errors
    /// The vault's.
    pub fn acknowledge_notice(&self) -> AppResult<UpkeepView> {
        self.vault.acknowledge_notice(self.now())?;
        self.emit(AppEvent::StatusChanged);
        self.load_upkeep()
    }

    /// What the vault knows of its own keeping.
    ///
    /// # Errors
    /// The vault's.
    pub fn load_upkeep(&self) -> AppResult<UpkeepView> {
        let known = self.vault.upkeep()?;
        let left = u32::try_from(self.vault.retired_count()?).unwrap_or(u32::MAX);
        Ok(UpkeepView {
            notice: known.notice,
            notice_at: known.notice_at.map(format_instant),
            checking: lock(&self.upkeep.facts).checking,
            checked_at: known.checked_at.map(format_instant),
            problems: known.problems,
            backup: BackupSettings {
                folder: self.vault.setting(BACKUP_FOLDER)?.unwrap_or_default(),
                keep: self.kept()?,
                last_at: self.instant_setting(BACKUP_LAST)?.map(format_instant),
                problem: self.vault.setting(BACKUP_PROBLEM)?.map(|code| AppError::new(&code)),
            },
            retention: RetentionView {
                days: self.around.policy.current().policy.retention_days,
                left,
                last_at: self.instant_setting(RETENTION_LAST)?.map(format_instant),
            },
        })
    }

    /// What the window says of the vault itself: damage first, then what the anchor said, then a backup that failed.
    pub(crate) fn upkeep_problem(&self) -> Option<AppError> {
        let known = self.vault.upkeep().ok()?;
        if self.status.get().damaged || !known.problems.is_empty() {
            return Some(AppError::new("part_damaged"));
        }
        if let Some(code) = known.notice {
            return Some(AppError::new(&code));
        }
        let code = self.vault.setting(BACKUP_PROBLEM).ok()??;
        Some(AppError::new("scheduled_backup_failed").with("code", code))
    }
}

/// Removes the oldest of our own scheduled backups; what has another name stays.
fn prune(folder: &Path, begins: &str, keep: u32) {
    let ours = |name: &str| name.starts_with(begins) && name.ends_with(".backup");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| ours(name))
        .collect();
    names.sort();
    let surplus = names.len().saturating_sub(keep as usize);
    for name in &names[..surplus] {
        // One that cannot be removed now goes next time.
        let _ = std::fs::remove_file(folder.join(name));
    }
}

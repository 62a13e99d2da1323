//! The state of a running portal, shared by all its requests.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::allowance::Allowance;
use crate::auth::Logins;
use crate::faults::Faults;
use crate::jwt::Issuer;
use crate::keys::{items, reference};
use crate::options::Options;
use crate::quirks::Quirks;
use crate::search::Viewer;
use crate::store::Store;
use crate::subscriptions::Sockets;

/// One answered or cut request, for tests that count them.
#[derive(Debug, Clone, Serialize)]
pub struct SeenRequest {
    /// The HTTP method.
    pub method: String,
    /// Path and query as received.
    pub path: String,
    /// The status sent; 0 when the connection was cut.
    pub status: u16,
    /// Bytes of the answer's body.
    pub bytes: usize,
}

/// How many requests are remembered.
const REMEMBERED: usize = 20_000;

pub(crate) struct Portal {
    pub(crate) origin: String,
    pub(crate) quirks: Quirks,
    pub(crate) options: Options,
    pub(crate) issuer: Arc<Issuer>,
    store: RwLock<Store>,
    logins: Mutex<Logins>,
    faults: Mutex<Faults>,
    seen: Mutex<VecDeque<SeenRequest>>,
    sockets: Mutex<Sockets>,
    allowance: Mutex<Option<Allowance>>,
    cursor_epoch: Mutex<u32>,
    /// Who may read what else: (who covers, for whom).
    covers: Mutex<HashSet<(String, String)>>,
    pauses: UnboundedSender<u64>,
    started: Instant,
    now: DateTime<Utc>,
    /// Milliseconds by which a test has moved the clock.
    skipped: AtomicI64,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Portal {
    pub(crate) fn new(
        origin: String,
        options: Options,
        store: Store,
        tokens: &BTreeMap<String, String>,
        issuer: Issuer,
        pauses: UnboundedSender<u64>,
    ) -> Self {
        let issuer = Arc::new(issuer);
        Self {
            origin,
            quirks: options.quirks.clone(),
            store: RwLock::new(store.told()),
            logins: Mutex::new(Logins::new(tokens, Arc::clone(&issuer))),
            issuer,
            faults: Mutex::new(Faults::new(options.fault_rate, options.seed)),
            seen: Mutex::default(),
            sockets: Mutex::default(),
            allowance: Mutex::default(),
            cursor_epoch: Mutex::new(1),
            covers: Mutex::default(),
            pauses,
            started: Instant::now(),
            now: options.now.unwrap_or_else(Utc::now),
            skipped: AtomicI64::new(0),
            options,
        }
    }

    /// The portal's clock: the configured instant plus the time that has passed since the start, by tokio's clock, which
    /// a simulation stops and moves.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let skipped = chrono::Duration::milliseconds(self.skipped.load(Ordering::SeqCst));
        self.now + chrono::Duration::from_std(self.started.elapsed()).unwrap_or_default() + skipped
    }

    /// Moves the clock forward.
    pub(crate) fn skip_time(&self, time: std::time::Duration) {
        self.skipped.fetch_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    pub(crate) fn base(&self) -> String {
        format!("{}/fhir", self.origin)
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is committed is announced to subscribers when the guard is dropped.
    pub(crate) fn write(&self) -> Writing<'_> {
        let store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        Writing { portal: self, store: Some(store) }
    }

    pub(crate) fn allowance(&self) -> MutexGuard<'_, Option<Allowance>> {
        held(&self.allowance)
    }

    pub(crate) fn sockets(&self) -> MutexGuard<'_, Sockets> {
        held(&self.sockets)
    }

    pub(crate) fn logins(&self) -> MutexGuard<'_, Logins> {
        held(&self.logins)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        held(&self.faults)
    }

    pub(crate) fn epoch(&self) -> u32 {
        *held(&self.cursor_epoch)
    }

    /// Makes every page link given out so far answer 410.
    pub(crate) fn expire_cursors(&self) {
        *held(&self.cursor_epoch) += 1;
    }

    /// Closes the port for a while, soon after the answer to this request.
    pub(crate) fn ask_pause(&self, milliseconds: u64) {
        // Without a receiver the portal is stopping anyway.
        let _ = self.pauses.send(milliseconds);
    }

    pub(crate) fn remember(&self, request: SeenRequest) {
        let mut seen = held(&self.seen);
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(request);
    }

    pub(crate) fn seen(&self, forget: bool) -> Vec<SeenRequest> {
        let mut seen = held(&self.seen);
        let list = seen.iter().cloned().collect();
        if forget {
            seen.clear();
        }
        list
    }

    /// Lets one practitioner read what another receives, or no more.
    pub(crate) fn permit_cover(&self, cover: &str, absent: &str, permitted: bool) {
        let pair = (cover.to_owned(), absent.to_owned());
        if permitted {
            held(&self.covers).insert(pair);
        } else {
            held(&self.covers).remove(&pair);
        }
    }

    /// What a signed-in practitioner may see: herself, her roles, and the groups and teams that list her.
    pub(crate) fn viewer(&self, store: &Store, practitioner: Option<&str>) -> Viewer {
        let Some(own) = practitioner.filter(|_| !self.quirks.shows_everything) else { return Viewer::All };
        let mut refs = HashSet::new();
        refs.extend(store.refs.known(own));
        let covered = held(&self.covers);
        let absent = covered.iter().filter(|(cover, _)| cover == own).map(|(_, absent)| absent);
        refs.extend(absent.filter_map(|absent| store.refs.known(absent)));
        for kind in ["PractitionerRole", "Group", "CareTeam"] {
            for row in store.table(kind).map(|table| table.rows.as_slice()).unwrap_or_default() {
                if row.value().is_some_and(|value| names(&value, own)) {
                    refs.extend(store.refs.known(&format!("{kind}/{}", row.id)));
                }
            }
        }
        Viewer::Refs(refs)
    }
}

/// The store while it is written. Readers and subscribers see what was committed after it.
pub(crate) struct Writing<'a> {
    portal: &'a Portal,
    store: Option<RwLockWriteGuard<'a, Store>>,
}

impl Deref for Writing<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store.as_deref().expect("held until it is dropped")
    }
}

impl DerefMut for Writing<'_> {
    fn deref_mut(&mut self) -> &mut Store {
        self.store.as_deref_mut().expect("held until it is dropped")
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let Some(mut store) = self.store.take() else { return };
        let fresh = store.take_fresh();
        drop(store);
        self.portal.announce(&fresh);
    }
}

/// Whether a role, group or care team lists this practitioner.
fn names(value: &serde_json::Value, own: &str) -> bool {
    let members = items(&value["member"]).filter_map(|one| reference(&one["entity"]));
    let participants = items(&value["participant"]).filter_map(|one| reference(&one["member"]));
    reference(&value["practitioner"]).into_iter().chain(members).chain(participants).any(|one| one == own)
}

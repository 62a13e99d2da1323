//! From a page to what the vault is to store: computed first, without vault or network, applied afterwards.

use std::collections::{HashMap, HashSet};

use inbox_domain::{Delivered, PortalId, PortalMessage, PortalThread, Quarantined, ThreadKey};
use inbox_portal::mapping::references_of;
use inbox_portal::{MapContext, Mapped, MappedMessage, MappedThread, Me, PageEntry, map_communication};

/// What is known of a thread before the page is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownThread {
    /// Its header names the clinician.
    pub(crate) names_me: bool,
    /// Whose it is.
    pub(crate) patient: Option<PortalId>,
}

/// The Communications of a page that are new or changed, as read.
#[derive(Debug, Default)]
pub(crate) struct ReadPage {
    pub(crate) headers: Vec<MappedThread>,
    pub(crate) messages: Vec<MappedMessage>,
    pub(crate) unreadable: Vec<PageEntry>,
}

impl ReadPage {
    /// Headers that messages name and that the page does not hold.
    pub(crate) fn missing_headers(&self) -> Vec<PortalId> {
        let here: HashSet<&PortalId> = self.headers.iter().map(|header| &header.thread.portal_id).collect();
        let mut missing = Vec::new();
        for message in &self.messages {
            if let ThreadKey::Header(id) = &message.message.thread
                && !here.contains(id)
                && !missing.contains(id)
            {
                missing.push(id.clone());
            }
        }
        missing
    }
}

/// Reads the Communications of a page, without those whose version is stored.
pub(crate) fn read_entries<'e>(
    entries: impl Iterator<Item = &'e PageEntry>,
    stored: &HashMap<PortalId, String>,
    context: &MapContext,
) -> ReadPage {
    let mut read = ReadPage::default();
    for entry in entries {
        let known = stored.get(&PortalId(entry.id.clone()));
        if entry.readable && !entry.version.is_empty() && known == Some(&entry.version) {
            continue;
        }
        match map_communication(&entry.raw, context) {
            _ if !entry.readable => read.unreadable.push(entry.clone()),
            Ok(Mapped::Thread(header)) if known != Some(&header.thread.version) => read.headers.push(*header),
            Ok(Mapped::Message(message)) if known != Some(&message.message.version) => {
                read.messages.push(*message)
            }
            Ok(_) => {}
            Err(_) => read.unreadable.push(entry.clone()),
        }
    }
    read
}

/// What of a page is to be stored.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) threads: Vec<PortalThread>,
    pub(crate) messages: Vec<PortalMessage>,
    pub(crate) quarantined: Vec<Quarantined>,
}

/// Decides what of a page is to be stored. `known` answers for threads that the vault holds; `extra` are headers fetched
/// for messages of this page.
pub(crate) fn plan_page(
    read: ReadPage,
    extra: Vec<MappedThread>,
    me: &Me,
    base: &str,
    tombstones: &HashSet<PortalId>,
    stored: &HashMap<PortalId, String>,
    known: impl Fn(&ThreadKey) -> Option<KnownThread>,
) -> Plan {
    let mut threads = Threads::new(read.headers.iter().chain(&extra), me, known);
    let mut plan = Plan::default();
    let mut messages = read.messages;
    // A parent stands before its answers, and a thread's first message says whose it is.
    messages.sort_by(|a, b| {
        (a.message.sent_at, &a.message.portal_id).cmp(&(b.message.sent_at, &b.message.portal_id))
    });
    let mut used: HashSet<PortalId> = HashSet::new();
    for MappedMessage { message, sender } in messages {
        let thread = threads.of(&message.thread);
        let visible = thread.names_me || me.is_named(sender.as_deref(), &message.recipients);
        if !visible || tombstones.contains(&message.portal_id) || is_foreign_draft(&message, stored) {
            continue;
        }
        if let ThreadKey::Header(id) = &message.thread {
            used.insert(id.clone());
        }
        match (&thread.patient, &message.patient) {
            (Some(ours), Some(given)) if ours != given => plan.quarantined.push(mismatch(message)),
            (None, Some(given)) => {
                threads.set_patient(&message.thread, given);
                plan.messages.push(message);
            }
            _ => plan.messages.push(message),
        }
    }
    plan.threads = visible_headers(read.headers, extra, me, &used, stored);
    let unreadable = read.unreadable.into_iter().filter(|entry| may_be_mine(entry, base, me, &threads));
    plan.quarantined.extend(unreadable.map(|entry| unreadable_row(&entry)));
    plan
}

/// A draft that never was delivered; one that is stored already keeps being followed.
fn is_foreign_draft(message: &PortalMessage, stored: &HashMap<PortalId, String>) -> bool {
    message.delivered == Delivered::Draft && !stored.contains_key(&message.portal_id)
}

/// Headers that name her, that a message of hers needs, or that are stored already.
fn visible_headers(
    headers: Vec<MappedThread>,
    extra: Vec<MappedThread>,
    me: &Me,
    used: &HashSet<PortalId>,
    stored: &HashMap<PortalId, String>,
) -> Vec<PortalThread> {
    let mut seen = HashSet::new();
    let all = headers.into_iter().chain(extra);
    let wanted = all.filter(|header| {
        let id = &header.thread.portal_id;
        let visible = me.is_named(header.sender.as_deref(), &header.thread.recipients);
        (visible && !header.withdrawn || used.contains(id) || stored.contains_key(id))
            && seen.insert(id.clone())
    });
    wanted.map(|header| header.thread).collect()
}

/// The threads of a page: what the vault knows, overlaid with what the page says.
struct Threads<K> {
    known: K,
    here: HashMap<ThreadKey, KnownThread>,
}

impl<K: Fn(&ThreadKey) -> Option<KnownThread>> Threads<K> {
    fn new<'h>(headers: impl Iterator<Item = &'h MappedThread>, me: &Me, known: K) -> Self {
        let here = headers.map(|header| {
            let names_me = me.is_named(header.sender.as_deref(), &header.thread.recipients);
            let thread = KnownThread { names_me, patient: header.thread.patient.clone() };
            (ThreadKey::Header(header.thread.portal_id.clone()), thread)
        });
        Self { here: here.collect(), known }
    }

    fn of(&mut self, key: &ThreadKey) -> KnownThread {
        if let Some(found) = self.here.get(key) {
            return found.clone();
        }
        let found = (self.known)(key).unwrap_or_default();
        self.here.insert(key.clone(), found.clone());
        found
    }

    fn set_patient(&mut self, key: &ThreadKey, patient: &PortalId) {
        if let Some(thread) = self.here.get_mut(key) {
            thread.patient = Some(patient.clone());
        }
    }

    fn names_me(&self, header: &PortalId) -> bool {
        let key = ThreadKey::Header(header.clone());
        let here = self.here.get(&key).cloned();
        here.or_else(|| (self.known)(&key)).is_some_and(|thread| thread.names_me)
    }
}

/// Whether a broken resource may concern her: it names her, its thread does, or it names nobody at all.
fn may_be_mine<K>(entry: &PageEntry, base: &str, me: &Me, threads: &Threads<K>) -> bool
where
    K: Fn(&ThreadKey) -> Option<KnownThread>,
{
    let named = references_of(base, entry.raw.as_bytes());
    let by_thread = thread_of_broken(entry).is_some_and(|header| threads.names_me(&header));
    by_thread || named.is_none_or(|names| names.iter().any(|name| me.is(name)))
}

pub(crate) fn thread_of_broken(entry: &PageEntry) -> Option<PortalId> {
    let value: serde_json::Value = serde_json::from_str(&entry.raw).ok()?;
    let reference = value.pointer("/partOf/0/reference")?.as_str()?;
    let id = reference.rsplit_once("Communication/")?.1.split('/').next()?;
    Some(PortalId(id.to_owned()))
}

fn unreadable_row(entry: &PageEntry) -> Quarantined {
    Quarantined {
        portal_type: entry.kind.clone(),
        portal_id: entry.id.clone(),
        version: entry.version.clone(),
        reason: "invalid_resource".to_owned(),
        thread: thread_of_broken(entry),
        raw: entry.raw.clone().into_bytes(),
    }
}

/// Another patient's words never enter a thread, so the row names none.
fn mismatch(message: PortalMessage) -> Quarantined {
    Quarantined {
        portal_type: "Communication".to_owned(),
        portal_id: message.portal_id.0,
        version: message.version,
        reason: "subject_mismatch".to_owned(),
        thread: None,
        raw: message.raw.into_bytes(),
    }
}

#[cfg(test)]
mod tests;

//! One page: read, plan, meet the people, judge, apply together with the cursor (I2).

use std::collections::{HashMap, HashSet};

use inbox_domain::{Batch, PortalId, Quarantined, SyncCursor, ThreadKey};
use inbox_portal::{MapContext, Mapped, MappedThread, Page, PageEntry, PortalError, map_communication};

use crate::error::SyncError;
use crate::plan::{KnownThread, Plan, ReadPage, plan_page, read_entries};
use crate::run::Run;

/// Ids in one request.
const IDS_PER_REQUEST: usize = 50;

impl Run<'_> {
    /// Stores what a page brings, and the cursor with it.
    pub(crate) async fn take_page(
        &mut self,
        page: &Page,
        backlog: bool,
        cursor: Option<SyncCursor>,
    ) -> Result<(), SyncError> {
        self.check_cancel()?;
        self.count_fetched(page);
        let context = self.map_context(page.date);
        let ids: Vec<PortalId> = page.entries.iter().map(|entry| PortalId(entry.id.clone())).collect();
        let mut stored = self.known_versions(&ids)?;
        let matches = || page.entries.iter().filter(|entry| entry.is_match);
        let mut read = read_entries(matches(), &stored, &context);
        // Where the vault decides to which thread a message belongs, or holds it already, it has to know all before.
        let apart = self.gathering.on && needs_the_vault(&read, &stored);
        if apart {
            self.settle_pages().await?;
            stored = self.known_versions(&ids)?;
            read = read_entries(matches(), &stored, &context);
        }
        let extra = self.fetch_missing_headers(&read, &context).await?;
        let known = self.known_threads(&read, apart)?;
        let thread = |key: &ThreadKey| known.get(key).cloned();
        let plan = plan_page(read, extra, &self.me, &context.base, &self.tombstones, &stored, thread);
        let included: Vec<&PageEntry> =
            page.entries.iter().filter(|entry| !entry.is_match && entry.readable).collect();
        let batch = self.batch(plan, &included, backlog, cursor).await?;
        if self.gathering.on {
            return self.gather(batch, &known, apart).await;
        }
        if !backlog {
            self.note_histories(&batch.threads)?;
        }
        if batch.cursor.is_some() || holds_rows(&batch) {
            self.apply(&batch)?;
        }
        Ok(())
    }

    /// Versions of those of `ids` that are stored, or on their way into the vault.
    fn known_versions(&self, ids: &[PortalId]) -> Result<HashMap<PortalId, String>, SyncError> {
        let (mut found, rest) = self.gathering.versions_of(ids);
        if !rest.is_empty() {
            found.extend(self.ctx.vault.known_versions(&rest)?);
        }
        Ok(found)
    }

    /// What is known of the threads of a page.
    fn known_threads(
        &self,
        read: &ReadPage,
        ask: bool,
    ) -> Result<HashMap<ThreadKey, KnownThread>, SyncError> {
        let broken = read.unreadable.iter().filter_map(crate::plan::thread_of_broken).map(ThreadKey::Header);
        let keys: HashSet<ThreadKey> =
            read.messages.iter().map(|message| message.message.thread.clone()).chain(broken).collect();
        let (mut known, mut rest) = (HashMap::new(), HashSet::new());
        for key in keys {
            match self.gathering.thread(&key) {
                Ok(thread) if !ask => known.extend(thread.map(|thread| (key, thread))),
                _ => {
                    rest.insert(key);
                }
            }
        }
        known.extend(self.stored_threads(&rest)?);
        Ok(known)
    }

    fn stored_threads(
        &self,
        keys: &HashSet<ThreadKey>,
    ) -> Result<HashMap<ThreadKey, KnownThread>, SyncError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self.ctx.vault.stored_headers(keys)?.into_iter().map(|(key, thread)| {
            let names_me = thread.portal_id.is_some() && self.me.is_named(None, &thread.recipients);
            (key, KnownThread { names_me, patient: thread.patient })
        });
        Ok(known.collect())
    }

    pub(super) fn known_thread(&self, key: &ThreadKey) -> Result<Option<KnownThread>, SyncError> {
        Ok(self.stored_threads(&HashSet::from([key.clone()]))?.remove(key))
    }

    async fn batch(
        &mut self,
        plan: Plan,
        included: &[&PageEntry],
        backlog: bool,
        cursor: Option<SyncCursor>,
    ) -> Result<Batch, SyncError> {
        let arrivals = self.meet_people(&plan.threads, &plan.messages, included).await?;
        let mut messages = plan.messages;
        messages.iter_mut().for_each(|message| self.name_sender(message));
        self.recognise_own(&mut messages)?;
        Ok(Batch {
            patients: arrivals.patients,
            proxies: arrivals.proxies,
            practitioners: arrivals.practitioners,
            threads: plan.threads,
            messages: self.judge(messages).await?,
            quarantined: plan.quarantined,
            withdrawn: Vec::new(),
            cursor,
            backlog,
            judged_under: Some(self.ctx.engine.fingerprint().to_owned()),
        })
    }

    /// Headers that messages of the page name and that are neither in it nor in the vault. One that the portal does not
    /// show stays missing; its messages stand on their own recipients.
    async fn fetch_missing_headers(
        &mut self,
        read: &ReadPage,
        context: &MapContext,
    ) -> Result<Vec<MappedThread>, SyncError> {
        let missing = read.missing_headers();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let stored = self.known_versions(&missing)?;
        let is_stored = |id: &PortalId| stored.get(id).is_some_and(|version| !version.is_empty());
        let missing: Vec<PortalId> = missing
            .into_iter()
            .filter(|id| !is_stored(id) && self.asked_headers.insert(id.clone()))
            .collect();
        let found = self.fetch_communications(&missing).await?;
        let headers = found.iter().filter_map(|entry| match map_communication(&entry.raw, context) {
            Ok(Mapped::Thread(header)) => Some(*header),
            _ => None,
        });
        Ok(headers.collect())
    }

    /// Communications by id; those that are not there are left out.
    pub(super) async fn fetch_communications(
        &mut self,
        ids: &[PortalId],
    ) -> Result<Vec<PageEntry>, SyncError> {
        let mut found = Vec::new();
        if !self.ctx.portal.capabilities().searches("Communication", "_id") {
            self.read_each(ids, &mut found).await?;
            return Ok(found);
        }
        for chunk in ids.chunks(IDS_PER_REQUEST) {
            let list = chunk.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(",");
            let params = [("_id", list), ("_count", IDS_PER_REQUEST.to_string())];
            let mut page = match self.search("Communication", &params).await {
                Err(SyncError::Portal(PortalError::TooLarge)) => {
                    self.read_each(chunk, &mut found).await?;
                    continue;
                }
                other => other?,
            };
            loop {
                found.extend(page.entries.drain(..).filter(|entry| entry.is_match));
                match page.next.take() {
                    Some(next) => page = self.page("Communication", &next).await?,
                    None => break,
                }
            }
        }
        Ok(found)
    }

    /// One by one; a resource that alone is over the limit goes to quarantine.
    async fn read_each(&mut self, ids: &[PortalId], found: &mut Vec<PageEntry>) -> Result<(), SyncError> {
        for id in ids {
            self.check_cancel()?;
            match self.read("Communication", id).await {
                Ok(raw) => found.extend(raw.map(|raw| read_entry(id, raw))),
                Err(SyncError::Portal(PortalError::TooLarge)) => self.quarantine_too_large(id)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A resource read by its id, as an entry of a page.
pub(crate) fn read_entry(id: &PortalId, raw: String) -> PageEntry {
    PageEntry {
        kind: "Communication".to_owned(),
        id: id.0.clone(),
        version: String::new(),
        is_match: true,
        raw,
        readable: true,
    }
}

/// Whether a page of a first fill is not made of new messages in threads that their keys name.
fn needs_the_vault(read: &ReadPage, stored: &HashMap<PortalId, String>) -> bool {
    let joins = |key: &ThreadKey| matches!(key, ThreadKey::InResponseTo(_));
    let messages = read.messages.iter().map(|message| &message.message);
    let headers = read.headers.iter().map(|header| &header.thread.portal_id);
    messages.clone().any(|message| joins(&message.thread) || stored.contains_key(&message.portal_id))
        || headers.into_iter().any(|id| stored.contains_key(id))
}

fn holds_rows(batch: &Batch) -> bool {
    let Batch { threads, messages, quarantined, withdrawn, .. } = batch;
    let rows = |quarantined: &[Quarantined]| !quarantined.is_empty();
    !threads.is_empty() || !messages.is_empty() || rows(quarantined) || !withdrawn.is_empty()
}

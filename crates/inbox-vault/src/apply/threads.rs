//! Thread headers of a batch, threads that messages name before their header is stored, and two threads that turn out to
//! be one.

use inbox_domain::{PortalId, PortalThread, ThreadKey, ThreadStatus};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Run;
use crate::Result;
use crate::column::{json, millis, word};

/// What `thread.key` holds for a key.
pub(crate) fn key_text(key: &ThreadKey) -> String {
    match key {
        ThreadKey::Header(id) => format!("header:{id}"),
        ThreadKey::Named(name) => format!("named:{name}"),
        ThreadKey::InResponseTo(root) => format!("reply:{root}"),
        ThreadKey::Inferred { patient, topic } => format!("inferred:{patient}:{topic}"),
    }
}

/// The stored thread that a key names.
pub(crate) fn find(db: &Connection, key: &ThreadKey) -> Result<Option<i64>> {
    let by_portal_id = |id: &PortalId| -> Result<Option<i64>> {
        Ok(db
            .prepare_cached("SELECT id FROM thread WHERE portal_id = ?1")?
            .query_row([&id.0], |row| row.get(0))
            .optional()?)
    };
    let found = match key {
        ThreadKey::Header(id) => by_portal_id(id)?,
        ThreadKey::InResponseTo(root) => {
            let by_message = db
                .prepare_cached("SELECT thread_id FROM message WHERE portal_id = ?1")?
                .query_row([&root.0], |row| row.get(0))
                .optional()?;
            match by_message {
                Some(thread) => Some(thread),
                None => by_portal_id(root)?,
            }
        }
        ThreadKey::Named(_) | ThreadKey::Inferred { .. } => None,
    };
    if found.is_some() {
        return Ok(found);
    }
    Ok(db
        .prepare_cached("SELECT id FROM thread WHERE key = ?1")?
        .query_row([key_text(key)], |row| row.get(0))
        .optional()?)
}

struct Known {
    id: i64,
    header_known: bool,
    version: String,
    last_updated: i64,
    portal_status: String,
    patient: Option<i64>,
}

impl Run<'_> {
    pub(super) fn store_thread(&mut self, thread: &PortalThread) -> Result<()> {
        let known = self.known_thread(&thread.portal_id)?;
        let last_updated = millis(thread.last_updated);
        if let Some(known) = &known
            && known.header_known
            && (known.version == thread.version || known.last_updated > last_updated)
        {
            return Ok(());
        }
        let patient = thread.patient.as_ref().map(|id| self.patient_id(id)).transpose()?;
        let status = word(thread.status);
        let id = match known {
            None => self.insert_thread(&ThreadKey::Header(thread.portal_id.clone()), patient)?,
            Some(known) => {
                if patient.is_some() && known.patient.is_some() && known.patient != patient {
                    self.evict_other_subjects(known.id, patient)?;
                }
                if known.header_known && known.portal_status == status {
                    // The portal has not changed its mind: what the clinician set here stays.
                    self.update_header(known.id, thread, patient, None)?;
                    return Ok(());
                }
                known.id
            }
        };
        self.update_header(id, thread, patient, Some(&status))?;
        self.adopt_replies(&thread.portal_id, id)
    }

    fn known_thread(&self, portal_id: &PortalId) -> Result<Option<Known>> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT id, header_known, version, last_updated, portal_status, patient_id FROM thread
                 WHERE portal_id = ?1",
            )?
            .query_row([&portal_id.0], |row| {
                Ok(Known {
                    id: row.get(0)?,
                    header_known: row.get(1)?,
                    version: row.get(2)?,
                    last_updated: row.get(3)?,
                    portal_status: row.get(4)?,
                    patient: row.get(5)?,
                })
            })
            .optional()?)
    }

    fn update_header(
        &mut self,
        id: i64,
        thread: &PortalThread,
        patient: Option<i64>,
        status: Option<&str>,
    ) -> Result<()> {
        self.touched.insert(id);
        self.subjects.remove(&id);
        self.db
            .prepare_cached(
                "UPDATE thread SET header_known = 1, version = ?2, last_updated = ?3, topic = ?4,
                 patient_id = coalesce(?5, patient_id), recipients = ?6, raw = ?7,
                 portal_status = coalesce(?8, portal_status), status = coalesce(?8, status)
                 WHERE id = ?1",
            )?
            .execute(params![
                id,
                thread.version,
                millis(thread.last_updated),
                thread.topic,
                patient,
                json(&thread.recipients)?,
                thread.raw,
                status,
            ])?;
        Ok(())
    }

    /// The thread of a message; made when it is missing, with as much as the message says.
    pub(super) fn thread_for(&mut self, key: &ThreadKey, patient: Option<i64>, topic: &str) -> Result<i64> {
        let text = key_text(key);
        if let Some(id) = self.threads.get(&text) {
            return Ok(*id);
        }
        let id = match find(self.db, key)? {
            Some(id) => id,
            None => {
                let id = self.insert_thread(key, patient)?;
                self.db
                    .prepare_cached("UPDATE thread SET topic = ?2 WHERE id = ?1")?
                    .execute(params![id, topic])?;
                id
            }
        };
        self.threads.insert(text, id);
        Ok(id)
    }

    fn insert_thread(&mut self, key: &ThreadKey, patient: Option<i64>) -> Result<i64> {
        if matches!(key, ThreadKey::InResponseTo(_)) {
            self.absent.reply_threads = false;
        }
        let portal_id = match key {
            ThreadKey::Header(id) => Some(&id.0),
            _ => None,
        };
        self.db
            .prepare_cached(
                "INSERT INTO thread (key, portal_id, patient_id, status) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![key_text(key), portal_id, patient, word(ThreadStatus::Open)])?;
        let id = self.db.last_insert_rowid();
        self.touched.insert(id);
        Ok(id)
    }

    /// Answers to `root` that came before it wait in a thread of their own: they belong to `thread`.
    pub(super) fn adopt_replies(&mut self, root: &PortalId, thread: i64) -> Result<()> {
        if self.absent.reply_threads {
            return Ok(());
        }
        let waiting: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM thread WHERE key = ?1 AND id <> ?2")?
            .query_row(params![format!("reply:{root}"), thread], |row| row.get(0))
            .optional()?;
        match waiting {
            Some(waiting) => self.join_threads(waiting, thread),
            None => Ok(()),
        }
    }

    /// Makes `from` part of `into`.
    pub(super) fn join_threads(&mut self, from: i64, into: i64) -> Result<()> {
        merge(self.db, from, into)?;
        self.subjects.clear();
        let patient: Option<i64> = self
            .db
            .prepare_cached("SELECT patient_id FROM thread WHERE id = ?1")?
            .query_row([into], |row| row.get(0))?;
        if patient.is_some() {
            self.evict_other_subjects(into, patient)?;
        }
        self.touched.remove(&from);
        self.touched.insert(into);
        if self.answered.remove(&from) {
            self.answered.insert(into);
        }
        self.threads.retain(|_, id| *id != from);
        Ok(())
    }

    /// Messages about somebody else than the thread's patient go to quarantine.
    fn evict_other_subjects(&mut self, thread: i64, patient: Option<i64>) -> Result<()> {
        let others = self
            .db
            .prepare_cached(
                "SELECT m.id, m.portal_id, m.version, m.search_id, b.raw FROM message m
                 JOIN message_body b ON b.message_id = m.id
                 WHERE m.thread_id = ?1 AND m.patient_id IS NOT NULL AND m.patient_id <> ?2",
            )?
            .query_map(params![thread, patient], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?
            .collect::<rusqlite::Result<Vec<(i64, String, String, i64, String)>>>()?;
        for (id, portal_id, version, search_id, raw) in others {
            self.quarantine_mismatch(&portal_id, &version, &raw)?;
            self.remove_message(id, search_id)?;
        }
        self.touched.insert(thread);
        Ok(())
    }
}

/// Moves everything of thread `from` to `into` and removes `from`.
pub(crate) fn merge(db: &Connection, from: i64, into: i64) -> Result<()> {
    for table in [
        "message",
        "flag",
        "case_flag",
        "outbox_entry",
        "vault_case",
        "quarantine",
        "response_used",
        "promise",
    ] {
        db.prepare_cached(&format!("UPDATE {table} SET thread_id = ?2 WHERE thread_id = ?1"))?
            .execute([from, into])?;
    }
    db.prepare_cached("UPDATE OR IGNORE portal_act SET thread_id = ?2 WHERE thread_id = ?1")?
        .execute([from, into])?;
    // What is left says the same as an act of the other thread.
    db.prepare_cached("DELETE FROM portal_act WHERE thread_id = ?1")?.execute([from])?;
    // Two drafts become one: neither is lost.
    db.prepare_cached(
        "INSERT INTO draft (thread_id, text, saved_at) SELECT ?2, text, saved_at FROM draft WHERE thread_id = ?1
         ON CONFLICT (thread_id) DO UPDATE SET text = draft.text || char(10, 10) || excluded.text",
    )?
    .execute([from, into])?;
    db.prepare_cached(
        "UPDATE thread SET patient_id = coalesce(patient_id, (SELECT patient_id FROM thread WHERE id = ?1)),
         topic = CASE topic WHEN '' THEN (SELECT topic FROM thread WHERE id = ?1) ELSE topic END,
         sensitive = max(sensitive, (SELECT sensitive FROM thread WHERE id = ?1)) WHERE id = ?2",
    )?
    .execute([from, into])?;
    db.prepare_cached("DELETE FROM thread WHERE id = ?1")?.execute([from])?;
    Ok(())
}

//! Messages of a batch that were not stored before. The same version again changes nothing (I4).

use inbox_domain::{Delivered, Judged, Judgement, PortalMessage};
use rusqlite::{OptionalExtension as _, params};

use super::Run;
use crate::column::{count, json, millis, word};
use crate::{Result, VaultError, search_text};

/// A stored message, as far as a new version of it needs to know.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) thread: i64,
    pub(super) version: String,
    pub(super) last_updated: i64,
    pub(super) delivered: String,
    pub(super) search_id: i64,
    pub(super) text: String,
}

/// The word of [`Delivered`] in SQL.
pub(super) fn delivered_word(delivered: Delivered) -> &'static str {
    match delivered {
        Delivered::Draft => "draft",
        Delivered::Delivered => "delivered",
        Delivered::Withdrawn => "withdrawn",
    }
}

impl Run<'_> {
    pub(super) fn store_message(&mut self, judged: &Judged) -> Result<()> {
        let message = &judged.message;
        let mut stored = self.stored_message(&message.portal_id.0)?;
        if let Some(old) = &stored {
            let replayed = old.version == message.version || old.last_updated > millis(message.last_updated);
            if replayed || self.take_echo(old, message)? {
                return Ok(());
            }
        } else if self.left_the_vault(&message.portal_id.0)? {
            return Ok(());
        }
        let patient = message.patient.as_ref().map(|id| self.patient_id(id)).transpose()?;
        let thread = match &stored {
            Some(old) => old.thread,
            None => self.thread_for(&message.thread, patient, &message.topic)?,
        };
        if !self.same_subject(thread, patient)? {
            self.quarantine_mismatch(&message.portal_id.0, &message.version, &message.raw)?;
            if let Some(old) = stored {
                self.remove_message(old.id, old.search_id)?;
            }
            self.touched.insert(thread);
            return Ok(());
        }
        if let Some(old) =
            stored.take_if(|old| old.delivered == "draft" && message.delivered != Delivered::Draft)
        {
            // A portal draft that is sent now arrives now.
            self.remove_message(old.id, old.search_id)?;
        }
        self.touched.insert(thread);
        match stored {
            Some(old) => self.update_message(&old, judged, patient),
            None => self.insert_message(judged, thread, patient),
        }
    }

    pub(super) fn stored_message(&self, portal_id: &str) -> Result<Option<Stored>> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT m.id, m.thread_id, m.version, m.last_updated, m.delivered, m.search_id, b.text
                 FROM message m JOIN message_body b ON b.message_id = m.id WHERE m.portal_id = ?1",
            )?
            .query_row([portal_id], |row| {
                Ok(Stored {
                    id: row.get(0)?,
                    thread: row.get(1)?,
                    version: row.get(2)?,
                    last_updated: row.get(3)?,
                    delivered: row.get(4)?,
                    search_id: row.get(5)?,
                    text: row.get(6)?,
                })
            })
            .optional()?)
    }

    fn left_the_vault(&self, portal_id: &str) -> Result<bool> {
        if self.absent.tombstones {
            return Ok(false);
        }
        Ok(self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstone WHERE portal_id = ?1)")?
            .query_row([portal_id], |row| row.get(0))?)
    }

    /// Whether a message about `patient` may stand in the thread. A thread without a patient takes the message's.
    fn same_subject(&mut self, thread: i64, patient: Option<i64>) -> Result<bool> {
        let Some(patient) = patient else { return Ok(true) };
        let of_thread: Option<i64> = match self.subjects.get(&thread) {
            Some(known) => *known,
            None => self
                .db
                .prepare_cached("SELECT patient_id FROM thread WHERE id = ?1")?
                .query_row([thread], |row| row.get(0))?,
        };
        self.subjects.insert(thread, of_thread.or(Some(patient)));
        if of_thread.is_none() {
            self.db
                .prepare_cached("UPDATE thread SET patient_id = ?2 WHERE id = ?1")?
                .execute([thread, patient])?;
        }
        Ok(of_thread.is_none_or(|of_thread| of_thread == patient))
    }

    fn insert_message(&mut self, judged: &Judged, thread: i64, patient: Option<i64>) -> Result<()> {
        let message = &judged.message;
        let id = self.next_message;
        self.next_message += 1;
        let search_id = self.insert_row(id, judged, thread, patient)?;
        self.db
            .prepare_cached("INSERT INTO message_body (message_id, text, raw) VALUES (?1, ?2, ?3)")?
            .execute(params![id, message.text, message.raw])?;
        self.insert_attachments(id, message)?;
        self.release(&message.portal_id.0)?;
        self.adopt_replies(&message.portal_id, thread)?;
        if message.delivered == Delivered::Draft {
            return Ok(());
        }
        self.report.new += 1;
        self.indexed.push((search_id, search_text::indexed(&message.text)));
        self.join_outbox(id, message, thread)?;
        if message.sender.role.is_patient_side() {
            self.note_judged(id);
            let raised = self.replace_flags(id, thread, &judged.judgement)?;
            if message.delivered == Delivered::Delivered {
                self.arrived.push(id);
                self.raised.extend(raised);
            }
        } else {
            self.answered.insert(thread);
        }
        Ok(())
    }

    fn insert_row(&mut self, id: i64, judged: &Judged, thread: i64, patient: Option<i64>) -> Result<i64> {
        let Judged { message, judgement: Judgement { triaged, hours } } = judged;
        let search_id = self.free_search_id(id, message)?;
        let mut statement = self.db.prepare_cached(
            "INSERT INTO message (id, thread_id, portal_id, version, last_updated, search_id, sent_at, inbound,
               delivered, withdrawn_at, backlog, tier, checked, not_checked, functions, after_hours, hours_reason,
               next_open, cover, attachments, patient_id, sender_role, sender_id, sender_name, sent, sent_precision,
               received, stored_at, marks, recipients, client_identifier, in_response_to, topic)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)",
        )?;
        let withdrawn_at = (message.delivered == Delivered::Withdrawn).then(|| millis(message.last_updated));
        statement.execute(params![
            id,
            thread,
            message.portal_id.0,
            message.version,
            millis(message.last_updated),
            search_id,
            millis(message.sent_at),
            message.sender.role.is_patient_side(),
            delivered_word(message.delivered),
            withdrawn_at,
            self.backlog,
            triaged.tier.rank(),
            word(triaged.checked),
            json(&triaged.not_checked)?,
            json(&triaged.functions)?,
            hours.as_ref().is_some_and(|hours| hours.after_hours),
            hours.as_ref().map(|hours| word(hours.reason)),
            hours.as_ref().and_then(|hours| hours.next_open).map(millis),
            hours.as_ref().and_then(|hours| hours.cover.as_deref()),
            count(message.attachments.len()),
            patient,
            word(message.sender.role),
            message.sender.id.as_ref().map(|id| &id.0),
            message.sender.name,
            message.sent,
            word(message.sent_precision),
            message.received.map(millis),
            millis(self.now),
            json(&message.marks)?,
            json(&message.recipients)?,
            message.client_identifier.as_ref().map(|identifier| &identifier.0),
            message.in_response_to.as_ref().map(|id| &id.0),
            message.topic,
        ])?;
        Ok(search_id)
    }

    /// The search row of a message: second of `sent_at`, then id, so that the index answers newest first by itself.
    pub(super) fn free_search_id(&mut self, id: i64, message: &PortalMessage) -> Result<i64> {
        const LOW_BITS: u32 = 20;
        let low = 1_i64 << LOW_BITS;
        let base = message.sent_at.timestamp() * low;
        let next = base + id % low;
        if next > self.last_search {
            self.last_search = next;
            return Ok(next);
        }
        // Two messages of one second collide only when their ids differ by a multiple of a million.
        for bump in 0..64 {
            let candidate = base + (id + bump) % low;
            let taken: bool = self
                .db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM message WHERE search_id = ?1 AND id <> ?2)")?
                .query_row([candidate, id], |row| row.get(0))?;
            if !taken {
                return Ok(candidate);
            }
        }
        Err(VaultError::Stored("search row"))
    }

    pub(super) fn insert_attachments(&self, id: i64, message: &PortalMessage) -> Result<()> {
        for (n, attachment) in message.attachments.iter().enumerate() {
            self.db
                .prepare_cached(
                    "INSERT INTO attachment (message_id, n, portal_key, title, content_type, size, reference)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    id,
                    count(n),
                    attachment.id,
                    attachment.title,
                    attachment.content_type,
                    attachment.size.and_then(|size| i64::try_from(size).ok()),
                    attachment.reference,
                ])?;
        }
        Ok(())
    }

    /// The portal's copy of what this vault sent: the entry is sent, and the message appears once.
    pub(super) fn join_outbox(&mut self, id: i64, message: &PortalMessage, thread: i64) -> Result<()> {
        let Some(identifier) = message.client_identifier.as_ref().filter(|_| !self.absent.outbox) else {
            return Ok(());
        };
        let entry: Option<(i64, i64, bool)> = self
            .db
            .prepare_cached(
                "SELECT e.id, e.thread_id, t.portal_id IS NULL FROM outbox_entry e
                 JOIN thread t ON t.id = e.thread_id WHERE e.client_identifier = ?1",
            )?
            .query_row([&identifier.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((entry, of_entry, local)) = entry else { return Ok(()) };
        self.db
            .prepare_cached(
                "UPDATE outbox_entry SET state = 'sent', portal_id = ?2, message_id = ?3, error = NULL,
                 sent_at = coalesce(sent_at, ?4) WHERE id = ?1",
            )?
            .execute(params![entry, message.portal_id.0, id, millis(self.now)])?;
        if of_entry != thread {
            self.touched.insert(of_entry);
            if local {
                self.join_threads(of_entry, thread)?;
            }
        }
        Ok(())
    }

    /// Removes a message that must not stand in its thread. Its flags go with it; a case that rests on them stays.
    pub(super) fn remove_message(&self, id: i64, search_id: i64) -> Result<()> {
        self.db.prepare_cached("DELETE FROM message_search WHERE rowid = ?1")?.execute([search_id])?;
        self.db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id])?;
        Ok(())
    }
}

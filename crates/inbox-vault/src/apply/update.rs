//! Newer versions of stored messages, and withdrawals.

use inbox_domain::{Delivered, HoursVerdict, Judged, Triaged, Withdrawal};
use rusqlite::params;

use super::Run;
use super::messages::{Stored, delivered_word};
use crate::column::{count, json, millis, word};
use crate::{Result, attachments, search_text};

impl Run<'_> {
    pub(super) fn update_message(
        &mut self,
        old: &Stored,
        judged: &Judged,
        patient: Option<i64>,
    ) -> Result<()> {
        let message = &judged.message;
        if message.delivered == Delivered::Withdrawn {
            return self.update_to_withdrawn(old, judged);
        }
        let new_text = old.text != message.text;
        let search_id = self.free_search_id(old.id, message)?;
        self.db
            .prepare_cached(
                "UPDATE message SET version = ?2, last_updated = ?3,
                 text_updated = CASE WHEN ?7 THEN NULL ELSE coalesce(text_updated, last_updated) END, search_id = ?4, sent_at = ?5, delivered = ?6,
                 withdrawn_at = NULL, read_at = CASE WHEN ?7 THEN NULL ELSE read_at END,
                 settled = CASE WHEN ?7 THEN 0 ELSE settled END, attachments = ?8, patient_id = ?9,
                 sender_role = ?10, sender_id = ?11, sender_name = ?12, sent = ?13, sent_precision = ?14,
                 received = ?15, marks = ?16, recipients = ?17, client_identifier = ?18, in_response_to = ?19,
                 topic = ?20, inbound = ?21, stored_at = CASE WHEN ?7 THEN ?22 ELSE stored_at END WHERE id = ?1",
            )?
            .execute(params![
                old.id,
                message.version,
                millis(message.last_updated),
                search_id,
                millis(message.sent_at),
                delivered_word(message.delivered),
                // A patient who changes what she wrote has written something that nobody has read.
                new_text,
                count(message.attachments.len()),
                patient,
                word(message.sender.role),
                message.sender.id.as_ref().map(|id| &id.0),
                message.sender.name,
                message.sent,
                word(message.sent_precision),
                message.received.map(millis),
                json(&message.marks)?,
                json(&message.recipients)?,
                message.client_identifier.as_ref().map(|identifier| &identifier.0),
                message.in_response_to.as_ref().map(|id| &id.0),
                message.topic,
                message.sender.role.is_patient_side(),
                millis(self.now),
            ])?;
        self.db
            .prepare_cached("UPDATE message_body SET text = ?2, raw = ?3 WHERE message_id = ?1")?
            .execute(params![old.id, message.text, message.raw])?;
        self.db.prepare_cached("DELETE FROM attachment WHERE message_id = ?1")?.execute([old.id])?;
        self.insert_attachments(old.id, message)?;
        attachments::drop_stale(self.db, old.id)?;
        if message.delivered == Delivered::Draft {
            return Ok(());
        }
        self.report.updated += 1;
        if new_text || search_id != old.search_id {
            self.reindex(old.search_id, search_id, &message.text)?;
        }
        self.join_outbox(old.id, message, old.thread)?;
        self.store_triaged(old.id, &judged.judgement.triaged)?;
        self.store_hours(old.id, judged.judgement.hours.as_ref())?;
        if message.sender.role.is_patient_side() {
            self.note_judged(old.id);
            let raised = self.replace_flags(old.id, old.thread, &judged.judgement)?;
            self.raised.extend(raised);
        }
        Ok(())
    }

    /// Text, flags and raw form stay as they were last seen: the server's withdrawn version may hold nothing.
    fn update_to_withdrawn(&mut self, old: &Stored, judged: &Judged) -> Result<()> {
        let message = &judged.message;
        let at = millis(message.last_updated);
        self.db
            .prepare_cached(
                "UPDATE message SET version = ?2, last_updated = ?3, delivered = 'withdrawn',
                 withdrawn_at = coalesce(withdrawn_at, ?3) WHERE id = ?1",
            )?
            .execute(params![old.id, message.version, at])?;
        if old.delivered != "withdrawn" {
            self.report.withdrawn += 1;
        }
        Ok(())
    }

    pub(super) fn withdraw(&mut self, withdrawal: &Withdrawal) -> Result<()> {
        let Some(stored) = self.stored_message(&withdrawal.portal_id.0)? else { return Ok(()) };
        if stored.delivered == "withdrawn" {
            return Ok(());
        }
        if stored.delivered == "draft" {
            return self.remove_message(stored.id, stored.search_id);
        }
        self.db
            // Absence is no version of it: seen again, even unchanged, it is restored.
            .prepare_cached(
                "UPDATE message SET delivered = 'withdrawn', withdrawn_at = ?2, version = '' WHERE id = ?1",
            )?
            .execute(params![stored.id, millis(withdrawal.at)])?;
        self.report.withdrawn += 1;
        self.touched.insert(stored.thread);
        Ok(())
    }

    pub(super) fn store_triaged(&self, id: i64, triaged: &Triaged) -> Result<()> {
        self.db
            .prepare_cached(
                "UPDATE message SET tier = ?2, checked = ?3, not_checked = ?4, functions = ?5 WHERE id = ?1",
            )?
            .execute(params![
                id,
                triaged.tier.rank(),
                word(triaged.checked),
                json(&triaged.not_checked)?,
                json(&triaged.functions)?,
            ])?;
        Ok(())
    }

    pub(super) fn store_hours(&self, id: i64, hours: Option<&HoursVerdict>) -> Result<()> {
        self.db
            .prepare_cached(
                "UPDATE message SET after_hours = ?2, hours_reason = ?3, next_open = ?4, cover = ?5 WHERE id = ?1",
            )?
            .execute(params![
                id,
                hours.as_ref().is_some_and(|hours| hours.after_hours),
                hours.as_ref().map(|hours| word(hours.reason)),
                hours.as_ref().and_then(|hours| hours.next_open).map(millis),
                hours.as_ref().and_then(|hours| hours.cover.as_deref()),
            ])?;
        Ok(())
    }

    fn reindex(&mut self, old_row: i64, new_row: i64, text: &str) -> Result<()> {
        // A message twice in one batch waits in the list and not yet in the index.
        self.indexed.retain(|(row, _)| *row != old_row);
        self.db.prepare_cached("DELETE FROM message_search WHERE rowid = ?1")?.execute([old_row])?;
        self.indexed.push((new_row, search_text::indexed(text)));
        Ok(())
    }
}

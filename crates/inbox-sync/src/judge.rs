//! Triage and hours on the messages of a page.

use std::collections::HashMap;

use inbox_domain::{
    Checked, HoursVerdict, Judged, Judgement, NotCheckedReason, PortalMessage, SentPrecision, ThreadKey,
    Tier, Triaged,
};
use inbox_triage::{ContextMessage, TriageInput};

use crate::error::SyncError;
use crate::run::Run;

/// Earlier messages of the thread that triage reads a message together with.
const CONTEXT_MESSAGES: usize = 4;

impl Run<'_> {
    /// Judges messages that are in order of time.
    pub(crate) fn judge(&self, messages: Vec<PortalMessage>) -> Result<Vec<Judged>, SyncError> {
        let mut threads: HashMap<ThreadKey, Vec<ContextMessage>> = HashMap::new();
        let mut judged = Vec::with_capacity(messages.len());
        for message in messages {
            let context = match threads.entry(message.thread.clone()) {
                std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
                std::collections::hash_map::Entry::Vacant(empty) => {
                    empty.insert(self.stored_context(&message)?)
                }
            };
            let judgement = self.judge_one(&message, context);
            let from_patient = message.sender.role.is_patient_side();
            context.push(ContextMessage { from_patient, text: message.text.clone() });
            if context.len() > CONTEXT_MESSAGES {
                context.remove(0);
            }
            judged.push(Judged { message, judgement });
        }
        Ok(judged)
    }

    fn stored_context(&self, message: &PortalMessage) -> Result<Vec<ContextMessage>, SyncError> {
        let vault = self.ctx.vault;
        let Some(thread) = vault.find_thread(&message.thread)? else { return Ok(Vec::new()) };
        let texts = vault.recent_texts(thread, Some(message.sent_at), CONTEXT_MESSAGES as u32)?;
        let context = texts
            .into_iter()
            .map(|text| ContextMessage { from_patient: text.from_patient_side, text: text.text });
        Ok(context.collect())
    }

    fn judge_one(&self, message: &PortalMessage, context: &[ContextMessage]) -> Judgement {
        if !message.sender.role.is_patient_side() {
            return Judgement { triaged: not_judged(), hours: None };
        }
        let mut triaged = self.ctx.engine.triage(&TriageInput { text: &message.text, lang: None, context });
        if !message.attachments.is_empty() {
            let unread = if message.text.trim().is_empty() { Checked::None } else { Checked::Partial };
            triaged.checked = triaged.checked.max(unread);
            if !triaged.not_checked.contains(&NotCheckedReason::Attachment) {
                triaged.not_checked.push(NotCheckedReason::Attachment);
            }
        }
        // A day is no instant: nothing is claimed about the hour of a partial or missing date.
        let hours = match message.sent_precision {
            SentPrecision::Instant => self.ctx.hours.classify(message.sent_at),
            _ => HoursVerdict::unknown(),
        };
        Judgement { triaged, hours: Some(hours) }
    }
}

/// Messages of clinicians are not judged, and nothing is open about that.
fn not_judged() -> Triaged {
    Triaged {
        tier: Tier::None,
        flags: Vec::new(),
        functions: Vec::new(),
        checked: Checked::Full,
        not_checked: Vec::new(),
    }
}

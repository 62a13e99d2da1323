//! Triage and hours on the messages of a page. What triage is asked about a message is the same when it is judged again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use inbox_domain::{
    Checked, HoursVerdict, Judged, Judgement, NotCheckedReason, PortalMessage, SentPrecision, ThreadId,
    ThreadKey, Tier, Triaged,
};
use inbox_triage::{ContextMessage, Engine, TriageInput};
use inbox_vault::{Vault, VaultError};

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
                    empty.insert(self.context_before(&message)?)
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

    fn context_before(&self, message: &PortalMessage) -> Result<Vec<ContextMessage>, SyncError> {
        let vault = self.ctx.vault;
        match vault.find_thread(&message.thread)? {
            Some(thread) => Ok(stored_context(vault, thread, message.sent_at)?),
            None => Ok(Vec::new()),
        }
    }

    fn judge_one(&self, message: &PortalMessage, context: &[ContextMessage]) -> Judgement {
        if !message.sender.role.is_patient_side() {
            return Judgement { triaged: not_judged(), hours: None };
        }
        let attachments = !message.attachments.is_empty();
        let triaged = triage_message(self.ctx.engine, &message.text, attachments, context);
        // A day is no instant: nothing is claimed about the hour of a partial or missing date.
        let hours = match message.sent_precision {
            SentPrecision::Instant => self.ctx.hours.classify(message.sent_at),
            _ => HoursVerdict::unknown(),
        };
        Judgement { triaged, hours: Some(hours) }
    }
}

/// What triage reads a message of the thread together with: the stored messages sent before it, oldest first.
///
/// # Errors
/// The vault's.
pub fn stored_context(
    vault: &Vault,
    thread: ThreadId,
    before: DateTime<Utc>,
) -> Result<Vec<ContextMessage>, VaultError> {
    let texts = vault.recent_texts(thread, Some(before), CONTEXT_MESSAGES as u32)?;
    let context = texts
        .into_iter()
        .map(|text| ContextMessage { from_patient: text.from_patient_side, text: text.text });
    Ok(context.collect())
}

/// Judges a message of the patient's side. One with attachments is not fully checked, since triage reads only its text.
pub fn triage_message(engine: &Engine, text: &str, attachments: bool, context: &[ContextMessage]) -> Triaged {
    let mut triaged = engine.triage(&TriageInput { text, lang: None, context });
    if attachments {
        let unread = if text.trim().is_empty() { Checked::None } else { Checked::Partial };
        triaged.checked = triaged.checked.max(unread);
        if !triaged.not_checked.contains(&NotCheckedReason::Attachment) {
            triaged.not_checked.push(NotCheckedReason::Attachment);
        }
    }
    triaged
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

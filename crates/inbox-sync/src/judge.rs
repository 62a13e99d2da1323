//! Triage and hours on the messages of a page. What triage is asked about a message is the same when it is judged again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use inbox_domain::{
    AvailabilityHours, Checked, HoursVerdict, Judged, Judgement, NotCheckedReason, PortalMessage,
    SentPrecision, ThreadId, ThreadKey, Tier, Triaged,
};
use inbox_triage::{ContextMessage, Engine, TriageInput};
use inbox_vault::{RecentText, Vault, VaultError};

use crate::error::SyncError;
use crate::run::Run;

/// Earlier messages of the thread that triage reads a message together with.
const CONTEXT_MESSAGES: usize = 4;

/// Fewer messages than this are judged where they are: another thread costs more than it saves.
const WORTH_A_THREAD: usize = 64;

/// What judges messages.
#[derive(Debug)]
pub(crate) struct Judging {
    pub(crate) engine: Engine,
    pub(crate) hours: AvailabilityHours,
}

/// What triage reads the first message of a page together with, by thread.
type Contexts = HashMap<ThreadKey, Vec<ContextMessage>>;

impl Run<'_> {
    /// Judges messages that are in order of time.
    pub(crate) async fn judge(&self, messages: Vec<PortalMessage>) -> Result<Vec<Judged>, SyncError> {
        let contexts = self.contexts(&messages)?;
        let judging = Arc::clone(&self.judging);
        if messages.len() < WORTH_A_THREAD {
            return Ok(judging.judge(messages, contexts));
        }
        let judged = tokio::task::spawn_blocking(move || judging.judge(messages, contexts)).await;
        Ok(judged.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic())))
    }

    /// What stands before the first message of each thread in which the patient's side writes.
    fn contexts(&self, messages: &[PortalMessage]) -> Result<Contexts, SyncError> {
        let mut wanted: HashSet<ThreadKey> = messages
            .iter()
            .filter(|message| message.sender.role.is_patient_side())
            .map(|message| message.thread.clone())
            .collect();
        let mut contexts = Contexts::new();
        for message in messages {
            if wanted.remove(&message.thread) {
                contexts.insert(message.thread.clone(), self.context_before(message)?);
            }
        }
        Ok(contexts)
    }

    fn context_before(&self, message: &PortalMessage) -> Result<Vec<ContextMessage>, SyncError> {
        let (vault, before) = (self.ctx.vault, message.sent_at);
        let gathered = self.gathering.said_in(&message.thread);
        let mut texts = match vault.find_thread(&message.thread)? {
            _ if gathered.is_some_and(|said| said.is_all) => Vec::new(),
            Some(thread) => vault.recent_texts(thread, Some(before), CONTEXT_MESSAGES as u32)?,
            None => Vec::new(),
        };
        let earlier = gathered.into_iter().flat_map(|said| &said.texts).filter(|text| text.sent_at < before);
        for text in earlier {
            // What is being written at this moment may be read already.
            if !texts.contains(text) {
                texts.push(text.clone());
            }
        }
        texts.sort_by_key(|text| text.sent_at);
        let from = texts.len().saturating_sub(CONTEXT_MESSAGES);
        Ok(texts.split_off(from).into_iter().map(context_message).collect())
    }
}

impl Judging {
    fn judge(&self, messages: Vec<PortalMessage>, mut contexts: Contexts) -> Vec<Judged> {
        let mut judged = Vec::with_capacity(messages.len());
        for message in messages {
            let judgement = match contexts.get_mut(&message.thread) {
                Some(context) => {
                    let judgement = self.judge_one(&message, context);
                    let from_patient = message.sender.role.is_patient_side();
                    context.push(ContextMessage { from_patient, text: message.text.clone() });
                    if context.len() > CONTEXT_MESSAGES {
                        context.remove(0);
                    }
                    judgement
                }
                None => self.judge_one(&message, &[]),
            };
            judged.push(Judged { message, judgement });
        }
        judged
    }

    fn judge_one(&self, message: &PortalMessage, context: &[ContextMessage]) -> Judgement {
        if !message.sender.role.is_patient_side() {
            return Judgement { triaged: not_judged(), hours: None };
        }
        let attachments = !message.attachments.is_empty();
        let triaged = triage_message(&self.engine, &message.text, attachments, context);
        // A day is no instant: nothing is claimed about the hour of a partial or missing date.
        let hours = match message.sent_precision {
            SentPrecision::Instant => self.hours.classify(message.sent_at),
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
    Ok(texts.into_iter().map(context_message).collect())
}

fn context_message(text: RecentText) -> ContextMessage {
    ContextMessage { from_patient: text.from_patient_side, text: text.text }
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

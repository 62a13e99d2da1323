//! What this vault sent, recognised in what comes back from a portal whose messages carry no identifier (FHIR.md, row 11).
//!
//! By the id that the create's answer named; where the answer was lost, by sender, recipients, words and time, and only where exactly one message and exactly one entry fit. Else both stay as they are: an entry whose answer was
//! lost stays `unknown`, with the code `copies_unclear`, and the clinician decides.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{OutboxEntry, OutboxState, PortalId, PortalMessage, SenderRole};

use crate::error::SyncError;
use crate::run::Run;

/// How far the copy's time may be from the attempt's, which is in this workstation's clock.
const WINDOW: TimeDelta = TimeDelta::minutes(30);
/// Polls look for what was sent within this time; sweeps for all.
const RECENT: TimeDelta = TimeDelta::days(1);
/// Two copies fit one entry, or one copy two entries.
pub(crate) const UNCLEAR: &str = "copies_unclear";

impl Run<'_> {
    /// Gives our identifier to those of `messages` that are copies of what this vault sent.
    pub(super) fn recognise_own(&self, messages: &mut [PortalMessage]) -> Result<(), SyncError> {
        if !self.ctx.portal.capabilities().restricted_messages() {
            return Ok(());
        }
        let sent_by_her = |message: &PortalMessage| {
            let id = message.sender.id.as_ref().filter(|_| message.sender.role == SenderRole::Clinician);
            id.is_some_and(|id| self.me.practitioner == format!("Practitioner/{id}"))
        };
        let own: Vec<usize> = (0..messages.len()).filter(|at| sent_by_her(&messages[*at])).collect();
        if own.is_empty() {
            return Ok(());
        }
        let entries: Vec<OutboxEntry> =
            self.ctx.vault.outbox()?.into_iter().filter(|entry| entry.attempted_at.is_some()).collect();
        let mut open = Vec::new();
        for at in own {
            let by_id =
                entries.iter().find(|entry| entry.portal_id.as_ref() == Some(&messages[at].portal_id));
            match by_id {
                Some(entry) => messages[at].client_identifier = Some(entry.client_identifier.clone()),
                None => open.push(at),
            }
        }
        let waiting: Vec<&OutboxEntry> = entries.iter().filter(|entry| is_unnamed(entry)).collect();
        let fits: Vec<(usize, usize)> = open
            .iter()
            .flat_map(|at| (0..waiting.len()).map(move |entry| (*at, entry)))
            .filter(|(at, entry)| is_copy(&messages[*at], waiting[*entry]))
            .collect();
        for (at, entry) in &fits {
            let alone = fits.iter().filter(|(a, e)| a == at || e == entry).count() == 1;
            let entry = waiting[*entry];
            if alone {
                messages[*at].client_identifier = Some(entry.client_identifier.clone());
            } else if entry.state == OutboxState::Unknown {
                self.ctx.vault.note_unknown(entry.id, UNCLEAR, self.ctx.clock.now())?;
            }
        }
        Ok(())
    }

    /// Patients to whom what she sent is looked for: all in a sweep, else those to whom this vault sent something of late.
    pub(super) fn patients_written_to(&self, sweep: bool) -> Result<Vec<PortalId>, SyncError> {
        if !self.ctx.portal.capabilities().restricted_messages() {
            return Ok(Vec::new());
        }
        let vault = self.ctx.vault;
        if sweep {
            return Ok(vault.patients()?.into_iter().map(|patient| patient.portal_id).collect());
        }
        let now = self.ctx.clock.now();
        let recent = |entry: &OutboxEntry| entry.attempted_at.is_some_and(|at| now - at < RECENT);
        let mut found = BTreeSet::new();
        for entry in vault.outbox()?.into_iter().filter(recent) {
            found.extend(vault.thread(entry.thread)?.patient.map(|patient| patient.portal_id));
        }
        Ok(found.into_iter().collect())
    }
}

/// Sent, or perhaps sent, and not yet known by an id of the portal's.
fn is_unnamed(entry: &OutboxEntry) -> bool {
    entry.portal_id.is_none() && !matches!(entry.state, OutboxState::Draft)
}

fn is_copy(message: &PortalMessage, entry: &OutboxEntry) -> bool {
    let Some(attempted) = entry.attempted_at else { return false };
    let near = |at: DateTime<Utc>| (at - attempted).abs() <= WINDOW;
    (near(message.sent_at) || near(message.last_updated))
        && words(&message.text).eq(words(&entry.text))
        && recipients(message) == recipients_of(entry)
}

/// Servers change line ends and the space at the end.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

fn recipients(message: &PortalMessage) -> BTreeSet<String> {
    message.recipients.iter().cloned().collect()
}

/// The recipients in the frozen payload.
fn recipients_of(entry: &OutboxEntry) -> BTreeSet<String> {
    let payload: serde_json::Value = serde_json::from_str(&entry.payload).unwrap_or_default();
    let list = payload["recipient"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|one| one["reference"].as_str().map(str::to_owned)).collect()
}

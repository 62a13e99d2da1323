//! The clinician's replies, and what must hold when one of them leaves.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use demo_portal::Control;
use inbox_domain::{ClientIdentifier, Clock, OutboxEntry, OutboxId, OutboxState};
use inbox_vault::Vault;

use crate::clock::Clocks;
use crate::model::Model;

/// A reply that was queued.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) id: OutboxId,
    pub(crate) identifier: ClientIdentifier,
    pub(crate) even_if_newer: bool,
    pub(crate) crisis: bool,
    pub(crate) not_before: Option<DateTime<Utc>>,
    /// When she said "send", by the workstation's clock.
    confirmed: DateTime<Utc>,
    /// Portal ids of the messages that the vault held then.
    seen: HashSet<String>,
    /// Taken back or given up.
    pub(crate) discarded: bool,
    /// It was never on its way.
    pub(crate) untried: bool,
}

/// All of them, in the order in which they were queued.
pub(crate) struct Replies {
    pub(crate) vault: Arc<Vault>,
    pub(crate) control: Control,
    pub(crate) clocks: Clocks,
    pub(crate) list: Vec<Reply>,
    /// The first fill runs: its pages hold no reply.
    pub(crate) filling: bool,
}

impl Replies {
    pub(crate) fn new(vault: Arc<Vault>, control: Control, clocks: Clocks) -> Self {
        Self { vault, control, clocks, list: Vec::new(), filling: true }
    }

    fn stored(&self) -> HashSet<String> {
        self.vault.message_ids().unwrap().into_iter().map(|id| id.0).collect()
    }

    pub(crate) fn queued(&mut self, entry: &OutboxEntry) {
        self.list.push(Reply {
            id: entry.id,
            identifier: entry.client_identifier.clone(),
            even_if_newer: entry.even_if_newer,
            crisis: entry.crisis,
            not_before: entry.not_before,
            confirmed: self.clocks.now(),
            seen: self.stored(),
            discarded: false,
            untried: true,
        });
    }

    pub(crate) fn confirmed(&mut self, id: OutboxId) {
        let (now, seen) = (self.clocks.now(), self.stored());
        if let Some(reply) = self.list.iter_mut().find(|reply| reply.id == id) {
            (reply.confirmed, reply.seen) = (now, seen);
        }
    }

    /// A sync with pages of the first fill is over: what it brought holds nothing.
    pub(crate) fn filled(&mut self) {
        let stored = self.stored();
        self.list.iter_mut().for_each(|reply| reply.seen.extend(stored.iter().cloned()));
    }

    pub(crate) fn copies(&self, reply: &Reply) -> usize {
        self.control.count_identifier("Communication", &reply.identifier.0)
    }

    /// A create is about to arrive: which rule does it break?
    pub(crate) fn check_create(&mut self, model: &Model, body: &[u8]) -> Vec<String> {
        let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let identifier = value["identifier"][0]["value"].as_str().unwrap_or_default().to_owned();
        let Some(at) = self.list.iter().position(|reply| reply.identifier.0 == identifier) else {
            // The header of a new thread leaves before its message.
            let header = self.list.iter().any(|reply| format!("{}-thread", reply.identifier) == identifier);
            return if header { Vec::new() } else { vec![format!("nobody wrote {identifier}")] };
        };
        self.list[at].untried = false;
        let reply = &self.list[at];
        let mut broken = Vec::new();
        if reply.discarded {
            broken.push(format!("{} leaves although she took it back", reply.id));
        }
        let outbox = self.vault.outbox().unwrap();
        let Some(entry) = outbox.iter().find(|entry| entry.id == reply.id) else {
            broken.push(format!("{} leaves and is in no outbox", reply.id));
            return broken;
        };
        if entry.state != OutboxState::Sending {
            broken.push(format!("{} leaves while it is {}", reply.id, entry.state.as_str()));
        }
        broken.extend(self.order(reply, entry, &outbox));
        broken.extend(self.newer(model, reply, entry));
        let waits_since = reply.not_before.map_or(reply.confirmed, |at| at.max(reply.confirmed));
        if self.clocks.now() - waits_since > TimeDelta::hours(24) + TimeDelta::minutes(10) {
            broken.push(format!("{} leaves more than a day after she said so", reply.id));
        }
        // Once its time has come, by the workstation's clock, it leaves also when that clock is set back later.
        let early = |at: DateTime<Utc>| at > self.clocks.now() && at > reply.confirmed && entry.attempts <= 1;
        if reply.not_before.is_some_and(early) {
            broken.push(format!("{} leaves before its time", reply.id));
        }
        broken
    }

    /// Earlier replies of the thread are on the server, or wait for a later time (I7).
    fn order(&self, reply: &Reply, entry: &OutboxEntry, outbox: &[OutboxEntry]) -> Vec<String> {
        let before = outbox.iter().filter(|other| other.thread == entry.thread && other.id.0 < entry.id.0);
        let passed = before.filter(|other| {
            let waits = other.state == OutboxState::Scheduled
                && other.not_before.is_some_and(|at| at > self.clocks.now());
            let on_server = self.control.count_identifier("Communication", &other.client_identifier.0) > 0;
            !on_server && !waits && !reply.crisis
        });
        passed
            .map(|other| format!("{} overtakes {} ({})", reply.id, other.id, other.state.as_str()))
            .collect()
    }

    /// No message of the patient is stored that she had not seen (I8).
    fn newer(&self, model: &Model, reply: &Reply, entry: &OutboxEntry) -> Vec<String> {
        let header = entry.thread_portal_id.as_ref().map(|id| id.0.as_str()).unwrap_or_default();
        if self.filling
            || reply.even_if_newer
            || model.thread_of(header).is_some_and(|thread| thread.has_past)
        {
            return Vec::new();
        }
        let messages = self.vault.messages(entry.thread).unwrap();
        let unseen = messages.iter().filter(|message| {
            message.sender.role.is_patient_side()
                && message.withdrawn_at.is_none()
                && !reply.seen.contains(&message.portal_id.0)
        });
        unseen.map(|message| format!("{} leaves although {} is newer", reply.id, message.portal_id)).collect()
    }
}

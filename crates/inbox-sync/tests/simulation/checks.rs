//! What must hold after each sync, and at the end.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{Clock, OutboxState, PortalId, SyncCursor};
use inbox_sync::{Mode, SyncReport};

use crate::draw::Plan;
use crate::model::{Message, Model};
use crate::wire::{Shared, held};
use crate::world::{Ended, World};

/// A commit that becomes visible later than this is caught by a sweep or a reconcile only (I3).
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// What a sweep reaches back.
const SWEEP: TimeDelta = TimeDelta::minutes(60);
/// How far the cursor stays behind the server's clock, less the second that its `Date` leaves out.
const MARGIN: TimeDelta = TimeDelta::seconds(29);

impl World {
    /// A sync with its plan, and all that must hold after it.
    pub(crate) async fn sync_and_check(&mut self, plan: Plan) {
        let mode = plan.mode;
        let disturbed = self.faulty
            || self.clocks.server() < self.closed_until
            || !plan.faults.is_empty()
            || plan.offline.is_some()
            || plan.breaks.is_some()
            || plan.cancel.is_some();
        let links = std::mem::take(&mut held(&self.shared).model.links_expired)
            || plan.during.iter().any(|(_, act)| matches!(act, crate::draw::Act::LinksExpire));
        let before = self.vault.cursor().unwrap();
        let began = self.clocks.server();
        let waiting = self.states();
        held(&self.shared).replies.filling = !before.first_fill_done;
        let ended = self.sync(plan).await;
        if !before.first_fill_done {
            held(&self.shared).replies.filled();
        }
        let after = self.vault.cursor().unwrap();
        let mut broken = self.check_cursor(&before, &after);
        match ended {
            Ended::Done(Ok(report)) => {
                broken.extend(self.check_complete(began, &before, &after, mode));
                broken.extend(self.check_report(&report, &waiting));
            }
            Ended::Done(Err(failure)) => {
                if !disturbed && !links {
                    broken.push(format!("{} without a reason", failure.code()));
                }
                // What the vault could not count, the report cannot say.
                if !self.faulty {
                    broken.extend(self.check_report(&failure.report, &waiting));
                }
            }
            Ended::Crashed => {}
        }
        broken.extend(self.check_replies());
        held(&self.shared).broken.extend(broken);
    }

    fn states(&self) -> HashMap<i64, OutboxState> {
        self.vault.outbox().unwrap().into_iter().map(|entry| (entry.id.0, entry.state)).collect()
    }

    fn check_cursor(&self, before: &SyncCursor, after: &SyncCursor) -> Vec<String> {
        let mut broken = Vec::new();
        if after.complete_until < before.complete_until || after.last_sweep < before.last_sweep {
            broken.push(format!("the cursor went back: {before:?} {after:?}"));
        }
        if before.first_fill_done && !after.first_fill_done {
            broken.push("the first fill was forgotten".to_owned());
        }
        if after.complete_until.is_some_and(|until| until > self.clocks.server() - MARGIN) {
            broken.push(format!("the cursor is ahead of the server: {after:?}"));
        }
        broken
    }

    /// After a sync that says it succeeded.
    fn check_complete(
        &self,
        began: DateTime<Utc>,
        before: &SyncCursor,
        after: &SyncCursor,
        mode: Mode,
    ) -> Vec<String> {
        let shared = held(&self.shared);
        let model = &shared.model;
        let full = mode == Mode::Full || !before.first_fill_done;
        let swept = after.last_sweep > before.last_sweep;
        let must = |message: &&Message| {
            let Some(shown) = model.shown_since(message).filter(|shown| *shown <= began) else {
                return false;
            };
            let late = message.seen_at.unwrap_or(shown) - message.stamp;
            let reached = before.complete_until.is_none_or(|until| message.stamp >= until - SWEEP);
            !message.deleted
                && !message.wrong_subject
                && (full
                    || late <= OVERLAP
                    || (swept && shown == message.seen_at.unwrap_or(shown) && reached))
        };
        let due: Vec<&Message> = model.messages.iter().filter(must).collect();
        let ids: Vec<PortalId> = due.iter().map(|message| PortalId(message.id.clone())).collect();
        let stored = self.vault.known_versions(&ids).unwrap();
        let is_current = |message: &&&Message| {
            // Or the version that her own read mark has made since.
            let marked = || {
                let value = self.portal.control().resource("Communication", &message.id).unwrap_or_default();
                value["meta"]["versionId"].as_str().unwrap_or_default().to_owned()
            };
            stored
                .get(&PortalId(message.id.clone()))
                .is_some_and(|version| *version == message.version || *version == marked())
        };
        let missing = due.iter().filter(|message| !is_current(message));
        let mut broken: Vec<String> = missing
            .map(|message| format!("missing after a sync that began {began}: {message:?}, cursor {before:?}"))
            .collect();
        broken.extend(self.check_nothing_else(model, &shared));
        broken
    }

    /// Nothing stands in the vault that she may not see.
    fn check_nothing_else(&self, model: &Model, shared: &Shared) -> Vec<String> {
        let ours: HashSet<&str> =
            shared.replies.list.iter().map(|reply| reply.identifier.0.as_str()).collect();
        let foreign = |id: &PortalId| match model.message(&id.0) {
            Some(message) => model.shown_since(message).is_none() || message.wrong_subject,
            None => {
                let value = self.portal.control().resource("Communication", &id.0).unwrap_or_default();
                !ours.contains(value["identifier"][0]["value"].as_str().unwrap_or_default())
            }
        };
        let stored = self.vault.message_ids().unwrap();
        stored.iter().filter(|id| foreign(id)).map(|id| format!("{id} is not hers to see")).collect()
    }

    /// The report says what the outbox says.
    fn check_report(&self, report: &SyncReport, before: &HashMap<i64, OutboxState>) -> Vec<String> {
        let outbox = self.vault.outbox().unwrap();
        let now = |state: OutboxState| outbox.iter().filter(|entry| entry.state == state).count() as u64;
        let pending = outbox.iter().filter(|entry| entry.state.is_pending()).count() as u64;
        let became = |state: OutboxState| {
            let new = |id: &i64| before.get(id) != Some(&state);
            outbox.iter().filter(|entry| entry.state == state && new(&entry.id.0)).count() as u64
        };
        let mut broken = Vec::new();
        let mut same = |what: &str, said: u64, is: u64| {
            if said != is {
                broken.push(format!("the report says {what} {said}, the outbox {is}"));
            }
        };
        same("unknown", report.unknown, now(OutboxState::Unknown));
        same("pending", report.pending, pending);
        same("sent", report.sent, became(OutboxState::Sent));
        same("failed", report.failed, became(OutboxState::Failed));
        same("held", report.held.len() as u64, became(OutboxState::Held));
        broken
    }

    /// Each reply is on the server at most once, and exactly once where it is said to be sent.
    fn check_replies(&self) -> Vec<String> {
        let shared = held(&self.shared);
        let states = self.states();
        let mut broken = Vec::new();
        for reply in &shared.replies.list {
            let copies = shared.replies.copies(reply);
            let state = states.get(&reply.id.0);
            if copies > 1 {
                broken.push(format!("{} is on the server {copies} times", reply.id));
            }
            if copies == 0 && state == Some(&OutboxState::Sent) {
                broken.push(format!("{} is said to be sent and is not", reply.id));
            }
            if copies > 0 && reply.untried {
                broken.push(format!("{} is on the server and was never on its way", reply.id));
            }
            if !reply.discarded && state.is_none() {
                broken.push(format!("{} is lost from the outbox", reply.id));
            }
        }
        broken
    }

    /// Everything calms down: then the vault is the server, and every reply is there.
    pub(crate) async fn finish(&mut self) {
        self.clocks.correct();
        let last = held(&self.shared).model.last_due();
        let wait = last.map_or(TimeDelta::zero(), |due| due - self.clocks.server()) + TimeDelta::minutes(1);
        tokio::time::sleep(wait.to_std().unwrap_or(Duration::from_secs(60))).await;
        held(&self.shared).model.commit_due();
        for _ in 0..40 {
            for entry in self.vault.outbox().unwrap() {
                if matches!(entry.state, OutboxState::Held | OutboxState::Failed) {
                    self.vault.resolve(entry.id, true, self.clocks.now()).unwrap();
                    held(&self.shared).replies.confirmed(entry.id);
                }
            }
            self.sync_and_check(Plan::quiet(Mode::Full)).await;
            let outbox = self.vault.outbox().unwrap();
            let next = outbox.iter().filter(|entry| entry.state.is_pending()).map(|entry| entry.not_before);
            match next.max() {
                None => break,
                Some(at) => {
                    let wait = at.map(|at| at - self.clocks.now()).and_then(|wait| wait.to_std().ok());
                    tokio::time::sleep(wait.unwrap_or_default() + Duration::from_secs(1)).await;
                }
            }
        }
        self.counts.messages = held(&self.shared).model.messages.len() as u64;
        let broken = self.check_end();
        held(&self.shared).broken.extend(broken);
    }

    fn check_end(&self) -> Vec<String> {
        let shared = held(&self.shared);
        let (model, states) = (&shared.model, self.states());
        let mut broken = Vec::new();
        for reply in shared.replies.list.iter().filter(|reply| !reply.discarded) {
            let (state, copies) = (states.get(&reply.id.0), shared.replies.copies(reply));
            if state != Some(&OutboxState::Sent) || copies != 1 {
                broken.push(format!("at the end {} is {state:?}, {copies} on the server", reply.id));
            }
        }
        let (mut texts, mut withdrawn) = (HashMap::new(), HashSet::new());
        for thread in self.vault.list_threads(None, None, 0, 1000, self.clocks.now()).unwrap().rows {
            for message in self.vault.messages(thread.id).unwrap() {
                if message.withdrawn_at.is_some() {
                    withdrawn.insert(message.portal_id.0.clone());
                }
                texts.insert(message.portal_id.0, message.text);
            }
        }
        let quarantined: HashSet<String> =
            self.vault.quarantine().unwrap().into_iter().map(|row| row.portal_id).collect();
        for message in model.messages.iter().filter(|message| model.shown_since(message).is_some()) {
            let gone = message.deleted || message.voided;
            let wrong = if message.wrong_subject {
                !quarantined.contains(&message.id) || texts.contains_key(&message.id)
            } else if gone {
                texts.contains_key(&message.id) && !withdrawn.contains(&message.id)
            } else {
                texts.get(&message.id) != Some(&message.text) || withdrawn.contains(&message.id)
            };
            if wrong {
                broken.push(format!("at the end {message:?} is {:?}", texts.get(&message.id)));
            }
        }
        broken.extend(self.check_nothing_else(model, &shared));
        let verified = self.vault.verify().unwrap();
        if !verified.ok {
            broken.push(format!("the vault is damaged: {:?}", verified.problems));
        }
        broken
    }
}

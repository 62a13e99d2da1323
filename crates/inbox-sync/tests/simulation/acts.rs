//! The acts of the clinician, of time and of the workstation; what others do is the model's.

use std::time::Duration;

use chrono::TimeDelta;
use inbox_domain::{Clock, OutboxDraft, OutboxEntry, OutboxState, PortalId, ThreadId};
use inbox_sync::enqueue_reply;

use crate::draw::Act;
use crate::wire::held;
use crate::world::World;

impl World {
    /// Performs one act; what must not be is noted in `broken`.
    pub(crate) async fn act(&mut self, act: &Act) {
        held(&self.shared).model.commit_due();
        match act {
            Act::Syncs(plan) => self.sync_and_check(plan.clone()).await,
            Act::Passes { seconds } => {
                tokio::time::sleep(Duration::from_secs(u64::from(*seconds))).await;
            }
            Act::Jumps { seconds } => self.clocks.jump(*seconds),
            Act::Replies { thread, even_if_newer, crisis, later } => {
                if let Some(thread) = self.a_thread(*thread) {
                    self.queue(OutboxDraft {
                        thread: Some(thread),
                        even_if_newer: *even_if_newer,
                        crisis: *crisis,
                        not_before: (*later > 0)
                            .then(|| self.clocks.now() + TimeDelta::seconds(i64::from(*later))),
                        ..draft()
                    });
                }
            }
            Act::Begins { patient } => {
                let patient = held(&self.shared).model.patient(*patient).to_owned();
                let topic = "From the practice".to_owned();
                self.queue(OutboxDraft { patient: Some(PortalId(patient)), topic, ..draft() });
            }
            Act::Resolves { entry, send } => self.resolves(*entry, *send),
            Act::Undoes { entry } => self.undoes(*entry),
            Act::Reads { thread } => {
                if let Some(thread) = self.a_thread(*thread) {
                    self.vault.mark_read(thread, self.clocks.now()).unwrap();
                    let unread = self.vault.messages(thread).unwrap().iter().any(|message| {
                        message.sender.role.is_patient_side()
                            && !message.read
                            && message.withdrawn_at.is_none()
                    });
                    if unread {
                        held(&self.shared).broken.push(format!("{thread} stays unread"));
                    }
                }
            }
            other => held(&self.shared).model.act(other),
        }
        held(&self.shared).model.commit_due();
    }

    fn a_thread(&self, number: u32) -> Option<ThreadId> {
        let rows = self.vault.list_threads(None, None, 0, 100, self.clocks.now()).unwrap().rows;
        // Mostly the newest: there replies and messages meet.
        let recent = &rows[..rows.len().min(4)];
        (!recent.is_empty()).then(|| recent[number as usize % recent.len()].id)
    }

    fn queue(&mut self, draft: OutboxDraft) {
        match enqueue_reply(&self.vault, draft, self.clocks.now()) {
            Ok(entry) => {
                self.counts.replies += 1;
                held(&self.shared).replies.queued(&entry);
            }
            // Not queued, or queued without a word: the outbox says which.
            Err(_) if self.faulty => {
                let outbox = self.vault.outbox().unwrap();
                let mut shared = held(&self.shared);
                let new = |entry: &&OutboxEntry| shared.replies.list.iter().all(|reply| reply.id != entry.id);
                if let Some(entry) = outbox.iter().find(new).cloned() {
                    shared.replies.queued(&entry);
                }
            }
            Err(error) => held(&self.shared).broken.push(format!("a reply is not queued: {error}")),
        }
    }

    fn resolves(&mut self, number: u32, send: bool) {
        let outbox = self.vault.outbox().unwrap();
        let stuck: Vec<_> = outbox
            .iter()
            .filter(|entry| {
                matches!(entry.state, OutboxState::Held | OutboxState::Failed | OutboxState::Unknown)
            })
            .collect();
        if stuck.is_empty() {
            return;
        }
        let entry = stuck[number as usize % stuck.len()];
        // Nobody can know of an unknown entry but the portal; sending it again is what sync does by itself.
        if entry.state == OutboxState::Unknown && send {
            return;
        }
        self.vault.resolve(entry.id, send, self.clocks.now()).unwrap();
        let mut shared = held(&self.shared);
        if send {
            shared.replies.confirmed(entry.id);
        } else if let Some(reply) = shared.replies.list.iter_mut().find(|reply| reply.id == entry.id) {
            reply.discarded = true;
        }
    }

    fn undoes(&mut self, number: u32) {
        let outbox = self.vault.outbox().unwrap();
        let waiting: Vec<_> = outbox
            .iter()
            .filter(|entry| {
                matches!(entry.state, OutboxState::Queued | OutboxState::Scheduled | OutboxState::Held)
            })
            .collect();
        if waiting.is_empty() {
            return;
        }
        let id = waiting[number as usize % waiting.len()].id;
        self.vault.undo(id, self.clocks.now()).unwrap();
        if let Some(reply) = held(&self.shared).replies.list.iter_mut().find(|reply| reply.id == id) {
            reply.discarded = true;
        }
    }
}

fn draft() -> OutboxDraft {
    OutboxDraft {
        thread: None,
        patient: None,
        topic: String::new(),
        text: "An answer.".to_owned(),
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    }
}

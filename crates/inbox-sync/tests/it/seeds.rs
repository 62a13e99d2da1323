//! Random acts and faults from a seed: whatever happens, in the end the vault has what the server shows her, and each
//! reply is on the server once.

use demo_portal::{FAULT_KINDS, Fault};
use inbox_domain::{OutboxEntry, OutboxState};
use inbox_sync::Mode;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::rig::Rig;

const SEEDS: u64 = 12;
const STEPS: usize = 25;

struct Case {
    rig: Rig,
    random: ChaCha8Rng,
    messages: Vec<String>,
    threads: Vec<String>,
    replies: Vec<OutboxEntry>,
}

impl Case {
    fn step(&mut self) {
        match self.random.random_range(0..6) {
            0 | 1 => {
                let (id, thread) = self.rig.patient_writes("A few words.");
                self.messages.push(id);
                self.threads.push(thread);
            }
            2 => self.reply(),
            3 => {
                let kind = FAULT_KINDS[self.random.random_range(0..FAULT_KINDS.len())];
                let fault = Fault {
                    skip: self.random.random_range(0..4),
                    delay_ms: 50,
                    retry_after: 1,
                    ..Fault::new(kind)
                };
                let method = if self.random.random_bool(0.5) { "POST" } else { "GET" };
                let fault = fault.on(method, "Communication");
                self.rig.control().add_fault(if self.random.random_bool(0.5) {
                    fault.after_commit()
                } else {
                    fault
                });
            }
            4 => {
                if let Some(id) = self.messages.pop() {
                    let _ = self.rig.control().void_message(&id);
                }
            }
            _ => {
                if let Some(id) = self.messages.pop() {
                    let _ = self.rig.control().delete("Communication", &id);
                }
            }
        }
    }

    fn reply(&mut self) {
        let Some(thread) = self.threads.last() else { return };
        let stored = self.rig.vault.thread_by_portal_id(&thread.as_str().into()).unwrap();
        if stored.is_some() {
            self.replies.push(self.rig.reply_draft(thread, "An answer.", true));
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_sent_twice() {
    for seed in 0..SEEDS {
        let rig = Rig::empty().await;
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut case = Case { rig, random, messages: Vec::new(), threads: Vec::new(), replies: Vec::new() };
        let mut until = None;
        for _ in 0..STEPS {
            case.step();
            let mode = if case.random.random_bool(0.2) { Mode::Full } else { Mode::Incremental };
            let _ = case.rig.try_sync(mode).await;
            let now = case.rig.vault.cursor().unwrap().complete_until;
            assert!(now >= until, "seed {seed}: the cursor went back");
            until = now;
            for reply in &case.replies {
                assert!(case.rig.copies(reply) <= 1, "seed {seed}: sent twice");
                let state = case.rig.entry(reply).state;
                assert!(
                    state != OutboxState::Sent || case.rig.copies(reply) == 1,
                    "seed {seed}: said sent and was not"
                );
            }
        }
        case.rig.control().clear_faults();
        for reply in &case.replies {
            if case.rig.entry(reply).state == OutboxState::Failed {
                case.rig.vault.resolve(reply.id, true, chrono::Utc::now()).unwrap();
            }
        }
        for _ in 0..3 {
            case.rig.sync_full().await;
        }
        case.rig.assert_complete(&format!("seed {seed}"));
        for reply in &case.replies {
            assert_eq!(case.rig.copies(reply), 1, "seed {seed}");
            assert_eq!(case.rig.entry(reply).state, OutboxState::Sent, "seed {seed}");
        }
        case.rig.assert_healthy();
    }
}

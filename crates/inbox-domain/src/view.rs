//! The named views of the inbox. Each is one predicate, with the same name in the app and in `threads --view`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::case::CaseState;
use crate::flag::Tier;
use crate::thread::{ThreadFacts, ThreadStatus};

/// A view of the inbox (DESIGN.md, "Rules that keep an alarm an alarm").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Open flags and unchecked unread, by tier, then oldest.
    NeedsAttention,
    /// Last message from the patient's side, unanswered, not snoozed, not closed.
    WaitingForMe,
    /// Open, holding an unread after-hours message.
    AfterHours,
    /// Holding an unread message without a flag.
    UnflaggedUnread,
    /// Open, last message ours.
    WaitingForPatient,
    /// Hidden until a time that has not come.
    Snoozed,
    /// Replies that wait, were stopped, failed or were sent from here.
    SentAndScheduled,
    /// Closed.
    Closed,
}

impl View {
    /// All views in the order of the sidebar.
    pub const ALL: [Self; 8] = [
        Self::NeedsAttention,
        Self::WaitingForMe,
        Self::AfterHours,
        Self::UnflaggedUnread,
        Self::WaitingForPatient,
        Self::Snoozed,
        Self::SentAndScheduled,
        Self::Closed,
    ];

    /// The name in `threads --view`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NeedsAttention => "needs-attention",
            Self::WaitingForMe => "waiting-for-me",
            Self::AfterHours => "after-hours",
            Self::UnflaggedUnread => "unflagged-unread",
            Self::WaitingForPatient => "waiting-for-patient",
            Self::Snoozed => "snoozed",
            Self::SentAndScheduled => "sent-and-scheduled",
            Self::Closed => "closed",
        }
    }

    /// The view of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// Whether a thread with these facts stands in the view at `now`. The vault's SQL is tested against this.
    pub fn holds(self, thread: &ThreadFacts, now: DateTime<Utc>) -> bool {
        let open = thread.status == ThreadStatus::Open;
        let snoozed = thread.snoozed_until.is_some_and(|until| until > now);
        let case_open = thread.case.is_some_and(|state| state != CaseState::Closed);
        match self {
            Self::NeedsAttention => thread.open_tier > Tier::None || thread.unread_unchecked > 0 || case_open,
            Self::WaitingForMe => open && !snoozed && thread.last_from_patient && !thread.answered_here,
            Self::AfterHours => open && thread.unread_after_hours > 0,
            Self::UnflaggedUnread => thread.unread_unflagged > 0,
            Self::WaitingForPatient => {
                open && !snoozed && (!thread.last_from_patient || thread.answered_here)
            }
            Self::Snoozed => open && snoozed,
            Self::SentAndScheduled => thread.outbox_waiting > 0 || thread.answered_here,
            Self::Closed => !open,
        }
    }
}

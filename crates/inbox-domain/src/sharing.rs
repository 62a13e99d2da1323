//! What several clinicians share through the portal: who has a thread, what was read, who can read it too.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{ActId, MessageId, PortalId, ThreadId};

/// What an act of the clinician tells the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ActKind {
    /// She has read a message.
    Read,
    /// She has the thread.
    Claim,
    /// She has it no more.
    Release,
    /// Its work is done.
    Done,
    /// A colleague can read it too.
    Handover,
}

impl ActKind {
    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Done => "done",
            Self::Handover => "handover",
        }
    }

    /// Whether it waits for the next opening when it was done outside hours, unless its case is open (DESIGN.md, "Reading
    /// at night is not shown"). Handing over is meant to be seen at once.
    pub fn waits_for_hours(self) -> bool {
        self != Self::Handover
    }
}

/// How far an act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ActState {
    /// To be written to the portal.
    Queued,
    /// The portal acknowledged it.
    Done,
    /// The portal does not allow it, or a colleague was faster.
    Refused,
}

/// An act to be written to the portal that is no message. Messages wait in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalAct {
    /// Id in this vault.
    pub id: ActId,
    /// What it tells.
    pub kind: ActKind,
    /// The thread.
    pub thread: ThreadId,
    /// The thread's header on the portal, if it has one.
    pub header: Option<PortalId>,
    /// The message read.
    pub message: Option<MessageId>,
    /// The colleague to whom the thread is handed over, or from whom it is knowingly taken over (`Practitioner/ID`).
    pub colleague: Option<String>,
    /// How far it has come.
    pub state: ActState,
    /// When the clinician did it, on this workstation's clock.
    pub acted_at: DateTime<Utc>,
    /// Not tried again before.
    pub not_before: Option<DateTime<Utc>>,
    /// Attempts so far; counted before each, so that a process that died in one has left its trace.
    pub attempts: u32,
    /// Why it was refused, or could not be written yet.
    pub error: Option<String>,
}

/// What the portal says about a thread's shared work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ClaimState {
    /// Nobody has it.
    Free,
    /// Somebody has it.
    Claimed,
    /// Its work is done.
    Done,
}

impl ClaimState {
    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Claimed => "claimed",
            Self::Done => "done",
        }
    }
}

/// A thread's shared work as received from the portal. It says who has the thread, and nothing about risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalClaim {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// Version, opaque.
    pub version: String,
    /// Last change in the server's clock.
    pub last_updated: DateTime<Utc>,
    /// The thread's header.
    pub header: PortalId,
    /// Who has it, or had it when it was done (`Practitioner/ID`).
    pub owner: Option<String>,
    /// Free, claimed or done.
    pub state: ClaimState,
    /// Since when, in the server's clock: never later than the version that first said so.
    pub claimed_at: DateTime<Utc>,
    /// Since when, as its holder wrote: two claims of one holder differ by it.
    pub began: Option<DateTime<Utc>>,
    /// The resource as received.
    pub raw: String,
}

impl PortalClaim {
    /// Whether `reference` has the thread.
    pub fn is_held_by(&self, reference: &str) -> bool {
        self.state == ClaimState::Claimed && self.owner.as_deref() == Some(reference)
    }

    /// Whether somebody else than `reference` has the thread.
    pub fn is_held_by_another(&self, reference: &str) -> bool {
        self.state == ClaimState::Claimed && self.owner.as_deref() != Some(reference)
    }
}

/// Which of several counts for one thread, on every workstation alike: a claim before the others, of two claims the
/// earlier, then the smaller id. Two appear where a server lets a race through.
pub fn counting_claim<'c>(claims: impl IntoIterator<Item = &'c PortalClaim>) -> Option<&'c PortalClaim> {
    claims.into_iter().min_by_key(|claim| {
        let rank = match claim.state {
            ClaimState::Claimed => 0,
            ClaimState::Done => 1,
            ClaimState::Free => 2,
        };
        (rank, claim.claimed_at, claim.portal_id.clone())
    })
}

/// The clinician covers for an absent colleague: her vault follows the colleague's threads on these days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covering {
    /// The absent colleague (`Practitioner/ID`).
    pub practitioner: String,
    /// First day, in the clinic's zone.
    pub from: NaiveDate,
    /// Last day, in the clinic's zone.
    pub to: NaiveDate,
}

impl Covering {
    /// Whether it holds at `now` in the clinic's zone.
    pub fn holds(&self, now: DateTime<Utc>, zone: Tz) -> bool {
        (self.from..=self.to).contains(&now.with_timezone(&zone).date_naive())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn a_cover_holds_on_its_days_in_the_clinics_zone() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let cover = Covering { practitioner: "Practitioner/x".into(), from: day(20), to: day(21) };
        let at = |d, h, m| Utc.with_ymd_and_hms(2026, 11, d, h, m, 0).unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        assert!(!cover.holds(at(19, 22, 59), berlin) && cover.holds(at(19, 23, 0), berlin));
        assert!(cover.holds(at(21, 22, 59), berlin) && !cover.holds(at(21, 23, 0), berlin));
    }

    #[test]
    fn of_two_claims_the_earlier_counts_and_of_two_at_once_the_smaller_id() {
        let at = |minute| Utc.with_ymd_and_hms(2026, 11, 20, 9, minute, 0).unwrap();
        let claim = |id: &str, state, minute| PortalClaim {
            portal_id: id.into(),
            version: "1".into(),
            last_updated: at(minute),
            header: "h".into(),
            owner: Some(format!("Practitioner/{id}")),
            state,
            claimed_at: at(minute),
            began: None,
            raw: String::new(),
        };
        let counting = |claims: &[PortalClaim]| {
            let mut backwards = claims.to_vec();
            backwards.reverse();
            assert_eq!(counting_claim(claims), counting_claim(&backwards), "in whatever order they come");
            counting_claim(claims).map(|claim| claim.portal_id.0.clone())
        };
        let claimed = ClaimState::Claimed;
        assert_eq!(counting(&[claim("b", claimed, 3), claim("a", claimed, 7)]).as_deref(), Some("b"));
        assert_eq!(counting(&[claim("b", claimed, 3), claim("a", claimed, 3)]).as_deref(), Some("a"));
        assert_eq!(
            counting(&[claim("a", ClaimState::Done, 1), claim("b", claimed, 9)]).as_deref(),
            Some("b")
        );
        assert_eq!(counting(&[]), None);
    }
}

//! The work that a flag of tier urgent or emergency opens.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::flag::Tier;

/// State of a case (CLI.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum CaseState {
    /// Nobody has acknowledged it.
    New,
    /// Somebody has seen it.
    Acknowledged,
    /// Steps are being done.
    InWork,
    /// Waiting for the patient or a colleague.
    Waiting,
    /// A colleague took it.
    HandedOver,
    /// Closed with an outcome.
    Closed,
}

impl CaseState {
    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Acknowledged => "acknowledged",
            Self::InWork => "in-work",
            Self::Waiting => "waiting",
            Self::HandedOver => "handed-over",
            Self::Closed => "closed",
        }
    }

    /// The state of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::New, Self::Acknowledged, Self::InWork, Self::Waiting, Self::HandedOver, Self::Closed]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// Outcome of one contact attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// Nobody answered.
    NoAnswer,
    /// The patient was reached.
    Reached,
}

/// State of a checklist step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not yet.
    Open,
    /// Done.
    Done,
    /// Not done, with a reason.
    Skipped,
}

/// Number of steps of a case's checklist (CLINICAL.md, "Checklist of a case").
pub const CHECKLIST_STEPS: u8 = 12;

/// Inbound messages older than this open no case on a first fill or a re-triage (DESIGN.md, "No storm from the past").
pub fn backlog_limit() -> Duration {
    Duration::days(14)
}

/// By when a case of this tier must be acknowledged, counted on the wall clock from `from`: 15 minutes for an
/// emergency, 2 hours for urgent.
pub fn acknowledge_by(tier: Tier, from: DateTime<Utc>) -> DateTime<Utc> {
    match tier {
        Tier::Emergency => from + Duration::minutes(15),
        _ => from + Duration::hours(2),
    }
}

/// Whether an inbound message with a counting flag of `tier` opens a case. `backlog` is true for pages of a first fill
/// and for a re-triage.
pub fn opens_case(
    tier: Tier,
    backlog: bool,
    answered: bool,
    sent_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> bool {
    tier.opens_case() && (!backlog || (!answered && now - sent_at < backlog_limit()))
}

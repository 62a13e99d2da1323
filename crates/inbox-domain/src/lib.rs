//! Words and rules of Anteroom without I/O.
//!
//! Every term of DESIGN.md's vocabulary has its type here and keeps its name in SQL, Rust, TypeScript and
//! translations. This crate depends on no other crate of the workspace, opens no file and no socket, and reads no
//! clock but the one handed to it.

pub mod batch;
pub mod case;
pub mod clock;
pub mod flag;
pub mod hours;
pub mod ids;
pub mod message;
pub mod outbox;
pub mod people;
pub mod search;
pub mod sharing;
pub mod thread;
pub mod view;

pub use batch::{ApplyReport, Batch, Judged, Judgement, Quarantined, SyncCursor, Withdrawal};
pub use case::{AttemptOutcome, CaseState, StepState};
pub use clock::{Clock, FixedClock, SystemClock, format_instant};
pub use flag::{Category, Checked, ContextMark, Flag, MessageFunction, NotCheckedReason, Tier, Triaged};
pub use hours::{AfterHoursReason, AvailabilityHours, DutyState, HoursProblem, HoursVerdict};
pub use ids::{ActId, CaseId, ClientIdentifier, FlagId, MessageId, OutboxId, PatientId, PortalId, ThreadId};
pub use message::{Attachment, Delivered, Mark, PortalMessage, Sender, SenderRole, SentPrecision, ThreadKey};
pub use outbox::{OutboxDraft, OutboxEntry, OutboxState};
pub use people::{Contact, PortalPatient, PortalPractitioner, PortalProxy};
pub use search::{SearchProblem, SearchRequest};
pub use sharing::{ActKind, ActState, ClaimState, Covering, PortalAct, PortalClaim, counting_claim};
pub use thread::{PortalThread, ThreadFacts, ThreadStatus};
pub use view::View;

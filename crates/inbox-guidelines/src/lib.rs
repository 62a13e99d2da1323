//! The clinic's guideline: responses with slots, the checklist of a case, the directory of crisis lines.
//!
//! Content is data: one TOML file a response, in each language under the same id. It is embedded at build time
//! ([`Guidelines::builtin`]) or read from a clinic's folder ([`Guidelines::load`]). Nothing here is sent; [`check_text`]
//! says what stands against sending. The rules and their sources are those of CLINICAL.md.

mod builtin {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}
mod check_text;
mod directory;
mod lines;
mod model;
mod parse;
mod report;
mod slots;
#[cfg(test)]
mod tests;
mod words;

pub use check_text::{PersonName, TextCheck, TextProblem, TextProblemCode, check_text};
pub use directory::Guidelines;
pub use lines::{CrisisLine, CrisisLines, VERIFIED_FOR_DAYS, country_code};
pub use model::{Address, ChecklistStep, Language, Localised, Response, Series, SlotKind};
pub use report::{CheckProblem, CheckReport, ProblemCode, check, check_builtin};
pub use slots::{Cover, FilledSlot, SlotContext, fill, propose};
pub use words::moment;

//! Crisis language in patient messages: text in, explained flags out.
//!
//! The engine is pure: no clock, no network, no panic on any text. What it knows about language lies in data files
//! (`assets/lexicon/{en,de}`), embedded at build time and compiled once. A flag is a phrase, a rule and a context that
//! a clinician can check at a glance; there is no score, and no flag never means safe (CLINICAL.md, "Principles").
//!
//! The way of a text: `normalise` (folded words with offsets) -> `matcher` (patterns of the lexicon, by sentence) ->
//! `context` (how each phrase is to be read) -> `combine` (frames, combinations, one flag for one concern).

mod builtin;
pub mod clinic;
mod combine;
mod context;
pub mod engine;
mod escalation;
pub mod evaluate;
mod evidence;
mod functions;
mod lexicon;
mod likely;
mod matcher;
pub mod ndjson;
mod normalise;
mod parted;
mod text;

pub use engine::{ClinicFile, ContextMessage, Engine, LearningView, RuleText, TriageInput};
pub use lexicon::LexiconError;

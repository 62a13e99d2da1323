//! Crisis language in patient messages: text in, explained flags out.
//!
//! The engine is pure: no clock, no file, no network, no panic. What it knows about language lies in data files
//! (`assets/lexicon/{en,de}`), embedded at build time and compiled once. A flag is a phrase, a rule and a context that
//! a clinician can check at a glance; there is no score, and no flag never means safe (CLINICAL.md, "Principles").

pub mod engine;
pub mod evaluate;
pub mod ndjson;

pub use engine::{ContextMessage, Engine, RuleText, TriageInput};

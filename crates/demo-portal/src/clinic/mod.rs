//! The sample clinic: who is there, and what has been written so far.
//!
//! Its structure is that of a 2025 study of secure messaging in three psychiatric outpatient clinics (JMIR Form Res
//! 2025;9:e63713): 38 patients, 4 psychiatrists, 274 messages, of which 61 initial notes, 122 patient responses and 91
//! replies. Larger clinics add to it. Everything follows from the seed and from `now`.

pub(crate) mod arrivals;
mod large;
mod people;
pub(crate) mod resource;
mod script;
mod stage;

use chrono::{DateTime, Utc};

use crate::options::Options;
use crate::store::Store;

pub(crate) use people::practitioner_ids;

/// Fills an empty store.
pub(crate) fn build(store: &mut Store, options: &Options, now: DateTime<Utc>) {
    let people = people::People::load();
    people.put(store, now);
    let mut events = Vec::new();
    let mut stage = stage::Stage::new(&people, options, now);
    let scripts = script::load();
    let wanted = options.messages;
    let sample: usize = scripts.iter().map(|thread| thread.lines.len()).sum();
    if wanted >= sample {
        for (n, thread) in scripts.iter().enumerate() {
            stage.play(n, thread, &mut events);
        }
    }
    let done: usize = if wanted >= sample { sample } else { 0 };
    if wanted > done || options.patients > people.patients.len() {
        large::add(&mut stage, store, wanted - done, &mut events);
    }
    // Resources enter in the order of their instants, as they would have been written.
    events.sort_by_key(|event| event.at);
    for event in events {
        let at = store.reserve(event.at);
        let (kind, id) = (event.kind, event.id.clone());
        store.put(kind, &id, event.make(options), at);
    }
}

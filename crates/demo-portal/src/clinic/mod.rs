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
mod stock;

use chrono::{DateTime, Utc};

use crate::options::Options;
use crate::store::Store;

/// Fills an empty store and answers the ids of its practitioners, the first one first.
pub(crate) fn build(store: &mut Store, options: &Options, now: DateTime<Utc>) -> Vec<String> {
    let mut people = people::People::load();
    people.more_practitioners(options.practitioners);
    large::more_patients(&mut people, options.patients, options.seed);
    people.put(store, now);
    let stage = stage::Stage::new(&people, options.seed, now);
    let scripts = script::load();
    let sample: usize = scripts.iter().map(|thread| thread.lines.len()).sum();
    let mut events = Vec::new();
    let mut missing = options.messages;
    // Fewer messages than the sample clinic's are generated, so that no thread is cut.
    if missing >= sample {
        missing -= sample;
        for (n, thread) in scripts.iter().enumerate() {
            stage.play(n, thread, &mut events);
        }
    }
    let plan = large::Plan::new(&stage, missing);
    write(store, options, &stage, events, plan);
    people.practitioners.iter().map(|one| one.id.clone()).collect()
}

/// Stores resources in the order of their instants, as they would have been written.
fn write(
    store: &mut Store,
    options: &Options,
    stage: &stage::Stage<'_>,
    mut events: Vec<stage::Event>,
    mut plan: large::Plan,
) {
    events.sort_by_key(|event| event.at);
    let mut events = events.into_iter().peekable();
    let mut n = 0;
    loop {
        let planned = plan.at(n).unwrap_or(i64::MAX);
        if let Some(event) = events.next_if(|event| event.at <= planned) {
            let (kind, id) = (event.kind, event.id.clone());
            let at = store.reserve(event.at);
            store.put(kind, &id, event.make(options), at);
        } else if let Some(planned) = plan.make(stage, n) {
            let mut value = planned.value;
            if options.quirks.restricted_messages {
                crate::rules::restrict(&mut value, &crate::dates::text_ms(planned.at));
            }
            let at = store.reserve(planned.at);
            store.put("Communication", &planned.id, value, at);
            n += 1;
        } else {
            return;
        }
    }
}

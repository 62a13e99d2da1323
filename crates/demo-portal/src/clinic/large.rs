//! Larger clinics: more people and messages, made from the stock of sentences.
//!
//! What a message will say is decided only when its turn comes: a plan of a million messages is 16 MB, while a million
//! parsed resources would be gigabytes.

use chrono::{DateTime, Duration, Timelike, Utc};
use chrono_tz::Europe::Berlin;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::people::{People, Person};
use super::resource::{self, Draft};
use super::stage::{Cast, Stage};
use super::stock::Stock;
use crate::dates;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Messages of a large clinic in the order of their instants.
pub(crate) struct Plan {
    items: Vec<Item>,
    threads: Vec<ThreadPlan>,
    stock: Stock,
    random: ChaCha8Rng,
}

/// One planned resource; `index` 0 is the header, 1 the initial note.
#[derive(Clone, Copy)]
struct Item {
    at: i64,
    thread: u32,
    index: u8,
}

struct ThreadPlan {
    patient: u32,
    topic: Box<str>,
    open: bool,
}

/// A resource of the plan, ready to be stored.
pub(crate) struct Planned {
    pub(crate) at: i64,
    pub(crate) id: String,
    pub(crate) value: Value,
}

/// More patients than the sample clinic has, spread evenly over its psychiatrists.
pub(crate) fn more_patients(people: &mut People, wanted: usize, seed: u64) {
    let stock = Stock::load();
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x9a71_e475);
    let clinicians = people.practitioners.len();
    for n in people.patients.len()..wanted {
        let german = random.random_bool(0.6);
        people.patients.push(Person {
            id: format!("patient-{n:05}"),
            family: super::stock::pick(&stock.families, &mut random).to_owned(),
            given: super::stock::pick(&stock.givens, &mut random).to_owned(),
            born: format!(
                "{}-{:02}-{:02}",
                random.random_range(1940..2006),
                random.random_range(1..=12),
                random.random_range(1..=28)
            ),
            gender: if random.random_bool(0.5) { "female" } else { "male" }.to_owned(),
            mrn: format!("9{n:06}"),
            phone: format!("+49 30 23125{:03}", n % 1000),
            languages: vec![if german { "de" } else { "en" }.to_owned()],
            country: "DE".to_owned(),
            psychiatrist: people.practitioners[n % clinicians].id.clone(),
            ..Person::default()
        });
    }
}

impl Plan {
    /// Plans `missing` messages for the patients beyond the sample clinic, or for everyone where there are no others.
    pub(crate) fn new(stage: &Stage<'_>, missing: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(stage.seed);
        let stock = Stock::load();
        let mut plan = Self { items: Vec::new(), threads: Vec::new(), stock, random: random.clone() };
        let people = stage.people.patients.len() as u32;
        let first = if people > crate::options::STUDY_PATIENTS as u32 {
            crate::options::STUDY_PATIENTS as u32
        } else {
            0
        };
        let last = stage.now.timestamp_millis() - DAY;
        // The study saw about seven messages a patient in three months; larger clinics reach back two years.
        let reach = if missing > 10_000 { 700 } else { 90 } * DAY;
        let mut left = missing;
        while left > 0 {
            let patient = random.random_range(first..people);
            let wanted = (random.random_range(2..=7usize)).min(left);
            let start = last - random.random_range(DAY..reach);
            let thread = plan.threads.len() as u32;
            let german = stage.people.patients[patient as usize].languages[0] == "de";
            let topic = plan.stock.topic(german, &mut random).into();
            plan.threads.push(ThreadPlan { patient, topic, open: random.random_bool(0.3) });
            let mut at = by_day(start, &mut random);
            plan.items.push(Item { at: at - 1000, thread, index: 0 });
            for index in 1..=wanted {
                plan.items.push(Item { at: at.min(last), thread, index: index as u8 });
                let next = at + random.random_range(HOUR..3 * DAY);
                at =
                    if index % 2 == 0 || random.random_bool(0.88) { by_day(next, &mut random) } else { next };
                at = at.max(next - 12 * HOUR + index as i64);
            }
            left -= wanted;
        }
        plan.items.sort_unstable_by_key(|item| (item.at, item.thread, item.index));
        plan
    }

    /// The instant of the n-th resource.
    pub(crate) fn at(&self, n: usize) -> Option<i64> {
        self.items.get(n).map(|item| item.at)
    }

    /// Writes the n-th resource.
    pub(crate) fn make(&mut self, stage: &Stage<'_>, n: usize) -> Option<Planned> {
        let Item { at, thread, index } = *self.items.get(n)?;
        let planned = &self.threads[thread as usize];
        let person = &stage.people.patients[planned.patient as usize];
        let cast = Cast::of(person, false);
        let german = person.languages[0] == "de";
        let header = stage.short_id(thread, 0);
        let id = stage.short_id(thread, index);
        let random = &mut self.random;
        if index == 0 {
            let sent = dates::text_s(at);
            let everyone = cast.everyone();
            let value = resource::header(
                &cast.patient,
                &cast.clinician,
                &everyone,
                &planned.topic,
                &sent,
                &id,
                planned.open,
            );
            return Some(Planned { at, id, value });
        }
        let clinician = index % 2 == 1;
        let text = match index {
            1 => self.stock.initial(german, random).to_owned(),
            _ if clinician => self.stock.reply(german, random).to_owned(),
            _ => self.stock.compose(german, random),
        };
        let (sender, other) =
            if clinician { (&cast.clinician, &cast.patient) } else { (&cast.patient, &cast.clinician) };
        let answers = (index > 1).then(|| stage.short_id(thread, index - 1));
        let value = resource::message(&Draft {
            subject: &cast.patient,
            sender,
            recipients: std::slice::from_ref(other),
            topic: &planned.topic,
            thread: &header,
            answers: answers.as_deref(),
            sent: Some(&dates::text_s(at)),
            text: &text,
            identifier: &id,
            status: "completed",
        });
        Some(Planned { at: at + 700, id, value })
    }
}

/// Moves an instant into the day, 8 to 19 o'clock in Berlin.
fn by_day(at: i64, random: &mut ChaCha8Rng) -> i64 {
    let wall = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default().with_timezone(&Berlin);
    let shift = i64::from(random.random_range(8..19u32)) - i64::from(wall.hour());
    (wall + Duration::hours(shift)).timestamp_millis()
}

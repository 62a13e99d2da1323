//! Messages that keep arriving while the portal runs: mostly everyday, now and then a crisis.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::people::{People, Person};
use super::stock::Stock;
use crate::control::{Control, NewMessage};

/// One arrival in so many is a crisis.
const CRISIS_IN: u32 = 12;

/// Writes a message every now and then, until the task is aborted.
pub(crate) async fn run(control: Control, every: Duration) {
    let mut random = ChaCha8Rng::seed_from_u64(control.0.options.seed ^ 0xa771_7a15);
    let stock = Stock::load();
    let patients = People::load().patients;
    loop {
        tokio::time::sleep(every.mul_f64(random.random_range(0.6..1.4))).await;
        let message = write(&stock, &patients, &mut random);
        // A test may have deleted the patient; then this one is skipped.
        let _ = control.add_message(&message);
    }
}

fn write(stock: &Stock, patients: &[Person], random: &mut ChaCha8Rng) -> NewMessage {
    let patient = &patients[random.random_range(0..patients.len())];
    let german = patient.languages.first().is_some_and(|language| language == "de");
    let crisis = random.random_ratio(1, CRISIS_IN);
    let text = if crisis { stock.crisis(german, random) } else { stock.everyday(german, random) }.to_owned();
    // Half of the everyday matters begin a thread of their own.
    let topic = (!crisis && random.random_bool(0.5)).then(|| stock.topic(german, random).to_owned());
    NewMessage {
        patient: patient.id.clone(),
        text,
        topic,
        recipient: Some(format!("Practitioner/{}", patient.psychiatrist)),
        ..NewMessage::default()
    }
}

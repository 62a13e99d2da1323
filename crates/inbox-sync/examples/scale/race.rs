//! Two clinicians whom a thread names claim it in the same second.

use demo_portal::NewMessage;
use inbox_domain::{ActKind, Clock, PortalId, ThreadId};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::hour::Workers;
use crate::town::{Desk, Town};

/// How the races ended.
#[derive(Debug, Default)]
pub(crate) struct Races {
    pub(crate) rounds: usize,
    /// The portal knows one holder, and both vaults name her.
    pub(crate) one_winner: usize,
}

/// Runs `rounds` races between workstations drawn at random.
pub(crate) fn run(town: &Town, workers: &Workers, rounds: usize, seed: u64) -> Races {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let patients: Vec<String> =
        town.control().resources("Patient").iter().filter_map(crate::hour::id).collect();
    let mut races = Races { rounds, one_winner: 0 };
    // Even and odd workstations sync on different threads, so that the two really race.
    let pairs = town.desks.len() / 2;
    for _ in 0..rounds {
        let pair = [2 * random.random_range(0..pairs), 2 * random.random_range(0..pairs) + 1];
        let patient = patients[random.random_range(0..patients.len())].clone();
        let header = shared_thread(town, pair, patient);
        workers.sync(&pair);
        for desk in pair {
            let desk = &town.desks[desk];
            let claimed = thread(desk, &header).map(|thread| {
                desk.vault.set_work(thread, ActKind::Claim, &desk.reference(), None, town.clock.now())
            });
            claimed.expect("both have the thread").expect("the claim is noted");
        }
        for _ in 0..3 {
            workers.sync(&pair);
        }
        races.one_winner += usize::from(has_one_winner(town, pair, &header));
    }
    races
}

fn shared_thread(town: &Town, pair: [usize; 2], patient: String) -> String {
    let [first, second] = pair.map(|desk| town.desks[desk].reference());
    let message = NewMessage {
        patient,
        text: "Who of you can I talk to?".to_owned(),
        topic: Some("For both".to_owned()),
        recipient: Some(first.clone()),
        ..NewMessage::default()
    };
    let header = town.control().add_message(&message).expect("the patient writes").thread;
    let name_both = |value: &mut serde_json::Value| {
        value["recipient"] = json!([{"reference": first}, {"reference": second}]);
    };
    town.control().edit("Communication", &header, name_both).expect("the header is there");
    header
}

fn thread(desk: &Desk, header: &str) -> Option<ThreadId> {
    desk.vault.thread_by_portal_id(&PortalId(header.to_owned())).expect("the vault answers")
}

fn has_one_winner(town: &Town, pair: [usize; 2], header: &str) -> bool {
    let focus = format!("Communication/{header}");
    let tasks = town.control().resources("Task");
    let held: Vec<&str> = tasks
        .iter()
        .filter(|task| task["focus"]["reference"] == focus.as_str() && task["status"] == "accepted")
        .filter_map(|task| task["owner"]["reference"].as_str())
        .collect();
    let named = pair.map(|desk| {
        let desk = &town.desks[desk];
        let thread = thread(desk, header)?;
        Some(desk.vault.thread(thread).expect("the vault answers").claim?.by)
    });
    let [winner] = held.as_slice() else { return false };
    named.iter().all(|name| name.as_deref() == Some(*winner))
}

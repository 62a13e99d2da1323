//! A clinic group on one portal: `cargo xtask bench scale [--clinicians N --patients N --minutes N --messages N --races N]`. Prints
//! requests per clinician and hour, delays, duplicates and losses; the last line of each part is JSON. What follows from the
//! figures for larger groups is in docs/SCALE.md.

mod check;
mod hour;
mod race;
mod town;

use std::sync::Arc;
use std::time::Duration;

use hour::{Habits, Hour, Workers};
use serde_json::json;
use town::{Size, Town};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |name: &str, usual: usize| -> Result<usize, String> {
        let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
        arguments.next().map_or(Ok(usual), |text| text.parse().map_err(|_| format!("{name} takes a number")))
    };
    let size = Size {
        clinicians: number("--clinicians", 200)?,
        patients: number("--patients", 1000)?,
        stored: number("--stored", 10_000)?,
        seed: number("--seed", 1)? as u64,
    };
    let habits = Habits {
        minutes: number("--minutes", 60)? as u64,
        messages: number("--messages", 500)?,
        present: 0.6,
        poll: Duration::from_secs(30),
        poll_away: Duration::from_secs(120),
        hints: false,
        answered: 0.8,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let town = Arc::new(runtime.block_on(Town::build(size)));
    let workers = Workers::start(&town, 2);
    let everybody: Vec<usize> = (0..town.desks.len()).collect();
    let fill = std::time::Instant::now();
    let filled = workers.sync(&everybody);
    let fill = fill.elapsed();
    let first: u64 =
        filled.iter().filter_map(|(_, report)| report.as_ref().ok()).map(|report| report.requests).sum();
    println!("clinicians {}, patients {}, minutes {}", size.clinicians, size.patients, habits.minutes);
    println!("first fill {first} requests in {:.1} s", fill.as_secs_f64());
    let slow = habits.poll_away;
    let mut sound = true;
    for habits in [habits, Habits { hints: true, poll: slow, ..habits }] {
        let mut hour = hour::play(&town, &workers, &habits, size.seed);
        // What was written in the last seconds has its poll still before it.
        town.skip(Duration::from_secs(120));
        workers.sync(&everybody);
        workers.sync(&everybody);
        let found = check::compare(&town, &hour.replies);
        print(size, &habits, &mut hour, &found);
        sound &= found.lost + found.foreign + found.duplicates + found.undelivered == 0;
    }
    let races = race::run(&town, &workers, number("--races", 200)?, size.seed);
    println!("-- claims\nraces {}, one winner in {}", races.rounds, races.one_winner);
    println!("{}", json!({"races": races.rounds, "one_winner": races.one_winner}));
    sound &= races.one_winner == races.rounds;
    if sound {
        Ok(())
    } else {
        Err("messages were lost, foreign or duplicated, or a race had no single winner".into())
    }
}

fn print(size: Size, habits: &Habits, hour: &mut Hour, found: &check::Differences) {
    hour.delays.sort_by(f64::total_cmp);
    let share = |part: f64| {
        let at = ((hour.delays.len() as f64 * part) as usize).min(hour.delays.len().saturating_sub(1));
        hour.delays.get(at).copied().unwrap_or_default()
    };
    let hours = habits.minutes as f64 / 60.0;
    let a_clinician = |count: u64| count as f64 / size.clinicians as f64 / hours;
    println!("{}", if habits.hints { "-- with subscriptions" } else { "-- polling" });
    println!("written           {:>10} messages, {} replies", hour.written, hour.replies.len());
    println!(
        "syncs             {:>10} in {:.1} s, failures {:?}",
        hour.syncs,
        hour.wall.as_secs_f64(),
        hour.failures
    );
    println!("requests          {:>10.1} a clinician and hour", a_clinician(hour.requests));
    println!("bytes             {:>10.0} a clinician and hour", a_clinician(hour.bytes));
    println!(
        "in the vault after{:>10.1} s (median), {:.1} s (95 of 100), {:.1} s (latest)",
        share(0.5),
        share(0.95),
        share(1.0)
    );
    println!("expected          {:>10} messages in all vaults", found.expected);
    println!(
        "lost {}, foreign {}, sent twice {}, not delivered {}",
        found.lost, found.foreign, found.duplicates, found.undelivered
    );
    let line = json!({"clinicians": size.clinicians, "patients": size.patients, "minutes": habits.minutes, "subscriptions": habits.hints,
        "messages": hour.written, "replies": hour.replies.len(), "syncs": hour.syncs,
        "requests_per_clinician_hour": a_clinician(hour.requests), "bytes_per_clinician_hour": a_clinician(hour.bytes),
        "delay_s": {"p50": share(0.5), "p95": share(0.95), "max": share(1.0)}, "expected": found.expected,
        "lost": found.lost, "foreign": found.foreign, "duplicates": found.duplicates, "undelivered": found.undelivered});
    println!("{line}");
}

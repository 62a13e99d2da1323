//! What the portal shows each clinician against what her vault holds.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::town::Town;

/// Differences, all of which must be zero.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    /// Messages that a vault should hold, over all vaults.
    pub(crate) expected: usize,
    /// Of these, how many are missing.
    pub(crate) lost: usize,
    /// Messages in a vault that its clinician may not see.
    pub(crate) foreign: usize,
    /// Replies that are on the portal more than once, or not at all.
    pub(crate) duplicates: usize,
    pub(crate) undelivered: usize,
}

/// Compares every vault with the portal, and every reply with its copies there.
pub(crate) fn compare(town: &Town, replies: &[String]) -> Differences {
    let all = town.control().resources("Communication");
    let by_id: HashMap<&str, &Value> =
        all.iter().filter_map(|one| Some((one["id"].as_str()?, one))).collect();
    let teams = town.control().resources("CareTeam");
    let mut visible: HashMap<String, HashSet<&str>> = HashMap::new();
    for message in all.iter().filter(|one| one.get("partOf").is_some()) {
        let id = message["id"].as_str().unwrap_or_default();
        let header = message["partOf"][0]["reference"].as_str().and_then(|name| name.rsplit_once('/'));
        let header = header.and_then(|(_, id)| by_id.get(id)).copied();
        if message["status"] == "entered-in-error"
            || header.is_some_and(|one| one["subject"] != message["subject"])
        {
            continue;
        }
        for name in named(message).into_iter().chain(header.map(named).unwrap_or_default()) {
            for person in members(name, &teams) {
                visible.entry(person.to_owned()).or_default().insert(id);
            }
        }
    }
    let mut found = Differences::default();
    for desk in &town.desks {
        let hers = visible.remove(&format!("Practitioner/{}", desk.id)).unwrap_or_default();
        let mut stored: HashSet<String> =
            desk.vault.message_ids().expect("the vault answers").into_iter().map(|id| id.0).collect();
        // The sample clinic holds broken resources, which stand in quarantine.
        let kept = desk.vault.quarantine().expect("the vault answers");
        stored.extend(kept.into_iter().map(|row| row.portal_id).filter(|id| hers.contains(id.as_str())));
        found.expected += hers.len();
        found.lost += hers.iter().filter(|id| !stored.contains(**id)).count();
        found.foreign += stored.iter().filter(|id| !hers.contains(id.as_str())).count();
    }
    for reply in replies {
        match town.control().count_identifier("Communication", reply) {
            0 => found.undelivered += 1,
            1 => {}
            _ => found.duplicates += 1,
        }
    }
    found
}

fn named(resource: &Value) -> Vec<&str> {
    let recipients = resource["recipient"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = recipients.iter().chain([&resource["sender"]]);
    all.filter_map(|one| one["reference"].as_str()).collect()
}

/// A person is herself, a team its members.
fn members<'a>(name: &'a str, teams: &'a [Value]) -> Vec<&'a str> {
    let Some(id) = name.strip_prefix("CareTeam/") else { return vec![name] };
    let team = teams.iter().filter(|team| team["id"] == id);
    team.flat_map(|team| team["participant"].as_array().map(Vec::as_slice).unwrap_or_default())
        .filter_map(|one| one["member"]["reference"].as_str())
        .collect()
}

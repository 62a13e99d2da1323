//! The sample clinic on another server: a clinician's vault there must hold what the clinic's own data says.

use std::collections::BTreeSet;

use demo_portal::{Control, DemoPortal, Options};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use super::server::Server;
use super::sign_in::SignIn;
use super::table::{Checked, Table, Trouble, ensure};
use super::{Clinician, Target};

const KINDS: [&str; 9] = [
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Patient",
    "RelatedPerson",
    "Group",
    "CareTeam",
    "Binary",
    "Communication",
];
const CLINICIAN: &str = "dr-adler";
/// Entries of one batch.
const BATCH: usize = 50;

/// Loads the sample clinic and fills a clinician's vault from it.
pub async fn run(target: &Target) -> Table {
    let mut table = Table::new(&format!("{}, sample clinic", target.name));
    if let Some(clinic) = table.value("the sample clinic is loaded", load(target)).await {
        table.run("her vault holds what the clinic's data says", fill(target, &clinic)).await;
    }
    table
}

/// Only people, for a server on which somebody has to exist who signs in.
pub(super) async fn load_people(server: &Server, control: &Control) -> Result<usize, Trouble> {
    put(server, &resources(control, &["Practitioner"])).await
}

async fn load(target: &Target) -> Result<(Vec<Value>, String), Trouble> {
    let portal = DemoPortal::start(Options::default()).await?;
    let all = resources(&portal.control(), &KINDS);
    portal.shutdown().await;
    let server = Server::new(&target.base, target.setup.clone())?;
    let started = std::time::Instant::now();
    let refused = put(&server, &all).await?;
    let figures =
        format!("{} resources in {:.1} s, {refused} refused", all.len(), started.elapsed().as_secs_f64());
    ensure(refused * 20 < all.len(), || figures.clone())?;
    Ok((all, figures))
}

fn resources(control: &Control, kinds: &[&str]) -> Vec<Value> {
    let mut all: Vec<Value> = kinds.iter().flat_map(|kind| control.resources(kind)).collect();
    for value in &mut all {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("meta");
        }
    }
    all
}

/// Creates resources under their own ids; answers how many were refused.
async fn put(server: &Server, all: &[Value]) -> Result<usize, Trouble> {
    let mut refused = 0;
    for chunk in all.chunks(BATCH) {
        let entry = |value: &Value| {
            let url = format!("{}/{}", text(&value["resourceType"]), text(&value["id"]));
            json!({"resource": value, "request": {"method": "PUT", "url": url}})
        };
        let entries: Vec<Value> = chunk.iter().map(entry).collect();
        let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
        let reply = server.send(Method::POST, "", &[], Some(&bundle)).await?;
        let answered = reply.body["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        let taken =
            answered.iter().filter(|entry| text(&entry["response"]["status"]).starts_with('2')).count();
        refused += chunk.len() - taken;
    }
    Ok(refused)
}

async fn fill(target: &Target, clinic: &[Value]) -> Checked {
    let me = format!("Practitioner/{CLINICIAN}");
    let clinician = Clinician {
        reference: Some(me.clone()),
        sign_in: target.clinicians[0].sign_in.clone(),
        alone: false,
    };
    let clinician = match clinician.sign_in {
        SignIn::Browser { .. } => {
            Clinician { sign_in: SignIn::Browser { practitioner: CLINICIAN.to_owned() }, ..clinician }
        }
        _ => clinician,
    };
    let desk = Desk::direct(target, &clinician, &me).await?;
    desk.portal.discover().await?;
    let report = desk.sync().await?;
    let held: BTreeSet<String> = desk.vault.message_ids()?.into_iter().map(|id| id.0).collect();
    let wanted = visible(clinic, &me);
    let (missing, foreign) = (wanted.difference(&held).count(), held.difference(&wanted).count());
    ensure(missing == 0 && foreign == 0, || {
        let one = wanted.difference(&held).next().or_else(|| held.difference(&wanted).next());
        format!("{missing} of {} missing, {foreign} foreign, for example {one:?}", wanted.len())
    })?;
    let (all, seconds) = (
        clinic.iter().filter(|one| one["resourceType"] == "Communication").count(),
        report.duration_ms as f64 / 1000.0,
    );
    Ok(format!(
        "{} of {all} Communications are hers, {} requests in {seconds:.1} s, {} quarantined",
        held.len(),
        report.requests,
        report.quarantined
    ))
}

/// Ids of the messages that name her, or whose header does, by the clinic's own data; without those that are withdrawn
/// or about another patient than their thread.
fn visible(clinic: &[Value], me: &str) -> BTreeSet<String> {
    let mut names = vec![me.to_owned()];
    let teams = clinic.iter().filter(|one| ["CareTeam", "Group"].contains(&text(&one["resourceType"])));
    let hers = teams.filter(|team| team.to_string().contains(&format!("\"{me}\"")));
    names.extend(hers.map(|team| format!("{}/{}", text(&team["resourceType"]), text(&team["id"]))));
    let named = |value: &Value| {
        let recipients = value["recipient"].as_array().map(Vec::as_slice).unwrap_or_default();
        let all = recipients.iter().chain([&value["sender"]]);
        all.filter_map(|one| one["reference"].as_str()).any(|one| names.iter().any(|name| name == one))
    };
    let all = || clinic.iter().filter(|one| one["resourceType"] == "Communication");
    let header = |value: &Value| {
        let id = value["partOf"][0]["reference"].as_str()?.strip_prefix("Communication/")?.to_owned();
        all().find(|other| text(&other["id"]) == id)
    };
    let is_message = |value: &&Value| value.get("payload").is_some() || value.get("partOf").is_some();
    let sound = |value: &&Value| {
        let same = header(value).is_none_or(|header| header["subject"] == value["subject"]);
        value["status"] != "entered-in-error" && same
    };
    let seen = |value: &&Value| named(value) || header(value).is_some_and(named);
    all().filter(is_message).filter(sound).filter(seen).map(|one| text(&one["id"]).to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! From the vault to the server, each once.

use inbox_domain::{ClientIdentifier, OutboxDraft, OutboxEntry, OutboxState, PortalId};
use inbox_portal::{HttpLimits, NoTokenStore, Portal};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::clinic::Draft;
use super::super::proxy::Mishap;
use super::super::server::carries;
use super::super::table::{Checked, Trouble, ensure, not_offered};
use super::Stage;

/// Creates of one message at the same time.
const RACERS: usize = 8;

/// The one copy on the server, after the sync that sends it and the one that brings it back.
async fn one_copy(stage: &Stage, header: &str, entry: &OutboxEntry) -> Result<Value, Trouble> {
    let identifier = entry.client_identifier.to_string();
    let mut copies = stage.server.copies(header, &identifier).await?;
    let state = stage.desk.entry(entry)?.state;
    ensure(copies.len() == 1, || format!("{} copies, and the vault says {state:?}", copies.len()))?;
    ensure(state == OutboxState::Sent, || format!("it is there, and the vault says {state:?}"))?;
    stage.desk.sync().await?;
    let seen = stage.desk.messages(header)?;
    let mine = seen.iter().filter(|one| one.client_identifier.as_ref() == Some(&entry.client_identifier));
    let shown = mine.count();
    ensure(shown == 1, || format!("the vault shows it {shown} times"))?;
    Ok(copies.remove(0))
}

pub(super) async fn once(stage: &mut Stage) -> Checked {
    let header = stage.clinic.threads[0].clone();
    let entry = stage.desk.reply(&header, "Yes. I will call you at ten.")?;
    let report = stage.desk.sync().await?;
    ensure(report.sent == 1, || format!("{} sent", report.sent))?;
    let copy = one_copy(stage, &header, &entry).await?;
    let from = copy["sender"]["reference"].as_str().unwrap_or_default();
    ensure(from.ends_with(&stage.desk.me), || format!("it is from {from}"))?;
    let again = stage.desk.sync().await?;
    ensure(again.sent == 0 && again.new == 0, || "the next sync changed something".to_owned())?;
    Ok(format!("1 copy, {} requests", report.requests))
}

pub(super) async fn order(stage: &mut Stage) -> Checked {
    let header = stage.clinic.threads[0].clone();
    let entries = [stage.desk.reply(&header, "First.")?, stage.desk.reply(&header, "Second.")?];
    stage.desk.sync().await?;
    let mut sent = Vec::new();
    for entry in &entries {
        let copy = one_copy(stage, &header, entry).await?;
        sent.push(copy["sent"].as_str().unwrap_or_default().to_owned());
    }
    ensure(sent[0] <= sent[1], || "the second left before the first".to_owned())?;
    Ok("2 copies in order".to_owned())
}

pub(super) async fn answer_lost(stage: &mut Stage) -> Checked {
    mishap(stage, Mishap::AnswerLost, "The answer to this one was lost.").await
}

pub(super) async fn request_lost(stage: &mut Stage) -> Checked {
    mishap(stage, Mishap::RequestLost, "This one never arrived the first time.").await
}

async fn mishap(stage: &mut Stage, mishap: Mishap, text: &str) -> Checked {
    let header = stage.clinic.threads[0].clone();
    let entry = stage.desk.reply(&header, text)?;
    stage.desk.proxy()?.expect("POST", mishap);
    let report = stage.desk.sync().await?;
    ensure(stage.desk.proxy()?.unmet() == 0, || "nothing was sent".to_owned())?;
    if !stage.capabilities().searches("Communication", "identifier") {
        let state = stage.desk.entry(&entry)?.state;
        ensure(state == OutboxState::Unknown, || format!("nobody can tell, and the vault says {state:?}"))?;
        return not_offered("no search by identifier: the entry stays unknown, for the clinician to decide");
    }
    // Two lookups ten seconds apart may need a second call.
    if stage.desk.entry(&entry)?.state != OutboxState::Sent {
        stage.desk.sync().await?;
    }
    one_copy(stage, &header, &entry).await?;
    let attempts = stage.desk.entry(&entry)?.attempts;
    Ok(format!("1 copy, {attempts} attempt(s), {} requests", report.requests))
}

pub(super) async fn held(stage: &mut Stage) -> Checked {
    let header = stage.clinic.threads[0].clone();
    let entry = stage.desk.reply(&header, "An answer to what she wrote before.")?;
    stage.clinic.patient_writes(&stage.server, "Please forget what I wrote, there is more.").await?;
    stage.desk.sync().await?;
    let state = stage.desk.entry(&entry)?.state;
    ensure(state == OutboxState::Held, || format!("the vault says {state:?}"))?;
    let copies = stage.server.copies(&header, &entry.client_identifier.to_string()).await?.len();
    ensure(copies == 0, || format!("{copies} copies on the server"))?;
    stage.desk.send_after_all(&entry)?;
    stage.desk.sync().await?;
    one_copy(stage, &header, &entry).await?;
    Ok("held, and sent when decided".to_owned())
}

pub(super) async fn new_thread(stage: &mut Stage) -> Checked {
    let patient = stage.clinic.patients[1].clone();
    let topic = format!("Interop {} new", stage.clinic.run);
    let text = "How have you been since our last talk?".to_owned();
    let entry = stage.desk.queue(OutboxDraft {
        thread: None,
        patient: Some(PortalId(patient)),
        topic,
        text,
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    })?;
    // The first answer, that of the header, is lost.
    stage.desk.proxy()?.expect("POST", Mishap::AnswerLost);
    for _ in 0..2 {
        stage.desk.sync().await?;
    }
    let header = stage.desk.entry(&entry)?.thread_portal_id.ok_or("its thread is not on the server")?.0;
    stage.clinic.threads.push(header.clone());
    stage.clinic.created.push(("Communication".to_owned(), header.clone()));
    one_copy(stage, &header, &entry).await?;
    let mine = format!("Communication?sender={}&_count=200", stage.desk.me);
    let identifier = format!("{}-thread", entry.client_identifier);
    let headers = stage.server.all(&mine).await?.iter().filter(|value| carries(value, &identifier)).count();
    ensure(headers == 1, || format!("{headers} headers"))?;
    Ok("1 header, 1 message, the header's answer lost".to_owned())
}

pub(super) async fn conditional_create(stage: &mut Stage) -> Checked {
    if !stage.capabilities().types.get("Communication").is_some_and(|one| one.conditional_create) {
        return not_offered("conditional create is not listed");
    }
    let (header, patient) = (stage.clinic.threads[0].clone(), stage.clinic.patients[0].clone());
    let to = vec![format!("Patient/{patient}")];
    let from = stage.desk.me.clone();
    let draft = Draft { header: &header, patient: &patient, from: &from, to, text: "Created twice." };
    let mut body = stage.clinic.message(&draft);
    let mut identify = |identifier: &ClientIdentifier| {
        body["identifier"] = json!([{"system": ClientIdentifier::SYSTEM, "value": identifier.to_string()}]);
        body.to_string()
    };
    let twice = ClientIdentifier::random();
    let text = identify(&twice);
    let first = stage.desk.portal.create_communication(&text, &twice).await?;
    let second = stage.desk.portal.create_communication(&text, &twice).await?;
    ensure(!first.existed && second.existed, || {
        "the second create does not say that it was there".to_owned()
    })?;
    ensure(second.id.is_none() || second.id == first.id, || "two ids".to_owned())?;
    let copies = stage.server.copies(&header, &twice.to_string()).await?.len();
    ensure(copies == 1, || format!("{copies} copies"))?;
    let raced = ClientIdentifier::random();
    let text = identify(&raced);
    let racers = (0..RACERS).map(|_| stage.desk.portal.create_communication(&text, &raced));
    let outcomes = futures_util::future::join_all(racers).await;
    let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    let raced = stage.server.copies(&header, &raced.to_string()).await?.len();
    ensure(raced >= 1, || "a race left no copy".to_owned())?;
    Ok(format!(
        "1 copy in a row; a race of {RACERS} left {raced} and refused {refused}, so each is looked up first"
    ))
}

pub(super) async fn stale_version(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "Two people change this.").await?;
    let path = format!("Communication/{}", made.id);
    let read = stage.server.get(&path).await?;
    let version = read.body["meta"]["versionId"].as_str().unwrap_or_default();
    let stale = read.etag.clone().unwrap_or_else(|| format!("W/\"{version}\""));
    let mut value = read.body;
    value["priority"] = json!("routine");
    let first = stage.server.replace(&value, Some(&stale)).await?;
    ensure(first.status == 200, || format!("a PUT under the right version answered {}", first.status))?;
    let put = stage.server.replace(&value, Some(&stale)).await?.status;
    let patch = json!([{"op": "add", "path": "/note", "value": [{"text": "stale"}]}]);
    let patch = stage.server.send(Method::PATCH, &path, &[("if-match", stale)], Some(&patch)).await?.status;
    if put / 100 == 2 {
        return not_offered(format!("a PUT under a stale version answered {put}, a PATCH {patch}"));
    }
    ensure(put == 412 || put == 409, || format!("a PUT under a stale version answered {put}"))?;
    Ok(format!("PUT {put}, PATCH {patch}"))
}

/// A client of its own with another token, for what the vault's must not do.
pub(super) fn client_with(stage: &Stage, auth: inbox_portal::Auth) -> Result<Portal, Trouble> {
    let store = std::sync::Arc::new(NoTokenStore);
    Ok(Portal::new(&stage.target.base, auth, store, HttpLimits::default())?)
}

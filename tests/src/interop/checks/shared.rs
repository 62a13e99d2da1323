//! What clinicians share through the server: who has a thread, what was read, who reads it too; and what hangs on a message.

use base64::Engine as _;
use inbox_domain::ActKind;
use inbox_sync::{fetch_attachment, stored_attachment};
use serde_json::{Value, json};

use super::super::clinic::Draft;
use super::super::desk::Desk;
use super::super::table::{Checked, Trouble, ensure, not_offered};
use super::Stage;

/// The thread whose header names both clinicians.
const BOTH: usize = 3;
/// Claims at the same moment, one after another.
const RACES: usize = 5;
/// The first bytes say what it is, whatever the server claims.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\ninterop";

/// Both clinicians with full vaults; `None` where the server has no Tasks.
async fn both(stage: &Stage) -> Result<Option<[Desk; 2]>, Trouble> {
    let record = stage.capabilities();
    if !record.offers("Task", "create") || !record.offers("Task", "update") {
        return Ok(None);
    }
    let [one, other] = [0, 1].map(|n| (&stage.target.clinicians[n], &stage.clinic.clinicians[n]));
    let desks = [
        Desk::direct(&stage.target, one.0, one.1).await?,
        Desk::direct(&stage.target, other.0, other.1).await?,
    ];
    for desk in &desks {
        desk.sync().await?;
    }
    Ok(Some(desks))
}

/// Who has the thread, by this vault.
fn holder(desk: &Desk, header: &str) -> Result<Option<String>, Trouble> {
    let claim = desk.vault.thread(desk.thread(header)?)?.claim;
    Ok(claim.filter(|claim| !claim.done).map(|claim| claim.by))
}

/// Status and owner of the server's Tasks about the thread.
async fn tasks(stage: &Stage, header: &str) -> Result<Vec<Value>, Trouble> {
    // Not by `focus`: what is asked for must not depend on a search that a server may lack.
    let focus = format!("Communication/{header}");
    let all = stage.server.all("Task?_count=200").await?.into_iter();
    let about = |task: &Value| task["focus"]["reference"].as_str().is_some_and(|one| one.ends_with(&focus));
    Ok(all.filter(about).collect())
}

/// A claim is seen by the colleague, given back, and done; it is one Task and holds nothing of the text.
pub(super) async fn claim(stage: &mut Stage) -> Checked {
    let header = stage.clinic.threads[BOTH].clone();
    let Some([one, other]) = both(stage).await? else { return not_offered("Task cannot be written") };
    one.work(&header, ActKind::Claim)?;
    one.sync().await?;
    other.sync_full().await?;
    for desk in [&one, &other] {
        let seen = holder(desk, &header)?;
        ensure(seen.as_ref() == Some(&one.me), || format!("{} says that {seen:?} has it", desk.me))?;
    }
    let found = tasks(stage, &header).await?;
    ensure(found.len() == 1, || format!("{} Tasks", found.len()))?;
    let id = found[0]["id"].as_str().unwrap_or_default().to_owned();
    stage.clinic.created.push(("Task".to_owned(), id));
    let told = found[0].to_string();
    let said = stage.clinic.messages.iter().find(|made| told.contains(&made.text));
    ensure(said.is_none(), || "the Task holds a text".to_owned())?;
    one.work(&header, ActKind::Release)?;
    one.sync().await?;
    other.sync_full().await?;
    let free = (holder(&one, &header)?, holder(&other, &header)?);
    ensure(free == (None, None), || format!("given back, and held by {free:?}"))?;
    other.work(&header, ActKind::Done)?;
    other.sync().await?;
    one.sync_full().await?;
    let done = one.vault.thread(one.thread(&header)?)?.claim.is_some_and(|claim| claim.done);
    ensure(done, || "done, and the colleague does not know".to_owned())?;
    Ok("claimed, given back, done, each seen by the colleague; 1 Task".to_owned())
}

/// Two claim at once: one has it, and both vaults and the server say who.
pub(super) async fn race(stage: &mut Stage) -> Checked {
    let header = stage.clinic.threads[BOTH].clone();
    let Some([one, other]) = both(stage).await? else { return not_offered("Task cannot be written") };
    let mut won = [0, 0];
    for _ in 0..RACES {
        for desk in [&one, &other] {
            desk.work(&header, ActKind::Claim)?;
        }
        let (first, second) = tokio::join!(one.sync(), other.sync());
        first?;
        second?;
        for desk in [&one, &other, &one] {
            desk.sync_full().await?;
        }
        let holders = [holder(&one, &header)?, holder(&other, &header)?];
        ensure(holders[0].is_some() && holders[0] == holders[1], || format!("they say {holders:?}"))?;
        let held = tasks(stage, &header).await?;
        let held: Vec<_> = held.iter().filter(|task| task["status"] == "accepted").collect();
        let owner = held.first().and_then(|task| task["owner"]["reference"].as_str()).unwrap_or_default();
        let winner = holders[0].clone().unwrap_or_default();
        ensure(held.len() == 1 && owner.ends_with(&winner), || format!("the server says {held:?}"))?;
        let desk = if winner == one.me { &one } else { &other };
        won[usize::from(winner != one.me)] += 1;
        desk.work(&header, ActKind::Release)?;
        desk.sync().await?;
        for desk in [&one, &other] {
            desk.sync_full().await?;
        }
    }
    for task in tasks(stage, &header).await? {
        let id = task["id"].as_str().unwrap_or_default().to_owned();
        stage.clinic.created.push(("Task".to_owned(), id));
    }
    Ok(format!("{RACES} races, one winner each: {} and {}", won[0], won[1]))
}

/// A message that was read is marked on the server, once, and the mark is no news.
pub(super) async fn read_mark(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "Have you read this?").await?;
    stage.desk.sync().await?;
    let record = stage.capabilities();
    if !record.offers("Communication", "patch") && !record.offers("Communication", "update") {
        return not_offered("Communication can neither be patched nor updated");
    }
    let marked = stage.desk.mark_read(&made.header)?;
    ensure(marked > 0, || "nothing was unread".to_owned())?;
    stage.desk.sync().await?;
    let there = stage.server.get(&format!("Communication/{}", made.id)).await?;
    let received = there.body["received"].as_str().unwrap_or_default();
    ensure(!received.is_empty(), || "it has no time of reading".to_owned())?;
    ensure(there.body["payload"][0]["contentString"] == made.text, || "its text was changed".to_owned())?;
    let again = stage.desk.sync_full().await?;
    ensure(again.new == 0 && again.updated == 0, || "the mark came back as news".to_owned())?;
    Ok(format!("{marked} marked"))
}

/// An attachment in the message itself and one beside it are fetched when asked for.
pub(super) async fn attachments(stage: &mut Stage) -> Checked {
    let data = base64::prelude::BASE64_STANDARD.encode(PICTURE);
    let mut parts = vec![("in the message", json!({"contentType": "image/png", "data": data}))];
    let binary = json!({"resourceType": "Binary", "contentType": "image/png", "data": data});
    if let Ok(id) = stage.server.create(&binary).await {
        stage.clinic.created.push(("Binary".to_owned(), id.clone()));
        parts.push(("as a Binary", json!({"contentType": "image/png", "url": format!("Binary/{id}")})));
    }
    let mut fetched = Vec::new();
    for (name, part) in parts {
        let (header, patient) = (stage.clinic.threads[0].clone(), stage.clinic.patients[0].clone());
        let from = format!("Patient/{patient}");
        let to = vec![stage.clinic.clinicians[0].clone()];
        let draft = Draft { header: &header, patient: &patient, from: &from, to, text: "See the picture." };
        let mut value = stage.clinic.message(&draft);
        if let Some(payload) = value["payload"].as_array_mut() {
            payload.push(json!({"contentAttachment": part}));
        }
        let id = stage.clinic.keep(&stage.server, &value).await?;
        stage.desk.sync().await?;
        let message = stage.desk.message(&header, &id)?.ok_or("the message did not arrive")?;
        let attachment = message.attachments.first().ok_or("the message has no attachment")?;
        let now = chrono::Utc::now();
        let kept = stored_attachment(&stage.desk.vault, message.id, attachment, now)?;
        let body = match kept {
            Some(body) => body,
            None => {
                fetch_attachment(&stage.desk.vault, &stage.desk.portal, message.id, attachment, now).await?
            }
        };
        ensure(body.bytes == PICTURE, || format!("{name}: {} bytes are others", body.bytes.len()))?;
        fetched.push(name);
    }
    Ok(fetched.join(", "))
}

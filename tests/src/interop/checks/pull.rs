//! From the server into the vault.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::PortalId;
use inbox_portal::PortalError;
use serde_json::json;

use super::super::clinic::{Draft, Made};
use super::super::desk::Desk;
use super::super::table::{Checked, Trouble, ensure, not_offered};
use super::Stage;

pub(super) async fn capability_record(stage: &mut Stage) -> Checked {
    let record = stage.desk.portal.discover().await?;
    ensure(record.fhir.starts_with("4.0"), || format!("FHIR {:?}", record.fhir))?;
    ensure(record.has("Communication"), || "no Communication".to_owned())?;
    let params = ["recipient", "sender", "part-of", "identifier", "_lastUpdated", "sent", "_id"];
    let missing: Vec<&str> =
        params.into_iter().filter(|param| !record.searches("Communication", param)).collect();
    let missing = if missing.is_empty() {
        "all searches".to_owned()
    } else {
        format!("without {}", missing.join(", "))
    };
    Ok(format!("{} {}, FHIR {}, {missing}", record.software, record.version, record.fhir))
}

pub(super) async fn first_fill(stage: &mut Stage) -> Checked {
    let by_header = allow_what_the_server_allows(stage).await?;
    let report = stage.desk.sync().await?;
    let stored = stored(&stage.desk)?;
    compare(stage, 0, &stored)?;
    let cursor = stage.desk.vault.cursor()?;
    ensure(cursor.first_fill_done && cursor.complete_until.is_some(), || "no cursor".to_owned())?;
    let hidden = stage.clinic.ids(0, false);
    let shown = match hidden.first() {
        Some(id) => match stage.desk.portal.read("Communication", &PortalId(id.clone())).await {
            Ok(_) => "the server shows them",
            Err(PortalError::NotFound | PortalError::Forbidden | PortalError::Gone) => {
                "the server hides them"
            }
            Err(error) => return Err(error.into()),
        },
        None => "there are none",
    };
    let (mine, others, requests) = (stage.clinic.ids(0, true).len(), hidden.len(), report.requests);
    Ok(format!(
        "{mine} of {mine} messages, {by_header}; 0 of {others} of others, {shown}; {requests} requests"
    ))
}

/// A message that only its thread's header shows her: some servers grant that, some do not.
async fn allow_what_the_server_allows(stage: &mut Stage) -> Result<&'static str, Trouble> {
    let Some(one) = stage.clinic.messages.iter_mut().find(|one| one.by_header) else {
        return Err("no message is shown by its header alone".into());
    };
    match stage.desk.portal.read("Communication", &PortalId(one.id.clone())).await {
        Ok(_) => Ok("one by its header alone"),
        Err(PortalError::NotFound | PortalError::Forbidden) => {
            one.seen_by[0] = false;
            Ok("none by its header alone, which the server hides")
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn texts_and_names(stage: &mut Stage) -> Checked {
    let mut compared = 0;
    for made in stage.clinic.messages.iter().filter(|made| made.seen_by[0]) {
        let message = stage.desk.message(&made.header, &made.id)?;
        let text = message.map(|message| message.text).unwrap_or_default();
        ensure(text == made.text, || format!("{:?} became {text:?}", made.text))?;
        compared += 1;
    }
    for patient in &stage.clinic.patients[..2] {
        let known = stage.desk.vault.patient_by_portal_id(&PortalId(patient.clone()))?;
        ensure(known.is_some_and(|one| !one.family.is_empty()), || "a patient has no name".to_owned())?;
    }
    Ok(format!("{compared} texts, 2 patients"))
}

pub(super) async fn nothing_new(stage: &mut Stage) -> Checked {
    let report = stage.desk.sync().await?;
    ensure(report.requests <= 3, || format!("{} requests", report.requests))?;
    let changed = (report.new, report.updated, report.withdrawn, report.quarantined);
    ensure(changed == (0, 0, 0, 0), || format!("new, updated, withdrawn, quarantined: {changed:?}"))?;
    Ok(format!("{} requests, {} bytes, {} ms", report.requests, report.bytes, report.duration_ms))
}

pub(super) async fn arrival(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "A new message, just now.").await?;
    let report = stage.desk.sync().await?;
    ensure((report.new, report.updated) == (1, 0), || {
        format!("{} new, {} updated", report.new, report.updated)
    })?;
    ensure(find(stage, &made)?.is_some(), || "it is not in the vault".to_owned())?;
    Ok(format!("{} requests, {} ms", report.requests, report.duration_ms))
}

pub(super) async fn edit(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "Before.").await?;
    stage.desk.sync().await?;
    let after = |value: &mut serde_json::Value| value["payload"] = json!([{"contentString": "After."}]);
    stage.server.change("Communication", &made.id, after).await?;
    if let Some(one) = stage.clinic.messages.iter_mut().find(|one| one.id == made.id) {
        one.text = "After.".to_owned();
    }
    let report = stage.desk.sync().await?;
    let text = find(stage, &made)?.map(|message| message.text).unwrap_or_default();
    ensure(text == "After.", || format!("the vault says {text:?}"))?;
    ensure((report.new, report.updated) == (0, 1), || {
        format!("{} new, {} updated", report.new, report.updated)
    })?;
    Ok("1 updated".to_owned())
}

pub(super) async fn entered_in_error(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "Sent to the wrong doctor.").await?;
    stage.desk.sync().await?;
    let void = |value: &mut serde_json::Value| value["status"] = json!("entered-in-error");
    stage.server.change("Communication", &made.id, void).await?;
    let report = stage.desk.sync().await?;
    let message = find(stage, &made)?.ok_or("it left the vault")?;
    ensure(message.withdrawn_at.is_some(), || "it is not marked".to_owned())?;
    ensure(!message.text.is_empty(), || "its text is gone".to_owned())?;
    stage.clinic.messages.retain(|one| one.id != made.id);
    Ok(format!("{} withdrawn, text kept", report.withdrawn))
}

pub(super) async fn deleted(stage: &mut Stage) -> Checked {
    let made = stage.clinic.patient_writes(&stage.server, "This one is deleted.").await?;
    stage.desk.sync().await?;
    let status = stage.server.delete("Communication", &made.id).await?;
    ensure(status / 100 == 2, || format!("DELETE answered {status}"))?;
    let report = stage.desk.sync_full().await?;
    let message = find(stage, &made)?.ok_or("it left the vault")?;
    ensure(message.withdrawn_at.is_some(), || "it is not marked".to_owned())?;
    stage.clinic.messages.retain(|one| one.id != made.id);
    Ok(format!(
        "DELETE {status}, {} withdrawn by the reconcile, {} requests",
        report.withdrawn, report.requests
    ))
}

/// A commit that becomes visible after the cursor has passed its `lastUpdated`: the proxy hides it until then.
pub(super) async fn late_commits(stage: &mut Stage) -> Checked {
    let desk = stage.another_desk().await?;
    desk.portal.discover().await?;
    desk.sync().await?;
    let minutes = |minutes| TimeDelta::minutes(minutes);
    let early = late(stage, &desk, minutes(4)).await?;
    desk.sync().await?;
    ensure(stored(&desk)?.contains(&early.id), || "4 min behind the cursor it was lost".to_owned())?;
    let later = late(stage, &desk, minutes(10)).await?;
    desk.sync().await?;
    let by_poll = stored(&desk)?.contains(&later.id);
    desk.sync_full().await?;
    ensure(stored(&desk)?.contains(&later.id), || {
        "10 min behind the cursor the reconcile lost it".to_owned()
    })?;
    stage.desk.sync().await?;
    let second = if by_poll { "the overlap too" } else { "the reconcile" };
    Ok(format!("4 min behind the cursor: by the overlap; 10 min: by {second}"))
}

/// A message that a sync could not see, and whose `lastUpdated` lies `behind` the cursor when it becomes visible.
async fn late(stage: &mut Stage, desk: &Desk, behind: TimeDelta) -> Result<Made, Trouble> {
    let made = stage.clinic.patient_writes(&stage.server, "A commit that took its time.").await?;
    desk.proxy()?.hide(&made.id);
    desk.sync().await?;
    ensure(!stored(desk)?.contains(&made.id), || "the proxy did not hide it".to_owned())?;
    let value = stage.server.get(&format!("Communication/{}", made.id)).await?.body;
    let updated = value["meta"]["lastUpdated"].as_str().ok_or("no lastUpdated")?;
    let updated =
        DateTime::parse_from_rfc3339(updated).map_err(|error| error.to_string())?.with_timezone(&Utc);
    desk.age_cursor(updated + behind)?;
    desk.proxy()?.show_all();
    Ok(made)
}

pub(super) async fn care_team(stage: &mut Stage) -> Checked {
    let capabilities = stage.capabilities();
    if !capabilities.searches("CareTeam", "participant") {
        return not_offered("CareTeam cannot be searched by participant");
    }
    let [anders, _] = stage.clinic.clinicians.clone();
    let team = json!({
        "resourceType": "CareTeam",
        "status": "active",
        "name": format!("Interop {}", stage.clinic.run),
        "participant": [{"member": {"reference": anders}}],
    });
    let team = stage.clinic.keep(&stage.server, &team).await?;
    let team = format!("CareTeam/{team}");
    let patient = stage.clinic.patients[2].clone();
    let header = stage.clinic.open_thread(&stage.server, &patient, &[&team]).await?;
    stage.clinic.threads.push(header.clone());
    let from = format!("Patient/{patient}");
    let draft =
        Draft { header: &header, patient: &patient, from: &from, to: vec![team], text: "To the whole team." };
    let made = stage.clinic.write(&stage.server, draft, [true, false]).await?;
    // Memberships are asked for at sign-in and in a full sync.
    stage.desk.sync_full().await?;
    if !stored(&stage.desk)?.contains(&made.id) {
        stage.clinic.messages.retain(|one| one.id != made.id);
        let allowed = stage.desk.portal.search("CareTeam", &[("participant", stage.desk.me.clone())]).await;
        return match allowed {
            Err(error) if error.is_definite_refusal() => not_offered("the sign-in may not search CareTeam"),
            _ => Err("it is not in the vault".into()),
        };
    }
    Ok("1 message, by the team's membership".to_owned())
}

pub(super) async fn two_vaults(stage: &mut Stage) -> Checked {
    let colleague = &stage.target.clinicians[1];
    let desk = Desk::behind_proxy(&stage.target, colleague, &stage.clinic.clinicians[1]).await?;
    desk.portal.discover().await?;
    desk.sync().await?;
    compare(stage, 1, &stored(&desk)?)?;
    let mine = stored(&stage.desk)?;
    compare(stage, 0, &mine)?;
    let both = stage.clinic.ids(0, true).intersection(&stage.clinic.ids(1, true)).count();
    let (first, second) = (stage.clinic.ids(0, true).len(), stage.clinic.ids(1, true).len());
    Ok(format!("{first} and {second} messages, {both} in both"))
}

/// The vault holds what its clinician may see, and nothing else that the suite created; nothing else at all where the
/// suite is alone.
fn compare(stage: &Stage, clinician: usize, stored: &BTreeSet<String>) -> Result<(), Trouble> {
    let (visible, hidden) = (stage.clinic.ids(clinician, true), stage.clinic.ids(clinician, false));
    let missing = visible.difference(stored).count();
    let foreign = if stage.target.clinicians[clinician].alone {
        stored.iter().filter(|id| !visible.contains(*id)).count()
    } else {
        stored.intersection(&hidden).count()
    };
    ensure(missing == 0 && foreign == 0, || {
        format!("{missing} of {} missing, {foreign} foreign", visible.len())
    })
}

/// Ids of the messages in a vault that are not withdrawn.
pub(super) fn stored(desk: &Desk) -> Result<BTreeSet<String>, Trouble> {
    Ok(desk.vault.message_ids()?.into_iter().map(|id| id.0).collect())
}

fn find(stage: &Stage, made: &Made) -> Result<Option<inbox_vault::StoredMessage>, Trouble> {
    stage.desk.message(&made.header, &made.id)
}

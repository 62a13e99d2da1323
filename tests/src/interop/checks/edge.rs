//! What is not as it should be.

use std::collections::BTreeSet;

use inbox_domain::PortalId;
use inbox_portal::PortalError;
use serde_json::json;
use url::Url;

use super::super::clinic::Draft;
use super::super::table::{Checked, ensure, not_offered};
use super::Stage;
use super::pull::stored;

/// The probe asks once by a name that no server knows, to learn what the server does with it.
const PROBE: &str = "anteroom-no-such-parameter";

/// They do not narrow an answer, and are sent whether listed or not.
const RESULT_PARAMETERS: [&str; 6] = ["_sort", "_count", "_include", "_elements", "_summary", "_total"];

pub(super) async fn not_found_and_gone(stage: &mut Stage) -> Checked {
    let never = PortalId(format!("never-{}", stage.clinic.run));
    let missing = stage.desk.portal.read("Communication", &never).await;
    let missing = missing.err().ok_or("a resource that never was is there")?;
    ensure(missing == PortalError::NotFound, || format!("never there: {}", missing.code()))?;
    let made = stage.clinic.patient_writes(&stage.server, "Gone before anybody read it.").await?;
    stage.server.delete("Communication", &made.id).await?;
    stage.clinic.messages.retain(|one| one.id != made.id);
    let gone = stage.desk.portal.read("Communication", &PortalId(made.id.clone())).await;
    let gone = gone.err().ok_or("a deleted resource is still read")?;
    let known = matches!(gone, PortalError::NotFound | PortalError::Gone);
    ensure(known, || format!("deleted: {}", gone.code()))?;
    stage.desk.sync().await?;
    ensure(!stored(&stage.desk)?.contains(&made.id), || "the vault has it".to_owned())?;
    Ok(format!("never there: {}, deleted: {}", missing.code(), gone.code()))
}

pub(super) async fn subject_mismatch(stage: &mut Stage) -> Checked {
    let (header, other) = (stage.clinic.threads[0].clone(), stage.clinic.patients[2].clone());
    let (from, to) = (format!("Patient/{other}"), vec![stage.desk.me.clone()]);
    let draft = Draft { header: &header, patient: &other, from: &from, to, text: "Another patient's words." };
    let value = stage.clinic.message(&draft);
    let id = stage.clinic.keep(&stage.server, &value).await?;
    stage.desk.sync().await?;
    let rows = stage.desk.vault.quarantine()?;
    let row = rows.iter().find(|row| row.portal_id == id).ok_or("it is not in quarantine")?;
    ensure(row.reason == "subject_mismatch", || format!("quarantined as {}", row.reason))?;
    ensure(!stored(&stage.desk)?.contains(&id), || "it is in the thread".to_owned())?;
    Ok(row.reason.clone())
}

pub(super) async fn broken_resource(stage: &mut Stage) -> Checked {
    let (header, patient) = (stage.clinic.threads[0].clone(), stage.clinic.patients[0].clone());
    let (from, to) = (format!("Patient/{patient}"), vec![stage.desk.me.clone()]);
    let draft = Draft { header: &header, patient: &patient, from: &from, to, text: "Broken." };
    let mut value = stage.clinic.message(&draft);
    value["payload"] = json!("not a list");
    value["sent"] = json!({"year": 2026});
    let Ok(id) = stage.clinic.keep(&stage.server, &value).await else {
        return not_offered("the server refuses a resource of the wrong shape");
    };
    let whole = stage.clinic.patient_writes(&stage.server, "And one that is whole.").await?;
    stage.desk.sync().await?;
    let found = stored(&stage.desk)?;
    ensure(found.contains(&whole.id), || "the rest did not go on".to_owned())?;
    let rows = stage.desk.vault.quarantine()?;
    let row = rows.iter().find(|row| row.portal_id == id);
    ensure(row.is_some() || found.contains(&id), || "it is nowhere".to_owned())?;
    match row {
        Some(row) => Ok(format!("{}, the rest went on", row.reason)),
        None => not_offered("the server mended it on its way in"),
    }
}

pub(super) async fn replay(stage: &mut Stage) -> Checked {
    stage.desk.sync_full().await?;
    let before = stored(&stage.desk)?;
    let report = stage.desk.sync_full().await?;
    let changed = (report.new, report.updated, report.withdrawn, report.quarantined);
    ensure(changed == (0, 0, 0, 0), || format!("new, updated, withdrawn, quarantined: {changed:?}"))?;
    ensure(stored(&stage.desk)? == before, || "the vault holds something else".to_owned())?;
    let verified = stage.desk.vault.verify()?;
    ensure(verified.ok, || format!("the vault: {:?}", verified.problems))?;
    Ok(format!("{} fetched again, {} requests", report.fetched, report.requests))
}

pub(super) async fn listed_parameters(stage: &mut Stage) -> Checked {
    let capabilities = stage.capabilities();
    // One that the client is asked for and that no server lists.
    let unknown = [("no-such-parameter", "1".to_owned()), ("_count", "1".to_owned())];
    stage.desk.portal.search("Communication", &unknown).await?;
    let proxy = stage.desk.proxy()?;
    let (mut searches, mut names) = (0, BTreeSet::new());
    for seen in proxy.seen().iter().filter(|seen| seen.method == "GET") {
        let url = Url::parse(&proxy.base)?.join(&seen.target)?;
        let Some(kind) = url.path().rsplit('/').next().filter(|kind| capabilities.has(kind)) else {
            continue;
        };
        searches += 1;
        // A page link is the server's own.
        if seen.target.contains("cursor") || seen.target.contains("_page") || seen.target.contains("_offset")
        {
            continue;
        }
        for (name, _) in url.query_pairs() {
            let plain = name.split([':', '.']).next().unwrap_or_default();
            let allowed =
                plain == PROBE || RESULT_PARAMETERS.contains(&plain) || capabilities.searches(kind, plain);
            ensure(allowed, || format!("{kind} was asked by {name}, which is not listed"))?;
            names.insert(format!("{kind}.{plain}"));
        }
    }
    ensure(searches > 10, || format!("only {searches} searches were seen"))?;
    Ok(format!("{searches} searches, {} parameters, {} requests in all", names.len(), proxy.seen().len()))
}

//! More messages than one page holds.

use serde_json::Value;

use super::super::clinic::{Draft, Made};
use super::super::desk::Desk;
use super::super::table::{Checked, ensure};
use super::Stage;
use super::pull::stored;

/// Straight at the server, so that its own page links are followed.
pub(super) async fn pages(stage: &mut Stage) -> Checked {
    let many = stage.target.many;
    let patient = stage.clinic.patients[0].clone();
    let anders = stage.clinic.clinicians[0].clone();
    let header = stage.clinic.open_thread(&stage.server, &patient, &[&anders]).await?;
    stage.clinic.threads.push(header.clone());
    let from = format!("Patient/{patient}");
    let mut values: Vec<Value> = Vec::with_capacity(many);
    for n in 0..many {
        let text = format!("Message {n} of many.");
        let draft =
            Draft { header: &header, patient: &patient, from: &from, to: vec![anders.clone()], text: &text };
        values.push(stage.clinic.message(&draft));
    }
    let started = std::time::Instant::now();
    let ids = stage.server.create_all(&values).await?;
    let created = started.elapsed().as_secs_f64();
    for (id, value) in ids.iter().zip(&values) {
        let text = value["payload"][0]["contentString"].as_str().unwrap_or_default().to_owned();
        let made =
            Made { id: id.clone(), header: header.clone(), text, seen_by: [true, false], by_header: false };
        stage.clinic.messages.push(made);
    }
    let desk = Desk::direct(&stage.target, stage.first(), &anders).await?;
    desk.portal.discover().await?;
    let started = std::time::Instant::now();
    let report = desk.sync().await?;
    let filled = started.elapsed().as_secs_f64();
    let (held, wanted) = (stored(&desk)?, stage.clinic.ids(0, true));
    let missing = wanted.difference(&held).count();
    ensure(missing == 0, || format!("{missing} of {} missing after a first fill", wanted.len()))?;
    // The other vault meets the same messages as news.
    let news = stage.desk.sync().await?;
    let missing = wanted.difference(&stored(&stage.desk)?).count();
    ensure(missing == 0, || format!("{missing} of {} missing after a poll", wanted.len()))?;
    Ok(format!(
        "{many} created in {created:.1} s; first fill {} requests in {filled:.1} s; as news {} requests in {:.1} s",
        report.requests,
        news.requests,
        news.duration_ms as f64 / 1000.0
    ))
}

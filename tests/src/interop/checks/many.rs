//! More messages than one page holds, and more threads than one request names.

use inbox_sync::Mode;
use serde_json::{Value, json};

use super::super::clinic::{Draft, Made};
use super::super::desk::Desk;
use super::super::table::{Checked, Trouble, ensure};
use super::Stage;
use super::pull::stored;

/// Threads of one message each; a request names at most a hundred.
const THREADS: usize = 120;
/// So many messages have the same `sent`.
const ALIKE: usize = 40;

/// Straight at the server, so that its own page links are followed.
pub(super) async fn pages(stage: &mut Stage) -> Checked {
    let started = std::time::Instant::now();
    let made = write_many(stage).await? + write_threads(stage).await?;
    let created = started.elapsed().as_secs_f64();
    let desk = Desk::direct(&stage.target, stage.first(), &stage.clinic.clinicians[0]).await?;
    desk.portal.discover().await?;
    let started = std::time::Instant::now();
    let report = desk.sync().await?;
    let filled = started.elapsed().as_secs_f64();
    nothing_missing(stage, &desk, "a first fill")?;
    // The other vault meets the same messages as news.
    let news = stage.desk.sync().await?;
    nothing_missing(stage, &stage.desk, "a poll")?;
    Ok(format!(
        "{made} created in {created:.1} s; first fill {} requests in {filled:.1} s; as news {} requests in {:.1} s",
        report.requests,
        news.requests,
        news.duration_ms as f64 / 1000.0
    ))
}

/// A first fill that is stopped after a page, while messages change on the server, goes on where it was.
pub(super) async fn resumed(stage: &mut Stage) -> Checked {
    let desk = Desk::direct(&stage.target, stage.first(), &stage.clinic.clinicians[0]).await?;
    desk.portal.discover().await?;
    let stopped = desk.sync_one_page().await;
    ensure(stopped.is_err_and(|failure| failure.code() == "cancelled"), || "it was not stopped".to_owned())?;
    ensure(!desk.vault.cursor()?.first_fill_done, || "one page was all".to_owned())?;
    let before = stored(&desk)?.len();
    let (first, last) = {
        let ours = &stage.clinic.messages;
        let long: Vec<&Made> = ours.iter().filter(|made| made.text.starts_with("Message ")).collect();
        let pick = |at: usize| long.get(at).map(|made| made.id.clone()).ok_or("too few messages");
        (pick(0)?, pick(long.len() - 1)?)
    };
    for id in [&first, &last] {
        let change = |value: &mut Value| value["payload"] = json!([{"contentString": "Message, edited."}]);
        stage.server.change("Communication", id, change).await?;
        if let Some(made) = stage.clinic.messages.iter_mut().find(|made| made.id == *id) {
            made.text = "Message, edited.".to_owned();
        }
    }
    let report = desk.sync().await?;
    nothing_missing(stage, &desk, "the second half")?;
    for made in stage.clinic.messages.iter().filter(|made| made.text == "Message, edited.") {
        let text = desk.message(&made.header, &made.id)?.map(|message| message.text).unwrap_or_default();
        ensure(text == made.text, || format!("an edit during the fill was lost: {text:?}"))?;
    }
    desk.try_sync(Mode::Incremental).await?;
    Ok(format!("{before} before the stop, {} after it, 2 edited meanwhile", report.new))
}

fn nothing_missing(stage: &Stage, desk: &Desk, after: &str) -> Result<(), Trouble> {
    let (held, wanted) = (stored(desk)?, stage.clinic.ids(0, true));
    let missing = wanted.difference(&held).count();
    ensure(missing == 0, || format!("{missing} of {} missing after {after}", wanted.len()))
}

/// A long thread whose times are as unhelpful as they come: alike, without an hour, or missing.
async fn write_many(stage: &mut Stage) -> Result<usize, Trouble> {
    let (patient, anders) = (stage.clinic.patients[0].clone(), stage.clinic.clinicians[0].clone());
    let header = stage.clinic.open_thread(&stage.server, &patient, &[&anders]).await?;
    stage.clinic.threads.push(header.clone());
    let mut values: Vec<Value> = Vec::with_capacity(stage.target.many);
    for n in 0..stage.target.many {
        let mut value = message(stage, &header, &patient, &format!("Message {n} of many."));
        match n % 10 {
            0 => drop(value.as_object_mut().and_then(|fields| fields.remove("sent"))),
            1 => value["sent"] = json!("2026-11-20"),
            _ => {
                let alike = values.get(n - n % ALIKE + 2).map(|one| one["sent"].clone());
                value["sent"] = alike.unwrap_or_else(|| value["sent"].clone());
            }
        }
        values.push(value);
    }
    keep_all(stage, &values, |_| header.clone()).await
}

/// Many threads of one message each.
async fn write_threads(stage: &mut Stage) -> Result<usize, Trouble> {
    let (patient, anders) = (stage.clinic.patients[1].clone(), stage.clinic.clinicians[0].clone());
    let headers: Vec<Value> = (0..THREADS).map(|_| stage.clinic.header(&patient, &[&anders])).collect();
    let headers = stage.server.create_all(&headers).await?;
    stage.clinic.created.extend(headers.iter().map(|id| ("Communication".to_owned(), id.clone())));
    let values: Vec<Value> =
        headers.iter().map(|header| message(stage, header, &patient, "One in its thread.")).collect();
    keep_all(stage, &values, |at| headers[at].clone()).await
}

fn message(stage: &mut Stage, header: &str, patient: &str, text: &str) -> Value {
    let (from, to) = (format!("Patient/{patient}"), vec![stage.clinic.clinicians[0].clone()]);
    stage.clinic.message(&Draft { header, patient, from: &from, to, text })
}

async fn keep_all(
    stage: &mut Stage,
    values: &[Value],
    header: impl Fn(usize) -> String,
) -> Result<usize, Trouble> {
    let ids = stage.server.create_all(values).await?;
    for (at, (id, value)) in ids.iter().zip(values).enumerate() {
        let text = value["payload"][0]["contentString"].as_str().unwrap_or_default().to_owned();
        let made =
            Made { id: id.clone(), header: header(at), text, seen_by: [true, false], by_header: false };
        stage.clinic.messages.push(made);
        stage.clinic.created.push(("Communication".to_owned(), id.clone()));
    }
    Ok(ids.len())
}

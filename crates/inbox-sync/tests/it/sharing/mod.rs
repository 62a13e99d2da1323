//! What clinicians share: claims, read marks, handover, cover.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use demo_portal::{Options, Quirks};
use inbox_domain::{ActKind, Clock as _};
use serde_json::Value;

use crate::rig::Rig;

mod claims;
mod cover;
mod handover;
mod reads;

pub(crate) const BRANDT: &str = "dr-brandt";

/// Reference of the rig's clinician.
pub(crate) fn reference(clinician: &str) -> String {
    format!("Practitioner/{clinician}")
}

/// Wednesday, 10:00 in Berlin: in hours.
pub(crate) fn wednesday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 4, 9, 0, 0).unwrap()
}

/// A clinic with people and no messages, where portal and workstation stand at `now`.
pub(crate) async fn clinic_at(now: DateTime<Utc>, quirks: Quirks) -> Rig {
    let began = Utc::now();
    let rig = Rig::new(Options { messages: 0, now: Some(now), quirks, ..Options::default() }).await;
    // A little ahead of the portal, which stood at `now` when it started: who answers writes later.
    rig.time.skip(now - began + TimeDelta::seconds(1));
    rig
}

/// Two clinicians in one thread: the portal's header names both. Answers the colleague's rig and the header.
pub(crate) async fn shared_thread(rig: &Rig) -> (Rig, String) {
    let (_, header) = rig.patient_writes("Can I have a refill?");
    add_recipient(rig, &header, BRANDT);
    let brandt = rig.beside(BRANDT);
    rig.sync().await;
    brandt.sync().await;
    (brandt, header)
}

pub(crate) fn add_recipient(rig: &Rig, communication: &str, clinician: &str) {
    let name = reference(clinician);
    let add = |value: &mut Value| {
        let list = value["recipient"].as_array_mut().unwrap();
        list.push(serde_json::json!({"reference": name}));
    };
    rig.control().edit("Communication", communication, add).unwrap();
}

/// The clinician's act on a thread.
pub(crate) fn act(rig: &Rig, clinician: &str, header: &str, kind: ActKind) {
    let me = reference(clinician);
    rig.vault.set_work(rig.thread(header), kind, &me, None, rig.time.now()).unwrap();
}

/// Who has the thread, by this vault.
pub(crate) fn holder(rig: &Rig, header: &str) -> Option<String> {
    let claim = rig.vault.thread(rig.thread(header)).unwrap().claim?;
    (!claim.done).then_some(claim.by)
}

/// The Tasks about a thread, by the server.
pub(crate) fn tasks(rig: &Rig, header: &str) -> Vec<Value> {
    let focus = format!("Communication/{header}");
    let all = rig.control().resources("Task").into_iter();
    all.filter(|task| task["focus"]["reference"] == focus.as_str()).collect()
}

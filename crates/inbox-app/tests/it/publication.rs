//! Hours on the portal: written with `If-Match`, never over a change that she has not seen, and taken over when she wants.

use std::sync::Arc;

use demo_portal::Options;
use inbox_app::{
    Session,
    dto::{NotPublished, PublicationState},
};
use serde_json::{Value, json};

use crate::rig::Rig;

const WEEK: &str = r#"{"zone":"Europe/Berlin","versions":[{"from":"2020-01-01","weekly":[
    {"day":"mon","start":"09:00","end":"13:00"},{"day":"fri","start":"20:00","end":"06:00"}]}]}"#;

fn role(rig: &Rig) -> Value {
    let me = rig.portal.practitioners().remove(0);
    rig.portal.control().resource("PractitionerRole", &format!("role-{}", me.id)).unwrap()
}

/// Somebody at the portal's own desk changes the role.
fn changed_there(rig: &Rig, change: impl FnOnce(&mut Value)) {
    let me = rig.portal.practitioners().remove(0);
    rig.portal.control().edit("PractitionerRole", &format!("role-{}", me.id), change).unwrap();
}

fn versions(rig: &Rig) -> u64 {
    role(rig)["meta"]["versionId"].as_str().unwrap().parse().unwrap()
}

async fn synced(session: &Arc<Session>, full: bool) {
    // The background may be at it.
    for _ in 0..200 {
        match session.sync(full).await {
            Ok(_) => return,
            Err(error) => assert_eq!(error.code, "busy"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("busy for ten seconds");
}

fn other_week(role: &mut Value) {
    role["availableTime"] =
        json!([{"daysOfWeek": ["tue"], "availableStartTime": "10:00:00", "availableEndTime": "11:00:00"}]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_portal_has_is_seen_taken_over_and_then_published() {
    let rig = Rig::filled().await;
    let session = rig.session();
    assert_eq!(session.hours_publication().unwrap().state, PublicationState::Off);
    let seen = session.portal_hours().await.unwrap();
    assert_eq!(seen.portal.weekly.len(), 10, "five days, twice a day");
    session.save_hours(&seen.hours.unwrap()).unwrap();
    let before = role(&rig);
    session.publish_hours().unwrap();
    synced(&session, false).await;
    let view = session.hours_publication().unwrap();
    assert_eq!((view.state, view.failed.is_none()), (PublicationState::Published, true));
    assert!(view.published_at.is_some() && view.version.is_some());
    let now = role(&rig);
    assert_eq!(now["organization"], before["organization"], "what is no hours stays");
    assert!(now["availabilityExceptions"].as_str().unwrap().contains("Europe/Berlin"));

    // Other hours follow by themselves, and a sync with nothing new writes nothing.
    session.save_hours(WEEK).unwrap();
    assert_eq!(session.hours_publication().unwrap().state, PublicationState::Waiting);
    synced(&session, false).await;
    let view = session.hours_publication().unwrap();
    assert_eq!(view.state, PublicationState::Published);
    assert_eq!(view.not_published, [NotPublished::Overnight, NotPublished::Zone]);
    assert_eq!(role(&rig)["availableTime"].as_array().unwrap().len(), 3, "the night is two blocks");
    let written = versions(&rig);
    synced(&session, false).await;
    synced(&session, true).await;
    assert_eq!(versions(&rig), written);
    session.stop_publishing().unwrap();
    session.save_zone("Europe/Berlin").unwrap();
    synced(&session, false).await;
    assert_eq!(versions(&rig), written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_that_somebody_else_wrote_are_kept_until_she_chooses() {
    let rig = Rig::filled().await;
    let session = rig.session();
    session.save_hours(WEEK).unwrap();
    let before = role(&rig);
    session.publish_hours().unwrap();
    synced(&session, false).await;
    // She has never seen what the portal had.
    let view = session.hours_publication().unwrap();
    let conflict = view.conflict.unwrap();
    assert_eq!(view.state, PublicationState::Conflict);
    assert_eq!((conflict.ours.weekly.len(), conflict.theirs.weekly.len()), (2, 10));
    assert_eq!(role(&rig), before, "nothing was written");

    // What changes after she looked is not written over either.
    session.resolve_hours_conflict(true).unwrap();
    changed_there(&rig, other_week);
    synced(&session, false).await;
    let view = session.hours_publication().unwrap();
    if view.state == PublicationState::Published {
        // The background was faster than the other desk: the next full sync sees the change.
        synced(&session, true).await;
    }
    let view = session.hours_publication().unwrap();
    assert_eq!(view.state, PublicationState::Conflict);
    assert_eq!(view.conflict.unwrap().theirs.weekly.len(), 1);
    assert_eq!(role(&rig)["availableTime"][0]["daysOfWeek"], json!(["tue"]));

    session.resolve_hours_conflict(true).unwrap();
    synced(&session, false).await;
    assert_eq!(session.hours_publication().unwrap().state, PublicationState::Published);
    assert_eq!(role(&rig)["availableTime"].as_array().unwrap().len(), 3);

    // Theirs this time: the week of today becomes the portal's, what held before stays.
    changed_there(&rig, other_week);
    synced(&session, true).await;
    session.resolve_hours_conflict(false).unwrap();
    synced(&session, false).await;
    let hours: Value = serde_json::from_str(&session.hours_json().unwrap()).unwrap();
    assert_eq!(hours["versions"].as_array().unwrap().len(), 2);
    assert_eq!(hours["versions"][1]["weekly"][0]["day"], "tue");
    assert_eq!(session.hours_publication().unwrap().state, PublicationState::Published);
    assert_eq!(session.resolve_hours_conflict(true).unwrap_err().code, "no_conflict");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_version_is_refused_and_looked_at_again() {
    let rig = Rig::filled().await;
    let session = rig.session();
    session.save_hours(WEEK).unwrap();
    session.portal_hours().await.unwrap();
    // Another field changes: no conflict, and it stays.
    changed_there(&rig, |role| role["telecom"] = json!([{"system": "phone", "value": "+49 30 5"}]));
    session.publish_hours().unwrap();
    synced(&session, false).await;
    assert_eq!(session.hours_publication().unwrap().state, PublicationState::Published);
    assert_eq!(role(&rig)["telecom"][0]["value"], "+49 30 5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_role_it_says_so_and_the_sync_goes_on() {
    let rig = Rig::filled_from(Options::default()).await;
    let session = rig.session();
    session.save_hours(WEEK).unwrap();
    let me = rig.portal.practitioners().remove(0);
    rig.portal.control().delete("PractitionerRole", &format!("role-{}", me.id)).unwrap();
    assert_eq!(session.portal_hours().await.unwrap_err().code, "no_role");
    session.publish_hours().unwrap();
    synced(&session, false).await;
    let view = session.hours_publication().unwrap();
    assert_eq!((view.state, view.failed.unwrap().code.as_str()), (PublicationState::Failed, "no_role"));
}

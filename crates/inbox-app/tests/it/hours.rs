//! Hours are replaced as a whole, known or said to be unknown, and hold for what is stored too.

use std::sync::Arc;

use inbox_app::{Session, Surroundings, dto::CalendarRequest, notify::NoticeAnswer};
use inbox_domain::{
    AfterHoursReason, SystemClock,
    hours::{CalendarEffect, CalendarUse},
};
use inbox_vault::Vault;

use crate::rig::{PASSPHRASE, Rig, new_vault};

const NEVER_OPEN: &str = r#"{"zone":"Europe/Berlin","versions":[{"from":"2020-01-01","weekly":[]}]}"#;

fn after_hours(session: &Session) -> usize {
    let records = session.thread_records(None).unwrap();
    records.iter().filter(|record| record.after_hours).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_hours_hold_for_stored_messages_too_and_wrong_ones_change_nothing() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let before = after_hours(&session);
    let kept = session.hours_json().unwrap();
    assert_eq!(
        session.save_hours(r#"{"zone":"Mars/Olympus","versions":[]}"#).unwrap_err().code,
        "invalid_hours"
    );
    assert_eq!((session.hours_json().unwrap(), after_hours(&session)), (kept.clone(), before));
    session.save_hours(NEVER_OPEN).unwrap();
    assert!(after_hours(&session) > before, "every message was written outside no hours");
    session.save_hours(&kept).unwrap();
    assert_eq!(after_hours(&session), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_that_cannot_be_read_are_unknown_and_said() {
    let rig = Rig::filled().await;
    rig.app.lock();
    let vault = Vault::open(&rig.vault_dir(), &PASSPHRASE.to_owned().into()).unwrap();
    vault.set_setting("hours", "{}", chrono::Utc::now()).unwrap();
    let session = Session::new(vault, Surroundings::headless(Arc::new(SystemClock)));
    let overview = session.load_overview().unwrap();
    assert_eq!(overview.staleness.problem.unwrap().code, "hours_unreadable");
    assert_eq!((overview.duty.reason, overview.duty.until), (AfterHoursReason::Unknown, None));
    assert_eq!(session.hours_json().unwrap_err().code, "hours_unreadable");
    session.sync(true).await.unwrap();
    session.save_zone("Europe/Berlin").unwrap();
    assert!(session.load_overview().unwrap().staleness.problem.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_that_is_not_known_makes_no_vault() {
    let rig = Rig::unconnected(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    let mut wrong = new_vault();
    wrong.name = "Other".into();
    wrong.zone = Some("Mars/Olympus".into());
    assert_eq!(rig.app.create_vault(wrong).await.err().unwrap().code, "unknown_zone");
    assert!(!rig.vault_dir().with_file_name("other").exists());
    assert_eq!(rig.session().save_zone("Mars/Olympus").unwrap_err().code, "unknown_zone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_file_is_shown_first_and_taken_whole_or_not_at_all() {
    let rig = Rig::unconnected(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    let session = rig.session();
    let kept = session.hours_json().unwrap();
    let year = chrono::Utc::now().format("%Y").to_string().parse::<i32>().unwrap() + 1;
    let good = format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:{year}0104\nEND:VEVENT\nEND:VCALENDAR"
    );
    let request =
        |text: &str| CalendarRequest { text: text.to_owned(), taken_as: CalendarUse::Holidays, hours: None };
    let shown = session.preview_calendar(&request(&good)).unwrap();
    assert_eq!(shown.entries[0].from, format!("{year}-01-04"));
    assert_eq!(session.hours_json().unwrap(), kept, "looking keeps nothing");

    let broken = request(&good.replace("0104", "0132"));
    let shown = session.preview_calendar(&broken).unwrap();
    assert_eq!((shown.problems[0].line, shown.hours), (Some(4), None));
    let error = session.import_calendar(&broken).unwrap_err();
    assert_eq!((error.code.as_str(), error.params[0].1.as_str()), ("invalid_calendar", "line 4"));
    assert_eq!(session.hours_json().unwrap(), kept);

    session.import_calendar(&request(&good)).unwrap();
    assert!(session.hours_json().unwrap().contains(&format!("{year}-01-04")));
    assert!(session.preview_calendar(&request(&good)).unwrap().entries[0].effect == CalendarEffect::Nothing);
}

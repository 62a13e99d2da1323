//! Hours are replaced as a whole, known or said to be unknown, and hold for what is stored too.

use std::sync::Arc;

use inbox_app::{
    Session, Surroundings,
    dto::{
        CalendarRequest, HoursAbsence, HoursBlock, HoursCover, HoursDate, HoursDocument, HoursWeek,
        SavedHoursOutcome,
    },
    notify::NoticeAnswer,
};
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

fn draft(session: &Session) -> (u32, HoursDocument) {
    let view = session.load_hours().unwrap();
    (view.version, view.document)
}

fn block(day: &str, start: &str, end: &str) -> HoursBlock {
    HoursBlock { day: day.into(), start: start.into(), end: end.into() }
}

fn version(outcome: SavedHoursOutcome) -> (u32, u32) {
    match outcome {
        SavedHoursOutcome::Saved { version, changed } => (version, changed),
        SavedHoursOutcome::Refused { problems } => panic!("{problems:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_checked_saved_once_and_gone_back_from() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let before = after_hours(&session);
    let (base, mut document) = draft(&session);
    document.versions[0].weekly.clear();
    let check = session.check_hours(&document).unwrap();
    assert_eq!((check.problems.len(), after_hours(&session)), (0, before), "a check changes nothing");
    assert!(check.changed > 0 && !check.duty.unwrap().on_duty && check.next_opening.is_none());
    assert!(!check.gaps.is_empty());
    let (saved, changed) = version(session.save_hours_document(base, &document).unwrap());
    assert_eq!(changed, check.changed);
    assert!(after_hours(&session) > before);
    assert_eq!(session.check_hours(&document).unwrap().changed, 0);
    assert_eq!(session.save_hours_document(base, &document).unwrap_err().code, "hours_changed");
    assert_eq!(session.undo_hours(base).unwrap_err().code, "hours_changed");
    version(session.undo_hours(saved).unwrap());
    assert_eq!(after_hours(&session), before);
    assert_ne!(draft(&session).1, document);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_judged_by_the_week_that_held_when_it_was_sent() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let before = after_hours(&session);
    let (base, mut document) = draft(&session);
    document.versions.push(HoursWeek { from: "2030-01-01".into(), weekly: vec![], on_call: vec![] });
    assert_eq!(version(session.save_hours_document(base, &document).unwrap()).1, 0);
    assert_eq!(after_hours(&session), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_said_with_its_place_and_nothing_is_saved() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let (base, good) = draft(&session);
    let mut document = good.clone();
    document.zone = "Mars/Olympus".into();
    document.versions[0].weekly =
        vec![block("tue", "13:00", "12:00"), block("wed", "11:00", "13:00"), block("thu", "09:00", "09:00")];
    document.absences.push(HoursAbsence { from: "2026-12-09".into(), to: "2026-12-07".into(), cover: None });
    document.exceptions.push(HoursDate { date: "soon".into(), closed: true, open: None, reason: None });
    let check = session.check_hours(&document).unwrap();
    let found: Vec<_> =
        check.problems.iter().map(|found| (found.path.as_str(), found.code.as_str())).collect();
    assert!(found.contains(&("exceptions[0].date", "not_a_date")), "{found:?}");
    document.exceptions.clear();
    let check = session.check_hours(&document).unwrap();
    let found: Vec<_> =
        check.problems.iter().map(|found| (found.path.as_str(), found.code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("zone", "unknown_zone"),
            ("versions[0].weekly[2]", "empty_block"),
            ("versions[0].weekly[1]", "overlap"),
            ("absences[0]", "absence_backwards")
        ]
    );
    assert_eq!(
        (check.questions[0].code.as_str(), check.questions[0].path.as_str()),
        ("ends_next_day", "versions[0].weekly[0]")
    );
    assert!(matches!(
        session.save_hours_document(base, &document).unwrap(),
        SavedHoursOutcome::Refused { .. }
    ));
    assert_eq!(draft(&session), (base, good));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cover_for_whom_she_covers_herself_is_absent_too() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let colleague = session.list_colleagues("").await.unwrap().remove(0);
    session.set_cover(&colleague.reference, "2026-12-08", "2026-12-10").unwrap();
    let (_, mut document) = draft(&session);
    let cover = HoursCover { name: colleague.name, practitioner: Some(colleague.reference), phone: None };
    document.absences.push(HoursAbsence {
        from: "2026-12-07".into(),
        to: "2026-12-08".into(),
        cover: Some(cover),
    });
    let check = session.check_hours(&document).unwrap();
    assert_eq!(check.problems[0].code, "cover_absent_too");
    document.absences[0].to = "2026-12-07".into();
    assert_eq!(session.check_hours(&document).unwrap().problems, []);
}

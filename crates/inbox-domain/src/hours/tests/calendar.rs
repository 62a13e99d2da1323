//! Calendar files: what they add, what they leave alone, and where they are broken.

use super::super::calendar::{EVENTS, LONGEST_FILE};
use super::super::{CalendarEffect, CalendarImport, CalendarUse};
use super::{AfterHoursReason, AvailabilityHours, HoursProblem, at, date, hours};

/// Monday to Friday, 08:00 to 17:00, and Friday night.
const WEEK: &str = r#"{"zone":"Europe/Berlin","versions":[{"from":"2026-01-01","weekly":[
    {"day":"mon","start":"08:00","end":"17:00"},{"day":"tue","start":"08:00","end":"17:00"},
    {"day":"wed","start":"08:00","end":"17:00"},{"day":"thu","start":"08:00","end":"17:00"},
    {"day":"fri","start":"08:00","end":"12:00"},{"day":"fri","start":"20:00","end":"06:00"}]}],
    "exceptions":[{"date":"2026-12-23","open":[{"start":"08:00","end":"10:00"}]}],
    "absences":[{"from":"2026-12-28","to":"2026-12-31"}],"holidays":["DE-BB"]}"#;

fn calendar(events: &str) -> String {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{events}\nEND:VCALENDAR\n");
    text.replace('\n', "\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")
}

fn tried(text: &str, taken_as: CalendarUse) -> Result<CalendarImport, Vec<HoursProblem>> {
    hours(WEEK).with_calendar(text, taken_as, date("2026-11-24"))
}

#[track_caller]
fn taken(events: &str, taken_as: CalendarUse) -> CalendarImport {
    tried(&calendar(events), taken_as).unwrap()
}

fn effects(import: &CalendarImport) -> Vec<(String, String, CalendarEffect)> {
    import.entries.iter().map(|entry| (entry.from.to_string(), entry.to.to_string(), entry.effect)).collect()
}

fn reason(import: &CalendarImport, text: &str) -> AfterHoursReason {
    AvailabilityHours::from_file(import.file.clone()).unwrap().classify(at(text)).reason
}

#[track_caller]
fn refused(text: &str, place: &str, words: &str) {
    let problems = tried(text, CalendarUse::Holidays).unwrap_err();
    let hit = problems.iter().any(|found| found.path == place && found.message.contains(words));
    assert!(hit, "{place} ({words}) is not among {problems:?}");
}

#[test]
fn whole_days_close_or_are_away() {
    let days =
        event("UID:1\nDTSTART;VALUE=DATE:20261207\nDTEND;VALUE=DATE:20261209\nSUMMARY:Practice\\, painted");
    let import = taken(&days, CalendarUse::Holidays);
    assert_eq!(effects(&import), [("2026-12-07".into(), "2026-12-08".into(), CalendarEffect::Closes)]);
    assert_eq!(import.file.exceptions[0].reason.as_deref(), Some("Practice, painted"));
    assert_eq!(reason(&import, "2026-12-08T09:00:00+01:00"), AfterHoursReason::Holiday);
    assert_eq!(reason(&import, "2026-12-09T09:00:00+01:00"), AfterHoursReason::Open);

    let import = taken(&days, CalendarUse::Absences);
    assert_eq!(effects(&import)[0].2, CalendarEffect::Away);
    assert_eq!(import.file.absences[1].to, date("2026-12-08"));
    assert!(
        !serde_json::to_string(&import.file).unwrap().contains("painted"),
        "what an absence is called is not kept"
    );
}

#[test]
fn what_is_closed_already_changes_nothing() {
    let events = [
        event("UID:1\nDTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas"),
        event("UID:2\nDTSTART;VALUE=DATE:20261223\nSUMMARY:Her own exception stays"),
        event("UID:3\nDTSTART:20261229T090000\nDTEND:20261229T100000"),
        event("UID:4\nDTSTART:20261202T180000\nDTEND:20261202T190000"),
    ];
    let import = taken(&events.concat(), CalendarUse::Holidays);
    assert!(
        import.entries.iter().all(|entry| entry.effect == CalendarEffect::Nothing),
        "{:?}",
        import.entries
    );
    assert_eq!(import.file, *hours(WEEK).file());
    let away = event("UID:1\nDTSTART;VALUE=DATE:20261229\nDURATION:P2D");
    assert_eq!(effects(&taken(&away, CalendarUse::Absences))[0].2, CalendarEffect::Nothing);
}

#[test]
fn hours_are_taken_out_of_the_blocks() {
    let import = taken(
        &event("UID:1\nDTSTART;TZID=Europe/Berlin:20261202T130000\nDURATION:PT2H\nSUMMARY:x"),
        CalendarUse::Absences,
    );
    assert_eq!(effects(&import), [("2026-12-02".into(), "2026-12-02".into(), CalendarEffect::Shortens)]);
    assert_eq!(reason(&import, "2026-12-02T12:59:00+01:00"), AfterHoursReason::Open);
    assert_eq!(reason(&import, "2026-12-02T13:00:00+01:00"), AfterHoursReason::EarlyClose);
    assert_eq!(reason(&import, "2026-12-02T15:00:00+01:00"), AfterHoursReason::Open);
    assert_eq!(reason(&import, "2026-12-09T13:00:00+01:00"), AfterHoursReason::Open);
}

#[test]
fn hours_are_taken_out_of_a_night_too() {
    // Friday 4 December is open from 20:00 to Saturday 06:00.
    let import =
        taken(&event("UID:1\nDTSTART:20261205T010000\nDTEND:20261205T020000"), CalendarUse::Absences);
    for (text, open) in [
        ("2026-12-04T09:00:00+01:00", true),
        ("2026-12-05T00:30:00+01:00", true),
        ("2026-12-05T01:30:00+01:00", false),
        ("2026-12-05T02:30:00+01:00", true),
        ("2026-12-05T06:00:00+01:00", false),
    ] {
        assert_eq!(reason(&import, text) == AfterHoursReason::Open, open, "{text}");
    }
}

#[test]
fn zones_utc_and_floating() {
    let one = |start: &str| {
        let import = taken(&event(&format!("UID:1\n{start}\nDURATION:PT1H")), CalendarUse::Absences);
        import.entries[0].hours.map(|(from, _)| from.to_string())
    };
    assert_eq!(one("DTSTART:20261202T120000Z").as_deref(), Some("13:00"));
    assert_eq!(one("DTSTART:20261202T120000").as_deref(), Some("12:00"));
    assert_eq!(one("DTSTART;TZID=\"America/New_York\":20261202T060000").as_deref(), Some("12:00"));
    assert_eq!(
        one("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/London:20261202T110000").as_deref(),
        Some("12:00")
    );
}

#[test]
fn a_zone_that_the_file_defines() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Eastern\nBEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\n\
        RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:-0500\n\
        TZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    let events = event("UID:1\nDTSTART;TZID=Eastern:20261202T060000\nDURATION:PT1H")
        + &event("UID:2\nDTSTART;TZID=Eastern:20270701T060000\nDURATION:PT1H")
        + &event("UID:3\nDTSTART;TZID=Eastern:20270316T060000\nDURATION:PT1H");
    let import = taken(&format!("{zone}{events}"), CalendarUse::Absences);
    let starts: Vec<_> = import.entries.iter().map(|entry| entry.hours.unwrap().0.to_string()).collect();
    // On 16 March New York has changed its clocks and Berlin has not.
    assert_eq!(starts, ["12:00", "11:00", "12:00"]);
    refused(&calendar(&event("UID:1\nDTSTART;TZID=Eastern:20261202T060000")), "line 6", "is not known");
}

#[test]
fn repetitions_end_somewhere() {
    let event_of =
        |rule: &str| event(&format!("UID:1\nDTSTART;VALUE=DATE:20261130\nRRULE:{rule}\nSUMMARY:Closed"));
    let count = |rule: &str| taken(&event_of(rule), CalendarUse::Holidays).entries.len();
    assert_eq!(count("FREQ=WEEKLY;COUNT=3"), 3);
    assert_eq!(count("FREQ=WEEKLY;UNTIL=20261214"), 3);
    assert_eq!(count("FREQ=WEEKLY;UNTIL=20261213T230000Z"), 2);
    assert_eq!(count("FREQ=YEARLY"), 3);
    let import = taken(&event_of("FREQ=WEEKLY;BYDAY=MO"), CalendarUse::Holidays);
    assert_eq!(
        (import.endless.as_slice(), import.until),
        (["Closed".to_owned()].as_slice(), date("2028-12-31"))
    );
    assert!(import.entries.iter().all(|entry| entry.to <= import.until));
    assert!(taken(&event_of("FREQ=WEEKLY;COUNT=3"), CalendarUse::Holidays).endless.is_empty());
    // Until the end of 1 December in New York, which is the 2nd in UTC.
    let timed = "UID:1\nDTSTART;TZID=America/New_York:20261130T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261202T045959Z";
    assert_eq!(taken(&event(timed), CalendarUse::Absences).entries.len(), 2);
    // Begun twenty years ago and still going on.
    let old = event("UID:1\nDTSTART;VALUE=DATE:20061203\nRRULE:FREQ=YEARLY\nSUMMARY:x");
    assert_eq!(taken(&old, CalendarUse::Holidays).entries.len(), 3);
}

#[test]
fn single_occurrences_of_a_series_are_left_out_or_moved() {
    let series = "UID:1\nDTSTART;TZID=Europe/Berlin:20261130T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n\
        EXDATE;TZID=Europe/Berlin:20261201T090000";
    let moved = "UID:1\nRECURRENCE-ID:20261202T080000Z\nDTSTART:20261202T150000\nDURATION:PT1H";
    let import = taken(&(event(series) + &event(moved)), CalendarUse::Absences);
    let starts: Vec<_> =
        import.entries.iter().map(|entry| format!("{} {}", entry.from, entry.hours.unwrap().0)).collect();
    assert_eq!(starts, ["2026-11-30 09:00", "2026-12-02 15:00", "2026-12-03 09:00"]);
}

#[test]
fn what_is_left_out_is_counted() {
    let events = [
        event("UID:1\nSEQUENCE:2\nDTSTART;VALUE=DATE:20261203"),
        event("UID:1\nSEQUENCE:1\nDTSTART;VALUE=DATE:20261204"),
        event("UID:2\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261207"),
        event("UID:3\nTRANSP:TRANSPARENT\nDTSTART:20261208T090000\nDURATION:PT1H"),
        event("UID:4\nDTSTART;VALUE=DATE:20251207"),
        event("UID:5\nDTSTART;VALUE=DATE:20351207"),
        event("UID:6\nTRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261209"),
    ];
    let import = taken(&events.concat(), CalendarUse::Holidays);
    let days: Vec<_> = import.entries.iter().map(|entry| entry.from.to_string()).collect();
    assert_eq!(days, ["2026-12-03", "2026-12-09"]);
    let skipped = import.skipped;
    assert_eq!((skipped.duplicates, skipped.cancelled, skipped.free, skipped.outside), (1, 1, 1, 2));
}

#[test]
fn folded_lines_are_joined_and_their_numbers_kept() {
    let text = "\u{feff}BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Long\r\n er title\r\nDTSTART;VALUE=DATE:2026\r\n\t1203\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let import = tried(text, CalendarUse::Holidays).unwrap();
    assert_eq!(import.entries[0].title, "Longer title");
    refused(&text.replace("2026\r\n\t1203", "2026\r\n\t1340"), "line 6", "is not a date");
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_nothing_is_taken() {
    refused("", "line 1", "BEGIN:VCALENDAR");
    refused("<html>", "line 1", "not a line");
    refused("BEGIN:VEVENT\nEND:VEVENT", "line 1", "BEGIN:VCALENDAR");
    refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VCALENDAR", "line 4", "had not begun");
    refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20261203T0", "line 2", "does not end");
    refused(&calendar(&event("UID:1\nSUMMARY:x")), "line 4", "no DTSTART");
    refused(&calendar(&event("UID:1\nDTSTART:tomorrow")), "line 6", "is not a date");
    refused(
        &calendar(&event("UID:1\nDTSTART:20261203T100000\nDTEND:20261203T090000")),
        "line 7",
        "ends before",
    );
    refused(
        &calendar(&event("UID:1\nDTSTART;VALUE=DATE:20261203\nDTEND:20261203T090000")),
        "line 7",
        "ends at a time",
    );
    refused(
        &calendar(&event("UID:1\nDTSTART:20261203T100000\nRRULE:FREQ=SECONDLY")),
        "line 7",
        "within a day",
    );
    refused(&calendar(&event("UID:1\nDTSTART:20261203T100000\nRRULE:every day")), "line 7", "repetition");
    refused(
        &calendar(&event("UID:1\nDTSTART:20261203T100000\nRRULE:FREQ=DAILY;UNTIL=soon")),
        "line 7",
        "end of a repetition",
    );
    refused(&calendar(&event("UID:1\nDTSTART:20261203T100000\nDURATION:long")), "line 7", "duration");
    // One broken event among good ones: none of them is taken.
    let events =
        event("UID:1\nDTSTART;VALUE=DATE:20261203") + &event("UID:2\nDTSTART:2026") + &event("UID:3");
    let problems = tried(&calendar(&events), CalendarUse::Holidays).unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(places, ["line 10", "line 12"]);
}

#[test]
fn what_is_too_much_is_refused_and_the_limit_said() {
    let long = calendar(&event(&format!("UID:1\nDESCRIPTION:{}", "x".repeat(LONGEST_FILE))));
    refused(&long, "", &LONGEST_FILE.to_string());
    let events = event("DTSTART;VALUE=DATE:20261203").repeat(EVENTS + 1);
    refused(&calendar(&events), &format!("line {}", 4 + 3 * EVENTS), &EVENTS.to_string());
    let daily: String = (0..9)
        .map(|n| event(&format!("UID:{n}\nDTSTART;VALUE=DATE:2026110{}\nRRULE:FREQ=DAILY", n + 1)))
        .collect();
    let problems = tried(&calendar(&daily), CalendarUse::Absences).unwrap_err();
    assert!(problems[0].message.contains("more than 4000 entries"), "{problems:?}");
}

#[test]
fn any_bytes_are_an_answer_and_never_a_panic() {
    use proptest::prelude::*;
    let good = calendar(&event(
        "UID:1\nDTSTART;TZID=Europe/Berlin:20261130T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4",
    ));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    });
    let change = (0..good.len(), any::<char>(), 0_usize..20);
    runner
        .run(&change, |(place, letter, cut)| {
            let chars: Vec<char> = good.chars().collect();
            let mut text: Vec<char> = chars[..place].to_vec();
            text.push(letter);
            text.extend(chars.iter().skip(place + cut));
            let _ = tried(&text.into_iter().collect::<String>(), CalendarUse::Absences);
            Ok(())
        })
        .unwrap();
}

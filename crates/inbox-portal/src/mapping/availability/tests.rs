use super::*;

const FILE: &str = r#"{"zone":"Europe/Berlin","versions":[
  {"from":"2026-01-01","weekly":[
    {"day":"mon","start":"08:00","end":"12:30"},{"day":"tue","start":"08:00","end":"12:30"},
    {"day":"fri","start":"20:00","end":"06:00"},{"day":"sun","start":"22:00","end":"00:00"},
    {"day":"wed","start":"00:00","end":"00:00"}],
   "on_call":[{"day":"sat","start":"18:00","end":"22:00"}]},
  {"from":"2027-02-01","weekly":[]}],
 "exceptions":[{"date":"2026-12-24","closed":true,"reason":"holiday"},{"date":"2026-12-23","open":[{"start":"08:00","end":"10:00"}]},
   {"date":"2026-12-30","open":[{"start":"08:00","end":"10:00"}]}],
 "absences":[{"from":"2026-12-28","to":"2026-12-31","cover":{"name":"Dr. Vesna Ilić","phone":"+49 30 1"}}],
 "holidays":["DE-BB"]}"#;

fn hours() -> AvailabilityHours {
    AvailabilityHours::from_json(FILE).unwrap()
}

fn today() -> NaiveDate {
    "2026-12-02".parse().unwrap()
}

#[test]
fn what_has_a_field_is_written_and_the_rest_said_in_words() {
    let written = role_hours(&hours(), today(), "de");
    let time = |days: &[&str], start: &str, end: &str| json!({"daysOfWeek": days, "availableStartTime": start, "availableEndTime": end});
    assert_eq!(
        written.fields["availableTime"],
        json!([
            time(&["sat"], "00:00:00", "06:00:00"),
            {"daysOfWeek": ["wed"], "allDay": true},
            time(&["mon", "tue"], "08:00:00", "12:30:00"),
            time(&["fri"], "20:00:00", "23:59:59"),
            time(&["sun"], "22:00:00", "23:59:59"),
        ])
    );
    let closed = written.fields["notAvailable"].as_array().unwrap();
    assert_eq!(
        closed[..2],
        [
            json!({"description": "Geschlossen", "during": {"start": "2026-12-24", "end": "2026-12-26"}}),
            json!({"description": "Abwesend. Vertretung: Dr. Vesna Ilić, +49 30 1",
                "during": {"start": "2026-12-28", "end": "2026-12-31"}}),
        ]
    );
    // An absence beats the exception of 30 December, which is therefore not said.
    assert_eq!(
        written.fields["availabilityExceptions"],
        "23.12.2026 geöffnet 08:00\u{2013}10:00. Andere Zeiten ab 01.02.2027. Die Zeiten gelten in Europe/Berlin."
    );
    let all = NotExpressed { overnight: true, on_call: true, changed_days: true, later_version: true };
    assert_eq!(written.not_expressed, all);
}

#[test]
fn what_was_written_is_read_as_it_was() {
    let read = read_hours(&role_hours(&hours(), today(), "en").fields);
    assert_eq!(read.weekly, hours().weekly_on(today()));
    assert_eq!(read.unreadable, 0);
    assert_eq!(read.closed[0].description, "Closed");
    assert_eq!(closed_dates(&read.closed[0]).len(), 3);
    assert!(read.exceptions.ends_with("Times are those of Europe/Berlin."));
}

#[test]
fn other_fields_of_a_role_stay_and_empty_lists_are_left_out() {
    let raw = r#"{"resourceType":"PractitionerRole","id":"r","telecom":[{"value":"1"}],"availableTime":[{"allDay":true}],"notAvailable":[]}"#;
    let none =
        AvailabilityHours::from_json(r#"{"zone":"UTC","versions":[{"from":"2026-01-01","weekly":[]}]}"#)
            .unwrap();
    let role = with_hours(raw, &role_hours(&none, today(), "en").fields).unwrap();
    assert_eq!(role["telecom"][0]["value"], "1");
    assert!(role.get("availableTime").is_none() && role.get("notAvailable").is_none());
    assert_eq!(hours_fields(&role.to_string()).len(), 1);
}

#[test]
fn what_other_programs_write_is_read_as_far_as_it_can_be() {
    let fields = json!({"availableTime": [
        {"daysOfWeek": ["mon"], "availableStartTime": "08:00:00", "availableEndTime": "17:00:00"},
        {"daysOfWeek": ["mon"], "availableStartTime": "08:00:00", "availableEndTime": "17:00:00"},
        {"daysOfWeek": ["moon"], "availableStartTime": "08:00:00", "availableEndTime": "17:00:00"},
        {"daysOfWeek": ["tue"], "availableStartTime": "08:00:00"},
        {"availableStartTime": "08:00:00", "availableEndTime": "17:00:00"},
        {"daysOfWeek": ["tue"], "availableStartTime": "09:00:00", "availableEndTime": "09:00:00"}],
        "notAvailable": [{"description": "x", "during": {"start": "2026-12-24T08:00:00Z"}}]});
    let read = read_hours(fields.as_object().unwrap());
    assert_eq!((read.weekly.len(), read.unreadable), (1, 4));
    assert_eq!((read.closed[0].to, closed_dates(&read.closed[0]).len()), (None, 0));
    assert_eq!(read_hours(&Map::new()), PublishedHours::default());
}

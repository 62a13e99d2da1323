//! Broken availability files are refused with the place and a sentence.

use super::super::AvailabilityHours;
use super::problems;

fn version(weekly: &str) -> String {
    format!(r#"{{"zone":"Europe/Berlin","versions":[{{"from":"2026-01-01","weekly":{weekly}}}]}}"#)
}

#[track_caller]
fn refused(json: &str, path: &str, words: &str) {
    let found = problems(json);
    let hit = found.iter().any(|problem| problem.path == path && problem.message.contains(words));
    assert!(hit, "{path} ({words}) is not among {found:?}");
}

#[test]
fn shapes() {
    refused("", "", "not JSON (line 1");
    refused("[]", "", "object");
    refused("{}", "zone", "missing");
    refused("{}", "versions", "missing");
    refused(r#"{"zone":"Europe/Berlin","versions":[]}"#, "versions", "at least one");
    refused(
        r#"{"zone":"Europe/Berlin","versions":[{"from":"2026-01-01"}]}"#,
        "versions[0].weekly",
        "missing",
    );
    refused(r#"{"zone":7,"versions":[{"from":"2026-02-30","weekly":[]}]}"#, "zone", "text");
    refused(r#"{"zone":7,"versions":[{"from":"2026-02-30","weekly":[]}]}"#, "versions[0].from", "not a date");
}

#[test]
fn times_and_days() {
    for (time, path) in
        [("25:00", "start"), ("24:00", "start"), ("8:00", "start"), ("08:60", "start"), ("+8:00", "start")]
    {
        let json = version(&format!(r#"[{{"day":"mon","start":"{time}","end":"23:59"}}]"#));
        refused(&json, &format!("versions[0].weekly[0].{path}"), "not a time");
    }
    let json = version(
        r#"[{"day":"mon","start":"08:00","end":"09:00"},{"day":"Montag","start":"10:00","end":"noon"}]"#,
    );
    refused(&json, "versions[0].weekly[1].day", "not a day");
    refused(&json, "versions[0].weekly[1].end", "not a time");
}

#[test]
fn a_broken_shape_does_not_hide_what_else_is_wrong() {
    let json = r#"{"zone":"Europe/Nowhere","versions":[
        {"from":"2026-01-01","weekly":[{"day":"mon","start":"bad","end":"09:00"}]},
        {"from":"2026-01-01","weekly":[{"day":"tue","start":"08:00","end":"10:00"},{"day":"tue","start":"09:00","end":"11:00"}]}]}"#;
    let paths: Vec<_> = problems(json).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["versions[0].weekly[0].start", "zone", "versions[1].from", "versions[1].weekly[1]"]);
}

#[test]
fn blocks_that_overlap() {
    let json = version(
        r#"[{"day":"mon","start":"08:00","end":"12:30"},{"day":"mon","start":"12:00","end":"13:00"}]"#,
    );
    refused(&json, "versions[0].weekly[1]", "Mon 12:00 to 13:00 overlaps versions[0].weekly[0]");
    let overnight = version(
        r#"[{"day":"tue","start":"05:00","end":"07:00"},{"day":"mon","start":"20:00","end":"06:00"}]"#,
    );
    refused(&overnight, "versions[0].weekly[1]", "overlaps");
    let sunday = version(
        r#"[{"day":"mon","start":"05:00","end":"07:00"},{"day":"sun","start":"20:00","end":"06:00"}]"#,
    );
    refused(&sunday, "versions[0].weekly[1]", "overlaps");
    let whole = version(
        r#"[{"day":"mon","start":"00:00","end":"00:00"},{"day":"mon","start":"23:00","end":"23:30"}]"#,
    );
    refused(&whole, "versions[0].weekly[1]", "overlaps");
    let touching = version(
        r#"[{"day":"mon","start":"08:00","end":"12:00"},{"day":"mon","start":"12:00","end":"13:00"},
        {"day":"sun","start":"22:00","end":"08:00"}]"#,
    );
    assert!(AvailabilityHours::from_json(&touching).is_ok());
}

#[test]
fn blocks_that_hold_nothing() {
    let json = version(r#"[{"day":"mon","start":"08:00","end":"08:00"}]"#);
    refused(&json, "versions[0].weekly[0]", "ends when it begins");
    assert!(
        AvailabilityHours::from_json(&version(r#"[{"day":"mon","start":"00:00","end":"00:00"}]"#)).is_ok()
    );
}

#[test]
fn exceptions_absences_and_holidays() {
    let with = |rest: &str| {
        format!(
            r#"{{"zone":"UTC","practitioner":"Practitioner/1","versions":[{{"from":"2026-01-01","weekly":[]}}],{rest}}}"#
        )
    };
    refused(&with(r#""exceptions":[{"date":"2026-05-01"}]"#), "exceptions[0]", "neither");
    refused(
        &with(r#""exceptions":[{"date":"2026-05-01","closed":true,"open":[]}]"#),
        "exceptions[0]",
        "at once",
    );
    let twice = r#""exceptions":[{"date":"2026-05-01","closed":true},{"date":"2026-05-01","open":[]}]"#;
    refused(&with(twice), "exceptions[1].date", "already has exceptions[0]");
    let open = r#""exceptions":[{"date":"2026-05-01","open":[{"start":"08:00","end":"10:00"},{"start":"09:00","end":"09:30"}]}]"#;
    refused(&with(open), "exceptions[0].open[1]", "overlaps");
    refused(&with(r#""absences":[{"from":"2026-05-02","to":"2026-05-01"}]"#), "absences[0]", "ends before");
    let own = r#""absences":[{"from":"2026-05-01","to":"2026-05-01","cover":{"name":"A","practitioner":"Practitioner/1"}}]"#;
    refused(&with(own), "absences[0].cover", "absent");
    let nameless = r#""absences":[{"from":"2026-05-01","to":"2026-05-01","cover":{"name":" "}}]"#;
    refused(&with(nameless), "absences[0].cover.name", "no name");
    refused(&with(r#""holidays":["DE-BB","DE-XX"]"#), "holidays[1]", "DE-XX");
}

#[test]
fn versions_of_one_day() {
    let json =
        r#"{"zone":"UTC","versions":[{"from":"2026-01-01","weekly":[]},{"from":"2026-01-01","weekly":[]}]}"#;
    refused(json, "versions[1].from", "versions[0]");
}

#[test]
fn a_cover_who_is_absent_too() {
    let json = |practitioner: &str, to: &str| {
        format!(
            r#"{{"zone":"UTC","versions":[{{"from":"2026-01-01","weekly":[]}}],"absences":[{{"from":"2026-05-01","to":"{to}",
            "cover":{{"name":"Dr. A","practitioner":"{practitioner}"}}}}]}}"#
        )
    };
    let mine = super::hours(&json("Practitioner/2", "2026-05-03"));
    let theirs = super::hours(&json("Practitioner/1", "2026-05-01"));
    let problems = mine.absent_covers(|id| (id == "Practitioner/2").then_some(&theirs));
    assert_eq!(problems[0].path, "absences[0].cover");
    assert!(mine.absent_covers(|_| None).is_empty());
}

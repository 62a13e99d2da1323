//! What the clock changes do: a skipped hour holds nothing, a repeated hour is open twice.

use super::{AfterHoursReason, at, hours};

/// Zone, day of the week, block, then instants in UTC with whether they are open and the next opening.
struct Change {
    zone: &'static str,
    block: (&'static str, &'static str, &'static str),
    instants: &'static [(&'static str, bool, &'static str)],
}

const CHANGES: &[Change] = &[
    // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    Change {
        zone: "Europe/Berlin",
        block: ("sun", "02:15", "03:30"),
        instants: &[
            ("2026-03-29T00:59:59Z", false, "2026-03-29T01:00:00Z"),
            ("2026-03-29T01:00:00Z", true, "2026-03-29T01:00:00Z"),
            ("2026-03-29T01:29:00Z", true, "2026-03-29T01:29:00Z"),
            ("2026-03-29T01:30:00Z", false, "2026-04-05T00:15:00Z"),
        ],
    },
    // A block wholly in the skipped hour is empty on that day.
    Change {
        zone: "Europe/Berlin",
        block: ("sun", "02:15", "02:45"),
        instants: &[("2026-03-28T12:00:00Z", false, "2026-04-05T00:15:00Z")],
    },
    // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    Change {
        zone: "Europe/Berlin",
        block: ("sun", "02:15", "02:45"),
        instants: &[
            ("2026-10-25T00:14:59Z", false, "2026-10-25T00:15:00Z"),
            ("2026-10-25T00:15:00Z", true, "2026-10-25T00:15:00Z"),
            ("2026-10-25T00:45:00Z", false, "2026-10-25T01:15:00Z"),
            ("2026-10-25T01:15:00Z", true, "2026-10-25T01:15:00Z"),
            ("2026-10-25T01:45:00Z", false, "2026-11-01T01:15:00Z"),
        ],
    },
    // An overnight block is an hour shorter in spring and an hour longer in autumn.
    Change {
        zone: "Europe/Berlin",
        block: ("sat", "20:00", "06:00"),
        instants: &[
            ("2026-03-29T03:59:00Z", true, "2026-03-29T03:59:00Z"),
            ("2026-03-29T04:00:00Z", false, "2026-04-04T18:00:00Z"),
            ("2026-10-25T04:59:00Z", true, "2026-10-25T04:59:00Z"),
            ("2026-10-25T05:00:00Z", false, "2026-10-31T19:00:00Z"),
        ],
    },
    // New York, 8 March 2026 (02:00 becomes 03:00 at 07:00 UTC) and 1 November 2026 (02:00 becomes 01:00 at 06:00 UTC).
    Change {
        zone: "America/New_York",
        block: ("sun", "01:30", "02:30"),
        instants: &[
            ("2026-03-08T06:30:00Z", true, "2026-03-08T06:30:00Z"),
            ("2026-03-08T06:59:59Z", true, "2026-03-08T06:59:59Z"),
            ("2026-03-08T07:00:00Z", false, "2026-03-15T05:30:00Z"),
            ("2026-11-01T05:29:00Z", false, "2026-11-01T05:30:00Z"),
            ("2026-11-01T05:59:00Z", true, "2026-11-01T05:59:00Z"),
            ("2026-11-01T06:00:00Z", false, "2026-11-01T06:30:00Z"),
            ("2026-11-01T07:29:00Z", true, "2026-11-01T07:29:00Z"),
            ("2026-11-01T07:30:00Z", false, "2026-11-08T06:30:00Z"),
        ],
    },
    // Lord Howe, half an hour: 5 April 2026 02:00 becomes 01:30 at 15:00 UTC the day before; 4 October 2026 02:00 becomes
    // 02:30 at 15:30 UTC the day before.
    Change {
        zone: "Australia/Lord_Howe",
        block: ("sun", "01:45", "02:15"),
        instants: &[
            ("2026-04-04T14:44:00Z", false, "2026-04-04T14:45:00Z"),
            ("2026-04-04T14:59:00Z", true, "2026-04-04T14:59:00Z"),
            ("2026-04-04T15:00:00Z", false, "2026-04-04T15:15:00Z"),
            ("2026-04-04T15:44:00Z", true, "2026-04-04T15:44:00Z"),
            ("2026-04-04T15:45:00Z", false, "2026-04-11T15:15:00Z"),
            ("2026-10-03T15:15:00Z", true, "2026-10-03T15:15:00Z"),
            ("2026-10-03T15:30:00Z", false, "2026-10-10T14:45:00Z"),
        ],
    },
    // No changes at all.
    Change {
        zone: "Asia/Kolkata",
        block: ("sun", "02:00", "03:00"),
        instants: &[
            ("2026-03-28T20:30:00Z", true, "2026-03-28T20:30:00Z"),
            ("2026-03-28T21:30:00Z", false, "2026-04-04T20:30:00Z"),
        ],
    },
];

#[test]
fn clock_changes() {
    for Change { zone, block: (day, start, end), instants } in CHANGES {
        let hours = hours(&format!(
            r#"{{"zone":"{zone}","versions":[{{"from":"2025-01-01","weekly":[{{"day":"{day}","start":"{start}","end":"{end}"}}]}}]}}"#
        ));
        for (instant, open, next) in *instants {
            let verdict = hours.classify(at(instant));
            assert_eq!(verdict.reason == AfterHoursReason::Open, *open, "{zone} {start} {instant}");
            assert_eq!(verdict.next_open, Some(at(next)), "{zone} {start} {instant}");
        }
    }
}

#[test]
fn midnight_that_does_not_exist() {
    // Beirut goes from 00:00 to 01:00 on 29 March 2026 (22:00 UTC the day before).
    let json = r#"{"zone":"Asia/Beirut","versions":[{"from":"2026-01-01","weekly":[{"day":"sun","start":"00:00","end":"02:00"}]}],
        "absences":[{"from":"2026-03-30","to":"2026-03-30"}]}"#;
    let verdict = hours(json).classify(at("2026-03-28T20:00:00Z"));
    assert_eq!(verdict.next_open, Some(at("2026-03-28T22:00:00Z")));
    assert_eq!(hours(json).classify(at("2026-03-29T20:59:59Z")).reason, AfterHoursReason::Night);
    assert_eq!(hours(json).classify(at("2026-03-29T21:00:00Z")).reason, AfterHoursReason::Absence);
}

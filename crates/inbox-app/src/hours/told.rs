//! What patients are told about the hours, in plain words: when messages are read, who covers, the emergency number.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc, Weekday};
use inbox_domain::{
    AvailabilityHours,
    hours::{WallTime, WeeklyBlock},
};

use crate::dto::CrisisLineView;

/// Absences and exceptions that begin later are not told yet.
const AHEAD: TimeDelta = TimeDelta::days(28);
const DAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
const DAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAYS_DE: [&str; 7] = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Start and end of each block of a day.
type Blocks = Vec<(WallTime, WallTime)>;

/// What is told, and of whom.
pub(super) struct Teller<'a> {
    pub(super) hours: &'a AvailabilityHours,
    pub(super) now: DateTime<Utc>,
    pub(super) name: String,
    pub(super) lines: &'a [CrisisLineView],
}

impl Teller<'_> {
    /// The text in `en` or `de`.
    pub(super) fn tell(&self, language: &str) -> String {
        let de = language == "de";
        let name = if self.name.is_empty() { pick(de, "Your clinician", "Ihre Praxis") } else { &self.name };
        let mut lines = vec![if de {
            format!("{name} liest Nachrichten zu diesen Zeiten ({}):", self.hours.zone())
        } else {
            format!("{name} reads messages at these times ({}):", self.hours.zone())
        }];
        lines.extend(self.week(de));
        lines.push(self.next(de));
        lines.extend(self.away(de));
        lines.extend(self.dates(de));
        if let Some(line) = self.lines.iter().find(|line| line.emergency) {
            lines.push(if de {
                format!(
                    "Nachrichten werden nicht rund um die Uhr gelesen. Bei Gefahr für Ihr Leben: {}.",
                    line.number
                )
            } else {
                format!("Messages are not read around the clock. If your life is in danger: {}.", line.number)
            });
        }
        if let Some(line) = self.lines.iter().find(|line| !line.emergency) {
            lines.push(format!("{}: {}", line.name, line.number));
        }
        lines.join("\n")
    }

    /// The week in force, days with the same blocks joined.
    fn week(&self, de: bool) -> Vec<String> {
        let today = self.today();
        let weeks = &self.hours.file().versions;
        let week = weeks.iter().rev().find(|week| week.from <= today).or(weeks.first());
        let Some(week) = week else { return Vec::new() };
        let of = |day: Weekday| {
            let mut blocks: Vec<&WeeklyBlock> = week.weekly.iter().filter(|block| block.day == day).collect();
            blocks.sort_by_key(|block| block.start);
            blocks.into_iter().map(|block| (block.start, block.end)).collect::<Blocks>()
        };
        let mut told: Vec<(usize, usize, Blocks)> = Vec::new();
        for (index, day) in DAYS.into_iter().enumerate() {
            let blocks = of(day);
            match told.last_mut() {
                Some((_, last, same)) if *last + 1 == index && *same == blocks => *last = index,
                _ if blocks.is_empty() => {}
                _ => told.push((index, index, blocks)),
            }
        }
        if told.is_empty() {
            return vec![pick(de, "at no fixed times", "zu keinen festen Zeiten").to_owned()];
        }
        let names = if de { DAYS_DE } else { DAYS_EN };
        told.into_iter()
            .map(|(first, last, blocks)| {
                let days = match last - first {
                    0 => names[first].to_owned(),
                    1 => format!("{} {} {}", names[first], pick(de, "and", "und"), names[last]),
                    _ => format!("{} {} {}", names[first], pick(de, "to", "bis"), names[last]),
                };
                let times: Vec<_> = blocks.iter().map(|block| stretch(de, block.0, block.1)).collect();
                format!("• {days}: {}", times.join(", "))
            })
            .collect()
    }

    fn next(&self, de: bool) -> String {
        let verdict = self.hours.classify(self.now);
        match verdict.next_open {
            _ if !verdict.after_hours => {
                pick(de, "Messages are being read now.", "Im Moment werden Nachrichten gelesen.").to_owned()
            }
            Some(open) => {
                let local = open.with_timezone(&self.hours.tz());
                let names = if de { DAYS_DE } else { DAYS_EN };
                let weekday = names[local.weekday().num_days_from_monday() as usize];
                let date = day(de, local.date_naive());
                let time = local.format("%H:%M");
                if de {
                    format!("Was Sie jetzt schreiben, wird ab {weekday}, {date}, {time} Uhr gelesen.")
                } else {
                    format!("What you write now will be read from {weekday} {date}, {time} on.")
                }
            }
            None => pick(
                de,
                "It is not known when messages will be read again.",
                "Es steht nicht fest, wann wieder Nachrichten gelesen werden.",
            )
            .to_owned(),
        }
    }

    fn away(&self, de: bool) -> Vec<String> {
        let (today, until) = (self.today(), self.today() + AHEAD);
        let near = self.hours.file().absences.iter().filter(|away| away.to >= today && away.from <= until);
        near.map(|away| {
            let days = if away.from == away.to {
                day(de, away.from)
            } else {
                format!("{} {} {}", day(de, away.from), pick(de, "to", "bis"), day(de, away.to))
            };
            let cover = away.cover.as_ref().map(|cover| {
                let phone = cover.phone.as_deref().map(|phone| format!(", {phone}")).unwrap_or_default();
                format!("{}{phone}", cover.name)
            });
            match cover {
                Some(cover) if de => format!("Abwesend {days}. Vertretung: {cover}."),
                Some(cover) => format!("Away {days}. Cover: {cover}."),
                None if de => format!("Abwesend {days}."),
                None => format!("Away {days}."),
            }
        })
        .collect()
    }

    fn dates(&self, de: bool) -> Vec<String> {
        let (today, until) = (self.today(), self.today() + AHEAD);
        let near =
            self.hours.file().exceptions.iter().filter(|found| found.date >= today && found.date <= until);
        near.map(|found| {
            let date = day(de, found.date);
            let blocks = found.open.as_deref().unwrap_or_default();
            if found.closed || blocks.is_empty() {
                return format!("{} {date}.", pick(de, "Closed on", "Geschlossen am"));
            }
            let times: Vec<_> = blocks.iter().map(|block| stretch(de, block.start, block.end)).collect();
            let on = pick(de, "On", "Am");
            let only = pick(de, "only", "nur");
            format!("{on} {date} {only} {}.", times.join(", "))
        })
        .collect()
    }

    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.hours.tz()).date_naive()
    }
}

fn pick<'a>(de: bool, en: &'a str, german: &'a str) -> &'a str {
    if de { german } else { en }
}

/// `08:00–12:30`; whole days and ends on the next day in words.
fn stretch(de: bool, start: WallTime, end: WallTime) -> String {
    if start == end {
        return pick(de, "all day", "ganztags").to_owned();
    }
    let next = if end < start && end != WallTime::MIDNIGHT {
        pick(de, " (next day)", " (am nächsten Tag)")
    } else {
        ""
    };
    let end = if end == WallTime::MIDNIGHT { "24:00".to_owned() } else { end.to_string() };
    format!("{start}–{end}{next}")
}

fn day(de: bool, date: NaiveDate) -> String {
    if de {
        return date.format("%d.%m.%Y").to_string();
    }
    let month = MONTHS_EN[date.month0() as usize];
    format!("{:02}-{month}-{}", date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"zone":"Europe/Berlin","versions":[{"from":"2026-01-01","weekly":[
        {"day":"mon","start":"08:00","end":"12:30"},{"day":"tue","start":"08:00","end":"12:30"},
        {"day":"wed","start":"08:00","end":"12:30"},{"day":"fri","start":"20:00","end":"06:00"}]}],
        "exceptions":[{"date":"2026-12-01","open":[{"start":"08:00","end":"10:00"}]}],
        "absences":[{"from":"2026-12-07","to":"2026-12-09","cover":{"name":"Dr. Brandt","phone":"030 1"}}]}"#;

    fn told(language: &str) -> String {
        let hours = AvailabilityHours::from_json(FILE).unwrap();
        let line = CrisisLineView {
            name: String::new(),
            number: "112".into(),
            hours: String::new(),
            emergency: true,
        };
        let now = "2026-11-24T20:40:00Z".parse().unwrap();
        Teller { hours: &hours, now, name: "Dr. A. Adler".into(), lines: &[line] }.tell(language)
    }

    #[test]
    fn patients_are_told_when_who_and_whom_to_call() {
        assert_eq!(
            told("en"),
            "Dr. A. Adler reads messages at these times (Europe/Berlin):\n\
             • Monday to Wednesday: 08:00–12:30\n\
             • Friday: 20:00–06:00 (next day)\n\
             What you write now will be read from Wednesday 25-Nov-2026, 08:00 on.\n\
             Away 07-Dec-2026 to 09-Dec-2026. Cover: Dr. Brandt, 030 1.\n\
             On 01-Dec-2026 only 08:00–10:00.\n\
             Messages are not read around the clock. If your life is in danger: 112."
        );
        assert_eq!(
            told("de"),
            "Dr. A. Adler liest Nachrichten zu diesen Zeiten (Europe/Berlin):\n\
             • Montag bis Mittwoch: 08:00–12:30\n\
             • Freitag: 20:00–06:00 (am nächsten Tag)\n\
             Was Sie jetzt schreiben, wird ab Mittwoch, 25.11.2026, 08:00 Uhr gelesen.\n\
             Abwesend 07.12.2026 bis 09.12.2026. Vertretung: Dr. Brandt, 030 1.\n\
             Am 01.12.2026 nur 08:00–10:00.\n\
             Nachrichten werden nicht rund um die Uhr gelesen. Bei Gefahr für Ihr Leben: 112."
        );
    }
}

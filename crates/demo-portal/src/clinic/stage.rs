//! Plays scripted threads into the portal's past: instants relative to now, recipients, attachments, oddities.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

use super::people::{People, Person};
use super::resource::{self, Draft};
use super::script::{Line, Oddity, Script, Who};
use crate::dates;
use crate::options::Options;

const DIARY_PNG: &str = include_str!("../../data/sleep-diary.png.b64");
const DIARY_TEXT: &str = include_str!("../../data/sleep-diary.txt");

/// A resource and the instant at which it was written.
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    value: Value,
}

impl Event {
    pub(crate) fn new(at: i64, kind: &'static str, id: String, value: Value) -> Self {
        Self { at, kind, id, value }
    }

    /// The resource as this server keeps it.
    pub(crate) fn make(self, options: &Options) -> Value {
        let mut value = self.value;
        if options.quirks.restricted_messages && self.kind == "Communication" {
            crate::rules::restrict(&mut value, &dates::text_ms(self.at));
        }
        value
    }
}

/// What threads are played with.
pub(crate) struct Stage<'a> {
    pub(crate) people: &'a People,
    pub(crate) seed: u64,
    pub(crate) now: DateTime<Utc>,
    today: NaiveDate,
}

/// Everyone who reads a thread.
pub(crate) struct Cast {
    pub(crate) clinician: String,
    pub(crate) patient: String,
    pub(crate) proxy: Option<String>,
    pub(crate) team: bool,
}

impl Cast {
    pub(crate) fn of(person: &Person, team: bool) -> Self {
        Self {
            clinician: format!("Practitioner/{}", person.psychiatrist),
            patient: format!("Patient/{}", person.id),
            proxy: person.proxy.as_ref().map(|proxy| format!("RelatedPerson/{}", proxy.id)),
            team,
        }
    }

    pub(crate) fn everyone(&self) -> Vec<String> {
        let mut all = vec![self.clinician.clone(), self.patient.clone()];
        all.extend(self.proxy.clone());
        if self.team {
            all.push("CareTeam/clinic-team".to_owned());
        }
        all
    }

    fn sender(&self, who: Who) -> &str {
        match who {
            Who::Clinician => &self.clinician,
            Who::Patient => &self.patient,
            Who::Proxy => self.proxy.as_deref().unwrap_or(&self.patient),
        }
    }

    fn others(&self, sender: &str) -> Vec<String> {
        self.everyone().into_iter().filter(|one| one != sender).collect()
    }
}

impl<'a> Stage<'a> {
    pub(crate) fn new(people: &'a People, seed: u64, now: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&Berlin).date_naive();
        Self { people, seed, now, today }
    }

    /// An id that follows from the seed and a name.
    pub(crate) fn id(&self, name: &str) -> String {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{}/{name}", self.seed).as_bytes()).to_string()
    }

    /// An id of a large clinic: a UUID put together from seed and numbers, because hashing a million names takes time.
    pub(crate) fn short_id(&self, thread: u32, index: u8) -> String {
        let spread = (u64::from(thread) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ self.seed;
        let low = 0x8000_0000_0000_0000 | (u64::from(thread) << 8) | u64::from(index);
        Uuid::from_u64_pair((spread & !0xf000) | 0x8000, low).to_string()
    }

    /// Writes a scripted thread.
    pub(crate) fn play(&self, n: usize, script: &Script, events: &mut Vec<Event>) {
        let Some(person) = self.people.patient(&script.patient) else { return };
        let cast = Cast::of(person, script.team);
        let times = self.times(script);
        let Some(first) = times.first() else { return };
        let thread = self.id(&format!("thread/{n}"));
        let begun = first.timestamp_millis() - 1000;
        let header = resource::header(
            &cast.patient,
            &cast.clinician,
            &cast.everyone(),
            &script.topic,
            &dates::text_s(begun),
            &self.id(&format!("identifier/{n}")),
            !script.closed,
        );
        events.push(Event::new(begun, "Communication", thread.clone(), header));
        let mut before: Option<String> = None;
        for (k, (line, at)) in script.lines.iter().zip(&times).enumerate() {
            let id = self.id(&format!("message/{n}/{k}"));
            let value = self.message(&cast, script, line, *at, &thread, before.as_deref(), events);
            events.push(Event::new(at.timestamp_millis() + 800, "Communication", id.clone(), value));
            before = Some(id);
        }
        if let Some(owner) = &script.claimed_by {
            let at = times.last().map_or(begun, |at| at.timestamp_millis()) + 600_000;
            events.push(self.claim(n, &cast, &thread, owner, at.min(self.now.timestamp_millis() - 1000)));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call; a struct would only repeat the names")]
    fn message(
        &self,
        cast: &Cast,
        script: &Script,
        line: &Line,
        at: DateTime<Tz>,
        thread: &str,
        answers: Option<&str>,
        events: &mut Vec<Event>,
    ) -> Value {
        let sender = cast.sender(line.who);
        // FHIR lets a sender write any offset: patients' messages carry the local one, the clinic's are in UTC.
        let sent = match (line.oddity, line.who) {
            (Some(Oddity::NoSent), _) => None,
            (Some(Oddity::PartialDate), _) => Some(at.format("%Y-%m-%d").to_string()),
            (_, Who::Clinician) => Some(dates::text_s(at.timestamp_millis())),
            _ => Some(at.to_rfc3339()),
        };
        let identifier = self.id(&format!("identifier/{thread}/{at}"));
        let mut value = resource::message(&Draft {
            subject: &cast.patient,
            sender,
            recipients: &cast.others(sender),
            topic: &script.topic,
            thread,
            answers,
            sent: sent.as_deref(),
            text: &line.text,
            identifier: &identifier,
            status: if line.oddity == Some(Oddity::EnteredInError) {
                "entered-in-error"
            } else {
                "completed"
            },
        });
        self.make_odd(&mut value, line, at, events);
        value
    }

    fn make_odd(&self, value: &mut Value, line: &Line, at: DateTime<Tz>, events: &mut Vec<Event>) {
        let attachment = |url: String, kind: &str, title: &str, size: usize| json!({"contentAttachment": {"contentType": kind, "url": url, "title": title, "size": size}});
        match line.oddity {
            Some(Oddity::OtherSubject) => value["subject"]["reference"] = json!("Patient/lehmann-karl"),
            Some(Oddity::Broken) => {
                value["status"] = json!(7);
                value["payload"] = json!("this should have been a list");
                value["sent"] = json!({"when": "yesterday"});
                value["topic"] = json!([]);
            }
            Some(Oddity::Png) => {
                let (url, size) = self.binary("image/png", DIARY_PNG.trim(), at, events);
                push(value, attachment(url, "image/png", "sleep-diary.png", size));
            }
            Some(Oddity::Text) => {
                let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, DIARY_TEXT);
                let (url, size) = self.binary("text/plain", &data, at, events);
                push(value, attachment(url, "text/plain", "sleep-diary.txt", size));
            }
            Some(Oddity::Inline) => {
                let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, DIARY_TEXT);
                push(
                    value,
                    json!({"contentAttachment": {"contentType": "text/plain", "data": data, "title": "notes.txt"}}),
                );
            }
            _ => {}
        }
    }

    fn binary(&self, kind: &str, data: &str, at: DateTime<Tz>, events: &mut Vec<Event>) -> (String, usize) {
        let id = self.id(&format!("binary/{kind}/{at}"));
        let value = json!({"resourceType": "Binary", "contentType": kind, "data": data});
        events.push(Event::new(at.timestamp_millis() - 500, "Binary", id.clone(), value));
        (format!("Binary/{id}"), data.len() * 3 / 4)
    }

    fn claim(&self, n: usize, cast: &Cast, thread: &str, owner: &str, at: i64) -> Event {
        let id = self.id(&format!("task/{n}"));
        let value = json!({
            "resourceType": "Task",
            "identifier": [{"system": "urn:anteroom:claim", "value": thread}],
            "status": "accepted",
            "intent": "order",
            "code": {"coding": [{"system": "urn:anteroom:task", "code": "shared-work"}]},
            "focus": {"reference": format!("Communication/{thread}")},
            "for": {"reference": cast.patient},
            "owner": {"reference": format!("Practitioner/{owner}")},
            "lastModified": dates::text_ms(at),
        });
        Event::new(at, "Task", id, value)
    }

    /// The instants of a script's lines, in order and in the past. Clinicians do not write at weekends where the thread
    /// leaves room; a thread that would reach into the future is moved back by a day.
    fn times(&self, script: &Script) -> Vec<DateTime<Tz>> {
        let mut back = 0;
        loop {
            let times: Vec<DateTime<Tz>> = script
                .lines
                .iter()
                .map(|line| local(self.today - Duration::days(line.days_ago + back), line.at))
                .collect();
            if back < 3
                && times.last().is_some_and(|last| last.with_timezone(&Utc) > self.now - Duration::minutes(2))
            {
                back += 1;
                continue;
            }
            return off_weekends(script, times);
        }
    }
}

fn push(value: &mut Value, payload: Value) {
    if let Some(list) = value["payload"].as_array_mut() {
        list.push(payload);
    }
}

fn off_weekends(script: &Script, mut times: Vec<DateTime<Tz>>) -> Vec<DateTime<Tz>> {
    for n in 0..times.len() {
        let weekend = i64::from(times[n].weekday().number_from_monday()) - 5;
        if script.lines[n].who != Who::Clinician || weekend <= 0 {
            continue;
        }
        let monday = times[n] + Duration::days(3 - weekend);
        let friday = times[n] - Duration::days(weekend);
        if n > 0 && times.get(n + 1).is_some_and(|next| monday < *next) {
            times[n] = monday;
        } else if n == 0 || times[n - 1] < friday {
            times[n] = friday;
        }
    }
    times
}

/// A wall time in Berlin; in the hour that a change of clocks skips, the instant one hour later.
pub(crate) fn local(day: NaiveDate, at: NaiveTime) -> DateTime<Tz> {
    let wall = day.and_time(at);
    Berlin
        .from_local_datetime(&wall)
        .earliest()
        .or_else(|| Berlin.from_local_datetime(&(wall + Duration::hours(1))).earliest())
        .unwrap_or_else(|| Berlin.from_utc_datetime(&wall))
}

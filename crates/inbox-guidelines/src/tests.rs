//! The built-in content, and what the crate says about broken content.

use chrono::{DateTime, NaiveDate, Utc};
use inbox_domain::MessageFunction;

use crate::{
    Address, Cover, FilledSlot, Guidelines, Language, PersonName, Response, SlotContext, SlotKind, TextCheck,
    check, check_builtin, check_text, country_code, fill, propose,
};

mod content;
mod folders;
mod sending;
mod slots;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn response(id: &str, language: Language) -> &'static Response {
    Guidelines::builtin().response(id, language).unwrap()
}

/// Lena Sample of Berlin, all known.
fn context(language: Language) -> SlotContext {
    SlotContext {
        language,
        address: Address::Formal,
        patient: PersonName { family: "Muster".into(), given: "Lena".into() },
        gender: Some("female".into()),
        country: Some("DE".into()),
        age: Some(34),
        zone: chrono_tz::Europe::Berlin,
        now: at("2026-11-23T07:10:00Z"),
        read_at: Some(at("2026-11-23T06:55:00Z")),
        phone_attempt: Some(at("2026-11-23T07:05:00Z")),
        next_try: Some(at("2026-11-23T07:35:00Z")),
        safety_plan_person: Some("Ihre Schwester Mara".into()),
        cover: Some(Cover { name: "Dr. Vesna Ilić".into(), phone: "030 23125 118".into() }),
        next_opening: Some(at("2026-11-24T07:00:00Z")),
        clinic_phone: Some("030 23125 100".into()),
        clinician: "Dr. Ada Weiß".into(),
    }
}

//! What is known about a thread, put into the slots of a response. What is not known stays open and blocks sending.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::check_text::PersonName;
use crate::lines::{CrisisLine, CrisisLines};
use crate::model::{Address, Language, Response, SlotKind};
use crate::words::moment;

/// Who covers for the clinician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// Name as patients read it.
    pub name: String,
    /// Phone, or empty.
    pub phone: String,
}

/// What is known when a response is inserted.
#[derive(Debug, Clone)]
pub struct SlotContext {
    /// Language of the text.
    pub language: Language,
    /// Form of address.
    pub address: Address,
    /// The patient.
    pub patient: PersonName,
    /// FHIR gender code; decides between "Frau" and "Herr".
    pub gender: Option<String>,
    /// Country of the patient's address, as given.
    pub country: Option<String>,
    /// Age in years.
    pub age: Option<u32>,
    /// Zone of the clinic.
    pub zone: Tz,
    /// Now.
    pub now: DateTime<Utc>,
    /// When the newest message was read.
    pub read_at: Option<DateTime<Utc>>,
    /// When the clinician last tried to phone.
    pub phone_attempt: Option<DateTime<Utc>>,
    /// When she will try again.
    pub next_try: Option<DateTime<Utc>>,
    /// The person in the patient's own safety plan.
    pub safety_plan_person: Option<String>,
    /// Who covers.
    pub cover: Option<Cover>,
    /// The next opening.
    pub next_opening: Option<DateTime<Utc>>,
    /// The clinic's own number.
    pub clinic_phone: Option<String>,
    /// The clinician's name.
    pub clinician: String,
}

/// A slot with what is proposed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledSlot {
    /// Kind.
    pub kind: SlotKind,
    /// Word between the braces.
    pub name: &'static str,
    /// What the composer calls it.
    pub label: &'static str,
    /// Proposal; empty when a person must write it.
    pub value: String,
    /// Whether the text needs it.
    pub required: bool,
}

/// Proposes a value for each slot of a response, in the order of the text.
///
/// Routes are two lines of the patient's country run by different operators; where the country has only one, the
/// clinic's own number is the second. Lines past their date are not proposed.
pub fn propose(response: &Response, lines: &CrisisLines, context: &SlotContext) -> Vec<FilledSlot> {
    let slot = |kind: &SlotKind| FilledSlot {
        kind: *kind,
        name: kind.name(),
        label: kind.label(context.language),
        value: value(*kind, lines, context).unwrap_or_default(),
        required: response.requires(*kind),
    };
    response.slots.iter().map(slot).collect()
}

/// The text of a response with what is proposed put in. A slot without a value stays as `{name}`; the paragraph of an
/// optional slot without a value is left out.
pub fn fill(response: &Response, address: Address, slots: &[FilledSlot]) -> String {
    let dropped = |paragraph: &&str| {
        slots.iter().any(|slot| {
            !slot.required && slot.value.is_empty() && paragraph.contains(&format!("{{{}}}", slot.name))
        })
    };
    let paragraphs: Vec<&str> =
        response.text(address).split("\n\n").filter(|paragraph| !dropped(paragraph)).collect();
    let mut filled = String::new();
    let text = paragraphs.join("\n\n");
    let mut rest = text.as_str();
    // One pass from left to right, so that braces in a value are never taken for a slot.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match slots.iter().find(|slot| slot.name == name && !slot.value.is_empty()) {
            Some(slot) => filled.push_str(&slot.value),
            None => filled.push_str(&format!("{{{name}}}")),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn value(kind: SlotKind, lines: &CrisisLines, context: &SlotContext) -> Option<String> {
    let when = |at: Option<DateTime<Utc>>, with_zone| {
        at.map(|at| moment(at, context.zone, context.language, with_zone))
    };
    let country = context.country.as_deref();
    match kind {
        SlotKind::Address => salutation(context),
        SlotKind::ReadAt => when(context.read_at, true),
        SlotKind::PhoneAttempt => when(context.phone_attempt, false),
        SlotKind::NextTry => when(context.next_try, false),
        SlotKind::NextOpening => when(context.next_opening, true),
        SlotKind::Route1 => routes(lines, context).into_iter().next(),
        SlotKind::Route2 => routes(lines, context).into_iter().nth(1),
        SlotKind::EmergencyNumber => {
            current(lines.emergency(country?), context).map(|line| line.number.clone())
        }
        SlotKind::PoisonCentre => {
            current(lines.poison_centre(country?), context).map(|line| line.route(context.language))
        }
        SlotKind::SafetyPlanPerson => context.safety_plan_person.clone(),
        SlotKind::Cover => context.cover.as_ref().map(|cover| match cover.phone.as_str() {
            "" => cover.name.clone(),
            phone => format!("{}, {phone}", cover.name),
        }),
        SlotKind::ClinicPhone => context.clinic_phone.clone(),
        SlotKind::Clinician => Some(context.clinician.clone()),
        SlotKind::EmpathicSentence | SlotKind::Medicine | SlotKind::Appointment | SlotKind::Answer => None,
    }
    .filter(|value| !value.trim().is_empty())
}

fn current<'a>(line: Option<&'a CrisisLine>, context: &SlotContext) -> Option<&'a CrisisLine> {
    line.filter(|line| !line.expired(context.now.date_naive()))
}

/// At most two ways to help.
fn routes(lines: &CrisisLines, context: &SlotContext) -> Vec<String> {
    let country = context.country.as_deref().unwrap_or_default();
    let found = lines.routes(country, context.age, context.now.date_naive());
    let mut routes: Vec<String> = found.into_iter().map(|line| line.route(context.language)).collect();
    // The clinic's own number counts only where the patient's country is known to have a line beside it.
    if let (1, Some(phone)) = (routes.len(), &context.clinic_phone) {
        let clinic = if context.language == Language::En { "our clinic" } else { "unsere Praxis" };
        routes.push(format!("{clinic}: {phone}"));
    }
    routes
}

fn salutation(context: &SlotContext) -> Option<String> {
    let PersonName { family, given } = &context.patient;
    let full = format!("{given} {family}").trim().to_owned();
    if full.is_empty() {
        return None;
    }
    let by_given = context.address == Address::Informal && !given.is_empty();
    let gender = context.gender.as_deref().filter(|_| !family.is_empty());
    Some(match (context.language, gender) {
        (Language::En, _) if by_given => format!("Dear {given}"),
        (Language::De, _) if by_given => format!("Hallo {given}"),
        (Language::En, Some("female")) => format!("Dear Ms {family}"),
        (Language::En, Some("male")) => format!("Dear Mr {family}"),
        (Language::En, _) => format!("Dear {full}"),
        (Language::De, Some("female")) => format!("Liebe Frau {family}"),
        (Language::De, Some("male")) => format!("Lieber Herr {family}"),
        (Language::De, _) => format!("Guten Tag {full}"),
    })
}

//! The words of the guideline content.

use chrono::NaiveDate;
use inbox_domain::{Category, MessageFunction};
use serde::{Deserialize, Serialize};

/// A language of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The language of a BCP 47 tag, when content exists in it: `de-AT` is German.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

/// How the patient is addressed. In English the two differ in the salutation only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// By family name; German `Sie`.
    #[default]
    Formal,
    /// By given name; German `du`.
    Informal,
}

/// A text in both languages of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    /// English.
    pub en: String,
    /// German.
    pub de: String,
}

impl Localised {
    /// The text in a language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::De => &self.de,
        }
    }
}

/// What a slot holds (CLINICAL.md, "Responses"). The word in a text is `{name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// The salutation in the patient's form of address.
    Address,
    /// When the message was read.
    ReadAt,
    /// One sentence that only a person can write; never proposed.
    EmpathicSentence,
    /// When the clinician tried to phone.
    PhoneAttempt,
    /// When she will try again.
    NextTry,
    /// First way to help that does not depend on the clinic's portal.
    #[serde(rename = "route_1")]
    Route1,
    /// Second one, run by somebody else.
    #[serde(rename = "route_2")]
    Route2,
    /// Emergency number of the patient's country.
    EmergencyNumber,
    /// Poison centre of the patient's country.
    PoisonCentre,
    /// The person named in the patient's own safety plan.
    SafetyPlanPerson,
    /// Who covers, with phone.
    Cover,
    /// When the clinic opens next, with its zone.
    NextOpening,
    /// The clinic's phone number.
    ClinicPhone,
    /// The clinician's name, as signature.
    Clinician,
    /// A medicine, by hand.
    Medicine,
    /// A date and time agreed, by hand.
    Appointment,
    /// What is answered, by hand.
    Answer,
}

impl SlotKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Address,
        Self::ReadAt,
        Self::EmpathicSentence,
        Self::PhoneAttempt,
        Self::NextTry,
        Self::Route1,
        Self::Route2,
        Self::EmergencyNumber,
        Self::PoisonCentre,
        Self::SafetyPlanPerson,
        Self::Cover,
        Self::NextOpening,
        Self::ClinicPhone,
        Self::Clinician,
        Self::Medicine,
        Self::Appointment,
        Self::Answer,
    ];

    /// The word between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::ReadAt => "read_at",
            Self::EmpathicSentence => "empathic_sentence",
            Self::PhoneAttempt => "phone_attempt",
            Self::NextTry => "next_try",
            Self::Route1 => "route_1",
            Self::Route2 => "route_2",
            Self::EmergencyNumber => "emergency_number",
            Self::PoisonCentre => "poison_centre",
            Self::SafetyPlanPerson => "safety_plan_person",
            Self::Cover => "cover",
            Self::NextOpening => "next_opening",
            Self::ClinicPhone => "clinic_phone",
            Self::Clinician => "clinician",
            Self::Medicine => "medicine",
            Self::Appointment => "appointment",
            Self::Answer => "answer",
        }
    }

    /// The kind of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the composer calls it.
    pub fn label(self, language: Language) -> &'static str {
        let (en, de) = match self {
            Self::Address => ("Form of address", "Anrede"),
            Self::ReadAt => ("Read at", "Gelesen"),
            Self::EmpathicSentence => ("A sentence of your own", "Ein eigener Satz"),
            Self::PhoneAttempt => ("Phone attempt", "Anrufversuch"),
            Self::NextTry => ("Next try", "Nächster Versuch"),
            Self::Route1 => ("First way to help", "Erster Weg zu Hilfe"),
            Self::Route2 => ("Second way to help", "Zweiter Weg zu Hilfe"),
            Self::EmergencyNumber => ("Emergency number", "Notruf"),
            Self::PoisonCentre => ("Poison centre", "Giftnotruf"),
            Self::SafetyPlanPerson => ("Person in the safety plan", "Person im Sicherheitsplan"),
            Self::Cover => ("Cover", "Vertretung"),
            Self::NextOpening => ("Next opening", "Nächste Öffnung"),
            Self::ClinicPhone => ("Phone of the clinic", "Telefon der Praxis"),
            Self::Clinician => ("Your name", "Ihr Name"),
            Self::Medicine => ("Medicine", "Medikament"),
            Self::Appointment => ("Date and time", "Datum und Uhrzeit"),
            Self::Answer => ("Your answer", "Ihre Antwort"),
        };
        match language {
            Language::En => en,
            Language::De => de,
        }
    }
}

/// The place of a response in a series, for example the caring contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Name of the series.
    pub name: String,
    /// From 1.
    pub number: u8,
    /// How many there are.
    pub of: u8,
    /// Days after the start of the series.
    pub after_days: u16,
    /// When the series stops.
    pub stop_rules: Vec<String>,
}

/// A canned, reviewed text with slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The same in every language, for example `acute-not-reached`.
    pub id: String,
    /// Counts up with every change of the text.
    pub version: u32,
    /// Language of the text.
    pub language: Language,
    /// Group in the composer, for example `acute`.
    pub group: String,
    /// Title in that language.
    pub title: String,
    /// Functions of messages that it answers.
    pub functions: Vec<MessageFunction>,
    /// Concerns that it answers.
    pub categories: Vec<Category>,
    /// Words under which it is found.
    pub phrases: Vec<String>,
    /// Holds two independent routes and the emergency number, and goes out at once.
    pub crisis: bool,
    /// Sent by the program while the clinic is closed, once the clinic has switched it on.
    pub automatic: bool,
    /// Takes in what the writer says and tells nothing about any patient.
    pub receive_only: bool,
    /// What the clinician should know before using it; never sent.
    pub guidance: String,
    /// Slots in the order of the text.
    pub slots: Vec<SlotKind>,
    /// Text in the formal address.
    pub text: String,
    /// Text in the informal address, where it differs.
    pub text_informal: Option<String>,
    /// Place in a series.
    pub series: Option<Series>,
    /// On what it rests.
    pub source: String,
    /// Last review of the content.
    pub reviewed_on: NaiveDate,
    /// The day from which it must not be used without a new review.
    pub review_by: NaiveDate,
    /// A clinical lead has signed this version.
    pub signed: bool,
}

impl Response {
    /// `id@version`, by which a sent text is traced to its version.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Whether the text needs a slot. The paragraph of one that it does not need is left out when nothing is known: not
    /// every patient has a safety plan, not every clinic a phone, and by night nobody need be away.
    pub fn requires(&self, kind: SlotKind) -> bool {
        match kind {
            SlotKind::SafetyPlanPerson | SlotKind::ClinicPhone => false,
            SlotKind::Cover => !self.automatic,
            _ => true,
        }
    }

    /// The text in a form of address; formal where there is no informal one.
    pub fn text(&self, address: Address) -> &str {
        match (address, &self.text_informal) {
            (Address::Informal, Some(text)) => text,
            _ => &self.text,
        }
    }
}

/// A step of a case (CLINICAL.md, "Checklist of a case").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChecklistStep {
    /// 1 to 12.
    pub n: u8,
    /// What is to be done.
    pub label: Localised,
    /// How, in one or two sentences.
    pub help: Localised,
}

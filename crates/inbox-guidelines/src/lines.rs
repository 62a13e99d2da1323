//! The directory of crisis lines, and which of its numbers a text names.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use crate::model::{Language, Localised};
use crate::parse::Source;
use crate::report::{CheckProblem, ProblemCode};

mod mention;

/// How long a verified line may be given to patients, in days.
pub const VERIFIED_FOR_DAYS: i64 = 365;

/// Countries in which 112 is answered as an emergency number (Directive (EU) 2018/1972, article 109, and national rules).
const ANSWERS_112: [&str; 8] = ["AT", "CH", "DE", "ES", "FR", "GB", "IE", "NL"];

/// Spellings of countries in addresses, beside the ISO 3166-1 alpha-2 code.
const COUNTRIES: [(&str, &[&str]); 11] = [
    ("AT", &["aut", "austria", "österreich", "oesterreich"]),
    ("AU", &["aus", "australia", "australien"]),
    ("CA", &["can", "canada", "kanada"]),
    ("CH", &["che", "switzerland", "schweiz", "suisse", "svizzera"]),
    ("DE", &["deu", "germany", "deutschland"]),
    ("ES", &["esp", "spain", "spanien", "españa"]),
    ("FR", &["fra", "france", "frankreich"]),
    (
        "GB",
        &[
            "gbr",
            "uk",
            "united kingdom",
            "great britain",
            "england",
            "scotland",
            "wales",
            "vereinigtes königreich",
        ],
    ),
    ("IE", &["irl", "ireland", "irland"]),
    ("NL", &["nld", "netherlands", "the netherlands", "niederlande", "nederland"]),
    ("US", &["usa", "united states", "united states of america", "vereinigte staaten"]),
];

/// The ISO 3166-1 alpha-2 code of a country as an address names it, when there are lines for it.
pub fn country_code(country: &str) -> Option<&'static str> {
    let name = country.trim().to_lowercase();
    let is =
        |(code, names): &&(&str, &[&str])| code.eq_ignore_ascii_case(&name) || names.contains(&name.as_str());
    COUNTRIES.iter().find(is).map(|(code, _)| *code)
}

/// A line to call or to text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrisisLine {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Part of the country, or empty for all of it.
    pub region: String,
    /// Languages spoken, BCP 47.
    pub language: Vec<String>,
    /// Name of the service.
    pub name: String,
    /// Number to call, or empty.
    pub number: String,
    /// Number to text, or empty.
    pub text_number: String,
    /// Address of a chat, or empty.
    pub chat: String,
    /// Further choice after dialling, for example "option 2".
    pub extension: Localised,
    /// When it answers.
    pub hours: Localised,
    /// Whom it is for; empty for everybody.
    pub audience: Localised,
    /// It is for people younger than this.
    pub under_age: Option<u32>,
    /// Who runs it.
    pub source: String,
    /// When the entry was last compared with its source.
    pub verified_on: NaiveDate,
    /// It is a general emergency number.
    pub emergency: bool,
    /// It is a poison centre.
    pub poison_centre: bool,
    /// Line of the entry in its file.
    #[serde(skip)]
    pub line: usize,
}

impl CrisisLine {
    /// Whether it was verified too long ago to be given to a patient.
    pub fn expired(&self, today: NaiveDate) -> bool {
        today - self.verified_on > TimeDelta::days(VERIFIED_FOR_DAYS)
    }

    /// Number as to be dialled, else to be texted, else the chat.
    pub fn contact(&self) -> &str {
        [&self.number, &self.text_number, &self.chat]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("", String::as_str)
    }

    /// Name, ways to reach it and hours, as a text to a patient gives them.
    pub fn route(&self, language: Language) -> String {
        let (text, chat) = match language {
            Language::En => ("text ", "chat: "),
            Language::De => ("SMS an ", "Chat: "),
        };
        let extension = self.extension.get(language);
        let call =
            if extension.is_empty() { self.number.clone() } else { format!("{}, {extension}", self.number) };
        let ways = [("", &call), (text, &self.text_number), (chat, &self.chat)];
        let ways: Vec<String> =
            ways.iter().filter(|(_, to)| !to.is_empty()).map(|(by, to)| format!("{by}{to}")).collect();
        let or = if language == Language::En { " or " } else { " oder " };
        format!("{}: {} ({})", self.name, ways.join(or), self.hours.get(language))
    }

    /// Whether it is for somebody of this age; an age that is not known counts as an adult's.
    fn is_for(&self, age: Option<u32>) -> bool {
        match (self.under_age, age) {
            (Some(under), Some(age)) => age < under,
            (Some(_), None) => false,
            (None, _) => self.audience.en.is_empty(),
        }
    }
}

/// All lines.
#[derive(Debug, Clone, Default)]
pub struct CrisisLines(Vec<CrisisLine>);

impl CrisisLines {
    /// A directory of these lines.
    pub fn new(lines: Vec<CrisisLine>) -> Self {
        Self(lines)
    }

    /// Every line in the order of the file.
    pub fn all(&self) -> &[CrisisLine] {
        &self.0
    }

    /// The lines of a country, named as in an address.
    pub fn of(&self, country: &str) -> Vec<&CrisisLine> {
        let code = country_code(country);
        self.0.iter().filter(|line| code == Some(line.country.as_str())).collect()
    }

    /// The emergency number of a country.
    pub fn emergency(&self, country: &str) -> Option<&CrisisLine> {
        self.of(country).into_iter().find(|line| line.emergency)
    }

    /// The poison centre of a country.
    pub fn poison_centre(&self, country: &str) -> Option<&CrisisLine> {
        self.of(country).into_iter().find(|line| line.poison_centre)
    }

    /// At most two lines run by different operators, for a person of this age. Lines for the young come first for the young.
    pub fn routes(&self, country: &str, age: Option<u32>, today: NaiveDate) -> Vec<&CrisisLine> {
        let usable = |line: &&CrisisLine| {
            !line.emergency
                && !line.poison_centre
                && !line.expired(today)
                && line.is_for(age)
                && line.region.is_empty()
        };
        let mut lines: Vec<_> = self.of(country).into_iter().filter(usable).collect();
        lines.sort_by_key(|line| line.under_age.is_none());
        let mut routes: Vec<&CrisisLine> = Vec::new();
        for line in lines {
            if routes.len() < 2 && routes.iter().all(|other| other.source != line.source) {
                routes.push(line);
            }
        }
        routes
    }

    /// The lines whose number a text names.
    pub fn mentioned(&self, text: &str) -> Vec<&CrisisLine> {
        let numbers = mention::Numbers::of(text);
        let named = |line: &&CrisisLine| {
            [&line.number, &line.text_number].into_iter().any(|number| numbers.hold(number))
                || (!line.chat.is_empty() && text.to_lowercase().contains(&line.chat))
        };
        self.0.iter().filter(named).collect()
    }

    /// Whether a number named in a text reaches help from a country.
    pub(crate) fn works_in(&self, line: &CrisisLine, country: &str) -> bool {
        let same = |other: &CrisisLine| {
            let shares =
                |one: &str, two: &str| !one.is_empty() && mention::digits(one) == mention::digits(two);
            shares(&other.number, &line.number)
                || shares(&other.text_number, &line.text_number)
                || (!line.chat.is_empty() && other.chat == line.chat)
        };
        let by_112 =
            line.number == "112" && country_code(country).is_some_and(|code| ANSWERS_112.contains(&code));
        by_112 || self.of(country).into_iter().any(same)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinesFile {
    #[serde(default)]
    line: Vec<toml::Spanned<LineFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFile {
    country: String,
    #[serde(default)]
    region: String,
    language: Vec<String>,
    name: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    text_number: String,
    #[serde(default)]
    chat: String,
    #[serde(default)]
    extension: Localised,
    hours: Localised,
    #[serde(default)]
    audience: Localised,
    under_age: Option<u32>,
    source: String,
    verified_on: Datetime,
    #[serde(default)]
    emergency: bool,
    #[serde(default)]
    poison_centre: bool,
}

/// Reads the directory.
pub(crate) fn read(source: &Source<'_>) -> Result<Vec<CrisisLine>, Vec<CheckProblem>> {
    let file: LinesFile = source.read().map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    for spanned in file.line {
        let at = source.text.get(..spanned.span().start).map_or(1, |before| before.matches('\n').count() + 1);
        match line(source, spanned.into_inner(), at) {
            Ok(line) => lines.push(line),
            Err(message) => problems.push(CheckProblem::new(source.path, at, ProblemCode::Invalid, message)),
        }
    }
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
}

fn line(source: &Source<'_>, file: LineFile, line: usize) -> Result<CrisisLine, String> {
    let country = country_code(&file.country).filter(|code| *code == file.country);
    let country = country.ok_or("country is an ISO code such as DE, of a country that is known")?;
    if [&file.number, &file.text_number, &file.chat].iter().all(|way| way.trim().is_empty()) {
        return Err("a number, a text_number or a chat is expected".to_owned());
    }
    let texts = [&file.name, &file.source, &file.hours.en, &file.hours.de];
    if texts.iter().any(|text| text.trim().is_empty()) || file.language.is_empty() {
        return Err("name, language, hours in en and de, and source are expected".to_owned());
    }
    if file.audience.en.is_empty() != file.audience.de.is_empty()
        || file.extension.en.is_empty() != file.extension.de.is_empty()
    {
        return Err("audience and extension are given in en and de".to_owned());
    }
    let verified_on = source.date("verified_on", file.verified_on).map_err(|problem| problem.message)?;
    Ok(CrisisLine {
        country: country.to_owned(),
        region: file.region,
        language: file.language,
        name: file.name,
        number: file.number,
        text_number: file.text_number,
        chat: file.chat.to_lowercase(),
        extension: file.extension,
        hours: file.hours,
        audience: file.audience,
        under_age: file.under_age,
        source: file.source,
        verified_on,
        emergency: file.emergency,
        poison_centre: file.poison_centre,
        line,
    })
}

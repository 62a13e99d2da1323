//! A search as it was asked: the query string of a request, read into filters.

use crate::dates;
use crate::keys::relative;
use crate::quirks::{Quirks, UnknownParameter};
use crate::reply::Fail;

/// Search parameters by type, exactly those that are answered; `/metadata` lists them from here.
pub(crate) fn parameters(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "Communication" => &[
            ("_id", "token"),
            ("_lastUpdated", "date"),
            ("category", "token"),
            ("identifier", "token"),
            ("in-response-to", "reference"),
            ("part-of", "reference"),
            ("received", "date"),
            ("recipient", "reference"),
            ("sender", "reference"),
            ("sent", "date"),
            ("status", "token"),
            ("subject", "reference"),
            ("patient", "reference"),
        ],
        "Patient" | "RelatedPerson" | "Practitioner" => &[
            ("_id", "token"),
            ("_lastUpdated", "date"),
            ("identifier", "token"),
            ("name", "string"),
            ("patient", "reference"),
        ],
        "PractitionerRole" => &[
            ("_id", "token"),
            ("_lastUpdated", "date"),
            ("identifier", "token"),
            ("practitioner", "reference"),
            ("organization", "reference"),
        ],
        "Task" => &[
            ("_id", "token"),
            ("_lastUpdated", "date"),
            ("code", "token"),
            ("focus", "reference"),
            ("identifier", "token"),
            ("owner", "reference"),
            ("patient", "reference"),
            ("status", "token"),
            ("subject", "reference"),
        ],
        "Basic" => &[("_id", "token"), ("_lastUpdated", "date"), ("code", "token"), ("identifier", "token")],
        "Group" | "CareTeam" => &[
            ("_id", "token"),
            ("_lastUpdated", "date"),
            ("identifier", "token"),
            ("member", "reference"),
            ("participant", "reference"),
        ],
        _ => &[("_id", "token"), ("_lastUpdated", "date"), ("identifier", "token"), ("status", "token")],
    }
}

/// Whether a parameter is answered: a restricted server knows few of Communication's.
pub(crate) fn is_served(quirks: &Quirks, kind: &str, name: &str) -> bool {
    let restricted = quirks.restricted_messages && kind == "Communication";
    !restricted || matches!(name, "_id" | "category" | "received" | "recipient")
}

/// A comparison of a date parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateTest {
    pub(crate) prefix: Prefix,
    pub(crate) span: (i64, i64),
}

/// The prefixes of FHIR's date search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl DateTest {
    fn read(text: &str) -> Result<Self, Fail> {
        let (prefix, rest) = match text.get(..2) {
            Some("eq") => (Prefix::Eq, &text[2..]),
            Some("ne") => (Prefix::Ne, &text[2..]),
            Some("gt" | "sa") => (Prefix::Gt, &text[2..]),
            Some("ge") => (Prefix::Ge, &text[2..]),
            Some("lt" | "eb") => (Prefix::Lt, &text[2..]),
            Some("le") => (Prefix::Le, &text[2..]),
            _ => (Prefix::Eq, text),
        };
        let span = dates::span(rest).ok_or_else(|| Fail::bad("Invalid date in search"))?;
        Ok(Self { prefix, span })
    }

    /// Whether a value that covers `value` matches. A missing value (`i64::MAX`) never does.
    pub(crate) fn matches(self, value: (i64, i64)) -> bool {
        if value.0 == i64::MAX {
            return false;
        }
        let (start, end) = self.span;
        match self.prefix {
            Prefix::Eq => value.0 >= start && value.1 <= end,
            Prefix::Ne => value.0 < start || value.1 > end,
            Prefix::Gt => value.1 > end,
            Prefix::Ge => value.1 > end || value.0 >= start,
            Prefix::Lt => value.0 < start,
            Prefix::Le => value.0 < start || value.1 <= end,
        }
    }

    /// The smallest start that can match, to begin an index walk there.
    pub(crate) fn floor(self) -> i64 {
        match self.prefix {
            Prefix::Eq | Prefix::Ge => self.span.0,
            // A partial date that begins earlier may end later; an index walk is only cut for exact values.
            Prefix::Gt => self.span.0,
            _ => i64::MIN,
        }
    }

    /// The first start that can no longer match.
    pub(crate) fn ceiling(self) -> i64 {
        match self.prefix {
            Prefix::Eq | Prefix::Le => self.span.1,
            Prefix::Lt => self.span.0,
            _ => i64::MAX,
        }
    }
}

/// One condition; the values of a list are alternatives.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Id(Vec<String>),
    Updated(DateTest),
    Sent(DateTest),
    Received(DateTest),
    /// (system, value); a missing system matches every one.
    Identifier(Vec<(Option<String>, String)>),
    /// A reference parameter by name; an element without a type matches every type.
    Reference(&'static str, Vec<String>),
    Status(Vec<String>),
    Category(Vec<String>),
    Code(Vec<String>),
    Name(Vec<String>),
    /// Only messages, not the headers of threads.
    WithPayload,
    Nothing,
}

/// The order of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// The order of creation.
    Row,
    Updated,
    Sent,
}

/// A whole search.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) filters: Vec<Filter>,
    pub(crate) sort: SortKey,
    pub(crate) descending: bool,
    pub(crate) count: usize,
    pub(crate) count_only: bool,
    pub(crate) with_total: bool,
    pub(crate) includes: Vec<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) offset: usize,
    /// A parameter that was ignored, to be told of in the result.
    pub(crate) ignored: Vec<String>,
    /// The query without its position, from which links are made.
    pub(crate) base: Vec<(String, String)>,
}

/// Reads a query string.
///
/// # Errors
/// 400 for an unknown parameter (unless a quirk says otherwise) or an unreadable value.
pub(crate) fn read(
    kind: &str,
    pairs: &[(String, String)],
    quirks: &Quirks,
    page_cap: usize,
) -> Result<Query, Fail> {
    let mut query = Query {
        filters: Vec::new(),
        sort: SortKey::Row,
        descending: false,
        count: page_cap.min(100),
        count_only: false,
        with_total: !quirks.no_total,
        includes: Vec::new(),
        cursor: None,
        offset: 0,
        ignored: Vec::new(),
        base: Vec::new(),
    };
    let mut page = None;
    for (name, value) in pairs {
        match name.as_str() {
            "_cursor" => query.cursor = Some(value.clone()),
            "_offset" => query.offset = number(value)?,
            "_page" => page = Some(number(value)?.max(1)),
            _ => {
                query.base.push((name.clone(), value.clone()));
                query.read_one(kind, name, value, quirks, page_cap)?;
            }
        }
    }
    if quirks.restricted_messages && kind == "Communication" {
        query.restrict(pairs)?;
    }
    if let Some(page) = page {
        query.offset = (page - 1) * query.count;
    }
    Ok(query)
}

impl Query {
    fn read_one(
        &mut self,
        kind: &str,
        name: &str,
        value: &str,
        quirks: &Quirks,
        page_cap: usize,
    ) -> Result<(), Fail> {
        match name {
            "_count" => self.count = number(value)?.min(page_cap),
            "_sort" => self.read_sort(value)?,
            "_total" => self.with_total = value != "none" && !quirks.no_total,
            "_summary" => self.count_only = value == "count",
            "_include" => self.includes.push(value.to_owned()),
            "_elements" | "_format" | "_pretty" | "_revinclude" => {}
            _ => {
                let (plain, modifier) = name.split_once(':').unwrap_or((name, ""));
                let known = parameters(kind).iter().find(|(known, _)| *known == plain);
                let pretended = kind == "Communication" && quirks.pretends.iter().any(|name| name == plain);
                match known {
                    Some((known, _)) if is_served(quirks, kind, plain) && !pretended => {
                        self.read_filter(known, modifier, value)?;
                        if quirks.whole_seconds {
                            self.sharpen();
                        }
                    }
                    _ => self.unknown(name, quirks)?,
                }
            }
        }
        if name == "_count" && self.count == 0 {
            self.count_only = true;
        }
        Ok(())
    }

    /// Takes a second that was shown for the instant at its start: comparison is finer than what is shown.
    fn sharpen(&mut self) {
        if let Some(Filter::Updated(test)) = self.filters.last_mut() {
            test.span.1 = test.span.0 + 1;
        }
    }

    /// A restricted server has no headers, and searches by id, or by category, recipient and received together.
    fn restrict(&mut self, pairs: &[(String, String)]) -> Result<(), Fail> {
        let asks = |name: &str| pairs.iter().any(|(asked, _)| asked.split(':').next() == Some(name));
        if !asks("_id") && !["category", "recipient", "received"].into_iter().all(asks) {
            return Err(Fail::bad("Search by _id, or by category, recipient and received"));
        }
        self.filters.push(Filter::WithPayload);
        Ok(())
    }

    fn read_sort(&mut self, value: &str) -> Result<(), Fail> {
        let first = value.split(',').next().unwrap_or_default();
        self.descending = first.starts_with('-');
        self.sort = match first.trim_start_matches('-') {
            "_lastUpdated" => SortKey::Updated,
            "sent" => SortKey::Sent,
            "_id" | "" => SortKey::Row,
            _ => return Err(Fail::new(400, "not-supported", "Cannot sort by this parameter")),
        };
        Ok(())
    }

    fn unknown(&mut self, name: &str, quirks: &Quirks) -> Result<(), Fail> {
        match quirks.unknown_parameter {
            UnknownParameter::Refused => {
                return Err(Fail::bad(format!("Unknown search parameter: {name}")));
            }
            UnknownParameter::Ignored => self.ignored.push(name.to_owned()),
            UnknownParameter::NoRows => self.filters.push(Filter::Nothing),
        }
        Ok(())
    }

    fn read_filter(&mut self, name: &'static str, modifier: &str, value: &str) -> Result<(), Fail> {
        let list = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        self.filters.push(match name {
            "_id" => Filter::Id(list()),
            "_lastUpdated" => Filter::Updated(DateTest::read(value)?),
            "sent" => Filter::Sent(DateTest::read(value)?),
            "received" => Filter::Received(DateTest::read(value)?),
            "identifier" => Filter::Identifier(list().iter().map(|token| split_token(token)).collect()),
            "status" => Filter::Status(list()),
            "category" => Filter::Category(list().iter().map(|token| split_token(token).1).collect()),
            "code" => Filter::Code(list().iter().map(|token| split_token(token).1).collect()),
            "name" => Filter::Name(list().iter().map(|name| name.to_lowercase()).collect()),
            _ => Filter::Reference(name, list().iter().map(|one| full_reference(modifier, one)).collect()),
        });
        Ok(())
    }
}

fn full_reference(modifier: &str, value: &str) -> String {
    let value = relative(value);
    if modifier.is_empty() || value.contains('/') { value.to_owned() } else { format!("{modifier}/{value}") }
}

fn split_token(token: &str) -> (Option<String>, String) {
    match token.split_once('|') {
        Some((system, value)) => (Some(system.to_owned()), value.to_owned()),
        None => (None, token.to_owned()),
    }
}

fn number(text: &str) -> Result<usize, Fail> {
    text.parse().map_err(|_| Fail::bad("Invalid number in search"))
}

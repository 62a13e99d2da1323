//! Answers a search: chooses an index, walks it from the cursor, filters, and writes the page.
//!
//! A page is put together from stored bytes; nothing is parsed but candidates of rare conditions. A cursor holds the
//! sort key and row of the last result, so rows that change during a crawl are neither lost nor shifted.

use std::collections::HashSet;
use std::ops::Bound;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;

use crate::keys::{Keys, items, reference};
use crate::query::{Filter, Query, SortKey};
use crate::reply::Fail;
use crate::store::{Row, Store, Table, each_identifier};

/// Who asks: sees all, or only what names one of these references.
#[derive(Debug, Clone)]
pub(crate) enum Viewer {
    All,
    Refs(HashSet<u32>),
}

impl Viewer {
    /// Whether this viewer may see a Communication with these keys: it names her, or its thread's header does.
    pub(crate) fn sees(&self, store: &Store, keys: &Keys) -> bool {
        self.is_named(store, keys)
            || self.header_of(store, keys).is_some_and(|row| self.is_named(store, &row.keys))
    }

    fn is_named(&self, store: &Store, keys: &Keys) -> bool {
        let Self::Refs(own) = self else { return true };
        own.contains(&keys.sender) || store.refs.members(keys.recipients).iter().any(|one| own.contains(one))
    }

    fn header_of<'s>(&self, store: &'s Store, keys: &Keys) -> Option<&'s Row> {
        let id = store.refs.text(keys.part_of)?.strip_prefix("Communication/")?;
        store.find("Communication", id).map(|(_, row)| row)
    }

    /// Whether this viewer may see a Task: her own, one about nothing that is kept apart, or one about a Communication that
    /// she sees.
    pub(crate) fn sees_task(&self, store: &Store, row: &Row) -> bool {
        let Self::Refs(own) = self else { return true };
        let value = row.value().unwrap_or_default();
        let owner = reference(&value["owner"]).and_then(|owner| store.refs.known(owner));
        if owner.is_some_and(|owner| own.contains(&owner)) {
            return true;
        }
        let focus = reference(&value["focus"]).and_then(|focus| focus.strip_prefix("Communication/"));
        focus.is_none_or(|id| {
            store.find("Communication", id).is_none_or(|(_, about)| self.sees(store, &about.keys))
        })
    }
}

/// One page of results.
pub(crate) struct Page {
    pub(crate) rows: Vec<u32>,
    pub(crate) total: Option<usize>,
    /// The cursor of the following page; `None` on the last one.
    pub(crate) next: Option<String>,
    pub(crate) more: bool,
}

struct Position {
    key: i64,
    row: u32,
    total: Option<usize>,
}

/// Runs a search over one type.
///
/// # Errors
/// 410 for a cursor of an earlier `epoch`, 400 for one that cannot be read.
pub(crate) fn run(
    store: &Store,
    kind: &str,
    query: &Query,
    viewer: &Viewer,
    epoch: u32,
) -> Result<Page, Fail> {
    let Some(table) = store.table(kind) else {
        return Ok(Page { rows: Vec::new(), total: query.with_total.then_some(0), next: None, more: false });
    };
    let after = query.cursor.as_deref().map(|cursor| read_cursor(cursor, epoch)).transpose()?;
    let tests = Tests::new(store, table, kind, query, viewer);
    let mut found = Vec::new();
    let mut skipped = 0;
    let mut more = false;
    if !query.count_only {
        for (key, row) in candidates(table, query, &tests, after.as_ref()) {
            if !tests.pass(row) {
                continue;
            }
            if skipped < query.offset && after.is_none() {
                skipped += 1;
                continue;
            }
            if found.len() == query.count {
                more = true;
                break;
            }
            found.push((key, row));
        }
    }
    let total = match &after {
        Some(position) => position.total,
        None if query.with_total || query.count_only => {
            Some(candidates(table, query, &tests, None).filter(|(_, row)| tests.pass(*row)).count())
        }
        None => None,
    };
    let next = found.last().filter(|_| more).map(|(key, row)| write_cursor(epoch, *key, *row, total));
    Ok(Page { rows: found.into_iter().map(|(_, row)| row).collect(), total, next, more })
}

fn write_cursor(epoch: u32, key: i64, row: u32, total: Option<usize>) -> String {
    let total = total.map_or_else(|| "-".to_owned(), |total| total.to_string());
    BASE64.encode(format!("{epoch}.{key}.{row}.{total}"))
}

fn read_cursor(text: &str, epoch: u32) -> Result<Position, Fail> {
    let bad = || Fail::bad("Invalid cursor");
    let text = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
    let parts: Vec<&str> = text.split('.').collect();
    let [of, key, row, total] = parts.as_slice() else { return Err(bad()) };
    if *of != epoch.to_string() {
        return Err(Fail::new(410, "expired", "This page is no longer available"));
    }
    Ok(Position {
        key: key.parse().map_err(|_| bad())?,
        row: row.parse().map_err(|_| bad())?,
        total: total.parse().ok(),
    })
}

/// The rows to look at with their sort keys, in order, beginning after the cursor.
fn candidates<'a>(
    table: &'a Table,
    query: &Query,
    tests: &Tests<'a>,
    after: Option<&Position>,
) -> Box<dyn Iterator<Item = (i64, u32)> + 'a> {
    let sort = query.sort;
    let key = move |row: u32| match sort {
        SortKey::Row => 0,
        SortKey::Updated => table.rows[row as usize].at(),
        SortKey::Sent => table.rows[row as usize].keys.sent.0,
    };
    let after = after.map(|position| (position.key, position.row));
    let descending = query.descending;
    let follows = move |one: &(i64, u32)| match after {
        None => true,
        Some(last) if descending => *one < last,
        Some(last) => *one > last,
    };
    if let Some(rows) = &tests.chosen {
        let mut list: Vec<(i64, u32)> = rows.iter().map(|row| (key(*row), *row)).filter(follows).collect();
        list.sort_unstable();
        list.dedup();
        if descending {
            list.reverse();
        }
        return Box::new(list.into_iter());
    }
    let (index, range) = match sort {
        SortKey::Row if descending => {
            return Box::new((0..table.rows.len() as u32).rev().map(|r| (0, r)).filter(follows));
        }
        SortKey::Row => {
            let first = after.map_or(0, |(_, row)| row + 1);
            return Box::new((first..table.rows.len() as u32).map(|row| (0, row)));
        }
        SortKey::Updated => (&table.by_updated, tests.updated),
        SortKey::Sent => (&table.by_sent, tests.sent),
    };
    let mut low = Bound::Included((range.0, 0));
    let mut high = if range.1 == i64::MAX { Bound::Unbounded } else { Bound::Excluded((range.1, 0)) };
    match after {
        Some(last) if descending => high = Bound::Excluded(last),
        Some(last) => low = Bound::Excluded(last),
        None => {}
    }
    if is_empty(low, high) {
        return Box::new(std::iter::empty());
    }
    let walk = index.range((low, high)).copied();
    if descending { Box::new(walk.rev()) } else { Box::new(walk) }
}

fn is_empty(low: Bound<(i64, u32)>, high: Bound<(i64, u32)>) -> bool {
    let (Bound::Included(low) | Bound::Excluded(low), Bound::Included(high) | Bound::Excluded(high)) =
        (low, high)
    else {
        return false;
    };
    low >= high
}

/// The conditions of a search, prepared for one store.
struct Tests<'a> {
    store: &'a Store,
    table: &'a Table,
    viewer: Option<&'a Viewer>,
    /// Whose Tasks these are to be.
    tasks_of: Option<&'a Viewer>,
    checks: Vec<Check<'a>>,
    /// Rows from the best posting list, where a condition has one.
    chosen: Option<Vec<u32>>,
    updated: (i64, i64),
    sent: (i64, i64),
}

enum Check<'a> {
    Filter(&'a Filter),
    Subject(Vec<u32>),
    Sender(Vec<u32>),
    PartOf(Vec<u32>),
    Recipient(Vec<u32>),
    Status(Vec<u32>),
    Category(Vec<u32>),
}

impl<'a> Tests<'a> {
    fn new(store: &'a Store, table: &'a Table, kind: &str, query: &'a Query, viewer: &'a Viewer) -> Self {
        let mut tests = Self {
            store,
            table,
            viewer: (kind == "Communication").then_some(viewer),
            tasks_of: (kind == "Task").then_some(viewer),
            checks: Vec::new(),
            chosen: None,
            updated: (i64::MIN, i64::MAX),
            sent: (i64::MIN, i64::MAX),
        };
        for filter in &query.filters {
            tests.add(kind, filter);
        }
        tests
    }

    fn add(&mut self, kind: &str, filter: &'a Filter) {
        let known = |list: &[String]| list.iter().filter_map(|text| self.store.refs.known(text)).collect();
        let check = match filter {
            Filter::Id(ids) => {
                let rows =
                    ids.iter().filter_map(|id| self.store.find(kind, id)).map(|(row, _)| row).collect();
                return self.choose(rows);
            }
            Filter::Identifier(list) => {
                let rows = list
                    .iter()
                    .filter(|(_, value)| !value.is_empty())
                    .flat_map(|(system, value)| self.store.with_identifier(kind, system.as_deref(), value))
                    .collect();
                if list.iter().all(|(_, value)| !value.is_empty()) {
                    return self.choose(rows);
                }
                Check::Filter(filter)
            }
            Filter::Updated(test) => {
                self.updated = (self.updated.0.max(test.floor()), self.updated.1.min(test.ceiling()));
                Check::Filter(filter)
            }
            Filter::Sent(test) => {
                // Only the end is safe to cut: a partial date begins before what it may still cover.
                self.sent.1 = self.sent.1.min(test.ceiling());
                Check::Filter(filter)
            }
            Filter::Status(list) => Check::Status(known(list)),
            Filter::Category(list) => Check::Category(known(list)),
            Filter::Reference(name, list) if list.iter().all(|one| one.contains('/')) => {
                let numbers: Vec<u32> = known(list);
                match *name {
                    "part-of" => {
                        self.choose(postings(&self.table.by_part_of, &numbers));
                        Check::PartOf(numbers)
                    }
                    "subject" => {
                        self.choose(postings(&self.table.by_subject, &numbers));
                        Check::Subject(numbers)
                    }
                    "sender" => Check::Sender(numbers),
                    "recipient" => Check::Recipient(numbers),
                    _ => Check::Filter(filter),
                }
            }
            _ => Check::Filter(filter),
        };
        self.checks.push(check);
    }

    /// Narrows the candidates to rows that a posting list gave.
    fn choose(&mut self, rows: Vec<u32>) {
        self.chosen = Some(match self.chosen.take() {
            None => rows,
            Some(before) => {
                let rows: HashSet<u32> = rows.into_iter().collect();
                before.into_iter().filter(|row| rows.contains(row)).collect()
            }
        });
    }

    fn pass(&self, row: u32) -> bool {
        let stored = &self.table.rows[row as usize];
        stored.body().is_some()
            && self.checks.iter().all(|check| self.check(check, stored))
            && self.viewer.is_none_or(|viewer| viewer.sees(self.store, &stored.keys))
            && self.tasks_of.is_none_or(|viewer| viewer.sees_task(self.store, stored))
    }

    fn check(&self, check: &Check<'_>, row: &Row) -> bool {
        let keys = &row.keys;
        let any =
            |set: u32, wanted: &[u32]| self.store.refs.members(set).iter().any(|one| wanted.contains(one));
        match check {
            Check::Subject(list) => list.contains(&keys.subject),
            Check::Sender(list) => list.contains(&keys.sender),
            Check::PartOf(list) => list.contains(&keys.part_of),
            Check::Status(list) => list.contains(&keys.status),
            Check::Recipient(list) => any(keys.recipients, list),
            Check::Category(list) => any(keys.categories, list),
            Check::Filter(Filter::Updated(test)) => test.matches((row.at(), row.at() + 1)),
            Check::Filter(Filter::Sent(test)) => test.matches(keys.sent),
            Check::Filter(Filter::Received(test)) => test.matches(keys.received),
            Check::Filter(filter) => row.value().is_some_and(|value| in_value(filter, &value)),
        }
    }
}

fn postings(index: &std::collections::HashMap<u32, Vec<u32>>, numbers: &[u32]) -> Vec<u32> {
    numbers.iter().filter_map(|number| index.get(number)).flatten().copied().collect()
}

/// Conditions that are looked up in the resource itself.
fn in_value(filter: &Filter, value: &Value) -> bool {
    match filter {
        Filter::Identifier(list) => each_identifier(value).any(|(system, found)| {
            list.iter().any(|(wanted, text)| {
                (text.is_empty() || text == found)
                    && wanted.as_deref().is_none_or(|wanted| wanted == system.unwrap_or_default())
            })
        }),
        Filter::Reference(name, list) => {
            let found = referenced(name, value);
            list.iter()
                .any(|wanted| found.iter().any(|one| one == wanted || one.ends_with(&format!("/{wanted}"))))
        }
        Filter::WithPayload => !value["payload"].is_null(),
        Filter::Code(list) => items(&value["code"]["coding"])
            .filter_map(|coding| coding["code"].as_str())
            .any(|code| list.iter().any(|wanted| wanted == code)),
        Filter::Name(list) => {
            let name = value["name"].to_string().to_lowercase();
            list.iter().any(|wanted| name.contains(wanted))
        }
        _ => false,
    }
}

/// What a reference parameter points at in a resource.
pub(crate) fn referenced<'a>(name: &str, value: &'a Value) -> Vec<&'a str> {
    let one = |field: &str| reference(&value[field]).into_iter().collect::<Vec<_>>();
    let many = |field: &str| items(&value[field]).filter_map(reference).collect::<Vec<_>>();
    match name {
        "part-of" => many("partOf"),
        "in-response-to" => many("inResponseTo"),
        "recipient" => many("recipient"),
        "member" => items(&value["member"]).filter_map(|member| reference(&member["entity"])).collect(),
        "participant" => {
            items(&value["participant"]).filter_map(|member| reference(&member["member"])).collect()
        }
        "patient" | "subject" => {
            ["subject", "patient", "for"].into_iter().filter_map(|field| reference(&value[field])).collect()
        }
        field => one(field),
    }
}

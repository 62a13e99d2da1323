//! Everything the portal holds, in memory: resources with all their versions, and the indexes that searches use.
//!
//! A resource is kept as its serialised JSON, because a million parsed values would take ten times the memory and a
//! search answers with the bytes as they are. What searches compare is kept beside it as numbers (`Keys`).
//! SQLite was rejected: the demo has to start in seconds with a million messages and leaves nothing behind.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::dates;
use crate::keys::{Interner, Keys, NONE};

/// The resource types that the portal serves.
pub(crate) const KINDS: [&str; 15] = [
    "Communication",
    "Patient",
    "RelatedPerson",
    "Practitioner",
    "PractitionerRole",
    "Task",
    "Binary",
    "Group",
    "CareTeam",
    "Organization",
    "Subscription",
    "Basic",
    "AuditEvent",
    "DocumentReference",
    "CommunicationRequest",
];

/// The static name of a served type.
pub(crate) fn kind_of(name: &str) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| *kind == name)
}

/// One version of a resource.
pub(crate) struct Version {
    /// `meta.lastUpdated` in milliseconds of the epoch, unique in the store.
    pub(crate) at: i64,
    /// The serialised resource; `None` when this version is its deletion.
    pub(crate) body: Option<Box<str>>,
}

/// One resource with its history, oldest version first.
pub(crate) struct Row {
    pub(crate) id: Arc<str>,
    pub(crate) versions: Vec<Version>,
    pub(crate) keys: Keys,
}

impl Row {
    /// The newest version's body; `None` when deleted.
    pub(crate) fn body(&self) -> Option<&str> {
        self.versions.last().and_then(|version| version.body.as_deref())
    }

    /// `lastUpdated` of the newest version.
    pub(crate) fn at(&self) -> i64 {
        self.versions.last().map_or(0, |version| version.at)
    }

    /// The newest version, parsed.
    pub(crate) fn value(&self) -> Option<Value> {
        self.body().and_then(|body| serde_json::from_str(body).ok())
    }
}

/// All resources of one type.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    by_id: HashMap<Arc<str>, u32>,
    pub(crate) by_updated: BTreeSet<(i64, u32)>,
    pub(crate) by_sent: BTreeSet<(i64, u32)>,
    pub(crate) by_identifier: HashMap<Box<str>, Vec<u32>>,
    pub(crate) by_part_of: HashMap<u32, Vec<u32>>,
    pub(crate) by_subject: HashMap<u32, Vec<u32>>,
    /// Every commit in order: (instant, row, index of the version).
    pub(crate) log: BTreeSet<(i64, u32, u32)>,
}

/// How versions are named and shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VersionStyle {
    pub(crate) uuid: bool,
    pub(crate) whole_seconds: bool,
}

/// The store.
#[derive(Default)]
pub(crate) struct Store {
    tables: HashMap<&'static str, Table>,
    pub(crate) refs: Interner,
    last_at: i64,
    /// Communications committed since subscribers were last told; `None` while nobody can subscribe.
    fresh: Option<Vec<(String, Value)>>,
    pub(crate) style: VersionStyle,
}

/// What a commit produced.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) at: i64,
    pub(crate) body: String,
}

impl Store {
    pub(crate) fn new(style: VersionStyle) -> Self {
        Self { style, ..Self::default() }
    }

    pub(crate) fn table(&self, kind: &str) -> Option<&Table> {
        self.tables.get(kind)
    }

    pub(crate) fn find(&self, kind: &str, id: &str) -> Option<(u32, &Row)> {
        let table = self.tables.get(kind)?;
        let row = *table.by_id.get(id)?;
        Some((row, &table.rows[row as usize]))
    }

    /// The name of a version: a number, or a UUID that follows from row and number.
    pub(crate) fn version_name(&self, kind: &str, row: u32, index: usize) -> String {
        if self.style.uuid {
            Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind}/{row}/{index}").as_bytes()).to_string()
        } else {
            (index + 1).to_string()
        }
    }

    /// The next free instant: `now`, or one millisecond after the newest commit.
    pub(crate) fn reserve(&mut self, now: i64) -> i64 {
        self.last_at = now.max(self.last_at + 1);
        self.last_at
    }

    /// Stores a new version of a resource, or the first one. `at` must come from [`Store::reserve`].
    pub(crate) fn put(&mut self, kind: &'static str, id: &str, mut value: Value, at: i64) -> Committed {
        let table = self.tables.entry(kind).or_default();
        let row = match table.by_id.get(id) {
            Some(row) => *row,
            None => {
                let row = table.rows.len() as u32;
                let id: Arc<str> = Arc::from(id);
                table.by_id.insert(Arc::clone(&id), row);
                table.rows.push(Row { id, versions: Vec::with_capacity(1), keys: Keys::default() });
                row
            }
        };
        let index = table.rows[row as usize].versions.len();
        let version = self.version_name(kind, row, index);
        let shown = if self.style.whole_seconds { dates::text_s(at) } else { dates::text_ms(at) };
        if let Some(fields) = value.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            let meta = fields.entry("meta").or_insert_with(|| json!({}));
            if !meta.is_object() {
                *meta = json!({});
            }
            meta["versionId"] = json!(version);
            meta["lastUpdated"] = json!(shown);
        }
        let body = value.to_string();
        if kind == "Communication"
            && let Some(fresh) = &mut self.fresh
        {
            fresh.push((id.to_owned(), value.clone()));
        }
        let keys = Keys::read(&value, &mut self.refs);
        let identifiers = identifiers(&value);
        let table = self.tables.entry(kind).or_default();
        table.unindex(row);
        let stored = Version { at, body: Some(body.clone().into_boxed_str()) };
        table.rows[row as usize].versions.push(stored);
        table.rows[row as usize].keys = keys;
        table.index(row, &identifiers);
        table.log.insert((at, row, index as u32));
        Committed { kind, id: id.to_owned(), version, at, body }
    }

    /// Marks a resource as deleted. False when it does not exist or is already deleted.
    pub(crate) fn delete(&mut self, kind: &'static str, id: &str, at: i64) -> bool {
        let Some(table) = self.tables.get_mut(kind) else { return false };
        let Some(row) = table.by_id.get(id).copied() else { return false };
        if table.rows[row as usize].body().is_none() {
            return false;
        }
        table.unindex(row);
        let index = table.rows[row as usize].versions.len() as u32;
        table.rows[row as usize].versions.push(Version { at, body: None });
        table.log.insert((at, row, index));
        true
    }

    /// From now on what is committed is kept for [`Store::take_fresh`].
    pub(crate) fn told(mut self) -> Self {
        self.fresh = Some(Vec::new());
        self
    }

    /// Communications committed since the last call.
    pub(crate) fn take_fresh(&mut self) -> Vec<(String, Value)> {
        self.fresh.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes back the newest version of a resource: the rollback of a transaction.
    pub(crate) fn undo(&mut self, kind: &'static str, id: &str) {
        if let Some(fresh) = &mut self.fresh {
            fresh.retain(|(other, _)| other != id);
        }
        let Some(table) = self.tables.get_mut(kind) else { return };
        let Some(row) = table.by_id.get(id).copied() else { return };
        table.unindex(row);
        let versions = &mut table.rows[row as usize].versions;
        if let Some(version) = versions.pop() {
            let index = versions.len() as u32;
            table.log.remove(&(version.at, row, index));
        }
        match table.rows[row as usize].value() {
            Some(value) => {
                table.rows[row as usize].keys = Keys::read(&value, &mut self.refs);
                let found = identifiers(&value);
                table.index(row, &found);
            }
            None if table.rows[row as usize].versions.is_empty() => {
                table.by_id.remove(id);
            }
            None => {}
        }
    }

    /// Rows of a type with this identifier value; the system is compared where one is given.
    pub(crate) fn with_identifier(&self, kind: &str, system: Option<&str>, value: &str) -> Vec<u32> {
        let Some(table) = self.tables.get(kind) else { return Vec::new() };
        let rows = table.by_identifier.get(value).map(Vec::as_slice).unwrap_or_default();
        let same = |row: &&u32| {
            let Some(system) = system else { return true };
            table.rows[**row as usize].value().is_some_and(|value_| {
                each_identifier(&value_).any(|(s, v)| v == value && s.unwrap_or_default() == system)
            })
        };
        rows.iter().filter(same).copied().collect()
    }
}

impl Table {
    fn unindex(&mut self, row: u32) {
        let Some(stored) = self.rows.get(row as usize) else { return };
        let Some(body) = stored.body() else { return };
        let keys = stored.keys;
        self.by_updated.remove(&(stored.at(), row));
        self.by_sent.remove(&(keys.sent.0, row));
        if let Ok(value) = serde_json::from_str::<Value>(body) {
            for identifier in identifiers(&value) {
                if let Some(rows) = self.by_identifier.get_mut(identifier.as_str()) {
                    rows.retain(|other| *other != row);
                }
            }
        }
        for (index, key) in [(&mut self.by_part_of, keys.part_of), (&mut self.by_subject, keys.subject)] {
            if let Some(rows) = index.get_mut(&key) {
                rows.retain(|other| *other != row);
            }
        }
    }

    fn index(&mut self, row: u32, identifiers: &[String]) {
        let stored = &self.rows[row as usize];
        let keys = stored.keys;
        self.by_updated.insert((stored.at(), row));
        self.by_sent.insert((keys.sent.0, row));
        for identifier in identifiers {
            match self.by_identifier.get_mut(identifier.as_str()) {
                Some(rows) => rows.push(row),
                None => {
                    self.by_identifier.insert(identifier.clone().into_boxed_str(), vec![row]);
                }
            }
        }
        for (index, key) in [(&mut self.by_part_of, keys.part_of), (&mut self.by_subject, keys.subject)] {
            if key != NONE {
                index.entry(key).or_default().push(row);
            }
        }
    }
}

/// Every (system, value) of a resource's `identifier`, a list or a single object.
pub(crate) fn each_identifier(value: &Value) -> impl Iterator<Item = (Option<&str>, &str)> {
    let found = &value["identifier"];
    let list = match found {
        Value::Array(list) => list.as_slice(),
        Value::Object(_) => std::slice::from_ref(found),
        _ => &[],
    };
    list.iter().filter_map(|one| Some((one["system"].as_str(), one["value"].as_str()?)))
}

fn identifiers(value: &Value) -> Vec<String> {
    each_identifier(value).map(|(_, value)| value.to_owned()).collect()
}

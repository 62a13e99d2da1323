//! What searches compare, as numbers: references, statuses and sets of them are interned once for the whole store.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::dates;

/// No reference, no value.
pub(crate) const NONE: u32 = 0;

/// Texts and sets of texts, each kept once.
pub(crate) struct Interner {
    texts: HashMap<Arc<str>, u32>,
    text_list: Vec<Arc<str>>,
    sets: HashMap<Box<[u32]>, u32>,
    set_list: Vec<Box<[u32]>>,
}

impl Default for Interner {
    fn default() -> Self {
        let empty: Box<[u32]> = Box::default();
        Self {
            texts: HashMap::new(),
            text_list: Vec::new(),
            sets: HashMap::from([(empty.clone(), 0)]),
            set_list: vec![empty],
        }
    }
}

impl Interner {
    /// The number of a text, given out on first sight.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32 + 1;
        let text: Arc<str> = text.into();
        self.text_list.push(Arc::clone(&text));
        self.texts.insert(text, number);
        number
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> Option<&str> {
        self.text_list.get((number as usize).checked_sub(1)?).map(|text| &**text)
    }

    /// The number of a text that the store has seen.
    pub(crate) fn known(&self, text: &str) -> Option<u32> {
        self.texts.get(text).copied()
    }

    fn set(&mut self, mut members: Vec<u32>) -> u32 {
        members.sort_unstable();
        members.dedup();
        if let Some(number) = self.sets.get(members.as_slice()) {
            return *number;
        }
        let members = members.into_boxed_slice();
        let number = self.set_list.len() as u32;
        self.sets.insert(members.clone(), number);
        self.set_list.push(members);
        number
    }

    /// The members of a set.
    pub(crate) fn members(&self, set: u32) -> &[u32] {
        self.set_list.get(set as usize).map(|members| &**members).unwrap_or_default()
    }
}

/// The searchable part of a resource.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Keys {
    /// The milliseconds that `sent` covers; `i64::MAX` twice when it is missing, so that it sorts last.
    pub(crate) sent: (i64, i64),
    /// The same for `received`.
    pub(crate) received: (i64, i64),
    pub(crate) subject: u32,
    pub(crate) sender: u32,
    pub(crate) part_of: u32,
    pub(crate) status: u32,
    /// A set of references.
    pub(crate) recipients: u32,
    /// A set of codes.
    pub(crate) categories: u32,
}

impl Keys {
    /// Reads the keys of a resource; anything of an unexpected type counts as absent.
    pub(crate) fn read(value: &Value, refs: &mut Interner) -> Self {
        let mut one = |value: &Value| reference(value).map_or(NONE, |text| refs.number(text));
        let subject = match &value["subject"] {
            Value::Null => one(&value["for"]),
            subject => one(subject),
        };
        let (sender, part_of) = (one(&value["sender"]), one(&value["partOf"][0]));
        let status = value["status"].as_str().map_or(NONE, |status| refs.number(status));
        let recipients: Vec<u32> =
            items(&value["recipient"]).filter_map(reference).map(|text| refs.number(text)).collect();
        let categories: Vec<u32> = items(&value["category"])
            .flat_map(|category| items(&category["coding"]))
            .filter_map(|coding| coding["code"].as_str())
            .map(|code| refs.number(code))
            .collect();
        let missing = (i64::MAX, i64::MAX);
        Self {
            sent: value["sent"].as_str().and_then(dates::span).unwrap_or(missing),
            received: value["received"].as_str().and_then(dates::span).unwrap_or(missing),
            subject,
            sender,
            part_of,
            status,
            recipients: refs.set(recipients),
            categories: refs.set(categories),
        }
    }
}

/// The elements of a list; nothing for anything else.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// The `Type/id` of a Reference, also from an absolute or versioned address.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value["reference"].as_str().map(relative)
}

/// Cuts an address down to `Type/id`.
pub(crate) fn relative(address: &str) -> &str {
    let address = address.split("/_history/").next().unwrap_or(address);
    match address.rfind("/fhir/") {
        Some(at) => &address[at + 6..],
        None => address,
    }
}

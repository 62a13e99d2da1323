//! What the bench's server serves, as bytes before any clock starts: a clinic made by the demo portal in which every message
//! is one clinician's.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;

use demo_portal::{DemoPortal, Options};
use serde_json::Value;

/// The clinician to whom everything is given.
pub(crate) const ME: &str = "Practitioner/dr-adler";
/// Resources in one page: what the client asks for.
pub(crate) const PAGE: usize = 500;
/// Characters of a message, as in DESIGN.md.
const LENGTH: usize = 300;

/// Prebuilt answers.
pub(crate) struct Stock {
    /// Pages of the first fill, by search.
    pub(crate) recipient: Vec<Vec<u8>>,
    pub(crate) sender: Vec<Vec<u8>>,
    /// Pages of what is new once it is released.
    pub(crate) new_recipient: Vec<Vec<u8>>,
    pub(crate) new_sender: Vec<Vec<u8>>,
    /// Entries with id and version by header.
    pub(crate) listed: HashMap<String, String>,
    /// Entries with a whole resource by `Type/id`.
    pub(crate) entries: HashMap<String, String>,
    /// Ids of messages by header.
    pub(crate) members: HashMap<String, Vec<String>>,
    /// Ids by `system|value`.
    pub(crate) identifiers: HashMap<String, String>,
    pub(crate) messages: usize,
}

struct Item {
    sent: String,
    id: String,
    version: String,
    header: Option<String>,
    from_me: bool,
    to_me: bool,
    identifier: Option<String>,
    raw: String,
}

/// Makes the clinic: `messages` for the first fill, the `new` newest of it for later.
pub(crate) async fn build(base: &str, messages: usize, new: usize) -> Result<Stock, Box<dyn Error>> {
    let patients = (messages / 100).clamp(50, 2_000);
    let options = Options { messages: messages + new, patients, ..Options::default() };
    let portal = DemoPortal::start(options).await?;
    let others: Vec<String> =
        portal.practitioners().into_iter().map(|one| one.reference).filter(|one| one != ME).collect();
    let control = portal.control();
    let texts = Texts::load()?;
    let resources = control.resources("Communication").into_iter().enumerate();
    let mut items: Vec<Item> =
        resources.filter_map(|(n, value)| item(value, &others, texts.nth(n))).collect();
    items.sort_by(|a, b| (&a.sent, &a.id).cmp(&(&b.sent, &b.id)));
    let mut entries = HashMap::new();
    for kind in ["Patient", "RelatedPerson", "Practitioner"] {
        for value in control.resources(kind) {
            let id = value["id"].as_str().unwrap_or_default().to_owned();
            entries.insert(format!("{kind}/{id}"), entry(&value.to_string(), "match"));
        }
    }
    portal.shutdown().await;
    let is_message = |item: &&Item| item.header.is_some();
    let new_from = items.iter().filter(is_message).count().saturating_sub(new);
    let (mut old, mut later, mut seen) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let message = item.header.is_some();
        seen += usize::from(message);
        // Headers are there from the beginning: what is new are messages.
        if message && seen > new_from { later.push(item) } else { old.push(item) }
    }
    let mut listed: HashMap<String, String> = HashMap::new();
    let mut members: HashMap<String, Vec<String>> = HashMap::new();
    for item in old.iter().filter(is_message) {
        members.entry(item.header.clone().unwrap_or_default()).or_default().push(item.id.clone());
        let list = listed.entry(item.header.clone().unwrap_or_default()).or_default();
        if !list.is_empty() {
            list.push(',');
        }
        let (id, version) = (&item.id, &item.version);
        let head =
            format!(r#"{{"resourceType":"Communication","id":"{id}","meta":{{"versionId":"{version}"}}}}"#);
        list.push_str(&entry(&head, "match"));
    }
    for item in &old {
        entries.insert(format!("Communication/{}", item.id), entry(&item.raw, "match"));
    }
    let identifiers =
        old.iter().filter_map(|item| Some((item.identifier.clone()?, item.id.clone()))).collect();
    let messages = new_from;
    let to_me = |item: &&Item| item.to_me;
    let from_me = |item: &&Item| item.from_me;
    Ok(Stock {
        recipient: pages(base, "recipient", old.iter().filter(to_me)),
        sender: pages(base, "sender", old.iter().filter(from_me)),
        new_recipient: pages(base, "new-recipient", later.iter().filter(to_me)),
        new_sender: pages(base, "new-sender", later.iter().filter(from_me)),
        listed,
        members,
        entries,
        identifiers,
        messages,
    })
}

/// Natural sentences of both languages without crisis: the texts by which triage is measured too.
struct Texts(Vec<char>);

impl Texts {
    fn load() -> Result<Self, Box<dyn Error>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/triage");
        let files = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let mut files: Vec<_> = files.into_iter().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
        files.sort();
        let mut all = Vec::new();
        for file in files {
            let lines = std::fs::read_to_string(file)?;
            let values = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            for value in values.filter(|value| value["label"].is_null() || value["label"] == "none") {
                all.extend(value["text"].as_str().unwrap_or_default().chars().chain([' ']));
            }
        }
        if all.len() <= LENGTH { Err("no texts".into()) } else { Ok(Self(all)) }
    }

    /// A text of [`LENGTH`] characters; hardly two begin at the same place.
    fn nth(&self, n: usize) -> String {
        let from = n.wrapping_mul(104_729) % (self.0.len() - LENGTH);
        self.0[from..from + LENGTH].iter().collect()
    }
}

fn item(mut value: Value, others: &[String], words: String) -> Option<Item> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(payload) = value.pointer_mut("/payload/0/contentString") {
        *payload = Value::String(words);
    }
    let mut raw = value.to_string();
    for other in others {
        raw = raw.replace(&format!("\"{other}\""), &format!("\"{ME}\""));
    }
    let value: Value = serde_json::from_str(&raw).ok()?;
    let header = text(&value["partOf"][0]["reference"])
        .and_then(|reference| reference.strip_prefix("Communication/").map(str::to_owned));
    let recipients = value["recipient"].as_array();
    Some(Item {
        sent: text(&value["sent"])?,
        id: text(&value["id"])?,
        version: text(&value["meta"]["versionId"])?,
        header,
        from_me: value["sender"]["reference"] == ME,
        to_me: recipients.is_some_and(|list| list.iter().any(|one| one["reference"] == ME)),
        identifier: text(&value["identifier"][0]["value"])
            .map(|word| format!("{}|{word}", value["identifier"][0]["system"].as_str().unwrap_or_default())),
        raw,
    })
}

fn entry(resource: &str, mode: &str) -> String {
    format!(r#"{{"resource":{resource},"search":{{"mode":"{mode}"}}}}"#)
}

fn pages<'a>(base: &str, name: &str, items: impl Iterator<Item = &'a Item>) -> Vec<Vec<u8>> {
    let entries: Vec<String> = items.map(|item| entry(&item.raw, "match")).collect();
    let count = entries.len().div_ceil(PAGE).max(1);
    let total = entries.len();
    (0..count)
        .map(|n| {
            let chunk = entries.get(n * PAGE..((n + 1) * PAGE).min(total)).unwrap_or_default();
            let next = (n + 1 < count).then(|| format!("{base}/pages/{name}-{}", n + 1));
            bundle(&chunk.join(","), total, next.as_deref()).into_bytes()
        })
        .collect()
}

/// A searchset of ready entries.
pub(crate) fn bundle(entries: &str, total: usize, next: Option<&str>) -> String {
    let mut text = format!(r#"{{"resourceType":"Bundle","type":"searchset","total":{total},"link":["#);
    if let Some(next) = next {
        let _ = write!(text, r#"{{"relation":"next","url":"{next}"}}"#);
    }
    let _ = write!(text, r#"],"entry":[{entries}]}}"#);
    text
}

/// What `/metadata` says: the parameters that the client uses.
pub(crate) fn metadata() -> String {
    let params = |names: &[&str]| -> String {
        let list: Vec<String> =
            names.iter().map(|name| format!(r#"{{"name":"{name}","type":"token"}}"#)).collect();
        list.join(",")
    };
    let resource = |kind: &str, names: &[&str]| {
        format!(
            r#"{{"type":"{kind}","interaction":[{{"code":"read"}},{{"code":"search-type"}}],"searchParam":[{}]}}"#,
            params(names)
        )
    };
    let resources = [
        resource(
            "Communication",
            &["_id", "_lastUpdated", "recipient", "sender", "part-of", "sent", "identifier"],
        ),
        resource("Patient", &["_id"]),
        resource("RelatedPerson", &["_id", "patient"]),
        resource("Practitioner", &["_id"]),
    ];
    format!(
        r#"{{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{{"mode":"server","resource":[{}]}}]}}"#,
        resources.join(",")
    )
}

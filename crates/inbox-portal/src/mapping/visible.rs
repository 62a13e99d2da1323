//! Which messages this clinician may see (CLI.md, "Visible"): servers that ignore a search parameter answer with
//! everybody's messages, so the filter is applied again here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::reference::normal_reference;

/// This clinician: her own reference and those of the groups, teams, organisations and roles that she belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// `Practitioner/ID`.
    pub practitioner: String,
    /// `Group/..`, `CareTeam/..`, `Organization/..`, `PractitionerRole/..` of hers.
    pub memberships: BTreeSet<String>,
    /// `Practitioner/ID` of absent colleagues whose threads she follows now. Not kept: it follows from dates.
    #[serde(skip)]
    pub covers: BTreeSet<String>,
}

impl Me {
    /// A clinician without known memberships.
    pub fn new(practitioner: &str) -> Self {
        Self { practitioner: practitioner.to_owned(), memberships: BTreeSet::new(), covers: BTreeSet::new() }
    }

    /// Whether the reference (already relative) names her, in person or through a membership, or a colleague for whom she
    /// covers now.
    pub fn is(&self, reference: &str) -> bool {
        self.is_own(reference) || self.covers.contains(reference)
    }

    /// The same without the colleagues for whom she covers.
    pub fn is_own(&self, reference: &str) -> bool {
        reference == self.practitioner || self.memberships.contains(reference)
    }

    /// Whether sender or recipients name her.
    pub fn is_named(&self, sender: Option<&str>, recipients: &[String]) -> bool {
        sender.is_some_and(|sender| self.is(sender)) || recipients.iter().any(|recipient| self.is(recipient))
    }

    /// All references of her own, herself first.
    pub fn references(&self) -> Vec<String> {
        std::iter::once(self.practitioner.clone()).chain(self.memberships.iter().cloned()).collect()
    }
}

/// Sender and recipients of a Communication that could not be read as one: what can be made out of it, so that
/// somebody else's broken resource is not kept either. `None` when it names nobody.
pub fn references_of(base: &str, raw: &[u8]) -> Option<Vec<String>> {
    let value: serde_json::Value = serde_json::from_slice(raw).ok()?;
    let mut found = Vec::new();
    for key in ["sender", "recipient"] {
        collect(base, value.get(key), &mut found);
    }
    (!found.is_empty()).then_some(found)
}

fn collect(base: &str, value: Option<&serde_json::Value>, found: &mut Vec<String>) {
    match value {
        Some(serde_json::Value::Array(items)) => {
            items.iter().for_each(|item| collect(base, Some(item), found))
        }
        Some(serde_json::Value::Object(map)) => {
            if let Some(reference) = map.get("reference").and_then(serde_json::Value::as_str) {
                found.push(normal_reference(base, reference));
            }
        }
        _ => {}
    }
}

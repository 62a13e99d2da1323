//! What a sign-in was granted (SMART App Launch 2, "Scopes"), and what is switched off without it. A missing scope
//! switches off just its feature: the record of what the server can do is narrowed to what this sign-in may do.

use serde::{Deserialize, Serialize};

use crate::capability::Capabilities;

/// Feature, resource type, and the letters that it needs of create, read, update, delete, search.
const FEATURES: [(&str, &str, &str); 16] = [
    ("messages", "Communication", "rs"),
    ("replies", "Communication", "c"),
    ("read_marks", "Communication", "u"),
    ("patients", "Patient", "rs"),
    ("proxies", "RelatedPerson", "rs"),
    ("clinicians", "Practitioner", "rs"),
    ("roles", "PractitionerRole", "rs"),
    ("absences", "PractitionerRole", "u"),
    ("shared_work", "Task", "crus"),
    ("attachments", "Binary", "r"),
    ("uploads", "Binary", "c"),
    ("subscriptions", "Subscription", "cr"),
    ("audit", "AuditEvent", "c"),
    ("groups", "Group", "rs"),
    ("care_teams", "CareTeam", "rs"),
    ("organizations", "Organization", "rs"),
];

/// FHIR's names of interactions by letter.
const INTERACTIONS: [(char, &[&str]); 5] = [
    ('c', &["create"]),
    ('r', &["read", "vread", "history-instance"]),
    ('u', &["update", "patch"]),
    ('d', &["delete"]),
    ('s', &["search-type", "history-type"]),
];

/// A feature that this sign-in may not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureOff {
    /// `replies`, `shared_work` ...
    pub feature: String,
    /// The scope that was not granted, without its context: `Task.crus`.
    pub scope: String,
}

/// The scopes of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedScopes(Vec<(String, String)>);

impl GrantedScopes {
    /// Reads a token answer's `scope`; `None` when it is empty: all that was asked for was granted then (RFC 6749, 5.1).
    pub fn parse(scope: &str) -> Option<Self> {
        if scope.trim().is_empty() {
            return None;
        }
        Some(Self(scope.split_whitespace().filter_map(resource_scope).collect()))
    }

    /// Whether the interactions behind all `letters` are granted on `kind`.
    pub fn allow(&self, kind: &str, letters: &str) -> bool {
        letters.chars().all(|letter| {
            self.0.iter().any(|(found, granted)| (found == kind || found == "*") && granted.contains(letter))
        })
    }

    /// Features that need what was not granted.
    pub fn off(&self) -> Vec<FeatureOff> {
        let missing = FEATURES.iter().filter(|(_, kind, letters)| !self.allow(kind, letters));
        let named = missing.map(|(feature, kind, letters)| FeatureOff {
            feature: (*feature).to_owned(),
            scope: format!("{kind}.{letters}"),
        });
        named.collect()
    }

    /// Takes out of a record what this sign-in may not do.
    pub(crate) fn narrow(&self, record: &mut Capabilities) {
        record.off = self.off();
        record.types.retain(|kind, entry| {
            for (letter, names) in INTERACTIONS {
                if !self.allow(kind, &letter.to_string()) {
                    entry.interactions.retain(|name| !names.contains(&name.as_str()));
                }
            }
            if !self.allow(kind, "s") {
                entry.search.clear();
            }
            self.any(kind)
        });
    }

    fn any(&self, kind: &str) -> bool {
        self.0.iter().any(|(found, granted)| (found == kind || found == "*") && !granted.is_empty())
    }
}

/// Type and letters of `user/Task.cruds`, of `user/Task.rs?code=x` (the condition is the server's affair), and of the first
/// version's `user/Task.read`; `None` for `openid` and the like.
fn resource_scope(scope: &str) -> Option<(String, String)> {
    let (context, rest) = scope.split_once('/')?;
    if !["user", "system", "patient"].contains(&context) {
        return None;
    }
    let (kind, granted) = rest.split('?').next()?.split_once('.')?;
    let letters = match granted {
        "*" => "cruds",
        "read" => "rs",
        "write" => "cud",
        letters => letters,
    };
    Some((kind.to_owned(), letters.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::TypeCapability;

    #[test]
    fn scopes_of_both_versions_are_read() {
        let granted =
            GrantedScopes::parse("openid user/Task.rs?code=x user/Patient.read system/Group.*").unwrap();
        assert!(granted.allow("Task", "rs") && !granted.allow("Task", "c"));
        assert!(granted.allow("Patient", "rs") && !granted.allow("Patient", "u"));
        assert!(granted.allow("Group", "cruds") && !granted.allow("Communication", "r"));
        assert!(GrantedScopes::parse("system/*.cruds").unwrap().off().is_empty());
        assert_eq!(GrantedScopes::parse(" "), None);
    }

    #[test]
    fn a_missing_scope_switches_off_its_feature_alone() {
        let all: String =
            FEATURES.iter().map(|(_, kind, letters)| format!("user/{kind}.{letters} ")).collect();
        assert!(GrantedScopes::parse(&all).unwrap().off().is_empty());
        let without = all.replace("user/Task.crus", "user/Task.rs");
        let off = GrantedScopes::parse(&without).unwrap().off();
        assert_eq!(off, [FeatureOff { feature: "shared_work".into(), scope: "Task.crus".into() }]);
    }

    #[test]
    fn the_record_is_narrowed_to_what_was_granted() {
        let entry = TypeCapability {
            search: ["_id".to_owned()].into(),
            interactions: ["read", "search-type", "create", "update", "delete"].map(str::to_owned).into(),
            ..TypeCapability::default()
        };
        let types = ["Communication", "Task"].map(|kind| (kind.to_owned(), entry.clone()));
        let mut record = Capabilities { types: types.into(), ..Capabilities::default() };
        GrantedScopes::parse("user/Communication.rs").unwrap().narrow(&mut record);
        assert!(!record.has("Task"));
        assert!(record.searches("Communication", "_id") && record.offers("Communication", "read"));
        assert!(!record.offers("Communication", "create") && !record.offers("Communication", "delete"));
        assert!(record.off.iter().any(|off| off.feature == "replies"));
    }
}

//! Which crate may use which: domain <- {triage, guidelines, vault, portal}; {vault, portal, triage} <- sync; those <-
//! app <- {shell, command line}. The vault never sees FHIR, only sync joins the two.

use serde_json::Value;

use super::Problem;

/// Package, and the workspace packages that it may use outside its tests.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("inbox-domain", &[]),
    ("inbox-triage", &["inbox-domain"]),
    ("inbox-guidelines", &["inbox-domain"]),
    ("inbox-vault", &["inbox-domain"]),
    ("inbox-portal", &["inbox-domain"]),
    ("inbox-sync", &["inbox-domain", "inbox-portal", "inbox-triage", "inbox-vault"]),
    (
        "inbox-app",
        &["inbox-domain", "inbox-guidelines", "inbox-portal", "inbox-sync", "inbox-triage", "inbox-vault"],
    ),
    ("inbox-cli", &["inbox-app", "inbox-domain", "inbox-guidelines", "inbox-triage"]),
    ("anteroom", &["inbox-app", "inbox-domain"]),
    ("demo-portal", &[]),
    (
        "anteroom-tests",
        &["demo-portal", "inbox-domain", "inbox-portal", "inbox-sync", "inbox-triage", "inbox-vault"],
    ),
    ("xtask", &[]),
];

/// Crates that do one job each, and the only packages that may use them outside tests.
const ONLY_IN: [(&str, &[&str]); 5] = [
    ("rusqlite", &["inbox-vault", "demo-portal"]),
    ("keyring", &["inbox-vault"]),
    ("reqwest", &["inbox-portal", "anteroom-tests"]),
    ("tauri", &["anteroom"]),
    ("notify-rust", &["anteroom"]),
];

/// What breaks the rule, from the answer of `cargo metadata --no-deps`.
pub(super) fn problems(metadata: &Value) -> Vec<Problem> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut found = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            found.push(Problem::new(name, "is not in the layout: add it to tidy's rule and to the code map"));
            continue;
        };
        for dependency in package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let in_tests = dependency["kind"] == "dev";
            if ours.contains(&used) && !allowed.contains(&used) && !(in_tests && may_test_with(name, used)) {
                found.push(Problem::new(name, format!("must not use {used}")));
            }
            let only = ONLY_IN.iter().find(|(known, _)| *known == used);
            if !in_tests && only.is_some_and(|(_, places)| !places.contains(&name)) {
                found.push(Problem::new(name, format!("must not use {used}: one crate does that job")));
            }
        }
    }
    found
}

/// Tests may talk to the demo portal, except those of crates without I/O; and to their own crate, with a feature that only
/// tests switch on.
fn may_test_with(package: &str, used: &str) -> bool {
    used == package
        || used == "demo-portal"
            && ["inbox-portal", "inbox-sync", "inbox-app", "inbox-cli", "anteroom"].contains(&package)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(package: &str, used: &str, kind: Option<&str>) -> Value {
        json!({ "packages": [
            { "name": package, "dependencies": [{ "name": used, "kind": kind }] },
            { "name": "inbox-portal", "dependencies": [] },
            { "name": "inbox-domain", "dependencies": [] },
            { "name": "demo-portal", "dependencies": [] },
        ] })
    }

    #[test]
    fn the_vault_must_not_see_the_portal() {
        assert_eq!(
            problems(&metadata("inbox-vault", "inbox-portal", None)),
            [Problem::new("inbox-vault", "must not use inbox-portal")]
        );
        assert_eq!(problems(&metadata("inbox-vault", "inbox-portal", Some("dev"))).len(), 1);
        assert!(problems(&metadata("inbox-vault", "inbox-domain", None)).is_empty());
    }

    #[test]
    fn the_demo_portal_is_for_tests_only() {
        assert_eq!(problems(&metadata("inbox-sync", "demo-portal", None)).len(), 1);
        assert!(problems(&metadata("inbox-sync", "demo-portal", Some("dev"))).is_empty());
        assert_eq!(problems(&metadata("inbox-triage", "demo-portal", Some("dev"))).len(), 1);
    }

    #[test]
    fn a_database_outside_the_vault_is_a_problem() {
        assert_eq!(problems(&metadata("inbox-sync", "rusqlite", None)).len(), 1);
        assert!(problems(&metadata("inbox-vault", "rusqlite", None)).is_empty());
    }

    #[test]
    fn a_package_without_a_place_in_the_layout_is_a_problem() {
        assert_eq!(problems(&metadata("inbox-magic", "inbox-domain", None)).len(), 1);
    }
}

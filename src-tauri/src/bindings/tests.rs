use std::{collections::BTreeSet, fs, path::Path};

include!("../../command_names.rs");

#[test]
fn the_committed_bindings_are_fresh() {
    let dir = std::env::temp_dir().join(format!("anteroom-bindings-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let fresh = dir.join("bindings.ts");
    super::export::write_to(&fresh).unwrap();
    let fresh_text = fs::read_to_string(&fresh).unwrap();
    fs::remove_dir_all(&dir).unwrap();
    let committed = fs::read_to_string(super::export::committed()).unwrap();
    assert_eq!(committed, fresh_text, "run `cargo run -p anteroom -- --write-bindings`");
}

#[test]
fn every_command_is_declared_allowed_and_registered() {
    let declared: BTreeSet<String> = COMMAND_NAMES.iter().map(|name| (*name).to_owned()).collect();
    let registered: BTreeSet<String> = include_str!("../bindings.rs")
        .lines()
        .filter_map(|line| line.trim().split_once("commands::")?.1.strip_suffix(','))
        .map(str::to_owned)
        .collect();
    assert_eq!(declared, registered);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities/main.json");
    let capability: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let permissions: Vec<_> =
        capability["permissions"].as_array().unwrap().iter().filter_map(|p| p.as_str()).collect();
    let allowed: BTreeSet<String> = permissions
        .iter()
        .filter_map(|name| name.strip_prefix("allow-"))
        .map(|name| name.replace('-', "_"))
        .collect();
    assert_eq!(declared, allowed);
    let others: Vec<_> = permissions.iter().filter(|name| !name.starts_with("allow-")).collect();
    assert_eq!(others, [&"core:event:allow-listen", &"core:event:allow-unlisten"]);
}

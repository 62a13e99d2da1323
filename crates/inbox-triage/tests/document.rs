//! The worked examples of docs/TRIAGE.md are what the engine says.

use std::path::Path;

use inbox_triage::{Engine, TriageInput};

#[test]
fn worked_examples_hold() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/TRIAGE.md");
    let text = std::fs::read_to_string(path).expect("docs/TRIAGE.md");
    let section = text
        .split("## Worked examples")
        .nth(1)
        .expect("the section")
        .split("\n## ")
        .next()
        .unwrap_or_default();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Phenomenon"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 25, "{} examples", rows.len());
    for row in rows {
        let [phenomenon, message, tier, result] = row.as_slice() else { panic!("four columns: {row:?}") };
        let judged = Engine::builtin().triage(&TriageInput { text: message, lang: None, context: &[] });
        assert_eq!(judged.tier.as_str(), *tier, "{phenomenon}: {message}");
        let rule = result.split('`').nth(1);
        let raised = |rule: &str| judged.flags.iter().any(|flag| flag.rule == rule);
        assert!(rule.is_none_or(raised), "{phenomenon}: {message}: {:?}", judged.flags);
    }
}

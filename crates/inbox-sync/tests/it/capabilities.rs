//! The capability record: what each server is found to do, by `/metadata` and by probes, never by its name.

use chrono::Utc;
use demo_portal::{Options, Quirks, UnknownParameter as Plays};
use inbox_portal::{Capabilities, Probes, UnknownParameter};
use inbox_sync::{Mode, settings};

use crate::rig::{ADLER, Rig};

fn kept(rig: &Rig) -> Capabilities {
    serde_json::from_str(&rig.vault.setting(settings::CAPABILITIES).unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn each_server_has_its_record() {
    let usual = Probes {
        unknown_parameter: Some(UnknownParameter::Refused),
        finds_identifier: Some(true),
        finds_part_of: Some(true),
        type_history: Some(true),
        not_modified: Some(true),
        total: Some(true),
    };
    let no = Some(false);
    let expected = [
        ("none", usual.clone()),
        ("medplum", Probes { type_history: no, ..usual.clone() }),
        ("helios", Probes { unknown_parameter: Some(UnknownParameter::Ignored), ..usual.clone() }),
        (
            "wso2",
            Probes { unknown_parameter: Some(UnknownParameter::NoRows), not_modified: no, ..usual.clone() },
        ),
        (
            "millennium",
            // It answers no search of the probes, so that they decide little.
            Probes { type_history: no, ..Probes::default() },
        ),
    ];
    for (name, probes) in expected {
        let rig = Rig::new(Options { quirks: Quirks::preset(name).unwrap(), ..Options::default() }).await;
        let record = rig.client.examine(&format!("Practitioner/{ADLER}")).await.unwrap();
        assert_eq!(record.probes, probes, "{name}");
        let restricted = name == "millennium";
        assert_eq!(record.restricted_messages(), restricted, "{name}");
        let of_messages = &record.types["Communication"];
        assert_eq!(of_messages.conditional_create, !restricted, "{name}");
        assert_eq!(of_messages.update_create, !matches!(name, "medplum" | "millennium"), "{name}");
        assert!(of_messages.versioned_update && record.patches("Communication"), "{name}");
        assert_eq!(of_messages.conditional_read, name != "wso2", "{name}");
        assert!(record.formats.contains("json") && record.fhir == "4.0.1", "{name}");
        assert!(of_messages.disproved.is_empty(), "{name}");
        assert!(
            rig.control().requests(false).iter().all(|seen| seen.method == "GET"),
            "{name}: it only reads"
        );
    }
}

#[tokio::test]
async fn a_search_that_is_listed_and_does_not_work_is_never_used() {
    for (plays, hidden) in
        [(Plays::NoRows, "identifier"), (Plays::Ignored, "part-of"), (Plays::NoRows, "recipient")]
    {
        let quirks =
            Quirks { unknown_parameter: plays, pretends: vec![hidden.to_owned()], ..Quirks::default() };
        let rig = Rig::new(Options { quirks, ..Options::default() }).await;
        rig.sync().await;
        let record = kept(&rig);
        assert!(record.types["Communication"].search.contains(hidden), "it is listed");
        assert!(!record.searches("Communication", hidden), "{hidden}");
        rig.assert_complete(hidden);
    }
}

#[tokio::test]
async fn the_record_is_kept_and_read_again_by_a_full_sync() {
    let rig = Rig::empty().await;
    rig.sync().await;
    let _ = rig.control().requests(true);
    rig.sync().await;
    let asked = |rig: &Rig| rig.control().requests(true).iter().any(|seen| seen.path.ends_with("/metadata"));
    assert!(!asked(&rig));
    assert_eq!(kept(&rig).probes.finds_part_of, None, "an empty portal decides nothing");
    rig.patient_writes("The first message.");
    rig.client.learn(|learnt| learnt.patch_checks_version = Some(false));
    rig.sync().await;
    rig.sync_full().await;
    assert!(asked(&rig));
    let record = kept(&rig);
    assert_eq!(record.probes.finds_part_of, Some(true));
    assert_eq!(record.learnt.patch_checks_version, Some(false), "what was learnt stays");
    assert!(!record.patches("Communication"));
}

#[tokio::test]
async fn a_record_of_an_earlier_version_is_read() {
    let rig = Rig::empty().await;
    rig.sync().await;
    let old = r#"{"software":"X","version":"1","fhir":"4.0.1","types":{"Communication":{"search":["_id","sender"],
        "interactions":["read"],"conditional_create":true}},"transaction":true}"#;
    rig.vault.set_setting(settings::CAPABILITIES, old, Utc::now()).unwrap();
    let record = kept(&rig);
    assert!(record.searches("Communication", "sender") && record.probes == Probes::default());
}

#[tokio::test]
async fn a_probe_that_fails_stops_no_sync() {
    use demo_portal::{Fault, FaultKind};
    for kind in
        [FaultKind::Drop, FaultKind::ServerError, FaultKind::Html, FaultKind::TooMany, FaultKind::Truncated]
    {
        let rig = Rig::sample().await;
        rig.control().add_fault(Fault::new(kind).on("GET", "Communication"));
        rig.try_sync(Mode::Incremental).await.unwrap();
        rig.assert_complete(&format!("{kind:?}"));
    }
}

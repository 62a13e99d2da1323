//! Interactions: conditional create, versions, paging, search, bundles.

use std::collections::BTreeSet;

use demo_portal::{NewMessage, Options};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{clinic, empty, id_of, matches, message, next_link, start};

#[tokio::test]
async fn a_conditional_create_happens_once() {
    let rig = empty().await;
    let condition = "identifier=urn:test|one";
    let one = message("one", "a");
    let (first, second) =
        tokio::join!(rig.create_if_none(&one, condition), rig.create_if_none(&one, condition));
    let mut statuses = [first.status().as_u16(), second.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.contains("/fhir/Communication/") && location.ends_with("/_history/1"));
    assert_eq!(rig.portal.control().count_identifier("Communication", "one"), 1);

    rig.post("/Communication", &message("two", "a")).await;
    rig.post("/Communication", &message("two", "b")).await;
    assert_eq!(rig.create_if_none(&message("two", "c"), "identifier=urn:test|two").await.status(), 412);
    assert_eq!(rig.portal.control().count_identifier("Communication", "two"), 2);
}

#[tokio::test]
async fn versions_are_guarded_by_etags() {
    let rig = empty().await;
    let created = rig.post("/Communication", &message("v", "first")).await;
    let etag = created.headers()["etag"].to_str().unwrap().to_owned();
    let id = id_of(&created.json::<Value>().await.unwrap());
    let path = format!("/Communication/{id}");

    let unchanged = rig.request(Method::GET, &path).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(unchanged.status(), 304);

    let patch = json!([{"op": "add", "path": "/received", "value": "2026-11-23T09:00:00Z"}]);
    let send = |etag: String| {
        rig.request(Method::PATCH, &path)
            .header("content-type", "application/json-patch+json")
            .header("if-match", etag)
            .body(patch.to_string())
            .send()
    };
    let patched = send(etag.clone()).await.unwrap();
    assert_eq!(patched.status(), 200);
    assert_eq!(patched.json::<Value>().await.unwrap()["received"], "2026-11-23T09:00:00Z");
    assert_eq!(send(etag.clone()).await.unwrap().status(), 412);

    let mut changed = message("v", "second");
    changed["id"] = json!(id);
    let stale =
        rig.request(Method::PUT, &path).header("if-match", &etag).json(&changed).send().await.unwrap();
    assert_eq!(stale.status(), 412);

    assert_eq!(rig.json(&format!("{path}/_history/1")).await["payload"][0]["contentString"], "first");
    assert_eq!(rig.json(&format!("{path}/_history")).await["total"], 2);
    assert_eq!(rig.request(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(rig.get(&path).await.status(), 410);
    assert_eq!(rig.json("/Communication/_history").await["entry"][0]["request"]["method"], "DELETE");
}

#[tokio::test]
async fn paging_by_cursor_is_complete_while_rows_change() {
    let rig = clinic().await;
    let all: BTreeSet<String> = rig.all("/Communication?_count=1000").await.iter().map(id_of).collect();
    let control = rig.portal.control();
    let mut seen = BTreeSet::new();
    let mut next = Some("/Communication?_sort=_lastUpdated&_count=10".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = rig.json(&path).await;
        seen.extend(matches(&page).iter().map(id_of));
        if pages < 5 {
            // A row of this page moves to the end, and a new one appears.
            control
                .edit("Communication", &id_of(&matches(&page)[0]), |value| value["note"] = json!([]))
                .unwrap();
            let new =
                NewMessage { patient: "nowak-piotr".into(), text: "More".into(), ..NewMessage::default() };
            control.add_message(&new).unwrap();
        }
        pages += 1;
        assert!(pages < 100);
        next = next_link(&page);
    }
    assert!(seen.is_superset(&all));
    assert_eq!(seen.len(), all.len() + 5);
}

#[tokio::test]
async fn search_parameters_narrow_the_result() {
    let rig = clinic().await;
    let total = |page: Value| page["total"].as_u64().unwrap();
    let berger = total(rig.json("/Communication?subject=Patient/berger-jonas").await);
    assert_eq!(berger, 11);
    let everything = rig.all("/Communication?_sort=_lastUpdated").await;
    let updated: Vec<&str> =
        everything.iter().map(|one| one["meta"]["lastUpdated"].as_str().unwrap()).collect();
    assert!(updated.is_sorted() && updated.windows(2).all(|pair| pair[0] < pair[1]));
    let middle = updated[updated.len() / 2];
    let after = total(rig.json(&format!("/Communication?_lastUpdated=gt{middle}")).await);
    let until = total(rig.json(&format!("/Communication?_lastUpdated=le{middle}")).await);
    assert_eq!((after + until) as usize, updated.len());
    assert_eq!(until as usize, updated.len() / 2 + 1);

    let header = rig.json("/Communication?status=in-progress&subject=Patient/nowak-piotr").await;
    let thread = id_of(&matches(&header)[0]);
    let page = rig
        .json(&format!("/Communication?part-of=Communication/{thread}&_include=Communication:subject"))
        .await;
    assert_eq!(page["total"], 4);
    assert_eq!(page["entry"].as_array().unwrap().len(), 5);
    assert_eq!(page["entry"][4]["search"]["mode"], "include");
    assert_eq!(rig.json("/Communication?sent=lt2000-01-01").await["total"], 0);
    assert_eq!(rig.get("/Communication?colour=red").await.status(), 400);
    assert_eq!(rig.get("/Communication?_cursor=nonsense").await.status(), 400);
    let found = rig.json("/Patient?identifier=4471-882").await;
    assert_eq!(matches(&found)[0]["name"][0]["family"], "Berger");
}

#[tokio::test]
async fn a_transaction_is_atomic_and_resolves_its_references() {
    let rig = empty().await;
    let entry = |full: &str, resource: Value, condition: Option<&str>| {
        let mut request = json!({"method": "POST", "url": resource["resourceType"]});
        if let Some(condition) = condition {
            request["ifNoneExist"] = json!(condition);
        }
        json!({"fullUrl": full, "resource": resource, "request": request})
    };
    let mut child = message("child", "text");
    child["partOf"] = json!([{"reference": "urn:uuid:1"}]);
    let good = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        entry("urn:uuid:1", message("head", "x"), Some("identifier=urn:test|head")),
        entry("urn:uuid:2", child, Some("identifier=urn:test|child")),
    ]});
    for expected in ["201", "200"] {
        let answer: Value = rig.post("", &good).await.json().await.unwrap();
        assert!(answer["entry"][1]["response"]["status"].as_str().unwrap().starts_with(expected));
        let head = id_of(&answer["entry"][0]["resource"]);
        assert_eq!(answer["entry"][1]["resource"]["partOf"][0]["reference"], format!("Communication/{head}"));
    }
    let mut broken = message("bad", "x");
    broken.as_object_mut().unwrap().remove("status");
    let bad = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        entry("urn:uuid:1", message("undone", "x"), None),
        entry("urn:uuid:2", broken, None),
    ]});
    assert_eq!(rig.post("", &bad).await.status(), 400);
    assert_eq!(rig.portal.control().count_identifier("Communication", "undone"), 0);
    assert_eq!(rig.json("/Communication").await["total"], 2);
}

#[tokio::test]
async fn metadata_lists_what_is_answered_and_every_answer_has_a_date() {
    let rig =
        start(Options { messages: 0, now: "2026-11-23T06:52:00Z".parse().ok(), ..Options::default() }).await;
    let answer = rig.http.get(format!("{}/metadata", rig.portal.base_url())).send().await.unwrap();
    assert!(answer.headers()["date"].to_str().unwrap().starts_with("Mon, 23 Nov 2026 06:52"));
    let statement: Value = answer.json().await.unwrap();
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let kind = resource["type"].as_str().unwrap();
        for parameter in resource["searchParam"].as_array().unwrap() {
            let (name, value) = match parameter["type"].as_str().unwrap() {
                "date" => (parameter["name"].as_str().unwrap(), "ge2020-01-01"),
                _ => (parameter["name"].as_str().unwrap(), "x"),
            };
            assert_eq!(rig.get(&format!("/{kind}?{name}={value}")).await.status(), 200, "{kind} {name}");
        }
    }
    assert_eq!(rig.get("/Nonsense").await.status(), 404);
    assert!(rig.get("/Patient/nobody").await.headers().contains_key("date"));
}

#[tokio::test]
async fn binaries_travel_as_json_and_raw() {
    let rig = empty().await;
    let raw = rig.request(Method::POST, "/Binary").header("content-type", "image/png").body(vec![1u8, 2, 3]);
    let created: Value = raw.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (created["contentType"].as_str(), created["data"].as_str()),
        (Some("image/png"), Some("AQID"))
    );
    let path = format!("/Binary/{}", id_of(&created));
    let bytes = rig.request(Method::GET, &path).header("accept", "image/png").send().await.unwrap();
    assert_eq!(bytes.bytes().await.unwrap().as_ref(), [1, 2, 3]);
    assert_eq!(rig.json(&path).await["data"], "AQID");
}

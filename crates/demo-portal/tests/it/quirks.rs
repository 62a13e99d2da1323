//! One test a row of deviations.

use demo_portal::{Options, Paging, Quirks, UnknownParameter};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{clinic, empty_with, id_of, matches, message, next_link, start};

async fn clinic_with(quirks: Quirks) -> crate::rig::Rig {
    start(Options { quirks, ..Options::default() }).await
}

#[test]
fn presets_have_names() {
    for name in ["none", "medplum", "helios", "wso2", "millennium"] {
        assert!(Quirks::preset(name).is_some());
    }
    assert!(Quirks::preset("other").is_none());
}

#[tokio::test]
async fn client_chosen_ids() {
    let mut chosen = message("c", "x");
    chosen["id"] = json!("chosen");
    for (name, expected) in [("medplum", 404), ("helios", 201), ("wso2", 201)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        let put = rig.request(Method::PUT, "/Communication/chosen").json(&chosen).send().await.unwrap();
        assert_eq!(put.status().as_u16(), expected, "{name}");
    }
}

#[tokio::test]
async fn versions_and_conditional_reads() {
    for (name, integer, unchanged) in [("medplum", false, 304), ("helios", true, 304), ("wso2", true, 200)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        let created = rig.post("/Communication", &message("v", "x")).await;
        let etag = created.headers()["etag"].to_str().unwrap().to_owned();
        let value: Value = created.json().await.unwrap();
        assert_eq!(value["meta"]["versionId"] == "1", integer, "{name}");
        let path = format!("/Communication/{}", id_of(&value));
        let read = rig.request(Method::GET, &path).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(read.status().as_u16(), unchanged, "{name}");
    }
}

#[tokio::test]
async fn a_stale_patch() {
    for (name, expected) in [("medplum", 412), ("helios", 412), ("wso2", 200)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        let value: Value = rig.post("/Communication", &message("p", "x")).await.json().await.unwrap();
        let patch = json!([{"op": "add", "path": "/received", "value": "2026-11-23T09:00:00Z"}]);
        let request = rig
            .request(Method::PATCH, &format!("/Communication/{}", id_of(&value)))
            .header("content-type", "application/json-patch+json")
            .header("if-match", "W/\"stale\"")
            .body(patch.to_string());
        assert_eq!(request.send().await.unwrap().status().as_u16(), expected, "{name}");
    }
}

#[tokio::test]
async fn type_history() {
    for (name, expected) in [("medplum", 404), ("helios", 200), ("wso2", 200)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        assert_eq!(rig.get("/Communication/_history").await.status().as_u16(), expected, "{name}");
        assert_eq!(rig.get("/_history").await.status().as_u16(), expected, "{name}");
    }
}

#[tokio::test]
async fn unknown_parameters() {
    let path = "/Patient?colour=red&_count=5";
    let with = |unknown_parameter| clinic_with(Quirks { unknown_parameter, ..Quirks::default() });
    assert_eq!(with(UnknownParameter::Refused).await.get(path).await.status(), 400);
    let page = with(UnknownParameter::Ignored).await.json(path).await;
    assert_eq!(page["total"], 38);
    assert_eq!(page["entry"][5]["resource"]["resourceType"], "OperationOutcome");
    assert_eq!(page["entry"][5]["search"]["mode"], "outcome");
    let page = with(UnknownParameter::NoRows).await.json(path).await;
    assert_eq!((&page["total"], page["entry"].is_null()), (&json!(0), true));
}

#[tokio::test]
async fn offset_paging_skips_rows_that_change_and_ends_at_ten_thousand() {
    let rig = clinic_with(Quirks { paging: Paging::Offset, ..Quirks::default() }).await;
    let page = rig.json("/Communication?_sort=_lastUpdated&_count=10").await;
    assert!(next_link(&page).unwrap().contains("_offset=10"));
    for row in &matches(&page)[..3] {
        rig.portal.control().edit("Communication", &id_of(row), |value| value["note"] = json!([])).unwrap();
    }
    let before = rig.json("/Communication?_sort=_lastUpdated&_count=1").await;
    let second = rig.json(&next_link(&page).unwrap()).await;
    // Three rows moved to the end, so the second page begins three rows too late.
    let all = rig.all("/Communication?_sort=_lastUpdated&_count=1000").await;
    assert_eq!(id_of(&all[0]), id_of(&matches(&before)[0]));
    assert_eq!(id_of(&matches(&second)[0]), id_of(&all[10]));
    let page = rig.json("/Communication?_sort=_lastUpdated&_count=20").await;
    assert!(next_link(&page).unwrap().contains("_cursor="));
    assert_eq!(rig.get("/Communication?_offset=10001").await.status(), 400);
}

#[tokio::test]
async fn numbered_pages() {
    let rig = clinic_with(Quirks { paging: Paging::Page, ..Quirks::default() }).await;
    let page = rig.json("/Communication?_count=10").await;
    assert!(next_link(&page).unwrap().ends_with("_page=2"));
    assert_eq!(rig.all("/Communication?_count=10").await.len(), page["total"].as_u64().unwrap() as usize);
}

#[tokio::test]
async fn a_failing_transaction() {
    let mut broken = message("bad", "x");
    broken["resourceType"] = json!("Task");
    let entry =
        |value: &Value| json!({"resource": value, "request": {"method": "POST", "url": "Communication"}});
    let bundle = json!({"resourceType": "Bundle", "type": "transaction",
        "entry": [entry(&message("kept", "x")), entry(&broken)]});
    for (name, kept) in [("medplum", 1), ("helios", 0), ("wso2", 0)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        assert_eq!(rig.post("", &bundle).await.status(), 400);
        assert_eq!(rig.portal.control().count_identifier("Communication", "kept"), kept, "{name}");
    }
}

#[tokio::test]
async fn raw_binaries_large_bodies_and_deletion() {
    for (name, raw, large, deletion) in
        [("medplum", 201, 413, 200), ("helios", 415, 201, 204), ("wso2", 415, 201, 204)]
    {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        let post = rig.request(Method::POST, "/Binary").header("content-type", "image/png").body(vec![1u8]);
        assert_eq!(post.send().await.unwrap().status().as_u16(), raw, "{name}");
        // The server may answer before it has read everything.
        if let Ok(answer) = rig
            .request(Method::POST, "/Communication")
            .json(&message("large", &"x".repeat(1_200_000)))
            .send()
            .await
        {
            assert_eq!(answer.status().as_u16(), large, "{name}");
        }
        let value: Value = rig.post("/Communication", &message("gone", "x")).await.json().await.unwrap();
        let delete = rig.request(Method::DELETE, &format!("/Communication/{}", id_of(&value)));
        assert_eq!(delete.send().await.unwrap().status().as_u16(), deletion, "{name}");
    }
}

#[tokio::test]
async fn a_missing_required_field() {
    let incomplete =
        json!({"resourceType": "Communication", "sender": {"reference": "Practitioner/dr-adler"}});
    for (name, expected) in [("medplum", 400), ("helios", 201), ("wso2", 400)] {
        let rig = empty_with(Quirks::preset(name).unwrap()).await;
        assert_eq!(rig.post("/Communication", &incomplete).await.status().as_u16(), expected, "{name}");
    }
}

#[tokio::test]
async fn no_sign_in_at_all() {
    let rig = clinic_with(Quirks::preset("wso2").unwrap()).await;
    let url = format!("{}/Communication?_summary=count", rig.portal.base_url());
    let page: Value = rig.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(page["total"], 335);
}

#[tokio::test]
async fn whole_seconds_are_shown_and_finer_ones_compared() {
    let quirks = Quirks { whole_seconds: true, ..Quirks::default() };
    let rig = empty_with(quirks).await;
    let mut last = json!(null);
    for n in 0..3 {
        last = rig.post("/Communication", &message(&n.to_string(), "x")).await.json().await.unwrap();
    }
    let shown = last["meta"]["lastUpdated"].as_str().unwrap();
    assert_eq!(shown.len(), "2026-11-23T08:00:00Z".len());
    // The last row is a fraction after the second that it shows, so `le` that second does not hold it.
    let until = matches(&rig.json(&format!("/Communication?_lastUpdated=le{shown}")).await);
    assert!(until.iter().all(|one| one["id"] != last["id"]));
}

#[tokio::test]
async fn late_commits_are_lost_without_overlap() {
    let rig = empty_with(Quirks { late_commit_ms: 150, ..Quirks::default() }).await;
    let slow = rig.request(Method::POST, "/Communication").json(&message("slow", "x")).send();
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        rig.portal
            .control()
            .put_raw("Communication", "fast", message("fast", "x"))
            .map(|()| rig.portal.control().resource("Communication", "fast"))
            .unwrap()
            .unwrap()
    };
    let (slow, fast) = tokio::join!(slow, later);
    let slow: Value = slow.unwrap().json().await.unwrap();
    let seen = fast["meta"]["lastUpdated"].as_str().unwrap();
    let missed = matches(&rig.json(&format!("/Communication?_lastUpdated=gt{seen}")).await);
    assert!(missed.iter().all(|one| one["id"] != slow["id"]));
    assert_eq!(rig.json("/Communication").await["total"], 2);
}

#[tokio::test]
async fn filters_that_do_not_filter() {
    let rig = clinic_with(Quirks { shows_everything: true, ..Quirks::default() }).await;
    assert_eq!(rig.json("/Communication?_summary=count").await["total"], 335);
    let rig = clinic().await;
    assert_eq!(rig.json("/Communication?_summary=count").await["total"], 140);
}

#[tokio::test]
async fn a_redirect_must_match_exactly() {
    let quirks = Quirks { exact_redirect: true, ..Quirks::default() };
    let redirect_uri = Some("http://127.0.0.1:4000/callback".to_owned());
    let rig = start(Options { messages: 0, quirks, redirect_uri, ..Options::default() }).await;
    let authorize = rig.portal.base_url().replace("/fhir", "/auth/authorize");
    for (redirect, expected) in
        [("http://127.0.0.1:4000/callback", 302), ("http://127.0.0.1:4001/callback", 400)]
    {
        let query = [("response_type", "token"), ("redirect_uri", redirect)];
        let answer = rig.http.get(&authorize).query(&query).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{redirect}");
    }
}

#[tokio::test]
async fn attachments_get_storage_addresses() {
    let rig = empty_with(Quirks { rewrites_attachments: true, ..Quirks::default() }).await;
    let binary = json!({"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="});
    let binary: Value = rig.post("/Binary", &binary).await.json().await.unwrap();
    let mut with = message("a", "x");
    with["payload"] = json!([{"contentAttachment": {"url": format!("Binary/{}", id_of(&binary))}}]);
    let stored: Value = rig.post("/Communication", &with).await.json().await.unwrap();
    let url = stored["payload"][0]["contentAttachment"]["url"].as_str().unwrap().to_owned();
    assert!(url.contains("/storage/") && url.contains("Signature="));
    assert_eq!(rig.get(&url).await.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn a_restricted_server_keeps_no_thread_and_no_identifier() {
    let rig = clinic_with(Quirks::preset("millennium").unwrap()).await;
    assert_eq!(rig.get("/Communication?recipient=Practitioner/dr-adler").await.status(), 400);
    let path = "/Communication?category=secure-message&recipient=Practitioner/dr-adler&received=ge2020-01-01";
    let page = rig.json(path).await;
    assert!(page["total"].is_null());
    let rows = matches(&page);
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|one| one["partOf"].is_null() && one["identifier"].is_null()));
    assert!(rows.iter().all(|one| one["payload"].is_array()), "it has no headers");
    assert_eq!(rig.get("/Communication?identifier=x").await.status(), 400);
    let mut sent = message("lost", "hello");
    assert_eq!(rig.post("/Communication", &sent).await.status(), 422);
    sent.as_object_mut().unwrap().remove("identifier");
    sent["category"] = json!([{"coding": [{"code": "secure-message"}]}]);
    sent["payload"] = json!([{"contentAttachment": {"contentType": "text/plain", "data": "aGVsbG8="}}]);
    let created = rig.post("/Communication", &sent).await;
    assert_eq!(created.status(), 201);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    assert!(created.bytes().await.unwrap().is_empty());
    let read = rig.json(location.split("/_history").next().unwrap()).await;
    assert_eq!(
        read["payload"],
        json!([{"contentAttachment": {"contentType": "text/plain", "data": "aGVsbG8="}}])
    );
    let missing = rig.get("/Communication/nobody").await;
    assert!(missing.headers()["content-type"].to_str().unwrap().contains("html"));
}

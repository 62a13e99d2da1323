//! Faults on both sides of the commit, the control interface, and a portal that goes down and comes back.

use std::time::{Duration, Instant};

use demo_portal::{FAULT_KINDS, Fault, FaultKind, NewMessage, Options, Quirks, When};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{clinic, empty, empty_with, message, start};

#[tokio::test]
async fn every_fault_stands_before_or_after_the_commit() {
    let rig = empty().await;
    let control = rig.portal.control();
    for (n, kind) in FAULT_KINDS.into_iter().enumerate() {
        for when in [When::Before, When::After] {
            let name = format!("{n}-{when:?}");
            let mut fault = Fault::new(kind).on("POST", "Communication");
            fault.when = when;
            fault.delay_ms = 50;
            control.add_fault(fault);
            let send = rig.request(Method::POST, "/Communication").json(&message(&name, "x"));
            let answer = send.timeout(Duration::from_millis(800)).send().await;
            let expected = match kind {
                FaultKind::Unavailable => Some(503),
                FaultKind::TooMany => Some(429),
                FaultKind::Unauthorized => Some(401),
                FaultKind::ServerError => Some(500),
                FaultKind::Slow => Some(201),
                FaultKind::Redirect => Some(307),
                FaultKind::Gone => Some(410),
                FaultKind::Html | FaultKind::InvalidJson => Some(200),
                FaultKind::Truncated => None,
                FaultKind::Drop | FaultKind::Stall => {
                    assert!(answer.is_err(), "{name}");
                    None
                }
            };
            if let (Some(expected), Ok(answer)) = (expected, &answer) {
                assert_eq!(answer.status().as_u16(), expected, "{name}");
            }
            if kind == FaultKind::Truncated {
                assert!(answer.unwrap().bytes().await.is_err());
            }
            let commits = usize::from(when == When::After || kind == FaultKind::Slow);
            assert_eq!(control.count_identifier("Communication", &name), commits, "{name}");
        }
    }
    assert_eq!(rig.get("/Communication").await.status(), 200);
}

#[tokio::test]
async fn faults_wait_for_their_request_and_say_when_to_come_back() {
    let rig = empty().await;
    let control = rig.portal.control();
    control.add_fault(Fault::new(FaultKind::Unavailable).on("GET", "Patient").times(2));
    assert_eq!(rig.get("/Communication").await.status(), 200);
    let refused = rig.get("/Patient").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"2".parse().unwrap()));
    assert_eq!(rig.get("/Patient").await.status(), 503);
    assert_eq!(rig.get("/Patient").await.status(), 200);

    let quirks = Quirks { rate_limit_header: true, ..Quirks::default() };
    let rig = empty_with(quirks).await;
    rig.portal.control().add_fault(Fault::new(FaultKind::TooMany));
    let limited = rig.get("/Patient").await;
    assert_eq!(limited.headers()["ratelimit"], "\"requests\";r=0;t=2");
    assert!(!limited.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_paused_portal_refuses_connections_and_keeps_what_it_has() {
    let rig = clinic().await;
    let before = rig.json("/Communication?_summary=count").await["total"].clone();
    rig.portal.pause().await;
    let down = rig.request(Method::GET, "/Communication").send().await;
    assert!(down.is_err_and(|error| error.is_connect()));
    rig.portal.resume().await.unwrap();
    assert_eq!(rig.json("/Communication?_summary=count").await["total"], before);
    rig.portal.shutdown().await;
}

#[tokio::test]
async fn expired_links_and_withdrawn_messages() {
    let rig = clinic().await;
    let control = rig.portal.control();
    let page = rig.json("/Communication?_sort=sent&_count=5").await;
    control.expire_cursors();
    assert_eq!(rig.get(&crate::rig::next_link(&page).unwrap()).await.status(), 410);
    let new = NewMessage { patient: "berger-jonas".into(), text: "One more".into(), ..NewMessage::default() };
    let added = control.add_message(&new).unwrap();
    control.void_message(&added.id).unwrap();
    let read = rig.json(&format!("/Communication/{}", added.id)).await;
    assert_eq!((&read["status"], &read["meta"]["versionId"]), (&json!("entered-in-error"), &json!("2")));
    control.delete("Communication", &added.id).unwrap();
    assert_eq!(rig.get(&format!("/Communication/{}", added.id)).await.status(), 410);
    assert!(control.void_message(&added.id).is_err());
}

#[tokio::test]
async fn other_processes_control_it_over_http_only_when_allowed() {
    let rig = start(Options { control: true, ..Options::default() }).await;
    let origin = rig.portal.base_url().replace("/fhir", "");
    let body = json!({"patient": "nowak-piotr", "text": "Hello", "topic": "New", "sent": ""});
    let added = rig.http.post(format!("{origin}/_control/messages")).json(&body).send().await.unwrap();
    let added: Value = added.json().await.unwrap();
    let read = rig.json(&format!("/Communication/{}", added["id"].as_str().unwrap())).await;
    assert!(read["sent"].is_null());
    assert_eq!(
        read["partOf"][0]["reference"],
        format!("Communication/{}", added["thread"].as_str().unwrap())
    );

    let fault = json!({"kind": "server-error", "when": "after", "method": "POST", "path": "Communication"});
    rig.http.post(format!("{origin}/_control/faults")).json(&fault).send().await.unwrap();
    assert_eq!(rig.post("/Communication", &message("after", "x")).await.status(), 500);
    let count: Value = rig
        .http
        .get(format!("{origin}/_control/count?identifier=after"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(count["count"], 1);
    let seen: Value =
        rig.http.get(format!("{origin}/_control/requests")).send().await.unwrap().json().await.unwrap();
    assert_eq!(seen.as_array().unwrap().last().unwrap()["status"], 500);

    let pause = format!("{origin}/_control/pause?ms=200");
    assert_eq!(rig.http.post(pause).send().await.unwrap().status(), 200);
    let begun = Instant::now();
    let mut refused = false;
    while begun.elapsed() < Duration::from_secs(5) {
        match rig.request(Method::GET, "/metadata").send().await {
            Err(_) => refused = true,
            Ok(_) if refused => break,
            Ok(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(refused && begun.elapsed() < Duration::from_secs(5));

    let closed = empty().await;
    let origin = closed.portal.base_url().replace("/fhir", "");
    assert_eq!(closed.http.get(format!("{origin}/_control/state")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn new_messages_arrive_by_themselves() {
    let options = Options { arrivals: Some(Duration::from_millis(40)), ..Options::default() };
    let rig = start(options).await;
    let begun = Instant::now();
    let count = || rig.portal.control().state()["structure"]["patient_responses"].as_u64().unwrap();
    while count() < 125 && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert!(count() >= 125);
}

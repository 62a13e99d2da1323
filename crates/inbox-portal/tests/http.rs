//! Single faults over real HTTP on loopback.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inbox_domain::ClientIdentifier;
use inbox_portal::{
    Auth, Capabilities, HttpLimits, NoTokenStore, Portal, PortalError, TokenStore, TokenStoreError,
};
use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::{body_string_contains, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn limits() -> HttpLimits {
    HttpLimits {
        request: Duration::from_millis(400),
        create: Duration::from_millis(400),
        body: 4096,
        ..HttpLimits::default()
    }
}

fn portal(server: &MockServer) -> Portal {
    let auth = Auth::Bearer { token: SecretString::from("good") };
    Portal::new(&server.uri(), auth, Arc::new(NoTokenStore), limits()).unwrap()
}

async fn answer(response: ResponseTemplate) -> PortalError {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(response).mount(&server).await;
    portal(&server).search("Communication", &[]).await.unwrap_err()
}

#[tokio::test]
async fn statuses_have_their_codes() {
    for (status, code, retryable) in [
        (400, "rejected", false),
        (401, "unauthorized", false),
        (403, "forbidden", false),
        (404, "not_found", false),
        (410, "gone", true),
        (412, "precondition_failed", false),
        (500, "portal_error", true),
        (503, "portal_unavailable", true),
    ] {
        let error = answer(ResponseTemplate::new(status)).await;
        assert_eq!((error.code(), error.retryable()), (code, retryable), "{status}");
    }
}

#[tokio::test]
async fn waiting_times_are_read_in_all_forms() {
    let seconds = answer(ResponseTemplate::new(429).insert_header("Retry-After", "7")).await;
    assert_eq!(seconds.retry_after(), Some(Duration::from_secs(7)));
    let limit = answer(ResponseTemplate::new(429).insert_header("RateLimit", "\"requests\";r=0;t=59")).await;
    assert_eq!(limit.retry_after(), Some(Duration::from_secs(59)));
    let date = ResponseTemplate::new(503)
        .insert_header("Date", "Mon, 23 Nov 2026 08:00:00 GMT")
        .insert_header("Retry-After", "Mon, 23 Nov 2026 08:00:12 GMT");
    assert_eq!(answer(date).await.retry_after(), Some(Duration::from_secs(12)));
}

#[tokio::test]
async fn bodies_that_are_no_searchset_are_refused() {
    let bodies = [
        "",
        "<html>Sign in</html>",
        "{\"resourceType\":\"Bundle\",\"entry\":[",
        "{\"resourceType\":\"OperationOutcome\"}",
        "[]",
    ];
    for body in bodies {
        let error = answer(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(error, PortalError::InvalidAnswer, "{body}");
    }
    let large = answer(ResponseTemplate::new(200).set_body_string("x".repeat(5000))).await;
    assert_eq!(large, PortalError::TooLarge);
}

#[tokio::test]
async fn a_slow_and_an_absent_portal() {
    let slow = answer(ResponseTemplate::new(200).set_delay(Duration::from_secs(3))).await;
    assert_eq!(slow, PortalError::Timeout);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let portal = Portal::new(&address, Auth::Open, Arc::new(NoTokenStore), limits()).unwrap();
    assert_eq!(portal.search("Communication", &[]).await.unwrap_err(), PortalError::Unreachable);
}

#[tokio::test]
async fn nothing_leaves_for_another_host() {
    let redirect =
        answer(ResponseTemplate::new(302).insert_header("Location", "http://localhost:1/Communication"))
            .await;
    assert_eq!(redirect, PortalError::RedirectRefused);
    let page =
        json!({"resourceType": "Bundle", "link": [{"relation": "next", "url": "http://127.0.0.2:1/page"}]});
    assert_eq!(answer(ResponseTemplate::new(200).set_body_json(page)).await, PortalError::LinkRefused);
}

#[test]
fn http_is_for_this_machine_only() {
    let make = |base: &str| Portal::new(base, Auth::Open, Arc::new(NoTokenStore), limits()).map(|_| ());
    assert_eq!(make("http://portal.example/fhir"), Err(PortalError::InsecureAddress));
    assert_eq!(make("ftp://portal.example"), Err(PortalError::InvalidAddress));
    assert_eq!(make("nonsense"), Err(PortalError::InvalidAddress));
    assert_eq!(make("https://portal.example/fhir"), Ok(()));
    assert_eq!(make("http://[::1]:8080/fhir"), Ok(()));
}

#[tokio::test]
async fn entries_are_taken_by_mode_and_one_broken_entry_spoils_nothing() {
    let server = MockServer::start().await;
    let body = r#"{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"Communication","id":"a"},"search":{"mode":"match"}},
        {"resource":{"resourceType":"Communication","id":"b"}},
        {"resource":{"resourceType":"Patient","id":"p"},"search":{"mode":"include"}},
        {"resource":{"resourceType":"Patient","id":"stray"}},
        {"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}},
        {"resource":{"resourceType":"Communication","id":7}},
        "not an entry",
        {"fullUrl":"urn:uuid:nothing"}]}"#;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&server)
        .await;
    let page = portal(&server).search("Communication", &[]).await.unwrap();
    let got: Vec<_> =
        page.entries.iter().map(|e| (e.kind.as_str(), e.id.as_str(), e.is_match, e.readable)).collect();
    assert_eq!(
        got,
        [
            ("Communication", "a", true, true),
            ("Communication", "b", true, true),
            ("Patient", "p", false, true),
            ("Communication", "", true, false),
            ("Unknown", "", true, false),
        ]
    );
    assert_eq!((page.next, page.total), (None, None));
}

#[tokio::test]
async fn only_listed_search_parameters_are_sent() {
    let server = MockServer::start().await;
    Mock::given(path("/Communication"))
        .and(query_param("recipient", "Practitioner/1"))
        .and(query_param("_sort", "sent"))
        .and(query_param_is_missing("sender"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"resourceType": "Bundle"})))
        .expect(1)
        .mount(&server)
        .await;
    let portal = portal(&server);
    let statement =
        json!({"rest": [{"resource": [{"type": "Communication", "searchParam": [{"name": "recipient"}]}]}]});
    portal.set_capabilities(Capabilities::from_statement(&serde_json::from_value(statement).unwrap()));
    let params = [("recipient", "Practitioner/1".into()), ("sender", "x".into()), ("_sort", "sent".into())];
    portal.search("Communication", &params).await.unwrap();
}

#[tokio::test]
async fn a_create_is_conditional_and_its_id_is_found_where_the_server_puts_it() {
    let identifier = ClientIdentifier("8f9c".to_owned());
    for (response, id) in [
        (ResponseTemplate::new(201).insert_header("Location", "Communication/m9/_history/1"), Some("m9")),
        (
            ResponseTemplate::new(201).set_body_json(json!({"resourceType": "Communication", "id": "m8"})),
            Some("m8"),
        ),
        (ResponseTemplate::new(201), None),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(header("If-None-Exist", "identifier=urn:anteroom:client-identifier|8f9c"))
            .respond_with(response)
            .expect(1)
            .mount(&server)
            .await;
        let created = portal(&server).create_communication("{}", &identifier).await.unwrap();
        assert_eq!(created.id.map(|id| id.0).as_deref(), id);
    }
}

#[tokio::test]
async fn only_a_real_acknowledgement_counts_as_sent() {
    let identifier = ClientIdentifier("8f9c".to_owned());
    for (response, sent) in [
        (ResponseTemplate::new(200), false),
        (ResponseTemplate::new(200).set_body_string("<html>Welcome</html>"), false),
        (ResponseTemplate::new(200).set_body_json(json!({"resourceType": "OperationOutcome"})), false),
        (ResponseTemplate::new(202), false),
        (ResponseTemplate::new(204), false),
        (ResponseTemplate::new(200).insert_header("ETag", "W/\"1\""), true),
        (ResponseTemplate::new(200).insert_header("Location", "Communication/m9/_history/1"), true),
        (
            ResponseTemplate::new(200).set_body_json(json!({"resourceType": "Communication", "id": "m8"})),
            true,
        ),
        (ResponseTemplate::new(201), true),
    ] {
        let shown = format!("{response:?}");
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(response).expect(1).mount(&server).await;
        let outcome = portal(&server).create_communication("{}", &identifier).await;
        let open = outcome.as_ref().is_err_and(PortalError::leaves_outcome_open);
        assert_eq!((outcome.is_ok(), open), (sent, !sent), "{shown}");
    }
}

#[tokio::test]
async fn a_write_is_never_repeated_after_a_redirect() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("Location", "/Communication2");
    Mock::given(method("POST")).respond_with(moved).expect(1).mount(&server).await;
    let error =
        portal(&server).create_communication("{}", &ClientIdentifier("x".to_owned())).await.unwrap_err();
    assert!(error.leaves_outcome_open());
}

#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl TokenStore for Counting {
    fn store(&self, _auth: &Auth) -> Result<(), TokenStoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn code_auth(server: &MockServer) -> Auth {
    serde_json::from_value(json!({"kind": "authorization_code", "client_id": "c",
        "token_endpoint": format!("{}/token", server.uri()), "revocation_endpoint": null,
        "tokens": {"access": "old", "refresh": "r1", "expires_at": null}}))
    .unwrap()
}

#[tokio::test]
async fn ten_refusals_at_once_make_one_refresh() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_json(json!({"resourceType": "Bundle"}));
    Mock::given(path("/Communication"))
        .and(header("Authorization", "Bearer new"))
        .respond_with(page)
        .mount(&server)
        .await;
    Mock::given(path("/Communication"))
        .and(header("Authorization", "Bearer old"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let tokens = json!({"access_token": "new", "refresh_token": "r2", "expires_in": 300});
    Mock::given(path("/token"))
        .and(body_string_contains("refresh_token=r1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens).set_delay(Duration::from_millis(50)))
        .expect(1)
        .mount(&server)
        .await;
    let store = Arc::new(Counting::default());
    let portal = Arc::new(Portal::new(&server.uri(), code_auth(&server), store.clone(), limits()).unwrap());
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let portal = portal.clone();
            tokio::spawn(async move { portal.search("Communication", &[]).await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok(()));
    }
    // Once that the refresh token is on its way, once its successor.
    assert_eq!(store.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_refresh_is_unauthorized_and_not_repeated() {
    let server = MockServer::start().await;
    Mock::given(path("/Communication")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let refused = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    Mock::given(path("/token")).respond_with(refused).expect(1).mount(&server).await;
    let portal = Portal::new(&server.uri(), code_auth(&server), Arc::new(NoTokenStore), limits()).unwrap();
    assert_eq!(portal.search("Communication", &[]).await.unwrap_err(), PortalError::Unauthorized);
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let auth = Auth::Bearer { token: SecretString::from("very-secret") };
    assert!(!format!("{auth:?}").contains("very-secret"));
    assert!(serde_json::to_string(&auth).unwrap().contains("very-secret"), "but the vault keeps it");
}

//! The client against both forms of subscriptions, over real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use demo_portal::{DemoPortal, NewMessage, Options, Quirks, RunningPortal};
use inbox_portal::{
    Auth, Feed, FeedEvent, FeedLimits, FeedRequest, HttpLimits, NoTokenStore, Portal, PortalError,
    SubscriptionForm,
};
use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ADLER: &str = "Practitioner/dr-adler";

async fn start(quirks: &str) -> (RunningPortal, Portal) {
    let quirks = Quirks::preset(quirks).unwrap();
    let server = DemoPortal::start(Options { messages: 0, quirks, ..Options::default() }).await.unwrap();
    let client = client(&server).await;
    (server, client)
}

async fn client(server: &RunningPortal) -> Portal {
    let auth = Auth::Bearer { token: SecretString::from(server.token("dr-adler")) };
    let client =
        Portal::new(&server.base_url(), auth, Arc::new(NoTokenStore), HttpLimits::default()).unwrap();
    client.discover().await.unwrap();
    client
}

fn request() -> FeedRequest {
    FeedRequest { recipients: vec![ADLER.to_owned()], ..FeedRequest::default() }
}

fn write(server: &RunningPortal, recipient: &str) {
    let message = NewMessage {
        patient: "berger-jonas".to_owned(),
        text: "Can I have a refill?".to_owned(),
        topic: Some("Refill".to_owned()),
        recipient: Some(recipient.to_owned()),
        ..NewMessage::default()
    };
    server.control().add_message(&message).unwrap();
}

async fn next(feed: &mut Feed) -> Result<FeedEvent, PortalError> {
    tokio::time::timeout(Duration::from_secs(10), feed.next()).await.expect("within 10 s")
}

/// Waits for what the server does after a socket has ended.
async fn until(met: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !met() {
        assert!(Instant::now() < end, "not met within 10 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn both_forms_hint_at_a_new_message() {
    for (quirks, form) in [
        ("none", SubscriptionForm::Criteria),
        ("medplum", SubscriptionForm::Criteria),
        ("helios", SubscriptionForm::Topic("urn:anteroom:topic:communication".to_owned())),
    ] {
        let (server, client) = start(quirks).await;
        let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
        assert_eq!(feed.form(), &form, "{quirks}");
        assert_eq!(client.capabilities().learnt.subscription, Some(form));
        write(&server, ADLER);
        assert_eq!(next(&mut feed).await, Ok(FeedEvent::Hint), "{quirks}");
        feed.close().await;
        until(|| server.control().sockets().bound == 0).await;
    }
}

#[tokio::test]
async fn a_server_without_sockets_is_left_alone() {
    for quirks in ["wso2", "millennium"] {
        let (server, client) = start(quirks).await;
        assert!(client.subscribe(&request()).await.unwrap().is_none(), "{quirks}");
        assert!(
            server.control().resources("Subscription").is_empty(),
            "{quirks}: what was tried is taken back"
        );
    }
}

#[tokio::test]
async fn a_search_as_criteria_hints_at_hers_alone_and_ends_with_its_socket() {
    let (server, client) = start("medplum").await;
    let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
    assert_eq!(feed.kept(), None);
    let made = server.control().resources("Subscription");
    assert_eq!(made[0]["criteria"], "Communication?recipient=Practitioner/dr-adler");
    assert_eq!(made[0]["channel"], json!({"type": "websocket"}), "no content is asked for");
    write(&server, "Practitioner/dr-brandt");
    write(&server, ADLER);
    // A header and its message.
    assert_eq!((next(&mut feed).await, next(&mut feed).await), (Ok(FeedEvent::Hint), Ok(FeedEvent::Hint)));
    assert_eq!(server.control().sockets().notifications, 2);
    feed.close().await;
    until(|| server.control().resources("Subscription").is_empty()).await;
}

#[tokio::test]
async fn a_topics_subscription_stays_and_is_used_again() {
    let (server, client) = start("helios").await;
    let feed = client.subscribe(&request()).await.unwrap().unwrap();
    let kept = feed.kept().cloned();
    assert!(kept.is_some());
    let made = server.control().resources("Subscription");
    assert_eq!(made[0]["channel"]["_payload"]["extension"][0]["valueCode"], "empty");
    feed.close().await;
    let again = client.subscribe(&FeedRequest { kept: kept.clone(), ..request() }).await.unwrap().unwrap();
    assert_eq!(again.kept(), kept.as_ref());
    assert_eq!(server.control().resources("Subscription").len(), 1);
    drop(again);
    // One that is gone is made anew.
    server.control().delete("Subscription", &kept.as_ref().unwrap().0).unwrap();
    let anew = client.subscribe(&FeedRequest { kept: kept.clone(), ..request() }).await.unwrap().unwrap();
    assert_ne!(anew.kept(), kept.as_ref());
}

#[tokio::test]
async fn a_server_whose_topic_is_gone_has_no_sockets() {
    let (server, client) = start("helios").await;
    server.control().delete("Basic", "topic-communication").unwrap();
    assert!(client.subscribe(&request()).await.unwrap().is_none());
    assert!(server.control().resources("Subscription").is_empty());
}

#[tokio::test]
async fn heartbeats_and_pongs_are_signs_of_life_and_silence_is_not() {
    let limits = FeedLimits {
        silence: Duration::from_millis(150),
        answer: Duration::from_millis(400),
        ..FeedLimits::default()
    };
    for quirks in ["medplum", "helios"] {
        let (server, client) = start(quirks).await;
        let mut feed = client.subscribe(&FeedRequest { limits, ..request() }).await.unwrap().unwrap();
        // Helios sends nothing at all: the pings that are asked for keep it open.
        let quiet = tokio::time::timeout(Duration::from_millis(900), feed.next()).await;
        assert!(quiet.is_err(), "{quirks}: neither an event nor an end");
        server.control().freeze_sockets(true);
        let began = Instant::now();
        assert_eq!(next(&mut feed).await, Err(PortalError::Timeout), "{quirks}");
        assert!(began.elapsed() < Duration::from_secs(3), "{quirks}");
        server.control().freeze_sockets(false);
    }
}

#[tokio::test]
async fn a_cut_socket_is_an_end() {
    for quirks in ["medplum", "helios"] {
        let (server, client) = start(quirks).await;
        let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
        server.control().cut_sockets();
        assert_eq!(next(&mut feed).await, Err(PortalError::ConnectionLost), "{quirks}");
    }
}

#[tokio::test]
async fn a_deleted_subscription_is_an_end() {
    let (server, client) = start("helios").await;
    let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
    client.delete_subscription(feed.kept().unwrap()).await.unwrap();
    assert_eq!(next(&mut feed).await, Err(PortalError::ConnectionLost));
    assert!(server.control().resources("Subscription").is_empty());
}

#[tokio::test]
async fn a_binding_that_ends_says_so_before_it_is_silent() {
    let (server, client) = start("medplum").await;
    server.control().set_binding_life(Duration::from_secs(3));
    let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
    let began = Instant::now();
    assert_eq!(next(&mut feed).await, Ok(FeedEvent::Ending));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // Helios's token is spent by the bind: its end is not the socket's.
    let (server, client) = start("helios").await;
    server.control().set_binding_life(Duration::from_millis(1500));
    let mut feed = client.subscribe(&request()).await.unwrap().unwrap();
    let quiet = tokio::time::timeout(Duration::from_secs(2), feed.next()).await;
    assert!(quiet.is_err());
    write(&server, ADLER);
    assert_eq!(next(&mut feed).await, Ok(FeedEvent::Hint));
}

#[tokio::test]
async fn a_socket_elsewhere_is_refused_and_its_token_goes_nowhere() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = listener.local_addr().unwrap().port();
    let server = MockServer::start().await;
    let statement = json!({"resourceType": "CapabilityStatement", "rest": [{"mode": "server", "resource": [
        {"type": "Subscription", "interaction": [{"code": "create"}]}]}]});
    Mock::given(path("/metadata"))
        .respond_with(ResponseTemplate::new(200).set_body_json(&statement))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/Subscription"))
        .respond_with(
            ResponseTemplate::new(201).set_body_json(json!({"resourceType": "Subscription", "id": "s1"})),
        )
        .mount(&server)
        .await;
    let deleted = Mock::given(method("DELETE"))
        .and(path("/Subscription/s1"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount_as_scoped(&server)
        .await;
    Mock::given(path("/Subscription/s1/$get-ws-binding-token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"resourceType": "Parameters", "parameter": [
            {"name": "token", "valueString": "t"},
            {"name": "websocket-url", "valueUrl": format!("ws://127.0.0.1:{elsewhere}/ws")}]}),
        ))
        .mount(&server)
        .await;
    let auth = Auth::Bearer { token: SecretString::from("good") };
    let client = Portal::new(&server.uri(), auth, Arc::new(NoTokenStore), HttpLimits::default()).unwrap();
    client.discover().await.unwrap();
    assert_eq!(client.subscribe(&request()).await.map(|_| ()), Err(PortalError::LinkRefused));
    let connected = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await;
    assert!(connected.is_err(), "nobody knocked there");
    drop(deleted);
}

#[tokio::test]
async fn a_refusal_in_one_place_pauses_everything() {
    let (server, client) = start("medplum").await;
    server.control().allow(1, Duration::from_secs(60));
    client.search("Communication", &[]).await.unwrap();
    let error = client.search("Communication", &[]).await.unwrap_err();
    assert!(matches!(error, PortalError::RateLimited { retry_after: Some(_) }));
    let seen = server.control().requests(true).len();
    assert!(seen > 0);
    for _ in 0..3 {
        let error = client.subscribe(&request()).await.unwrap_err();
        assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_secs(50)), "{error:?}");
    }
    assert!(server.control().requests(true).is_empty(), "nothing was sent meanwhile");
    assert!(client.hold() > Duration::from_secs(50));
    server.control().allow_all();
    client.has_waited();
    client.search("Communication", &[]).await.unwrap();
}

#[tokio::test]
async fn little_that_is_left_slows_down_what_can_wait() {
    for quirks in ["medplum", "helios"] {
        let (server, client) = start(quirks).await;
        assert_eq!(client.hold(), Duration::ZERO);
        server.control().allow(40, Duration::from_secs(60));
        for _ in 0..37 {
            client.search("Communication", &[]).await.unwrap();
        }
        // Three are left: one sync.
        assert!(client.hold() > Duration::from_secs(50), "{quirks}: {:?}", client.hold());
    }
}

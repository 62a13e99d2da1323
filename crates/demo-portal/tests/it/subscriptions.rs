//! Sockets as Medplum and Helios have them, spoken by hand.

use std::time::Duration;

use demo_portal::{NewMessage, Options, Quirks};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::rig::{Rig, id_of, start};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn clinic(quirks: &str) -> Rig {
    let quirks = Quirks::preset(quirks).unwrap();
    start(Options { messages: 0, quirks, ..Options::default() }).await
}

/// A Subscription's id, a token for it, and where its socket is.
async fn ticket(rig: &Rig, criteria: &str) -> (String, String, String) {
    let subscription = json!({"resourceType": "Subscription", "status": "active", "criteria": criteria,
        "channel": {"type": "websocket"}});
    let made: Value = rig.post("/Subscription", &subscription).await.json().await.unwrap();
    let id = id_of(&made);
    let given = rig.json(&format!("/Subscription/{id}/$get-ws-binding-token")).await;
    let of = |n: usize, key: &str| given["parameter"][n][key].as_str().unwrap_or_default().to_owned();
    (id, of(0, "valueString"), of(2, "valueUrl"))
}

async fn open(rig: &Rig, address: &str) -> Socket {
    let mut request = address.into_client_request().unwrap();
    let bearer = format!("Bearer {}", rig.portal.token("dr-adler"));
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    connect_async(request).await.unwrap().0
}

async fn say(socket: &mut Socket, text: impl Into<String>) {
    socket.send(Message::text(text.into())).await.unwrap();
}

/// The next text as JSON, or the code of the closing frame.
async fn hear(socket: &mut Socket) -> Result<Value, u16> {
    let heard = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap();
    match heard {
        Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(text.as_str()).unwrap()),
        Some(Ok(Message::Close(Some(frame)))) => Err(frame.code.into()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn medplum_converses_in_json_and_tells_of_matches_without_content() {
    let rig = clinic("medplum").await;
    rig.portal.control().set_heartbeat(Duration::from_millis(100));
    let (id, token, address) = ticket(&rig, "Communication?recipient=Practitioner/dr-adler").await;
    let mut socket = open(&rig, &address).await;
    say(&mut socket, json!({"type": "ping"}).to_string()).await;
    assert_eq!(hear(&mut socket).await.unwrap(), json!({"type": "pong"}));
    say(&mut socket, json!({"type": "bind-with-token", "payload": {"token": "wrong"}}).to_string()).await;
    assert_eq!(hear(&mut socket).await.unwrap()["resourceType"], "OperationOutcome");
    let bind = json!({"type": "bind-with-token", "payload": {"token": token}}).to_string();
    say(&mut socket, bind).await;
    let status = |bundle: &Value| bundle["entry"][0]["resource"].clone();
    assert_eq!(status(&hear(&mut socket).await.unwrap())["type"], "handshake");
    assert_eq!(status(&hear(&mut socket).await.unwrap())["type"], "heartbeat");

    let message = |recipient: &str| NewMessage {
        patient: "berger-jonas".to_owned(),
        text: "Nobody but me may read this.".to_owned(),
        topic: Some("Secret".to_owned()),
        recipient: Some(recipient.to_owned()),
        ..NewMessage::default()
    };
    rig.portal.control().add_message(&message("Practitioner/dr-brandt")).unwrap();
    rig.portal.control().add_message(&message("Practitioner/dr-adler")).unwrap();
    let mut told = 0;
    while told < 2 {
        let bundle = hear(&mut socket).await.unwrap();
        assert!(!bundle.to_string().contains("Secret") && !bundle.to_string().contains("Nobody"));
        told += usize::from(status(&bundle)["type"] == "event-notification");
    }
    assert_eq!(
        rig.portal.control().sockets().notifications,
        2,
        "a header and a message, not the colleague's"
    );
    socket.close(None).await.unwrap();
    while rig.get(&format!("/Subscription/{id}")).await.status() != 410 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn helios_binds_once_with_a_token_that_is_good_once() {
    let rig = clinic("helios").await;
    let rig = rig.signed_in_as("backend");
    let topic = "urn:anteroom:topic:communication";
    let (_, token, address) = ticket(&rig, topic).await;
    assert!(connect_async(address.as_str()).await.is_err(), "the upgrade asks for the sign-in");
    let mut socket = open(&rig, &address).await;
    say(&mut socket, format!("bind-with-token {token}")).await;
    let handshake = hear(&mut socket).await.unwrap();
    assert_eq!(handshake["entry"][0]["resource"]["parameter"][3]["valueCode"], "handshake");
    let mut second = open(&rig, &address).await;
    say(&mut second, format!("bind-with-token {token}")).await;
    assert_eq!(hear(&mut second).await, Err(1008));
    say(&mut socket, format!("bind-with-token {token}")).await;
    assert_eq!(hear(&mut socket).await, Err(1008));
    let unknown = ticket(&rig, "urn:another-topic").await;
    assert_eq!(unknown.1, "", "no token without the topic");
}

#[tokio::test]
async fn the_capability_statement_says_what_is_there() {
    for (quirks, served, listed) in [
        ("none", true, true),
        ("medplum", true, false),
        ("helios", true, false),
        ("wso2", true, false),
        ("millennium", false, false),
    ] {
        let rig = clinic(quirks).await;
        let rest = rig.json("/metadata").await["rest"][0].clone();
        let types = rest["resource"].as_array().unwrap();
        let found = types.iter().find(|one| one["type"] == "Subscription");
        assert_eq!(found.is_some(), served, "{quirks}");
        let operation = found.is_some_and(|one| one["operation"][0]["name"] == "get-ws-binding-token");
        assert_eq!((operation, rest["extension"][0].is_object()), (listed, listed), "{quirks}");
    }
}

#[tokio::test]
async fn a_limit_is_said_on_every_answer_and_then_kept() {
    for (quirks, last) in [("medplum", "\"requests\";r=0;t="), ("none", "limit=2, remaining=0, reset=")] {
        let rig = clinic(quirks).await;
        rig.portal.control().allow(2, Duration::from_secs(60));
        assert_eq!(rig.get("/Communication").await.status(), 200);
        let second = rig.get("/Communication").await;
        let said = second.headers()["ratelimit"].to_str().unwrap();
        assert_eq!((second.status().as_u16(), said.starts_with(last)), (200, true), "{said}");
        let third = rig.get("/Communication").await;
        assert_eq!(
            (third.status().as_u16(), third.headers().contains_key("retry-after")),
            (429, quirks == "none")
        );
    }
}

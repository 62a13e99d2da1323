//! Hostile and broken resources of every kind: nothing panics, each message of hers is stored or quarantined, and the vault
//! stays whole. Seeded, so that each run is the same.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use inbox_portal::mapping::references_of;
use inbox_portal::wire::{CapabilityStatement, Task};
use inbox_portal::{
    Auth, Capabilities, NoTokenStore, Portal, SmartEndpoints, auth::client_credentials, inline_attachment,
    map_patient, map_practitioner, map_related_person,
};
use inbox_sync::Mode;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::mutate::{mutated, scrambled};
use crate::rig::{Rig, limits};

const ROUNDS: u64 = 40;
const IN_A_PAGE: usize = 40;
const PAGES: u64 = 150;
const TEXTS: u64 = 4000;

/// How long resources are mutated beyond the least number: `ANTEROOM_FUZZ_SECONDS`.
fn seconds() -> Duration {
    let given = std::env::var("ANTEROOM_FUZZ_SECONDS").ok().and_then(|value| value.parse().ok());
    Duration::from_secs(given.unwrap_or(1))
}
const ME: &str = "Practitioner/dr-adler";

/// Answers every search with the same bytes.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Respond for Page {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_raw(self.0.lock().unwrap().clone(), "application/fhir+json")
    }
}

impl Page {
    fn set(&self, bytes: Vec<u8>) {
        *self.0.lock().unwrap() = bytes;
    }
}

/// A vault beside a server that answers with whatever it is told to.
async fn hostile() -> (Rig, MockServer, Portal, Page) {
    let (rig, server, page) = (Rig::empty().await, MockServer::start().await, Page::default());
    Mock::given(method("GET")).and(path("/Communication")).respond_with(page.clone()).mount(&server).await;
    // Nobody else is there.
    let nothing = ResponseTemplate::new(404);
    Mock::given(path_regex("^/Communication/.+")).respond_with(nothing).mount(&server).await;
    let empty = ResponseTemplate::new(200).set_body_json(json!({"resourceType": "Bundle"}));
    Mock::given(method("GET")).respond_with(empty).with_priority(9).mount(&server).await;
    let portal = Portal::new(&server.uri(), Auth::Open, Arc::new(NoTokenStore), limits()).unwrap();
    let search: Vec<Value> =
        ["_id", "_lastUpdated", "sent"].into_iter().map(|name| json!({"name": name})).collect();
    let statement = json!({"resourceType": "CapabilityStatement",
        "rest": [{"resource": [{"type": "Communication", "searchParam": search}]}]});
    let metadata = ResponseTemplate::new(200).set_body_json(&statement);
    Mock::given(path("/metadata")).respond_with(metadata).mount(&server).await;
    portal.set_capabilities(Capabilities::from_statement(&serde_json::from_value(statement).unwrap()));
    (rig, server, portal, page)
}

fn samples(id: &str) -> [Value; 4] {
    let message = json!({"resourceType": "Communication", "id": id,
        "meta": {"versionId": "1", "lastUpdated": "2026-11-20T08:00:00Z"}, "status": "completed",
        "identifier": [{"system": "urn:x", "value": id}], "partOf": [{"reference": "Communication/t1"}],
        "inResponseTo": [{"reference": "Communication/t1"}], "topic": {"text": "Refill"},
        "category": [{"coding": [{"code": "secure-message"}]}],
        "subject": {"reference": "Patient/p1"}, "sender": {"reference": "Patient/p1", "display": "Mara"},
        "recipient": [{"reference": ME}, {"reference": "CareTeam/c"}], "sent": "2026-11-20T07:59:00+01:00",
        "payload": [{"contentString": "I cannot sleep."},
            {"contentAttachment": {"contentType": "text/plain", "data": "aGVsbG8=", "title": "a.txt"}},
            {"contentAttachment": {"contentType": "image/png", "url": "Binary/b1", "size": 4}}]});
    let mut header = message.clone();
    for gone in ["payload", "partOf", "inResponseTo"] {
        header.as_object_mut().unwrap().remove(gone);
    }
    let mut own = message.clone();
    (own["sender"], own["recipient"]) = (json!({"reference": ME}), json!([{"reference": "Patient/p1"}]));
    own["identifier"] = json!([{"system": "urn:anteroom:client-identifier", "value": id}]);
    let mut others = message.clone();
    others["recipient"] = json!([{"reference": "Practitioner/dr-brandt"}]);
    others["partOf"] = json!([{"reference": "Communication/t9"}]);
    [message, header, own, others]
}

/// Whether the vault has to know of it, by nothing but what it says: a Communication with an id that names her, and that is
/// neither somebody's draft nor a withdrawn header.
fn concerns_her(base: &str, value: &Value) -> Option<String> {
    let id = value["id"].as_str().filter(|id| !id.is_empty())?;
    let names = references_of(base, value.to_string().as_bytes()).unwrap_or_default();
    let header = value["payload"].is_null() && value["partOf"].is_null();
    let left_out = value["status"] == "preparation" || (header && value["status"] == "entered-in-error");
    let empty = |field: &str| value[field].as_array().is_some_and(Vec::is_empty) || value[field].is_null();
    let maybe_header = empty("payload") && empty("partOf") && value["status"] == "entered-in-error";
    let hers = value["resourceType"] == "Communication" && names.iter().any(|name| name == ME);
    (hers && !left_out && !maybe_header).then(|| id.to_owned())
}

#[tokio::test]
async fn every_mutated_message_of_hers_is_stored_or_quarantined() {
    let (rig, server, portal, page) = hostile().await;
    let base = format!("{}/", server.uri());
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut sent, mut hers) = (0, Vec::new());
    let began = Instant::now();
    let mut round = 0;
    // The vault keeps each of them: at most a minute.
    while round < ROUNDS || began.elapsed() < seconds().min(Duration::from_secs(60)) {
        round += 1;
        let resources: Vec<Value> =
            (0..IN_A_PAGE).map(|n| mutated(&samples(&format!("r{round}-{n}"))[n % 4], &mut random)).collect();
        let entries: Vec<Value> =
            resources.iter().map(|one| json!({"resource": one, "search": {"mode": "match"}})).collect();
        page.set(json!({"resourceType": "Bundle", "entry": entries}).to_string().into_bytes());
        let mode = if round % 7 == 3 { Mode::Full } else { Mode::Incremental };
        rig.sync_with(&portal, mode).await.unwrap_or_else(|failure| panic!("round {round}: {failure}"));
        sent += resources.len();
        hers.extend(resources.into_iter().filter_map(|one| Some((concerns_her(&base, &one)?, one))));
    }
    let mut kept: HashSet<String> =
        rig.vault.quarantine().unwrap().into_iter().map(|row| row.portal_id).collect();
    for thread in rig.vault.list_threads(None, None, 0, 100_000, chrono::Utc::now()).unwrap().rows {
        kept.extend(thread.portal_id.into_iter().map(|id| id.0));
        kept.extend(rig.vault.messages(thread.id).unwrap().into_iter().map(|message| message.portal_id.0));
    }
    for (id, resource) in &hers {
        assert!(kept.contains(id), "neither stored nor quarantined: {resource}");
    }
    assert!(hers.len() * 4 > sent, "the samples stay recognisable: {} of {sent}", hers.len());
    rig.assert_healthy();
}

#[tokio::test]
async fn scrambled_pages_change_nothing_they_should_not() {
    let (rig, _server, portal, page) = hostile().await;
    let entries: Vec<Value> =
        samples("m1").into_iter().map(|one| json!({"resource": one, "search": {"mode": "match"}})).collect();
    let sound = json!({"resourceType": "Bundle", "total": 4, "entry": entries,
        "link": [{"relation": "self", "url": portal.base().as_str()}]});
    page.set(sound.to_string().into_bytes());
    rig.sync_with(&portal, Mode::Incremental).await.unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let mut until = None;
    let mut refused = 0;
    for _ in 0..PAGES {
        page.set(scrambled(sound.to_string().as_bytes(), &mut random));
        refused += usize::from(rig.sync_with(&portal, Mode::Incremental).await.is_err());
        let now = rig.vault.cursor().unwrap().complete_until;
        assert!(now >= until, "the cursor went back");
        until = now;
    }
    assert!(refused > PAGES as usize / 4, "{refused} of {PAGES} could not be read");
    page.set(sound.to_string().into_bytes());
    rig.sync_with(&portal, Mode::Incremental).await.unwrap();
    rig.assert_healthy();
}

#[test]
fn no_resource_of_another_kind_makes_mapping_panic() {
    let name = json!([{"family": "Lindt", "given": ["Mara"], "use": "official", "text": "Mara Lindt"}]);
    let telecom = json!([{"system": "phone", "value": "030 1", "rank": 1, "use": "mobile"}]);
    let person = json!({"resourceType": "Patient", "id": "p1", "meta": {"versionId": "1"}, "name": name,
        "birthDate": "1990-02-03", "gender": "female", "telecom": telecom, "identifier": [{"value": "1"}],
        "patient": {"reference": "Patient/p1"}, "relationship": [{"text": "mother"}], "active": true,
        "contact": [{"name": {"text": "A"}, "telecom": telecom}], "address": [{"country": "DE"}],
        "communication": [{"language": {"coding": [{"code": "de"}]}, "preferred": true}], "deceasedBoolean": false});
    let statement = json!({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "format": ["json"],
        "software": {"name": "S", "version": "1"}, "rest": [{"mode": "server", "resource": [{"type": "Communication",
        "searchParam": [{"name": "_id"}], "interaction": [{"code": "read"}], "conditionalCreate": true}],
        "extension": [{"url": "x/capabilitystatement-websocket", "valueUri": "wss://x"}]}]});
    let task = json!({"resourceType": "Task", "id": "k", "status": "accepted", "focus": {"reference": "Communication/t1"},
        "owner": {"reference": ME}, "identifier": [{"system": "s", "value": "v"}]});
    let context =
        inbox_portal::MapContext { base: "https://p.example/fhir/".into(), server_now: chrono::Utc::now() };
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let (mut read, mut tried, began) = (0, 0, Instant::now());
    while tried < TEXTS || began.elapsed() < seconds() {
        tried += 1;
        let text = mutated(&person, &mut random).to_string();
        read += u64::from(map_patient(&text).is_ok());
        let _ = (map_related_person(&text, &context), map_practitioner(&text));
        let _ = inbox_portal::mapping::read_practitioner_role(&text, &context);
        let _ = serde_json::from_str::<Task>(&mutated(&task, &mut random).to_string());
        let _ = inline_attachment(&mutated(&samples("m")[0], &mut random).to_string(), "1");
        if let Ok(found) = serde_json::from_value::<CapabilityStatement>(mutated(&statement, &mut random)) {
            let record = Capabilities::from_statement(&found);
            let kept = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Capabilities>(&kept).unwrap(), record);
        }
    }
    assert!(read > tried / 6, "{read} of {tried}");
    println!("resources of other kinds: {tried} of each");
}

#[tokio::test]
async fn broken_answers_of_a_sign_in_are_refused_and_never_panic() {
    let (server, page) = (MockServer::start().await, Page::default());
    Mock::given(path("/.well-known/smart-configuration")).respond_with(page.clone()).mount(&server).await;
    let (tokens, empty) = (Page::default(), json!({"resourceType": "Bundle"}));
    let nothing = ResponseTemplate::new(200).set_body_json(empty);
    Mock::given(path("/Communication")).respond_with(nothing).mount(&server).await;
    Mock::given(method("POST")).respond_with(tokens.clone()).mount(&server).await;
    let endpoint = format!("{}/token", server.uri());
    let sound = json!({"authorization_endpoint": format!("{}/authorize", server.uri()), "token_endpoint": endpoint,
        "revocation_endpoint": endpoint, "scopes_supported": ["openid"]});
    let answer = json!({"access_token": "a", "refresh_token": "r", "expires_in": 300, "token_type": "Bearer",
        "scope": "openid", "id_token": "x.y.z"});
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut accepted = 0;
    for n in 0..80 {
        let body = match n % 4 {
            0 => mutated(&sound, &mut random).to_string().into_bytes(),
            1 => scrambled(sound.to_string().as_bytes(), &mut random),
            _ => sound.to_string().into_bytes(),
        };
        page.set(body);
        tokens.set(mutated(&answer, &mut random).to_string().into_bytes());
        let Ok(found) = SmartEndpoints::discover(&server.uri(), limits()).await else { continue };
        // What is discovered never leads to another machine without TLS.
        let token = found.token_endpoint.clone();
        assert!(token.scheme() == "https" || token.host_str() == Some("127.0.0.1"), "{token}");
        if token.as_str() == endpoint {
            let auth =
                client_credentials(&server.uri(), "c", SecretString::from("s"), limits()).await.unwrap();
            let portal = Portal::new(&server.uri(), auth, Arc::new(NoTokenStore), limits()).unwrap();
            accepted += usize::from(portal.search("Communication", &[]).await.is_ok());
        }
    }
    assert!(accepted > 4, "{accepted}");
}

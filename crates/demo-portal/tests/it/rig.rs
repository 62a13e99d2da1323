//! A portal with a client that is signed in by a fixed token.

use std::time::Duration;

use demo_portal::{DemoPortal, Options, Quirks, RunningPortal};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub(crate) struct Rig {
    pub(crate) portal: RunningPortal,
    pub(crate) http: Client,
    token: String,
}

pub(crate) async fn start(options: Options) -> Rig {
    let portal = DemoPortal::start(options).await.unwrap();
    let http = Client::builder()
        .timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let token = portal.token("dr-adler").to_owned();
    Rig { portal, http, token }
}

pub(crate) async fn clinic() -> Rig {
    start(Options::default()).await
}

pub(crate) async fn empty_with(quirks: Quirks) -> Rig {
    start(Options { messages: 0, quirks, ..Options::default() }).await
}

pub(crate) async fn empty() -> Rig {
    empty_with(Quirks::default()).await
}

impl Rig {
    pub(crate) fn signed_in_as(mut self, id: &str) -> Self {
        self.token = self.portal.token(id).to_owned();
        self
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.portal.base_url())
        };
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, value: &Value) -> Response {
        self.request(Method::POST, path).json(value).send().await.unwrap()
    }

    pub(crate) async fn create_if_none(&self, value: &Value, condition: &str) -> Response {
        let request = self.request(Method::POST, "/Communication").header("if-none-exist", condition);
        request.json(value).send().await.unwrap()
    }

    /// Every page of a search, by its links.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut next = Some(path.to_owned());
        let mut found = Vec::new();
        while let Some(path) = next {
            let page = self.json(&path).await;
            found.extend(matches(&page));
            next = next_link(&page);
        }
        found
    }
}

pub(crate) fn matches(page: &Value) -> Vec<Value> {
    let entries = page["entry"].as_array().cloned().unwrap_or_default();
    entries
        .into_iter()
        .filter(|entry| entry["search"]["mode"] != "include")
        .map(|mut e| e["resource"].take())
        .collect()
}

pub(crate) fn next_link(page: &Value) -> Option<String> {
    let links = page["link"].as_array()?;
    links
        .iter()
        .find(|link| link["relation"] == "next")
        .and_then(|link| link["url"].as_str().map(str::to_owned))
}

pub(crate) fn message(identifier: &str, text: &str) -> Value {
    json!({
        "resourceType": "Communication",
        "status": "completed",
        "identifier": [{"system": "urn:test", "value": identifier}],
        "subject": {"reference": "Patient/berger-jonas"},
        "sender": {"reference": "Practitioner/dr-adler"},
        "recipient": [{"reference": "Patient/berger-jonas"}],
        "sent": "2026-11-23T08:00:00Z",
        "payload": [{"contentString": text}],
    })
}

pub(crate) fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

//! The server as somebody else uses it: plain requests beside the client under test.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::table::Trouble;

const FHIR_JSON: &str = "application/fhir+json";
/// Entries of one batch.
const BATCH: usize = 50;

/// A server and the token of the suite.
#[derive(Debug)]
pub(super) struct Server {
    http: reqwest::Client,
    pub(super) base: String,
    token: Option<SecretString>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) location: Option<String>,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn id(&self) -> Option<String> {
        let from_body = self.body["id"].as_str().map(str::to_owned);
        from_body.or_else(|| self.location.as_deref().and_then(id_in))
    }
}

impl Server {
    pub(super) fn new(base: &str, token: Option<SecretString>) -> Result<Self, Trouble> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// Sends a request; any status is an answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Option<&Value>,
    ) -> Result<Reply, Trouble> {
        let url = match path {
            "" => self.base.clone(),
            path if path.starts_with("http") => path.to_owned(),
            path => format!("{}/{path}", self.base),
        };
        let mut request = self.http.request(method, url).header("accept", FHIR_JSON);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            let kind = if body.is_array() { "application/json-patch+json" } else { FHIR_JSON };
            request = request.header("content-type", kind).body(body.to_string());
        }
        let answer = request.send().await?;
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, etag, location) = (answer.status().as_u16(), header("etag"), header("location"));
        let body = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        Ok(Reply { status, etag, location, body })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Reply, Trouble> {
        self.send(Method::GET, path, &[], None).await
    }

    /// Creates a resource and answers its id.
    pub(super) async fn create(&self, value: &Value) -> Result<String, Trouble> {
        let kind = value["resourceType"].as_str().unwrap_or_default();
        let reply = self.send(Method::POST, kind, &[], Some(value)).await?;
        match reply.id().filter(|_| reply.status == 201 || reply.status == 200) {
            Some(id) => Ok(id),
            None => Err(Trouble::Wrong(format!("creating a {kind} answered {}", reply.status))),
        }
    }

    /// Creates many resources in batches, in their order.
    pub(super) async fn create_all(&self, values: &[Value]) -> Result<Vec<String>, Trouble> {
        let mut ids = Vec::new();
        for chunk in values.chunks(BATCH) {
            let entry = |value: &Value| {
                let kind = value["resourceType"].as_str().unwrap_or_default();
                json!({"resource": value, "request": {"method": "POST", "url": kind}})
            };
            let entries: Vec<Value> = chunk.iter().map(entry).collect();
            let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
            let reply = self.send(Method::POST, "", &[], Some(&bundle)).await?;
            let answered = reply.body["entry"].as_array().cloned().unwrap_or_default();
            let made = answered.iter().filter_map(|entry| {
                let location = entry["response"]["location"].as_str().and_then(id_in);
                entry["resource"]["id"].as_str().map(str::to_owned).or(location)
            });
            let made: Vec<String> = made.collect();
            if made.len() != chunk.len() {
                let (status, found) = (reply.status, made.len());
                return Err(format!("a batch of {} answered {status} with {found} ids", chunk.len()).into());
            }
            ids.extend(made);
        }
        Ok(ids)
    }

    /// Replaces a resource under the version given.
    pub(super) async fn replace(&self, value: &Value, if_match: Option<&str>) -> Result<Reply, Trouble> {
        let (kind, id) =
            (value["resourceType"].as_str().unwrap_or_default(), value["id"].as_str().unwrap_or_default());
        let headers: Vec<_> = if_match.map(|tag| ("if-match", tag.to_owned())).into_iter().collect();
        self.send(Method::PUT, &format!("{kind}/{id}"), &headers, Some(value)).await
    }

    /// Changes a resource that is there.
    pub(super) async fn change(
        &self,
        kind: &str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Reply, Trouble> {
        let mut value = self.get(&format!("{kind}/{id}")).await?.body;
        change(&mut value);
        let reply = self.replace(&value, None).await?;
        if reply.status / 100 == 2 {
            return Ok(reply);
        }
        Err(format!("replacing a {kind} answered {}", reply.status).into())
    }

    pub(super) async fn delete(&self, kind: &str, id: &str) -> Result<u16, Trouble> {
        Ok(self.send(Method::DELETE, &format!("{kind}/{id}"), &[], None).await?.status)
    }

    /// Every match of a search, page by page.
    pub(super) async fn all(&self, path: &str) -> Result<Vec<Value>, Trouble> {
        let kind = path.split('?').next().unwrap_or_default().to_owned();
        let (mut next, mut found) = (Some(path.to_owned()), Vec::new());
        while let Some(path) = next {
            let page = self.get(&path).await?;
            if page.status != 200 {
                return Err(format!("a search answered {}", page.status).into());
            }
            let entries = page.body["entry"].as_array().cloned().unwrap_or_default();
            let matches = entries.into_iter().map(|mut entry| entry["resource"].take());
            found.extend(matches.filter(|value| value["resourceType"] == kind.as_str()));
            let links = page.body["link"].as_array().cloned().unwrap_or_default();
            next = links
                .iter()
                .find(|link| link["relation"] == "next")
                .and_then(|link| link["url"].as_str().map(str::to_owned));
        }
        Ok(found)
    }

    /// Messages of a thread that carry an identifier.
    pub(super) async fn copies(&self, header: &str, identifier: &str) -> Result<Vec<Value>, Trouble> {
        let all = self.all(&format!("Communication?part-of=Communication/{header}&_count=200")).await?;
        Ok(all.into_iter().filter(|value| carries(value, identifier)).collect())
    }
}

/// Whether one of the resource's identifiers has this value.
pub(super) fn carries(value: &Value, identifier: &str) -> bool {
    let list = value["identifier"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().any(|item| item["value"] == identifier)
}

/// The id in `[base/]Type/id[/_history/n]`.
fn id_in(location: &str) -> Option<String> {
    let plain = location.split("/_history/").next().unwrap_or(location);
    plain.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned)
}

//! An answer before it becomes HTTP, and the failures of FHIR as OperationOutcome.

use serde_json::json;

/// Media type of every FHIR answer.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// A complete answer: status, headers, body.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn fhir(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", FHIR_JSON.to_owned())], body: body.into() }
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body: value.to_string().into_bytes(),
        }
    }

    pub(crate) fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A failure with its HTTP status and the issue code of FHIR's value set `issue-type`.
#[derive(Debug, Clone)]
pub(crate) struct Fail {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) text: String,
}

impl Fail {
    pub(crate) fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(400, "invalid", text)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "not-found", "Not found")
    }

    pub(crate) fn outcome(&self) -> serde_json::Value {
        outcome("error", self.code, &self.text)
    }

    pub(crate) fn reply(&self, as_html: bool) -> Reply {
        let mut reply = if as_html {
            Reply::html(
                self.status,
                format!(
                    "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body><h1>{}</h1></body></html>",
                    self.status
                ),
            )
        } else {
            Reply::fhir(self.status, self.outcome().to_string())
        };
        if self.status == 401 {
            reply = reply.with("www-authenticate", "Bearer");
        }
        reply
    }
}

/// An OperationOutcome with one issue.
pub(crate) fn outcome(severity: &str, code: &str, text: &str) -> serde_json::Value {
    json!({"resourceType": "OperationOutcome", "issue": [
        {"severity": severity, "code": code, "details": {"text": text}, "diagnostics": text}]})
}

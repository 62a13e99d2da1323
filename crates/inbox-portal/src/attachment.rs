//! The bytes of an attachment, in the three forms in which servers give them: in the message itself, at an address, or
//! behind a reference.

use reqwest::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use crate::error::PortalError;
use crate::http::{Outgoing, same_host};
use crate::mapping::{decode_base64, parse_reference};
use crate::portal::{FHIR_JSON, Portal};
use crate::wire::{Attachment, Binary, Communication};

/// The bytes of the attachment at the place `index` of the payload, where the message itself holds them; `raw` is the
/// message as received. `None` where it holds none there.
///
/// # Errors
/// [`PortalError::InvalidAnswer`] for bytes that are not base64.
pub fn inline_attachment(raw: &str, index: &str) -> Result<Option<Vec<u8>>, PortalError> {
    let message: Communication = serde_json::from_str(raw).map_err(|_| PortalError::InvalidAnswer)?;
    let part = index.parse::<usize>().ok().and_then(|index| message.payload.into_iter().nth(index));
    let data = part.and_then(|part| part.content_attachment).and_then(|attachment| attachment.data);
    data.map(|data| decode_base64(&data).ok_or(PortalError::InvalidAnswer)).transpose()
}

/// A DocumentReference, as far as its bytes are concerned.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    content: Vec<DocumentContent>,
}

#[derive(Deserialize)]
struct DocumentContent {
    attachment: Option<Attachment>,
}

impl Portal {
    /// Fetches the bytes of an attachment. `key` and `reference` are those of `inbox_domain::Attachment`. A storage address
    /// that the server signs anew for each reader may have expired, so where its path names the Binary, that is read first.
    ///
    /// # Errors
    /// [`PortalError::LinkRefused`] for bytes on another host, which are never asked for; [`PortalError::TooLarge`];
    /// [`PortalError::NotFound`] and [`PortalError::Gone`] for what is not there; any other [`PortalError`].
    pub async fn fetch_attachment(&self, key: &str, reference: &str) -> Result<Vec<u8>, PortalError> {
        if let Some(found) = parse_reference(self.base().as_str(), reference) {
            return match found.kind.as_str() {
                "Binary" => self.read_binary(&found.id).await,
                "DocumentReference" => self.read_document(&found.id).await,
                _ => Err(PortalError::NotFound),
            };
        }
        let url = Url::parse(reference).map_err(|_| PortalError::NotFound)?;
        if !same_host(&url, self.base()) {
            return Err(PortalError::LinkRefused);
        }
        if reference.contains(key) && key.len() >= UUID {
            match self.read_binary(key).await {
                Err(PortalError::NotFound | PortalError::Gone | PortalError::Forbidden) => {}
                other => return other,
            }
        }
        let answer = self.exchange(Outgoing::get(url).header(ACCEPT, "*/*")).await?.success()?;
        Ok(answer.body)
    }

    /// A Binary as JSON, since one server answers 415 to its raw form; a server that gives the raw form all the same is
    /// taken at its word.
    async fn read_binary(&self, id: &str) -> Result<Vec<u8>, PortalError> {
        let url = self.join(&format!("Binary/{id}"))?;
        let answer = self.exchange(Outgoing::get(url).header(ACCEPT, FHIR_JSON)).await?.success()?;
        let claims_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        if !claims_json {
            return Ok(answer.body);
        }
        let binary: Binary = serde_json::from_slice(&answer.body).map_err(|_| PortalError::InvalidAnswer)?;
        decode_base64(&binary.data.unwrap_or_default()).ok_or(PortalError::InvalidAnswer)
    }

    /// The first content of a DocumentReference: its bytes, or the Binary that it names.
    async fn read_document(&self, id: &str) -> Result<Vec<u8>, PortalError> {
        let url = self.join(&format!("DocumentReference/{id}"))?;
        let answer = self.get(url).await?.success()?;
        let document: Document =
            serde_json::from_slice(&answer.body).map_err(|_| PortalError::InvalidAnswer)?;
        let first = document.content.into_iter().find_map(|content| content.attachment);
        let first = first.ok_or(PortalError::NotFound)?;
        if let Some(data) = first.data {
            return decode_base64(&data).ok_or(PortalError::InvalidAnswer);
        }
        let reference = first.url.unwrap_or_default();
        match parse_reference(self.base().as_str(), &reference) {
            Some(found) if found.kind == "Binary" => self.read_binary(&found.id).await,
            Some(_) => Err(PortalError::NotFound),
            None if reference.contains("://") => {
                let url = Url::parse(&reference).map_err(|_| PortalError::NotFound)?;
                if !same_host(&url, self.base()) {
                    return Err(PortalError::LinkRefused);
                }
                Ok(self.exchange(Outgoing::get(url).header(ACCEPT, "*/*")).await?.success()?.body)
            }
            None => Err(PortalError::NotFound),
        }
    }
}

/// Characters of a UUID.
const UUID: usize = 36;

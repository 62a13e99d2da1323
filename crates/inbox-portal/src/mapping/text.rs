//! The text and the attachments of a Communication.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use inbox_domain::Attachment;
use url::Url;

use super::html::{html_to_text, looks_like_html};
use super::reference::normal_reference;
use crate::http::same_host;
use crate::wire::{self, Payload};

const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// All text, joined by blank lines and never cut, and the attachments that are not text.
pub(super) fn read_payload(base: &str, payload: &[Payload]) -> (String, Vec<Attachment>) {
    let mut texts: Vec<String> = Vec::new();
    let mut attachments = Vec::new();
    for (index, part) in payload.iter().enumerate() {
        if let Some(text) = &part.content_string {
            texts.push(if looks_like_html(text) { html_to_text(text) } else { text.clone() });
        }
        if let Some(attachment) = &part.content_attachment {
            match inline_text(attachment) {
                Some(text) => texts.push(text),
                None => attachments.push(read_attachment(base, index, attachment)),
            }
        }
        if let Some(reference) = part.content_reference.as_ref().and_then(|r| r.reference.as_deref()) {
            let title = part.content_reference.as_ref().and_then(|r| r.display.clone()).unwrap_or_default();
            attachments.push(referenced(base, index, reference, title));
        }
    }
    texts.retain(|text| !text.is_empty());
    (texts.join("\n\n"), attachments)
}

/// The text of an inline text attachment; `None` when it is not text, not inline, or not base64.
fn inline_text(attachment: &wire::Attachment) -> Option<String> {
    let content_type = attachment.content_type.as_deref()?.to_ascii_lowercase();
    let kind = content_type.split(';').next()?.trim();
    let is_html = matches!(kind, "text/html" | "application/xhtml+xml");
    if !is_html && kind != "text/plain" {
        return None;
    }
    let text = decode_text(&decode_base64(attachment.data.as_deref()?)?, &content_type);
    Some(if is_html { html_to_text(&text) } else { text })
}

fn decode_text(bytes: &[u8], content_type: &str) -> String {
    let latin = ["iso-8859-1", "latin1", "windows-1252"].iter().any(|name| content_type.contains(name));
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) if latin => bytes.iter().copied().map(char::from).collect(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// base64 as FHIR allows it: with line breaks, with or without padding.
pub(crate) fn decode_base64(data: &str) -> Option<Vec<u8>> {
    let packed: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    TOLERANT
        .decode(&packed)
        .or_else(|_| general_purpose::URL_SAFE_NO_PAD.decode(packed.trim_end_matches('=')))
        .ok()
}

fn read_attachment(base: &str, index: usize, attachment: &wire::Attachment) -> Attachment {
    let title = attachment.title.clone().unwrap_or_default();
    let mut found = match attachment.url.as_deref() {
        Some(url) => referenced(base, index, url, title),
        None => referenced(base, index, "", title),
    };
    if let Some(content_type) = attachment.content_type.clone().filter(|kind| !kind.is_empty()) {
        found.content_type = content_type;
    }
    let inline = || attachment.data.as_deref().map(|data| (data.trim_end_matches('=').len() as u64 * 3) / 4);
    found.size = attachment.size.or_else(inline);
    found
}

/// The Binary's id: in a reference, or in the path of a storage address of the portal's own host.
fn binary_id(base: &str, reference: &str) -> Option<String> {
    if let Some(id) = reference.strip_prefix("Binary/") {
        return Some(id.to_owned());
    }
    let (url, base) = (Url::parse(reference).ok()?, Url::parse(base).ok()?);
    let is_uuid =
        |part: &&str| part.len() == 36 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let found = url.path_segments()?.find(is_uuid).map(str::to_owned);
    found.filter(|_| same_host(&url, &base))
}

/// Keyed by Binary id where there is one, since one server rewrites the URL on every read.
fn referenced(base: &str, index: usize, reference: &str, title: String) -> Attachment {
    let normal = normal_reference(base, reference);
    let id = binary_id(base, &normal).unwrap_or_else(|| index.to_string());
    Attachment {
        id,
        title,
        content_type: "application/octet-stream".to_owned(),
        size: None,
        reference: normal,
    }
}

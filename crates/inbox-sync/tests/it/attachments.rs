//! Attachments: fetched when asked for, kept from then on, gone with their message.

use demo_portal::{Fault, FaultKind, Options, Quirks};
use inbox_domain::{Attachment, Checked, Clock, MessageId};
use inbox_portal::PortalError;
use inbox_sync::{SyncError, fetch_attachment, stored_attachment};
use inbox_vault::AttachmentBody;
use serde_json::{Value, json};

use crate::rig::Rig;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

fn encoded(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes)
}

/// A message with one attachment as given, synced.
async fn with(rig: &Rig, part: Value) -> (MessageId, Attachment, String) {
    let (id, thread) = rig.patient_writes("See the picture.");
    let add = |value: &mut Value| value["payload"].as_array_mut().unwrap().push(part);
    rig.control().edit("Communication", &id, add).unwrap();
    rig.sync().await;
    let stored = rig.vault.messages(rig.thread(&thread)).unwrap();
    let message = stored.into_iter().find(|message| message.portal_id.0 == id).unwrap();
    assert_eq!(message.checked, Checked::Partial);
    (message.id, message.attachments[0].clone(), id)
}

fn put_binary(rig: &Rig, id: &str, bytes: &[u8]) {
    let binary = json!({"resourceType": "Binary", "contentType": "text/html", "data": encoded(bytes)});
    rig.control().put_raw("Binary", id, binary).unwrap();
}

fn stored(rig: &Rig, message: MessageId, attachment: &Attachment) -> Option<AttachmentBody> {
    stored_attachment(&rig.vault, message, attachment, rig.time.now()).unwrap()
}

async fn fetch(
    rig: &Rig,
    message: MessageId,
    attachment: &Attachment,
) -> Result<AttachmentBody, PortalError> {
    match fetch_attachment(&rig.vault, &rig.client, message, attachment, rig.time.now()).await {
        Ok(body) => Ok(body),
        Err(SyncError::Portal(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

fn actions(rig: &Rig) -> Vec<String> {
    let rows = rig.vault.audit(100).unwrap();
    rows.into_iter().map(|row| row.action).filter(|action| action.starts_with("attachment.")).collect()
}

#[tokio::test]
async fn each_form_is_fetched_once_and_read_offline_afterwards() {
    for name in ["none", "medplum", "helios", "wso2"] {
        let quirks = Quirks::preset(name).unwrap();
        let rig = Rig::new(Options { messages: 0, quirks, ..Options::default() }).await;
        let id = "3d0f8a52-6a0e-4b8e-9a52-1f0c7a1b2c3d";
        put_binary(&rig, id, PNG);
        let storage =
            format!("{}/storage/{id}?Expires=1&Signature=x", rig.portal.base_url().replace("/fhir", ""));
        let absolute = format!("{}/Binary/{id}", rig.portal.base_url());
        for part in [
            json!({"contentAttachment": {"contentType": "image/png", "url": format!("Binary/{id}")}}),
            json!({"contentAttachment": {"contentType": "image/png", "url": absolute}}),
            json!({"contentAttachment": {"contentType": "image/png", "url": storage}}),
            json!({"contentReference": {"reference": format!("Binary/{id}")}}),
        ] {
            let (message, attachment, _) = with(&rig, part.clone()).await;
            assert_eq!(attachment.id, id, "{name} {part}");
            assert_eq!(stored(&rig, message, &attachment), None);
            let body = fetch(&rig, message, &attachment).await.unwrap();
            // What the portal claims (text/html) decides nothing.
            assert_eq!(
                (body.content_type.as_str(), body.bytes.as_slice()),
                ("image/png", PNG),
                "{name} {part}"
            );
            rig.portal.pause().await;
            assert_eq!(stored(&rig, message, &attachment), Some(body), "{name}: offline");
            rig.portal.resume().await.unwrap();
        }
        rig.assert_healthy();
    }
}

#[tokio::test]
async fn bytes_in_the_message_need_no_portal_and_documents_are_followed() {
    let rig = Rig::empty().await;
    let part =
        json!({"contentAttachment": {"contentType": "application/pdf", "data": encoded(b"%PDF-1.7 x")}});
    let (message, attachment, _) = with(&rig, part).await;
    rig.portal.pause().await;
    let body = stored(&rig, message, &attachment).unwrap();
    assert_eq!((body.content_type.as_str(), body.bytes.as_slice()), ("application/pdf", &b"%PDF-1.7 x"[..]));
    assert_eq!(actions(&rig), ["attachment.view"]);
    rig.portal.resume().await.unwrap();
    put_binary(&rig, "b1", b"plain words");
    let document = json!({"resourceType": "DocumentReference", "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/b1"}}]});
    rig.control().put_raw("DocumentReference", "d1", document).unwrap();
    let (message, attachment, _) =
        with(&rig, json!({"contentReference": {"reference": "DocumentReference/d1"}})).await;
    let body = fetch(&rig, message, &attachment).await.unwrap();
    assert_eq!((body.content_type.as_str(), body.bytes.as_slice()), ("text/plain", &b"plain words"[..]));
}

#[tokio::test]
async fn what_cannot_be_had_says_why_and_keeps_nothing() {
    let rig = Rig::empty().await;
    let url = |url: &str| json!({"contentAttachment": {"contentType": "image/png", "url": url}});
    put_binary(&rig, "gone", PNG);
    rig.control().delete("Binary", "gone").unwrap();
    for (part, expected) in [
        (url("Binary/never"), PortalError::NotFound),
        (url("Binary/gone"), PortalError::Gone),
        (url("https://elsewhere.example/3d0f8a52-6a0e-4b8e-9a52-1f0c7a1b2c3d"), PortalError::LinkRefused),
        (url("http://127.0.0.1:9/storage/x"), PortalError::LinkRefused),
        (url("file:///etc/passwd"), PortalError::LinkRefused),
        (url("Patient/somebody"), PortalError::NotFound),
        (url("../../etc/passwd"), PortalError::NotFound),
        (json!({"contentAttachment": {"url": "Binary/large", "size": 30_000_000}}), PortalError::TooLarge),
    ] {
        let (message, attachment, _) = with(&rig, part.clone()).await;
        let _ = rig.control().requests(true);
        assert_eq!(fetch(&rig, message, &attachment).await.unwrap_err(), expected, "{part}");
        assert_eq!(stored(&rig, message, &attachment), None);
        if matches!(expected, PortalError::LinkRefused | PortalError::TooLarge) {
            assert_eq!(rig.control().requests(true).len(), 0, "{part}: not asked for");
        }
    }
    assert_eq!(actions(&rig), Vec::<String>::new());
    // Larger than it says.
    put_binary(&rig, "big", &vec![0; 21 * 1024 * 1024]);
    let (message, attachment, _) = with(&rig, url("Binary/big")).await;
    assert_eq!(fetch(&rig, message, &attachment).await.unwrap_err(), PortalError::TooLarge);
    put_binary(&rig, "b2", PNG);
    let (message, attachment, _) = with(&rig, url("Binary/b2")).await;
    for kind in [FaultKind::Drop, FaultKind::Truncated, FaultKind::Redirect, FaultKind::InvalidJson] {
        rig.control().add_fault(Fault::new(kind).on("GET", "Binary"));
        assert!(fetch(&rig, message, &attachment).await.is_err(), "{kind:?}");
        assert_eq!(stored(&rig, message, &attachment), None, "{kind:?}");
    }
    assert!(fetch(&rig, message, &attachment).await.is_ok());
}

#[tokio::test]
async fn a_read_mark_leaves_the_bytes_and_a_withdrawal_too() {
    let rig = Rig::empty().await;
    put_binary(&rig, "b1", PNG);
    let part = json!({"contentAttachment": {"contentType": "image/png", "url": "Binary/b1"}});
    let (message, attachment, id) = with(&rig, part).await;
    fetch(&rig, message, &attachment).await.unwrap();
    let mark = |value: &mut Value| value["received"] = json!("2026-11-24T09:00:00Z");
    rig.control().edit("Communication", &id, mark).unwrap();
    rig.sync().await;
    assert!(stored(&rig, message, &attachment).is_some());
    rig.control().void_message(&id).unwrap();
    rig.sync().await;
    assert!(stored(&rig, message, &attachment).is_some(), "what was withdrawn stays as it was last seen");
    assert_eq!(rig.vault.message(message).unwrap().checked, Checked::Partial);
}

use inbox_domain::{Attachment, MessageId, PortalMessage};

use super::*;
use crate::Vault;
use crate::vault::testing::{Sample, at, batch, message, vault};

fn attachment(id: &str, reference: &str) -> Attachment {
    Attachment {
        id: id.into(),
        title: "a.png".into(),
        content_type: "image/png".into(),
        size: None,
        reference: reference.into(),
    }
}

fn with(list: &[Attachment], version: &str) -> Sample {
    let mut sample = message("m1", 0, "See the picture").version(version, version.len() as i64);
    let PortalMessage { attachments, .. } = &mut sample.0.message;
    *attachments = list.to_vec();
    sample
}

fn id(vault: &Vault) -> MessageId {
    vault.messages(vault.t1()).unwrap()[0].id
}

fn body(bytes: &[u8]) -> AttachmentBody {
    AttachmentBody { content_type: "image/png".into(), bytes: bytes.to_vec() }
}

#[test]
fn bytes_stay_with_their_key_over_new_versions_and_go_with_their_message() {
    let (_dir, vault) = vault();
    let by_id = attachment("b1", "Binary/b1");
    let by_place = attachment("2", "");
    vault.apply(&batch([with(&[by_id.clone(), by_place.clone()], "1")]), at(0)).unwrap();
    let message = id(&vault);
    for key in ["b1", "2"] {
        assert_eq!(vault.view_attachment(message, key, at(1)).unwrap(), None);
        vault.store_attachment(message, key, &body(key.as_bytes()), at(1)).unwrap();
        assert_eq!(vault.view_attachment(message, key, at(1)).unwrap(), Some(body(key.as_bytes())));
    }
    assert!(matches!(
        vault.store_attachment(message, "b9", &body(b"x"), at(1)),
        Err(VaultError::NoSuch("attachment"))
    ));

    // A read mark makes a new version: what has an id stays, what only has a place may be something else now.
    vault.apply(&batch([with(&[by_place, by_id], "22")]), at(2)).unwrap();
    assert_eq!(vault.view_attachment(message, "b1", at(3)).unwrap(), Some(body(b"b1")));
    assert_eq!(vault.view_attachment(message, "2", at(3)).unwrap(), None);

    vault.apply(&batch([with(&[], "333")]), at(4)).unwrap();
    assert_eq!(vault.view_attachment(message, "b1", at(5)).unwrap(), None);
    let left: i64 =
        vault.read(|db| Ok(db.query_row("SELECT count(*) FROM attachment_body", [], |r| r.get(0))?)).unwrap();
    assert_eq!(left, 0);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn each_fetch_and_each_look_is_on_record() {
    let (_dir, vault) = vault();
    vault.apply(&batch([with(&[attachment("b1", "Binary/b1")], "1")]), at(0)).unwrap();
    let message = id(&vault);
    vault.store_attachment(message, "b1", &body(b"x"), at(1)).unwrap();
    vault.view_attachment(message, "b1", at(2)).unwrap();
    vault.note_attachment_view(message, "b1", at(3)).unwrap();
    let rows: Vec<(String, String)> =
        vault.audit(3).unwrap().into_iter().map(|row| (row.action, row.subject)).collect();
    let subject = format!("message:{message} attachment:b1");
    let expected = ["attachment.view", "attachment.view", "attachment.fetch"];
    assert_eq!(rows, expected.map(|action| (action.to_owned(), subject.clone())));
}

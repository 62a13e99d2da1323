use super::*;

/// A database as the first released schema left it, with a message in it.
fn first_schema() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(MIGRATIONS[0]).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute_batch(
        "INSERT INTO thread (id, key) VALUES (1, 'header:t1');
         INSERT INTO message (id, thread_id, portal_id, version, last_updated, search_id, sent_at, inbound, delivered,
           sender_role, sent_precision, stored_at)
         VALUES (1, 1, 'm1', '1', 0, 1, 0, 1, 'delivered', 'patient', 'instant', 0);
         INSERT INTO message_body (message_id, text, raw) VALUES (1, 'words', '{}');",
    )
    .unwrap();
    db
}

#[test]
fn messages_of_an_older_vault_are_to_be_judged_again_and_nothing_is_lost() {
    let mut db = first_schema();
    migrate(&mut db).unwrap();
    assert_eq!(version(&db).unwrap(), LATEST);
    let page = crate::retriage::page(&db, 9).unwrap();
    assert_eq!((page.messages.len(), page.state.complete), (1, false));
    assert_eq!(page.messages[0].text, "words");
    migrate(&mut db).unwrap();
    assert_eq!(version(&db).unwrap(), LATEST);
}

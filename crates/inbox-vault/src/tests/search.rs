//! Searching stored messages, and texts and dates of unusual size.

use chrono::{DateTime, Utc};

use inbox_domain::search::{FlagFilter, From};
use inbox_domain::{SearchRequest, SenderRole};

use crate::search_words;
use crate::vault::testing::{at, batch, message, vault};

#[test]
fn search_is_newest_first_and_knows_umlauts() {
    let (_dir, vault) = vault();
    vault
        .apply(
            &batch([
                message("m1", 50, "Ich kann schlafen für heute"),
                message("m2", -90, "Danke fuer das Rezept"),
                message("m3", 10, "Straße gesperrt, nicht schlafen"),
                message("m4", 0, "Lithiumspiegel am Montag").within("t2", "p2"),
            ]),
            at(60),
        )
        .unwrap();
    // Stored later, sent earlier: order is by what was sent.
    vault.apply(&batch([message("m5", -300, "schlafen schlafen")]), at(61)).unwrap();
    let found = |query: &str| -> Vec<String> {
        vault.search(query, 9).unwrap().into_iter().map(|hit| hit.snippet).collect()
    };
    assert_eq!(found("schlafen").len(), 3);
    assert!(found("schlafen")[0].starts_with("Ich kann \u{2}schlafen\u{3}"));
    assert!(found("schlafen")[2].starts_with("\u{2}schlafen\u{3} \u{2}schlafen"));
    assert_eq!(found("fuer").len(), 2);
    assert_eq!(found("für").len(), 2);
    assert_eq!(found("strasse nicht").len(), 1);
    assert_eq!(found("\"nicht schlafen\"").len(), 1);
    assert_eq!(found("\"schlafen nicht\"").len(), 0);
    assert_eq!(found("lithium").len(), 1);
    assert_eq!(vault.search("schlafen", 1).unwrap().len(), 1);
    assert_eq!(vault.search("*", 9).unwrap(), []);
    assert_eq!(vault.search("schlafen", 9).unwrap()[0].patient, "SAMPLE, Petra");
}

#[test]
fn a_compound_is_found_by_its_parts_and_an_umlaut_in_every_spelling() {
    let (_dir, vault) = vault();
    let texts = [
        "Ich brauche den Einweisungszettel für Montag",
        "Der Blutdrucksenker macht müde",
        "Ich bin so muede vom Hausarzt",
        "ich bin mude und der Zettel ist weg",
        "I have an interest in the rest of it",
    ];
    vault
        .apply(
            &batch(texts.iter().enumerate().map(|(n, text)| message(&format!("m{n}"), -(n as i64), text))),
            at(60),
        )
        .unwrap();
    let found = |query: &str| -> Vec<String> {
        vault
            .search(query, 9)
            .unwrap()
            .into_iter()
            .map(|hit| hit.snippet.replace(['\u{2}', '\u{3}'], "|"))
            .collect()
    };
    assert_eq!(
        found("zettel"),
        ["Ich brauche den |Einweisungszettel| für Montag", "ich bin mude und der |Zettel| ist weg"]
    );
    // Quotation marks: the word as it stands.
    assert_eq!(found("\"zettel\" ").len(), 1);
    assert_eq!(found("druck ")[0], "Der |Blutdrucksenker| macht müde");
    assert_eq!(found("arzt ").len(), 1);
    for spelling in ["müde", "muede", "mude", "MÜDE", "Muede "] {
        assert_eq!(found(spelling).len(), 3, "{spelling}");
    }
    assert_eq!(found("rest "), ["I have an interest in the |rest| of it"]);
    assert!(found("tabletten").is_empty() && found("zet ").is_empty());
}

#[test]
fn conditions_narrow_a_search_and_stand_alone() {
    let (_dir, vault) = vault();
    vault
        .apply(
            &batch([message("m1", 0, "Rezept bitte"), message("m2", 10, "Rezept auch").within("t2", "p2")]),
            at(60),
        )
        .unwrap();
    let found = |request: SearchRequest| vault.find(&request, 9).unwrap().len();
    let asked = |patient: &str| SearchRequest { patient: vec![patient.into()], ..SearchRequest::default() };
    let all = vault.search("rezept", 9).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[1].patient, "SAMPLE, Petra");
    assert_eq!((found(asked("sample")), found(asked("PET")), found(asked("etra"))), (1, 1, 0));
    assert_eq!(found(asked("nobody")), 0);
    let later = Some(at(5));
    assert_eq!(found(SearchRequest { after: later, words: "rezept".into(), ..SearchRequest::default() }), 1);
    assert_eq!(found(SearchRequest { before: later, ..SearchRequest::default() }), 1);
    assert_eq!(found(SearchRequest { unread: true, ..SearchRequest::default() }), 2);
    assert_eq!(found(SearchRequest { flag: Some(FlagFilter::Any), ..SearchRequest::default() }), 0);
    assert_eq!(
        found(SearchRequest { has_attachment: true, words: "rezept".into(), ..SearchRequest::default() }),
        0
    );
    assert_eq!(
        found(SearchRequest { from: Some(From::Role(SenderRole::Clinician)), ..SearchRequest::default() }),
        0
    );
    assert_eq!(found(SearchRequest::default()), 0);
}

#[test]
fn what_an_earlier_version_indexed_is_indexed_anew_and_forgotten_words_go() {
    let (_dir, vault) = vault();
    vault
        .apply(&batch((0..5).map(|n| message(&format!("m{n}"), n, "Der Einweisungszettel fehlt"))), at(60))
        .unwrap();
    vault
        .act(|act| {
            // As an earlier version left it: no long words.
            act.db.execute_batch(
                "INSERT INTO search_part (search_part, rowid, word) SELECT 'delete', id, word FROM search_word;
                 DELETE FROM search_word; UPDATE upkeep SET search_left = (SELECT max(id) FROM message)",
            )?;
            Ok(())
        })
        .unwrap();
    assert_eq!((vault.search_left().unwrap(), vault.search("zettel", 9).unwrap().len()), (5, 0));
    assert!(vault.index_page(2).unwrap());
    assert_eq!((vault.search_left().unwrap(), vault.search("zettel", 9).unwrap().len()), (3, 5));
    while vault.index_page(2).unwrap() {}
    assert_eq!((vault.search_left().unwrap(), vault.search("zettel", 9).unwrap().len()), (0, 5));
    assert_eq!(vault.verify().unwrap().problems, [""; 0]);
    vault
        .act(|act| {
            act.db.execute_batch("DELETE FROM message_search")?;
            Ok(())
        })
        .unwrap();
    while vault.sweep_search(true).unwrap() {}
    assert_eq!(vault.read(|db| search_words::holding(db, "zettel")).unwrap(), [""; 0]);
}

#[test]
fn a_megabyte_of_text_and_a_century_of_dates_go_in() {
    let (_dir, vault) = vault();
    let long = "wort ".repeat(200_000);
    let mut page = batch([message("m1", 0, &long), message("m2", 1, "early"), message("m3", 2, "late")]);
    page.messages[1].message.sent_at = DateTime::from_timestamp(-3_000_000_000, 0).unwrap();
    page.messages[2].message.sent_at = DateTime::<Utc>::MAX_UTC;
    vault.apply(&page, at(1)).unwrap();
    let stored = vault.messages(vault.t1()).unwrap();
    assert_eq!(
        stored.iter().map(|message| message.portal_id.0.as_str()).collect::<Vec<_>>(),
        ["m2", "m1", "m3"]
    );
    assert_eq!(stored[1].text, long);
    assert!(vault.search("wort", 9).unwrap()[0].snippet.chars().count() < 400);
    assert!(vault.thread(vault.t1()).unwrap().preview.chars().count() <= 200);
}

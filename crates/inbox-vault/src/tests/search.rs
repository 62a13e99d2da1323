//! Searching stored messages, and texts and dates of unusual size.

use chrono::{DateTime, Utc};

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

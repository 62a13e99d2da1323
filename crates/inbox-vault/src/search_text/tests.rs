use super::*;

fn marked(query: &str, text: &str) -> String {
    Query::parse(query).unwrap().snippet(text).replace(HIT_START, "[").replace(HIT_END, "]")
}

#[test]
fn a_query_is_words_and_never_operators() {
    let fts = |typed: &str| Query::parse(typed).map(|query| query.fts());
    assert_eq!(fts("lithium"), Some("\"lithium\" *".into()));
    assert_eq!(
        fts("NEAR(a) OR text:b*"),
        Some("\"near\" AND \"a\" AND \"or\" AND \"text\" AND \"b\"".into())
    );
    assert_eq!(fts("\"nicht mehr\" schlafen "), Some("\"nicht mehr\" AND \"schlafen\"".into()));
    assert_eq!(fts("fü"), Some("\"fü\"".into()));
    assert_eq!(fts("fue"), Some("(\"fue\" * OR \"fu\" *)".into()));
    assert_eq!(fts("\"unbalanced"), Some("\"unbalanced\" *".into()));
    assert_eq!(fts(" \" ( * ' "), None);
}

#[test]
fn words_with_two_forms_are_indexed_in_both() {
    assert_eq!(indexed("Grüße für Anna").folded, "grusse ");
    assert_eq!(indexed("Gruesse fuer die Strasse").folded, "grusse fur ");
    assert_eq!(indexed("no such letter").folded, "");
}

#[test]
fn long_words_of_german_texts_are_kept_as_compounds() {
    let kept = |text: &str| indexed(text).compounds.into_iter().collect::<Vec<_>>();
    assert_eq!(
        kept("Ich brauche den Einweisungszettel und die Überweisung"),
        ["einweisungszettel", "uberweisung"]
    );
    assert_eq!(kept("I have been to the interesting pharmacy"), [""; 0]);
    assert_eq!(kept("Einweisungszettel?"), ["einweisungszettel"]);
    assert_eq!(kept(&format!("{} 12345678 ABC123456789", "x".repeat(61))), [""; 0]);
}

#[test]
fn hits_are_marked_in_every_spelling() {
    assert_eq!(marked("gruesse", "Viele Grüße!"), "Viele [Grüße]!");
    assert_eq!(marked("grüße", "viele gruesse"), "viele [gruesse]");
    assert_eq!(marked("lithi", "Lithium-Spiegel\nmorgen"), "[Lithium]-Spiegel morgen");
    assert_eq!(marked("gruse", "viele Gruesse"), "viele Gruesse");
    assert_eq!(marked("muede", "mude und müde"), "[mude] und [müde]");
    assert_eq!(marked("é", "é e E\u{301}"), "[é] [e] E\u{301}");
}

#[test]
fn a_snippet_is_short_and_starts_near_the_first_hit() {
    let text = format!("{} needle {}", "hay ".repeat(500), "hay ".repeat(500));
    let snippet = marked("needle", &text);
    assert!(snippet.chars().count() <= SNIPPET_CHARACTERS + 4, "{snippet}");
    assert!(snippet.starts_with('…') && snippet.ends_with('…') && snippet.contains("[needle]"));
}

#[test]
fn marks_written_by_a_patient_do_not_pass_for_ours() {
    assert_eq!(marked("x", "a\u{2}b\u{3} x"), "a b  [x]");
}

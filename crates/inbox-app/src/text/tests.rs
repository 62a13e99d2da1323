use inbox_domain::{Category, Tier};

use super::*;

fn flag(start: usize, end: usize, also: Vec<(usize, usize)>) -> Flag {
    Flag {
        rule: "en.test".into(),
        category: Category::Intent,
        tier: Tier::Urgent,
        start,
        end,
        text: String::new(),
        context: Vec::new(),
        demoted: false,
        also,
    }
}

fn joined(segments: &[Segment]) -> String {
    segments.iter().map(|segment| segment.text.as_str()).collect()
}

#[test]
fn a_text_is_cut_at_flags_counted_in_scalar_values() {
    let text = "😀 ich kann nicht mehr";
    let cut = cut_text(text, &[flag(6, 21, vec![(2, 5)])], false);
    let marked: Vec<_> = cut.segments.iter().filter(|s| s.flags == [0]).map(|s| s.text.as_str()).collect();
    assert_eq!(marked, ["ich", "kann nicht mehr"]);
    assert_eq!(joined(&cut.segments), text);
    assert!(!cut.cut);
}

#[test]
fn overlapping_flags_are_both_named() {
    let cut = cut_text("abcdef", &[flag(0, 4, vec![]), flag(2, 6, vec![])], false);
    let flags: Vec<_> = cut.segments.iter().map(|s| (s.text.as_str(), s.flags.as_slice())).collect();
    assert_eq!(flags, [("ab", &[0][..]), ("cd", &[0, 1][..]), ("ef", &[1][..])]);
}

#[test]
fn bidi_zero_width_and_control_characters_become_visible() {
    let cut = cut_text("pay\u{202e}gpj.exe\u{200b}\u{7}", &[], false);
    let revealed: Vec<_> = cut.segments.iter().filter(|s| s.revealed).map(|s| s.text.as_str()).collect();
    assert_eq!(revealed, ["⟦U+202E⟧", "⟦U+200B⟧", "⟦U+0007⟧"]);
    assert!(!joined(&cut.segments).contains(['\u{202e}', '\u{200b}', '\u{7}']));
}

#[test]
fn marks_piled_on_a_letter_become_visible_and_those_of_a_language_stay() {
    for word in
        ["e\u{301}", "\u{5d1}\u{5b0}\u{5bc}\u{5e8}", "\u{e01}\u{e33}\u{e49}", "z\u{301}\u{302}\u{303}\u{304}"]
    {
        assert_eq!(cut_text(word, &[], false).segments.len(), 1, "{word}");
    }
    let cut = cut_text(&format!("z{} then", "\u{20dd}".repeat(20)), &[], false);
    assert_eq!(cut.segments.iter().filter(|segment| segment.revealed).count(), 20 - MOST_MARKS);
    assert!(joined(&cut.segments).ends_with(" then"));
}

#[test]
fn joined_emoji_and_line_breaks_stay() {
    let text = "👩‍👧 ❤️ a\r\n\tb";
    let cut = cut_text(text, &[], false);
    assert_eq!(cut.segments.len(), 1);
    assert_eq!(cut.segments[0].text, text);
}

#[test]
fn a_long_text_is_collapsed_and_a_huge_one_cut() {
    let text = "ä".repeat(COLLAPSE_AT + 1);
    let collapsed = cut_text(&text, &[], false);
    assert!(collapsed.cut);
    assert_eq!(joined(&collapsed.segments).chars().count(), COLLAPSE_AT);
    let all = cut_text(&text, &[], true);
    assert!(!all.cut);
    let huge = cut_text(&"a".repeat(CUT_AT_BYTES + 10), &[], true);
    assert!(huge.cut);
    assert_eq!(joined(&huge.segments).len(), CUT_AT_BYTES);
}

#[test]
fn a_preview_is_one_short_line() {
    assert_eq!(preview("  Liebe\n\nFrau\u{200b} Doktor ", 40), "Liebe Frau\u{fffd} Doktor");
    assert_eq!(preview("abcdef", 3), "abc\u{2026}");
}

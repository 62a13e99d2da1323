//! Cuts a message's text into the stretches that the window draws, so that no offset arithmetic happens in
//! TypeScript: UTF-16 there and scalar values here would disagree on the first emoji.
//!
//! Characters that are invisible or reorder their neighbours, and marks piled on one letter, are replaced by a visible stand-in. Joiners inside emoji
//! and variation selectors stay: they are part of what the patient sees.

use inbox_domain::Flag;

use unicode_normalization::char::is_combining_mark;

use crate::{
    dto::Segment,
    links::{Found, links_in},
};

/// A longer text is collapsed in the window, in scalar values (SECURITY.md, "Shell").
pub const COLLAPSE_AT: usize = 20_000;

/// A longer text is cut for display even when all of it is asked for, in bytes.
pub const CUT_AT_BYTES: usize = 256 * 1024;

/// Marks that may stand on one letter; further ones would be piled over the lines around it.
const MOST_MARKS: usize = 8;

/// The stretches of a text and whether something was left out.
#[derive(Debug, Clone)]
pub struct CutText {
    /// The stretches, in order.
    pub segments: Vec<Segment>,
    /// The text goes on after them.
    pub cut: bool,
}

/// Cuts `text` at the edges of `flags`. With `all` up to [`CUT_AT_BYTES`], else up to [`COLLAPSE_AT`].
pub fn cut_text(text: &str, flags: &[Flag], all: bool) -> CutText {
    let limit = if all { usize::MAX } else { COLLAPSE_AT };
    let mut segments: Vec<Segment> = Vec::new();
    let links = links_in(text);
    let mut ahead = links.iter().peekable();
    let (mut previous, mut marks) = (None, 0);
    for (index, (byte, character)) in text.char_indices().enumerate() {
        if index >= limit || byte >= CUT_AT_BYTES {
            return CutText { segments, cut: true };
        }
        let covering = covering(flags, index);
        while ahead.next_if(|found| found.end <= byte).is_some() {}
        // A flag is pointed at first: a flagged address is no link.
        let inside = ahead.peek().filter(|found| found.start <= byte && covering.is_empty());
        let link = inside.map(|Found { link, .. }| link);
        let next = text[byte + character.len_utf8()..].chars().next();
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        let revealed = is_hidden(character, previous, next) || marks > MOST_MARKS;
        let shown = if revealed {
            format!("\u{27e6}U+{:04X}\u{27e7}", character as u32)
        } else {
            character.to_string()
        };
        match segments.last_mut() {
            Some(last)
                if !revealed && !last.revealed && last.flags == covering && last.link.as_ref() == link =>
            {
                last.text.push_str(&shown);
            }
            _ => segments.push(Segment { text: shown, flags: covering, revealed, link: link.cloned() }),
        }
        previous = Some(character);
    }
    CutText { segments, cut: false }
}

/// A stretch of text with hidden characters made visible; U+0002 and U+0003, which mark hits, stay.
pub fn reveal_snippet(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if !matches!(character, '\u{2}' | '\u{3}') && is_hidden(character, None, None) {
            shown.push('\u{fffd}');
        } else {
            shown.push(character);
        }
    }
    shown
}

/// One line for a list: hidden characters shown, white space folded, at most `limit` scalar values.
pub fn preview(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for (count, character) in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().enumerate() {
        if count == limit {
            line.push('\u{2026}');
            break;
        }
        if is_hidden(character, None, None) {
            line.push('\u{fffd}');
        } else {
            line.push(character);
        }
    }
    line
}

fn covering(flags: &[Flag], index: usize) -> Vec<u32> {
    let covers = |flag: &Flag| {
        (flag.start..flag.end).contains(&index)
            || flag.also.iter().any(|(start, end)| (*start..*end).contains(&index))
    };
    (0u32..).zip(flags).filter(|(_, flag)| covers(flag)).map(|(number, _)| number).collect()
}

/// Whether a character would be invisible or reorder text: C0 and C1 controls but tab and newline, bidi controls,
/// zero-width characters, fillers, tags, noncharacters of the specials block.
fn is_hidden(character: char, previous: Option<char>, next: Option<char>) -> bool {
    match character {
        '\n' | '\t' => false,
        '\r' => next != Some('\n'),
        '\u{200d}' => !(previous.is_some_and(is_emoji_like) && next.is_some_and(is_emoji_like)),
        '\u{fe0e}' | '\u{fe0f}' => previous.is_none(),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200c}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

/// Close enough to keep joined emoji whole: symbols, pictographs, modifiers and the selector between them.
fn is_emoji_like(character: char) -> bool {
    matches!(character, '\u{fe0f}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests;

//! Which words, parts of words and pairs of words of a message count as evidence, as numbers for the engine and as text for the learner.

use crate::normalise::{Break, first_letters_of};
use crate::text::Text;

/// Letters to which a word is cut.
pub(crate) const STEM: usize = 6;
/// Letters of a word's beginning that count beside the whole: other forms of it, and its compounds.
const HEAD: usize = 4;
/// Letters of a long word's end that count too: what a German compound is about.
const TAIL: usize = 5;
/// Letters from which on a word has an end of its own.
const WITH_TAIL: usize = 8;
/// Marks of beginnings and ends among keys, in the byte that no cut word reaches.
const HEAD_MARK: u64 = 1 << 56;
const TAIL_MARK: u64 = 2 << 56;
/// Every number counts as the same word.
pub(crate) const NUMBER: u64 = b'#' as u64;
/// What stands before the first word of a sentence.
const START: u64 = b'^' as u64;

/// A word or a pair of words, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feature {
    pub(crate) key: u64,
    /// First token.
    pub(crate) from: u32,
    /// One past the last token.
    pub(crate) to: u32,
}

/// The key of a word whose first eight letters are `first`.
fn word_key(word: &[u8], first: u64) -> u64 {
    if word.first().is_some_and(u8::is_ascii_digit) && word.iter().all(u8::is_ascii_digit) {
        NUMBER
    } else {
        first & (u64::MAX >> (64 - 8 * STEM))
    }
}

/// The key of a word's beginning, if the word is longer than that.
fn head_key(word: &[u8], first: u64) -> Option<u64> {
    (word.len() > HEAD).then_some(first & (u64::MAX >> (64 - 8 * HEAD)) | HEAD_MARK)
}

/// The key of a long word's end.
fn tail_key(word: &[u8]) -> Option<u64> {
    let tail = word.len().checked_sub(TAIL).filter(|_| word.len() >= WITH_TAIL)?;
    Some(first_letters_of(&word[tail..]) | TAIL_MARK)
}

fn pair_key(first: u64, second: u64) -> u64 {
    (first.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ second).wrapping_mul(0xff51_afd7_ed55_8ccd) | 1 << 63
}

/// The key of a feature as the data file writes it: `word`, `word word`, `^ word`, `word*`, `*word`.
pub(crate) fn key_of(written: &str) -> u64 {
    if let Some(head) = written.strip_suffix('*') {
        return first_letters_of(head.as_bytes()) | HEAD_MARK;
    }
    if let Some(tail) = written.strip_prefix('*') {
        return first_letters_of(tail.as_bytes()) | TAIL_MARK;
    }
    let part = |word: &str| {
        if word == "^" { START } else { word_key(word.as_bytes(), first_letters_of(word.as_bytes())) }
    };
    match written.split_once(' ') {
        Some((first, second)) => pair_key(part(first), part(second)),
        None => part(written),
    }
}

/// Calls `see` for each word with a meaning and each pair of neighbours in the sentences of a language, in order.
pub(crate) fn for_each_feature(
    text: &Text,
    language: u8,
    masked: &[(u32, u32)],
    mut see: impl FnMut(Feature),
) {
    let mut masks = masked.iter().peekable();
    for sentence in text.sentences.iter().filter(|sentence| sentence.languages & language != 0) {
        let mut before = Some(START);
        for at in sentence.from..sentence.to {
            while masks.next_if(|(_, to)| *to <= at).is_some() {}
            let token = &text.tokens.list[at as usize];
            // Lines that repeat another message (`> ...`) are not the writer's words.
            if token.cited || masks.peek().is_some_and(|(from, _)| *from <= at) {
                before = None;
                continue;
            }
            let word = text.tokens.word(token);
            let key = word_key(word, token.key);
            // A function word says how somebody writes; only its neighbours give it a meaning.
            if token.languages == 0 {
                let one = |key| Feature { key, from: at, to: at + 1 };
                see(one(key));
                if key != NUMBER {
                    head_key(word, token.key).into_iter().chain(tail_key(word)).for_each(|key| see(one(key)));
                }
            }
            if token.before >= Break::Clause && before != Some(START) {
                before = None;
            }
            if let Some(first) = before {
                let from = if first == START { at } else { at - 1 };
                see(Feature { key: pair_key(first, key), from, to: at + 1 });
            }
            before = Some(key);
        }
    }
}

/// The features of a message as the data file writes them; the same ones as [`for_each_feature`].
pub(crate) fn written(text: &Text, language: u8, masked: &[(u32, u32)]) -> Vec<String> {
    let letters = |at: u32| text.tokens.word(&text.tokens.list[at as usize]);
    let word = |at: u32| {
        let word = letters(at);
        if word_key(word, first_letters_of(word)) == NUMBER {
            "#".to_owned()
        } else {
            String::from_utf8_lossy(&word[..word.len().min(STEM)]).into_owned()
        }
    };
    let mut all = Vec::new();
    for_each_feature(text, language, masked, |feature| {
        let single = feature.to - feature.from == 1;
        let last = word(feature.to - 1);
        let whole = letters(feature.to - 1);
        all.push(match () {
            () if single && Some(feature.key) == head_key(whole, first_letters_of(whole)) => {
                format!("{}*", String::from_utf8_lossy(&whole[..HEAD]))
            }
            () if single && Some(feature.key) == tail_key(whole) => {
                format!("*{}", String::from_utf8_lossy(&whole[whole.len() - TAIL..]))
            }
            () if !single => format!("{} {last}", word(feature.from)),
            () if feature.key == key_of(&last) => last,
            () => format!("^ {last}"),
        });
    });
    all
}

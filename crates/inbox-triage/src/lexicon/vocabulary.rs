//! Every word of the lexicon, and how a word of a message finds it: as it stands, through a wildcard, or, when it is
//! unknown, without its repetitions, l33t letters or one wrong letter.
//!
//! Words are looked up by hash, token by token. An automaton over all surface forms was tried first: it reads the text a
//! second time and still needs word boundaries. Wildcards, nearly all of them beginnings, are found by their first two to
//! four letters, on unknown words only.

use serde::{Deserialize, Serialize};

use super::table::{FxMap, Table};
use crate::normalise::first_letters_of;

/// Number of a word or wildcard.
pub(crate) type Symbol = u32;

/// Symbol of every number.
pub(crate) const NUMBER: Symbol = 0;

/// Facts about a symbol, as bits.
pub(crate) mod fact {
    /// Function word of English.
    pub(crate) const ENGLISH: u8 = 1;
    /// Function word of German.
    pub(crate) const GERMAN: u8 = 2;
    /// Function word of another language.
    pub(crate) const OTHER: u8 = 4;
    /// Met often, though no function word; such words make poor anchors.
    pub(crate) const COMMON: u8 = 8;
    /// First of four bits, one for each function of a message.
    pub(crate) const FUNCTION: u8 = 16;
}

/// The hash of a word whose first eight letters are `key`.
fn hash(key: u64, word: &[u8]) -> u64 {
    let rest = word.get(8..).unwrap_or_default();
    rest.chunks(8).fold(key, |hash, part| {
        (hash.rotate_left(5) ^ first_letters_of(part)).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95)
    })
}

/// A second hash, by which a word with a letter left out is hashed without writing it down.
const BASE: u64 = 0x0100_0000_01b3;

fn rolling_hash(word: &[u8]) -> u64 {
    word.iter().fold(1, |hash, byte| hash_on(hash, *byte))
}

fn hash_on(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

/// Letters by which a wildcard is found.
const MOST_BEGINNING: usize = 4;

/// Drawn-out letters of a word that are tried as one and as two; further ones count once.
const MOST_DRAWN_OUT: usize = 5;

/// A range of [`Vocabulary::pool`].
type Range = (u32, u32);

/// A word with `*` before or behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wildcard {
    stem: Box<[u8]>,
    left: bool,
    right: bool,
    symbol: Symbol,
}

impl Wildcard {
    /// Whether it cannot be found by the first letters.
    fn is_anywhere(&self) -> bool {
        self.left || self.stem.len() < 2
    }

    fn fits(&self, word: &[u8]) -> bool {
        match (self.left, self.right) {
            (false, _) => word.starts_with(&self.stem),
            (true, false) => word.ends_with(&self.stem),
            (true, true) => word.windows(self.stem.len()).any(|part| part == &*self.stem),
        }
    }
}

/// Collects words while the lexicon compiles.
#[derive(Default)]
pub(crate) struct Builder {
    symbols: FxMap<Box<str>, Symbol>,
    names: Vec<String>,
    facts: Vec<u8>,
    fuzzy: Vec<Symbol>,
}

/// The finished vocabulary.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    words: Table<Range>,
    pool: Vec<Symbol>,
    /// Those that [`Wildcard::is_anywhere`], then the others in order of their stems.
    wildcards: Vec<Wildcard>,
    /// How many are anywhere.
    anywhere: usize,
    /// Wildcards by the first four letters of the stem, or all of a shorter one.
    beginnings: Table<Range>,
    /// Words of seven letters and more by [`rolling_hash`].
    long_words: Table<Range>,
    /// Clinical words with one letter left out, by [`rolling_hash`].
    deletions: Table<Range>,
    facts: Vec<u8>,
    surface_forms: Vec<String>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let mut builder = Self::default();
        builder.intern("#");
        builder
    }

    /// The symbol of a folded word or wildcard.
    pub(crate) fn intern(&mut self, word: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(word) {
            return *symbol;
        }
        let symbol = self.names.len() as Symbol;
        self.symbols.insert(word.into(), symbol);
        self.names.push(word.to_owned());
        self.facts.push(0);
        symbol
    }

    pub(crate) fn add_fact(&mut self, word: &str, bit: u8) {
        let symbol = self.intern(word);
        self.facts[symbol as usize] |= bit;
    }

    /// Number of symbols.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// How often a word is met, roughly: function words, common words, the rest.
    pub(crate) fn frequency(&self, symbol: Symbol) -> usize {
        let facts = self.facts[symbol as usize];
        if facts & (fact::ENGLISH | fact::GERMAN) != 0 {
            60
        } else if facts & fact::COMMON != 0 {
            8
        } else {
            1
        }
    }

    pub(crate) fn mark_fuzzy(&mut self, symbol: Symbol) {
        if self.names[symbol as usize].len() >= 7 && !self.names[symbol as usize].contains('*') {
            self.fuzzy.push(symbol);
        }
    }

    pub(crate) fn finish(self) -> Vocabulary {
        let mut wildcards: Vec<Wildcard> = (0..)
            .zip(&self.names)
            .filter(|(_, name)| name.contains('*'))
            .map(|(symbol, name)| Wildcard {
                stem: name.trim_matches('*').as_bytes().into(),
                left: name.starts_with('*'),
                right: name.ends_with('*'),
                symbol,
            })
            .collect();
        wildcards.sort_by(|a, b| (!a.is_anywhere(), &a.stem).cmp(&(!b.is_anywhere(), &b.stem)));
        let anywhere = wildcards.iter().filter(|wildcard| wildcard.is_anywhere()).count();
        let mut beginnings: Vec<(u64, Range)> = Vec::new();
        for (at, wildcard) in (0u32..).zip(&wildcards).skip(anywhere) {
            let key = first_letters_of(&wildcard.stem[..wildcard.stem.len().min(MOST_BEGINNING)]);
            match beginnings.last_mut().filter(|(last, _)| *last == key) {
                Some((_, range)) => range.1 = at + 1,
                None => beginnings.push((key, (at, at + 1))),
            }
        }
        let mut vocabulary = Vocabulary {
            words: Table::default(),
            pool: Vec::new(),
            wildcards,
            anywhere,
            beginnings: Table::new(beginnings.into_iter()),
            long_words: Table::default(),
            deletions: Table::default(),
            facts: self.facts,
            surface_forms: self.names.iter().map(|name| name.trim_matches('*').to_owned()).collect(),
        };
        let mut words: Vec<(u64, Range)> = Vec::with_capacity(self.names.len());
        let mut long_words: Vec<(u64, Range)> = Vec::new();
        for (symbol, name) in (0..).zip(&self.names).filter(|(_, name)| !name.contains('*')) {
            let from = vocabulary.pool.len() as u32;
            let mut symbols = vec![symbol as Symbol];
            if symbol != NUMBER && name.bytes().all(|byte| byte.is_ascii_digit()) {
                symbols.push(NUMBER);
            }
            vocabulary.add_wildcards(name.as_bytes(), &mut symbols);
            vocabulary.pool.append(&mut symbols);
            let range = (from, vocabulary.pool.len() as u32);
            words.push((hash(first_letters_of(name.as_bytes()), name.as_bytes()), range));
            if name.len() >= 7 {
                long_words.push((rolling_hash(name.as_bytes()), range));
            }
        }
        vocabulary.words = Table::new(words.into_iter());
        vocabulary.long_words = Table::new(long_words.into_iter());
        let mut deletions: Vec<(u64, Range)> = Vec::new();
        let mut variant = Vec::new();
        for symbol in self.fuzzy {
            let name = self.names[symbol as usize].as_bytes();
            let Some(range) = vocabulary.words.get(hash(first_letters_of(name), name)) else { continue };
            for skip in 1..name.len() {
                without(name, skip, &mut variant);
                deletions.push((rolling_hash(&variant), range));
            }
        }
        vocabulary.deletions = Table::new(deletions.into_iter());
        vocabulary
    }
}

fn without(word: &[u8], skip: usize, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&word[..skip]);
    out.extend_from_slice(&word[skip + 1..]);
}

impl Vocabulary {
    /// All words and stems.
    pub(crate) fn surface_forms(&self) -> &[String] {
        &self.surface_forms
    }

    /// Facts of a symbol.
    pub(crate) fn facts(&self, symbol: Symbol) -> u8 {
        self.facts[symbol as usize]
    }

    /// Appends the symbols of a folded word whose first eight letters are `key`. `scratch` saves allocations between calls.
    pub(crate) fn look_up(&self, word: &[u8], key: u64, out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) {
        if self.extend_exact(word, key, out) {
            return;
        }
        if word.iter().all(u8::is_ascii_digit) {
            out.push(NUMBER);
            return self.add_wildcards(word, out);
        }
        let before = out.len();
        self.add_wildcards(word, out);
        if out.len() == before && word.len() >= 3 {
            self.look_up_unknown(word, out, scratch);
        }
    }

    fn extend_exact(&self, word: &[u8], key: u64, out: &mut Vec<Symbol>) -> bool {
        let found = self.words.get(hash(key, word));
        if let Some((from, to)) = found {
            out.extend_from_slice(&self.pool[from as usize..to as usize]);
        }
        found.is_some()
    }

    fn add_wildcards(&self, word: &[u8], out: &mut Vec<Symbol>) {
        if word.is_empty() || (word.len() < 3 && !word[0].is_ascii_digit()) {
            return;
        }
        let before = out.len();
        let mut add = |wildcards: &[Wildcard]| {
            for wildcard in wildcards {
                if wildcard.fits(word) && !out[before..].contains(&wildcard.symbol) {
                    out.push(wildcard.symbol);
                }
            }
        };
        add(&self.wildcards[..self.anywhere]);
        let key = first_letters_of(word);
        // From the shortest stem to the longest, which is their order.
        for letters in 2..=MOST_BEGINNING.min(word.len()) {
            if let Some((from, to)) = self.beginnings.get(key & ((1 << (8 * letters)) - 1)) {
                add(&self.wildcards[from as usize..to as usize]);
            }
        }
    }

    fn look_up_unknown(&self, word: &[u8], out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) {
        if self.look_up_drawn_out(word, out, scratch) {
            return;
        }
        if word.iter().any(u8::is_ascii_digit) {
            unleet(word, scratch);
            if self.extend_known(scratch, out) {
                return;
            }
        }
        if (6..=24).contains(&word.len()) {
            self.look_up_misspelt(word, out);
        }
    }

    /// "tooo", "kiiilll", "ddiiee": every way to take a letter that is drawn out as one or as two.
    fn look_up_drawn_out(&self, word: &[u8], out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) -> bool {
        let runs = || word.chunk_by(|a, b| a == b);
        let every_letter = word.len() >= 4 && runs().all(|run| run.len() >= 2);
        let long = |run: &[u8]| run.len() >= 3 || (every_letter && run.len() == 2);
        let drawn_out = runs().filter(|run| long(run)).count();
        if drawn_out == 0 {
            return false;
        }
        let before = out.len();
        for doubled in 0..1u32 << drawn_out.min(MOST_DRAWN_OUT) {
            scratch.clear();
            let mut left = doubled;
            for run in runs() {
                let kept = if long(run) { 1 + (left & 1) as usize } else { run.len() };
                left >>= u32::from(long(run));
                scratch.extend_from_slice(&run[..kept.min(run.len())]);
            }
            self.extend_known(scratch, out);
        }
        let mut at = before;
        while at < out.len() {
            if out[before..at].contains(&out[at]) {
                out.remove(at);
            } else {
                at += 1;
            }
        }
        out.len() > before
    }

    fn extend_known(&self, word: &[u8], out: &mut Vec<Symbol>) -> bool {
        let before = out.len();
        if !self.extend_exact(word, first_letters_of(word), out) {
            self.add_wildcards(word, out);
        }
        out.len() > before
    }

    /// One letter missing, added, wrong or exchanged with its neighbour; the first letter is taken as right.
    fn look_up_misspelt(&self, word: &[u8], out: &mut Vec<Symbol>) {
        let mut extend = |range: Option<Range>| {
            if let Some((from, to)) = range {
                out.extend_from_slice(&self.pool[from as usize..to as usize]);
            }
            range.is_some()
        };
        if extend(self.deletions.get(rolling_hash(word))) || word.len() < 7 {
            return;
        }
        // The hash of the word without a letter: the letters before it, moved on, and the letters behind it.
        let mut behind = [0u64; 25];
        let mut power = [1u64; 25];
        for at in (1..word.len()).rev() {
            let left = word.len() - 1 - at;
            power[left + 1] = power[left].wrapping_mul(BASE);
            behind[at] = behind[at + 1].wrapping_add((u64::from(word[at]) + 1).wrapping_mul(power[left]));
        }
        let mut before = hash_on(1, word[0]);
        for skip in 1..word.len() {
            let key = before.wrapping_mul(power[word.len() - 1 - skip]).wrapping_add(behind[skip + 1]);
            if extend(self.deletions.get(key).or_else(|| self.long_words.get(key))) {
                return;
            }
            before = hash_on(before, word[skip]);
        }
    }
}

fn unleet(word: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend(word.iter().map(|byte| match byte {
        b'0' => b'o',
        b'1' => b'i',
        b'3' => b'e',
        b'4' => b'a',
        b'5' => b's',
        b'7' => b't',
        other => *other,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_known_by_a_wildcard_is_found_each_time_it_stands_there() {
        let mut builder = Builder::new();
        let symbol = builder.intern("suizid*");
        let vocabulary = builder.finish();
        let (word, mut found) = (b"suizidpakt", Vec::new());
        for _ in 0..2 {
            vocabulary.look_up(word, first_letters_of(word), &mut found, &mut Vec::new());
        }
        assert_eq!(found, [symbol, symbol]);
    }
}

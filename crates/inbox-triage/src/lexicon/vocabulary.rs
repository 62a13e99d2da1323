//! Every word of the lexicon, and how a word of a message finds it: as it stands, through a wildcard, or, when it is
//! unknown, without its repetitions, l33t letters or one wrong letter.
//!
//! Words are looked up by hash, token by token. An automaton over all surface forms was tried on paper first: it would
//! read the text a second time and still need word boundaries, while wildcard stems (the Aho-Corasick automaton here)
//! are needed on unknown words only.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use aho_corasick::{AhoCorasick, MatchKind};

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

/// FxHash: fast on short keys; the map is built from trusted data, so hash flooding is no concern.
#[derive(Default)]
pub(crate) struct Fx(u64);

impl Hasher for Fx {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 =
                (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
        }
    }
}

type FxMap<V> = HashMap<Box<[u8]>, V, BuildHasherDefault<Fx>>;

/// Collects words while the lexicon compiles.
#[derive(Default)]
pub(crate) struct Builder {
    symbols: HashMap<String, Symbol>,
    names: Vec<String>,
    facts: Vec<u8>,
    fuzzy: Vec<Symbol>,
}

/// The finished vocabulary.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    words: FxMap<(u32, u32)>,
    pool: Vec<Symbol>,
    stems: Option<AhoCorasick>,
    wildcards: Vec<(bool, bool, Symbol)>,
    deletions: FxMap<(u32, u32)>,
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
        self.symbols.insert(word.to_owned(), symbol);
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
        let mut stems = Vec::new();
        let mut wildcards = Vec::new();
        for (symbol, name) in self.names.iter().enumerate().filter(|(_, name)| name.contains('*')) {
            stems.push(name.trim_matches('*').to_owned());
            wildcards.push((name.starts_with('*'), name.ends_with('*'), symbol as Symbol));
        }
        let stems = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&stems).ok();
        let mut vocabulary = Vocabulary {
            words: FxMap::default(),
            pool: Vec::new(),
            stems,
            wildcards,
            deletions: FxMap::default(),
            facts: self.facts,
            surface_forms: self.names.iter().map(|name| name.trim_matches('*').to_owned()).collect(),
        };
        for (symbol, name) in self.names.iter().enumerate().filter(|(_, name)| !name.contains('*')) {
            let from = vocabulary.pool.len() as u32;
            let mut symbols = vec![symbol as Symbol];
            vocabulary.add_wildcards(name.as_bytes(), &mut symbols);
            vocabulary.pool.append(&mut symbols);
            vocabulary.words.insert(name.as_bytes().into(), (from, vocabulary.pool.len() as u32));
        }
        let mut variant = Vec::new();
        for symbol in self.fuzzy {
            let name = self.names[symbol as usize].as_bytes();
            let Some(range) = vocabulary.words.get(name).copied() else { continue };
            for skip in 1..name.len() {
                without(name, skip, &mut variant);
                vocabulary.deletions.entry(variant.as_slice().into()).or_insert(range);
            }
        }
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

    /// Appends the symbols of a folded word. `scratch` saves allocations between calls.
    pub(crate) fn look_up(&self, word: &[u8], out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) {
        if let Some((from, to)) = self.words.get(word) {
            out.extend_from_slice(&self.pool[*from as usize..*to as usize]);
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

    fn add_wildcards(&self, word: &[u8], out: &mut Vec<Symbol>) {
        let Some(stems) = &self.stems else { return };
        if word.len() < 3 && !word[0].is_ascii_digit() {
            return;
        }
        for found in stems.find_overlapping_iter(word) {
            let (left, right, symbol) = self.wildcards[found.pattern().as_usize()];
            let fits = (left || found.start() == 0) && (right || found.end() == word.len());
            if fits && !out.contains(&symbol) {
                out.push(symbol);
            }
        }
    }

    fn look_up_unknown(&self, word: &[u8], out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) {
        if word.windows(3).any(|w| w[0] == w[1] && w[1] == w[2]) {
            for keep in [2, 1] {
                collapse(word, keep, scratch);
                if self.extend_known(scratch, out) {
                    return;
                }
            }
        }
        if word.iter().any(u8::is_ascii_digit) {
            unleet(word, scratch);
            if self.extend_known(scratch, out) {
                return;
            }
        }
        if (6..=24).contains(&word.len()) {
            self.look_up_misspelt(word, out, scratch);
        }
    }

    fn extend_known(&self, word: &[u8], out: &mut Vec<Symbol>) -> bool {
        let before = out.len();
        match self.words.get(word) {
            Some((from, to)) => out.extend_from_slice(&self.pool[*from as usize..*to as usize]),
            None => self.add_wildcards(word, out),
        }
        out.len() > before
    }

    /// One letter missing, added, wrong or exchanged with its neighbour; the first letter is taken as right.
    fn look_up_misspelt(&self, word: &[u8], out: &mut Vec<Symbol>, scratch: &mut Vec<u8>) {
        if let Some((from, to)) = self.deletions.get(word) {
            out.extend_from_slice(&self.pool[*from as usize..*to as usize]);
            return;
        }
        if word.len() < 7 {
            return;
        }
        for skip in 1..word.len() {
            without(word, skip, scratch);
            let range = self
                .deletions
                .get(scratch.as_slice())
                .or_else(|| self.words.get(scratch.as_slice()).filter(|_| scratch.len() >= 7));
            if let Some((from, to)) = range {
                out.extend_from_slice(&self.pool[*from as usize..*to as usize]);
                return;
            }
        }
    }
}

fn collapse(word: &[u8], keep: usize, out: &mut Vec<u8>) {
    out.clear();
    let mut run = 0;
    for (at, byte) in word.iter().enumerate() {
        run = if at > 0 && word[at - 1] == *byte { run + 1 } else { 1 };
        if run <= keep {
            out.push(*byte);
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

//! A text made ready for matching: folded words, the symbols that the vocabulary knows them by, sentences.

use crate::lexicon::compile::{BOTH, Lexicon, symbol_bit};
use crate::lexicon::vocabulary::{Symbol, fact};
use crate::normalise::{Break, PADDING, Tokens, first_letters, first_letters_of, tokenise};

/// Words after which a sentence without an end is cut.
const LONGEST_SENTENCE: usize = 160;
/// Tokens for which buffers are kept.
const MOST_KEPT: usize = 4_096;

/// Words from one end of a sentence to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sentence {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Languages whose patterns run here.
    pub(crate) languages: u8,
}

/// A text made ready for matching.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) tokens: Tokens,
    pub(crate) symbols: Vec<Symbol>,
    /// For each token the bits of its symbols; see [`symbol_bit`].
    pub(crate) masks: Vec<u64>,
    pub(crate) sentences: Vec<Sentence>,
    /// Function words: English, German, other.
    pub(crate) function_words: [usize; 3],
    /// Cue words of the four functions.
    pub(crate) function_cues: [u32; 4],
    /// A word under repair.
    letters: Vec<u8>,
}

impl Text {
    /// A text of its own; see [`Text::read`].
    pub(crate) fn new(lexicon: &Lexicon, text: &str, hint: u8) -> Self {
        let mut new = Self::default();
        new.read(lexicon, text, hint);
        new
    }

    /// Folds, looks up and splits a text in the place of the one before. `hint` is the language that the message claims, as
    /// a bit.
    pub(crate) fn read(&mut self, lexicon: &Lexicon, text: &str, hint: u8) {
        tokenise(text, &mut self.tokens);
        if self.tokens.any_wrapped {
            self.join_wrapped(lexicon);
        }
        let Tokens { folded, list, .. } = &mut self.tokens;
        let (symbols, letters) = (&mut self.symbols, &mut self.letters);
        symbols.clear();
        self.masks.clear();
        let mut facts_counted = FactCounts::default();
        for token in list {
            let from = symbols.len();
            let word = &folded[token.folded.0 as usize..token.folded.1 as usize];
            token.key = first_letters(folded, token.folded);
            lexicon.vocabulary.look_up(word, token.key, symbols, letters);
            if token.possessive && symbols.len() == from {
                let owner = &word[..word.len() - 1];
                lexicon.vocabulary.look_up(owner, first_letters_of(owner), symbols, letters);
            }
            token.symbols = (from as u32, symbols.len() as u32);
            let (mut facts, mut mask) = (0, 0);
            for symbol in &symbols[from..] {
                facts |= lexicon.vocabulary.facts(*symbol);
                mask |= symbol_bit(*symbol);
            }
            self.masks.push(mask);
            token.languages = facts & (BOTH | fact::OTHER);
            facts_counted.add(facts);
        }
        let [english, german, other, _, cues @ ..] = facts_counted.finish();
        self.function_words = [english, german, other].map(|count| count as usize);
        self.function_cues = cues;
        self.split(hint);
    }

    /// A word parted by a hyphen at a line's end is one word if the vocabulary knows it as one.
    fn join_wrapped(&mut self, lexicon: &Lexicon) {
        let Tokens { folded, list, .. } = &mut self.tokens;
        folded.truncate(folded.len() - PADDING);
        for token in std::mem::take(list) {
            let Some(last) = list.last_mut().filter(|_| token.wrapped) else {
                list.push(token);
                continue;
            };
            let part = |(from, to): (u32, u32)| &folded[from as usize..to as usize];
            let word = [part(last.folded), part(token.folded)].concat();
            self.symbols.clear();
            lexicon.vocabulary.look_up(&word, first_letters_of(&word), &mut self.symbols, &mut self.letters);
            if self.symbols.is_empty() {
                list.push(token);
                continue;
            }
            let from = folded.len() as u32;
            folded.extend_from_slice(&word);
            (last.folded, last.end) = ((from, folded.len() as u32), token.end);
        }
        folded.extend_from_slice(&[0; PADDING]);
    }

    /// Makes the letters of the text unreadable; the buffers stay for the next one unless they have grown large.
    pub(crate) fn forget(&mut self) {
        if self.tokens.list.capacity() > MOST_KEPT || self.symbols.capacity() > 8 * MOST_KEPT {
            *self = Self::default();
        }
        self.tokens.folded.fill(0);
        self.tokens.list.iter_mut().for_each(|token| token.key = 0);
        self.symbols.fill(0);
        self.letters.fill(0);
    }

    fn split(&mut self, hint: u8) {
        let [english, german, _] = self.function_words;
        let message = decide(english, german, hint, BOTH);
        let list = &self.tokens.list;
        self.sentences.clear();
        let (mut from, mut english, mut german) = (0, 0, 0);
        for at in 1..=list.len() {
            let languages = list[at - 1].languages;
            english += usize::from(languages & fact::ENGLISH != 0);
            german += usize::from(languages & fact::GERMAN != 0);
            if at == list.len() || list[at].before == Break::Sentence || at - from >= LONGEST_SENTENCE {
                let languages = decide(english, german, message, message);
                self.sentences.push(Sentence { from: from as u32, to: at as u32, languages });
                (from, english, german) = (at, 0, 0);
            }
        }
    }

    pub(crate) fn symbols_of(&self, sentence: &Sentence) -> &[Symbol] {
        let from = self.tokens.list[sentence.from as usize].symbols.0;
        let to = self.tokens.list[sentence.to as usize - 1].symbols.1;
        &self.symbols[from as usize..to as usize]
    }

    pub(crate) fn symbols_at(&self, token: u32) -> &[Symbol] {
        let (from, to) = self.tokens.list[token as usize].symbols;
        &self.symbols[from as usize..to as usize]
    }
}

/// How many tokens have each of the eight facts.
#[derive(Default)]
struct FactCounts {
    all: [u32; 8],
    /// Eight counts in one number, until one of them could overflow.
    lanes: u64,
    tokens: u8,
}

impl FactCounts {
    /// A byte for each bit.
    const SPREAD: [u64; 256] = {
        let mut table = [0; 256];
        let mut facts = 0;
        while facts < 256 {
            let mut bit = 0;
            while bit < 8 {
                table[facts] |= ((facts as u64 >> bit) & 1) << (8 * bit);
                bit += 1;
            }
            facts += 1;
        }
        table
    };

    fn add(&mut self, facts: u8) {
        self.lanes += Self::SPREAD[usize::from(facts)];
        self.tokens += 1;
        if self.tokens == u8::MAX {
            self.empty_lanes();
        }
    }

    fn empty_lanes(&mut self) {
        for (count, lane) in self.all.iter_mut().zip(self.lanes.to_le_bytes()) {
            *count += u32::from(lane);
        }
        (self.lanes, self.tokens) = (0, 0);
    }

    fn finish(mut self) -> [u32; 8] {
        self.empty_lanes();
        self.all
    }
}

/// Languages by counts of function words: the clear winner, both when both speak, `fallback` when none does.
fn decide(english: usize, german: usize, prior: u8, fallback: u8) -> u8 {
    let english_prior = usize::from(prior == fact::ENGLISH);
    let german_prior = usize::from(prior == fact::GERMAN);
    let (english, german) = (english + english_prior, german + german_prior);
    match (english, german) {
        (0, 0) => fallback,
        (e, g) if e >= 3 * g.max(1) || (g == 0 && e > 0) => fact::ENGLISH,
        (e, g) if g >= 3 * e.max(1) || (e == 0 && g > 0) => fact::GERMAN,
        _ => BOTH,
    }
}

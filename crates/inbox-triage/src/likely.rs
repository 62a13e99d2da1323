//! Which patterns are worth trying where: those of the sentence's language whose anchor and further necessary words stand
//! in the sentence, and, of frames, those whose elements can all be there.

use std::ops::Range;

use crate::lexicon::needs::Met;
use crate::lexicon::program::{Candidate, Index, Lexicon, Pass};
use crate::matcher::{Sentence, Text};

/// Candidates that are kept from the first look; a message with more is looked at sentence by sentence again.
const MOST_KEPT: usize = 50_000;

/// Candidates of a message and the tokens of their anchors.
pub(crate) struct Likely<'a> {
    lexicon: &'a Lexicon,
    index: &'a Index,
    text: &'a Text,
    met: Met,
    found: Vec<(&'a Candidate, u32)>,
    /// Where the candidates of each sentence end in `found`, as far as they were kept.
    ends: Vec<u32>,
    /// Of each rule the elements whose words stand in the message.
    elements: Vec<u32>,
}

impl<'a> Likely<'a> {
    pub(crate) fn new(lexicon: &'a Lexicon, text: &'a Text, pass: Pass) -> Self {
        let mut likely = Self {
            lexicon,
            index: lexicon.index(pass),
            text,
            met: Met::default(),
            found: Vec::new(),
            ends: Vec::new(),
            elements: vec![0; lexicon.rules.len()],
        };
        let mut keeps = true;
        for sentence in &text.sentences {
            let from = likely.found.len();
            likely.add(sentence);
            for (candidate, _) in &likely.found[from..] {
                likely.elements[candidate.rule as usize] |= 1 << (candidate.element & 31);
            }
            keeps = keeps && likely.found.len() <= MOST_KEPT;
            if keeps {
                likely.ends.push(likely.found.len() as u32);
            } else {
                likely.found.truncate(from);
            }
        }
        likely
    }

    fn add(&mut self, sentence: &Sentence) {
        let symbols = self.text.symbols_of(sentence);
        if symbols.is_empty() {
            return;
        }
        self.met.set(&self.lexicon.needs, symbols.iter());
        for token in sentence.from..sentence.to {
            for symbol in self.text.symbols_at(token) {
                let candidates = self.index.get(*symbol).iter();
                let likely = candidates
                    .filter(|one| one.languages & sentence.languages != 0 && self.met.all(one.needs));
                self.found.extend(likely.map(|candidate| (candidate, token)));
            }
        }
    }

    /// Where in the list the candidates of a sentence are; the sentences are asked for in order.
    pub(crate) fn range(&mut self, number: u32, sentence: &Sentence) -> Range<usize> {
        let number = number as usize;
        if let Some(end) = self.ends.get(number) {
            let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
            return from as usize..*end as usize;
        }
        self.found.clear();
        self.ends.clear();
        self.add(sentence);
        0..self.found.len()
    }

    /// A candidate and the token of its anchor, unless its frame cannot be complete: most messages hold an element or two
    /// of many frames.
    pub(crate) fn get(&self, at: usize) -> Option<(&'a Candidate, u32)> {
        let (candidate, token) = self.found[at];
        let elements = self.elements[candidate.rule as usize];
        (candidate.need <= 1 || elements.count_ones() >= u32::from(candidate.need))
            .then_some((candidate, token))
    }
}

//! Which patterns are worth trying where: those of the sentence's language whose anchor and further necessary words stand
//! in the sentence, and, of frames, those whose elements can all be there.

use std::ops::Range;

use crate::lexicon::needs::Met;
use crate::lexicon::program::{Candidate, Index, Lexicon, Pass};
use crate::text::Text;

/// Candidates that are kept from the first look; a message with more is looked at sentence by sentence again.
const MOST_KEPT: usize = 50_000;

/// Candidates of a message and the tokens of their anchors.
#[derive(Debug, Default)]
pub(crate) struct Likely {
    met: Met,
    /// Number of a candidate in its index, and the token of its anchor.
    found: Vec<(u32, u32)>,
    /// Where the candidates of each sentence end in `found`, as far as they were kept.
    ends: Vec<u32>,
    /// Of each rule the elements whose words stand in the message.
    elements: Vec<u32>,
}

impl Likely {
    /// Looks through a message.
    pub(crate) fn look(&mut self, lexicon: &Lexicon, text: &Text, pass: Pass) {
        let index = lexicon.index(pass);
        self.found.clear();
        self.ends.clear();
        self.elements.clear();
        self.elements.resize(lexicon.rules.len(), 0);
        let mut keeps = true;
        for number in 0..text.sentences.len() {
            let from = self.found.len();
            self.add(text, index, number);
            for (candidate, _) in &self.found[from..] {
                let candidate = index.at(*candidate);
                self.elements[usize::from(candidate.rule)] |= 1 << (candidate.element & 31);
            }
            keeps = keeps && self.found.len() <= MOST_KEPT;
            if keeps {
                self.ends.push(self.found.len() as u32);
            } else {
                self.found.truncate(from);
            }
        }
    }

    fn add(&mut self, text: &Text, index: &Index, number: usize) {
        let sentence = &text.sentences[number];
        self.met.set(&index.needs, text.symbols_of(sentence));
        for token in sentence.from..sentence.to {
            for symbol in text.symbols_at(token) {
                let (first, candidates) = index.get(*symbol);
                for (number, candidate) in (first..).zip(candidates) {
                    if candidate.languages & sentence.languages != 0 && self.met.all(candidate.needs) {
                        self.found.push((number, token));
                    }
                }
            }
        }
    }

    /// Whether a long message made the buffers large.
    pub(crate) fn is_large(&self) -> bool {
        self.found.capacity().max(self.ends.capacity()) > MOST_KEPT / 10
    }

    /// Where in the list the candidates of a sentence are; the sentences are asked for in order.
    pub(crate) fn range(&mut self, lexicon: &Lexicon, text: &Text, pass: Pass, number: u32) -> Range<usize> {
        let number = number as usize;
        if let Some(end) = self.ends.get(number) {
            let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
            return from as usize..*end as usize;
        }
        self.found.clear();
        self.ends.clear();
        self.add(text, lexicon.index(pass), number);
        0..self.found.len()
    }

    /// A candidate and the token of its anchor, unless its frame cannot be complete: most messages hold an element or two
    /// of many frames.
    pub(crate) fn get<'a>(&self, index: &'a Index, at: usize) -> Option<(&'a Candidate, u32)> {
        let (candidate, token) = self.found[at];
        let candidate = index.at(candidate);
        let elements = self.elements[usize::from(candidate.rule)];
        (candidate.need <= 1 || elements.count_ones() >= u32::from(candidate.need))
            .then_some((candidate, token))
    }
}

//! Words that a pattern needs beside its anchor. Most anchors of a message belong to patterns whose other words are not
//! there; a bit for each set of such words, put together once a sentence, tells so without looking at the pattern.

use serde::{Deserialize, Serialize};

use super::table::FxMap;
use super::vocabulary::Symbol;

/// Numbers of sets of words, one word of each of which every match contains.
pub(crate) type Needs = [u16; 2];

/// The number of a need that every sentence meets.
pub(crate) const ALWAYS: u16 = 0;

/// Collects sets while the lexicon compiles.
#[derive(Debug, Default)]
pub(super) struct NeedSets {
    numbers: FxMap<Vec<Symbol>, u16>,
    /// Number and symbol.
    members: Vec<(Symbol, u16)>,
}

impl NeedSets {
    /// The number of a set of words; `None` when there are too many sets.
    pub(super) fn number(&mut self, mut symbols: Vec<Symbol>) -> Option<u16> {
        symbols.sort_unstable();
        symbols.dedup();
        if let Some(number) = self.numbers.get(&symbols) {
            return Some(*number);
        }
        let number = u16::try_from(self.numbers.len() + 1).ok()?;
        self.members.extend(symbols.iter().map(|symbol| (*symbol, number)));
        self.numbers.insert(symbols, number);
        Some(number)
    }

    /// Gives the sets that are asked for numbers of their own, and lists them for each of so many symbols.
    pub(super) fn number_anew<'a>(
        &mut self,
        symbols: usize,
        asked: impl Iterator<Item = &'a mut Needs>,
    ) -> NeedIndex {
        let mut renumbered = vec![ALWAYS; self.numbers.len() + 1];
        let mut count = ALWAYS;
        for number in asked.flatten().filter(|number| **number != ALWAYS) {
            let new = &mut renumbered[usize::from(*number)];
            if *new == ALWAYS {
                count += 1;
                *new = count;
            }
            *number = *new;
        }
        self.members.sort_unstable();
        let mut index = NeedIndex { count: usize::from(count) + 1, ..NeedIndex::default() };
        let mut members = self.members.iter().peekable();
        for symbol in 0..symbols as Symbol {
            index.starts.push(index.numbers.len() as u32);
            while let Some((_, number)) = members.next_if(|(of, _)| *of == symbol) {
                let number = renumbered[usize::from(*number)];
                index.numbers.extend((number != ALWAYS).then_some(number));
            }
        }
        index.starts.push(index.numbers.len() as u32);
        index
    }
}

/// For each symbol the sets that hold it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct NeedIndex {
    starts: Vec<u32>,
    numbers: Vec<u16>,
    /// Numbers of sets, with the one that is always met.
    count: usize,
}

impl NeedIndex {
    fn of(&self, symbol: Symbol) -> &[u16] {
        let (from, to) = (self.starts[symbol as usize], self.starts[symbol as usize + 1]);
        &self.numbers[from as usize..to as usize]
    }
}

/// The needs that a sentence meets.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// For each set the last sentence that met it, counted from 1 and again from 1 after 255.
    sentences: Vec<u8>,
    now: u8,
}

impl Met {
    /// Starts anew with the words of a sentence.
    pub(crate) fn set(&mut self, index: &NeedIndex, symbols: &[Symbol]) {
        if self.sentences.len() != index.count || self.now == u8::MAX {
            self.sentences.clear();
            self.sentences.resize(index.count, 0);
            self.now = 0;
        }
        self.now += 1;
        self.sentences[usize::from(ALWAYS)] = self.now;
        for number in symbols.iter().flat_map(|symbol| index.of(*symbol)) {
            self.sentences[usize::from(*number)] = self.now;
        }
    }

    /// Whether the sentence holds a word of each set.
    pub(crate) fn all(&self, needs: Needs) -> bool {
        needs.iter().all(|number| self.sentences[usize::from(*number)] == self.now)
    }
}

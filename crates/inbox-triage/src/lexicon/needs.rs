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

    /// The sets of each of so many symbols.
    pub(super) fn finish(mut self, symbols: usize) -> NeedIndex {
        self.members.sort_unstable();
        let mut index = NeedIndex { words: (self.numbers.len() + 1).div_ceil(64), ..NeedIndex::default() };
        let mut members = self.members.iter().peekable();
        for symbol in 0..symbols as Symbol {
            index.starts.push(index.numbers.len() as u32);
            while let Some((_, number)) = members.next_if(|(of, _)| *of == symbol) {
                index.numbers.push(*number);
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
    /// Words of 64 bits for one bit a set.
    words: usize,
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
    bits: Vec<u64>,
}

impl Met {
    /// Starts anew with the words of a sentence.
    pub(crate) fn set<'a>(&mut self, index: &NeedIndex, symbols: impl Iterator<Item = &'a Symbol>) {
        self.bits.clear();
        self.bits.resize(index.words, 0);
        self.bits[0] = 1 << ALWAYS;
        for number in symbols.flat_map(|symbol| index.of(*symbol)) {
            self.bits[usize::from(number >> 6)] |= 1 << (number & 63);
        }
    }

    /// Whether the sentence holds a word of each set.
    pub(crate) fn all(&self, needs: Needs) -> bool {
        needs.iter().all(|number| self.bits[usize::from(number >> 6)] & 1 << (number & 63) != 0)
    }
}

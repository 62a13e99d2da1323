//! A read-only table from 64-bit keys to small values: open addressing in one flat array behind a bit filter, because
//! most look-ups of a message find nothing and should touch one cache line.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

/// FxHash: fast on short keys; only for what the lexicon's own files hold, so hash flooding is no concern.
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

/// A map while the lexicon compiles.
pub(crate) type FxMap<K, V> = HashMap<K, V, BuildHasherDefault<Fx>>;

/// A key that no word has.
const EMPTY: u64 = 0;

/// A table of keys that are hashes already.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Table<V> {
    slots: Vec<(u64, V)>,
    filter: Vec<u64>,
}

fn spread(key: u64) -> u64 {
    (key ^ key >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<V: Copy + Default> Table<V> {
    /// A table of these entries; of two with the same key the first stays.
    pub(crate) fn new(entries: impl ExactSizeIterator<Item = (u64, V)>) -> Self {
        let size = (entries.len() * 2).next_power_of_two().max(8);
        let mut table = Self { slots: vec![(EMPTY, V::default()); size], filter: vec![0; size / 8] };
        for (key, value) in entries {
            let (word, bit) = table.filter_place(key);
            table.filter[word] |= bit;
            let mut at = table.place(key);
            while table.slots[at].0 != EMPTY && table.slots[at].0 != key {
                at = (at + 1) & (size - 1);
            }
            if table.slots[at].0 == EMPTY {
                table.slots[at] = (key, value);
            }
        }
        table
    }

    fn place(&self, key: u64) -> usize {
        (spread(key) >> 20) as usize & (self.slots.len() - 1)
    }

    /// Eight bits for each slot, so that one bit in sixteen or more is set.
    fn filter_place(&self, key: u64) -> (usize, u64) {
        let hash = spread(key) >> 7;
        ((hash >> 6) as usize & (self.filter.len() - 1), 1 << (hash & 63))
    }

    /// Whether a key may be in the table; `false` is certain.
    pub(crate) fn may_hold(&self, key: u64) -> bool {
        if self.filter.is_empty() {
            return false;
        }
        let (word, bit) = self.filter_place(key);
        self.filter[word] & bit != 0
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: u64) -> Option<V> {
        if key == EMPTY || !self.may_hold(key) {
            return None;
        }
        let mut at = self.place(key);
        loop {
            let (found, value) = self.slots[at];
            if found == key {
                return Some(value);
            }
            if found == EMPTY {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

/// A small read-only map from symbols, for the sets of words in patterns: one multiplication and mostly one probe.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SymbolMap<V> {
    /// Symbol plus one; 0 is empty.
    slots: Box<[(u32, V)]>,
    shift: u32,
}

impl<V: Copy + Default> SymbolMap<V> {
    /// A map of these entries.
    pub(crate) fn new(entries: Vec<(u32, V)>) -> Self {
        let bits = (entries.len() * 2).next_power_of_two().trailing_zeros().max(1);
        let mut map = Self { slots: vec![(0, V::default()); 1 << bits].into(), shift: 32 - bits };
        for (symbol, value) in entries {
            let mut at = map.place(symbol);
            while map.slots[at].0 != 0 {
                at = (at + 1) & (map.slots.len() - 1);
            }
            map.slots[at] = (symbol + 1, value);
        }
        map
    }

    fn place(&self, symbol: u32) -> usize {
        (symbol.wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }

    /// The value of a symbol.
    pub(crate) fn get(&self, symbol: u32) -> Option<V> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.place(symbol);
        loop {
            let (found, value) = self.slots[at];
            if found == symbol + 1 {
                return Some(value);
            }
            if found == 0 {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_found_in_maps_of_any_size() {
        for size in [0u32, 1, 2, 3, 9, 100, 1_000] {
            let map = SymbolMap::new((0..size).map(|n| (n * 3, n)).collect());
            assert!((0..size).all(|n| map.get(n * 3) == Some(n) && map.get(n * 3 + 1).is_none()));
            assert_eq!(map.get(size * 3), None);
        }
        assert_eq!(SymbolMap::<()>::default().get(3), None);
    }

    #[test]
    fn what_is_put_in_is_found_and_nothing_else() {
        let keys: Vec<u64> = (1..5_000u64).map(|n| n.wrapping_mul(0x1234_5678_9abc_def1)).collect();
        let table = Table::new(keys.iter().map(|key| (*key, *key as u32)));
        assert!(keys.iter().all(|key| table.get(*key) == Some(*key as u32)));
        assert!((1..5_000u64).all(|n| table.get(n.wrapping_mul(0x1234_5678_9abc_def1) ^ 1 << 40).is_none()));
        assert_eq!(table.get(0), None);
        assert_eq!(Table::<u32>::default().get(7), None);
        let twice = Table::new([(9, 1u32), (9, 2)].into_iter());
        assert_eq!(twice.get(9), Some(1));
    }
}

//! Runs the lexicon's patterns over a text, sentence by sentence.
//!
//! Work is bounded three ways: only patterns whose necessary words occur in the sentence run, sentences are cut
//! (`text.rs`), and the whole message has a budget of steps; a message that uses it up says so.

use crate::lexicon::compile::{Called, Candidate, Lexicon, Pass, SetRef, Step};
use crate::lexicon::table::FxMap;
use crate::likely::Likely;
use crate::text::{Sentence, Text};

/// Steps for one pass over one message; an ordinary message of 300 characters takes some hundreds.
const BUDGET: u32 = 30_000_000;
/// Matches of one pattern in one sentence that are kept.
const MATCHES_PER_SENTENCE: usize = 3;
/// Ends of the ways through one concept from one place; each is another word at most.
const MOST_WAYS: usize = 16;
/// Matches kept in all.
const MOST_HITS: usize = 4_000;

/// A pattern found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) pattern: u32,
    pub(crate) sentence: u32,
    /// First token.
    pub(crate) from: u32,
    /// One past the last token.
    pub(crate) to: u32,
    /// Bit n: token `from + n` was skipped by a gap.
    pub(crate) gaps: u64,
}

/// Buffers of a pass, kept between messages, and what it found.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    pub(crate) hits: Vec<Hit>,
    likely: Likely,
    stack: Vec<(u32, u32, u64)>,
    /// For a concept and a place the range of its `ways`.
    known: FxMap<u64, (u32, u32)>,
    /// Ends of ways through concepts, and the words that their gaps skipped.
    ways: Vec<(u32, u64)>,
}

impl Matching {
    /// Gives back the buffers if a long message made them large.
    pub(crate) fn forget(&mut self) {
        if self.hits.capacity().max(self.known.capacity()).max(self.ways.capacity()) > MOST_HITS
            || self.likely.is_large()
        {
            *self = Self::default();
        }
    }
}

/// Finds the patterns of a pass: `matching.hits`; says whether the budget was used up.
pub(crate) fn find(lexicon: &Lexicon, text: &Text, pass: Pass, matching: &mut Matching) -> bool {
    matching.hits.clear();
    matching.known.clear();
    matching.ways.clear();
    let mut likely = std::mem::take(&mut matching.likely);
    likely.look(lexicon, text, pass);
    let mut run = Run { lexicon, text, steps_left: BUDGET, matching };
    // With half of the budget from the beginning, with the rest from the end: what weighs most often comes last.
    let (mut next, mut end) = (0, text.sentences.len() as u32);
    while next < end && run.steps_left > 0 && run.matching.hits.len() < MOST_HITS {
        let forward = run.steps_left > BUDGET / 2 && run.matching.hits.len() < MOST_HITS / 2;
        let number = if forward { next } else { end - 1 };
        let first_hit = run.matching.hits.len();
        let range = likely.range(lexicon, text, pass, number);
        for (candidate, token) in range.filter_map(|at| likely.get(lexicon.index(pass), at)) {
            run.around(candidate, token, number);
        }
        run.keep_first(first_hit);
        if forward { next += 1 } else { end -= 1 }
    }
    let exhausted = next < end || run.steps_left == 0;
    matching.likely = likely;
    exhausted
}

struct Run<'a> {
    lexicon: &'a Lexicon,
    text: &'a Text,
    steps_left: u32,
    matching: &'a mut Matching,
}

impl Run<'_> {
    /// Tries a pattern at each place that would put its anchor on `token`.
    fn around(&mut self, candidate: &Candidate, token: u32, sentence_number: u32) {
        let sentence = self.text.sentences[sentence_number as usize];
        let room = token - sentence.from;
        if room < u32::from(candidate.least) {
            return;
        }
        let pattern = self.lexicon.patterns[candidate.pattern as usize];
        let from = token - room.min(u32::from(candidate.most));
        for start in from..=token - u32::from(candidate.least) {
            if self.steps_left == 0 {
                return;
            }
            self.steps_left -= 1;
            // An anchor with nothing before it is the first word.
            if (candidate.most == 0 || self.in_set(pattern.first, start))
                && let Some((to, gaps)) = self.at(pattern.start, start, sentence)
            {
                let hit =
                    Hit { pattern: candidate.pattern, sentence: sentence_number, from: start, to, gaps };
                self.matching.hits.push(hit);
            }
        }
    }

    /// Of the hits of one sentence keeps, for each pattern, the first that do not overlap.
    fn keep_first(&mut self, first_hit: usize) {
        if self.matching.hits.len() < first_hit + 2 {
            return;
        }
        self.matching.hits[first_hit..].sort_unstable_by_key(|hit| (hit.pattern, hit.from));
        let mut kept = first_hit;
        let (mut of_pattern, mut end) = (0, 0);
        for at in first_hit..self.matching.hits.len() {
            let hit = self.matching.hits[at];
            let same = kept > first_hit && self.matching.hits[kept - 1].pattern == hit.pattern;
            if same && (hit.from < end || of_pattern >= MATCHES_PER_SENTENCE) {
                continue;
            }
            of_pattern = if same { of_pattern + 1 } else { 1 };
            end = hit.to.max(hit.from + 1);
            self.matching.hits[kept] = hit;
            kept += 1;
        }
        self.matching.hits.truncate(kept);
    }

    fn in_set(&self, set: SetRef, token: u32) -> bool {
        self.text.masks[token as usize] & set.mask != 0
            && self.text.symbols_at(token).iter().any(|symbol| self.lexicon.set_holds(set.set, *symbol))
    }

    /// The first way through a program: where it ends, and which words its gaps skipped.
    fn at(&mut self, start: u32, from: u32, sentence: Sentence) -> Option<(u32, u64)> {
        let mut first = None;
        self.walk(start, from, sentence, |_, way| {
            first = Some(way);
            true
        });
        first
    }

    /// Depth first, shortest gaps first; `found` is told each end and says whether that is enough. Walks inside a walk share
    /// the stack, each above the other's part.
    fn walk(
        &mut self,
        start: u32,
        from: u32,
        sentence: Sentence,
        mut found: impl FnMut(&mut Self, (u32, u64)) -> bool,
    ) {
        let floor = self.matching.stack.len();
        self.matching.stack.push((start, from, 0));
        while self.matching.stack.len() > floor {
            let Some((step, at, gaps)) = self.matching.stack.pop() else { return };
            if self.steps_left == 0 {
                return self.matching.stack.truncate(floor);
            }
            self.steps_left -= 1;
            match self.lexicon.steps[step as usize] {
                Step::Found => {
                    if found(self, (at, gaps)) {
                        return self.matching.stack.truncate(floor);
                    }
                }
                Step::Set(set) if at < sentence.to && self.in_set(set, at) => {
                    self.matching.stack.push((step + 1, at + 1, gaps))
                }
                Step::Set(_) => {}
                Step::Jump(to) => self.matching.stack.push((to, at, gaps)),
                Step::Split(first, second) => {
                    self.matching.stack.push((second, at, gaps));
                    self.matching.stack.push((first, at, gaps));
                }
                Step::Choice(number) => self.push_branches(number, at, gaps, sentence),
                Step::Call(number) => self.push_ways((number, step + 1), (at, from, gaps), sentence),
                Step::NotNext(set) if at < sentence.to && self.in_set(set, at) => {}
                Step::NotAhead(after) => {
                    if self.at(step + 1, at, sentence).is_none() {
                        self.matching.stack.push((after, at, gaps));
                    }
                }
                Step::NotBefore(set) if at > sentence.from && self.in_set(set, at - 1) => {}
                Step::NotNext(_) | Step::NotBefore(_) => self.matching.stack.push((step + 1, at, gaps)),
                Step::Start if at != sentence.from => {}
                Step::End if at != sentence.to => {}
                Step::Start | Step::End => self.matching.stack.push((step + 1, at, gaps)),
                Step::Gap(most) => self.push_gap(step + 1, (at, from, gaps), most, sentence),
            }
        }
    }

    /// Goes on at `next` wherever a way through a concept ends.
    fn push_ways(
        &mut self,
        (number, next): (u32, u32),
        (at, from, gaps): (u32, u32, u64),
        sentence: Sentence,
    ) {
        let Called { start, first } = self.lexicon.called[number as usize];
        if first.is_some_and(|first| at >= sentence.to || !self.in_set(first, at)) {
            return;
        }
        let key = u64::from(number) << 32 | u64::from(at);
        let (first_way, end) = match self.matching.known.get(&key) {
            Some(range) => *range,
            None => {
                let mut ways: Vec<(u32, u64)> = Vec::new();
                self.walk(start, at, sentence, |_, way| {
                    if ways.iter().all(|(end, _)| *end != way.0) {
                        ways.push(way);
                    }
                    ways.len() >= MOST_WAYS
                });
                let range = (self.matching.ways.len() as u32, (self.matching.ways.len() + ways.len()) as u32);
                self.matching.ways.extend(ways);
                self.matching.known.insert(key, range);
                range
            }
        };
        let shift = (at - from).min(63);
        for way in (first_way..end).rev() {
            let (end, skipped) = self.matching.ways[way as usize];
            self.matching.stack.push((next, end, gaps | skipped << shift));
        }
    }

    fn push_branches(&mut self, number: u32, at: u32, gaps: u64, sentence: Sentence) {
        let choice = self.lexicon.choice(number);
        self.matching.stack.extend(choice.open().iter().rev().map(|step| (*step, at, gaps)));
        if at < sentence.to && choice.may_start(self.text.masks[at as usize]) {
            for symbol in self.text.symbols_at(at).iter().rev() {
                self.matching
                    .stack
                    .extend(choice.starting_with(*symbol).iter().rev().map(|step| (*step, at, gaps)));
            }
        }
    }

    fn push_gap(&mut self, step: u32, (at, from, gaps): (u32, u32, u64), most: u8, sentence: Sentence) {
        let room = (sentence.to - at).min(u32::from(most)).min(63u32.saturating_sub(at - from));
        for skipped in (0..=room).rev() {
            let bits = ((1u64 << skipped) - 1) << (at - from).min(63);
            self.matching.stack.push((step, at + skipped, gaps | bits));
        }
    }
}

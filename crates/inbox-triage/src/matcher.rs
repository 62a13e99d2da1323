//! Runs the lexicon's patterns over a text, sentence by sentence.
//!
//! Work is bounded three ways: only patterns whose anchor occurs in the sentence run, sentences are cut at
//! [`LONGEST_SENTENCE`] words, and the whole message has a budget of steps; a message that uses it up says so.

use crate::lexicon::compile::{BOTH, Called, Candidate, Lexicon, Pass, SetRef, Step, symbol_bit};
use crate::lexicon::table::FxMap;
use crate::lexicon::vocabulary::{Symbol, fact};
use crate::likely::Likely;
use crate::normalise::{Break, Tokens, first_letters, first_letters_of, tokenise};

/// Words after which a sentence without an end is cut.
const LONGEST_SENTENCE: usize = 160;
/// Steps for one pass over one message; an ordinary message of 300 characters takes some hundreds.
const BUDGET: u32 = 30_000_000;
/// Matches of one pattern in one sentence that are kept.
const MATCHES_PER_SENTENCE: usize = 3;
/// Ends of the ways through one concept from one place; each is another word at most.
const MOST_WAYS: usize = 16;
/// Matches kept in all.
const MOST_HITS: usize = 4_000;

/// Words from one end of a sentence to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sentence {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Languages whose patterns run here.
    pub(crate) languages: u8,
}

/// A text made ready for matching.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) tokens: Tokens,
    pub(crate) symbols: Vec<Symbol>,
    /// For each token the bits of its symbols; see [`symbol_bit`].
    masks: Vec<u64>,
    pub(crate) sentences: Vec<Sentence>,
    /// Function words: English, German, other.
    pub(crate) function_words: [usize; 3],
    /// Cue words of the four functions.
    pub(crate) function_cues: [u32; 4],
}

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

impl Text {
    /// Folds, looks up and splits a text. `hint` is the language that the message claims, as a bit.
    pub(crate) fn new(lexicon: &Lexicon, text: &str, hint: u8) -> Self {
        let mut tokens = tokenise(text);
        let mut symbols = Vec::with_capacity(tokens.list.len() * 2);
        let mut scratch = Vec::with_capacity(64);
        let (mut function_words, mut function_cues) = ([0; 3], [0; 4]);
        let mut masks = Vec::with_capacity(tokens.list.len());
        let folded = std::mem::take(&mut tokens.folded);
        for token in &mut tokens.list {
            let from = symbols.len();
            let word = &folded[token.folded.0 as usize..token.folded.1 as usize];
            token.key = first_letters(&folded, token.folded);
            lexicon.vocabulary.look_up(word, token.key, &mut symbols, &mut scratch);
            if token.possessive && symbols.len() == from {
                let owner = &word[..word.len() - 1];
                lexicon.vocabulary.look_up(owner, first_letters_of(owner), &mut symbols, &mut scratch);
            }
            token.symbols = (from as u32, symbols.len() as u32);
            let (mut facts, mut mask) = (0, 0);
            for symbol in &symbols[from..] {
                facts |= lexicon.vocabulary.facts(*symbol);
                mask |= symbol_bit(*symbol);
            }
            masks.push(mask);
            token.languages = facts & (BOTH | fact::OTHER);
            for (at, count) in function_words.iter_mut().enumerate() {
                *count += usize::from(facts & (1 << at) != 0);
            }
            for (at, count) in function_cues.iter_mut().enumerate() {
                *count += u32::from(facts & (fact::FUNCTION << at) != 0);
            }
        }
        tokens.folded = folded;
        let mut text = Self { tokens, symbols, masks, sentences: Vec::new(), function_words, function_cues };
        text.split(hint);
        text
    }

    fn split(&mut self, hint: u8) {
        let [english, german, _] = self.function_words;
        let message = decide(english, german, hint, BOTH);
        let list = &self.tokens.list;
        let mut from = 0;
        for at in 1..=list.len() {
            let ends =
                at == list.len() || list[at].before == Break::Sentence || at - from >= LONGEST_SENTENCE;
            if ends {
                let count =
                    |bit: u8| list[from..at].iter().filter(|token| token.languages & bit != 0).count();
                let languages = decide(count(fact::ENGLISH), count(fact::GERMAN), message, message);
                self.sentences.push(Sentence { from: from as u32, to: at as u32, languages });
                from = at;
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

/// Finds the patterns of a pass; also says whether the budget was used up.
pub(crate) fn find(lexicon: &Lexicon, text: &Text, pass: Pass) -> (Vec<Hit>, bool) {
    let mut run = Run {
        lexicon,
        text,
        steps_left: BUDGET,
        stack: Vec::new(),
        known: FxMap::default(),
        ways: Vec::new(),
        hits: Vec::new(),
    };
    let mut likely = Likely::new(lexicon, text, pass);
    for (number, sentence) in (0u32..).zip(&text.sentences) {
        let first_hit = run.hits.len();
        for (candidate, token) in likely.range(number, sentence).filter_map(|at| likely.get(at)) {
            run.around(candidate, token, number);
        }
        run.keep_first(first_hit);
        if run.steps_left == 0 || run.hits.len() >= MOST_HITS {
            return (run.hits, true);
        }
    }
    (run.hits, false)
}
struct Run<'a> {
    lexicon: &'a Lexicon,
    text: &'a Text,
    steps_left: u32,
    stack: Vec<(u32, u32, u64)>,
    /// For a concept and a place the range of its `ways`.
    known: FxMap<u64, (u32, u32)>,
    /// Ends of ways through concepts, and the words that their gaps skipped.
    ways: Vec<(u32, u64)>,
    hits: Vec<Hit>,
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
                self.hits.push(hit);
            }
        }
    }

    /// Of the hits of one sentence keeps, for each pattern, the first that do not overlap.
    fn keep_first(&mut self, first_hit: usize) {
        if self.hits.len() < first_hit + 2 {
            return;
        }
        self.hits[first_hit..].sort_unstable_by_key(|hit| (hit.pattern, hit.from));
        let mut kept = first_hit;
        let (mut of_pattern, mut end) = (0, 0);
        for at in first_hit..self.hits.len() {
            let hit = self.hits[at];
            let same = kept > first_hit && self.hits[kept - 1].pattern == hit.pattern;
            if same && (hit.from < end || of_pattern >= MATCHES_PER_SENTENCE) {
                continue;
            }
            of_pattern = if same { of_pattern + 1 } else { 1 };
            end = hit.to.max(hit.from + 1);
            self.hits[kept] = hit;
            kept += 1;
        }
        self.hits.truncate(kept);
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
        let floor = self.stack.len();
        self.stack.push((start, from, 0));
        while self.stack.len() > floor {
            let Some((step, at, gaps)) = self.stack.pop() else { return };
            if self.steps_left == 0 {
                return self.stack.truncate(floor);
            }
            self.steps_left -= 1;
            match self.lexicon.steps[step as usize] {
                Step::Found => {
                    if found(self, (at, gaps)) {
                        return self.stack.truncate(floor);
                    }
                }
                Step::Set(set) if at < sentence.to && self.in_set(set, at) => {
                    self.stack.push((step + 1, at + 1, gaps))
                }
                Step::Set(_) => {}
                Step::Jump(to) => self.stack.push((to, at, gaps)),
                Step::Split(first, second) => {
                    self.stack.push((second, at, gaps));
                    self.stack.push((first, at, gaps));
                }
                Step::Choice(number) => self.push_branches(number, at, gaps, sentence),
                Step::Call(number) => self.push_ways((number, step + 1), (at, from, gaps), sentence),
                Step::NotNext(set) if at < sentence.to && self.in_set(set, at) => {}
                Step::NotAhead(after) => {
                    if self.at(step + 1, at, sentence).is_none() {
                        self.stack.push((after, at, gaps));
                    }
                }
                Step::NotBefore(set) if at > sentence.from && self.in_set(set, at - 1) => {}
                Step::NotNext(_) | Step::NotBefore(_) => self.stack.push((step + 1, at, gaps)),
                Step::Start if at != sentence.from => {}
                Step::End if at != sentence.to => {}
                Step::Start | Step::End => self.stack.push((step + 1, at, gaps)),
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
        let (first_way, end) = match self.known.get(&key) {
            Some(range) => *range,
            None => {
                let mut ways: Vec<(u32, u64)> = Vec::new();
                self.walk(start, at, sentence, |_, way| {
                    if ways.iter().all(|(end, _)| *end != way.0) {
                        ways.push(way);
                    }
                    ways.len() >= MOST_WAYS
                });
                let range = (self.ways.len() as u32, (self.ways.len() + ways.len()) as u32);
                self.ways.extend(ways);
                self.known.insert(key, range);
                range
            }
        };
        let shift = (at - from).min(63);
        for way in (first_way..end).rev() {
            let (end, skipped) = self.ways[way as usize];
            self.stack.push((next, end, gaps | skipped << shift));
        }
    }

    fn push_branches(&mut self, number: u32, at: u32, gaps: u64, sentence: Sentence) {
        let choice = self.lexicon.choice(number);
        self.stack.extend(choice.open().iter().rev().map(|step| (*step, at, gaps)));
        if at < sentence.to && choice.may_start(self.text.masks[at as usize]) {
            for symbol in self.text.symbols_at(at).iter().rev() {
                self.stack.extend(choice.starting_with(*symbol).iter().rev().map(|step| (*step, at, gaps)));
            }
        }
    }

    fn push_gap(&mut self, step: u32, (at, from, gaps): (u32, u32, u64), most: u8, sentence: Sentence) {
        let room = (sentence.to - at).min(u32::from(most)).min(63u32.saturating_sub(at - from));
        for skipped in (0..=room).rev() {
            let bits = ((1u64 << skipped) - 1) << (at - from).min(63);
            self.stack.push((step, at + skipped, gaps | bits));
        }
    }
}

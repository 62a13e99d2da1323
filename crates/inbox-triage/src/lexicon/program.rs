//! What a lexicon compiles to: pattern programs, rules, cues, and the index that says which patterns to try.

use inbox_domain::{Category, Tier};
use serde::{Deserialize, Serialize};

use crate::evidence::Evidences;

use super::needs::{NeedIndex, Needs};
use super::schema::{Reason, Third, Within};
use super::table::SymbolMap;
use super::vocabulary::{Symbol, Vocabulary, fact};

/// Both languages.
pub(crate) const BOTH: u8 = fact::ENGLISH | fact::GERMAN;

/// A set of words, with a bit for each of them: a token none of whose bits is among them is not in the set, and the set's
/// memory need not be touched to know it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SetRef {
    pub(crate) set: u32,
    pub(crate) mask: u64,
}

/// The bit of a symbol in a [`SetRef`].
pub(crate) fn symbol_bit(symbol: Symbol) -> u64 {
    1 << (symbol.wrapping_mul(0x9e37_79b1) >> 26)
}

/// One step of a pattern.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Step {
    /// A word of a set.
    Set(SetRef),
    /// Up to so many words of any kind.
    Gap(u8),
    /// Go on at the first, then try the second.
    Split(u32, u32),
    /// Go on at those branches of a [`Choice`] that can begin with the word here.
    Choice(u32),
    /// A concept: go on wherever a way through it ends.
    Call(u32),
    /// Go on there.
    Jump(u32),
    /// The next word is not of a set.
    NotNext(SetRef),
    /// The words ahead are not those of the program that follows; go on there.
    NotAhead(u32),
    /// The word before is not of a set.
    NotBefore(SetRef),
    /// Start of the sentence.
    Start,
    /// End of the sentence.
    End,
    /// Found.
    Found,
}

/// A concept that patterns call. Its ways are looked for once at each place of a message, whatever pattern asks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Called {
    pub(crate) start: u32,
    /// Words with which it can begin; `None` when it can begin with any.
    pub(crate) first: Option<SetRef>,
}

/// Branches by the word with which they begin, so that a concept of a hundred forms costs one look-up.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Choice {
    /// Bits of the first symbols; see [`SetRef`].
    mask: u64,
    /// First symbol and its range of `branches`.
    first: SymbolMap<(u32, u32)>,
    /// Steps of the branches, in order of their first symbols, then of the branches.
    branches: Vec<u32>,
    /// Steps of branches that can begin with any word or with none.
    open: Vec<u32>,
}

impl Choice {
    /// A choice of branches, each with a symbol with which it can begin, and of those that can begin with any.
    pub(super) fn new(mut branches: Vec<(Symbol, u32)>, open: Vec<u32>) -> Self {
        branches.sort_unstable();
        branches.dedup();
        let mut ranges: Vec<(Symbol, (u32, u32))> = Vec::new();
        for (at, (symbol, _)) in (0u32..).zip(&branches) {
            match ranges.last_mut().filter(|(last, _)| last == symbol) {
                Some((_, range)) => range.1 = at + 1,
                None => ranges.push((*symbol, (at, at + 1))),
            }
        }
        let mask = branches.iter().fold(0, |mask, (symbol, _)| mask | symbol_bit(*symbol));
        let branches = branches.into_iter().map(|(_, step)| step).collect();
        Self { mask, first: SymbolMap::new(ranges), branches, open }
    }

    /// Whether a branch may begin with a symbol of a token that has these bits; `false` is certain.
    pub(crate) fn may_start(&self, bits: u64) -> bool {
        self.mask & bits != 0
    }

    /// Steps of the branches that can begin with `symbol`.
    pub(crate) fn starting_with(&self, symbol: Symbol) -> &[u32] {
        let (from, to) = self.first.get(symbol).unwrap_or_default();
        &self.branches[from as usize..to as usize]
    }

    /// Steps of the branches that are tried whatever stands here.
    pub(crate) fn open(&self) -> &[u32] {
        &self.open
    }
}

/// What a context cue says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Cue {
    Negation,
    NegationPhrase,
    DeniedClaim,
    DeniedBehind,
    DeniedNext,
    PseudoNegation,
    DoubtfulNegation,
    Contrast,
    Alternative,
    Subject,
    Opener,
    History,
    Remote,
    Resolved,
    Rearm,
    QuoteSource,
    Hypothetical,
    Laughter,
    FirstPerson,
    Relative,
    Professional,
}

/// What a match of a pattern means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Meaning {
    /// Element of a rule; a phrase is an element alone.
    Element { rule: u32, element: u8 },
    /// Makes a rule's phrase in the same sentence an idiom.
    Unless { rule: u32 },
    /// The same, anywhere in the message.
    UnlessMessage { rule: u32 },
    /// The clinician asked what this rule answers.
    After { rule: u32 },
    /// Context.
    Cue(Cue),
}

/// A compiled pattern.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Pattern {
    pub(crate) start: u32,
    pub(crate) first: SetRef,
    pub(crate) languages: u8,
    pub(crate) meaning: Meaning,
}

/// A compiled rule.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CompiledRule {
    pub(crate) id: String,
    pub(crate) languages: u8,
    pub(crate) category: Category,
    pub(crate) tier: Tier,
    pub(crate) reason: Reason,
    pub(crate) source: String,
    /// Number of elements; 0 for phrases.
    pub(crate) elements: u8,
    pub(crate) need: u8,
    pub(crate) within: Within,
    pub(crate) with: Vec<Category>,
    pub(crate) answers: bool,
    pub(crate) negation: bool,
    pub(crate) history: bool,
    pub(crate) hypothetical: bool,
    pub(crate) laughter: bool,
    pub(crate) third: Third,
    pub(crate) watch_only: bool,
    /// A clinic's own.
    pub(crate) own: bool,
    /// Counts one tier less when the message as a whole reads everyday; see `evidence`.
    pub(crate) needs_support: bool,
    /// Raised by the messages before, not by patterns.
    pub(crate) escalation: bool,
    /// Raised by evidence, not by patterns.
    pub(crate) evidence: bool,
    pub(crate) positive: Vec<String>,
    pub(crate) negative: Vec<String>,
}

/// Which patterns run when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Elements of rules, on every message.
    Rules,
    /// Context, only when a rule found something.
    Context,
    /// The clinician's question.
    Question,
}

/// A pattern to try because a word of it, its anchor, stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) pattern: u32,
    /// Words that the pattern needs beside this one.
    pub(crate) needs: Needs,
    /// The rule of which it is an element; 0 for other patterns.
    pub(crate) rule: u16,
    /// Fewest words of the pattern before the anchor.
    pub(crate) least: u8,
    /// Most words of the pattern before the anchor.
    pub(crate) most: u8,
    /// Languages of the pattern.
    pub(crate) languages: u8,
    /// Which element.
    pub(crate) element: u8,
    /// Elements that the rule needs; 0 for other patterns.
    pub(crate) need: u8,
}

/// Anchor symbol to patterns.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Where the candidates of each symbol begin, and where the last one's end.
    pub(super) starts: Vec<u32>,
    pub(super) candidates: Vec<Candidate>,
    pub(crate) needs: NeedIndex,
}

impl Index {
    /// The candidates of a symbol and the number of the first.
    pub(crate) fn get(&self, symbol: Symbol) -> (u32, &[Candidate]) {
        let (from, to) = (self.starts[symbol as usize], self.starts[symbol as usize + 1]);
        (from, &self.candidates[from as usize..to as usize])
    }

    pub(crate) fn at(&self, number: u32) -> &Candidate {
        &self.candidates[number as usize]
    }
}

/// Everything compiled.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lexicon {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) steps: Vec<Step>,
    pub(super) sets: Vec<SymbolMap<()>>,
    pub(super) choices: Vec<Choice>,
    pub(crate) called: Vec<Called>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) rules: Vec<CompiledRule>,
    pub(super) rule_index: Index,
    pub(super) context_index: Index,
    pub(super) question_index: Index,
    pub(crate) evidence: Evidences,
    /// Changes with every change of the files.
    pub(crate) fingerprint: String,
}

impl Lexicon {
    pub(crate) fn index(&self, pass: Pass) -> &Index {
        match pass {
            Pass::Rules => &self.rule_index,
            Pass::Context => &self.context_index,
            Pass::Question => &self.question_index,
        }
    }

    /// The rule under which a language's evidence is raised.
    pub(crate) fn evidence_rule(&self, language: u8) -> Option<u32> {
        let found = self.rules.iter().position(|rule| rule.evidence && rule.languages & language != 0);
        found.map(|rule| rule as u32)
    }

    pub(crate) fn choice(&self, number: u32) -> &Choice {
        &self.choices[number as usize]
    }

    pub(crate) fn set_holds(&self, set: u32, symbol: Symbol) -> bool {
        self.sets[set as usize].get(symbol).is_some()
    }
}

//! Patterns with symbols for words and concepts in place. What is asked of a choice again and again (its first words, its
//! anchor, its width) is worked out once, when it is made: a concept stands in many patterns.

use std::cell::OnceCell;
use std::rc::Rc;

use super::program::SetRef;
use super::vocabulary::{Builder, Symbol};

/// A node of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Word(Symbol),
    Choice(Rc<Branches>),
    Optional(Rc<Code>),
    Gap(u8),
    NotNext(Rc<Code>),
    NotBefore(Rc<Code>),
    Start,
    End,
}

/// The branches of a choice.
#[derive(Debug, Default)]
pub(super) struct Branches {
    /// Empty when each branch is a single word.
    pub(super) branches: Vec<Vec<Code>>,
    /// The words, when each branch is a single one.
    pub(super) words: Option<Vec<Symbol>>,
    /// The set of these words, once it has a number.
    pub(super) set: OnceCell<SetRef>,
    /// The set of first words, once it has a number.
    pub(super) first_set: OnceCell<SetRef>,
    /// A concept of several words, written down once and called; its number once it has one.
    pub(super) called: OnceCell<u32>,
    pub(super) is_concept: bool,
    pub(super) first: Option<Vec<Symbol>>,
    anchor: Option<(Vec<Anchor>, usize)>,
    width: (u8, u8),
}

/// A word that a match contains, and how many words of the match can stand before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) symbol: Symbol,
    pub(super) least: u8,
    pub(super) most: u8,
}

impl Anchor {
    fn behind(self, (least, most): (u8, u8)) -> Self {
        Self { least: self.least.saturating_add(least), most: self.most.saturating_add(most), ..self }
    }
}

/// A choice; single words of all branches stand together in front, so that they become one set.
pub(super) fn choice(branches: Vec<Vec<Code>>, words: &Builder) -> Code {
    Code::Choice(Rc::new(branches_of(branches, words)))
}

/// The choice of a concept's forms.
pub(super) fn concept(forms: Vec<Vec<Code>>, words: &Builder) -> Code {
    let forms = branches_of(forms, words);
    Code::Choice(Rc::new(Branches { is_concept: forms.words.is_none(), ..forms }))
}

fn branches_of(branches: Vec<Vec<Code>>, words: &Builder) -> Branches {
    let (mut singles, mut longer) = (Vec::new(), Vec::new());
    for branch in branches {
        match branch.as_slice() {
            [Code::Word(symbol)] => singles.push(*symbol),
            [Code::Choice(inner)] if inner.words.is_some() => {
                singles.extend_from_slice(inner.words.as_deref().unwrap_or_default());
            }
            _ => longer.push(branch),
        }
    }
    if longer.is_empty() {
        return Branches::of_words(singles, words);
    }
    if !singles.is_empty() {
        longer.insert(0, vec![Code::Choice(Rc::new(Branches::of_words(singles, words)))]);
    }
    Branches::of(longer, words)
}

impl Branches {
    fn of_words(singles: Vec<Symbol>, words: &Builder) -> Self {
        let anchor = |symbol: &Symbol| Anchor { symbol: *symbol, least: 0, most: 0 };
        let cost = singles.iter().map(|symbol| words.frequency(*symbol)).sum();
        Self {
            first: Some(singles.clone()),
            anchor: Some((singles.iter().map(anchor).collect(), cost)),
            width: (1, 1),
            words: Some(singles),
            ..Self::default()
        }
    }

    fn of(branches: Vec<Vec<Code>>, words: &Builder) -> Self {
        let first = branches.iter().map(|branch| first(branch)).collect::<Option<Vec<_>>>();
        let anchors = branches.iter().map(|branch| anchor(branch, words)).collect::<Option<Vec<_>>>();
        let width = branches.iter().map(|branch| width(branch));
        Self {
            first: first.map(|parts| parts.concat()),
            anchor: anchors.map(|parts| {
                let cost = parts.iter().map(|(_, cost)| cost).sum();
                (parts.into_iter().flat_map(|(anchors, _)| anchors).collect(), cost)
            }),
            width: width.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default(),
            branches,
            ..Self::default()
        }
    }
}

/// Symbols with which a match can begin; `None` when it could begin with any word.
pub(super) fn first(nodes: &[Code]) -> Option<Vec<Symbol>> {
    let mut all = Vec::new();
    for node in nodes {
        match node {
            Code::Start | Code::NotNext(_) | Code::NotBefore(_) => {}
            Code::Gap(_) | Code::End => return None,
            Code::Optional(inner) => all.extend(first(std::slice::from_ref(inner))?),
            Code::Word(symbol) => {
                all.push(*symbol);
                return Some(all);
            }
            Code::Choice(branches) => {
                all.extend_from_slice(branches.first.as_deref()?);
                return Some(all);
            }
        }
    }
    None
}

/// The set of words, one of which every match contains, that is met least often, and how often that is.
pub(super) fn anchor(nodes: &[Code], words: &Builder) -> Option<(Vec<Anchor>, usize)> {
    let mut best: Option<(usize, usize)> = None;
    for (at, node) in nodes.iter().enumerate() {
        let cost = match node {
            Code::Word(symbol) => Some(words.frequency(*symbol)),
            Code::Choice(branches) => branches.anchor.as_ref().map(|(_, cost)| *cost),
            _ => None,
        };
        if let Some(cost) = cost
            && best.is_none_or(|(_, least)| cost < least)
        {
            best = Some((at, cost));
        }
    }
    let (at, cost) = best?;
    let before = width(&nodes[..at]);
    let anchors = match &nodes[at] {
        Code::Word(symbol) => vec![Anchor { symbol: *symbol, least: before.0, most: before.1 }],
        Code::Choice(branches) => {
            let (anchors, _) = branches.anchor.as_ref()?;
            anchors.iter().map(|anchor| anchor.behind(before)).collect()
        }
        _ => return None,
    };
    Some((anchors, cost))
}

/// Fewest and most words of a sequence.
fn width(nodes: &[Code]) -> (u8, u8) {
    let of = |node: &Code| match node {
        Code::Word(_) => (1, 1),
        Code::Gap(size) => (0, *size),
        Code::Optional(inner) => (0, width(std::slice::from_ref(inner)).1),
        Code::Choice(branches) => branches.width,
        Code::NotNext(_) | Code::NotBefore(_) | Code::Start | Code::End => (0, 0),
    };
    nodes
        .iter()
        .map(of)
        .fold((0u8, 0u8), |all, one| (all.0.saturating_add(one.0), all.1.saturating_add(one.1)))
}

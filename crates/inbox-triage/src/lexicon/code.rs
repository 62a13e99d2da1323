//! Patterns with symbols for words and concepts in place. What is asked of a choice again and again (its first words, its
//! anchor, its width) is worked out once, when it is made: a concept stands in many patterns.

use std::cell::OnceCell;
use std::rc::Rc;

use super::needs::{ALWAYS, NeedSets, Needs};
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
    /// The number of the words one of which every match contains, once it has one.
    need: OnceCell<Option<u16>>,
    pub(super) is_concept: bool,
    /// How often its rarest necessary words are met, if it has any.
    cost: Option<usize>,
    width: (u8, u8),
}

/// A word that a match contains, and how many words of the match can stand before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor {
    pub(super) symbol: Symbol,
    pub(super) least: u8,
    pub(super) most: u8,
    /// What else every match around this anchor contains.
    pub(super) needs: Needs,
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
        let cost = singles.iter().map(|symbol| words.frequency(*symbol)).sum();
        Self { cost: Some(cost), width: (1, 1), words: Some(singles), ..Self::default() }
    }

    fn of(branches: Vec<Vec<Code>>, words: &Builder) -> Self {
        let costs = branches.iter().map(|branch| Some(rarest(branch, words)?.1));
        let width = branches.iter().map(|branch| width(branch));
        Self {
            cost: costs.sum(),
            width: width.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default(),
            branches,
            ..Self::default()
        }
    }

    /// Symbols with which a branch can begin, as [`first`].
    fn add_first(&self, all: &mut Vec<Symbol>) -> Option<()> {
        match &self.words {
            Some(words) => all.extend_from_slice(words),
            None => self.branches.iter().try_for_each(|branch| add_first(branch, all))?,
        }
        Some(())
    }
}

/// Symbols with which a match can begin; `None` when it could begin with any word.
pub(super) fn first(nodes: &[Code]) -> Option<Vec<Symbol>> {
    let mut all = Vec::new();
    add_first(nodes, &mut all)?;
    Some(all)
}

fn add_first(nodes: &[Code], all: &mut Vec<Symbol>) -> Option<()> {
    for node in nodes {
        match node {
            Code::Start | Code::NotNext(_) | Code::NotBefore(_) => {}
            Code::Gap(_) | Code::End => return None,
            Code::Optional(inner) => add_first(std::slice::from_ref(inner), all)?,
            Code::Word(symbol) => {
                all.push(*symbol);
                return Some(());
            }
            Code::Choice(branches) => return branches.add_first(all),
        }
    }
    None
}

/// The node with the words that are met least often, one of which every match contains, and how often that is.
fn rarest(nodes: &[Code], words: &Builder) -> Option<(usize, usize)> {
    let cost = |node: &Code| match node {
        Code::Word(symbol) => Some(words.frequency(*symbol)),
        Code::Choice(branches) => branches.cost,
        _ => None,
    };
    let costs = nodes.iter().enumerate().filter_map(|(at, node)| Some((at, cost(node)?)));
    costs.min_by_key(|(_, cost)| *cost)
}

/// The anchors of a pattern: words, one of which every match contains; those that are met least often.
pub(super) fn anchors(nodes: &[Code], words: &Builder, sets: &mut NeedSets) -> Option<Vec<Anchor>> {
    let mut all = Vec::new();
    add_anchors(nodes, ((0, 0), Rarest::default()), words, sets, &mut all)?;
    Some(all)
}

fn add_anchors(
    nodes: &[Code],
    (before, mut needs): ((u8, u8), Rarest),
    words: &Builder,
    sets: &mut NeedSets,
    all: &mut Vec<Anchor>,
) -> Option<()> {
    let (at, _) = rarest(nodes, words)?;
    let (least, most) = add(before, width(&nodes[..at]));
    for (_, node) in nodes.iter().enumerate().filter(|(other, _)| *other != at) {
        needs.add(node, words, sets);
    }
    let mut anchor = |symbol: Symbol| all.push(Anchor { symbol, least, most, needs: needs.numbers() });
    match &nodes[at] {
        Code::Word(symbol) => anchor(*symbol),
        Code::Choice(branches) => match &branches.words {
            Some(symbols) => symbols.iter().copied().for_each(anchor),
            None => {
                let mut branches = branches.branches.iter();
                branches
                    .try_for_each(|branch| add_anchors(branch, ((least, most), needs), words, sets, all))?;
            }
        },
        _ => return None,
    }
    Some(())
}

/// Words that are met more often than this are no need: nearly every sentence would meet it, at some cost.
const DEAREST_NEED: usize = 130;

/// The rarest words among those that a match contains beside its anchor.
#[derive(Debug, Clone, Copy, Default)]
struct Rarest {
    /// How often they are met, and their number.
    found: [Option<(usize, u16)>; 2],
}

impl Rarest {
    /// Looks at a node that every match passes.
    fn add(&mut self, node: &Code, words: &Builder, sets: &mut NeedSets) {
        let (cost, number) = match node {
            Code::Word(symbol) => (words.frequency(*symbol), sets.number(vec![*symbol])),
            Code::Choice(branches) => {
                if branches.cost.is_none_or(|cost| cost > DEAREST_NEED) {
                    return;
                }
                let number = *branches.need.get_or_init(|| sets.number(branches.necessary(words)?));
                (branches.cost.unwrap_or_default(), number)
            }
            _ => return,
        };
        let Some(number) = number else { return };
        let dearer = |found: &Option<(usize, u16)>| found.is_none_or(|(known, _)| cost < known);
        if self.found.iter().flatten().all(|(_, known)| *known != number)
            && let Some(at) = self.found.iter().position(dearer)
        {
            self.found[at..].rotate_right(1);
            self.found[at] = Some((cost, number));
        }
    }

    fn numbers(&self) -> Needs {
        self.found.map(|found| found.map_or(ALWAYS, |(_, number)| number))
    }
}

impl Branches {
    /// Words, one of which every match of the choice contains.
    fn necessary(&self, words: &Builder) -> Option<Vec<Symbol>> {
        match &self.words {
            Some(words) => Some(words.clone()),
            None => {
                let mut all = Vec::new();
                self.branches.iter().try_for_each(|branch| add_necessary(branch, words, &mut all))?;
                Some(all)
            }
        }
    }
}

fn add_necessary(nodes: &[Code], words: &Builder, all: &mut Vec<Symbol>) -> Option<()> {
    match &nodes[rarest(nodes, words)?.0] {
        Code::Word(symbol) => all.push(*symbol),
        Code::Choice(branches) => all.extend(branches.necessary(words)?),
        _ => return None,
    }
    Some(())
}

fn add(a: (u8, u8), b: (u8, u8)) -> (u8, u8) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
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

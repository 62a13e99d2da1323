//! From the nodes of a pattern to steps, and from words to numbered sets.

use super::code::{Branches, Code, first};
use super::compile::Compiler;
use super::program::{Called, Choice, SetRef, Step, symbol_bit};
use super::vocabulary::Symbol;

/// What may stand behind `<`.
const SINGLE_WORDS: &str = "expected single words behind `<`";

impl Compiler {
    pub(super) fn set(&mut self, mut symbols: Vec<Symbol>) -> SetRef {
        symbols.sort_unstable();
        symbols.dedup();
        let mask = symbols.iter().fold(0, |mask, symbol| mask | symbol_bit(*symbol));
        if let Some(set) = self.set_ids.get(&symbols) {
            return SetRef { set: *set, mask };
        }
        let set = self.sets.len() as u32;
        self.sets.push(symbols.clone());
        self.set_ids.insert(symbols, set);
        SetRef { set, mask }
    }

    /// The set of words with which a match can begin; `None` when it could begin with any word.
    pub(super) fn first_set(&mut self, nodes: &[Code]) -> Option<SetRef> {
        let Some(Code::Choice(branches)) = nodes.first() else {
            let words = first(nodes)?;
            return Some(self.set(words));
        };
        if let Some(set) = branches.first_set.get() {
            return Some(*set);
        }
        let words = first(nodes)?;
        let set = self.set(words);
        Some(*branches.first_set.get_or_init(|| set))
    }

    /// Writes down the concepts of a pattern that are not written yet, inner ones first.
    pub(super) fn emit_concepts(&mut self, nodes: &[Code]) -> Result<(), String> {
        for node in nodes {
            match node {
                Code::Optional(inner) | Code::NotNext(inner) | Code::NotBefore(inner) => {
                    self.emit_concepts(std::slice::from_ref(inner))?;
                }
                Code::Choice(branches) if branches.words.is_none() && branches.called.get().is_none() => {
                    branches.branches.iter().try_for_each(|branch| self.emit_concepts(branch))?;
                    if branches.is_concept {
                        let first = self.first_set(std::slice::from_ref(node));
                        let start = self.steps.len() as u32;
                        self.emit_branches(branches)?;
                        self.steps.push(Step::Found);
                        branches.called.get_or_init(|| self.called.len() as u32);
                        self.called.push(Called { start, first });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The set of a word or of a choice of single words.
    fn set_of(&mut self, node: &Code) -> Option<SetRef> {
        match node {
            Code::Word(symbol) => Some(self.set(vec![*symbol])),
            Code::Choice(branches) => {
                let words = branches.words.as_ref()?;
                if let Some(set) = branches.set.get() {
                    return Some(*set);
                }
                let set = self.set(words.clone());
                Some(*branches.set.get_or_init(|| set))
            }
            _ => None,
        }
    }

    pub(super) fn emit(&mut self, nodes: &[Code]) -> Result<(), String> {
        for node in nodes {
            match node {
                Code::Gap(size) => self.steps.push(Step::Gap(*size)),
                Code::Start => self.steps.push(Step::Start),
                Code::End => self.steps.push(Step::End),
                Code::NotNext(inner) => {
                    if let Some(set) = self.set_of(inner) {
                        self.steps.push(Step::NotNext(set));
                        continue;
                    }
                    let ahead = self.steps.len();
                    self.steps.push(Step::Found);
                    self.emit(std::slice::from_ref(inner))?;
                    self.steps.push(Step::Found);
                    self.steps[ahead] = Step::NotAhead(self.steps.len() as u32);
                }
                Code::NotBefore(inner) => {
                    let set = self.set_of(inner).ok_or(SINGLE_WORDS)?;
                    self.steps.push(Step::NotBefore(set));
                }
                Code::Optional(inner) => {
                    let split = self.steps.len();
                    self.steps.push(Step::Found);
                    self.emit(std::slice::from_ref(inner))?;
                    self.steps[split] = Step::Split(split as u32 + 1, self.steps.len() as u32);
                }
                Code::Word(_) | Code::Choice(_) => self.emit_choice(node)?,
            }
        }
        Ok(())
    }

    fn emit_choice(&mut self, node: &Code) -> Result<(), String> {
        if let Some(set) = self.set_of(node) {
            self.steps.push(Step::Set(set));
            return Ok(());
        }
        let Code::Choice(branches) = node else { return Ok(()) };
        match branches.called.get() {
            Some(number) => self.steps.push(Step::Call(*number)),
            None => self.emit_branches(branches)?,
        }
        Ok(())
    }

    fn emit_branches(&mut self, branches: &Branches) -> Result<(), String> {
        let number = self.choices.len();
        self.choices.push(Choice::default());
        self.steps.push(Step::Choice(number as u32));
        let (mut by_first, mut open) = (Vec::new(), Vec::new());
        let mut jumps = Vec::new();
        for branch in &branches.branches {
            let start = self.steps.len() as u32;
            match first(branch) {
                Some(symbols) => by_first.extend(symbols.into_iter().map(|symbol| (symbol, start))),
                None => open.push(start),
            }
            self.emit(branch)?;
            jumps.push(self.steps.len());
            self.steps.push(Step::Found);
        }
        self.choices[number] = Choice::new(by_first, open);
        let end = self.steps.len() as u32;
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
        Ok(())
    }
}

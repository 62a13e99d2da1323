//! From lexicon files to programs: concepts are expanded, words become symbols, each pattern a short program with an
//! anchor, the rarest word set that every match must contain. Only patterns whose anchor occurs in a sentence run.

use std::collections::{HashMap, HashSet};

use toml::Spanned;

use crate::evidence::{Evidences, model::Model};

use super::LexiconError;
use super::pattern::{Node, fold_words, parse};
pub(crate) use super::program::{
    BOTH, Candidate, Choice, CompiledRule, Cue, Index, Lexicon, Meaning, Pass, Pattern, SetRef, Step,
    symbol_bit,
};
use super::schema::{self, Cues, LexiconFile, Rule, Words, line_of};
use super::table::SymbolMap;
use super::vocabulary::{Builder, Symbol, fact};

/// A file with its language.
pub(crate) struct Source<'a> {
    pub(crate) languages: u8,
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) parsed: LexiconFile,
    /// Weights of words, for an `evidence.tsv`.
    weights: Option<Model>,
}

impl<'a> Source<'a> {
    /// Parses `text`; `folder` is `en`, `de`, or anything else for both languages.
    pub(crate) fn parse(folder: &str, file: &'a str, text: &'a str) -> Result<Self, LexiconError> {
        let languages = match folder {
            "en" => fact::ENGLISH,
            "de" => fact::GERMAN,
            _ => BOTH,
        };
        if file.ends_with(".tsv") {
            let weights = Some(Model::parse(file, text)?);
            return Ok(Self { languages, file, text, parsed: LexiconFile::default(), weights });
        }
        Ok(Self { languages, file, text, parsed: schema::parse(file, text)?, weights: None })
    }

    fn error(&self, at: &Spanned<String>, expected: impl Into<String>) -> LexiconError {
        let line = line_of(self.text, at.span().start);
        LexiconError { file: self.file.to_owned(), line, expected: expected.into() }
    }
}

/// A word that a match contains, and how many words of the match can stand before it.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    symbol: Symbol,
    least: u8,
    most: u8,
}

impl Anchor {
    fn behind(self, (least, most): (u8, u8)) -> Self {
        Self { least: self.least.saturating_add(least), most: self.most.saturating_add(most), ..self }
    }
}

struct Compiler {
    words: Builder,
    concepts: HashMap<(u8, String), Vec<Vec<Node>>>,
    sets: Vec<Vec<Symbol>>,
    set_ids: HashMap<Vec<Symbol>, u32>,
    steps: Vec<Step>,
    patterns: Vec<Pattern>,
    choices: Vec<Choice>,
    anchors: Vec<(Pass, Vec<Anchor>)>,
    rules: Vec<CompiledRule>,
}

/// Compiles all sources together.
pub(crate) fn compile(sources: &mut [Source<'_>]) -> Result<Lexicon, LexiconError> {
    let mut compiler = Compiler {
        words: Builder::new(),
        concepts: HashMap::new(),
        sets: Vec::new(),
        set_ids: HashMap::new(),
        steps: Vec::new(),
        patterns: Vec::new(),
        choices: Vec::new(),
        anchors: Vec::new(),
        rules: Vec::new(),
    };
    for source in sources.iter() {
        compiler.add_words(source.languages, &source.parsed.words);
        compiler.add_concepts(source)?;
    }
    let mut ids = HashSet::new();
    for source in sources.iter() {
        compiler.add_cues(source)?;
        for rule in &source.parsed.rule {
            if !ids.insert(rule.id.get_ref().clone()) {
                return Err(source.error(&rule.id, "expected a rule id that is not used elsewhere"));
            }
            compiler.add_rule(source, rule)?;
        }
    }
    for source in sources.iter() {
        for id in &source.parsed.watch_only {
            let rule = compiler.rules.iter_mut().find(|rule| rule.id == *id.get_ref());
            rule.ok_or_else(|| source.error(id, "expected the id of a rule"))?.watch_only = true;
        }
    }
    let mut lexicon = compiler.finish();
    for source in sources {
        match (source.languages, source.weights.take()) {
            (_, None) => {}
            (fact::GERMAN, weights) => lexicon.evidence.german = weights,
            (_, weights) => lexicon.evidence.english = weights,
        }
    }
    Ok(lexicon)
}

impl Compiler {
    fn add_words(&mut self, languages: u8, words: &Words) {
        let functions =
            [&words.reporting_feedback, &words.interpersonal, &words.intrapersonal, &words.organisational];
        let lists = [
            (&words.language, languages),
            (&words.other_language, fact::OTHER),
            (&words.common, fact::COMMON),
        ];
        let functions = functions.into_iter().enumerate().map(|(at, list)| (list, fact::FUNCTION << at));
        for (list, bit) in lists.into_iter().chain(functions) {
            for word in list {
                let star = word.ends_with('*');
                for folded in fold_words(word.trim_end_matches('*')) {
                    self.words.add_fact(&if star { format!("{folded}*") } else { folded }, bit);
                }
            }
        }
    }

    fn add_concepts(&mut self, source: &Source<'_>) -> Result<(), LexiconError> {
        for concept in &source.parsed.concept {
            let mut forms = Vec::new();
            for form in &concept.forms {
                let nodes = parse(form.get_ref()).map_err(|expected| source.error(form, expected))?;
                if concept.fuzzy {
                    self.mark_fuzzy(&nodes);
                }
                forms.push(nodes);
            }
            self.concepts
                .entry((source.languages, concept.id.get_ref().clone()))
                .or_default()
                .append(&mut forms);
        }
        Ok(())
    }

    fn mark_fuzzy(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Word(word) => {
                    let symbol = self.words.intern(word);
                    self.words.mark_fuzzy(symbol);
                }
                Node::Alternatives(branches) => branches.iter().for_each(|branch| self.mark_fuzzy(branch)),
                Node::Optional(inner) => self.mark_fuzzy(std::slice::from_ref(inner)),
                _ => {}
            }
        }
    }

    fn add_cues(&mut self, source: &Source<'_>) -> Result<(), LexiconError> {
        let Cues {
            negation,
            negation_phrase,
            pseudo_negation,
            doubtful_negation,
            contrast,
            alternative,
            subject,
            opener,
            history,
            remote,
            resolved,
            rearm,
            quote_source,
            hypothetical,
            laughter,
            first_person,
            relative,
            professional,
        } = &source.parsed.cues;
        for (cue, list) in [
            (Cue::Negation, negation),
            (Cue::NegationPhrase, negation_phrase),
            (Cue::PseudoNegation, pseudo_negation),
            (Cue::DoubtfulNegation, doubtful_negation),
            (Cue::Contrast, contrast),
            (Cue::Alternative, alternative),
            (Cue::Subject, subject),
            (Cue::Opener, opener),
            (Cue::History, history),
            (Cue::Remote, remote),
            (Cue::Resolved, resolved),
            (Cue::Rearm, rearm),
            (Cue::QuoteSource, quote_source),
            (Cue::Hypothetical, hypothetical),
            (Cue::Laughter, laughter),
            (Cue::FirstPerson, first_person),
            (Cue::Relative, relative),
            (Cue::Professional, professional),
        ] {
            self.add_patterns(source, list, Pass::Context, Meaning::Cue(cue))?;
        }
        Ok(())
    }

    fn add_rule(&mut self, source: &Source<'_>, rule: &Rule) -> Result<(), LexiconError> {
        let number = self.rules.len() as u32;
        let elements = rule.frame.len();
        let forms = [!rule.phrases.is_empty(), !rule.frame.is_empty(), rule.evidence];
        if forms.iter().filter(|form| **form).count() != 1 || elements > 32 {
            return Err(source.error(
                &rule.id,
                "expected one of `match`, `frame` (of at most 32 elements) and `evidence`",
            ));
        }
        let need = rule.need.unwrap_or(elements);
        if need > elements || (elements > 0 && need == 0) {
            return Err(source.error(&rule.id, "expected `need` between 1 and the number of elements"));
        }
        self.add_patterns(source, &rule.phrases, Pass::Rules, Meaning::Element { rule: number, element: 0 })?;
        for (element, list) in rule.frame.iter().enumerate() {
            let meaning = Meaning::Element { rule: number, element: element as u8 };
            self.add_patterns(source, list, Pass::Rules, meaning)?;
        }
        self.add_patterns(source, &rule.unless, Pass::Context, Meaning::Unless { rule: number })?;
        self.add_patterns(
            source,
            &rule.unless_message,
            Pass::Context,
            Meaning::UnlessMessage { rule: number },
        )?;
        self.add_patterns(source, &rule.after, Pass::Question, Meaning::After { rule: number })?;
        self.rules.push(CompiledRule {
            id: rule.id.get_ref().clone(),
            languages: source.languages,
            category: rule.category,
            tier: rule.tier,
            reason: rule.reason.clone(),
            source: rule.source.clone(),
            elements: elements as u8,
            need: need as u8,
            within: rule.within,
            with: rule.with.clone(),
            answers: !rule.after.is_empty(),
            negation: rule.negation,
            history: rule.history,
            hypothetical: rule.hypothetical,
            laughter: rule.laughter,
            third: rule.third,
            watch_only: false,
            evidence: rule.evidence,
            positive: rule.positive.clone(),
            negative: rule.negative.clone(),
        });
        Ok(())
    }

    fn add_patterns(
        &mut self,
        source: &Source<'_>,
        list: &[Spanned<String>],
        pass: Pass,
        meaning: Meaning,
    ) -> Result<(), LexiconError> {
        for text in list {
            let fail = |expected: String| source.error(text, expected);
            let nodes = parse(text.get_ref()).map_err(fail)?;
            let nodes = self.expand(&nodes, source.languages, 0).map_err(fail)?;
            let first = self
                .first(&nodes)
                .ok_or_else(|| fail("expected a pattern that begins with a word".into()))?;
            let anchor =
                self.anchor(&nodes).ok_or_else(|| fail("expected at least one fixed word".into()))?;
            let first = self.set(first);
            let start = self.steps.len() as u32;
            self.emit(&nodes);
            self.steps.push(Step::Found);
            self.patterns.push(Pattern { start, first, languages: source.languages, meaning });
            self.anchors.push((pass, anchor));
        }
        Ok(())
    }

    /// Replaces concepts by their forms, and alternatives of single words by one set-like alternative.
    fn expand(&self, nodes: &[Node], languages: u8, depth: usize) -> Result<Vec<Node>, String> {
        if depth > 12 {
            return Err("expected concepts that do not contain each other".to_owned());
        }
        nodes.iter().map(|node| self.expand_node(node, languages, depth)).collect()
    }

    fn expand_node(&self, node: &Node, languages: u8, depth: usize) -> Result<Node, String> {
        let deeper = |inner: &[Node]| self.expand(inner, languages, depth + 1);
        Ok(match node {
            Node::Concept(name) => {
                let found = self.concepts.get(&(languages, name.clone()));
                let forms = found
                    .or_else(|| self.concepts.get(&(BOTH, name.clone())))
                    .ok_or_else(|| format!("expected a known concept, found `{{{name}}}`"))?;
                flat(forms.iter().map(|form| deeper(form)).collect::<Result<_, _>>()?)
            }
            Node::Alternatives(branches) => {
                flat(branches.iter().map(|branch| deeper(branch)).collect::<Result<_, _>>()?)
            }
            Node::Optional(inner) => {
                Node::Optional(Box::new(self.expand_node(inner, languages, depth + 1)?))
            }
            Node::NotNext(inner) => Node::NotNext(Box::new(self.expand_node(inner, languages, depth + 1)?)),
            Node::NotBefore(inner) => {
                Node::NotBefore(Box::new(self.expand_node(inner, languages, depth + 1)?))
            }
            other => other.clone(),
        })
    }

    fn symbols_of(&mut self, node: &Node) -> Option<Vec<Symbol>> {
        match node {
            Node::Word(word) => Some(vec![self.words.intern(word)]),
            Node::Alternatives(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    let [single] = branch.as_slice() else { return None };
                    all.extend(self.symbols_of(single)?);
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// Symbols with which a match can begin; `None` when it could begin with any word.
    fn first(&mut self, nodes: &[Node]) -> Option<Vec<Symbol>> {
        let mut all = Vec::new();
        for node in nodes {
            match node {
                Node::Start | Node::NotNext(_) | Node::NotBefore(_) => {}
                Node::Gap(_) | Node::End | Node::Concept(_) => return None,
                Node::Optional(inner) => all.extend(self.first(std::slice::from_ref(inner))?),
                Node::Word(word) => {
                    all.push(self.words.intern(word));
                    return Some(all);
                }
                Node::Alternatives(branches) => {
                    for branch in branches {
                        all.extend(self.first(branch)?);
                    }
                    return Some(all);
                }
            }
        }
        None
    }

    /// How often the words are met, roughly; what counts is only which set is met less often.
    fn cost(&self, anchors: &[Anchor]) -> usize {
        anchors.iter().map(|anchor| self.words.frequency(anchor.symbol)).sum()
    }

    /// The set of symbols, one of which every match contains, that is met least often.
    fn anchor(&mut self, nodes: &[Node]) -> Option<Vec<Anchor>> {
        let mut best: Option<Vec<Anchor>> = None;
        let mut before = (0u8, 0u8);
        for node in nodes {
            let found = match node {
                Node::Word(word) => Some(vec![Anchor { symbol: self.words.intern(word), least: 0, most: 0 }]),
                Node::Alternatives(branches) => {
                    let parts: Option<Vec<_>> = branches.iter().map(|branch| self.anchor(branch)).collect();
                    parts.map(|parts| parts.concat())
                }
                _ => None,
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| self.cost(&found) < self.cost(best))
            {
                best = Some(found.into_iter().map(|anchor| anchor.behind(before)).collect());
            }
            let (least, most) = width(node);
            before = (before.0.saturating_add(least), before.1.saturating_add(most));
        }
        best
    }

    fn set(&mut self, mut symbols: Vec<Symbol>) -> SetRef {
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

    fn set_of(&mut self, node: &Node) -> SetRef {
        let symbols = self.symbols_of(node).unwrap_or_default();
        self.set(symbols)
    }

    fn emit(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Gap(size) => self.steps.push(Step::Gap(*size)),
                Node::Start => self.steps.push(Step::Start),
                Node::End => self.steps.push(Step::End),
                Node::NotNext(inner) => {
                    let set = self.set_of(inner);
                    self.steps.push(Step::NotNext(set));
                }
                Node::NotBefore(inner) => {
                    let set = self.set_of(inner);
                    self.steps.push(Step::NotBefore(set));
                }
                Node::Optional(inner) => {
                    let split = self.steps.len();
                    self.steps.push(Step::Found);
                    self.emit(std::slice::from_ref(inner));
                    self.steps[split] = Step::Split(split as u32 + 1, self.steps.len() as u32);
                }
                Node::Word(_) | Node::Alternatives(_) | Node::Concept(_) => self.emit_choice(node),
            }
        }
    }

    fn emit_choice(&mut self, node: &Node) {
        if let Some(symbols) = self.symbols_of(node) {
            let set = self.set(symbols);
            return self.steps.push(Step::Set(set));
        }
        let Node::Alternatives(branches) = node else { return };
        let number = self.choices.len();
        self.choices.push(Choice::default());
        self.steps.push(Step::Choice(number as u32));
        let (mut branches_by_first, mut open) = (Vec::new(), Vec::new());
        let mut jumps = Vec::new();
        for branch in branches {
            let start = self.steps.len() as u32;
            match self.first(branch) {
                Some(symbols) => branches_by_first.extend(symbols.into_iter().map(|symbol| (symbol, start))),
                None => open.push(start),
            }
            self.emit(branch);
            jumps.push(self.steps.len());
            self.steps.push(Step::Found);
        }
        self.choices[number] = Choice::new(branches_by_first, open);
        let end = self.steps.len() as u32;
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
    }

    fn finish(self) -> Lexicon {
        let symbols = self.words.len();
        let index = |pass: Pass| {
            let mut lists = vec![Vec::new(); symbols];
            for (pattern, (_, anchors)) in self.anchors.iter().enumerate().filter(|(_, (of, _))| *of == pass)
            {
                let Pattern { languages, meaning, .. } = self.patterns[pattern];
                let (rule, element, need) = match meaning {
                    Meaning::Element { rule, element } => (rule, element, self.rules[rule as usize].need),
                    _ => (0, 0, 0),
                };
                for Anchor { symbol, least, most } in anchors {
                    let candidate = Candidate {
                        pattern: pattern as u32,
                        least: *least,
                        most: *most,
                        languages,
                        rule,
                        element,
                        need,
                    };
                    lists[*symbol as usize].push(candidate);
                }
            }
            let mut index = Index::default();
            for mut list in lists {
                list.sort_unstable();
                list.dedup();
                let from = index.candidates.len() as u32;
                index.candidates.append(&mut list);
                index.ranges.push((from, index.candidates.len() as u32));
            }
            index
        };
        let (rule_index, context_index, question_index) =
            (index(Pass::Rules), index(Pass::Context), index(Pass::Question));
        Lexicon {
            vocabulary: self.words.finish(),
            steps: self.steps,
            sets: self
                .sets
                .into_iter()
                .map(|set| SymbolMap::new(set.into_iter().map(|symbol| (symbol, ())).collect()))
                .collect(),
            choices: self.choices,
            patterns: self.patterns,
            rules: self.rules,
            rule_index,
            context_index,
            question_index,
            evidence: Evidences::default(),
        }
    }
}

/// Fewest and most words of a node.
fn width(node: &Node) -> (u8, u8) {
    let sequence = |nodes: &[Node]| {
        nodes
            .iter()
            .map(width)
            .fold((0u8, 0u8), |all, one| (all.0.saturating_add(one.0), all.1.saturating_add(one.1)))
    };
    match node {
        Node::Word(_) | Node::Concept(_) => (1, 1),
        Node::Gap(size) => (0, *size),
        Node::Optional(inner) => (0, width(inner).1),
        Node::Alternatives(branches) => branches
            .iter()
            .map(|branch| sequence(branch))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .unwrap_or_default(),
        Node::NotNext(_) | Node::NotBefore(_) | Node::Start | Node::End => (0, 0),
    }
}

/// Puts all single-word branches into one alternative, so that they compile to one set.
fn flat(branches: Vec<Vec<Node>>) -> Node {
    let mut singles = Vec::new();
    let mut longer = Vec::new();
    for mut branch in branches {
        match branch.as_mut_slice() {
            [Node::Word(_)] => singles.push(branch),
            [Node::Alternatives(inner)] if inner.iter().all(|b| matches!(b.as_slice(), [Node::Word(_)])) => {
                singles.append(inner);
            }
            _ => longer.push(branch),
        }
    }
    if longer.is_empty() {
        return Node::Alternatives(singles);
    }
    if !singles.is_empty() {
        longer.insert(0, vec![Node::Alternatives(singles)]);
    }
    Node::Alternatives(longer)
}

//! From lexicon files to programs: concepts are expanded, words become symbols, each pattern a short program with an
//! anchor, the rarest word set that every match must contain. Only patterns whose anchor occurs in a sentence run.

use std::collections::HashSet;
use std::rc::Rc;

use toml::Spanned;

use crate::evidence::Evidences;

use super::LexiconError;
use super::code::{Anchor, Code, anchors, choice, concept};
use super::needs::NeedSets;
use super::pattern::{Node, fold_words, parse};
pub(crate) use super::program::{
    BOTH, Called, Candidate, Choice, CompiledRule, Cue, Index, Lexicon, Meaning, Pass, Pattern, SetRef, Step,
    symbol_bit,
};
use super::schema::{Cues, Rule, Words};
pub(crate) use super::source::Source;
use super::source::fingerprint;
use super::table::{FxMap, SymbolMap};
use super::vocabulary::{Builder, Symbol, fact};

/// What has been compiled so far.
pub(super) struct Compiler {
    pub(super) words: Builder,
    concepts: FxMap<(u8, String), Vec<Vec<Node>>>,
    /// Concepts with their words in place, by language.
    made: FxMap<(u8, String), Code>,
    pub(super) sets: Vec<Vec<Symbol>>,
    pub(super) set_ids: FxMap<Vec<Symbol>, u32>,
    pub(super) steps: Vec<Step>,
    patterns: Vec<Pattern>,
    pub(super) choices: Vec<Choice>,
    pub(super) called: Vec<Called>,
    anchors: Vec<(Pass, Vec<Anchor>)>,
    needs: NeedSets,
    rules: Vec<CompiledRule>,
}

/// Compiles all sources together.
pub(crate) fn compile(sources: &mut [Source<'_>]) -> Result<Lexicon, LexiconError> {
    let mut compiler = Compiler {
        words: Builder::new(),
        concepts: FxMap::default(),
        made: FxMap::default(),
        sets: Vec::new(),
        set_ids: FxMap::default(),
        steps: Vec::new(),
        patterns: Vec::new(),
        choices: Vec::new(),
        called: Vec::new(),
        anchors: Vec::new(),
        needs: NeedSets::default(),
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
    let switched = sources.iter().flat_map(|source| &source.parsed.watch_only);
    let switched: HashSet<&str> = switched.map(|id| id.get_ref().as_str()).collect();
    for source in sources.iter() {
        if let Some(id) = source.parsed.watch_only.iter().find(|id| !ids.contains(id.get_ref())) {
            return Err(source.error(id, "expected the id of a rule"));
        }
    }
    for rule in &mut compiler.rules {
        rule.watch_only = switched.contains(rule.id.as_str());
    }
    let mut lexicon = compiler.finish();
    lexicon.fingerprint = fingerprint(sources);
    for source in sources {
        match (source.languages, source.weights.take()) {
            (_, None) => {}
            (fact::GERMAN, weights) => lexicon.evidence.german = weights,
            (_, weights) => lexicon.evidence.english = weights,
        }
    }
    Ok(lexicon)
}

/// Whether a rule concludes from elements rather than reads what is said.
fn needs_support(rule: &Rule) -> bool {
    !rule.frame.is_empty()
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
            denied_claim,
            denied_behind,
            denied_next,
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
            (Cue::DeniedClaim, denied_claim),
            (Cue::DeniedBehind, denied_behind),
            (Cue::DeniedNext, denied_next),
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
        if number > u32::from(u16::MAX) {
            return Err(source.error(&rule.id, "expected at most 65,536 rules in all files"));
        }
        let forms = [!rule.phrases.is_empty(), !rule.frame.is_empty(), rule.evidence, rule.escalation];
        if forms.iter().filter(|form| **form).count() != 1 || elements > 32 {
            return Err(source.error(
                &rule.id,
                "expected one of `match`, `frame` (of at most 32 elements), `evidence` and `escalation`",
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
            own: source.own,
            needs_support: !source.own && needs_support(rule),
            evidence: rule.evidence,
            escalation: rule.escalation,
            positive: rule.positive.iter().map(|example| example.get_ref().clone()).collect(),
            negative: rule.negative.iter().map(|example| example.get_ref().clone()).collect(),
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
            let first = self.first_set(&nodes);
            let first = first.ok_or_else(|| fail("expected a pattern that begins with a word".into()))?;
            let anchors = anchors(&nodes, &self.words, &mut self.needs);
            let anchors = anchors.ok_or_else(|| fail("expected at least one fixed word".into()))?;
            self.emit_concepts(&nodes).map_err(fail)?;
            let start = self.steps.len() as u32;
            self.emit(&nodes).map_err(fail)?;
            self.steps.push(Step::Found);
            self.patterns.push(Pattern { start, first, languages: source.languages, meaning });
            self.anchors.push((pass, anchors));
        }
        Ok(())
    }

    /// Replaces words by symbols and concepts by their forms.
    fn expand(&mut self, nodes: &[Node], languages: u8, depth: usize) -> Result<Vec<Code>, String> {
        if depth > 12 {
            return Err("expected concepts that do not contain each other".to_owned());
        }
        nodes.iter().map(|node| self.expand_node(node, languages, depth)).collect()
    }

    fn expand_node(&mut self, node: &Node, languages: u8, depth: usize) -> Result<Code, String> {
        let inner =
            |this: &mut Self, inner: &Node| this.expand_node(inner, languages, depth + 1).map(Rc::new);
        Ok(match node {
            Node::Word(word) => Code::Word(self.words.intern(word)),
            Node::Concept(name) => self.concept(name, languages, depth)?,
            Node::Alternatives(branches) => {
                let branches = branches.iter().map(|branch| self.expand(branch, languages, depth + 1));
                let branches = branches.collect::<Result<_, String>>()?;
                choice(branches, &self.words)
            }
            Node::Optional(node) => Code::Optional(inner(self, node)?),
            Node::NotNext(node) => Code::NotNext(inner(self, node)?),
            Node::NotBefore(node) => Code::NotBefore(inner(self, node)?),
            Node::Gap(size) => Code::Gap(*size),
            Node::Start => Code::Start,
            Node::End => Code::End,
        })
    }

    /// A concept in a language, else the one of both; made once.
    fn concept(&mut self, name: &str, languages: u8, depth: usize) -> Result<Code, String> {
        let key = (languages, name.to_owned());
        if let Some(made) = self.made.get(&key) {
            return Ok(made.clone());
        }
        let forms = self.concepts.get(&key).or_else(|| self.concepts.get(&(BOTH, name.to_owned()))).cloned();
        let forms = forms.ok_or_else(|| format!("expected a known concept, found `{{{name}}}`"))?;
        let branches = forms.iter().map(|form| self.expand(form, languages, depth + 1));
        let branches = branches.collect::<Result<_, String>>()?;
        let made = concept(branches, &self.words);
        self.made.insert(key, made.clone());
        Ok(made)
    }

    fn finish(mut self) -> Lexicon {
        let symbols = self.words.len();
        let mut index = |pass: Pass| {
            let asked =
                self.anchors.iter_mut().filter(|(of, _)| *of == pass).flat_map(|(_, anchors)| anchors);
            let needs = self.needs.number_anew(symbols, asked.map(|anchor| &mut anchor.needs));
            let mut lists = vec![Vec::new(); symbols];
            for (pattern, (_, anchors)) in self.anchors.iter().enumerate().filter(|(_, (of, _))| *of == pass)
            {
                let Pattern { languages, meaning, .. } = self.patterns[pattern];
                let (rule, element, need) = match meaning {
                    Meaning::Element { rule, element } => {
                        (rule as u16, element, self.rules[rule as usize].need)
                    }
                    _ => (0, 0, 0),
                };
                for Anchor { symbol, least, most, needs } in anchors {
                    let candidate = Candidate {
                        pattern: pattern as u32,
                        least: *least,
                        most: *most,
                        languages,
                        rule,
                        element,
                        need,
                        needs: *needs,
                    };
                    lists[*symbol as usize].push(candidate);
                }
            }
            let mut index = Index { needs, ..Index::default() };
            for mut list in lists {
                list.sort_unstable();
                list.dedup();
                index.starts.push(index.candidates.len() as u32);
                index.candidates.append(&mut list);
            }
            index.starts.push(index.candidates.len() as u32);
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
            called: self.called,
            patterns: self.patterns,
            rules: self.rules,
            rule_index,
            context_index,
            question_index,
            evidence: Evidences::default(),
            fingerprint: String::new(),
        }
    }
}

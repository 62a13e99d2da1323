//! What stands around a phrase and changes how it is read: denial, past, other people, quotation, condition, laughter.
//!
//! Judged clause by clause, never in a window of characters. Context lowers a flag's tier and says why; it never
//! removes the flag (CLINICAL.md, "Demote, do not delete").

use inbox_domain::{Category, ContextMark, Tier};

use crate::lexicon::compile::{CompiledRule, Cue, Lexicon, Meaning, Pass};
use crate::lexicon::schema::Third;
use crate::matcher::{Hit, Matching, find};
use crate::normalise::Break;
use crate::text::Text;

/// Sentences after a phrase in which the present can contradict the past.
const REARM_REACH: u32 = 2;

mod denial;
mod direct;

/// The cues of a message.
pub(crate) struct Context<'a> {
    lexicon: &'a Lexicon,
    text: &'a Text,
    /// Bit of each cue, by token.
    marks: Vec<u32>,
    hits: &'a [Hit],
}

/// How a phrase is to be read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) category: Category,
    pub(crate) tier: Tier,
    pub(crate) context: Vec<ContextMark>,
}

impl Reading {
    pub(crate) fn lower(&mut self, to: Tier, mark: ContextMark) {
        self.tier = self.tier.min(to);
        self.context.push(mark);
    }
}

fn bit(cue: Cue) -> u32 {
    1 << cue as u32
}

impl<'a> Context<'a> {
    /// Finds the cues of a message.
    pub(crate) fn new(lexicon: &'a Lexicon, text: &'a Text, matching: &'a mut Matching) -> Self {
        find(lexicon, text, Pass::Context, matching);
        let hits = &matching.hits;
        let mut marks = vec![0; text.tokens.list.len()];
        for hit in hits {
            if let Meaning::Cue(cue) = lexicon.patterns[hit.pattern as usize].meaning {
                marks[hit.from as usize..hit.to as usize].iter_mut().for_each(|mark| *mark |= bit(cue));
            }
        }
        Self { lexicon, text, marks, hits }
    }

    /// Reads a hit of a rule in its context.
    pub(crate) fn read(&self, rule_number: u32, rule: &CompiledRule, hit: &Hit) -> Reading {
        let mut reading = Reading { category: rule.category, tier: rule.tier, context: Vec::new() };
        if self.is_idiom(rule_number, hit) || (rule.laughter && self.is_laughed_at(hit)) {
            reading.lower(Tier::None, ContextMark::Idiom);
        }
        if self.is_quoted(hit, rule.third == Third::Keeps) {
            reading.lower(Tier::None, ContextMark::Quoted);
        }
        let holds_denial =
            (hit.from..hit.to).any(|token| self.marked(token, Cue::Negation) && Self::is_literal(hit, token));
        let directly = || {
            !holds_denial
                && (self.is_answered_in_line(hit)
                    || (!rule.negation && self.is_denied_directly(hit, rule.elements > 0)))
        };
        if (rule.elements == 0 && self.is_answered_no(hit)) || self.is_denied_around(rule, hit) || directly()
        {
            reading.lower(Tier::None, ContextMark::Negated);
        } else if rule.negation {
            self.apply_negation(hit, &mut reading);
        } else if rule.elements == 0
            && !self.any(hit.from..hit.to, Cue::Negation)
            && self.is_denied_before(hit)
        {
            reading.lower(Tier::None, ContextMark::Negated);
        }
        if rule.history {
            self.apply_history(hit, &mut reading);
        }
        self.apply_person(rule, hit, &mut reading);
        if rule.hypothetical && self.is_hypothetical(hit) {
            reading.lower(Tier::None, ContextMark::Hypothetical);
        }
        reading
    }

    fn marked(&self, token: u32, cue: Cue) -> bool {
        self.marks[token as usize] & bit(cue) != 0
    }

    fn any(&self, mut range: std::ops::Range<u32>, cue: Cue) -> bool {
        range.any(|token| self.marked(token, cue))
    }

    fn sentence(&self, hit: &Hit) -> (u32, u32) {
        let sentence = self.text.sentences[hit.sentence as usize];
        (sentence.from, sentence.to)
    }

    /// Whether a new clause begins at a token.
    fn is_boundary(&self, token: u32, end: u32) -> bool {
        let before = self.text.tokens.list[token as usize].before;
        if before >= Break::Clause || self.marked(token, Cue::Contrast) {
            return true;
        }
        if before == Break::Comma {
            let next = token..(token + 3).min(end);
            return self.any(next.clone(), Cue::Subject) || self.any(next, Cue::Contrast);
        }
        self.marked(token, Cue::Subject) && token > 0 && !self.marked(token - 1, Cue::Opener)
    }

    /// The clause around a hit.
    pub(crate) fn clause(&self, hit: &Hit) -> (u32, u32) {
        let (first, end) = self.sentence(hit);
        let mut from = hit.from;
        while from > first && !self.is_boundary(from, end) {
            from -= 1;
        }
        let mut to = hit.to;
        while to < end && !self.is_boundary(to, end) {
            to += 1;
        }
        (from, to)
    }

    fn is_literal(hit: &Hit, token: u32) -> bool {
        (hit.from..hit.to).contains(&token) && hit.gaps & (1 << (token - hit.from).min(63)) == 0
    }

    fn cues(&self, cue: Cue) -> impl Iterator<Item = &Hit> {
        self.hits
            .iter()
            .filter(move |hit| self.lexicon.patterns[hit.pattern as usize].meaning == Meaning::Cue(cue))
    }

    fn apply_history(&self, hit: &Hit, reading: &mut Reading) {
        let (from, to) = self.clause(hit);
        let (first, end) = self.sentence(hit);
        let remote = self.any(first..end, Cue::Remote);
        if !remote && !self.any(from..to, Cue::History) {
            return;
        }
        if self.is_rearmed(hit) {
            return reading.context.push(ContextMark::LaterContradiction);
        }
        let resolved = remote || self.any(0..self.marks.len() as u32, Cue::Resolved);
        match reading.category {
            Category::Attempt => reading.lower(Tier::Watch, ContextMark::HistoryDoubtful),
            _ if resolved => reading.lower(Tier::None, ContextMark::History),
            _ => reading.lower(reading.tier.lowered(), ContextMark::HistoryDoubtful),
        }
    }

    /// "Until last night", "seit Sonntag wieder": the present beats the past.
    fn is_rearmed(&self, hit: &Hit) -> bool {
        self.cues(Cue::Rearm).any(|cue| {
            let near = cue.sentence >= hit.sentence && cue.sentence <= hit.sentence + REARM_REACH;
            let (from, _) = self.clause(cue);
            let denied = (from..cue.from).any(|token| self.marked(token, Cue::Negation));
            near && !denied
        })
    }

    fn is_quoted(&self, hit: &Hit, reported: bool) -> bool {
        let list = &self.text.tokens.list;
        let tokens = &list[hit.from as usize..hit.to as usize];
        if tokens.iter().all(|token| token.cited) {
            return true;
        }
        let (first, _) = self.sentence(hit);
        let earlier = self.text.sentences[hit.sentence.saturating_sub(1) as usize].from.min(first);
        if tokens.iter().all(|token| token.quoted) {
            return self.any(earlier..hit.from, Cue::QuoteSource);
        }
        let personal = (hit.from..hit.to).any(|token| self.marked(token, Cue::FirstPerson));
        !personal && !reported && self.any(self.clause(hit).0..hit.from, Cue::QuoteSource)
    }

    fn is_hypothetical(&self, hit: &Hit) -> bool {
        let (first, end) = self.sentence(hit);
        self.any(first..end, Cue::Hypothetical)
    }

    fn is_laughed_at(&self, hit: &Hit) -> bool {
        let (first, end) = self.sentence(hit);
        let next = self.text.sentences.get(hit.sentence as usize + 1);
        let end = next.filter(|next| next.to - next.from <= 4).map_or(end, |next| next.to);
        let meant =
            |token: u32| (first.max(token.saturating_sub(3))..token).any(|t| self.marked(t, Cue::Negation));
        (first..end).any(|token| self.marked(token, Cue::Laughter) && !meant(token))
    }

    fn is_idiom(&self, rule_number: u32, hit: &Hit) -> bool {
        // "Not thinking of it" is an idiom of no concern; "it's not that I'm not thinking of it" is none.
        let denied = |other: &Hit| self.any(other.from..other.to, Cue::Negation);
        self.hits.iter().any(|other| match self.lexicon.patterns[other.pattern as usize].meaning {
            Meaning::Unless { rule } => {
                rule == rule_number
                    && other.sentence == hit.sentence
                    && !(denied(other) && self.is_denied_twice(hit))
            }
            Meaning::UnlessMessage { rule } => rule == rule_number,
            _ => false,
        })
    }

    fn apply_person(&self, rule: &CompiledRule, hit: &Hit, reading: &mut Reading) {
        if rule.third == Third::Keeps {
            return;
        }
        let own = (hit.from..hit.to).any(|t| {
            Self::is_literal(hit, t)
                && self.marked(t, Cue::FirstPerson)
                && !self.marked(t, Cue::Relative)
                && !self.marked(t, Cue::Professional)
        });
        if own {
            return;
        }
        let (first, end) = self.sentence(hit);
        let nearest = (first..hit.to).rev().find_map(|token| {
            let marks = self.marks[token as usize];
            if marks & bit(Cue::Professional) != 0 {
                Some(Cue::Professional)
            } else if marks & bit(Cue::Relative) != 0 {
                Some(Cue::Relative)
            } else if marks & bit(Cue::FirstPerson) != 0 {
                Some(Cue::FirstPerson)
            } else {
                None
            }
        });
        match nearest {
            Some(Cue::Professional) => reading.lower(Tier::None, ContextMark::ThirdPerson),
            Some(Cue::Relative) => {
                let over = self.any(0..self.marks.len() as u32, Cue::Resolved)
                    || self.any(first..end, Cue::Remote)
                    || self.any(first..end, Cue::History);
                reading.category = Category::ThirdPartyRisk;
                let to = if over && !self.is_rearmed(hit) { Tier::None } else { reading.tier };
                reading.lower(to, ContextMark::ThirdPerson);
            }
            _ => {}
        }
    }
}

//! Denial: whether what a phrase says is said not to be so.

use inbox_domain::{ContextMark, Tier};

use super::{Context, Reading};
use crate::lexicon::compile::{CompiledRule, Cue};
use crate::lexicon::vocabulary::fact;
use crate::matcher::Hit;
use crate::normalise::Break;

/// How far a denial reaches inside its clause, in words.
const NEGATION_REACH: u32 = 9;
/// How far a German denial reaches back to a phrase before it.
const NEGATION_BEHIND: u32 = 6;
/// Words of a question after the finding that it asks about.
const WORDS_AFTER_FINDING: u32 = 2;
/// Words between a phrase of denial and what it denies, for rules that do not look at single words of negation.
const DENIED_BEFORE: u32 = 4;
/// Words of a question that a short answer denies, and of the answer.
const SHORT_QUESTION: u32 = 7;
/// Words between a phrase and the denial behind it.
const WORDS_BEFORE_DENIAL: u32 = 4;
/// Words of a German clause between what stands first in it and the denial at its end.
const FRONTED_REACH: u32 = 8;

/// Words that say no.
pub(super) const NO: [&[u8]; 23] = [
    b"fehlanzeige",
    b"no",
    b"nope",
    b"none",
    b"not",
    b"never",
    b"nothing",
    b"nil",
    b"nein",
    b"nee",
    b"noe",
    b"nicht",
    b"nichts",
    b"nie",
    b"niemals",
    b"kein",
    b"keine",
    b"keinen",
    b"keinerlei",
    b"keinesfalls",
    b"keineswegs",
    b"neither",
    b"nada",
];
/// Words that can stand with a no without taking anything back.
const WITH_NO: [&[u8]; 74] = [
    b"at",
    b"all",
    b"any",
    b"anymore",
    b"more",
    b"longer",
    b"ever",
    b"once",
    b"in",
    b"the",
    b"slightest",
    b"least",
    b"a",
    b"single",
    b"one",
    b"bit",
    b"of",
    b"that",
    b"those",
    b"sort",
    b"kind",
    b"since",
    b"for",
    b"months",
    b"weeks",
    b"years",
    b"ages",
    b"long",
    b"time",
    b"thanks",
    b"thank",
    b"god",
    b"fortunately",
    b"absolutely",
    b"gar",
    b"ueberhaupt",
    b"absolut",
    b"mehr",
    b"seit",
    b"monaten",
    b"wochen",
    b"jahren",
    b"langem",
    b"lange",
    b"schon",
    b"ewig",
    b"im",
    b"geringsten",
    b"danke",
    b"gott",
    b"sei",
    b"dank",
    b"zum",
    b"glueck",
    b"davon",
    b"dergleichen",
    b"einzige",
    b"einziges",
    b"mal",
    b"last",
    b"letztem",
    b"letzten",
    b"january",
    b"february",
    b"march",
    b"april",
    b"june",
    b"summer",
    b"januar",
    b"februar",
    b"maerz",
    b"juni",
    b"sommer",
    b"winter",
];

impl Context<'_> {
    /// Whether a word denies and nothing around it takes that back.
    pub(super) fn is_plain_denial(&self, token: u32) -> bool {
        self.marked(token, Cue::Negation)
            && !self.marked(token, Cue::PseudoNegation)
            && !self.marked(token, Cue::DoubtfulNegation)
    }

    /// Denials that are clear by where they stand, whatever the rule says of single words of negation: behind the phrase,
    /// right before it, or skipped inside it.
    pub(super) fn is_denied_around(&self, rule: &CompiledRule, hit: &Hit) -> bool {
        let holds_denial =
            (hit.from..hit.to).any(|token| self.marked(token, Cue::Negation) && Self::is_literal(hit, token));
        if holds_denial {
            return false;
        }
        let single = rule.elements == 0 && (self.is_fronted_and_denied(hit) || self.skips_denial(hit));
        (single || self.is_denied_behind(hit) || self.is_denied_next(hit))
            && !self.is_denied_twice(hit)
            && !self.is_resumed(hit)
    }

    /// "Suicide has not crossed my mind", "die Gedanken daran sind nicht mehr da".
    fn is_denied_behind(&self, hit: &Hit) -> bool {
        self.cues(Cue::DeniedBehind).any(|cue| {
            cue.sentence == hit.sentence
                && cue.from > hit.from
                && cue.to > hit.to
                && cue.from <= hit.to + WORDS_BEFORE_DENIAL
                && !self.any(hit.to..cue.from.max(hit.to), Cue::Contrast)
        })
    }

    /// "Ich hatte nie vor, mich umzubringen": the comma belongs to the infinitive.
    fn is_denied_next(&self, hit: &Hit) -> bool {
        let list = &self.text.tokens.list[hit.from as usize..hit.to as usize];
        let with_zu = |word: &[u8]| word.windows(2).any(|two| two == b"zu");
        let infinitive = list.iter().any(|token| with_zu(self.text.tokens.word(token)));
        infinitive
            && self.cues(Cue::DeniedNext).any(|cue| {
                cue.sentence == hit.sentence
                    && cue.from < hit.from
                    && cue.to <= hit.from
                    && hit.from - cue.to <= 1
                    && !self.any(cue.to..hit.from + 1, Cue::Contrast)
            })
    }

    /// "Sterben möchte ich nicht": a German clause that begins with the phrase and ends with a denial.
    fn is_fronted_and_denied(&self, hit: &Hit) -> bool {
        let german = self.text.sentences[hit.sentence as usize].languages & fact::GERMAN != 0;
        let (from, to) = self.clause(hit);
        let first = hit.from == from || (hit.from == from + 1 && self.marked(from, Cue::Contrast));
        german
            && first
            && to > hit.to
            && to - 1 - hit.to <= FRONTED_REACH
            && !self.marked(hit.from, Cue::Subject)
            && self.any(hit.from..to, Cue::Subject)
            && self.marked(to - 1, Cue::Negation)
            && !self.marked(to - 1, Cue::DoubtfulNegation)
            && !self.is_cut_off(to - 1, hit)
    }

    /// "Mein Sohn sagt, er habe keine Suizidgedanken": the phrase is its first and its last words; the gap between them
    /// skipped the word that denies the last.
    fn skips_denial(&self, hit: &Hit) -> bool {
        const NO_SUCH: [&[u8]; 8] =
            [b"no", b"kein", b"keine", b"keinen", b"keinem", b"keiner", b"keinerlei", b"weder"];
        let literal = (hit.from..hit.to).rev().take_while(|token| Self::is_literal(hit, *token));
        let last = literal.last().unwrap_or(hit.from);
        let before = |token: &u32| {
            self.text.tokens.list[*token as usize + 1].before < Break::Comma && !Self::is_literal(hit, *token)
        };
        let mut skipped = (hit.from + 1..last).rev().take_while(before);
        let denial = skipped.find(|token| !self.may_follow_denial(*token));
        denial.is_some_and(|token| NO_SUCH.contains(&self.word(token)))
    }

    pub(super) fn apply_negation(&self, hit: &Hit, reading: &mut Reading) {
        if self.is_denied_twice(hit) {
            return;
        }
        let (from, to) = self.clause(hit);
        let german = self.text.sentences[hit.sentence as usize].languages & fact::GERMAN != 0;
        let behind = if german { (hit.to + NEGATION_BEHIND).min(to) } else { hit.to };
        let denies = |token: u32| {
            self.is_plain_denial(token) && !Self::is_literal(hit, token) && !self.is_cut_off(token, hit)
        };
        let plain = (from.max(hit.from.saturating_sub(NEGATION_REACH))..behind).any(denies);
        if (plain || self.has_negation_phrase(hit)) && self.is_resumed(hit) {
            reading.context.push(ContextMark::LaterContradiction);
        } else if plain || self.has_negation_phrase(hit) {
            reading.lower(Tier::None, ContextMark::Negated);
        } else if (from..behind).any(|t| self.marked(t, Cue::DoubtfulNegation) && !Self::is_literal(hit, t)) {
            reading.lower(reading.tier.lowered(), ContextMark::NegationDoubtful);
        }
    }

    /// "It's not that I never think of it": the denied clause denies, so the phrase stands.
    pub(super) fn is_denied_twice(&self, hit: &Hit) -> bool {
        self.claims(hit).any(|claim| {
            (claim.to..hit.to).any(|token| self.marked(token, Cue::Negation) && !Self::is_literal(hit, token))
        })
    }

    /// Cues that deny the clause of a hit as a whole; the clause that they deny ends where another begins.
    fn claims(&self, hit: &Hit) -> impl Iterator<Item = &Hit> {
        let (sentence, from) = (hit.sentence, hit.from);
        let (_, end) = self.sentence(hit);
        self.cues(Cue::DeniedClaim).filter(move |claim| {
            claim.sentence == sentence
                && claim.to <= from
                && !(claim.to..from + 1).any(|token| self.is_boundary(token, end))
        })
    }

    /// "Hadn't cut for six years, until last night": what was denied has begun again.
    pub(super) fn is_resumed(&self, hit: &Hit) -> bool {
        const UNTIL: [&[u8]; 4] = [b"until", b"till", b"til", b"bis"];
        self.cues(Cue::Rearm).any(|cue| {
            let word = self.text.tokens.word(&self.text.tokens.list[cue.from as usize]);
            let follows =
                cue.sentence == hit.sentence && cue.from >= hit.to || cue.sentence == hit.sentence + 1;
            follows && UNTIL.contains(&word)
        })
    }

    /// Whether a comma stands between a denial and the phrase: "no rash, shaking all night" denies the rash alone, while
    /// "no rash, fever or shaking" is a list.
    fn is_cut_off(&self, denial: u32, hit: &Hit) -> bool {
        let (from, to) = if denial < hit.from { (denial + 1, hit.from + 1) } else { (hit.to, denial + 1) };
        let comma = (from..to).any(|token| self.text.tokens.list[token as usize].before == Break::Comma);
        let (_, end) = self.sentence(hit);
        comma
            && !self.any(denial..end.min(hit.to + 3), Cue::Alternative)
            && !self.is_list_denied_behind(hit, denial)
    }

    /// "I have no plans to ...", "es ist nicht so, dass ...": reaches over commas up to a contrast.
    fn has_negation_phrase(&self, hit: &Hit) -> bool {
        self.claims(hit).next().is_some()
            || self.cues(Cue::NegationPhrase).any(|cue| {
                cue.sentence == hit.sentence
                    && cue.from <= hit.from
                    && !(cue.from..cue.to).all(|token| Self::is_literal(hit, token))
                    && !self.any(cue.to.min(hit.from)..hit.from + 1, Cue::Contrast)
            })
    }

    /// "Thoughts of suicide? No, none.": a short question, answered in the next sentence.
    pub(super) fn is_answered_no(&self, hit: &Hit) -> bool {
        let (first, end) = self.sentence(hit);
        let next = self.text.sentences.get(hit.sentence as usize + 1);
        next.is_some_and(|next| {
            let short = end - first <= SHORT_QUESTION && next.to - next.from <= SHORT_QUESTION;
            let asked = self.text.tokens.list[end as usize - 1].asked;
            let ends_question = end - hit.to <= WORDS_AFTER_FINDING;
            short && asked && ends_question && self.only_denies((next.from, next.to))
        })
    }

    /// Whether an answer says no and nothing else: "no, none", "not in the slightest", "seit Monaten nichts mehr".
    fn only_denies(&self, (from, to): (u32, u32)) -> bool {
        let words = || {
            self.text.tokens.list[from as usize..to as usize].iter().map(|token| self.text.tokens.word(token))
        };
        let says_more = |word: &[u8]| {
            !NO.contains(&word) && !WITH_NO.contains(&word) && !word.iter().all(u8::is_ascii_digit)
        };
        words().any(|word| NO.contains(&word)) && !words().any(says_more)
    }

    /// "Denies ...", "I have no thoughts of ...": a phrase of denial before a phrase that holds no negation of its own, in
    /// the same sentence without a contrast or another person's clause between. It is clear enough to count against
    /// rules that do not look at single words of negation.
    pub(super) fn is_denied_before(&self, hit: &Hit) -> bool {
        let (from, _) = self.clause(hit);
        if self.is_denied_twice(hit) {
            return false;
        }
        self.claims(hit).next().is_some()
            || self.cues(Cue::NegationPhrase).any(|cue| {
                cue.sentence == hit.sentence
                    && cue.from >= from
                    && cue.from < hit.from
                    && hit.from.saturating_sub(cue.to) <= DENIED_BEFORE
                    && !self.any(cue.to.min(hit.from)..hit.from + 1, Cue::Contrast)
            })
    }
}

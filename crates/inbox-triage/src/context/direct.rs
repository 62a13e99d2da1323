//! Denial that stands right at a phrase: before it ("no shakes"), at the head of its list ("isn't bingeing, purging or
//! restricting") or behind it as an answer in a form ("self-harm: no"). It counts against every rule, also against those
//! that do not look at single words of negation, because their own phrases hold some.

use super::Context;
use crate::lexicon::compile::Cue;
use crate::matcher::Hit;
use crate::normalise::Break;

/// How far back the head of a list is looked for, in words.
const LIST_REACH: u32 = 12;
/// Words of an item of a list.
const ITEM: u32 = 2;
/// Words between a phrase and the answer behind it.
const BEFORE_ANSWER: u32 = 4;

/// Words that may stand between a denial and what it denies.
const BETWEEN: [&[u8]; 55] = [
    b"any",
    b"a",
    b"an",
    b"the",
    b"my",
    b"his",
    b"her",
    b"their",
    b"feel",
    b"felt",
    b"feeling",
    b"been",
    b"being",
    b"be",
    b"have",
    b"had",
    b"having",
    b"ever",
    b"once",
    b"of",
    b"to",
    b"such",
    b"more",
    b"longer",
    b"other",
    b"further",
    b"new",
    b"current",
    b"active",
    b"sign",
    b"signs",
    b"evidence",
    b"thoughts",
    b"history",
    b"mehr",
    b"irgendwelche",
    b"ein",
    b"eine",
    b"einen",
    b"den",
    b"die",
    b"das",
    b"der",
    b"akute",
    b"akuten",
    b"aktuellen",
    b"je",
    b"jemals",
    b"neuen",
    b"ans",
    b"an",
    b"nach",
    b"vom",
    b"von",
    b"zu",
];
/// Denials of being able to, which say that something goes on: "can't stop".
const UNABLE: [&[u8]; 6] = [b"cant", b"cannot", b"couldnt", b"can", b"nothing", b"nichts"];
/// Words that join items which are all denied behind them: "Pläne und Impulse werden verneint".
const AND: [&[u8]; 5] = [b"und", b"sowie", b"and", b"oder", b"or"];
/// Denials that reach back over a list.
const DENIED: [&[u8]; 8] = [
    b"verneint",
    b"verneinte",
    b"negiert",
    b"ausgeschlossen",
    b"bestritten",
    b"denied",
    b"absent",
    b"excluded",
];
/// Words that join the items of a list of which none holds.
const OR: [&[u8]; 4] = [b"or", b"nor", b"oder", b"noch"];
/// Answers of a form that say no.
const NO_IN_FORMS: [&[u8]; 17] = [
    b"no",
    b"nope",
    b"none",
    b"never",
    b"nil",
    b"zero",
    b"0",
    b"negative",
    b"nein",
    b"nie",
    b"niemals",
    b"keine",
    b"keiner",
    b"null",
    b"negativ",
    b"fehlanzeige",
    b"nada",
];

impl Context<'_> {
    /// Whether a word may stand between a denial and what it denies.
    pub(super) fn may_follow_denial(&self, token: u32) -> bool {
        BETWEEN.contains(&self.word(token))
    }

    pub(super) fn word(&self, token: u32) -> &[u8] {
        self.text.tokens.word(&self.text.tokens.list[token as usize])
    }

    /// `of_frame`: of an element of a frame "without" is a part of the scene ("eight months without cutting, until today").
    pub(super) fn is_denied_directly(&self, hit: &Hit, of_frame: bool) -> bool {
        self.is_headed_by_denial(hit, of_frame) && !self.is_denied_twice(hit) && !self.is_resumed(hit)
    }

    /// Whether the words before a phrase deny it, itself or the list that it stands in.
    fn is_headed_by_denial(&self, hit: &Hit, of_frame: bool) -> bool {
        let (first, end) = self.sentence(hit);
        let neither = (first..hit.from).any(|token| self.word(token) == b"weder");
        let is_or = |token: u32| {
            let word = self.word(token);
            OR.contains(&word) && (word != b"noch" || neither)
        };
        let alternative = (hit.from..end.min(hit.to + 3)).any(is_or);
        let (mut words, mut joined) = (0, false);
        let mut at = hit.from;
        while at > first.max(hit.from.saturating_sub(LIST_REACH)) {
            let comma = match self.text.tokens.list[at as usize].before {
                Break::No => false,
                Break::Comma => true,
                _ => return false,
            };
            at -= 1;
            if comma {
                if !alternative && !(at..hit.from).any(is_or) {
                    return false;
                }
                (words, joined) = (0, true);
            }
            if self.marked(at, Cue::Negation) {
                let word = self.word(at);
                let without = of_frame && matches!(word, b"without" | b"ohne");
                let plain = self.is_plain_denial(at) && !without && !UNABLE.contains(&word);
                return plain && words <= if joined { ITEM } else { 0 };
            }
            if self.marked(at, Cue::Contrast) || self.marked(at, Cue::Subject) {
                return false;
            }
            if is_or(at) {
                (words, joined) = (0, true);
            } else if !BETWEEN.contains(&self.word(at)) {
                words += 1;
            }
            if words > ITEM {
                return false;
            }
        }
        false
    }

    /// "Self-harm: no", "Gedanken an Suizid, nie", "lieber tot: 0": the answer of a form behind its question.
    pub(super) fn is_answered_in_line(&self, hit: &Hit) -> bool {
        let list = &self.text.tokens.list;
        let (_, end) = self.sentence(hit);
        if (hit.from..hit.to).any(|token| matches!(self.word(token), b"i" | b"ich" | b"im" | b"ive")) {
            return false;
        }
        let ends = |token: u32| token >= end || list[token as usize].before >= Break::Comma;
        for at in hit.to..end.min(hit.to + BEFORE_ANSWER) {
            let word = self.word(at);
            let follows =
                at == hit.to || list[at as usize].before >= Break::Comma || self.word(at - 1) == b"item";
            let (says_no, next) = match word {
                b"not" if follows => {
                    (at + 2 < end && self.word(at + 1) == b"at" && self.word(at + 2) == b"all", at + 3)
                }
                b"gar" | b"ueberhaupt" if follows => (at + 1 < end && self.word(at + 1) == b"nicht", at + 2),
                _ => (follows && NO_IN_FORMS.contains(&word), at + 1),
            };
            if says_no && ends(next) {
                return true;
            }
            if self.marked(at, Cue::Contrast)
                || self.marked(at, Cue::FirstPerson)
                || self.marked(at, Cue::Negation)
            {
                return false;
            }
        }
        false
    }

    /// "Suizidgedanken, Suizidpläne und Fremdaggression werden verneint": the items before the last are denied too.
    pub(super) fn is_list_denied_behind(&self, hit: &Hit, denial: u32) -> bool {
        denial >= hit.to
            && DENIED.contains(&self.word(denial))
            && (hit.to..denial).any(|token| AND.contains(&self.word(token)))
            && !self.any(hit.to..denial, Cue::Subject)
            && !self.any(hit.to..denial, Cue::Contrast)
            && !self.any(hit.to..denial, Cue::FirstPerson)
    }
}

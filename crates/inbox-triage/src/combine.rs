//! From hits to flags: frames whose elements are all there, combinations with other flags, one flag for one concern.

use inbox_domain::{Category, ContextMark, Flag, Tier};

use crate::context::{Context, Reading};
use crate::lexicon::compile::{CompiledRule, Lexicon, Meaning};
use crate::lexicon::schema::Within;
use crate::matcher::{Hit, Matching};
use crate::text::Text;

/// Flags of one message that are kept; more would hide the first.
const MOST_FLAGS: usize = 64;
/// Flags of one rule.
const MOST_PER_RULE: usize = 6;
/// Sentences between elements that stand near.
const NEAR: u32 = 2;

/// A hit of an element of a rule: rule, element, place.
type Element = (u32, u8, Hit);

/// A flag before its words are cut from the text.
struct Raised {
    rule: u32,
    hit: Hit,
    also: Vec<Hit>,
    reading: Reading,
}

/// Makes flags of the hits of rules.
pub(crate) fn flags(
    lexicon: &Lexicon,
    text: &Text,
    original: &str,
    hits: &[Hit],
    answered: &[u32],
    matching: &mut Matching,
) -> Vec<Flag> {
    let mut raised = raised_by_rules(lexicon, text, hits, answered, matching);
    if raised.needs_support(lexicon) && lexicon.evidence.is_everyday(text) {
        raised.lower_conclusions(lexicon);
    }
    // Lowered first: a conclusion that no longer counts must not cover what another rule has read.
    raised.flags = one_for_each_concern(lexicon, raised.flags);
    let tier = raised.highest_tier();
    raised.flags.extend(raised_by_evidence(lexicon, text, &raised.set_aside, tier));
    into_flags(lexicon, text, original, raised.flags)
}

/// What the learner of evidence asks about a message.
pub(crate) struct RulesAlone {
    /// The tier by rules.
    pub(crate) tier: Tier,
    /// The tier by rules if the message read everyday.
    pub(crate) if_everyday: Tier,
    /// Clauses that evidence leaves out.
    pub(crate) set_aside: Vec<(u32, u32)>,
}

/// What rules say without evidence.
pub(crate) fn rules_alone(lexicon: &Lexicon, text: &Text, hits: &[Hit]) -> RulesAlone {
    let mut raised = raised_by_rules(lexicon, text, hits, &[], &mut Matching::default());
    let tier = raised.highest_tier();
    raised.lower_conclusions(lexicon);
    RulesAlone { tier, if_everyday: raised.highest_tier(), set_aside: raised.set_aside }
}

/// What rules raised, and the words that they read as no concern.
#[derive(Default)]
struct RaisedByRules {
    flags: Vec<Raised>,
    /// Clauses (from, to), in order and apart.
    set_aside: Vec<(u32, u32)>,
}

impl RaisedByRules {
    fn needs_support(&self, lexicon: &Lexicon) -> bool {
        let concluded = |flag: &Raised| lexicon.rules[flag.rule as usize].needs_support;
        self.flags.iter().any(|flag| flag.reading.tier > Tier::Watch && concluded(flag))
    }

    /// Conclusions from single elements count one tier less in a message that reads everyday, never less than a warning sign
    /// (CLINICAL.md, principle 6).
    fn lower_conclusions(&mut self, lexicon: &Lexicon) {
        for flag in &mut self.flags {
            if flag.reading.tier > Tier::Watch && lexicon.rules[flag.rule as usize].needs_support {
                flag.reading.lower(flag.reading.tier.lowered(), ContextMark::Everyday);
            }
        }
    }

    fn highest_tier(&self) -> Tier {
        self.flags.iter().map(|flag| flag.reading.tier).max().unwrap_or(Tier::None)
    }
}

fn raised_by_rules(
    lexicon: &Lexicon,
    text: &Text,
    hits: &[Hit],
    answered: &[u32],
    matching: &mut Matching,
) -> RaisedByRules {
    let mut sorted: Vec<Element> = hits
        .iter()
        .filter_map(|hit| match lexicon.patterns[hit.pattern as usize].meaning {
            Meaning::Element { rule, element } => Some((rule, element, *hit)),
            _ => None,
        })
        .collect();
    sorted.sort_unstable_by_key(|(rule, element, hit)| (*rule, hit.from, *element, hit.to, hit.pattern));
    let may_count = |group: &[Element]| {
        let rule = &lexicon.rules[group[0].0 as usize];
        usize::from(rule.need) <= 1 || different_elements(group) >= u32::from(rule.need)
    };
    // Context is the dear part, and most messages hold an element or two of frames that are never complete.
    if !sorted.chunk_by(|a, b| a.0 == b.0).any(may_count) {
        return RaisedByRules::default();
    }
    let context = Context::new(lexicon, text, matching);
    let mut raised = Vec::new();
    let mut combinations = Vec::new();
    for group in sorted.chunk_by(|a, b| a.0 == b.0).filter(|group| may_count(group)) {
        let number = group[0].0;
        let rule = &lexicon.rules[number as usize];
        if rule.answers && !answered.contains(&number) {
            continue;
        }
        let found = raise(number, rule, group, &context);
        if rule.with.is_empty() { raised.extend(found) } else { combinations.extend(found) }
    }
    add_combinations(lexicon, &mut raised, combinations);
    let set_aside = set_aside(&raised, &context);
    RaisedByRules { flags: raised, set_aside }
}

/// Clauses whose phrase was read as denied, past, quoted, an idiom or somebody else's work.
fn set_aside(raised: &[Raised], context: &Context<'_>) -> Vec<(u32, u32)> {
    let read_as_none = raised.iter().filter(|flag| flag.reading.tier == Tier::None);
    let mut clauses: Vec<(u32, u32)> = read_as_none.map(|flag| context.clause(&flag.hit)).collect();
    clauses.sort_unstable();
    let mut apart: Vec<(u32, u32)> = Vec::with_capacity(clauses.len());
    for (from, to) in clauses {
        match apart.last_mut().filter(|last| from <= last.1) {
            Some(last) => last.1 = last.1.max(to),
            None => apart.push((from, to)),
        }
    }
    apart
}

/// Many words that together read like concern, when they say more than the rules did.
fn raised_by_evidence(
    lexicon: &Lexicon,
    text: &Text,
    set_aside: &[(u32, u32)],
    tier: Tier,
) -> Option<Raised> {
    let evidence = lexicon.evidence.judge(text, set_aside).filter(|evidence| evidence.tier > tier)?;
    let rule = lexicon.evidence_rule(evidence.language)?;
    let mut marks = evidence.marks.iter().map(|(from, to)| Hit {
        pattern: 0,
        sentence: 0,
        from: *from,
        to: *to,
        gaps: 0,
    });
    let hit = marks.next()?;
    let context = vec![ContextMark::Combined];
    let reading = Reading { category: evidence.category, tier: evidence.tier, context };
    Some(Raised { rule, hit, also: marks.collect(), reading })
}

/// How many of a frame's elements are among the hits of its group.
fn different_elements(group: &[Element]) -> u32 {
    group.iter().fold(0u32, |seen, (_, element, _)| seen | 1 << (element & 31)).count_ones()
}

fn raise(number: u32, rule: &CompiledRule, group: &[Element], context: &Context<'_>) -> Vec<Raised> {
    if rule.elements > 0 {
        return frame(number, rule, group, context).into_iter().collect();
    }
    let mut all: Vec<Raised> = Vec::new();
    for (_, _, hit) in group {
        if all.last().is_some_and(|last| hit.from < last.hit.to && hit.to <= last.hit.to) {
            continue;
        }
        if all.len() >= MOST_PER_RULE {
            break;
        }
        let mut reading = context.read(number, rule, hit);
        if rule.answers {
            reading.context.push(ContextMark::ThreadContext);
        }
        all.push(Raised { rule: number, hit: *hit, also: Vec::new(), reading });
    }
    all
}

/// The first set of elements that stand together; elements that are denied, quoted or past do not count.
fn frame(number: u32, rule: &CompiledRule, group: &[Element], context: &Context<'_>) -> Option<Raised> {
    let live: Vec<(u8, Hit, Reading)> = group
        .iter()
        .take(64)
        .map(|(_, element, hit)| (*element, *hit, context.read(number, rule, hit)))
        .filter(|(_, _, reading)| reading.tier > Tier::None)
        .collect();
    let apart = |a: &Hit, b: &Hit| match rule.within {
        Within::Message => true,
        Within::Sentence => a.sentence == b.sentence,
        Within::Near => a.sentence.abs_diff(b.sentence) <= NEAR,
    };
    for (at, (element, hit, reading)) in live.iter().enumerate() {
        let mut chosen: Vec<(u8, Hit)> = vec![(*element, *hit)];
        let mut lowest = reading.clone();
        for (other, next, reading) in &live[at + 1..] {
            let new = chosen
                .iter()
                .all(|(used, hit)| used != other && (next.from >= hit.to || next.to <= hit.from));
            if new && apart(hit, next) {
                chosen.push((*other, *next));
                lowest = weaker(lowest, reading);
            }
        }
        if chosen.len() >= usize::from(rule.need) {
            let also = chosen[1..].iter().map(|(_, hit)| *hit).collect();
            lowest.context.push(ContextMark::Combined);
            return Some(Raised { rule: number, hit: *hit, also, reading: lowest });
        }
    }
    None
}

/// A frame is as sure as its least sure element, and about somebody else if any element is.
fn weaker(mut a: Reading, b: &Reading) -> Reading {
    a.tier = a.tier.min(b.tier);
    if b.category == Category::ThirdPartyRisk {
        a.category = b.category;
    }
    for mark in &b.context {
        if !a.context.contains(mark) {
            a.context.push(*mark);
        }
    }
    a
}

fn add_combinations(lexicon: &Lexicon, raised: &mut Vec<Raised>, combinations: Vec<Raised>) {
    for mut combination in combinations {
        let with = &lexicon.rules[combination.rule as usize].with;
        let partner = raised.iter().find(|other| {
            let spoken = lexicon.rules[other.rule as usize].category;
            other.reading.tier > Tier::None
                && (with.contains(&other.reading.category) || with.contains(&spoken))
        });
        if let Some(partner) = partner {
            combination.also.push(partner.hit);
            combination.reading.context.push(ContextMark::Combined);
            if partner.reading.category == Category::ThirdPartyRisk {
                combination.reading.category = Category::ThirdPartyRisk;
            }
            raised.push(combination);
        }
    }
}

/// Of overlapping flags of one category the most urgent stays, then the longest; what a clinic looks for stays beside it.
fn one_for_each_concern(lexicon: &Lexicon, mut raised: Vec<Raised>) -> Vec<Raised> {
    raised.sort_by_key(|flag| {
        (
            std::cmp::Reverse(flag.reading.tier),
            std::cmp::Reverse(flag.hit.to - flag.hit.from),
            flag.hit.from,
            flag.rule,
        )
    });
    let mut kept: Vec<Raised> = Vec::new();
    for flag in raised {
        if kept.len() >= MOST_FLAGS {
            break;
        }
        let own = lexicon.rules[flag.rule as usize].own;
        let covered = !own
            && kept.iter().any(|other| {
                other.reading.category == flag.reading.category
                    && flag.hit.from < other.hit.to
                    && other.hit.from < flag.hit.to
            });
        if !covered {
            kept.push(flag);
        }
    }
    kept
}

fn into_flags(lexicon: &Lexicon, text: &Text, original: &str, mut raised: Vec<Raised>) -> Vec<Flag> {
    raised.sort_by_key(|flag| (flag.hit.from, flag.hit.to, flag.rule));
    if raised.is_empty() {
        return Vec::new();
    }
    let mut ends: Vec<usize> = Vec::new();
    let span = |hit: &Hit| {
        let list = &text.tokens.list;
        (list[hit.from as usize].start as usize, list[hit.to as usize - 1].end as usize)
    };
    raised.iter().for_each(|flag| ends.extend([span(&flag.hit).0, span(&flag.hit).1]));
    let bytes = byte_offsets(original, ends);
    let byte = |character: usize| {
        bytes.binary_search_by_key(&character, |(at, _)| *at).map_or(original.len(), |found| bytes[found].1)
    };
    raised
        .into_iter()
        .map(|flag| {
            let rule = &lexicon.rules[flag.rule as usize];
            let mut reading = flag.reading;
            let full = if rule.evidence { reading.tier } else { rule.tier };
            if rule.watch_only && reading.tier > Tier::Watch {
                reading.tier = Tier::Watch;
                reading.context.push(ContextMark::WatchOnly);
            }
            let (start, end) = span(&flag.hit);
            let mut also: Vec<(usize, usize)> = flag.also.iter().map(span).collect();
            also.sort_unstable();
            also.dedup();
            Flag {
                rule: rule.id.clone(),
                category: reading.category,
                tier: reading.tier,
                start,
                end,
                text: original.get(byte(start)..byte(end)).unwrap_or_default().to_owned(),
                demoted: reading.tier < full,
                context: reading.context,
                also,
            }
        })
        .collect()
}

/// Byte offsets of character offsets, in one pass; sorted by character offset.
fn byte_offsets(original: &str, mut wanted: Vec<usize>) -> Vec<(usize, usize)> {
    wanted.sort_unstable();
    wanted.dedup();
    let mut offsets = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.into_iter().peekable();
    for (character, (byte, _)) in original.char_indices().enumerate() {
        if wanted.peek() == Some(&character) {
            offsets.push((character, byte));
            wanted.next();
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    offsets.extend(wanted.map(|character| (character, original.len())));
    offsets
}

//! A thread that gets worse: single warning signs, none of them urgent alone, in one message after another.
//!
//! Looked at only when a message holds warning signs and nothing above; the messages before are then judged too, each by
//! itself. A rule on counts of words across messages was rejected: nobody could check it at a glance.

use inbox_domain::{Category, ContextMark, Flag, Tier};

use crate::engine::{ContextMessage, Engine, TriageInput};

/// Earlier messages of the patient that are looked at.
const LOOK_BACK: usize = 4;
/// How many of them must hold such a sign.
const EARLIER_SIGNS: usize = 2;
/// Signs about the writer's own life; an upset stomach twice is no escalation.
const OWN_LIFE: [Category; 10] = [
    Category::IdeationPassive,
    Category::IdeationActive,
    Category::Intent,
    Category::Plan,
    Category::Means,
    Category::Preparation,
    Category::Attempt,
    Category::SelfHarm,
    Category::Hopelessness,
    Category::Psychosis,
];

/// The flag of an escalating thread, on the words of this message's first sign.
pub(crate) fn flag(engine: &Engine, flags: &[Flag], context: &[ContextMessage]) -> Option<Flag> {
    let own = |flag: &&Flag| flag.tier > Tier::None && OWN_LIFE.contains(&flag.category);
    let highest = flags.iter().map(|flag| flag.tier).max().unwrap_or(Tier::None);
    let sign = flags.iter().find(own)?;
    if highest != Tier::Watch || context.is_empty() {
        return None;
    }
    let rule = engine.escalation_rule()?;
    let earlier = context.iter().rev().filter(|message| message.from_patient).take(LOOK_BACK);
    let with_signs = earlier.filter(|message| {
        let judged = engine.triage(&TriageInput { text: &message.text, lang: None, context: &[] });
        judged.flags.iter().any(|flag| own(&flag))
    });
    if with_signs.count() < EARLIER_SIGNS {
        return None;
    }
    let mut context = vec![ContextMark::ThreadContext];
    let tier = if rule.watch_only { Tier::Watch } else { rule.tier };
    if rule.watch_only {
        context.push(ContextMark::WatchOnly);
    }
    Some(Flag {
        rule: rule.id.clone(),
        category: sign.category,
        tier,
        context,
        demoted: rule.watch_only,
        ..sign.clone()
    })
}

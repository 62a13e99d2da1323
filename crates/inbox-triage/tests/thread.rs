//! Messages read together with those before them.

use inbox_domain::{ContextMark, Tier, Triaged};
use inbox_triage::{ContextMessage, Engine, TriageInput};

fn patient(text: &str) -> ContextMessage {
    ContextMessage { from_patient: true, text: text.to_owned() }
}

fn clinician(text: &str) -> ContextMessage {
    ContextMessage { from_patient: false, text: text.to_owned() }
}

fn triage(text: &str, context: &[ContextMessage]) -> Triaged {
    Engine::builtin().triage(&TriageInput { text, lang: None, context })
}

#[test]
fn no_to_are_you_safe_is_urgent_and_no_alone_is_nothing() {
    let asked = [clinician("Thank you for writing. Are you safe tonight?")];
    let judged = triage("No.", &asked);
    assert_eq!(judged.tier, Tier::Urgent);
    assert!(judged.flags[0].context.contains(&ContextMark::ThreadContext));
    assert_eq!(triage("No.", &[]).tier, Tier::None);
    assert_eq!(triage("No.", &[clinician("Did the pharmacy call you?")]).tier, Tier::None);
    assert_eq!(triage("Nein.", &[clinician("Sind Sie heute Nacht sicher?")]).tier, Tier::Urgent);
}

#[test]
fn yes_to_thoughts_again_is_urgent() {
    assert_eq!(
        triage("Yes, a little.", &[clinician("Are you having thoughts of suicide again?")]).tier,
        Tier::Urgent
    );
    assert_eq!(triage("Ja, wieder.", &[clinician("Haben Sie wieder Suizidgedanken?")]).tier, Tier::Urgent);
    assert_eq!(triage("Yes, a little.", &[clinician("Does the new dose help?")]).tier, Tier::None);
}

#[test]
fn a_question_repeated_in_the_reply_is_the_question() {
    assert_eq!(triage("> Are you safe tonight?\nNo.", &[]).tier, Tier::Urgent);
    assert_eq!(triage("> Did the pharmacy call you?\nNo.", &[]).tier, Tier::None);
}

#[test]
fn repeated_words_of_the_clinic_are_not_the_patients() {
    let reply =
        "> If you have thoughts of suicide or want to die, call 988.\nThanks, got it. See you Monday.";
    let judged = triage(reply, &[]);
    assert_eq!(judged.tier, Tier::None, "{:?}", judged.flags);
}

#[test]
fn the_third_warning_sign_in_a_row_is_urgent() {
    let sign = "I feel so hopeless, nothing will ever change.";
    assert_eq!(triage(sign, &[]).tier, Tier::Watch, "the sample is a warning sign alone");
    let calm = patient("Could you send the form again, please?");
    assert_eq!(triage(sign, &[patient(sign), clinician("I read this."), calm.clone()]).tier, Tier::Watch);
    let judged = triage(sign, &[patient(sign), calm, patient(sign), clinician("I read this.")]);
    assert_eq!(judged.tier, Tier::Urgent);
    let flag = judged.flags.iter().find(|flag| flag.rule == "thread.escalation").unwrap();
    assert_eq!(flag.context, [ContextMark::ThreadContext]);
    let own: String = sign.chars().skip(flag.start).take(flag.end - flag.start).collect();
    assert_eq!(flag.text, own);
}

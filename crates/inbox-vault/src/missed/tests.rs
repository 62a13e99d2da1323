use inbox_domain::Tier;

use super::*;
use crate::Vault;
use crate::vault::testing::{at, batch, message, vault};

fn first(vault: &Vault) -> MessageId {
    vault.messages(vault.t1()).unwrap()[0].id
}

#[test]
fn a_report_is_one_a_message_and_category_and_can_be_taken_back() {
    let (_dir, vault) = vault();
    vault
        .apply(&batch([message("m1", 0, "words"), message("m2", 1, "reply").by_clinician()]), at(2))
        .unwrap();
    let id = first(&vault);
    assert_eq!(vault.report_missed(id, Category::Plan, "first words", at(3)).unwrap(), vault.t1());
    vault.report_missed(id, Category::Plan, "other words", at(4)).unwrap();
    vault.report_missed(id, Category::Means, "", at(5)).unwrap();
    let reports = vault.missed().unwrap();
    assert_eq!(vault.thread_missed(vault.t1()).unwrap().len(), 2);
    let said: Vec<_> = reports.iter().map(|report| (report.category, report.wording.as_str())).collect();
    assert_eq!(said, [(Category::Plan, "other words"), (Category::Means, "")]);
    assert!(reports[0].patient.is_some());
    vault.withdraw_missed(id, Category::Plan, at(6)).unwrap();
    assert_eq!(vault.missed().unwrap().len(), 1);
    assert!(matches!(vault.withdraw_missed(id, Category::Plan, at(7)), Err(VaultError::NoSuch("report"))));
    let actions: Vec<_> = vault.audit(4).unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["triage.missed-withdraw", "triage.missed", "triage.missed", "triage.missed"]);
    assert_eq!(vault.audit(1).unwrap()[0].subject, format!("message:{id}"));
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn only_messages_of_the_patients_side_can_be_missed() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "reply").by_clinician()]), at(2)).unwrap();
    for id in [first(&vault), MessageId(99)] {
        let answer = vault.report_missed(id, Category::Plan, "", at(3));
        assert!(matches!(answer, Err(VaultError::NoSuch("message"))));
    }
    assert_eq!(vault.missed().unwrap(), []);
}

#[test]
fn counts_are_of_flags_that_stand_and_of_those_called_wrong() {
    let (_dir, vault) = vault();
    let flagged = |id: &str, minutes, tier| message(id, minutes, "some words").flagged(tier);
    vault
        .apply(
            &batch([
                flagged("m1", 0, Tier::Watch),
                flagged("m2", 1, Tier::Watch),
                flagged("m3", 2, Tier::None),
                message("m4", 3, "else"),
            ]),
            at(4),
        )
        .unwrap();
    let flags: Vec<_> = vault
        .messages(vault.t1())
        .unwrap()
        .into_iter()
        .flat_map(|message| message.flags)
        .map(|flag| flag.id)
        .collect();
    vault.dismiss_flag(flags[0], true, at(5)).unwrap();
    let counted = |raised, wrong| vec![RuleCount { rule: "en.test.0".into(), raised, wrong }];
    assert_eq!(vault.rule_counts().unwrap(), counted(2, 1));
    // A later version of the message raises neither any more: what was said of the rule stays said.
    vault.apply(&batch([message("m1", 0, "calm").version("2", 9)]), at(9)).unwrap();
    vault.apply(&batch([message("m2", 1, "calm").version("2", 9)]), at(9)).unwrap();
    assert_eq!(vault.rule_counts().unwrap(), counted(1, 1));
}

//! Handing a thread over to a colleague.

use demo_portal::{Fault, FaultKind, Quirks};
use inbox_domain::{ActKind, ActState, Clock as _};

use super::{BRANDT, act, clinic_at, holder, reference, wednesday};
use crate::rig::{ADLER, Rig, recipients};

fn hand_over(rig: &Rig, header: &str) {
    rig.vault.hand_over(rig.thread(header), &reference(BRANDT), rig.time.now()).unwrap();
}

fn outcome(rig: &Rig, header: &str) -> (ActState, Option<String>) {
    let act = rig.vault.thread_acts(rig.thread(header)).unwrap().pop().unwrap();
    (act.state, act.error)
}

#[tokio::test]
async fn a_colleague_reads_a_thread_after_it_was_handed_over() {
    for name in ["none", "medplum", "helios", "wso2"] {
        let rig = clinic_at(wednesday(), Quirks::preset(name).unwrap()).await;
        let brandt = rig.beside(BRANDT);
        brandt.sync().await;
        let (_, header) = rig.patient_writes("Can I have a refill?");
        rig.sync().await;
        rig.reply(&header, "Which one?");
        rig.sync().await;
        act(&rig, ADLER, &header, ActKind::Claim);
        rig.sync().await;
        brandt.sync().await;
        assert!(brandt.stored().is_empty(), "{name}: not hers yet");
        hand_over(&rig, &header);
        rig.sync().await;
        assert_eq!(outcome(&rig, &header), (ActState::Done, None), "{name}");
        let server = rig.control().resource("Communication", &header).unwrap();
        assert!(recipients(&server).contains(&reference(BRANDT)));
        assert!(recipients(&server).contains(&reference(ADLER)), "{name}: nobody is left out");
        brandt.sync().await;
        assert_eq!(brandt.texts(&header), ["Can I have a refill?", "Which one?"], "{name}: with its past");
        assert_eq!(holder(&brandt, &header), Some(reference(ADLER)), "{name}: and who has it");
        let report = rig.sync_full().await;
        assert_eq!((report.new, report.updated), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn a_portal_that_does_not_allow_it_says_so() {
    let rig = clinic_at(wednesday(), Quirks { fixed_recipients: true, ..Quirks::default() }).await;
    let (_, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    hand_over(&rig, &header);
    rig.sync().await;
    assert_eq!(outcome(&rig, &header), (ActState::Refused, Some("forbidden".to_owned())));
    let tries = || rig.control().requests(true).iter().filter(|seen| seen.method == "PUT").count();
    assert_eq!(tries(), 1);
    rig.sync().await;
    assert_eq!(tries(), 0, "it is not tried again by itself");
    hand_over(&rig, &header);
    rig.sync().await;
    assert_eq!(tries(), 1, "but when she asks again");
}

#[tokio::test]
async fn an_inferred_thread_cannot_be_handed_over() {
    let rig = clinic_at(wednesday(), Quirks::preset("millennium").unwrap()).await;
    rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    let page = rig.vault.list_threads(None, None, 0, 9, rig.time.now()).unwrap();
    let inferred = page.rows.iter().find(|row| row.portal_id.is_none()).expect("a thread without a header");
    rig.vault.hand_over(inferred.id, &reference(BRANDT), rig.time.now()).unwrap();
    rig.sync().await;
    let act = rig.vault.thread_acts(inferred.id).unwrap().remove(0);
    assert_eq!((act.state, act.error.as_deref()), (ActState::Refused, Some("no_header")));
    let me = reference(ADLER);
    assert!(rig.vault.set_work(inferred.id, ActKind::Claim, &me, None, rig.time.now()).is_err());
}

#[tokio::test]
async fn another_change_of_the_header_at_the_same_time_stays() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    let castellano = rig.beside("dr-castellano");
    super::add_recipient(&rig, &header, "dr-castellano");
    castellano.sync().await;
    hand_over(&rig, &header);
    castellano
        .vault
        .hand_over(castellano.thread(&header), &reference("dr-lindqvist"), castellano.time.now())
        .unwrap();
    tokio::join!(rig.sync(), castellano.sync());
    let all = recipients(&rig.control().resource("Communication", &header).unwrap());
    for clinician in [ADLER, BRANDT, "dr-castellano", "dr-lindqvist"] {
        assert!(all.contains(&reference(clinician)), "{clinician} in {all:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_hands_over_once() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    hand_over(&rig, &header);
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("PUT", "Communication").after_commit());
    rig.sync().await;
    assert_eq!(outcome(&rig, &header).0, ActState::Queued, "not known yet");
    rig.time.skip(chrono::TimeDelta::minutes(2));
    rig.sync().await;
    assert_eq!(outcome(&rig, &header), (ActState::Done, None));
    let all = recipients(&rig.control().resource("Communication", &header).unwrap());
    assert_eq!(all.iter().filter(|name| **name == reference(BRANDT)).count(), 1, "{all:?}");
}

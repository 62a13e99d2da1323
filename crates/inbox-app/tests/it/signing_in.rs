//! The vault and its code come before any network; signing in comes after, and again when the portal asks for it.

use std::sync::Arc;

use demo_portal::{Fault, FaultKind};
use inbox_app::{dto::SignInRequest, notify::NoticeAnswer};
use inbox_domain::SystemClock;

use crate::rig::{Rig, sign_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_is_made_without_asking_any_portal_and_says_that_it_has_none() {
    let rig = Rig::unconnected(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    assert!(rig.portal.control().requests(false).is_empty());
    assert_eq!(rig.session().load_overview().unwrap().staleness.problem.unwrap().code, "not_connected");
    let nowhere = SignInRequest { portal_url: " ".into(), practitioner: String::new(), token: None };
    assert_eq!(rig.app.sign_in(nowhere).await.unwrap_err().code, "portal_needed");
    rig.app.sign_in(sign_in(&rig.portal, rig.portal.practitioners().remove(0))).await.unwrap();
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.last_success.is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_in_is_not_asked_again_until_somebody_signs_in() {
    let rig = Rig::filled().await;
    let code = |rig: &Rig| rig.session().load_overview().unwrap().staleness.problem.map(|found| found.code);
    let good = rig.portal.token(&rig.portal.practitioners()[0].id).to_owned();
    let refusals = Fault::new(FaultKind::Unauthorized).times(100);
    rig.portal.control().add_fault(refusals);
    for _ in 0..3 {
        rig.session().sync_now().unwrap();
        rig.until(|rig| !rig.session().load_overview().unwrap().staleness.syncing && code(rig).is_some())
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    rig.until(|rig| code(rig).as_deref() == Some("sign_in_needed")).await;
    rig.portal.control().clear_faults();
    drop(rig.portal.control().requests(true));
    rig.app.set_focused(false);
    rig.app.set_focused(true);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(rig.portal.control().requests(false).is_empty(), "nobody signed in");
    let kept = SignInRequest { portal_url: String::new(), practitioner: String::new(), token: Some(good) };
    rig.app.sign_in(kept).await.unwrap();
    rig.until(|rig| code(rig).is_none() && !rig.session().load_overview().unwrap().staleness.syncing).await;
}

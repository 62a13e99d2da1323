//! The portal as a program of its own: it says where it listens, answers, and ends when told to.

use std::time::Duration;

use anteroom_tests::{Session, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_portal_runs_as_a_program() {
    let session = Session::bare().unwrap();
    let tokens = session.home().path().join("tokens.json");
    let mut portal =
        session.start("demo-portal", &["--control", "--token-file", &tokens.to_string_lossy()]).unwrap();
    let line = until("the ready line", Duration::from_secs(30), || {
        portal.output().lines().next().filter(|line| line.ends_with('}')).map(str::to_owned)
    })
    .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let base = ready["url"].as_str().unwrap();
    let metadata = reqwest::get(format!("{base}/metadata")).await.unwrap();
    assert_eq!(metadata.status().as_u16(), 200);
    let without_token = reqwest::get(format!("{base}/Communication")).await.unwrap();
    assert_eq!(without_token.status().as_u16(), 401);
    portal.stop().unwrap();
    assert!(reqwest::get(format!("{base}/metadata")).await.is_err());
}

//! Flows in the real window, with a real keyring, the demo portal over HTTP, and recorded notifications.

use std::future::Future;
use std::time::Duration;

use anteroom_tests::Result;

mod accessible;
mod answered;
mod canary;
mod hostile;
mod hours;
mod keyring;
mod keys;
mod lexicon;
mod locked;
mod locks;
mod look;
mod memory;
mod notified;
mod payloads;
mod sensitive;

/// Every flow has a limit.
async fn within(flow: impl Future<Output = Result<()>>) {
    let limit = Duration::from_secs(300);
    match tokio::time::timeout(limit, flow).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error}"),
        Err(_) => panic!("the flow did not end within {} s", limit.as_secs()),
    }
}

//! Messages that keep arriving while the portal runs.

use std::time::Duration;

use crate::control::{Control, NewMessage};

/// Writes a message every now and then, until the task is aborted.
pub(crate) async fn run(control: Control, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let message = NewMessage {
            patient: "nowak-piotr".to_owned(),
            text: "Can I get the refill for sertraline before the holidays?".to_owned(),
            ..NewMessage::default()
        };
        // The patient may have been deleted by a test.
        let _ = control.add_message(&message);
    }
}

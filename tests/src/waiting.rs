//! Waiting for conditions: by looking again, up to a limit. A fixed sleep is either too short or too long.

use std::future::Future;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;

const PAUSE: Duration = Duration::from_millis(50);

/// Looks until `look` gives something.
///
/// # Errors
/// When the limit is reached; names `what`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > end {
            return Err(format!("not within {} s: {what}", limit.as_secs()).into());
        }
        thread::sleep(PAUSE);
    }
}

/// The same for a look that itself waits.
///
/// # Errors
/// When the limit is reached; names `what`.
pub async fn until_async<T, F>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if Instant::now() > end {
            return Err(format!("not within {} s: {what}", limit.as_secs()).into());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_never_holds_is_named() {
        let error = until::<()>("the sun at night", Duration::from_millis(120), || None).unwrap_err();
        assert_eq!(error.to_string(), "not within 0 s: the sun at night");
    }

    #[test]
    fn the_first_find_ends_the_wait() {
        let mut looks = 0;
        let found = until("three looks", Duration::from_secs(5), || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found.unwrap(), 3);
    }
}

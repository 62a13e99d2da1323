//! Checks and what came of them.

use std::future::Future;
use std::time::{Duration, Instant};

/// One check may take so long.
const LIMIT: Duration = Duration::from_secs(180);

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Held.
    Passed,
    /// Did not hold.
    Failed,
    /// The server lacks what the check needs.
    NotOffered,
}

/// A check that was made.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was checked.
    pub check: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Figures, the missing capability, or what went wrong.
    pub figures: String,
    /// How long it took.
    pub took: Duration,
}

/// Why a check did not pass.
#[derive(Debug)]
pub(super) enum Trouble {
    Wrong(String),
    NotOffered(String),
}

/// Figures of a check that held.
pub(super) type Checked = Result<String, Trouble>;

macro_rules! wrong_from {
    ($($kind:ty),*) => { $(impl From<$kind> for Trouble {
        fn from(error: $kind) -> Self {
            Self::Wrong(error.to_string())
        }
    })* };
}

wrong_from!(
    String,
    &str,
    std::io::Error,
    reqwest::Error,
    url::ParseError,
    Box<dyn std::error::Error + Send + Sync>,
    inbox_portal::PortalError,
    inbox_sync::SyncError,
    inbox_sync::SyncFailure,
    inbox_vault::VaultError
);

/// `Ok` when a check's claim holds; else it failed, with the claim's opposite in words.
pub(super) fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Wrong(wrong())) }
}

/// A server lacks what a check needs.
pub(super) fn not_offered<T>(what: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::NotOffered(what.into()))
}

/// All checks against one server.
#[derive(Debug)]
pub struct Table {
    /// The server.
    pub name: String,
    /// In the order in which they ran.
    pub rows: Vec<Row>,
}

impl Table {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), rows: Vec::new() }
    }

    /// Makes a check.
    pub(super) async fn run(&mut self, check: &str, work: impl Future<Output = Checked>) {
        let started = Instant::now();
        let (verdict, figures) = match tokio::time::timeout(LIMIT, Box::pin(work)).await {
            Ok(Ok(figures)) => (Verdict::Passed, figures),
            Ok(Err(Trouble::Wrong(why))) => (Verdict::Failed, why),
            Ok(Err(Trouble::NotOffered(what))) => (Verdict::NotOffered, what),
            Err(_) => (Verdict::Failed, format!("not within {} s", LIMIT.as_secs())),
        };
        self.rows.push(Row { check: check.to_owned(), verdict, figures, took: started.elapsed() });
    }

    /// Makes a check on whose value others stand.
    pub(super) async fn value<T>(
        &mut self,
        check: &str,
        work: impl Future<Output = Result<(T, String), Trouble>>,
    ) -> Option<T> {
        let mut value = None;
        let kept = &mut value;
        let work = async move {
            let (made, figures) = work.await?;
            *kept = Some(made);
            Ok(figures)
        };
        self.run(check, work).await;
        value
    }

    /// How many ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// The table for a person to read.
    pub fn text(&self) -> String {
        let mut text = format!("\n{}\n", self.name);
        for row in &self.rows {
            let word = match row.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed => "FAILED",
                Verdict::NotOffered => "not offered",
            };
            let seconds = row.took.as_secs_f64();
            text.push_str(&format!("  {word:<11} {seconds:>6.1} s  {}: {}\n", row.check, row.figures));
        }
        let not_offered = self.count(Verdict::NotOffered);
        if not_offered > 0 {
            text.push_str(&format!("  {not_offered} not offered by this server\n"));
        }
        text
    }
}

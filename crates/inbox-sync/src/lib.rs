//! Sync: the only place where the portal and the vault meet.
//!
//! Pulling computes a plan from a page and applies it in one transaction with its cursor; pushing sends the outbox so that
//! each entry is on the portal once. The invariants I1 to I11 of DESIGN.md, and the test that holds each, are listed in
//! docs/SYNC.md.

mod attachments;
#[cfg(feature = "seeded-bugs")]
pub mod bugs;
#[cfg(not(feature = "seeded-bugs"))]
mod bugs;
mod context;
mod enqueue;
mod error;
mod judge;
mod lock;
mod me;
mod patience;
mod people;
mod plan;
mod publication;
mod pull;
mod push;
mod report;
mod run;
pub mod settings;
mod sharing;
mod streams;
mod tokens;
mod watch;

pub use attachments::{ATTACHMENT_LIMIT, fetch_attachment, media_type, stored_attachment};
pub use context::{CancelFlag, Mode, Progress, Sleeper, SyncContext, TokioSleeper};
pub use enqueue::{enqueue_promise, enqueue_reply};
pub use error::{SyncError, SyncFailure};
pub use judge::{stored_context, triage_message};
pub use publication::{
    Publication, PublicationConflict, PublicationFailure, fetch_portal_hours, keep_publication,
    may_not_write, publication,
};
pub use report::SyncReport;
pub use sharing::{CoverState, SharedWork, cover_states, covered_for, covers, own_references, set_covers};
pub use tokens::VaultTokens;
pub use watch::{Sighting, Watch};

use inbox_portal::PortalError;

use push::Which;
use run::Run;

/// Refusals in a row after which the clinician is asked to sign in.
const REFUSALS: u32 = 3;

/// Brings the vault up to date and sends what is due. It ends when nothing is left to fetch and each due entry of the
/// outbox is settled.
///
/// # Errors
/// [`SyncError::Busy`] while another sync runs on the vault. After any error what was stored stays, the failure's report
/// says what it was, and the next call goes on from there.
pub async fn run(ctx: &SyncContext<'_>, mode: Mode) -> Result<SyncReport, SyncFailure> {
    let lock = lock::SyncLock::acquire(ctx.vault.dir()).map_err(SyncFailure::at_once)?;
    let mut run = Run::new(ctx, lock).map_err(SyncFailure::at_once)?;
    let outbox = ctx.vault.outbox().map_err(SyncFailure::at_once)?;
    let outcome = exchange(&mut run, mode).await;
    // The first error is the one to be told: counting fails only where the vault does.
    let outcome = outcome.and(run.count_outbox(&outbox)).and(keep_capabilities(ctx));
    let outcome = count_refusals(ctx, outcome);
    let report = run.finish();
    outcome.map_err(|error| SyncFailure { report: Box::new(report.clone()), error })?;
    Ok(report)
}

async fn exchange(run: &mut Run<'_>, mode: Mode) -> Result<(), SyncError> {
    run.ctx.vault.recover_sending(run.ctx.clock.now())?;
    let pulled = pull(run, mode).await;
    if let Err(error) = &pulled
        && error.stops_sending()
    {
        return pulled;
    }
    // A search that fails again and again must not keep a crisis reply back. Any other reply waits: the search may have
    // missed the newer message that stops it (I8).
    let which = if pulled.is_ok() { Which::All } else { Which::Crisis };
    let pushed = pulled.and(run.push(which).await);
    if let Err(error) = &pushed
        && error.stops_sending()
    {
        return pushed;
    }
    // After the replies, and whatever became of them: a claim or a mark that fails holds up nobody.
    let shared = share(run, mode == Mode::Full).await;
    pushed.and(shared)?;
    if mode == Mode::Auto && run.reconcile_is_due()? {
        load_capabilities(run, Mode::Full).await?;
        run.load_me(Mode::Full).await?;
        run.load_covers()?;
        run.reconcile().await?;
        run.pull_claims(true).await?;
        run.push_hours(true).await?;
    }
    Ok(())
}

/// Who has which thread, then what the clinician's own acts tell.
async fn share(run: &mut Run<'_>, all: bool) -> Result<(), SyncError> {
    let claims = run.pull_claims(all).await;
    if let Err(error) = &claims
        && error.stops_sending()
    {
        return claims;
    }
    claims.and(run.push_acts().await).and(run.push_hours(all).await)
}

async fn pull(run: &mut Run<'_>, mode: Mode) -> Result<(), SyncError> {
    load_capabilities(run, mode).await?;
    run.load_me(mode).await?;
    run.load_covers()?;
    run.pull(mode).await
}

/// The record kept in the vault, or what `/metadata` and probes say.
async fn load_capabilities(run: &mut Run<'_>, mode: Mode) -> Result<(), SyncError> {
    let ctx = run.ctx;
    if mode != Mode::Full && !ctx.portal.capabilities().types.is_empty() {
        return Ok(());
    }
    if let Some(kept) = settings::load_capabilities(ctx.vault)?.filter(|_| mode != Mode::Full) {
        ctx.portal.set_capabilities(kept);
        return Ok(());
    }
    if let Some(kept) = settings::load_capabilities(ctx.vault)? {
        // What writes have taught goes on with it.
        ctx.portal.set_capabilities(kept);
    }
    let practitioner = settings::practitioner(ctx.vault)?;
    run.patiently(async || ctx.portal.examine(&practitioner).await).await?;
    keep_capabilities(ctx)
}

/// Keeps the record, with what this sync's writes have taught.
fn keep_capabilities(ctx: &SyncContext<'_>) -> Result<(), SyncError> {
    let record = ctx.portal.capabilities();
    if record.types.is_empty() {
        return Ok(());
    }
    settings::keep(ctx.vault, settings::CAPABILITIES, &*record, ctx.clock.now())
}

/// After three refusals in a row the code becomes `sign_in_needed`; any other outcome starts the count again.
fn count_refusals(ctx: &SyncContext<'_>, outcome: Result<(), SyncError>) -> Result<(), SyncError> {
    let before: u32 = settings::load(ctx.vault, settings::UNAUTHORIZED)?.unwrap_or_default();
    let refused = matches!(outcome, Err(SyncError::Portal(PortalError::Unauthorized)));
    let count = if refused { before.saturating_add(1) } else { 0 };
    if count != before {
        settings::keep(ctx.vault, settings::UNAUTHORIZED, &count, ctx.clock.now())?;
    }
    if refused && count >= REFUSALS { Err(SyncError::SignInNeeded) } else { outcome }
}

//! The checks, in the order in which they run.

mod edge;
mod many;
mod pull;
mod push;
mod shared;
mod signed;
mod subscribe;

use inbox_portal::Capabilities;

use super::clinic::Clinic;
use super::desk::Desk;
use super::server::Server;
use super::sign_in::SignIn;
use super::table::{Checked, Table, Trouble};
use super::{Clinician, Target};

/// What the checks share.
pub(super) struct Stage {
    target: Target,
    server: Server,
    clinic: Clinic,
    /// The vault under test.
    desk: Desk,
}

impl Stage {
    /// Creates the suite's clinic and an empty vault.
    pub(super) async fn build(target: &Target) -> Result<(Self, String), Trouble> {
        let server = Server::new(&target.base, target.setup.clone())?;
        let clinic = Clinic::create(&server, target).await?;
        let desk = Desk::behind_proxy(target, &target.clinicians[0], &clinic.clinicians[0]).await?;
        let (resources, messages) = (clinic.created.len(), clinic.messages.len());
        let figures =
            format!("{resources} resources, {messages} messages in {} threads", clinic.threads.len());
        Ok((Self { target: target.clone(), server, clinic, desk }, figures))
    }

    /// A further empty vault of the first clinician.
    async fn another_desk(&self) -> Result<Desk, Trouble> {
        Desk::behind_proxy(&self.target, self.first(), &self.clinic.clinicians[0]).await
    }

    fn first(&self) -> &Clinician {
        &self.target.clinicians[0]
    }

    fn capabilities(&self) -> std::sync::Arc<Capabilities> {
        self.desk.portal.capabilities()
    }

    /// Deletes what was created, the newest first; what the client under test created is found by its threads.
    pub(super) async fn clear(&mut self) -> Checked {
        let mut ours = Vec::new();
        for header in &self.clinic.threads {
            let all =
                self.server.all(&format!("Communication?part-of=Communication/{header}&_count=200")).await?;
            ours.extend(all.iter().filter_map(|value| value["id"].as_str().map(str::to_owned)));
        }
        let (mut deleted, mut kept) = (0, 0);
        let ours = ours.into_iter().map(|id| ("Communication".to_owned(), id));
        let created = std::mem::take(&mut self.clinic.created);
        let mut done = std::collections::HashSet::new();
        for (kind, id) in ours.chain(created.into_iter().rev()) {
            if !done.insert((kind.clone(), id.clone())) {
                continue;
            }
            match self.server.delete(&kind, &id).await? {
                200..=299 | 404 | 410 => deleted += 1,
                _ => kept += 1,
            }
        }
        super::table::ensure(kept == 0, || format!("{kept} of {} stay", deleted + kept))?;
        Ok(format!("{deleted} resources"))
    }
}

/// Runs all checks.
pub(super) async fn run(stage: &mut Stage, table: &mut Table) {
    table.run("the capability record", pull::capability_record(stage)).await;
    table.run("a first fill is complete and holds nothing of others", pull::first_fill(stage)).await;
    table.run("texts arrive as they were written, with names", pull::texts_and_names(stage)).await;
    table.run("nothing new takes at most three requests", pull::nothing_new(stage)).await;
    table.run("a new message arrives", pull::arrival(stage)).await;
    table.run("an edited message is replaced", pull::edit(stage)).await;
    table.run("entered-in-error is withdrawn", pull::entered_in_error(stage)).await;
    table.run("a deleted message is withdrawn", pull::deleted(stage)).await;
    table.run("late commits are caught by overlap and reconcile", pull::late_commits(stage)).await;
    table.run("a message to her care team is hers", pull::care_team(stage)).await;
    table.run("two clinicians' vaults hold each their own", pull::two_vaults(stage)).await;
    table.run("a reply arrives once under its identifier", push::once(stage)).await;
    table.run("two replies keep their order", push::order(stage)).await;
    table.run("a reply whose answer is lost arrives once", push::answer_lost(stage)).await;
    table.run("a reply that was lost on its way arrives once", push::request_lost(stage)).await;
    table.run("a newer message holds a reply", push::held(stage)).await;
    table.run("a new thread to a patient arrives once", push::new_thread(stage)).await;
    table.run("a conditional create makes one copy", push::conditional_create(stage)).await;
    table.run("a stale version is refused", push::stale_version(stage)).await;
    table.run("what is not there and what is gone", edge::not_found_and_gone(stage)).await;
    table.run("another patient's message is quarantined", edge::subject_mismatch(stage)).await;
    table.run("a resource that cannot be read is quarantined", edge::broken_resource(stage)).await;
    table.run("a full sync changes nothing more", edge::replay(stage)).await;
    table.run("more than one page and more than a hundred threads", many::pages(stage)).await;
    table.run("a first fill that was stopped goes on", many::resumed(stage)).await;
    table.run("a read message is marked", shared::read_mark(stage)).await;
    table.run("attachments are fetched when asked for", shared::attachments(stage)).await;
    table.run("a claim is seen by a colleague", shared::claim(stage)).await;
    table.run("a claim race has one winner", shared::race(stage)).await;
    table.run("a new message is announced over a socket", subscribe::announced(stage)).await;
    if matches!(stage.first().sign_in, SignIn::Browser { .. }) {
        table
            .run("the sign-in names her, and was granted what it needs", signed::named_and_granted(stage))
            .await;
        table.run("a refused token is refreshed once", signed::refreshed(stage)).await;
        table.run("forged and narrow tokens are refused", signed::forged(stage)).await;
    }
    table.run("only listed parameters were sent", edge::listed_parameters(stage)).await;
}

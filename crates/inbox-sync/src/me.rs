//! Which groups, teams, roles and organisations make the clinician a recipient (CLI.md, "Visible").

use inbox_portal::Me;
use inbox_portal::mapping::read_practitioner_role;

use crate::context::Mode;
use crate::error::SyncError;
use crate::run::Run;
use crate::settings;

impl Run<'_> {
    /// Loads the clinician; asks the portal for her memberships the first time and in a full sync.
    pub(crate) async fn load_me(&mut self, mode: Mode) -> Result<(), SyncError> {
        let kept = settings::load_me(self.ctx.vault)?;
        if let Some(me) = kept.filter(|_| mode != Mode::Full) {
            self.me = me;
            return Ok(());
        }
        let mut me = Me::new(&settings::practitioner(self.ctx.vault)?);
        for (kind, param) in
            [("PractitionerRole", "practitioner"), ("Group", "member"), ("CareTeam", "participant")]
        {
            if !self.ctx.portal.capabilities().searches(kind, param) {
                continue;
            }
            let found = self.memberships(kind, param, &me.practitioner.clone()).await?;
            me.memberships.extend(found);
        }
        settings::keep(self.ctx.vault, settings::ME, &me, self.ctx.clock.now())?;
        self.me = me;
        Ok(())
    }

    async fn memberships(
        &mut self,
        kind: &str,
        param: &str,
        practitioner: &str,
    ) -> Result<Vec<String>, SyncError> {
        let params = [(param, practitioner.to_owned()), ("_count", "200".to_owned())];
        let page = match self.search(kind, &params).await {
            Ok(page) => page,
            // The sign-in lacks this scope: the feature is off, her own name still counts.
            Err(SyncError::Portal(error)) if error.is_definite_refusal() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let context = self.map_context(page.date);
        let mut found = Vec::new();
        for entry in page.entries.iter().filter(|entry| entry.is_match && entry.readable) {
            // A server that ignored the parameter answers with everybody's.
            if !entry.raw.contains(practitioner) {
                continue;
            }
            match kind {
                "PractitionerRole" => {
                    found.extend(read_practitioner_role(&entry.raw, &context).unwrap_or_default())
                }
                _ => found.push(format!("{kind}/{}", entry.id)),
            }
        }
        Ok(found)
    }
}

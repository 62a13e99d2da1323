//! Patients, proxies and clinicians behind the messages of a page: fetched in batches, once in a sync.

use std::collections::{BTreeSet, HashMap, HashSet};

use inbox_domain::{
    PortalId, PortalMessage, PortalPatient, PortalPractitioner, PortalProxy, PortalThread, SenderRole,
};
use inbox_portal::{PageEntry, map_patient, map_practitioner, map_related_person};

use crate::error::SyncError;
use crate::run::Run;

/// Ids in one request.
const IDS_PER_REQUEST: usize = 50;

/// Who was met in this sync.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// `Type/id` of everybody asked for or stored.
    asked: HashSet<String>,
    /// Names by `Type/id`.
    names: HashMap<String, String>,
    loaded: bool,
}

/// People to be stored with a page.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    pub(crate) patients: Vec<PortalPatient>,
    pub(crate) proxies: Vec<PortalProxy>,
    pub(crate) practitioners: Vec<PortalPractitioner>,
}

impl Run<'_> {
    /// Everybody whom these threads and messages name and whom the vault does not know. `included` are resources that
    /// came with the page: a patient among them is refreshed, so that a changed phone number arrives with her message.
    pub(crate) async fn meet_people(
        &mut self,
        threads: &[PortalThread],
        messages: &[PortalMessage],
        included: &[&PageEntry],
    ) -> Result<Arrivals, SyncError> {
        let mut arrivals = Arrivals::default();
        if threads.is_empty() && messages.is_empty() {
            return Ok(arrivals);
        }
        self.load_people()?;
        let wanted = wanted(threads, messages);
        for entry in included.iter().filter(|entry| wanted.contains(&format!("{}/{}", entry.kind, entry.id)))
        {
            self.take_person(&entry.kind, &entry.raw, &mut arrivals);
        }
        let new_patients = self.fetch_kind("Patient", &wanted, &mut arrivals).await?;
        self.fetch_proxies_of(&new_patients, &mut arrivals).await?;
        self.fetch_kind("RelatedPerson", &wanted, &mut arrivals).await?;
        self.fetch_kind("Practitioner", &wanted, &mut arrivals).await?;
        Ok(arrivals)
    }

    /// Those clinicians among `references` whom the vault does not know by name.
    pub(crate) async fn meet_practitioners(
        &mut self,
        references: &BTreeSet<String>,
    ) -> Result<Vec<PortalPractitioner>, SyncError> {
        let mut arrivals = Arrivals::default();
        self.load_people()?;
        self.fetch_kind("Practitioner", references, &mut arrivals).await?;
        Ok(arrivals.practitioners)
    }

    /// All patients, proxies and clinicians of the vault, read again (`--full`).
    pub(crate) async fn refresh_people(&mut self) -> Result<Arrivals, SyncError> {
        let mut arrivals = Arrivals::default();
        let vault = self.ctx.vault;
        let patients: Vec<PortalId> =
            vault.patients()?.into_iter().map(|patient| patient.portal_id).collect();
        let clinicians: Vec<PortalId> =
            vault.practitioners()?.into_iter().map(|person| person.portal_id).collect();
        self.fetch_ids("Patient", &patients, &mut arrivals).await?;
        self.fetch_proxies_of(&patients, &mut arrivals).await?;
        self.fetch_ids("Practitioner", &clinicians, &mut arrivals).await?;
        Ok(arrivals)
    }

    /// Fills in names that messages do not give.
    pub(crate) fn name_sender(&self, message: &mut PortalMessage) {
        let Some(id) = message.sender.id.as_ref().filter(|_| message.sender.name.is_empty()) else { return };
        let kind = match message.sender.role {
            SenderRole::Patient => "Patient",
            SenderRole::Proxy => "RelatedPerson",
            SenderRole::Clinician => "Practitioner",
            SenderRole::Other => return,
        };
        if let Some(name) = self.people.names.get(&format!("{kind}/{id}")) {
            message.sender.name.clone_from(name);
        }
    }

    fn load_people(&mut self) -> Result<(), SyncError> {
        if std::mem::replace(&mut self.people.loaded, true) {
            return Ok(());
        }
        for patient in self.ctx.vault.patients()?.into_iter().filter(|patient| patient.known) {
            for proxy in self.ctx.vault.proxies(patient.id)? {
                self.people.know("RelatedPerson", &proxy.portal_id, proxy.name);
            }
            let name = format!("{} {}", patient.given, patient.family);
            self.people.know("Patient", &patient.portal_id, name);
        }
        for person in self.ctx.vault.practitioners()? {
            self.people.know("Practitioner", &person.portal_id, person.name);
        }
        Ok(())
    }

    /// Fetches those of `wanted` of one type that nobody asked for yet; answers which.
    async fn fetch_kind(
        &mut self,
        kind: &str,
        wanted: &BTreeSet<String>,
        arrivals: &mut Arrivals,
    ) -> Result<Vec<PortalId>, SyncError> {
        let prefix = format!("{kind}/");
        let new: Vec<PortalId> = wanted
            .iter()
            .filter(|reference| !self.people.asked.contains(*reference))
            .filter_map(|reference| reference.strip_prefix(&prefix))
            .map(PortalId::from)
            .collect();
        self.fetch_ids(kind, &new, arrivals).await?;
        self.people.asked.extend(new.iter().map(|id| format!("{kind}/{id}")));
        Ok(new)
    }

    async fn fetch_ids(
        &mut self,
        kind: &str,
        ids: &[PortalId],
        arrivals: &mut Arrivals,
    ) -> Result<(), SyncError> {
        // Not served, or not granted to this sign-in: names are missing, and nobody is asked for each of them in vain.
        if !self.ctx.portal.capabilities().has(kind) {
            return Ok(());
        }
        if !self.ctx.portal.capabilities().searches(kind, "_id") {
            for id in ids {
                if let Some(raw) = self.read(kind, id).await? {
                    self.take_person(kind, &raw, arrivals);
                }
            }
            return Ok(());
        }
        for chunk in ids.chunks(IDS_PER_REQUEST) {
            let list = chunk.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(",");
            self.fetch_people(kind, vec![("_id", list)], arrivals).await?;
        }
        Ok(())
    }

    async fn fetch_proxies_of(
        &mut self,
        patients: &[PortalId],
        arrivals: &mut Arrivals,
    ) -> Result<(), SyncError> {
        if !self.ctx.portal.capabilities().searches("RelatedPerson", "patient") {
            return Ok(());
        }
        for chunk in patients.chunks(IDS_PER_REQUEST) {
            let list = chunk.iter().map(|id| format!("Patient/{id}")).collect::<Vec<_>>().join(",");
            self.fetch_people("RelatedPerson", vec![("patient", list)], arrivals).await?;
        }
        Ok(())
    }

    async fn fetch_people(
        &mut self,
        kind: &str,
        mut params: Vec<(&str, String)>,
        arrivals: &mut Arrivals,
    ) -> Result<(), SyncError> {
        params.push(("_count", "200".to_owned()));
        let mut page = match self.search(kind, &params).await {
            Ok(page) => page,
            // Names are missing then; messages still arrive.
            Err(SyncError::Portal(error)) if error.is_definite_refusal() => return Ok(()),
            Err(error) => return Err(error),
        };
        loop {
            for entry in page.entries.iter().filter(|entry| entry.kind == kind && entry.readable) {
                self.take_person(kind, &entry.raw, arrivals);
            }
            match page.next.take() {
                Some(next) => page = self.page(kind, &next).await?,
                None => return Ok(()),
            }
        }
    }

    /// A person who cannot be read stays without a name; her messages are not touched by it.
    fn take_person(&mut self, kind: &str, raw: &str, arrivals: &mut Arrivals) {
        let context = self.map_context(None);
        match kind {
            "Patient" => {
                let Ok(patient) = map_patient(raw) else { return };
                let name = format!("{} {}", patient.given, patient.family);
                self.people.know(kind, &patient.portal_id, name);
                arrivals.patients.retain(|other| other.portal_id != patient.portal_id);
                arrivals.patients.push(patient);
            }
            "RelatedPerson" => {
                let Ok(Some(proxy)) = map_related_person(raw, &context) else { return };
                self.people.know(kind, &proxy.portal_id, proxy.name.clone());
                arrivals.proxies.retain(|other| other.portal_id != proxy.portal_id);
                arrivals.proxies.push(proxy);
            }
            "Practitioner" => {
                let Ok(person) = map_practitioner(raw) else { return };
                self.people.know(kind, &person.portal_id, person.name.clone());
                arrivals.practitioners.retain(|other| other.portal_id != person.portal_id);
                arrivals.practitioners.push(person);
            }
            _ => {}
        }
    }
}

impl People {
    fn know(&mut self, kind: &str, id: &PortalId, name: String) {
        let reference = format!("{kind}/{id}");
        let name = name.trim();
        if !name.is_empty() {
            self.names.insert(reference.clone(), name.to_owned());
        }
        self.asked.insert(reference);
    }
}

/// `Type/id` of everybody named.
fn wanted(threads: &[PortalThread], messages: &[PortalMessage]) -> BTreeSet<String> {
    let patients =
        threads.iter().map(|thread| &thread.patient).chain(messages.iter().map(|message| &message.patient));
    let mut wanted: BTreeSet<String> = patients.flatten().map(|id| format!("Patient/{id}")).collect();
    for message in messages {
        let kind = match message.sender.role {
            SenderRole::Patient => "Patient",
            SenderRole::Proxy => "RelatedPerson",
            SenderRole::Clinician => "Practitioner",
            SenderRole::Other => continue,
        };
        wanted.extend(message.sender.id.iter().map(|id| format!("{kind}/{id}")));
    }
    let recipients =
        threads.iter().flat_map(|t| &t.recipients).chain(messages.iter().flat_map(|m| &m.recipients));
    let people = ["Patient/", "RelatedPerson/", "Practitioner/"];
    wanted.extend(recipients.filter(|name| people.iter().any(|kind| name.starts_with(kind))).cloned());
    wanted
}

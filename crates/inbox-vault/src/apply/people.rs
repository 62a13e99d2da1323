//! Patients, proxies and clinicians of a batch.

use inbox_domain::{PortalId, PortalPatient, PortalPractitioner, PortalProxy};
use rusqlite::{OptionalExtension as _, params};

use super::Run;
use crate::Result;
use crate::column::json;

impl Run<'_> {
    pub(super) fn store_patient(&mut self, patient: &PortalPatient) -> Result<()> {
        let id = self.patient_id(&patient.portal_id)?;
        let changed = self
            .db
            .prepare_cached(
                "UPDATE patient SET version = ?2, family = ?3, given = ?4, birth_date = ?5, gender = ?6,
                 identifier = ?7, phone = ?8, contacts = ?9, languages = ?10, country = ?11, deceased = ?12,
                 known = 1, raw = ?13
                 WHERE id = ?1 AND (known = 0 OR version <> ?2 OR version = '')",
            )?
            .execute(params![
                id,
                patient.version,
                patient.family,
                patient.given,
                patient.birth_date,
                patient.gender,
                patient.identifier,
                patient.phone,
                json(&patient.contacts)?,
                json(&patient.languages)?,
                patient.country,
                patient.deceased,
                patient.raw,
            ])?;
        if changed > 0 {
            let threads = self
                .db
                .prepare_cached("SELECT id FROM thread WHERE patient_id = ?1")?
                .query_map([id], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()?;
            self.touched.extend(threads);
        }
        Ok(())
    }

    pub(super) fn store_proxy(&mut self, proxy: &PortalProxy) -> Result<()> {
        let patient = self.patient_id(&proxy.patient)?;
        self.db
            .prepare_cached(
                "INSERT INTO proxy (portal_id, patient_id, name, relationship, phone, active)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (portal_id) DO UPDATE SET patient_id = excluded.patient_id, name = excluded.name,
                   relationship = excluded.relationship, phone = excluded.phone, active = excluded.active",
            )?
            .execute(params![
                proxy.portal_id.0,
                patient,
                proxy.name,
                proxy.relationship,
                proxy.phone,
                proxy.active
            ])?;
        Ok(())
    }

    pub(super) fn store_practitioner(&self, practitioner: &PortalPractitioner) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO practitioner (portal_id, name) VALUES (?1, ?2)
                 ON CONFLICT (portal_id) DO UPDATE SET name = excluded.name",
            )?
            .execute(params![practitioner.portal_id.0, practitioner.name])?;
        Ok(())
    }

    /// The row of a patient; one that only a reference has named gets an empty row.
    pub(super) fn patient_id(&mut self, portal_id: &PortalId) -> Result<i64> {
        if let Some(id) = self.patients.get(&portal_id.0) {
            return Ok(*id);
        }
        let id = patient_row(self.db, portal_id)?;
        self.patients.insert(portal_id.0.clone(), id);
        Ok(id)
    }
}

/// The row of a patient, made when it is missing.
pub(crate) fn patient_row(db: &rusqlite::Connection, portal_id: &PortalId) -> Result<i64> {
    let known = db
        .prepare_cached("SELECT id FROM patient WHERE portal_id = ?1")?
        .query_row([&portal_id.0], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    db.prepare_cached("INSERT INTO patient (portal_id) VALUES (?1)")?.execute([&portal_id.0])?;
    Ok(db.last_insert_rowid())
}

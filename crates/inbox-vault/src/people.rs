//! Reading patients, proxies and clinicians.

use inbox_domain::{PatientId, PortalId, PortalPractitioner};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::column::from_json;
use crate::{Patient, Proxy, Result, VaultError};

const PATIENT: &str =
    "SELECT id, portal_id, family, given, birth_date, gender, identifier, phone, contacts, languages,
    country, deceased, known FROM patient";

fn read(row: &Row<'_>) -> Result<Patient> {
    Ok(Patient {
        id: PatientId(row.get(0)?),
        portal_id: PortalId(row.get(1)?),
        family: row.get(2)?,
        given: row.get(3)?,
        birth_date: row.get(4)?,
        gender: row.get(5)?,
        identifier: row.get(6)?,
        phone: row.get(7)?,
        contacts: from_json(&row.get::<_, String>(8)?, "contact")?,
        languages: from_json(&row.get::<_, String>(9)?, "language")?,
        country: row.get(10)?,
        deceased: row.get(11)?,
        known: row.get(12)?,
    })
}

fn select(db: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<Patient>> {
    let mut statement = db.prepare_cached(&format!("{PATIENT} {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut patients = Vec::new();
    while let Some(row) = rows.next()? {
        patients.push(read(row)?);
    }
    Ok(patients)
}

/// One patient.
pub(crate) fn patient(db: &Connection, id: i64) -> Result<Patient> {
    select(db, "WHERE id = ?1", [id])?.pop().ok_or(VaultError::NoSuch("patient"))
}

/// The patient with this id on the portal.
pub(crate) fn patient_by_portal_id(db: &Connection, id: &PortalId) -> Result<Option<Patient>> {
    Ok(select(db, "WHERE portal_id = ?1", [&id.0])?.pop())
}

/// All patients, by name.
pub(crate) fn patients(db: &Connection) -> Result<Vec<Patient>> {
    select(db, "ORDER BY family, given, id", [])
}

/// The related persons of a patient, by name.
pub(crate) fn proxies(db: &Connection, patient: PatientId) -> Result<Vec<Proxy>> {
    let mut statement = db.prepare_cached(
        "SELECT portal_id, name, relationship, phone, active FROM proxy WHERE patient_id = ?1 ORDER BY name, id",
    )?;
    let rows = statement.query_map([patient.0], |row| {
        Ok(Proxy {
            portal_id: PortalId(row.get(0)?),
            name: row.get(1)?,
            relationship: row.get(2)?,
            phone: row.get(3)?,
            active: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The clinicians known by name.
pub(crate) fn practitioners(db: &Connection) -> Result<Vec<PortalPractitioner>> {
    let mut statement = db.prepare_cached("SELECT portal_id, name FROM practitioner ORDER BY name, id")?;
    let rows = statement.query_map([], |row| {
        Ok(PortalPractitioner { portal_id: PortalId(row.get(0)?), name: row.get(1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Name behind `Practitioner/ID`; empty where the portal has not named her.
pub(crate) fn practitioner_name(db: &Connection, reference: &str) -> Result<String> {
    let id = reference.strip_prefix("Practitioner/").unwrap_or(reference);
    let name = db
        .prepare_cached("SELECT name FROM practitioner WHERE portal_id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(name.unwrap_or_default())
}

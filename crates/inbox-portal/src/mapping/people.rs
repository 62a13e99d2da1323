//! Patients, proxies and clinicians.

use chrono::{DateTime, Utc};
use inbox_domain::{Contact, PortalId, PortalPatient, PortalPractitioner, PortalProxy};

use super::communication::digest_version;
use super::reference::{normal_reference, parse_reference};
use super::time::read_date_time;
use super::{MapContext, Unreadable};
use crate::wire::{
    CodeableConcept, ContactPoint, HumanName, Patient, Practitioner, PractitionerRole, RelatedPerson,
};

/// Maps a Patient.
///
/// # Errors
/// When the JSON is not a Patient with an id.
pub fn map_patient(raw: &str) -> Result<PortalPatient, Unreadable> {
    let wire: Patient = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).ok_or(Unreadable)?;
    let name = best_name(&wire.name);
    let family = name.and_then(|name| name.family.clone());
    let given = name.map(|name| name.given.join(" ")).unwrap_or_default();
    let whole = name.and_then(|name| name.text.clone()).unwrap_or_default();
    let version = wire.meta.as_ref().and_then(|meta| meta.version_id.clone());
    Ok(PortalPatient {
        portal_id: PortalId(id),
        version: version.unwrap_or_else(|| digest_version(raw)),
        family: family.unwrap_or(if given.is_empty() { whole } else { String::new() }),
        given,
        birth_date: wire.birth_date.clone(),
        gender: wire.gender.clone(),
        identifier: best_identifier(&wire),
        phone: phone(&wire.telecom),
        contacts: wire.contact.iter().map(read_contact).collect(),
        languages: languages(&wire),
        country: wire.address.iter().find_map(|address| country(address.country.as_deref()?)),
        deceased: wire.deceased_boolean == Some(true) || wire.deceased_date_time.is_some(),
        raw: raw.to_owned(),
    })
}

fn read_contact(contact: &crate::wire::PatientContact) -> Contact {
    Contact {
        name: contact.name.as_ref().map(display_name).unwrap_or_default(),
        relationship: relationship(&contact.relationship),
        phone: phone(&contact.telecom).unwrap_or_default(),
    }
}

/// The medical record number where one is marked so, else the first identifier with a value.
fn best_identifier(wire: &Patient) -> Option<String> {
    let is_record_number = |identifier: &&crate::wire::Identifier| {
        let codes = identifier.kind.iter().flat_map(|kind| kind.coding.iter());
        codes.filter_map(|coding| coding.code.as_deref()).any(|code| code == "MR")
    };
    let marked = wire.identifier.iter().find(is_record_number);
    marked.into_iter().chain(wire.identifier.iter()).find_map(|identifier| identifier.value.clone())
}

fn languages(wire: &Patient) -> Vec<String> {
    let mut sorted: Vec<_> = wire.communication.iter().collect();
    sorted.sort_by_key(|entry| entry.preferred != Some(true));
    let tags = sorted.iter().filter_map(|entry| {
        let language = entry.language.as_ref()?;
        language.coding.iter().find_map(|coding| coding.code.clone()).or_else(|| language.text.clone())
    });
    tags.collect()
}

/// ISO 3166-1 alpha-2 where it is given so or by a common name, else as given.
fn country(given: &str) -> Option<String> {
    let trimmed = given.trim();
    let code = match trimmed.to_lowercase().as_str() {
        "" => return None,
        "germany" | "deutschland" | "deu" => "DE",
        "austria" | "österreich" | "aut" => "AT",
        "switzerland" | "schweiz" | "che" => "CH",
        "united states" | "united states of america" | "usa" => "US",
        "united kingdom" | "gbr" => "GB",
        _ if trimmed.len() == 2 => return Some(trimmed.to_uppercase()),
        _ => return Some(trimmed.to_owned()),
    };
    Some(code.to_owned())
}

/// Maps a RelatedPerson; `None` inside when it stands for no patient.
///
/// # Errors
/// When the JSON is not a RelatedPerson with an id.
pub fn map_related_person(raw: &str, context: &MapContext) -> Result<Option<PortalProxy>, Unreadable> {
    let wire: RelatedPerson = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).ok_or(Unreadable)?;
    let patient = wire.patient.as_ref().and_then(|patient| patient.reference.as_deref());
    let Some(patient) = patient.and_then(|text| parse_reference(&context.base, text)) else {
        return Ok(None);
    };
    Ok(Some(PortalProxy {
        portal_id: PortalId(id),
        patient: PortalId(patient.id),
        name: best_name(&wire.name).map(display_name).unwrap_or_default(),
        relationship: relationship(&wire.relationship),
        phone: phone(&wire.telecom),
        active: wire.active != Some(false) && !ended(&wire, context.server_now),
    }))
}

fn ended(wire: &RelatedPerson, now: DateTime<Utc>) -> bool {
    let end = wire.period.as_ref().and_then(|period| period.end.as_deref());
    // The last day of a period belongs to it.
    end.and_then(read_date_time).is_some_and(|time| time.at + chrono::Duration::days(1) <= now)
}

/// Maps a Practitioner.
///
/// # Errors
/// When the JSON is not a Practitioner with an id.
pub fn map_practitioner(raw: &str) -> Result<PortalPractitioner, Unreadable> {
    let wire: Practitioner = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).ok_or(Unreadable)?;
    Ok(PortalPractitioner {
        portal_id: PortalId(id),
        name: best_name(&wire.name).map(display_name).unwrap_or_default(),
    })
}

/// References by which a role makes its clinician a recipient: the role itself and its organisation. Empty when the
/// role is not in use.
///
/// # Errors
/// When the JSON is not a PractitionerRole with an id.
pub fn read_practitioner_role(raw: &str, context: &MapContext) -> Result<Vec<String>, Unreadable> {
    let wire: PractitionerRole = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).ok_or(Unreadable)?;
    if wire.active == Some(false) {
        return Ok(Vec::new());
    }
    let organization = wire.organization.and_then(|organization| organization.reference);
    let organization = organization.map(|reference| normal_reference(&context.base, &reference));
    Ok(std::iter::once(format!("PractitionerRole/{id}")).chain(organization).collect())
}

/// The name in use: official or usual before others, old names last.
fn best_name(names: &[HumanName]) -> Option<&HumanName> {
    names.iter().min_by_key(|name| match name.usage.as_deref() {
        Some("official") => 0,
        Some("usual") => 1,
        None => 2,
        Some("old" | "maiden") => 4,
        Some(_) => 3,
    })
}

fn display_name(name: &HumanName) -> String {
    if let Some(text) = name.text.as_deref().filter(|text| !text.trim().is_empty()) {
        return text.to_owned();
    }
    let parts = name.prefix.iter().chain(name.given.iter()).chain(name.family.iter());
    parts.map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn relationship(kinds: &[CodeableConcept]) -> String {
    kinds.iter().find_map(CodeableConcept::words).unwrap_or_default().to_owned()
}

fn phone(telecom: &[ContactPoint]) -> Option<String> {
    let usable = telecom.iter().filter(|point| {
        let is_phone = matches!(point.system.as_deref(), Some("phone" | "sms") | None);
        is_phone && point.usage.as_deref() != Some("old")
    });
    usable.filter_map(|point| point.value.clone()).find(|value| !value.trim().is_empty())
}

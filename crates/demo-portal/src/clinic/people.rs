//! Patients, their proxies, practitioners, and the clinic they belong to.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::store::Store;

const PEOPLE: &str = include_str!("../../data/people.toml");

/// Everyone in the clinic.
pub(crate) struct People {
    pub(crate) practitioners: Vec<Clinician>,
    pub(crate) patients: Vec<Person>,
}

/// A practitioner.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Clinician {
    pub(crate) id: String,
    family: String,
    given: String,
    pub(crate) name: String,
}

/// A patient.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) family: String,
    pub(crate) given: String,
    pub(crate) born: String,
    pub(crate) gender: String,
    pub(crate) mrn: String,
    pub(crate) phone: String,
    pub(crate) languages: Vec<String>,
    pub(crate) country: String,
    pub(crate) psychiatrist: String,
    pub(crate) contact: Option<[String; 3]>,
    pub(crate) proxy: Option<Proxy>,
}

/// Somebody who may read and write for a patient.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) id: String,
    given: String,
    family: String,
    relation: String,
    phone: String,
}

#[derive(Deserialize)]
struct File {
    practitioner: Vec<Clinician>,
    rows: Rows,
}

#[derive(Deserialize)]
struct Rows {
    patients: Vec<String>,
    contacts: Vec<String>,
    proxies: Vec<String>,
}

fn cells(row: &str) -> Vec<String> {
    row.split('|').map(str::to_owned).collect()
}

impl People {
    /// Reads the data file, which is part of the program.
    pub(crate) fn load() -> Self {
        #[expect(clippy::expect_used, reason = "the file is embedded and read by every test")]
        let file: File = toml::from_str(PEOPLE).expect("people.toml");
        let mut patients: Vec<Person> = file.rows.patients.iter().filter_map(|row| person(row)).collect();
        for row in &file.rows.contacts {
            if let [id, name, relation, phone] = cells(row).as_slice()
                && let Some(patient) = patients.iter_mut().find(|patient| patient.id == *id)
            {
                patient.contact = Some([name.clone(), relation.clone(), phone.clone()]);
            }
        }
        for row in &file.rows.proxies {
            if let [patient, id, given, family, relation, phone] = cells(row).as_slice()
                && let Some(patient) = patients.iter_mut().find(|one| one.id == *patient)
            {
                patient.proxy = Some(Proxy {
                    id: id.clone(),
                    given: given.clone(),
                    family: family.clone(),
                    relation: relation.clone(),
                    phone: phone.clone(),
                });
            }
        }
        Self { practitioners: file.practitioner, patients }
    }

    /// Psychiatrists beyond the sample clinic's four, for simulations.
    pub(crate) fn more_practitioners(&mut self, wanted: usize) {
        for n in self.practitioners.len()..wanted {
            self.practitioners.push(Clinician {
                id: format!("dr-{:03}", n + 1),
                family: format!("Number{}", n + 1),
                given: "Sample".to_owned(),
                name: format!("Dr. S. Number{}", n + 1),
            });
        }
    }

    /// Stores everyone, some months before `now`.
    pub(crate) fn put(&self, store: &mut Store, now: DateTime<Utc>) {
        let start = (now - Duration::days(800)).timestamp_millis();
        let mut put = |kind: &'static str, id: &str, value: Value| {
            let at = store.reserve(start);
            store.put(kind, id, value, at);
        };
        put("Organization", "sample-clinic", organization());
        for one in &self.practitioners {
            put("Practitioner", &one.id, one.resource());
            put("PractitionerRole", &format!("role-{}", one.id), one.role());
        }
        put("CareTeam", "clinic-team", team(&self.practitioners));
        for patient in &self.patients {
            put("Patient", &patient.id, patient.resource());
            if let Some(proxy) = &patient.proxy {
                put("RelatedPerson", &proxy.id, proxy.resource(&patient.id));
            }
        }
    }

    pub(crate) fn patient(&self, id: &str) -> Option<&Person> {
        self.patients.iter().find(|patient| patient.id == id)
    }
}

fn person(row: &str) -> Option<Person> {
    let cells = cells(row);
    let [id, family, given, born, gender, mrn, phone, languages, country, psychiatrist] = cells.as_slice()
    else {
        return None;
    };
    Some(Person {
        id: id.clone(),
        family: family.clone(),
        given: given.clone(),
        born: born.clone(),
        gender: gender.clone(),
        mrn: mrn.clone(),
        phone: phone.clone(),
        languages: languages.split(',').map(str::to_owned).collect(),
        country: country.clone(),
        psychiatrist: psychiatrist.clone(),
        contact: None,
        proxy: None,
    })
}

fn organization() -> Value {
    json!({"resourceType": "Organization", "active": true, "name": "Outpatient clinic",
        "telecom": [{"system": "phone", "value": "+49 30 23125000"}]})
}

fn team(members: &[Clinician]) -> Value {
    let participants: Vec<Value> = members
        .iter()
        .map(|one| json!({"member": {"reference": format!("Practitioner/{}", one.id), "display": one.name}}))
        .collect();
    json!({"resourceType": "CareTeam", "status": "active", "name": "Clinic team", "participant": participants})
}

impl Clinician {
    fn resource(&self) -> Value {
        json!({"resourceType": "Practitioner", "active": true,
            "identifier": [{"system": "https://portal.sample-clinic.example/staff", "value": self.id}],
            "name": [{"use": "official", "text": self.name, "family": self.family, "given": [self.given],
                "prefix": ["Dr."]}]})
    }

    fn role(&self) -> Value {
        let hours = |from: &str, to: &str| {
            json!({"daysOfWeek": ["mon", "tue", "wed", "thu", "fri"], "availableStartTime": from,
                "availableEndTime": to})
        };
        json!({"resourceType": "PractitionerRole", "active": true,
            "practitioner": {"reference": format!("Practitioner/{}", self.id), "display": self.name},
            "organization": {"reference": "Organization/sample-clinic"},
            "code": [{"text": "Psychiatrist"}],
            "availableTime": [hours("08:00:00", "12:30:00"), hours("13:30:00", "17:00:00")]})
    }
}

impl Person {
    /// The Patient resource.
    pub(crate) fn resource(&self) -> Value {
        let mut value = json!({
            "resourceType": "Patient",
            "active": true,
            "identifier": [{"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                "code": "MR"}]}, "system": "https://portal.sample-clinic.example/mrn", "value": self.mrn}],
            "name": [{"use": "official", "family": self.family, "given": [self.given],
                "text": format!("{} {}", self.given, self.family)}],
            "telecom": [{"system": "phone", "use": "mobile", "value": self.phone, "rank": 1}],
            "gender": self.gender,
            "birthDate": self.born,
            "address": [{"use": "home", "country": self.country}],
            "communication": self.languages.iter().enumerate().map(|(n, code)| json!({
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}, "preferred": n == 0
            })).collect::<Vec<_>>(),
            "generalPractitioner": [{"reference": format!("Practitioner/{}", self.psychiatrist)}],
        });
        if let Some([name, relation, phone]) = &self.contact {
            value["contact"] = json!([{
                "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "C",
                    "display": "Emergency Contact"}], "text": relation}],
                "name": {"text": name},
                "telecom": [{"system": "phone", "value": phone}],
            }]);
        }
        value
    }
}

impl Proxy {
    fn resource(&self, patient: &str) -> Value {
        json!({"resourceType": "RelatedPerson", "active": true,
            "patient": {"reference": format!("Patient/{patient}")},
            "relationship": [{"text": self.relation}],
            "name": [{"family": self.family, "given": [self.given],
                "text": format!("{} {}", self.given, self.family)}],
            "telecom": [{"system": "phone", "value": self.phone}]})
    }
}

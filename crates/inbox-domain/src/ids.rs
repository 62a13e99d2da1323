//! Identifiers. Local ids are SQLite row ids and cross every outer boundary (JSON, TypeScript) as strings, since
//! JavaScript numbers lose precision beyond 2^53.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

macro_rules! local_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

local_id!(/// A thread in this vault.
    ThreadId);
local_id!(/// A message in this vault.
    MessageId);
local_id!(/// A patient in this vault.
    PatientId);
local_id!(/// A flag on a message in this vault.
    FlagId);
local_id!(/// A case in this vault.
    CaseId);
local_id!(/// An entry of this vault's outbox.
    OutboxId);
local_id!(/// An act of this vault's clinician that the portal is told of.
    ActId);

/// A FHIR logical id on the portal (`Resource.id`: 1 to 64 of `[A-Za-z0-9.-]`), without its type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortalId(pub String);

impl fmt::Display for PortalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for PortalId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The UUID that this vault gave to something it writes; the value of the FHIR `identifier` by which a write whose
/// answer was lost is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientIdentifier(pub String);

impl ClientIdentifier {
    /// The FHIR `identifier.system` of all client identifiers.
    pub const SYSTEM: &'static str = "urn:anteroom:client-identifier";

    /// Beginning of the identifiers of after-hours acknowledgements: messages that the program sent, and no answers.
    pub const AFTER_HOURS: &'static str = "after-hours-";

    /// The identifier of the acknowledgement that a patient (by her id on the portal) is sent while the clinic is closed from
    /// `period_start` on: the same on every workstation, so that only one is sent.
    pub fn after_hours(patient: &PortalId, period_start: chrono::DateTime<chrono::Utc>) -> Self {
        let name = format!("Patient/{patient}|{}", period_start.timestamp());
        let uuid =
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, format!("{}|{name}", Self::SYSTEM).as_bytes());
        Self(format!("{}{uuid}", Self::AFTER_HOURS))
    }

    /// A fresh random identifier (UUID version 4).
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }
}

impl fmt::Display for ClientIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

//! The portal in FHIR R4: wire types, mapping to the words of inbox-domain, HTTP with limits, sign-in.
//!
//! The crate knows no vault and keeps nothing: tokens go to a [`TokenStore`] of the caller, resources come back as
//! portal-neutral types with their raw JSON. What a server can do is read from `/metadata` ([`Capabilities`]), never
//! guessed from its name.

mod attachment;
pub mod auth;
pub mod capability;
pub mod error;
mod http;
pub mod mapping;
pub mod page;
mod portal;
mod probe;
mod subscription;
pub mod wire;

pub use attachment::inline_attachment;
pub use auth::{
    Auth, BrowserSignIn, FeatureOff, GrantedScopes, NoTokenStore, Revocation, SmartEndpoints, TokenGuard,
    TokenSet, TokenStore, TokenStoreError,
};
pub use capability::{Capabilities, Learnt, Probes, TypeCapability, UnknownParameter};
pub use error::PortalError;
pub use http::{Exchanging, HttpLimits, TrafficCount, Transport, WireAnswer, WireBody, WireRequest};
pub use mapping::{
    MapContext, Mapped, MappedMessage, MappedThread, Me, map_communication, map_patient, map_practitioner,
    map_related_person,
};
pub use page::{Page, PageEntry};
pub use portal::{Created, Portal, Written, base_address};
pub use subscription::{DEFAULT_TOPIC, Feed, FeedEvent, FeedLimits, FeedRequest, SubscriptionForm};

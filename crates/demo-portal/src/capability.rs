//! What the portal says about itself: CapabilityStatement and SMART configuration.

use serde_json::{Value, json};

use crate::portal::Portal;
use crate::query::{is_served, parameters};
use crate::store::KINDS;
use crate::subscriptions::{SubscriptionForm, socket_address};

/// The scopes that a sign-in can be given.
pub(crate) const SCOPES: &str = "openid fhirUser offline_access launch/practitioner user/Communication.cruds \
user/Patient.rs user/RelatedPerson.rs user/Practitioner.rs user/PractitionerRole.rus user/Task.cruds user/Binary.cr \
user/Subscription.crud user/AuditEvent.c user/Group.rs user/CareTeam.rs user/Organization.rs";

/// `GET /metadata`: only search parameters that are answered are listed.
pub(crate) fn statement(portal: &Portal) -> Value {
    let quirks = &portal.quirks;
    let listed = !quirks.unlisted_subscriptions
        && matches!(quirks.subscriptions, SubscriptionForm::Criteria | SubscriptionForm::Topic);
    let kinds: Vec<Value> = KINDS
        .iter()
        .filter(|kind| **kind != "Subscription" || quirks.subscriptions != SubscriptionForm::Absent)
        .map(|kind| {
            let mut interactions = vec![
                "read",
                "vread",
                "update",
                "patch",
                "delete",
                "history-instance",
                "create",
                "search-type",
            ];
            if !quirks.no_type_history {
                interactions.push("history-type");
            }
            let search: Vec<Value> = parameters(kind)
                .iter()
                .filter(|(name, _)| is_served(quirks, kind, name))
                .map(|(name, kind)| json!({"name": name, "type": kind}))
                .collect();
            json!({
                "type": kind,
                "versioning": "versioned-update",
                "readHistory": true,
                "updateCreate": !quirks.no_client_ids,
                "conditionalCreate": !quirks.restricted_messages,
                "conditionalRead": if quirks.no_not_modified { "not-supported" } else { "not-match" },
                "conditionalDelete": "not-supported",
                "interaction": interactions.iter().map(|code| json!({"code": code})).collect::<Vec<_>>(),
                "searchParam": search,
                "operation": if listed && *kind == "Subscription" {
                    json!([{"name": "get-ws-binding-token", "definition":
                        "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token"}])
                } else { json!([]) },
                "searchInclude": if *kind == "Communication" {
                    json!(["Communication:part-of", "Communication:subject", "Communication:sender"])
                } else { json!([]) },
            })
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": "Anteroom demo portal", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "Sample clinic on loopback", "url": portal.base()},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [{
            "mode": "server",
            "extension": if listed {
                json!([{"url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
                    "valueUri": socket_address(portal)}])
            } else { json!([]) },
            "security": security(portal),
            "interaction": [{"code": "transaction"}, {"code": "batch"}],
            "resource": kinds,
        }],
    })
}

fn security(portal: &Portal) -> Value {
    if portal.quirks.no_auth {
        return json!({});
    }
    let origin = &portal.origin;
    json!({
        "service": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}]}],
        "extension": [{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": [
                {"url": "authorize", "valueUri": format!("{origin}/auth/authorize")},
                {"url": "token", "valueUri": format!("{origin}/auth/token")},
                {"url": "revoke", "valueUri": format!("{origin}/auth/revoke")},
            ],
        }],
    })
}

/// `GET /.well-known/smart-configuration` (SMART App Launch 2).
pub(crate) fn smart_configuration(portal: &Portal) -> Value {
    let origin = &portal.origin;
    json!({
        "issuer": portal.base(),
        "authorization_endpoint": format!("{origin}/auth/authorize"),
        "token_endpoint": format!("{origin}/auth/token"),
        "revocation_endpoint": format!("{origin}/auth/revoke"),
        "jwks_uri": format!("{origin}/auth/jwks"),
        "userinfo_endpoint": format!("{origin}/auth/userinfo"),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "scopes_supported": SCOPES.split_whitespace().collect::<Vec<_>>(),
        "capabilities": ["launch-standalone", "client-public", "client-confidential-symmetric", "sso-openid-connect",
            "permission-offline", "permission-user", "permission-v2"],
    })
}

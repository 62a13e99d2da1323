//! Sign-in by SMART App Launch, where the server takes another party's tokens.

use std::collections::BTreeSet;

use inbox_domain::PortalId;
use inbox_portal::{Auth, PortalError};
use inbox_sync::settings;
use secrecy::SecretString;
use serde_json::Value;

use super::super::proxy::Mishap;
use super::super::table::{Checked, Trouble, ensure};
use super::Stage;
use super::push::client_with;

/// The sign-in as the vault keeps it.
fn kept(stage: &Stage) -> Result<Value, Trouble> {
    let text = stage.desk.vault.setting(settings::AUTH)?.ok_or("the vault keeps no sign-in")?;
    Ok(serde_json::from_str(&text).map_err(|error| error.to_string())?)
}

pub(super) async fn named_and_granted(stage: &mut Stage) -> Checked {
    let auth: Auth = serde_json::from_value(kept(stage)?).map_err(|error| error.to_string())?;
    let named = auth.fhir_user().unwrap_or_default();
    ensure(named == stage.desk.me, || format!("it names {named:?}"))?;
    let kept = kept(stage)?;
    let granted: BTreeSet<&str> =
        kept["tokens"]["scope"].as_str().unwrap_or_default().split_whitespace().collect();
    for scope in ["offline_access", "user/Communication.cruds", "user/Patient.rs"] {
        ensure(granted.contains(scope), || format!("without {scope}"))?;
    }
    Ok(format!("{named}, {} scopes", granted.len()))
}

pub(super) async fn refreshed(stage: &mut Stage) -> Checked {
    let before = kept(stage)?;
    stage.desk.proxy()?.expect("GET", Mishap::Unauthorized);
    stage.desk.sync().await?;
    ensure(stage.desk.proxy()?.unmet() == 0, || "nothing was refused".to_owned())?;
    let after = kept(stage)?;
    for token in ["access", "refresh"] {
        let (old, new) = (&before["tokens"][token], &after["tokens"][token]);
        ensure(old != new && new.is_string(), || format!("the {token} token is the old one"))?;
    }
    stage.desk.sync().await?;
    ensure(kept(stage)? == after, || "it was refreshed again".to_owned())?;
    Ok("1 refresh, both tokens rotated, the new one accepted".to_owned())
}

pub(super) async fn forged(stage: &mut Stage) -> Checked {
    let kept = kept(stage)?;
    let good = kept["tokens"]["access"].as_str().unwrap_or_default();
    let patient = PortalId(stage.clinic.patients[0].clone());
    let read = async |token: &str, kind: &str| {
        let auth = Auth::Bearer { token: SecretString::from(token) };
        let client = client_with(stage, auth)?;
        client.discover().await?;
        Ok::<_, Trouble>(client.search(kind, &[("_count", "1".to_owned())]).await)
    };
    ensure(read(good, "Patient").await?.is_ok(), || "the good token is refused".to_owned())?;
    // The last character of a signature may hold bits that nobody reads.
    let (head, signature) = good.rsplit_once('.').ok_or("the token is no JWT")?;
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{head}.{first}{}", &signature[1..]);
    let refused = read(&forged, "Patient").await?.err();
    ensure(refused == Some(PortalError::Unauthorized), || format!("a forged token: {refused:?}"))?;
    let beyond = read(good, "CommunicationRequest").await?.err();
    ensure(beyond == Some(PortalError::Forbidden), || format!("beyond the scopes: {beyond:?}"))?;
    ensure(stage.desk.portal.read("Patient", &patient).await.is_ok(), || {
        "the vault's client is out".to_owned()
    })?;
    Ok("forged 401, beyond its scopes 403".to_owned())
}

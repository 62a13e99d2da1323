//! The server announces what is new.

use std::time::{Duration, Instant};

use inbox_portal::{DEFAULT_TOPIC, Feed, FeedEvent, FeedRequest, PortalError, SubscriptionForm};
use serde_json::{Value, json};

use super::super::desk::Desk;
use super::super::table::{Checked, Trouble, ensure, not_offered};
use super::Stage;

/// From the server's commit to the hint.
const LIMIT: Duration = Duration::from_secs(2);

/// A message is announced over WebSocket, and after the socket has ended another one announces the next.
pub(super) async fn announced(stage: &mut Stage) -> Checked {
    // A socket is only taken from the portal's own address, which a proxy's is not.
    let desk = Desk::direct(&stage.target, stage.first(), &stage.clinic.clinicians[0]).await?;
    desk.portal.discover().await?;
    let request = FeedRequest { recipients: vec![desk.me.clone()], ..FeedRequest::default() };
    let mut opened = subscribe(&desk, &request).await?;
    if opened.is_none() {
        // Where subscriptions go by topics, an administrator offers one; her own sign-in need not allow that.
        if let Ok(id) = stage.server.create(&topic()).await {
            stage.clinic.created.push(("Basic".to_owned(), id));
            opened = subscribe(&desk, &request).await?;
        }
    }
    let Some(mut feed) = opened else { return not_offered("subscriptions over WebSocket") };
    let form = match feed.form() {
        SubscriptionForm::Topic(_) => "by a topic",
        _ => "by a search",
    };
    let kept = feed.kept().cloned();
    let first = hint(stage, &mut feed).await?;
    feed.close().await;
    let again = FeedRequest { kept: kept.clone(), ..request };
    let Some(mut feed) = desk.portal.subscribe(&again).await? else {
        return Err("it could not be opened again".into());
    };
    ensure(feed.kept() == kept.as_ref(), || "the Subscription was not used again".to_owned())?;
    let second = hint(stage, &mut feed).await?;
    let kept = feed.kept().cloned();
    feed.close().await;
    if let Some(kept) = kept {
        desk.portal.delete_subscription(&kept).await?;
    }
    // The vault under test has them too.
    stage.desk.sync().await?;
    Ok(format!("{form}; {} and {} ms from the answer to the create", first.as_millis(), second.as_millis()))
}

/// Helios 0.2.7 reads the address of its socket (`/ws/subscriptions/bind`) as a search for resources of a type `bind`, so that it
/// refuses each sign-in without a scope for everything; the app asks for none such, and polls.
async fn subscribe(desk: &Desk, request: &FeedRequest) -> Result<Option<Feed>, Trouble> {
    match desk.portal.subscribe(request).await {
        Err(PortalError::Forbidden) => not_offered(
            "a socket to a sign-in with narrow scopes: the Subscription was taken, the socket refused (403)",
        ),
        other => Ok(other?),
    }
}

async fn hint(stage: &mut Stage, feed: &mut Feed) -> Result<Duration, Trouble> {
    stage.clinic.patient_writes(&stage.server, "Is it announced?").await?;
    let committed = Instant::now();
    let event = tokio::time::timeout(LIMIT, feed.next()).await.map_err(|_| "not announced within 2 s")??;
    ensure(event == FeedEvent::Hint, || format!("{event:?}"))?;
    Ok(committed.elapsed())
}

/// A topic of Communications, in the form that the R5 backport gives it in R4.
fn topic() -> Value {
    const URL: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic";
    json!({
        "resourceType": "Basic",
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
        "extension": [
            {"url": format!("{URL}.url"), "valueUri": DEFAULT_TOPIC},
            {"url": format!("{URL}.resourceTrigger"), "extension": [
                {"url": "resource", "valueUri": "http://hl7.org/fhir/StructureDefinition/Communication"},
                {"url": "supportedInteraction", "valueCode": "create"},
                {"url": "supportedInteraction", "valueCode": "update"},
            ]},
        ],
    })
}

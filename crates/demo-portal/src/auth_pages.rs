//! The sign-in page and the endpoints for tokens.

use std::collections::HashMap;

use axum::http::Method;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use url::{Host, Url, form_urlencoded};

use crate::auth::{BACKEND_CLIENT, Grant, Issued};
use crate::capability::SCOPES;
use crate::http::{Incoming, pairs};
use crate::portal::Portal;
use crate::reply::Reply;

type Form = HashMap<String, String>;

/// Answers a request below `/auth/`.
pub(crate) fn answer(portal: &Portal, incoming: &Incoming) -> Reply {
    let body: Form = form_urlencoded::parse(&incoming.body).into_owned().collect();
    match (incoming.path.as_str(), &incoming.method) {
        ("/auth/authorize", &Method::GET) => authorize(portal, &pairs(&incoming.query).into_iter().collect()),
        ("/auth/authorize", &Method::POST) => authorize(portal, &body),
        ("/auth/token", &Method::POST) => token(portal, incoming, &body),
        ("/auth/revoke", &Method::POST) => {
            portal.logins().revoke(field(&body, "token"));
            Reply::json(200, &json!({}))
        }
        ("/auth/jwks", &Method::GET) => Reply::json(200, &portal.issuer.signer.key_set()),
        ("/auth/userinfo", _) => user_info(portal, incoming),
        _ => Reply::json(404, &json!({"error": "not_found"})),
    }
}

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map(String::as_str).unwrap_or_default()
}

fn refused(error: &str, text: &str) -> Reply {
    Reply::json(400, &json!({"error": error, "error_description": text}))
}

/// Only loopback addresses are accepted (RFC 8252), any port unless a quirk registers exactly one.
fn allowed_redirect(portal: &Portal, redirect: &str) -> Option<Url> {
    let url = Url::parse(redirect).ok()?;
    let loopback = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let registered = portal.options.redirect_uri.as_deref().filter(|_| portal.quirks.exact_redirect);
    (loopback && url.scheme() == "http" && registered.is_none_or(|one| one == redirect)).then_some(url)
}

fn authorize(portal: &Portal, form: &Form) -> Reply {
    let Some(redirect) = allowed_redirect(portal, field(form, "redirect_uri")) else {
        return Reply::html(
            400,
            "<!doctype html><title>Sign in</title><p>This redirect address is not registered.</p>",
        );
    };
    let back = |name: &str, value: &str| {
        let mut url = redirect.clone();
        url.query_pairs_mut().append_pair(name, value).append_pair("state", field(form, "state"));
        Reply::empty(302).with("location", url.to_string())
    };
    if field(form, "response_type") != "code" {
        return back("error", "unsupported_response_type");
    }
    let aud = field(form, "aud").trim_end_matches('/');
    let known = aud.is_empty() || aud == portal.base() || aud == portal.issuer.audience;
    if field(form, "code_challenge_method") != "S256" || field(form, "code_challenge").is_empty() || !known {
        return back("error", "invalid_request");
    }
    let practitioner = field(form, "practitioner");
    if practitioner.is_empty() {
        return sign_in_page(portal, form);
    }
    if practitioner == "deny" {
        return back("error", "access_denied");
    }
    if portal.read().find("Practitioner", practitioner).is_none() {
        return back("error", "access_denied");
    }
    let asked = field(form, "scope")
        .split_whitespace()
        .filter(|scope| SCOPES.split_whitespace().any(|s| s == *scope))
        .filter(|scope| !portal.options.denied_scopes.iter().any(|denied| denied == scope));
    let grant = Grant {
        client: field(form, "client_id").to_owned(),
        redirect: field(form, "redirect_uri").to_owned(),
        challenge: field(form, "code_challenge").to_owned(),
        practitioner: format!("Practitioner/{practitioner}"),
        scopes: asked.collect::<Vec<_>>().join(" "),
        nonce: form.get("nonce").cloned(),
    };
    let code = portal.logins().begin(grant, portal.now().timestamp_millis());
    back("code", &code)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn sign_in_page(portal: &Portal, form: &Form) -> Reply {
    let hidden: String = form
        .iter()
        .map(|(name, value)| {
            format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
        })
        .collect();
    let store = portal.read();
    let rows = store.table("Practitioner").map(|table| table.rows.as_slice()).unwrap_or_default();
    let buttons: String = rows
        .iter()
        .filter_map(|row| Some((row.id.to_string(), row.value()?)))
        .map(|(id, value)| {
            let name = escape(value["name"][0]["text"].as_str().unwrap_or(&id));
            format!(r#"<button name="practitioner" value="{}">{name}</button>"#, escape(&id))
        })
        .collect();
    Reply::html(
        200,
        format!(
            r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:12vh auto;padding:0 1rem;color:#1f2a2c}}
button{{display:block;width:100%;margin:.5rem 0;padding:.75rem 1rem;font:inherit;text-align:left;border:1px solid #b9c4c4;
border-radius:8px;background:#fff;cursor:pointer}}button:hover,button:focus{{border-color:#0f6e6e}}</style>
<h1>Sample clinic</h1><p>Who is signing in to Anteroom?</p>
<form method="post" action="/auth/authorize">{hidden}{buttons}<button name="practitioner" value="deny">Cancel</button></form></html>"#
        ),
    )
}

fn token(portal: &Portal, incoming: &Incoming, form: &Form) -> Reply {
    let now = portal.now().timestamp_millis();
    let life = i64::try_from(portal.options.token_life.as_millis()).unwrap_or(i64::MAX);
    let client = field(form, "client_id");
    let issued = match field(form, "grant_type") {
        "authorization_code" => portal.logins().exchange(
            field(form, "code"),
            client,
            field(form, "redirect_uri"),
            field(form, "code_verifier"),
            now,
            life,
        ),
        "refresh_token" => portal.logins().renew(field(form, "refresh_token"), client, now, life),
        "client_credentials" => return backend_token(portal, incoming, form, now, life),
        _ => return refused("unsupported_grant_type", "This grant type is not supported"),
    };
    match issued {
        Some(issued) => Reply::json(200, &token_answer(portal, &issued, now, life)),
        None => refused("invalid_grant", "The code or token is not valid"),
    }
}

fn token_answer(portal: &Portal, issued: &Issued, now: i64, life: i64) -> Value {
    let grant = &issued.grant;
    let fhir_user = portal.issuer.fhir_user(&grant.practitioner);
    let mut answer = json!({
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": life / 1000,
        "scope": grant.scopes,
        "fhirUser": fhir_user,
    });
    if let Some(refresh) = &issued.refresh {
        answer["refresh_token"] = json!(refresh);
    }
    if grant.scopes.split_whitespace().any(|scope| scope == "openid") {
        let mut claims = json!({
            "iss": portal.base(),
            "sub": grant.practitioner,
            "aud": grant.client,
            "iat": now / 1000,
            "exp": (now + life) / 1000,
            "fhirUser": fhir_user,
        });
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = json!(nonce);
        }
        answer["id_token"] = json!(portal.issuer.signer.sign(&claims).unwrap_or_default());
    }
    answer
}

fn backend_token(portal: &Portal, incoming: &Incoming, form: &Form, now: i64, life: i64) -> Reply {
    let basic = incoming.header("authorization").unwrap_or_default();
    let basic = basic.strip_prefix("Basic ").and_then(|text| BASE64_STANDARD.decode(text).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    let (client, secret) = match basic.as_deref().and_then(|text| text.split_once(':')) {
        Some(pair) => pair,
        None => (field(form, "client_id"), field(form, "client_secret")),
    };
    if client != BACKEND_CLIENT || secret != portal.options.backend_secret {
        return Reply::json(401, &json!({"error": "invalid_client"}));
    }
    let scopes = field(form, "scope");
    let access = portal.logins().for_backend(scopes, now, life);
    Reply::json(
        200,
        &json!({"access_token": access, "token_type": "Bearer", "expires_in": life / 1000,
            "scope": if scopes.is_empty() { "system/*.cruds" } else { scopes }}),
    )
}

fn user_info(portal: &Portal, incoming: &Incoming) -> Reply {
    let token = incoming.header("authorization").unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or_default();
    let now = portal.now().timestamp_millis();
    match portal.logins().access(token, now).and_then(|access| access.practitioner.clone()) {
        Some(practitioner) => Reply::json(
            200,
            &json!({"sub": practitioner, "fhirUser": portal.issuer.fhir_user(&practitioner)}),
        ),
        None => Reply::json(401, &json!({"error": "invalid_token"})),
    }
}

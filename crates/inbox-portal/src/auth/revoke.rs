//! Sign-out: the server is told that the tokens are no longer to be honoured (RFC 7009).

use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;

use super::smart::basic_auth;
use super::token::Auth;
use crate::error::PortalError;
use crate::http::{HttpClient, HttpLimits, Outgoing, check_address};

/// Whether the server could be told of a sign-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// It was told, and the login is over there too.
    Revoked,
    /// It offers no way: its tokens end by themselves.
    NotOffered,
}

/// Ends a login on the server. The caller forgets its tokens, whatever the answer.
///
/// # Errors
/// Any [`PortalError`]: the server was not told.
pub async fn revoke(auth: &Auth, limits: HttpLimits) -> Result<Revocation, PortalError> {
    let Some((endpoint, tokens)) = auth.revocation() else { return Ok(Revocation::NotOffered) };
    check_address(endpoint)?;
    let http = HttpClient::new(limits)?;
    // The refresh token first: with it a server ends the whole login (RFC 7009, 2.1). Not all do.
    for (hint, token) in tokens {
        let mut form =
            vec![("token", token.expose_secret().to_owned()), ("token_type_hint", hint.to_owned())];
        form.extend(auth.public_client().map(|id| ("client_id", id.to_owned())));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request =
            Outgoing::post(endpoint.clone(), "application/x-www-form-urlencoded", body.into_bytes());
        let request = match auth {
            Auth::ClientCredentials { client_id, client_secret, .. } => {
                request.header(AUTHORIZATION, &basic_auth(client_id, client_secret))
            }
            _ => request,
        };
        let answer = http.exchange(request, None).await?;
        // A server may keep access tokens that end soon (`unsupported_token_type`).
        let kept = hint == "access_token" && answer.status == 400;
        if !kept {
            answer.success()?;
        }
    }
    Ok(Revocation::Revoked)
}

//! Signed tokens: ES256 (RFC 7518) with a key that lives as long as the portal, shown as a key set (RFC 7517).

use std::io;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The portal's key.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
}

impl Signer {
    /// A new key.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub(crate) fn new() -> io::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(io::Error::other)?;
        let id = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(pair.public_key().as_ref())[..12]);
        Ok(Self { pair, random: SystemRandom::new(), id })
    }

    /// A JWT with these claims.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub(crate) fn sign(&self, claims: &Value) -> io::Result<String> {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({"alg": "ES256", "typ": "JWT", "kid": self.id});
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(io::Error::other)?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    /// The key set that verifies what [`Signer::sign`] gives out.
    pub(crate) fn key_set(&self) -> Value {
        // An uncompressed point: 4, then x and y of 32 bytes each.
        let point = self.pair.public_key().as_ref();
        let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": number(&point[1..33]), "y": number(&point[33..65])}]})
    }
}

/// Who gives out tokens, and for which FHIR server.
pub(crate) struct Issuer {
    pub(crate) signer: Signer,
    /// The issuer's name: this portal's base address.
    pub(crate) name: String,
    /// Base address of the server that takes the tokens.
    pub(crate) audience: String,
    /// Access tokens are JWTs; else they are opaque.
    pub(crate) signed_access: bool,
}

impl Issuer {
    /// An access token. `expires` is in milliseconds.
    pub(crate) fn access(&self, practitioner: Option<&str>, scopes: &str, now: i64, expires: i64) -> String {
        let opaque = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        if !self.signed_access {
            return opaque();
        }
        let mut claims = json!({
            "iss": self.name,
            "sub": practitioner.unwrap_or(crate::auth::BACKEND_CLIENT),
            "aud": self.audience,
            "iat": now / 1000,
            "exp": expires / 1000,
            "jti": Uuid::new_v4().to_string(),
            "scope": scopes,
        });
        if let Some(practitioner) = practitioner {
            claims["fhirUser"] = json!(self.fhir_user(practitioner));
        }
        // Without random numbers nothing could be given out at all; an opaque token is refused where JWTs are expected.
        self.signer.sign(&claims).unwrap_or_else(|_| opaque())
    }

    /// The absolute reference to a practitioner on the server that takes the tokens.
    pub(crate) fn fhir_user(&self, practitioner: &str) -> String {
        format!("{}/{practitioner}", self.audience)
    }
}

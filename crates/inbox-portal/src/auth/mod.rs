//! Sign-in: bearer token, client credentials, SMART App Launch 2 with PKCE.
//!
//! Secrets live in memory as `SecretString`, and in the vault through [`TokenStore`]; they never reach a log. A code is
//! exchanged once and never again, since a replayed code revokes the whole login on a server in common use.

mod browser;
mod revoke;
mod scopes;
mod smart;
mod token;

pub use browser::BrowserSignIn;
pub use revoke::{Revocation, revoke};
pub use scopes::{FeatureOff, GrantedScopes};
pub use smart::{SmartEndpoints, client_credentials, wanted_scopes};
pub(crate) use token::SignIn;
pub use token::{Auth, NoTokenStore, TokenGuard, TokenSet, TokenStore, TokenStoreError};

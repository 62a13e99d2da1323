//! How a vault of the suite signs in. With the browser it is the whole way: discovery, authorization page, loopback
//! redirect, code exchange.

use std::time::Duration;

use inbox_portal::{Auth, BrowserSignIn, HttpLimits};
use secrecy::SecretString;

use super::table::Trouble;

/// How a clinician's vault signs in.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// The server asks for no token.
    Open,
    /// A fixed token.
    Bearer(SecretString),
    /// SMART App Launch at the sample portal's page, as this practitioner.
    Browser {
        /// Id of the practitioner to choose on the page.
        practitioner: String,
    },
}

impl SignIn {
    /// A sign-in of its own for each vault, since refresh tokens are spent once.
    pub(super) async fn auth(&self, base: &str) -> Result<Auth, Trouble> {
        match self {
            Self::Open => Ok(Auth::Open),
            Self::Bearer(token) => Ok(Auth::Bearer { token: token.clone() }),
            Self::Browser { practitioner } => {
                let waiting = BrowserSignIn::start(base, "anteroom", None, HttpLimits::default()).await?;
                let page = waiting.url().clone();
                let (auth, clicked) =
                    tokio::join!(waiting.finish(Duration::from_secs(20)), choose(page, practitioner));
                clicked?;
                Ok(auth?)
            }
        }
    }
}

/// What a person does in the browser: opens the page, chooses herself, is sent back.
async fn choose(page: url::Url, practitioner: &str) -> Result<(), Trouble> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let shown = http.get(page.clone()).send().await?;
    if !shown.status().is_success() {
        return Err(format!("the sign-in page answered {}", shown.status().as_u16()).into());
    }
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("practitioner".to_owned(), practitioner.to_owned()));
    let mut target = page;
    target.set_query(None);
    let sent = http.post(target).form(&form).send().await?;
    let back = sent.headers().get("location").and_then(|value| value.to_str().ok());
    let back = back.ok_or("the sign-in page sent nobody back")?;
    http.get(back).send().await?;
    Ok(())
}

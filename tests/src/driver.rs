//! The real window under WebDriver.
//!
//! WebKitWebDriver is used directly: tauri-driver only translates one capability for it. wry takes part in automation
//! when `TAURI_WEBVIEW_AUTOMATION` is `true` (tauri-runtime-wry, `create_webview`). The app is started through
//! `setpriv`, so that it ends with its driver.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

use crate::app::holds_database;
use crate::children::{Running, built};
use crate::home::inhabitants;
use crate::{Result, Session, until_async};

/// How long a condition in the window may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The app's window. Ended on drop with its driver.
#[derive(Debug)]
pub struct Window {
    client: Client,
    home: PathBuf,
    _driver: Running,
}

impl Window {
    /// Starts the app with these arguments and waits for its page.
    ///
    /// # Errors
    /// When the driver or the app does not start.
    pub async fn open(session: &Session, arguments: &[String]) -> Result<Self> {
        // A first window that is just ending still owns the name by which a second one hands over to it.
        session.wait_until_free("org.anteroom.desktop.SingleInstance").await?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = session.command("WebKitWebDriver");
        command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Running::start("WebKitWebDriver", &mut command, &session.home().log("webdriver"))?;
        let address = format!("http://127.0.0.1:{port}");
        until_async("the web driver", PATIENCE, || async {
            reqwest::get(format!("{address}/status")).await.ok().map(drop)
        })
        .await?;
        let client = connect(&address, arguments)
            .await
            .map_err(|error| format!("the window did not open: {error}; {}", driver.output()))?;
        let window = Self { client, home: session.home().path().to_owned(), _driver: driver };
        window.wait_js("the page", "document.readyState === 'complete' && document.body !== null").await?;
        Ok(window)
    }

    /// Closes the window and waits until the app has ended: a second one started meanwhile would hand over to it.
    ///
    /// # Errors
    /// When the driver refuses, or the app does not end.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await?;
        until_async("the end of the app", PATIENCE, || async {
            inhabitants(&self.home, Some("anteroom")).is_empty().then_some(())
        })
        .await
    }

    /// Ids of the processes of this window by name (at most 15 characters, as the system shows it): `anteroom`,
    /// `WebKitWebProces`.
    pub fn processes(&self, name: &str) -> Vec<u32> {
        inhabitants(&self.home, Some(name))
    }

    /// Whether the app has the vault's database open.
    pub fn holds_database(&self) -> bool {
        self.processes("anteroom").into_iter().any(holds_database)
    }

    /// The client, for what is not covered here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Evaluates an expression in the page.
    ///
    /// # Errors
    /// When the page throws.
    pub async fn js(&self, expression: &str) -> Result<Value> {
        Ok(self.client.execute(&format!("return ({expression});"), Vec::new()).await?)
    }

    /// Waits until an expression is true.
    ///
    /// # Errors
    /// When it is not in time; shows what the page says instead.
    pub async fn wait_js(&self, what: &str, expression: &str) -> Result<()> {
        self.wait_js_for(what, expression, PATIENCE).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// When it is not in time; shows what the page says instead.
    pub async fn wait_js_for(&self, what: &str, expression: &str, limit: Duration) -> Result<()> {
        let waited = until_async(what, limit, || async {
            (self.js(expression).await.ok()? == Value::Bool(true)).then_some(())
        })
        .await;
        match waited {
            Ok(()) => Ok(()),
            Err(error) => {
                let page = self.js("document.body.innerText.slice(0, 3000)").await;
                Err(format!("{error}\nthe page says: {}", page.unwrap_or_default().as_str().unwrap_or("?"))
                    .into())
            }
        }
    }

    /// Waits until an element with that test id is shown.
    ///
    /// # Errors
    /// When it is not in time.
    pub async fn wait_for(&self, testid: &str) -> Result<()> {
        self.wait_js(testid, &format!("{} !== null", first(testid))).await
    }

    /// Waits until no element with that test id is shown.
    ///
    /// # Errors
    /// When it still is at the limit.
    pub async fn wait_gone(&self, testid: &str) -> Result<()> {
        self.wait_js(&format!("end of {testid}"), &format!("{} === null", first(testid))).await
    }

    /// Waits until the first element with that test id holds a text.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn wait_text(&self, testid: &str, text: &str) -> Result<()> {
        let what = format!("{testid} saying {text}");
        let expression = format!("({}?.innerText ?? '').includes({})", first(testid), json!(text));
        self.wait_js(&what, &expression).await
    }

    /// The visible text of the first element with that test id, or empty.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn text(&self, testid: &str) -> Result<String> {
        let value = self.js(&format!("{}?.innerText ?? ''", first(testid))).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// How many elements have that test id.
    ///
    /// # Errors
    /// When the page cannot be asked.
    pub async fn count(&self, testid: &str) -> Result<u64> {
        let value = self.js(&format!("document.querySelectorAll({}).length", selector(testid))).await?;
        Ok(value.as_u64().unwrap_or(0))
    }

    /// Clicks the first element with that test id once it is there.
    ///
    /// # Errors
    /// When it does not appear or cannot be clicked.
    pub async fn click(&self, testid: &str) -> Result<()> {
        self.wait_for(testid).await?;
        let css = format!("[data-testid=\"{testid}\"]");
        Ok(self.client.find(Locator::Css(&css)).await?.click().await?)
    }

    /// Clicks the first element that a selector finds, once it is there.
    ///
    /// # Errors
    /// When it does not appear or cannot be clicked.
    pub async fn click_css(&self, css: &str) -> Result<()> {
        self.wait_js(css, &format!("document.querySelector({}) !== null", json!(css))).await?;
        Ok(self.client.find(Locator::Css(css)).await?.click().await?)
    }

    /// Types into the first element with that test id.
    ///
    /// # Errors
    /// When it does not appear or takes no text.
    pub async fn write(&self, testid: &str, text: &str) -> Result<()> {
        self.wait_for(testid).await?;
        let css = format!("[data-testid=\"{testid}\"]");
        Ok(self.client.find(Locator::Css(&css)).await?.send_keys(text).await?)
    }

    /// Presses keys one after the other wherever the focus is, as a keyboard does: the caret stays where it is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let mut typing = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            typing = typing.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        Ok(self.client.perform_actions(typing).await?)
    }

    /// Presses a key with Control held.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press_control(&self, value: char) -> Result<()> {
        let control = char::from(Key::Control);
        let chord = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: control })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: control });
        Ok(self.client.perform_actions(chord).await?)
    }

    /// Presses a key with another one held, for example Shift with an arrow.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press_with(&self, held: Key, value: Key) -> Result<()> {
        let (held, value) = (char::from(held), char::from(value));
        let chord = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value })
            .then(KeyAction::Up { value: held });
        Ok(self.client.perform_actions(chord).await?)
    }

    /// Drags with the left button from one place of the page to another, in its pixels, by way of the middle.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn drag(&self, from: (f64, f64), to: (f64, f64)) -> Result<()> {
        let slowly = Some(Duration::from_millis(60));
        let go = |(x, y): (f64, f64)| PointerAction::MoveTo { duration: slowly, x: x.round(), y: y.round() };
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let dragging = MouseActions::new("mouse".to_owned())
            .then(go(from))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(go(middle))
            .then(go(to))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(dragging).await?)
    }

    /// Writes a picture of the page as PNG, once fonts are there and two pictures in a row are the same. The web view draws
    /// it anew for this; the screen of a driven window lags behind.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        self.wait_js("fonts", "document.fonts.status === 'loaded'").await?;
        let mut last = self.client.screenshot().await?;
        for _ in 0..20 {
            let now = self.client.screenshot().await?;
            if now == last {
                break;
            }
            last = now;
        }
        std::fs::write(file, last)?;
        Ok(())
    }
}

async fn connect(address: &str, arguments: &[String]) -> Result<Client> {
    let mut words = vec!["--pdeathsig".to_owned(), "KILL".to_owned(), "--".to_owned()];
    words.push(built("anteroom")?.to_string_lossy().into_owned());
    words.extend_from_slice(arguments);
    let mut capabilities = Capabilities::new();
    capabilities.insert(
        "webkitgtk:browserOptions".to_owned(),
        json!({ "binary": "/usr/bin/setpriv", "args": words }),
    );
    let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
    builder.capabilities(capabilities);
    let connecting = builder.connect(address);
    Ok(tokio::time::timeout(Duration::from_secs(60), connecting).await.map_err(|_| "no answer in 60 s")??)
}

fn selector(testid: &str) -> Value {
    json!(format!("[data-testid=\"{testid}\"]"))
}

fn first(testid: &str) -> String {
    format!("document.querySelector({})", selector(testid))
}

//! The demo portal as a program: prints one line of JSON when it is ready, and serves until it is told to stop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use demo_portal::{DemoPortal, Options, Quirks, RunningPortal};
use serde_json::json;

/// A FHIR R4 portal on loopback with a sample clinic.
#[derive(Parser)]
#[command(name = "demo-portal", version)]
struct Arguments {
    /// Port of 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Everything generated follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of patients.
    #[arg(long, default_value_t = demo_portal::STUDY_PATIENTS)]
    patients: usize,
    /// Number of psychiatrists.
    #[arg(long, default_value_t = 4)]
    practitioners: usize,
    /// Number of messages.
    #[arg(long, default_value_t = demo_portal::STUDY_MESSAGES)]
    messages: usize,
    /// New patient messages keep arriving, one in about this many seconds.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "45")]
    arrivals: Option<u64>,
    /// Play a server: none, medplum, helios, wso2 or millennium.
    #[arg(long, default_value = "none", value_parser = quirks)]
    quirks: Quirks,
    /// The largest page of a search.
    #[arg(long, default_value_t = 1000)]
    page_cap: usize,
    /// The portal's clock at its start, RFC 3339.
    #[arg(long)]
    now: Option<chrono::DateTime<chrono::Utc>>,
    /// Share of requests, 0 to 1, that meet a random fault.
    #[arg(long, default_value_t = 0.0)]
    faults: f64,
    /// Serve /_control.
    #[arg(long)]
    control: bool,
    /// Everybody's messages are returned, whoever asks.
    #[arg(long)]
    show_everything: bool,
    /// Where the fixed bearer tokens are written: all of them as JSON, and each alone beside it as FILE.PRACTITIONER.
    /// Tokens of an earlier run are kept.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Access tokens are signed JWTs (ES256), verified by /auth/jwks.
    #[arg(long)]
    jwt: bool,
    /// Base address of the FHIR server that takes the tokens, where it is another one.
    #[arg(long, value_name = "URL")]
    audience: Option<String>,
    /// A scope that no sign-in is given; may be repeated.
    #[arg(long, value_name = "SCOPE")]
    deny_scope: Vec<String>,
    /// The only redirect address of a sign-in, where the server played matches it exactly.
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<String>,
    /// A file with the secret of the client anteroom-backend.
    #[arg(long, value_name = "FILE")]
    backend_secret_file: Option<PathBuf>,
    /// Stop when standard input ends.
    #[arg(long)]
    until_stdin_closes: bool,
}

fn quirks(name: &str) -> Result<Quirks, String> {
    Quirks::preset(name).ok_or_else(|| "one of none, medplum, helios, wso2, millennium".to_owned())
}

impl Arguments {
    fn options(&self) -> std::io::Result<Options> {
        let mut options = Options {
            port: self.port,
            seed: self.seed,
            patients: self.patients,
            practitioners: self.practitioners,
            messages: self.messages,
            arrivals: self.arrivals.map(|seconds| Duration::from_secs(seconds.max(1))),
            quirks: self.quirks.clone(),
            page_cap: self.page_cap.max(1),
            now: self.now,
            control: self.control,
            fault_rate: self.faults,
            signed_tokens: self.jwt,
            audience: self.audience.clone(),
            denied_scopes: self.deny_scope.clone(),
            redirect_uri: self.redirect_uri.clone(),
            ..Options::default()
        };
        options.quirks.shows_everything |= self.show_everything;
        if let Some(file) = &self.token_file
            && let Ok(text) = std::fs::read_to_string(file)
        {
            options.tokens = serde_json::from_str(&text).unwrap_or_default();
        }
        if let Some(file) = &self.backend_secret_file {
            options.backend_secret = std::fs::read_to_string(file)?.trim_end_matches('\n').to_owned();
        }
        Ok(options)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-portal: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> std::io::Result<()> {
    let portal = DemoPortal::start(arguments.options()?).await?;
    if let Some(file) = &arguments.token_file {
        write_tokens(file, portal.tokens())?;
    }
    println!("{}", ready_line(arguments, &portal));
    stopped(arguments.until_stdin_closes).await?;
    portal.shutdown().await;
    Ok(())
}

fn ready_line(arguments: &Arguments, portal: &RunningPortal) -> serde_json::Value {
    let beside = |id: &str| arguments.token_file.as_deref().map(|file| token_path(file, id));
    let practitioners: Vec<_> = portal
        .practitioners()
        .into_iter()
        .map(|one| {
            json!({"token_file": beside(&one.id), "id": one.id, "reference": one.reference, "name": one.name})
        })
        .collect();
    json!({
        "url": portal.base_url(),
        "practitioners": practitioners,
        "token_file": arguments.token_file,
        "backend_client": demo_portal::BACKEND_CLIENT,
    })
}

fn token_path(file: &Path, id: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(id);
    PathBuf::from(name)
}

fn write_tokens(file: &Path, tokens: &BTreeMap<String, String>) -> std::io::Result<()> {
    std::fs::write(file, json!(tokens).to_string())?;
    for (id, token) in tokens {
        std::fs::write(token_path(file, id), token)?;
    }
    Ok(())
}

/// Waits for SIGTERM, an interrupt, or the end of standard input where that was asked for.
async fn stopped(until_stdin_closes: bool) -> std::io::Result<()> {
    let (ended, end) = tokio::sync::oneshot::channel();
    if until_stdin_closes {
        // A thread of its own: a blocking read of standard input would keep the runtime from ending.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            let _ = ended.send(());
        });
    } else {
        std::mem::forget(ended);
    }
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let terminate = terminated.recv();
    #[cfg(not(unix))]
    let terminate = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
        _ = end => {}
    }
    Ok(())
}

//! The program behind `cargo xtask interop`: the sync contract against Helios, or against any FHIR server with a token.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anteroom_tests::Result;
use anteroom_tests::interop::{self, Clinician, Helios, SignIn, Table, Target, Verdict};
use secrecy::SecretString;

const USAGE: &str = "usage: interop --helios PROGRAM --search-parameters FILE
       interop --portal URL --token-file FILE [--practitioner Practitioner/ID] [--setup-token-file FILE]";

/// The whole run.
const LIMIT: Duration = Duration::from_secs(30 * 60);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(plan) = Plan::parse(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let ran =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map(|runtime| {
            // On this thread, so that the server is a child of one that lives to the end.
            runtime.block_on(async { tokio::time::timeout(LIMIT, plan.run()).await })
        });
    match ran {
        Ok(Ok(Ok((passed, failed)))) => {
            println!("{passed} passed, {failed} failed");
            if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(Ok(Err(error))) => stopped(&error.to_string()),
        Ok(Err(_)) => stopped("not within half an hour"),
        Err(error) => stopped(&error.to_string()),
    }
}

fn stopped(why: &str) -> ExitCode {
    eprintln!("interop: {why}");
    println!("0 passed, 1 failed");
    ExitCode::FAILURE
}

#[derive(Debug, Default)]
struct Plan {
    helios: Option<PathBuf>,
    parameters: Option<PathBuf>,
    portal: Option<String>,
    token: Option<PathBuf>,
    setup: Option<PathBuf>,
    practitioner: Option<String>,
}

impl Plan {
    fn parse(arguments: &[String]) -> Option<Self> {
        let mut plan = Self::default();
        for pair in arguments.chunks(2) {
            let [name, value] = pair else { return None };
            match name.as_str() {
                "--helios" => plan.helios = Some(value.into()),
                "--search-parameters" => plan.parameters = Some(value.into()),
                "--portal" => plan.portal = Some(value.clone()),
                "--token-file" => plan.token = Some(value.into()),
                "--setup-token-file" => plan.setup = Some(value.into()),
                "--practitioner" => plan.practitioner = Some(value.clone()),
                _ => return None,
            }
        }
        let helios = plan.helios.is_some() && plan.parameters.is_some() && plan.portal.is_none();
        let portal = plan.portal.is_some() && plan.token.is_some() && plan.helios.is_none();
        (helios || portal).then_some(plan)
    }

    async fn run(&self) -> Result<(usize, usize)> {
        let mut tally = (0, 0);
        if let (Some(program), Some(parameters)) = (&self.helios, &self.parameters) {
            let open = Helios::open(program, parameters).await?;
            let target = open.target().await?;
            count(&mut tally, &interop::sample::run(&target).await);
            count(&mut tally, &interop::run(&target).await);
            drop(open);
            let signed = Helios::signed_in(program, parameters).await?;
            count(&mut tally, &interop::run(&signed.target().await?).await);
        } else if let (Some(base), Some(token)) = (&self.portal, &self.token) {
            count(&mut tally, &interop::run(&self.target(base, token)?).await);
        }
        Ok(tally)
    }

    fn target(&self, base: &str, token: &Path) -> Result<Target> {
        let token = secret(token)?;
        let setup = self.setup.as_deref().map_or_else(|| Ok(token.clone()), secret)?;
        let sign_in = SignIn::Bearer(token);
        let first = Clinician {
            reference: self.practitioner.clone(),
            sign_in: sign_in.clone(),
            alone: self.practitioner.is_none(),
        };
        let clinicians = [first, Clinician::created(sign_in)];
        Ok(Target { name: base.to_owned(), base: base.to_owned(), setup: Some(setup), clinicians, many: 620 })
    }
}

fn secret(file: &Path) -> Result<SecretString> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn count(tally: &mut (usize, usize), table: &Table) {
    print!("{}", table.text());
    tally.0 += table.count(Verdict::Passed);
    tally.1 += table.count(Verdict::Failed);
}

//! What leaves the program: JSON lines on standard output, an error object last.

use std::io::{self, Write as _};

use inbox_app::dto::AppError;
use serde::Serialize;
use serde_json::json;

/// How a call ended, besides the errors of `inbox_app`.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A use case failed.
    App(AppError),
    /// A file named in the arguments cannot be read; the name is the argument's.
    File(&'static str, io::ErrorKind),
    /// The answer itself says what is wrong and was printed: only the exit code is left.
    Said,
    /// The call cannot mean anything.
    Usage(String),
    /// Standard input holds something else than the contract says.
    Input(String),
    /// Nobody reads standard output any more.
    Pipe(io::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Pipe(error)
    }
}

/// What a call answers.
pub(crate) type Outcome = Result<(), Failure>;

/// One object as one line.
pub(crate) fn print(value: &impl Serialize) -> Outcome {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// One line each.
pub(crate) fn print_all(values: impl IntoIterator<Item = impl Serialize>) -> Outcome {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for value in values {
        serde_json::to_writer(&mut out, &value).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

impl Failure {
    /// Reports it; returns the exit code.
    pub(crate) fn report(self) -> u8 {
        let (code, message, retryable) = match self {
            Self::Said => return 1,
            Self::Usage(message) => {
                eprintln!("anteroom-cli: {message}");
                return 2;
            }
            Self::Pipe(error) => {
                eprintln!("anteroom-cli: {}", error.kind());
                return 1;
            }
            Self::App(error) => (error.code.clone(), crate::messages::sentence(&error), error.retryable),
            Self::File(argument, kind) => ("unreadable_file".into(), format!("{argument}: {kind}"), false),
            Self::Input(message) => ("invalid_input".into(), message, false),
        };
        eprintln!("anteroom-cli: {message}");
        let object = json!({"error": {"code": code, "message": message, "retryable": retryable}});
        // Nothing more can be said when standard output is gone too.
        let _ = print(&object);
        1
    }
}

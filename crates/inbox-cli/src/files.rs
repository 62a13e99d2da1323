//! Reads what the arguments name: secrets and texts come from files or standard input, never from the command line.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use secrecy::SecretString;

use crate::output::Failure;

/// A secret: the file's content without one trailing newline.
pub(crate) fn secret(path: &Path, argument: &'static str) -> Result<SecretString, Failure> {
    let mut text = read(path, argument)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text.into())
}

/// A text to be sent or stored: the file's content without trailing white space.
pub(crate) fn text(path: &Path, argument: &'static str) -> Result<String, Failure> {
    Ok(read(path, argument)?.trim_end().to_owned())
}

/// A new file that only its owner reads; an existing one stays as it is.
pub(crate) fn create(path: &Path, argument: &'static str) -> Result<fs::File, Failure> {
    inbox_app::new_private_file(path).map_err(|error| Failure::File(argument, error.kind()))
}

/// A file as it is.
pub(crate) fn read(path: &Path, argument: &'static str) -> Result<String, Failure> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| Failure::File(argument, error.kind()))
}

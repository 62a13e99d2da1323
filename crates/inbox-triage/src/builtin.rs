//! The lexicon of `assets/lexicon`: compiled at build time, so that the app does not wait for it at its start, and as text,
//! on which a clinic's own files are compiled.

use crate::lexicon::compile::Lexicon;

/// The files: folder, name, text. Rules are TOML, weights of words TSV.
pub(crate) const FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/lexicon_files.rs"));

/// The compiled lexicon; `build.rs` writes it with the same code that reads it here.
const COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lexicon.postcard"));

/// The compiled lexicon.
///
/// # Errors
/// The bytes do not fit this build, which the tests of this crate rule out.
pub(crate) fn lexicon() -> Result<Lexicon, postcard::Error> {
    postcard::from_bytes(COMPILED)
}

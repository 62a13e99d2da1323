//! A file of the lexicon, parsed, with its language and its text for the places of errors.

use toml::Spanned;

use super::LexiconError;
use super::pattern::parse;
use super::program::BOTH;
use super::schema::{self, LexiconFile, line_of};
use super::vocabulary::fact;
use crate::evidence::model::Model;

/// A file with its language.
pub(crate) struct Source<'a> {
    pub(crate) languages: u8,
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) parsed: LexiconFile,
    /// Weights of words, for an `evidence.tsv`.
    pub(super) weights: Option<Model>,
    /// A clinic's own file: what it says counts as it stands.
    pub(crate) own: bool,
}

impl<'a> Source<'a> {
    /// Parses `text`; `folder` is `en`, `de`, or anything else for both languages.
    pub(crate) fn parse(folder: &str, file: &'a str, text: &'a str) -> Result<Self, LexiconError> {
        let languages = match folder {
            "en" => fact::ENGLISH,
            "de" => fact::GERMAN,
            _ => BOTH,
        };
        if file.ends_with(".tsv") {
            let weights = Some(Model::parse(file, text)?);
            return Ok(Self { languages, file, text, parsed: LexiconFile::default(), weights, own: false });
        }
        Ok(Self { languages, file, text, parsed: schema::parse(file, text)?, weights: None, own: false })
    }

    /// Whether each pattern can be parsed.
    pub(crate) fn check_patterns(&self) -> Result<(), LexiconError> {
        let forms = self.parsed.concept.iter().flat_map(|concept| &concept.forms);
        let rules = self.parsed.rule.iter().flat_map(|rule| {
            let lists = [&rule.phrases, &rule.unless, &rule.unless_message, &rule.after];
            lists.into_iter().chain(&rule.frame).flatten()
        });
        for pattern in forms.chain(rules) {
            parse(pattern.get_ref()).map_err(|expected| self.error(pattern, expected))?;
        }
        Ok(())
    }

    /// A clinic adds words and switches; how denial and the past are read, and what words weigh, is not for one folder to
    /// change in silence.
    pub(crate) fn refuse_context(&self) -> Result<(), LexiconError> {
        let plain = LexiconFile::default();
        if self.parsed.cues == plain.cues && self.parsed.words == plain.words && self.weights.is_none() {
            return Ok(());
        }
        let at = self.text.lines().position(|line| line.starts_with("[cues]") || line.starts_with("[words]"));
        let expected = "expected concepts, rules and `watch_only` in a clinic's file, no [cues], no [words] and no weights";
        Err(LexiconError {
            file: self.file.to_owned(),
            line: at.map_or(0, |line| line + 1),
            expected: expected.to_owned(),
        })
    }

    pub(crate) fn error(&self, at: &Spanned<String>, expected: impl Into<String>) -> LexiconError {
        let line = line_of(self.text, at.span().start);
        LexiconError { file: self.file.to_owned(), line, expected: expected.into() }
    }
}

/// FNV-1a over the files and the version of this crate; no secret depends on it.
pub(super) fn fingerprint(sources: &[Source<'_>]) -> String {
    let parts = sources.iter().flat_map(|source| [source.file.as_bytes(), source.text.as_bytes()]);
    let hash = parts
        .chain([env!("CARGO_PKG_VERSION").as_bytes()])
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

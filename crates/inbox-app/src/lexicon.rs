//! The engine in force: the built-in lexicon with the clinic's own words and switches on top. What is stored and cannot be
//! used is said in the window and leaves the built-in rules in force; it is never guessed at.

use std::{ops::Deref, sync::Arc};

use chrono::{DateTime, Utc};
use inbox_domain::format_instant;
use inbox_triage::{
    Engine,
    clinic::{ClinicLexicon, ClinicProblem, ClinicProblemKind},
};
use inbox_vault::{LexiconVersion, Vault};

use crate::{
    dto::{AppError, LexiconView, SavedLexicon},
    error::{AppResult, invalid},
    packs::Packs,
    session::Session,
};

/// An engine that can be kept while another one comes into force.
#[derive(Clone)]
pub(crate) enum SharedEngine {
    /// Compiled once a process.
    Builtin,
    /// With a clinic's words and switches.
    Clinic(Arc<Engine>),
}

impl Deref for SharedEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        match self {
            Self::Builtin => Engine::builtin(),
            Self::Clinic(engine) => engine,
        }
    }
}

impl SharedEngine {
    /// The built-in lexicon with what the leads have signed, and with a vault's own words and switches.
    pub(crate) fn of(own: &ClinicLexicon, packs: &Packs) -> Result<Self, Vec<ClinicProblem>> {
        let problems = problems(own, packs);
        if !problems.is_empty() {
            return Err(problems);
        }
        let all = packs.beside(own);
        if all == ClinicLexicon::default() {
            return Ok(Self::Builtin);
        }
        Ok(Self::Clinic(Arc::new(Engine::with_clinic(&all, &packs.signed)?)))
    }
}

/// The newest lexicon of a vault and the engine made from it.
#[derive(Clone)]
pub(crate) struct LexiconInForce {
    pub(crate) engine: SharedEngine,
    pub(crate) version: u32,
    saved_at: Option<DateTime<Utc>>,
    lexicon: ClinicLexicon,
    /// False while the built-in rules stand in for something that cannot be read: nothing stored is judged by them, or the
    /// flags of the clinic's words would go.
    pub(crate) readable: bool,
    pub(crate) problem: Option<AppError>,
}

impl LexiconInForce {
    /// What is kept in a vault.
    pub(crate) fn load(vault: &Vault, packs: &Packs) -> Self {
        match vault.lexicon() {
            Ok(None) => Self { readable: true, problem: None, ..Self::unreadable(0, None, packs) },
            Ok(Some(stored)) => Self::read(&stored, packs),
            Err(_) => Self::unreadable(0, None, packs),
        }
    }

    fn unreadable(version: u32, saved_at: Option<DateTime<Utc>>, packs: &Packs) -> Self {
        Self {
            // What the leads have signed is checked before it is taken, and does not depend on the vault.
            engine: SharedEngine::of(&ClinicLexicon::default(), packs).unwrap_or(SharedEngine::Builtin),
            version,
            saved_at,
            lexicon: ClinicLexicon::default(),
            readable: false,
            problem: Some(AppError::new("lexicon_unreadable")),
        }
    }

    fn read(stored: &LexiconVersion, packs: &Packs) -> Self {
        let (version, saved_at) = (stored.version, Some(stored.saved_at));
        let Ok(mut lexicon) = serde_json::from_str::<ClinicLexicon>(&stored.lexicon) else {
            return Self::unreadable(version, saved_at, packs);
        };
        let words = drop_unusable_words(&mut lexicon, packs);
        let mut switches = drop_stale_switches(&mut lexicon, packs);
        // The switch of an entry that is gone goes with it.
        switches.retain(|rule| !words.contains(rule));
        let problem = match (words.is_empty(), switches.is_empty()) {
            (true, true) => None,
            (true, false) => Some(AppError::new("switches_dropped").with("rules", switches.join(", "))),
            (false, _) => {
                Some(AppError::new("words_dropped").with("rules", [words, switches].concat().join(", ")))
            }
        };
        match SharedEngine::of(&lexicon, packs) {
            Ok(engine) => Self { engine, version, saved_at, lexicon, readable: true, problem },
            Err(_) => Self::unreadable(version, saved_at, packs),
        }
    }
}

/// What is wrong with a vault's own words and switches beside what the leads have signed.
fn problems(own: &ClinicLexicon, packs: &Packs) -> Vec<ClinicProblem> {
    let mut found = own.problems(&packs.signed);
    for (at, words) in own.words.iter().enumerate() {
        if packs.lexicon.words.iter().any(|signed| signed.id == words.id) {
            found.push(ClinicProblem {
                path: format!("words[{at}].id"),
                problem: ClinicProblemKind::DuplicateId,
            });
        }
    }
    found
}

/// Takes out entries that this version of the app no longer accepts, for example a phrase of words that it now counts as
/// everyday ones: the others stay in force without them. Answers their rules.
fn drop_unusable_words(lexicon: &mut ClinicLexicon, packs: &Packs) -> Vec<String> {
    let problems = problems(lexicon, packs);
    let unusable = |at: usize| problems.iter().any(|found| found.path.starts_with(&format!("words[{at}].")));
    let words = std::mem::take(&mut lexicon.words);
    let (dropped, kept): (Vec<_>, Vec<_>) = words.into_iter().enumerate().partition(|(at, _)| unusable(*at));
    lexicon.words = kept.into_iter().map(|(_, words)| words).collect();
    dropped.into_iter().map(|(_, words)| format!("clinic.{}", words.id)).collect()
}

/// Takes out switches of rules that this version of the app no longer has, or that were signed since: the clinic's words
/// stay in force without them. Answers their rules.
fn drop_stale_switches(lexicon: &mut ClinicLexicon, packs: &Packs) -> Vec<String> {
    let problems = problems(lexicon, packs);
    let stale = |at: usize| {
        problems.iter().any(|found| {
            matches!(found.problem, ClinicProblemKind::UnknownRule | ClinicProblemKind::SignedRule)
                && found.path == format!("watch_only[{at}]")
        })
    };
    let switches = std::mem::take(&mut lexicon.watch_only);
    let (dropped, kept): (Vec<_>, Vec<_>) = switches.into_iter().enumerate().partition(|(at, _)| stale(*at));
    lexicon.watch_only = kept.into_iter().map(|(_, rule)| rule).collect();
    dropped.into_iter().map(|(_, rule)| rule).collect()
}

impl Session {
    /// The clinic's own words and switches in force, and how far messages are judged by them.
    ///
    /// # Errors
    /// The vault's.
    pub fn load_lexicon(&self) -> AppResult<LexiconView> {
        let found = self.lexicon_in_force();
        Ok(LexiconView {
            version: found.version,
            saved_at: found.saved_at.map(format_instant),
            lexicon: found.lexicon,
            problem: found.problem,
            retriage: self.load_retriage()?,
        })
    }

    /// Everything that is wrong with a draft; empty when it can be saved.
    pub fn check_lexicon(&self, draft: &ClinicLexicon) -> Vec<ClinicProblem> {
        problems(draft, &self.packs())
    }

    /// Saves a draft made from version `base`, takes it into use and starts to judge stored messages by it.
    ///
    /// # Errors
    /// `lexicon_changed` when another version was saved since; the vault's.
    pub fn save_lexicon(self: &Arc<Self>, base: u32, draft: &ClinicLexicon) -> AppResult<SavedLexicon> {
        let saved = self.store_lexicon(base, draft)?;
        if let SavedLexicon::Saved { .. } = saved {
            self.resume_retriage();
        }
        Ok(saved)
    }

    /// The same without judging: for programs without a background.
    ///
    /// # Errors
    /// As [`Session::save_lexicon`].
    pub fn store_lexicon(&self, base: u32, draft: &ClinicLexicon) -> AppResult<SavedLexicon> {
        if let Err(problems) = SharedEngine::of(draft, &self.packs()) {
            return Ok(SavedLexicon::Refused { problems });
        }
        let json = serde_json::to_string(draft).map_err(|_| invalid("lexicon"))?;
        let version = self.vault.save_lexicon(base, &json, self.now())?;
        self.reload_lexicon();
        Ok(SavedLexicon::Saved { version })
    }

    /// Reads the lexicon again where a newer version is stored, or where none could be read: another process may have saved
    /// it.
    pub(crate) fn reload_lexicon(&self) {
        let newest = self.vault.lexicon().map(|stored| stored.map_or(0, |stored| stored.version));
        let found = self.lexicon_in_force();
        if newest.is_ok_and(|newest| newest > found.version || (found.version == 0 && !found.readable)) {
            self.renew_lexicon(LexiconInForce::load(&self.vault, &self.packs()));
        }
    }
}

#[cfg(test)]
mod tests;

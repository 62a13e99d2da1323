//! What a pack brings: `lexicon.json` and `guidelines/LANGUAGE/*.toml`. A pack holds whole or not at all.

use std::{collections::BTreeMap, sync::Arc};

use inbox_triage::{Engine, clinic::ClinicLexicon};
use serde::Deserialize;

use super::{PackProblem, Packs};

const LEXICON: &str = "lexicon.json";
const GUIDELINES: &str = "guidelines/";

/// A lead's words and switches, and the rules that she answers for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedLexicon {
    #[serde(flatten)]
    lexicon: Flat,
    #[serde(default)]
    signed_rules: Vec<String>,
}

/// [`ClinicLexicon`] beside another field: flattening and refusing unknown fields do not go together.
#[derive(Deserialize)]
struct Flat {
    #[serde(default)]
    words: Vec<inbox_triage::clinic::ClinicWords>,
    #[serde(default)]
    watch_only: Vec<String>,
}

/// Adds the files of a pack to what is in force.
pub(super) fn take(packs: &mut Packs, files: &BTreeMap<String, String>) -> Result<(), PackProblem> {
    let mut fresh = packs.clone();
    let mut texts = Vec::new();
    for (path, text) in files {
        if path == LEXICON {
            take_lexicon(&mut fresh, text)?;
        } else if let Some(path) = path.strip_prefix(GUIDELINES) {
            texts.push((path, text.as_str()));
        } else {
            return Err(PackProblem::InvalidContent);
        }
    }
    if !texts.is_empty() {
        let (guidelines, problems) = fresh.guidelines.with_signed(texts);
        if !problems.is_empty() {
            return Err(PackProblem::InvalidContent);
        }
        fresh.guidelines = Arc::new(guidelines);
    }
    *packs = fresh;
    Ok(())
}

fn take_lexicon(packs: &mut Packs, text: &str) -> Result<(), PackProblem> {
    let read: SignedLexicon = serde_json::from_str(text).map_err(|_| PackProblem::InvalidContent)?;
    let known = |rule: &String| Engine::builtin().rule_ids().any(|id| id == rule);
    if !read.signed_rules.iter().all(known) {
        return Err(PackProblem::InvalidContent);
    }
    packs.signed.extend(read.signed_rules);
    // A word that is signed cannot be switched down either.
    packs.signed.extend(read.lexicon.words.iter().map(|words| format!("clinic.{}", words.id)));
    let mut lexicon = packs.lexicon.clone();
    lexicon.words.extend(read.lexicon.words);
    lexicon.watch_only.extend(read.lexicon.watch_only);
    if !lexicon.problems(&packs.signed).is_empty() {
        return Err(PackProblem::InvalidContent);
    }
    packs.lexicon = lexicon;
    Ok(())
}

impl Packs {
    /// The leads' words and switches with a vault's own beside them. Where both have an entry, the lead's holds.
    pub(crate) fn beside(&self, own: &ClinicLexicon) -> ClinicLexicon {
        let mut all = self.lexicon.clone();
        let taken = |id: &str| self.lexicon.words.iter().any(|words| words.id == id);
        all.words.extend(own.words.iter().filter(|words| !taken(&words.id)).cloned());
        let further = own.watch_only.iter().filter(|rule| !self.lexicon.watch_only.contains(rule));
        all.watch_only.extend(further.filter(|rule| !self.signed.contains(*rule)).cloned());
        all
    }
}

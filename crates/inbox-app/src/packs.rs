//! Signed packs: guidelines, lexicon changes and patients' texts that a clinical lead has signed, in a read-only folder of the clinic.
//! Each vault verifies them by the keys in the clinic's policy and records the newest version that it has used.
//!
//! A pack is one file, `NAME.pack`: a line of JSON (format, lead, signature), and after it the bytes that were signed, which are
//! JSON too: `{"name","version","files":{"lexicon.json":"..","guidelines/de/x.toml":".."}}`.

mod content;
mod signing;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use inbox_guidelines::Guidelines;
use inbox_triage::clinic::ClinicLexicon;
use inbox_vault::Vault;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::policy::{ClinicalLead, PolicySource, changeable};

/// A larger file is no pack.
const LONGEST_BYTES: u64 = 8 * 1024 * 1024;
const FORMAT: &str = "anteroom-pack-1";
const ENDING: &str = "pack";
/// Newest version of each pack that this vault has used: JSON, by name.
const SEEN: &str = "packs.seen";

/// Why a pack is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PackProblem {
    /// The file cannot be read, or is no pack.
    Unreadable,
    /// An ordinary user could change the file or its folder.
    Writable,
    /// Whoever signed it is no clinical lead of this clinic.
    UnknownLead,
    /// The signature is not that lead's, or the content was changed.
    WrongSignature,
    /// A lexicon or a guideline in it does not follow the rules.
    InvalidContent,
    /// This vault has used a newer version already.
    Older,
    /// This vault has used it and it is no longer there.
    Missing,
}

/// A pack as Settings shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PackView {
    /// Its name; the file's where the pack cannot be read.
    pub name: String,
    /// Its version; 0 where it cannot be read.
    pub version: u32,
    /// `Practitioner/ID` of the lead who signed it, or says so.
    pub lead: String,
    /// Why it is not in force.
    pub problem: Option<PackProblem>,
}

/// Line one of a pack.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    format: String,
    lead: String,
    signature: String,
}

/// What is signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    name: String,
    version: u32,
    files: BTreeMap<String, String>,
}

/// A pack whose signature holds.
#[derive(Debug, Clone)]
struct Pack {
    content: Content,
    lead: String,
}

/// All packs of a clinic together.
#[derive(Debug, Clone)]
pub(crate) struct Packs {
    /// Words and switches of the leads.
    pub(crate) lexicon: ClinicLexicon,
    /// Rules that no switch of a vault goes below.
    pub(crate) signed: BTreeSet<String>,
    /// The built-in content with what was signed in its place.
    pub(crate) guidelines: Arc<Guidelines>,
    views: Vec<PackView>,
}

impl Packs {
    /// None at all.
    pub(crate) fn none() -> Self {
        Self {
            lexicon: ClinicLexicon::default(),
            signed: BTreeSet::new(),
            guidelines: Arc::new(Guidelines::builtin().clone()),
            views: Vec::new(),
        }
    }

    /// The packs of the clinic, as far as they can be used, without a vault's record.
    pub(crate) fn of(policy: &PolicySource) -> Self {
        Self::with(policy, &BTreeMap::new())
    }

    /// The same for a vault, which records the versions that it uses and uses no older one again.
    pub(crate) fn for_vault(
        policy: &PolicySource,
        vault: &Vault,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Self {
        let kept = vault.setting(SEEN).ok().flatten();
        let seen: BTreeMap<String, u32> =
            kept.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let packs = Self::with(policy, &seen);
        let mut newest = seen.clone();
        for view in packs.views.iter().filter(|view| view.problem.is_none()) {
            newest.insert(view.name.clone(), view.version);
        }
        if newest != seen
            && let Ok(text) = serde_json::to_string(&newest)
            && vault.set_setting(SEEN, &text, now).is_err()
        {
            tracing::warn!(code = "packs_not_recorded");
        }
        packs
    }

    fn with(policy: &PolicySource, seen: &BTreeMap<String, u32>) -> Self {
        let mut packs = Self::none();
        let (found, mut views) = match policy.packs_dir() {
            Some(dir) => read_all(&dir, policy),
            None => (Vec::new(), Vec::new()),
        };
        for pack in newest(found) {
            let used = seen.get(&pack.content.name).copied().unwrap_or_default();
            let problem = if pack.content.version < used {
                Some(PackProblem::Older)
            } else {
                content::take(&mut packs, &pack.content.files).err()
            };
            views.push(pack.view(problem));
        }
        for (name, version) in seen {
            if !views.iter().any(|view| view.name == *name) {
                let problem = Some(PackProblem::Missing);
                views.push(PackView { name: name.clone(), version: *version, lead: String::new(), problem });
            }
        }
        views.sort_by(|a, b| a.name.cmp(&b.name));
        packs.views = views;
        packs
    }

    /// What Settings shows.
    pub(crate) fn views(&self) -> &[PackView] {
        &self.views
    }
}

impl Pack {
    fn view(&self, problem: Option<PackProblem>) -> PackView {
        let Content { name, version, .. } = &self.content;
        PackView { name: name.clone(), version: *version, lead: self.lead.clone(), problem }
    }
}

/// What a pack file says of itself under a clinic's policy.
pub fn verify_pack(file: &Path, policy: &PolicySource) -> PackView {
    match read(file, policy) {
        Ok(pack) => {
            let problem = content::take(&mut Packs::none(), &pack.content.files).err();
            pack.view(problem)
        }
        Err(problem) => unreadable(file, problem),
    }
}

fn unreadable(file: &Path, problem: PackProblem) -> PackView {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    PackView { name, version: 0, lead: String::new(), problem: Some(problem) }
}

/// Of each name the newest version; between equal ones it does not matter which.
fn newest(found: Vec<Pack>) -> Vec<Pack> {
    let mut by_name: BTreeMap<String, Pack> = BTreeMap::new();
    for pack in found {
        match by_name.get(&pack.content.name) {
            Some(other) if other.content.version >= pack.content.version => {}
            _ => drop(by_name.insert(pack.content.name.clone(), pack)),
        }
    }
    by_name.into_values().collect()
}

/// The packs of a folder whose signatures hold, and what is wrong with the others.
fn read_all(dir: &Path, policy: &PolicySource) -> (Vec<Pack>, Vec<PackView>) {
    let (mut packs, mut views) = (Vec::new(), Vec::new());
    let Ok(entries) = fs::read_dir(dir) else { return (packs, views) };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == ENDING));
    files.sort();
    for file in files {
        match read(&file, policy) {
            Ok(pack) => packs.push(pack),
            Err(problem) => views.push(unreadable(&file, problem)),
        }
    }
    (packs, views)
}

fn read(file: &Path, policy: &PolicySource) -> Result<Pack, PackProblem> {
    let found = fs::metadata(file).map_err(|_| PackProblem::Unreadable)?;
    let folder = file.parent().and_then(|dir| fs::metadata(dir).ok());
    let system = policy.is_of_the_system();
    if changeable(&found, system) || (system && folder.is_none_or(|folder| changeable(&folder, true))) {
        return Err(PackProblem::Writable);
    }
    if found.len() > LONGEST_BYTES {
        return Err(PackProblem::Unreadable);
    }
    let bytes = fs::read(file).map_err(|_| PackProblem::Unreadable)?;
    parse(&bytes, &policy.current().policy.leads)
}

fn parse(bytes: &[u8], leads: &[ClinicalLead]) -> Result<Pack, PackProblem> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(PackProblem::Unreadable)?;
    let (line, signed) = (&bytes[..end], &bytes[end + 1..]);
    let seal: Seal = serde_json::from_slice(line).map_err(|_| PackProblem::Unreadable)?;
    if seal.format != FORMAT {
        return Err(PackProblem::Unreadable);
    }
    let lead = leads.iter().find(|lead| lead.practitioner == seal.lead).ok_or(PackProblem::UnknownLead)?;
    let signature = STANDARD.decode(&seal.signature).map_err(|_| PackProblem::Unreadable)?;
    UnparsedPublicKey::new(&ED25519, lead.key)
        .verify(&message(&seal.lead, signed), &signature)
        .map_err(|_| PackProblem::WrongSignature)?;
    // Nothing of it is read before its signature holds.
    let content: Content = serde_json::from_slice(signed).map_err(|_| PackProblem::InvalidContent)?;
    if !is_name(&content.name) || content.version == 0 {
        return Err(PackProblem::InvalidContent);
    }
    Ok(Pack { content, lead: seal.lead })
}

/// The bytes under a signature: what they are, who signed, and the content.
fn message(lead: &str, signed: &[u8]) -> Vec<u8> {
    [FORMAT.as_bytes(), b"\n", lead.as_bytes(), b"\n", signed].concat()
}

/// Letters, digits and hyphens.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;

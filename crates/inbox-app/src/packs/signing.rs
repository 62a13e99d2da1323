//! A clinical lead signs a pack with a key that lives in her own vault and never leaves it.

use std::{collections::BTreeMap, fs, path::Path};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Content, FORMAT, LONGEST_BYTES, PackProblem, Packs, Seal, content, is_name, message};
use crate::{
    dto::AppError,
    error::{AppResult, invalid},
    session::Session,
};

/// The seed of the lead's Ed25519 key, base64.
const SIGNING_KEY: &str = "lead.signing_key";

/// A lead's public key, for the clinic's policy.
#[derive(Debug, Clone, Serialize)]
pub struct LeadKeyRecord {
    /// `Practitioner/ID`.
    pub practitioner: String,
    /// Ed25519, base64.
    pub public_key: String,
}

/// A pack that was signed.
#[derive(Debug, Clone, Serialize)]
pub struct SignedPackRecord {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// `Practitioner/ID` of who signed it.
    pub lead: String,
    /// Files in it.
    pub files: usize,
    /// What belongs into `NAME.pack`.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl Session {
    /// The public key under which this vault's clinician signs; made with the first call.
    ///
    /// # Errors
    /// `not_connected` before a sign-in said who she is; the vault's.
    pub fn lead_key(&self) -> AppResult<LeadKeyRecord> {
        let public = self.signing_key()?.public_key().as_ref().to_vec();
        Ok(LeadKeyRecord { practitioner: self.reference()?, public_key: STANDARD.encode(public) })
    }

    /// Signs the files of a folder: `lexicon.json` and `guidelines/LANGUAGE/*.toml`.
    ///
    /// # Errors
    /// `invalid_argument` for a name, a version, or content that would not come into force; `unreadable_file`;
    /// `not_connected`.
    pub fn sign_pack(&self, from: &Path, name: &str, version: u32) -> AppResult<SignedPackRecord> {
        if !is_name(name) {
            return Err(invalid("name"));
        }
        if version == 0 {
            return Err(invalid("version"));
        }
        let files = files_of(from)?;
        content::take(&mut Packs::none(), &files).map_err(|_: PackProblem| invalid("from"))?;
        let lead = self.reference()?;
        let content = Content { name: name.to_owned(), version, files };
        let signed = serde_json::to_vec(&content).map_err(|_| invalid("from"))?;
        let signature = self.signing_key()?.sign(&message(&lead, &signed));
        let seal = Seal {
            format: FORMAT.to_owned(),
            lead: lead.clone(),
            signature: STANDARD.encode(signature.as_ref()),
        };
        let mut bytes = serde_json::to_vec(&seal).map_err(|_| invalid("from"))?;
        bytes.push(b'\n');
        bytes.extend(signed);
        Ok(SignedPackRecord { name: name.to_owned(), version, lead, files: content.files.len(), bytes })
    }

    fn signing_key(&self) -> AppResult<Ed25519KeyPair> {
        let unusable = || AppError::new("signing_key_unusable");
        if let Some(kept) = self.vault.setting(SIGNING_KEY)?.map(Zeroizing::new) {
            let seed = STANDARD.decode(&*kept).map(Zeroizing::new).map_err(|_| unusable())?;
            return Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| unusable());
        }
        let mut seed = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(seed.as_mut()).map_err(|_| AppError::new("no_random_numbers"))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| unusable())?;
        let text = Zeroizing::new(STANDARD.encode(seed.as_slice()));
        self.vault.set_setting(SIGNING_KEY, &text, self.now())?;
        Ok(pair)
    }
}

/// Every file below a folder by its path, as text.
fn files_of(from: &Path) -> AppResult<BTreeMap<String, String>> {
    let unreadable = || AppError::new("unreadable_file");
    let (mut files, mut left, mut folders) = (BTreeMap::new(), LONGEST_BYTES, vec![from.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|_| unreadable())? {
            let path = entry.map_err(|_| unreadable())?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let size = fs::metadata(&path).map_err(|_| unreadable())?.len();
            left = left.checked_sub(size).ok_or_else(|| invalid("from"))?;
            let name = path.strip_prefix(from).ok().and_then(Path::to_str).ok_or_else(|| invalid("from"))?;
            let text = fs::read_to_string(&path).map_err(|_| unreadable())?;
            files.insert(name.replace('\\', "/"), text);
        }
    }
    if files.is_empty() { Err(invalid("from")) } else { Ok(files) }
}

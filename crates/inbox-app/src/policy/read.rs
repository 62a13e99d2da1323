//! From the file to a policy. The file holds whole or not at all, and every problem is told at once.

use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use toml::Spanned;

use crate::sharing::is_practitioner_reference;

use super::{
    ClinicalLead, Policy, PolicyExpected, PolicyInForce, PolicyProblem, UpdateChannel, WatchWhileLocked,
};

/// Larger files are no policy.
const LONGEST_BYTES: u64 = 256 * 1024;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    portal: PortalTable,
    lock: LockTable,
    passphrase: PassphraseTable,
    retention: RetentionTable,
    sharing: SharingTable,
    update: UpdateTable,
    escrow: EscrowTable,
    lead: Vec<LeadTable>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PortalTable {
    url: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LockTable {
    idle_seconds: Option<Spanned<i64>>,
    watch_while_locked: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PassphraseTable {
    least_length: Option<Spanned<i64>>,
    pin: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RetentionTable {
    days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SharingTable {
    allowed: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UpdateTable {
    channel: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EscrowTable {
    key: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeadTable {
    practitioner: Spanned<String>,
    key: Spanned<String>,
}

/// What the file says, or why it cannot be used.
pub(super) fn read(file: &Path, of_the_system: bool) -> PolicyInForce {
    let found = match fs::metadata(file) {
        Ok(found) => found,
        // A link that leads nowhere is a policy that cannot be read, not an absent one.
        Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(file).is_err() => {
            return PolicyInForce::absent();
        }
        Err(_) => return PolicyInForce::broken(vec![of_file(PolicyExpected::Readable)]),
    };
    if !found.is_file() || found.len() > LONGEST_BYTES {
        return PolicyInForce::broken(vec![of_file(PolicyExpected::Readable)]);
    }
    let folder = file.parent().and_then(|folder| fs::metadata(folder).ok());
    let folder_open = of_the_system && folder.is_none_or(|folder| changeable(&folder, true));
    if changeable(&found, of_the_system) || folder_open {
        return PolicyInForce::broken(vec![of_file(PolicyExpected::ReadOnly)]);
    }
    match fs::read_to_string(file) {
        Ok(text) => parse(&text),
        Err(_) => PolicyInForce::broken(vec![of_file(PolicyExpected::Readable)]),
    }
}

/// Whether somebody who is no administrator may change this file or folder.
#[cfg(unix)]
pub(crate) fn changeable(found: &fs::Metadata, of_the_system: bool) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    changeable_by(found.mode(), found.uid(), found.gid(), of_the_system)
}

/// By mode and owners: anybody, a group that is not the administrators', or an owner who is not one.
#[cfg(unix)]
pub(super) fn changeable_by(mode: u32, owner: u32, group: u32, of_the_system: bool) -> bool {
    mode & 0o002 != 0 || (mode & 0o020 != 0 && group != 0) || (of_the_system && owner != 0)
}

/// Elsewhere the folder's access list guards the file; what can be seen here is the read-only mark alone.
#[cfg(not(unix))]
pub(crate) fn changeable(_found: &fs::Metadata, _of_the_system: bool) -> bool {
    false
}

fn of_file(expected: PolicyExpected) -> PolicyProblem {
    PolicyProblem { line: None, key: String::new(), expected, detail: String::new() }
}

/// Reads the text of a policy file.
pub(super) fn parse(text: &str) -> PolicyInForce {
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return PolicyInForce::broken(vec![PolicyProblem {
                line: Some(line_of(text, at)),
                key: String::new(),
                expected: PolicyExpected::Toml,
                detail: error.message().to_owned(),
            }]);
        }
    };
    let mut reader = Reader { text, set: Vec::new(), problems: Vec::new() };
    let policy = reader.policy(&file);
    if reader.problems.is_empty() {
        PolicyInForce { policy, present: true, set: reader.set, problems: Vec::new() }
    } else {
        PolicyInForce::broken(reader.problems)
    }
}

fn line_of(text: &str, at: usize) -> u32 {
    let before = text.get(..at).unwrap_or(text);
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    text: &'a str,
    set: Vec<&'static str>,
    problems: Vec<PolicyProblem>,
}

impl Reader<'_> {
    fn policy(&mut self, file: &File) -> Policy {
        let mut policy = Policy::default();
        if let Some(url) = &file.portal.url {
            policy.portal_url = self.url(url);
        }
        if let Some(seconds) = self.number("lock.idle_seconds", file.lock.idle_seconds.as_ref(), 5, 3600) {
            policy.idle_lock = Duration::from_secs(seconds.into());
        }
        let watch = [
            ("on", WatchWhileLocked::On),
            ("off", WatchWhileLocked::Off),
            ("on-duty", WatchWhileLocked::OnDuty),
        ];
        let watch = self.word("lock.watch_while_locked", file.lock.watch_while_locked.as_ref(), &watch);
        policy.watch_while_locked = watch.unwrap_or(policy.watch_while_locked);
        let least = file.passphrase.least_length.as_ref();
        policy.least_passphrase = self.number("passphrase.least_length", least, 8, 128).unwrap_or(0);
        policy.pin_allowed = self.switch("passphrase.pin", file.passphrase.pin).unwrap_or(false);
        policy.retention_days = self.number("retention.days", file.retention.days.as_ref(), 30, 36_500);
        policy.sharing = self.switch("sharing.allowed", file.sharing.allowed).unwrap_or(true);
        let channels = [("stable", UpdateChannel::Stable), ("none", UpdateChannel::None)];
        let channel = self.word("update.channel", file.update.channel.as_ref(), &channels);
        policy.update_channel = channel.unwrap_or(policy.update_channel);
        if let Some(key) = &file.escrow.key {
            policy.escrow_key = self.key("escrow.key", key);
        }
        policy.leads = self.leads(&file.lead);
        policy
    }

    fn leads(&mut self, tables: &[LeadTable]) -> Vec<ClinicalLead> {
        let mut named = BTreeSet::new();
        let mut leads = Vec::new();
        for table in tables {
            let practitioner = table.practitioner.get_ref();
            if !is_practitioner_reference(practitioner) {
                self.problem("lead.practitioner", &table.practitioner, PolicyExpected::Practitioner, "");
            } else if !named.insert(practitioner.clone()) {
                self.problem("lead.practitioner", &table.practitioner, PolicyExpected::Unique, "");
            }
            if let Some(key) = self.key("lead.key", &table.key) {
                leads.push(ClinicalLead { practitioner: practitioner.clone(), key });
            }
        }
        if !tables.is_empty() {
            self.set.push("lead.practitioner");
        }
        leads
    }

    fn url(&mut self, url: &Spanned<String>) -> Option<String> {
        self.note("portal.url");
        let address = inbox_portal::base_address(url.get_ref()).ok();
        if address.is_none() {
            self.problem("portal.url", url, PolicyExpected::HttpsUrl, "");
        }
        address
    }

    fn number(
        &mut self,
        key: &'static str,
        value: Option<&Spanned<i64>>,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        let value = value?;
        self.note(key);
        let number = u32::try_from(*value.get_ref()).ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.problem(key, value, PolicyExpected::Range, &format!("{least} - {most}"));
        }
        number
    }

    fn word<T: Copy>(
        &mut self,
        key: &'static str,
        value: Option<&Spanned<String>>,
        words: &[(&str, T)],
    ) -> Option<T> {
        let value = value?;
        self.note(key);
        let found = words.iter().find(|(word, _)| word == value.get_ref()).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.problem(key, value, PolicyExpected::OneOf, &words.join(", "));
        }
        found
    }

    fn switch(&mut self, key: &'static str, value: Option<bool>) -> Option<bool> {
        if value.is_some() {
            self.note(key);
        }
        value
    }

    fn key(&mut self, key: &'static str, value: &Spanned<String>) -> Option<[u8; 32]> {
        self.note(key);
        let bytes = STANDARD.decode(value.get_ref()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        // A key of nothing but zeros is a mistake that every signature scheme treats differently.
        let bytes = bytes.filter(|bytes| bytes.iter().any(|byte| *byte != 0));
        if bytes.is_none() {
            self.problem(key, value, PolicyExpected::Key, "");
        }
        bytes
    }

    fn note(&mut self, key: &'static str) {
        if !self.set.contains(&key) {
            self.set.push(key);
        }
    }

    fn problem<T>(&mut self, key: &str, at: &Spanned<T>, expected: PolicyExpected, detail: &str) {
        let line = Some(line_of(self.text, at.span().start));
        self.problems.push(PolicyProblem { line, key: key.to_owned(), expected, detail: detail.to_owned() });
    }
}

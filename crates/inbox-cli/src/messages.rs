//! Sentences for people, by error code. They say what happened and what to do, and never what a message said.

use inbox_app::dto::AppError;

const SENTENCES: [(&str, &str); 69] = [
    ("locked", "the vault is locked"),
    ("no_vault", "there is no vault in this folder"),
    ("vault_exists", "the folder already holds a vault; nothing was changed"),
    ("wrong_passphrase", "the passphrase does not open this vault"),
    ("too_many_tries", "too many wrong passphrases: wait before the next try"),
    ("wrong_recovery_code", "the recovery code is not this vault's"),
    ("mistyped_recovery_code", "the recovery code is mistyped"),
    ("weak_passphrase", "the passphrase is too short"),
    ("signing_key_unusable", "the signing key in this vault cannot be used"),
    ("no_pin", "this vault has no PIN on this machine"),
    ("wrong_pin", "the PIN does not open this vault"),
    ("pin_spent", "too many wrong PINs: only the passphrase opens the vault"),
    ("pin_not_allowed", "the clinic's policy allows no PIN"),
    ("no_device_secret", "a vault without a keyring takes no PIN"),
    ("wrong_escrow_key", "the escrow key is not the one that this vault was made recoverable with"),
    (
        "undelivered",
        "replies that were not delivered would be lost, or nobody knows without the passphrase: nothing was erased; see \
         --even-undelivered",
    ),
    (
        "key_missing",
        "the keyring has no key for this vault: use its recovery code or the keyring it was made with",
    ),
    ("keyring_locked", "the keyring is locked: unlock it or use the recovery code"),
    ("keyring_silent", "the keyring does not answer; an unlock prompt may be open"),
    ("no_keyring", "there is no keyring service; use the recovery code, or create with --no-keyring"),
    ("header_damaged", "the vault's header is damaged; nothing was changed"),
    ("database_missing", "the vault has a header but no database"),
    ("database_damaged", "the database is damaged; it was not changed"),
    ("backup_damaged", "this is no backup, or it was cut short or changed; nothing was made of it"),
    ("backup_too_new", "the backup was written by a newer version"),
    (
        "backup_failed",
        "the backup did not open again after writing and was removed; try again, or on another disk",
    ),
    ("file_exists", "there is a file of that name; it was not changed"),
    ("folder_not_empty", "the folder is not empty; nothing was written"),
    ("vault_too_new", "the vault was written by a newer version"),
    ("disk_full", "the disk is full; nothing was changed"),
    ("busy", "another process uses this vault"),
    ("not_connected", "the vault is not connected to a portal: use login first"),
    ("practitioner_needed", "the sign-in names no clinician: give --practitioner"),
    ("no_such_practitioner", "the portal does not know this clinician"),
    ("unauthorized", "the portal does not accept the sign-in"),
    ("sign_in_needed", "the portal has refused the sign-in several times: use login again"),
    ("forbidden", "the portal does not allow this"),
    ("portal_unreachable", "the portal cannot be reached; what is stored stays"),
    ("portal_timeout", "the portal did not answer in time; what is stored stays"),
    ("connection_lost", "the connection to the portal broke; what is stored stays"),
    ("rate_limited", "the portal asks to wait"),
    ("portal_unavailable", "the portal is not available for now"),
    ("portal_error", "the portal failed"),
    ("invalid_answer", "the portal's answer cannot be read"),
    ("invalid_address", "the portal's address is not a URL"),
    ("insecure_address", "http is refused except on this machine"),
    ("no_such_thread", "there is no such thread"),
    ("no_such_patient", "there is no such patient"),
    ("no_such_colleague", "this is no other clinician: give Practitioner/ID"),
    ("no_shared_work", "the portal does not have this thread, so that nobody can claim it"),
    ("sharing_off", "the clinic's policy does not allow handing over, or cannot be read: see policy"),
    ("portal_set_by_clinic", "the clinic's policy names another portal"),
    (
        "sensitive_threads",
        "the vault holds sensitive threads, or this is one: nothing was written; say --include-sensitive, or for an export \
         --without-sensitive",
    ),
    ("empty_text", "the text is empty"),
    ("no_such_attachment", "there is no such attachment"),
    ("attachment_gone", "the portal no longer has this attachment"),
    ("attachment_too_large", "the attachment is larger than 20 MB; it was not fetched"),
    ("attachment_elsewhere", "the attachment lies on another host than the portal; it was not fetched"),
    (
        "unknown_zone",
        "there is no such time zone: give an IANA name, for example Europe/Berlin; nothing was made",
    ),
    ("invalid_hours", "the hours are not valid; nothing was changed"),
    (
        "acknowledgement_unsigned",
        "no clinical lead has signed the after-hours acknowledgement: nothing was sent",
    ),
    (
        "no_lookup",
        "the portal cannot be asked for a message by its identifier: nothing was sent, since it might be sent twice",
    ),
    ("hours_unreadable", "the hours in the vault cannot be read: load them again with hours load"),
    (
        "lexicon_unreadable",
        "the words and switches in the vault cannot be read: nothing was judged by them; load them again with lexicon \
         load",
    ),
    ("switches_dropped", "switches of rules that this version does not have are out of force"),
    (
        "words_dropped",
        "words or switches that this version does not accept are out of force, the others are in force",
    ),
    ("lexicon_changed", "another version was saved meanwhile; nothing was changed"),
    ("invalid_lexicon", "this is no JSON of a clinic's words and switches; nothing was changed"),
    ("steps_open", "steps of the checklist are open: each must be done or have a reason"),
];

/// The sentence of an error, with its values.
pub(crate) fn sentence(error: &AppError) -> String {
    let known = SENTENCES.iter().find(|(code, _)| *code == error.code).map(|(_, sentence)| *sentence);
    let mut words = known.map_or_else(|| error.code.replace('_', " "), str::to_owned);
    if !error.params.is_empty() {
        let values: Vec<_> = error.params.iter().map(|(name, value)| format!("{name} {value}")).collect();
        words.push_str(&format!(" ({})", values.join(", ")));
    }
    words
}

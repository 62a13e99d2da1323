//! References: relative, absolute below the portal, versioned.

/// A reference to a resource of this portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceReference {
    /// Resource type.
    pub kind: String,
    /// Logical id.
    pub id: String,
}

/// Reads `Type/id`, `Type/id/_history/n` and the same below `base`. Anything else (another server, `#contained`,
/// `urn:`) names no resource of this portal.
pub fn parse_reference(base: &str, reference: &str) -> Option<ResourceReference> {
    let relative = match reference.strip_prefix(base) {
        Some(rest) => rest,
        None if reference.contains("://") => return None,
        None => reference,
    };
    let mut parts = relative.trim_start_matches('/').split('/');
    let (kind, id) = (parts.next()?, parts.next()?);
    let plain_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphabetic());
    // A path of dots would climb out of the base.
    let plain_id = id.bytes().any(|b| b.is_ascii_alphanumeric())
        && id.len() <= 128
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    (plain_kind && plain_id).then(|| ResourceReference { kind: kind.to_owned(), id: id.to_owned() })
}

/// `Type/id` where the reference names a resource of this portal, else the reference as given.
pub(crate) fn normal_reference(base: &str, reference: &str) -> String {
    match parse_reference(base, reference) {
        Some(found) => format!("{}/{}", found.kind, found.id),
        None => reference.to_owned(),
    }
}

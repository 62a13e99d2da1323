//! Addresses in patients' texts: found here, shown as text, and opened only after a confirmation that names the host in
//! punycode. Https alone: anything else stays text.

use url::Url;

use crate::{
    app::App,
    dto::{AppError, LinkView},
    error::AppResult,
};

/// A longer address is text: no page that somebody means has one.
const LONGEST: usize = 2_048;
const SEPARATOR: &str = "://";
const SCHEME: &str = "https";

/// An address with its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) link: LinkView,
}

/// The https addresses of a text, in order. What was read as a part of one is not looked at again, so that a text of nothing but
/// beginnings takes one pass.
pub(crate) fn links_in(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(SEPARATOR).map(|at| from + at) {
        let (link, end) = link_at(text, at);
        found.extend(link);
        from = end;
    }
    found
}

/// The address whose `://` stands at `at`, and where the looking goes on.
fn link_at(text: &str, at: usize) -> (Option<Found>, usize) {
    let begin = at + SEPARATOR.len();
    let Some(start) = at.checked_sub(SCHEME.len()) else { return (None, begin) };
    let scheme = text.get(start..at).unwrap_or_default();
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    if !scheme.eq_ignore_ascii_case(SCHEME) || before.is_some_and(char::is_alphanumeric) {
        return (None, begin);
    }
    let rest = &text[begin..];
    let end = begin + rest.find(ends_an_address).unwrap_or(rest.len());
    // What ends the sentence does not belong to the address.
    let address = text[start..end].trim_end_matches(|c: char| {
        matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '\'' | '*' | '_' | '\u{2026}')
    });
    let link = openable(address).and_then(|url| {
        let host = url.host_str()?.to_owned();
        let disguised = host.split('.').any(|label| label.starts_with("xn--"));
        let link = LinkView { address: url.into(), host, disguised };
        Some(Found { start, end: start + address.len(), link })
    });
    (link, end)
}

fn ends_an_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '\\' | '|' | '^' | '\u{201c}'..='\u{201e}' | '\u{ab}' | '\u{bb}')
        // Characters that cannot be seen, or turn the rest around, are no part of an address.
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The address when it may be opened: https, a host, nobody's name or password before it.
fn openable(address: &str) -> Option<Url> {
    let url = (address.len() <= LONGEST).then(|| Url::parse(address).ok()).flatten()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (url.scheme() == SCHEME && plain && url.host_str().is_some_and(|host| !host.is_empty())).then_some(url)
}

impl App {
    /// Opens an address in the system's browser, after somebody confirmed it.
    ///
    /// # Errors
    /// `locked`; `address_refused` for anything but https, and for an address that carries a name or a password.
    pub fn open_link(&self, address: &str) -> AppResult<()> {
        self.session()?;
        let url = openable(address).ok_or_else(|| AppError::new("address_refused"))?;
        self.open_in_browser(url.as_str());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String, bool)> {
        let links = links_in(text).into_iter();
        links
            .map(|found| (text[found.start..found.end].to_owned(), found.link.host, found.link.disguised))
            .collect()
    }

    fn one(text: &str) -> (String, String, bool) {
        let mut all = found(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn an_address_ends_where_the_sentence_goes_on() {
        for (text, address) in [
            ("see https://example.org/a?b=c#d.", "https://example.org/a?b=c#d"),
            ("(https://example.org/a)", "https://example.org/a"),
            ("HTTPS://Example.org, and", "HTTPS://Example.org"),
            ("\u{201e}https://example.org/\u{201c}", "https://example.org/"),
            ("https://example.org/\u{202e}gpj.exe", "https://example.org/"),
        ] {
            assert_eq!(one(text).0, address);
        }
        assert_eq!(found("https://a.example and https://b.example").len(), 2);
    }

    #[test]
    fn a_host_is_shown_in_punycode() {
        let (_, host, disguised) = one("https://p\u{430}yp\u{430}l.example/login");
        assert!(host.starts_with("xn--") && host.is_ascii() && disguised, "{host}");
        assert_eq!(one("https://example.org").1, "example.org");
        assert!(!one("https://example.org/\u{e4}").2);
        assert!(one("https://b\u{fc}cher.example").2);
    }

    #[test]
    fn what_is_not_plain_https_stays_text() {
        for text in [
            "http://example.org",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://clinic.example@evil.example/",
            "https://a:b@evil.example/",
            "https://",
            "https:// example.org",
            "xhttps://example.org",
            "data:text/html,https",
            "://example.org",
            "https://exa mple",
        ] {
            let hosts: Vec<_> = found(text).into_iter().map(|(_, host, _)| host).collect();
            assert!(hosts.is_empty() || hosts == ["exa"], "{text}: {hosts:?}");
        }
        assert!(found(&format!("https://example.org/{}", "a".repeat(LONGEST))).is_empty());
    }

    #[test]
    fn many_addresses_are_found_in_one_pass() {
        let text = "https://".repeat(100_000);
        let started = std::time::Instant::now();
        let _ = links_in(&text);
        assert!(started.elapsed().as_secs() < 10);
    }
}

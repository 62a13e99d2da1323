//! HTML and XHTML bodies reduced to text, as a browser would show their words.
//!
//! Own and small: the result is only read (by triage, search and people) and never rendered, so no sanitiser is
//! needed; the raw form stays in the vault. Malformed markup loses tags, never words: what does not close is text.

/// The words of an HTML fragment, with line breaks where blocks end.
pub fn html_to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        push_words(&mut out, &rest[..start]);
        rest = &rest[start..];
        match read_tag(rest) {
            Some((name, closing, length)) => {
                apply_tag(&mut out, &name, closing);
                rest = &rest[length..];
                if !closing && matches!(name.as_str(), "script" | "style") {
                    rest = skip_element(rest, &name);
                }
            }
            None => {
                out.push('<');
                rest = &rest[1..];
            }
        }
    }
    push_words(&mut out, rest);
    tidy(&out)
}

/// Whether a plain string is in truth one HTML element or document (Canvas writes bodies so).
pub(super) fn looks_like_html(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return true;
    }
    ["div", "p", "body"].iter().any(|name| {
        lower
            .strip_prefix('<')
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with(['>', ' ']))
            && lower.ends_with(&format!("</{name}>"))
    })
}

/// Reads a tag or comment at the start: its lower-case name, whether it closes, its length in bytes.
fn read_tag(text: &str) -> Option<(String, bool, usize)> {
    if text.starts_with("<!--") {
        let end = text.find("-->")?;
        return Some((String::new(), true, end + 3));
    }
    let inner = &text[1..];
    let closing = inner.starts_with('/');
    let named = inner.trim_start_matches('/');
    if !named.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?') {
        return None;
    }
    let end = text.find('>')?;
    let name = named.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some((name, closing, end + 1))
}

fn apply_tag(out: &mut String, name: &str, closing: bool) {
    match name {
        "br" => out.push('\n'),
        "li" if !closing => out.push_str("\n- "),
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "blockquote" => {
            out.push_str("\n\n")
        }
        "div" | "tr" | "section" | "article" | "body" | "html" | "title" | "hr" | "pre" => out.push('\n'),
        "td" | "th" => out.push(' '),
        _ => {}
    }
}

fn skip_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    match rest.to_ascii_lowercase().find(&close) {
        Some(at) => &rest[at..],
        None => rest,
    }
}

/// Appends text with entities decoded and source white space folded.
fn push_words(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '&'
            && let Some((decoded, length)) = read_entity(rest)
        {
            out.push(decoded);
            rest = &rest[length..];
            continue;
        }
        match first {
            ' ' | '\t' | '\r' | '\n' if out.ends_with([' ', '\n']) => {}
            ' ' | '\t' | '\r' | '\n' => out.push(' '),
            other => out.push(other),
        }
        rest = &rest[first.len_utf8()..];
    }
}

/// Decodes one entity at the start; unknown ones stay as written.
fn read_entity(text: &str) -> Option<(char, usize)> {
    let end = text.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at)?;
    let name = &text[1..end];
    let decoded = if let Some(digits) = name.strip_prefix(['#']) {
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        char::from_u32(code).unwrap_or('\u{fffd}')
    } else {
        named_entity(name)?
    };
    Some((decoded, end + 1))
}

fn named_entity(name: &str) -> Option<char> {
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        "ntilde" => 'ñ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "euro" => '€',
        "bull" => '•',
        _ => return None,
    };
    Some(found)
}

/// Trims lines and folds runs of blank lines into one.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        out.push_str(line);
    }
    out
}

//! What the search index holds of a text, what it is asked, and the stretch of text around a hit.
//!
//! The tokenizer folds ü to u and leaves ß. People also write ue, ae, oe and ss, so words with such letters are indexed a
//! second time in their spelled form, and words of a query with such letters are asked in both forms. The index keeps no
//! text, so the snippet is cut here from the stored one.

/// What stands before a hit in a snippet.
const HIT_START: char = '\u{2}';
/// What stands after it.
const HIT_END: char = '\u{3}';
/// Characters of a snippet, marks not counted.
const SNIPPET_CHARACTERS: usize = 160;
/// Characters before the first hit.
const LEAD_CHARACTERS: usize = 48;
/// Beginnings shorter than this are taken as whole words: as beginnings they match too much and cost too much.
const LEAST_PREFIX: usize = 3;

/// A row of the index.
pub(crate) struct Indexed {
    pub(crate) text: String,
    pub(crate) folded: String,
}

/// A text as indexed.
pub(crate) fn indexed(text: &str) -> Indexed {
    let mut folded = String::new();
    if text.chars().any(is_special) {
        for (_, word) in words(text).filter(|(_, word)| word.chars().any(is_special)) {
            folded.push_str(&spelled(word));
            folded.push(' ');
        }
    }
    Indexed { text: text.to_owned(), folded }
}

/// A query, read: all terms must be found.
pub(crate) struct Query {
    terms: Vec<Term>,
}

struct Term {
    /// One word, or the words of a phrase.
    words: Vec<String>,
    /// Each word folded and spelled out, to be compared with the words of a text.
    forms: Vec<[String; 2]>,
    prefix: bool,
}

impl Term {
    fn new(words: Vec<String>) -> Self {
        let forms = words.iter().map(|word| [folded(word), spelled(word)]).collect();
        Self { words, forms, prefix: false }
    }
}

impl Query {
    /// Reads what was typed; `None` when it holds no word.
    pub(crate) fn parse(typed: &str) -> Option<Self> {
        let mut terms = Vec::new();
        for (n, part) in typed.split('"').enumerate() {
            let words = words(part).map(|(_, word)| word.to_lowercase());
            if n % 2 == 1 {
                let words: Vec<_> = words.collect();
                if !words.is_empty() {
                    terms.push(Term::new(words));
                }
            } else {
                terms.extend(words.map(|word| Term::new(vec![word])));
            }
        }
        let ends_in_word = typed.chars().last().is_some_and(char::is_alphanumeric);
        let last = terms.last_mut()?;
        let long_enough = last.words.last().is_some_and(|word| word.chars().count() >= LEAST_PREFIX);
        last.prefix = ends_in_word && long_enough;
        Some(Self { terms })
    }

    /// The query in FTS5's language. Every word stands in quotation marks, so that nothing typed is an operator.
    pub(crate) fn fts(&self) -> String {
        let terms = self.terms.iter().map(|term| {
            let star = if term.prefix { " *" } else { "" };
            let plain = format!("\"{}\"{star}", term.words.join(" "));
            if term.words.iter().any(|word| word.chars().any(is_special)) {
                let spelled: Vec<_> = term.words.iter().map(|word| spelled(word)).collect();
                format!("({plain} OR \"{}\"{star})", spelled.join(" "))
            } else {
                plain
            }
        });
        terms.collect::<Vec<_>>().join(" AND ")
    }

    fn hits(&self, word: &str) -> bool {
        let forms = [folded(word), spelled(word)];
        self.terms.iter().any(|term| {
            term.forms.iter().enumerate().any(|(n, wanted)| {
                let prefix = term.prefix && n + 1 == term.forms.len();
                wanted.iter().any(|wanted| {
                    forms.iter().any(|form| form == wanted || (prefix && form.starts_with(wanted.as_str())))
                })
            })
        })
    }

    /// A stretch of one line around the first hit, with every hit in it marked.
    pub(crate) fn snippet(&self, text: &str) -> String {
        let hits: Vec<(usize, usize)> = words(text)
            .filter(|(_, word)| self.hits(word))
            .map(|(at, word)| (at, at + word.len()))
            .take(64)
            .collect();
        let first = hits.first().map_or(0, |(at, _)| *at);
        let start = text[..first].char_indices().rev().nth(LEAD_CHARACTERS - 1).map_or(0, |(at, _)| at);
        let end =
            text[start..].char_indices().nth(SNIPPET_CHARACTERS).map_or(text.len(), |(at, _)| start + at);
        let mut snippet = String::with_capacity(end - start + 16);
        if start > 0 {
            snippet.push('…');
        }
        for (offset, character) in text[start..end].char_indices() {
            let at = start + offset;
            if hits.iter().any(|(_, hit_end)| *hit_end == at) {
                snippet.push(HIT_END);
            }
            if hits.iter().any(|(hit, hit_end)| *hit == at && *hit_end <= end) {
                snippet.push(HIT_START);
            }
            // A mark in the text itself must not pass for ours.
            snippet.push(if character.is_control() { ' ' } else { character });
        }
        if hits.iter().any(|(hit, hit_end)| *hit_end == end && *hit >= start) {
            snippet.push(HIT_END);
        }
        if end < text.len() {
            snippet.push('…');
        }
        snippet
    }
}

fn is_special(character: char) -> bool {
    matches!(character, 'ä' | 'ö' | 'ü' | 'ß' | 'Ä' | 'Ö' | 'Ü' | 'ẞ')
}

/// A word with umlauts and ß spelled out, in lower case.
fn spelled(word: &str) -> String {
    let mut spelled = String::with_capacity(word.len());
    for character in word.chars().flat_map(char::to_lowercase) {
        match character {
            'ä' => spelled.push_str("ae"),
            'ö' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'ß' => spelled.push_str("ss"),
            other => spelled.push(without_diacritic(other)),
        }
    }
    spelled
}

/// A word as the tokenizer folds it, near enough for marking hits: the letters of European languages.
fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(without_diacritic).collect()
}

fn without_diacritic(character: char) -> char {
    match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' => 's',
        'ť' | 'ţ' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// Words with their byte offsets: runs of letters and digits, as the tokenizer splits (combining marks stay inside).
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let inside = |c: char| c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c);
    text.split(move |c| !inside(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests;

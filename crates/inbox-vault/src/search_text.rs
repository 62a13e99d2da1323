//! What the search index holds of a text, what it is asked, and the stretch of text around a hit.
//!
//! The tokenizer folds ü to u and leaves ß. People write ü, ue and u for one sound, so a word whose reduced form (ue to u, ß to
//! ss) is another one than the folded one is indexed in both, and each word of a query is asked in both. Compounds are found by
//! their parts through the words of `search_word` ([`crate::search_words`]). The index keeps no text, so the snippet is cut here
//! from the stored one.

use std::collections::BTreeSet;

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
/// Bytes of the shortest word that can be a compound.
const LEAST_COMPOUND: usize = 8;
/// Bytes of the longest: what is longer is no word.
const MOST_COMPOUND: usize = 60;
/// Letters of the shortest word that is looked for inside compounds: three are in too many.
const LEAST_PART: usize = 4;

/// A row of the index.
pub(crate) struct Indexed {
    pub(crate) text: String,
    /// Reduced forms of the words that have another one.
    pub(crate) folded: String,
    /// Reduced forms of long words that may be German compounds.
    pub(crate) compounds: BTreeSet<String>,
}

/// A text as indexed.
pub(crate) fn indexed(text: &str) -> Indexed {
    let mut folded_column = String::new();
    let mut compounds = BTreeSet::new();
    let mut english = English::default();
    for (_, word) in words(text) {
        english.see(word);
        if !may_differ(word) {
            if word.len() >= LEAST_COMPOUND {
                compounds.insert(folded(word));
            }
            continue;
        }
        let reduced = reduced(word);
        if reduced != folded(word) {
            folded_column.push_str(&reduced);
            folded_column.push(' ');
        }
        if reduced.len() >= LEAST_COMPOUND {
            compounds.insert(reduced);
        }
    }
    compounds.retain(|word| word.len() <= MOST_COMPOUND && word.chars().all(char::is_alphabetic));
    if english.reads_english() {
        compounds.clear();
    }
    Indexed { text: text.to_owned(), folded: folded_column, compounds }
}

/// Whether a text is English by the small words that only one of the two languages has. Other texts count as German: a word too
/// many among the compounds costs a little room.
#[derive(Default)]
struct English {
    english: usize,
    german: usize,
}

impl English {
    fn see(&mut self, word: &str) {
        if word.len() > 6 {
            return;
        }
        let word = word.to_lowercase();
        self.english += usize::from(ENGLISH.contains(&word.as_str()));
        self.german += usize::from(GERMAN.contains(&word.as_str()));
    }

    fn reads_english(&self) -> bool {
        self.english > self.german
    }
}

const ENGLISH: [&str; 24] = [
    "the", "and", "is", "my", "to", "of", "you", "have", "it", "for", "that", "with", "but", "not", "this",
    "are", "be", "at", "your", "me", "can", "from", "had", "been",
];
const GERMAN: [&str; 24] = [
    "der", "die", "das", "und", "ich", "ist", "nicht", "zu", "mit", "ein", "eine", "auf", "den", "dem",
    "mir", "mich", "aber", "auch", "wie", "bei", "im", "habe", "sie", "es",
];

/// A query, read: all terms must be found.
pub(crate) struct Query {
    terms: Vec<Term>,
}

struct Term {
    /// One word, or the words of a phrase.
    words: Vec<String>,
    /// Each word folded and reduced, to be compared with the words of a text.
    forms: Vec<[String; 2]>,
    prefix: bool,
    /// Written in quotation marks: as it stands, and no part of another word.
    quoted: bool,
    /// Reduced words that hold this one.
    compounds: Vec<String>,
}

impl Term {
    fn new(words: Vec<String>, quoted: bool) -> Self {
        let forms = words.iter().map(|word| [folded(word), reduced(word)]).collect();
        Self { words, forms, prefix: false, quoted, compounds: Vec::new() }
    }

    /// In FTS5's language.
    fn fts(&self) -> String {
        let star = if self.prefix { " *" } else { "" };
        let mut ways = vec![format!("\"{}\"{star}", self.words.join(" "))];
        if self.forms.iter().any(|[folded, reduced]| folded != reduced) {
            let reduced: Vec<_> = self.forms.iter().map(|[_, reduced]| reduced.as_str()).collect();
            ways.push(format!("\"{}\"{star}", reduced.join(" ")));
        }
        ways.extend(self.compounds.iter().map(|word| format!("\"{word}\"")));
        if ways.len() == 1 { ways.remove(0) } else { format!("({})", ways.join(" OR ")) }
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
                    terms.push(Term::new(words, true));
                }
            } else {
                terms.extend(words.map(|word| Term::new(vec![word], false)));
            }
        }
        let ends_in_word = typed.chars().last().is_some_and(char::is_alphanumeric);
        let last = terms.last_mut()?;
        let long_enough = last.words.last().is_some_and(|word| word.chars().count() >= LEAST_PREFIX);
        last.prefix = ends_in_word && long_enough;
        Some(Self { terms })
    }

    /// Lets each word that is long enough and not in quotation marks be found inside compounds too: `holding` answers the known
    /// words that hold a reduced one.
    ///
    /// # Errors
    /// Those of `holding`.
    pub(crate) fn find_compounds<E>(
        &mut self,
        mut holding: impl FnMut(&str) -> Result<Vec<String>, E>,
    ) -> Result<(), E> {
        for term in self.terms.iter_mut().filter(|term| !term.quoted) {
            if let [[_, reduced]] = term.forms.as_slice()
                && reduced.chars().count() >= LEAST_PART
            {
                term.compounds = holding(reduced)?;
            }
        }
        Ok(())
    }

    /// The query in FTS5's language. Every word stands in quotation marks, so that nothing typed is an operator.
    pub(crate) fn fts(&self) -> String {
        self.terms.iter().map(Term::fts).collect::<Vec<_>>().join(" AND ")
    }

    fn hits(&self, word: &str) -> bool {
        let forms = [folded(word), reduced(word)];
        self.terms.iter().any(|term| {
            term.compounds.contains(&forms[1])
                || term.forms.iter().enumerate().any(|(n, wanted)| {
                    let prefix = term.prefix && n + 1 == term.forms.len();
                    wanted.iter().any(|wanted| {
                        forms
                            .iter()
                            .any(|form| form == wanted || (prefix && form.starts_with(wanted.as_str())))
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

/// The beginning of a text on one line, for a hit that no word made.
pub(crate) fn beginning(text: &str) -> String {
    Query { terms: Vec::new() }.snippet(text)
}

/// Whether a word can have a reduced form of its own; most have not, and are not looked at again.
fn may_differ(word: &str) -> bool {
    !word.is_ascii()
        || word.as_bytes().windows(2).any(|pair| {
            pair[1].eq_ignore_ascii_case(&b'e') && matches!(pair[0].to_ascii_lowercase(), b'a' | b'o' | b'u')
        })
}

/// A word in lower case with one letter for each spelling of an umlaut: ü, ue and u are u; ß is ss.
pub(crate) fn reduced(word: &str) -> String {
    let mut reduced = String::with_capacity(word.len());
    for character in word.chars().flat_map(char::to_lowercase) {
        match without_diacritic(character) {
            'ß' => reduced.push_str("ss"),
            'e' if reduced.ends_with(['a', 'o', 'u']) => {}
            other => reduced.push(other),
        }
    }
    reduced
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

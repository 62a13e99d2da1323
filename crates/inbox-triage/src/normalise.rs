//! From a message to folded words with their place in the original.
//!
//! One pass over the characters, no intermediate strings: each token keeps the character offsets of the original, so
//! no offset map is needed. Folding is by compatibility decomposition, so composed, decomposed and full-width letters
//! give the same word; umlauts become `ae`, `oe`, `ue` and ß becomes `ss`, as many people type them. Apostrophes
//! vanish inside a word (`don't` = `dont`). Edit distance, l33t letters and repetitions are the vocabulary's work,
//! because they are tried only on words that it does not know.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::parted;

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Break {
    /// Nothing but space.
    No,
    /// A comma.
    Comma,
    /// A colon, a dash, a bracket.
    Clause,
    /// The end of a sentence or a line.
    Sentence,
}

/// A word, a number or an emoji.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Folded form, as a range of [`Tokens::folded`].
    pub(crate) folded: (u32, u32),
    /// First character in the original.
    pub(crate) start: u32,
    /// One past the last character.
    pub(crate) end: u32,
    /// What stands before it.
    pub(crate) before: Break,
    /// Inside quotation marks.
    pub(crate) quoted: bool,
    /// In a line that starts with `>`.
    pub(crate) cited: bool,
    /// A question mark follows.
    pub(crate) asked: bool,
    /// Symbols of the vocabulary, as a range of a list kept by the matcher.
    pub(crate) symbols: (u32, u32),
    /// Language bits of a function word.
    pub(crate) languages: u8,
    /// Space stands before it.
    pub(crate) spaced: bool,
    /// Only a hyphen at a line's end stands between it and the word before.
    pub(crate) wrapped: bool,
    /// Ends in an apostrophe and an s: `rope's`.
    pub(crate) possessive: bool,
    /// The first eight letters as a number; filled in by the matcher.
    pub(crate) key: u64,
}

/// The tokens of a text.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Folded words, one after the other, and eight zeros, so that eight bytes can be read from anywhere.
    pub(crate) folded: Vec<u8>,
    /// In order.
    pub(crate) list: Vec<Token>,
    /// Letters of scripts that no lexicon covers.
    pub(crate) foreign_letters: usize,
    /// The text was longer than [`MAX_CHARACTERS`].
    pub(crate) cut: bool,
    /// A word is [`Token::wrapped`].
    pub(crate) any_wrapped: bool,
}

/// Zeros behind the folded words.
pub(crate) const PADDING: usize = 8;
/// Longer texts are judged at both ends, so many characters in all, and say so. Portals cut far earlier.
pub(crate) const MAX_CHARACTERS: usize = 1_200_000;
/// A longer "word" is not one; the rest of it starts a new token.
pub(crate) const MAX_WORD: usize = 64;

impl Tokens {
    /// The folded form of a token.
    pub(crate) fn word(&self, token: &Token) -> &[u8] {
        &self.folded[token.folded.0 as usize..token.folded.1 as usize]
    }
}

/// The first eight letters of a folded word as a number; different words of up to eight letters have different ones.
pub(crate) fn first_letters(folded: &[u8], (from, to): (u32, u32)) -> u64 {
    let length = (to - from).min(8);
    let eight = folded.get(from as usize..from as usize + 8).and_then(|bytes| bytes.try_into().ok());
    let kept = u64::MAX.checked_shr(64 - 8 * length).unwrap_or_default();
    eight.map_or(0, u64::from_le_bytes) & kept
}

/// The same for a word that stands alone.
pub(crate) fn first_letters_of(word: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let kept = word.len().min(8);
    bytes[..kept].copy_from_slice(&word[..kept]);
    u64::from_le_bytes(bytes)
}

struct Scanner<'a> {
    tokens: &'a mut Tokens,
    word_start: Option<(usize, usize)>,
    /// Where in the folded letters the last apostrophe stood.
    apostrophe: Option<usize>,
    before: Break,
    quote: bool,
    quoted_line: bool,
    line_start: bool,
    spaced: bool,
    /// A line ended in a hyphen right behind a word.
    wrapped: bool,
}

/// Folds and splits a text, in the place of what `tokens` held before.
pub(crate) fn tokenise(text: &str, tokens: &mut Tokens) {
    tokens.folded.clear();
    tokens.list.clear();
    (tokens.foreign_letters, tokens.cut, tokens.any_wrapped) = (0, false, false);
    let mut scanner = Scanner {
        tokens,
        word_start: None,
        apostrophe: None,
        before: Break::Sentence,
        quote: false,
        quoted_line: false,
        line_start: true,
        spaced: true,
        wrapped: false,
    };
    scanner.tokens.folded.reserve(text.len());
    let (mut at, mut rest) = (0, text);
    let mut cut = cut_of(text);
    while let Some(first) = rest.as_bytes().first() {
        if let Some((from, to)) = cut.filter(|(from, _)| at >= *from) {
            scanner.mark(at, Break::Sentence);
            let left_out = rest.char_indices().nth(to - from).map_or(rest.len(), |(byte, _)| byte);
            (at, rest, cut, scanner.tokens.cut) = (at + (to - from), &rest[left_out..], None, true);
            continue;
        }
        if *first == b' ' {
            scanner.close_word(at);
            scanner.spaced = true;
            (at, rest) = (at + 1, &rest[1..]);
            continue;
        }
        let plain = if first.is_ascii_alphabetic() { scanner.plain_letters(at, rest) } else { 0 };
        if plain > 0 {
            (at, rest) = (at + plain, &rest[plain..]);
            continue;
        }
        let mut characters = rest.chars();
        let Some(character) = characters.next() else { break };
        rest = characters.as_str();
        scanner.step(at, character, characters.next());
        at += 1;
    }
    let end = scanner.tokens.list.last().map_or(0, |token| token.end as usize);
    scanner.close_word(end.max(at));
    parted::join(tokens);
    tokens.folded.extend_from_slice(&[0; PADDING]);
}

/// Of a text that is too long the characters in its middle that are not judged.
fn cut_of(text: &str) -> Option<(usize, usize)> {
    if text.len() <= MAX_CHARACTERS {
        return None;
    }
    let length = text.chars().count();
    (length > MAX_CHARACTERS).then_some((MAX_CHARACTERS / 2, length - MAX_CHARACTERS / 2))
}

impl Scanner<'_> {
    /// Takes the plain letters with which `rest` begins, as [`Scanner::step`] would one by one; says how many.
    fn plain_letters(&mut self, at: usize, rest: &str) -> usize {
        let from = self.tokens.folded.len();
        let begun = self.word_start.map_or(0, |(_, from_word)| from - from_word);
        if begun > 0 && self.is_number() {
            return 0;
        }
        for byte in rest.as_bytes().iter().take(MAX_WORD) {
            let letter = byte | 0x20;
            if !letter.is_ascii_lowercase() {
                break;
            }
            self.tokens.folded.push(letter);
        }
        let letters = self.tokens.folded.len() - from;
        if begun + letters > MAX_WORD {
            self.tokens.folded.truncate(from);
            return 0;
        }
        if self.word_start.is_none() {
            self.word_start = Some((at, from));
        }
        self.line_start = false;
        letters
    }

    fn is_number(&self) -> bool {
        self.word_start.is_some_and(|(_, from)| self.tokens.folded[from..].iter().all(u8::is_ascii_digit))
    }

    fn step(&mut self, at: usize, character: char, next: Option<char>) {
        if character.is_ascii_alphanumeric() {
            self.letter(at, character);
        } else if character.is_ascii() {
            self.ascii_mark(at, character, next);
        } else {
            self.other(at, character, next);
        }
        self.spaced |= character.is_whitespace();
        if character == '\n' {
            (self.line_start, self.quoted_line, self.quote) = (true, false, false);
        } else if !character.is_whitespace() {
            self.line_start = false;
        }
    }

    fn letter(&mut self, at: usize, character: char) {
        if let Some((_, from)) = self.word_start {
            let folded = &self.tokens.folded[from..];
            let number = folded.iter().all(u8::is_ascii_digit);
            if folded.len() >= MAX_WORD || (number && !folded.is_empty() && character.is_ascii_alphabetic()) {
                self.close_word(at);
            }
        }
        if self.word_start.is_none() {
            self.word_start = Some((at, self.tokens.folded.len()));
        }
        self.tokens.folded.push(character.to_ascii_lowercase() as u8);
    }

    fn ascii_mark(&mut self, at: usize, mark: char, next: Option<char>) {
        let next_letter = next.is_some_and(char::is_alphanumeric);
        if self.word_start.is_some() && next_letter {
            match mark {
                '\'' | '`' => {
                    self.apostrophe = Some(self.tokens.folded.len());
                    return;
                }
                '@' => return self.letter(at, 'a'),
                '$' => return self.letter(at, 's'),
                '*' => return,
                '!' if next.is_some_and(|n| n.is_ascii_lowercase()) && self.short_word() => {
                    return self.letter(at, 'i');
                }
                _ => {}
            }
        }
        let digit_before =
            self.word_start.is_some() && self.tokens.folded.last().is_some_and(u8::is_ascii_digit);
        let next_digit = next.is_some_and(|n| n.is_ascii_digit());
        let abbreviation = mark == '.' && self.is_abbreviation();
        let hyphen_ends_line = mark == '-' && matches!(next, Some('\n' | '\r')) && self.word_start.is_some();
        self.close_word(at);
        if mark == '?'
            && let Some(last) = self.tokens.list.last_mut()
        {
            last.asked = true;
        }
        match mark {
            '.' if (digit_before && next_digit) || abbreviation => {}
            '.' | '!' | '?' | ';' => self.raise(Break::Sentence),
            // A line that goes on in small letters was only wrapped.
            '\n' if next.is_some_and(char::is_lowercase) => {}
            '\n' => self.raise(Break::Sentence),
            ',' if digit_before && next_digit => {}
            ',' => self.raise(Break::Comma),
            ':' if digit_before && next_digit => {}
            '-' if next.is_some_and(char::is_alphanumeric) => {}
            '-' if hyphen_ends_line => self.wrapped = true,
            ':' | '-' | '(' | ')' | '[' | ']' => self.raise(Break::Clause),
            '"' => self.quote = !self.quote,
            '>' if self.line_start => self.quoted_line = true,
            _ => {}
        }
    }

    fn other(&mut self, at: usize, character: char, next: Option<char>) {
        match character {
            '’' | '‘' | '´' | 'ʼ' if self.word_start.is_some() && next.is_some_and(char::is_alphanumeric) =>
            {
                self.apostrophe = Some(self.tokens.folded.len());
            }
            '\u{00AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{FE0E}'
            | '\u{FE0F}' => {}
            '\u{0308}' if self.word_start.is_some() => self.diaeresis(),
            'ä' | 'Ä' | 'æ' | 'Æ' => self.pair(at, b"ae"),
            'ö' | 'Ö' | 'œ' | 'Œ' => self.pair(at, b"oe"),
            'ü' | 'Ü' => self.pair(at, b"ue"),
            'ß' | 'ẞ' => self.pair(at, b"ss"),
            '…' | '。' | '！' | '？' | '\u{2028}' | '\u{2029}' => self.mark(at, Break::Sentence),
            '–' | '—' => self.mark(at, Break::Clause),
            '„' | '“' | '”' | '«' | '»' => {
                self.close_word(at);
                self.quote = !self.quote;
            }
            _ if is_combining_mark(character) => {}
            _ if character.is_alphanumeric() => self.fold(at, character),
            _ if is_pictograph(character) => {
                self.close_word(at);
                let from = self.tokens.folded.len();
                let mut buffer = [0; 4];
                self.tokens.folded.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                self.word_start = Some((at, from));
                self.close_word(at + 1);
            }
            _ => self.close_word(at),
        }
    }

    fn fold(&mut self, at: usize, character: char) {
        if let Some(twin) = latin_twin(character)
            && self.word_start.is_some()
        {
            return self.letter(at, twin);
        }
        let mut any = false;
        decompose_compatible(character, |part| match part {
            'ı' => any = true,
            '\u{0308}' => self.diaeresis(),
            _ if part.is_ascii_alphanumeric() => {
                any = true;
                self.letter(at, part);
            }
            _ => {}
        });
        if !any {
            self.tokens.foreign_letters += 1;
            self.letter(at, latin_twin(character).unwrap_or('\u{1}'));
        }
    }

    fn pair(&mut self, at: usize, letters: &[u8; 2]) {
        self.letter(at, letters[0] as char);
        self.letter(at, letters[1] as char);
    }

    fn diaeresis(&mut self) {
        if self.tokens.folded.last().is_some_and(|last| b"aou".contains(last)) {
            self.tokens.folded.push(b'e');
        }
    }

    fn mark(&mut self, at: usize, kind: Break) {
        self.close_word(at);
        self.raise(kind);
    }

    fn raise(&mut self, kind: Break) {
        self.before = self.before.max(kind);
    }

    fn short_word(&self) -> bool {
        self.word_start.is_some_and(|(_, from)| self.tokens.folded.len() - from <= 2)
    }

    fn is_abbreviation(&self) -> bool {
        const KNOWN: [&[u8]; 14] = [
            b"dr", b"mr", b"mrs", b"ms", b"st", b"prof", b"ca", b"bzw", b"evtl", b"ggf", b"tgl", b"vs",
            b"approx", b"usw",
        ];
        self.word_start.is_some_and(|(_, from)| {
            let word = &self.tokens.folded[from..];
            (word.len() == 1 && word[0].is_ascii_alphabetic() && word != b"i") || KNOWN.contains(&word)
        })
    }

    fn close_word(&mut self, end: usize) {
        let Some((start, from)) = self.word_start.take() else { return };
        let to = self.tokens.folded.len();
        self.tokens.any_wrapped |= self.wrapped;
        self.tokens.list.push(Token {
            folded: (from as u32, to as u32),
            start: start as u32,
            end: end as u32,
            before: self.before,
            spaced: self.spaced,
            wrapped: self.wrapped && self.before == Break::No,
            quoted: self.quote,
            cited: self.quoted_line,
            asked: false,
            symbols: (0, 0),
            languages: 0,
            possessive: self.apostrophe == Some(to - 1) && self.tokens.folded[to - 1] == b's',
            key: 0,
        });
        self.before = Break::No;
        (self.spaced, self.wrapped) = (false, false);
    }
}

/// Letters that look like Latin ones; used to hide words from filters.
fn latin_twin(character: char) -> Option<char> {
    Some(match character {
        'а' => 'a',
        'с' => 'c',
        'е' => 'e',
        'і' => 'i',
        'о' => 'o',
        'р' => 'p',
        'ѕ' => 's',
        'х' => 'x',
        'у' => 'y',
        'ı' => 'i',
        'ø' => 'o',
        'ł' => 'l',
        _ => return None,
    })
}

fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

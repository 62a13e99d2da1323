//! Messages of about 300 characters, made of sentences from the labelled fixtures, with compounds of their nouns: the same
//! for each run.

use std::path::Path;

/// Characters of a message, about.
const LENGTH: usize = 300;
/// One in so many holds a rare word.
const RARE: usize = 5000;

pub(crate) struct Texts {
    sentences: Vec<String>,
    nouns: Vec<String>,
    state: u64,
}

impl Texts {
    pub(crate) fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/triage");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
        files.sort();
        let (mut sentences, mut nouns) = (Vec::new(), Vec::new());
        for text in files.iter().filter_map(|file| std::fs::read_to_string(file).ok()) {
            for line in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
                let Some(text) = line["text"].as_str() else { continue };
                sentences.extend(text.split_inclusive(['.', '?', '!']).map(|part| part.trim().to_owned()));
                if line["lang"] == "de" {
                    let words = text.split(|c: char| !c.is_alphabetic());
                    nouns.extend(
                        words
                            .filter(|word| word.len() > 4 && word.starts_with(char::is_uppercase))
                            .map(str::to_owned),
                    );
                }
            }
        }
        nouns.sort();
        nouns.dedup();
        Self { sentences, nouns, state: 7 }
    }

    /// Message `n`.
    pub(crate) fn next(&mut self, n: usize) -> String {
        let mut text = String::new();
        while text.len() < LENGTH {
            let at = self.draw(self.sentences.len());
            text.push_str(self.sentences.get(at).map_or("", String::as_str));
            text.push(' ');
        }
        let (first, second) = (self.draw(self.nouns.len()), self.draw(self.nouns.len()));
        if let (Some(first), Some(second)) = (self.nouns.get(first), self.nouns.get(second)) {
            text.push_str(first);
            text.push_str(&second.to_lowercase());
        }
        if n.is_multiple_of(RARE) {
            text.push_str(["  quokka", " wombat", " numbat", " bilby", " quoll"][n / RARE % 5]);
        }
        text
    }

    /// A number below `below` (xorshift).
    fn draw(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % (below.max(1) as u64)).unwrap_or_default()
    }
}

//! The stock of sentences for arrivals and larger clinics, in English and German.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

const STOCK: &str = include_str!("../../data/everyday.toml");

/// Sentences by language and purpose.
#[derive(Deserialize)]
pub(crate) struct Stock {
    everyday_en: Vec<String>,
    everyday_de: Vec<String>,
    crisis_en: Vec<String>,
    crisis_de: Vec<String>,
    opening_en: Vec<String>,
    opening_de: Vec<String>,
    closing_en: Vec<String>,
    closing_de: Vec<String>,
    initial_en: Vec<String>,
    initial_de: Vec<String>,
    reply_en: Vec<String>,
    reply_de: Vec<String>,
    topics_en: Vec<String>,
    topics_de: Vec<String>,
    pub(crate) families: Vec<String>,
    pub(crate) givens: Vec<String>,
}

/// One of a list.
pub(crate) fn pick<'a>(list: &'a [String], random: &mut ChaCha8Rng) -> &'a str {
    if list.is_empty() { "" } else { &list[random.random_range(0..list.len())] }
}

impl Stock {
    /// Reads the data file, which is part of the program.
    pub(crate) fn load() -> Self {
        #[expect(clippy::expect_used, reason = "the file is embedded and read by every test")]
        let stock = toml::from_str(STOCK).expect("everyday.toml");
        stock
    }

    /// An everyday message as it stands.
    pub(crate) fn everyday(&self, german: bool, random: &mut ChaCha8Rng) -> &str {
        pick(if german { &self.everyday_de } else { &self.everyday_en }, random)
    }

    /// A message with crisis language.
    pub(crate) fn crisis(&self, german: bool, random: &mut ChaCha8Rng) -> &str {
        pick(if german { &self.crisis_de } else { &self.crisis_en }, random)
    }

    /// The first note of a psychiatrist.
    pub(crate) fn initial(&self, german: bool, random: &mut ChaCha8Rng) -> &str {
        pick(if german { &self.initial_de } else { &self.initial_en }, random)
    }

    /// A psychiatrist's reply.
    pub(crate) fn reply(&self, german: bool, random: &mut ChaCha8Rng) -> &str {
        pick(if german { &self.reply_de } else { &self.reply_en }, random)
    }

    /// A topic.
    pub(crate) fn topic(&self, german: bool, random: &mut ChaCha8Rng) -> &str {
        pick(if german { &self.topics_de } else { &self.topics_en }, random)
    }

    /// A patient's message put together: an opening, one to three sentences, a closing.
    pub(crate) fn compose(&self, german: bool, random: &mut ChaCha8Rng) -> String {
        let (opening, closing) =
            if german { (&self.opening_de, &self.closing_de) } else { (&self.opening_en, &self.closing_en) };
        let mut text = pick(opening, random).to_owned();
        for _ in 0..random.random_range(1..=3) {
            text.push(' ');
            text.push_str(self.everyday(german, random));
        }
        if random.random_ratio(1, 250) {
            text.push(' ');
            text.push_str(self.crisis(german, random));
        }
        text.push(' ');
        text.push_str(pick(closing, random));
        text.trim_end().to_owned()
    }
}

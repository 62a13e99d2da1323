//! The pattern language of the lexicon: words with gaps, not regular expressions over characters, so that folding,
//! inflection and clause boundaries are decided once, in the tokeniser.
//!
//! | Written | Means |
//! |---|---|
//! | `word` | that word, folded |
//! | `suizid*`, `*gedanken`, `*suizid*` | a word that starts with, ends with, contains |
//! | `#` | a number |
//! | `{concept}` | any form of a concept |
//! | `(a b\|c)` | either |
//! | `x?` | x or nothing |
//! | `~`, `~5` | up to three, up to five words of any kind, in the same sentence |
//! | `!x`, `!(x y\|z)` | the next words are not these |
//! | `<x` | the word before is not x (single words) |
//! | `^`, `$` | start, end of the sentence |

use crate::normalise::{Tokens, tokenise};

/// Parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Word(String),
    Concept(String),
    Alternatives(Vec<Vec<Node>>),
    Optional(Box<Node>),
    Gap(u8),
    NotNext(Box<Node>),
    NotBefore(Box<Node>),
    Start,
    End,
}

/// Parses a pattern; the error says what was expected.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { rest: text.trim(), whole: text, depth: 0 };
    let nodes = parser.sequence()?;
    if !parser.rest.is_empty() {
        return Err(format!("unexpected `)` or `|` in pattern `{text}`"));
    }
    if nodes.is_empty() {
        return Err("expected a pattern, found nothing".to_owned());
    }
    Ok(nodes)
}

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
    depth: usize,
}

/// Brackets and `!` inside each other; deeper is a mistake, and each level costs stack.
const DEEPEST: usize = 30;

impl Parser<'_> {
    fn sequence(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next() {
                None | Some(')' | '|') => return Ok(nodes),
                Some(_) => self.item(&mut nodes)?,
            }
        }
    }

    fn item(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let mut found = self.atom()?;
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            let node = if found.len() == 1 { found.remove(0) } else { Node::Alternatives(vec![found]) };
            found = vec![Node::Optional(Box::new(node))];
        }
        nodes.append(&mut found);
        Ok(())
    }

    fn atom(&mut self) -> Result<Vec<Node>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("expected at most {DEEPEST} levels of brackets"));
        }
        let found = self.atom_at_depth();
        self.depth -= 1;
        found
    }

    fn atom_at_depth(&mut self) -> Result<Vec<Node>, String> {
        let first = self.rest.chars().next().unwrap_or_default();
        let one = |node| Ok(vec![node]);
        match first {
            '^' => {
                self.rest = &self.rest[1..];
                one(Node::Start)
            }
            '$' => {
                self.rest = &self.rest[1..];
                one(Node::End)
            }
            '~' => {
                self.rest = &self.rest[1..];
                let digits =
                    self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let size = if digits == 0 { Ok(3) } else { self.rest[..digits].parse() };
                self.rest = &self.rest[digits..];
                one(Node::Gap(size.map_err(|_| format!("expected a gap below 255 in `{}`", self.whole))?))
            }
            '!' | '<' => {
                self.rest = &self.rest[1..];
                let inner = self.atom()?;
                let [node] = <[Node; 1]>::try_from(inner)
                    .map_err(|_| format!("expected one word after `{first}` in `{}`", self.whole))?;
                let node = Box::new(node);
                one(if first == '!' { Node::NotNext(node) } else { Node::NotBefore(node) })
            }
            '{' => {
                let end = self.rest.find('}').ok_or_else(|| format!("expected `}}` in `{}`", self.whole))?;
                let name = self.rest[1..end].to_owned();
                self.rest = &self.rest[end + 1..];
                one(Node::Concept(name))
            }
            '(' => {
                self.rest = &self.rest[1..];
                let mut branches = vec![self.sequence()?];
                while let Some(rest) = self.rest.strip_prefix('|') {
                    self.rest = rest;
                    branches.push(self.sequence()?);
                }
                self.rest =
                    self.rest.strip_prefix(')').ok_or_else(|| format!("expected `)` in `{}`", self.whole))?;
                if branches.iter().any(Vec::is_empty) {
                    return Err(format!("empty alternative in `{}`; write `(..)?`", self.whole));
                }
                one(Node::Alternatives(branches))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Vec<Node>, String> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || "(){}|?~!<^$".contains(c))
            .unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!("expected a word at `{}` in `{}`", self.rest, self.whole));
        }
        let raw = &self.rest[..end];
        self.rest = &self.rest[end..];
        if raw == "#" {
            return Ok(vec![Node::Word(raw.to_owned())]);
        }
        if raw.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Ok(vec![Node::Word(raw.to_owned())]);
        }
        let (left, right) = (raw.starts_with('*'), raw.ends_with('*') && raw.len() > 1);
        let mut folded = fold_words(raw.trim_matches('*'));
        if folded.is_empty() || ((left || right) && folded.len() != 1) {
            return Err(format!("expected a word, found `{raw}` in `{}`", self.whole));
        }
        if left || right {
            let star = |on: bool| if on { "*" } else { "" };
            folded[0] = format!("{}{}{}", star(left), folded[0], star(right));
        }
        let plain = raw.to_lowercase().replace('ä', "a").replace('ö', "o").replace('ü', "u");
        if folded.len() == 1 && plain != raw.to_lowercase() && raw.chars().count() >= 4 {
            let bare = fold_words(plain.trim_matches('*')).concat();
            let bare = folded[0].replace(folded[0].trim_matches('*'), &bare);
            return Ok(vec![Node::Alternatives(vec![
                vec![Node::Word(folded.remove(0))],
                vec![Node::Word(bare)],
            ])]);
        }
        Ok(folded.into_iter().map(Node::Word).collect())
    }
}

/// Folds a word of the lexicon exactly as a message is folded.
pub(crate) fn fold_words(raw: &str) -> Vec<String> {
    let mut tokens = Tokens::default();
    tokenise(raw, &mut tokens);
    tokens.list.iter().map(|token| String::from_utf8_lossy(tokens.word(token)).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_brackets_are_refused_without_using_up_the_stack() {
        let error = parse(&"(".repeat(200_000)).unwrap_err();
        assert!(error.contains("levels"), "{error}");
        assert!(parse(&"!".repeat(200_000)).is_err());
        assert!(parse(&format!("{}a{}", "(".repeat(20), ")".repeat(20))).is_ok());
    }
}

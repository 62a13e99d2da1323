//! Words whose letters somebody parted: by spaces, dots or emoji.

use crate::normalise::{Break, MAX_WORD, Token, Tokens};

/// `s u i c i d e` becomes one token, and `s.u.i.c.i.d.e`, and letters with an emoji between each two.
pub(crate) fn join(tokens: &mut Tokens) {
    let mut in_a_row = 0;
    let any = tokens.list.iter().any(|token| {
        in_a_row = if is_single(token) {
            in_a_row + 1
        } else if is_emoji(tokens, token) {
            in_a_row
        } else {
            0
        };
        in_a_row >= FEWEST_PARTED
    });
    if !any {
        return;
    }
    let list = std::mem::take(&mut tokens.list);
    let mut at = 0;
    while at < list.len() {
        let run = parted_letters(tokens, &list[at..]);
        if run >= 1 {
            let from = tokens.folded.len() as u32;
            for token in list[at..at + run].iter().filter(|token| is_single(token)) {
                let letter = tokens.folded[token.folded.0 as usize];
                tokens.folded.push(letter);
            }
            let (folded, end) = ((from, tokens.folded.len() as u32), list[at + run - 1].end);
            tokens.list.push(Token { folded, end, ..list[at] });
            at += run;
        } else {
            tokens.list.push(list[at]);
            at += 1;
        }
    }
}

/// Letters of a word without spaces that are joined; with spaces between them it takes one more.
const FEWEST_PARTED: usize = 3;

fn is_single(token: &Token) -> bool {
    token.folded.1 - token.folded.0 == 1
}

fn is_emoji(tokens: &Tokens, token: &Token) -> bool {
    tokens.folded[token.folded.0 as usize] >= 0x80
}

/// How many tokens at the beginning of a list are the parted letters of one word; 0 when they are none.
fn parted_letters(tokens: &Tokens, list: &[Token]) -> usize {
    if !list.first().is_some_and(is_single) {
        return 0;
    }
    let is_letter = |token: &Token| tokens.folded[token.folded.0 as usize].is_ascii_alphabetic();
    let (mut taken, mut letters, mut spaces, mut marks) = (1, 1, 0, 0);
    while letters < MAX_WORD {
        let last = &list[taken - 1];
        let Some(next) = list.get(taken).filter(|next| next.cited == last.cited) else { break };
        let touching = !next.spaced && next.start - last.end <= 1 && is_letter(next) && is_letter(last);
        if is_single(next) && (next.before == Break::No || touching) {
            spaces += usize::from(next.spaced);
            marks += usize::from(!next.spaced);
            taken += 1;
        } else if let Some(behind) = list.get(taken + 1)
            && is_emoji(tokens, next)
            && is_single(behind)
            && is_letter(behind)
            && !next.spaced
            && !behind.spaced
        {
            marks += 1;
            taken += 2;
        } else {
            break;
        }
        letters += 1;
    }
    let enough = letters > FEWEST_PARTED || (letters == FEWEST_PARTED && spaces == 0 && marks > 0);
    if enough { taken } else { 0 }
}

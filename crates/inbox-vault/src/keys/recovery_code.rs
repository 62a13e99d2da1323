//! The recovery code: 160 random bits and a 20-bit checksum as nine groups of four in Crockford's base32
//! (<https://www.crockford.com/base32.html>), which leaves out I, L, O and U, so that the code survives handwriting.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::seal::Secret;
use crate::{Result, VaultError};

/// Random bytes of a code.
pub(crate) const CODE_BYTES: usize = 20;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 160 bits are 32 characters; four more carry the checksum.
const CHARACTERS: usize = 36;

/// The code of `bytes` as a person writes it down.
pub(crate) fn format(bytes: &[u8; CODE_BYTES]) -> Zeroizing<String> {
    let mut code = Zeroizing::new(String::with_capacity(CHARACTERS + 8));
    for (n, value) in values(bytes).iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(*value)]));
    }
    code
}

/// The bytes of a code as typed: in either case, with any spacing, with I, L and O for the digits they look like.
///
/// # Errors
/// [`VaultError::MistypedRecoveryCode`] when it is no code or its checksum does not match.
pub(crate) fn parse(typed: &str) -> Result<Secret<CODE_BYTES>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(CHARACTERS));
    for character in typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '.' | '_')) {
        digits.push(digit(character).ok_or(VaultError::MistypedRecoveryCode)?);
    }
    if digits.len() != CHARACTERS {
        return Err(VaultError::MistypedRecoveryCode);
    }
    let mut bytes = Secret::<CODE_BYTES>::zeroed();
    for (five, eight) in bytes.chunks_exact_mut(5).zip(digits.chunks_exact(8)) {
        let block = eight.iter().fold(0_u64, |block, value| block << 5 | u64::from(*value));
        five.copy_from_slice(&block.to_be_bytes()[3..]);
    }
    if values(&bytes).as_slice() == digits.as_slice() {
        Ok(bytes)
    } else {
        Err(VaultError::MistypedRecoveryCode)
    }
}

fn digit(character: char) -> Option<u8> {
    let upper = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == upper).and_then(|at| u8::try_from(at).ok())
}

/// The 36 base32 digits: 32 of the bytes and four of their checksum.
fn values(bytes: &[u8; CODE_BYTES]) -> Zeroizing<Vec<u8>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(CHARACTERS));
    for five in bytes.chunks_exact(5) {
        let block = five.iter().fold(0_u64, |block, byte| block << 8 | u64::from(*byte));
        digits.extend((0..8).rev().map(|n| (block >> (5 * n) & 31) as u8));
    }
    let check = Sha256::digest(bytes);
    let check = u32::from_be_bytes([0, check[0], check[1], check[2]]) >> 4;
    digits.extend((0..4).rev().map(|n| (check >> (5 * n) & 31) as u8));
    digits
}

#[cfg(test)]
mod tests;

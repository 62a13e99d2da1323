//! Damaged headers: each case is a clear state, and while a header exists nothing is created, overwritten or deleted unless the
//! data key was in hand.

use super::*;

/// A small generator with a seed (xorshift64*), so that every run sees the same damage.
struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit.max(1)
    }
}

/// Flips a bit, cuts the file short, or both.
fn damage(path: &Path, draw: &mut Draw) {
    let mut bytes = fs::read(path).unwrap();
    let kind = draw.below(3);
    if kind != 1 {
        let (at, bit) = (draw.below(bytes.len()), draw.below(8));
        bytes[at] ^= 1 << bit;
    }
    if kind != 0 {
        bytes.truncate(draw.below(bytes.len()));
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn bit_flips_and_truncation_are_clear_states_and_touch_nothing() {
    let cases = if std::env::var_os("ANTEROOM_LONG").is_some() { 2000 } else { 50 };
    let (mut opened, mut refused) = (0, 0);
    for seed in 0..cases {
        let draw = &mut Draw::new(seed);
        let keyring = MemoryKeyring::default();
        let (dir, keys) = created(&keyring);
        let dir = dir.path();
        fs::write(dir.join(DATABASE), b"what the key opens").unwrap();
        let entries = keyring.names();
        // One generation, the other, both, or one of them gone.
        let which = draw.below(4);
        if which != 1 {
            damage(&dir.join(header::CURRENT), draw);
        }
        match which {
            1 | 2 => damage(&dir.join(header::PREVIOUS), draw),
            3 => fs::remove_file(dir.join(header::PREVIOUS)).unwrap(),
            _ => {}
        }
        let before = files(dir);
        let again = create(dir, "B", &secret(RIGHT), Some(&keyring), cheap());
        assert!(matches!(again, Err(VaultError::AlreadyExists)), "seed {seed}");
        let seen = state(dir, &keyring);
        assert!(matches!(seen, KeyState::Ready | KeyState::HeaderDamaged), "seed {seed}: {seen:?}");
        assert_eq!(files(dir), before, "seed {seed}: looking changed something");
        match unlock(dir, &secret(RIGHT), &keyring) {
            Ok(unlocked) => {
                assert_eq!(*unlocked.data_key, *keys.data_key);
                assert_eq!(seen, KeyState::Ready, "seed {seed}");
                // With the key in hand both generations are whole again.
                let whole = fs::read(dir.join(header::CURRENT)).unwrap();
                assert_eq!(fs::read(dir.join(header::PREVIOUS)).unwrap(), whole, "seed {seed}");
                opened += 1;
            }
            Err(VaultError::HeaderDamaged | VaultError::HeaderTooNew(_)) => {
                assert!(which >= 2, "seed {seed}: a whole generation was there");
                let code = recover(dir, &keys.recovery_code, &secret("another one"), &keyring);
                assert!(code.is_err(), "seed {seed}");
                assert_eq!(files(dir), before, "seed {seed}: something was touched");
                refused += 1;
            }
            Err(other) => panic!("seed {seed}: {other:?}"),
        }
        assert_eq!(keyring.names(), entries, "seed {seed}");
        assert_eq!(fs::read(dir.join(DATABASE)).unwrap(), b"what the key opens");
    }
    assert!(opened > 10 && refused > 10, "{opened} opened, {refused} refused");
}

#[test]
fn a_version_that_was_flipped_is_damage_and_the_other_generation_opens() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = created(&keyring);
    let path = dir.path().join(header::CURRENT);
    let text = fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 3");
    fs::write(&path, text).unwrap();
    assert!(unlock(dir.path(), &secret(RIGHT), &keyring).is_ok());
}

/// Changes values of the JSON where they hurt: other types, other lengths, absurd costs, and noise.
fn mutate(text: &str, draw: &mut Draw) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=draw.below(6) {
        let at = draw.below(bytes.len());
        match draw.below(6) {
            0 => bytes[at] = draw.below(256) as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"0123456789{}[]\",:eE-.\\\n\0"[draw.below(24)]),
            3 => {
                let end = (at + draw.below(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = draw.below(bytes.len());
                bytes.splice(to..to, copy);
            }
            4 => {
                let end = (at + draw.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let word = ["null", "-1", "4294967296", "1e999", "\"\"", "[]", "true"][draw.below(7)];
                bytes.splice(at..at, word.bytes());
            }
        }
        if bytes.is_empty() {
            bytes.push(b'{');
        }
    }
    bytes
}

/// Any bytes as a header, with a checksum that holds where they are still one: what is behind the checksum must stand too.
#[test]
fn no_header_makes_unlocking_panic_or_touch_anything() {
    let long = std::env::var_os("ANTEROOM_LONG").is_some();
    let end = std::time::Instant::now() + Duration::from_secs(if long { 600 } else { 10 });
    let keyring = MemoryKeyring::default();
    let (dir, keys) = created(&keyring);
    change::escrow(dir.path(), &keys.data_key, &[9; 32]).unwrap();
    let whole = fs::read_to_string(dir.path().join(header::CURRENT)).unwrap();
    let target = TempDir::new().unwrap();
    let (mut tried, mut parsed) = (0_u64, 0);
    while tried < 3_000 && std::time::Instant::now() < end || long && std::time::Instant::now() < end {
        let draw = &mut Draw::new(tried + 1);
        tried += 1;
        let mut bytes = mutate(&whole, draw);
        if let Some(resealed) = header::resealed(&bytes) {
            parsed += 1;
            bytes = resealed;
        }
        for name in [header::CURRENT, header::PREVIOUS] {
            fs::write(target.path().join(name), &bytes).unwrap();
        }
        let _ = fs::remove_file(target.path().join("tries.json"));
        let entries = keyring.names();
        let _ = state(target.path(), &keyring);
        // Costs that a stranger wrote are refused, not paid; ours here are small.
        let opened = unlock(target.path(), &secret(RIGHT), &keyring).is_ok();
        let _ = fs::remove_file(target.path().join("tries.json"));
        if !opened {
            assert_eq!(fs::read(target.path().join(header::CURRENT)).unwrap(), bytes, "case {tried}");
            assert!(recover(target.path(), &secret("ABCD"), &secret("another one"), &keyring).is_err());
            let wrong = recover_with_escrow(
                target.path(),
                &Key::from_slice(&[1; 32]).unwrap(),
                &secret("another one"),
                &keyring,
            );
            assert!(wrong.is_err(), "case {tried}");
        }
        assert_eq!(keyring.names(), entries, "case {tried}");
    }
    assert!(tried >= 300 && parsed > 0, "{tried} tried, {parsed} past the checksum");
}

//! A seeded mutator of JSON: what a broken or hostile server might send, from samples of what a sound one sends.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// What stands where something else was expected.
fn junk(random: &mut ChaCha8Rng) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}\u{200b}\u{feff}"),
        json!("x".repeat(3000)),
        json!("../../Patient/x"),
        json!("Practitioner/dr-brandt"),
        json!("Practitioner/dr-adler"),
        json!("Patient/p2"),
        json!("Communication/t2/_history/7"),
        json!("#contained"),
        json!("https://elsewhere.example/fhir/Patient/p1"),
        json!("2026-02-30T25:61:00Z"),
        json!("9999-12-31T23:59:59.999999999+14:00"),
        json!("0000"),
        json!("-262143-01-01"),
        json!("entered-in-error"),
        json!("<p>a</p><script>"),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({"reference": ["Patient/p1"]}),
        json!([null, 1, "x", {}]),
    ];
    all[random.random_range(0..all.len())].clone()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The node with this number, counted from the top.
fn node<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|one| node(one, at)),
        Value::Object(map) => map.values_mut().find_map(|one| node(one, at)),
        _ => None,
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!("x"), |inner, _| json!([inner]))
}

fn change(value: &mut Value, random: &mut ChaCha8Rng) {
    match random.random_range(0..8) {
        0..=2 => *value = junk(random),
        3 => *value = json!([value.clone(), value.clone()]),
        4 => *value = json!({"value": value.clone()}),
        5 => *value = deep(random.random_range(1..200)),
        _ => match value {
            Value::Object(map) if !map.is_empty() => {
                let key = map.keys().nth(random.random_range(0..map.len())).cloned().unwrap();
                map.remove(&key);
            }
            Value::Array(list) if !list.is_empty() => {
                let one = list[random.random_range(0..list.len())].clone();
                list.push(one);
            }
            Value::String(text) => {
                let cut = random.random_range(0..=text.chars().count());
                *text = text.chars().take(cut).collect();
            }
            other => *other = junk(random),
        },
    }
}

/// Up to four changes somewhere in it.
pub(crate) fn mutated(sample: &Value, random: &mut ChaCha8Rng) -> Value {
    let mut value = sample.clone();
    for _ in 0..random.random_range(1..=4) {
        let mut at = random.random_range(0..count(&value));
        if let Some(found) = node(&mut value, &mut at) {
            change(found, random);
        }
    }
    value
}

/// The same on bytes: flipped, cut, doubled.
pub(crate) fn scrambled(sample: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..random.random_range(1..=6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..4) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes.truncate(at),
            2 => bytes[at] = b"{}[]\",:\\0"[random.random_range(0..9)],
            _ => {
                let end = (at + random.random_range(1..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

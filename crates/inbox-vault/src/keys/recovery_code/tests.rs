use super::*;

#[test]
fn a_code_reads_back_however_it_is_typed() {
    let bytes: [u8; CODE_BYTES] = std::array::from_fn(|n| (n * 37 + 11) as u8);
    let code = format(&bytes);
    assert_eq!(code.len(), 44);
    assert_eq!(*parse(&code).unwrap(), bytes);
    assert_eq!(*parse(&code.to_lowercase().replace('-', " ")).unwrap(), bytes);
    assert_eq!(*parse(&code.replace('0', "o").replace('1', "l")).unwrap(), bytes);
}

#[test]
fn every_single_mistyped_character_is_noticed() {
    let bytes: [u8; CODE_BYTES] = std::array::from_fn(|n| (n * 91 + 5) as u8);
    let code = format(&bytes).replace('-', "");
    for at in 0..code.len() {
        for other in ALPHABET {
            let mut typed = code.clone().into_bytes();
            if typed[at] == *other {
                continue;
            }
            typed[at] = *other;
            let typed = String::from_utf8(typed).unwrap();
            assert!(matches!(parse(&typed), Err(VaultError::MistypedRecoveryCode)), "{typed}");
        }
    }
    assert!(parse(&code[1..]).is_err());
    assert!(parse("").is_err());
    assert!(parse("U".repeat(36).as_str()).is_err());
}

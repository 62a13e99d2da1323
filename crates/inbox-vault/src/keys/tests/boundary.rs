//! The boundary to the keyring: each call of it fails once, or the process dies there, before or after the keyring acted.
//! Whatever happened, the vault opens as before or as asked, and where there was none there is none or a whole one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::result::Result;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const NEW: &str = "another passphrase";

/// What happens at the call with that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaks {
    ErrorBefore,
    ErrorAfter,
    DeathBefore,
    DeathAfter,
}

const ALL: [Breaks; 4] = [Breaks::ErrorBefore, Breaks::ErrorAfter, Breaks::DeathBefore, Breaks::DeathAfter];

/// A keyring that breaks at one call. Death is a panic: no step after it runs, as in a process that ends.
struct Breaking<'a> {
    inner: &'a MemoryKeyring,
    at: u32,
    how: Breaks,
    calls: AtomicU32,
}

impl Breaking<'_> {
    fn call<T>(&self, act: impl FnOnce() -> Result<T, SecretsError>) -> Result<T, SecretsError> {
        let here = self.calls.fetch_add(1, Ordering::SeqCst) == self.at;
        match self.how {
            Breaks::ErrorBefore if here => return Err(SecretsError::Silent),
            Breaks::DeathBefore if here => panic!("the process dies before the call"),
            _ => {}
        }
        let answer = act();
        match self.how {
            Breaks::ErrorAfter if here => Err(SecretsError::Silent),
            Breaks::DeathAfter if here => panic!("the process dies after the call"),
            _ => answer,
        }
    }
}

impl DeviceSecrets for Breaking<'_> {
    fn get(&self, name: &str) -> Result<DeviceSecret, SecretsError> {
        self.call(|| self.inner.get(name))
    }

    fn set(&self, name: &str, secret: &DeviceSecret) -> Result<(), SecretsError> {
        self.call(|| self.inner.set(name, secret))
    }

    fn delete(&self, name: &str) -> Result<(), SecretsError> {
        self.call(|| self.inner.delete(name))
    }
}

/// Lets `act` meet every way to break at every call it makes; `check` looks afterwards and is told whether it broke. Answers
/// the number of cases.
fn at_every_call(
    prepare: impl Fn(&MemoryKeyring) -> TempDir,
    act: impl Fn(&Path, &dyn DeviceSecrets) -> crate::Result<()>,
    check: impl Fn(&Path, &MemoryKeyring, &str, bool),
) -> u32 {
    let mut cases = 0;
    for how in ALL {
        for at in 0.. {
            let inner = MemoryKeyring::default();
            let dir = prepare(&inner);
            let breaking = Breaking { inner: &inner, at, how, calls: AtomicU32::new(0) };
            let outcome = catch_unwind(AssertUnwindSafe(|| act(dir.path(), &breaking)));
            let done = matches!(outcome, Ok(Ok(())));
            let case = format!("call {at}, {how:?}");
            if breaking.calls.load(Ordering::SeqCst) <= at {
                assert!(done, "{case}: nothing broke");
                break;
            }
            check(dir.path(), &inner, &case, done);
            cases += 1;
        }
    }
    cases
}

#[test]
fn unlocking_that_breaks_at_the_keyring_costs_nothing() {
    let cases = at_every_call(
        |keyring| created(keyring).0,
        |dir, keyring| unlock(dir, &secret(RIGHT), keyring).map(drop),
        |dir, keyring, case, done| {
            assert!(!done, "{case}: a failure unsaid");
            assert_eq!(Tries::load(dir).wrong, 0, "{case}: it cost a try");
            unlock(dir, &secret(RIGHT), keyring).unwrap_or_else(|error| panic!("{case}: {error}"));
        },
    );
    assert!(cases >= 4, "{cases}");
}

#[test]
fn a_creation_that_breaks_at_the_keyring_leaves_nothing_or_a_whole_vault() {
    let make = |dir: &Path, keyring: &dyn DeviceSecrets| {
        create(dir, "Dr. A", &secret(RIGHT), Some(keyring), cheap()).map(drop)
    };
    let cases = at_every_call(
        |_| TempDir::new().unwrap(),
        make,
        |dir, keyring, case, _| {
            if header::exists(dir) {
                unlock(dir, &secret(RIGHT), keyring).unwrap_or_else(|error| panic!("{case}: {error}"));
            } else {
                make(dir, keyring).unwrap_or_else(|error| panic!("{case}: not again: {error}"));
            }
        },
    );
    assert!(cases >= 8, "{cases}");
}

#[test]
fn a_recovery_that_breaks_at_the_keyring_opens_by_the_code_or_by_the_new_passphrase() {
    let code = std::cell::RefCell::new(SecretString::from(""));
    let cases = at_every_call(
        |keyring| {
            let (dir, keys) = created(keyring);
            *code.borrow_mut() = keys.recovery_code;
            dir
        },
        |dir, keyring| recover(dir, &code.borrow(), &secret(NEW), keyring).map(drop),
        |dir, keyring, case, done| {
            let opens = |word: &str| unlock(dir, &secret(word), keyring).is_ok();
            assert!(if done { opens(NEW) } else { opens(RIGHT) || opens(NEW) }, "{case}");
            recover(dir, &code.borrow(), &secret(NEW), keyring)
                .unwrap_or_else(|error| panic!("{case}: the code no longer opens it: {error}"));
            assert!(opens(NEW), "{case}");
        },
    );
    assert!(cases >= 12, "{cases}");
}

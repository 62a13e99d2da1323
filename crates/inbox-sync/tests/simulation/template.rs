//! Vaults: one is made and copied for each seed, in memory where the machine has a place for that.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use inbox_sync::settings;
use inbox_vault::{CreateOptions, Keyring, Vault};
use secrecy::SecretString;

use crate::clock::beginning;
use crate::model::ADLER;

const PASSPHRASE: &str = "a long passphrase for tests";

/// A folder in memory, or the usual place.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

struct Template {
    dir: PathBuf,
    _folder: tempfile::TempDir,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    let folder = folder();
    let dir = folder.path().join("vault");
    let options = CreateOptions {
        dir: dir.clone(),
        name: "Test".to_owned(),
        passphrase: SecretString::from(PASSPHRASE),
        keyring: false,
    };
    let vault = Vault::create_weak(&options, &Keyring::default()).unwrap().vault;
    vault.set_setting(settings::PRACTITIONER, ADLER, beginning()).unwrap();
    vault.close();
    Template { dir, _folder: folder }
});

/// A fresh vault at `dir`.
pub(crate) fn fresh(dir: &Path) -> Vault {
    copy(&TEMPLATE.dir, dir);
    open(dir)
}

pub(crate) fn open(dir: &Path) -> Vault {
    Vault::open(dir, &SecretString::from(PASSPHRASE)).unwrap()
}

/// What stands on disk at this instant, as after a power failure: database, its log and the header, without the shared
/// memory and the locks, which do not outlive a process.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with("-shm") && !name.ends_with(".lock") {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

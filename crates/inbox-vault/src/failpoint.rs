//! Points at which tests break a vault: before and after each commit (feature `rig`, never in a release). Each vault has
//! its own, by its folder, so that tests run beside each other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::{Result, VaultError};

/// What a point does before it answers an error: nothing, or looking at what stands on disk at that instant.
pub type Act = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Armed {
    passed: u32,
    at: Vec<(u32, Act)>,
}

static ARMED: LazyLock<Mutex<HashMap<PathBuf, Armed>>> = LazyLock::new(Mutex::default);

/// SQLITE_IOERR: what an armed point answers.
const BROKEN: i32 = 10;

fn armed() -> MutexGuard<'static, HashMap<PathBuf, Armed>> {
    ARMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the points with these numbers, counted from 0 and from now on, act and then answer an error. Commit `n` of the
/// vault in `dir` has the points `2n` before and `2n + 1` after it.
pub fn arm(dir: &Path, at: Vec<(u32, Act)>) {
    armed().insert(dir.to_owned(), Armed { passed: 0, at });
}

/// Lets nothing break any more; answers how many points were passed.
pub fn disarm(dir: &Path) -> u32 {
    armed().remove(dir).map_or(0, |armed| armed.passed)
}

/// One point.
pub(crate) fn point(dir: &Path) -> Result<()> {
    let act = armed().get_mut(dir).and_then(|armed| {
        let here = armed.at.iter().position(|(number, _)| *number == armed.passed);
        armed.passed += 1;
        here.map(|at| armed.at.swap_remove(at).1)
    });
    let Some(act) = act else { return Ok(()) };
    act();
    Err(VaultError::Database(BROKEN))
}

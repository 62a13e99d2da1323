//! Files that only their owner reads.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// A new file that only its owner reads; one that is there stays as it is.
///
/// # Errors
/// `AlreadyExists`, and what the file system says.
pub fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

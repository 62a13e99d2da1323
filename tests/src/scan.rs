//! Looking at files byte by byte: whether they changed, and whether they hold any of a set of texts.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::Result;

/// Length of the pieces that are looked for. A leak of 31 bytes or more of a text holds a whole piece.
const PIECE: usize = 16;

/// Every file below a folder with its length and a hash of its bytes, sorted.
///
/// # Errors
/// When a file cannot be read.
pub fn fingerprint(dir: &Path) -> Result<Vec<(PathBuf, usize, u64)>> {
    let mut found = Vec::new();
    for path in files(dir)? {
        let Some(bytes) = read_if_there(&path)? else { continue };
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        found.push((path, bytes.len(), hasher.finish()));
    }
    found.sort();
    Ok(found)
}

/// The bytes of a file, unless a program that runs has removed it since the folder was read: a database that closes takes its
/// log away.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read?)),
    }
}

/// Every file below a folder, which has to be there; what is removed meanwhile is left out.
pub(crate) fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(dir, &mut found)?;
    Ok(found)
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // Sockets and links are no files; a socket would block.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            match collect(&entry.path(), found) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                below => below?,
            }
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Files below `dir` that hold a piece of one of the texts, as UTF-8 or as UTF-16 in either order, with the piece.
///
/// # Errors
/// When a file cannot be read.
pub fn occurrences(dir: &Path, texts: &[String]) -> Result<Vec<(PathBuf, String)>> {
    let pieces = pieces(texts);
    let starts: HashSet<[u8; 2]> = pieces.iter().map(|piece| [piece[0], piece[1]]).collect();
    let mut first = vec![false; 1 << 16];
    for [a, b] in starts {
        first[usize::from(a) << 8 | usize::from(b)] = true;
    }
    let mut found = Vec::new();
    for path in files(dir)? {
        let Some(bytes) = read_if_there(&path)? else { continue };
        let hit = bytes.windows(PIECE).find(|window| {
            first[usize::from(window[0]) << 8 | usize::from(window[1])] && pieces.contains(*window)
        });
        if let Some(hit) = hit {
            found.push((path, String::from_utf8_lossy(hit).into_owned()));
        }
    }
    Ok(found)
}

fn pieces(texts: &[String]) -> HashSet<Vec<u8>> {
    let mut pieces = HashSet::new();
    for text in texts {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [text.as_bytes(), &little, &big] {
            for piece in bytes.chunks_exact(PIECE) {
                // Runs of blanks or dots say nothing about where they come from.
                if piece.iter().collect::<HashSet<_>>().len() >= 6 {
                    pieces.insert(piece.to_vec());
                }
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "I walked along the river and counted the boats until it was dark.";

    fn found_in(content: &[u8]) -> usize {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("below")).unwrap();
        fs::write(dir.path().join("below/file"), content).unwrap();
        occurrences(dir.path(), &[TEXT.to_owned()]).unwrap().len()
    }

    #[test]
    fn a_text_is_found_in_every_encoding_at_any_place() {
        assert_eq!(found_in(format!("xyz{TEXT}").as_bytes()), 1);
        assert_eq!(found_in(&TEXT.as_bytes()[5..40]), 1);
        let utf16: Vec<u8> = [7].into_iter().chain(TEXT.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(found_in(&utf16), 1);
        let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(found_in(&utf16), 1);
    }

    #[test]
    fn another_text_is_not_found() {
        assert_eq!(found_in(b"I walked home. The boats were gone."), 0);
    }

    #[test]
    fn one_changed_byte_changes_the_fingerprint() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "one").unwrap();
        let before = fingerprint(dir.path()).unwrap();
        assert_eq!(before, fingerprint(dir.path()).unwrap());
        fs::write(dir.path().join("a"), "onf").unwrap();
        assert_ne!(before, fingerprint(dir.path()).unwrap());
    }
}

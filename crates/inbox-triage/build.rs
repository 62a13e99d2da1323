//! Compiles the lexicon of `assets/lexicon`, so that the app need not at each start, and lists its files, so that a new file
//! needs no change in code. The compiler is the crate's own code, taken in by path; a crate of its own for it was rejected: the
//! compiler and what it makes change together.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the crate's modules hold more than compiling needs"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use lexicon::compile::{Source, compile};

#[path = "src/evidence/mod.rs"]
mod evidence;
#[path = "src/lexicon/mod.rs"]
mod lexicon;
#[path = "src/likely.rs"]
mod likely;
#[path = "src/matcher.rs"]
mod matcher;
#[path = "src/normalise.rs"]
mod normalise;
#[path = "src/parted.rs"]
mod parted;
#[path = "src/text.rs"]
mod text;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../assets/lexicon");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    let mut files: Vec<(&str, String, String)> = Vec::new();
    for folder in ["shared", "en", "de"] {
        for path in lexicon_files(&root.join(folder))? {
            println!("cargo::rerun-if-changed={}", path.display());
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = format!("{folder}/{name}");
            // Writing to a string cannot fail.
            let _ = writeln!(list, "    ({folder:?}, {name:?}, include_str!({path:?})),");
            files.push((folder, name, fs::read_to_string(&path)?));
        }
    }
    list.push_str("]\n");
    println!("cargo::rustc-env=ANTEROOM_TRIAGE_CODE={:016x}", hash_of_code(Path::new("src"))?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("lexicon_files.rs"), list)?;
    let sources = files.iter().map(|(folder, name, text)| Source::parse(folder, name, text));
    let mut sources =
        sources.collect::<Result<Vec<_>, _>>().map_err(|error| format!("assets/lexicon/{error}"))?;
    let lexicon = compile(&mut sources).map_err(|error| format!("assets/lexicon/{error}"))?;
    fs::write(out.join("lexicon.postcard"), postcard::to_stdvec(&lexicon)?)?;
    Ok(())
}

/// FNV-1a over the crate's code: messages judged by other code are judged again, as by another lexicon.
fn hash_of_code(folder: &Path) -> io::Result<u64> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        let part = if path.is_dir() { hash_of_code(&path)?.to_le_bytes().to_vec() } else { fs::read(&path)? };
        hash = part
            .iter()
            .fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    }
    Ok(hash)
}

fn lexicon_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml" || extension == "tsv") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

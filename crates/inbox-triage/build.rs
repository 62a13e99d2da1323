//! Lists the lexicon files of `assets/lexicon`, so that a new file needs no change in code. The files are embedded with
//! `include_str!`; parsing at build time was rejected because the same loader must read a clinic's own files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../assets/lexicon");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    for folder in ["shared", "en", "de"] {
        for path in lexicon_files(&root.join(folder))? {
            println!("cargo::rerun-if-changed={}", path.display());
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = writeln!(
                list,
                "    ({folder:?}, {:?}, include_str!({:?})),",
                format!("{folder}/{name}"),
                path
            );
        }
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("lexicon_files.rs"), list)
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

//! Documents that must stay true: decision records are linked, commands exist, links lead somewhere.

use std::path::Path;

use super::{Problem, SourceFile};
use crate::COMMANDS;

fn documents(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| file.path.ends_with(".md"))
}

/// Records in `docs/adr` that no other document links to: nobody would find them.
pub(super) fn unlinked_records(files: &[SourceFile]) -> Vec<Problem> {
    documents(files)
        .filter(|file| file.path.starts_with("docs/adr/") && !file.path.ends_with("README.md"))
        .filter(|record| {
            let name = record.path.rsplit('/').next().unwrap_or_default();
            !documents(files).any(|other| other.path != record.path && other.text.contains(name))
        })
        .map(|record| Problem::new(&record.path, "no document links to this decision record"))
        .collect()
}

/// `cargo xtask NAME` in a document where `NAME` is no command.
pub(super) fn unknown_commands(files: &[SourceFile]) -> Vec<Problem> {
    let mut found = Vec::new();
    for file in documents(files) {
        for rest in file.text.split("cargo xtask ").skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            if !name.is_empty() && !COMMANDS.iter().any(|(known, _)| *known == name) {
                found.push(Problem::new(
                    &file.path,
                    format!("names the command {name}, which does not exist"),
                ));
            }
        }
    }
    found
}

/// Links to files that are not there.
pub(super) fn dead_links(files: &[SourceFile], root: &Path) -> Vec<Problem> {
    let mut found = Vec::new();
    for file in documents(files) {
        let dir = root.join(&file.path).parent().map(Path::to_path_buf).unwrap_or_default();
        for target in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = path.is_empty() || path.contains("://") || path.contains(char::is_whitespace);
            if !elsewhere && !dir.join(path).exists() {
                found.push(Problem::new(&file.path, format!("links to {path}, which is not there")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_record_must_be_linked_by_another_document() {
        let record = || file("docs/adr/0001-keys.md", "see 0001-keys.md");
        assert_eq!(unlinked_records(&[record()]).len(), 1);
        let map = file("docs/ARCHITECTURE.md", "[keys](adr/0001-keys.md)");
        assert!(unlinked_records(&[record(), map]).is_empty());
    }

    #[test]
    fn a_command_in_a_document_must_exist() {
        assert!(unknown_commands(&[file("README.md", "`cargo xtask demo --shot FILE`")]).is_empty());
        assert_eq!(unknown_commands(&[file("README.md", "`cargo xtask dance`")]).len(), 1);
        assert!(unknown_commands(&[file("a.rs", "cargo xtask dance")]).is_empty());
    }

    #[test]
    fn a_link_must_lead_somewhere() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(
            dead_links(&[file("README.md", "[a](Cargo.toml#x) [b](https://example.org/x)")], root).is_empty()
        );
        assert_eq!(dead_links(&[file("README.md", "[a](nowhere.md)")], root).len(), 1);
    }
}

//! Rules over the text of one file.

use super::{Problem, SourceFile};

/// A rule: the problems of one file.
type Rule = fn(&SourceFile) -> Vec<Problem>;

/// All of them, with their names.
pub(super) const RULES: [(&str, Rule); 6] = [
    ("file length", file_length),
    ("one door to the shell", shell_imports),
    ("no raw markup", raw_markup),
    ("colours in tokens", literal_colours),
    ("nothing left to do", left_to_do),
    ("no machine paths", machine_paths),
];

/// Files aim at 400 lines; above this they hold more than one subject.
const MOST_LINES: usize = 500;

fn is_code(path: &str) -> bool {
    [".rs", ".ts", ".svelte", ".css"].iter().any(|kind| path.ends_with(kind))
}

fn is_generated(path: &str) -> bool {
    path.ends_with("/bindings.ts") || path.ends_with(".snap")
}

fn file_length(file: &SourceFile) -> Vec<Problem> {
    let lines = file.text.lines().count();
    if !is_code(&file.path) || is_generated(&file.path) || lines <= MOST_LINES {
        return Vec::new();
    }
    vec![Problem::new(
        &file.path,
        format!("has {lines} lines, more than {MOST_LINES}: give each subject its file"),
    )]
}

fn shell_imports(file: &SourceFile) -> Vec<Problem> {
    let talks = file.path.starts_with("ui/src/") && !file.path.ends_with(".json");
    if !talks || file.path.starts_with("ui/src/lib/ipc/") {
        return Vec::new();
    }
    lines_with(file, &["@tauri-apps"], "only ui/src/lib/ipc talks to the shell")
}

fn raw_markup(file: &SourceFile) -> Vec<Problem> {
    if !file.path.starts_with("ui/src/") {
        return Vec::new();
    }
    let marks = ["{@html", ".innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"];
    lines_with(file, &marks, "text is rendered as text nodes only")
}

fn literal_colours(file: &SourceFile) -> Vec<Problem> {
    let looked_at =
        file.path.starts_with("ui/src/") && (file.path.ends_with(".svelte") || file.path.ends_with(".css"));
    if !looked_at || file.path.ends_with("/styles/tokens.css") {
        return Vec::new();
    }
    let functions = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "oklab(", "hwb("];
    let mut found = lines_with(file, &functions, "colours stand in tokens.css");
    for (number, line) in file.text.lines().enumerate() {
        if has_hex_colour(line) {
            found.push(Problem::new(format!("{}:{}", file.path, number + 1), "colours stand in tokens.css"));
        }
    }
    found
}

/// `#` and 3, 4, 6 or 8 hexadecimal digits that end there; `{#each` and `&#160;` are none.
fn has_hex_colour(line: &str) -> bool {
    line.match_indices('#').any(|(at, _)| {
        let digits = line[at + 1..].chars().take_while(char::is_ascii_hexdigit).count();
        let next = line[at + 1 + digits..].chars().next();
        let ends = next.is_none_or(|next| !next.is_alphanumeric() && next != '-' && next != '_');
        let before = line[..at].chars().next_back();
        [3, 4, 6, 8].contains(&digits) && ends && !matches!(before, Some('&' | '{' | '/'))
    })
}

fn left_to_do(file: &SourceFile) -> Vec<Problem> {
    // Written in two halves, so that this file keeps its own rule.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX:"), concat!("#[ig", "nore")];
    if !is_code(&file.path) && !file.path.ends_with(".md") && !file.path.ends_with(".sql") {
        return Vec::new();
    }
    lines_with(file, &marks, "do it, or file it as an issue")
}

fn machine_paths(file: &SourceFile) -> Vec<Problem> {
    let anywhere =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("C:\\", "Users")];
    let mut found = lines_with(file, &anywhere, "a path of one machine");
    if is_code(&file.path) {
        found.extend(lines_with(
            file,
            &[concat!("\"/ho", "me/"), concat!("\"/tm", "p/")],
            "a path of one machine",
        ));
    }
    found
}

fn lines_with(file: &SourceFile, marks: &[&str], what: &str) -> Vec<Problem> {
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| marks.iter().any(|mark| line.contains(mark)))
        .map(|(number, _)| Problem::new(format!("{}:{}", file.path, number + 1), what))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn long_files_are_found_and_generated_ones_let_be() {
        let long = "line\n".repeat(MOST_LINES + 1);
        assert_eq!(file_length(&file("crates/a/src/lib.rs", &long)).len(), 1);
        assert!(file_length(&file("ui/src/lib/ipc/bindings.ts", &long)).is_empty());
        assert!(file_length(&file("crates/a/src/lib.rs", "line\n")).is_empty());
    }

    #[test]
    fn the_shell_is_imported_in_one_folder() {
        let text = "import { invoke } from '@tauri-apps/api/core';";
        assert_eq!(shell_imports(&file("ui/src/App.svelte", text)).len(), 1);
        assert!(shell_imports(&file("ui/src/lib/ipc/backend.ts", text)).is_empty());
    }

    #[test]
    fn markup_from_text_is_found() {
        assert_eq!(raw_markup(&file("ui/src/A.svelte", "<p>{@html text}</p>")).len(), 1);
        assert_eq!(raw_markup(&file("ui/src/a.ts", "node.innerHTML = text")).len(), 1);
        assert!(raw_markup(&file("ui/src/A.svelte", "<p>{text}</p>")).is_empty());
    }

    #[test]
    fn literal_colours_are_found() {
        for text in ["color: #fff;", "color: #12ab34", "fill=\"#12AB34FF\"", "background: rgba(0, 0, 0, 0.5)"]
        {
            assert_eq!(literal_colours(&file("ui/src/A.svelte", text)).len(), 1, "{text}");
        }
        for text in ["{#each rows as row}", "&#160;", "color: var(--ink)", "href=\"#main-part\"", "{#key id}"]
        {
            assert!(literal_colours(&file("ui/src/A.svelte", text)).is_empty(), "{text}");
        }
        assert!(literal_colours(&file("ui/src/styles/tokens.css", "--ink: #123456;")).is_empty());
    }

    #[test]
    fn what_is_left_to_do_is_found() {
        assert_eq!(left_to_do(&file("a.rs", concat!("// TO", "DO later"))).len(), 1);
        assert_eq!(left_to_do(&file("a.rs", concat!("#[ig", "nore = \"slow\"]"))).len(), 1);
        assert!(left_to_do(&file("a.rs", "// done")).is_empty());
    }

    #[test]
    fn machine_paths_are_found() {
        assert_eq!(machine_paths(&file("README.md", concat!("see /wo", "rk/main"))).len(), 1);
        assert_eq!(machine_paths(&file("a.rs", concat!("open(\"/tm", "p/x\")"))).len(), 1);
        assert!(machine_paths(&file("a.rs", "std::env::temp_dir()")).is_empty());
    }
}

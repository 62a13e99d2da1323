//! A clinic's folder: errors with file, line and what is expected; one broken file does not take the others away.

use std::fs;
use std::path::Path;

use super::*;
use crate::{CheckProblem, ProblemCode};

const GOOD: &str = r#"id = "hello"
version = 1
language = "en"
group = "everyday"
title = "Hello"
slots = ["address"]
source = "Own text"
reviewed_on = 2026-11-23
review_by = 2027-11-23
signed = true
text = """{address}, hello"""
"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn german(text: &str) -> String {
    text.replace("\"en\"", "\"de\"")
}

fn problems(files: &[(&str, &str)]) -> Vec<CheckProblem> {
    check(folder(files).path(), today()).problems
}

/// The one problem of a changed `GOOD`, as `file:line: message`.
fn problem(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from));
    let (en, de) = (GOOD.replace(from, to), german(&GOOD.replace(from, to)));
    let found = problems(&[("en/hello.toml", &en), ("de/hello.toml", &de)]);
    let first = found.first().expect("a problem");
    format!("{first}")
}

#[test]
fn a_folder_without_fault() {
    let de = german(GOOD);
    let dir = folder(&[("guidelines/en/hello.toml", GOOD), ("guidelines/de/hello.toml", &de)]);
    let report = check(dir.path(), today());
    assert_eq!((report.ok, report.problems, report.unsigned), (true, vec![], vec![]));
    let json = serde_json::to_value(check(&dir.path().join("guidelines"), today())).unwrap();
    assert_eq!(json["ok"], true);
    assert!(report.lines > 20, "the built-in lines stand in");
}

#[test]
fn errors_name_file_line_and_expectation() {
    assert!(
        problem("version = 1", "version = \"one\"")
            .starts_with("en/hello.toml:2: invalid type: string \"one\", expected u32")
    );
    assert!(problem("title", "titel").starts_with("en/hello.toml:5: unknown field `titel`, expected one of"));
    assert_eq!(problem("id = \"hello\"", "id = \"bye\""), "en/hello.toml:1: the file is named bye.toml");
    assert!(
        problem("{address}, hello", "{adress}, hello")
            .starts_with("en/hello.toml:11: {adress} is not a slot; expected is one of address")
    );
    assert_eq!(
        problem("slots = [\"address\"]", "slots = []"),
        "en/hello.toml:6: slots are listed as in text: address"
    );
    assert_eq!(problem("2027-11-23", "2025-11-23"), "en/hello.toml:9: review_by is later than reviewed_on");
    assert_eq!(
        problem("2026-11-23\n", "2026-11-23T10:00:00\n"),
        "en/hello.toml:8: reviewed_on is a date such as 2026-11-23"
    );
    assert!(problem("\"everyday\"", "\"sundry\"").starts_with("en/hello.toml:4: a group is one of acute"));
    assert!(
        problem("signed = true", "signed = true\ncrisis = true")
            .contains("two routes and the emergency number; {route_1}")
    );
    assert!(
        problem("hello\"\"\"", "if this is a true emergency\"\"\"")
            .contains("\"true emergency\" must not be said")
    );
    assert!(problem("hello\"\"\"", "promise me to live\"\"\"").contains("must not be said"));
    let shared = problem("slots = [\"address\"]", "slots = [\"address\", \"clinic_phone\"]");
    assert!(shared.starts_with("en/hello.toml:6: slots are listed"));
}

#[test]
fn an_optional_slot_stands_alone() {
    let text =
        GOOD.replace("\"address\"]", "\"address\", \"clinic_phone\"]").replace(", hello", ", {clinic_phone}");
    let found = problems(&[("en/hello.toml", &text), ("de/hello.toml", &german(&text))]);
    assert!(found[0].message.contains("{clinic_phone} may be left out"), "{found:?}");
}

#[test]
fn past_dates_and_missing_translations() {
    let de = german(GOOD);
    let dir = folder(&[("en/hello.toml", GOOD), ("de/hello.toml", &de)]);
    let later = NaiveDate::from_ymd_opt(2027, 11, 24).unwrap();
    let found = check(dir.path(), later).problems;
    assert_eq!(found.iter().filter(|problem| problem.code == ProblemCode::PastReview).count(), 2);
    assert!(found.iter().any(|problem| problem.code == ProblemCode::ExpiredLine && problem.line > 1));
    let bye = de.replace("hello", "bye");
    let found = problems(&[("en/hello.toml", GOOD), ("de/bye.toml", &bye)]);
    assert!(
        found.iter().all(|problem| problem.code == ProblemCode::NotTranslated) && found.len() == 2,
        "{found:?}"
    );
}

#[test]
fn a_broken_file_does_not_take_the_others_away() {
    let de = german(GOOD);
    let huge = format!("# {}", "x".repeat(300 * 1024));
    let dir = folder(&[
        ("en/hello.toml", GOOD),
        ("de/hello.toml", &de),
        ("en/broken.toml", "id = "),
        ("de/huge.toml", &huge),
    ]);
    fs::write(dir.path().join("en/bytes.toml"), [0xff, 0xfe]).unwrap();
    let (guidelines, found) = Guidelines::load(dir.path());
    assert!(guidelines.response("hello", Language::De).is_some());
    let files: Vec<_> = found.iter().map(|problem| problem.file.as_str()).collect();
    assert!(
        files.contains(&"en/broken.toml")
            && files.contains(&"en/bytes.toml")
            && files.contains(&"de/huge.toml")
    );
}

#[test]
fn no_folder_at_all() {
    let report = check(Path::new("/nowhere/at/all"), today());
    assert!(!report.ok && report.problems.len() == 2);
}

#[test]
fn crisis_lines_of_a_clinic() {
    let line = |rest: &str| {
        format!(
            "\n[[line]]\ncountry = \"DE\"\nlanguage = [\"de\"]\nname = \"Eigene\"\nhours = {{ en = \"a\", de = \"b\" }}\nsource = \"s\"\nverified_on = 2026-11-23\n{rest}\n"
        )
    };
    let de = german(GOOD);
    let check = |text: &str| {
        problems(&[("en/hello.toml", GOOD), ("de/hello.toml", &de), ("crisis-lines.toml", text)])
    };
    assert_eq!(check(&line("number = \"030 23125 100\"")), []);
    let found = check(&(line("number = \"030 23125 100\"") + &line("")));
    assert_eq!(
        (found[0].line, found[0].message.as_str()),
        (11, "a number, a text_number or a chat is expected")
    );
    assert!(check(&line("number = 17"))[0].message.contains("expected a string"));
    assert!(check(&line("number = \"1\"").replace("DE", "XX"))[0].message.contains("ISO code"));
}

#[test]
fn checklists_have_twelve_steps() {
    let de = german(GOOD);
    let found = problems(&[
        ("en/hello.toml", GOOD),
        ("de/hello.toml", &de),
        ("en/checklist.toml", "[[step]]\nn = 1\nlabel = \"a\"\nhelp = \"b\"\n"),
    ]);
    assert!(found[0].message.starts_with("12 steps"), "{found:?}");
}

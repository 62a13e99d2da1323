//! All content together: read from the program or from a clinic's folder, and looked up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

use serde::Deserialize;

use crate::builtin::EMBEDDED;
use crate::lines::{self, CrisisLine, CrisisLines};
use crate::model::{ChecklistStep, Language, Localised, Response};
use crate::parse::{self, GROUPS, Source};
use crate::report::{CheckProblem, ProblemCode};

/// Steps of a case (CLINICAL.md).
const STEPS: usize = 12;
const CHECKLIST: &str = "checklist.toml";
const LINES: &str = "crisis-lines.toml";
/// A response is a page of text; a file beyond this size is a mistake and is not read.
const MAX_FILE: u64 = 256 * 1024;

/// Responses, checklist and crisis lines.
#[derive(Debug, Clone, Default)]
pub struct Guidelines {
    responses: Vec<Response>,
    checklist: Vec<ChecklistStep>,
    lines: CrisisLines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecklistFile {
    step: Vec<StepFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    n: u8,
    label: String,
    help: String,
}

impl Guidelines {
    /// The content that the program carries. A test holds that it is free of problems.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Guidelines> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::embedded().0)
    }

    /// Reads a clinic's folder (see [`crate::check`]). What could be read is returned beside what is wrong, so that one
    /// broken file does not take the others away.
    pub fn load(dir: &Path) -> (Self, Vec<CheckProblem>) {
        let mut problems = Vec::new();
        let nested = dir.join("guidelines");
        let root = if nested.is_dir() { nested } else { dir.to_owned() };
        let mut files = Vec::new();
        for language in Language::ALL {
            match folder(&root, language) {
                Ok(found) => files.extend(found),
                Err(_) => problems.push(CheckProblem::new(
                    language.tag(),
                    1,
                    ProblemCode::Invalid,
                    format!("a folder {} with responses is expected", language.tag()),
                )),
            }
        }
        let own = [dir.join(LINES), root.join(LINES), root.join("..").join(LINES)];
        let lines = own.into_iter().find(|path| path.is_file()).map(|path| (LINES.to_owned(), path));
        let has_lines = lines.is_some();
        let mut sources = Vec::new();
        for (name, path) in files.into_iter().chain(lines) {
            match text(&path) {
                Ok(text) => sources.push((name, text)),
                Err(message) => problems.push(CheckProblem::new(&name, 1, ProblemCode::Invalid, message)),
            }
        }
        let (mut guidelines, found) =
            Self::from_sources(sources.iter().map(|(path, text)| Source { path, text }));
        problems.extend(found);
        if !has_lines {
            guidelines.lines = Self::builtin().lines.clone();
        }
        (guidelines, problems)
    }

    /// The embedded content and what is wrong with it.
    pub(crate) fn embedded() -> (Self, Vec<CheckProblem>) {
        Self::from_sources(
            EMBEDDED
                .iter()
                .map(|(path, text)| Source { path: path.strip_prefix("guidelines/").unwrap_or(path), text }),
        )
    }

    fn from_sources<'a>(sources: impl Iterator<Item = Source<'a>>) -> (Self, Vec<CheckProblem>) {
        let mut found = Self::default();
        let mut problems = Vec::new();
        let mut checklists: BTreeMap<Language, Vec<StepFile>> = BTreeMap::new();
        for source in sources {
            if source.path.ends_with(LINES) {
                match lines::read(&source) {
                    Ok(lines) => found.lines = CrisisLines::new(lines),
                    Err(wrong) => problems.extend(wrong),
                }
            } else if source.path.ends_with(CHECKLIST) {
                match steps(&source) {
                    Ok((language, steps)) => drop(checklists.insert(language, steps)),
                    Err(problem) => problems.push(problem),
                }
            } else {
                match parse::response(&source) {
                    Ok(response) => found.responses.push(response),
                    Err(wrong) => problems.extend(wrong),
                }
            }
        }
        found.checklist = join(checklists);
        found.sort();
        problems.extend(untranslated(&found.responses));
        (found, problems)
    }

    /// This content with responses that a clinical lead has signed, each in place of the one of its language and id. Their
    /// signature stands beside them, so what their own files say of it does not count. Paths are `LANGUAGE/ID.toml`.
    pub fn with_signed<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<CheckProblem>) {
        let mut all = self.clone();
        let mut problems = Vec::new();
        for (path, text) in files {
            match parse::response(&Source { path, text }) {
                Ok(response) => {
                    let same =
                        |other: &Response| other.language == response.language && other.id == response.id;
                    all.responses.retain(|other| !same(other));
                    all.responses.push(Response { signed: true, ..response });
                }
                Err(wrong) => problems.extend(wrong),
            }
        }
        all.sort();
        (all, problems)
    }

    fn sort(&mut self) {
        let group = |response: &Response| GROUPS.iter().position(|group| *group == response.group);
        let number = |response: &Response| response.series.as_ref().map(|series| series.number);
        self.responses.sort_by_key(|response| {
            (response.language, group(response), number(response), response.id.clone())
        });
    }

    /// Every response, by language, group and id.
    pub fn responses(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter()
    }

    /// The responses of a language in the order of the composer.
    pub fn in_language(&self, language: Language) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(move |response| response.language == language)
    }

    /// A response in a language.
    pub fn response(&self, id: &str, language: Language) -> Option<&Response> {
        self.in_language(language).find(|response| response.id == id)
    }

    /// Responses whose title, id, group or phrases hold every word of `query`, those with a matching title first. An empty
    /// query finds all.
    pub fn search(&self, language: Language, query: &str) -> Vec<&Response> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let holds = |text: &str| words.iter().all(|word| text.contains(word.as_str()));
        let all = |response: &Response| {
            let phrases = response.phrases.join(" ");
            format!("{} {} {} {phrases}", response.title, response.id, response.group).to_lowercase()
        };
        let mut found: Vec<_> = self.in_language(language).filter(|response| holds(&all(response))).collect();
        found.sort_by_key(|response| !holds(&response.title.to_lowercase()));
        found
    }

    /// The twelve steps of a case.
    pub fn checklist(&self) -> &[ChecklistStep] {
        &self.checklist
    }

    /// The directory of crisis lines.
    pub fn lines(&self) -> &CrisisLines {
        &self.lines
    }

    /// The crisis lines of a country, in the order of the directory.
    pub fn lines_of(&self, country: &str) -> Vec<&CrisisLine> {
        self.lines.of(country)
    }
}

/// Name and path of the content files of a language.
fn folder(root: &Path, language: Language) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(language.tag()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".toml") {
            files.push((format!("{}/{name}", language.tag()), path));
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|_| "the file cannot be read")?.len();
    if size > MAX_FILE {
        return Err(format!("the file is larger than {} KiB", MAX_FILE / 1024));
    }
    fs::read_to_string(path).map_err(|_| "the file cannot be read as UTF-8 text".to_owned())
}

fn steps(source: &Source<'_>) -> Result<(Language, Vec<StepFile>), CheckProblem> {
    let file: ChecklistFile = source.read()?;
    let folder = source.path.rsplit('/').nth(1).and_then(Language::from_tag);
    let language =
        folder.ok_or_else(|| source.problem("n", ProblemCode::Invalid, "a checklist lies in en or de"))?;
    let counted = file.step.iter().enumerate().all(|(index, step)| usize::from(step.n) == index + 1);
    let filled = file.step.iter().all(|step| !step.label.trim().is_empty() && !step.help.trim().is_empty());
    if file.step.len() != STEPS || !counted || !filled {
        let message = format!("{STEPS} steps counted from 1, each with label and help, are expected");
        return Err(source.problem("n", ProblemCode::Invalid, message));
    }
    Ok((language, file.step))
}

/// One list of steps from the lists of the languages; a language that is missing shows the other's words.
fn join(mut lists: BTreeMap<Language, Vec<StepFile>>) -> Vec<ChecklistStep> {
    let (en, de) = (lists.remove(&Language::En), lists.remove(&Language::De));
    let Some(first) = en.as_ref().or(de.as_ref()) else { return Vec::new() };
    let second = de.as_ref().unwrap_or(first);
    let steps = first.iter().zip(second).map(|(en, de)| ChecklistStep {
        n: en.n,
        label: Localised { en: en.label.clone(), de: de.label.clone() },
        help: Localised { en: en.help.clone(), de: de.help.clone() },
    });
    steps.collect()
}

/// Responses without their counterpart. A folder with one language only is a choice, not a problem.
fn untranslated(responses: &[Response]) -> Vec<CheckProblem> {
    let of = |language| responses.iter().filter(move |response: &&Response| response.language == language);
    if Language::ALL.into_iter().any(|language| of(language).next().is_none()) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for response in responses {
        let other = if response.language == Language::En { Language::De } else { Language::En };
        let file = format!("{}/{}.toml", response.language.tag(), response.id);
        let twin = of(other).find(|twin| twin.id == response.id);
        let message = match twin {
            None => format!("{}/{}.toml is expected beside it", other.tag(), response.id),
            Some(twin) if same_shape(response, twin) => continue,
            Some(_) => format!(
                "slots, group, version and marks are expected as in {}/{}.toml",
                other.tag(),
                response.id
            ),
        };
        problems.push(CheckProblem::new(&file, 1, ProblemCode::NotTranslated, message));
    }
    problems
}

/// Whether two translations of a response agree in all but the words. The order of the slots follows the language.
fn same_shape(one: &Response, two: &Response) -> bool {
    let slots = |response: &Response| {
        let mut slots = response.slots.clone();
        slots.sort_unstable();
        slots
    };
    let marks = |response: &Response| (response.crisis, response.automatic, response.receive_only);
    let place = |response: &Response| {
        response.series.as_ref().map(|series| (series.number, series.of, series.after_days))
    };
    slots(one) == slots(two)
        && (one.version, &one.group, marks(one), place(one))
            == (two.version, &two.group, marks(two), place(two))
}

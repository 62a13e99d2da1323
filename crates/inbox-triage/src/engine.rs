//! The one entrance: an engine made of lexicons, and its judgement on a text.

use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use inbox_domain::{Checked, Flag, NotCheckedReason, Tier, Triaged};

use crate::builtin;
use crate::clinic::RuleInfo;
use crate::combine;
use crate::escalation;
use crate::evidence::features::written;
use crate::functions::functions_of;
use crate::lexicon::LexiconError;
use crate::lexicon::compile::{CompiledRule, Lexicon, Meaning, Pass, Source, compile};
use crate::lexicon::vocabulary::fact;
use crate::matcher::{Matching, find};
use crate::normalise::first_letters_of;
use crate::text::Text;

/// An earlier message of the same thread, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextMessage {
    /// Whether the patient's side wrote it.
    pub from_patient: bool,
    /// Its text.
    pub text: String,
}

/// What triage is asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct TriageInput<'a> {
    /// The message as received.
    pub text: &'a str,
    /// Language tag if known (`en`, `de`, `de-AT`); detected when absent. A hint only: the words decide.
    pub lang: Option<&'a str>,
    /// The messages before it, oldest first; may be empty.
    pub context: &'a [ContextMessage],
}

/// Why a rule exists, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// Plain-language reason shown beside the flag.
    pub reason: String,
    /// Where the clinical fact comes from.
    pub source: String,
}

/// A file of a clinic's own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicFile {
    /// `en`, `de`, or anything else for both languages.
    pub folder: String,
    /// Name for messages about errors.
    pub name: String,
    /// TOML.
    pub text: String,
}

/// A message as the learner of evidence sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearningView {
    /// Tier by rules alone.
    pub by_rules: Tier,
    /// Tier by rules if the message as a whole read everyday.
    pub if_everyday: Tier,
    /// Words and pairs of words, as `evidence.tsv` writes them.
    pub features: Vec<String>,
}

/// Buffers of a thread, so that an ordinary message allocates nothing but its answer.
#[derive(Default)]
struct Workspace {
    text: Text,
    rules: Matching,
    context: Matching,
}

impl Workspace {
    /// Between messages no word of one stays readable, and a long one's buffers are given back.
    fn forget(&mut self) {
        self.text.forget();
        self.rules.forget();
        self.context.forget();
    }
}

thread_local! {
    static WORKSPACE: Cell<Option<Box<Workspace>>> = const { Cell::new(None) };
}

/// Compiled lexicons; cheap to share, used from any thread.
#[derive(Debug, Clone)]
pub struct Engine {
    lexicon: Arc<Lexicon>,
    fingerprint: String,
}

impl Engine {
    /// The engine with the lexicons in `assets/lexicon`, compiled once per process.
    ///
    /// # Panics
    /// If an embedded lexicon does not compile, which the tests of this crate rule out.
    pub fn builtin() -> &'static Engine {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| match builtin::lexicon() {
            Ok(lexicon) => Self::with_lexicon(lexicon),
            Err(error) => panic!("embedded lexicon: {error}"),
        })
    }

    /// The built-in lexicons and a clinic's own files on top: further forms of concepts, further rules, `watch_only`.
    ///
    /// # Errors
    /// File, line and what was expected there; an example of a clinic's rule that does not hold is one.
    pub fn with_clinic_lexicon(files: &[ClinicFile]) -> Result<Engine, LexiconError> {
        let builtin = builtin::FILES.iter().map(|(folder, name, text)| Source::parse(folder, name, text));
        let clinic = files.iter().map(|file| {
            let mut source = Source::parse(&file.folder, &file.name, &file.text)?;
            source.refuse_context()?;
            source.own = true;
            Ok(source)
        });
        let mut sources = builtin.chain(clinic).collect::<Result<Vec<_>, _>>()?;
        let engine = Self::with_lexicon(compile(&mut sources)?);
        sources.iter().filter(|source| source.own).try_for_each(|source| engine.check_examples(source))?;
        Ok(engine)
    }

    /// Whether the examples of a file's rules hold. Those of a rule that answers a question cannot be judged alone.
    fn check_examples(&self, source: &Source<'_>) -> Result<(), LexiconError> {
        let lang = match source.languages {
            fact::ENGLISH => Some("en"),
            fact::GERMAN => Some("de"),
            _ => None,
        };
        for rule in source.parsed.rule.iter().filter(|rule| rule.after.is_empty()) {
            let counts = |text: &str, id: Option<&str>| {
                let judged = self.triage(&TriageInput { text, lang, context: &[] });
                let one = |flag: &Flag| flag.tier > Tier::None && id.is_none_or(|id| flag.rule == id);
                judged.flags.iter().any(one)
            };
            if let Some(missed) = rule.positive.iter().find(|text| !counts(text.get_ref(), None)) {
                return Err(source.error(missed, "expected an example that is flagged"));
            }
            let id = Some(rule.id.get_ref().as_str());
            if let Some(wrong) = rule.negative.iter().find(|text| counts(text.get_ref(), id)) {
                return Err(source.error(wrong, "expected an example that this rule does not flag"));
            }
        }
        Ok(())
    }

    /// Whether one file follows the schema and the pattern language, whatever concepts the others bring.
    ///
    /// # Errors
    /// Line and what was expected there.
    pub fn check_syntax(file: &ClinicFile) -> Result<(), LexiconError> {
        Source::parse(&file.folder, &file.name, &file.text)?.check_patterns()
    }

    fn of(mut sources: Vec<Source<'_>>) -> Result<Engine, LexiconError> {
        Ok(Self::with_lexicon(compile(&mut sources)?))
    }

    fn with_lexicon(lexicon: Lexicon) -> Engine {
        let fingerprint = format!("{}-{}", lexicon.fingerprint, env!("ANTEROOM_TRIAGE_CODE"));
        Engine { lexicon: Arc::new(lexicon), fingerprint }
    }

    /// As [`Engine::with_clinic_lexicon`], reading `DIR/*.toml`, `DIR/en/*.toml` and `DIR/de/*.toml`.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or that does not follow the schema.
    pub fn with_clinic_dir(dir: &Path) -> Result<Engine, LexiconError> {
        let mut files = Vec::new();
        for folder in ["", "en", "de"] {
            let path = dir.join(folder);
            if !folder.is_empty() && !path.is_dir() {
                continue;
            }
            files.append(&mut read_folder(&path, folder)?);
        }
        Self::with_clinic_lexicon(&files)
    }

    /// An engine of the lexicon in `DIR/{shared,en,de}/*.toml` alone, for those who write one: no build between a change
    /// and its effect.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or that does not follow the schema.
    pub fn from_dir(dir: &Path) -> Result<Engine, LexiconError> {
        let mut files = Vec::new();
        for folder in ["shared", "en", "de"] {
            files.append(&mut read_folder(&dir.join(folder), folder)?);
        }
        Self::of_files(&files)
    }

    /// An engine of these files alone.
    pub(crate) fn of_files(files: &[ClinicFile]) -> Result<Engine, LexiconError> {
        let sources = files.iter().map(|file| Source::parse(&file.folder, &file.name, &file.text));
        Self::of(sources.collect::<Result<_, _>>()?)
    }

    /// Judges one text. Never panics; the same input gives the same answer.
    pub fn triage(&self, input: &TriageInput<'_>) -> Triaged {
        let mut workspace = WORKSPACE.take().unwrap_or_default();
        let judged = self.judge(input, &mut workspace);
        workspace.forget();
        WORKSPACE.set(Some(workspace));
        judged
    }

    fn judge(&self, input: &TriageInput<'_>, Workspace { text, rules, context }: &mut Workspace) -> Triaged {
        let hint = match input.lang.and_then(|lang| lang.as_bytes().get(..2)) {
            Some(tag) if tag.eq_ignore_ascii_case(b"en") => fact::ENGLISH,
            Some(tag) if tag.eq_ignore_ascii_case(b"de") => fact::GERMAN,
            _ => 0,
        };
        text.read(&self.lexicon, input.text, hint);
        let exhausted = find(&self.lexicon, text, Pass::Rules, rules);
        let answered = self.answered_rules(&rules.hits, input);
        let mut flags = combine::flags(&self.lexicon, text, input.text, &rules.hits, &answered, context);
        if let Some(flag) = escalation::flag(self, &flags, input.context) {
            let at = flags.partition_point(|other| other.start <= flag.start);
            flags.insert(at, flag);
        }
        let (checked, not_checked) = checked(text, exhausted);
        Triaged {
            tier: flags.iter().map(|flag| flag.tier).max().unwrap_or(Tier::None),
            flags,
            functions: functions_of(text),
            checked,
            not_checked,
        }
    }

    /// Changes whenever the lexicon does, built-in or a clinic's, or the code that reads it: messages judged under another one
    /// are to be judged again.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// For `examples/learn`: what rules alone say, and the features that the evidence of a language (`en`, `de`) would see.
    pub fn learning_view(&self, text: &str, language: &str) -> LearningView {
        let bit = if language == "de" { fact::GERMAN } else { fact::ENGLISH };
        let text = Text::new(&self.lexicon, text, bit);
        let mut rules = Matching::default();
        find(&self.lexicon, &text, Pass::Rules, &mut rules);
        let alone = combine::rules_alone(&self.lexicon, &text, &rules.hits);
        let features = written(&text, bit, &alone.set_aside);
        LearningView { by_rules: alone.tier, if_everyday: alone.if_everyday, features }
    }

    /// The reason and source of a rule in `lang` (`de`, else English); `None` for an unknown rule.
    pub fn explain(&self, rule_id: &str, lang: &str) -> Option<RuleText> {
        let rule = self.lexicon.rules.iter().find(|rule| rule.id == rule_id)?;
        let reason = if lang.starts_with("de") { &rule.reason.de } else { &rule.reason.en };
        Some(RuleText { reason: reason.clone(), source: rule.source.clone() })
    }

    /// All rules, in the order of the files.
    pub fn rules(&self) -> impl Iterator<Item = RuleInfo<'_>> {
        self.lexicon.rules.iter().map(|rule| RuleInfo {
            id: &rule.id,
            category: rule.category,
            tier: rule.tier,
            reason_en: &rule.reason.en,
            reason_de: &rule.reason.de,
            source: &rule.source,
            positive: &rule.positive,
            negative: &rule.negative,
            watch_only: rule.watch_only,
        })
    }

    /// Whether a folded word is a function word of a language that is covered.
    pub(crate) fn is_function_word(&self, word: &str) -> bool {
        let mut symbols = Vec::new();
        let key = first_letters_of(word.as_bytes());
        self.lexicon.vocabulary.look_up(word.as_bytes(), key, &mut symbols, &mut Vec::new());
        let facts = symbols.iter().fold(0, |all, symbol| all | self.lexicon.vocabulary.facts(*symbol));
        facts & (fact::ENGLISH | fact::GERMAN) != 0
    }

    /// Ids of all rules, in the order of the files.
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        self.lexicon.rules.iter().map(|rule| rule.id.as_str())
    }

    /// Every fixed word and wildcard stem of the lexicon: what a plain automaton would have to look for.
    pub fn surface_forms(&self) -> &[String] {
        self.lexicon.vocabulary.surface_forms()
    }

    /// The rule for threads in which one message of concern follows another.
    pub(crate) fn escalation_rule(&self) -> Option<&CompiledRule> {
        self.lexicon.rules.iter().find(|rule| rule.escalation)
    }

    /// Category of a rule.
    pub fn category(&self, rule_id: &str) -> Option<inbox_domain::Category> {
        self.lexicon.rules.iter().find(|rule| rule.id == rule_id).map(|rule| rule.category)
    }

    /// Examples of a rule: texts that it must flag, texts that it must not. Run as tests.
    pub fn examples(&self, rule_id: &str) -> Option<(&[String], &[String])> {
        let rule = self.lexicon.rules.iter().find(|rule| rule.id == rule_id)?;
        Some((&rule.positive, &rule.negative))
    }

    /// Rules that answer the clinician's last question. Looked at only when such a rule has a hit.
    fn answered_rules(&self, hits: &[crate::matcher::Hit], input: &TriageInput<'_>) -> Vec<u32> {
        let answers = |hit: &crate::matcher::Hit| match self.lexicon.patterns[hit.pattern as usize].meaning {
            Meaning::Element { rule, .. } => self.lexicon.rules[rule as usize].answers,
            _ => false,
        };
        if !hits.iter().any(answers) {
            return Vec::new();
        }
        let asked = input.context.iter().rev().find(|message| !message.from_patient);
        let Some(question) = asked.map(|message| message.text.clone()).or_else(|| cited_lines(input.text))
        else {
            return Vec::new();
        };
        let question = Text::new(&self.lexicon, &question, 0);
        let mut found = Matching::default();
        find(&self.lexicon, &question, Pass::Question, &mut found);
        let found = found.hits.iter();
        found
            .filter_map(|hit| match self.lexicon.patterns[hit.pattern as usize].meaning {
                Meaning::After { rule } => Some(rule),
                _ => None,
            })
            .collect()
    }
}

/// The lines of a message that repeat another one (`> Are you safe?`): the question, where the thread does not hold it.
fn cited_lines(text: &str) -> Option<String> {
    let cited = text.lines().filter_map(|line| line.trim_start().strip_prefix('>'));
    let lines: Vec<&str> = cited.map(|line| line.trim_start_matches('>').trim()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn read_folder(path: &Path, folder: &str) -> Result<Vec<ClinicFile>, LexiconError> {
    let fail = |file: &Path, error: std::io::Error| LexiconError {
        file: file.display().to_string(),
        line: 0,
        expected: format!("expected a readable file or folder ({})", error.kind()),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| fail(path, error))? {
        let file = entry.map_err(|error| fail(path, error))?.path();
        if file.extension().is_some_and(|extension| extension == "toml" || extension == "tsv") {
            let text = std::fs::read_to_string(&file).map_err(|error| fail(&file, error))?;
            files.push(ClinicFile { folder: folder.to_owned(), name: file.display().to_string(), text });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Whether the text could be judged: its language, its letters, its length.
fn checked(text: &Text, exhausted: bool) -> (Checked, Vec<NotCheckedReason>) {
    if text.tokens.list.is_empty() {
        return (Checked::None, vec![NotCheckedReason::Empty]);
    }
    let mut reasons = Vec::new();
    let [english, german, other] = text.function_words;
    let covered = english + german;
    let letters = text.tokens.folded.len().max(1);
    let foreign_script = text.tokens.foreign_letters * 3 > letters;
    let foreign_part = text.tokens.foreign_letters * 10 > letters || text.tokens.foreign_letters >= 12;
    let mut checked = Checked::Full;
    let unknown = covered == 0 && text.tokens.list.len() >= 2 && text.symbols.is_empty();
    if foreign_script || (other >= 3 && other > 2 * covered) || (covered == 0 && other > 0) {
        checked = Checked::None;
        reasons.push(NotCheckedReason::Language);
    } else if foreign_part || unknown || (other >= 4 && other * 3 > covered) {
        checked = Checked::Partial;
        reasons.push(NotCheckedReason::Language);
    }
    if text.tokens.cut || exhausted {
        checked = checked.max(Checked::Partial);
        reasons.push(NotCheckedReason::TextCut);
    }
    (checked, reasons)
}

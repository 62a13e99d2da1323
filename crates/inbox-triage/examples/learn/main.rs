//! Learns the weights of evidence from labelled messages: `cargo run --release -p inbox-triage --example learn -- [--check]
//! [--data DIR]... [--root DIR] [--out DIR] [--ordinary FILE]`. Writes `{en,de}/evidence.tsv`; with `--check` says
//! whether the committed files are those that the fixtures give. Prints what ten-fold cross-validation found: every figure
//! is about messages that the weights under test have not seen (the rules may have).
//!
//! A logistic regression on words and pairs of words, balanced classes, L1 and L2 penalty; nothing is random. Thresholds
//! are set on the cross-validated sums at the shares of false alarms in [`FALSE_ALARMS`].

mod fit;
mod table;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use inbox_domain::{Category, Tier};
use inbox_triage::evaluate::Rate;
use inbox_triage::{Engine, LearningView};

/// Parts of the cross-validation.
const FOLDS: usize = 10;
/// Messages with fewer words count as if they had these features.
const LEAST_FEATURES: usize = 32;
/// Share of quiet messages (labelled none, no flag by a rule) that evidence may flag: at all, and as urgent.
const FALSE_ALARMS: [f64; 2] = [0.01, 0.004];
/// The same for short messages of the sets written to be hard ([`HARD`]): half of them are of concern, and a few words leave rules little.
const FALSE_ALARMS_SHORT: [f64; 2] = [0.08, 0.07];
/// Sets of hard messages, by the beginning of their ids.
const HARD: [&str; 5] = ["chh", "chi", "chk", "ngi", "qui"];
/// As in `src/evidence`, nearly: known features before a message can read everyday, and the sum below which it does.
const ENOUGH_TO_READ_EVERYDAY: usize = 26;
const EVERYDAY_BELOW: f64 = -0.5;
/// As in `src/evidence`: from here on a longer message needs more to be flagged, in proportion.
const LONG: usize = 280;
/// As in `src/evidence/model.rs`: features of a short message, and of one that is not.
const SHORT: usize = 46;
const LONGER: usize = 76;
/// The same as [`FALSE_ALARMS`] for ordinary texts.
const ORDINARY_FALSE_ALARMS: [f64; 2] = [0.0015, 0.0005];
/// The same for long messages.
const LONG_FALSE_ALARMS: [f64; 2] = [0.012, 0.004];
/// Short ordinary texts of a language that may be flagged, and be urgent.
const ORDINARY_SHORT: [usize; 2] = [4, 3];
/// Messages in which a feature must stand.
const SEEN: usize = 2;
/// Ordinary texts in which a feature must stand that labelled messages do not have.
const SEEN_IN_ORDINARY: usize = 4;
/// How much a hard message counts beside another.
const HARD_COUNTS: f32 = 2.0;

/// A labelled message.
pub(crate) struct Example {
    pub(crate) id: String,
    pub(crate) label: Tier,
    pub(crate) by_rules: Tier,
    pub(crate) if_everyday: Tier,
    pub(crate) category: Option<String>,
    /// A public text without crisis: it shows what is ordinary.
    pub(crate) ordinary: bool,
    pub(crate) features: Vec<u32>,
    pub(crate) length: f32,
    /// Features, known or not.
    pub(crate) count: usize,
    pub(crate) hard: bool,
    /// How much it counts beside others.
    pub(crate) counts: f32,
}

struct Options {
    data: Vec<PathBuf>,
    out: PathBuf,
    root: Option<PathBuf>,
    ordinary: Option<PathBuf>,
    check: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Options {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut options = Options {
        data: Vec::new(),
        out: project.join("assets/lexicon"),
        root: None,
        ordinary: None,
        check: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut path = || arguments.next().map(PathBuf::from).unwrap_or_default();
        match argument.as_str() {
            "--data" => options.data.push(path()),
            "--out" => options.out = path(),
            "--root" => options.root = Some(path()),
            "--ordinary" => options.ordinary = Some(path()),
            "--check" => options.check = true,
            other => eprintln!("unknown argument {other}"),
        }
    }
    if options.data.is_empty() {
        options.data.push(project.join("tests/fixtures/triage"));
    }
    options
}

fn run() -> Result<bool, Box<dyn Error>> {
    let options = options();
    let own;
    let engine = match &options.root {
        Some(root) => {
            own = Engine::from_dir(root)?;
            &own
        }
        None => Engine::builtin(),
    };
    let mut fresh = true;
    for language in ["en", "de"] {
        let mut raw = load(&options.data, engine, language)?;
        if let Some(file) = &options.ordinary {
            raw.extend(ordinary(file, engine, language)?);
        }
        let names = names(&raw);
        let examples: Vec<Example> = raw.into_iter().map(|raw| raw.numbered(&names)).collect();
        let learned = learn(&examples, &names, language);
        let path = options.out.join(language).join("evidence.tsv");
        let text = table::write(&learned, &examples, &names);
        if !options.check {
            std::fs::write(&path, &text)?;
        } else if std::fs::read_to_string(&path)? != text {
            eprintln!(
                "{language}/evidence.tsv is not what the fixtures give; run the learner without --check"
            );
            fresh = false;
        }
    }
    Ok(fresh)
}

/// Weights and thresholds of one language.
pub(crate) struct Learned {
    pub(crate) concern: fit::Weights,
    pub(crate) acute: fit::Weights,
    /// Score above which a message is flagged, and is urgent.
    pub(crate) above: [f64; 2],
    /// The same for short messages.
    pub(crate) above_short: [f64; 2],
}

fn lines(path: &Path) -> Result<Vec<serde_json::Value>, Box<dyn Error>> {
    let file = std::io::BufReader::new(std::fs::File::open(path)?);
    let mut values = Vec::new();
    for line in file.lines() {
        let line = line?;
        if !line.trim().is_empty() {
            values.push(serde_json::from_str(&line)?);
        }
    }
    Ok(values)
}

/// A labelled message whose features have no numbers yet.
struct Raw {
    id: String,
    label: Tier,
    category: Option<String>,
    ordinary: bool,
    view: LearningView,
}

impl Raw {
    fn numbered(self, names: &[String]) -> Example {
        let (features, length) = numbered(&self.view.features, names);
        let hard = HARD.iter().any(|set| self.id.starts_with(set));
        Example {
            label: self.label,
            by_rules: self.view.by_rules,
            if_everyday: self.view.if_everyday,
            category: self.category,
            ordinary: self.ordinary,
            features,
            length,
            count: self.view.features.len(),
            hard,
            counts: if hard { HARD_COUNTS } else { 1.0 },
            id: self.id,
        }
    }
}

fn load(folders: &[PathBuf], engine: &Engine, language: &str) -> Result<Vec<Raw>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let found = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        files.extend(found.into_iter().map(|entry| entry.path()));
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
    files.sort();
    let mut raw = Vec::new();
    for file in &files {
        for value in lines(file)?
            .into_iter()
            .filter(|value| value["lang"] == language && value["split"] != "held_back")
        {
            let label: Tier = serde_json::from_value(value["label"].clone())?;
            let expected: Vec<Category> = serde_json::from_value(value["expected_categories"].clone())?;
            let category = expected.first().map(serde_json::to_value).transpose()?;
            let category = category.and_then(|category| category.as_str().map(str::to_owned));
            raw.push(read(&value, engine, language, label, category));
        }
    }
    Ok(raw)
}

fn ordinary(file: &Path, engine: &Engine, language: &str) -> Result<Vec<Raw>, Box<dyn Error>> {
    let of_language = lines(file)?.into_iter().filter(|value| value["lang"] == language);
    let read = of_language.map(|value| {
        let raw = read(&value, engine, language, Tier::None, None);
        Raw { ordinary: true, ..raw }
    });
    Ok(read.collect())
}

fn read(
    value: &serde_json::Value,
    engine: &Engine,
    language: &str,
    label: Tier,
    category: Option<String>,
) -> Raw {
    let view = engine.learning_view(value["text"].as_str().unwrap_or_default(), language);
    let id = value["id"].as_str().unwrap_or_default().to_owned();
    Raw { id, label, category, ordinary: false, view }
}

/// The features that are met often enough, in order of the alphabet.
fn names(raw: &[Raw]) -> Vec<String> {
    let mut seen: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for message in raw {
        let mut once: Vec<&str> = message.view.features.iter().map(String::as_str).collect();
        once.sort_unstable();
        once.dedup();
        once.into_iter().for_each(|name| seen.entry(name).or_default()[usize::from(message.ordinary)] += 1);
    }
    let often = |[own, ordinary]: &[usize; 2]| *own >= SEEN || *ordinary >= SEEN_IN_ORDINARY;
    seen.into_iter().filter(|(_, counts)| often(counts)).map(|(name, _)| name.to_owned()).collect()
}

/// Numbers of the features that are known, as often as they stand, and the root of how many there are in all.
fn numbered(features: &[String], names: &[String]) -> (Vec<u32>, f32) {
    let known = features.iter().filter_map(|feature| names.binary_search(feature).ok());
    let count = features.len().max(LEAST_FEATURES) as f32;
    (known.map(|at| at as u32).collect(), count / count.min(LONG as f32).sqrt())
}

fn concern(example: &Example) -> bool {
    example.label > Tier::None
}

fn acute(example: &Example) -> bool {
    example.label >= Tier::Urgent
}

fn learn(examples: &[Example], names: &[String], language: &str) -> Learned {
    let mut scores = vec![[0.0f64; 3]; examples.len()];
    for fold in 0..FOLDS {
        let train: Vec<&Example> =
            (0..).zip(examples).filter(|(at, _)| at % FOLDS != fold).map(|(_, e)| e).collect();
        let concern = fit::fit(&train, names.len(), concern);
        let acute = fit::fit(&train, names.len(), acute);
        for at in (fold..examples.len()).step_by(FOLDS) {
            let sum = concern.score(&examples[at]);
            scores[at] = [sum, acute.score(&examples[at]), sum - f64::from(concern.bias)];
        }
    }
    let quiet = |at: &usize| examples[*at].label == Tier::None && examples[*at].by_rules == Tier::None;
    let at_share = |kind: usize, share: f64, chosen: &dyn Fn(&Example) -> bool| {
        let chosen = (0..examples.len()).filter(quiet).filter(|at| chosen(&examples[*at]));
        let mut sums: Vec<f64> = chosen.map(|at| scores[at][kind]).collect();
        sums.sort_by(f64::total_cmp);
        let kept = (sums.len() as f64 * (1.0 - share)) as usize;
        sums.get(kept).copied().unwrap_or(f64::MIN)
    };
    let long = |e: &Example| e.count >= LONGER;
    let above = [0, 1].map(|kind| {
        at_share(kind, FALSE_ALARMS[kind], &|e| !e.ordinary)
            .max(at_share(kind, LONG_FALSE_ALARMS[kind], &|e| !e.ordinary && long(e)))
            .max(at_share(kind, ORDINARY_FALSE_ALARMS[kind], &|e| e.ordinary))
    });
    // The ordinary texts that are hardly longer than short ones say where the short threshold has to end.
    let short = |e: &Example| e.count < usize::midpoint(SHORT, LONGER);
    let above_short = [0, 1].map(|kind| {
        let hard = at_share(kind, FALSE_ALARMS_SHORT[kind], &|e| !e.ordinary && short(e) && e.hard);
        let chosen =
            (0..examples.len()).filter(quiet).filter(|at| examples[*at].ordinary && short(&examples[*at]));
        let mut usual: Vec<f64> = chosen.map(|at| scores[at][kind]).collect();
        usual.sort_by(|a, b| b.total_cmp(a));
        let usual = usual.get(ORDINARY_SHORT[kind]).copied().unwrap_or(f64::MIN);
        hard.max(usual).min(above[kind])
    });
    report(examples, &scores, [above_short, above], language);
    let all: Vec<&Example> = examples.iter().collect();
    Learned {
        concern: fit::fit(&all, names.len(), concern),
        acute: fit::fit(&all, names.len(), acute),
        above,
        above_short,
    }
}

/// The tier of a message with these sums, as in `src/evidence/model.rs`.
fn tier(score: [f64; 3], [short, long]: [[f64; 2]; 2], count: usize) -> Tier {
    let share = ((count as f64 - SHORT as f64) / (LONGER - SHORT) as f64).clamp(0.0, 1.0);
    let above = [0, 1].map(|kind| short[kind] + (long[kind] - short[kind]) * share);
    match (score[0] > above[0], score[1] > above[1]) {
        (true, true) => Tier::Urgent,
        (true, _) => Tier::Watch,
        _ => Tier::None,
    }
}

fn report(examples: &[Example], scores: &[[f64; 3]], above: [[f64; 2]; 2], language: &str) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        let id = example.id.split('-').next().unwrap_or_default();
        let group = if example.ordinary { "ordinary" } else { id };
        groups.entry(group.to_owned()).or_default().push(at);
    }
    groups.insert("all".into(), (0..examples.len()).collect());
    println!(
        "{language}: ten-fold cross-validation; rules, evidence, both (specificity, then sensitivity, then acute at urgent)"
    );
    for (group, members) in groups {
        let line = |name: &str, judged: &dyn Fn(usize) -> Tier| {
            let rate = |of: &dyn Fn(&Example) -> bool, hit: &dyn Fn(Tier) -> bool| {
                let chosen: Vec<usize> = members.iter().copied().filter(|at| of(&examples[*at])).collect();
                Rate::of(chosen.iter().filter(|at| hit(judged(**at))).count(), chosen.len())
            };
            let specificity = rate(&|example| !concern(example), &|tier| tier == Tier::None);
            let sensitivity = rate(&concern, &|tier| tier > Tier::None);
            let acute = rate(&acute, &|tier| tier >= Tier::Urgent);
            let show = |r: Rate| format!("{:.3} [{:.2}, {:.2}] of {:<5}", r.value, r.low, r.high, r.n);
            println!("{group:<12} {name:<9} {} {} {}", show(specificity), show(sensitivity), show(acute));
        };
        line("rules", &|at| examples[at].by_rules);
        line("evidence", &|at| tier(scores[at], above, examples[at].count));
        line("both", &|at| {
            let long = examples[at].features.len() >= ENOUGH_TO_READ_EVERYDAY;
            let everyday = long && scores[at][2] < EVERYDAY_BELOW;
            let by_rules = if everyday { examples[at].if_everyday } else { examples[at].by_rules };
            by_rules.max(tier(scores[at], above, examples[at].count))
        });
    }
}

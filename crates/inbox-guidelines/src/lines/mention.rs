//! Which telephone numbers a text names. Long numbers speak for themselves, in whatever groups they are written; "15" or
//! "112" is a telephone number only where the sentence speaks of calling.

/// Numbers up to this length need a word of calling before them.
const SHORT: usize = 3;
/// How far before a short number that word may stand, in characters.
const REACH: usize = 48;

const CALLING: [&str; 24] = [
    "call",
    "ring",
    "dial",
    "phone",
    "text",
    "emergency",
    "contact",
    "number",
    "line",
    "danger",
    "ambulance",
    "press",
    "ruf",
    "wähl",
    "telefon",
    "tel.",
    "nummer",
    "notfall",
    "notarzt",
    "gefahr",
    "rettung",
    "sms",
    "anruf",
    "hilfe",
];

/// What follows a count and not a telephone number.
const UNITS: [&str; 27] = [
    "mg", "ml", "g ", "kg", "min", "uhr", "h ", "%", "day", "tag", "week", "woche", "hour", "stunde", "time",
    "mal", "x ", "year", "jahr", "month", "monat", "am ", "pm", "a.m", "p.m", "€", "euro",
];

/// Digits of a number as written.
pub(super) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// A run of groups of digits, each after at most one separator.
struct Run {
    groups: Vec<String>,
    /// The sentence before it speaks of calling, and nothing after it counts.
    called: bool,
}

/// The runs of digits in a text.
pub(super) struct Numbers(Vec<Run>);

impl Numbers {
    pub(super) fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut runs = Vec::new();
        let mut at = 0;
        while at < letters.len() {
            if letters[at].is_ascii_digit() {
                let (groups, end) = run(&letters, at);
                runs.push(Run { groups, called: called(&letters, at, end) });
                at = end;
            } else {
                at += 1;
            }
        }
        Self(runs)
    }

    /// Whether `number` is among them.
    pub(super) fn hold(&self, number: &str) -> bool {
        let wanted = digits(number);
        if wanted.is_empty() {
            return false;
        }
        self.0.iter().any(|run| match wanted.len() {
            0..=SHORT => run.called && run.groups.len() == 1 && run.groups[0] == wanted,
            _ => consecutive(&run.groups, &wanted),
        })
    }
}

/// Whether some groups in a row make up `wanted`.
fn consecutive(groups: &[String], wanted: &str) -> bool {
    (0..groups.len()).any(|first| {
        let mut rest = wanted;
        for group in &groups[first..] {
            match rest.strip_prefix(group.as_str()) {
                Some("") => return true,
                Some(after) => rest = after,
                None => return false,
            }
        }
        false
    })
}

fn run(letters: &[char], start: usize) -> (Vec<String>, usize) {
    let mut groups = vec![String::new()];
    let mut at = start;
    while at < letters.len() {
        let separator = matches!(letters[at], ' ' | '-' | '.' | '/' | '\u{a0}');
        if letters[at].is_ascii_digit() {
            if let Some(group) = groups.last_mut() {
                group.push(letters[at]);
            }
        } else if separator && letters.get(at + 1).is_some_and(char::is_ascii_digit) {
            groups.push(String::new());
        } else {
            break;
        }
        at += 1;
    }
    (groups, at)
}

fn called(letters: &[char], start: usize, end: usize) -> bool {
    let line = letters[..start].iter().rev().take_while(|letter| **letter != '\n').take(REACH);
    let before: String = line.collect::<Vec<_>>().into_iter().rev().collect::<String>().to_lowercase();
    let after: String = letters[end..].iter().take(10).collect::<String>().to_lowercase();
    let clock = after.starts_with(':') && after.chars().nth(1).is_some_and(|letter| letter.is_ascii_digit());
    let after = after.trim_start();
    CALLING.iter().any(|word| before.contains(word))
        && !clock
        && !UNITS.iter().any(|unit| after.starts_with(unit))
}

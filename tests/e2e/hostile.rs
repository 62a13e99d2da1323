//! Messages with markup, scripts, bidi, invisible characters, false links, piles of marks and control characters are text like any
//! other: drawn as they are, marked where something is hidden, and never anything else.

use anteroom_tests::{Result, Scene, Window};
use demo_portal::{NewMessage, Options};

use crate::within;

const PER_FAMILY: usize = 64;
/// Payloads in one message: short enough to be shown whole.
const PER_MESSAGE: usize = 32;

/// A small generator of our own, so that a seed gives the same payloads for ever.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.next() as usize % choices.len()]
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.next() as usize % (most - least + 1)
    }
}

/// A payload, and whether something in it is hidden and has to be marked.
struct Payload {
    text: String,
    hides: bool,
}

type Family = fn(&mut Seeded) -> Payload;

fn shown(text: String) -> Payload {
    Payload { text, hides: false }
}

fn markup(random: &mut Seeded) -> Payload {
    let tag = random.of(&[
        "b",
        "h1",
        "marquee",
        "table",
        "form",
        "math",
        "svg",
        "template",
        "details open",
        "base href=//x",
    ]);
    shown(format!(
        "<{tag}>bold</{}><!-- {tag} --> &lt;i&gt; <br/>",
        tag.split(' ').next().unwrap_or_default()
    ))
}

fn script(random: &mut Seeded) -> Payload {
    let act = "window.broken=1";
    shown(match random.next() % 8 {
        0 => format!("<script>{act}</script>"),
        1 => format!("<img src=x onerror=\"{act}\">"),
        2 => format!("<svg/onload={act}>"),
        3 => format!("\"><iframe srcdoc='<script>parent.{act}</script>'></iframe>"),
        4 => format!("{{{{constructor.constructor('{act}')()}}}} ${{{act}}}"),
        5 => format!("<a href=\"javascript:{act}\" autofocus onfocus={act}>here</a>"),
        6 => format!("<style>@import 'javascript:{act}';*{{display:none}}</style>"),
        _ => format!("</textarea></title></p><body onpageshow={act}><object data=javascript:{act}>"),
    })
}

fn bidi(random: &mut Seeded) -> Payload {
    let mark = random.of(&["\u{202e}", "\u{202d}", "\u{202b}", "\u{2066}", "\u{2067}", "\u{2068}"]);
    Payload { text: format!("invoice{mark}fdp.exe"), hides: true }
}

fn invisible(random: &mut Seeded) -> Payload {
    let gap = random.of(&["\u{200b}", "\u{2060}", "\u{feff}"]);
    let times = random.between(1, 9);
    Payload { text: format!("pa{}ss{gap}word", gap.repeat(times)), hides: true }
}

fn false_link(random: &mut Seeded) -> Payload {
    let host = random.of(&[
        "xn--pypal-4ve.com",
        "pаypal.com",
        "аpple.com",
        "goog\u{2044}le.com",
        "clinic.example@evil.example",
    ]);
    let scheme =
        random.of(&["https://", "http://", "javascript://", "data:text/html,", "file:///", "tauri://"]);
    shown(format!("[your results]({scheme}{host}/login) {scheme}{host}"))
}

fn marks(random: &mut Seeded) -> Payload {
    let mark = random.of(&["\u{0301}", "\u{0334}", "\u{0489}", "\u{20dd}"]);
    shown(format!("z{}algo", mark.repeat(random.between(8, 60))))
}

fn controls(random: &mut Seeded) -> Payload {
    let one = random.of(&["\u{7}", "\u{8}", "\u{1b}[2J", "\u{b}", "\u{85}", "\u{9f}"]);
    shown(format!("bell{one}ring"))
}

fn long(random: &mut Seeded) -> Payload {
    shown(random.of(&["W", "<b>", "ẞ", "💥", "'\"`"]).repeat(random.between(30, 120)))
}

const FAMILIES: [Family; 8] = [markup, script, bidi, invisible, false_link, marks, controls, long];

/// Every payload, each between its number in brackets.
fn payloads() -> Vec<Payload> {
    let mut random = Seeded(20_261_124);
    let mut all = Vec::new();
    for family in FAMILIES {
        all.extend((0..PER_FAMILY).map(|_| family(&mut random)));
    }
    for (n, payload) in all.iter_mut().enumerate() {
        payload.text = format!("[begin{n}] {} [end{n}]", payload.text);
    }
    all
}

async fn find_it(window: &Window) -> Result<()> {
    window.click("search").await?;
    window.press("Quokka").await?;
    window.click("search-hit").await?;
    window.wait_text("thread", "[end0]").await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_hostile_payloads_are_only_text() {
    within(async {
        let scene = Scene::for_window(Options::default())?;
        let control = scene.portal.control();
        let patients = control.resources("Patient");
        let patient = patients.first().and_then(|patient| patient["id"].as_str()).ok_or("no patient")?;
        let all = payloads();
        assert!(all.len() >= 500, "{}", all.len());
        let mut thread = None;
        for part in all.chunks(PER_MESSAGE) {
            let text = part.iter().map(|payload| payload.text.as_str()).collect::<Vec<_>>().join("\n");
            let text = if thread.is_none() { format!("Quokka greetings\n{text}") } else { text };
            let topic = thread.is_none().then(|| "<b>Hello</b><script>window.broken = 3</script>".to_owned());
            let patient = patient.to_owned();
            let added =
                control.add_message(&NewMessage { patient, text, topic, thread, ..NewMessage::default() })?;
            thread = Some(added.thread);
        }
        scene.cli().run(&["sync"])?.done()?;
        let window = scene.window().await?;
        find_it(&window).await?;
        let last = format!("[end{}]", all.len() - 1);
        let page = "document.querySelector('[data-testid=\"thread\"]')";
        window.wait_js("the last payload", &format!("{page}.textContent.includes('{last}')")).await?;

        let missing = window
            .js(&format!(
                "Array.from({{length: {}}}, (_, n) => n).filter((n) => !{page}.textContent.includes('[begin' + n + ']') || !{page}.textContent.includes('[end' + n + ']'))",
                all.len()
            ))
            .await?;
        assert_eq!(missing.as_array().map(Vec::len), Some(0), "not drawn: {missing}");
        assert_eq!(window.js("window.broken === undefined").await?, true);
        let drawn = "img, script, style, iframe, object, form, table, math, template, marquee, base, a:not([data-testid=\"flag-mark\"], [data-testid=\"message-link\"])";
        let elements = window.js(&format!("Array.from({page}.querySelectorAll('[data-testid=\"message-text\"] :is({drawn})')).map((one) => one.outerHTML.slice(0, 80))")).await?;
        assert_eq!(elements.as_array().map(Vec::len), Some(0), "drawn as elements: {elements}");
        let hidden = all.iter().filter(|payload| payload.hides).count() as u64;
        let revealed = window.count("revealed").await?;
        assert!(revealed >= hidden, "{hidden} payloads hide something, {revealed} places are marked");
        let raw = "/[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\u2060\\ufeff]/.test(document.body.textContent)";
        assert_eq!(window.js(raw).await?, false, "a hidden character is in the page");
        assert_eq!(window.client().title().await?, "Anteroom");
        assert_eq!(window.js("location.protocol").await?, "tauri:");
        assert_eq!(window.client().windows().await?.len(), 1);
        println!("{} payloads drawn, {hidden} hide something, {revealed} places marked", all.len());
        window.close().await
    })
    .await;
}

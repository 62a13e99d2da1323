//! What is left in the program's memory two seconds after a lock, and after a watch has judged a message: nothing that a patient
//! wrote, no name, no key, no passphrase. Planted words go through real use of the window, by keyboard and without a web driver,
//! which would keep words of its own.

use std::path::Path;
use std::time::Duration;

use anteroom_tests::{App, Canary, Scanned, Scene, occurrences, scan_memory, until};
use demo_portal::{NewMessage, Options};
use inbox_vault::Vault;

const NAME: &str = "Zyxwabe-Canaryfamily-Qpomnlike-Vutsrand";
const TEXT: &str = "Quokka canary sentence seventeen under the lantern of the old harbour.";
const LATER: &str = "Another canary sentence, eighteen, that came while nobody was there.";
/// What makes a message ring; the program's own rules hold words like these.
const ALARM: &str = "I have taken all of the tablets and am going to kill myself tonight.";
const DRAFT: &str = "Unsent canary words of the clinician, typed and left standing.";
const NEW_PASSPHRASE: &str = "ninety canary passphrases in a row";

/// After a lock, or a notification.
const SETTLED: Duration = Duration::from_secs(2);

/// A vault with a canary for a patient, and what is planted.
struct Planted {
    scene: Scene,
    app: App,
    patient: String,
    canaries: Vec<Canary>,
}

impl Planted {
    /// The window on a vault that was opened with its recovery code and given a new passphrase, both typed on the keyboard.
    fn open(watch: &str) -> Self {
        let scene = Scene::for_window(Options::default()).unwrap();
        scene.login_with_token().unwrap();
        let control = scene.portal.control();
        let patient = control.resources("Patient").last().unwrap()["id"].as_str().unwrap().to_owned();
        control.edit("Patient", &patient, |value| value["name"][0]["family"] = NAME.into()).unwrap();
        scene.cli().run(&["sync", "--full"]).unwrap().done().unwrap();
        let code = scene.recovery_code().to_owned();
        let key = Vault::data_key(&scene.vault_dir(), &code.clone().into()).unwrap();
        let canaries = vec![
            Canary::text("name", NAME),
            Canary::text("text", TEXT),
            Canary::text("later text", LATER),
            Canary::text("draft", DRAFT),
            Canary::text("passphrase", NEW_PASSPHRASE),
            Canary::text("recovery code", &code),
            Canary::text("token", scene.portal.token()),
            Canary::key("data key", &key),
        ];
        let policy = format!("[lock]\nwatch_while_locked = \"{watch}\"\n");
        let policy = scene.session.home().file("policy.toml", &policy).unwrap();
        let mut arguments = scene.arguments();
        arguments.extend(["--report-painted", "--policy"].map(str::to_owned));
        arguments.push(policy.to_string_lossy().into_owned());
        let app = App::begin(&scene, &arguments).unwrap();
        let display = scene.session.display().unwrap();
        display.wait_still().unwrap();
        // To "Recover": the button beside it is off while nothing is typed.
        display.press_for_change(&["Tab", "Return"]).unwrap();
        for typed in [&code, NEW_PASSPHRASE, NEW_PASSPHRASE] {
            display.press(&["Tab"]).unwrap();
            display.type_text(typed).unwrap();
        }
        display.press(&["Return"]).unwrap();
        app.wait_painted().unwrap();
        Self { scene, app, patient, canaries }
    }

    /// An emergency comes; answers the notification's number.
    fn emergency(&self, text: &str) -> u32 {
        let notifications = self.scene.session.notifications().unwrap();
        let known = notifications.shown().len();
        let message = NewMessage {
            patient: self.patient.clone(),
            text: format!("{text} {ALARM}"),
            topic: Some("Canary".to_owned()),
            ..NewMessage::default()
        };
        self.scene.portal.control().add_message(&message).unwrap();
        let shown = notifications.wait_beyond(known, Duration::from_secs(60)).unwrap();
        let log = notifications.log();
        for secret in [NAME, text, "tablets", "Canary"] {
            assert!(!log.contains(secret), "a notification says {secret}");
        }
        shown.id
    }

    /// Reads the emergency, and writes an answer that is not sent.
    fn use_it(&self) {
        let shown = self.emergency(TEXT);
        let session = &self.scene.session;
        session.notifications().unwrap().press(session, shown).unwrap();
        let drew = self.app.web_processes();
        self.until_it_holds(drew[0], &["name", "text"]);
        let display = session.display().unwrap();
        display.press(&["r"]).unwrap();
        display.type_text(DRAFT).unwrap();
        self.until_it_holds(drew[0], &["draft"]);
        // The scanner sees what is there.
        let open = scan_memory(self.app.id(), &self.canaries).unwrap();
        for name in ["data key", "name", "text", "token"] {
            assert!(open.names().contains(&name), "{name} is not found in an open vault: {:?}", open.names());
        }
    }

    fn until_it_holds(&self, process: u32, names: &[&str]) {
        until(&format!("{names:?} in the page"), Duration::from_secs(30), || {
            let scanned = scan_memory(process, &self.canaries).ok()?;
            names.iter().all(|name| scanned.names().contains(name)).then_some(())
        })
        .unwrap();
    }

    fn lock(&self) {
        self.scene.session.display().unwrap().press(&["ctrl+l"]).unwrap();
        until("a closed database", Duration::from_secs(10), || (!self.app.holds_database()).then_some(()))
            .unwrap();
    }

    /// What the program and the web engine's processes hold now, two seconds on: `kept` in the program, nothing in the others.
    fn assert_holds(&self, when: &str, kept: &[&str]) {
        std::thread::sleep(SETTLED);
        let own = scan_memory(self.app.id(), &self.canaries).unwrap();
        assert_eq!(own.names(), kept, "{when}:\n{}", report(&own));
        let engine = self.app.engine_processes();
        assert!(engine.len() >= 2, "the new page and the engine's network process: {engine:?}");
        let mut bytes = own.bytes;
        for process in engine {
            let scanned = scan_memory(process, &self.canaries).unwrap();
            assert!(scanned.remnants.is_empty(), "{when}, in the engine:\n{}", report(&scanned));
            bytes += scanned.bytes;
        }
        println!("{when}: {} MiB of memory hold {kept:?}", bytes >> 20);
    }

    fn assert_files_hold_nothing(&self) {
        let code = self.scene.recovery_code().to_owned();
        let token = self.scene.session.home().path().join("tmp/token");
        let texts = [NAME, TEXT, LATER, DRAFT, NEW_PASSPHRASE, self.scene.portal.token(), &code];
        let texts = texts.map(str::to_owned);
        for dir in ["data", "config", "cache", "state", "tmp", "run"] {
            let mut found = occurrences(&self.scene.session.home().path().join(dir), &texts).unwrap();
            // The rig's own, from which the command line signed in.
            found.retain(|(file, _): &(_, _)| <_ as AsRef<Path>>::as_ref(file) != token);
            assert!(found.is_empty(), "{dir}: {found:?}");
        }
    }
}

fn report(scanned: &Scanned) -> String {
    let lines = scanned
        .remnants
        .iter()
        .map(|one| format!("{} in {:?} at {:x}: {}", one.canary, one.region, one.address, one.around));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn two_seconds_after_a_lock_the_memory_holds_nothing() {
    let planted = Planted::open("off");
    planted.use_it();
    planted.lock();
    planted.assert_holds("locked", &[]);
    planted.assert_files_hold_nothing();
}

#[test]
fn a_watch_keeps_the_sign_in_and_no_word_of_what_it_judged() {
    let planted = Planted::open("on");
    planted.use_it();
    planted.lock();
    planted.assert_holds("locked, watched over", &["token"]);
    planted.emergency(LATER);
    planted.assert_holds("after an emergency while locked", &["token"]);
    planted.assert_files_hold_nothing();
}

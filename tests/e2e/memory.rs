//! What is left in the program's memory two seconds after a lock, and after a watch has judged a message: nothing that a patient
//! wrote, no name, no key, no passphrase. Planted words go through real use of the window, by keyboard and without a web driver,
//! which would keep words of its own.

use std::path::Path;
use std::time::Duration;

use anteroom_tests::{App, Canary, Result, Scanned, Scene, occurrences, scan_memory, until};
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
    fn open(watch: &str) -> Result<Self> {
        let scene = Scene::for_window(Options::default())?;
        scene.login_with_token()?;
        let control = scene.portal.control();
        let patient = control
            .resources("Patient")
            .last()
            .and_then(|patient| patient["id"].as_str())
            .ok_or("no patient")?
            .to_owned();
        control.edit("Patient", &patient, |value| value["name"][0]["family"] = NAME.into())?;
        scene.cli().run(&["sync", "--full"])?.done()?;
        let code = scene.recovery_code().to_owned();
        let key = Vault::data_key(&scene.vault_dir(), &code.clone().into())?;
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
        let policy = scene.session.home().file("policy.toml", &policy)?;
        let mut arguments = scene.arguments();
        arguments.extend(["--report-painted", "--policy"].map(str::to_owned));
        arguments.push(policy.to_string_lossy().into_owned());
        let app = App::begin(&scene, &arguments)?;
        let display = scene.session.display()?;
        display.wait_still()?;
        // To "Recover": the button beside it is off while nothing is typed.
        display.press_for_change(&["Tab", "Return"])?;
        for typed in [&code, NEW_PASSPHRASE, NEW_PASSPHRASE] {
            display.press(&["Tab"])?;
            display.type_text(typed)?;
        }
        display.press(&["Return"])?;
        app.wait_painted()?;
        Ok(Self { scene, app, patient, canaries })
    }

    /// An emergency comes; answers the notification's number.
    fn emergency(&self, text: &str) -> Result<u32> {
        let notifications = self.scene.session.notifications()?;
        let known = notifications.shown().len();
        let message = NewMessage {
            patient: self.patient.clone(),
            text: format!("{text} {ALARM}"),
            topic: Some("Canary".to_owned()),
            ..NewMessage::default()
        };
        self.scene.portal.control().add_message(&message)?;
        let shown = notifications.wait_beyond(known, Duration::from_secs(60))?;
        let log = notifications.log();
        for secret in [NAME, text, "tablets", "Canary"] {
            assert!(!log.contains(secret), "a notification says {secret}");
        }
        Ok(shown.id)
    }

    /// Reads the emergency, and writes an answer that is not sent.
    fn use_it(&self) -> Result<()> {
        let shown = self.emergency(TEXT)?;
        let session = &self.scene.session;
        session.notifications()?.press(session, shown)?;
        let drew = self.app.web_processes();
        self.until_it_holds(drew[0], &["name", "text"])?;
        let display = session.display()?;
        display.press(&["r"])?;
        display.type_text(DRAFT)?;
        self.until_it_holds(drew[0], &["draft"])?;
        // The scanner sees what is there.
        let open = scan_memory(self.app.id(), &self.canaries)?;
        for name in ["data key", "name", "text", "token"] {
            assert!(open.names().contains(&name), "{name} is not found in an open vault: {:?}", open.names());
        }
        Ok(())
    }

    fn until_it_holds(&self, process: u32, names: &[&str]) -> Result<()> {
        until(&format!("{names:?} in the page"), Duration::from_secs(30), || {
            let scanned = scan_memory(process, &self.canaries).ok()?;
            names.iter().all(|name| scanned.names().contains(name)).then_some(())
        })
    }

    fn lock(&self) -> Result<()> {
        self.scene.session.display()?.press(&["ctrl+l"])?;
        until("a closed database", Duration::from_secs(10), || (!self.app.holds_database()).then_some(()))?;
        Ok(())
    }

    /// What the program and the web engine's processes hold now, two seconds on: `kept` in the program, nothing in the others.
    fn assert_holds(&self, when: &str, kept: &[&str]) -> Result<()> {
        std::thread::sleep(SETTLED);
        let own = scan_memory(self.app.id(), &self.canaries)?;
        assert_eq!(own.names(), kept, "{when}:\n{}", report(&own));
        let engine = self.app.engine_processes();
        assert!(engine.len() >= 2, "the new page and the engine's network process: {engine:?}");
        let mut bytes = own.bytes;
        for process in engine {
            let scanned = scan_memory(process, &self.canaries)?;
            assert!(scanned.remnants.is_empty(), "{when}, in the engine:\n{}", report(&scanned));
            bytes += scanned.bytes;
        }
        println!("{when}: {} MiB of memory hold {kept:?}", bytes >> 20);
        Ok(())
    }

    fn assert_files_hold_nothing(&self) -> Result<()> {
        let code = self.scene.recovery_code().to_owned();
        let token = self.scene.session.home().path().join("tmp/token");
        let texts = [NAME, TEXT, LATER, DRAFT, NEW_PASSPHRASE, self.scene.portal.token(), &code];
        let texts = texts.map(str::to_owned);
        for dir in ["data", "config", "cache", "state", "tmp", "run"] {
            let mut found = occurrences(&self.scene.session.home().path().join(dir), &texts)?;
            // The rig's own, from which the command line signed in.
            found.retain(|(file, _): &(_, _)| <_ as AsRef<Path>>::as_ref(file) != token);
            assert!(found.is_empty(), "{dir}: {found:?}");
        }
        Ok(())
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
    let planted = Planted::open("off").unwrap();
    planted.use_it().unwrap();
    planted.lock().unwrap();
    planted.assert_holds("locked", &[]).unwrap();
    planted.assert_files_hold_nothing().unwrap();
}

#[test]
fn a_watch_keeps_the_sign_in_and_no_word_of_what_it_judged() {
    let planted = Planted::open("on").unwrap();
    planted.use_it().unwrap();
    planted.lock().unwrap();
    planted.assert_holds("locked, watched over", &["token"]).unwrap();
    planted.emergency(LATER).unwrap();
    planted.assert_holds("after an emergency while locked", &["token"]).unwrap();
    // The network was gone for a while: the watch goes on by itself.
    planted.scene.portal.pause().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    planted.scene.portal.resume().unwrap();
    planted.emergency(LATER).unwrap();
    planted.assert_holds("after an emergency when the network was back", &["token"]).unwrap();
    planted.assert_files_hold_nothing().unwrap();
}

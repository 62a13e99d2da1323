//! A lead signs, every vault verifies: words, rules and responses that no switch takes back.

use std::fs;

use serde_json::{Value, json};

use crate::rig::{Answer, Rig, call_with};

const RESPONSE: &str = include_str!("../../../../assets/guidelines/en/appointment.toml");

/// A clinic: a policy that names the lead, and a folder of packs beside it.
struct Clinic {
    rig: Rig,
    policy: String,
    packs: std::path::PathBuf,
}

impl Clinic {
    fn start() -> Self {
        let rig = Rig::filled();
        let key = rig.vault(&["pack", "key"]).done();
        let again = rig.vault(&["pack", "key"]).done();
        assert_eq!(key.last(), again.last(), "the key is made once");
        let (who, key) = (&key.last()["practitioner"], &key.last()["public_key"]);
        let policy = rig.file("policy.toml", &format!("[[lead]]\npractitioner = {who}\nkey = {key}\n"));
        let packs = rig.vault_dir().with_file_name("packs");
        fs::create_dir(&packs).unwrap();
        Self { rig, policy, packs }
    }

    fn source(&self, lexicon: &Value) -> String {
        let dir = self.packs.with_file_name("source");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("guidelines/en")).unwrap();
        fs::write(dir.join("lexicon.json"), lexicon.to_string()).unwrap();
        fs::write(dir.join("guidelines/en/appointment.toml"), RESPONSE).unwrap();
        dir.to_str().unwrap().to_owned()
    }

    fn sign(&self, lexicon: &Value, number: &str, file: &str) -> Answer {
        let (from, to) = (self.source(lexicon), self.packs.join(file));
        let to = to.to_str().unwrap();
        self.rig.vault(&["pack", "sign", "--from", &from, "--name", "crisis", "--number", number, "--to", to])
    }

    fn verify(&self, file: &str) -> Answer {
        call_with(&["pack", "verify", self.packs.join(file).to_str().unwrap(), "--policy", &self.policy], "")
    }

    /// What a call on the vault under the policy prints, and the packs that Settings would show.
    fn packs(&self) -> Value {
        self.rig.vault(&["threads", "--policy", &self.policy]).done();
        call_with(&["policy", &self.policy], "").done().last()["packs"].clone()
    }
}

fn lexicon() -> Value {
    json!({
        "words": [{"id": "tunnel", "language": "en", "category": "intent", "tier": "urgent",
            "phrases": ["tunnel again"], "reason": "Words of our patients"}],
        "watch_only": [],
        "signed_rules": [],
    })
}

#[test]
fn a_signed_pack_holds_and_a_changed_one_does_not() {
    let clinic = Clinic::start();
    let signed = clinic.sign(&lexicon(), "3", "crisis.pack").done();
    assert_eq!((&signed.last()["version"], &signed.last()["files"]), (&json!(3), &json!(2)));
    assert_eq!(clinic.verify("crisis.pack").done().last()["ok"], json!(true));
    assert_eq!(clinic.packs()[0]["problem"], Value::Null);

    let path = clinic.packs.join("crisis.pack");
    let whole = fs::read(&path).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let changed = text.replace("tunnel again", "tunnel never");
    assert_ne!(changed, text);
    fs::write(&path, changed).unwrap();
    let refused = clinic.verify("crisis.pack");
    assert_eq!((refused.code, &refused.last()["problem"]), (1, &json!("wrong_signature")));
    // Every cut and every flipped byte: never in force.
    for at in (0..whole.len()).step_by(whole.len() / 25) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&path, &flipped).unwrap();
        assert_ne!(clinic.verify("crisis.pack").last()["problem"], Value::Null, "byte {at}");
        fs::write(&path, &whole[..at]).unwrap();
        assert_ne!(clinic.verify("crisis.pack").last()["problem"], Value::Null, "cut at {at}");
    }
    fs::write(&path, &whole).unwrap();
    let stranger = clinic.rig.file("other.toml", "[[lead]]\npractitioner = \"Practitioner/x\"\nkey = \"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"\n");
    let refused = call_with(&["pack", "verify", path.to_str().unwrap(), "--policy", &stranger], "");
    assert_eq!(refused.last()["problem"], json!("unknown_lead"));
}

#[test]
fn what_cannot_come_into_force_is_not_signed() {
    let clinic = Clinic::start();
    let mut bad = lexicon();
    bad["words"][0]["phrases"] = json!(["the"]);
    assert_eq!(clinic.sign(&bad, "1", "bad.pack").failed(), "invalid_argument");
    let mut bad = lexicon();
    bad["signed_rules"] = json!(["no.such.rule"]);
    assert_eq!(clinic.sign(&bad, "1", "bad.pack").failed(), "invalid_argument");
    assert_eq!(clinic.sign(&lexicon(), "0", "bad.pack").failed(), "invalid_argument");
    assert!(!clinic.packs.join("bad.pack").exists());
}

#[test]
fn a_signed_rule_is_not_switched_down_and_no_vault_goes_back_to_an_older_pack() {
    let clinic = Clinic::start();
    let shown = clinic.rig.vault(&["lexicon", "show"]).done();
    assert_eq!(shown.last()["lexicon"]["watch_only"], json!([]));
    // A rule of the built-in lexicon that the vault could switch down until it is signed.
    let flags =
        call_with(&["triage"], "{\"id\":\"1\",\"text\":\"I want to kill myself tonight\",\"lang\":\"en\"}\n")
            .done();
    let rule = flags.last()["flags"][0]["rule"].as_str().unwrap().to_owned();
    let own = clinic.rig.file("own.json", &json!({"words": [], "watch_only": [rule]}).to_string());
    let set = |policy: &str| clinic.rig.vault(&["lexicon", "set", "--file", &own, "--policy", policy]);
    set(&clinic.policy).done();

    let mut signed = lexicon();
    signed["signed_rules"] = json!([rule]);
    clinic.sign(&signed, "2", "crisis-2.pack").done();
    let refused = set(&clinic.policy);
    assert_eq!((refused.code, &refused.last()["problems"][0]["problem"]), (1, &json!("signed_rule")));
    let shown = clinic.rig.vault(&["lexicon", "show", "--policy", &clinic.policy]).done();
    assert_eq!(shown.last()["problem"], json!("switches_dropped"), "{}", shown.last());
    assert_eq!(shown.last()["judged"], json!(false), "stored messages are judged again");

    fs::remove_file(clinic.packs.join("crisis-2.pack")).unwrap();
    clinic.sign(&lexicon(), "1", "crisis-1.pack").done();
    // The older one is whole, and this vault has used a newer one: its words do not come into force.
    let shown = clinic.rig.vault(&["lexicon", "show", "--policy", &clinic.policy]).done();
    assert_eq!(shown.last()["problem"], Value::Null);
    let verified = clinic.verify("crisis-1.pack").done();
    assert_eq!(verified.last()["version"], json!(1));
    let own =
        clinic.rig.file("own.json", &json!({"words": lexicon()["words"], "watch_only": []}).to_string());
    clinic.rig.vault(&["lexicon", "set", "--file", &own, "--policy", &clinic.policy]).done();
}

use std::fs;

use inbox_domain::SystemClock;
use inbox_vault::CreateOptions;
use tempfile::TempDir;

use super::*;
use crate::session::{Session, Surroundings};

const RESPONSE: &str = include_str!("../../../../assets/guidelines/en/appointment.toml");
const LEAD: &str = "Practitioner/dr-a";

/// A vault of the lead, a policy that names her, and the folder of packs beside it.
struct Clinic {
    dir: TempDir,
    policy: PolicySource,
}

impl Clinic {
    fn start() -> Self {
        let dir = TempDir::with_prefix("anteroom-packs-").unwrap();
        fs::create_dir_all(dir.path().join("packs")).unwrap();
        let source = dir.path().join("source/guidelines/en");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("appointment.toml"), RESPONSE).unwrap();
        let options = CreateOptions {
            dir: dir.path().join("vault"),
            name: "Test".into(),
            passphrase: "a long enough passphrase".to_owned().into(),
            keyring: false,
        };
        let vault = Vault::create(&options).unwrap().vault;
        vault.set_setting(inbox_sync::settings::PRACTITIONER, LEAD, chrono::Utc::now()).unwrap();
        vault.close();
        let clinic = Self { policy: PolicySource::at(&dir.path().join("policy.toml")), dir };
        let key = clinic.open().lead_key().unwrap();
        let policy =
            format!("[[lead]]\npractitioner = \"{}\"\nkey = \"{}\"\n", key.practitioner, key.public_key);
        fs::write(clinic.dir.path().join("policy.toml"), policy).unwrap();
        clinic
    }

    fn open(&self) -> Arc<Session> {
        let around = Surroundings::headless(Arc::new(SystemClock)).under(self.policy.clone());
        let passphrase = "a long enough passphrase".to_owned().into();
        Session::open(&self.dir.path().join("vault"), &passphrase, around).unwrap()
    }

    fn sign(&self, version: u32) {
        let pack = self.open().sign_pack(&self.dir.path().join("source"), "texts", version).unwrap();
        fs::write(self.dir.path().join("packs/texts.pack"), pack.bytes).unwrap();
    }

    /// Version and problem of each pack as a newly opened vault takes it.
    fn views(&self) -> Vec<(u32, Option<PackProblem>)> {
        self.open().packs().views().iter().map(|view| (view.version, view.problem)).collect()
    }
}

#[test]
fn a_signed_response_may_be_sent_outside_the_sample_clinic() {
    let clinic = Clinic::start();
    let signed = |session: &Session| {
        let guidelines = session.guidelines();
        let found = guidelines.response("appointment", inbox_guidelines::Language::En).unwrap().signed;
        (found, guidelines.responses().count())
    };
    let (before, count) = signed(&clinic.open());
    assert!(!before, "the program's own texts wait for a lead");
    clinic.sign(1);
    assert_eq!(signed(&clinic.open()), (true, count));
}

#[test]
fn a_vault_records_what_it_used_and_says_what_is_older_or_gone() {
    let clinic = Clinic::start();
    clinic.sign(3);
    assert_eq!(clinic.views(), [(3, None)]);
    clinic.sign(2);
    assert_eq!(clinic.views(), [(2, Some(PackProblem::Older))]);
    fs::remove_file(clinic.dir.path().join("packs/texts.pack")).unwrap();
    assert_eq!(clinic.views(), [(3, Some(PackProblem::Missing))]);
    clinic.sign(4);
    assert_eq!(clinic.views(), [(4, None)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(clinic.dir.path().join("packs/texts.pack"), open).unwrap();
        let problems: Vec<_> = clinic.views().into_iter().map(|(_, problem)| problem).collect();
        assert!(problems.contains(&Some(PackProblem::Writable)), "{problems:?}");
    }
}

#[test]
fn without_a_lead_in_the_policy_no_pack_is_in_force() {
    let clinic = Clinic::start();
    clinic.sign(1);
    fs::write(clinic.dir.path().join("policy.toml"), "[lock]\nidle_seconds = nonsense\n").unwrap();
    let problems: Vec<_> = clinic.views().into_iter().map(|(_, problem)| problem).collect();
    assert_eq!(problems, [Some(PackProblem::UnknownLead)]);
}

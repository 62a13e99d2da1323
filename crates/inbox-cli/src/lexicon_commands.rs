//! `lexicon`: a clinic's own words and switches, and what is said of rules.

use std::path::Path;

use inbox_app::{
    SensitiveThreads,
    dto::{AppError, SavedLexicon},
    record::LexiconRecord,
};
use inbox_triage::clinic::ClinicLexicon;
use serde_json::json;

use crate::{
    arguments::{LexiconCommand, VaultArguments},
    files, open,
    output::{Failure, Outcome, print},
};

/// `lexicon`.
pub(crate) fn run(command: &LexiconCommand) -> Outcome {
    match command {
        LexiconCommand::Show { vault } => print(&LexiconRecord::from(open(vault)?.load_lexicon()?)),
        LexiconCommand::Set { vault, file } => set(vault, file),
        LexiconCommand::Retriage { vault } => print(&open(vault)?.retriage()?),
        LexiconCommand::Feedback { vault, include_sensitive } => {
            let choice =
                if *include_sensitive { SensitiveThreads::Include } else { SensitiveThreads::LeaveOut };
            print(&open(vault)?.feedback(choice)?)
        }
    }
}

fn set(vault: &VaultArguments, file: &Path) -> Outcome {
    let text = files::read(file, "--file")?;
    // A list would be read as a lexicon without words, and an empty one would take the clinic's words out of force.
    if !text.trim_start().starts_with('{') {
        return Err(AppError::new("invalid_lexicon").with("at", "1:1".to_owned()).into());
    }
    let lexicon: ClinicLexicon = serde_json::from_str(&text).map_err(|error| {
        // Where it is wrong, never what stands there.
        let place = format!("{}:{}", error.line(), error.column());
        AppError::new("invalid_lexicon").with("at", place)
    })?;
    let session = open(vault)?;
    let base = session.load_lexicon()?.version;
    match session.store_lexicon(base, &lexicon)? {
        SavedLexicon::Saved { version } => print(&json!({"ok": true, "version": version})),
        SavedLexicon::Refused { problems } => {
            print(&json!({"ok": false, "problems": problems}))?;
            Err(Failure::Said)
        }
    }
}

//! Commands of the rules and the clinic's own words: each calls one use case.

use inbox_app::{
    App,
    dto::{
        ClinicLexicon, ClinicProblem, FeedbackExport, LexiconView, RetriageView, RuleRow, SavedLexicon,
        TriedText,
    },
};
use inbox_domain::Category;
use tauri::State;

use crate::commands::Answer;

/// The clinic's own words and switches in force.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_lexicon(app: State<'_, App>) -> Answer<LexiconView> {
    app.session()?.load_lexicon()
}

/// Everything that is wrong with a draft.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn check_lexicon(app: State<'_, App>, draft: ClinicLexicon) -> Answer<Vec<ClinicProblem>> {
    Ok(app.session()?.check_lexicon(&draft))
}

/// Saves a draft made from version `base`; stored messages are judged by it in the background.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_lexicon(app: State<'_, App>, base: u32, draft: ClinicLexicon) -> Answer<SavedLexicon> {
    app.session()?.save_lexicon(base, &draft)
}

/// The rules in force that hold every word of `query`.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_rules(
    app: State<'_, App>,
    query: String,
    category: Option<Category>,
) -> Answer<Vec<RuleRow>> {
    app.session()?.list_rules(&query, category)
}

/// What triage says of a text, by a draft or by what is in force; nothing is stored.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn try_text(app: State<'_, App>, text: String, draft: Option<ClinicLexicon>) -> Answer<TriedText> {
    Ok(app.session()?.try_text(&text, draft.as_ref()))
}

/// How far stored messages are judged by what is in force.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_retriage(app: State<'_, App>) -> Answer<RetriageView> {
    app.session()?.load_retriage()
}

/// Stops judging stored messages.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn cancel_retriage(app: State<'_, App>) -> Answer<()> {
    app.session()?.cancel_retriage();
    Ok(())
}

/// Goes on with it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn resume_retriage(app: State<'_, App>) -> Answer<()> {
    app.session()?.resume_retriage();
    Ok(())
}

/// "A rule missed this."
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn report_missed(
    app: State<'_, App>,
    message: String,
    category: Category,
    wording: String,
) -> Answer<()> {
    app.session()?.report_missed(&message, category, &wording)
}

/// Takes such a report back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn withdraw_missed(app: State<'_, App>, message: String, category: Category) -> Answer<()> {
    app.session()?.withdraw_missed(&message, category)
}

/// What was said of rules, as JSON without names, texts and ids of patients; wordings about sensitive threads only when asked.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn export_feedback(app: State<'_, App>, include_sensitive: bool) -> Answer<FeedbackExport> {
    app.session()?.export_feedback(include_sensitive)
}

//! Responses.

use inbox_vault::ThreadSummary;

use crate::{
    dto::{CrisisLineView, ResponseView, SendCheck},
    error::AppResult,
    session::Session,
};

impl Session {
    /// Responses.
    pub fn list_responses(&self, _thread: &str, _query: &str) -> AppResult<Vec<ResponseView>> {
        Ok(Vec::new())
    }
    pub(crate) fn content_checks(
        &self,
        _text: &str,
        _response: Option<&str>,
        _summary: &ThreadSummary,
    ) -> AppResult<Vec<SendCheck>> {
        Ok(Vec::new())
    }
    pub(crate) fn step_label(&self, _n: u8, _language: &str) -> String {
        String::new()
    }
    pub(crate) fn crisis_lines(&self, _country: &str, _language: &str) -> Vec<CrisisLineView> {
        Vec::new()
    }
}

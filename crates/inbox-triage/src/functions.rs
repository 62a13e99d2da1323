//! The four functions of a message (JMIR Form Res 2025;9:e63713), by visible cue words.

use inbox_domain::MessageFunction;

use crate::text::Text;

const FUNCTIONS: [MessageFunction; 4] = [
    MessageFunction::ReportingFeedback,
    MessageFunction::Interpersonal,
    MessageFunction::Intrapersonal,
    MessageFunction::Organisational,
];

/// Who comes first among equals, by place in [`FUNCTIONS`].
const TIES: [u8; 4] = [3, 2, 1, 0];

/// Functions with at least one cue, most cues first; without any cue a message reports, as most do in the study.
pub(crate) fn functions_of(text: &Text) -> Vec<MessageFunction> {
    if text.tokens.list.is_empty() {
        return Vec::new();
    }
    let mut counted: Vec<(u32, usize)> = text
        .function_cues
        .iter()
        .copied()
        .enumerate()
        .map(|(at, count)| (count, at))
        .filter(|(n, _)| *n > 0)
        .collect();
    // Words of reporting stand in nearly every message; with as many cues the rarer function says more about it.
    counted.sort_by_key(|(count, at)| (std::cmp::Reverse(*count), TIES[*at]));
    if counted.is_empty() {
        return vec![MessageFunction::ReportingFeedback];
    }
    counted.into_iter().map(|(_, at)| FUNCTIONS[at]).collect()
}

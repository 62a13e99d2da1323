// Names of elements for tests in the real window (WebDriver): `[data-testid="…"]`.
//
// unlock-page, unlock-vault, unlock-passphrase, unlock-submit, unlock-problem, unlock-undelivered, unlock-undelivered-crisis,
// unlock-left (data-reason: the LockReason), unlock-draft, watch (data-state: the WatchState), watch-seen, watch-clocks, recover-code,
// recover-passphrase, recover-repeat, recover-submit, key-state (data-key: the VaultKeyState)
// first-run, first-run-begin, first-run-name, first-run-portal, first-run-practitioner, first-run-passphrase, first-run-repeat,
// first-run-country, first-run-create, recovery-code, recovery-repeat, first-run-finish, first-run-later
// sign-in-open, sign-in, sign-in-portal, sign-in-practitioner, sign-in-submit
// inbox, staleness (data-state: ok, syncing, filling, offline, problem, unknown), staleness-retry, pending, stuck, duty,
// search, search-hit, lock, privacy, privacy-screen, privacy-back, hide-unfocused, settings, language-<code>, theme-<name>, view-<name>, count-<name>, function-<name>
// thread-list, section-header (data-view), thread-row (data-thread, data-tier, data-selected, data-masked), tier-mark (data-tier),
// tier-chip, after-hours, waiting-time, row-reply, row-not-checked, row-claimed, row-sensitive, unreadable-row
// thread, sensitive-gate, sensitive-show, sensitive-mark, banner-sensitive, patient-banner, patient-name, message (data-role, data-message), message-text, flag-mark (data-tier, data-demoted),
// flag-explanation (data-rule), flag-wrong, revealed, queued-state (data-state: the OutboxState), still-send, discard-reply,
// attachment, show-attachment, hide-attachment, attachment-picture, attachment-not-shown, attachment-problem, night-separator, day-separator, show-all-text
// composer, composer-text, composer-blanks, composer-check (data-code), composer-error, send, leaves-now, leaves-opening,
// responses-open, response-search, response-option (data-response)
// crisis-panel, crisis-phone, log-attempt, log-reached, acknowledge-case, attempt, step (data-step), step-check, step-reason,
// close-case, close-outcome, close-confirm, false-alarm, deadline
// missed-open, missed-form, missed-category, missed-wording, missed-submit, missed-report (data-category), missed-withdraw
// rules-open, rules-screen, lexicon-version, tab-rules, tab-words, tab-try, tab-feedback, rule-search, rule-category, rule
// (data-rule), rule-counts, rule-watch-only, rules-all, words-add, words-entry, words-phrases, words-reason, words-category,
// words-tier, words-language, words-id, words-problem (data-field), words-remove, try-text, try-submit, tried, feedback-show,
// feedback-copy, feedback-text, lexicon-save, lexicon-discard, lexicon-saved, lexicon-problems, retriage (data-state: the
// RetriageState), retriage-cancel, retriage-resume
// policy-open, policy-dialog (data-state: the PolicyState), policy-setting (data-key, data-set), policy-broken, policy-problem
// (data-line, data-expected)
// keys-open, keys-dialog, keys-present, keys-new, keys-repeat, keys-change, keys-new-code, keys-code, keys-code-repeat,
// keys-code-confirm, keys-code-unconfirmed, keys-pin, keys-pin-set, keys-pin-remove, keys-no-pin, unlock-pin, pin-submit, pin-problem,
// pin-passphrase, policy-pack (data-problem)
// upkeep-open, upkeep-dialog, upkeep-notice (data-code), notice-read, notice-open, repair, repair-now, rescued, rescued-read,
// check-state (data-whole), check-now, retention (data-days), backup-folder, backup-keep, backup-save, backup-now, backup-last,
// backup-problem (data-code), audit-kind, audit-from, audit-to, audit-ndjson, audit-csv, audit-copy, audit-text, audit-row
// (data-action), audit-more, damaged-page (data-code), damaged-passphrase, damaged-resync, damaged-restore, unlock-restore,
// first-run-restore, restore-form, restore-file, restore-code, restore-passphrase, restore-repeat, restore-submit, restored,
// restored-go-on
// hours-open, hours-screen, hours-version, tab-week, tab-table, tab-dates, tab-absences, hours-week, hours-from,
// hours-week-date, hours-week-add, hours-week-remove, hours-layer-weekly, hours-layer-on_call, week-grid, week-grid-area, hours-add-<day>,
// hours-nobody, hours-block (data-day, data-start, data-end), hours-block-editor, hours-block-day, hours-block-start,
// hours-block-end, hours-block-split, hours-block-remove, week-table, hours-row, hours-row-start, hours-row-end,
// hours-row-remove, hours-row-add, hours-close-early, hours-date (data-date), hours-date-new, hours-date-closed, hours-date-open,
// hours-date-remove, hours-holiday (data-code), hours-holiday-add, hours-absence, hours-absence-from, hours-absence-to, hours-cover,
// hours-cover-phone, hours-absence-remove, hours-absence-add, hours-duty (data-on), hours-next, hours-changed, hours-gap
// (data-absence), hours-told, hours-told-<code>, hours-said, hours-problem (data-path, data-code), hours-question (data-path),
// hours-confirm, hours-step-back, hours-step-forward, hours-saved, hours-undo-save, hours-discard, hours-save, reply-target, calendar-file,
// calendar-entries, calendar-problems, calendar-take, publication (data-state: the PublicationState), publication-failed (data-code),
// publication-conflict, publication-mine, publication-theirs, publication-start, publication-stop, publication-take-over, edit-reply
// calendar-entries, calendar-problems, calendar-take
// find, find-count, find-close, quote-fold, times, bulk, bulk-count, bulk-done, bulk-snooze, bulk-claim, bulk-clear, row-choose,
// preview-open, preview, preview-text, composer-count, draft-state, broken (data-place), help-open, help, tab-flags, tab-about
// toast, toast-action, shortcuts, error (data-code), retry
export {}

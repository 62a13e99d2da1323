//! The views of `inbox_domain::View` as SQL. Each predicate stands word for word in the WHERE of a partial index
//! (migrations), or SQLite does not use that index; a test compares each with `View::holds`.

use inbox_domain::View;

/// The predicate of a view. `?1` is now.
pub(crate) fn predicate(view: View) -> &'static str {
    match view {
        View::NeedsAttention => "(open_tier > 0 OR unread_unchecked > 0 OR case_open = 1)",
        View::WaitingForMe => {
            "(status = 'open' AND last_from_patient = 1 AND answered_here = 0)
             AND (snoozed_until IS NULL OR snoozed_until <= ?1)"
        }
        View::AfterHours => "(status = 'open' AND unread_after_hours > 0)",
        View::UnflaggedUnread => "(unread_unflagged > 0)",
        View::WaitingForPatient => {
            "(status = 'open' AND (last_from_patient = 0 OR answered_here = 1))
             AND (snoozed_until IS NULL OR snoozed_until <= ?1)"
        }
        View::Snoozed => "(status = 'open' AND snoozed_until IS NOT NULL) AND snoozed_until > ?1",
        View::SentAndScheduled => "(outbox_waiting > 0 OR answered_here = 1)",
        View::Closed => "(status = 'closed')",
    }
}

/// The order of a view: Needs attention by tier, then oldest; the others newest first.
pub(crate) fn order(view: Option<View>) -> &'static str {
    match view {
        Some(View::NeedsAttention) => "attention_tier DESC, attention_at, id",
        _ => "activity_at DESC, id DESC",
    }
}

/// The ids of a page of a view: `?1` now, `?2` function or NULL, `?3` limit, `?4` offset.
pub(crate) fn page(view: Option<View>) -> String {
    let predicate = view.map_or("?1 IS NOT NULL", predicate);
    let order = order(view);
    format!(
        "SELECT id FROM thread WHERE {predicate} AND (?2 IS NULL OR function = ?2) ORDER BY {order} LIMIT ?3 OFFSET ?4"
    )
}

/// How many threads stand in a view: `?1` now, `?2` function or NULL.
pub(crate) fn count(view: Option<View>) -> String {
    let predicate = view.map_or("?1 IS NOT NULL", predicate);
    format!("SELECT count(*) FROM thread WHERE {predicate} AND (?2 IS NULL OR function = ?2)")
}

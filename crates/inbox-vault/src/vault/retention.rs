//! What leaves the vault by retention.

use chrono::{DateTime, Utc};
use inbox_domain::ThreadId;

use super::Vault;
use crate::{Result, Retired, retention, search_index, search_words};

impl Vault {
    /// Lets messages leave that were last touched before `before`, are read and answered and belong to no open work, and keeps
    /// a tombstone of each, so that no sync fetches it again. Whole threads at a time, those after `after`, until about
    /// `limit` messages have left: [`Retired::go_on_after`] says where the next call goes on. `now` is this workstation's
    /// clock.
    pub fn retire(
        &self,
        before: DateTime<Utc>,
        after: ThreadId,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<Retired> {
        self.act(|act| retention::retire(act, before, after, limit, now))
    }

    /// How many messages have left the vault by retention and have not come back.
    pub fn retired_count(&self) -> Result<u64> {
        self.read(|db| {
            let count: i64 = db.query_row("SELECT count(*) FROM tombstone", [], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
    }

    /// Takes the words of what has left out of the search index too, a part at a time; `false` when nothing is left to do.
    /// Begins with `first`.
    pub fn sweep_search(&self, first: bool) -> Result<bool> {
        self.act(|act| {
            let more = retention::sweep_search(act, first)?;
            if !more {
                search_words::sweep(act.db)?;
            }
            Ok(more)
        })
    }

    /// Messages that the search finds only in the spelling in which they were written: an earlier version indexed them.
    pub fn search_left(&self) -> Result<u64> {
        self.read(search_index::left)
    }

    /// Indexes up to `limit` of them anew, the newest first; `false` when none is left.
    pub fn index_page(&self, limit: u32) -> Result<bool> {
        self.act(|act| search_index::index_page(act, limit))
    }
}

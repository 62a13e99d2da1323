//! The audit chain: each row's mac covers the row and the mac before it, under a key derived from the data key. A row
//! stands in the transaction of the act it records.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::Sha256;

use crate::column::{instant, millis};
use crate::keys::seal::Key;
use crate::{AuditRow, Result};

/// The key of the chain, wiped when dropped.
pub(crate) struct AuditKey(pub(crate) Key);

impl AuditKey {
    fn mac(&self, n: i64, at: i64, action: &str, subject: &str, before: &[u8]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes a key of any length");
        mac.update(&n.to_le_bytes());
        mac.update(&at.to_le_bytes());
        for field in [action.as_bytes(), subject.as_bytes(), before] {
            // With its length, so that no two rows have the same bytes.
            mac.update(&(field.len() as u64).to_le_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().into()
    }

    /// Appends a row.
    pub(crate) fn append(
        &self,
        connection: &Connection,
        at: DateTime<Utc>,
        action: &str,
        subject: &str,
    ) -> Result<()> {
        let head: Option<(i64, Vec<u8>)> = connection
            .prepare_cached("SELECT n, mac FROM audit ORDER BY n DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (last, before) = head.unwrap_or_default();
        let (n, at) = (last + 1, millis(at));
        connection
            .prepare_cached("INSERT INTO audit (n, at, action, subject, mac) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![n, at, action, subject, self.mac(n, at, action, subject, &before)])?;
        Ok(())
    }

    /// Number of rows, and the first row that does not follow from the one before it.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(u64, Option<i64>)> {
        let mut statement = connection.prepare("SELECT n, at, action, subject, mac FROM audit ORDER BY n")?;
        let mut rows = statement.query([])?;
        let (mut count, mut before, mut broken) = (0_u64, Vec::new(), None);
        while let Some(row) = rows.next()? {
            let (n, at): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (action, subject): (String, String) = (row.get(2)?, row.get(3)?);
            let mac: Vec<u8> = row.get(4)?;
            count += 1;
            let follows = u64::try_from(n) == Ok(count)
                && bool::from(subtle::ConstantTimeEq::ct_eq(
                    mac.as_slice(),
                    self.mac(n, at, &action, &subject, &before).as_slice(),
                ));
            if !follows && broken.is_none() {
                broken = Some(n);
            }
            before = mac;
        }
        Ok((count, broken))
    }
}

/// The last `limit` rows, newest first.
pub(crate) fn list(connection: &Connection, limit: u32) -> Result<Vec<AuditRow>> {
    let mut statement =
        connection.prepare_cached("SELECT n, at, action, subject FROM audit ORDER BY n DESC LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| {
        Ok(AuditRow { n: row.get(0)?, at: instant(row.get(1)?), action: row.get(2)?, subject: row.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

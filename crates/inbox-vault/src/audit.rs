//! The audit chain: each row's mac covers the row and the mac before it, under a key derived from the data key. A row
//! stands in the transaction of the act it records.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::Sha256;

use crate::column::{instant, millis};
use crate::keys::seal::Key;
use crate::{AuditQuery, AuditRow, Result};

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
        let (last, before) = head(connection)?.unwrap_or_default();
        let (n, at) = (last + 1, millis(at));
        connection
            .prepare_cached("INSERT INTO audit (n, at, action, subject, mac) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![n, at, action, subject, self.mac(n, at, action, subject, &before)])?;
        Ok(())
    }

    /// The mac of an anchor: under a key of its own, so that no row can pass for an anchor.
    pub(crate) fn anchor_mac(&self, name: &str, n: i64, mac: &[u8]) -> [u8; 32] {
        let own = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes a key of any length")
            .chain_update(b"anteroom v1 anchor")
            .finalize()
            .into_bytes();
        Hmac::<Sha256>::new_from_slice(&own)
            .expect("HMAC takes a key of any length")
            .chain_update(n.to_le_bytes())
            .chain_update(mac)
            .chain_update(name.as_bytes())
            .finalize()
            .into_bytes()
            .into()
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

/// The newest row: its number and its mac.
pub(crate) fn head(connection: &Connection) -> Result<Option<(i64, Vec<u8>)>> {
    Ok(connection
        .prepare_cached("SELECT n, mac FROM audit ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The mac of a row.
pub(crate) fn mac_of(connection: &Connection, n: i64) -> Result<Option<Vec<u8>>> {
    Ok(connection
        .prepare_cached("SELECT mac FROM audit WHERE n = ?1")?
        .query_row([n], |row| row.get(0))
        .optional()?)
}

/// The rows that a query asks for, newest first.
pub(crate) fn list(connection: &Connection, query: &AuditQuery) -> Result<Vec<AuditRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT n, at, action, subject, mac FROM audit
         WHERE (?1 IS NULL OR n < ?1) AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at < ?3)
           AND (?4 = '' OR action = ?4 OR substr(action, 1, length(?4) + 1) = ?4 || '.')
         ORDER BY n DESC LIMIT ?5",
    )?;
    let given =
        params![query.before, query.from.map(millis), query.to.map(millis), query.action, query.limit];
    let rows = statement.query_map(given, |row| {
        Ok(AuditRow {
            n: row.get(0)?,
            at: instant(row.get(1)?),
            action: row.get(2)?,
            subject: row.get(3)?,
            mac: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

//! docs/schema.sql is what a migrated database says of itself. `UPDATE_SCHEMA=1 cargo test -p inbox-vault` writes it.

use std::fs;
use std::path::Path;

use crate::migrate;
use crate::vault::testing::vault;

#[test]
fn docs_schema_is_fresh() {
    let (_dir, vault) = vault();
    let statements: Vec<String> = vault
        .read(|db| {
            let mut statement = db.prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
                 AND name NOT LIKE 'message_search_%' ORDER BY tbl_name, type DESC, name",
            )?;
            let found = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(found)
        })
        .unwrap();
    let schema = format!(
        "-- The vault's schema, version {}. Generated from a migrated database by `UPDATE_SCHEMA=1 cargo test -p\n\
         -- inbox-vault`; change crates/inbox-vault/migrations instead.\n\n{};\n",
        migrate::LATEST,
        statements.join(";\n\n")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema.sql");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == schema,
        "docs/schema.sql is stale: run UPDATE_SCHEMA=1 cargo test -p inbox-vault"
    );
}

#[test]
fn every_table_is_strict() {
    let (_dir, vault) = vault();
    let loose: Vec<String> = vault
        .read(|db| {
            let mut statement = db.prepare(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
                 AND name NOT LIKE 'sqlite_%'",
            )?;
            let found = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(found)
        })
        .unwrap();
    assert_eq!(loose, Vec::<String>::new());
}

#[test]
fn a_database_of_a_newer_build_is_left_alone() {
    let (_dir, vault) = vault();
    vault.act(|act| Ok(act.db.pragma_update(None, "user_version", 99)?)).unwrap();
    let answer = vault.connections.write(migrate::migrate);
    assert!(matches!(answer, Err(crate::VaultError::SchemaTooNew(99))));
}

#[test]
fn the_connections_have_the_measured_settings() {
    let (_dir, vault) = vault();
    let settings = |db: &rusqlite::Connection| -> crate::Result<Vec<String>> {
        ["journal_mode", "synchronous", "temp_store", "cache_size", "foreign_keys", "mmap_size"]
            .iter()
            .map(|name| {
                let value: rusqlite::types::Value =
                    db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
                Ok(match value {
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    other => format!("{other:?}"),
                })
            })
            .collect()
    };
    let wanted = ["wal", "2", "2", "-65536", "1", "0"];
    assert_eq!(vault.connections.write(|db| settings(db)).unwrap(), wanted);
    assert_eq!(vault.connections.read(settings).unwrap(), wanted);
    let written = vault.connections.read(|db| Ok(db.execute("DELETE FROM setting", [])?));
    assert!(written.is_err(), "readers only read");
}

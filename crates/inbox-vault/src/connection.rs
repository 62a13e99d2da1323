//! Opening SQLCipher as measured in SECURITY.md, and the connections of one open vault.
//!
//! One writer behind a mutex and a few read-only connections: SQLite takes one writer at a time anyway, and a mutex waits
//! its turn where a second connection would poll. A pool crate was rejected: the ones there are trail rusqlite by a
//! version. `cipher_memory_security` stays off (12 times the CPU on insert), the page size and the KDF at their defaults.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle, OpenFlags};
use zeroize::Zeroizing;

use crate::keys::seal::Key;
use crate::{Result, VaultError};

/// Read-only connections of one vault.
const READERS: usize = 2;
/// The smallest database file: one page. An empty file would be taken for a new database.
const LEAST_FILE_BYTES: u64 = 4096;
/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Steps of SQLite between two looks at whether the vault is being closed.
pub(crate) const STEPS: i32 = 10_000;
/// Prepared statements kept per connection; `apply` alone has some forty.
const STATEMENTS: usize = 128;

/// SQLCipher sets itself up on its first use in a process, and two threads that do so at once make it fail with
/// SQLITE_ERROR (seen once in 120 runs of eight threads). So the first use happens once, on a database in memory.
static FIRST_USE: LazyLock<()> = LazyLock::new(|| {
    // Whatever is wrong is said by the database that is really opened.
    let _ = Connection::open_in_memory()
        .and_then(|db| db.execute_batch("PRAGMA key = \"first use\"; CREATE TABLE t (a)"));
});

/// Opens a file; every connection of this crate is made here.
fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    LazyLock::force(&FIRST_USE);
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Opens the database file for writing. `create` makes it; else a missing or damaged file is left as it is.
pub(crate) fn open_writer(path: &Path, key: &Key, create: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        // SQLite gives its log and its index the permissions of the database.
        crate::open_private_file(path)?;
        let connection = connect(path, flags | OpenFlags::SQLITE_OPEN_CREATE)?;
        unlock(&connection, key)?;
        configure(&connection)?;
        return Ok(connection);
    }
    match path.metadata() {
        Ok(meta) if meta.len() < LEAST_FILE_BYTES => return Err(VaultError::DatabaseDamaged),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(VaultError::DatabaseMissing);
        }
        Err(error) => return Err(error.into()),
    }
    crate::open_private_file(path)?;
    let connection = connect(path, flags)?;
    unlock(&connection, key)?;
    // The first read decrypts a page: here a database that is not this key's, or damaged, says so before any write.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    configure(&connection)?;
    Ok(connection)
}

/// Opens a file that may be damaged: nothing is read of it, and nothing set.
pub(crate) fn open_as_it_is(path: &Path, key: &Key, flags: OpenFlags) -> Result<Connection> {
    let connection = connect(path, flags)?;
    unlock(&connection, key)?;
    Ok(connection)
}

fn open_reader(path: &Path, key: &Key) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags)?;
    unlock(&connection, key)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The only connection to a database: nobody else has it open, and nobody gets it until this one is dropped.
///
/// # Errors
/// [`VaultError::Busy`] while another connection is open; as [`open_writer`].
pub(crate) fn open_alone(path: &Path, key: &Key) -> Result<Connection> {
    let connection = open_writer(path, key, false)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // Leaving the write-ahead log takes the file's exclusive lock, which every open connection shares.
    let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(VaultError::Busy);
    }
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// Writes every page anew under another key, in one transaction.
pub(crate) fn rekey_database(connection: &Connection, key: &Key) -> Result<()> {
    let mut statement = statement_with_key("rekey", key);
    statement.push(';');
    Ok(connection.execute_batch(&statement)?)
}

fn statement_with_key(pragma: &str, key: &Key) -> Zeroizing<String> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut statement = Zeroizing::new(String::with_capacity(160));
    statement.push_str("PRAGMA ");
    statement.push_str(pragma);
    statement.push_str(" = \"x'");
    for byte in key.iter() {
        statement.push(char::from(HEX[usize::from(byte >> 4)]));
        statement.push(char::from(HEX[usize::from(byte & 15)]));
    }
    statement.push_str("'\"");
    statement
}

/// Hands SQLCipher the raw key before anything else; the statement that carries it is wiped.
fn unlock(connection: &Connection, key: &Key) -> Result<()> {
    let mut statement = statement_with_key("key", key);
    // SQLCipher's own log goes to standard error; what failed is said by the error alone.
    statement.push_str("; PRAGMA cipher_log_level = NONE");
    connection.execute_batch(&statement)?;
    let version: std::result::Result<String, _> =
        connection.query_row("PRAGMA cipher_version", [], |row| row.get(0));
    match version {
        Ok(version) if !version.is_empty() => Ok(()),
        _ => Err(VaultError::NoCipher),
    }
}

fn configure(connection: &Connection) -> Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -65536;
         PRAGMA mmap_size = 0;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;",
    )?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// The connections of one open vault.
///
/// One read that the disk refuses makes SQLCipher refuse every later page of that connection, as if the database were
/// damaged. So a connection that met such an error is replaced; a database that is damaged says so again.
pub(crate) struct Connections {
    path: PathBuf,
    /// For replacing a connection; each of them holds it too. Wiped by [`Connections::close`].
    key: Mutex<Option<Key>>,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Readers>,
    returned: Condvar,
    interrupts: Mutex<Vec<InterruptHandle>>,
    /// For connections beside these.
    closing: Arc<AtomicBool>,
}

struct Readers {
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

impl Connections {
    /// The writer and fresh readers beside it.
    pub(crate) fn new(path: &Path, key: &Key, writer: Connection) -> Result<Self> {
        let idle = (0..READERS).map(|_| open_reader(path, key)).collect::<Result<Vec<_>>>()?;
        let interrupts = Mutex::new(idle.iter().map(Connection::get_interrupt_handle).collect());
        Ok(Self {
            path: path.to_owned(),
            key: Mutex::new(Some(key.clone())),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Readers { idle, lent: 0, closed: false }),
            returned: Condvar::new(),
            interrupts,
            closing: Arc::default(),
        })
    }

    /// Runs `read` on a reader, outside any lock.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut lease = self.borrow_reader()?;
        let outcome = read(lease.connection.as_ref().ok_or(VaultError::Locked)?);
        if let Err(error) = &outcome
            && error.spoils_the_connection()
            && let Some(fresh) = self.replacement(open_reader)
        {
            lock(&self.interrupts).push(fresh.get_interrupt_handle());
            lease.connection = Some(fresh);
        }
        outcome
    }

    /// Runs `read` on a connection of its own, which ends with it, or when the vault is closed. For whole checks: FTS5 checks an
    /// index by the structure that its connection has cached, and on one that others have written beside calls a sound index
    /// damaged.
    pub(crate) fn read_apart<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut connection = open_reader(&self.path, &self.key()?)?;
        let closing = self.closing();
        connection.progress_handler(STEPS, Some(move || closing.load(Ordering::Relaxed)))?;
        read(&connection)
    }

    /// Runs `write` on the writer.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        let outcome = write(writer.as_mut().ok_or(VaultError::Locked)?);
        if let Err(error) = &outcome
            && error.spoils_the_connection()
            && let Some(fresh) = self.replacement(|path, key| open_writer(path, key, false))
        {
            *writer = Some(fresh);
        }
        outcome
    }

    /// A new connection in place of one that cannot be trusted any more; `None` where none can be had now, and the next
    /// call tries again.
    fn replacement(&self, open: impl FnOnce(&Path, &Key) -> Result<Connection>) -> Option<Connection> {
        open(&self.path, lock(&self.key).as_ref()?).ok()
    }

    /// Closes all connections: waits for the write that runs, interrupts the reads.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        let mut readers = lock(&self.readers);
        readers.closed = true;
        readers.idle.clear();
        while readers.lent > 0 {
            lock(&self.interrupts).iter().for_each(InterruptHandle::interrupt);
            // Again and again, since a reader may begin its next statement after an interrupt.
            let waited = self.returned.wait_timeout(readers, Duration::from_millis(20));
            readers = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(readers);
        lock(&self.writer).take();
        lock(&self.key).take();
    }

    /// The key of the database, for a copy of it.
    pub(crate) fn key(&self) -> Result<Key> {
        lock(&self.key).clone().ok_or(VaultError::Locked)
    }

    /// Becomes true when the vault is being closed.
    pub(crate) fn closing(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.closing)
    }

    /// Whether [`Connections::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.readers).closed
    }

    fn borrow_reader(&self) -> Result<Lease<'_>> {
        let mut readers = lock(&self.readers);
        loop {
            if readers.closed {
                return Err(VaultError::Locked);
            }
            if let Some(connection) = readers.idle.pop() {
                readers.lent += 1;
                return Ok(Lease { connections: self, connection: Some(connection) });
            }
            readers = self.returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A reader on loan; given back even when the read panics.
struct Lease<'a> {
    connections: &'a Connections,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut readers = lock(&self.connections.readers);
        readers.lent -= 1;
        if !readers.closed {
            readers.idle.extend(self.connection.take());
        }
        // Closed under the lock when the vault is: `close` then returns with no connection open.
        self.connection.take();
        self.connections.returned.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The backup file: one encrypted copy of the database with the header that opens it.
//!
//! ```text
//! "ANTEROOM-BACKUP\n"            16 bytes
//! length of the head             4 bytes, little endian
//! head                           JSON, see [`Head`]; nothing in it is secret
//! database                       SQLCipher, under the vault's data key
//! SHA-256 of all before          tells a damaged file from a wrong recovery code
//! HMAC-SHA256 of all before      under a key derived from the data key: nobody else made or changed it
//! ```

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::BackupRows;
use crate::keys::header::Header;
use crate::keys::seal::{self, Key};
use crate::{Result, VaultError, new_private_file};

const MAGIC: &[u8; 16] = b"ANTEROOM-BACKUP\n";
const FORMAT: &str = "anteroom-backup";
/// The version that this build writes and reads.
const VERSION: u32 = 1;
/// A head is a few kilobytes; more is no head of ours.
const LONGEST_HEAD: usize = 1 << 20;
const DIGEST: usize = 32;

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Head {
    format: String,
    version: u32,
    /// RFC 3339.
    pub(crate) made_at: String,
    /// Schema of the database.
    pub(crate) schema: u32,
    /// The vault's header as it stood beside the database.
    header: String,
    pub(crate) rows: BackupRows,
    database_bytes: u64,
}

impl Head {
    pub(crate) fn new(
        made_at: String,
        schema: u32,
        header: &Header,
        rows: BackupRows,
        bytes: u64,
    ) -> Result<Self> {
        let header = String::from_utf8(header.text()?).map_err(|_| VaultError::HeaderDamaged)?;
        Ok(Self {
            format: FORMAT.into(),
            version: VERSION,
            made_at,
            schema,
            header,
            rows,
            database_bytes: bytes,
        })
    }

    /// The header that opens the copy.
    pub(crate) fn header(&self) -> Result<Header> {
        match Header::parse(self.header.as_bytes()) {
            Err(VaultError::HeaderDamaged) => Err(VaultError::BackupDamaged),
            other => other,
        }
    }
}

/// Everything that is written or read passes both sums.
struct Sums {
    digest: Sha256,
    mac: Option<Hmac<Sha256>>,
}

impl Sums {
    fn new(data_key: Option<&Key>) -> Self {
        let mac = data_key.map(|data_key| {
            Hmac::<Sha256>::new_from_slice(seal::backup_key(data_key).as_slice())
                .expect("HMAC takes a key of any length")
        });
        Self { digest: Sha256::new(), mac }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        if let Some(mac) = &mut self.mac {
            mac.update(bytes);
        }
    }
}

/// Writes a backup: the head, the database file, the sums.
pub(crate) fn write(to: &mut File, head: &Head, database: &Path, data_key: &Key) -> Result<()> {
    let mut sums = Sums::new(Some(data_key));
    let text = serde_json::to_vec(head).map_err(|_| VaultError::Stored("backup head"))?;
    let length = u32::try_from(text.len()).map_err(|_| VaultError::Stored("backup head"))?;
    for part in [MAGIC.as_slice(), &length.to_le_bytes(), &text] {
        sums.add(part);
        to.write_all(part)?;
    }
    let mut from = File::open(database)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        sums.add(&buffer[..count]);
        to.write_all(&buffer[..count])?;
    }
    to.write_all(&sums.digest.finalize())?;
    to.write_all(&sums.mac.expect("made with a key").finalize().into_bytes())?;
    to.sync_all()?;
    Ok(())
}

/// A backup whose sum is right: it is as it was written, by whomever.
pub(crate) struct Whole {
    file: BufReader<File>,
    pub(crate) head: Head,
    /// Where the database begins.
    at: u64,
}

/// Opens a backup and checks its sum; needs no key.
///
/// # Errors
/// [`VaultError::BackupDamaged`] for what is no backup, was cut short or changed; [`VaultError::BackupTooNew`].
pub(crate) fn open(path: &Path) -> Result<Whole> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let length = file.get_ref().metadata()?.len();
    let mut start = [0; MAGIC.len() + 4];
    exact(&mut file, &mut start)?;
    let (magic, count) = start.split_at(MAGIC.len());
    let count = u32::from_le_bytes(count.try_into().map_err(|_| VaultError::BackupDamaged)?) as usize;
    if magic != MAGIC || count > LONGEST_HEAD {
        return Err(VaultError::BackupDamaged);
    }
    let mut text = vec![0; count];
    exact(&mut file, &mut text)?;
    let at = (start.len() + count) as u64;
    let content = length.checked_sub(2 * DIGEST as u64).filter(|end| *end >= at);
    let content = content.ok_or(VaultError::BackupDamaged)?;
    let mut sums = Sums::new(None);
    sums.add(&start);
    sums.add(&text);
    pass(&mut file, content - at, |bytes| {
        sums.add(bytes);
        Ok(())
    })?;
    let mut digest = [0; DIGEST];
    exact(&mut file, &mut digest)?;
    if digest.as_slice() != sums.digest.finalize().as_slice() {
        return Err(VaultError::BackupDamaged);
    }
    // The sum is right, so what follows is as it was written: another version, or none of ours.
    #[derive(Deserialize)]
    struct Stamp {
        format: String,
        version: u32,
    }
    let stamp: Stamp = serde_json::from_slice(&text).map_err(|_| VaultError::BackupDamaged)?;
    if stamp.format == FORMAT && stamp.version > VERSION {
        return Err(VaultError::BackupTooNew(stamp.version));
    }
    let head: Head = serde_json::from_slice(&text).map_err(|_| VaultError::BackupDamaged)?;
    if head.format != FORMAT || head.version != VERSION || head.database_bytes != content - at {
        return Err(VaultError::BackupDamaged);
    }
    Ok(Whole { file, head, at })
}

impl Whole {
    /// Checks that the holder of the data key made it, and writes its database out.
    ///
    /// # Errors
    /// [`VaultError::BackupDamaged`] when somebody else made or changed it.
    pub(crate) fn extract(&mut self, data_key: &Key, to: &Path) -> Result<()> {
        let mut sums = Sums::new(Some(data_key));
        self.file.seek(SeekFrom::Start(0))?;
        pass(&mut self.file, self.at, |bytes| {
            sums.add(bytes);
            Ok(())
        })?;
        let mut out = new_private_file(to)?;
        pass(&mut self.file, self.head.database_bytes, |bytes| {
            sums.add(bytes);
            out.write_all(bytes)
        })?;
        out.sync_all()?;
        let mut trailer = [0; 2 * DIGEST];
        exact(&mut self.file, &mut trailer)?;
        let mac = sums.mac.expect("made with a key");
        mac.verify_slice(&trailer[DIGEST..]).map_err(|_| VaultError::BackupDamaged)
    }
}

fn exact(file: &mut impl Read, bytes: &mut [u8]) -> Result<()> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => VaultError::BackupDamaged,
        _ => error.into(),
    })
}

fn pass(
    file: &mut impl Read,
    mut left: u64,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<()> {
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        exact(file, &mut buffer[..part])?;
        take(&buffer[..part])?;
        left -= part as u64;
    }
    Ok(())
}

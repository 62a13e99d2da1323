//! A clinician's own archive: everything that the vault holds as readable files. It is recorded before anything is there.

use std::{collections::HashSet, fs, io::Write as _, path::Path};

use inbox_domain::{MessageId, ThreadId, format_instant};
use inbox_sync::stored_attachment;
use inbox_vault::{AuditNote, new_private_file};
use serde::Serialize;
use serde_json::json;

use crate::{
    dto::AppError,
    error::AppResult,
    record::{CaseRecord, ExportRecord},
    sensitive::{SensitiveThreads, sensitive_threads},
    session::Session,
};

impl Session {
    /// Writes `export.json`, `threads/ID.json`, `attachments/MESSAGE-N.EXTENSION` and `cases.ndjson` into a folder that is not
    /// there or is empty. No file name holds a name of a person. Attachments that were never fetched are counted and are not
    /// among them. What stands in sensitive threads leaves only when that is said; a case is left out with the thread that
    /// opened it.
    ///
    /// # Errors
    /// `sensitive_threads` with their `count` when `choice` asks; `folder_not_empty`, `file_error`, `disk_full`, and the
    /// vault's; then nothing was written.
    pub fn export(&self, to: &Path, choice: SensitiveThreads) -> AppResult<ExportRecord> {
        let sensitive = self.vault.sensitive_threads()?;
        if choice == SensitiveThreads::Ask && !sensitive.is_empty() {
            return Err(sensitive_threads(sensitive.len()));
        }
        let left_out = if choice == SensitiveThreads::Include { HashSet::new() } else { sensitive };
        let to = std::path::absolute(to).map_err(file)?;
        refuse_a_full_folder(&to)?;
        let place = to.ancestors().skip(1).find(|ancestor| ancestor.is_dir());
        let place = place.ok_or_else(|| AppError::new("file_error"))?;
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let work = builder.prefix(".export-").tempdir_in(place).map_err(file)?;
        let record = self.write_export(work.path(), &to, &left_out)?;
        // Nothing is there that is not on record.
        let threads = usize::try_from(record.threads).unwrap_or(usize::MAX);
        self.vault.note(&AuditNote::Exported(threads), self.now())?;
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(file)?;
        }
        // Takes an empty folder away and nothing else.
        let _ = fs::remove_dir(&to);
        fs::rename(work.path(), &to).map_err(file)?;
        let _ = work.keep();
        Ok(record)
    }

    fn write_export(&self, dir: &Path, to: &Path, left_out: &HashSet<ThreadId>) -> AppResult<ExportRecord> {
        let made_at = format_instant(self.now());
        let mut record = ExportRecord::empty(to);
        for name in ["threads", "attachments"] {
            fs::create_dir(dir.join(name)).map_err(file)?;
        }
        for thread in self.thread_records(None)? {
            if left_out.contains(&self.thread_id(&thread.id)?) {
                record.sensitive_left_out += 1;
                continue;
            }
            record.sensitive += u64::from(thread.sensitive);
            let detail = self.thread_detail(&thread.id)?;
            write_json(&dir.join("threads").join(format!("{}.json", thread.id)), &detail)?;
            record.threads += 1;
            for message in self.vault.messages(self.thread_id(&thread.id)?)? {
                record.messages += 1;
                self.export_attachments(message.id, &dir.join("attachments"), &mut record)?;
            }
        }
        let cases = self.vault.cases()?.into_iter().filter(|case| !left_out.contains(&case.thread));
        let cases: Vec<_> = cases.map(CaseRecord::from).collect();
        let mut lines = Vec::new();
        for case in &cases {
            serde_json::to_writer(&mut lines, case).map_err(|_| AppError::new("internal"))?;
            lines.push(b'\n');
        }
        write_new(&dir.join("cases.ndjson"), &lines)?;
        record.cases = cases.len() as u64;
        let about = json!({
            "format": "anteroom-export", "version": 1, "made_at": made_at, "threads": record.threads,
            "messages": record.messages, "cases": record.cases, "attachments": record.attachments,
            "attachments_not_fetched": record.attachments_not_fetched, "sensitive": record.sensitive,
            "sensitive_left_out": record.sensitive_left_out,
        });
        write_json(&dir.join("export.json"), &about)?;
        Ok(record)
    }

    fn export_attachments(&self, message: MessageId, dir: &Path, record: &mut ExportRecord) -> AppResult<()> {
        for (n, attachment) in (1..).zip(self.vault.attachments(message)?) {
            match stored_attachment(&self.vault, message, &attachment, self.now())? {
                Some(body) => {
                    let name = format!("{message}-{n}.{}", extension(&body.content_type));
                    write_new(&dir.join(name), &body.bytes)?;
                    record.attachments += 1;
                }
                None => record.attachments_not_fetched += 1,
            }
        }
        Ok(())
    }
}

fn refuse_a_full_folder(dir: &Path) -> AppResult<()> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(AppError::new("folder_not_empty")),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file(error)),
    }
}

fn extension(content_type: &str) -> &'static str {
    match content_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        _ => "bin",
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> AppResult<()> {
    let text = serde_json::to_vec_pretty(value).map_err(|_| AppError::new("internal"))?;
    write_new(path, &text)
}

/// A new file that only its owner reads.
fn write_new(path: &Path, bytes: &[u8]) -> AppResult<()> {
    let mut out = new_private_file(path).map_err(file)?;
    out.write_all(bytes).and_then(|()| out.sync_all()).map_err(file)
}

fn file(error: std::io::Error) -> AppError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => AppError::retryable("disk_full"),
        _ => AppError::new("file_error"),
    }
}

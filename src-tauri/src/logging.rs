//! The log: one file, own crates only, and of each event only the place in the source and fields on the allow-list.
//! A sentence in a log is where names and words of messages leak, so no sentence is written.

use std::{
    fmt,
    fs::{File, OpenOptions},
    sync::Mutex,
};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    EnvFilter,
    field::{MakeVisitor, VisitFmt, VisitOutput},
    fmt::format::Writer,
};

use crate::places;

const OWN: &str = "off,anteroom=info,inbox_app=info,inbox_sync=info,inbox_portal=info,inbox_vault=info";

/// Words (codes of ours) that may be written.
const TEXTS: [&str; 5] = ["code", "event", "state", "file", "kind"];

/// Numbers and truth values that may be written.
const NUMBERS: [&str; 12] = [
    "line",
    "count",
    "ms",
    "attempt",
    "new",
    "updated",
    "sent",
    "requests",
    "bytes",
    "retryable",
    "seconds",
    "schema",
];

/// Starts the log; without a place to write there is none.
pub(crate) fn start() {
    let Some(file) = open() else { return };
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(OWN))
        .with_ansi(false)
        .with_file(true)
        .with_line_number(true)
        .fmt_fields(AllowedFields)
        .with_writer(Mutex::new(file))
        .try_init();
    if started.is_err() {
        eprintln!("anteroom: the log could not be started");
    }
}

fn open() -> Option<File> {
    let path = places::log();
    std::fs::create_dir_all(path.parent()?).ok()?;
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}

/// Writes the fields of the allow-list as `name=value`.
#[derive(Debug, Clone, Copy)]
struct AllowedFields;

impl<'writer> MakeVisitor<Writer<'writer>> for AllowedFields {
    type Visitor = AllowedVisitor<'writer>;
    fn make_visitor(&self, target: Writer<'writer>) -> Self::Visitor {
        AllowedVisitor { writer: target, result: Ok(()) }
    }
}

struct AllowedVisitor<'writer> {
    writer: Writer<'writer>,
    result: fmt::Result,
}

impl AllowedVisitor<'_> {
    fn write(&mut self, allowed: &[&str], field: &Field, value: &dyn fmt::Display) {
        if self.result.is_ok() && allowed.contains(&field.name()) {
            self.result = write!(self.writer, " {}={value}", field.name());
        }
    }
}

impl Visit for AllowedVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(&TEXTS, field, &value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(&NUMBERS, field, &value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(&NUMBERS, field, &value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(&NUMBERS, field, &value);
    }
    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

impl VisitOutput<fmt::Result> for AllowedVisitor<'_> {
    fn finish(self) -> fmt::Result {
        self.result
    }
}

impl VisitFmt for AllowedVisitor<'_> {
    fn writer(&mut self) -> &mut dyn fmt::Write {
        &mut self.writer
    }
}

#[cfg(test)]
mod tests;

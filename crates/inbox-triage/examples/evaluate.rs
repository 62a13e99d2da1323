//! `cargo run -p inbox-triage --example evaluate < FILE`: the evaluation table; with `--flags` the judgements instead.

use std::io::{stdin, stdout};

use inbox_triage::{Engine, evaluate, ndjson};

fn main() -> Result<(), ndjson::NdjsonError> {
    let engine = Engine::builtin();
    if std::env::args().any(|argument| argument == "--flags") {
        return ndjson::run(stdin().lock(), stdout().lock(), engine);
    }
    print!("{}", evaluate::run(stdin().lock(), engine)?.to_table());
    Ok(())
}

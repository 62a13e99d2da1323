//! Running a program with its output shown and kept, and with a limit on its time.
//!
//! Children stay in our process group, so that Ctrl-C reaches all of them. A group of their own was rejected for that
//! reason; at the limit the tree below the child is ended by walking `/proc` instead.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// It ended by itself with success.
    pub(crate) ok: bool,
    /// The limit was reached and it was ended.
    pub(crate) timed_out: bool,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard output and error, as they came.
    pub(crate) both: String,
}

/// What of the output is shown while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// All.
    All,
    /// Standard error.
    Errors,
}

/// Runs to the end or to the limit.
pub(crate) fn run(command: &mut Command, limit: Duration, show: Show) -> Result<Outcome> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} could not be started", command.get_program().to_string_lossy()))?;
    let (sender, lines) = mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        forward(pipe, true, sender.clone());
    }
    if let Some(pipe) = child.stderr.take() {
        forward(pipe, false, sender.clone());
    }
    drop(sender);
    collect(&mut child, &lines, limit, show)
}

/// Runs with a limit, shows all output, and fails when the program fails.
pub(crate) fn must(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let name = describe(command);
    let outcome = run(command, limit, Show::All)?;
    if outcome.timed_out {
        bail!("{name}: stopped after {} s", limit.as_secs());
    }
    if !outcome.ok {
        bail!("{name}: failed");
    }
    Ok(outcome)
}

/// The command as a person would type it, shortened.
pub(crate) fn describe(command: &Command) -> String {
    let mut words =
        vec![command.get_program().to_string_lossy().rsplit('/').next().unwrap_or_default().to_owned()];
    words.extend(command.get_args().take(4).map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

fn forward(pipe: impl Read + Send + 'static, is_stdout: bool, sender: mpsc::Sender<(bool, String)>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender.send((is_stdout, String::from_utf8_lossy(&line).into_owned())).is_err() {
                break;
            }
            line.clear();
        }
    });
}

fn collect(
    child: &mut Child,
    lines: &mpsc::Receiver<(bool, String)>,
    limit: Duration,
    show: Show,
) -> Result<Outcome> {
    let end = Instant::now() + limit;
    let mut outcome = Outcome { ok: false, timed_out: false, stdout: String::new(), both: String::new() };
    let mut ended: Option<Instant> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok((is_stdout, line)) => outcome.take(is_stdout, &line, show),
            Err(mpsc::RecvTimeoutError::Disconnected) if ended.is_some() => break,
            Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(20)),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if ended.is_none() {
            if let Some(status) = child.try_wait()? {
                outcome.ok = status.success() && !outcome.timed_out;
                ended = Some(Instant::now());
            } else if Instant::now() > end {
                outcome.timed_out = true;
                end_tree(child)?;
            }
        }
        // A grandchild that outlived its parent may hold the pipe; it is not waited for.
        if ended.is_some_and(|at| at.elapsed() > Duration::from_secs(3)) {
            break;
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn take(&mut self, is_stdout: bool, line: &str, show: Show) {
        if is_stdout {
            self.stdout.push_str(line);
            if show == Show::All {
                print!("{line}");
            }
        } else {
            eprint!("{line}");
        }
        self.both.push_str(line);
    }
}

/// Ends a child and everything below it.
fn end_tree(child: &mut Child) -> Result<()> {
    let below = descendants(child.id(), &process_table());
    let ids: Vec<String> = below.iter().map(u32::to_string).collect();
    if !ids.is_empty() {
        Command::new("sh").arg("-c").arg(format!("kill -KILL {} 2>/dev/null", ids.join(" "))).status()?;
    }
    child.kill()?;
    Ok(())
}

/// All (process, parent) pairs of the machine.
fn process_table() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold spaces; the fields after it do not.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect()
}

fn descendants(of: u32, table: &[(u32, u32)]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut queue = vec![of];
    while let Some(parent) = queue.pop() {
        for (pid, _) in table.iter().filter(|(_, its_parent)| *its_parent == parent) {
            found.push(*pid);
            queue.push(*pid);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_kept_and_success_is_told_from_failure() {
        let good = run(
            Command::new("sh").args(["-c", "echo out; echo err >&2"]),
            Duration::from_secs(10),
            Show::Errors,
        )
        .unwrap();
        assert!(good.ok);
        assert_eq!(good.stdout, "out\n");
        assert!(good.both.contains("err"));
        let bad =
            run(Command::new("sh").args(["-c", "exit 3"]), Duration::from_secs(10), Show::Errors).unwrap();
        assert!(!bad.ok && !bad.timed_out);
    }

    #[test]
    fn a_program_over_its_limit_is_ended_with_its_children() {
        let start = Instant::now();
        let slow = Duration::from_millis(300);
        let outcome =
            run(Command::new("sh").args(["-c", "sleep 60 & sleep 60; wait"]), slow, Show::Errors).unwrap();
        assert!(outcome.timed_out && !outcome.ok);
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn descendants_are_found_over_generations() {
        let table = [(2, 1), (3, 2), (4, 3), (5, 1)];
        let mut found = descendants(2, &table);
        found.sort_unstable();
        assert_eq!(found, [3, 4]);
    }
}

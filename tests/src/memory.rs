//! Looking for planted words and keys in the whole memory of a running process, as a debugger or a core dump would show it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use aho_corasick::AhoCorasick;

use crate::Result;

/// Length of the pieces that are looked for. A remnant of 31 bytes or more holds a whole piece.
const PIECE: usize = 16;

/// Read at once; larger than any remnant.
const BLOCK: usize = 1 << 20;

/// Bytes of a page: what all systems with the rig have.
const PAGE: u64 = 4096;

/// Bytes of the surroundings that a find shows, on each side.
const AROUND: usize = 48;

/// Something planted that must not remain.
#[derive(Debug, Clone)]
pub struct Canary {
    name: String,
    pieces: Vec<Vec<u8>>,
}

impl Canary {
    /// A text of at least 16 letters, as UTF-8 and as the web engine's UTF-16.
    pub fn text(name: &str, text: &str) -> Self {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut canary = Self::of(name, &[text.as_bytes()]);
        // As many letters as in the other form: half of them stand in every font's licence.
        canary.pieces.extend(wide.chunks_exact(2 * PIECE).map(<[u8]>::to_vec));
        canary
    }

    /// A key, raw and in hexadecimal.
    pub fn key(name: &str, key: &[u8]) -> Self {
        let lower: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::of(name, &[key, lower.as_bytes(), lower.to_uppercase().as_bytes()])
    }

    fn of(name: &str, forms: &[&[u8]]) -> Self {
        let pieces = forms.iter().flat_map(|form| form.chunks_exact(PIECE)).map(<[u8]>::to_vec).collect();
        Self { name: name.to_owned(), pieces }
    }

    /// Its name, which is what a report says.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A piece of a canary in a process's memory.
#[derive(Debug, Clone)]
pub struct Remnant {
    /// Which canary.
    pub canary: String,
    /// What the memory is: `[heap]`, `[stack]`, a file's name, or nothing.
    pub region: String,
    /// Where.
    pub address: u64,
    /// What stands around it; unreadable bytes as dots.
    pub around: String,
}

/// What a scan has found.
#[derive(Debug)]
pub struct Scanned {
    /// Bytes that were looked at.
    pub bytes: u64,
    /// All pieces, by address.
    pub remnants: Vec<Remnant>,
}

impl Scanned {
    /// Names of the canaries that were found, each once, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.remnants.iter().map(|one| one.canary.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A mapping of `/proc/PID/maps`.
struct Region {
    start: u64,
    end: u64,
    name: String,
}

/// Reads every readable mapping of a process and looks for the canaries. The process runs on meanwhile.
///
/// # Errors
/// When the process has ended or is not dumpable for this user.
pub fn scan_memory(process: u32, canaries: &[Canary]) -> Result<Scanned> {
    let pieces: Vec<(&Canary, &Vec<u8>)> =
        canaries.iter().flat_map(|canary| canary.pieces.iter().map(move |piece| (canary, piece))).collect();
    let finder = AhoCorasick::new(pieces.iter().map(|(_, piece)| piece))?;
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let pagemap = File::open(format!("/proc/{process}/pagemap"))?;
    let mut scanned = Scanned { bytes: 0, remnants: Vec::new() };
    let mut block = vec![0; BLOCK + 2 * PIECE];
    for region in regions(process)? {
        for (start, end) in resident(&pagemap, &region)? {
            let mut at = start;
            while at < end {
                let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(block.len());
                // Unmapped since the list was read.
                let Ok(read) = memory.read_at(&mut block[..length], at) else { break };
                if read == 0 {
                    break;
                }
                scanned.bytes += read.min(BLOCK) as u64;
                for hit in finder.find_iter(&block[..read]).filter(|hit| hit.start() < BLOCK) {
                    let from = hit.start().saturating_sub(AROUND);
                    let to = (hit.end() + AROUND).min(read);
                    scanned.remnants.push(Remnant {
                        canary: pieces[hit.pattern().as_usize()].0.name.clone(),
                        region: region.name.clone(),
                        address: at + hit.start() as u64,
                        around: readable(&block[from..to]),
                    });
                }
                at += read.min(BLOCK) as u64;
            }
        }
    }
    Ok(scanned)
}

/// The parts of a region that are in memory or swapped out: the web engine reserves gigabytes that it never touches.
fn resident(pagemap: &File, region: &Region) -> Result<Vec<(u64, u64)>> {
    const ENTRY: usize = 8;
    const IN_USE: u64 = 0b11 << 62;
    let mut found: Vec<(u64, u64)> = Vec::new();
    let mut entries = vec![0; 64 * 1024 * ENTRY];
    let mut page = region.start / PAGE;
    while page < region.end / PAGE {
        let wanted = usize::try_from(region.end / PAGE - page)?.saturating_mul(ENTRY).min(entries.len());
        let read = pagemap.read_at(&mut entries[..wanted], page * ENTRY as u64)?;
        if read < ENTRY {
            break;
        }
        for entry in entries[..read].chunks_exact(ENTRY) {
            if u64::from_ne_bytes(entry.try_into()?) & IN_USE != 0 {
                let (start, end) = (page * PAGE, (page + 1) * PAGE);
                match found.last_mut() {
                    Some(last) if last.1 == start => last.1 = end,
                    _ => found.push((start, end)),
                }
            }
            page += 1;
        }
    }
    Ok(found)
}

fn regions(process: u32) -> Result<Vec<Region>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        let Some((start, end)) = range.split_once('-') else { continue };
        // Offset, device and inode stand before the name.
        let name = words.skip(3).collect::<Vec<_>>().join(" ");
        if rights.starts_with('r') && !name.starts_with("[v") {
            let (start, end) = (u64::from_str_radix(start, 16)?, u64::from_str_radix(end, 16)?);
            found.push(Region { start, end, name });
        }
    }
    Ok(found)
}

fn readable(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (32..127).contains(byte) { char::from(*byte) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use super::*;

    const TEXT: &str = "I walked along the river and counted the boats until it was dark.";

    /// What a program remembers that was told `said` and asked to forget it or not.
    fn remembered(script: &str) -> Vec<String> {
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{TEXT}").unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let canaries = [Canary::text("text", TEXT), Canary::key("key", &[7; 32])];
        let scanned = scan_memory(child.id(), &canaries);
        child.kill().unwrap();
        child.wait().unwrap();
        let scanned = scanned.unwrap();
        assert!(scanned.bytes > 1 << 20, "{}", scanned.bytes);
        scanned.names().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_a_process_holds_is_found_and_nothing_else() {
        assert_eq!(remembered("read -r held; echo ready; while :; do sleep 1; done"), ["text"]);
        assert!(remembered("cat >/dev/null; echo ready; while :; do sleep 1; done").is_empty());
    }

    #[test]
    fn a_key_is_looked_for_raw_and_in_hexadecimal() {
        let key = Canary::key("key", &(0..32).collect::<Vec<u8>>());
        let spelled: Vec<u8> = "000102030405060708090A0B0C0D0E0F".chars().map(|sign| sign as u8).collect();
        assert!(key.pieces.iter().any(|piece| spelled.windows(PIECE).any(|part| part == piece)));
        assert!(key.pieces.contains(&(0..16).collect::<Vec<u8>>()));
    }
}

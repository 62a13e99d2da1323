//! The bench's server: a process of its own on loopback that writes prebuilt bytes, so that neither its memory nor its
//! processor time counts for the client.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;

use crate::figures::cpu_ms;
use crate::stock::{self, Stock};

/// Serves until its standard input ends, that is until the parent is gone or done.
pub(crate) fn run(messages: usize, new: usize) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let base = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Runtime::new()?;
    let stock = Arc::new(runtime.block_on(stock::build(&base, messages, new))?);
    drop(runtime);
    println!("{base} {}", stock.messages);
    std::thread::spawn(move || {
        let released = Arc::new(AtomicBool::new(false));
        for wire in listener.incoming().flatten() {
            let (stock, released) = (Arc::clone(&stock), Arc::clone(&released));
            std::thread::spawn(move || serve(&wire, &stock, &released));
        }
    });
    std::io::stdin().lines().for_each(drop);
    Ok(())
}

/// One connection; ends with it.
fn serve(wire: &TcpStream, stock: &Stock, released: &AtomicBool) -> Option<()> {
    wire.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(wire.try_clone().ok()?);
    let mut writer = wire;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let target = line.split(' ').nth(1)?.to_owned();
        let mut header = String::new();
        while reader.read_line(&mut header).ok()? > 2 {
            header.clear();
        }
        let head = |length: usize| {
            let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
            format!(
                "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/fhir+json\r\nContent-Length: {length}\r\n\r\n"
            )
        };
        match prebuilt(&target, stock, released) {
            Some(page) => {
                writer.write_all(head(page.len()).as_bytes()).ok()?;
                writer.write_all(page).ok()?;
            }
            None => {
                let body = made(&target, stock, released);
                writer.write_all(format!("{}{body}", head(body.len())).as_bytes()).ok()?;
            }
        }
    }
}

/// A page of messages.
fn prebuilt<'s>(target: &str, stock: &'s Stock, released: &AtomicBool) -> Option<&'s [u8]> {
    if let Some(name) = target.strip_prefix("/pages/") {
        let (name, n) = name.rsplit_once('-')?;
        let pages = match name {
            "recipient" => &stock.recipient,
            "sender" => &stock.sender,
            "new-recipient" => &stock.new_recipient,
            _ => &stock.new_sender,
        };
        return pages.get(n.parse::<usize>().ok()?).map(Vec::as_slice);
    }
    let query = target.strip_prefix("/Communication?")?;
    let by = |name: &str| query.starts_with(name);
    if query.contains("_lastUpdated=ge") {
        return match released.load(Ordering::Relaxed) {
            true if by("recipient=") => stock.new_recipient.first().map(Vec::as_slice),
            true if by("sender=") => stock.new_sender.first().map(Vec::as_slice),
            _ => None,
        };
    }
    match () {
        () if by("recipient=") => stock.recipient.first().map(Vec::as_slice),
        () if by("sender=") => stock.sender.first().map(Vec::as_slice),
        () => None,
    }
}

/// Everything else: put together from prebuilt entries.
fn made(target: &str, stock: &Stock, released: &AtomicBool) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "/metadata" => return stock::metadata(),
        "/release/now" => {
            released.store(true, Ordering::Relaxed);
            return "{}".to_owned();
        }
        "/cpu" => return format!("{}", cpu_ms()),
        _ => {}
    }
    let kind = path.trim_start_matches('/');
    let (listing, changed) = (query.contains("_elements=id"), query.contains("_lastUpdated="));
    let mut found = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        for word in value.split(',') {
            match name.as_ref() {
                "_id" => found.extend(stock.entries.get(&format!("{kind}/{word}")).map(String::as_str)),
                "identifier" => {
                    let id = stock.identifiers.get(word);
                    found.extend(
                        id.and_then(|id| stock.entries.get(&format!("{kind}/{id}"))).map(String::as_str),
                    );
                }
                "part-of" if !changed => {
                    let header = word.trim_start_matches("Communication/");
                    if listing {
                        found.extend(stock.listed.get(header).map(String::as_str));
                    } else {
                        let members = stock.members.get(header).into_iter().flatten();
                        let entry = |id| stock.entries.get(&format!("Communication/{id}"));
                        found.extend(members.filter_map(entry).map(String::as_str));
                    }
                }
                _ => {}
            }
        }
    }
    stock::bundle(&found.join(","), found.len(), None)
}

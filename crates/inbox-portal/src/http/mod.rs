//! HTTP with limits: time, body size, no other host, certificates verified, http only on this machine.

mod answer;
mod client;
mod limits;
mod transport;

pub(crate) use answer::Answer;
pub(crate) use client::{HttpClient, Outgoing};
pub use limits::{HttpLimits, TrafficCount};
pub(crate) use limits::{check_address, same_host};
pub use transport::{Exchanging, Transport, WireAnswer, WireBody, WireRequest};

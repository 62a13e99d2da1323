//! HTTP with limits: time, body size, no other host, certificates verified, http only on this machine.

mod allowance;
mod answer;
mod client;
mod limits;
mod pace;
mod transport;

pub(crate) use answer::Answer;
pub(crate) use client::{HttpClient, Outgoing};
pub use limits::{HttpLimits, TrafficCount};
pub(crate) use limits::{check_address, same_host};
pub(crate) use pace::Pace;
pub use transport::{Exchanging, Transport, WireAnswer, WireBody, WireRequest};

//! What can go wrong between this program and the portal, with a stable code for the window and the command line.
//!
//! No variant carries a URL, a body, a name or a token, so that any of them may be shown and logged.

use std::time::Duration;

use thiserror::Error;

/// An error of the portal client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PortalError {
    /// The address is not a URL with a host.
    #[error("the portal address is not a valid URL")]
    InvalidAddress,
    /// http to a host that is not this machine.
    #[error("http is refused except on this machine")]
    InsecureAddress,
    /// No connection could be made: nothing was sent.
    #[error("the portal cannot be reached")]
    Unreachable,
    /// No complete answer within the time limit.
    #[error("the portal did not answer in time")]
    Timeout,
    /// The connection broke, or the body ended early.
    #[error("the connection to the portal broke")]
    ConnectionLost,
    /// The server's certificate does not verify.
    #[error("the portal's certificate does not verify")]
    CertificateRefused,
    /// A redirect to another host.
    #[error("a redirect to another host was refused")]
    RedirectRefused,
    /// A page link to another host.
    #[error("a page link to another host was refused")]
    LinkRefused,
    /// The body is larger than the limit.
    #[error("the answer is larger than the limit")]
    TooLarge,
    /// The answer is not JSON, is cut off, or is not what was asked for.
    #[error("the portal's answer cannot be read")]
    InvalidAnswer,
    /// 401 after one refresh, or without a way to refresh.
    #[error("the portal does not accept the sign-in")]
    Unauthorized,
    /// 403.
    #[error("the portal does not allow this")]
    Forbidden,
    /// 404.
    #[error("the portal does not have this")]
    NotFound,
    /// 410: a deleted resource or an expired page link.
    #[error("the portal no longer has this")]
    Gone,
    /// 412: a condition did not hold.
    #[error("the resource has changed on the portal")]
    PreconditionFailed,
    /// Another definite refusal (4xx).
    #[error("the portal refused the request with status {status}")]
    Rejected {
        /// HTTP status.
        status: u16,
    },
    /// 429.
    #[error("the portal asks to wait")]
    RateLimited {
        /// From `Retry-After` or `RateLimit`'s `t`.
        retry_after: Option<Duration>,
    },
    /// 503.
    #[error("the portal is not available")]
    Unavailable {
        /// From `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Another 5xx.
    #[error("the portal failed with status {status}")]
    Server {
        /// HTTP status.
        status: u16,
    },
    /// Sign-in failed; the word says at which step: `discovery`, `pkce`, `listener`, `state`, `denied`, `token`,
    /// `answer_lost`, `timeout`.
    #[error("sign-in failed at step {step}")]
    SignIn {
        /// The step.
        step: &'static str,
    },
    /// New tokens could not be stored; they were not used.
    #[error("the new sign-in could not be stored")]
    TokenStore,
}

impl PortalError {
    /// Stable code in snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAddress => "invalid_address",
            Self::InsecureAddress => "insecure_address",
            Self::Unreachable => "portal_unreachable",
            Self::Timeout => "portal_timeout",
            Self::ConnectionLost => "connection_lost",
            Self::CertificateRefused => "certificate_refused",
            Self::RedirectRefused => "redirect_refused",
            Self::LinkRefused => "link_refused",
            Self::TooLarge => "answer_too_large",
            Self::InvalidAnswer => "invalid_answer",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::PreconditionFailed => "precondition_failed",
            Self::Rejected { .. } => "rejected",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "portal_unavailable",
            Self::Server { .. } => "portal_error",
            Self::SignIn { .. } => "sign_in_failed",
            Self::TokenStore => "token_store_failed",
        }
    }

    /// Whether trying again without a change may help.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Timeout
                | Self::ConnectionLost
                | Self::InvalidAnswer
                | Self::Gone
                | Self::RateLimited { .. }
                | Self::Unavailable { .. }
                | Self::Server { .. }
        )
    }

    /// How long the server asks to wait, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// Whether a write that ended so may nevertheless have been committed by the server: its outcome is `unknown` (I6).
    pub fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Timeout
            | Self::ConnectionLost
            | Self::TooLarge
            | Self::InvalidAnswer
            | Self::RedirectRefused
            | Self::Unavailable { .. }
            | Self::Server { .. } => true,
            Self::Rejected { status } => *status == 408,
            _ => false,
        }
    }

    /// Whether the server said no to this very write, so that repeating it cannot help.
    pub fn is_definite_refusal(&self) -> bool {
        match self {
            Self::Forbidden | Self::NotFound | Self::Gone | Self::PreconditionFailed => true,
            Self::Rejected { status } => *status != 408,
            _ => false,
        }
    }
}

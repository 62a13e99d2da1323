//! `policy`: whether a clinic's policy file holds.

use std::path::Path;

use inbox_app::{
    dto::{PolicyState, PolicyView},
    policy::PolicySource,
};

use crate::output::{Failure, Outcome, print};

/// The policy that the arguments name, else the system's.
pub(crate) fn source(named: Option<&Path>) -> PolicySource {
    named.map_or_else(PolicySource::system, PolicySource::at)
}

/// Prints what holds; a file that cannot be used is exit 1.
pub(crate) fn check(file: Option<&Path>) -> Outcome {
    let view = PolicyView::of(&source(file));
    print(&view)?;
    if view.state == PolicyState::Broken { Err(Failure::Said) } else { Ok(()) }
}

//! Whole processes: the command line against the demo portal, with a real keyring.

mod rig;

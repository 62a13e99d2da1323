//! Use cases: the one API of the shell and the command line.

pub mod dto;

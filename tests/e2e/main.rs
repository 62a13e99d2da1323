//! Flows in the real window.

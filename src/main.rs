//! The `drydock` binary: parse, run, exit code.
fn main() {}

//! Feeds arbitrary bytes to the CSV reader.
#![no_main]

#[path = "../checks/csv.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::csv(data));

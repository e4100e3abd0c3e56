//! Feeds arbitrary bytes to the model reader.
#![no_main]

#[path = "../checks/model.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::model(data));

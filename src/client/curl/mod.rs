//! curl command lines: read as a shell and curl would, and written so that any shell takes them.

mod export;
mod import;
mod options;
mod words;

pub use export::export;
pub use import::{ImportError, Imported, import};

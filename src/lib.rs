//! Drydock takes a machine-learning model from a CSV file to production, on one inference core.
//!
//! The layers, in reading order; each uses only itself and the ones above it:
//!
//! - [`work`]: what long or random work is handed (progress, cancellation, seed).
//! - [`data`]: tables, CSV reading and writing, profiles, splits, the bundled samples.
//! - [`model`]: what a model is: signature, encoding, estimator, the model file.
//! - [`inference`]: the core: one predict for a record, a table and a stream.
pub mod cli;
pub mod data;
pub mod inference;
pub mod model;
pub mod training;
pub mod work;

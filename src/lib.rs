//! Drydock takes a machine-learning model from a CSV file to production, on one inference core.
//!
//! The layers, in reading order. Each uses only itself and the ones above it; `tests/architecture.rs` holds that.
//!
//! - [`work`]: what long or random work is handed: progress, cancellation, seed. Starts no threads, knows no clock.
//! - [`data`]: tables, CSV reading and writing, profiles, splits, the bundled samples. Knows nothing of models.
//! - [`model`]: what a model is: signature, encoding, estimator, and the model file. Knows no training, and no input
//!   or output but its own bytes.
//! - [`inference`]: the core: one predict for a record, a table and a stream. Nothing else in the program predicts.
//! - [`training`]: from settings as typed to a checked plan, a model and an honest evaluation. The only home of linfa.
//! - [`drift`]: how two tables differ and whether it matters; the slider laboratory; estimates without labels; advice.
//! - [`workspace`]: the folder a learner's work lives in: models with versions and a champion, what is open; recovery.
//! - [`protocol`]: the wire: bodies, errors and addresses of every dialect, for server and client. No input or output.
//! - [`client`]: the request client: measured phases, collections, history, curl and code.
//! - [`server`]: every dialect at one address; keys, limits, log, metrics. The only home of axum.
//! - [`cli`]: the commands. The only place that prints.
//! - `app`: the window (feature `gui`, on by default). The only home of egui.
//!
//! # Invariants
//!
//! - No number is rounded in silence when data is read: an integer that a double can't hold stays text, or is read
//!   with a warning where the user or the model asks for numbers.
//! - No row is dropped and no cell replaced without a warning that names the line, or a count.
//! - No prediction depends on how many rows are asked for at once, or on the number of threads.
//! - No model file is computed with before all of it was checked.
//! - No output file is ever seen half-written.
//!
//! # Example
//!
//! From CSV text to a prediction, and what each feature adds to it:
//!
//! ```
//! use std::sync::Arc;
//! use drydock::data::{ReadOptions, Source, read_csv};
//! use drydock::inference::{Prediction, Predictor, Scratch};
//! use drydock::training::{Origin, Plan, Settings, train};
//! use drydock::work::Progress;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let source = Source::from_bytes("cups.csv", *b"degrees,cups\n0,30\n10,20\n20,10\n");
//! let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new())?;
//! let plan = Plan::new(Settings::new("cups"), &loaded.table)?;
//! let trained = train(&plan, &loaded.table, &Origin::of("cups.csv", &loaded), &Progress::new())?;
//!
//! let predictor = Predictor::new(Arc::new(trained.model));
//! let mut scratch = Scratch::default();
//! predictor.read_record(br#"{"degrees": 5}"#, &mut scratch)?;
//! let Prediction::Number(cups) = predictor.predict(&mut scratch) else { panic!("a number") };
//! assert!((cups - 25.0).abs() < 1e-12);
//!
//! let (intercept, parts) = predictor.contributions(&scratch).ok_or("a linear model has contributions")?;
//! assert_eq!(parts[0].0, "degrees");
//! assert_eq!(intercept + parts[0].1, cups);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "gui")]
pub mod app;
pub mod cli;
pub mod client;
pub mod data;
pub mod drift;
pub mod inference;
pub mod lesson;
pub mod model;
pub mod protocol;
pub mod server;
pub mod training;
pub mod work;
pub mod workspace;

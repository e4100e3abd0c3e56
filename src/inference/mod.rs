//! The core: one way to predict, for a record, a table and a stream. Everything in this program that predicts
//! calls this, so that all of it gives the same number to the last bit.

mod batch;
mod calls;
mod error;
mod kernel;
mod labelled;
mod record;
mod rows;
mod scan;
mod slots;
mod stream;
mod table;
pub mod text;
mod weighted_sum;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

pub(crate) use batch::Words;
pub use batch::{Batch, BodyError, Form, Rows};
pub use calls::{Answers, Ask, CallError, score_csv_asking};
pub use error::{InputError, Place};
pub use labelled::{Labelled, TrueClass, Truth, class_of, score_labelled};
pub(crate) use record::IMAGE_WHITE;
pub use record::Scratch;
pub use scan::JsonScan;
pub(crate) use slots::DAY_MICROS;
pub use slots::Notes;
pub use stream::{ScoreError, Scored, score_csv, score_csv_seen};
pub use table::Predictions;

use kernel::{Kernel, OneRow};
use slots::Slot;

use crate::data::write_number;
use crate::model::{Model, Policies, Policy, Task};

/// A model made ready to predict. Cheap to share, never changes.
#[derive(Debug)]
pub struct Predictor {
    /// Its own among all of this process.
    id: u64,
    model: Arc<Model>,
    slots: Vec<Slot>,
    by_name: HashMap<String, usize>,
    kernel: Kernel,
    /// `,"model":"…","version":"…"}`, ready to be sent.
    json_tail: String,
    /// The same model, lenient, once somebody asked for it.
    lenient: OnceLock<Arc<Predictor>>,
}

/// One prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prediction<'a> {
    /// A number.
    Number(f64),
    /// A class, with the probability the model gives it.
    Class {
        /// The class's name.
        name: &'a str,
        /// Its probability.
        probability: f64,
    },
}

impl Prediction<'_> {
    /// Whether its number is one. Values near the limits of a double can make a prediction overflow.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        match self {
            Self::Number(value) => value.is_finite(),
            Self::Class { probability, .. } => probability.is_finite(),
        }
    }
}

impl Predictor {
    /// Makes a model ready.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let slots = Slot::all(&model);
        let by_name = slots.iter().enumerate().map(|(at, slot)| (slot.input.name.clone(), at)).collect();
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let json_tail = format!(",\"model\":{},\"version\":{}}}", text(&model.name), text(&model.version));
        let kernel = Kernel::new(&model);
        Self { id, model, slots, by_name, kernel, json_tail, lenient: OnceLock::new() }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The same model with policies that refuse neither a number out of its range, nor a level it never saw, nor a column too
    /// many: what changes in the data is predicted as well as may be. Only a missing value may still be refused. Made once.
    #[must_use]
    pub fn lenient(&self) -> &Arc<Self> {
        self.lenient.get_or_init(|| {
            let mut model = self.model.as_ref().clone();
            let relax = |policies: &mut Policies| {
                for policy in
                    [&mut policies.out_of_range, &mut policies.unknown_level, &mut policies.extra_column]
                {
                    if *policy == Policy::Reject {
                        *policy = Policy::Ignore;
                    }
                }
            };
            relax(&mut model.policies);
            model.inputs.iter_mut().filter_map(|input| input.policies.as_mut()).for_each(relax);
            Arc::new(Self::new(Arc::new(model)))
        })
    }

    /// Whether the model takes images of 8 by 8 points: it has 64 inputs, all numbers, and none that is called `image`.
    #[must_use]
    pub fn takes_images(&self) -> bool {
        self.slots.len() == 64
            && self.slots.iter().all(|slot| matches!(slot.kind, slots::SlotKind::Number))
            && !self.by_name.contains_key("image")
    }

    /// The place of an input by its name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// `,"model":"…","version":"…"}`: how a JSON answer ends.
    #[must_use]
    pub fn json_tail(&self) -> &str {
        &self.json_tail
    }

    /// The prediction for the record that was read last. Whoever hands it on looks at [`Prediction::is_finite`].
    ///
    /// The arithmetic allocates nothing once `scratch` has been used.
    #[must_use]
    pub fn predict<'a>(&'a self, scratch: &mut Scratch) -> Prediction<'a> {
        scratch.outputs.resize(self.kernel.n_outputs(), 0.0);
        self.kernel.eval(&OneRow(&scratch.slots), 1, &mut scratch.outputs, &mut scratch.work);
        self.prediction(|output| scratch.outputs[output])
    }

    /// The number or class that a row's outputs stand for.
    pub(crate) fn prediction(&self, output: impl Fn(usize) -> f64) -> Prediction<'_> {
        match self.model.task {
            Task::Regression => Prediction::Number(output(0)),
            Task::Classification => {
                let mut best = 0;
                for class in 1..self.kernel.n_outputs() {
                    if output(class) > output(best) {
                        best = class;
                    }
                }
                Prediction::Class { name: &self.model.output.classes[best], probability: output(best) }
            }
        }
    }

    /// The probability of every class, for the record that was predicted last; empty for regression.
    #[must_use]
    pub fn probabilities<'a>(&'a self, scratch: &'a Scratch) -> Vec<(&'a str, f64)> {
        self.model.output.classes.iter().map(String::as_str).zip(scratch.outputs.iter().copied()).collect()
    }

    /// What each input adds to the prediction for the record that was read last, in the order of summation:
    /// `prediction = intercept + Σ contribution`, to the last bit when summed in this order. A category's
    /// contribution is relative to its reference level. `None` for models that are no weighted sum.
    #[must_use]
    pub fn contributions(&self, scratch: &Scratch) -> Option<(f64, Vec<(&str, f64)>)> {
        let sum = self.kernel.sum()?;
        let parts = sum
            .contributions(&scratch.slots)
            .map(|(input, amount)| (self.slots[input].input.name.as_str(), amount))
            .collect();
        Some((sum.intercept(), parts))
    }

    /// The inputs of the record that was read last whose numbers lie outside what training saw: name, value, and
    /// the training range.
    #[must_use]
    pub fn out_of_range(&self, scratch: &Scratch) -> Vec<(&str, f64, (f64, f64))> {
        let slots = self.slots.iter().zip(&scratch.slots);
        slots
            .filter(|(slot, value)| slot.is_out_of_range(**value))
            .map(|(slot, value)| (slot.input.name.as_str(), *value, (slot.min, slot.max)))
            .collect()
    }

    /// One record as JSON in, the prediction as JSON out (appended to `out`):
    /// `{"prediction":…,"model":…,"version":…}`, with `"probability"` for classifiers.
    ///
    /// # Errors
    /// [`InputError`] as for [`Predictor::read_record`], and when the prediction overflows.
    pub fn predict_json(
        &self,
        json: &[u8],
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Result<(), InputError> {
        self.read_record(json, scratch)?;
        let prediction = self.predict(scratch);
        if !prediction.is_finite() {
            return Err(InputError::overflow());
        }
        out.extend_from_slice(b"{\"prediction\":");
        match prediction {
            Prediction::Number(value) => write_number(value, out),
            Prediction::Class { name, probability } => {
                out.extend_from_slice(serde_json::Value::from(name).to_string().as_bytes());
                out.extend_from_slice(b",\"probability\":");
                write_number(probability, out);
            }
        }
        out.extend_from_slice(self.json_tail.as_bytes());
        Ok(())
    }
}

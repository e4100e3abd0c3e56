//! What must hold for any bytes that are read as a model.

use std::sync::Arc;

use drydock::inference::{Predictor, Scratch};
use drydock::model::Model;

/// Reads the bytes; what is accepted must predict without a panic and survive being written and read.
pub(crate) fn model(bytes: &[u8]) {
    let Ok(model) = Model::from_json(bytes) else { return };
    assert_eq!(Model::from_json(&model.to_json()).as_ref(), Ok(&model));
    let predictor = Predictor::new(Arc::new(model));
    let mut scratch = Scratch::default();
    for record in ["{}", r#"{"a": 1, "b": "x", "c": true, "d": null}"#, "[1]", "{"] {
        if predictor.read_record(record.as_bytes(), &mut scratch).is_ok() {
            std::hint::black_box(predictor.predict(&mut scratch));
            std::hint::black_box(predictor.contributions(&scratch));
        }
    }
}

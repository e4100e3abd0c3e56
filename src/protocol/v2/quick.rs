//! The usual JSON request, read in one pass: a tensor for each of the model's inputs, the values straight into the
//! columns. Whatever is unusual or wrong is left to the reader that takes everything and explains what it does not take;
//! `tests::both_readers_agree` holds the two together.

use super::binary::width;
use super::{Asked, Output};
use crate::inference::{Batch, JsonScan, Predictor, Words};

/// Reads a request; `None` for one that is not of the usual kind.
pub(super) fn read(predictor: &Predictor, body: &[u8], batch: &mut Batch) -> Option<Asked> {
    let outputs = Output::of(predictor.model()).iter().map(|output| (*output, false)).collect();
    if predictor.read_again(Words::Tensors, body, batch) {
        return Some(Asked { id: None, outputs });
    }
    predictor.begin_columns(batch);
    let mut scan = JsonScan::new(body);
    let (mut id, mut n_rows) = (None, None);
    object(&mut scan, ["inputs", "id"], |key, scan| match key {
        "inputs" if n_rows.is_none() => {
            n_rows = Some(inputs(predictor, scan, batch)?);
            Some(())
        }
        "id" if id.is_none() => {
            id = Some(scan.text()?.to_owned());
            Some(())
        }
        _ => None,
    })?;
    if n_rows.is_none() || !scan.is_at_end() {
        return None;
    }
    predictor.end_columns(batch).ok()?;
    // an id is another one each time
    if id.is_none() {
        predictor.keep_words(Words::Tensors, body, batch);
    }
    Some(Asked { id, outputs })
}

/// Reads an object of one field or more, each by `field`. Its fields are among `keys`, and usually in this order.
#[inline]
fn object<'a, const N: usize>(
    scan: &mut JsonScan<'a>,
    keys: [&'static str; N],
    mut field: impl FnMut(&'static str, &mut JsonScan<'a>) -> Option<()>,
) -> Option<()> {
    if !scan.take(b'{') {
        return None;
    }
    let mut next = 0;
    loop {
        // the one that is next is compared where it stands
        let at = match keys.get(next) {
            Some(key) if scan.is_text(key) => next,
            _ => {
                let text = scan.text()?;
                keys.iter().position(|key| *key == text)?
            }
        };
        if !scan.take(b':') {
            return None;
        }
        field(keys[at], scan)?;
        next = at + 1;
        if !scan.take(b',') {
            return scan.take(b'}').then_some(());
        }
    }
}

/// Reads the list of tensors, and says how many rows each of them has.
fn inputs(predictor: &Predictor, scan: &mut JsonScan<'_>, batch: &mut Batch) -> Option<usize> {
    if !scan.take(b'[') {
        return None;
    }
    let mut n_rows = None;
    for at in 0.. {
        let rows = input(predictor, at, scan, batch)?;
        if n_rows.is_some_and(|n| n != rows) {
            return None;
        }
        n_rows = Some(rows);
        if !scan.take(b',') {
            break;
        }
    }
    if scan.take(b']') { n_rows } else { None }
}

/// Reads a tensor that is probably the model's input `at`, and says how many rows it has.
fn input(predictor: &Predictor, at: usize, scan: &mut JsonScan<'_>, batch: &mut Batch) -> Option<usize> {
    let (mut input, mut rows, mut typed, mut done) = (None, None, false, false);
    object(scan, ["name", "shape", "datatype", "data"], |key, scan| {
        match key {
            "name" if input.is_none() => {
                let known = predictor.scan_input(at, scan);
                // a column that has values came before
                input = Some(known.filter(|at| batch.column_len(*at) == 0)?);
            }
            "shape" if rows.is_none() => rows = Some(shape(scan)?),
            "datatype" if !typed => {
                typed = scan.is_text("FP64")
                    || scan.text().is_some_and(|datatype| datatype == "BYTES" || width(datatype).is_some());
                if !typed {
                    return None;
                }
            }
            "data" if !done => {
                let (Some(input), Some(rows), true) = (input, rows, typed) else { return None };
                predictor.scan_column(input, scan, batch)?;
                if batch.column_len(input) != rows {
                    return None;
                }
                done = true;
            }
            _ => return None,
        }
        Some(())
    })?;
    if done { rows } else { None }
}

/// The rows of a column's shape, `[N]` or `[N, 1]`.
fn shape(scan: &mut JsonScan<'_>) -> Option<usize> {
    if !scan.take(b'[') {
        return None;
    }
    // no rows are for the other reader to judge
    let rows = scan.count().filter(|rows| *rows > 0)?;
    if scan.take(b',') && scan.count() != Some(1) {
        return None;
    }
    scan.take(b']').then_some(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::{read_any, write_answer};
    use super::*;
    use crate::data::{ReadOptions, Source, read_csv};
    use crate::training::{Origin, Plan, Settings, train};
    use crate::work::Progress;

    fn model() -> Predictor {
        let source = Source::from_bytes("t.csv", *b"x,shop,y\n0,A,3\n4,A,11\n0,B,13\n2,B,17\n4,B,21\n");
        let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
        let plan = Plan::new(Settings::new("y"), &loaded.table).unwrap();
        let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
        Predictor::new(Arc::new(trained.model))
    }

    fn answer(predictor: &Predictor, asked: &Asked, batch: &mut Batch) -> String {
        predictor.predict_batch(batch).unwrap();
        let mut out = Vec::new();
        write_answer(predictor, batch, asked, ("m", "1"), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// Whatever the quick reader takes, the other takes with the same result; what it leaves alone is no longer its
    /// affair, and the last column says whether it should have taken it.
    #[test]
    fn both_readers_agree() {
        let predictor = model();
        let x = json!({"name": "x", "shape": [2], "datatype": "FP64", "data": [0.5, 3]});
        let shop = json!({"name": "shop", "shape": [2, 1], "datatype": "BYTES", "data": ["A", "B"]});
        let with = |key: &str, value: Value| {
            let mut tensor = x.clone();
            tensor[key] = value;
            json!({"inputs": [tensor, shop]}).to_string()
        };
        let both = json!({"inputs": [x, shop]}).to_string();
        for (body, is_usual) in [
            (both.clone(), true),
            (json!({"inputs": [shop, x]}).to_string(), true),
            (json!({"id": "7", "inputs": [x, shop]}).to_string(), true),
            (json!({"inputs": [x, shop], "id": "7"}).to_string(), true),
            (with("datatype", json!("INT32")), true),
            (with("data", json!([null, 3])), true),
            // of another kind, but right
            (with("data", json!([[0.5], [3]])), false),
            (json!({"inputs": [x, shop], "outputs": [{"name": "prediction"}]}).to_string(), false),
            (json!({"inputs": [x, shop], "parameters": {}}).to_string(), false),
            (r#"{"inputs":[{"data":[1],"name":"x","shape":[1],"datatype":"FP64"},{"data":["A"],"name":"shop","shape":[1],"datatype":"BYTES"}]}"#.to_owned(), false),
            (both.replace("shop", "\\u0073hop"), false),
            // wrong
            (String::new(), false),
            (both.clone() + "]", false),
            ("{}".to_owned(), false),
            (json!({"inputs": []}).to_string(), false),
            (json!({"inputs": [x, x]}).to_string(), false),
            (json!({"inputs": [{"name": "x"}]}).to_string(), false),
            (with("name", json!("z")), false),
            (with("shape", json!([3])), false),
            (with("shape", json!([2, 2])), false),
            (with("shape", json!([2, 1, 1, 5])), false),
            (with("shape", json!([])), false),
            (with("shape", json!([-2])), false),
            (with("shape", json!([0])), false),
            (with("datatype", json!("FP65")), false),
            (with("data", json!(["x", 3])), false),
            (with("data", json!([0.5, 3, 4])), false),
            (with("data", json!({"a": 1})), false),
            (with("parameters", json!({"binary_data_size": 16})), false),
            (json!({"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1]}, shop]}).to_string(), false),
        ] {
            let (mut quick, mut slow, mut used) = (Batch::default(), Batch::default(), Batch::default());
            // the same where the usual words are remembered
            for before in [&both, &with("data", json!([7, 8]))] {
                assert!(read(&predictor, before.as_bytes(), &mut used).is_some());
            }
            assert_eq!(read(&predictor, body.as_bytes(), &mut used).is_some(), is_usual, "{body}");
            let taken = read(&predictor, body.as_bytes(), &mut quick);
            assert_eq!(taken.is_some(), is_usual, "{body}");
            let asked = read_any(&predictor, body.as_bytes(), None, &mut slow);
            let Some(taken) = taken else { continue };
            let asked = asked.unwrap_or_else(|problem| panic!("{body}: {problem:?}"));
            assert_eq!(taken, asked, "{body}");
            let (a, b) = (answer(&predictor, &taken, &mut quick), answer(&predictor, &asked, &mut slow));
            assert_eq!(a, b, "{body}");
            assert_eq!(answer(&predictor, &taken, &mut used), b, "{body}");
        }
    }
}

//! The usual JSON request, read in one pass: a tensor for each of the model's inputs, the values straight into the
//! columns. Whatever is unusual or wrong is left to the reader that takes everything and explains what it does not take;
//! `tests::both_readers_agree` holds the two together.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::binary::width;
use super::{Asked, Output};
use crate::inference::{Batch, Predictor};

/// Reads a request; `None` for one that is not of the usual kind.
pub(super) fn read(predictor: &Predictor, body: &[u8], batch: &mut Batch) -> Option<Asked> {
    predictor.begin_columns(batch);
    let mut request = Request { predictor, batch, id: None, n_rows: None };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    (&mut deserializer).deserialize_map(&mut request).ok()?;
    deserializer.end().ok()?;
    let id = request.id;
    request.n_rows?;
    predictor.end_columns(batch).ok()?;
    let outputs = Output::of(predictor.model()).iter().map(|output| (*output, false)).collect();
    Some(Asked { id, outputs })
}

struct Request<'a> {
    predictor: &'a Predictor,
    batch: &'a mut Batch,
    id: Option<String>,
    n_rows: Option<usize>,
}

impl<'de> Visitor<'de> for &mut Request<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an inference request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "inputs" if self.n_rows.is_none() => map.next_value_seed(Inputs(self))?,
                "id" if self.id.is_none() => self.id = Some(map.next_value::<&str>()?.to_owned()),
                _ => return Err(unusual()),
            }
        }
        Ok(())
    }
}

fn unusual<E: serde::de::Error>() -> E {
    E::custom("not the usual request")
}

struct Inputs<'r, 'a>(&'r mut Request<'a>);

impl<'de> DeserializeSeed<'de> for Inputs<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Inputs<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tensors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut at = 0;
        while seq.next_element_seed(Input { request: self.0, at })?.is_some() {
            at += 1;
        }
        Ok(())
    }
}

/// A tensor that is probably the model's input `at`.
struct Input<'r, 'a> {
    request: &'r mut Request<'a>,
    at: usize,
}

impl<'de> DeserializeSeed<'de> for Input<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Input<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a tensor")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Request { predictor, batch, n_rows, .. } = self.request;
        let (mut input, mut rows, mut typed, mut done) = (None, None, false, false);
        while let Some(key) = map.next_key::<&str>()? {
            match key {
                "name" if input.is_none() => {
                    let name = map.next_value::<&str>()?;
                    let here = predictor.model().inputs.get(self.at).filter(|input| input.name == name);
                    let known = here.map(|_| self.at).or_else(|| predictor.input(name));
                    // a column that has values came before
                    input = Some(known.filter(|at| batch.column_len(*at) == 0).ok_or_else(unusual)?);
                }
                "shape" if rows.is_none() => rows = Some(map.next_value_seed(Shape)?),
                "datatype" if !typed => {
                    let datatype = map.next_value::<&str>()?;
                    typed = datatype == "BYTES" || width(datatype).is_some();
                    if !typed {
                        return Err(unusual());
                    }
                }
                "data" if !done => {
                    let (Some(input), Some(rows), true) = (input, rows, typed) else { return Err(unusual()) };
                    let mut problem = None;
                    map.next_value_seed(predictor.column_seed(input, batch, &mut problem))?;
                    let all = n_rows.is_none_or(|n| n == rows);
                    if problem.is_some() || !all || batch.column_len(input) != rows {
                        return Err(unusual());
                    }
                    *n_rows = Some(rows);
                    done = true;
                }
                _ => return Err(unusual()),
            }
        }
        if done { Ok(()) } else { Err(A::Error::custom("a tensor without data")) }
    }
}

/// The rows of a column's shape, `[N]` or `[N, 1]`.
struct Shape;

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a shape")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let rows = seq.next_element::<u32>()?.ok_or_else(unusual)?;
        let wide = seq.next_element::<u32>()?;
        if wide.is_some_and(|n| n != 1) || (wide.is_some() && seq.next_element::<u32>()?.is_some()) {
            return Err(unusual());
        }
        // no rows are for the other reader to judge
        if rows == 0 { Err(unusual()) } else { Ok(rows as usize) }
    }
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
        let shop = json!({"name": "shop", "shape": [2, 1], "datatype": "BYTES", "data": [["A"], ["B"]]});
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
            let (mut quick, mut slow) = (Batch::default(), Batch::default());
            let taken = read(&predictor, body.as_bytes(), &mut quick);
            assert_eq!(taken.is_some(), is_usual, "{body}");
            let asked = read_any(&predictor, body.as_bytes(), None, &mut slow);
            let Some(taken) = taken else { continue };
            let asked = asked.unwrap_or_else(|problem| panic!("{body}: {problem:?}"));
            assert_eq!(taken, asked, "{body}");
            let (a, b) = (answer(&predictor, &taken, &mut quick), answer(&predictor, &asked, &mut slow));
            assert_eq!(a, b, "{body}");
        }
    }
}

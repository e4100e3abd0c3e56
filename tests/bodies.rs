//! What comes in a request, read quickly where it is as clients usually send it, and rows of a file that go to a predictor
//! elsewhere as such requests: both must give what every other way gives, to the last bit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails should say so")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use drydock::data::{ReadOptions, Source, read_csv};
use drydock::inference::{
    Answers, Ask, Batch, BodyError, CallError, Form, InputError, Place, Prediction, Predictor, Scored,
    Scratch, score_csv, score_csv_asking,
};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Progress, Seed};
use rand::RngExt;
use serde_json::Value;

fn model(csv: &str, target: &str, features: &[&str]) -> Predictor {
    let source = Source::from_bytes("t.csv", csv.as_bytes());
    let loaded = read_csv(&source, &ReadOptions::default(), &Progress::new()).unwrap();
    let features = features.iter().map(|name| (*name).to_owned()).collect();
    let settings = Settings { features: Some(features), ..Settings::new(target) };
    let plan = Plan::new(settings, &loaded.table).unwrap();
    let trained = train(&plan, &loaded.table, &Origin::of("t.csv", &loaded), &Progress::new()).unwrap();
    Predictor::new(Arc::new(trained.model))
}

fn mixed() -> Predictor {
    let csv = "day,x,shop,ok,y\n2024-01-01,0,A,yes,3\n2024-01-05,4,A,no,11\n2024-02-01,0,B,yes,13\n2024-02-09,2,B,no,17\n2024-03-01,4,B,yes,21\n2024-03-02,1,A,no,4\n2024-03-05,3,A,yes,8\n2024-03-09,3,B,no,18\n2024-03-10,2,A,yes,7\n";
    model(csv, "y", &["x", "shop", "ok", "day"])
}

/// A prediction's number, bit by bit.
fn bits(prediction: &Prediction<'_>) -> u64 {
    match prediction {
        Prediction::Number(value) => value.to_bits(),
        Prediction::Class { probability, .. } => probability.to_bits(),
    }
}

/// The records of a body, by a JSON reader that is not ours, each predicted alone; `None` where one is refused.
fn by_the_tree(predictor: &Predictor, body: &[u8]) -> Option<(Form, Vec<u64>)> {
    let tree: Value = serde_json::from_slice(body).ok()?;
    let one = |record: &Value| {
        let mut scratch = Scratch::default();
        predictor.read_value(record, &mut scratch).ok()?;
        Some(bits(&predictor.predict(&mut scratch)))
    };
    let many = |list: &Value| list.as_array()?.iter().map(one).collect::<Option<Vec<u64>>>();
    match &tree {
        Value::Array(_) => Some((Form::Many, many(&tree)?)),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("records") => {
            Some((Form::Many, many(&tree["records"])?))
        }
        _ => Some((Form::One, vec![one(&tree)?])),
    }
}

/// What bodies are changed to.
const BYTES: &[u8] = b"\"\\{}[],: 0123456789.eE+-truefalsn\x00\xc3\xa9AB";

/// Bodies that are right, and then with bytes changed at random: what is read agrees with a tree of the JSON in every
/// bit. Where a name comes twice a tree keeps one of the values, and the request is refused.
#[test]
fn a_body_is_read_as_its_tree_is() {
    let predictor = mixed();
    let right = [
        r#"{"x":1.5,"shop":"A","ok":"yes","day":"2024-02-02"}"#,
        r#" { "day" : "2024-02-02T00:00:00", "ok":true, "x":-3e-1, "shop":"B" } "#,
        r#"[{"x":1.5,"shop":"A","ok":false,"day":"2024-02-02"},{"x":100,"shop":"B","ok":"no","day":"2024-02-03"}]"#,
        r#"{"records":[{"x":0.30000000000000004,"shop":"A","ok":1,"day":"2024-02-02"},{"x":2,"shop":"B","ok":"no","day":"2024-02-03"}]}"#,
    ];
    let mut rng = Seed::default().rng("bodies");
    let (mut n_read, mut n_changed) = (0, 0);
    // as on a server's thread, where the words of the requests before are remembered
    let mut used = Batch::default();
    for body in right {
        for round in 0..10_000 {
            let mut bytes = body.as_bytes().to_vec();
            for _ in 0..(round % 4) {
                let at = rng.random_range(0..bytes.len());
                let byte = BYTES[rng.random_range(0..BYTES.len())];
                match rng.random_range(0..3) {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            let mut batch = Batch::default();
            let read = predictor.read_body(&bytes, &mut batch);
            assert_eq!(predictor.read_body(&bytes, &mut used), read, "{shown}");
            let tree = by_the_tree(&predictor, &bytes);
            let Ok(form) = read else {
                // a name that comes twice is lost in a tree
                let said = read.as_ref().map_or_else(ToString::to_string, |_| String::new());
                let twice = said.contains("twice") || said.contains("nothing beside 'records'");
                assert!(tree.is_none() || twice, "{shown}: {read:?}");
                continue;
            };
            n_read += 1;
            n_changed += usize::from(bytes != body.as_bytes());
            predictor.predict_batch(&mut batch).unwrap();
            let rows: Vec<u64> = (0..batch.n_rows()).map(|row| bits(&batch.get(&predictor, row))).collect();
            assert_eq!(Some((form, rows.clone())), tree, "{shown}");
            predictor.predict_batch(&mut used).unwrap();
            let again: Vec<u64> = (0..used.n_rows()).map(|row| bits(&used.get(&predictor, row))).collect();
            assert_eq!(again, rows, "{shown}");
            if form == Form::One {
                let mut scratch = Scratch::default();
                predictor.read_record(&bytes, &mut scratch).unwrap();
                assert_eq!(vec![bits(&predictor.predict(&mut scratch))], rows, "{shown}");
            }
        }
    }
    assert!(n_read > 10_000 && n_changed > 500, "{n_read}, of them {n_changed} changed");
}

/// Requests in the words of one before, with other values, for two models in turn: each is read as it is alone.
#[test]
fn the_same_words_with_other_values_are_other_records() {
    let (first, second) = (mixed(), mixed());
    let mut used = Batch::default();
    for round in 0..50 {
        let (x, shop, ok) = (f64::from(round) / 8.0, ["A", "B"][round as usize % 2], round % 3 == 0);
        let body = format!(r#"{{"shop":"{shop}","x": {x},"day":"2024-02-{:02}","ok":{ok}}}"#, 1 + round % 9);
        // which words they are depends on the model, too
        let predictor = if round % 5 == 0 { &second } else { &first };
        assert_eq!(predictor.read_body(body.as_bytes(), &mut used), Ok(Form::One));
        predictor.predict_batch(&mut used).unwrap();
        let (_, alone) = by_the_tree(predictor, body.as_bytes()).unwrap();
        assert_eq!(vec![bits(&used.get(predictor, 0))], alone, "{body}");
    }
    let odd = [
        r#"{"shop":"A","x": 1,"day":"2024-02-01","ok":true} x"#,
        r#"{"shop":"A","x": 1,"day":"2024-02-01","ok":true"#,
        r#"{"shop":"C","x": 1,"day":"2024-02-01","ok":true}"#,
        r#"{"shop":"A","x": 1.,"day":"2024-02-01","ok":true}"#,
        r#"{"shop":"A","x": "1","day":"2024-02-01","ok":true}"#,
        r#"{"shop":1,"x": 1,"day":"2024-02-01","ok":true}"#,
    ];
    for body in odd {
        let alone = first.read_body(body.as_bytes(), &mut Batch::default());
        assert!(alone.is_err(), "{body}");
        assert_eq!(first.read_body(body.as_bytes(), &mut used), alone, "{body}");
    }
}

/// As a server does it: the body is read as the records that it is.
fn answer(predictor: &Predictor, body: &[u8], n: usize) -> Result<Answers, CallError> {
    let mut batch = Batch::default();
    let form = predictor.read_body(body, &mut batch).map_err(|error| match error {
        BodyError::Input(error) => match error.place {
            Some(Place::Record(row)) => CallError::Refused(row, error),
            _ => CallError::Failed(error.to_string()),
        },
        BodyError::Syntax(what) => CallError::Failed(what),
    })?;
    assert_eq!(form, Form::Many);
    assert_eq!(batch.n_rows(), n);
    predictor.predict_batch(&mut batch).map_err(|error| CallError::Failed(error.to_string()))?;
    let classes = &predictor.model().output.classes;
    let answers = (0..n).map(|row| match batch.get(predictor, row) {
        Prediction::Number(value) => (value, f64::NAN),
        Prediction::Class { name, probability } => {
            (classes.iter().position(|class| class == name).unwrap() as f64, probability)
        }
    });
    Ok(answers.collect())
}

const ROWS: &str = "day;x;shop;note;ok\n2024-01-02;0,5;A;\"a;b\"\"c\";yes\n;;;;\n2024-03-01;1e3;A;\"new\nline\";no\n2024-02-03;-2;B;;yes\n";

#[test]
fn calls_of_any_size_write_what_this_process_writes() {
    let predictor = mixed();
    let source = Source::from_bytes("rows.csv", ROWS.as_bytes());
    let options = ReadOptions::default();
    let mut here = Vec::new();
    let scored = score_csv(&predictor, &source, &options, &mut here, &Progress::new()).unwrap();
    assert_eq!(scored.n_rows, 4);
    for (rows_per_call, n_calls) in [(1, 4), (3, 2), (4, 1), (1_000, 1)] {
        let calls = AtomicUsize::new(0);
        let ask = |body: Vec<u8>, n| {
            calls.fetch_add(1, Ordering::Relaxed);
            answer(&predictor, &body, n)
        };
        let (mut there, progress) = (Vec::new(), Progress::new());
        let mut seen = |_, _: &[f64]| {};
        let asked = score_csv_asking(
            &predictor,
            &source,
            &options,
            &mut there,
            &progress,
            &mut seen,
            rows_per_call,
            &ask,
        );
        // how long it took is another matter
        let untimed =
            |scored: &Scored| Scored { inference: Duration::ZERO, encode: Duration::ZERO, ..scored.clone() };
        assert_eq!(untimed(&asked.unwrap()), untimed(&scored));
        assert_eq!(String::from_utf8(there).unwrap(), String::from_utf8(here.clone()).unwrap());
        assert_eq!(calls.into_inner(), n_calls);
    }
}

#[test]
fn classes_and_their_probabilities_come_back_too() {
    let predictor = model(
        "x,c\n0,no\n1,no\n2,\"y,es\"\n3,\"y,es\"\n0.5,no\n2.5,\"y,es\"\n1.4,\"y,es\"\n1.6,no\n",
        "c",
        &["x"],
    );
    let source = Source::from_bytes("rows.csv", *b"x\n0\n3\n1.5\n");
    let options = ReadOptions::default();
    let (mut here, mut there) = (Vec::new(), Vec::new());
    score_csv(&predictor, &source, &options, &mut here, &Progress::new()).unwrap();
    let ask = |body: Vec<u8>, n| answer(&predictor, &body, n);
    let mut values = Vec::new();
    let mut seen = |_, block: &[f64]| values.extend_from_slice(block);
    score_csv_asking(&predictor, &source, &options, &mut there, &Progress::new(), &mut seen, 2, &ask)
        .unwrap();
    assert_eq!(there, here);
    assert_eq!(values[..2], [0.0, 1.0]);
}

#[test]
fn what_is_refused_names_its_line_and_what_fails_says_why() {
    let predictor = mixed();
    let source = Source::from_bytes(
        "rows.csv",
        *b"day,x,shop,ok\n2024-01-02,1,A,yes\n2024-01-02,\"\n\",A,no\n2024-01-02,1,A,yes\n2024-01-02,many,A,yes\n",
    );
    let asking = |ask: Ask<'_>| {
        let (mut out, options) = (Vec::new(), ReadOptions::default());
        let mut seen = |_, _: &[f64]| {};
        score_csv_asking(&predictor, &source, &options, &mut out, &Progress::new(), &mut seen, 2, ask)
            .unwrap_err()
            .to_string()
    };
    let refused = |_: Vec<u8>, n: usize| {
        let error =
            InputError { place: None, field: "x".into(), expected: "a number".into(), got: "'many'".into() };
        if n == 2 { Err(CallError::Refused(1, error)) } else { Ok(vec![(1.0, 0.0); n]) }
    };
    assert_eq!(asking(&refused), "rows.csv, line 3: field 'x': expected a number, got 'many'");
    let gone = |_: Vec<u8>, _: usize| Err(CallError::Failed("nobody there".into()));
    assert_eq!(asking(&gone), "nobody there");
    let few = |_: Vec<u8>, _: usize| Ok(vec![(1.0, 0.0)]);
    assert_eq!(asking(&few), "2 rows were sent, and 1 predictions came back");
}

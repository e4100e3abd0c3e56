//! Replays the fuzz targets over their saved corpus, and over seeded mutations of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::manual_assert,
    reason = "a test that fails should say so"
)]

use std::path::Path;

use drydock::work::Seed;
use rand::{Rng, RngExt};

#[path = "fuzz/checks/csv.rs"]
mod csv;
#[path = "fuzz/checks/model.rs"]
mod model;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "the corpus {} is nearly empty", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// One to four edits: a byte changed, taken out or put in, a piece copied elsewhere, the end cut off.
fn mutate(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    const TELLING: &[u8] = b",;\t|\"'\n\r\\ 0123456789.-+eE$%/:[]{}naNT\x00\x80\xe9\xff";
    for _ in 0..rng.random_range(1..=4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let byte = TELLING[rng.random_range(0..TELLING.len())];
        match rng.random_range(0..5) {
            0 => bytes[at] = byte,
            1 => {
                bytes.remove(at);
            }
            2 => bytes.insert(at, byte),
            3 => {
                let end = (at + rng.random_range(1..20)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = rng.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => bytes.truncate(at),
        }
    }
}

fn replay(name: &str, mutations: usize, check: fn(&[u8])) {
    let corpus = corpus(name);
    corpus.iter().for_each(|bytes| check(bytes));
    let mut rng = Seed(1).rng(name);
    for _ in 0..mutations {
        let mut bytes = corpus[rng.random_range(0..corpus.len())].clone();
        mutate(&mut bytes, &mut rng);
        let shown = bytes.clone();
        if std::panic::catch_unwind(|| check(&bytes)).is_err() {
            panic!("{name}: this input fails: {:?}", String::from_utf8_lossy(&shown));
        }
    }
}

#[test]
fn the_csv_reader_stands_its_corpus_and_mutations_of_it() {
    replay("csv", 20_000, csv::csv);
}

#[test]
fn the_model_reader_stands_its_corpus_and_mutations_of_it() {
    replay("model", 10_000, model::model);
}

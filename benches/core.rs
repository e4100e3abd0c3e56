//! Micro-benchmarks of the core: least squares, CSV, prediction. `cargo bench`, or with faer beside it
//! `cargo bench --features peers`. `drydock bench` measures the same at full size, in CPU time.

use std::sync::Arc;

use divan::{AllocProfiler, Bencher, black_box, counter::BytesCount, counter::ItemsCount};
use drydock::data::profile::profile;
use drydock::data::{Column, ReadOptions, Source, Table, read_csv};
use drydock::inference::{Predictor, Scratch, score_csv};
use drydock::training::ols::{Path, Problem, fit};
use drydock::training::{Origin, Plan, Settings, train};
use drydock::work::{Progress, Seed};
use rand::Rng;

/// Counts allocations, so that the table shows that predicting one record makes none.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const CSV_ROWS: usize = 100_000;

fn main() {
    divan::main();
}

/// Numbers around zero whose spread is one: the sum of twelve uniform ones, less six.
fn numbers(stream: &str, count: usize) -> Vec<f64> {
    let mut rng = Seed::default().rng(stream);
    let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    (0..count).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

fn problem(rows: usize, columns: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let x: Vec<Vec<f64>> = (0..columns).map(|column| numbers(&format!("x{column}"), rows)).collect();
    let mut y = numbers("noise", rows);
    for (column, weight) in x.iter().zip(1..) {
        y.iter_mut().zip(column).for_each(|(y, x)| *y += f64::from(weight) * x);
    }
    (x, y)
}

fn predictor(inputs: usize) -> Predictor {
    let (x, y) = problem(1000, inputs);
    let mut columns: Vec<Column> =
        x.into_iter().zip(1..).map(|(x, n)| Column::number(format!("x{n}"), x)).collect();
    columns.push(Column::number("y", y));
    let table = Table::new(columns).unwrap_or_default();
    let trained = Plan::new(Settings::new("y"), &table)
        .and_then(|plan| train(&plan, &table, &Origin::default(), &Progress::new()));
    match trained {
        Ok(trained) => Predictor::new(Arc::new(trained.model)),
        Err(error) => unreachable!("ten good columns can be fitted: {error}"),
    }
}

/// Twenty columns of numbers with five decimals, a category, a target.
fn csv_text(rows: usize) -> Vec<u8> {
    let (x, y) = problem(rows, 20);
    let names: Vec<String> = (1..=20).map(|n| format!("x{n}")).collect();
    let mut text = names.join(",") + ",shop,y\n";
    for row in 0..rows {
        for column in &x {
            text.push_str(&format!("{:.5},", column[row]));
        }
        text.push_str(&format!("shop_{},{:.5}\n", row * 7 % 12, y[row]));
    }
    text.into_bytes()
}

fn record(predictor: &Predictor) -> Vec<u8> {
    let fields: Vec<String> =
        predictor.model().inputs.iter().zip(1..).map(|(i, n)| format!("\"{}\":0.{n}25", i.name)).collect();
    format!("{{{}}}", fields.join(",")).into_bytes()
}

mod ols {
    use super::{Bencher, ItemsCount, Path, Problem, black_box, fit, problem};

    const SIZES: [usize; 2] = [1000, 100_000];

    fn solve(bencher: Bencher<'_, '_>, rows: usize, path: Option<Path>) {
        let (x, y) = problem(rows, 20);
        let columns: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        let problem = Problem { columns: &columns, y: &y, intercept: true, alpha: 0.0, threads: 1, path };
        bencher.counter(ItemsCount::new(rows)).bench(|| fit(black_box(&problem)));
    }

    #[divan::bench(args = SIZES)]
    fn automatic(bencher: Bencher<'_, '_>, rows: usize) {
        solve(bencher, rows, None);
    }

    #[divan::bench(args = SIZES)]
    fn extended(bencher: Bencher<'_, '_>, rows: usize) {
        solve(bencher, rows, Some(Path::Extended));
    }

    #[cfg(feature = "peers")]
    mod faer {
        use super::*;
        use ::faer::linalg::matmul::triangular::{BlockStructure, matmul};
        use ::faer::linalg::solvers::{Llt, Qr, Solve, SolveLstsq};
        use ::faer::{Accum, Mat, Par, Side};

        fn design(rows: usize) -> (Mat<f64>, Mat<f64>) {
            // its thread pool spins while it waits, which would count as work
            ::faer::set_global_parallelism(Par::Seq);
            let (x, y) = problem(rows, 20);
            let x = Mat::from_fn(rows, 21, |row, column| x.get(column).map_or(1.0, |x| x[row]));
            (x, Mat::from_fn(rows, 1, |row, _| y[row]))
        }

        #[divan::bench(args = SIZES)]
        fn gram_and_cholesky(bencher: Bencher<'_, '_>, rows: usize) {
            let (x, y) = design(rows);
            bencher.counter(ItemsCount::new(rows)).bench(|| {
                let mut gram = Mat::<f64>::zeros(21, 21);
                matmul(
                    &mut gram,
                    BlockStructure::TriangularLower,
                    Accum::Replace,
                    x.transpose(),
                    BlockStructure::Rectangular,
                    &x,
                    BlockStructure::Rectangular,
                    1.0,
                    Par::Seq,
                );
                let right = x.transpose() * &y;
                Llt::new(gram.as_ref(), Side::Lower).map(|factor| factor.solve(&right))
            });
        }

        #[divan::bench(args = SIZES)]
        fn qr(bencher: Bencher<'_, '_>, rows: usize) {
            let (x, y) = design(rows);
            bencher.counter(ItemsCount::new(rows)).bench(|| Qr::new(x.as_ref()).solve_lstsq(&y));
        }
    }
}

mod csv {
    use super::{
        Bencher, BytesCount, CSV_ROWS, ItemsCount, Progress, ReadOptions, Source, csv_text, predictor,
        profile, read_csv, score_csv,
    };

    fn source() -> Source {
        Source::from_bytes("bench.csv", csv_text(CSV_ROWS))
    }

    #[divan::bench(sample_count = 20)]
    fn read(bencher: Bencher<'_, '_>) {
        let (source, progress) = (source(), Progress::new());
        bencher
            .counter(BytesCount::new(source.size()))
            .bench(|| read_csv(&source, &ReadOptions::default(), &progress).map(|loaded| loaded.table));
    }

    #[divan::bench(sample_count = 20)]
    fn profile_columns(bencher: Bencher<'_, '_>) {
        let (source, progress) = (source(), Progress::new());
        let table =
            read_csv(&source, &ReadOptions::default(), &progress).map(|l| l.table).unwrap_or_default();
        bencher.counter(ItemsCount::new(CSV_ROWS)).bench(|| profile(&table, &progress));
    }

    #[divan::bench(sample_count = 20)]
    fn score(bencher: Bencher<'_, '_>) {
        let (source, progress, predictor) = (source(), Progress::new(), predictor(20));
        bencher.counter(ItemsCount::new(CSV_ROWS)).bench(|| {
            let mut out = std::io::sink();
            score_csv(&predictor, &source, &ReadOptions::default(), &mut out, &progress)
        });
    }
}

mod predict {
    use super::{Bencher, ItemsCount, Scratch, black_box, predictor, problem, record};

    #[divan::bench]
    fn one_record(bencher: Bencher<'_, '_>) {
        let predictor = predictor(10);
        let mut scratch = Scratch::default();
        let read = predictor.read_record(&record(&predictor), &mut scratch);
        assert_eq!(read, Ok(()));
        bencher.bench_local(|| match predictor.predict(black_box(&mut scratch)) {
            drydock::inference::Prediction::Number(value) => value,
            drydock::inference::Prediction::Class { probability, .. } => probability,
        });
    }

    #[divan::bench]
    fn json_to_json(bencher: Bencher<'_, '_>) {
        let predictor = predictor(10);
        let json = record(&predictor);
        let (mut scratch, mut out) = (Scratch::default(), Vec::with_capacity(200));
        bencher.bench_local(|| {
            out.clear();
            let done = predictor.predict_json(black_box(&json), &mut scratch, &mut out).is_ok();
            (done, out.len())
        });
    }

    #[divan::bench(args = [100_000], sample_count = 50)]
    fn batch(bencher: Bencher<'_, '_>, rows: usize) {
        let predictor = predictor(20);
        let (x, _) = problem(rows, 20);
        let columns: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
        bencher.counter(ItemsCount::new(rows)).bench(|| predictor.predict_columns(&columns, 1));
    }
}

//! Least squares by faer, on one thread: its thread pool spins while it waits, which would count as work.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::solvers::{Llt, Qr, Solve, SolveLstsq};
use faer::{Accum, Mat, Par, Side};

/// A design with a column of ones, and y.
pub(super) struct Design {
    x: Mat<f64>,
    y: Mat<f64>,
}

impl Design {
    pub(super) fn new(columns: &[&[f64]], y: &[f64]) -> Self {
        faer::set_global_parallelism(Par::Seq);
        let x = Mat::from_fn(y.len(), columns.len() + 1, |row, column| {
            columns.get(column).map_or(1.0, |column| column[row])
        });
        Self { x, y: Mat::from_fn(y.len(), 1, |row, _| y[row]) }
    }

    /// The slopes by the normal equations: half of the matrix of products, and its Cholesky factor. `None` where
    /// rounding makes that fail.
    pub(super) fn gram(&self) -> Option<Vec<f64>> {
        let size = self.x.ncols();
        let mut gram = Mat::<f64>::zeros(size, size);
        triangular::matmul(
            &mut gram,
            BlockStructure::TriangularLower,
            Accum::Replace,
            self.x.transpose(),
            BlockStructure::Rectangular,
            &self.x,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
        let right = self.x.transpose() * &self.y;
        let factor = Llt::new(gram.as_ref(), Side::Lower).ok()?;
        Some(slopes(&factor.solve(&right)))
    }

    /// The slopes by a QR factorisation.
    pub(super) fn qr(&self) -> Vec<f64> {
        slopes(&Qr::new(self.x.as_ref()).solve_lstsq(&self.y))
    }
}

fn slopes(solution: &Mat<f64>) -> Vec<f64> {
    (0..solution.nrows().saturating_sub(1)).map(|row| solution[(row, 0)]).collect()
}

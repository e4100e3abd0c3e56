//! Numbers counted into bins of equal width.

use super::summarize;

/// Numbers counted into bins of equal width.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Histogram {
    /// The bins' bounds, ascending, one more than there are bins.
    pub edges: Vec<f64>,
    /// How many numbers each bin holds: those from its lower bound to below its upper one, which the last bin
    /// includes.
    pub counts: Vec<usize>,
}

/// Counts numbers into `bins` bins of equal width over `range`, or from the smallest to the largest number
/// where it is `None`, as `numpy.histogram` does: a range without width is widened by 0.5 on each side (more
/// where that is less than the numbers' precision). Numbers outside the range and NaN are not counted.
///
/// `None` without bins, for a range that descends or whose width is not finite, and when no number is present
/// to take the range from.
#[must_use]
pub fn histogram(values: &[f64], bins: usize, range: Option<(f64, f64)>) -> Option<Histogram> {
    let (mut first, mut last) = match range {
        Some(range) => range,
        None => summarize(values).map(|summary| (summary.min, summary.max))?,
    };
    if first == last {
        let margin = f64::max(0.5, first.abs() * f64::EPSILON * bins as f64);
        (first, last) = (first - margin, last + margin);
    }
    let width = last - first;
    // False for NaN as well.
    if bins == 0 || !(width > 0.0 && width.is_finite()) {
        return None;
    }
    // As numpy.linspace.
    let step = width / bins as f64;
    let mut edges: Vec<f64> = (0..=bins).map(|i| i as f64 * step + first).collect();
    edges[bins] = last;
    let mut counts = vec![0; bins];
    for &value in values {
        // False for NaN as well.
        if !(value >= first && value <= last) {
            continue;
        }
        let mut bin = (((value - first) / width * bins as f64) as usize).min(bins - 1);
        // Rounding may have led to a neighbour.
        if value < edges[bin] {
            bin -= 1;
        } else if bin + 1 < bins && value >= edges[bin + 1] {
            bin += 1;
        }
        counts[bin] += 1;
    }
    Some(Histogram { edges, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    /// `((np.arange(100000, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)) / 2**32 * 10 - 3`
    fn scattered() -> Vec<f64> {
        (0..100_000_u64)
            .map(|i| (i * 2_654_435_761 % (1 << 32)) as f64 / 4_294_967_296.0 * 10.0 - 3.0)
            .collect()
    }

    /// `np.histogram(x, bins, range)`
    #[test]
    fn histograms_agree_with_numpy() {
        let counts = |values: &[f64], bins, range| histogram(values, bins, range).map(|h| h.counts);
        let x = scattered();
        let seven = histogram(&x, 7, None).unwrap();
        assert_eq!(seven.counts, [14286, 14286, 14284, 14287, 14286, 14285, 14286]);
        assert_eq!(seven.edges[1..4], [-1.571432412136346, -0.1428648242726922, 1.2857027635909617]);
        assert_eq!((seven.edges[0], seven.edges[7]), (-3.0, 6.999973115045577));
        assert_eq!(counts(&x, 4, Some((0.0, 5.0))), Some(vec![12500, 12500, 12499, 12502]));
        let tenths: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
        assert_eq!(counts(&tenths, 10, None), Some(vec![1, 1, 2, 0, 1, 2, 1, 0, 1, 2]));
        let constant = histogram(&[1.0, NAN, 1.0], 3, None).unwrap();
        assert_eq!((constant.counts, constant.edges[0], constant.edges[3]), (vec![0, 2, 0], 0.5, 1.5));
        assert_eq!(counts(&[1e300; 9], 20, None).map(|counts| counts.iter().sum()), Some(9));
        assert_eq!(counts(&[NAN], 3, None), None);
        assert_eq!(counts(&[], 3, Some((0.0, 1.0))), Some(vec![0; 3]));
        assert_eq!(counts(&x, 0, None), None);
        for range in [(1.0, 0.0), (NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)] {
            assert_eq!(counts(&x, 3, Some(range)), None);
        }
    }
}

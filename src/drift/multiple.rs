//! Many tests at once: with fifty columns two or three are significant at 5 % by chance.

use serde::{Deserialize, Serialize};

/// How p-values are corrected for the number of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Benjamini–Hochberg: of the columns called drifted, at most a share of alpha are false alarms, on average.
    #[default]
    BenjaminiHochberg,
    /// Bonferroni: the chance of a single false alarm is at most alpha.
    Bonferroni,
    /// None: each column has its own chance of a false alarm.
    None,
}

impl Correction {
    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BenjaminiHochberg => "benjamini-hochberg",
            Self::Bonferroni => "bonferroni",
            Self::None => "none",
        }
    }
}

/// Corrected p-values, in the order given: each is significant at alpha if it is at most alpha. A `None` was not tested
/// and does not count.
///
/// # Source
/// Y. Benjamini, Y. Hochberg (1995); `scipy.stats.false_discovery_control`.
#[must_use]
pub fn adjust(p_values: &[Option<f64>], correction: Correction) -> Vec<Option<f64>> {
    let tested = p_values.iter().flatten().count() as f64;
    match correction {
        Correction::None => p_values.to_vec(),
        Correction::Bonferroni => p_values.iter().map(|p| p.map(|p| (p * tested).min(1.0))).collect(),
        Correction::BenjaminiHochberg => {
            let mut order: Vec<(usize, f64)> =
                p_values.iter().enumerate().filter_map(|(at, p)| p.map(|p| (at, p))).collect();
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            let mut adjusted = vec![None; p_values.len()];
            let (mut least, mut rank) = (1.0_f64, tested);
            for (at, p) in order {
                least = least.min(p * tested / rank);
                adjusted[at] = Some(least);
                rank -= 1.0;
            }
            adjusted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.false_discovery_control([.01, .04, .03, .5])` = .04, .0533…, .0533…, .5
    #[test]
    fn corrections() {
        let p = [Some(0.01), Some(0.04), None, Some(0.03), Some(0.5)];
        let close = |found: Vec<Option<f64>>, expected: [Option<f64>; 5]| {
            for (found, expected) in found.into_iter().zip(expected) {
                assert!(
                    match (found, expected) {
                        (Some(f), Some(e)) => (f - e).abs() < 1e-15,
                        (f, e) => f == e,
                    },
                    "{found:?} {expected:?}"
                );
            }
        };
        let third = 0.04 * 4.0 / 3.0;
        close(
            adjust(&p, Correction::BenjaminiHochberg),
            [Some(0.04), Some(third), None, Some(third), Some(0.5)],
        );
        close(adjust(&p, Correction::Bonferroni), [Some(0.04), Some(0.16), None, Some(0.12), Some(1.0)]);
        close(adjust(&p, Correction::None), p);
        assert_eq!(adjust(&[], Correction::BenjaminiHochberg), []);
    }
}

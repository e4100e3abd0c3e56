//! When a column is called drifted: significant, given how many values and columns there are, and material.

use serde::{Deserialize, Serialize};

use super::column::MISSING_CHANGE;
use super::multiple::Correction;
use crate::work::Seed;

/// How large an effect must be to matter. For a pure shift of a normal column each of the three for numbers stands for
/// about a quarter to a third of a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// PSI; 0.1 is the usual first mark (0.25 the usual second).
    pub psi: f64,
    /// The Kolmogorov–Smirnov statistic, for numbers.
    pub ks: f64,
    /// Wasserstein's distance over the reference's standard deviation, for numbers.
    pub wasserstein_std: f64,
    /// Cramér's V, for levels.
    pub cramers_v: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { psi: 0.1, ks: 0.1, wasserstein_std: 0.25, cramers_v: 0.1 }
    }
}

/// Where the thresholds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdSource {
    /// As given.
    #[default]
    Fixed,
    /// Each column's mean + 3 standard deviations over ten consecutive parts of the reference, each against all of it.
    Learned,
}

/// The rule of the verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// The share of false alarms that is put up with.
    pub alpha: f64,
    /// How p-values are corrected for the number of columns.
    pub correction: Correction,
    /// With fewer values than this on a side no verdict is given.
    pub min_values: usize,
    /// Where the thresholds come from.
    pub threshold_source: ThresholdSource,
    /// The thresholds, where they are fixed.
    pub thresholds: Thresholds,
    /// How many pairs of resamples of the reference show what chance alone does.
    pub resamples: usize,
    /// The seed of the resamples.
    pub seed: Seed,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            correction: Correction::default(),
            min_values: 20,
            threshold_source: ThresholdSource::Fixed,
            thresholds: Thresholds::default(),
            resamples: 199,
            seed: Seed::default(),
        }
    }
}

impl Rule {
    /// The rule in words.
    #[must_use]
    pub fn text(&self) -> String {
        let correction = match self.correction {
            Correction::BenjaminiHochberg => {
                " after Benjamini-Hochberg's correction for the number of columns"
            }
            Correction::Bonferroni => " after Bonferroni's correction for the number of columns",
            Correction::None => " (not corrected for the number of columns)",
        };
        let material = match self.threshold_source {
            ThresholdSource::Fixed => format!(
                "numbers: PSI ≥ {}, KS ≥ {} or Wasserstein ≥ {} standard deviations of the reference; levels: PSI ≥ {} or Cramér's V ≥ {}",
                self.thresholds.psi,
                self.thresholds.ks,
                self.thresholds.wasserstein_std,
                self.thresholds.psi,
                self.thresholds.cramers_v
            ),
            ThresholdSource::Learned => "PSI, KS, Wasserstein over standard deviation, or Cramér's V above the column's own mean + 3 standard deviations over ten consecutive parts of the reference, each against all of it".into(),
        };
        let above_chance = match self.resamples {
            0 => "",
            _ => " and lies above the no-drift control's 95 % point",
        };
        format!(
            "drifted if significant and material. Significant: p ≤ {}{correction} (numbers: two-sided Kolmogorov-Smirnov; levels, and numbers of at most ten reference values: chi-squared, what is expected fewer than five times put together). Material: an effect that reaches its threshold{above_chance} ({material}). No verdict (null) with fewer than {} values on a side, or where levels put together leave one group. The share of missing values changed if its two-proportion p ≤ {} over the number of columns and it moved by at least {} percentage point",
            self.alpha,
            self.min_values,
            self.alpha,
            MISSING_CHANGE * 100.0
        )
    }
}

/// One effect and what it is measured against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// What is measured: `psi`, `ks`, `wasserstein_std`, `cramers_v`.
    pub measure: &'static str,
    /// Its size here.
    pub value: Option<f64>,
    /// From this size on it matters.
    pub threshold: Option<f64>,
    /// What chance alone reaches in 5 of 100 pairs of resamples of the reference.
    pub no_drift_p95: Option<f64>,
    /// Whether it matters here.
    pub material: bool,
}

impl Effect {
    /// An effect beside its threshold and its control.
    #[must_use]
    pub fn new(
        measure: &'static str,
        value: Option<f64>,
        threshold: Option<f64>,
        no_drift_p95: Option<f64>,
    ) -> Self {
        let material = value.zip(threshold).is_some_and(|(value, threshold)| value >= threshold)
            && no_drift_p95.is_none_or(|chance| value.is_some_and(|value| value > chance));
        Self { measure, value, threshold, no_drift_p95, material }
    }

    fn name(&self) -> &'static str {
        match self.measure {
            "psi" => "PSI",
            "ks" => "KS",
            "wasserstein_std" => "Wasserstein in standard deviations",
            _ => "Cramér's V",
        }
    }
}

/// What was concluded of a column, and from what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The test of significance: `kolmogorov_smirnov` or `chi_squared`.
    pub test: &'static str,
    /// Its p-value.
    pub p_value: Option<f64>,
    /// The p-value after the correction for the number of columns.
    pub adjusted_p_value: Option<f64>,
    /// Significant from this p-value down.
    pub alpha: f64,
    /// Whether the difference is more than chance.
    pub significant: Option<bool>,
    /// The effects that are looked at.
    pub effects: Vec<Effect>,
    /// Whether an effect matters.
    pub material: Option<bool>,
    /// The smallest KS statistic that is significant with so many values (one column alone): what the test can see.
    pub detectable_ks: Option<f64>,
    /// The conclusion in words.
    pub reason: String,
}

impl Verdict {
    /// Concludes: `None` where there are too few values to tell.
    pub(crate) fn conclude(
        &mut self,
        n: (usize, usize),
        rule: &Rule,
        unusable: Option<&str>,
    ) -> Option<bool> {
        if let Some(why) = unusable {
            why.clone_into(&mut self.reason);
            return None;
        }
        let few = n.0.min(n.1);
        if few < rule.min_values {
            self.reason = format!(
                "no verdict: too few to tell, with {few} value{} on a side where at least {} are needed",
                if few == 1 { "" } else { "s" },
                rule.min_values
            );
            return None;
        }
        let Some(adjusted) = self.adjusted_p_value else {
            self.reason = match self.test {
                "chi_squared" => "no verdict: so few values over so many levels tell nothing, since chi-squared needs two groups of levels that are each expected five times on both sides".into(),
                _ => "no verdict: the test is not defined here".into(),
            };
            return None;
        };
        let significant = adjusted <= self.alpha;
        let strongest = self.effects.iter().find(|effect| effect.material);
        self.significant = Some(significant);
        self.material = Some(strongest.is_some());
        let p = match adjusted {
            // below the smallest double
            0.0 => "p < 1e-300".to_owned(),
            _ => format!("p = {} {} {}", short(adjusted), if significant { "≤" } else { ">" }, self.alpha),
        };
        self.reason = match (significant, strongest) {
            (true, Some(effect)) => format!(
                "drifted: more than chance ({p}), and it matters ({} = {} ≥ {})",
                effect.name(),
                short(effect.value.unwrap_or(f64::NAN)),
                short(effect.threshold.unwrap_or(f64::NAN))
            ),
            (true, None) => format!("not drifted: more than chance ({p}), but too small to matter"),
            (false, Some(effect)) => format!(
                "not shown: {} = {} looks large, but with so few values chance does that ({p})",
                effect.name(),
                short(effect.value.unwrap_or(f64::NAN))
            ),
            (false, None) => format!("not drifted: no more than chance ({p})"),
        };
        Some(significant && strongest.is_some())
    }
}

/// Three significant digits.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor();
    if (-4.0..6.0).contains(&magnitude) {
        let decimals = (2.0 - magnitude).max(0.0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.2e}")
    }
}

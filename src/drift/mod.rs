//! How two tables differ, whether it is more than chance, and whether it matters; what other tools would say; what a model
//! may still be trusted with.
//!
//! | question | here |
//! |---|---|
//! | how do two columns differ? | [`psi`], [`kolmogorov_smirnov`], [`wasserstein()`], [`jensen_shannon`], [`chi_squared()`], [`cramers_v`] |
//! | is it more than chance, and does it matter? | [`Rule`], [`Verdict`], the no-drift [`Control`] |
//! | what would other tools say? | [`rule_card`] |
//! | two tables at once | [`compare`] |
//! | what if the data shifts? | [`lab`] |
//! | is it drifting now, while the model works? | [`monitor`] |
//! | what to do about it? | [`retraining`] |
//!
//! Missing values are left out of every statistic and reported beside it. Ties are steps of a distribution function like
//! any other. A constant column has one bin for its value and one for all others. Nothing here panics on an empty column: a
//! statistic that is not defined is `None`.

mod align;
mod bins;
mod chi_squared;
mod classifier;
mod column;
mod control;
mod kolmogorov;
mod ks;
pub mod lab;
mod large;
mod levels;
pub mod monitor;
mod multiple;
mod prediction;
mod profile;
mod reading;
mod report;
pub mod retraining;
mod rule;
pub mod rule_card;
mod sorted;
mod special;
mod wasserstein;

pub use align::{Aligned, Pair, align};
pub use bins::{Bins, FEW_VALUES, SHARE_FLOOR, jensen_shannon, psi};
pub use chi_squared::{ChiSquared, chi_squared, chi_squared_pooled, cramers_v};
pub use classifier::{DomainClassifier, domain_classifier};
pub use column::{
    BinNames, BinShares, ColumnDrift, LevelMeasures, LevelShare, Measures, Missing, NumberMeasures, Sides,
    compare_numbers,
};
pub use control::{Control, Spread, control_of_levels, control_of_numbers};
pub use kolmogorov::kolmogorov_sf;
pub use ks::{EXACT_UP_TO, KolmogorovSmirnov, PValueMethod, detectable_gap, kolmogorov_smirnov};
pub use levels::compare_levels;
pub use multiple::{Correction, adjust};
pub use prediction::{
    PredictionDrift, inputs_of, predict_leniently, prediction_drift, prediction_drift_from_profile,
};
pub use profile::compare_with_profile;
pub use reading::{Both, read_both, read_for};
pub use report::{Report, compare};
pub use rule::{Effect, Rule, ThresholdSource, Thresholds, Verdict};
pub use sorted::Sorted;
pub use special::chi_squared_sf;
pub use wasserstein::wasserstein;

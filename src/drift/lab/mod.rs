//! The slider laboratory: what happens to every statistic, and to a model's error, when the data shifts.
//!
//! A move of a slider that is affine (`scale · x + shift`: mean, spread, a unit error of all rows) is answered exactly from
//! columns that were sorted once, by moving the question instead of the data. Any other shift is answered from a sample at
//! once, with its error band, and exactly afterwards.
//!
//! ```
//! use drydock::drift::Sorted;
//! use drydock::drift::lab::{Affine, LabColumn};
//!
//! let values: Vec<f64> = (0..100).map(f64::from).collect();
//! let column = LabColumn::new(Sorted::new(values.clone()), Sorted::new(values)).ok_or("values")?;
//! let moved = column.measure(Affine { scale: 1.0, shift: 10.0 });
//! assert_eq!(moved.wasserstein, Some(10.0));
//! assert_eq!(moved.ks.map(|ks| ks.statistic), Some(0.1));
//! # Ok::<(), &str>(())
//! ```

mod cells;
mod column;
mod exact;
mod fooled;
mod halved;
mod judge;
mod levels;
mod loose;
mod memory;
mod outside;
mod presets;
mod ranked;
mod shifts;
mod timeline;
mod weighted;

pub use crate::drift::large::Large;
pub use column::{LabColumn, Measured};
pub use fooled::{Fooled, fooled};
pub use halved::{Values, filled};
pub use judge::{Judge, conclude};
pub use levels::{LabLevels, LevelsMeasured};
pub use loose::Loose;
pub use memory::Left;
pub use outside::Outside;
pub use presets::{Preset, winter_presets};
pub use ranked::{Affine, Ranked, touch};
pub use shifts::{Concept, FeatureShift, Relation, Schedule, Shifts, UnitError, apply, means};
pub use timeline::{Timeline, Week, draw, simulate};
pub use weighted::{Part, Weighted};

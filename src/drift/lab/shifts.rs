//! What the sliders do to rows: to each feature, to the relation between features and target, and when.

use std::collections::BTreeMap;

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::ranked::Affine;
use crate::data::{Coded, Column, ColumnData, Levels, MISSING_CODE, Table};
use crate::work::Seed;

/// A value written in another unit, in a share of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnitError {
    /// From the right unit to the wrong one, such as 1.8 x + 32.
    pub affine: Affine,
    /// The share of rows it happens to.
    pub share: f64,
}

/// The sliders of one feature. What does not fit its kind (a mean of levels) is left aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureShift {
    /// Added to every value, in the feature's own unit.
    pub mean: f64,
    /// Every value's distance from the mean is multiplied by this.
    pub spread: f64,
    /// Normal noise of this standard deviation is added, in the feature's unit.
    pub noise: f64,
    /// This share of the values gets lost.
    pub missing: f64,
    /// A unit error.
    pub unit: Option<UnitError>,
    /// Values beyond these bounds are read as the bounds (a sensor at its limits).
    pub clip: Option<(f64, f64)>,
    /// For levels: this share of the rows gets a level of `mix` in place of its own.
    pub mix_share: f64,
    /// The levels that rows are moved to, by weight; a level that the data does not have is a new one.
    pub mix: BTreeMap<String, f64>,
}

impl Default for FeatureShift {
    fn default() -> Self {
        Self {
            mean: 0.0,
            spread: 1.0,
            noise: 0.0,
            missing: 0.0,
            unit: None,
            clip: None,
            mix_share: 0.0,
            mix: BTreeMap::new(),
        }
    }
}

impl FeatureShift {
    /// The shift as one affine move of every value, around the given mean; `None` where it is none (then rows must be
    /// shifted one by one). A share of gaps does not move the others.
    #[must_use]
    pub fn affine(&self, mean: f64) -> Option<Affine> {
        if self.noise != 0.0 || self.clip.is_some() || self.mix_share > 0.0 {
            return None;
        }
        let moved = Affine { scale: self.spread, shift: mean * (1.0 - self.spread) + self.mean };
        match self.unit {
            None => Some(moved),
            Some(unit) if unit.share <= 0.0 => Some(moved),
            Some(unit) if unit.share >= 1.0 => Some(moved.then(unit.affine)),
            Some(_) => None,
        }
    }

    /// The same shift in part: 0 is none of it, 1 all of it.
    #[must_use]
    pub fn at(&self, intensity: f64) -> Self {
        Self {
            mean: self.mean * intensity,
            spread: 1.0 + (self.spread - 1.0) * intensity,
            noise: self.noise * intensity,
            missing: self.missing * intensity,
            unit: self.unit.map(|unit| UnitError { share: unit.share * intensity, ..unit }),
            // a sensor is broken or it is not
            clip: self.clip.filter(|_| intensity > 0.0),
            mix_share: self.mix_share * intensity,
            mix: self.mix.clone(),
        }
    }

    /// Shifts numbers around the given mean.
    #[must_use]
    pub fn numbers(&self, values: &[f64], mean: f64, seed: Seed, name: &str) -> Vec<f64> {
        self.shifted(values, mean, seed, name).collect()
    }

    /// The same, one after another.
    pub fn shifted<'a>(
        &'a self,
        values: &'a [f64],
        mean: f64,
        seed: Seed,
        name: &str,
    ) -> impl Iterator<Item = f64> + 'a {
        let mut rng = seed.rng(&format!("shift {name}"));
        let base = Affine { scale: self.spread, shift: mean * (1.0 - self.spread) + self.mean };
        let mut chance = move || (rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0;
        let mut noise = seed.rng(&format!("noise {name}"));
        let asks = self.missing > 0.0 || self.unit.is_some();
        values.iter().map(move |&value| {
            // every row draws the same number of times, so that one slider does not move another's rows; unless nobody
            // asks what was drawn
            let (lost, wrong) = if asks { (chance(), chance()) } else { (1.0, 1.0) };
            let drawn: f64 = if self.noise == 0.0 { 0.0 } else { StandardNormal.sample(&mut noise) };
            if lost < self.missing {
                return f64::NAN;
            }
            let mut moved = base.of(value) + drawn * self.noise;
            if let Some(unit) = self.unit.filter(|unit| wrong < unit.share) {
                moved = unit.affine.of(moved);
            }
            match self.clip {
                // a NaN stays one
                Some((low, high)) if moved < low || moved > high => moved.max(low).min(high.max(low)),
                _ => moved,
            }
        })
    }

    /// Shifts levels.
    #[must_use]
    pub fn levels(&self, coded: &Coded, seed: Seed, name: &str) -> Coded {
        let mut rng = seed.rng(&format!("shift {name}"));
        let mut chance = || (rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0;
        let mut levels: Levels = coded.levels.iter().collect();
        let weights: Vec<(u32, f64)> = self
            .mix
            .iter()
            .filter(|(_, weight)| weight.is_finite() && **weight > 0.0)
            .map(|(level, weight)| (levels.intern(level), *weight))
            .collect();
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let codes = coded.codes.iter().map(|&code| {
            let (lost, moved, place) = (chance(), chance(), chance());
            if lost < self.missing {
                return MISSING_CODE;
            }
            if moved >= self.mix_share || total <= 0.0 || code == MISSING_CODE {
                return code;
            }
            let mut left = place * total;
            for (level, weight) in &weights {
                left -= weight;
                if left < 0.0 {
                    return *level;
                }
            }
            weights.last().map_or(code, |(level, _)| *level)
        });
        Coded { codes: codes.collect(), levels: levels.into() }
    }
}

/// How the world changes: the relation between features and target, apart from the features themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Concept {
    /// The target is multiplied by this.
    pub factor: f64,
    /// And this is added to it, in its unit.
    pub offset: f64,
    /// And for each of these features, this much per unit that the feature lies above its mean.
    pub slopes: BTreeMap<String, f64>,
    /// For classes: this share of the rows gets the next class.
    pub flipped: f64,
}

impl Default for Concept {
    fn default() -> Self {
        Self { factor: 1.0, offset: 0.0, slopes: BTreeMap::new(), flipped: 0.0 }
    }
}

impl Concept {
    fn at(&self, intensity: f64) -> Self {
        Self {
            factor: 1.0 + (self.factor - 1.0) * intensity,
            offset: self.offset * intensity,
            slopes: self.slopes.iter().map(|(name, slope)| (name.clone(), slope * intensity)).collect(),
            flipped: self.flipped * intensity,
        }
    }
}

/// When a shift is at work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Schedule {
    /// All at once, from a week on.
    Sudden {
        /// The first week of it, from 0.
        from: usize,
    },
    /// Growing evenly over some weeks.
    Gradual {
        /// The first week of it.
        from: usize,
        /// How many weeks it takes.
        over: usize,
    },
    /// Coming and going like a season: a raised cosine.
    Seasonal {
        /// Weeks from one height to the next.
        period: usize,
    },
    /// On for some weeks, off for some, again and again.
    Recurring {
        /// The first week of it.
        from: usize,
        /// Weeks on.
        on: usize,
        /// Weeks off.
        off: usize,
    },
}

impl Schedule {
    /// How much of the shift is at work in a week: 0 none, 1 all of it.
    #[must_use]
    pub fn intensity(self, week: usize) -> f64 {
        match self {
            Self::Sudden { from } => f64::from(u8::from(week >= from)),
            Self::Gradual { from, over } => {
                if week < from {
                    0.0
                } else {
                    ((week - from + 1) as f64 / over.max(1) as f64).min(1.0)
                }
            }
            Self::Seasonal { period } => {
                let turn = week as f64 / period.max(1) as f64;
                0.5 - 0.5 * (std::f64::consts::TAU * turn).cos()
            }
            Self::Recurring { from, on, off } => {
                let within = week >= from && (week - from) % (on + off).max(1) < on;
                f64::from(u8::from(within))
            }
        }
    }
}

/// All sliders: features, world, schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shifts {
    /// By feature.
    pub features: BTreeMap<String, FeatureShift>,
    /// The world.
    pub concept: Concept,
    /// When.
    pub schedule: Schedule,
}

impl Default for Shifts {
    fn default() -> Self {
        Self {
            features: BTreeMap::new(),
            concept: Concept::default(),
            schedule: Schedule::Sudden { from: 0 },
        }
    }
}

/// The features' means in the reference, which shifts turn around and slopes count from.
#[must_use]
pub fn means(table: &Table) -> BTreeMap<String, f64> {
    let of = |column: &Column| match &column.data {
        ColumnData::Number(values) => crate::data::profile::summarize(values).map(|summary| summary.mean),
        _ => None,
    };
    table.columns().iter().filter_map(|column| Some((column.name.clone(), of(column)?))).collect()
}

/// What the target is, by the relation of the reference, for every row of a table.
pub type Relation<'a> = &'a dyn Fn(&Table) -> Option<Vec<f64>>;

/// Applies the shifts to real rows at an intensity from 0 to 1: features first as they really are, then the target by the
/// changed relation, then what goes wrong in measuring (units, clipping, gaps, noise), which the target knows nothing of.
///
/// Covariate shift proper must carry the target along by the unchanged relation: `predict` gives that relation's answer for
/// a table (a model of the reference), and the target moves by the difference of its answers after and before.
#[must_use]
pub fn apply(
    table: &Table,
    target: Option<&str>,
    shifts: &Shifts,
    means: &BTreeMap<String, f64>,
    intensity: f64,
    seed: Seed,
    predict: Option<Relation<'_>>,
) -> Table {
    let concept = shifts.concept.at(intensity);
    let mean_of = |name: &str| means.get(name).copied().unwrap_or(0.0);
    let shift_all = |table: &Table, pick: &dyn Fn(&FeatureShift) -> FeatureShift| {
        let columns = table.columns().iter().map(|column| {
            let Some(shift) =
                shifts.features.get(&column.name).filter(|_| Some(column.name.as_str()) != target)
            else {
                return column.clone();
            };
            let shift = pick(&shift.at(intensity));
            let data = match &column.data {
                ColumnData::Number(values) => {
                    ColumnData::Number(shift.numbers(values, mean_of(&column.name), seed, &column.name))
                }
                ColumnData::Category(coded) => ColumnData::Category(shift.levels(coded, seed, &column.name)),
                ColumnData::Text(coded) => ColumnData::Text(shift.levels(coded, seed, &column.name)),
                // a boolean that gets a third level is none any more
                ColumnData::Boolean(coded) => {
                    let moved = shift.levels(coded, seed, &column.name);
                    if moved.levels.len() == 2 {
                        ColumnData::Boolean(moved)
                    } else {
                        ColumnData::Category(moved)
                    }
                }
                ColumnData::Date(values) => ColumnData::Date(values.clone()),
            };
            Column { name: column.name.clone(), data }
        });
        // the same names and lengths as before
        Table::new(columns.collect()).unwrap_or_default()
    };
    // what really happens
    let real = shift_all(table, &|shift| FeatureShift {
        noise: 0.0,
        missing: 0.0,
        unit: None,
        clip: None,
        ..shift.clone()
    });
    // what is measured of it
    let measured =
        shift_all(&real, &|shift| FeatureShift { mean: 0.0, spread: 1.0, mix_share: 0.0, ..shift.clone() });
    let Some(name) = target else { return measured };
    let carried = predict.and_then(|predict| Some((predict(table)?, predict(&real)?)));
    let columns = measured.into_columns().into_iter().map(|column| {
        if column.name != name {
            return column;
        }
        let data = match column.data {
            ColumnData::Number(mut values) => {
                if let Some((before, after)) = &carried {
                    for ((value, before), after) in values.iter_mut().zip(before).zip(after) {
                        *value += after - before;
                    }
                }
                for value in &mut values {
                    *value = *value * concept.factor + concept.offset;
                }
                for (feature, slope) in &concept.slopes {
                    if let Some(ColumnData::Number(x)) = real.column(feature).map(|column| &column.data) {
                        let mean = mean_of(feature);
                        let known = values.iter_mut().zip(x).filter(|(_, x)| !x.is_nan());
                        known.for_each(|(value, x)| *value += slope * (x - mean));
                    }
                }
                ColumnData::Number(values)
            }
            ColumnData::Category(coded) => ColumnData::Category(flip(&coded, concept.flipped, seed)),
            ColumnData::Boolean(coded) => ColumnData::Boolean(flip(&coded, concept.flipped, seed)),
            other => other,
        };
        Column { name: column.name, data }
    });
    Table::new(columns.collect()).unwrap_or_default()
}

fn flip(coded: &Coded, share: f64, seed: Seed) -> Coded {
    let mut rng = seed.rng("concept");
    let n = coded.levels.len() as u32;
    let codes = coded.codes.iter().map(|&code| {
        let chance = (rng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0;
        if code == MISSING_CODE || chance >= share { code } else { (code + 1) % n.max(1) }
    });
    Coded { codes: codes.collect(), levels: coded.levels.clone() }
}
